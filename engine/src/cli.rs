//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

mod trading;

pub use trading::{Empty, Reissue, TradingArgs};

/// Exit codes. They are part of the interface.
pub mod exit {
    /// All went well.
    pub const FINE: u8 = 0;
    /// Something failed.
    pub const FAILED: u8 = 1;
    /// The command line or the configuration is wrong.
    pub const USAGE: u8 = 2;
    /// Stopped by risk control or the kill switch.
    pub const STOPPED: u8 = 3;
}

/// A low-latency trading engine for Korean stocks through Kiwoom.
///
/// Exit codes: 0 fine, 1 failed, 2 usage or configuration, 3 stopped by risk control.
#[derive(Debug, Parser)]
#[command(name = "engine", version)]
pub struct Cli {
    /// What to do; without it: run configs/sim.toml for 10 seconds.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the engine can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in, subscribe, run the strategies.
    Run(RunArgs),
    /// Serve the simulated broker alone, for any client.
    Sim(Box<SimArgs>),
    /// Turn frames (one JSON text a line) into events, one JSON object a line.
    Decode(DecodeArgs),
    /// Show every error of a configuration, or the configuration as it takes effect.
    Check(CheckArgs),
    /// Make a strategy crate that builds, tests and runs.
    New(NewArgs),
    /// Stop trading and cancel every open order at the broker; also with the engine hung or gone.
    ///
    /// First the latch is written: a running engine ends, and none starts until `engine rearm`. Then
    /// every open order of the account is cancelled within the broker's rate (also those that were placed
    /// by hand or by another program), and the broker is asked again until nothing is left or the time
    /// is over. Positions stay as they are.
    ///
    /// It logs in with a token of its own. At some accounts a new token ends the one that is in use: an
    /// engine that runs has to fetch a new one then. Its WebSocket session is not touched.
    ///
    /// Exit codes: 0 all is cancelled or filled, verified, and latched; 1 something could not be
    /// cancelled, verified or latched; 2 usage or configuration. The latch holds from the moment at which
    /// it is reported, whatever the exit code.
    Kill(KillArgs),
    /// Say who stopped trading, when and why, and let it go on.
    ///
    /// The act goes into the history beside the latch. Exit codes: 0 re-armed, or nothing was latched; 1 the
    /// latch is still there; 2 usage or configuration.
    Rearm(RearmArgs),
    /// Show a day's orders, or the life of one, out of the journal.
    Journal(JournalArgs),
}

/// `engine run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration.
    #[arg(default_value = "configs/sim.toml")]
    pub config: PathBuf,
    /// Stop after this time, such as 10s, 5m or 1h; without it: until ctrl-C (10s when CONFIG is
    /// left out as well).
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// Confirm that a configuration with mode = "live" may run.
    #[arg(long)]
    pub live: bool,
    /// Print the summary as one JSON object on standard output; all else goes to standard error.
    #[arg(long)]
    pub json: bool,
}

/// `engine sim`.
#[derive(Debug, Args)]
pub struct SimArgs {
    /// Address of the WebSocket.
    #[arg(long, default_value = "127.0.0.1:10000")]
    pub ws_listen: SocketAddr,
    /// Address of the REST calls.
    #[arg(long, default_value = "127.0.0.1:10443")]
    pub rest_listen: SocketAddr,
    /// No TLS.
    #[arg(long)]
    pub plain: bool,
    /// Seed of the market.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Frames a second over all registrations; 0: as fast as they are taken.
    #[arg(long, default_value_t = 2_000)]
    pub rate: u32,
    /// Instruments listed, at least 200.
    #[arg(long, default_value_t = 200)]
    pub instruments: usize,
    /// Wall clock in Korea at which the simulated day starts.
    #[arg(long, default_value = "08:59:58")]
    pub day_start: String,
    /// Seconds of the simulated day in one real second.
    #[arg(long, default_value_t = 1.0)]
    pub time_compression: f64,
    /// No news: without it an instrument jumps by 14 % about every half hour and is interrupted.
    #[arg(long)]
    pub no_news: bool,
    /// Behave as the broker's mock server.
    #[arg(long)]
    pub mock: bool,
    /// Write the certificate to trust into this folder, as ca.pem.
    #[arg(long)]
    pub cert_out: Option<PathBuf>,
    /// Take only the app keys in this file: a line each, app key and secret with a space between.
    #[arg(long)]
    pub keys: Option<PathBuf>,
    /// Core of the broker's thread.
    #[arg(long)]
    pub core: Option<usize>,
    /// Stop after this time; without it: until ctrl-C.
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// Accounts and orders.
    #[command(flatten)]
    pub trading: TradingArgs,
}

/// `engine decode`.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// File of frames, one JSON text a line; `-` for standard input.
    #[arg(default_value = "-")]
    pub file: PathBuf,
}

/// `engine check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The configuration.
    pub config: PathBuf,
    /// Print the effective configuration as JSON instead of TOML.
    #[arg(long)]
    pub json: bool,
}

/// `engine new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name of the strategy; the folder gets it too.
    pub name: String,
    /// Folder in which the crate is made.
    #[arg(long, default_value = ".")]
    pub path: PathBuf,
}

/// `engine kill`.
#[derive(Debug, Args)]
pub struct KillArgs {
    /// The configuration: account, broker and place of the latch.
    pub config: PathBuf,
    /// Words for the latch: what whoever re-arms has to know.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
    /// Give up after this time, such as 30s or 5m.
    #[arg(long, value_name = "TIME", default_value = "3m", value_parser = duration)]
    pub deadline: Duration,
    /// Print the report as one JSON object on standard output; all else goes to standard error.
    #[arg(long)]
    pub json: bool,
}

/// `engine rearm`.
#[derive(Debug, Args)]
pub struct RearmArgs {
    /// The configuration that names the latch.
    pub config: PathBuf,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `engine journal`.
#[derive(Debug, Args)]
pub struct JournalArgs {
    /// A journal file, or a folder of them: the newest day in it.
    pub path: PathBuf,
    /// The life of one order: its id in the engine, or a number of the broker.
    #[arg(long)]
    pub order: Option<u64>,
    /// Another day than the newest, YYYYMMDD in Korea; with a folder.
    #[arg(long, value_name = "YYYYMMDD")]
    pub day: Option<String>,
    /// One JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Reads `10s`, `5m`, `1h`, `500ms`, or a bare number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        unit => return Err(format!("unknown unit {unit:?}; use ms, s, m or h")),
    };
    let seconds = digits.parse::<f64>().map_err(|_| format!("{digits:?} is no number"))? * factor;
    if !(0.001..=31_536_000.0).contains(&seconds) {
        return Err("must be between 1ms and 8760h".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        for bad in ["", "s", "-3s", "0", "3d", "inf", "nan"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

//! `engine sim`: the flags of its trading half.

use clap::{Args, ValueEnum};
use sim::faults::Rule;
use sim::orders::{EmptyResult, StartPosition, Trading};
use sim::{Options, TokenReissue};
use std::time::Duration;

/// Money, shares, rates, delays, limits and faults of the simulated broker. Every account starts the
/// same.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Trading")]
pub struct TradingArgs {
    /// Cash of each account at the start, KRW.
    #[arg(long, value_name = "KRW", default_value_t = 100_000_000,
          allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    pub cash: i64,
    /// Shares each account holds at the start, such as 005930:10:260000; may be repeated.
    #[arg(long = "position", value_name = "CODE:SHARES:PRICE")]
    pub positions: Vec<StartPosition>,
    /// Commission of either side, parts per million of the money: 3500 is the mock server's 0.35 %, 150
    /// the real server's 0.015 %.
    #[arg(long, value_name = "PPM", default_value_t = 3_500, value_parser = ppm())]
    pub commission: u32,
    /// The commission of an order is cut to a multiple of this, KRW.
    #[arg(long, value_name = "KRW", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub commission_unit: u32,
    /// Transaction tax of a KOSPI sale, parts per million.
    #[arg(long, value_name = "PPM", default_value_t = 500, value_parser = ppm())]
    pub kospi_tax: u32,
    /// Rural tax of a KOSPI sale, parts per million.
    #[arg(long, value_name = "PPM", default_value_t = 1_500, value_parser = ppm())]
    pub kospi_rural_tax: u32,
    /// Transaction tax of a KOSDAQ sale, parts per million.
    #[arg(long, value_name = "PPM", default_value_t = 2_000, value_parser = ppm())]
    pub kosdaq_tax: u32,
    /// Time from a REST request to its answer, such as 20ms.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = latency)]
    pub reply_latency: Duration,
    /// Time from what happened to its frame of type 00 or 04, such as 5ms.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = latency)]
    pub frame_latency: Duration,
    /// Calls one account may make in a second of each api-id; 0: any number. The real server allows 5,
    /// the mock server 1.
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true)]
    pub calls_per_second: u32,
    /// Rows in one answer of a list; more come with next-key.
    #[arg(long, value_name = "N", default_value = "100", value_parser = rows)]
    pub page_rows: usize,
    /// How a list without rows is answered.
    #[arg(long, value_enum, default_value_t = Empty::Mock)]
    pub empty: Empty,
    /// What a second token for the same app key does to the first.
    #[arg(long, value_enum, default_value_t = Reissue::Same)]
    pub token_reissue: Reissue,
    /// Something that goes wrong: `NAME[=VALUE][@API-ID or type][#NTH][%PERMILLE]`, such as
    /// reply-late=200@kt10000#3 or frame-lost@00%50; may be repeated, the first that applies counts.
    ///
    /// Of requests: reply-lost, reply-late=MS, frames-first=MS, reset-before, reset-after,
    /// status-before=CODE, status-after=CODE, too-many, token-dead, rejected-late (before: not carried
    /// out; after and lost: carried out). Of frames: frame-lost, frame-twice, frame-late=MS, cut=BYTES,
    /// half-open.
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<Rule>,
}

/// The forms of an empty list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Empty {
    /// return_code 20 with 571758, as the real server.
    Real,
    /// return_code 0 and an empty list, as the mock server.
    Mock,
}

/// What a second token does; sources disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reissue {
    /// The same token comes back.
    Same,
    /// A new one comes, and the old one is refused from then on.
    NewKillsOld,
}

impl TradingArgs {
    /// Puts them into the options of a broker.
    pub fn apply(&self, options: &mut Options) {
        options.token_reissue = match self.token_reissue {
            Reissue::Same => TokenReissue::SameToken,
            Reissue::NewKillsOld => TokenReissue::NewKillsOld,
        };
        options.trading = Trading {
            cash: self.cash,
            positions: self.positions.clone(),
            rates: sim::orders::Rates {
                commission_ppm: self.commission,
                commission_unit: self.commission_unit,
                kospi_transaction_ppm: self.kospi_tax,
                kospi_rural_ppm: self.kospi_rural_tax,
                kosdaq_transaction_ppm: self.kosdaq_tax,
            },
            reply_latency: self.reply_latency,
            frame_latency: self.frame_latency,
            calls_per_second: self.calls_per_second,
            page_rows: self.page_rows,
            empty: match self.empty {
                Empty::Real => EmptyResult::Real,
                Empty::Mock => EmptyResult::Mock,
            },
            faults: self.faults.clone(),
            ..Trading::default()
        };
    }
}

fn ppm() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(0..=1_000_000)
}

fn rows(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rows @ 1..=10_000) => Ok(rows),
        _ => Err("must be a number of rows from 1 to 10000".to_owned()),
    }
}

/// A time, zero included.
fn latency(text: &str) -> Result<Duration, String> {
    match text {
        "0" => Ok(Duration::ZERO),
        text => super::duration(text).and_then(|time| match time {
            time if time <= Duration::from_secs(60) => Ok(time),
            _ => Err("must be 60s at most".to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cli, Command};
    use super::*;
    use clap::Parser;
    use sim::faults::Fault;

    fn read(arguments: &[&str]) -> Result<Trading, String> {
        let line = ["engine", "sim"].iter().chain(arguments);
        let cli = Cli::try_parse_from(line).map_err(|error| error.to_string())?;
        let Some(Command::Sim(args)) = cli.command else { panic!("it is not `engine sim`") };
        let mut options = Options::default();
        args.trading.apply(&mut options);
        Ok(options.trading)
    }

    #[test]
    fn without_flags_the_broker_is_as_it_is_by_default() {
        let (read, default) = (read(&[]).unwrap(), Trading::default());
        assert_eq!(format!("{read:?}"), format!("{default:?}"));
    }

    #[test]
    fn every_flag_reaches_the_broker() {
        #[rustfmt::skip]
        let trading = read(&[
            "--cash", "5", "--position", "005930:10:260000", "--position", "000660:1:0",
            "--commission", "150", "--commission-unit", "1", "--kospi-tax", "1",
            "--kospi-rural-tax", "2", "--kosdaq-tax", "3", "--reply-latency", "20ms",
            "--frame-latency", "1.5s", "--calls-per-second", "0", "--page-rows", "7",
            "--empty", "real", "--fault", "status-after=502@kt10003#2", "--fault", "frame-lost@00%50",
        ])
        .unwrap();
        assert_eq!((trading.cash, trading.calls_per_second, trading.page_rows), (5, 0, 7));
        let held: Vec<_> = trading.positions.iter().map(|p| (&*p.symbol, p.quantity)).collect();
        assert_eq!(held, [("005930", 10), ("000660", 1)]);
        let rates = &trading.rates;
        assert_eq!((rates.commission_ppm, rates.commission_unit), (150, 1));
        let taxes =
            [rates.kospi_transaction_ppm, rates.kospi_rural_ppm, rates.kosdaq_transaction_ppm];
        assert_eq!(taxes, [1, 2, 3]);
        let latencies = [trading.reply_latency, trading.frame_latency];
        assert_eq!(latencies, [Duration::from_millis(20), Duration::from_millis(1_500)]);
        assert_eq!(trading.empty, EmptyResult::Real);
        let faults: Vec<Fault> = trading.faults.iter().map(|rule| rule.fault).collect();
        assert_eq!(faults, [Fault::StatusAfter(502), Fault::FrameLost]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_way_to_write_it() {
        for (arguments, said) in [
            (["--position", "005930"], "write CODE:SHARES:PRICE"),
            (["--fault", "lost"], "write NAME[=VALUE]"),
            (["--fault", "reply-late"], "it needs a value behind ="),
            (["--cash", "-1"], "--cash"),
            (["--commission", "1000001"], "1000000"),
            (["--page-rows", "0"], "from 1 to 10000"),
            (["--reply-latency", "2m"], "60s at most"),
            (["--frame-latency", "5x"], "unknown unit"),
            (["--empty", "none"], "real, mock"),
            (["--calls-per-second", "-1"], "--calls-per-second"),
        ] {
            let error = read(&arguments).unwrap_err();
            assert!(error.contains(said), "{arguments:?}: {error}");
        }
    }
}

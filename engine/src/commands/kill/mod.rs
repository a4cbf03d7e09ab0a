//! `engine kill`: latches, cancels everything at the broker, proves it, and tells.
//!
//! Needs no engine: it logs in by itself. What to do next the library's `KillRun` decides; here are the
//! disk, the network and the clock.

mod account;
mod report;

use super::who;
use account::Account;
use anyhow::bail;
use engine::cli::{KillArgs, exit};
use engine::config::{self, Config, Mode};
use engine::credentials;
use engine::kill::{
    Found, KillAction, KillOptions, KillReason, KillReport, KillRun, LatchFile, LatchRecord,
    OpenOrder, Verdict,
};
use report::{LatchLine, Report};
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use strategy_api::{DurationNanos, UnixNanos};

/// An order that a stopping engine had written already may reach the broker's list this much later.
const QUIET_AFTER: DurationNanos = DurationNanos::from_secs(1);
/// Pause between two attempts to log in.
const LOGIN_PAUSE: Duration = Duration::from_secs(1);

/// `engine kill`.
pub(crate) fn kill(args: &KillArgs) -> anyhow::Result<u8> {
    let config = config::load(&args.config)?;
    if config.mode == Mode::Sim {
        eprintln!(
            "error: {}: in mode \"sim\" the broker lives inside the process of `engine run` and its \
             orders end with it: stop that process (ctrl-C). To rehearse a kill, start `engine sim` and \
             name its addresses in a configuration of another mode",
            args.config.display()
        );
        return Ok(exit::USAGE);
    }
    let latch = pull(&LatchFile::new(&config.kill.latch), &args.reason);
    outlive_the_terminal();
    say(&latch);
    // From here on the latch holds, whatever else goes wrong.
    let keys = credentials::load(&config.broker.credentials)?;
    let options = options(&config, args.deadline);
    let started = Instant::now();
    let report = match log_in(&config, keys, args.deadline, started) {
        Ok(account) => cancel_all(account, options, started, latch),
        Err(error) => {
            let problem = format!("could not log in: {error:#}");
            say(&problem);
            let run = KillReport { problem, ..KillReport::default() };
            Report::new(latch, &run, &[], None)
        }
    };
    let text =
        if args.json { serde_json::to_string_pretty(&report)? + "\n" } else { report.to_string() };
    // Whoever read the output may have gone; the exit code still tells.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let done = report.verdict() == Verdict::Verified && report.is_latched();
    Ok(if done { exit::FINE } else { exit::FAILED })
}

/// A terminal that closes in the middle ends the show, not the work.
fn outlive_the_terminal() {
    let nobody_looks = Arc::new(AtomicBool::new(false));
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGHUP, nobody_looks) {
        say(&format_args!("cannot ignore a closing terminal: {error}"));
    }
}

/// Says something on standard error; that nobody listens is no reason to stop.
fn say(what: &dyn fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// Writes the latch. That it cannot be written stops nobody from cancelling.
fn pull(latch: &LatchFile, reason: &str) -> LatchLine {
    let before = latch.read();
    let record = LatchRecord::new(KillReason::Command, &who::who(), reason, who::now());
    let folder = latch.path().parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all);
    let written = match made {
        Ok(()) => latch.write(&record).map_err(|error| error.to_string()),
        Err(error) => Err(format!("cannot make the folder of {}: {error}", latch.path().display())),
    };
    let (record, problem) = match (before, written) {
        // A latch that is there stops trading as well as a new one, unless what is there is only that
        // nobody can look.
        (Found::Latched(earlier), Err(problem)) if earlier.reason == KillReason::Unreadable => {
            (record, Some(problem))
        }
        (Found::Latched(earlier), _) => (earlier, None),
        (Found::Nothing, Ok(())) => (record, None),
        (Found::Nothing, Err(problem)) => (record, Some(problem)),
    };
    LatchLine::new(latch.path(), record, problem)
}

/// The broker's pace, as the configuration has it.
fn options(config: &Config, deadline: Duration) -> KillOptions {
    KillOptions {
        // Trouble of the broker is waited out; a refusal of the order itself is not.
        attempts_max: u32::MAX,
        in_flight_max: account::LINES,
        deadline: nanos(deadline),
        ..config.kill_options()
    }
}

/// Logs in, as often as it takes until the time is over.
fn log_in(
    config: &Config,
    keys: credentials::AppKeys,
    deadline: Duration,
    started: Instant,
) -> anyhow::Result<Account> {
    let account = account::Unready::new(config, keys)?;
    loop {
        let left = deadline.saturating_sub(started.elapsed());
        match account.log_in(left) {
            Ok(token) => return Account::new(account, token),
            Err(error) if error.is_transient() && left > LOGIN_PAUSE => {
                say(&format_args!("{error}; trying again"));
                std::thread::sleep(LOGIN_PAUSE);
            }
            Err(error) => bail!(error),
        }
    }
}

/// Does what the run says until it is over.
fn cancel_all(
    mut account: Account,
    options: KillOptions,
    started: Instant,
    latch: LatchLine,
) -> Report {
    // One clock that never jumps: the wall's at the start, then the time that has passed since.
    let begin = who::now();
    let passed = Instant::now();
    let now = || begin + nanos(passed.elapsed());
    let left = options.deadline.raw().saturating_sub(nanos(started.elapsed()).raw());
    let options = KillOptions { deadline: DurationNanos::new(left), ..options };
    let end = begin + options.deadline;
    let mut run = KillRun::new(options, begin, begin + QUIET_AFTER);
    loop {
        match run.next(now()) {
            KillAction::Query => list(&mut account, &mut run, &now, end),
            KillAction::Cancel(order) => account.cancel(&order, until(end, now())),
            KillAction::Wait(instant) => account.wait(until(instant, now())),
            KillAction::Done => break,
        }
        while let Some((number, outcome)) = account.answered() {
            run.cancelled(number, outcome, now());
        }
    }
    // What filled meanwhile is told only after all is cancelled: it delays nothing.
    let (run_report, orders) = (run.report(), run.orders());
    let fills = if orders.is_empty() { None } else { account.fills() };
    Report::new(latch, &run_report, &account.rows(&orders), fills.as_ref())
}

fn list(account: &mut Account, run: &mut KillRun, now: &impl Fn() -> UnixNanos, end: UnixNanos) {
    match account.open_orders(until(end, now())) {
        Ok(orders) => {
            let open: Vec<OpenOrder> =
                orders.into_iter().filter(|order| order.open.raw() > 0).collect();
            say(&format_args!("{} open orders at the broker", open.len()));
            run.open_orders(&open, now());
        }
        Err(problem) => {
            say(&problem);
            run.list_failed(&problem, now());
        }
    }
}

fn until(instant: UnixNanos, now: UnixNanos) -> Duration {
    Duration::from_nanos(instant.raw().saturating_sub(now.raw()))
}

fn nanos(time: Duration) -> DurationNanos {
    DurationNanos::new(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

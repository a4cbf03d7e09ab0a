//! A run that was started early waits for the market, and for a broker that is still asleep; one that was
//! started late ends.

use super::trade::Day;
use super::{is_set, latch, unix_now};
use crate::cli::exit;
use crate::config::{Calendar, Config};
use crate::kill::LatchFile;
use crate::market::Wait;
use crate::office::Tokens;
use anyhow::bail;
use crossbeam::channel::{RecvTimeoutError, bounded};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use strategy_api::{DurationNanos, UnixNanos};

/// How often it looks for a signal or a latch.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why a run does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotToday {
    /// Nothing trades any more today.
    Over,
    /// A signal came.
    Stopped,
    /// The kill switch was pulled.
    Latched,
}

impl NotToday {
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Over | Self::Stopped => exit::FINE,
            Self::Latched => exit::STOPPED,
        }
    }
}

/// Waits until it is time to connect; `None` when it is.
pub(super) fn wait(
    config: &Config,
    day: &Day,
    stop: &AtomicBool,
    switch: &LatchFile,
    note: impl Fn(&str),
) -> Option<NotToday> {
    if config.session.calendar == Calendar::Always {
        return None;
    }
    let lead = DurationNanos::new(config.session.connect_before.as_nanos() as u64);
    match day.plan.wait(&config.session.venues, unix_now()) {
        Wait::During => return None,
        Wait::Over => {
            note(&over(config, day));
            return Some(NotToday::Over);
        }
        Wait::Until(open) => {
            let connect = UnixNanos::new(open.raw().saturating_sub(lead.raw()));
            if unix_now() < connect {
                let (open, connect) = (open.time_of_day_kst(), connect.time_of_day_kst());
                note(&format!("the market opens at {open}; connecting at {connect} (Korean time)"));
            }
            while unix_now() < connect {
                if is_set(stop) {
                    return Some(NotToday::Stopped);
                }
                if let Some(record) = latch::pulled(switch) {
                    note(&format!("the kill switch is pulled: {record}"));
                    return Some(NotToday::Latched);
                }
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }
    None
}

fn over(config: &Config, day: &Day) -> String {
    let today = if day.plan.first_open(&config.session.venues).is_some() {
        format!("trading of {} has ended", day.date)
    } else {
        format!("there is no trading on {}", day.date)
    };
    match day.market.next_trading_day(day.date.next()) {
        Ok(next) => format!("{today}; the next trading day is {}", next.date()),
        Err(error) => format!("{today}; {error}"),
    }
}

/// Waits for the first token: without one nothing about orders can be known.
///
/// # Errors
/// When the broker refuses, or none comes in as many attempts as the feed may take, or somebody ends it.
pub(super) fn log_in(
    config: &Config,
    tokens: &Arc<Tokens>,
    duration: Option<Duration>,
    stop: &AtomicBool,
    switch: &LatchFile,
    note: impl Fn(&str),
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let never = "the engine never logged in";
    let over = |last: &str| -> anyhow::Result<()> {
        if is_set(stop) {
            bail!("{never}: ended by a signal; {last}");
        }
        if let Some(record) = latch::pulled(switch) {
            bail!("{never}: the kill switch is pulled: {record}");
        }
        if duration.is_some_and(|duration| begun.elapsed() >= duration) {
            bail!("{never}: the time was up; {last}");
        }
        Ok(())
    };
    let mut pause = config.feed.reconnect_min;
    let mut last = "the broker has not answered yet".to_owned();
    for attempt in 1.. {
        // A broker that says nothing must not keep us from hearing a signal.
        let (sender, answer) = bounded(1);
        let asked = tokens.clone();
        std::thread::Builder::new()
            .name("first-token".into())
            .spawn(move || sender.send(asked.fresh().map(|_| ())))?;
        let answer = loop {
            match answer.recv_timeout(LOOK_EVERY) {
                Ok(answer) => break answer,
                Err(RecvTimeoutError::Timeout) => over(&last)?,
                Err(RecvTimeoutError::Disconnected) => bail!("{never}: its thread is gone"),
            }
        };
        let Err(error) = answer else { return Ok(()) };
        last = error.to_string();
        if !error.is_transient() {
            bail!("{last}");
        }
        if config.feed.login_attempts_max > 0 && attempt >= config.feed.login_attempts_max {
            bail!("{never}: {attempt} failed attempts; the last: {last}");
        }
        tracing::warn!("attempt {attempt}: {last}");
        note(&format!("{last}; trying again in {pause:.1?}"));
        let until = Instant::now() + pause;
        while Instant::now() < until {
            over(&last)?;
            std::thread::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
        }
        pause = (pause * 2).min(config.feed.reconnect_max);
    }
    Ok(())
}

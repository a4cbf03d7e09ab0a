//! A run that was started early waits for the market; one that was started late ends.

use super::trade::Day;
use super::{is_set, latch, unix_now};
use crate::cli::exit;
use crate::config::{Calendar, Config};
use crate::kill::LatchFile;
use crate::market::Wait;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
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

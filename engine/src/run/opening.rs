//! A run that was started early waits for the market, and for a broker that is still asleep; one that was
//! started late ends.

use super::trade::Day;
use super::{is_set, latch, unix_now};
use crate::cli::exit;
use crate::config::{Calendar, Config};
use crate::kill::LatchFile;
use crate::market::{DayPlan, Wait};
use crate::office::Tokens;
use anyhow::bail;
use crossbeam::channel::{RecvTimeoutError, bounded};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use strategy_api::{DurationNanos, UnixNanos, Venue};

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

/// What a run does at some moment of its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It connects.
    Begin,
    /// It waits until `connect`, as nothing opens before `open`.
    Wait { open: UnixNanos, connect: UnixNanos },
    /// It ends: nothing trades any more today, or nothing at all.
    Over,
}

fn step(plan: &DayPlan, venues: &[Venue], lead: DurationNanos, now: UnixNanos) -> Step {
    match plan.wait(venues, now) {
        Wait::During => Step::Begin,
        Wait::Over => Step::Over,
        Wait::Until(open) => {
            let connect = UnixNanos::new(open.raw().saturating_sub(lead.raw()));
            if now < connect { Step::Wait { open, connect } } else { Step::Begin }
        }
    }
}

/// Whether a run that trades these venues ends by itself: so long after the last of them has closed.
pub(super) fn is_over(
    plan: &DayPlan,
    venues: &[Venue],
    end_after: DurationNanos,
    now: UnixNanos,
) -> bool {
    plan.last_close(venues).is_some_and(|close| now >= close + end_after)
}

/// Waits until it is time to connect; `None` when it is.
pub(super) fn wait(
    config: &Config,
    day: &Day,
    stop: &AtomicBool,
    switch: &LatchFile,
    note: impl Fn(&str),
) -> Option<NotToday> {
    wait_by(config, day, stop, switch, note, unix_now, || std::thread::sleep(LOOK_EVERY))
}

/// The same by any clock.
fn wait_by(
    config: &Config,
    day: &Day,
    stop: &AtomicBool,
    switch: &LatchFile,
    note: impl Fn(&str),
    now: impl Fn() -> UnixNanos,
    pause: impl Fn(),
) -> Option<NotToday> {
    if config.session.calendar == Calendar::Always {
        return None;
    }
    let lead = DurationNanos::new(config.session.connect_before.as_nanos() as u64);
    let (open, connect) = match step(&day.plan, &config.session.venues, lead, now()) {
        Step::Begin => return None,
        Step::Over => {
            note(&over(config, day));
            return Some(NotToday::Over);
        }
        Step::Wait { open, connect } => (open, connect),
    };
    note(&format!(
        "the market opens at {}; connecting at {} (Korean time)",
        open.time_of_day_kst(),
        connect.time_of_day_kst()
    ));
    while now() < connect {
        if is_set(stop) {
            note("ended by a signal before the market opened; nothing was started");
            return Some(NotToday::Stopped);
        }
        if let Some(record) = latch::pulled(switch) {
            note(&format!("the kill switch is pulled: {record}; nothing was started"));
            return Some(NotToday::Latched);
        }
        pause();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::market::{Date, MarketData};
    use std::cell::{Cell, RefCell};
    use std::path::Path;
    use std::sync::atomic::Ordering;

    const MONDAY: (u32, u32, u32) = (2026, 11, 23);

    fn day((year, month, day): (u32, u32, u32)) -> Day {
        let (market, date) = (MarketData::embedded(), Date::new(year, month, day).unwrap());
        let plan = market.day(date).unwrap();
        Day { market, date, plan }
    }

    /// A moment of a day, Korean time.
    fn at(day: &Day, hour: u64, minute: u64) -> UnixNanos {
        day.date.midnight() + DurationNanos::from_secs(hour * 3_600 + minute * 60)
    }

    fn config(session: &str) -> Config {
        let text = format!(
            "mode = \"dry-run\"\n[broker]\ncredentials_file = \"k\"\n[session]\n{session}\n"
        );
        parse(&text, Path::new("/base")).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    /// What comes of a start at `now` when each look takes ten minutes: result, words, and the moment at
    /// which it came. `happens` may do something at each look.
    fn start(
        session: &str,
        day: &Day,
        now: UnixNanos,
        happens: impl Fn(&AtomicBool, &LatchFile),
    ) -> (Option<NotToday>, Vec<String>, UnixNanos) {
        let folder = tempfile::tempdir().unwrap();
        let latch = LatchFile::new(folder.path().join("latch"));
        let (stop, clock, said) =
            (AtomicBool::new(false), Cell::new(now), RefCell::new(Vec::new()));
        let pause = || {
            clock.set(clock.get() + DurationNanos::from_secs(600));
            happens(&stop, &latch);
        };
        let note = |line: &str| said.borrow_mut().push(line.to_owned());
        let end = wait_by(&config(session), day, &stop, &latch, note, || clock.get(), pause);
        (end, said.into_inner(), clock.get())
    }

    #[test]
    fn started_in_the_night_it_waits_and_connects_before_the_first_venue_opens() {
        let day = day(MONDAY);
        let (end, said, now) = start("", &day, at(&day, 3, 0), |_, _| {});
        assert_eq!((end, now), (None, at(&day, 7, 50)));
        assert_eq!(said, ["the market opens at 08:00:00; connecting at 07:50:00 (Korean time)"]);
        let krx = "venues = [\"KRX\"]\nconnect_before_s = 1200";
        let (end, said, now) = start(krx, &day, at(&day, 3, 0), |_, _| {});
        assert_eq!((end, now), (None, at(&day, 8, 10)));
        assert_eq!(said, ["the market opens at 08:30:00; connecting at 08:10:00 (Korean time)"]);
    }

    #[test]
    fn started_during_the_day_it_does_not_wait() {
        let day = day(MONDAY);
        for (hour, minute) in [(7, 50), (8, 0), (12, 0), (19, 59)] {
            let now = at(&day, hour, minute);
            assert_eq!(start("", &day, now, |_, _| {}), (None, vec![], now));
        }
    }

    #[test]
    fn started_too_late_or_on_a_day_off_it_ends_and_says_when_to_come_back() {
        let monday = day(MONDAY);
        let (end, said, _) = start("", &monday, at(&monday, 20, 0), |_, _| {});
        assert_eq!(end.map(NotToday::exit_code), Some(exit::FINE));
        assert_eq!(said, ["trading of 2026-11-23 has ended; the next trading day is 2026-11-24"]);
        let sunday = day((2026, 11, 22));
        let (end, said, _) = start("", &sunday, at(&sunday, 10, 0), |_, _| {});
        assert_eq!(end, Some(NotToday::Over));
        assert_eq!(said, ["there is no trading on 2026-11-22; the next trading day is 2026-11-23"]);
        let last = day((2026, 12, 31));
        let (end, said, _) = start("", &last, at(&last, 10, 0), |_, _| {});
        assert_eq!(end, Some(NotToday::Over));
        assert!(said[0].starts_with("there is no trading on 2026-12-31; "), "{said:?}");
    }

    #[test]
    fn while_it_waits_a_signal_or_the_latch_ends_it() {
        let day = day(MONDAY);
        let early = at(&day, 3, 0);
        let signal = |stop: &AtomicBool, _: &LatchFile| stop.store(true, Ordering::Release);
        let (end, said, _) = start("", &day, early, signal);
        assert_eq!(end.map(NotToday::exit_code), Some(exit::FINE));
        assert!(said[1].contains("ended by a signal before the market opened"), "{said:?}");
        let by_hand = |_: &AtomicBool, latch: &LatchFile| std::fs::write(latch.path(), "").unwrap();
        let (end, said, _) = start("", &day, early, by_hand);
        assert_eq!(end.map(NotToday::exit_code), Some(exit::STOPPED));
        assert!(said[1].starts_with("the kill switch is pulled"), "{said:?}");
    }

    #[test]
    fn it_ends_by_itself_so_long_after_the_last_of_its_venues_has_closed() {
        let monday = day(MONDAY);
        let minute = DurationNanos::from_secs(60);
        for venues in [&[Venue::KRX][..], &[Venue::NXT], &[Venue::KRX, Venue::NXT]] {
            let over = |hour, min| is_over(&monday.plan, venues, minute, at(&monday, hour, min));
            assert!(!over(3, 0) && !over(15, 30) && !over(20, 0), "{venues:?}");
            assert!(over(20, 1), "{venues:?}");
        }
        let sunday = day((2026, 11, 22));
        let venues = [Venue::KRX];
        let now = at(&sunday, 23, 0);
        assert!(!is_over(&sunday.plan, &venues, minute, now), "what never opens never closes");
    }
}

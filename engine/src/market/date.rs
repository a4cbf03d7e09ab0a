//! Days in Korea. There is no daylight saving time: KST is UTC+9 all year.

use std::fmt;
use strategy_api::{TimeOfDay, UnixNanos};

/// A day in Korea (Gregorian calendar), 1970-01-02 ..= 2200-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: u32,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

const KST_OFFSET_NANOS: u64 = 9 * 3600 * NANOS;
const DAY_NANOS: u64 = 86_400 * NANOS;
const NANOS: u64 = 1_000_000_000;

impl Date {
    /// A day by its parts, or `None` when there is no such day.
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
        {
            return None;
        }
        // Days are counted from 0000-03-01, so that the leap day is the last of its year.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
        let date = Self { days: days.checked_sub(719_468)? };
        // The first day is left out: its midnight in Korea is before 1970 in UTC.
        (date.days > 0 && date.ymd() == (year, month, day)).then_some(date)
    }

    /// The day in Korea at an instant.
    pub const fn of(instant: UnixNanos) -> Self {
        Self { days: ((instant.raw() + KST_OFFSET_NANOS) / DAY_NANOS) as u32 }
    }

    /// Year, month, day.
    pub const fn ymd(self) -> (u32, u32, u32) {
        UnixNanos::new(self.days as u64 * DAY_NANOS).date_utc()
    }

    /// Its day of the week.
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.days + 3) % 7 {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// Whether it is a Saturday or a Sunday.
    pub const fn is_weekend(self) -> bool {
        matches!(self.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { days: self.days + 1 }
    }

    /// When it begins in Korea.
    pub const fn midnight(self) -> UnixNanos {
        UnixNanos::new((self.days as u64 * DAY_NANOS).saturating_sub(KST_OFFSET_NANOS))
    }

    /// The instant at which the clock in Korea shows that time on this day.
    pub const fn at(self, hour: u32, minute: u32, second: u32) -> UnixNanos {
        let seconds = hour as u64 * 3600 + minute as u64 * 60 + second as u64;
        UnixNanos::new(self.midnight().raw() + seconds * NANOS)
    }

    /// The same for a time of day; an unset one is midnight.
    pub const fn at_time(self, time: TimeOfDay) -> UnixNanos {
        let seconds = if time.is_set() { time.raw() } else { 0 };
        self.at(0, 0, seconds)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_centuries_comes_back() {
        let mut date = Date::new(1970, 1, 2).unwrap();
        let mut weekday = 4;
        while date < Date::new(2170, 1, 1).unwrap() {
            let (year, month, day) = date.ymd();
            assert_eq!(Date::new(year, month, day), Some(date));
            assert_eq!(date.is_weekend(), weekday >= 5, "{date}");
            assert_eq!(Date::of(date.midnight()), date);
            assert_eq!(Date::of(UnixNanos::new(date.next().midnight().raw() - 1)), date);
            date = date.next();
            weekday = (weekday + 1) % 7;
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (year, month, day) in [
            (2026, 2, 29),
            (2026, 4, 31),
            (2026, 13, 1),
            (2026, 0, 1),
            (2026, 1, 0),
            (1969, 12, 31),
        ] {
            assert_eq!(Date::new(year, month, day), None, "{year}-{month}-{day}");
        }
        assert!(Date::new(2028, 2, 29).is_some());
    }

    #[test]
    fn known_days_have_their_weekday_and_their_midnight() {
        assert_eq!(Date::new(2026, 11, 22).unwrap().weekday(), Weekday::Sunday);
        assert_eq!(Date::new(2026, 11, 19).unwrap().weekday(), Weekday::Thursday);
        let date = Date::new(2026, 11, 23).unwrap();
        // 2026-11-22T15:00:00Z.
        assert_eq!(date.midnight(), UnixNanos::new(1_795_359_600_000_000_000));
        assert_eq!(
            date.at(9, 0, 30) - date.midnight(),
            strategy_api::DurationNanos::from_secs(32_430)
        );
        assert_eq!(date.to_string(), "2026-11-23");
    }
}

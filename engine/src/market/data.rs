//! The data files: which ones there are, and how they are read.

use super::{Calendar, Costs, Date, DayPlan, Ticks, plan::Plans};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use strategy_api::{TimeOfDay, Venue};
use toml::value::Datetime;

/// A data file that cannot be used, or a date that it does not cover.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file of the directory cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// It is not TOML, or has a key that is unknown, missing or of the wrong type.
    #[error("{file}: {error}")]
    Syntax {
        /// The file.
        file: String,
        /// What and where.
        #[source]
        error: Box<toml::de::Error>,
    },
    /// It was read, and what it says cannot be.
    #[error("{file}: {place}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// Which entry.
        place: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// No entry is valid on that date.
    #[error("{file} says nothing about {date}: {cure}")]
    NotCovered {
        /// The file.
        file: String,
        /// The date.
        date: Date,
        /// What to do about it.
        cure: String,
    },
}

/// Everything that the data files say.
#[derive(Clone, Debug)]
pub struct MarketData {
    calendar: Calendar,
    plans: Plans,
    ticks: Ticks,
    costs: Costs,
}

const TICKS: Source = Source::new("ticks.toml", include_str!("../../data/ticks.toml"));
const COSTS: Source = Source::new("costs.toml", include_str!("../../data/costs.toml"));
const CALENDAR: Source = Source::new("calendar.toml", include_str!("../../data/calendar.toml"));
const SESSIONS: Source = Source::new("sessions.toml", include_str!("../../data/sessions.toml"));

impl MarketData {
    /// What the program was built with.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    pub fn embedded() -> Self {
        Self::read(|source| Ok(source.embedded()))
            .unwrap_or_else(|error| unreachable!("a test reads the embedded files: {error}"))
    }

    /// The files of a directory; those that are not in it are the embedded ones.
    ///
    /// # Errors
    /// The first file that cannot be used, with the place in it.
    pub fn from_directory(directory: &Path) -> Result<Self, DataError> {
        Self::read(|source| {
            let path = directory.join(source.name);
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(File { name: path.display().to_string(), text }),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(source.embedded()),
                Err(error) => Err(DataError::Unreadable { path, error }),
            }
        })
    }

    fn read(mut open: impl FnMut(&Source) -> Result<File, DataError>) -> Result<Self, DataError> {
        let plans = Plans::parse(&open(&SESSIONS)?)?;
        let calendar = Calendar::parse(&open(&CALENDAR)?)?;
        for special in calendar.special_days() {
            for venue in [Venue::KRX, Venue::NXT] {
                plans.find(&special.plan, venue, special.date)?;
            }
        }
        let ticks = Ticks::parse(&open(&TICKS)?)?;
        let costs = Costs::parse(&open(&COSTS)?)?;
        Ok(Self { calendar, plans, ticks, costs })
    }

    /// Trading days.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Price steps and limits.
    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }

    /// Taxes and commissions.
    pub fn costs(&self) -> &Costs {
        &self.costs
    }

    /// The hours of all venues on a date; on a day without trading they are closed all day.
    ///
    /// # Errors
    /// When the calendar or the plans do not cover the date.
    pub fn day(&self, date: Date) -> Result<DayPlan, DataError> {
        let Some(plan) = self.calendar.on(date)?.plan() else {
            return Ok(DayPlan::closed(date));
        };
        let krx = self.plans.find(plan, Venue::KRX, date)?.on(date);
        let nxt = self.plans.find(plan, Venue::NXT, date)?.on(date);
        Ok(DayPlan::new(date, krx, nxt))
    }

    /// The first trading day from `date` on (`date` included) and its hours.
    ///
    /// # Errors
    /// When the calendar ends before there is one.
    pub fn next_trading_day(&self, date: Date) -> Result<DayPlan, DataError> {
        let mut date = date;
        while !self.calendar.on(date)?.is_open() {
            date = date.next();
        }
        self.day(date)
    }
}

struct Source {
    name: &'static str,
    text: &'static str,
}

impl Source {
    const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }

    fn embedded(&self) -> File {
        File { name: format!("{} (built in)", self.name), text: self.text.to_owned() }
    }
}

/// A data file on its way in.
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
}

impl File {
    #[cfg(test)]
    pub(super) fn test(text: &str) -> Self {
        Self { name: "test.toml".into(), text: text.into() }
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        toml::from_str(&self.text)
            .map_err(|error| DataError::Syntax { file: self.name.clone(), error: Box::new(error) })
    }

    pub(super) fn invalid(&self, place: impl ToString, problem: impl ToString) -> DataError {
        DataError::Invalid {
            file: self.name.clone(),
            place: place.to_string(),
            problem: problem.to_string(),
        }
    }

    pub(super) fn version(&self, version: u32) -> Result<(), DataError> {
        if version == 1 {
            return Ok(());
        }
        Err(self.invalid("version", format!("{version} is not known here; this engine reads 1")))
    }

    pub(super) fn date(&self, place: &str, value: &Datetime) -> Result<Date, DataError> {
        match value {
            Datetime { date: Some(date), time: None, offset: None } => {
                Date::new(date.year.into(), date.month.into(), date.day.into())
            }
            _ => None,
        }
        .ok_or_else(|| self.invalid(place, format!("{value} is no date such as 2026-11-23")))
    }

    pub(super) fn time(&self, place: &str, value: &Datetime) -> Result<TimeOfDay, DataError> {
        match value {
            Datetime { date: None, time: Some(time), offset: None }
                if time.nanosecond.unwrap_or(0) == 0 =>
            {
                let (hour, minute) = (u32::from(time.hour), u32::from(time.minute));
                let second = u32::from(time.second.unwrap_or(0));
                TimeOfDay::from_hhmmss(hour * 10_000 + minute * 100 + second)
            }
            _ => None,
        }
        .ok_or_else(|| self.invalid(place, format!("{value} is no time such as 09:00:30")))
    }
}

/// The entry that counts on a date: of those that match, the one with the latest `from`.
pub(super) fn valid_on<T>(
    entries: &[T],
    date: Date,
    mut from: impl FnMut(&T) -> Option<Date>,
) -> Option<&T> {
    let started = entries.iter().filter_map(|entry| Some((from(entry)?, entry)));
    started.filter(|(from, _)| *from <= date).max_by_key(|(from, _)| *from).map(|(_, entry)| entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_are_read_and_the_special_days_have_plans() {
        let data = MarketData::embedded();
        assert_eq!(data.calendar().special_days().len(), 2);
    }

    #[test]
    fn a_directory_replaces_the_files_that_it_has() {
        let directory = tempfile::tempdir().unwrap();
        let text = CALENDAR.text.replace("last = 2026-12-31", "last = 2026-12-30");
        let text = text.replace("date = 2026-12-31", "date = 2026-12-30");
        std::fs::write(directory.path().join("calendar.toml"), text).unwrap();
        let data = MarketData::from_directory(directory.path()).unwrap();
        let error = data.day(Date::new(2026, 12, 31).unwrap()).unwrap_err().to_string();
        assert!(error.contains("calendar.toml") && error.contains("2026-12-31"), "{error}");
        assert!(data.calendar().on(Date::new(2026, 12, 30).unwrap()).unwrap().plan().is_none());
    }

    #[test]
    fn a_broken_file_says_which_file_and_where() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticks.toml");
        std::fs::write(&path, "version = 1\nsurprise = 2\n").unwrap();
        let error = MarketData::from_directory(directory.path()).unwrap_err().to_string();
        assert!(error.contains("ticks.toml") && error.contains("surprise"), "{error}");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = MarketData::from_directory(directory.path()).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("ticks.toml"), "{error}");
    }

    #[test]
    fn a_special_day_without_its_plan_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let text = CALENDAR.text.replace("\"exam_day\"", "\"party\"");
        std::fs::write(directory.path().join("calendar.toml"), text).unwrap();
        let error = MarketData::from_directory(directory.path()).unwrap_err().to_string();
        assert!(error.contains("party"), "{error}");
    }
}

//! Trading days.

use super::data::{DataError, File};
use super::date::Date;
use serde::Deserialize;
use toml::value::Datetime;

/// Which days the exchanges trade on. KRX and NXT close on the same days.
#[derive(Clone, Debug)]
pub struct Calendar {
    file: String,
    first: Date,
    last: Date,
    holidays: Vec<Holiday>,
    special: Vec<SpecialDay>,
}

/// A day on which the exchanges are closed although it is no weekend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Why.
    pub name: String,
}

/// A trading day with hours of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpecialDay {
    /// The day.
    pub date: Date,
    /// Why.
    pub name: String,
    /// Name of its plan in `sessions.toml`.
    pub plan: String,
}

/// What a day is for the exchanges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TradingDay<'a> {
    /// The plain hours.
    Regular,
    /// Hours of its own.
    Special(&'a SpecialDay),
    /// Saturday or Sunday.
    Weekend,
    /// Closed.
    Holiday(&'a Holiday),
}

impl<'a> TradingDay<'a> {
    /// Whether there is trading.
    pub fn is_open(self) -> bool {
        self.plan().is_some()
    }

    /// Name of the plan of its hours; `None` without trading.
    pub fn plan(self) -> Option<&'a str> {
        match self {
            Self::Regular => Some("regular"),
            Self::Special(special) => Some(&special.plan),
            Self::Weekend | Self::Holiday(_) => None,
        }
    }
}

impl Calendar {
    /// What `date` is.
    ///
    /// # Errors
    /// For a date outside the years of the file: nobody guesses whether an exchange is open.
    pub fn on(&self, date: Date) -> Result<TradingDay<'_>, DataError> {
        if date < self.first || date > self.last {
            return Err(DataError::NotCovered {
                file: self.file.clone(),
                date,
                cure: format!(
                    "it covers {} to {}; give the engine a calendar of that year",
                    self.first, self.last
                ),
            });
        }
        if let Some(holiday) = self.holidays.iter().find(|holiday| holiday.date == date) {
            return Ok(TradingDay::Holiday(holiday));
        }
        if date.is_weekend() {
            return Ok(TradingDay::Weekend);
        }
        Ok(match self.special.iter().find(|special| special.date == date) {
            Some(special) => TradingDay::Special(special),
            None => TradingDay::Regular,
        })
    }

    /// First day that it knows.
    pub fn first(&self) -> Date {
        self.first
    }

    /// Last day that it knows.
    pub fn last(&self) -> Date {
        self.last
    }

    /// Days off, weekends not among them.
    pub fn holidays(&self) -> &[Holiday] {
        &self.holidays
    }

    /// Trading days with hours of their own.
    pub fn special_days(&self) -> &[SpecialDay] {
        &self.special
    }

    pub(super) fn parse(file: &File) -> Result<Self, DataError> {
        let raw: Raw = file.parse()?;
        file.version(raw.version)?;
        let first = file.date("first", &raw.first)?;
        let last = file.date("last", &raw.last)?;
        if last < first {
            return Err(file.invalid("last", format!("{last} is before first, {first}")));
        }
        let mut seen = Vec::new();
        let mut day = |place: String, date: &Datetime, confidence: &str| {
            let date = file.date(&place, date)?;
            if date < first || date > last {
                return Err(file.invalid(place, format!("{date} is not between first and last")));
            }
            if date.is_weekend() {
                return Err(
                    file.invalid(place, format!("{date} is a weekend, which needs no line"))
                );
            }
            if seen.contains(&date) {
                return Err(file.invalid(place, format!("{date} stands here twice")));
            }
            if !["high", "good", "fair"].contains(&confidence) {
                let problem = format!("confidence {confidence:?} must be high, good or fair");
                return Err(file.invalid(place, problem));
            }
            seen.push(date);
            Ok(date)
        };
        let mut holidays = Vec::new();
        for (index, raw) in raw.holiday.into_iter().enumerate() {
            let date = day(format!("holiday {}", index + 1), &raw.date, &raw.confidence)?;
            holidays.push(Holiday { date, name: raw.name });
        }
        let mut special = Vec::new();
        for (index, raw) in raw.special.into_iter().enumerate() {
            let date = day(format!("special {}", index + 1), &raw.date, &raw.confidence)?;
            special.push(SpecialDay { date, name: raw.name, plan: raw.plan });
        }
        Ok(Self { file: file.name.clone(), first, last, holidays, special })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    first: Datetime,
    last: Datetime,
    #[serde(default)]
    holiday: Vec<RawHoliday>,
    #[serde(default)]
    special: Vec<RawSpecial>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHoliday {
    date: Datetime,
    name: String,
    confidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpecial {
    date: Datetime,
    name: String,
    plan: String,
    confidence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "version = 1\nfirst = 2026-01-01\nlast = 2026-12-31\n";

    #[test]
    fn entries_that_cannot_be_are_refused_with_their_place() {
        let cases = [
            ("version = 2\nfirst = 2026-01-01\nlast = 2026-12-31\n", "version"),
            ("version = 1\nfirst = 2026-01-01\nlast = 2025-12-31\n", "last"),
            ("version = 1\nfirst = 09:00:00\nlast = 2025-12-31\n", "first"),
        ];
        for (text, place) in cases {
            let error = Calendar::parse(&File::test(text)).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
        let holiday = |date: &str, confidence: &str| {
            format!("[[holiday]]\ndate = {date}\nname = \"x\"\nconfidence = \"{confidence}\"\n")
        };
        let monday = holiday("2026-11-23", "high");
        let cases = [
            (holiday("2026-11-22", "high"), "weekend"),
            (holiday("2027-01-04", "high"), "between"),
            (holiday("2026-11-23", "rumour"), "rumour"),
            (format!("{monday}{monday}"), "twice"),
        ];
        for (text, words) in cases {
            let error = Calendar::parse(&File::test(&(HEAD.to_owned() + &text))).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(Calendar::parse(&File::test(&(HEAD.to_owned() + &monday))).is_ok());
    }
}

//! Price steps and daily limits.

use super::data::{DataError, File, valid_on};
use super::date::Date;
use serde::Deserialize;
use strategy_api::{Price, PriceDelta, TickTable};
use toml::value::Datetime;

/// What an instrument is, as far as rules differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    /// A share.
    #[default]
    Share,
    /// ETF or ETN.
    Fund,
}

impl From<TickTable> for InstrumentKind {
    fn from(table: TickTable) -> Self {
        match table {
            TickTable::Share => Self::Share,
            TickTable::Fund => Self::Fund,
        }
    }
}

/// Every table of price steps and every limit, with the dates from which they count.
#[derive(Clone, Debug)]
pub struct Ticks {
    file: String,
    tables: Vec<(InstrumentKind, Date, Bands)>,
    limits: Vec<(InstrumentKind, Date, u32)>,
}

/// Prices below `below` step by `tick`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TickBand {
    /// First price that is not in the band, KRW; `i32::MAX` for the last band.
    pub below: i32,
    /// The step, KRW.
    pub tick: i32,
}

/// Most bands of a table.
const BANDS_MAX: usize = 8;
type Bands = [TickBand; BANDS_MAX];

/// The rules of one date, ready for the hot path: no allocation, no search by date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TickRules {
    share: Bands,
    fund: Bands,
    share_percent: u32,
    fund_percent: u32,
}

/// Highest and lowest price of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceLimits {
    /// 상한가, KRW.
    pub upper: Price,
    /// 하한가, KRW.
    pub lower: Price,
}

impl Ticks {
    /// The rules that count on a date.
    ///
    /// # Errors
    /// For a date before the first table.
    pub fn on(&self, date: Date) -> Result<TickRules, DataError> {
        let missing = |what: &str| DataError::NotCovered {
            file: self.file.clone(),
            date,
            cure: format!("add a {what} that counts from then"),
        };
        let bands = |kind| {
            valid_on(&self.tables, date, |(k, from, _)| (*k == kind).then_some(*from))
                .map(|(.., bands)| *bands)
        };
        let percent = |kind| {
            valid_on(&self.limits, date, |(k, from, _)| (*k == kind).then_some(*from))
                .map(|(.., percent)| *percent)
        };
        Ok(TickRules {
            share: bands(InstrumentKind::Share).ok_or_else(|| missing("[[table]] of shares"))?,
            fund: bands(InstrumentKind::Fund).ok_or_else(|| missing("[[table]] of funds"))?,
            share_percent: percent(InstrumentKind::Share)
                .ok_or_else(|| missing("[[limit]] of shares"))?,
            fund_percent: percent(InstrumentKind::Fund)
                .ok_or_else(|| missing("[[limit]] of funds"))?,
        })
    }

    pub(super) fn parse(file: &File) -> Result<Self, DataError> {
        let raw: Raw = file.parse()?;
        file.version(raw.version)?;
        let mut tables = Vec::new();
        for (index, table) in raw.table.iter().enumerate() {
            let place = format!("table {}", index + 1);
            let from = file.date(&place, &table.from)?;
            let bands =
                read_bands(&table.bands).map_err(|problem| file.invalid(&place, problem))?;
            tables.push((table.kind, from, bands));
        }
        let mut limits = Vec::new();
        for (index, limit) in raw.limit.iter().enumerate() {
            let place = format!("limit {}", index + 1);
            if !(1..=99).contains(&limit.percent) {
                let problem = format!("percent = {} must be 1 to 99", limit.percent);
                return Err(file.invalid(place, problem));
            }
            limits.push((limit.kind, file.date(&place, &limit.from)?, limit.percent));
        }
        Ok(Self { file: file.name.clone(), tables, limits })
    }
}

impl TickRules {
    /// The step at `price`, KRW.
    #[inline]
    pub fn tick_size(&self, price: Price, kind: InstrumentKind) -> PriceDelta {
        let bands = match kind {
            InstrumentKind::Share => &self.share,
            InstrumentKind::Fund => &self.fund,
        };
        let band = bands.iter().find(|band| price.raw() < band.below);
        PriceDelta::new(band.map_or(bands[BANDS_MAX - 1].tick, |band| band.tick))
    }

    /// Whether an order may stand at `price`.
    #[inline]
    pub fn is_on_tick(&self, price: Price, kind: InstrumentKind) -> bool {
        price.raw() > 0 && price.raw() % self.tick_size(price, kind).raw() == 0
    }

    /// The limits of a day, from its base price (기준가). The upper one can be off the step of its own
    /// band; the highest order then stands on the step below.
    ///
    /// What the broker says (0g, ka10001) counts more than this.
    pub fn limits(&self, base: Price, kind: InstrumentKind) -> PriceLimits {
        let percent = match kind {
            InstrumentKind::Share => self.share_percent,
            InstrumentKind::Fund => self.fund_percent,
        };
        let tick = self.tick_size(base, kind).raw();
        let exact = i64::from(base.raw()) * i64::from(percent) / 100;
        let width = PriceDelta::new((exact - exact % i64::from(tick)) as i32);
        PriceLimits { upper: base + width, lower: base - width }
    }
}

fn read_bands(raw: &[RawBand]) -> Result<Bands, String> {
    if raw.is_empty() || raw.len() > BANDS_MAX {
        return Err(format!("{} bands: a table has 1 to {BANDS_MAX}", raw.len()));
    }
    let mut bands = [TickBand { below: i32::MAX, tick: 0 }; BANDS_MAX];
    let mut begin = 1;
    for (index, band) in raw.iter().enumerate() {
        let is_last = index + 1 == raw.len();
        if band.below.is_none() != is_last {
            return Err("the last band, and only that one, has no `below`".into());
        }
        let below = band.below.unwrap_or(i32::MAX);
        if below <= begin {
            return Err(format!("below = {below} must rise from band to band"));
        }
        if band.tick < 1 || begin > 1 && begin % band.tick != 0 {
            return Err(format!("tick = {} must divide {begin}, where its band begins", band.tick));
        }
        bands[index] = TickBand { below, tick: band.tick };
        begin = below;
    }
    // The rest repeats the last one, so that the last entry is always its step.
    let last = bands[raw.len() - 1];
    bands[raw.len()..].fill(last);
    Ok(bands)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    table: Vec<RawTable>,
    limit: Vec<RawLimit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    kind: InstrumentKind,
    from: Datetime,
    bands: Vec<RawBand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBand {
    below: Option<i32>,
    tick: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    kind: InstrumentKind,
    from: Datetime,
    percent: u32,
}

#[cfg(test)]
mod tests {
    use super::super::MarketData;
    use super::*;

    fn rules() -> TickRules {
        MarketData::embedded().ticks().on(Date::new(2026, 11, 23).unwrap()).unwrap()
    }

    #[test]
    fn steps_change_exactly_at_the_bands() {
        let rules = rules();
        let shares = [
            (1, 1),
            (1_999, 1),
            (2_000, 5),
            (4_999, 5),
            (5_000, 10),
            (19_999, 10),
            (20_000, 50),
            (49_999, 50),
            (50_000, 100),
            (199_999, 100),
            (200_000, 500),
            (499_999, 500),
            (500_000, 1_000),
            (99_999_999, 1_000),
            (i32::MAX, 1_000),
        ];
        for (price, tick) in shares {
            let found = rules.tick_size(Price::new(price), InstrumentKind::Share);
            assert_eq!(found.raw(), tick, "share at {price}");
        }
        for (price, tick) in [(1, 1), (1_999, 1), (2_000, 5), (60_000, 5), (i32::MAX, 5)] {
            let found = rules.tick_size(Price::new(price), InstrumentKind::Fund);
            assert_eq!(found.raw(), tick, "fund at {price}");
        }
    }

    #[test]
    fn the_data_and_the_table_of_strategies_agree_at_every_price() {
        let rules = rules();
        for table in [TickTable::Share, TickTable::Fund] {
            for price in (1..700_000).map(Price::new) {
                let kind = table.into();
                assert_eq!(rules.tick_size(price, kind), table.tick_size(price), "{price}");
                assert_eq!(rules.is_on_tick(price, kind), table.is_on_tick(price), "{price}");
            }
        }
        assert!(!rules.is_on_tick(Price::ZERO, InstrumentKind::Share));
        assert!(!rules.is_on_tick(Price::new(-5), InstrumentKind::Fund));
    }

    #[test]
    fn limits_are_those_that_the_exchange_had() {
        let cases = [
            (252_500, 328_000, 177_000),
            (60_300, 78_300, 42_300),
            (1_000, 1_300, 700),
            // 30 % of 1,999 is 599.7: cut to the step of 1.
            (1_999, 2_598, 1_400),
            // 30 % of 2,005 is 601.5: cut to the step of 5.
            (2_005, 2_605, 1_405),
            (1, 1, 1),
        ];
        for (base, upper, lower) in cases {
            let limits = rules().limits(Price::new(base), InstrumentKind::Share);
            assert_eq!((limits.upper.raw(), limits.lower.raw()), (upper, lower), "{base}");
        }
        let fund = rules().limits(Price::new(10_005), InstrumentKind::Fund);
        assert_eq!((fund.upper.raw(), fund.lower.raw()), (13_005, 7_005));
    }

    #[test]
    fn a_date_before_the_first_table_is_refused() {
        let data = MarketData::embedded();
        let day = |y, m, d| Date::new(y, m, d).unwrap();
        assert!(data.ticks().on(day(2023, 12, 11)).is_ok());
        let error = data.ticks().on(day(2023, 12, 10)).unwrap_err().to_string();
        assert!(error.contains("ticks.toml") && error.contains("2023-12-10"), "{error}");
    }

    #[test]
    fn bands_that_cannot_be_are_refused() {
        let cases = [
            ("bands = []", "1 to 8"),
            ("bands = [{ below = 5, tick = 1 }]", "no `below`"),
            ("bands = [{ tick = 1 }, { tick = 5 }]", "no `below`"),
            ("bands = [{ below = 10, tick = 1 }, { below = 10, tick = 5 }, { tick = 5 }]", "rise"),
            ("bands = [{ below = 12, tick = 1 }, { tick = 5 }]", "divide"),
            ("bands = [{ tick = 0 }]", "divide"),
        ];
        for (bands, words) in cases {
            let text = format!(
                "version = 1\nlimit = []\n[[table]]\nkind = \"share\"\nfrom = 2023-01-25\n{bands}\n"
            );
            let error = Ticks::parse(&File::test(&text)).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("table 1"), "{bands}: {error}");
        }
        let text = "version = 1\ntable = []\n[[limit]]\nkind = \"share\"\nfrom = 2023-01-25\npercent = 0\n";
        let error = Ticks::parse(&File::test(text)).unwrap_err().to_string();
        assert!(error.contains("percent"), "{error}");
    }
}

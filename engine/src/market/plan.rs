//! The day of a venue: phases, their times, and which orders they take.

use super::data::{DataError, File, valid_on};
use super::date::Date;
use super::ticks::InstrumentKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use strategy_api::{OrderType, TimeOfDay, UnixNanos, Venue};
use toml::value::Datetime;

/// What a venue is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is taken: before, between and after the others, and on days without trading.
    #[default]
    Closed,
    /// NXT 08:00–08:50.
    PreMarket,
    /// KRX 08:30–08:40: opening call auction, and beside it trades at yesterday's close.
    OpeningAuctionOffHours,
    /// KRX 08:40–09:00: opening call auction.
    OpeningAuction,
    /// Continuous trading: KRX from 09:00, NXT from 09:00:30.
    Continuous,
    /// KRX 15:20–15:30: closing call auction.
    ClosingAuction,
    /// KRX 15:30–15:40: orders at today's close are taken, not yet matched.
    OffHoursQueue,
    /// KRX 15:40–16:00: trades at today's close.
    OffHours,
    /// KRX 16:00–18:00, until 2026-09-13: off-hours single price.
    OffHoursSingle,
    /// NXT 15:30–15:40: single price.
    AfterAuction,
    /// KRX 16:00–20:00 since 2026-09-14, NXT 15:40–20:00.
    AfterMarket,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::PreMarket,
        Self::OpeningAuctionOffHours,
        Self::OpeningAuction,
        Self::Continuous,
        Self::ClosingAuction,
        Self::OffHoursQueue,
        Self::OffHours,
        Self::OffHoursSingle,
        Self::AfterAuction,
        Self::AfterMarket,
    ];

    /// Whether orders meet at once, at prices that move: there, an old price is a warning.
    #[inline]
    pub const fn is_continuous(self) -> bool {
        matches!(self, Self::PreMarket | Self::Continuous | Self::AfterMarket)
    }

    /// Whether any order is taken.
    #[inline]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed)
    }

    /// Its name, as in the data file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::PreMarket => "pre_market",
            Self::OpeningAuctionOffHours => "opening_auction_off_hours",
            Self::OpeningAuction => "opening_auction",
            Self::Continuous => "continuous",
            Self::ClosingAuction => "closing_auction",
            Self::OffHoursQueue => "off_hours_queue",
            Self::OffHours => "off_hours",
            Self::OffHoursSingle => "off_hours_single",
            Self::AfterAuction => "after_auction",
            Self::AfterMarket => "after_market",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of order types.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderTypes(u128);

impl OrderTypes {
    /// None.
    pub const NONE: Self = Self(0);

    /// These.
    pub fn of(types: &[OrderType]) -> Self {
        Self(types.iter().filter(|t| t.0 < 128).fold(0, |set, t| set | 1 << t.0))
    }

    /// Whether `order_type` is among them.
    #[inline]
    pub const fn contains(self, order_type: OrderType) -> bool {
        order_type.0 < 128 && self.0 >> order_type.0 & 1 == 1
    }

    /// Those that are in either set.
    #[inline]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for OrderTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(OrderType::ALL.iter().filter(|t| self.contains(**t))).finish()
    }
}

/// One phase of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhaseSpan {
    /// What the venue is doing.
    pub phase: Phase,
    /// When it begins.
    pub begin: UnixNanos,
    /// When it ends; this instant is no longer in it.
    pub end: UnixNanos,
    /// Orders for shares that it takes.
    pub share_orders: OrderTypes,
    /// Orders for ETF and ETN that it takes.
    pub fund_orders: OrderTypes,
}

impl PhaseSpan {
    /// Orders that it takes for an instrument of that kind.
    #[inline]
    pub const fn orders(&self, kind: InstrumentKind) -> OrderTypes {
        match kind {
            InstrumentKind::Share => self.share_orders,
            InstrumentKind::Fund => self.fund_orders,
        }
    }
}

/// The day of one venue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SessionPlan {
    spans: Vec<PhaseSpan>,
}

impl SessionPlan {
    /// Its phases in time order; between them it is closed.
    pub fn spans(&self) -> &[PhaseSpan] {
        &self.spans
    }

    /// The phase at an instant.
    pub fn span_at(&self, now: UnixNanos) -> Option<&PhaseSpan> {
        self.spans.iter().find(|span| span.begin <= now && now < span.end)
    }

    /// The phase at an instant, [`Phase::Closed`] where there is none.
    pub fn phase_at(&self, now: UnixNanos) -> Phase {
        self.span_at(now).map_or(Phase::Closed, |span| span.phase)
    }

    /// The first span of a phase.
    pub fn span_of(&self, phase: Phase) -> Option<&PhaseSpan> {
        self.spans.iter().find(|span| span.phase == phase)
    }

    /// The next instant after `now` at which the phase changes.
    pub fn next_change(&self, now: UnixNanos) -> Option<UnixNanos> {
        let edges = self.spans.iter().flat_map(|span| [span.begin, span.end]);
        edges.filter(|edge| *edge > now).min()
    }
}

/// Where `now` is in a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// No venue has opened; nothing to do until then.
    Until(UnixNanos),
    /// Between the first opening and the last closing.
    During,
    /// Every venue has closed for the day, or there is no trading on it.
    Over,
}

/// The day of every venue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayPlan {
    date: Date,
    krx: SessionPlan,
    nxt: SessionPlan,
}

impl DayPlan {
    pub(super) fn new(date: Date, krx: SessionPlan, nxt: SessionPlan) -> Self {
        Self { date, krx, nxt }
    }

    /// A day without trading.
    pub fn closed(date: Date) -> Self {
        Self { date, krx: SessionPlan::default(), nxt: SessionPlan::default() }
    }

    /// A day on which KRX and NXT trade continuously for all of it, and the next one too, and take every
    /// order type: for tests and for simulations that have no day of their own.
    pub fn always_open(date: Date) -> Self {
        let orders = OrderTypes::of(OrderType::ALL);
        let span = PhaseSpan {
            phase: Phase::Continuous,
            begin: date.midnight(),
            // A run may go on beyond midnight.
            end: date.next().next().midnight(),
            share_orders: orders,
            fund_orders: orders,
        };
        let plan = SessionPlan { spans: vec![span] };
        Self { date, krx: plan.clone(), nxt: plan }
    }

    /// Which day.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The plan of KRX or NXT; `None` for other venues: SOR is both.
    pub fn plan(&self, venue: Venue) -> Option<&SessionPlan> {
        match venue {
            Venue::KRX => Some(&self.krx),
            Venue::NXT => Some(&self.nxt),
            _ => None,
        }
    }

    /// Whether there is trading at all.
    pub fn is_open(&self) -> bool {
        !self.krx.spans.is_empty() || !self.nxt.spans.is_empty()
    }

    /// When the first of these venues opens (SOR stands for both).
    pub fn first_open(&self, venues: &[Venue]) -> Option<UnixNanos> {
        self.plans(venues).filter_map(|plan| plan.spans.first()).map(|span| span.begin).min()
    }

    /// When the last of these venues closes (SOR stands for both).
    pub fn last_close(&self, venues: &[Venue]) -> Option<UnixNanos> {
        self.plans(venues).filter_map(|plan| plan.spans.last()).map(|span| span.end).max()
    }

    /// When one of these venues next begins a phase that takes orders, after `now`.
    pub fn next_open(&self, venues: &[Venue], now: UnixNanos) -> Option<UnixNanos> {
        let begins = self.plans(venues).flat_map(|plan| plan.spans.iter().map(|span| span.begin));
        begins.filter(|begin| *begin > now).min()
    }

    /// When the last of these venues that is open now, or opens next, closes for the day.
    pub fn next_close(&self, venues: &[Venue], now: UnixNanos) -> Option<UnixNanos> {
        self.last_close(venues).filter(|close| *close > now)
    }

    /// Where `now` is in the day of these venues: what a run that was started early waits for, and
    /// when it ends by itself.
    pub fn wait(&self, venues: &[Venue], now: UnixNanos) -> Wait {
        match (self.first_open(venues), self.last_close(venues)) {
            (Some(open), _) if now < open => Wait::Until(open),
            (_, Some(close)) if now < close => Wait::During,
            _ => Wait::Over,
        }
    }

    fn plans<'a>(&'a self, venues: &'a [Venue]) -> impl Iterator<Item = &'a SessionPlan> {
        let wants = |venue| venues.iter().any(|v| *v == venue || *v == Venue::SOR);
        let krx = wants(Venue::KRX).then_some(&self.krx);
        krx.into_iter().chain(wants(Venue::NXT).then_some(&self.nxt))
    }
}

/// Every plan of the file.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    file: String,
    plans: Vec<Template>,
}

/// A plan without a date.
#[derive(Clone, Debug)]
pub(super) struct Template {
    name: String,
    venue: Venue,
    from: Date,
    spans: Vec<(Phase, TimeOfDay, TimeOfDay, OrderTypes, OrderTypes)>,
}

impl Template {
    pub(super) fn on(&self, date: Date) -> SessionPlan {
        let span = |&(phase, begin, end, share_orders, fund_orders): &_| PhaseSpan {
            phase,
            begin: date.at_time(begin),
            end: date.at_time(end),
            share_orders,
            fund_orders,
        };
        SessionPlan { spans: self.spans.iter().map(span).collect() }
    }
}

impl Plans {
    pub(super) fn find(
        &self,
        name: &str,
        venue: Venue,
        date: Date,
    ) -> Result<&Template, DataError> {
        let fits =
            |plan: &Template| (plan.name == name && plan.venue == venue).then_some(plan.from);
        valid_on(&self.plans, date, fits).ok_or_else(|| DataError::NotCovered {
            file: self.file.clone(),
            date,
            cure: format!("add a [[plan]] named {name:?} of {venue} that counts from then"),
        })
    }

    pub(super) fn parse(file: &File) -> Result<Self, DataError> {
        let raw: Raw = file.parse()?;
        file.version(raw.version)?;
        let mut sets = BTreeMap::new();
        for (name, types) in &raw.orders {
            let mut set = Vec::new();
            for text in types {
                let found = OrderType::ALL.iter().find(|t| t.name() == text);
                set.push(*found.ok_or_else(|| {
                    file.invalid(format!("orders.{name}"), format!("no order type {text:?}"))
                })?);
            }
            sets.insert(name.as_str(), OrderTypes::of(&set));
        }
        let mut plans = Vec::new();
        for (index, raw) in raw.plan.iter().enumerate() {
            let place = format!("plan {} ({} {})", index + 1, raw.name, raw.venue);
            let venue = match raw.venue.as_str() {
                "KRX" => Venue::KRX,
                "NXT" => Venue::NXT,
                _ => return Err(file.invalid(place, "venue must be \"KRX\" or \"NXT\"")),
            };
            let mut spans: Vec<(Phase, TimeOfDay, TimeOfDay, _, _)> = Vec::new();
            for phase in &raw.phases {
                let place = format!("{place}, phase {}", phase.phase);
                let begin = file.time(&place, &phase.from)?;
                let end = file.time(&place, &phase.to)?;
                let before = spans.last().map_or(TimeOfDay::new(0), |span| span.2);
                if end <= begin || begin < before {
                    let problem = format!("{begin} to {end}: phases follow each other in time");
                    return Err(file.invalid(place, problem));
                }
                if phase.phase == Phase::Closed || spans.iter().any(|s| s.0 == phase.phase) {
                    let problem = "stands once in a plan, and `closed` is what is left between";
                    return Err(file.invalid(place, problem));
                }
                let Some(orders) = sets.get(phase.orders.as_str()) else {
                    let problem = format!("no [orders] set is named {:?}", phase.orders);
                    return Err(file.invalid(place, problem));
                };
                let funds = if phase.funds { *orders } else { OrderTypes::NONE };
                spans.push((phase.phase, begin, end, *orders, funds));
            }
            let from = file.date(&place, &raw.from)?;
            plans.push(Template { name: raw.name.clone(), venue, from, spans });
        }
        Ok(Self { file: file.name.clone(), plans })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    orders: BTreeMap<String, Vec<String>>,
    plan: Vec<RawPlan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    name: String,
    venue: String,
    from: Datetime,
    phases: Vec<RawPhase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhase {
    phase: Phase,
    from: Datetime,
    to: Datetime,
    orders: String,
    #[serde(default = "yes")]
    funds: bool,
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_is_spelled_in_the_file_as_it_is_named() {
        for phase in Phase::ALL {
            let text = format!("phase = {:?}", phase.name());
            #[derive(Deserialize)]
            struct One {
                phase: Phase,
            }
            assert_eq!(toml::from_str::<One>(&text).unwrap().phase, phase);
        }
    }

    #[test]
    fn plans_that_cannot_be_are_refused_with_their_place() {
        let phase = |from: &str, to: &str| {
            format!("{{ phase = \"continuous\", from = {from}, to = {to}, orders = \"a\" }}")
        };
        let twice = format!("{}, {}", phase("09:00:00", "10:00:00"), phase("10:00:00", "11:00:00"));
        let cases = [
            ("KRX", phase("10:00:00", "09:00:00"), "follow each other"),
            ("KRX", phase("09:00:00", "09:00:00"), "follow each other"),
            ("KRX", phase("09:00:00.5", "10:00:00"), "no time"),
            ("KRX", twice, "once"),
            ("KRX", phase("09:00:00", "10:00:00").replace("\"a\"", "\"b\""), "named \"b\""),
            ("NYSE", phase("09:00:00", "10:00:00"), "venue"),
        ];
        for (venue, phases, words) in cases {
            let text = format!(
                "version = 1\n[orders]\na = [\"limit\"]\n[[plan]]\nname = \"regular\"\n\
                 venue = \"{venue}\"\nfrom = 2026-01-01\nphases = [{phases}]\n"
            );
            let error = Plans::parse(&File::test(&text)).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("plan 1"), "{error}");
        }
        let text = "version = 1\nplan = []\n[orders]\na = [\"guess\"]\n";
        let error = Plans::parse(&File::test(text)).unwrap_err().to_string();
        assert!(error.contains("orders.a") && error.contains("guess"), "{error}");
    }
}

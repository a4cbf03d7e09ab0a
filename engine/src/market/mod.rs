//! What is true of the market before anybody trades: days and hours, price steps and limits, costs.
//!
//! | part | answers |
//! |---|---|
//! | [`Calendar`] | is the exchange open on that date, and by which plan |
//! | [`DayPlan`], [`SessionPlan`] | which phase a venue is in at a time of that day, and which orders it takes |
//! | [`Sessions`] | the same, as the clock goes on and as `0s` frames correct it |
//! | [`Ticks`] | price steps and daily limits on a date |
//! | [`Costs`] | tax and commission of a trade on a date |
//!
//! All of it comes from four versioned files (`engine/data/*.toml`), which are part of the program and
//! can be replaced by newer ones in a directory. Nothing here reads a clock: time is an argument.
//!
//! ```
//! use engine::market::{Date, InstrumentKind, MarketData, Phase};
//! use strategy_api::{OrderType, Price, Venue};
//!
//! let market = MarketData::embedded();
//! let today = Date::new(2026, 11, 23).unwrap();
//! let day = market.day(today)?;
//! let noon = today.at(12, 0, 0);
//! assert_eq!(day.plan(Venue::KRX).unwrap().phase_at(noon), Phase::Continuous);
//!
//! let limits = market.ticks().on(today)?.limits(Price::new(252_500), InstrumentKind::Share);
//! assert_eq!((limits.upper.raw(), limits.lower.raw()), (328_000, 177_000));
//! # Ok::<(), engine::market::DataError>(())
//! ```

mod calendar;
mod costs;
mod data;
mod date;
mod plan;
mod sessions;
mod ticks;

pub use calendar::{Calendar, Holiday, SpecialDay, TradingDay};
pub use costs::{Account, Costs, DayCosts, Listing, TradeCosts};
pub use data::{DataError, MarketData};
pub use date::{Date, Weekday};
pub use plan::{DayPlan, OrderTypes, Phase, PhaseSpan, SessionPlan, Wait};
pub use sessions::{Cause, SessionOptions, SessionView, Sessions, Transition, Transitions};
pub use ticks::{InstrumentKind, PriceLimits, TickBand, TickRules, Ticks};

#[cfg(test)]
mod tests;

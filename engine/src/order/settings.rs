//! Limits and waits of the order machine.

use super::ledger::Costs;
use super::serial;
use serde::{Deserialize, Serialize};
use strategy_api::DurationNanos;

/// Limits and waits. Every table is filled once a day and never grows: when one is full, new orders
/// are refused ([`Refusal::Full`](strategy_api::Refusal::Full)), and what still comes in for old ones
/// has a reserve.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Orders in a day, all strategies.
    pub orders_max: usize,
    /// Requests in a day: orders, modifies and cancels.
    pub requests_max: usize,
    /// Order numbers in a day, those of other hands included.
    pub numbers_max: usize,
    /// Fills in a day.
    pub fills_max: usize,
    /// Instruments, those of other hands included.
    pub instruments_max: usize,
    /// Pairs of strategy and instrument.
    pub positions_max: usize,
    /// Rows of all lists of one reconciliation.
    pub rows_max: usize,
    /// A request without a reply for this long is unknown.
    #[serde(with = "serial::duration")]
    pub reply_timeout: DurationNanos,
    /// After a reply that says yes, an event must come within this time, or the broker is asked.
    #[serde(with = "serial::duration")]
    pub event_timeout: DurationNanos,
    /// How long a request without an answer may still be on its way inside the broker: lists asked
    /// for earlier say nothing about it.
    #[serde(with = "serial::duration")]
    pub settle: DurationNanos,
    /// A round of reconciliation must end within this time.
    #[serde(with = "serial::duration")]
    pub round_timeout: DurationNanos,
    /// A `04` event may differ from our position for this long.
    #[serde(with = "serial::duration")]
    pub holding_grace: DurationNanos,
    /// How far the broker's clock may be from ours.
    #[serde(with = "serial::duration")]
    pub clock_tolerance: DurationNanos,
    /// Rounds that may fail in a row before the machine halts.
    pub failed_rounds_max: u32,
    /// What trading costs, by instrument of the run; [`Costs::default`] beyond.
    pub costs: Vec<Costs>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            orders_max: 32_768,
            requests_max: 131_072,
            numbers_max: 131_072,
            fills_max: 262_144,
            instruments_max: 4096,
            positions_max: 8192,
            rows_max: 16_384,
            reply_timeout: DurationNanos::from_secs(3),
            event_timeout: DurationNanos::from_secs(3),
            settle: DurationNanos::from_secs(5),
            round_timeout: DurationNanos::from_secs(30),
            holding_grace: DurationNanos::from_secs(3),
            clock_tolerance: DurationNanos::from_secs(10),
            failed_rounds_max: 5,
            costs: Vec::new(),
        }
    }
}

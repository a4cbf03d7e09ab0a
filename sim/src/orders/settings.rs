//! What a client finds: money, shares, rates, delays.

use super::fees::Rates;
use crate::faults::Rule;
use std::time::Duration;

/// The trading half of a simulated broker's options. Every account starts the same.
#[derive(Clone, Debug)]
pub struct Trading {
    /// Cash at the start, KRW.
    pub cash: i64,
    /// Shares held at the start.
    pub positions: Vec<StartPosition>,
    /// Commission and taxes.
    pub rates: Rates,
    /// Time from a REST request to its answer.
    pub reply_latency: Duration,
    /// Time from what happened to its 00 or 04 frame.
    pub frame_latency: Duration,
    /// Requests that one account may make in a second, per api-id; 0 = as many as it likes. The
    /// real host allows 5, the mock host 1.
    pub calls_per_second: u32,
    /// Rows in one answer of a list; more are continued with `next-key`. At least 1.
    pub page_rows: usize,
    /// How a list without rows is answered.
    pub empty: EmptyResult,
    /// Whether a modification may ask for more shares than are open. The Korean market does not
    /// allow it; then the whole order is replaced and goes to the end of the queue.
    pub modify_may_raise: bool,
    /// Faults from the start.
    pub faults: Vec<Rule>,
}

/// Shares held at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPosition {
    /// Code without a suffix.
    pub symbol: String,
    /// Shares.
    pub quantity: i64,
    /// Average buy price, KRW.
    pub average_price: i64,
}

/// How a list without rows is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyResult {
    /// `return_code` 0 and an empty list, as the mock host does.
    #[default]
    Mock,
    /// `return_code` 20 with 571758, as the real host does.
    Real,
}

impl Default for Trading {
    fn default() -> Self {
        Self {
            cash: 100_000_000,
            positions: Vec::new(),
            rates: Rates::default(),
            reply_latency: Duration::ZERO,
            frame_latency: Duration::ZERO,
            calls_per_second: 5,
            page_rows: 100,
            empty: EmptyResult::default(),
            modify_may_raise: false,
            faults: Vec::new(),
        }
    }
}

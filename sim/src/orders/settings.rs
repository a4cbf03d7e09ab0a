//! What a client finds: money, shares, rates, delays.

use super::fees::Rates;
use crate::faults::Rule;
use std::str::FromStr;
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

/// A text that is no start position.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no position: write CODE:SHARES:PRICE, for example 005930:10:260000")]
pub struct PositionError {
    text: String,
}

/// Reads `CODE:SHARES:PRICE`.
impl FromStr for StartPosition {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let refused = || PositionError { text: text.to_owned() };
        let parts: Vec<&str> = text.split(':').collect();
        let [symbol, quantity, price] = parts[..] else { return Err(refused()) };
        let number = |digits: &str| digits.parse::<u32>().map(i64::from).map_err(|_| refused());
        let (quantity, average_price) = (number(quantity)?, number(price)?);
        if symbol.is_empty() || quantity == 0 {
            return Err(refused());
        }
        Ok(Self { symbol: symbol.to_owned(), quantity, average_price })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_or_refused() {
        let position: StartPosition = "005930:10:260000".parse().unwrap();
        assert_eq!((position.quantity, position.average_price), (10, 260_000));
        for text in ["", "005930", "005930:0:1", "005930:1:-1", "005930:1:1:1", ":1:1"] {
            assert!(text.parse::<StartPosition>().is_err(), "{text}");
        }
    }
}

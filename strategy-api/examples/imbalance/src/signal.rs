//! How much the market leans: from -1000 (all pressure is down) to +1000 (all is up).

use strategy_api::{Depth, Quantity, Side};

/// Recent trades: shares bought minus sold by aggressors, and both together. Halved now and then, so
/// that the past fades.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flow {
    net: i64,
    gross: i64,
}

impl Flow {
    pub(crate) fn add(&mut self, side: Side, quantity: Quantity) {
        let Some(quantity) = quantity.get() else {
            return;
        };
        match side {
            Side::BUY => self.net = self.net.saturating_add(quantity),
            Side::SELL => self.net = self.net.saturating_sub(quantity),
            // A trade of an auction has no aggressor.
            _ => return,
        }
        self.gross = self.gross.saturating_add(quantity);
    }

    pub(crate) fn halve(&mut self) {
        self.net /= 2;
        self.gross /= 2;
    }

    /// From -1000 (all sold) to +1000 (all bought); 0 when there was nothing.
    fn lean(&self) -> i64 {
        per_mille(self.net, self.gross)
    }
}

/// The lean of the book's first levels and of the trades together. The book counts three times: it
/// is newer.
pub(crate) fn lean(depth: &Depth, levels: usize, flow: &Flow) -> i64 {
    let (asks, bids) = depth.quantity_within(levels);
    let book = per_mille((bids - asks).raw(), (bids + asks).raw());
    (3 * book + flow.lean()) / 4
}

fn per_mille(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (i128::from(part) * 1000 / i128::from(whole)) as i64 }
}

//! Which bid and which ask we want.

use strategy_api::{Depth, Price, Quantity, TickTable};

/// What we may do.
pub(crate) struct Limits {
    pub(crate) order_quantity: Quantity,
    pub(crate) max_position: Quantity,
    /// Lean at which the side that would be run over is taken away.
    pub(crate) threshold: i64,
}

/// The prices that we want to quote at; `None` for no quote on that side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) bid: Option<Price>,
    pub(crate) ask: Option<Price>,
}

/// Joins the best prices, steps one tick back with the bid when we hold much already, and leaves out
/// the side that the market is likely to run over.
pub(crate) fn wanted_quotes(
    depth: &Depth,
    lean: i64,
    position: Quantity,
    limits: &Limits,
) -> Wanted {
    let in_auction = depth.indicative_price.is_set() && depth.indicative_price > Price::ZERO;
    if !depth.is_two_sided() || in_auction {
        return Wanted::default();
    }
    let (best_bid, best_ask) = (depth.bid_price[0], depth.ask_price[0]);
    let has_room = position + limits.order_quantity <= limits.max_position;
    let has_shares = position >= limits.order_quantity;
    let holds_much = position.raw() * 2 > limits.max_position.raw();

    let bid = if holds_much { TickTable::Share.below(best_bid) } else { best_bid };
    Wanted {
        bid: (has_room && lean > -limits.threshold).then_some(bid),
        ask: (has_shares && lean < limits.threshold).then_some(best_ask),
    }
}

//! The single price of a call auction.

use super::book::{Book, Fill, Side};

/// What an auction would do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Equilibrium {
    /// The one price, KRW.
    pub(crate) price: i64,
    /// Shares that trade at it.
    pub(crate) quantity: i64,
}

/// The price at which most shares trade, or `None` while no bid reaches an ask.
///
/// Walks both sides from the best price, pairing shares. Where the walk ends, an order that is
/// only partly paired fixes the price (it must be served at its own limit); if both sides end
/// together, the price is the one nearest to `reference` that no unpaired order could improve.
pub(crate) fn equilibrium(book: &Book, reference: i64) -> Option<Equilibrium> {
    let mut bids = book.levels(Side::Bid).iter().rev();
    let mut asks = book.levels(Side::Ask).iter().rev();
    let (mut bid, mut ask) = (bids.next()?, asks.next()?);
    let (mut bid_left, mut ask_left) = (bid.quantity, ask.quantity);
    let mut quantity = 0;
    let (mut marginal_bid, mut marginal_ask) = (0, 0);
    loop {
        if bid.price < ask.price {
            // Both `bid` and `ask` are unpaired here: the price lies between the last pair and
            // must leave neither of these two better off elsewhere.
            let price = reference
                .clamp(marginal_ask, marginal_bid.max(marginal_ask))
                .max(bid.price.max(marginal_ask))
                .min(ask.price.min(marginal_bid));
            return (quantity > 0).then_some(Equilibrium { price, quantity });
        }
        let paired = bid_left.min(ask_left);
        quantity += paired;
        bid_left -= paired;
        ask_left -= paired;
        (marginal_bid, marginal_ask) = (bid.price, ask.price);
        let (bid_empty, ask_empty) = (bid_left == 0, ask_left == 0);
        let next_bid = if bid_empty { bids.next() } else { Some(bid) };
        let next_ask = if ask_empty { asks.next() } else { Some(ask) };
        match (next_bid, next_ask) {
            (Some(b), Some(a)) => {
                if bid_empty != ask_empty && b.price < a.price {
                    // One side has shares left at its marginal price: that price it is.
                    let price = if bid_empty { marginal_ask } else { marginal_bid };
                    return Some(Equilibrium { price, quantity });
                }
                if bid_empty {
                    bid_left = b.quantity;
                }
                if ask_empty {
                    ask_left = a.quantity;
                }
                (bid, ask) = (b, a);
            }
            (Some(_), None) => {
                return Some(Equilibrium { price: marginal_bid, quantity });
            }
            (None, Some(_)) => {
                return Some(Equilibrium { price: marginal_ask, quantity });
            }
            (None, None) => {
                let price = reference.clamp(marginal_ask, marginal_bid);
                return Some(Equilibrium { price, quantity });
            }
        }
    }
}

/// Trades the equilibrium: takes its shares from both sides, price-time, all at the one price.
/// Returns it; what is left in the book no longer crosses.
pub(crate) fn uncross(
    book: &mut Book,
    reference: i64,
    fills: &mut Vec<Fill>,
) -> Option<Equilibrium> {
    let equilibrium = equilibrium(book, reference)?;
    fills.clear();
    let bought = book.take(Side::Bid, Some(equilibrium.price), equilibrium.quantity, fills);
    let sold = book.take(Side::Ask, Some(equilibrium.price), equilibrium.quantity, fills);
    debug_assert!(bought == 0 && sold == 0, "an equilibrium can be served from both sides");
    for fill in fills.iter_mut() {
        fill.price = equilibrium.price;
    }
    Some(equilibrium)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::book::Owner;
    use crate::rng::Rng;

    fn book(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Book {
        let mut book = Book::default();
        for (price, quantity) in bids {
            book.add(Side::Bid, *price, *quantity, Owner::Crowd);
        }
        for (price, quantity) in asks {
            book.add(Side::Ask, *price, *quantity, Owner::Crowd);
        }
        book
    }

    #[test]
    fn a_book_that_does_not_cross_has_no_price() {
        assert_eq!(equilibrium(&book(&[(99, 5)], &[(100, 5)]), 100), None);
        assert_eq!(equilibrium(&book(&[], &[(100, 5)]), 100), None);
    }

    #[test]
    fn the_side_with_shares_left_sets_the_price() {
        let crossed = book(&[(105, 10), (100, 10)], &[(95, 4), (98, 4)]);
        assert_eq!(equilibrium(&crossed, 97), Some(Equilibrium { price: 105, quantity: 8 }));
    }

    /// The definition itself: no other price trades more shares, every order strictly better than
    /// the price is served, and the book does not cross afterwards.
    #[test]
    fn the_price_trades_the_most_shares_of_all_prices() {
        let mut rng = Rng::new(5, 0);
        for round in 0..2_000 {
            let mut side = |n: u64| -> Vec<(i64, i64)> {
                (0..=rng.below(n))
                    .map(|_| (90 + rng.below(20) as i64, 1 + rng.below(9) as i64))
                    .collect()
            };
            let (bids, asks) = (side(6), side(6));
            let executable = |price: i64| -> i64 {
                let buy: i64 = bids.iter().filter(|o| o.0 >= price).map(|o| o.1).sum();
                let sell: i64 = asks.iter().filter(|o| o.0 <= price).map(|o| o.1).sum();
                buy.min(sell)
            };
            let most = (80..=120).map(executable).max().unwrap();
            let mut crossed = book(&bids, &asks);
            match equilibrium(&crossed, 100) {
                None => assert_eq!(most, 0, "round {round}"),
                Some(found) => {
                    assert_eq!(found.quantity, most, "round {round} {bids:?} {asks:?}");
                    assert_eq!(executable(found.price), most, "round {round} {bids:?} {asks:?}");
                    let mut fills = Vec::new();
                    uncross(&mut crossed, 100, &mut fills);
                    let traded: i64 = fills.iter().map(|fill| fill.quantity).sum();
                    assert_eq!(traded, 2 * most);
                    if let (Some(bid), Some(ask)) =
                        (crossed.best(Side::Bid), crossed.best(Side::Ask))
                    {
                        assert!(bid < ask, "round {round}");
                    }
                }
            }
        }
    }
}

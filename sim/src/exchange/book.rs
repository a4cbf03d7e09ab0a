//! One venue's order book of one instrument: price-time priority, order by order.

use std::collections::VecDeque;

/// Which side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Buyers.
    Bid,
    /// Sellers.
    Ask,
}

impl Side {
    /// The other side.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Bid => Self::Ask,
            Self::Ask => Self::Bid,
        }
    }

    /// True when an order of this side at `price` trades with the other side's best price.
    pub(crate) fn reaches(self, price: i64, other: i64) -> bool {
        match self {
            Self::Bid => price >= other,
            Self::Ask => price <= other,
        }
    }

    /// True when `a` is served before `b` on this side.
    pub(crate) fn better(self, a: i64, b: i64) -> bool {
        match self {
            Self::Bid => a > b,
            Self::Ask => a < b,
        }
    }
}

/// Who stands behind an order: the crowd, or a named account whose orders joined the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The simulated participants.
    Crowd,
    /// A client's order, by the number the broker gave it.
    Client(u32),
}

/// One resting order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resting {
    /// Whose order it is.
    pub(crate) owner: Owner,
    /// Shares still open.
    pub(crate) quantity: i64,
}

/// All orders at one price, oldest first.
#[derive(Debug)]
pub(crate) struct Level {
    /// Price in KRW.
    pub(crate) price: i64,
    /// Sum of the open shares of `orders`.
    pub(crate) quantity: i64,
    /// The orders, oldest at the front.
    pub(crate) orders: VecDeque<Resting>,
}

/// One resting order hit by a taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fill {
    /// Price in KRW: the resting order's.
    pub(crate) price: i64,
    /// Shares.
    pub(crate) quantity: i64,
    /// Whose resting order was hit.
    pub(crate) owner: Owner,
}

/// Levels of both sides. The best level is the **last** of its vector, so that taking it is a pop.
#[derive(Debug, Default)]
pub(crate) struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Emptied order queues, kept so that a busy book does not allocate.
    spare: Vec<VecDeque<Resting>>,
}

impl Book {
    /// Adds an order behind all others at its price. Does not match: the caller takes first, or
    /// collects orders for an auction.
    pub(crate) fn add(&mut self, side: Side, price: i64, quantity: i64, owner: Owner) {
        debug_assert!(quantity > 0 && price > 0, "an order has a price and a quantity");
        let spare = self.spare.pop();
        let levels = self.levels_mut(side);
        let place = levels.iter().rposition(|level| !side.better(level.price, price));
        let order = Resting { owner, quantity };
        match place {
            Some(found) if levels[found].price == price => {
                levels[found].orders.push_back(order);
                levels[found].quantity += quantity;
                self.spare.extend(spare);
            }
            _ => {
                let mut orders = spare.unwrap_or_default();
                orders.push_back(order);
                let index = place.map_or(0, |found| found + 1);
                levels.insert(index, Level { price, quantity, orders });
            }
        }
    }

    /// Takes up to `quantity` from the resting `side`, best price first, oldest order first, no
    /// worse than `limit` (if any). Appends what was hit to `fills`; returns what was not filled.
    pub(crate) fn take(
        &mut self,
        side: Side,
        limit: Option<i64>,
        quantity: i64,
        fills: &mut Vec<Fill>,
    ) -> i64 {
        let mut left = quantity;
        while left > 0 {
            let levels = self.levels_mut(side);
            let Some(level) = levels.last_mut() else { break };
            if limit.is_some_and(|limit| side.better(limit, level.price)) {
                break;
            }
            while let Some(order) = level.orders.front_mut().filter(|_| left > 0) {
                let hit = order.quantity.min(left);
                fills.push(Fill { price: level.price, quantity: hit, owner: order.owner });
                left -= hit;
                level.quantity -= hit;
                order.quantity -= hit;
                if order.quantity == 0 {
                    level.orders.pop_front();
                }
            }
            if level.orders.is_empty() {
                self.drop_level(side, None);
            }
        }
        left
    }

    /// Cancels the crowd's order in place `nth` (from the oldest) of the level `depth` steps behind
    /// the best; returns its open shares. A client's order in that place stays.
    pub(crate) fn cancel(&mut self, side: Side, depth: usize, nth: usize) -> Option<i64> {
        let levels = self.levels_mut(side);
        let index = levels.len().checked_sub(depth + 1)?;
        let level = &mut levels[index];
        level.orders.get(nth).filter(|order| order.owner == Owner::Crowd)?;
        let order = level.orders.remove(nth)?;
        level.quantity -= order.quantity;
        if level.orders.is_empty() {
            self.drop_level(side, Some(index));
        }
        Some(order.quantity)
    }

    /// Cuts every order of the crowd to at most `most` shares: those who waited for an auction with
    /// much leave with it.
    pub(crate) fn thin(&mut self, most: i64) {
        for level in self.bids.iter_mut().chain(&mut self.asks) {
            for order in level.orders.iter_mut().filter(|order| order.owner == Owner::Crowd) {
                let kept = order.quantity.min(most);
                level.quantity -= order.quantity - kept;
                order.quantity = kept;
            }
        }
    }

    /// Lets the crowd withdraw every order of a side that reaches `other`; clients' orders stay.
    pub(crate) fn withdraw_crowd(&mut self, side: Side, other: i64) {
        let mut index = self.levels(side).len();
        while index > 0 {
            index -= 1;
            if !side.reaches(self.levels(side)[index].price, other) {
                return;
            }
            self.drop_crowd(side, index);
        }
    }

    /// Lets the crowd give up the level furthest from the best price that is not a client's alone;
    /// false when there is none.
    pub(crate) fn drop_worst(&mut self, side: Side) -> bool {
        let of_crowd = |level: &Level| level.orders.iter().any(|order| order.owner == Owner::Crowd);
        let Some(index) = self.levels(side).iter().position(of_crowd) else { return false };
        self.drop_crowd(side, index);
        true
    }

    /// Takes up to `quantity` shares out of a client's order; what was taken. The rest keeps its
    /// place.
    pub(crate) fn reduce(&mut self, side: Side, price: i64, number: u32, quantity: i64) -> i64 {
        let Some((index, nth)) = self.find(side, price, number) else { return 0 };
        let level = &mut self.levels_mut(side)[index];
        let order = &mut level.orders[nth];
        let taken = order.quantity.min(quantity);
        order.quantity -= taken;
        level.quantity -= taken;
        if order.quantity == 0 {
            level.orders.remove(nth);
        }
        if level.orders.is_empty() {
            self.drop_level(side, Some(index));
        }
        taken
    }

    /// Gives `quantity` shares of the order `from` to the order `to`, which stands right behind it:
    /// neither loses its place. False when `from` has not so many.
    pub(crate) fn hand_over(
        &mut self,
        side: Side,
        price: i64,
        (from, to): (u32, u32),
        quantity: i64,
    ) -> bool {
        let Some((index, nth)) = self.find(side, price, from) else { return false };
        let orders = &mut self.levels_mut(side)[index].orders;
        if orders[nth].quantity < quantity {
            return false;
        }
        orders[nth].quantity -= quantity;
        orders.insert(nth + 1, Resting { owner: Owner::Client(to), quantity });
        if orders[nth].quantity == 0 {
            orders.remove(nth);
        }
        true
    }

    /// Shares that a taker could get from the resting `side`, no worse than `limit`.
    pub(crate) fn available(&self, side: Side, limit: Option<i64>) -> i64 {
        let within = |level: &&Level| !limit.is_some_and(|limit| side.better(limit, level.price));
        self.levels(side).iter().filter(within).map(|level| level.quantity).sum()
    }

    fn find(&self, side: Side, price: i64, number: u32) -> Option<(usize, usize)> {
        let index = self.levels(side).iter().position(|level| level.price == price)?;
        let mut orders = self.levels(side)[index].orders.iter();
        orders.position(|order| order.owner == Owner::Client(number)).map(|nth| (index, nth))
    }

    /// Removes the crowd's orders of one level, and the level when nothing is left of it.
    fn drop_crowd(&mut self, side: Side, index: usize) {
        let level = &mut self.levels_mut(side)[index];
        level.orders.retain(|order| order.owner != Owner::Crowd);
        level.quantity = level.orders.iter().map(|order| order.quantity).sum();
        if level.orders.is_empty() {
            self.drop_level(side, Some(index));
        }
    }

    /// Removes every order.
    pub(crate) fn clear(&mut self) {
        for side in [Side::Bid, Side::Ask] {
            while !self.levels(side).is_empty() {
                self.drop_level(side, None);
            }
        }
    }

    /// Best price of a side.
    pub(crate) fn best(&self, side: Side) -> Option<i64> {
        self.levels(side).last().map(|level| level.price)
    }

    /// The levels of a side, best **last**.
    pub(crate) fn levels(&self, side: Side) -> &[Level] {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    fn levels_mut(&mut self, side: Side) -> &mut Vec<Level> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn drop_level(&mut self, side: Side, index: Option<usize>) {
        let levels = self.levels_mut(side);
        let removed = match index {
            Some(index) => Some(levels.remove(index)),
            None => levels.pop(),
        };
        if let Some(mut level) = removed {
            level.orders.clear();
            self.spare.push(level.orders);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(book: &Book, side: Side) -> Vec<(i64, i64)> {
        book.levels(side).iter().rev().map(|l| (l.price, l.quantity)).collect()
    }

    #[test]
    fn levels_stand_best_first_whatever_the_order_of_arrival() {
        let mut book = Book::default();
        for price in [100, 102, 101, 100, 99] {
            book.add(Side::Bid, price, 5, Owner::Crowd);
            book.add(Side::Ask, price + 10, 5, Owner::Crowd);
        }
        assert_eq!(prices(&book, Side::Bid), [(102, 5), (101, 5), (100, 10), (99, 5)]);
        assert_eq!(prices(&book, Side::Ask), [(109, 5), (110, 10), (111, 5), (112, 5)]);
    }

    #[test]
    fn a_taker_hits_the_best_price_and_there_the_oldest_order_first() {
        let mut book = Book::default();
        book.add(Side::Ask, 101, 3, Owner::Crowd);
        book.add(Side::Ask, 100, 4, Owner::Client(7));
        book.add(Side::Ask, 100, 4, Owner::Crowd);
        let mut fills = Vec::new();
        let left = book.take(Side::Ask, None, 9, &mut fills);
        assert_eq!(left, 0);
        let fill = |price, quantity, owner| Fill { price, quantity, owner };
        assert_eq!(
            fills,
            [
                fill(100, 4, Owner::Client(7)),
                fill(100, 4, Owner::Crowd),
                fill(101, 1, Owner::Crowd)
            ]
        );
        assert_eq!(prices(&book, Side::Ask), [(101, 2)]);
    }

    #[test]
    fn a_limit_stops_the_taker() {
        let mut book = Book::default();
        book.add(Side::Bid, 100, 4, Owner::Crowd);
        book.add(Side::Bid, 99, 4, Owner::Crowd);
        let mut fills = Vec::new();
        assert_eq!(book.take(Side::Bid, Some(100), 10, &mut fills), 6);
        assert_eq!(book.take(Side::Bid, Some(100), 6, &mut fills), 6);
        assert_eq!(fills.len(), 1);
    }

    #[test]
    fn thinning_cuts_the_crowd_and_leaves_clients_alone() {
        let mut book = Book::default();
        book.add(Side::Bid, 100, 400, Owner::Crowd);
        book.add(Side::Bid, 100, 3, Owner::Crowd);
        book.add(Side::Bid, 100, 500, Owner::Client(7));
        book.thin(10);
        assert_eq!(prices(&book, Side::Bid), [(100, 513)]);
        let mut fills = Vec::new();
        book.take(Side::Bid, None, 513, &mut fills);
        let hit: Vec<_> = fills.iter().map(|fill| fill.quantity).collect();
        assert_eq!(hit, [10, 3, 500]);
    }

    #[test]
    fn a_cancelled_order_leaves_with_its_shares() {
        let mut book = Book::default();
        book.add(Side::Bid, 100, 4, Owner::Crowd);
        book.add(Side::Bid, 100, 6, Owner::Crowd);
        assert_eq!(book.cancel(Side::Bid, 0, 1), Some(6));
        assert_eq!(prices(&book, Side::Bid), [(100, 4)]);
        assert_eq!(book.cancel(Side::Bid, 0, 0), Some(4));
        assert_eq!(book.cancel(Side::Bid, 0, 0), None);
        assert_eq!(book.best(Side::Bid), None);
    }

    fn mixed() -> Book {
        let mut book = Book::default();
        for (price, quantity, owner) in [
            (100, 4, Owner::Crowd),
            (100, 6, Owner::Client(7)),
            (100, 5, Owner::Crowd),
            (99, 9, Owner::Client(8)),
            (98, 3, Owner::Crowd),
        ] {
            book.add(Side::Bid, price, quantity, owner);
        }
        book
    }

    #[test]
    fn the_crowd_never_takes_a_clients_order_away() {
        let mut book = mixed();
        assert_eq!(book.cancel(Side::Bid, 0, 1), None);
        assert!(book.drop_worst(Side::Bid));
        assert_eq!(prices(&book, Side::Bid), [(100, 15), (99, 9)]);
        book.withdraw_crowd(Side::Bid, 99);
        assert_eq!(prices(&book, Side::Bid), [(100, 6), (99, 9)]);
        assert!(!book.drop_worst(Side::Bid));
    }

    #[test]
    fn a_clients_order_shrinks_in_its_place() {
        let mut book = mixed();
        assert_eq!(book.reduce(Side::Bid, 100, 7, 2), 2);
        assert_eq!(prices(&book, Side::Bid)[0], (100, 13));
        assert!(book.hand_over(Side::Bid, 100, (7, 9), 3));
        assert!(!book.hand_over(Side::Bid, 100, (7, 9), 3));
        let mut fills = Vec::new();
        book.take(Side::Bid, Some(100), 13, &mut fills);
        let owners: Vec<_> = fills.iter().map(|fill| (fill.owner, fill.quantity)).collect();
        let client = Owner::Client;
        assert_eq!(owners, [(Owner::Crowd, 4), (client(7), 1), (client(9), 3), (Owner::Crowd, 5)]);
        assert_eq!(book.reduce(Side::Bid, 99, 8, 100), 9);
        assert_eq!(book.reduce(Side::Bid, 99, 8, 100), 0);
        assert_eq!(book.available(Side::Bid, None), 3);
        assert_eq!(book.available(Side::Bid, Some(99)), 0);
    }
}

//! One account: cash, shares, and what open orders hold of them.

use super::fees::Rates;
use super::settings::Trading;
use crate::exchange::ticks::Market;
use std::collections::BTreeMap;

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    /// Ten digits, `acctNo` and FID 9201.
    pub(crate) number: String,
    /// Cash before any trade of the day, KRW.
    pub(crate) start_cash: i64,
    /// Cash once all trades of the day have settled, KRW.
    pub(crate) cash: i64,
    /// Cash that open buy orders hold, KRW.
    pub(crate) held_cash: i64,
    /// Money bought and sold today, costs included, KRW.
    pub(crate) bought: i64,
    pub(crate) sold: i64,
    /// By place of the instrument in the list.
    pub(crate) positions: BTreeMap<usize, Position>,
}

/// Shares of one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Shares held.
    pub(crate) quantity: i64,
    /// Shares that open sell orders hold.
    pub(crate) held: i64,
    /// What the shares cost without commission, KRW.
    pub(crate) cost: i64,
    /// Shares at the start of the day.
    pub(crate) at_start: i64,
    /// Shares bought and sold today.
    pub(crate) bought: i64,
    pub(crate) sold: i64,
    /// Profit of today's sales after commission and taxes, KRW, and the cost of what was sold.
    pub(crate) realised: i64,
    pub(crate) realised_cost: i64,
}

impl Position {
    /// Average buy price, KRW, cut to whole won.
    pub(crate) fn average(&self) -> i64 {
        if self.quantity == 0 { 0 } else { self.cost / self.quantity }
    }

    /// Shares that a new order could sell.
    pub(crate) fn sellable(&self) -> i64 {
        self.quantity - self.held
    }
}

impl Account {
    /// An account at the start of the day; `find` gives an instrument's place.
    pub(crate) fn new(
        number: String,
        trading: &Trading,
        find: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        let start = trading.positions.iter().filter_map(|start| {
            let quantity = start.quantity;
            let cost = quantity * start.average_price;
            let position = Position { quantity, cost, at_start: quantity, ..Position::default() };
            Some((find(&start.symbol)?, position))
        });
        Self {
            number,
            start_cash: trading.cash,
            cash: trading.cash,
            held_cash: 0,
            bought: 0,
            sold: 0,
            positions: start.collect(),
        }
    }

    /// Cash that a new order could use, KRW.
    pub(crate) fn free_cash(&self) -> i64 {
        self.cash - self.held_cash
    }

    /// How many shares the free cash buys at `price`, commission included.
    pub(crate) fn buyable(&self, price: i64, extra: i64, rates: &Rates) -> i64 {
        let cash = (self.free_cash() + extra).max(0);
        let price = price.max(1);
        let (mut fits, mut too_many) = (0, cash / price + 1);
        while too_many - fits > 1 {
            let middle = fits + (too_many - fits) / 2;
            let money = middle * price;
            if money + rates.commission(money) <= cash {
                fits = middle;
            } else {
                too_many = middle;
            }
        }
        fits
    }

    /// Shares that could be sold.
    pub(crate) fn sellable(&self, index: usize) -> i64 {
        self.positions.get(&index).map_or(0, Position::sellable)
    }

    /// Books a buy of `quantity` for `money`, with what its costs grew by.
    pub(crate) fn buy(&mut self, index: usize, quantity: i64, money: i64, costs: i64) {
        self.cash -= money + costs;
        self.bought += money + costs;
        let position = self.positions.entry(index).or_default();
        position.quantity += quantity;
        position.bought += quantity;
        position.cost += money;
    }

    /// Books a sale of `quantity` for `money`, with what its costs grew by.
    pub(crate) fn sell(&mut self, index: usize, quantity: i64, money: i64, costs: i64) {
        self.cash += money - costs;
        self.sold += money - costs;
        let position = self.positions.entry(index).or_default();
        let share = i128::from(position.cost) * i128::from(quantity);
        let cost = (share / i128::from(position.quantity.max(1))) as i64;
        position.quantity -= quantity;
        position.held -= quantity;
        position.sold += quantity;
        position.cost -= cost;
        position.realised += money - costs - cost;
        position.realised_cost += cost;
    }
}

/// The letter in front of a code in the kt000xx lists: A stock and fund, J ELW, Q ETN.
pub(crate) fn letter(market: Market) -> char {
    match market {
        Market::Elw => 'J',
        Market::Etn => 'Q',
        _ => 'A',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyable_is_the_most_that_cash_and_commission_allow() {
        let trading = Trading { cash: 1_000_000, ..Trading::default() };
        let account = Account::new("1".to_owned(), &trading, |_| None);
        let rates = Rates::default();
        for price in [1, 7, 999, 50_000, 333_333, 996_510, 996_520, 1_000_001] {
            let count = account.buyable(price, 0, &rates);
            let costs = |n: i64| n * price + rates.commission(n * price);
            assert!(costs(count) <= 1_000_000, "{price}");
            assert!(costs(count + 1) > 1_000_000, "{price} {count}");
        }
    }

    #[test]
    fn a_sale_takes_its_share_of_the_cost() {
        let mut account = Account::new("1".to_owned(), &Trading::default(), |_| None);
        account.buy(0, 3, 300, 1);
        account.buy(0, 1, 140, 0);
        let position = account.positions[&0].clone();
        assert_eq!((position.average(), position.cost), (110, 440));
        account.positions.get_mut(&0).unwrap().held = 2;
        account.sell(0, 2, 260, 3);
        let position = &account.positions[&0];
        assert_eq!((position.quantity, position.cost, position.realised), (2, 220, 37));
        assert_eq!(account.cash, 100_000_000 - 301 - 140 + 257);
    }
}

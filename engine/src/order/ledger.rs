//! Positions and profit, in whole won, by fills.
//!
//! A ledger keeps what the open shares cost, not their average price: the cost is exact, and what a
//! sale takes out of it is rounded down once, so that cost plus realised profit always adds up to the
//! money that changed hands. Selling the last share takes the whole rest.

use serde::{Deserialize, Serialize};
use strategy_api::{Notional, Price, Quantity, Side};

/// What trading costs in one instrument. Rates are parts per million of the value of an order's
/// fills; every part is cut down to whole won (commission to `commission_unit`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Commission, both sides: 0.015 % is 150.
    pub commission_ppm: u32,
    /// The commission is cut down to a multiple of this, KRW; 0 counts as 1.
    pub commission_unit: u32,
    /// Taxes on sales, each cut for itself: 0.05 % and 0.15 % are 500 and 1,500.
    pub sell_tax_ppm: [u32; 2],
}

impl Costs {
    /// Commission and tax of an order whose fills are worth `value`.
    pub fn of(&self, side: Side, value: Notional) -> (Notional, Notional) {
        let part = |ppm: u32| i128::from(value.raw().max(0)) * i128::from(ppm) / 1_000_000;
        let unit = i128::from(self.commission_unit.max(1));
        let commission = part(self.commission_ppm) / unit * unit;
        let tax = if side == Side::SELL { self.sell_tax_ppm.map(part).iter().sum() } else { 0 };
        (Notional::new(narrow(commission)), Notional::new(narrow(tax)))
    }
}

/// What one strategy, or the whole account, holds in one instrument, and what it earned with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Shares held; negative when short.
    pub quantity: Quantity,
    /// What the shares held cost, KRW, without fees; negative when short.
    pub cost: Notional,
    /// Profit of what was closed, KRW, before fees and tax.
    pub realised: Notional,
    /// Commission so far, KRW.
    pub fees: Notional,
    /// Tax so far, KRW.
    pub taxes: Notional,
    /// Shares bought so far.
    pub bought: Quantity,
    /// Shares sold so far.
    pub sold: Quantity,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            quantity: Quantity::ZERO,
            cost: Notional::ZERO,
            realised: Notional::ZERO,
            fees: Notional::ZERO,
            taxes: Notional::ZERO,
            bought: Quantity::ZERO,
            sold: Quantity::ZERO,
        }
    }
}

impl Ledger {
    /// Takes a fill of `quantity` shares for `value` won.
    pub fn fill(&mut self, side: Side, quantity: Quantity, value: Notional) {
        let shares = quantity.raw();
        if side == Side::BUY {
            self.bought += quantity;
        } else {
            self.sold += quantity;
        }
        let held = self.quantity.raw();
        let signed = if side == Side::BUY { shares } else { -shares };
        let opposite = held != 0 && (held < 0) != (signed < 0);
        let closing = if opposite { shares.min(held.abs()) } else { 0 };
        if closing > 0 {
            let money = share_of(value.raw(), closing, shares);
            let cost = share_of(self.cost.raw(), closing, held.abs());
            // Selling earns the money and gives up the cost; buying back a short pays the money and
            // gets rid of a cost that is below zero.
            let profit = if held > 0 { money - cost } else { -money - cost };
            self.realised += Notional::new(profit);
            self.cost -= Notional::new(cost);
            self.open(signed, shares - closing, value.raw() - money);
        } else {
            self.open(signed, shares, value.raw());
        }
        self.quantity += Quantity::new(signed);
    }

    fn open(&mut self, signed: i64, shares: i64, money: i64) {
        if shares > 0 {
            self.cost += Notional::new(if signed > 0 { money } else { -money });
        }
    }

    /// Takes fees and taxes; negative to give back what was too much.
    pub fn charge(&mut self, fee: Notional, tax: Notional) {
        self.fees += fee;
        self.taxes += tax;
    }

    /// Average price of the shares held, KRW, rounded to the nearest; unset without shares.
    pub fn average_price(&self) -> Price {
        average(self.cost.raw(), self.quantity.raw())
    }

    /// Profit of the shares held at this price, KRW, before fees and tax.
    pub fn open_profit(&self, mark: Price) -> Notional {
        let worth = i128::from(mark.raw()) * i128::from(self.quantity.raw());
        Notional::new(narrow(worth - i128::from(self.cost.raw())))
    }

    /// Realised profit after fees and tax, KRW.
    pub fn net_realised(&self) -> Notional {
        self.realised - self.fees - self.taxes
    }

    /// Everything at this price after fees and tax, and after what closing would cost.
    pub fn net_at(&self, mark: Price, costs: &Costs) -> Notional {
        let worth = Notional::new(narrow(
            i128::from(mark.raw()) * i128::from(self.quantity.raw().unsigned_abs()),
        ));
        let side = if self.quantity.raw() < 0 { Side::BUY } else { Side::SELL };
        let (fee, tax) = costs.of(side, worth);
        self.net_realised() + self.open_profit(mark) - fee - tax
    }
}

/// Price per share of `quantity` shares for `value`, to the nearest won; unset without shares.
pub(super) fn average(value: i64, quantity: i64) -> Price {
    if quantity == 0 {
        return Price::UNSET;
    }
    let (value, quantity) = (i128::from(value).abs(), i128::from(quantity).abs());
    i32::try_from((value + quantity / 2) / quantity).map_or(Price::UNSET, Price::new)
}

/// `amount * part / whole`, cut towards zero; the whole of it when the part is the whole.
fn share_of(amount: i64, part: i64, whole: i64) -> i64 {
    narrow(i128::from(amount) * i128::from(part) / i128::from(whole.max(1)))
}

/// No won amount of an account comes near the end of 64 bits; one that would is cut to it.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN + 1 } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(ledger: &mut Ledger, side: Side, quantity: i64, price: i64) {
        ledger.fill(side, Quantity::new(quantity), Notional::new(quantity * price));
    }

    #[test]
    fn a_round_trip_realises_its_difference() {
        let mut ledger = Ledger::default();
        fill(&mut ledger, Side::BUY, 3, 100);
        fill(&mut ledger, Side::BUY, 4, 101);
        assert_eq!(ledger.average_price(), Price::new(101));
        fill(&mut ledger, Side::SELL, 5, 110);
        assert_eq!(ledger.quantity, Quantity::new(2));
        assert_eq!(ledger.cost, Notional::new(704 - 502));
        assert_eq!(ledger.realised, Notional::new(550 - 502));
        assert_eq!(ledger.open_profit(Price::new(110)), Notional::new(220 - 202));
        fill(&mut ledger, Side::SELL, 2, 90);
        assert_eq!((ledger.quantity, ledger.cost), (Quantity::ZERO, Notional::ZERO));
        assert_eq!(ledger.realised, Notional::new(550 + 180 - 704), "money in minus money out");
        assert_eq!(ledger.average_price(), Price::UNSET);
    }

    #[test]
    fn a_fill_may_cross_through_zero() {
        let mut ledger = Ledger::default();
        fill(&mut ledger, Side::BUY, 2, 100);
        fill(&mut ledger, Side::SELL, 5, 110);
        assert_eq!(ledger.quantity, Quantity::new(-3));
        assert_eq!(ledger.realised, Notional::new(20));
        assert_eq!(ledger.cost, Notional::new(-330));
        assert_eq!(ledger.open_profit(Price::new(100)), Notional::new(30));
        fill(&mut ledger, Side::BUY, 3, 100);
        assert_eq!(ledger.realised, Notional::new(50));
        assert_eq!(ledger.cost, Notional::ZERO);
    }

    #[test]
    fn costs_are_cut_part_by_part() {
        let kospi = Costs { commission_ppm: 150, commission_unit: 1, sell_tax_ppm: [500, 1500] };
        assert_eq!(kospi.of(Side::SELL, Notional::new(258_000)).1, Notional::new(129 + 387));
        assert_eq!(kospi.of(Side::SELL, Notional::new(272_500)).1, Notional::new(136 + 408));
        assert_eq!(
            kospi.of(Side::BUY, Notional::new(258_000)),
            (Notional::new(38), Notional::ZERO)
        );
        let mock = Costs { commission_ppm: 3500, commission_unit: 10, sell_tax_ppm: [0, 0] };
        assert_eq!(mock.of(Side::BUY, Notional::new(258_000)).0, Notional::new(900));
        assert_eq!(mock.of(Side::BUY, Notional::new(272_750)).0, Notional::new(950));
    }
}

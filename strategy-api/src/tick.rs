//! Tick sizes (호가단위): the smallest price steps of the exchange.

use crate::units::{Price, PriceDelta};

/// Which table of tick sizes an instrument follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TickTable {
    /// Shares on KOSPI and KOSDAQ, since 2023-01-25.
    #[default]
    Share,
    /// ETF and ETN.
    Fund,
}

impl TickTable {
    /// The step at `price`, KRW.
    pub const fn tick_size(self, price: Price) -> PriceDelta {
        let price = price.raw();
        PriceDelta::new(match self {
            Self::Fund if price < 2_000 => 1,
            Self::Fund => 5,
            Self::Share => match price {
                ..2_000 => 1,
                2_000..5_000 => 5,
                5_000..20_000 => 10,
                20_000..50_000 => 50,
                50_000..200_000 => 100,
                200_000..500_000 => 500,
                500_000.. => 1_000,
            },
        })
    }

    /// Whether an order at `price` stands on a tick.
    pub const fn is_on_tick(self, price: Price) -> bool {
        price.raw() > 0 && price.raw() % self.tick_size(price).raw() == 0
    }

    /// The next tick above `price`.
    pub const fn above(self, price: Price) -> Price {
        let tick = self.tick_size(price).raw();
        Price::new(price.raw() - price.raw().rem_euclid(tick) + tick)
    }

    /// The next tick below `price`; where a cheaper band begins, its smaller step counts.
    pub const fn below(self, price: Price) -> Price {
        let tick = self.tick_size(Price::new(price.raw() - 1)).raw();
        let rest = price.raw().rem_euclid(tick);
        Price::new(price.raw() - if rest == 0 { tick } else { rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_change_at_the_bands() {
        let cases = [
            (1_999, 1),
            (2_000, 5),
            (4_995, 5),
            (5_000, 10),
            (19_990, 10),
            (20_000, 50),
            (50_000, 100),
            (199_900, 100),
            (200_000, 500),
            (499_500, 500),
            (500_000, 1_000),
        ];
        for (price, tick) in cases {
            assert_eq!(TickTable::Share.tick_size(Price::new(price)).raw(), tick, "{price}");
        }
        assert_eq!(TickTable::Fund.tick_size(Price::new(60_000)).raw(), 5);
    }

    #[test]
    fn above_and_below_undo_each_other_on_ticks() {
        for table in [TickTable::Share, TickTable::Fund] {
            let mut price = Price::new(1_000);
            while price < Price::new(600_000) {
                let next = table.above(price);
                assert!(table.is_on_tick(next), "{next}");
                assert_eq!(table.below(next), price);
                price = next;
            }
        }
        assert_eq!(TickTable::Share.above(Price::new(257_750)), Price::new(258_000));
        assert_eq!(TickTable::Share.below(Price::new(257_750)), Price::new(257_500));
    }
}

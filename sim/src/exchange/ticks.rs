//! Tick sizes and daily price limits.

/// What kind of thing an instrument is; it decides tick table and sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// A stock of the KOSPI market.
    Kospi,
    /// A stock of the KOSDAQ market.
    Kosdaq,
    /// An exchange traded fund.
    Etf,
    /// An exchange traded note.
    Etn,
    /// An equity linked warrant.
    Elw,
    /// An index: it has a level but no orders (types 0J and 0U).
    Index,
    /// A gold price (type 0I).
    Gold,
}

impl Market {
    /// True for what has an order book.
    pub fn is_tradable(self) -> bool {
        !matches!(self, Self::Index | Self::Gold)
    }

    /// True for KOSPI and KOSDAQ stocks.
    pub fn is_stock(self) -> bool {
        matches!(self, Self::Kospi | Self::Kosdaq)
    }
}

/// The tick size in KRW at `price`: stocks by the table of 2023-01-25; funds, notes and warrants
/// 1 below 2,000 and 5 from there.
pub(crate) fn tick_size(market: Market, price: i64) -> i64 {
    if !market.is_stock() {
        return if price < 2_000 { 1 } else { 5 };
    }
    match price {
        ..2_000 => 1,
        2_000..5_000 => 5,
        5_000..20_000 => 10,
        20_000..50_000 => 50,
        50_000..200_000 => 100,
        200_000..500_000 => 500,
        _ => 1_000,
    }
}

/// The lowest and highest price of the day in KRW for a base price.
///
/// The width is 30 % of the base cut to the base price's tick. An upper limit that falls between
/// two ticks of a higher band is cut to that band's tick, since nobody could quote it otherwise.
pub(crate) fn price_limits(market: Market, base: i64) -> (i64, i64) {
    let tick = tick_size(market, base);
    let width = base * 3 / 10 / tick * tick;
    let upper = base + width;
    (base - width, upper - upper % tick_size(market, upper))
}

/// The next price above `price` on the tick grid.
pub(crate) fn up(market: Market, price: i64) -> i64 {
    let tick = tick_size(market, price);
    price - price.rem_euclid(tick) + tick
}

/// The next price below `price` on the tick grid; never below 1.
pub(crate) fn down(market: Market, price: i64) -> i64 {
    let below = price - 1;
    let tick = tick_size(market, below);
    (below - below.rem_euclid(tick)).max(1)
}

/// `price` cut down to the tick grid; never below 1.
pub(crate) fn floor(market: Market, price: i64) -> i64 {
    (price - price.rem_euclid(tick_size(market, price))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_match_what_was_seen_live() {
        // 252,500 was read from the live server, 60,300 stands in the broker's 0g example.
        for (base, lower, upper) in [(252_500, 177_000, 328_000), (60_300, 42_300, 78_300)] {
            assert_eq!(price_limits(Market::Kospi, base), (lower, upper));
        }
    }

    #[test]
    fn a_step_up_and_down_stays_on_the_grid_across_every_band() {
        for market in [Market::Kospi, Market::Etf] {
            let mut price = 1_900;
            while price < 600_000 {
                let next = up(market, price);
                assert!(next > price && next % tick_size(market, next) == 0, "{price} -> {next}");
                assert_eq!(down(market, next), price, "{market:?} {next}");
                price = next;
            }
        }
    }
}

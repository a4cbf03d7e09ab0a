//! The records that a market maker lives on: trades, quotes, depth.

use super::{Header, Venue, open_enum, record};
use crate::units::{Hundredths, Notional, Price, PriceDelta, Quantity};

open_enum! {
    /// Who was the aggressor of a trade, or the side of an order.
    Side {
        /// Not said (call auctions carry no sign).
        NONE = 0, "none";
        /// Buyer.
        BUY = 1, "buy";
        /// Seller.
        SELL = 2, "sell";
    }
}

open_enum! {
    /// Where a price stands against the previous close: the sign in front of it on the wire.
    Direction {
        /// No sign and no space.
        NONE = 0, "none";
        /// `+`.
        UP = 1, "up";
        /// A space where the sign would be.
        UNCHANGED = 2, "unchanged";
        /// `-`.
        DOWN = 3, "down";
    }
}

open_enum! {
    /// Sign of the change since the previous close, FID 25 (전일대비기호).
    ChangeSign {
        NONE = 0, "none";
        UPPER_LIMIT = 1, "upper_limit";
        UP = 2, "up";
        UNCHANGED = 3, "unchanged";
        LOWER_LIMIT = 4, "lower_limit";
        DOWN = 5, "down";
    }
}

open_enum! {
    /// Part of the day a trade belongs to, FID 290 (장구분).
    TradeSession {
        NONE = 0, "none";
        /// 장전 시간외.
        PRE_OPEN = 1, "pre_open";
        /// 장중.
        REGULAR = 2, "regular";
        /// 장후 시간외.
        AFTER_CLOSE = 3, "after_close";
    }
}

/// A public execution print: type `0B` 주식체결. One record can be the sum of several exchange
/// trades at one price. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Trade {
    /// See [`Header`].
    pub header: Header,
    /// Last trade price, KRW. FID 10. May be off the tick (mid-point trades).
    pub price: Price,
    /// Price minus previous close, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// Best ask at that moment, KRW; 0 when there is none. FID 27.
    pub ask: Price,
    /// Best bid at that moment, KRW; 0 when there is none. FID 28.
    pub bid: Price,
    /// Open of the day, KRW. FID 16.
    pub open: Price,
    /// High of the day, KRW. FID 17.
    pub high: Price,
    /// Low of the day, KRW. FID 18.
    pub low: Price,
    /// Value traded today divided by volume, KRW. FID 620.
    pub vwap: Price,
    /// Shares of this trade, without the aggressor's sign. FID 15.
    pub quantity: Quantity,
    /// Shares traded today, this trade included. FID 13.
    pub cumulative_volume: Quantity,
    /// Of those, bought by an aggressor. FID 1031.
    pub buy_volume: Quantity,
    /// Of those, sold by an aggressor. FID 1030.
    pub sell_volume: Quantity,
    /// Value traded today, KRW, cut to whole millions (the wire counts millions). FID 14.
    pub cumulative_value: Notional,
    /// Buy volume over sell volume, percent. FID 228 체결강도.
    pub strength: Hundredths,
    /// The aggressor: the sign of FID 15.
    pub side: Side,
    /// Price against the previous close: the sign of FID 10.
    pub direction: Direction,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// FID 290.
    pub session: TradeSession,
    /// Venue where it traded: FID 9081 (`KRX`/`NXT`, or the spec's `1`/`2`).
    pub traded_venue: Venue,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(Trade, TRADE, "0B", bytes = 128);

/// Levels on each side of a [`Depth`].
pub const DEPTH_LEVELS: usize = 10;

/// Ten levels of the order book: type `0D` 주식호가잔량. A full state, not a change. `ts_event` is
/// FID 21. An empty level has price 0 and quantity 0.
///
/// Under `_AL` the sizes are of both venues; the split (FIDs 6044–6115) can be asked for as extra
/// fields, and so can the per-message changes (FIDs 81–100).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Depth {
    /// See [`Header`].
    pub header: Header,
    /// Ask prices, best first, KRW. FIDs 41–50.
    pub ask_price: [Price; DEPTH_LEVELS],
    /// Bid prices, best first, KRW. FIDs 51–60.
    pub bid_price: [Price; DEPTH_LEVELS],
    /// Ask sizes, shares. FIDs 61–70.
    pub ask_quantity: [Quantity; DEPTH_LEVELS],
    /// Bid sizes, shares. FIDs 71–80.
    pub bid_quantity: [Quantity; DEPTH_LEVELS],
    /// Shares offered on all levels of the exchange's book. FID 121.
    pub ask_total: Quantity,
    /// Shares bid for on all levels of the exchange's book. FID 125.
    pub bid_total: Quantity,
    /// Expected matching quantity of a call auction, shares. FID 24.
    pub indicative_quantity: Quantity,
    /// Expected matching price of a call auction, KRW; 0 outside. FID 23.
    pub indicative_price: Price,
    /// Session code as in [`SessionState`](super::SessionState), one ASCII character or 0. FID 215.
    pub session_code: u8,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(Depth, DEPTH, "0D", bytes = 312);

/// Best bid and offer, without sizes and without a time: type `0C` 주식우선호가.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct BestQuote {
    /// See [`Header`].
    pub header: Header,
    /// Best ask, KRW; 0 when there is none. FID 27.
    pub ask: Price,
    /// Best bid, KRW; 0 when there is none. FID 28.
    pub bid: Price,
}
record!(BestQuote, BEST_QUOTE, "0C", bytes = 48);

/// Expected price of a call auction: type `0H` 주식예상체결. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct IndicativeMatch {
    /// See [`Header`].
    pub header: Header,
    /// Expected price, KRW. FID 10.
    pub price: Price,
    /// Against the previous close, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// The same in percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Expected quantity, shares, without sign. FID 15.
    pub quantity: Quantity,
    /// Shares traded today. FID 13.
    pub cumulative_volume: Quantity,
    /// The sign of FID 15.
    pub side: Side,
    /// The sign of FID 10.
    pub direction: Direction,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// Zero.
    pub reserved: [u8; 5],
}
record!(IndicativeMatch, INDICATIVE_MATCH, "0H", bytes = 80);

/// Totals of the off-hours single-price book: type `0E` 주식시간외호가. `ts_event` is FID 21.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct OffHoursQuote {
    /// See [`Header`].
    pub header: Header,
    /// Shares offered. FID 131.
    pub ask_total: Quantity,
    /// Change of that since the message before, signed. FID 132.
    pub ask_total_change: Quantity,
    /// Shares bid for. FID 135.
    pub bid_total: Quantity,
    /// Change of that since the message before, signed. FID 136.
    pub bid_total_change: Quantity,
}
record!(OffHoursQuote, OFF_HOURS_QUOTE, "0E", bytes = 72);

impl Depth {
    /// Whether the best bid and the best ask are both there.
    #[inline]
    pub fn is_two_sided(&self) -> bool {
        self.ask_price[0].raw() > 0 && self.bid_price[0].raw() > 0
    }

    /// Shares on the first `levels` levels: asks, bids.
    #[inline]
    pub fn quantity_within(&self, levels: usize) -> (Quantity, Quantity) {
        let levels = levels.min(DEPTH_LEVELS);
        let sum = |side: &[Quantity]| {
            side.iter().fold(Quantity::ZERO, |sum, q| if q.is_set() { sum + *q } else { sum })
        };
        (sum(&self.ask_quantity[..levels]), sum(&self.bid_quantity[..levels]))
    }
}

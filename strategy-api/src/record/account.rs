//! Events of one's own orders and positions. They travel on a ring that loses nothing.

use super::{Header, Side, Venue, open_enum, record};
use crate::text::{Symbol, Text};
use crate::units::{Hundredths, Notional, Price, Quantity};

/// An order number as the broker gives it: seven digits with zeros in front (`0119433`).
pub type OrderNumber = Text<16>;

open_enum! {
    /// State in the broker's words, FID 913 (주문상태).
    OrderState {
        NONE = 0, "none";
        /// 접수.
        ACCEPTED = 1, "accepted";
        /// 체결.
        FILLED = 2, "filled";
        /// 확인: a cancel or modify took effect.
        CONFIRMED = 3, "confirmed";
        /// 취소.
        CANCELLED = 4, "cancelled";
        /// 거부.
        REJECTED = 5, "rejected";
    }
}

open_enum! {
    /// What the order does, FID 905 (주문구분) without its colour sign.
    OrderAction {
        NONE = 0, "none";
        /// 매수, 매도.
        NEW = 1, "new";
        /// 매수정정, 매도정정.
        MODIFY = 2, "modify";
        /// 매수취소, 매도취소.
        CANCEL = 3, "cancel";
    }
}

/// Something happened to an own order: type `00` 주문체결. `ts_event` is FID 908.
///
/// A new fill is a rise of `cumulative_filled` for its `order_number`; `leaves` also falls without a
/// fill (cancel, modify).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct OrderUpdate {
    /// See [`Header`].
    pub header: Header,
    /// Number of this order. FID 9203.
    pub order_number: OrderNumber,
    /// Number of the order it changes; `0000000` when there is none. FID 904.
    pub original_order_number: OrderNumber,
    /// Code of the instrument. FID 9001.
    pub symbol: Symbol,
    /// Account number. FID 9201.
    pub account: Text<16>,
    /// Fill number; empty before a fill. FID 909.
    pub fill_number: Text<16>,
    /// Order type in the broker's words (보통, 시장가, …). FID 906.
    pub order_type: Text<24>,
    /// Why it was rejected; `0` means it was not. FID 919.
    pub reject_reason: Text<48>,
    /// Shares ordered. FID 900.
    pub quantity: Quantity,
    /// Shares still open; 0 is the end of the order. FID 902.
    pub leaves: Quantity,
    /// Shares filled so far, all fills of this order. FID 911.
    pub cumulative_filled: Quantity,
    /// Shares of this fill. FID 915.
    pub last_quantity: Quantity,
    /// Money filled so far, KRW. FID 903.
    pub cumulative_value: Notional,
    /// Fee, KRW; of this order, although the wire calls it the day's. FID 938.
    pub fee: Notional,
    /// Tax, KRW; of this order, although the wire calls it the day's. FID 939.
    pub tax: Notional,
    /// Price ordered, KRW; 0 for a market order. FID 901.
    pub price: Price,
    /// Price of the fill, KRW. FID 910.
    pub fill_price: Price,
    /// Price of this one fill, KRW. FID 914.
    pub last_price: Price,
    /// Last trade of the instrument, KRW. FID 10.
    pub market_price: Price,
    /// Best ask, KRW. FID 27.
    pub ask: Price,
    /// Best bid, KRW. FID 28.
    pub bid: Price,
    /// FID 913.
    pub state: OrderState,
    /// FID 905, by content.
    pub action: OrderAction,
    /// FID 907, or 905 where 907 is empty.
    pub side: Side,
    /// FID 2134.
    pub traded_venue: Venue,
    /// Whether smart order routing was used, FID 2136: `Y`, `N` or 0.
    pub smart_routed: u8,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(OrderUpdate, ORDER_UPDATE, "00", bytes = 280);

/// An own position changed: type `04` 현물잔고, after a fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Balance {
    /// See [`Header`].
    pub header: Header,
    /// Code of the instrument. FID 9001.
    pub symbol: Symbol,
    /// Account number. FID 9201.
    pub account: Text<16>,
    /// Name of the instrument. FID 302.
    pub name: Text<48>,
    /// Kind of credit (`00` none). FID 917.
    pub credit: Text<8>,
    /// Date of the loan, `YYYYMMDD`. FID 916.
    pub loan_date: Text<16>,
    /// Date the loan ends, `YYYYMMDD`. FID 918.
    pub expiry_date: Text<16>,
    /// Shares held. FID 930.
    pub quantity: Quantity,
    /// Of those, shares that can be sold. FID 933.
    pub sellable: Quantity,
    /// Bought minus sold today, signed. FID 945.
    pub net_bought_today: Quantity,
    /// Shares pledged. FID 959.
    pub pledged: Quantity,
    /// What the position cost, KRW. FID 932.
    pub total_cost: Notional,
    /// Profit of today's sales, KRW, signed. FID 950.
    pub realised_today: Notional,
    /// Profit realised today on securities, KRW, signed. FID 990.
    pub realised_securities: Notional,
    /// Profit realised today on credit, KRW, signed. FID 992.
    pub realised_credit: Notional,
    /// Credit used, KRW. FID 957.
    pub credit_amount: Notional,
    /// Interest on it, KRW. FID 958.
    pub credit_interest: Notional,
    /// Profit realised, percent, signed. FID 8019.
    pub realised_rate: Hundredths,
    /// The same on securities, percent. FID 991.
    pub realised_securities_rate: Hundredths,
    /// The same on credit, percent. FID 993.
    pub realised_credit_rate: Hundredths,
    /// Average price paid, KRW. FID 931.
    pub average_price: Price,
    /// Last trade of the instrument, KRW. FID 10.
    pub market_price: Price,
    /// Best ask, KRW. FID 27.
    pub ask: Price,
    /// Best bid, KRW. FID 28.
    pub bid: Price,
    /// Base price of the day, KRW. FID 307.
    pub base_price: Price,
    /// Side of the last change, FID 946: 1 sell, 2 buy on the wire.
    pub side: Side,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(Balance, BALANCE, "04", bytes = 288);

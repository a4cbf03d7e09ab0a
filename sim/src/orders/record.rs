//! One order as the broker's back office keeps it.

use super::AccountId;
use super::types::{OrderType, OrderVenue, Side};
use crate::clock::Venue;
use crate::exchange::clients::Style;

/// What an order number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    New,
    Modify,
    Cancel,
}

/// The last fill of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastFill {
    pub(crate) number: u32,
    pub(crate) price: i64,
    pub(crate) quantity: i64,
}

/// An order, a modification or a cancel.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: u32,
    pub(crate) account: AccountId,
    pub(crate) kind: Kind,
    /// The number it changed; 0 for a new order.
    pub(crate) original: u32,
    /// The first number of the chain: its own for a new order.
    pub(crate) base: u32,
    /// Place of the instrument in the list.
    pub(crate) index: usize,
    pub(crate) side: Side,
    pub(crate) order_type: OrderType,
    pub(crate) venue: OrderVenue,
    /// Where it traded last, or would.
    pub(crate) at: Venue,
    pub(crate) style: Style,
    /// Shares ordered.
    pub(crate) ordered: i64,
    /// Price shown, KRW; 0 for none.
    pub(crate) price: i64,
    /// Stop price, KRW; 0 for none.
    pub(crate) trigger: i64,
    /// Price at which open shares hold cash, KRW.
    pub(crate) hold_price: i64,
    /// Shares open.
    pub(crate) open: i64,
    /// Shares and money traded.
    pub(crate) filled: i64,
    pub(crate) money: i64,
    /// Commission and taxes of this order, KRW.
    pub(crate) fee: i64,
    pub(crate) tax: i64,
    /// Cash it holds, KRW.
    pub(crate) held_cash: i64,
    /// When it came, as the number HHmmss.
    pub(crate) time: u32,
    pub(crate) last_fill: Option<LastFill>,
    /// The exchange refused it after all.
    pub(crate) rejected: bool,
}

impl Order {
    /// `ord_stt` of the lists.
    pub(crate) fn state(&self) -> &'static str {
        match self.kind {
            _ if self.rejected => "거부",
            _ if self.filled > 0 => "체결",
            Kind::New => "접수",
            Kind::Modify | Kind::Cancel => "확인",
        }
    }

    /// 주문구분, FID 905 and `io_tp_nm`: the sign is a colour.
    pub(crate) fn side_text(&self) -> &'static str {
        match (self.kind, self.side) {
            (Kind::New, Side::Buy) => "+매수",
            (Kind::New, Side::Sell) => "-매도",
            (Kind::Modify, Side::Buy) => "매수정정",
            (Kind::Modify, Side::Sell) => "매도정정",
            (Kind::Cancel, Side::Buy) => "매수취소",
            (Kind::Cancel, Side::Sell) => "매도취소",
        }
    }
}

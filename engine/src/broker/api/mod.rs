//! The broker's calls as types: bodies out, answers in. No I/O.
//!
//! An order is an [`OrderCall`]; its reply is read by [`OrderAnswer::read`] into exactly one of
//! accepted, refused, unknown. Everything else is a [`Query`]. The answers are read leniently where
//! the broker is known to vary (numbers as text, signs as colours, zeros in front, a letter before a
//! code), and strictly where a guess would be about money: a quantity that is no number is an error
//! that names the call, the row and the key.

mod account;
mod instrument;
mod order;
mod query;
mod refusal;
mod value;

pub use account::{
    AccountNumber, AccountOverview, Deposit, DepositView, Fill, FilledPosition, FilledPositions,
    Fills, FillsQuery, OpenOrder, OpenOrders, OpenOrdersQuery, Overview, OverviewPosition,
    Position, Positions, PositionsQuery,
};
pub use instrument::{Instruments, Listing, ListingQuery, PriceLimits, PriceLimitsQuery};
pub use order::{Accepted, BODY_BYTES_MAX, FormError, OrderAnswer, OrderCall, Unclear};
pub use query::{Page, Query, QueryAnswer};
pub use refusal::{Code, Fate, Meaning, Refusal};
pub use value::{ReadError, Row};

use std::fmt;

/// A call of the broker's REST interface (its `api-id`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ApiId {
    /// kt10000 주식 매수주문: buy.
    Buy,
    /// kt10001 주식 매도주문: sell.
    Sell,
    /// kt10002 주식 정정주문: another price or quantity.
    Modify,
    /// kt10003 주식 취소주문: cancel.
    Cancel,
    /// ka00001 계좌번호조회: the account of the token.
    AccountNumber,
    /// ka10001 주식기본정보: base price and limits of one instrument.
    PriceLimits,
    /// ka10075 미체결: open orders.
    OpenOrders,
    /// ka10076 체결: today's orders that filled.
    Fills,
    /// ka10099 종목정보 리스트: all instruments of a market.
    Instruments,
    /// ka10100 종목정보 조회: one instrument.
    Instrument,
    /// kt00001 예수금상세현황: cash.
    Deposit,
    /// kt00004 계좌평가현황: the account in one view.
    Overview,
    /// kt00005 체결잔고: positions, today's fills included.
    FilledPositions,
    /// kt00018 계좌평가잔고내역: positions.
    Positions,
}

impl ApiId {
    /// Every call.
    pub const ALL: [Self; 14] = [
        Self::Buy,
        Self::Sell,
        Self::Modify,
        Self::Cancel,
        Self::AccountNumber,
        Self::PriceLimits,
        Self::OpenOrders,
        Self::Fills,
        Self::Instruments,
        Self::Instrument,
        Self::Deposit,
        Self::Overview,
        Self::FilledPositions,
        Self::Positions,
    ];

    /// The value of the `api-id` header: seven characters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "kt10000",
            Self::Sell => "kt10001",
            Self::Modify => "kt10002",
            Self::Cancel => "kt10003",
            Self::AccountNumber => "ka00001",
            Self::PriceLimits => "ka10001",
            Self::OpenOrders => "ka10075",
            Self::Fills => "ka10076",
            Self::Instruments => "ka10099",
            Self::Instrument => "ka10100",
            Self::Deposit => "kt00001",
            Self::Overview => "kt00004",
            Self::FilledPositions => "kt00005",
            Self::Positions => "kt00018",
        }
    }

    /// The path it is posted to.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Buy | Self::Sell | Self::Modify | Self::Cancel => ORDER_PATH,
            Self::PriceLimits | Self::Instruments | Self::Instrument => "/api/dostk/stkinfo",
            _ => "/api/dostk/acnt",
        }
    }

    /// Whether it moves money: such a call is never repeated on a guess.
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Buy | Self::Sell | Self::Modify | Self::Cancel)
    }
}

impl fmt::Display for ApiId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where all orders are posted to.
pub const ORDER_PATH: &str = "/api/dostk/ordr";

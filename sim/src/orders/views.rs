//! What the books of the broker say, for a comparison with somebody else's.

use super::types::{OrderNumber, OrderType, OrderVenue, Side};

/// All that the broker's books say of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// Orders with shares open, oldest first.
    pub open_orders: Vec<OpenOrder>,
    /// Every fill of the day, oldest first.
    pub fills: Vec<Fill>,
    /// Shares held, in the order of the list of instruments; sold out today included.
    pub positions: Vec<Holding>,
    /// Money.
    pub cash: Cash,
}

/// An order with shares open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its number.
    pub number: OrderNumber,
    /// The first number of its chain.
    pub base: OrderNumber,
    /// Code without a suffix.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// Order type.
    pub order_type: OrderType,
    /// Where it may trade.
    pub venue: OrderVenue,
    /// Price, KRW; 0 for none.
    pub price: i64,
    /// Stop price, KRW; 0 for none.
    pub trigger: i64,
    /// Shares ordered.
    pub quantity: i64,
    /// Shares open.
    pub open: i64,
    /// Shares traded.
    pub filled: i64,
}

/// One fill of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The order.
    pub order: OrderNumber,
    /// FID 909, unique over the day.
    pub number: u32,
    /// Code without a suffix.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// KRW per share.
    pub price: i64,
    /// Shares.
    pub quantity: i64,
    /// Market time, nanoseconds since midnight.
    pub at: u64,
}

/// Shares of one instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Code without a suffix.
    pub symbol: String,
    /// Shares held.
    pub quantity: i64,
    /// Shares that no open order holds.
    pub sellable: i64,
    /// Average buy price, KRW.
    pub average_price: i64,
    /// What the shares cost, without commission, KRW.
    pub cost: i64,
    /// Profit of today's sales after commission and taxes, KRW.
    pub realised: i64,
}

/// Money of an account, KRW.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cash {
    /// Before any trade of the day.
    pub at_start: i64,
    /// Once every trade of the day has settled.
    pub settled: i64,
    /// Held by open buy orders.
    pub held: i64,
    /// Commission of the day.
    pub commission: i64,
    /// Taxes of the day.
    pub taxes: i64,
}

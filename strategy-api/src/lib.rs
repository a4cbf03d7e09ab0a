//! What a strategy is compiled against.
#![cfg_attr(not(test), no_std)]

mod text;
mod units;

pub mod record;

pub use record::{
    Balance, BestQuote, BrokerFlow, BrokerRow, ChangeSign, ConditionMatch, Depth, Direction,
    EtfNav, Extras, FeedChange, FeedEvent, Flags, GoldPrice, Header, IndexBreadth, IndexValue,
    IndicativeMatch, IndicativePrice, InstrumentId, InstrumentInfo, Kind, OffHoursQuote,
    OrderAction, OrderNumber, OrderState, OrderUpdate, ProgramTrading, Record, SessionCode,
    SessionState, Side, Trade, TradeSession, Venue, VolatilityInterruption, WarrantIndicators,
    WarrantTheory,
};
pub use text::{Symbol, Text};
pub use units::{
    Count, DurationNanos, Hundredths, Millionths, Notional, Price, PriceDelta, Quantity, TimeOfDay,
    UnixNanos,
};

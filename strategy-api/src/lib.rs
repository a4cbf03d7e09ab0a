//! What a strategy is compiled against.
//!
//! | part | what |
//! |---|---|
//! | [`Strategy`], [`export_strategy!`] | the trait that a strategy implements, and what makes it a plugin |
//! | [`Context`] | what a strategy can do: orders, time, timers, chance, log, instruments, positions, profit |
//! | [`record`] | the records that arrive: one struct per realtime type of the broker |
//! | [`Order`], [`Refusal`] | orders, and why one is refused |
//! | [`Price`], [`Quantity`], … | numbers with units |
//! | [`testing`] | runs a strategy in a unit test, without an engine |
//! | [`abi`] | the C ABI underneath; `include/strategy.h` is its header for C, C++, Zig |
//!
//! # Features
//! `std` (default): everything. Without it: records, units, orders and the ABI tables, `no_std` and
//! without dependencies.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![deny(unsafe_code)]

mod instrument;
mod kinds;
mod order;
mod pnl;
mod refusal;
mod text;
mod tick;
mod units;

#[allow(unsafe_code)] // The tables and calls across the library boundary.
pub mod abi;
pub mod fid;
pub mod host;
#[allow(unsafe_code)] // Casts between records and the words that travel through rings.
pub mod record;

#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
mod strategy;
#[cfg(feature = "std")]
pub mod testing;

pub use host::LogLevel;
pub use instrument::Instrument;
pub use kinds::Kinds;
pub use order::{
    CancelRequest, ClientOrderId, Order, OrderRequest, OrderStatus, OrderType, Position,
    ReplaceRequest, TimeInForce, WorkingOrder,
};
pub use pnl::Pnl;
pub use record::{
    Balance, BestQuote, BrokerFlow, BrokerRow, ChangeSign, ConditionMatch, Depth, Direction,
    EtfNav, Extras, FeedChange, FeedEvent, Flags, GoldPrice, Header, IndexBreadth, IndexValue,
    IndicativeMatch, IndicativePrice, InstrumentId, InstrumentInfo, Kind, OffHoursQuote,
    OrderAction, OrderEvent, OrderNumber, OrderReport, OrderState, OrderUpdate, ProgramTrading,
    Record, SessionCause, SessionChange, SessionCode, SessionPhase, SessionState, Side, Trade,
    TradeSession, Venue, VolatilityInterruption, WarrantIndicators, WarrantTheory,
};
pub use refusal::Refusal;
pub use text::{Symbol, Text};
pub use tick::TickTable;
pub use units::{
    Count, DurationNanos, Hundredths, Millionths, Notional, Price, PriceDelta, Quantity, TimeOfDay,
    UnixNanos,
};

#[cfg(feature = "std")]
pub use abi::Context;
#[cfg(feature = "std")]
pub use error::Error;
#[cfg(feature = "std")]
pub use strategy::{NoParams, Outcome, Strategy, params_from_toml};

//! What the engine offers a strategy, as a trait that the engine implements.
//!
//! [`Bridge`](crate::abi::Bridge) puts a `Host` behind the C table; a strategy sees it as
//! [`Context`](crate::Context). One host serves one strategy on one thread.

use crate::instrument::Instrument;
use crate::order::{
    CancelRequest, ClientOrderId, OrderRequest, Position, ReplaceRequest, WorkingOrder,
};
use crate::pnl::Pnl;
use crate::record::{InstrumentId, open_enum};
use crate::refusal::Refusal;
use crate::units::{DurationNanos, UnixNanos};

open_enum! {
    /// How loud a line of the log is.
    LogLevel {
        /// Something is wrong and somebody must act.
        ERROR = 1, "error";
        /// Something is odd.
        WARN = 2, "warn";
        /// Worth knowing.
        INFO = 3, "info";
        /// Only for whoever looks for a fault.
        DEBUG = 4, "debug";
    }
}

/// The engine's side of a strategy.
///
/// Requests that arrive here have passed their `check`, and their instrument is one that
/// [`instrument`](Self::instrument) knows. No method may block.
pub trait Host: 'static {
    /// Takes an order intent and gives it an id.
    ///
    /// # Errors
    /// Why it was not taken; nothing was sent then.
    fn submit(&mut self, order: &OrderRequest) -> Result<ClientOrderId, Refusal>;

    /// Takes the wish to change a working order.
    ///
    /// # Errors
    /// Why it was not taken; the order stands as it was.
    fn replace(&mut self, request: &ReplaceRequest) -> Result<(), Refusal>;

    /// Takes the wish to cancel a working order.
    ///
    /// # Errors
    /// Why it was not taken; the order stands as it was.
    fn cancel(&mut self, request: &CancelRequest) -> Result<(), Refusal>;

    /// Takes the wish to cancel every working order of this strategy.
    ///
    /// # Errors
    /// Why it was not taken.
    fn cancel_all(&mut self) -> Result<(), Refusal>;

    /// The strategy's clock: the same for the whole of one callback.
    fn now(&self) -> UnixNanos;

    /// The next number of the strategy's own random sequence, the same in every replay.
    fn random(&mut self) -> u64;

    /// Sets (or moves) the timer named `tag`: due `after` from now, then every `period` unless that
    /// is zero.
    ///
    /// # Errors
    /// [`Refusal::Full`] when too many are set.
    fn set_timer(
        &mut self,
        tag: u64,
        after: DurationNanos,
        period: DurationNanos,
    ) -> Result<(), Refusal>;

    /// Takes the timer named `tag` away.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when it is not set.
    fn cancel_timer(&mut self, tag: u64) -> Result<(), Refusal>;

    /// Writes a line to the log. Never blocks: a line that finds no room is dropped and counted.
    fn log(&mut self, level: LogLevel, text: &str);

    /// How many instruments this run has; their ids are `0..count`.
    fn instrument_count(&self) -> usize;

    /// An instrument by its id.
    fn instrument(&self, id: InstrumentId) -> Option<&Instrument>;

    /// The id of a code without a venue suffix.
    fn find_instrument(&self, symbol: &str) -> Option<InstrumentId>;

    /// What the strategy holds in an instrument; [`Position::flat`] when nothing.
    fn position(&self, instrument: InstrumentId) -> Position;

    /// A working order by its id.
    fn working_order(&self, id: ClientOrderId) -> Option<WorkingOrder>;

    /// Writes as many working orders as fit into `out`, oldest first; returns how many there are in
    /// all.
    fn working_orders(&self, out: &mut [WorkingOrder]) -> usize;

    /// What the strategy earned today, as far as it was told; [`Pnl::UNKNOWN`] where nobody reckons.
    fn pnl(&self) -> Pnl {
        Pnl::UNKNOWN
    }

    /// What the whole account earned today, likewise.
    fn account_pnl(&self) -> Pnl {
        Pnl::UNKNOWN
    }
}

//! Where orders are decided: one thread for all strategies.
//!
//! In dry-run it ends every order as an intent: form and instrument were checked on the strategy's
//! side, here it is counted, timed and reported back as [`OrderEvent::DRY_RUN`]. In the other modes
//! it drives the [desk](crate::desk), and orders go to the broker ([`Trading`]).

mod ends;
pub mod hops;
mod intent;
mod live;
mod rehearsal;
mod results;
mod thread;
mod trading;

pub use ends::StrategyEnd;
pub use hops::{GATEWAY_HOPS, OrderHops};
pub use intent::{Intent, IntentWriter};
pub use live::{Control, Live, Stage};
pub use rehearsal::Rehearsal;
pub use thread::{Backend, Gateway, GatewayCounters, GatewayParts, spawn};
pub use trading::{Trading, TradingEnd, TradingParts};

use strategy_api::{
    CancelRequest, ClientOrderId, Kind, OrderEvent, OrderReport, OrderRequest, OrderStatus,
    Quantity, Record, Refusal, ReplaceRequest, UnixNanos,
};

/// The record that made a strategy act.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cause {
    /// Its kernel timestamp; unset for a timer.
    pub ts_kernel: UnixNanos,
    /// When it was read.
    pub ts_recv: UnixNanos,
    /// Its sequence.
    pub sequence: u64,
    /// What it was; 0 for a timer.
    pub kind: Kind,
}

/// A wish of a strategy on its way to the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Number of the strategy.
    pub strategy: u16,
    /// What it wants.
    pub kind: CommandKind,
    /// What made it want that.
    pub cause: Cause,
    /// When `submit` was called.
    pub ts_submit: UnixNanos,
}

/// What a strategy wants.
#[derive(Clone, Copy, Debug)]
pub enum CommandKind {
    /// A new order.
    Submit {
        /// The id it was given.
        id: ClientOrderId,
        /// The order.
        request: OrderRequest,
    },
    /// Another price or quantity.
    Replace(ReplaceRequest),
    /// The end of an order.
    Cancel(CancelRequest),
    /// The end of all its orders.
    CancelAll,
}

/// What the strategy is told about a command in dry-run: `None` when there is nothing to say.
///
/// In dry-run no order is ever working, so a replace or a cancel finds nothing.
pub fn decide(command: &Command) -> Option<OrderReport> {
    let mut report = OrderReport::unset();
    report.header.ts_kernel = command.cause.ts_kernel;
    report.header.ts_recv = command.cause.ts_recv;
    match command.kind {
        CommandKind::Submit { id, request } => {
            report.header.instrument = request.instrument;
            report.header.venue = request.venue;
            report.order = id;
            report.request = request;
            report.leaves = Quantity::ZERO;
            report.cumulative_filled = Quantity::ZERO;
            report.refusal = 0;
            report.event = OrderEvent::DRY_RUN;
            report.status = OrderStatus::CANCELLED;
        }
        CommandKind::Replace(request) => {
            report.order = request.order;
            report.refusal = Refusal::NotFound.code();
            report.event = OrderEvent::REPLACE_REFUSED;
        }
        CommandKind::Cancel(request) => {
            report.order = request.order;
            report.refusal = Refusal::NotFound.code();
            report.event = OrderEvent::CANCEL_REFUSED;
        }
        CommandKind::CancelAll => return None,
    }
    Some(report)
}

//! What becomes of the strategy's own orders, in the engine's words.

use super::{Header, OrderNumber, open_enum, record};
use crate::order::{ClientOrderId, OrderRequest, OrderStatus};
use crate::text::Text;
use crate::units::{Price, Quantity};

open_enum! {
    /// What happened to an order.
    OrderEvent {
        NONE = 0, "none";
        /// The broker took it.
        ACCEPTED = 1, "accepted";
        /// It filled, in part or whole: `last_quantity` at `last_price`.
        FILLED = 2, "filled";
        /// The replace took effect.
        REPLACED = 3, "replaced";
        /// It is cancelled.
        CANCELLED = 4, "cancelled";
        /// The broker refused it.
        REJECTED = 5, "rejected";
        /// The engine's risk gate refused it.
        DENIED = 6, "denied";
        /// The replace was refused; the order stands as it was.
        REPLACE_REFUSED = 7, "replace_refused";
        /// The cancel was refused; the order stands as it was, or is gone already.
        CANCEL_REFUSED = 8, "cancel_refused";
        /// No answer came; the engine is finding out.
        UNKNOWN = 9, "unknown";
        /// It passed the gate in dry-run mode and went no further.
        DRY_RUN = 10, "dry_run";
    }
}

/// Something happened to an order of this strategy. The engine's own record: it joins the answers of
/// the order line, the broker's `00` events and the engine's own decisions, under the id that submit
/// returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct OrderReport {
    /// See [`Header`].
    pub header: Header,
    /// The order.
    pub order: ClientOrderId,
    /// What was asked for; price and quantity as last replaced.
    pub request: OrderRequest,
    /// The broker's number; empty until it answered.
    pub order_number: OrderNumber,
    /// Shares still open.
    pub leaves: Quantity,
    /// Shares filled so far.
    pub cumulative_filled: Quantity,
    /// Shares of this fill; unset when this is not a fill.
    pub last_quantity: Quantity,
    /// Price of this fill, KRW; unset when this is not a fill.
    pub last_price: Price,
    /// Code of the [`Refusal`](crate::Refusal), or 0.
    pub refusal: i32,
    /// What happened.
    pub event: OrderEvent,
    /// Where the order stands now.
    pub status: OrderStatus,
    /// Zero.
    pub reserved: [u8; 6],
    /// Why, in words of the broker or of the gate; empty when there is nothing to say.
    pub reason: Text<64>,
}
record!(OrderReport, ORDER_REPORT, "", bytes = 192);

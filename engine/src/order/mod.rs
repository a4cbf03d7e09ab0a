//! Orders: from a strategy's wish to the broker's books.
//!
//! [`Machine`] decides and does nothing: inputs and time go in, decisions come out. It reads no
//! clock, opens no file, allocates nothing on the path of an order once it is warm. It is a function
//! of its inputs, so the [journal](crate::journal) of the inputs is the machine.
//!
//! # Where an order may go ([`EDGES`])
//!
//! | from | to | when |
//! |---|---|---|
//! | (new) | Submitting | the gate let it pass; journaled, then sent |
//! | Submitting | Working | the reply gave its number |
//! | Submitting | Rejected | refused, or surely never sent |
//! | Submitting | Unknown | no answer, or the line broke after the write |
//! | Unknown | Working | a late reply, or the broker's lists, told |
//! | Unknown | Rejected | refused late, or no trace of it at the broker, twice |
//! | Working | PartiallyFilled, Filled | the rise of 911 |
//! | Working, PartiallyFilled | Cancelled | nothing is open any more |
//! | Working | Rejected | 거부 after 접수, without a fill |
//! | PartiallyFilled | Filled | filled whole |
//! | Cancelled, Rejected | Filled; Rejected → Cancelled | a late fill: it was filled before it ended |
//! | Cancelled | Working, PartiallyFilled | another hand's modify went on with it |
//!
//! Every move is checked; one that is not in the table halts the machine. Beside the state an order
//! has a pending replace or cancel ([`WorkingOrder`](strategy_api::WorkingOrder)).
//!
//! # Rules
//! - **A fill is a rise of 911** of one order number, and 915 must be that rise. A fall of 902 is
//!   never a fill. Repeats are known by number and fill number (9203, 909). When the figures do not
//!   fit, nothing is counted, the instrument is closed for the strategy, and ka10076 decides.
//! - **A number is ours when a reply says so.** Events of numbers that nobody knows are kept, and
//!   count for the account at once; the order gets them, each fill for itself, when the reply tells
//!   the number. While a reply is due nothing is matched by likeness.
//! - **No answer means unknown.** Nothing is sent again. The instrument is closed for that strategy
//!   until the broker's lists and events have told (see `reconcile.rs` for why that is sound).
//! - **Modify and cancel have numbers of their own** that hang behind the first one as a chain. A
//!   modify of a part splits the order: the rest stays at its old price. Fills of all numbers of a
//!   chain are fills of the order. The frame that lowers the original ends the change, not the reply.
//! - **Other hands** on the account are seen, counted for the account, never for a strategy. When
//!   they cancel or modify our order it stays ours.
//! - **A cancel always may be sent**, also when halted or closed. One that cannot be sent yet (no
//!   number, a modify on its way) is sent as soon as it can.
//!
//! # What happens when it is full
//! Tables hold a day ([`Settings`]). A new order needs room for all that may come of it, or it is
//! refused ([`Refusal::Full`](strategy_api::Refusal::Full)). If an event of other hands still finds
//! no room, the machine halts and asks the broker.
//!
//! # Driving it
//! ```
//! use engine::order::{BrokerNumber, Input, Machine, Output, Query, Reply, Settings, Want, Wish};
//! use strategy_api::{
//!     ClientOrderId, InstrumentId, OrderRequest, OrderStatus, Price, Quantity, Side, Symbol,
//!     UnixNanos, Venue,
//! };
//!
//! let now = UnixNanos::new(1_795_392_000_000_000_000);
//! let mut machine = Machine::new(Settings::default(), &[Symbol::new("005930").unwrap()]);
//! let mut out = Vec::with_capacity(64);
//!
//! // The feed is up: ask the broker before anything is sent.
//! machine.apply(now, &Input::Begin, &mut out);
//! machine.apply(now, &Input::FeedBack, &mut out);
//! let Some(Output::Reconcile { round, .. }) = out.last().copied() else { panic!() };
//! for query in Query::ALL {
//!     machine.apply(now, &Input::QueryBegun { round, query }, &mut out);
//!     // … a row of the answer each: Input::OpenRow, FilledRow, PositionRow, Cash …
//!     machine.apply(now, &Input::QueryEnded { round, query, complete: true }, &mut out);
//! }
//! assert!(machine.is_ready());
//!
//! // A strategy's wish, after the gate.
//! let order = ClientOrderId(1);
//! let request = OrderRequest::limit(
//!     InstrumentId(0), Venue::KRX, Side::BUY, Price::new(60_700), Quantity::new(10),
//! );
//! let want = Want::New { order, request };
//! let wish = Wish { strategy: 0, ts_submit: now, ts_cause: UnixNanos::UNSET, want };
//! out.clear();
//! machine.apply(now, &Input::Wish(wish), &mut out);
//! let Output::Send(sent) = out[0] else { panic!() };
//!
//! // The line tells how it went; events of the feed go in as `Input::Update` and `Input::Holding`.
//! machine.apply(now, &Input::Written { request: sent.id }, &mut out);
//! let number = BrokerNumber::new(138).unwrap();
//! let reply = Reply::Accepted { number, base: None, quantity: Quantity::UNSET };
//! machine.apply(now, &Input::Replied { request: sent.id, reply }, &mut out);
//! assert_eq!(machine.order(order).unwrap().status, OrderStatus::WORKING);
//!
//! // When nothing happens, time does: give a tick when this is due.
//! assert!(machine.next_deadline().is_some(), "an event about the order is due");
//! ```

mod book;
mod input;
mod ledger;
mod machine;
mod number;
mod output;
mod reconcile;
mod replies;
mod rounds;
pub(crate) mod serial;
mod settings;
mod status;
mod store;
mod updates;
mod wishes;

pub use book::{AccountPosition, StrategyPosition};
pub use input::{
    Carry, Cash, Denied, FilledRow, Holding, Input, OpenRow, OrderRow, PositionRow, Query, Reply,
    RequestId, UnreadableUpdate, Update, Want, Wish, order_type_of_words,
};
pub use ledger::{Costs, Ledger};
pub use machine::Machine;
pub use number::BrokerNumber;
pub use output::{Ask, Difference, Doubt, HaltReason, Notice, Output, Request};
pub use serial::bare_code;
pub use settings::Settings;
pub use status::{EDGES, may_move};
pub use store::{Fill, OrderEntry, RequestKind, RequestStage, RequestState};

//! Orders.
mod book;
pub mod input;
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
pub use input::*;
pub use ledger::{Costs, Ledger};
pub use machine::Machine;
pub use number::BrokerNumber;
pub use output::{Ask, Difference, Doubt, HaltReason, Notice, Output, Request};
pub use serial::bare_code;
pub use settings::Settings;
pub use status::{EDGES, may_move};
pub use store::{Fill, OrderEntry, RequestKind, RequestStage, RequestState};

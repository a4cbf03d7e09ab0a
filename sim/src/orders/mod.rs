//! The broker's back office for clients' orders: checks, accounts, order numbers, frames.
//!
//! Nothing here does I/O or looks at a clock. [`crate::Exchange`] is the way in.

pub(crate) mod account;
pub(crate) mod desk;
mod fees;
mod frames;
mod outbox;
pub(crate) mod record;
mod refusal;
mod rules;
mod settings;
#[cfg(test)]
mod tests;
mod types;
mod views;

pub use fees::Rates;
pub use outbox::{Event, Happening};
pub use refusal::Refusal;
pub use settings::{EmptyResult, PositionError, StartPosition, Trading};
pub use types::{Accepted, Cancel, Modify, NewOrder, OrderNumber, OrderType, OrderVenue, Side};
pub use views::{Books, Cash, Fill, Holding, OpenOrder};

/// One of the accounts of a broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(crate) usize);

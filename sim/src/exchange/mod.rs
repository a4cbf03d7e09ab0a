//! The exchange: instruments, order books, participants.

pub(crate) mod auction;
pub(crate) mod book;
pub(crate) mod clients;
mod crowd;
pub(crate) mod instrument;
pub(crate) mod listing;
pub(crate) mod stats;
pub(crate) mod ticks;

//! What the handle asks of the broker's thread.

use super::report::Report;
use crate::faults::Rule;
use crate::orders::Books;
use std::sync::mpsc::SyncSender;

/// A command, and where to say that it is done.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) command: Command,
    pub(super) done: SyncSender<Reply>,
}

/// What the broker's thread is to do; see the handle's methods.
#[derive(Debug)]
pub(super) enum Command {
    Report,
    Inject(String),
    DropConnections,
    Stall(bool),
    ExpireTokens,
    StopMarket,
    OwnOrderLife(String),
    AddFault(Rule),
    ClearFaults,
    CutAfter(u64),
    Halt(String, bool),
    CircuitBreaker(bool),
    Books(String),
    Clock,
    Stop,
}

/// The answer to a command.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// What was done so far; filled in for [`Command::Report`].
    pub(super) report: Report,
    /// The instrument exists; filled in for [`Command::OwnOrderLife`] and [`Command::Halt`].
    pub(super) known: bool,
    /// Filled in for [`Command::Books`].
    pub(super) books: Option<Books>,
    /// Filled in for [`Command::Clock`].
    pub(super) clock: u64,
}

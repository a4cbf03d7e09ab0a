//! What the handle asks of the broker's thread.

use super::report::Report;
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
    Stop,
}

/// The answer to a command.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// What was done so far; filled in for [`Command::Report`].
    pub(super) report: Report,
    /// The instrument exists; filled in for [`Command::OwnOrderLife`].
    pub(super) known: bool,
}

//! The order machine and its journal, driven together as the gateway drives them.

use engine::journal::{Entry, Journal, JournalError, Ticket};
use engine::order::{Input, Machine, Output, Want};
use strategy_api::UnixNanos;

/// A machine whose inputs are journaled. What it decides may leave the process once the ticket that
/// came with it is safe.
#[derive(Debug)]
pub(crate) struct Keeper {
    machine: Machine,
    journal: Journal,
}

#[allow(dead_code, reason = "each test binary uses a part of it")]
impl Keeper {
    /// A machine and the journal of its run.
    pub(crate) fn new(machine: Machine, journal: Journal) -> Self {
        Self { machine, journal }
    }

    /// The machine, to look at.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The journal, to look at.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether a wish may be given. Cancels may always be given.
    pub(crate) fn has_room_for(&self, want: &Want) -> bool {
        matches!(want, Want::Cancel(_) | Want::CancelAll) || self.journal.has_room()
    }

    /// Gives the machine one input, and puts it on its way to the disk.
    ///
    /// # Errors
    /// When the journal fails. The machine has taken the input and the disk has not: nothing of
    /// `out` may leave, and no further input may be given. Stop, and recover in a new run.
    pub(crate) fn take(
        &mut self,
        ts: UnixNanos,
        input: &Input,
        out: &mut Vec<Output>,
    ) -> Result<Ticket, JournalError> {
        let sum = self.machine.apply(ts, input, out);
        let seq = self.machine.sequence();
        let ticket = self.journal.append(&Entry { seq, ts, sum, input: *input })?;
        self.journal.commit()?;
        Ok(ticket)
    }

    /// Whether what came with a ticket may leave.
    pub(crate) fn is_safe(&self, ticket: Ticket) -> bool {
        self.journal.is_safe(ticket)
    }

    /// Waits until it may.
    ///
    /// # Errors
    /// When the journal fails: nothing may leave.
    pub(crate) fn wait(&self, ticket: Ticket) -> Result<(), JournalError> {
        self.journal.wait(ticket)
    }

    /// Brings the journal to its end.
    ///
    /// # Errors
    /// When something did not reach the disk.
    pub(crate) fn close(self) -> Result<(), JournalError> {
        self.journal.close()
    }
}

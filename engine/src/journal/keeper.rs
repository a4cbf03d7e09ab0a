//! The order machine and its journal, driven together.

use super::error::JournalError;
use super::line::Entry;
use super::writer::{Journal, Ticket};
use crate::order::{Input, Machine, Output, Want};
use strategy_api::UnixNanos;

/// A machine whose inputs are journaled. What it decides may leave the process once the ticket that
/// came with it is safe.
#[derive(Debug)]
pub struct Keeper {
    machine: Machine,
    journal: Journal,
}

impl Keeper {
    /// A machine (see [`recover`](super::recover)) and the journal of its run.
    pub fn new(machine: Machine, journal: Journal) -> Self {
        Self { machine, journal }
    }

    /// The machine, to look at.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The journal, to look at.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether a wish may be given. When not, refuse it with
    /// [`Refusal::Full`](strategy_api::Refusal::Full): it reaches neither machine nor journal.
    /// Cancels may always be given.
    pub fn has_room_for(&self, want: &Want) -> bool {
        matches!(want, Want::Cancel(_) | Want::CancelAll) || self.journal.has_room()
    }

    /// Gives the machine one input, and puts it on its way to the disk.
    ///
    /// # Errors
    /// When the journal fails. The machine has taken the input and the disk has not: nothing of
    /// `out` may leave, and no further input may be given. Stop, and recover in a new run.
    pub fn take(
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
    pub fn is_safe(&self, ticket: Ticket) -> bool {
        self.journal.is_safe(ticket)
    }

    /// Waits until it may.
    ///
    /// # Errors
    /// When the journal fails: nothing may leave.
    pub fn wait(&self, ticket: Ticket) -> Result<(), JournalError> {
        self.journal.wait(ticket)
    }

    /// Brings the journal to its end.
    ///
    /// # Errors
    /// When something did not reach the disk.
    pub fn close(self) -> Result<(), JournalError> {
        self.journal.close()
    }
}

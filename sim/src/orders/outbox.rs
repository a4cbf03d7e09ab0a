//! Own frames on their way to the client, each with its moment.

use crate::faults::Fault;
use std::collections::BTreeMap;

/// A 00 or 04 frame for the client, or the end of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it reaches the client, on the caller's clock, nanoseconds.
    pub due: u64,
    /// Whose it is.
    pub account: super::AccountId,
    /// What comes.
    pub what: Happening,
}

/// What reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A frame of type `00` or `04`, as JSON text.
    Frame {
        /// The realtime type.
        kind: &'static str,
        /// The frame.
        text: String,
    },
    /// The WebSocket stream is cut after so many more bytes; see [`Fault::Cut`].
    Cut(u64),
    /// The WebSocket stands still; see [`Fault::HalfOpen`].
    HalfOpen,
}

/// Events that wait for their moment.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<(u64, u64), Event>,
    next: u64,
    /// When the last frame that was put in is due.
    pub(crate) last_due: u64,
}

impl Outbox {
    /// Puts a frame in, or what becomes of it.
    pub(crate) fn push(
        &mut self,
        due: u64,
        account: super::AccountId,
        kind: &'static str,
        text: String,
        fault: Option<Fault>,
    ) {
        let frame = Happening::Frame { kind, text };
        self.last_due = due;
        match fault {
            Some(Fault::FrameLost) => {}
            Some(Fault::FrameTwice) => {
                self.put(due, account, frame.clone());
                self.put(due, account, frame);
            }
            Some(Fault::FrameLate(by)) => {
                self.put(due.saturating_add(by.as_nanos() as u64), account, frame);
            }
            Some(Fault::Cut(bytes)) => {
                self.put(due, account, Happening::Cut(bytes));
                self.put(due, account, frame);
            }
            Some(Fault::HalfOpen) => {
                self.put(due, account, Happening::HalfOpen);
                self.put(due, account, frame);
            }
            _ => self.put(due, account, frame),
        }
    }

    fn put(&mut self, due: u64, account: super::AccountId, what: Happening) {
        self.next += 1;
        self.waiting.insert((due, self.next), Event { due, account, what });
    }

    /// The oldest event that is due by `now`.
    pub(crate) fn pop(&mut self, now: u64) -> Option<Event> {
        let first = self.waiting.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next event is due; `u64::MAX` when none waits.
    pub(crate) fn next_due(&self) -> u64 {
        self.waiting.first_key_value().map_or(u64::MAX, |((due, _), _)| *due)
    }
}

//! What waits to be sent to one client.

use super::report::Tally;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A session's outbound queue; its session takes from it, everybody else puts into it.
#[derive(Default)]
pub(super) struct Mailbox {
    queue: RefCell<VecDeque<Letter>>,
    bytes: Cell<usize>,
    ending: Cell<Option<Ending>>,
    /// The socket takes nothing more for now: it is the client that is behind, not the broker.
    pub(super) blocked: Cell<bool>,
    /// Wakes the session: there is something to send, an end, or a switch to look at.
    pub(super) wake: Notify,
    /// Wakes a session that waits for its socket: its end has come.
    pub(super) ended: Notify,
}

/// One message to send.
pub(super) struct Letter {
    pub(super) text: Utf8Bytes,
    pub(super) tally: Tally,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// What waits is sent, then a Close with this code and reason.
    Close(u16, &'static str),
    /// A Close at once; what waits is dropped, uncounted.
    GoAway,
    /// The connection is cut without a word.
    Cut,
}

impl Mailbox {
    /// Queues a message. After an end nothing is queued any more.
    pub(super) fn push(&self, text: impl Into<Utf8Bytes>, tally: Tally) {
        if self.ending.get().is_some() {
            return;
        }
        let text = text.into();
        self.bytes.set(self.bytes.get() + text.len());
        let mut queue = self.queue.borrow_mut();
        queue.push_back(Letter { text, tally });
        // A session that is busy sending finds the rest of its queue by itself.
        if queue.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// Takes the oldest message.
    pub(super) fn pop(&self) -> Option<Letter> {
        let letter = self.queue.borrow_mut().pop_front()?;
        self.bytes.set(self.bytes.get() - letter.text.len());
        Some(letter)
    }

    /// Drops what waits.
    pub(super) fn clear(&self) {
        self.queue.borrow_mut().clear();
        self.bytes.set(0);
    }

    /// True when nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    /// Bytes of text that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Asks the session to end; true when it was not asked before. A harder end replaces a softer.
    pub(super) fn end(&self, ending: Ending) -> bool {
        let before = self.ending.get();
        if before.is_none() || ending == Ending::Cut || ending == Ending::GoAway {
            self.ending.set(Some(ending));
        }
        self.wake.notify_one();
        self.ended.notify_one();
        before.is_none()
    }

    /// The end that was asked for.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending.get()
    }
}

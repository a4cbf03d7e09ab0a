//! Calls on their way to a line: each waits until the journal has it; cancels also wait for the rate.

use super::{Action, Approved, Call, Desk, Tag};
use crate::broker::api::OrderCall;
use crate::broker::limiter::{Class, Place};
use crate::order::{Ask, Input, Reply, Request, RequestId, RequestStage};
use std::collections::VecDeque;
use strategy_api::{DurationNanos, Text, UnixNanos};

/// A cancel that found no place for this long is told as not sent; the order machine itself holds it
/// for longer.
const CANCEL_WAIT_MAX: DurationNanos = DurationNanos::from_secs(45);

/// See the [module documentation](self).
#[derive(Debug)]
pub(super) struct Outbox {
    lines: usize,
    /// Inputs up to this number are safe.
    safe: u64,
    /// Have their place in the rate; wait for the journal.
    ready: VecDeque<Waiting>,
    /// Wait for the journal, then for rate and line.
    cancels: VecDeque<Waiting>,
    pub(super) flights: Vec<Flight>,
}

#[derive(Debug)]
struct Waiting {
    seq: u64,
    since: UnixNanos,
    class: Class,
    place: Option<Place>,
    call: Call,
}

/// A call that was handed out.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) tag: Tag,
    pub(super) class: Class,
    pub(super) place: Option<Place>,
}

impl Outbox {
    pub(super) fn new(lines: usize, safe: u64) -> Self {
        Self {
            lines,
            safe,
            ready: VecDeque::with_capacity(lines),
            cancels: VecDeque::with_capacity(64),
            flights: Vec::with_capacity(lines),
        }
    }

    pub(super) fn safe_up_to(&mut self, seq: u64) {
        self.safe = self.safe.max(seq);
    }

    /// Whether one more call would have a line of its own.
    pub(super) fn has_line(&self) -> bool {
        self.flights.len() + self.ready.len() < self.lines
    }

    pub(super) fn has_waiting_cancels(&self) -> bool {
        !self.cancels.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty() && self.ready.is_empty() && self.cancels.is_empty()
    }

    /// Takes a call out of those under way.
    pub(super) fn land(&mut self, tag: Tag) -> Option<Flight> {
        let at = self.flights.iter().position(|flight| flight.tag == tag)?;
        Some(self.flights.swap_remove(at))
    }

    pub(super) fn depart(&mut self, tag: Tag, class: Class, place: Option<Place>) {
        self.flights.push(Flight { tag, class, place });
    }
}

impl Desk {
    /// A request that the machine wants sent. It counts at the gate from here on.
    pub(super) fn queue(&mut self, request: &Request, seq: u64) {
        let symbol = self.machine.code(request.instrument);
        let (venue, now) = (request.venue, self.now);
        let (class, call) = match request.ask {
            Ask::New(order) => (Class::New, OrderCall::submit(&order, symbol)),
            Ask::Replace { original, quantity, price, stop_price } => {
                let original = original.text();
                (
                    Class::Replace,
                    OrderCall::Modify { venue, original, symbol, quantity, price, stop_price },
                )
            }
            Ask::Cancel { original, quantity } => {
                let original = original.text();
                (Class::Cancel, OrderCall::Cancel { venue, original, symbol, quantity })
            }
        };
        let call = Call { tag: Tag::Order(request.id), call };
        let waiting = |place| Waiting { seq, since: now, class, place, call };
        if class == Class::Cancel {
            return self.outbox.cancels.push_back(waiting(None));
        }
        let counted = match std::mem::replace(&mut self.approval, Approved::Nothing) {
            Approved::New(approval) => self.gate.sent(request.order, approval, now).is_ok(),
            Approved::Replace(approval) => self.gate.replace_sent(approval, now).is_ok(),
            Approved::Nothing => false,
        };
        // Both were asked for a moment ago and nothing was sent since; if they refuse all the same,
        // the request does not leave.
        match self.limiter.take(class, self.mono()) {
            Ok(place) if counted => self.outbox.ready.push_back(waiting(Some(place))),
            Ok(place) => {
                self.limiter.give_back(place);
                self.never_sent(request.id, "not counted at the gate");
            }
            Err(_) => self.never_sent(request.id, "the broker's rate"),
        }
    }

    /// Tells the machine, after the input at work, that a request surely was not sent.
    pub(super) fn never_sent(&mut self, id: RequestId, why: &str) {
        let reply = Reply::NotSent { text: Text::truncated(why).0 };
        self.todo.push_back(Input::Replied { request: id, reply });
    }

    /// Hands out what may leave now.
    pub(super) fn pump(&mut self, out: &mut Vec<Action>) {
        self.drop_late_cancels(out);
        if self.journal_failed {
            return;
        }
        while let Some(front) = self.outbox.ready.front()
            && front.seq <= self.outbox.safe
            && let Some(waiting) = self.outbox.ready.pop_front()
        {
            self.outbox.depart(waiting.call.tag, waiting.class, waiting.place);
            out.push(Action::Call(waiting.call));
        }
        while let Some(front) = self.outbox.cancels.front() {
            if !self.is_wanted(front.call.tag) {
                // It has ended by itself meanwhile.
                self.outbox.cancels.pop_front();
                continue;
            }
            if front.seq > self.outbox.safe || !self.may_cancel() {
                break;
            }
            let Some(waiting) = self.outbox.cancels.pop_front() else { break };
            self.hand_out_cancel(waiting.call, out);
        }
        self.drive_kill(out);
    }

    /// Whether a cancel would find line, token and rate.
    pub(super) fn may_cancel(&self) -> bool {
        !self.token_dead
            && self.outbox.has_line()
            && self.limiter.check(Class::Cancel, self.mono()).is_ok()
    }

    /// Takes a place and hands a cancel out; ask [`may_cancel`](Self::may_cancel) first.
    pub(super) fn hand_out_cancel(&mut self, call: Call, out: &mut Vec<Action>) {
        let place = self.limiter.take(Class::Cancel, self.mono()).ok();
        self.gate.cancel_sent(self.now);
        self.outbox.depart(call.tag, Class::Cancel, place);
        out.push(Action::Call(call));
    }

    /// When the next waiting cancel may leave, as far as the rate is concerned.
    pub(super) fn next_cancel_at(&self) -> Option<UnixNanos> {
        let front = self.outbox.cancels.front()?;
        // What these wait for hands them out itself when it comes.
        if self.token_dead || self.journal_failed || !self.outbox.has_line() {
            return None;
        }
        if front.seq > self.outbox.safe {
            return None;
        }
        match self.limiter.check(Class::Cancel, self.mono()) {
            // Its place came free while only prices came in, which hand nothing out.
            Ok(()) => Some(self.now),
            Err(not_yet) => Some(UnixNanos::new(not_yet.until.nanos())),
        }
    }

    fn is_wanted(&self, tag: Tag) -> bool {
        let Tag::Order(id) = tag else { return true };
        self.machine.request(id).is_some_and(|request| request.stage == RequestStage::Sent)
    }

    fn drop_late_cancels(&mut self, out: &mut Vec<Action>) {
        while let Some(front) = self.outbox.cancels.front()
            && self.now >= front.since + CANCEL_WAIT_MAX
            && let Some(waiting) = self.outbox.cancels.pop_front()
        {
            if let Tag::Order(request) = waiting.call.tag
                && self.is_wanted(waiting.call.tag)
            {
                let reply = Reply::NotSent { text: Text::truncated("no place in time").0 };
                self.apply(Input::Replied { request, reply }, out);
            }
        }
    }
}

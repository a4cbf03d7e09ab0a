//! Where the time of an order went, from the record that caused it to the broker's 접수 frame.
//!
//! ```text
//!  tick ──▶ submit ──▶ gate ──▶ journaled ──▶ written ──▶ reply ──▶ accepted
//!  │                   ├── gate→journaled ─┤├ journaled→written ┤
//!  │                   ├─────── gate→written ──────┤├ written→reply ┤├ reply→accepted ┤
//!  └─── tick→gate ─────┤                           ├──── written→accepted ────┤
//!  └───────────────── tick→written ────────────────┘
//! ```
//! The parts add up to the whole, order by order: `tick→gate + gate→written = tick→written` (tick-to-
//! trade), `gate→journaled + journaled→written = gate→written`,
//! `written→reply + reply→accepted = written→accepted`. The 접수 frame may overtake the reply: then
//! `written→accepted + accepted→reply = written→reply`.
//!
//! # Hot path
//! A place in a fixed table by the number of the request, and additions to histograms: no allocation,
//! no lock, no system call; budget 20 ns a call.
//!
//! # What when full?
//! The newest request takes the place of one that is as many numbers older as the table has places. The
//! older one's later parts are not recorded, and it is counted ([`OrderHops::lost`]).

use super::Cause;
use crate::desk::Tag;
use crate::order::BrokerNumber;
use crate::run::hops;
use crate::telemetry::Recorder;
use strategy_api::{Kind, UnixNanos};

/// Hops of the gateway's recorder, by number: what [`recorder`](crate::telemetry::recorder) is to be
/// given.
pub const GATEWAY_HOPS: [&str; 10] = [
    hops::SUBMIT_TO_GATE,
    hops::TICK_TO_GATE,
    hops::GATE_TO_JOURNALED,
    hops::JOURNALED_TO_WRITTEN,
    hops::GATE_TO_WRITTEN,
    hops::TICK_TO_WRITTEN,
    hops::WRITTEN_TO_REPLY,
    hops::REPLY_TO_ACCEPTED,
    hops::ACCEPTED_TO_REPLY,
    hops::WRITTEN_TO_ACCEPTED,
];

/// `submit→gate`.
pub const SUBMIT_TO_GATE: usize = 0;
/// `tick→gate`.
pub const TICK_TO_GATE: usize = 1;
/// `gate→journaled`.
pub const GATE_TO_JOURNALED: usize = 2;
/// `journaled→written`.
pub const JOURNALED_TO_WRITTEN: usize = 3;
/// `gate→written`.
pub const GATE_TO_WRITTEN: usize = 4;
/// `tick→written`, tick-to-trade.
pub const TICK_TO_WRITTEN: usize = 5;
/// `written→reply`.
pub const WRITTEN_TO_REPLY: usize = 6;
/// `reply→accepted`.
pub const REPLY_TO_ACCEPTED: usize = 7;
/// `accepted→reply`.
pub const ACCEPTED_TO_REPLY: usize = 8;
/// `written→accepted`.
pub const WRITTEN_TO_ACCEPTED: usize = 9;

/// 접수 frames that came before the reply with their number, the newest.
const EARLY: usize = 16;

/// The orders under way. See the [module documentation](self).
#[derive(Debug)]
pub struct OrderHops {
    places: Box<[Place]>,
    under_way: usize,
    lost: u64,
    /// Numbers heard before a reply told whose they are, and when.
    early: [(Option<BrokerNumber>, UnixNanos); EARLY],
    next_early: usize,
}

/// A request under way; times are unset until they are known.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The request; `None` where the place is free.
    tag: Option<u32>,
    number: Option<BrokerNumber>,
    tick: UnixNanos,
    gate: UnixNanos,
    journaled: UnixNanos,
    written: UnixNanos,
    reply: UnixNanos,
    accepted: UnixNanos,
}

impl Place {
    const FREE: Self = Self {
        tag: None,
        number: None,
        tick: UnixNanos::UNSET,
        gate: UnixNanos::UNSET,
        journaled: UnixNanos::UNSET,
        written: UnixNanos::UNSET,
        reply: UnixNanos::UNSET,
        accepted: UnixNanos::UNSET,
    };
}

impl OrderHops {
    /// A table for so many requests under way, rounded up to a power of two.
    pub fn new(capacity: usize) -> Self {
        Self {
            places: vec![Place::FREE; capacity.max(1).next_power_of_two()].into(),
            under_way: 0,
            lost: 0,
            early: [(None, UnixNanos::UNSET); EARLY],
            next_early: 0,
        }
    }

    /// A command came to its decision, whatever that was: records `submit→gate` and `tick→gate`.
    #[inline]
    pub fn gated(cause: &Cause, ts_submit: UnixNanos, ts_gate: UnixNanos, to: &mut Recorder) {
        span(to, SUBMIT_TO_GATE, ts_submit, ts_gate);
        span(to, TICK_TO_GATE, tick(cause), ts_gate);
    }

    /// The decision led to this request; [`gated`](Self::gated) has recorded the way so far. `tick`: the
    /// kernel timestamp of what caused it, unset for a timer. Requests of the kill switch are not
    /// followed.
    #[inline]
    pub fn decided(&mut self, tag: Tag, tick: UnixNanos, ts_gate: UnixNanos) {
        let Tag::Order(request) = tag else { return };
        let mask = self.places.len() - 1;
        let place = &mut self.places[request.0 as usize & mask];
        match place.tag {
            None => self.under_way += 1,
            Some(old) if old != request.0 => self.lost += 1,
            Some(_) => {}
        }
        *place = Place { tag: Some(request.0), tick, gate: ts_gate, ..Place::FREE };
    }

    /// Its line of the journal is safe. Recorded when it is [`written`](Self::written), so that the order
    /// does not wait for it.
    #[inline]
    pub fn journaled(&mut self, tag: Tag, ts: UnixNanos) {
        let Some(place) = self.place(tag).filter(|place| !place.journaled.is_set()) else { return };
        place.journaled = ts;
    }

    /// Its last byte is written.
    #[inline]
    pub fn written(&mut self, tag: Tag, ts: UnixNanos, to: &mut Recorder) {
        let Some(place) = self.place(tag).filter(|place| !place.written.is_set()) else { return };
        place.written = ts;
        span(to, GATE_TO_JOURNALED, place.gate, place.journaled);
        span(to, JOURNALED_TO_WRITTEN, place.journaled, ts);
        span(to, GATE_TO_WRITTEN, place.gate, ts);
        span(to, TICK_TO_WRITTEN, place.tick, ts);
        // A word about it that came before this one.
        span(to, WRITTEN_TO_REPLY, ts, place.reply);
        span(to, WRITTEN_TO_ACCEPTED, ts, place.accepted);
    }

    /// The broker answered with this number, if it was a yes.
    #[inline]
    pub fn replied(
        &mut self,
        tag: Tag,
        number: Option<BrokerNumber>,
        ts: UnixNanos,
        to: &mut Recorder,
    ) {
        let Some(place) = self.place(tag).filter(|place| !place.reply.is_set()) else { return };
        place.reply = ts;
        place.number = number;
        span(to, WRITTEN_TO_REPLY, place.written, ts);
        if place.accepted.is_set() {
            both(to, ts, place.accepted);
            return self.ended(tag);
        }
        let early = number.and_then(|number| self.heard_before(number));
        match early {
            Some(at) => {
                let Some(place) = self.place(tag) else { return };
                place.accepted = at;
                span(to, WRITTEN_TO_ACCEPTED, place.written, at);
                both(to, ts, at);
                self.ended(tag);
            }
            // Refused: nothing follows.
            None if number.is_none() => self.ended(tag),
            None => {}
        }
    }

    /// Its 접수 frame was read; use [`heard`](Self::heard) where the request is not known.
    #[inline]
    pub fn accepted(&mut self, tag: Tag, ts: UnixNanos, to: &mut Recorder) {
        let Some(place) = self.place(tag).filter(|place| !place.accepted.is_set()) else { return };
        place.accepted = ts;
        span(to, WRITTEN_TO_ACCEPTED, place.written, ts);
        if place.reply.is_set() {
            both(to, place.reply, ts);
            self.ended(tag);
        }
    }

    /// The 접수 frame of this number was read. One that overtook its reply waits for it.
    #[inline]
    pub fn heard(&mut self, number: BrokerNumber, ts: UnixNanos, to: &mut Recorder) {
        // None of ours waits for one: it is of another hand, or too early.
        let waiting = if self.under_way > 0 { &*self.places } else { &[] };
        let at = waiting.iter().position(|place| place.number == Some(number));
        match at.and_then(|at| self.places[at].tag) {
            Some(request) => self.accepted(Tag::Order(crate::order::RequestId(request)), ts, to),
            None => {
                self.early[self.next_early] = (Some(number), ts);
                self.next_early = (self.next_early + 1) % EARLY;
            }
        }
    }

    /// Nothing more will come of it, or nobody waits for it.
    #[inline]
    pub fn ended(&mut self, tag: Tag) {
        if let Some(place) = self.place(tag) {
            *place = Place::FREE;
            self.under_way -= 1;
        }
    }

    /// Requests that are followed now.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// Requests whose place was taken by a newer one before their end.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    #[inline]
    fn place(&mut self, tag: Tag) -> Option<&mut Place> {
        let Tag::Order(request) = tag else { return None };
        let mask = self.places.len() - 1;
        let place = &mut self.places[request.0 as usize & mask];
        (place.tag == Some(request.0)).then_some(place)
    }

    fn heard_before(&mut self, number: BrokerNumber) -> Option<UnixNanos> {
        let early = self.early.iter_mut().find(|(heard, _)| *heard == Some(number))?;
        early.0 = None;
        Some(early.1)
    }
}

/// When the record that caused a command was there; unset for a timer.
#[inline]
fn tick(cause: &Cause) -> UnixNanos {
    if cause.kind == Kind::default() {
        UnixNanos::UNSET
    } else if cause.ts_kernel.is_set() {
        cause.ts_kernel
    } else {
        cause.ts_recv
    }
}

/// Records the way between reply and 접수 frame, whichever came first by its stamp: they are handled in
/// any order.
#[inline]
fn both(to: &mut Recorder, reply: UnixNanos, accepted: UnixNanos) {
    if accepted < reply {
        span(to, ACCEPTED_TO_REPLY, accepted, reply);
    } else {
        span(to, REPLY_TO_ACCEPTED, reply, accepted);
    }
}

/// Records a span both of whose ends are known.
#[inline]
fn span(to: &mut Recorder, hop: usize, from: UnixNanos, until: UnixNanos) {
    if from.is_set() && until.is_set() {
        to.record(hop, (until - from).raw());
    }
}

#[cfg(test)]
mod tests;

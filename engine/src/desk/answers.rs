//! What became of the calls.

use super::{Action, CANCEL_RETRIES, Desk, Silence, Tag, order_reply};
use crate::broker::api::{Meaning, OrderAnswer};
use crate::order::{Input, Reply, RequestId, RequestKind, Want, Wish};
use strategy_api::{CancelRequest, OrderStatus, Quantity, Text, UnixNanos};

impl Desk {
    /// The last byte of a call is written. A call without this word counts as written when its outcome
    /// comes.
    pub fn written(&mut self, now: UnixNanos, tag: Tag, out: &mut Vec<Action>) {
        self.advance(now, out);
        if let Tag::Order(request) = tag {
            self.apply(Input::Written { request }, out);
        }
        self.pump(out);
    }

    /// The broker answered a call. A late answer, after [`silent`](Self::silent), may follow.
    pub fn answered(
        &mut self,
        now: UnixNanos,
        tag: Tag,
        answer: &OrderAnswer,
        out: &mut Vec<Action>,
    ) {
        self.advance(now, out);
        let flight = self.outbox.land(tag);
        let mut again = false;
        if let OrderAnswer::Refused(refusal) = answer {
            if let Some(flight) = &flight {
                let mono = self.mono();
                self.limiter.refused(flight.class, refusal, mono);
            }
            if refusal.meaning == Meaning::Token && !self.token_dead {
                self.token_dead = true;
                out.push(Action::RenewToken);
            }
            again = refusal.meaning.is_rate() || refusal.meaning == Meaning::Token;
        }
        match tag {
            Tag::Order(request) => self.replied(request, order_reply(answer), again, out),
            Tag::Kill(number) => self.kill_answered(number, answer),
        }
        self.pump(out);
    }

    /// A call surely was not sent.
    pub fn not_sent(&mut self, now: UnixNanos, tag: Tag, why: &str, out: &mut Vec<Action>) {
        self.advance(now, out);
        if let Some(place) = self.outbox.land(tag).and_then(|flight| flight.place) {
            self.limiter.give_back(place);
        }
        match tag {
            Tag::Order(request) => {
                let reply = Reply::NotSent { text: Text::truncated(why).0 };
                self.replied(request, reply, true, out);
            }
            Tag::Kill(number) => self.kill_not_sent(number, why),
        }
        self.pump(out);
    }

    /// Nobody knows what became of a call.
    pub fn silent(&mut self, now: UnixNanos, tag: Tag, why: Silence, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.outbox.land(tag);
        match tag {
            Tag::Order(request) => {
                let reply = match why {
                    Silence::TimedOut => Reply::TimedOut,
                    Silence::LineBroke => Reply::LineBroke,
                };
                self.apply(Input::Replied { request, reply }, out);
            }
            Tag::Kill(number) => self.kill_silent(number, why),
        }
        self.pump(out);
    }

    /// Gives the machine a reply. `again`: it was surely not carried out, for a reason that has nothing
    /// to do with the order; a cancel is then asked for again.
    fn replied(&mut self, request: RequestId, reply: Reply, again: bool, out: &mut Vec<Action>) {
        let retry = if again { self.cancel_again(request) } else { None };
        self.muted = retry.as_ref().and_then(|wish| match wish.want {
            Want::Cancel(cancel) => Some(cancel.order),
            _ => None,
        });
        self.apply(Input::Replied { request, reply }, out);
        self.muted = None;
        if let Some(wish) = retry {
            self.apply(Input::Wish(wish), out);
        }
    }

    /// The wish that asks for the same cancel again, unless it has been asked for often enough.
    fn cancel_again(&mut self, id: RequestId) -> Option<Wish> {
        let request = *self.machine.request(id)?;
        let order = self.machine.order_of(id)?;
        if request.kind != RequestKind::Cancel || order.status.is_final() {
            return None;
        }
        let (id, strategy) = (order.id, order.strategy);
        if order.status == OrderStatus::UNKNOWN {
            return None;
        }
        let tried = self.retries.entry(id).or_insert(0);
        if *tried >= CANCEL_RETRIES {
            return None;
        }
        *tried += 1;
        let quantity = Quantity::new(request.quantity);
        Some(Wish {
            strategy,
            ts_submit: request.ts_submit,
            ts_cause: request.ts_cause,
            want: Want::Cancel(CancelRequest { order: id, quantity }),
        })
    }
}

//! How requests end: written, answered, or not answered.

use super::input::{Reply, RequestId};
use super::machine::{Machine, News};
use super::number::BrokerNumber;
use super::output::{Difference, Doubt, HaltReason, Notice, Output};
use super::store::{Leg, NONE, OrderEntry, Owner, RequestKind, RequestStage, closing};
use strategy_api::{
    ClientOrderId, Notional, OrderAction, OrderEvent, OrderStatus, Price, Quantity, Text, UnixNanos,
};

impl Machine {
    pub(super) fn written(&mut self, id: RequestId, out: &mut Vec<Output>) {
        let Some(request) = self.store.requests.get_mut(id.0 as usize) else {
            return self.halt(HaltReason::Misuse, out);
        };
        request.ts_written = self.now;
        // The reply may have overtaken this word of the line's end.
        if request.stage == RequestStage::Sent {
            request.stage = RequestStage::Written;
            request.deadline = self.now + self.settings.reply_timeout;
        }
    }

    pub(super) fn replied(&mut self, id: RequestId, reply: &Reply, out: &mut Vec<Output>) {
        let Some(request) = self.store.requests.get_mut(id.0 as usize) else {
            return self.halt(HaltReason::Misuse, out);
        };
        let unanswered = request.is_unanswered();
        let open = unanswered || request.stage == RequestStage::Unknown;
        if !request.ts_reply.is_set() {
            request.ts_reply = self.now;
        }
        match *reply {
            Reply::Accepted { number, base, quantity } => {
                self.accepted(id.0, number, base, quantity, out);
            }
            Reply::Refused { code, text } if open => {
                let mut reason = Reason { bytes: [0; 96], len: 0 };
                reason.push(code.as_str());
                reason.push(text.as_str());
                self.refused(id.0, reason.text(), code.as_str(), out);
            }
            Reply::NotSent { text } if open => {
                let mut reason = Reason { bytes: [0; 96], len: 0 };
                reason.push("not sent");
                reason.push(text.as_str());
                self.refused(id.0, reason.text(), "", out);
            }
            Reply::TimedOut | Reply::LineBroke | Reply::Unclear if unanswered => {
                self.unanswered(id.0, out);
            }
            // Events told already what became of it.
            _ => {}
        }
    }

    /// The broker has it. Nothing was heard of it: from here on nobody knows.
    pub(super) fn unanswered(&mut self, request: u32, out: &mut Vec<Output>) {
        let settle = self.now + self.settings.settle;
        let state = &mut self.store.requests[request as usize];
        state.stage = RequestStage::Unknown;
        state.unknown_since = self.now;
        state.deadline = UnixNanos::UNSET;
        let (kind, order) = (state.kind, state.order);
        if kind == RequestKind::New {
            self.move_to(order, OrderStatus::UNKNOWN, out);
            self.set_closing(order, closing::UNKNOWN, true, out);
        } else if self.store.orders[order as usize].status.is_final() {
            // Nothing is left that it could have changed.
            return self.end_change(request, RequestStage::Done, out);
        } else {
            self.set_closing(order, closing::CHANGE, true, out);
        }
        self.report(order, OrderEvent::UNKNOWN, News::NONE, out);
        self.rounds.ask(Doubt::NoAnswer, settle);
    }

    fn accepted(
        &mut self,
        request: u32,
        number: BrokerNumber,
        base: Option<BrokerNumber>,
        quantity: Quantity,
        out: &mut Vec<Output>,
    ) {
        let state = self.store.requests[request as usize];
        let (kind, order, told) = (state.kind, state.order, state.number);
        if kind == RequestKind::New {
            if self.has_a_double(order, number) {
                return;
            }
            if self.store.orders[order as usize].root != NONE {
                if self.root_number(order) != Some(number) {
                    // It was found under another number: one of the two is somebody else's.
                    self.halt(HaltReason::Contradiction, out);
                }
                return;
            }
            if state.stage == RequestStage::Refused {
                // Given up as lost, and it is there after all.
                return self.halt(HaltReason::Contradiction, out);
            }
            return self.claim(order, number, out);
        }
        let state = &mut self.store.requests[request as usize];
        state.number = Some(number);
        if told.is_some_and(|told| told != number) {
            out.push(Output::Notice(Notice::BaseDiffers { number }));
        }
        if matches!(state.stage, RequestStage::Sent | RequestStage::Written | RequestStage::Unknown)
        {
            state.stage = RequestStage::Accepted;
            state.deadline = self.now + self.settings.event_timeout;
        } else if state.stage == RequestStage::Refused {
            // Given up, and it has a number after all: what became of it, the lists say.
            self.rounds.ask(Doubt::NoEvent, self.now + self.settings.event_timeout);
        }
        let (target, asked, price) = (state.target, state.quantity, state.price);
        if let (Some(base), Some(root)) = (base, self.root_number(order))
            && base != root
        {
            out.push(Output::Notice(Notice::BaseDiffers { number: base }));
        }
        let action =
            if kind == RequestKind::Cancel { OrderAction::CANCEL } else { OrderAction::MODIFY };
        let size = match quantity.get() {
            Some(told) if told > 0 => told,
            _ if asked > 0 => asked,
            _ => self.store.legs[target as usize].leaves,
        };
        let size = if kind == RequestKind::Cancel { 0 } else { size };
        let child = match self.store.leg_by_number(number) {
            Some(child) => child,
            None => match self.leg_of_reply(order, target, number, action, size, price) {
                Some(child) => child,
                None => return self.halt(HaltReason::TableFull, out),
            },
        };
        self.link_to(child, target, out);
        if kind == RequestKind::Replace {
            self.try_complete_replace(request, out);
        }
        self.change_is_known(order, out);
    }

    /// Whether a number was found for an order that looks just like this one, of the same strategy.
    /// A late reply that gives it to this one changes nothing but which of the two it was: this one
    /// has left no trace, then.
    fn has_a_double(&self, order: u32, number: BrokerNumber) -> bool {
        let owner = self.store.leg_by_number(number).map(|leg| self.store.owner(leg));
        let Some(Owner::Order(other)) = owner else { return false };
        let (ours, theirs) =
            (&self.store.orders[order as usize], &self.store.orders[other as usize]);
        // What was asked for at first: a replace may have changed the price since.
        let asked = |entry: &OrderEntry| {
            let placed = &self.store.requests[entry.placed_by.0 as usize];
            (entry.strategy, entry.request.instrument, placed.price, placed.quantity)
        };
        other != order
            && theirs.found
            && asked(ours) == asked(theirs)
            && ours.request.side == theirs.request.side
            && ours.request.order_type == theirs.request.order_type
    }

    /// An order number known from a reply before any event.
    fn leg_of_reply(
        &mut self,
        order: u32,
        target: u32,
        number: BrokerNumber,
        action: OrderAction,
        quantity: i64,
        price: Price,
    ) -> Option<u32> {
        let request = self.store.orders[order as usize].request;
        let original = self.store.legs.get(target as usize).map(|leg| leg.number);
        let leg = Leg {
            number,
            original,
            root: NONE,
            next: NONE,
            owner: Owner::Open,
            action,
            instrument: request.instrument,
            side: request.side,
            order_type: Some(request.order_type),
            venue: request.venue,
            price,
            quantity,
            cumulative: 0,
            leaves: if action == OrderAction::NEW { quantity } else { 0 },
            removed: 0,
            value: 0,
            fee: 0,
            tax: 0,
            covered: 0,
            first_fill: NONE,
            last_fill: NONE,
            change: NONE,
            confirmed: action == OrderAction::NEW,
            doubt: None,
            heard: false,
            ts_seen: self.now,
            seq_seen: self.seq,
            seq_rise: 0,
        };
        self.store.add_leg(leg)
    }

    /// An order of ours has this number: by the reply, or because the broker's books leave no other
    /// way. What events told about the number before becomes the order's.
    pub(super) fn claim(&mut self, order: u32, number: BrokerNumber, out: &mut Vec<Output>) {
        let request = self.store.orders[order as usize].request;
        let placed_by = self.store.orders[order as usize].placed_by.0;
        let leg = match self.store.leg_by_number(number) {
            None => self.leg_of_reply(
                order,
                NONE,
                number,
                OrderAction::NEW,
                request.quantity.raw(),
                request.price,
            ),
            known => known,
        };
        let Some(leg) = leg else { return self.halt(HaltReason::TableFull, out) };
        let found = &self.store.legs[leg as usize];
        let ours = found.instrument == request.instrument && found.side == request.side;
        if found.root != leg || matches!(found.owner, Owner::Order(_)) || !ours {
            return self.halt(HaltReason::Contradiction, out);
        }
        let heard = found.heard;
        self.store.legs[leg as usize].owner = Owner::Order(order);
        self.store.unclaimed.retain(|root| *root != leg);
        self.store.orders[order as usize].root = leg;
        self.store.requests[placed_by as usize].number = Some(number);
        self.store.requests[placed_by as usize].no_trace = 0;
        if heard {
            self.end_request(placed_by, RequestStage::Done);
        } else {
            let state = &mut self.store.requests[placed_by as usize];
            state.stage = RequestStage::Accepted;
            state.deadline = self.now + self.settings.event_timeout;
        }
        self.move_to(order, OrderStatus::WORKING, out);
        self.set_closing(order, closing::UNKNOWN, false, out);
        self.hold_back_fills(order, leg);
        self.report(order, OrderEvent::ACCEPTED, News::NONE, out);
        self.take_over(order, leg, out);
        self.settle(order, out);
        self.review_unclaimed(out);
        self.send_wanted_cancel(order, None, out);
    }

    /// Lets shares that filled before the number was ours count as open, until they are told one fill
    /// after the other: else the first of two fills of a filled order would read as its end.
    fn hold_back_fills(&mut self, order: u32, first: u32) {
        let filled = self.store.fills_from(first).map(|fill| fill.quantity.raw()).sum();
        self.store.orders[order as usize].untold = filled;
    }

    /// Books what an order number (and what hangs behind it) did before it was ours.
    fn take_over(&mut self, order: u32, first: u32, out: &mut Vec<Output>) {
        let strategy = self.store.orders[order as usize].strategy;
        let mut leg = first;
        while leg != NONE {
            let state = self.store.legs[leg as usize];
            let mut at = state.first_fill;
            while let Some(fill) = self.store.fills.get(at as usize).copied() {
                self.strategy_fill(order, fill.quantity.raw(), fill.value.raw(), out);
                at = fill.next;
            }
            if let Some(index) = self.book.find(strategy, state.instrument) {
                let (fee, tax) = (Notional::new(state.fee), Notional::new(state.tax));
                self.book.strategies[index].ledger.charge(fee, tax);
            }
            if state.leaves > 0 && state.removed > 0 && !self.has_modify_child(leg) {
                self.store.orders[order as usize].total -= Quantity::new(state.removed);
            }
            if state.doubt.is_some() {
                self.set_closing(order, closing::DOUBT, true, out);
            }
            leg = state.next;
        }
    }

    /// Hangs an order number behind the one that it changes, once both are known.
    pub(super) fn link_to(&mut self, child: u32, target: u32, out: &mut Vec<Output>) {
        let root = self.store.legs[target as usize].root;
        let old = self.store.legs[child as usize].root;
        if root == old {
            return;
        }
        if matches!(self.store.legs[old as usize].owner, Owner::Order(_)) {
            return self.halt(HaltReason::Contradiction, out);
        }
        self.store.unclaimed.retain(|unclaimed| *unclaimed != old);
        self.store.link(old, root);
        if let Owner::Order(order) = self.store.owner(target) {
            self.hold_back_fills(order, old);
            self.take_over(order, old, out);
            self.settle(order, out);
        }
    }

    fn refused(&mut self, request: u32, reason: Text<64>, code: &str, out: &mut Vec<Output>) {
        let state = self.store.requests[request as usize];
        if state.kind != RequestKind::New {
            self.change_failed(request, News { reason, ..News::NONE }, out);
            // Nothing left, filled or gone: it does not say which.
            if matches!(code, "RC4032" | "RC4033" | "506550")
                && !self.store.orders[state.order as usize].status.is_final()
            {
                self.rounds.ask(Doubt::CancelRefused, self.now + self.settings.event_timeout);
            }
            return;
        }
        self.end_request(request, RequestStage::Refused);
        self.lost(state.order, reason, out);
    }

    /// A person says what became of an order without an answer. Anything else stays as it is.
    pub(super) fn settled_by_hand(
        &mut self,
        id: ClientOrderId,
        number: Option<BrokerNumber>,
        out: &mut Vec<Output>,
    ) {
        let Some(order) = self.store.order_by_id(id) else { return };
        let state = &self.store.orders[order as usize];
        if state.status != OrderStatus::UNKNOWN {
            return;
        }
        match number {
            Some(number) => self.claim(order, number, out),
            None => {
                self.end_request(state.placed_by.0, RequestStage::Refused);
                self.lost(order, Text::truncated("settled by hand: it never arrived").0, out);
            }
        }
    }

    /// A new order that is surely not at the broker.
    fn lost(&mut self, order: u32, reason: Text<64>, out: &mut Vec<Output>) {
        self.move_to(order, OrderStatus::REJECTED, out);
        let state = &mut self.store.orders[order as usize];
        state.reason = reason;
        state.cancel_wanted = false;
        state.end_told = true;
        self.set_closing(order, closing::UNKNOWN, false, out);
        self.report(order, OrderEvent::REJECTED, News { reason, ..News::NONE }, out);
        self.review_unclaimed(out);
    }

    /// A request without an answer, of which the broker's books show nothing, twice.
    pub(super) fn no_trace(&mut self, request: u32, out: &mut Vec<Output>) {
        let state = self.store.requests[request as usize];
        self.differs(Difference::NoTrace { request: RequestId(request) }, out);
        let reason = Text::truncated("no trace of it at the broker").0;
        if state.kind == RequestKind::New {
            self.end_request(request, RequestStage::Refused);
            self.lost(state.order, reason, out);
        } else {
            self.change_failed(request, News { reason, ..News::NONE }, out);
        }
    }

    /// A modify or a cancel that did not happen.
    pub(super) fn change_failed(&mut self, request: u32, news: News, out: &mut Vec<Output>) {
        let state = self.store.requests[request as usize];
        self.end_change(request, RequestStage::Refused, out);
        let event = if state.kind == RequestKind::Cancel {
            OrderEvent::CANCEL_REFUSED
        } else {
            OrderEvent::REPLACE_REFUSED
        };
        self.report(state.order, event, news, out);
        self.settle(state.order, out);
        self.send_wanted_cancel(state.order, None, out);
    }

    /// Ends a modify or a cancel, however.
    pub(super) fn end_change(&mut self, request: u32, stage: RequestStage, out: &mut Vec<Output>) {
        let target = self.store.requests[request as usize].target;
        self.end_request(request, stage);
        if let Some(leg) = self.store.legs.get_mut(target as usize)
            && leg.change == request
        {
            leg.change = NONE;
        }
        self.change_is_known(self.store.requests[request as usize].order, out);
    }

    /// Opens the instrument again when no change of the order is unknown.
    fn change_is_known(&mut self, order: u32, out: &mut Vec<Output>) {
        let unknown = self.store.live.iter().any(|request| {
            let request = &self.store.requests[*request as usize];
            request.order == order
                && request.kind != RequestKind::New
                && request.stage == RequestStage::Unknown
        });
        if !unknown {
            self.set_closing(order, closing::CHANGE, false, out);
        }
    }

    /// A modify took effect: its own number is confirmed, and the number before gave its shares up.
    pub(super) fn try_complete_replace(&mut self, request: u32, out: &mut Vec<Output>) {
        let state = self.store.requests[request as usize];
        let Some(child) = state.number.and_then(|number| self.store.leg_by_number(number)) else {
            return;
        };
        let target = &self.store.legs[state.target as usize];
        let confirmed = self.store.legs[child as usize].confirmed;
        if !state.is_live() || !confirmed || !(state.shrunk || target.leaves == 0) {
            return;
        }
        self.end_change(request, RequestStage::Done, out);
        self.replaced(state.order, state.price, state.stop_price, out);
    }

    /// The order has a new price.
    pub(super) fn replaced(
        &mut self,
        order: u32,
        price: Price,
        stop_price: Price,
        out: &mut Vec<Output>,
    ) {
        let leaves = Quantity::new(self.store.leaves(order));
        let state = &mut self.store.orders[order as usize];
        state.request.price = price;
        if stop_price.is_set() {
            state.request.stop_price = stop_price;
        }
        state.request.quantity = state.cumulative + leaves;
        self.refresh(order, out);
        self.report(order, OrderEvent::REPLACED, News::NONE, out);
        self.tell_end(order, out);
        self.send_wanted_cancel(order, None, out);
    }
}

/// Text put together without allocating.
struct Reason {
    bytes: [u8; 96],
    len: usize,
}

impl Reason {
    fn push(&mut self, part: &str) {
        let space = if self.len == 0 || part.is_empty() { "" } else { ": " };
        for byte in space.bytes().chain(part.bytes()) {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    fn text(&self) -> Text<64> {
        let bytes = &self.bytes[..self.len];
        let valid = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        };
        Text::truncated(valid).0
    }
}

//! What strategies want, turned into requests.

use super::input::{RequestId, Want, Wish};
use super::machine::{Machine, News, blank_report};
use super::output::{Ask, HaltReason, Output, Request};
use super::store::{NONE, OrderEntry, RequestKind, RequestStage, RequestState};
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, Notional, OrderAction, OrderEvent, OrderRequest,
    OrderStatus, OrderType, Price, Quantity, Refusal, ReplaceRequest, Text, UnixNanos, Venue,
};

/// A cancel may wait this long for a place in the broker's rate. Once it is written, its reply is due
/// like any other.
const CANCEL_HOLD: DurationNanos = DurationNanos::from_secs(60);

/// What a request is about.
#[derive(Clone, Copy)]
struct Plan {
    kind: RequestKind,
    target: u32,
    quantity: i64,
    price: Price,
    stop_price: Price,
}

impl Machine {
    pub(super) fn wish(&mut self, wish: &Wish, out: &mut Vec<Output>) {
        match wish.want {
            Want::New { order, request } => self.place(wish, order, &request, out),
            Want::Replace(replace) => {
                if let Err(refusal) = self.replace(wish, &replace, out) {
                    self.refuse_change(
                        wish,
                        replace.order,
                        OrderEvent::REPLACE_REFUSED,
                        refusal,
                        out,
                    );
                }
            }
            Want::Cancel(cancel) => {
                if let Err(refusal) = self.cancel(wish, &cancel, out) {
                    self.refuse_change(
                        wish,
                        cancel.order,
                        OrderEvent::CANCEL_REFUSED,
                        refusal,
                        out,
                    );
                }
            }
            Want::CancelAll => {
                let strategy = wish.strategy;
                self.cancel_where(|order| order.strategy == strategy, out);
            }
        }
    }

    fn place(
        &mut self,
        wish: &Wish,
        id: ClientOrderId,
        request: &OrderRequest,
        out: &mut Vec<Output>,
    ) {
        if let Err(refusal) = self.may_place(wish.strategy, id, request) {
            self.reports += 1;
            let mut report = blank_report(self.now, self.reports);
            report.header.instrument = request.instrument;
            report.header.venue = request.venue;
            report.order = id;
            report.request = *request;
            report.event = OrderEvent::DENIED;
            report.status = OrderStatus::DENIED;
            report.refusal = refusal.code();
            out.push(Output::Report { strategy: wish.strategy, report });
            return;
        }
        let order = self.store.add_order(OrderEntry {
            id,
            strategy: wish.strategy,
            request: *request,
            status: OrderStatus::NONE,
            cumulative: Quantity::ZERO,
            value: Notional::ZERO,
            total: request.quantity,
            ts_sent: self.now,
            root: NONE,
            placed_by: RequestId(self.store.requests.len() as u32),
            cancel_wanted: false,
            closing: 0,
            rejected_late: false,
            end_told: false,
            untold: 0,
            found: false,
            ambiguous: false,
            open_at: NONE,
            reason: Text::EMPTY,
        });
        let Some(order) = order else { return self.halt(HaltReason::TableFull, out) };
        self.move_to(order, OrderStatus::SUBMITTING, out);
        let plan = Plan {
            kind: RequestKind::New,
            target: NONE,
            quantity: request.quantity.raw(),
            price: request.price,
            stop_price: request.stop_price,
        };
        self.send(order, plan, Some(wish), out);
    }

    fn may_place(
        &mut self,
        strategy: u16,
        id: ClientOrderId,
        request: &OrderRequest,
    ) -> Result<(), Refusal> {
        request.check()?;
        if request.instrument.index() >= self.book.codes().len() {
            return Err(Refusal::UnknownInstrument);
        }
        if !self.is_open(strategy, request.instrument) {
            return Err(Refusal::NotAllowed);
        }
        if self.store.order_by_id(id).is_some() {
            return Err(Refusal::InvalidArgument);
        }
        if !self.store.has_room() || self.book.position(strategy, request.instrument).is_none() {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    fn replace(
        &mut self,
        wish: &Wish,
        replace: &ReplaceRequest,
        out: &mut Vec<Output>,
    ) -> Result<(), Refusal> {
        replace.check()?;
        let order = self.own(wish.strategy, replace.order)?;
        let state = &self.store.orders[order as usize];
        let request = state.request;
        // The broker refuses to modify an order that it routes itself (571412).
        if request.venue == Venue::SOR || !can_be_replaced(request.order_type) {
            return Err(Refusal::Unsupported);
        }
        let stop = replace.stop_price.get().is_some_and(|price| price > 0);
        if request.order_type.takes_stop_price() != stop {
            return Err(Refusal::InvalidStopPrice);
        }
        if !self.is_open(wish.strategy, request.instrument) {
            return Err(Refusal::NotAllowed);
        }
        if !self.store.has_room() {
            return Err(Refusal::Full);
        }
        let target = self.newest_open(order).ok_or(Refusal::NotAllowed)?;
        let busy = state.cancel_wanted || self.store.legs[target as usize].change != NONE;
        if busy
            || self.store.chain(state.root).any(|leg| self.store.legs[leg as usize].is_pending())
        {
            return Err(Refusal::NotAllowed);
        }
        if replace.quantity.raw() > self.store.legs[target as usize].leaves {
            return Err(Refusal::InvalidQuantity);
        }
        let plan = Plan {
            kind: RequestKind::Replace,
            target,
            quantity: replace.quantity.raw(),
            price: replace.price,
            stop_price: replace.stop_price,
        };
        self.send(order, plan, Some(wish), out);
        Ok(())
    }

    fn cancel(
        &mut self,
        wish: &Wish,
        cancel: &CancelRequest,
        out: &mut Vec<Output>,
    ) -> Result<(), Refusal> {
        cancel.check()?;
        let order = self.own(wish.strategy, cancel.order)?;
        if cancel.quantity == Quantity::ZERO {
            self.store.orders[order as usize].cancel_wanted = true;
            self.send_wanted_cancel(order, Some(wish), out);
            return Ok(());
        }
        let target = self.newest_open(order).ok_or(Refusal::NotAllowed)?;
        let leg = &self.store.legs[target as usize];
        if leg.change != NONE || self.store.orders[order as usize].cancel_wanted {
            return Err(Refusal::NotAllowed);
        }
        if cancel.quantity.raw() > leg.leaves {
            return Err(Refusal::InvalidQuantity);
        }
        let plan = Plan { quantity: cancel.quantity.raw(), ..Plan::cancel(target) };
        self.send(order, plan, Some(wish), out);
        Ok(())
    }

    /// Cancels all orders of a kind that are not final.
    pub(super) fn cancel_where(
        &mut self,
        choose: impl Fn(&OrderEntry) -> bool,
        out: &mut Vec<Output>,
    ) {
        for at in 0..self.store.open.len() {
            let order = self.store.open[at];
            if choose(&self.store.orders[order as usize]) {
                self.store.orders[order as usize].cancel_wanted = true;
                self.send_wanted_cancel(order, None, out);
            }
        }
    }

    /// Sends the cancels that are wanted and possible: one for each open number of the order. What
    /// is not possible yet (no number, a change on its way) stays wanted.
    pub(super) fn send_wanted_cancel(
        &mut self,
        order: u32,
        wish: Option<&Wish>,
        out: &mut Vec<Output>,
    ) {
        let state = &self.store.orders[order as usize];
        if state.status.is_final() || !state.cancel_wanted {
            self.store.orders[order as usize].cancel_wanted = false;
            return;
        }
        if matches!(state.status, OrderStatus::SUBMITTING | OrderStatus::UNKNOWN) {
            return;
        }
        let mut waits = false;
        let mut leg = state.root;
        while leg != NONE {
            let next = self.store.legs[leg as usize].next;
            let (open, change) = {
                let leg = &self.store.legs[leg as usize];
                waits |= leg.is_pending();
                (leg.leaves > 0, leg.change)
            };
            if open && change == NONE {
                self.send(order, Plan::cancel(leg), wish, out);
            } else if open {
                // A whole cancel on its way is what is wanted; anything else must end first.
                let request = &self.store.requests[change as usize];
                waits |= request.kind != RequestKind::Cancel || request.quantity != 0;
            }
            leg = next;
        }
        self.store.orders[order as usize].cancel_wanted = waits;
    }

    /// The order, when it is this strategy's and not final.
    fn own(&self, strategy: u16, id: ClientOrderId) -> Result<u32, Refusal> {
        let order = self.store.order_by_id(id).ok_or(Refusal::NotFound)?;
        let state = &self.store.orders[order as usize];
        if state.strategy != strategy || state.status.is_final() {
            return Err(Refusal::NotFound);
        }
        Ok(order)
    }

    /// The newest number of an order that has shares open.
    fn newest_open(&self, order: u32) -> Option<u32> {
        let state = &self.store.orders[order as usize];
        let open = |leg: &u32| {
            let leg = &self.store.legs[*leg as usize];
            leg.leaves > 0 && leg.action != OrderAction::CANCEL
        };
        self.store.chain(state.root).filter(open).last()
    }

    fn send(&mut self, order: u32, plan: Plan, wish: Option<&Wish>, out: &mut Vec<Output>) {
        let state = &self.store.orders[order as usize];
        let target = self.store.legs.get(plan.target as usize);
        let quantity = Quantity::new(plan.quantity);
        let ask = match (plan.kind, target) {
            (RequestKind::Replace, Some(target)) => Ask::Replace {
                original: target.number,
                quantity,
                price: plan.price,
                stop_price: plan.stop_price,
            },
            (RequestKind::Cancel, Some(target)) => {
                Ask::Cancel { original: target.number, quantity }
            }
            _ => Ask::New(state.request),
        };
        let wait = match plan.kind {
            RequestKind::Cancel => CANCEL_HOLD.max(self.settings.reply_timeout),
            _ => self.settings.reply_timeout,
        };
        let added = self.store.add_request(RequestState {
            kind: plan.kind,
            stage: RequestStage::Sent,
            ts_cause: wish.map_or(UnixNanos::UNSET, |wish| wish.ts_cause),
            ts_submit: wish.map_or(UnixNanos::UNSET, |wish| wish.ts_submit),
            ts_sent: self.now,
            ts_written: UnixNanos::UNSET,
            ts_reply: UnixNanos::UNSET,
            ts_event: UnixNanos::UNSET,
            number: None,
            order,
            target: plan.target,
            quantity: plan.quantity,
            price: plan.price,
            stop_price: plan.stop_price,
            shrunk: false,
            deadline: self.now + wait,
            unknown_since: UnixNanos::UNSET,
            no_trace: 0,
        });
        let Some(id) = added else { return self.halt(HaltReason::TableFull, out) };
        if let Some(target) = self.store.legs.get_mut(plan.target as usize) {
            target.change = id.0;
        }
        let state = &self.store.orders[order as usize];
        out.push(Output::Send(Request {
            id,
            strategy: state.strategy,
            order: state.id,
            instrument: state.request.instrument,
            venue: state.request.venue,
            ask,
        }));
    }

    fn refuse_change(
        &mut self,
        wish: &Wish,
        id: ClientOrderId,
        event: OrderEvent,
        refusal: Refusal,
        out: &mut Vec<Output>,
    ) {
        match self.store.order_by_id(id) {
            Some(order) if self.store.orders[order as usize].strategy == wish.strategy => {
                self.report(order, event, News::refused(refusal), out);
            }
            // Another strategy's order is none of its business: it looks as if there were none.
            _ => self.refuse(wish.strategy, id, event, refusal, out),
        }
    }
}

impl Plan {
    const fn cancel(target: u32) -> Self {
        Self {
            kind: RequestKind::Cancel,
            target,
            quantity: 0,
            price: Price::ZERO,
            stop_price: Price::UNSET,
        }
    }
}

/// Whether the broker's modify, which must name a price, fits the type: it rests in the book and has
/// a price of its own.
const fn can_be_replaced(order_type: OrderType) -> bool {
    matches!(
        order_type,
        OrderType::LIMIT
            | OrderType::CONDITIONAL_LIMIT
            | OrderType::BEST_OPPOSITE
            | OrderType::BEST_SAME
            | OrderType::STOP_LIMIT
            | OrderType::OFF_HOURS_SINGLE
    )
}

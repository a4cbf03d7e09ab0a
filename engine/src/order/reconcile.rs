//! The broker's books against ours.
//!
//! # Why this is sound while events keep arriving
//! A list is true for some moment between its question and its answer, and events arrive before,
//! between and after. Two things make that harmless:
//!
//! - For one order number, shares filled only rise and shares open only fall. So the higher figure
//!   for filled and the lower one for open are the newer ones, whoever told them and whenever they
//!   arrived. Lists and events are merged by maximum and minimum; no order of arrival can be wrong.
//! - Absence is the only thing that depends on time. It counts for numbers alone that were known
//!   before the open orders were asked for: the broker had them, so an order that is not among the
//!   open ones has ended. The fills are asked for after the open orders have answered, so its row
//!   there is its final total.
//!
//! A request without an answer has no number. It is found when a number that nobody else claims looks
//! exactly like it, and it is given up when two complete rounds, both begun after the time that a
//! request can spend on its way inside the broker, show no trace. What could be two orders is left
//! alone and shown to a person.
//!
//! Positions are compared only where no event told a fill between the question for fills and the
//! answer for positions, and a difference is believed when a second round sees the same one: a fill
//! whose event is on its way explains itself until then.

use super::input::{FilledRow, OrderRow, PositionRow, Query};
use super::machine::Machine;
use super::output::{Difference, Doubt, HaltReason, Notice, Output};
use super::store::{NONE, Owner, RequestKind, RequestStage, closing};
use super::updates::{Face, fits, value_by_average};
use strategy_api::{
    InstrumentId, OrderAction, OrderStatus, OrderType, Price, Side, UnixNanos, Venue,
};

/// Rounds in a row in which a list may have fewer fills than events before that is a contradiction.
const CONTRADICTIONS_MAX: u32 = 3;
/// Complete rounds without a trace after which a request is given up.
const NO_TRACE_ROUNDS: u8 = 2;

/// What two orders must have in common to be taken for one another.
type Likeness = (InstrumentId, Side, OrderType, i64, i32);

impl Machine {
    /// Takes over what a complete round told.
    pub(super) fn evaluate(&mut self, out: &mut Vec<Output>) {
        let mut open: Vec<OrderRow> = self.rounds.open.iter().map(|row| row.order).collect();
        let mut filled: Vec<FilledRow> = self.rounds.filled.clone();
        open.sort_by_key(|row| row.number);
        filled.sort_by_key(|row| row.order.number);
        let mut faces: Vec<OrderRow> = filled.iter().map(|row| row.order).collect();
        faces.extend_from_slice(&open);
        // A modify has a higher number than what it changes: parents are met first.
        faces.sort_by_key(|row| row.number);
        for row in &faces {
            self.meet_row(row, out);
        }
        let mut settled = self.adopt_fills(&filled, out);
        for row in &open {
            self.adopt_open(row, out);
        }
        self.adopt_absence(&open, &filled, out);
        settled &= self.judge_changes(out);
        settled &= self.find_lost_orders(out);
        self.lift_doubts(out);
        let orders: Vec<u32> = self.store.open.clone();
        for order in orders {
            self.settle(order, out);
            self.send_wanted_cancel(order, None, out);
        }
        self.review_unclaimed(out);
        settled &= self.adopt_positions(out);
        if self.rounds.cash.is_some() {
            self.cash = self.rounds.cash;
        }
        if !settled {
            self.rounds.ask(Doubt::NotSettled, self.now + self.settings.settle);
        }
        if !self.ready && self.rounds.feed_is_up() {
            self.ready = true;
            out.push(Output::Ready);
        }
    }

    fn meet_row(&mut self, row: &OrderRow, out: &mut Vec<Output>) {
        if self.store.leg_by_number(row.number).is_some() {
            return;
        }
        let Some(instrument) = self.book.instrument(row.symbol) else {
            return self.halt(HaltReason::TableFull, out);
        };
        // The broker's clock in whole seconds, as late as it can have been by ours.
        let told = self.now.nearest_kst(row.time);
        let latest = told + self.settings.clock_tolerance;
        let face = Face {
            number: row.number,
            original: row.original,
            action: row.action,
            instrument,
            side: row.side,
            order_type: row.order_type,
            venue: Venue::UNKNOWN,
            price: row.price,
            quantity: row.quantity.get().unwrap_or(0).max(0),
            ts_seen: if told.is_set() { latest.min(self.now) } else { self.now },
        };
        self.meet(face, out);
    }

    /// Fills that only the list knows. `false` when it knows fewer than events told.
    fn adopt_fills(&mut self, rows: &[FilledRow], out: &mut Vec<Output>) -> bool {
        let (asked, _) = self.rounds.begun(Query::Filled);
        let mut behind = false;
        for row in rows {
            let Some(leg) = self.store.leg_by_number(row.order.number) else { continue };
            self.adopt_quantity(leg, row.order.quantity.get());
            let state = self.store.legs[leg as usize];
            let theirs = row.cumulative.get().unwrap_or(0);
            let ours = state.cumulative;
            if state.quantity > 0 && theirs > state.quantity {
                self.halt(HaltReason::Contradiction, out);
                continue;
            }
            if state.is_pending() && theirs > 0 {
                self.take_effect(leg, state.quantity, out);
            }
            if theirs > ours {
                let number = state.number;
                self.differs(Difference::Fills { number, ours, theirs }, out);
                let value = value_by_average(row.average_price, theirs, state.value);
                self.book_fill(leg, theirs - ours, value, UnixNanos::UNSET, out);
            } else if theirs < ours && state.seq_rise < asked {
                behind = true;
            }
            let state = &mut self.store.legs[leg as usize];
            state.covered = state.covered.max(theirs);
            if theirs >= ours
                && let (Some(fee), Some(tax)) = (row.fee.get(), row.tax.get())
            {
                self.charge_to(leg, fee.max(0), tax.max(0));
            }
            self.lower_leaves(leg, row.order.leaves.get(), out);
        }
        self.rounds.contradicted = if behind { self.rounds.contradicted + 1 } else { 0 };
        if self.rounds.contradicted >= CONTRADICTIONS_MAX {
            self.halt(HaltReason::Contradiction, out);
        }
        !behind
    }

    fn adopt_open(&mut self, row: &OrderRow, out: &mut Vec<Output>) {
        let Some(leg) = self.store.leg_by_number(row.number) else { return };
        let state = &self.store.legs[leg as usize];
        if state.action == OrderAction::CANCEL {
            return;
        }
        self.adopt_quantity(leg, row.quantity.get());
        let state = &self.store.legs[leg as usize];
        if state.is_pending() {
            let rest = row.leaves.get().unwrap_or(state.quantity - state.cumulative);
            return self.take_effect(leg, rest, out);
        }
        self.lower_leaves(leg, row.leaves.get(), out);
        if self.store.legs[leg as usize].doubt.is_some()
            && let Some(quantity) = row.quantity.get().filter(|quantity| *quantity > 0)
        {
            self.store.legs[leg as usize].quantity = quantity;
        }
    }

    /// What a list tells of the size of a modify that no event has told of yet. Until then it is as
    /// large as what we thought was open when we asked; fills that we did not know of made it smaller.
    fn adopt_quantity(&mut self, leg: u32, told: Option<i64>) {
        let state = &mut self.store.legs[leg as usize];
        let Some(told) = told.filter(|told| *told > 0) else { return };
        if state.action == OrderAction::MODIFY && !state.heard && told < state.quantity {
            state.quantity = told;
            state.leaves = state.leaves.min(told - state.cumulative - state.removed).max(0);
        }
    }

    /// A modify's own number is in a list: it is open, or it was.
    fn take_effect(&mut self, leg: u32, leaves: i64, out: &mut Vec<Output>) {
        let state = &mut self.store.legs[leg as usize];
        state.confirmed = true;
        state.leaves = leaves.max(0);
        let (number, price) = (state.number, state.price);
        let original = state.original.and_then(|number| self.store.leg_by_number(number));
        let change = original.map_or(NONE, |original| self.store.legs[original as usize].change);
        match self.store.requests.get_mut(change as usize) {
            Some(request) if request.kind == RequestKind::Replace => {
                request.number = Some(number);
                self.try_complete_replace(change, out);
            }
            _ => {
                if let Owner::Order(order) = self.store.owner(leg) {
                    self.replaced(order, price, Price::UNSET, out);
                }
            }
        }
    }

    fn lower_leaves(&mut self, leg: u32, told: Option<i64>, out: &mut Vec<Output>) {
        let state = &self.store.legs[leg as usize];
        let (number, ours) = (state.number, state.leaves);
        if let Some(theirs) = told
            && self.lower(leg, theirs, out) > 0
        {
            self.differs(Difference::Leaves { number, ours, theirs }, out);
        }
    }

    /// Orders that we hold open and that are not among the open ones have ended.
    fn adopt_absence(&mut self, open: &[OrderRow], filled: &[FilledRow], out: &mut Vec<Output>) {
        let (asked, _) = self.rounds.begun(Query::Open);
        for leg in 0..self.store.legs.len() as u32 {
            let state = self.store.legs[leg as usize];
            let pending = state.is_pending();
            if state.action == OrderAction::CANCEL
                || state.seq_seen >= asked
                || (state.leaves == 0 && !pending)
                || open.binary_search_by_key(&state.number, |row| row.number).is_ok()
            {
                continue;
            }
            if pending {
                self.modify_absent(leg, open, out);
                continue;
            }
            // Fewer fills in the list than events told: it is behind, and says nothing.
            let row = filled.binary_search_by_key(&state.number, |row| row.order.number);
            let theirs = row.map_or(0, |at| filled[at].cumulative.get().unwrap_or(0));
            if theirs < state.covered {
                continue;
            }
            let (number, ours) = (state.number, state.leaves);
            self.differs(Difference::Ended { number, ours }, out);
            self.lower(leg, 0, out);
            if let Owner::Order(order) = self.store.owner(leg) {
                let placed = self.store.orders[order as usize].placed_by.0;
                if self.store.requests[placed as usize].stage == RequestStage::Accepted {
                    self.end_request(placed, RequestStage::Done);
                }
            }
        }
    }

    /// A modify got a number, and the number is nowhere: it did not take effect, or it is over.
    fn modify_absent(&mut self, leg: u32, open: &[OrderRow], out: &mut Vec<Output>) {
        self.store.legs[leg as usize].confirmed = true;
        let original = self.store.legs[leg as usize].original;
        let target = original.and_then(|number| self.store.leg_by_number(number));
        let Some(target) = target else { return };
        let change = self.store.legs[target as usize].change;
        let is_replace = self
            .store
            .requests
            .get(change as usize)
            .is_some_and(|request| request.kind == RequestKind::Replace);
        if !is_replace {
            return;
        }
        let standing = original
            .is_some_and(|number| open.binary_search_by_key(&number, |row| row.number).is_ok());
        if standing {
            self.change_failed(change, super::machine::News::because("it took no effect"), out);
        } else {
            self.end_change(change, RequestStage::Done, out);
        }
    }

    /// Modifies and cancels without a clear end. `false` when one is still open.
    fn judge_changes(&mut self, out: &mut Vec<Output>) -> bool {
        let (_, asked) = self.rounds.begun(Query::Open);
        let mut settled = true;
        for request in self.store.live.clone() {
            let state = self.store.requests[request as usize];
            if state.kind == RequestKind::New || !state.is_live() || state.is_unanswered() {
                continue;
            }
            let unknown = state.stage == RequestStage::Unknown;
            let since = if unknown { state.unknown_since } else { state.ts_reply };
            let target = &self.store.legs[state.target as usize];
            if target.leaves == 0 {
                self.end_change(request, RequestStage::Done, out);
            } else if since + self.settings.settle > asked {
                settled = false;
            } else {
                self.store.requests[request as usize].no_trace += 1;
                if state.no_trace + 1 >= NO_TRACE_ROUNDS {
                    self.no_trace(request, out);
                } else {
                    settled = false;
                }
            }
        }
        settled
    }

    /// New orders without an answer. `false` when one is still open.
    fn find_lost_orders(&mut self, out: &mut Vec<Output>) -> bool {
        let lost = |order: &u32| self.store.orders[*order as usize].status == OrderStatus::UNKNOWN;
        let mut rest: Vec<u32> = self.store.open.iter().copied().filter(lost).collect();
        rest.sort_unstable();
        let mut settled = true;
        while let Some(first) = rest.first().copied() {
            let likeness = self.likeness(first);
            rest.retain(|order| self.likeness(*order) != likeness);
            settled &= self.find_alike(likeness, out);
        }
        settled
    }

    fn likeness(&self, order: u32) -> Likeness {
        let request = &self.store.orders[order as usize].request;
        let price = if request.order_type.takes_price() { request.price.raw() } else { 0 };
        let quantity = request.quantity.raw();
        (request.instrument, request.side, request.order_type, quantity, price)
    }

    /// Orders without an answer that look alike, and the numbers that could be theirs.
    fn find_alike(&mut self, likeness: Likeness, out: &mut Vec<Output>) -> bool {
        let (_, asked) = self.rounds.begun(Query::Open);
        let waiting = |order: &u32| {
            let status = self.store.orders[*order as usize].status;
            matches!(status, OrderStatus::SUBMITTING | OrderStatus::UNKNOWN)
        };
        let all: Vec<u32> = self.store.open.iter().copied().filter(waiting).collect();
        let (mut alike, others): (Vec<u32>, Vec<u32>) =
            all.into_iter().partition(|order| self.likeness(*order) == likeness);
        alike.sort_unstable();
        let ripe = alike.iter().all(|order| {
            let order = &self.store.orders[*order as usize];
            let request = &self.store.requests[order.placed_by.0 as usize];
            order.status == OrderStatus::UNKNOWN
                && request.unknown_since + self.settings.settle <= asked
        });
        if !ripe {
            return false;
        }
        let could_be = |orders: &[u32], root: u32| {
            let leg = &self.store.legs[root as usize];
            orders.iter().any(|order| fits(&self.store.orders[*order as usize], leg))
        };
        let roots = self.store.unclaimed.iter().copied();
        let numbers: Vec<u32> = roots.filter(|root| could_be(&alike, *root)).collect();
        let shared = numbers.iter().any(|root| could_be(&others, *root));
        let strategy = self.store.orders[alike[0] as usize].strategy;
        let one_strategy =
            alike.iter().all(|order| self.store.orders[*order as usize].strategy == strategy);
        let pairs = self.pair_up(&alike, numbers);
        let Some(pairs) = pairs.filter(|pairs| pairs.is_empty() || (one_strategy && !shared))
        else {
            self.is_ambiguous(&alike, out);
            return false;
        };
        let mut settled = true;
        for order in alike {
            if let Some((_, root)) = pairs.iter().find(|(found, _)| *found == order) {
                let number = self.store.legs[*root as usize].number;
                self.differs(Difference::Found { number }, out);
                self.store.orders[order as usize].found = true;
                self.claim(order, number, out);
                continue;
            }
            let request = self.store.orders[order as usize].placed_by.0;
            let state = &mut self.store.requests[request as usize];
            state.no_trace += 1;
            if state.no_trace >= NO_TRACE_ROUNDS {
                self.no_trace(request, out);
            } else {
                settled = false;
            }
        }
        settled
    }

    /// Gives each number to the earliest order that it can be; `None` when one is left over. Orders
    /// of one strategy that look alike are interchangeable, so this is no guess.
    fn pair_up(&self, orders: &[u32], mut numbers: Vec<u32>) -> Option<Vec<(u32, u32)>> {
        numbers.sort_by_key(|root| {
            let leg = &self.store.legs[*root as usize];
            (leg.ts_seen, leg.number)
        });
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for root in numbers {
            let leg = &self.store.legs[root as usize];
            let order = orders.iter().copied().find(|order| {
                fits(&self.store.orders[*order as usize], leg)
                    && pairs.iter().all(|(taken, _)| taken != order)
            })?;
            pairs.push((order, root));
        }
        Some(pairs)
    }

    fn is_ambiguous(&mut self, orders: &[u32], out: &mut Vec<Output>) {
        for order in orders {
            let order = &mut self.store.orders[*order as usize];
            if !order.ambiguous {
                order.ambiguous = true;
                out.push(Output::Notice(Notice::Ambiguous { order: order.id }));
            }
        }
    }

    /// Doubt that was there before the fills were asked for is settled.
    fn lift_doubts(&mut self, out: &mut Vec<Output>) {
        let (asked, _) = self.rounds.begun(Query::Filled);
        for leg in 0..self.store.legs.len() as u32 {
            let state = &mut self.store.legs[leg as usize];
            if state.doubt.is_some_and(|(_, since)| since < asked) {
                state.doubt = None;
                let gone = state.quantity - state.cumulative - state.leaves - state.removed;
                if gone > 0 && state.confirmed {
                    self.shares_removed(leg, gone, out);
                }
            }
        }
        for order in 0..self.store.orders.len() as u32 {
            let state = &self.store.orders[order as usize];
            if state.closing & closing::DOUBT == 0 {
                continue;
            }
            let mut chain = self.store.chain(state.root);
            if chain.all(|leg| self.store.legs[leg as usize].doubt.is_none()) {
                drop(chain);
                self.set_closing(order, closing::DOUBT, false, out);
                self.settle(order, out);
            }
        }
    }

    /// What the account holds. `false` when a difference needs another round.
    fn adopt_positions(&mut self, out: &mut Vec<Output>) -> bool {
        let (asked, _) = self.rounds.begun(Query::Filled);
        let rows: Vec<PositionRow> = self.rounds.positions.clone();
        for row in &rows {
            if self.book.instrument(row.symbol).is_none() {
                self.halt(HaltReason::TableFull, out);
            }
        }
        let mut settled = true;
        for index in 0..self.book.accounts.len() {
            let instrument = InstrumentId(index as u16);
            let symbol = self.book.code(instrument);
            let of = rows.iter().filter(|row| row.symbol == symbol);
            let theirs: i64 = of.clone().filter_map(|row| row.quantity.get()).sum();
            let price = of.clone().map(|row| row.average_price).next().unwrap_or_default();
            let can_fill =
                self.store.legs.iter().any(|leg| {
                    leg.instrument == instrument && (leg.leaves > 0 || leg.doubt.is_some())
                });
            let account = &mut self.book.accounts[index];
            account.sellable = of.map(|row| row.sellable).next().unwrap_or(account.sellable);
            let ours = account.ledger.quantity.raw();
            if !account.known {
                // A fill whose event is on its way may be in this figure: look again.
                settled &= !can_fill;
                self.book.adopt(instrument, theirs, price);
                continue;
            }
            if account.seq_fill >= asked {
                settled &= theirs == ours;
                continue;
            }
            if theirs == ours {
                account.unexplained = None;
            } else if account.unexplained == Some(theirs - ours) {
                account.unexplained = None;
                self.differs(Difference::Position { symbol, ours, theirs }, out);
                self.book.adopt(instrument, theirs, price);
            } else {
                account.unexplained = Some(theirs - ours);
                settled = false;
            }
        }
        settled
    }
}

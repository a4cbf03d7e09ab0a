//! What `00` and `04` events say.
//!
//! Every event of an order number is a true statement about one moment. Shares filled (911) only
//! rise and shares open (902) only fall, so the highest 911 and the lowest 902 that were ever told are
//! the state, in whatever order the events come and however often. A fill is a rise of 911, and only
//! that.

use super::input::{Holding, Update};
use super::machine::{Machine, News};
use super::output::{Difference, Doubt, HaltReason, Notice, Output};
use super::store::{Leg, NONE, Noted, OrderEntry, Owner, RequestKind, RequestStage};
use strategy_api::{
    InstrumentId, Notional, OrderAction, OrderEvent, OrderState, OrderStatus, Price, Quantity,
    Side, Text, UnixNanos,
};

/// What is needed to know an order number by.
pub(super) struct Face {
    pub(super) number: super::BrokerNumber,
    pub(super) original: Option<super::BrokerNumber>,
    pub(super) action: OrderAction,
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) order_type: Option<strategy_api::OrderType>,
    pub(super) venue: strategy_api::Venue,
    pub(super) price: Price,
    pub(super) quantity: i64,
    /// Latest moment at which it can have come into the world.
    pub(super) ts_seen: UnixNanos,
}

impl Machine {
    pub(super) fn update(&mut self, update: &Update, out: &mut Vec<Output>) {
        let Some(instrument) = self.book.instrument(update.symbol) else {
            self.rounds.ask(Doubt::QuantitiesDisagree, self.now);
            return self.halt(HaltReason::TableFull, out);
        };
        let leg = match self.store.leg_by_number(update.number) {
            Some(leg) => leg,
            None => {
                let face = Face {
                    number: update.number,
                    original: update.original,
                    action: update.action,
                    instrument,
                    side: update.side,
                    order_type: update.order_type,
                    venue: update.venue,
                    price: update.price,
                    quantity: update.quantity.get().unwrap_or(0).max(0),
                    ts_seen: self.now,
                };
                match self.meet(face, out) {
                    Some(leg) => leg,
                    None => return,
                }
            }
        };
        let known = &self.store.legs[leg as usize];
        if known.instrument != instrument
            || (update.side != Side::NONE && known.side != update.side)
        {
            // The same number for two orders.
            return self.halt(HaltReason::Contradiction, out);
        }
        let first = !known.heard;
        self.hear(leg, update);
        if self.store.legs[leg as usize].action == OrderAction::CANCEL {
            return self.cancel_event(leg, update, out);
        }
        let before = self.store.legs[leg as usize];
        if update.state == OrderState::REJECTED && before.is_pending() {
            return self.modify_rejected(leg, update, out);
        }
        self.learn_quantity(leg, update, first, out);
        self.confirm(leg, update, first, out);
        self.count_fill(leg, update, out);
        self.check_value(leg, update, out);
        self.take_leaves(leg, update, &before, out);
    }

    /// Adds an order number that nobody told about before, and finds out whose it is.
    pub(super) fn meet(&mut self, face: Face, out: &mut Vec<Output>) -> Option<u32> {
        let parent = face.original.and_then(|number| self.store.leg_by_number(number));
        // 904 names an order that nobody knows: it may be one that has no number for us yet.
        let lost_parent = face.original.is_some() && parent.is_none();
        let action = if face.action == OrderAction::NONE { OrderAction::NEW } else { face.action };
        let confirmed = action == OrderAction::NEW;
        let leg = Leg {
            number: face.number,
            original: face.original,
            root: NONE,
            next: NONE,
            owner: Owner::Open,
            action,
            instrument: face.instrument,
            side: face.side,
            order_type: face.order_type,
            venue: face.venue,
            price: face.price,
            quantity: face.quantity,
            cumulative: 0,
            leaves: if confirmed { face.quantity } else { 0 },
            removed: 0,
            value: 0,
            fee: 0,
            tax: 0,
            covered: 0,
            first_fill: NONE,
            last_fill: NONE,
            change: NONE,
            confirmed,
            doubt: None,
            heard: false,
            ts_seen: face.ts_seen,
            seq_seen: self.seq,
            seq_rise: 0,
        };
        let Some(index) = self.store.add_leg(leg) else {
            self.rounds.ask(Doubt::QuantitiesDisagree, self.now);
            self.halt(HaltReason::TableFull, out);
            return None;
        };
        match parent {
            Some(parent) => self.link_to(index, parent, out),
            None if self.may_be_ours(index, lost_parent) => self.store.unclaimed.push(index),
            None => self.is_foreign(index, out),
        }
        Some(index)
    }

    fn is_foreign(&mut self, root: u32, out: &mut Vec<Output>) {
        self.store.legs[root as usize].owner = Owner::Foreign;
        let number = self.store.legs[root as usize].number;
        out.push(Output::Notice(Notice::Foreign { number }));
        self.differs(Difference::Foreign { number }, out);
        // An order that was given up as lost and looks just like it: the strategy was told that it
        // is dead. A person must look before anything more is sent.
        let lost = self.store.orders.iter().find(|order| {
            let placed = &self.store.requests[order.placed_by.0 as usize];
            order.status == OrderStatus::REJECTED
                && placed.unknown_since.is_set()
                && placed.no_trace > 0
                && fits(order, &self.store.legs[root as usize])
        });
        if let Some(order) = lost.map(|order| order.id) {
            out.push(Output::Notice(Notice::Resurfaced { order, number }));
            self.halt(HaltReason::Contradiction, out);
        }
    }

    /// Whether a request without an answer could be this order number.
    fn may_be_ours(&self, leg: u32, lost_parent: bool) -> bool {
        self.store.live.iter().any(|request| {
            let request = &self.store.requests[*request as usize];
            let order = &self.store.orders[request.order as usize];
            let open = request.is_unanswered() || request.stage == RequestStage::Unknown;
            request.kind == RequestKind::New
                && open
                && (fits(order, &self.store.legs[leg as usize]) || lost_parent)
        })
    }

    /// Order numbers that no open request could be any more are somebody else's.
    pub(super) fn review_unclaimed(&mut self, out: &mut Vec<Output>) {
        let mut at = 0;
        while let Some(root) = self.store.unclaimed.get(at).copied() {
            let lost_parent = self.store.legs[root as usize].original.is_some();
            if self.may_be_ours(root, lost_parent) {
                at += 1;
            } else {
                self.store.unclaimed.remove(at);
                self.is_foreign(root, out);
            }
        }
    }

    /// Notes that an event of the number came.
    fn hear(&mut self, leg: u32, update: &Update) {
        let state = &mut self.store.legs[leg as usize];
        state.heard = true;
        if state.order_type.is_none() {
            state.order_type = update.order_type;
        }
        if state.action == OrderAction::NEW && state.root == leg {
            if let Owner::Order(order) = state.owner {
                let request = self.store.orders[order as usize].placed_by.0;
                let placed = &mut self.store.requests[request as usize];
                if !placed.ts_event.is_set() {
                    placed.ts_event = self.now;
                }
                if placed.stage == RequestStage::Accepted {
                    self.end_request(request, RequestStage::Done);
                }
            }
        } else if let Some(request) = self.change_of(leg) {
            let request = &mut self.store.requests[request as usize];
            if !request.ts_event.is_set() {
                request.ts_event = self.now;
            }
        }
    }

    /// The request in flight that an order number of a modify or cancel belongs to: by its number,
    /// or, before the reply has told, because it changes the same order in the same way.
    fn change_of(&self, leg: u32) -> Option<u32> {
        let state = &self.store.legs[leg as usize];
        let target = self.store.leg_by_number(state.original?)?;
        let change = self.store.legs[target as usize].change;
        let request = self.store.requests.get(change as usize)?;
        let kind = match state.action {
            OrderAction::MODIFY => RequestKind::Replace,
            OrderAction::CANCEL => RequestKind::Cancel,
            _ => return None,
        };
        let fits = match request.number {
            Some(number) => number == state.number,
            None if kind == RequestKind::Cancel => true,
            None => {
                let size = request.quantity == 0 || request.quantity == state.quantity;
                state.price == request.price && size
            }
        };
        (request.kind == kind && fits).then_some(change)
    }

    fn cancel_event(&mut self, leg: u32, update: &Update, out: &mut Vec<Output>) {
        if update.state == OrderState::REJECTED {
            if let Some(request) = self.change_of(leg) {
                let news = News::because(update.reject_reason.as_str());
                self.change_failed(request, news, out);
            }
        } else {
            self.store.legs[leg as usize].confirmed |= update.state == OrderState::CONFIRMED;
        }
    }

    fn modify_rejected(&mut self, leg: u32, update: &Update, out: &mut Vec<Output>) {
        let request = self.change_of(leg);
        self.store.legs[leg as usize].confirmed = true;
        match (request, self.store.owner(leg)) {
            (Some(request), _) => {
                let news = News::because(update.reject_reason.as_str());
                self.change_failed(request, news, out);
            }
            (None, Owner::Order(order)) => self.settle(order, out),
            _ => {}
        }
    }

    fn learn_quantity(&mut self, leg: u32, update: &Update, first: bool, out: &mut Vec<Output>) {
        let Some(told) = update.quantity.get().filter(|told| *told > 0) else { return };
        let state = &mut self.store.legs[leg as usize];
        if state.quantity == told {
            return;
        }
        // "Everything that is left" has a number only at the broker.
        if state.quantity == 0 || (first && state.action == OrderAction::MODIFY) {
            state.quantity = told;
            if state.confirmed && state.cumulative == 0 && state.leaves == 0 && first {
                state.leaves = told;
            }
        } else {
            self.doubt(leg, Doubt::QuantitiesDisagree, out);
        }
    }

    /// A modify's own number takes effect with 확인, or with a fill.
    fn confirm(&mut self, leg: u32, update: &Update, first: bool, out: &mut Vec<Output>) {
        let state = &mut self.store.legs[leg as usize];
        if !state.is_pending() {
            return;
        }
        let rest = state.quantity - state.cumulative;
        match update.state {
            OrderState::CONFIRMED | OrderState::FILLED => {
                state.confirmed = true;
                state.leaves = rest;
                let empty = update.leaves.get().is_some_and(|leaves| leaves == 0);
                if update.state == OrderState::CONFIRMED && empty && rest > 0 {
                    // It cannot be over before it began: ask instead of believing.
                    self.doubt(leg, Doubt::QuantitiesDisagree, out);
                }
            }
            _ if !first && update.leaves == Quantity::ZERO => {
                return self.doubt(leg, Doubt::QuantitiesDisagree, out);
            }
            _ => return,
        }
        if let Some(request) = self.change_of(leg) {
            let number = self.store.legs[leg as usize].number;
            self.store.requests[request as usize].number = Some(number);
            self.try_complete_replace(request, out);
        } else if let Owner::Order(order) = self.store.owner(leg) {
            // Another hand modified our order: the strategy learns of it.
            let price = self.store.legs[leg as usize].price;
            self.replaced(order, price, Price::UNSET, out);
        }
    }

    fn count_fill(&mut self, leg: u32, update: &Update, out: &mut Vec<Output>) {
        let state = self.store.legs[leg as usize];
        let number = state.number;
        let has_number = !update.fill_number.is_empty();
        let repeat = has_number && self.store.knows_fill_number(number, &update.fill_number);
        let last = update.last_quantity.get().unwrap_or(0);
        let Some(total) = update.cumulative.get() else {
            if !repeat && last > 0 {
                self.doubt(leg, Doubt::FillsDisagree, out);
            }
            return;
        };
        let rise = total - state.cumulative;
        if rise <= 0 {
            // Nothing new. It is a repeat, a list has told it already, or it is the word of a moment
            // before the first fill; else the total fell, or a fill did not raise it.
            let before_fills = total == 0 && !has_number && last <= 0;
            let no_fill = rise == 0 && !has_number;
            let fine = repeat || total <= state.covered || before_fills || no_fill;
            if !fine {
                self.doubt(leg, Doubt::FillsDisagree, out);
            } else if has_number && !repeat {
                self.note(leg, &update.fill_number, out);
            }
            return;
        }
        let sound = last == rise && !repeat && state.doubt.is_none();
        let fits = state.quantity == 0 || total <= state.quantity;
        if !sound || !fits {
            let why = if fits { Doubt::FillsDisagree } else { Doubt::QuantitiesDisagree };
            return self.doubt(leg, why, out);
        }
        if has_number {
            self.note(leg, &update.fill_number, out);
        }
        let value = match update.last_price.get() {
            Some(price) if price > 0 => i64::from(price).saturating_mul(rise),
            // No price of its own: the money that it added.
            _ => (update.value.get().unwrap_or(state.value) - state.value).max(0),
        };
        let seq = self.seq;
        self.store.legs[leg as usize].seq_rise = seq;
        if let Some(account) = self.book.accounts.get_mut(state.instrument.index()) {
            account.seq_fill = seq;
        }
        self.book_fill(leg, rise, value, update.ts_event, out);
        if let (Some(fee), Some(tax)) = (update.fee.get(), update.tax.get()) {
            self.charge_to(leg, fee.max(0), tax.max(0));
        }
    }

    fn note(&mut self, leg: u32, fill_number: &Text<16>, out: &mut Vec<Output>) {
        let number = self.store.legs[leg as usize].number;
        if self.store.note_fill_number(number, fill_number) == Noted::Full {
            self.halt(HaltReason::TableFull, out);
        }
    }

    /// The money of the fills against 903, when both speak of the same fills.
    fn check_value(&self, leg: u32, update: &Update, out: &mut Vec<Output>) {
        let state = &self.store.legs[leg as usize];
        let same = update.cumulative.get() == Some(state.cumulative) && state.cumulative > 0;
        if let Some(theirs) = update.value.get()
            && same
            && theirs != state.value
            && state.covered == 0
        {
            let (number, ours) = (state.number, state.value);
            out.push(Output::Notice(Notice::ValueDiffers { number, ours, theirs }));
        }
    }

    /// Shares that are open no more without having been filled.
    fn take_leaves(&mut self, leg: u32, update: &Update, before: &Leg, out: &mut Vec<Output>) {
        let state = &self.store.legs[leg as usize];
        let filled = state.cumulative - before.cumulative;
        let rejected = update.state == OrderState::REJECTED;
        // A modify that is over before it began is not believed.
        let believed = !(state.doubt.is_some() && before.is_pending());
        let told = if rejected { Some(0) } else { update.leaves.get() };
        let owner = self.store.owner(leg);
        if rejected && let Owner::Order(order) = owner {
            let order = &mut self.store.orders[order as usize];
            order.rejected_late = true;
            order.reason = Text::truncated(update.reject_reason.as_str()).0;
        }
        let lowered = believed && told.is_some_and(|told| self.lower(leg, told, out) > 0);
        if let Owner::Order(order) = owner
            && (lowered || filled > 0)
        {
            self.settle(order, out);
            self.send_wanted_cancel(order, None, out);
        }
    }

    /// Takes over that no more than `told` shares are open; gives how many fewer that is. Shares that
    /// went without a fill were cancelled or moved, unless fills are in doubt: then the list says
    /// first how many were filled.
    pub(super) fn lower(&mut self, leg: u32, told: i64, out: &mut Vec<Output>) -> i64 {
        let state = &mut self.store.legs[leg as usize];
        if !state.confirmed || told < 0 || told >= state.leaves {
            return 0;
        }
        let gone = state.leaves - told;
        state.leaves = told;
        if state.doubt.is_none() {
            self.shares_removed(leg, gone, out);
        }
        gone
    }

    /// Shares of an order number went without a fill: what that means for the order and for the
    /// change on its way.
    pub(super) fn shares_removed(&mut self, leg: u32, removed: i64, out: &mut Vec<Output>) {
        let state = &mut self.store.legs[leg as usize];
        state.removed += removed;
        let (leaves, change) = (state.leaves, state.change);
        let moved = self.has_modify_child(leg);
        let replacing = self
            .store
            .requests
            .get(change as usize)
            .is_some_and(|request| request.kind == RequestKind::Replace);
        let owner = self.store.owner(leg);
        let cancelled_part = leaves > 0 && !moved && !replacing;
        if let Owner::Order(order) = owner
            && cancelled_part
        {
            let entry = &mut self.store.orders[order as usize];
            entry.total -= Quantity::new(removed);
            entry.request.quantity = entry.total;
        }
        if change != NONE {
            self.store.requests[change as usize].shrunk = true;
            if replacing {
                return self.try_complete_replace(change, out);
            }
            self.end_change(change, RequestStage::Done, out);
        }
        // The end of the whole order is told when it is settled.
        if let Owner::Order(order) = owner
            && (cancelled_part || (change != NONE && self.store.leaves(order) > 0))
        {
            self.report(order, OrderEvent::CANCELLED, News::NONE, out);
        }
    }

    /// Whether shares of this number may have gone to a number of their own.
    pub(super) fn has_modify_child(&self, leg: u32) -> bool {
        let state = &self.store.legs[leg as usize];
        self.store.chain(state.root).any(|other| {
            let other = &self.store.legs[other as usize];
            other.original == Some(state.number) && other.action == OrderAction::MODIFY
        })
    }

    pub(super) fn holding(&mut self, holding: &Holding, out: &mut Vec<Output>) {
        let Some(instrument) = self.book.instrument(holding.symbol) else {
            return self.halt(HaltReason::TableFull, out);
        };
        let now = self.now;
        if let Some(account) = self.book.accounts.get_mut(instrument.index()) {
            if holding.quantity.is_set() {
                account.told = holding.quantity.get();
            }
            account.sellable = holding.sellable;
            account.compare(now);
            if account.differs_since.is_set() {
                let due = account.differs_since + self.settings.holding_grace;
                self.rounds.check_holding_at(due);
            }
        }
    }

    /// Asks the broker when a `04` event and our position have differed for too long.
    pub(super) fn check_holdings(&mut self) {
        if self.rounds.holding_check.is_none_or(|due| due > self.now) {
            return;
        }
        self.rounds.holding_check = None;
        for index in 0..self.book.accounts.len() {
            let account = &mut self.book.accounts[index];
            if !account.differs_since.is_set() {
                continue;
            }
            let due = account.differs_since + self.settings.holding_grace;
            if due <= self.now {
                // The list decides; the next event starts the comparison anew.
                account.told = None;
                account.differs_since = UnixNanos::UNSET;
                self.rounds.ask(Doubt::HoldingDiffers, self.now);
            } else {
                self.rounds.check_holding_at(due);
            }
        }
    }
}

/// Whether an order number could be this order, by everything that the broker shows of it. What the
/// broker leaves out excludes nothing.
pub(super) fn fits(order: &OrderEntry, leg: &Leg) -> bool {
    let request = &order.request;
    leg.action == OrderAction::NEW
        && leg.instrument == request.instrument
        && (leg.side == request.side || leg.side == Side::NONE)
        && (leg.quantity == request.quantity.raw() || leg.quantity == 0)
        && leg.order_type.is_none_or(|order_type| order_type == request.order_type)
        && (!request.order_type.takes_price() || leg.price == request.price || !leg.price.is_set())
        && leg.ts_seen >= order.ts_sent
}

/// The money of fills that only a list told: what the average says, less what was known.
pub(super) fn value_by_average(average: Price, total: i64, known: i64) -> i64 {
    let whole = i64::from(average.get().unwrap_or(0)).saturating_mul(total);
    Notional::new(whole - known).raw().max(0)
}

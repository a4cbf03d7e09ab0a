//! The machine itself: what it holds, how an input becomes decisions, how an order moves.

use super::book::{AccountPosition, Book, StrategyPosition};
use super::input::{Carry, Cash, Input, RequestId};
use super::ledger::{Costs, average};
use super::output::{Difference, Doubt, HaltReason, Notice, Output};
use super::rounds::Rounds;
use super::settings::Settings;
use super::status::may_move;
use super::store::{
    Fill, NONE, OrderEntry, Owner, RequestKind, RequestStage, RequestState, Store, closing,
};
use strategy_api::{
    ClientOrderId, InstrumentId, Kind, Notional, OrderEvent, OrderReport, OrderStatus, Position,
    Price, Quantity, Record, Refusal, Side, Symbol, Text, UnixNanos, WorkingOrder,
};

/// What is remembered between inputs, and nothing else: two machines that took the same inputs are
/// equal.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    pub(super) settings: Settings,
    /// Inputs taken so far.
    pub(super) seq: u64,
    pub(super) now: UnixNanos,
    pub(super) store: Store,
    pub(super) book: Book,
    pub(super) rounds: Rounds,
    pub(super) ready: bool,
    pub(super) halted: Option<HaltReason>,
    pub(super) cash: Option<Cash>,
    pub(super) reports: u64,
}

impl Machine {
    /// A machine that knows nothing yet. Instruments are the run's, by number; codes of other hands
    /// get the numbers that follow.
    pub fn new(settings: Settings, instruments: &[Symbol]) -> Self {
        let store = Store::new(
            settings.orders_max,
            settings.requests_max,
            settings.numbers_max,
            settings.fills_max,
        );
        Self {
            seq: 0,
            now: UnixNanos::UNSET,
            store,
            book: Book::new(instruments, settings.instruments_max, settings.positions_max),
            rounds: Rounds::new(settings.rows_max),
            ready: false,
            halted: None,
            cash: None,
            reports: 0,
            settings,
        }
    }

    /// Changes limits of time and costs, between two runs. The tables keep their size.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Inputs taken so far.
    pub fn sequence(&self) -> u64 {
        self.seq
    }

    /// Has the memory ready into which the next orders and what becomes of them are written. Now and
    /// then, beside the hot path: a page that the kernel gives in the middle of an order costs more than
    /// all the rest of it.
    pub fn make_ready(&mut self) {
        self.store.make_ready();
    }

    /// Takes one input and adds the decisions that follow from it. `ts` is our clock; it never goes
    /// back for the machine. Gives the sum over the decisions that the journal keeps beside the
    /// input.
    ///
    /// Every input is taken, however odd: what does not fit is a decision of its own (a notice, a
    /// reconciliation, a halt), never a panic.
    pub fn apply(&mut self, ts: UnixNanos, input: &Input, out: &mut Vec<Output>) -> u64 {
        let first = out.len();
        self.seq += 1;
        self.now = self.now.max(ts);
        match input {
            Input::Begin => self.begin(out),
            Input::Carry(carry) => {
                if let Some(position) = self
                    .book
                    .instrument(carry.symbol)
                    .and_then(|instrument| self.book.position(carry.strategy, instrument))
                {
                    let ledger = &mut self.book.strategies[position].ledger;
                    ledger.quantity += carry.quantity;
                    ledger.cost += carry.cost;
                } else {
                    self.halt(HaltReason::TableFull, out);
                }
            }
            Input::Wish(wish) => self.wish(wish, out),
            Input::Denied(_) => {}
            Input::Written { request } => self.written(*request, out),
            Input::Replied { request, reply } => self.replied(*request, reply, out),
            Input::Update(update) => self.update(update, out),
            Input::Holding(holding) => self.holding(holding, out),
            Input::FeedLost => self.feed_lost(),
            Input::FeedBack => self.feed_back(),
            Input::QueryBegun { round, query } => self.query_begun(*round, *query),
            Input::OpenRow(row) => self.rounds.open_row(row),
            Input::FilledRow(row) => self.rounds.filled_row(row),
            Input::PositionRow(row) => self.rounds.position_row(row),
            Input::Cash(cash) => self.rounds.cash_row(cash),
            Input::QueryEnded { round, query, complete } => {
                self.query_ended(*round, *query, *complete, out);
            }
            Input::CancelEverything => self.cancel_where(|_| true, out),
            Input::Settle { order, number } => self.settled_by_hand(*order, *number, out),
            Input::Resume => self.halted = None,
            Input::Tick => {}
        }
        self.look_at_the_clock(out);
        out[first..].iter().fold(self.seq, |sum, output| output.mix(sum))
    }

    /// When a [`Tick`](Input::Tick) is due, unless another input comes first.
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        let requests = self.store.live.iter().map(|r| self.store.requests[*r as usize].deadline);
        let requests = requests.filter(|deadline| deadline.is_set()).min();
        let holdings = self.rounds.holding_check;
        [requests, self.rounds.deadline(), holdings].into_iter().flatten().min()
    }

    /// Whether orders are taken: reconciled and not halted.
    pub fn is_ready(&self) -> bool {
        self.ready && self.halted.is_none()
    }

    /// Why no orders are taken, when it is halted.
    pub fn halted(&self) -> Option<HaltReason> {
        self.halted
    }

    /// Whether a strategy may trade an instrument.
    pub fn is_open(&self, strategy: u16, instrument: InstrumentId) -> bool {
        self.is_ready()
            && self
                .book
                .find(strategy, instrument)
                .is_none_or(|index| self.book.strategies[index].closed == 0)
    }

    /// All orders of the day, oldest first.
    pub fn orders(&self) -> &[OrderEntry] {
        &self.store.orders
    }

    /// Orders that are not final, in no particular order.
    pub fn open_orders(&self) -> impl ExactSizeIterator<Item = &OrderEntry> + '_ {
        self.store.open.iter().map(|order| &self.store.orders[*order as usize])
    }

    /// Fills of the day, those of other hands included.
    pub fn fill_count(&self) -> usize {
        self.store.fills.len()
    }

    /// Requests of the day: the next one gets this number.
    pub fn request_count(&self) -> u32 {
        self.store.requests.len() as u32
    }

    /// What the account holds, by number of the instrument.
    pub fn account_positions(&self) -> &[AccountPosition] {
        &self.book.accounts
    }

    /// One order.
    pub fn order(&self, id: ClientOrderId) -> Option<&OrderEntry> {
        self.store.order_by_id(id).map(|index| &self.store.orders[index as usize])
    }

    /// Shares of an order that can still fill.
    pub fn leaves(&self, id: ClientOrderId) -> Quantity {
        Quantity::new(self.store.order_by_id(id).map_or(0, |order| self.store.leaves(order)))
    }

    /// The broker's numbers of an order, first to last, those of its cancels included.
    pub fn numbers(&self, id: ClientOrderId) -> impl Iterator<Item = super::BrokerNumber> + '_ {
        let root = self.order(id).map_or(NONE, |order| order.root);
        self.store.chain(root).map(|leg| self.store.legs[leg as usize].number)
    }

    /// Those of them that have shares open: what a person would cancel. Two after a modify of a part.
    pub fn open_numbers(
        &self,
        id: ClientOrderId,
    ) -> impl Iterator<Item = super::BrokerNumber> + '_ {
        let root = self.order(id).map_or(NONE, |order| order.root);
        let legs = self.store.chain(root).map(|leg| &self.store.legs[leg as usize]);
        legs.filter(|leg| leg.leaves > 0).map(|leg| leg.number)
    }

    /// The fills of an order, number by number.
    pub fn fills(&self, id: ClientOrderId) -> impl Iterator<Item = &Fill> + '_ {
        let root = self.order(id).map_or(NONE, |order| order.root);
        self.store.fills_from(root)
    }

    /// A request.
    pub fn request(&self, id: RequestId) -> Option<&RequestState> {
        self.store.requests.get(id.0 as usize)
    }

    /// The order that a request is about.
    pub fn order_of(&self, id: RequestId) -> Option<&OrderEntry> {
        self.request(id).map(|request| &self.store.orders[request.order as usize])
    }

    /// All requests with their orders, oldest first.
    pub fn requests(&self) -> impl Iterator<Item = (RequestId, &RequestState, &OrderEntry)> + '_ {
        self.store.requests.iter().enumerate().map(|(index, request)| {
            (RequestId(index as u32), request, &self.store.orders[request.order as usize])
        })
    }

    /// The highest id that a strategy has used, so that a new run goes on behind it.
    pub fn last_order_id(&self, strategy: u16) -> Option<ClientOrderId> {
        let orders = self.store.orders.iter().filter(|order| order.strategy == strategy);
        orders.map(|order| order.id).max()
    }

    /// What the strategies hold, in no particular order.
    pub fn strategy_positions(&self) -> &[StrategyPosition] {
        &self.book.strategies
    }

    /// What the account holds in an instrument.
    pub fn account_position(&self, instrument: InstrumentId) -> Option<&AccountPosition> {
        self.book.accounts.get(instrument.index())
    }

    /// What strategies hold, to be given to the machine of the next day.
    pub fn carry(&self) -> impl Iterator<Item = Carry> + '_ {
        let held = self.book.strategies.iter().filter(|p| p.ledger.quantity != Quantity::ZERO);
        held.map(|position| Carry {
            strategy: position.strategy,
            symbol: self.book.code(position.instrument),
            quantity: position.ledger.quantity,
            cost: position.ledger.cost,
        })
    }

    /// Shares of the account that belong to no strategy.
    pub fn unowned(&self, instrument: InstrumentId) -> Quantity {
        let held = self.account_position(instrument).map_or(0, |a| a.ledger.quantity.raw());
        let own = self.book.strategies.iter().filter(|p| p.instrument == instrument);
        Quantity::new(held - own.map(|p| p.ledger.quantity.raw()).sum::<i64>())
    }

    /// Cash, when the broker has told.
    pub fn cash(&self) -> Option<&Cash> {
        self.cash.as_ref()
    }

    /// The code of an instrument, those of other hands included.
    pub fn code(&self, instrument: InstrumentId) -> Symbol {
        self.book.code(instrument)
    }

    /// All codes, by number.
    pub fn codes(&self) -> &[Symbol] {
        self.book.codes()
    }

    /// A strategy's position as its plugin sees it.
    pub fn position(&self, strategy: u16, instrument: InstrumentId) -> Position {
        let mut position = Position::flat(instrument);
        if let Some(index) = self.book.find(strategy, instrument) {
            let ledger = &self.book.strategies[index].ledger;
            position.quantity = ledger.quantity;
            position.average_price = ledger.average_price();
        }
        for order in &self.store.open {
            let state = &self.store.orders[*order as usize];
            if state.strategy == strategy && state.request.instrument == instrument {
                let leaves = Quantity::new(self.store.leaves(*order));
                if state.request.side == Side::BUY {
                    position.open_buy += leaves;
                } else {
                    position.open_sell += leaves;
                }
            }
        }
        position
    }

    /// A strategy's orders that are not final, oldest first, as its plugin sees them; as many as
    /// there is room for. Gives how many there are.
    pub fn working_orders(&self, strategy: u16, out: &mut [WorkingOrder]) -> usize {
        let mut count = 0;
        for order in &self.store.open {
            if self.store.orders[*order as usize].strategy == strategy {
                if let Some(place) = out.get_mut(count) {
                    *place = self.working_order(*order);
                }
                count += 1;
            }
        }
        let filled = count.min(out.len());
        out[..filled].sort_unstable_by_key(|order| order.id);
        count
    }

    /// An order as its strategy's plugin sees it, final or not.
    pub fn as_working(&self, id: ClientOrderId) -> Option<WorkingOrder> {
        self.store.order_by_id(id).map(|order| self.working_order(order))
    }

    fn working_order(&self, order: u32) -> WorkingOrder {
        let state = &self.store.orders[order as usize];
        let (cancel, replace) = self.pending(order);
        WorkingOrder {
            id: state.id,
            request: state.request,
            leaves: Quantity::new(self.store.leaves(order)),
            cumulative_filled: state.cumulative,
            order_number: self.newest_number(order),
            status: state.status,
            pending_cancel: cancel.into(),
            pending_replace: replace.into(),
            reserved: [0; 5],
        }
    }

    /// Whether a cancel and whether a replace of an order is on its way. Nothing of an order that is
    /// final is: a wish to cancel that it still has would only count if another hand revived it.
    pub fn pending_changes(&self, id: ClientOrderId) -> (bool, bool) {
        let order = self.store.order_by_id(id);
        let open = order.filter(|order| !self.store.orders[*order as usize].status.is_final());
        open.map_or((false, false), |order| self.pending(order))
    }

    /// Whether a cancel and whether a replace is on its way.
    pub(super) fn pending(&self, order: u32) -> (bool, bool) {
        let state = &self.store.orders[order as usize];
        let changes = self.store.chain(state.root).filter_map(|leg| {
            let change = self.store.legs[leg as usize].change;
            self.store.requests.get(change as usize)
        });
        let (mut cancel, mut replace) = (state.cancel_wanted, false);
        for request in changes {
            cancel |= request.kind == RequestKind::Cancel;
            replace |= request.kind == RequestKind::Replace;
        }
        (cancel, replace)
    }

    /// A run begins: nobody waits for replies any more.
    fn begin(&mut self, out: &mut Vec<Output>) {
        self.feed_lost();
        let mut at = 0;
        while let Some(request) = self.store.live.get(at).copied() {
            if self.store.requests[request as usize].is_unanswered() {
                self.unanswered(request, out);
            }
            // An ended request was replaced by the last one of the list.
            if self.store.live.get(at) == Some(&request) {
                at += 1;
            }
        }
        self.rounds.ask(Doubt::Start, self.now);
    }

    /// Events may be missed: no order before the broker has been asked.
    fn feed_lost(&mut self) {
        self.ready = false;
        self.rounds.feed_lost();
    }

    fn feed_back(&mut self) {
        self.ready = false;
        self.rounds.feed_back();
        self.rounds.ask(Doubt::FeedWasDown, self.now);
    }

    fn look_at_the_clock(&mut self, out: &mut Vec<Output>) {
        let mut at = 0;
        while let Some(request) = self.store.live.get(at).copied() {
            let state = &mut self.store.requests[request as usize];
            if state.deadline.is_set() && state.deadline <= self.now {
                state.deadline = UnixNanos::UNSET;
                if state.is_unanswered() {
                    self.unanswered(request, out);
                } else {
                    self.rounds.ask(Doubt::NoEvent, self.now);
                }
            }
            if self.store.live.get(at) == Some(&request) {
                at += 1;
            }
        }
        self.check_holdings();
        self.check_round(out);
    }

    /// Ends a request: nothing is due for it any more.
    pub(super) fn end_request(&mut self, request: u32, stage: RequestStage) {
        let state = &mut self.store.requests[request as usize];
        state.stage = stage;
        state.deadline = UnixNanos::UNSET;
        if let Some(at) = self.store.live.iter().position(|live| *live == request) {
            self.store.live.swap_remove(at);
        }
    }

    /// Stops taking orders.
    pub(super) fn halt(&mut self, why: HaltReason, out: &mut Vec<Output>) {
        if self.halted != Some(why) {
            self.halted = Some(why);
            out.push(Output::Halt(why));
        }
    }

    /// Moves an order along an edge; `true` when it moved.
    pub(super) fn move_to(&mut self, order: u32, to: OrderStatus, out: &mut Vec<Output>) -> bool {
        let state = &mut self.store.orders[order as usize];
        if state.status == to {
            return false;
        }
        if !may_move(state.status, to) {
            self.halt(HaltReason::IllegalMove, out);
            return false;
        }
        state.status = to;
        self.store.set_open(order, !to.is_final());
        true
    }

    /// Books shares of an order number as filled: account, and strategy where it is one's own.
    pub(super) fn book_fill(
        &mut self,
        leg: u32,
        quantity: i64,
        value: i64,
        ts_event: UnixNanos,
        out: &mut Vec<Output>,
    ) {
        let now = self.now;
        let state = &mut self.store.legs[leg as usize];
        state.cumulative += quantity;
        state.value += value;
        // What an event or a list told about shares open may already count this fill in.
        let rest = state.quantity - state.cumulative - state.removed;
        state.leaves = state.leaves.min(rest).max(0);
        let (number, instrument, side) = (state.number, state.instrument, state.side);
        let fill = Fill {
            number,
            quantity: Quantity::new(quantity),
            value: Notional::new(value),
            ts_event,
            ts: now,
            next: NONE,
        };
        if !self.store.add_fill(leg, fill) {
            // The sums above are right all the same; only the single fill is not kept.
            self.halt(HaltReason::TableFull, out);
        }
        self.book.account_fill(instrument, side, quantity, value, now);
        if let Owner::Order(order) = self.store.owner(leg) {
            self.strategy_fill(order, quantity, value, out);
        }
        self.charge(leg);
    }

    /// Books a fill for the strategy and tells it.
    pub(super) fn strategy_fill(
        &mut self,
        order: u32,
        quantity: i64,
        value: i64,
        out: &mut Vec<Output>,
    ) {
        let state = &mut self.store.orders[order as usize];
        state.cumulative += Quantity::new(quantity);
        state.value += Notional::new(value);
        state.untold = (state.untold - quantity).max(0);
        let was_final = state.status.is_final();
        let (strategy, request) = (state.strategy, state.request);
        match self.book.position(strategy, request.instrument) {
            Some(index) => self.book.strategies[index].ledger.fill(
                request.side,
                Quantity::new(quantity),
                Notional::new(value),
            ),
            None => self.halt(HaltReason::TableFull, out),
        }
        if was_final {
            let number = self.root_number(order);
            out.extend(number.map(|number| Output::Notice(Notice::LateFill { number })));
        }
        self.refresh(order, out);
        let news = News { fill: Some((quantity, average(value, quantity))), ..News::NONE };
        self.report(order, OrderEvent::FILLED, news, out);
        self.tell_end(order, out);
    }

    /// Brings fees and taxes of an order number up to date: the broker's figures where it told
    /// them, else by the rates.
    pub(super) fn charge(&mut self, leg: u32) {
        let state = &self.store.legs[leg as usize];
        let costs = self.costs(state.instrument);
        let (fee, tax) = costs.of(state.side, Notional::new(state.value));
        self.charge_to(leg, fee.raw(), tax.raw());
    }

    /// Sets what an order number has cost so far.
    pub(super) fn charge_to(&mut self, leg: u32, fee: i64, tax: i64) {
        let owner = self.store.owner(leg);
        let state = &mut self.store.legs[leg as usize];
        let (fee, tax) = (Notional::new(fee - state.fee), Notional::new(tax - state.tax));
        state.fee += fee.raw();
        state.tax += tax.raw();
        let instrument = state.instrument;
        if let Some(account) = self.book.accounts.get_mut(instrument.index()) {
            account.ledger.charge(fee, tax);
        }
        if let Owner::Order(order) = owner {
            let strategy = self.store.orders[order as usize].strategy;
            if let Some(index) = self.book.find(strategy, instrument) {
                self.book.strategies[index].ledger.charge(fee, tax);
            }
        }
    }

    fn costs(&self, instrument: InstrumentId) -> Costs {
        self.settings.costs.get(instrument.index()).copied().unwrap_or_default()
    }

    /// Works out where an order stands, and moves it there; `true` when it moved.
    pub(super) fn refresh(&mut self, order: u32, out: &mut Vec<Output>) -> bool {
        let state = &self.store.orders[order as usize];
        if state.root == NONE || state.status == OrderStatus::NONE {
            return false;
        }
        let leaves = self.store.leaves(order);
        let mut held_up = false;
        for leg in self.store.chain(state.root) {
            let leg = &self.store.legs[leg as usize];
            let replacing = self
                .store
                .requests
                .get(leg.change as usize)
                .is_some_and(|request| request.kind == RequestKind::Replace);
            held_up |= replacing || leg.is_pending() || leg.doubt.is_some();
        }
        let filled = state.cumulative.raw();
        let to = if leaves > 0 {
            if filled > 0 { OrderStatus::PARTIALLY_FILLED } else { OrderStatus::WORKING }
        } else if filled >= state.total.raw() {
            OrderStatus::FILLED
        } else if held_up && !state.status.is_final() {
            // Shares may be on their way to a new number: ask when nothing comes.
            let wait = self.now + self.settings.event_timeout;
            self.rounds.ask(Doubt::NoEvent, wait);
            if filled > 0 { OrderStatus::PARTIALLY_FILLED } else { state.status }
        } else if state.rejected_late && filled == 0 {
            OrderStatus::REJECTED
        } else {
            OrderStatus::CANCELLED
        };
        self.move_to(order, to, out)
    }

    /// Refreshes an order and tells the strategy when it came to an end.
    pub(super) fn settle(&mut self, order: u32, out: &mut Vec<Output>) {
        self.refresh(order, out);
        self.tell_end(order, out);
    }

    /// Tells the strategy, once, that the rest of its order is gone.
    pub(super) fn tell_end(&mut self, order: u32, out: &mut Vec<Output>) {
        let state = &mut self.store.orders[order as usize];
        let event = match state.status {
            OrderStatus::CANCELLED => OrderEvent::CANCELLED,
            OrderStatus::REJECTED => OrderEvent::REJECTED,
            _ => return state.end_told = state.status == OrderStatus::FILLED,
        };
        if !state.end_told {
            state.end_told = true;
            let news = News { reason: state.reason, ..News::NONE };
            self.report(order, event, news, out);
        }
    }

    /// Opens and closes the order's instrument for its strategy.
    pub(super) fn set_closing(&mut self, order: u32, bit: u8, on: bool, out: &mut Vec<Output>) {
        let state = &mut self.store.orders[order as usize];
        let before = state.closing;
        state.closing = if on { before | bit } else { before & !bit };
        let (was, is) = (before != 0, state.closing != 0);
        if was == is {
            return;
        }
        let (strategy, instrument) = (state.strategy, state.request.instrument);
        let Some(index) = self.book.find(strategy, instrument) else { return };
        let closed = &mut self.book.strategies[index].closed;
        if is {
            *closed += 1;
            if *closed == 1 {
                out.push(Output::Close { strategy, instrument });
            }
        } else {
            *closed = closed.saturating_sub(1);
            if *closed == 0 {
                out.push(Output::Open { strategy, instrument });
            }
        }
    }

    /// Notes doubt about an order number. Its fills are not counted until a list has told.
    pub(super) fn doubt(&mut self, leg: u32, why: Doubt, out: &mut Vec<Output>) {
        let seq = self.seq;
        let state = &mut self.store.legs[leg as usize];
        let first = state.doubt.is_none();
        state.doubt = Some((why, seq));
        let number = state.number;
        if let Owner::Order(order) = self.store.owner(leg) {
            self.set_closing(order, closing::DOUBT, true, out);
        }
        if first {
            out.push(Output::Notice(Notice::Doubt { number, why }));
        }
        self.rounds.ask(why, self.now);
    }

    /// A difference, for the journal and the screen.
    pub(super) fn differs(&self, difference: Difference, out: &mut Vec<Output>) {
        out.push(Output::Difference(difference));
    }

    pub(super) fn root_number(&self, order: u32) -> Option<super::BrokerNumber> {
        let root = self.store.orders[order as usize].root;
        self.store.legs.get(root as usize).map(|leg| leg.number)
    }

    fn newest_number(&self, order: u32) -> strategy_api::OrderNumber {
        let root = self.store.orders[order as usize].root;
        let numbers = self.store.chain(root).map(|leg| &self.store.legs[leg as usize]);
        let numbers = numbers.filter(|leg| leg.action != strategy_api::OrderAction::CANCEL);
        numbers.last().map(|leg| leg.number.text()).unwrap_or_default()
    }

    /// Tells a strategy about its order.
    pub(super) fn report(
        &mut self,
        order: u32,
        event: OrderEvent,
        news: News,
        out: &mut Vec<Output>,
    ) {
        self.reports += 1;
        let state = &self.store.orders[order as usize];
        let mut report = blank_report(self.now, self.reports);
        report.header.instrument = state.request.instrument;
        report.header.venue = state.request.venue;
        report.order = state.id;
        report.request = state.request;
        report.order_number = self.newest_number(order);
        report.leaves = Quantity::new(self.store.leaves(order));
        report.cumulative_filled = state.cumulative;
        if let Some((quantity, price)) = news.fill {
            report.last_quantity = Quantity::new(quantity);
            report.last_price = price;
        }
        report.refusal = news.refusal.map_or(0, Refusal::code);
        report.event = event;
        report.status = state.status;
        report.reason = news.reason;
        out.push(Output::Report { strategy: state.strategy, report });
    }

    /// Tells a strategy about an order that does not exist.
    pub(super) fn refuse(
        &mut self,
        strategy: u16,
        order: ClientOrderId,
        event: OrderEvent,
        refusal: Refusal,
        out: &mut Vec<Output>,
    ) {
        self.reports += 1;
        let mut report = blank_report(self.now, self.reports);
        report.order = order;
        report.event = event;
        report.refusal = refusal.code();
        out.push(Output::Report { strategy, report });
    }
}

/// What a report says besides where the order stands.
#[derive(Clone, Copy)]
pub(super) struct News {
    pub(super) fill: Option<(i64, Price)>,
    pub(super) refusal: Option<Refusal>,
    pub(super) reason: Text<64>,
}

impl News {
    pub(super) const NONE: Self = Self { fill: None, refusal: None, reason: Text::EMPTY };

    pub(super) fn because(reason: &str) -> Self {
        Self { reason: Text::truncated(reason).0, ..Self::NONE }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::NONE }
    }
}

pub(super) fn blank_report(now: UnixNanos, sequence: u64) -> OrderReport {
    let mut report = OrderReport::unset();
    report.header.kind = Kind::ORDER_REPORT;
    report.header.sequence = sequence;
    report.header.ts_event = now;
    report.header.ts_recv = now;
    report.leaves = Quantity::ZERO;
    report.cumulative_filled = Quantity::ZERO;
    report
}

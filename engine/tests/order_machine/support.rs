//! A machine with virtual time, and frames of the broker in a line each.

use engine::order::{
    Ask, BrokerNumber, Cash, FilledRow, Input, Machine, OpenRow, OrderEntry, OrderRow, Output,
    PositionRow, Query, Reply, Request, RequestId, Settings, Update, Want, Wish,
};
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, InstrumentId, Notional, OrderAction, OrderEvent,
    OrderReport, OrderRequest, OrderState, OrderStatus, OrderType, Price, Quantity, ReplaceRequest,
    Side, Symbol, Text, TimeOfDay, UnixNanos, Venue,
};

pub(crate) const SAMSUNG: InstrumentId = InstrumentId(0);
pub(crate) const HYNIX: InstrumentId = InstrumentId(1);
/// 2026-11-23 09:00:00 in Korea.
pub(crate) const OPEN: UnixNanos = UnixNanos::new(1_795_392_000_000_000_000);

pub(crate) fn settings() -> Settings {
    Settings {
        orders_max: 256,
        requests_max: 2048,
        numbers_max: 2048,
        fills_max: 4096,
        instruments_max: 16,
        positions_max: 64,
        rows_max: 2048,
        ..Settings::default()
    }
}

pub(crate) fn symbols() -> [Symbol; 2] {
    ["005930", "000660"].map(|code| Symbol::new(code).unwrap())
}

pub(crate) fn number(n: u32) -> BrokerNumber {
    BrokerNumber::new(n).unwrap()
}

pub(crate) fn limit(side: Side, price: i32, quantity: i64) -> OrderRequest {
    OrderRequest::limit(SAMSUNG, Venue::KRX, side, Price::new(price), Quantity::new(quantity))
}

/// A `00` event of a limit order for 005930.
pub(crate) fn event(n: u32, state: OrderState, quantity: i64, leaves: i64) -> Update {
    Update {
        number: number(n),
        original: None,
        symbol: symbols()[0],
        side: Side::BUY,
        action: OrderAction::NEW,
        state,
        order_type: Some(OrderType::LIMIT),
        venue: Venue::KRX,
        quantity: Quantity::new(quantity),
        leaves: Quantity::new(leaves),
        cumulative: Quantity::UNSET,
        last_quantity: Quantity::UNSET,
        price: Price::new(60_000),
        last_price: Price::UNSET,
        value: Notional::ZERO,
        fee: Notional::ZERO,
        tax: Notional::ZERO,
        fill_number: Text::EMPTY,
        reject_reason: Text::EMPTY,
        ts_event: OPEN,
        ts_recv: OPEN,
    }
}

pub(crate) fn accepted(n: u32, quantity: i64) -> Update {
    event(n, OrderState::ACCEPTED, quantity, quantity)
}

/// 체결: fill number, shares of this fill, shares so far, shares open.
pub(crate) fn filled(
    n: u32,
    quantity: i64,
    fill: u32,
    last: i64,
    total: i64,
    leaves: i64,
) -> Update {
    Update {
        cumulative: Quantity::new(total),
        last_quantity: Quantity::new(last),
        last_price: Price::new(60_000),
        value: Notional::new(60_000 * total),
        fill_number: Text::new(&fill.to_string()).unwrap(),
        ..event(n, OrderState::FILLED, quantity, leaves)
    }
}

/// The clearing frame of an order without fills.
pub(crate) fn cleared(n: u32, quantity: i64) -> Update {
    event(n, OrderState::ACCEPTED, quantity, 0)
}

/// An event of a modify's or cancel's own number.
pub(crate) fn change(
    n: u32,
    original: u32,
    action: OrderAction,
    state: OrderState,
    qty: i64,
) -> Update {
    Update { original: Some(number(original)), action, ..event(n, state, qty, qty) }
}

pub(crate) fn open_row(n: u32, original: u32, quantity: i64, leaves: i64) -> OpenRow {
    OpenRow {
        order: OrderRow {
            number: number(n),
            original: BrokerNumber::new(original),
            symbol: symbols()[0],
            side: Side::BUY,
            action: if original == 0 { OrderAction::NEW } else { OrderAction::MODIFY },
            order_type: Some(OrderType::LIMIT),
            quantity: Quantity::new(quantity),
            price: Price::new(60_000),
            leaves: Quantity::new(leaves),
            time: TimeOfDay::from_hhmmss(90_000).unwrap(),
        },
    }
}

pub(crate) fn filled_row(n: u32, quantity: i64, total: i64, leaves: i64) -> FilledRow {
    FilledRow {
        order: open_row(n, 0, quantity, leaves).order,
        cumulative: Quantity::new(total),
        average_price: Price::new(60_000),
        fee: Notional::UNSET,
        tax: Notional::UNSET,
    }
}

pub(crate) fn position_row(code: Symbol, quantity: i64) -> PositionRow {
    PositionRow {
        symbol: code,
        quantity: Quantity::new(quantity),
        sellable: Quantity::UNSET,
        average_price: Price::new(59_000),
    }
}

/// Answers to one round.
#[derive(Default, Clone)]
pub(crate) struct Lists {
    pub(crate) open: Vec<OpenRow>,
    pub(crate) filled: Vec<FilledRow>,
    pub(crate) positions: Vec<PositionRow>,
}

pub(crate) struct Rig {
    pub(crate) machine: Machine,
    pub(crate) now: UnixNanos,
    pub(crate) out: Vec<Output>,
    /// All inputs so far.
    pub(crate) log: Vec<(UnixNanos, Input)>,
    next_id: u64,
}

impl Rig {
    /// A machine that has begun and waits for its first reconciliation.
    pub(crate) fn begun() -> Self {
        let mut rig = Self {
            machine: Machine::new(settings(), &symbols()),
            now: OPEN,
            out: Vec::new(),
            log: Vec::new(),
            next_id: 0,
        };
        rig.give(Input::Begin);
        rig.give(Input::FeedBack);
        rig
    }

    /// A machine that takes orders; the account is empty.
    pub(crate) fn ready() -> Self {
        let mut rig = Self::begun();
        rig.round(&Lists::default());
        assert!(rig.machine.is_ready());
        rig.out.clear();
        rig
    }

    /// One input; gives the decisions that followed from it.
    pub(crate) fn give(&mut self, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.log.push((self.now, input));
        self.machine.apply(self.now, &input, &mut out);
        self.out.extend_from_slice(&out);
        out
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now + DurationNanos::from_millis(millis);
        while self.machine.next_deadline().is_some_and(|due| due <= self.now) {
            let before = self.machine.next_deadline();
            self.give(Input::Tick);
            if self.machine.next_deadline() == before {
                panic!("a tick leaves its deadline in place: {before:?}");
            }
        }
    }

    pub(crate) fn wish(&mut self, strategy: u16, want: Want) -> Vec<Output> {
        let wish = Wish { strategy, ts_submit: self.now, ts_cause: self.now, want };
        self.give(Input::Wish(wish))
    }

    pub(crate) fn submit(
        &mut self,
        strategy: u16,
        request: OrderRequest,
    ) -> (ClientOrderId, RequestId) {
        self.next_id += 1;
        let order = ClientOrderId((u64::from(strategy) + 1) << 40 | self.next_id);
        let sent = sends(&self.wish(strategy, Want::New { order, request }));
        assert_eq!(sent.len(), 1, "{:?}", self.out.last());
        (order, sent[0].id)
    }

    /// An order for 10 at 60,000 that has its number and its 접수.
    pub(crate) fn working(&mut self, n: u32) -> ClientOrderId {
        let (order, request) = self.submit(0, limit(Side::BUY, 60_000, 10));
        self.accept(request, n);
        self.give(Input::Update(accepted(n, 10)));
        assert_eq!(self.status(order), OrderStatus::WORKING);
        self.out.clear();
        order
    }

    pub(crate) fn accept(&mut self, request: RequestId, n: u32) -> Vec<Output> {
        self.give(Input::Written { request });
        self.reply(request, accept(n))
    }

    pub(crate) fn reply(&mut self, request: RequestId, reply: Reply) -> Vec<Output> {
        self.give(Input::Replied { request, reply })
    }

    pub(crate) fn update(&mut self, update: Update) -> Vec<Output> {
        self.give(Input::Update(update))
    }

    pub(crate) fn cancel(&mut self, order: ClientOrderId, quantity: i64) -> Vec<Request> {
        let quantity = Quantity::new(quantity);
        sends(&self.wish(0, Want::Cancel(CancelRequest { order, quantity })))
    }

    pub(crate) fn replace(
        &mut self,
        order: ClientOrderId,
        price: i32,
        quantity: i64,
    ) -> Vec<Request> {
        let replace = ReplaceRequest {
            order,
            price: Price::new(price),
            stop_price: Price::UNSET,
            quantity: Quantity::new(quantity),
        };
        sends(&self.wish(0, Want::Replace(replace)))
    }

    /// Answers the round that was asked for last.
    pub(crate) fn round(&mut self, lists: &Lists) -> Vec<Output> {
        let asked = self.out.iter().rev().find_map(|output| match output {
            Output::Reconcile { round, .. } => Some(*round),
            _ => None,
        });
        let round = asked.expect("a round was asked for");
        let mut out = Vec::new();
        for query in Query::ALL {
            out.extend(self.give(Input::QueryBegun { round, query }));
            match query {
                Query::Open => {
                    for row in &lists.open {
                        out.extend(self.give(Input::OpenRow(*row)));
                    }
                }
                Query::Filled => {
                    for row in &lists.filled {
                        out.extend(self.give(Input::FilledRow(*row)));
                    }
                }
                Query::Positions => {
                    for row in &lists.positions {
                        out.extend(self.give(Input::PositionRow(*row)));
                    }
                }
                Query::Cash => out.extend(self.give(Input::Cash(Cash::default()))),
            }
            out.extend(self.give(Input::QueryEnded { round, query, complete: true }));
        }
        out
    }

    pub(crate) fn entry(&self, order: ClientOrderId) -> &OrderEntry {
        self.machine.order(order).unwrap()
    }

    pub(crate) fn status(&self, order: ClientOrderId) -> OrderStatus {
        self.entry(order).status
    }

    pub(crate) fn filled(&self, order: ClientOrderId) -> i64 {
        self.entry(order).cumulative.raw()
    }

    pub(crate) fn leaves(&self, order: ClientOrderId) -> i64 {
        self.machine.leaves(order).raw()
    }

    /// Events told to strategies since the last look.
    pub(crate) fn told(&mut self) -> Vec<OrderEvent> {
        let told = reports(&self.out).iter().map(|report| report.event).collect();
        self.out.clear();
        told
    }

    pub(crate) fn asked(&self) -> bool {
        self.out.iter().any(|output| matches!(output, Output::Reconcile { .. }))
    }

    pub(crate) fn held(&self, strategy: u16) -> i64 {
        self.machine.position(strategy, SAMSUNG).quantity.raw()
    }

    pub(crate) fn account(&self) -> i64 {
        self.machine.account_position(SAMSUNG).unwrap().ledger.quantity.raw()
    }
}

pub(crate) fn accept(n: u32) -> Reply {
    Reply::Accepted { number: number(n), base: None, quantity: Quantity::UNSET }
}

pub(crate) fn refused(code: &str) -> Reply {
    Reply::Refused { code: Text::new(code).unwrap(), text: Text::EMPTY }
}

pub(crate) fn sends(out: &[Output]) -> Vec<Request> {
    let send = |output: &Output| match output {
        Output::Send(request) => Some(*request),
        _ => None,
    };
    out.iter().filter_map(send).collect()
}

pub(crate) fn reports(out: &[Output]) -> Vec<OrderReport> {
    let report = |output: &Output| match output {
        Output::Report { report, .. } => Some(*report),
        _ => None,
    };
    out.iter().filter_map(report).collect()
}

pub(crate) fn original(request: &Request) -> u32 {
    match request.ask {
        Ask::Replace { original, .. } | Ask::Cancel { original, .. } => original.get(),
        Ask::New(_) => 0,
    }
}

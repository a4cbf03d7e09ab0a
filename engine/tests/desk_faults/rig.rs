//! A desk and the simulated broker in virtual time: no sockets, no threads, everything from a seed.

use crate::rng::Rng;
use engine::broker::api::{
    ApiId, BODY_BYTES_MAX, Deposit, DepositView, Fills, FillsQuery, OpenOrders, OpenOrdersQuery,
    OrderAnswer, Positions, PositionsQuery, Query as ApiQuery, QueryAnswer,
};
use engine::broker::limiter::{Limiter, Rates};
use engine::desk::{Action, Call, Desk, Parts, QueryResult, QueryTag, Silence, Tag};
use engine::gateway::{Cause, Command, CommandKind};
use engine::journal::Entry;
use engine::kill::{KillOptions, KillSwitch, LatchRecord};
use engine::market::{Account, Date, MarketData, SessionOptions, Sessions};
use engine::order::{Costs, Machine, Notice, Output, Query, Settings};
use engine::risk::{Gate, GateSizes, InstrumentTerms, Limits, RiskConfig};
use feed::instruments::Instruments;
use feed::scan::{Scanned, Scanner, ScannerOptions, Stamps};
use sim::faults::Rule;
use sim::orders::Happening;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::time::Duration;
use strategy_api::{
    ClientOrderId, InstrumentId, OrderReport, OrderRequest, Price, Symbol, UnixNanos,
};

pub(crate) const MILLI: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MILLI;
pub(crate) const CODES: [&str; 3] = ["035720", "015760", "035420"];
pub(crate) const STRATEGIES: u16 = 3;
pub(crate) const LINES: usize = 4;
/// How long a line waits for a reply.
const LINE_TIMEOUT: u64 = 3 * SECOND;
/// After so much silence of a half-open socket the feed is given up.
const FEED_SILENCE: u64 = 4 * SECOND;

/// What happens at a moment of the driver's own.
#[derive(Debug)]
pub(crate) enum Event {
    Safe(u64),
    Arrive(Call),
    Answer(Tag, ApiId, u16, String),
    Silent(Tag, Silence),
    NotSent(Tag),
    Page(Asking),
    FeedDown,
    FeedUp,
    Token,
    Quotes,
    Act,
}

/// A query with the pages so far.
#[derive(Debug)]
pub(crate) struct Asking {
    tag: QueryTag,
    query: Query,
    next_key: Option<String>,
    tries: u32,
    open: OpenOrders,
    filled: Fills,
    positions: Positions,
    cash: DepositView,
}

/// What a run is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Broker's limit; 5 as the real one, or more.
    pub(crate) orders_per_second: u32,
    pub(crate) faults: Vec<Rule>,
    /// How long strategies trade, nanoseconds.
    pub(crate) trading: u64,
    /// Out of 1,000 calls, so many are refused by a dead line before the first byte.
    pub(crate) not_sent_permille: u32,
    /// Longest time of a line on its way to the disk.
    pub(crate) disk_micros: u64,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) orders: u64,
    pub(crate) fills: u64,
    pub(crate) rounds: u64,
    pub(crate) reconnects: u64,
    pub(crate) denials: u64,
    pub(crate) faults: u64,
    pub(crate) unknown: u64,
    pub(crate) ambiguous: u64,
    pub(crate) halts: u64,
    pub(crate) crashes: u64,
    pub(crate) kills: u64,
    pub(crate) kills_verified: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.orders += other.orders;
        self.fills += other.fills;
        self.rounds += other.rounds;
        self.reconnects += other.reconnects;
        self.denials += other.denials;
        self.faults += other.faults;
        self.unknown += other.unknown;
        self.ambiguous += other.ambiguous;
        self.halts += other.halts;
        self.crashes += other.crashes;
        self.kills += other.kills;
        self.kills_verified += other.kills_verified;
    }
}

pub(crate) struct Rig {
    pub(crate) plan: Plan,
    pub(crate) now: u64,
    pub(crate) desk: Desk,
    pub(crate) exchange: sim::Exchange,
    pub(crate) rng: Rng,
    pub(crate) tally: Tally,
    /// Every line of the journal, in order.
    pub(crate) journal: Vec<Entry>,
    /// Lines that a crash cannot take away.
    pub(crate) safe: u64,
    pub(crate) next_order: [u64; STRATEGIES as usize],
    pub(crate) fills_told: HashMap<ClientOrderId, i64>,
    pub(crate) trading: bool,
    pub(crate) hands: Vec<String>,
    pub(crate) feed_up: bool,
    /// Everything that strategies were told, in order.
    pub(crate) reports: Vec<OrderReport>,
    pub(crate) latched: Vec<LatchRecord>,
    /// The disk stands still.
    pub(crate) hold_journal: bool,
    /// A strategy names orders that are not its own: it is told about them.
    pub(crate) foreign_ids: bool,
    deaf: bool,
    events: BinaryHeap<Reverse<(u64, u64, usize)>>,
    slots: Vec<Option<Event>>,
    serial: u64,
    /// For each request, the first line of the journal that may be its own.
    lines: Vec<u64>,
    sent: HashSet<Tag>,
    placed: HashSet<ClientOrderId>,
    scanner: Option<Scanner>,
    actions: Vec<Action>,
}

pub(crate) fn today() -> Date {
    Date::new(2026, 11, 23).unwrap()
}

pub(crate) fn unix(at: u64) -> UnixNanos {
    UnixNanos::new(today().at(0, 0, 0).raw() + at)
}

pub(crate) fn symbols() -> Vec<Symbol> {
    CODES.iter().map(|code| Symbol::new(code).unwrap()).collect()
}

pub(crate) fn settings() -> Settings {
    let costs = Costs { commission_ppm: 3_500, commission_unit: 10, sell_tax_ppm: [500, 1_500] };
    Settings {
        orders_max: 4_096,
        requests_max: 16_384,
        numbers_max: 16_384,
        fills_max: 32_768,
        instruments_max: 64,
        positions_max: 256,
        rows_max: 8_192,
        // Queries are struck by faults all the time here.
        failed_rounds_max: 1_000,
        costs: vec![costs; CODES.len()],
        ..Settings::default()
    }
}

pub(crate) fn desk(machine: Machine, exchange: &sim::Exchange, plan: &Plan) -> Desk {
    let market = MarketData::embedded();
    let limits = Limits {
        position_quantity_max: 1_000_000,
        position_value_max: 1_000_000_000,
        exposure_max: 1_000_000_000,
        daily_loss_max: 1_000_000_000,
        working_orders_max: 60,
        messages_per_second: 100,
    };
    let config = RiskConfig {
        strategy: limits,
        account: Limits { working_orders_max: 150, ..limits },
        order_value_max: 100_000_000,
        repeat_orders_max: 32,
        broker_orders_per_second: plan.orders_per_second.max(2),
        ..RiskConfig::default()
    };
    let rules = market.ticks().on(today()).unwrap();
    let costs = market.costs().on(today(), Account::Mock).unwrap();
    let sizes = GateSizes { instruments: CODES.len(), strategies: STRATEGIES.into() };
    let mut gate = Gate::new(&config, rules, costs, sizes).unwrap();
    for (index, code) in CODES.iter().enumerate() {
        let info = exchange.instruments().iter().find(|info| info.code == *code).unwrap();
        let terms = InstrumentTerms {
            base_price: Price::new(info.base_price as i32),
            ..InstrumentTerms::default()
        };
        gate.set_terms(InstrumentId(index as u16), &terms).unwrap();
    }
    let rates = Rates { orders: plan.orders_per_second, ..Rates::REAL };
    Desk::new(Parts {
        machine,
        gate,
        limiter: Limiter::new(rates),
        sessions: Sessions::new(market.day(today()).unwrap(), SessionOptions::default()),
        kill: KillSwitch::new(None),
        kill_options: KillOptions::default(),
        instruments: CODES.len() as u16,
        lines: LINES,
    })
}

impl Rig {
    pub(crate) fn new(plan: Plan) -> Self {
        let options = sim::Options {
            seed: plan.seed,
            day_start: sim::TimeOfDay::new(10, 0, 0),
            trading: sim::orders::Trading {
                cash: 1_000_000_000,
                calls_per_second: plan.orders_per_second,
                page_rows: 25,
                reply_latency: Duration::from_millis(2),
                frame_latency: Duration::from_millis(1 + plan.seed % 7),
                faults: plan.faults.clone(),
                ..Default::default()
            },
            ..Default::default()
        };
        let exchange = sim::Exchange::new(&options);
        let desk = desk(Machine::new(settings(), &symbols()), &exchange, &plan);
        let (mut registrar, instruments) = Instruments::with_capacity(64);
        registrar.register_all(CODES).unwrap();
        let mut rig = Self {
            now: exchange.now(),
            desk,
            exchange,
            rng: Rng::new(plan.seed),
            plan,
            tally: Tally::default(),
            journal: Vec::new(),
            safe: 0,
            next_order: [0; STRATEGIES as usize],
            fills_told: HashMap::new(),
            trading: true,
            hands: Vec::new(),
            feed_up: false,
            reports: Vec::new(),
            latched: Vec::new(),
            hold_journal: false,
            foreign_ids: false,
            deaf: true,
            events: BinaryHeap::new(),
            slots: Vec::new(),
            serial: 0,
            lines: Vec::new(),
            sent: HashSet::new(),
            placed: HashSet::new(),
            scanner: Some(Scanner::new(ScannerOptions::new(instruments)).unwrap()),
            actions: Vec::new(),
        };
        rig.start();
        rig
    }

    /// A run begins: the desk has its machine, new or recovered.
    pub(crate) fn start(&mut self) {
        self.give(|desk, now, out| desk.begin(now, out));
        self.at(self.now + 20 * MILLI, Event::FeedUp);
        self.at(self.now + MILLI, Event::Quotes);
        self.at(self.now + 50 * MILLI, Event::Act);
    }

    /// The process is killed, and a new one begins with what it recovered. Calls that have left may
    /// still arrive; nobody hears the answer.
    pub(crate) fn crash(&mut self, recover: impl FnOnce(&[Entry], u64, &mut Rng) -> Machine) {
        let machine = recover(&self.journal, self.safe, &mut self.rng);
        let gone = std::mem::take(&mut self.slots);
        self.events.clear();
        self.journal.clear();
        self.safe = machine.sequence();
        for call in gone.into_iter().flatten() {
            if let Event::Arrive(call) = call
                && self.rng.below(2) == 0
            {
                self.carry(&call);
            }
        }
        for strategy in 0..STRATEGIES {
            let last = machine.last_order_id(strategy);
            self.next_order[usize::from(strategy)] = last.map_or(0, |id| id.0 & 0xFFFF_FFFF);
        }
        // Strategies begin with what the machine tells them.
        let known = machine.orders().iter();
        self.fills_told = known.map(|order| (order.id, order.cumulative.raw())).collect();
        self.feed_up = false;
        self.deaf = true;
        self.tally.crashes += 1;
        self.lines.clear();
        self.desk = desk(machine, &self.exchange, &self.plan);
        self.start();
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((at.max(self.now), self.serial, self.slots.len())));
        self.slots.push(Some(event));
    }

    /// Whether lines of the journal are on their way to the disk.
    pub(crate) fn is_writing(&self) -> bool {
        self.journal.last().is_some_and(|entry| entry.seq > self.safe)
    }

    /// Lets time pass up to a moment.
    pub(crate) fn run_to(&mut self, end: u64) {
        while self.now < end {
            let own = self.events.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
            let wake = self.desk.wake_at().raw().saturating_sub(unix(0).raw());
            let next = own.min(wake).min(self.exchange.next_event()).min(end);
            let next = next.clamp(self.now + 1_000, self.now + 20 * MILLI);
            for event in self.exchange.advance(next) {
                self.now = self.now.max(event.due);
                self.hear(event.what);
            }
            self.now = self.now.max(next);
            while let Some(Reverse((at, ..))) = self.events.peek()
                && *at <= self.now
                && let Some(Reverse((_, _, slot))) = self.events.pop()
            {
                if let Some(event) = self.slots[slot].take() {
                    self.happen(event);
                }
            }
            if self.desk.wake_at() <= unix(self.now) {
                self.give(|desk, now, out| desk.tick(now, out));
            }
        }
    }

    fn hear(&mut self, what: Happening) {
        match what {
            Happening::Frame { text, .. } if !self.deaf => {
                let stamps = Stamps { kernel: unix(self.now), recv: unix(self.now) };
                let Some(mut scanner) = self.scanner.take() else { return };
                match scanner.scan(text.as_bytes(), stamps) {
                    Ok(Scanned::Real(batch)) => {
                        assert_eq!(batch.refused_count(), 0, "{text}");
                        let records: Vec<Vec<u64>> =
                            batch.records().map(|record| record.to_vec()).collect();
                        for words in records {
                            self.give(|desk, now, out| desk.account(now, &words, out));
                        }
                    }
                    other => panic!("{text}: {other:?}"),
                }
                self.scanner = Some(scanner);
            }
            Happening::Cut(_) if !self.deaf => {
                self.deaf = true;
                self.at(self.now + MILLI, Event::FeedDown);
            }
            Happening::HalfOpen if !self.deaf => {
                self.deaf = true;
                self.at(self.now + FEED_SILENCE, Event::FeedDown);
            }
            _ => {}
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Safe(seq) => {
                self.safe = self.safe.max(seq);
                self.give(|desk, now, out| desk.journaled(now, seq, out));
            }
            Event::Arrive(call) => self.arrive(&call),
            Event::Answer(tag, api, status, body) => {
                let answer = OrderAnswer::read(api, status, body.as_bytes());
                self.give(|desk, now, out| desk.answered(now, tag, &answer, out));
            }
            Event::Silent(tag, why) => self.give(|desk, now, out| desk.silent(now, tag, why, out)),
            Event::NotSent(tag) => {
                self.give(|desk, now, out| desk.not_sent(now, tag, "the line was closed", out));
            }
            Event::Page(asking) => self.page(asking),
            Event::FeedDown => {
                self.deaf = true;
                self.feed_up = false;
                self.tally.reconnects += 1;
                self.give(|desk, now, out| desk.feed_down(now, out));
                let wait = 200 + self.rng.below(1_500);
                self.at(self.now + wait * MILLI, Event::FeedUp);
            }
            Event::FeedUp => {
                self.deaf = false;
                self.feed_up = true;
                self.give(|desk, now, out| desk.feed_up(now, out));
            }
            Event::Token => self.give(|desk, now, out| desk.token_renewed(now, out)),
            Event::Quotes => {
                self.quotes();
                self.at(self.now + 100 * MILLI, Event::Quotes);
            }
            Event::Act => {
                if self.trading {
                    crate::strategies::act(self);
                }
                let wait = self.rng.below(2_000 / u64::from(self.plan.orders_per_second));
                self.at(self.now + (5 + wait) * MILLI, Event::Act);
            }
        }
    }

    /// A strategy's command.
    pub(crate) fn command(&mut self, strategy: u16, kind: CommandKind) {
        if matches!(kind, CommandKind::Submit { .. }) {
            self.tally.orders += 1;
        }
        let cause = Cause::default();
        let command = Command { strategy, kind, cause, ts_submit: unix(self.now) };
        self.give(|desk, now, out| desk.command(now, &command, out));
    }

    /// Gives the desk something and does what it says.
    pub(crate) fn give(&mut self, what: impl FnOnce(&mut Desk, UnixNanos, &mut Vec<Action>)) {
        let mut actions = std::mem::take(&mut self.actions);
        what(&mut self.desk, unix(self.now), &mut actions);
        let before = self.journal.len();
        for action in actions.drain(..) {
            self.carry_out(action);
        }
        self.actions = actions;
        let line = self.journal.get(before).map_or(0, |entry| entry.seq);
        self.lines.resize(self.desk.machine().requests().size_hint().0, line);
        if self.journal.len() > before && !self.hold_journal {
            let seq = self.journal.last().unwrap().seq;
            let wait = self.rng.below(self.plan.disk_micros) * 1_000;
            self.at(self.now + wait, Event::Safe(seq));
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Journal(entry) => {
                self.journal.push(entry);
            }
            Action::Call(call) => self.send(call),
            Action::Report { strategy, report } => self.told(strategy, &report),
            Action::Query { tag, query } => {
                self.tally.rounds += u64::from(query == Query::Open);
                let asking = Asking {
                    tag,
                    query,
                    next_key: None,
                    tries: 0,
                    open: OpenOrders::default(),
                    filled: Fills::default(),
                    positions: Positions::default(),
                    cash: DepositView::default(),
                };
                self.at(self.now + 2 * MILLI, Event::Page(asking));
            }
            Action::Latch(record) => self.latched.push(record),
            Action::RenewToken => self.at(self.now + 300 * MILLI, Event::Token),
            Action::Told(output) => match output {
                Output::Notice(Notice::Ambiguous { .. }) => {
                    self.tally.ambiguous += 1;
                    self.hands.push(format!("{output:?}"));
                }
                Output::Halt(why) => {
                    self.tally.halts += 1;
                    self.hands.push(format!("halt: {why:?}"));
                }
                Output::Notice(Notice::Resurfaced { .. }) => {
                    self.hands.push(format!("{output:?}"));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Writes a call on a line; each is written once.
    fn send(&mut self, call: Call) {
        assert!(self.sent.insert(call.tag), "sent twice: {call:?}");
        if let Tag::Order(id) = call.tag {
            // Nothing leaves in the turn in which it was decided: the disk comes first.
            let line = self.lines.get(id.0 as usize).copied();
            assert!(line.is_some_and(|line| line <= self.safe), "not journaled: {call:?}");
            let order = self.desk.machine().order_of(id).unwrap().id;
            if matches!(call.call.api(), ApiId::Buy | ApiId::Sell) {
                assert!(self.placed.insert(order), "order {order:?} placed twice");
            }
        }
        self.tally.calls += 1;
        if self.rng.below(1_000) < u64::from(self.plan.not_sent_permille) {
            return self.at(self.now + 10_000, Event::NotSent(call.tag));
        }
        let wait = 200_000 + self.rng.below(4_000) * 1_000;
        self.at(self.now + wait, Event::Arrive(call));
    }

    /// The call is at the broker.
    fn arrive(&mut self, call: &Call) {
        let tag = call.tag;
        // The line tells that the last byte is written before any answer.
        self.give(|desk, now, out| desk.written(now, tag, out));
        let api = call.call.api();
        let answer = self.carry(call);
        let timeout = self.now + LINE_TIMEOUT;
        match answer.reply {
            Some(reply) if answer.due < timeout => {
                let down = 100_000 + self.rng.below(2_000) * 1_000;
                self.at(answer.due + down, Event::Answer(tag, api, reply.status, reply.body));
            }
            Some(reply) => {
                self.at(timeout, Event::Silent(tag, Silence::TimedOut));
                // A line that is kept open hears it after all.
                self.at(answer.due, Event::Answer(tag, api, reply.status, reply.body));
            }
            None if answer.due < timeout => {
                self.at(answer.due, Event::Silent(tag, Silence::LineBroke));
            }
            None => self.at(timeout, Event::Silent(tag, Silence::TimedOut)),
        }
    }

    /// What the broker makes of a call.
    fn carry(&mut self, call: &Call) -> sim::virtual_time::Answer {
        let mut body = [0; BODY_BYTES_MAX];
        let len = call.call.write_body(&mut body).unwrap();
        let body = std::str::from_utf8(&body[..len]).unwrap();
        let api_id = call.call.api().as_str();
        self.exchange.rest(sim::virtual_time::Call { api_id, next_key: None, body }, self.now)
    }

    fn page(&mut self, mut asking: Asking) {
        let (status, next_key, body) = {
            let (api, body) = match asking.query {
                Query::Open => (ApiId::OpenOrders, OpenOrdersQuery::default().body()),
                Query::Filled => (ApiId::Fills, FillsQuery::default().body()),
                Query::Positions => (ApiId::Positions, PositionsQuery::default().body()),
                Query::Cash => (ApiId::Deposit, Deposit::default().body()),
            };
            let call = sim::virtual_time::Call {
                api_id: api.as_str(),
                next_key: asking.next_key.as_deref(),
                body: &body,
            };
            match self.exchange.rest(call, self.now).reply {
                Some(reply) => (reply.status, reply.next_key, reply.body),
                None => (0, None, String::new()),
            }
        };
        let body = body.as_bytes();
        let read = match asking.query {
            _ if status == 0 => None,
            Query::Open => {
                QueryAnswer::read(&OpenOrdersQuery::default(), status, body, &mut asking.open).ok()
            }
            Query::Filled => {
                QueryAnswer::read(&FillsQuery::default(), status, body, &mut asking.filled).ok()
            }
            Query::Positions => {
                let query = PositionsQuery::default();
                QueryAnswer::read(&query, status, body, &mut asking.positions).ok()
            }
            Query::Cash => {
                QueryAnswer::read(&Deposit::default(), status, body, &mut asking.cash).ok()
            }
        };
        match read {
            Some(QueryAnswer::Added | QueryAnswer::Empty) if next_key.is_some() => {
                asking.next_key = next_key;
                self.at(self.now + 220 * MILLI, Event::Page(asking));
            }
            Some(QueryAnswer::Added | QueryAnswer::Empty) => {
                let result = match asking.query {
                    Query::Open => QueryResult::from(&asking.open),
                    Query::Filled => QueryResult::from(&asking.filled),
                    Query::Positions => QueryResult::from(&asking.positions),
                    Query::Cash => QueryResult::from(&asking.cash),
                };
                let tag = asking.tag;
                self.give(|desk, now, out| desk.queried(now, tag, &result, out));
            }
            _ if asking.tries < 3 => {
                asking.tries += 1;
                self.at(self.now + 400 * MILLI, Event::Page(asking));
            }
            _ => {
                let tag = asking.tag;
                self.give(|desk, now, out| desk.queried(now, tag, &QueryResult::Failed, out));
            }
        }
    }

    /// A strategy is told about an order of its own, never of another's.
    fn told(&mut self, strategy: u16, report: &OrderReport) {
        let own = report.order.0 >> 32 == u64::from(strategy);
        assert!(own || self.foreign_ids, "another's order: {report:?}");
        self.reports.push(*report);
        self.tally.unknown += u64::from(report.status == strategy_api::OrderStatus::UNKNOWN);
        if report.event == strategy_api::OrderEvent::FILLED {
            self.tally.fills += 1;
            let told = self.fills_told.entry(report.order).or_insert(0);
            *told += report.last_quantity.raw();
            assert!(report.last_quantity.raw() > 0);
            assert!(*told <= report.cumulative_filled.raw() || report.cumulative_filled.raw() == 0);
        }
        if report.event == strategy_api::OrderEvent::DENIED {
            self.tally.denials += 1;
        }
    }

    fn quotes(&mut self) {
        for (index, code) in CODES.iter().enumerate() {
            let Some((last, bid, ask)) = self.exchange.quote(code) else { continue };
            use strategy_api::{Kind, Record, Trade};
            let mut trade = Trade::unset();
            trade.header.kind = Kind::TRADE;
            trade.header.instrument = InstrumentId(index as u16);
            trade.price = Price::new(last as i32);
            trade.bid = Price::new(bid as i32);
            trade.ask = Price::new(ask as i32);
            let words = trade.words().to_vec();
            self.give(|desk, now, out| desk.market(now, &words, out));
        }
    }

    /// A new id and the request for it.
    pub(crate) fn submit(&mut self, strategy: u16, request: OrderRequest) {
        let next = &mut self.next_order[usize::from(strategy)];
        *next += 1;
        let id = ClientOrderId(u64::from(strategy) << 32 | *next);
        self.command(strategy, CommandKind::Submit { id, request });
    }
}

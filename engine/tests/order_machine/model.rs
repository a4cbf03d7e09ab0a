//! The machine against a broker that loses, repeats and delays what it says, in random orders.
//!
//! After the noise, the feed comes back, the lists are read, and the machine's books must be the
//! broker's: every fill of every order, every share open, every position. On the way: no fill that
//! the broker did not make, no move along an edge that is not in the table, no request twice.

use super::broker::{Broker, Way};
use super::support::*;
use engine::order::{
    EDGES, HaltReason, Input, Machine, Output, Query, RequestId, RequestKind, Want, Wish, may_move,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, OrderEvent, OrderReport, OrderStatus, Price,
    Quantity, ReplaceRequest, Side, UnixNanos,
};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Submit {
        strategy: u16,
        buy: bool,
        price: i32,
        quantity: i64,
        way: Way,
    },
    Replace {
        pick: usize,
        price: i32,
        quantity: i64,
        way: Way,
    },
    Cancel {
        pick: usize,
        quantity: i64,
        way: Way,
    },
    CancelAll {
        strategy: u16,
    },
    Arrive,
    Fill {
        pick: usize,
        shares: i64,
    },
    Foreign {
        buy: bool,
        quantity: i64,
    },
    ForeignCancel {
        pick: usize,
    },
    /// Frames reach the engine.
    Deliver {
        count: usize,
    },
    /// A frame is lost on the way.
    LoseFrame,
    /// The newest frame comes again.
    RepeatFrame {
        back: usize,
    },
    Reply {
        pick: usize,
    },
    Wait {
        millis: u64,
    },
    /// The feed breaks: everything on the socket is lost.
    Break,
    /// A round is answered, with events in between.
    Round {
        events: usize,
    },
    /// The engine dies; its journal is played back.
    Crash,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        8 => Just(Way::Fine),
        1 => Just(Way::AnswerLost),
        1 => Just(Way::Lost),
        1 => Just(Way::Refused),
        1 => Just(Way::NotSent),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let price = prop_oneof![Just(60_000), Just(60_100), Just(60_200)];
    prop_oneof![
        6 => (0..2u16, any::<bool>(), price.clone(), 1..4i64, way()).prop_map(
            |(strategy, buy, price, quantity, way)| {
                let quantity = quantity * 5;
                Step::Submit { strategy, buy, price, quantity, way }
            }
        ),
        3 => (any::<usize>(), price, 0..6i64, way())
            .prop_map(|(pick, price, quantity, way)| Step::Replace { pick, price, quantity, way }),
        3 => (any::<usize>(), 0..4i64, way())
            .prop_map(|(pick, quantity, way)| Step::Cancel { pick, quantity, way }),
        1 => (0..2u16).prop_map(|strategy| Step::CancelAll { strategy }),
        8 => Just(Step::Arrive),
        8 => (any::<usize>(), 1..8i64).prop_map(|(pick, shares)| Step::Fill { pick, shares }),
        1 => (any::<bool>(), 1..10i64)
            .prop_map(|(buy, quantity)| Step::Foreign { buy, quantity: quantity + 100 }),
        1 => any::<usize>().prop_map(|pick| Step::ForeignCancel { pick }),
        8 => (1..6usize).prop_map(|count| Step::Deliver { count }),
        1 => Just(Step::LoseFrame),
        2 => (0..4usize).prop_map(|back| Step::RepeatFrame { back }),
        6 => any::<usize>().prop_map(|pick| Step::Reply { pick }),
        2 => (10..6000u64).prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Break),
        3 => (0..4usize).prop_map(|events| Step::Round { events }),
        1 => Just(Step::Crash),
    ]
}

/// Strategy, whether it buys, price and quantity, as sent.
type Likeness = (u16, bool, i32, i64);

struct World {
    rig: Rig,
    broker: Broker,
    ways: Vec<Way>,
    ids: Vec<ClientOrderId>,
    likeness: BTreeMap<u64, Likeness>,
    statuses: BTreeMap<u64, OrderStatus>,
    requests: BTreeMap<u32, u32>,
    /// Shares of each order that its strategy was told of as filled.
    told: BTreeMap<u64, i64>,
    heard: Vec<Input>,
    seen: usize,
    round: Option<u32>,
}

impl World {
    fn new() -> Self {
        let rig = Rig::ready();
        let seen = rig.out.len();
        Self {
            rig,
            broker: Broker::default(),
            ways: Vec::new(),
            ids: Vec::new(),
            likeness: BTreeMap::new(),
            statuses: BTreeMap::new(),
            requests: BTreeMap::new(),
            told: BTreeMap::new(),
            heard: Vec::new(),
            seen,
            round: None,
        }
    }

    fn give(&mut self, input: Input) {
        self.rig.give(input);
        self.look();
    }

    /// Takes the decisions to the broker, and checks them.
    fn look(&mut self) {
        let news: Vec<Output> = self.rig.out[self.seen..].to_vec();
        self.seen = self.rig.out.len();
        for output in news {
            match output {
                Output::Send(request) => {
                    *self.requests.entry(request.id.0).or_default() += 1;
                    assert_eq!(self.requests[&request.id.0], 1, "a request is sent once");
                    let way = self.ways.pop().unwrap_or(Way::Fine);
                    self.broker.sent.push_back((request, way));
                }
                Output::Reconcile { round, .. } => self.round = Some(round),
                Output::Halt(why) => panic!("halted: {why:?}"),
                Output::Report { report, .. } => self.is_sound(&report),
                _ => {}
            }
        }
        for order in self.rig.machine.orders() {
            let before = self.statuses.insert(order.id.0, order.status);
            let before = before.unwrap_or(OrderStatus::NONE);
            assert!(reachable(before, order.status), "{before} → {}", order.status);
            assert!(order.cumulative.raw() <= order.total.raw().max(order.request.quantity.raw()));
        }
        self.nothing_is_invented();
    }

    /// What a strategy is told of its order adds up, and no end is told that is none.
    fn is_sound(&mut self, report: &OrderReport) {
        if report.status == OrderStatus::DENIED {
            return;
        }
        let told = self.told.entry(report.order.0).or_default();
        *told += report.last_quantity.get().unwrap_or(0);
        assert_eq!(report.cumulative_filled.raw(), *told, "{report:?}");
        assert_eq!(report.last_quantity.is_set(), report.event == OrderEvent::FILLED, "{report:?}");
        let gone = [OrderStatus::CANCELLED, OrderStatus::REJECTED].contains(&report.status);
        let ours = self.likeness[&report.order.0];
        let alone = self.likeness.values().filter(|likeness| **likeness == ours).count() == 1;
        let placed = self.rig.machine.requests().find(|(_, request, order)| {
            request.kind == RequestKind::New && order.id == report.order
        });
        if let Some((request, ..)) = placed
            && gone
            && alone
        {
            let (.., quantity) = ours;
            assert!(self.broker.filled_of(request) < quantity, "it is filled: {report:?}");
        }
    }

    /// At no moment has the machine more fills than the broker made.
    fn nothing_is_invented(&self) {
        for (ours, made, _) in self.groups().values() {
            assert!(ours <= made, "{ours} by our books, and {made} were filled");
        }
        for order in self.rig.machine.orders() {
            let told: i64 = self.rig.machine.fills(order.id).map(|f| f.quantity.raw()).sum();
            assert_eq!(told, order.cumulative.raw(), "the fills of an order add up");
        }
        for strategy in 0..2 {
            let own = self.rig.machine.orders().iter().filter(|order| order.strategy == strategy);
            let sum: i64 = own
                .map(|o| o.cumulative.raw() * if o.request.side == Side::BUY { 1 } else { -1 })
                .sum();
            assert_eq!(self.rig.held(strategy), sum, "the sum of fills is the position");
        }
    }

    /// Shares filled by our books and by the broker's, and whether an order has no answer. Orders of
    /// one strategy that look alike are interchangeable while nobody has told their numbers: they
    /// are counted together.
    fn groups(&self) -> BTreeMap<Likeness, (i64, i64, bool)> {
        let mut groups: BTreeMap<Likeness, (i64, i64, bool)> = BTreeMap::new();
        for (id, request, order) in self.rig.machine.requests() {
            if request.kind == RequestKind::New {
                let group = groups.entry(self.likeness[&order.id.0]).or_default();
                group.0 += order.cumulative.raw();
                group.1 += self.broker.filled_of(id);
                group.2 |= order.status == OrderStatus::UNKNOWN;
            }
        }
        groups
    }

    fn deliver(&mut self) {
        if let Some(frame) = self.broker.socket.pop_front() {
            self.heard.push(frame);
            self.give(frame);
        }
    }

    /// Requests are no longer on their way than the machine is told they can be.
    fn arrivals(&mut self, until: UnixNanos) {
        let longest = DurationNanos::from_secs(2);
        while let Some((request, _)) = self.broker.sent.front() {
            let state = self.rig.machine.request(request.id).unwrap();
            if state.ts_sent + longest > until {
                break;
            }
            self.broker.take_next();
        }
    }

    fn wait(&mut self, millis: u64) {
        self.arrivals(self.rig.now + DurationNanos::from_millis(millis));
        self.rig.wait(millis);
        self.look();
    }

    fn run(&mut self, step: &Step) {
        // Time passes, so that nothing happens at the same moment.
        self.rig.now = self.rig.now + DurationNanos::from_millis(1);
        match *step {
            Step::Submit { strategy, buy, price, quantity, way } => {
                self.ways = vec![way];
                let side = if buy { Side::BUY } else { Side::SELL };
                let order =
                    ClientOrderId((u64::from(strategy) + 1) << 40 | (self.ids.len() as u64 + 1));
                self.ids.push(order);
                self.likeness.insert(order.0, (strategy, buy, price, quantity));
                let want = Want::New { order, request: limit(side, price, quantity) };
                self.wish(strategy, want);
            }
            Step::Replace { pick, price, quantity, way } => {
                self.ways = vec![way];
                let Some((strategy, order)) = self.pick(pick) else { return };
                self.wish(
                    strategy,
                    Want::Replace(ReplaceRequest {
                        order,
                        price: Price::new(price),
                        stop_price: Price::UNSET,
                        quantity: Quantity::new(quantity),
                    }),
                );
            }
            Step::Cancel { pick, quantity, way } => {
                self.ways = vec![way];
                let Some((strategy, order)) = self.pick(pick) else { return };
                let quantity = Quantity::new(quantity);
                self.wish(strategy, Want::Cancel(CancelRequest { order, quantity }));
            }
            Step::CancelAll { strategy } => self.wish(strategy, Want::CancelAll),
            Step::Arrive => self.broker.take_next(),
            Step::Fill { pick, shares } => self.broker.fill(pick, shares),
            Step::Foreign { buy, quantity } => {
                let side = if buy { Side::BUY } else { Side::SELL };
                self.broker.foreign(side, quantity, 60_000);
            }
            Step::ForeignCancel { pick } => {
                let open: Vec<u32> = self.broker.open().map(|order| order.number).collect();
                if let Some(number) = open.get(pick % open.len().max(1)) {
                    self.broker.foreign_cancel(*number);
                }
            }
            Step::Deliver { count } => (0..count).for_each(|_| self.deliver()),
            Step::LoseFrame => {
                self.broker.socket.pop_front();
            }
            Step::RepeatFrame { back } => {
                if let Some(at) = self.heard.len().checked_sub(back + 1) {
                    let frame = self.heard[at];
                    // A repeat of a position is old news about a moment that has passed.
                    if matches!(frame, Input::Update(_)) {
                        self.give(frame);
                    }
                }
            }
            Step::Reply { pick } => self.reply(pick),
            Step::Wait { millis } => self.wait(millis),
            Step::Break => {
                self.give(Input::FeedLost);
                self.broker.socket.clear();
                self.give(Input::FeedBack);
            }
            Step::Round { events } => self.answer(events),
            Step::Crash => self.crash(),
        }
        self.ways.clear();
        self.look();
    }

    fn wish(&mut self, strategy: u16, want: Want) {
        let now = self.rig.now;
        self.give(Input::Wish(Wish { strategy, ts_submit: now, ts_cause: now, want }));
    }

    fn pick(&self, pick: usize) -> Option<(u16, ClientOrderId)> {
        let orders = self.rig.machine.orders();
        let order = orders.get(pick % orders.len().max(1))?;
        Some((order.strategy, order.id))
    }

    fn reply(&mut self, pick: usize) {
        if self.broker.replies.is_empty() {
            return;
        }
        let at = pick % self.broker.replies.len();
        let (request, reply) = self.broker.replies.remove(at);
        self.give(Input::Written { request });
        self.give(Input::Replied { request, reply });
    }

    /// Answers the round that was asked for, while events go on.
    fn answer(&mut self, events: usize) {
        let Some(round) = self.round.take() else { return };
        for query in Query::ALL {
            self.give(Input::QueryBegun { round, query });
            // The list is put together at some moment between question and answer.
            let rows: Vec<Input> = match query {
                Query::Open => self.broker.open_rows().into_iter().map(Input::OpenRow).collect(),
                Query::Filled => {
                    self.broker.filled_rows().into_iter().map(Input::FilledRow).collect()
                }
                Query::Positions => {
                    self.broker.position_rows().into_iter().map(Input::PositionRow).collect()
                }
                Query::Cash => Vec::new(),
            };
            for event in 0..events {
                self.broker.fill(event, 1);
                self.deliver();
            }
            for row in rows {
                self.give(row);
            }
            self.give(Input::QueryEnded { round, query, complete: true });
        }
    }

    /// The process dies: replies and frames on their way are gone, the journal stays. Requests that
    /// were journaled and did not arrive yet may have left or not.
    fn crash(&mut self) {
        let mut again = Machine::new(settings(), &symbols());
        for (ts, input) in &self.rig.log {
            // Through the text that the journal keeps of it.
            let text = serde_json::to_string(input).unwrap();
            let read: Input = serde_json::from_str(&text).unwrap();
            assert_eq!(read, *input, "{text}");
            again.apply(*ts, &read, &mut Vec::new());
        }
        assert!(again == self.rig.machine, "the journal gives the same machine");
        self.broker.socket.clear();
        self.broker.replies.clear();
        let flying: Vec<_> = self.broker.sent.drain(..).collect();
        for (at, (request, way)) in flying.into_iter().enumerate() {
            if at % 2 == 0 && way == Way::Fine {
                self.broker.sent.push_back((request, way));
                self.broker.take_next();
            }
        }
        self.broker.replies.clear();
        self.broker.socket.clear();
        self.round = None;
        self.give(Input::Begin);
        self.give(Input::FeedBack);
    }

    /// Everything on its way arrives, and the broker is asked until nothing is open.
    fn come_to_rest(&mut self) {
        for _ in 0..12 {
            while !self.broker.sent.is_empty() {
                self.broker.take_next();
            }
            while !self.broker.replies.is_empty() {
                self.reply(0);
            }
            while !self.broker.socket.is_empty() {
                self.deliver();
            }
            self.give(Input::FeedLost);
            self.give(Input::FeedBack);
            self.answer(0);
            self.wait(6_000);
            self.answer(0);
        }
        while !self.broker.socket.is_empty() {
            self.deliver();
        }
    }

    /// The machine's books are the broker's.
    fn agrees(&self) {
        let machine = &self.rig.machine;
        assert_eq!(machine.halted(), None::<HaltReason>);
        assert!(machine.is_ready());
        let groups = self.groups();
        let unsure = groups.values().any(|(_, _, unknown)| *unknown);
        for (likeness, (ours, made, unknown)) in &groups {
            assert!(*unknown || ours == made, "{likeness:?}: {ours}, and {made} were filled");
        }
        for order in machine.orders().iter().filter(|o| o.status != OrderStatus::UNKNOWN) {
            let numbers: Vec<u32> = machine.numbers(order.id).map(|n| n.get()).collect();
            let booked = |number: &u32| self.broker.books[number].clone();
            let filled: i64 = numbers.iter().map(|number| booked(number).filled).sum();
            assert_eq!(order.cumulative.raw(), filled, "{order:?}");
            let open: i64 = numbers.iter().map(|number| booked(number).leaves).sum();
            assert_eq!(machine.leaves(order.id).raw(), open, "{order:?}");
            assert_eq!(order.status.is_final(), open == 0, "{order:?}");
        }
        assert_eq!(self.rig.account(), self.broker.held, "the account's position");
        assert!(self.broker.arrived.values().all(|times| *times == 1), "nothing twice");
        if !unsure {
            assert!(machine.is_open(0, SAMSUNG) && machine.is_open(1, SAMSUNG), "all is open");
        }
    }
}

/// Whether a path of edges leads from one state to the other.
fn reachable(from: OrderStatus, to: OrderStatus) -> bool {
    if from == to || may_move(from, to) {
        return true;
    }
    let mut seen = vec![from];
    let mut at = 0;
    while let Some(state) = seen.get(at).copied() {
        for (a, b, _) in EDGES {
            if *a == state && !seen.contains(b) {
                seen.push(*b);
            }
        }
        at += 1;
    }
    seen.contains(&to)
}

fn check(steps: &[Step]) {
    let mut world = World::new();
    for step in steps {
        world.run(step);
    }
    world.come_to_rest();
    world.agrees();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_agree_in_the_end(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        check(&steps);
    }

    #[test]
    fn a_crash_at_any_point_loses_nothing(
        steps in proptest::collection::vec(step(), 1..25),
        at in any::<prop::sample::Index>(),
    ) {
        let mut steps = steps;
        let at = at.index(steps.len());
        steps.insert(at, Step::Crash);
        check(&steps);
    }
}

#[test]
fn a_request_that_is_never_answered_is_sent_once() {
    let mut world = World::new();
    world.run(&Step::Submit { strategy: 0, buy: true, price: 60_000, quantity: 5, way: Way::Lost });
    world.wait(60_000);
    world.come_to_rest();
    assert_eq!(world.requests.get(&0), Some(&1));
    assert_eq!(world.rig.machine.request(RequestId(0)).unwrap().number, None);
    assert_eq!(world.rig.machine.orders()[0].status, OrderStatus::REJECTED);
    world.agrees();
}

#[test]
fn a_replace_that_is_answered_while_a_list_is_read_moves_its_shares_once() {
    check(&[
        Step::Foreign { buy: false, quantity: 101 },
        Step::ForeignCancel { pick: 0 },
        Step::Round { events: 0 },
        Step::ForeignCancel { pick: 0 },
        Step::Submit { strategy: 0, buy: false, price: 60_000, quantity: 10, way: Way::Fine },
        Step::Arrive,
        Step::Fill { pick: 0, shares: 1 },
        Step::Reply { pick: 0 },
        Step::Replace { pick: 0, price: 60_000, quantity: 0, way: Way::Fine },
        Step::Wait { millis: 2997 },
        Step::Reply { pick: 0 },
        Step::Round { events: 1 },
    ]);
}

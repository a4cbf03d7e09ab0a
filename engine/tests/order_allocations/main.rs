//! The path of an order through machine and journal allocates nothing once it is warm: counted on
//! this thread, not believed.

#[path = "../counting/mod.rs"]
mod counting;
#[path = "../keeper/mod.rs"]
mod keeper;

use counting::allocations_in;
use engine::desk::Tag;
use engine::gateway::{GATEWAY_HOPS, OrderHops};
use engine::journal::{Head, Journal, Options};
use engine::order::{
    BrokerNumber, Input, Machine, Output, Query, Reply, RequestId, Settings, Update, Want, Wish,
};
use engine::telemetry::recorder;
use keeper::Keeper;
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, InstrumentId, Notional, OrderAction, OrderRequest,
    OrderState, OrderStatus, OrderType, Price, Quantity, ReplaceRequest, Side, Symbol, Text,
    UnixNanos, Venue,
};

const OPEN: UnixNanos = UnixNanos::new(1_795_392_000_000_000_000);

struct Driver {
    keeper: Keeper,
    out: Vec<Output>,
    now: UnixNanos,
    next: u32,
    number: u32,
}

impl Driver {
    fn give(&mut self, input: Input) {
        self.now = self.now + DurationNanos::from_millis(1);
        self.out.clear();
        self.keeper.take(self.now, &input, &mut self.out).unwrap();
    }

    fn wish(&mut self, want: Want) {
        let now = self.now;
        self.give(Input::Wish(Wish { strategy: 0, ts_submit: now, ts_cause: now, want }));
    }

    /// Answers the request that was just sent with the next number.
    fn answer(&mut self) -> u32 {
        let sent = self.out.iter().find_map(|output| match output {
            Output::Send(request) => Some(request.id),
            _ => None,
        });
        let request = sent.unwrap();
        self.number += 1;
        let number = BrokerNumber::new(self.number).unwrap();
        self.give(Input::Written { request });
        let reply = Reply::Accepted { number, base: None, quantity: Quantity::UNSET };
        self.give(Input::Replied { request, reply });
        self.number
    }

    fn event(&mut self, n: u32, original: u32, state: OrderState, leaves: i64, filled: i64) {
        let filled_now = if state == OrderState::FILLED { filled } else { 0 };
        self.give(Input::Update(Update {
            number: BrokerNumber::new(n).unwrap(),
            original: BrokerNumber::new(original),
            symbol: Symbol::new("005930").unwrap(),
            side: Side::BUY,
            action: if original == 0 { OrderAction::NEW } else { OrderAction::MODIFY },
            state,
            order_type: Some(OrderType::LIMIT),
            venue: Venue::KRX,
            quantity: Quantity::new(10),
            leaves: Quantity::new(leaves),
            cumulative: if filled > 0 { Quantity::new(filled) } else { Quantity::UNSET },
            last_quantity: Quantity::new(filled_now),
            price: Price::new(60_000),
            last_price: Price::new(60_000),
            value: Notional::new(60_000 * filled),
            fee: Notional::UNSET,
            tax: Notional::UNSET,
            fill_number: if filled > 0 { Text::new("1").unwrap() } else { Text::EMPTY },
            reject_reason: Text::EMPTY,
            ts_event: OPEN,
            ts_recv: OPEN,
        }));
    }

    /// Wanted, answered, accepted, modified, filled in part, cancelled.
    fn life(&mut self) {
        self.next += 1;
        let order = ClientOrderId(self.next.into());
        let request = OrderRequest::limit(
            InstrumentId(0),
            Venue::KRX,
            Side::BUY,
            Price::new(60_000),
            Quantity::new(10),
        );
        self.wish(Want::New { order, request });
        let first = self.answer();
        self.event(first, 0, OrderState::ACCEPTED, 10, 0);
        self.wish(Want::Replace(ReplaceRequest {
            order,
            price: Price::new(60_000),
            stop_price: Price::UNSET,
            quantity: Quantity::ZERO,
        }));
        let second = self.answer();
        self.event(second, first, OrderState::ACCEPTED, 10, 0);
        self.event(second, first, OrderState::CONFIRMED, 10, 0);
        self.event(first, 0, OrderState::ACCEPTED, 0, 0);
        self.event(second, first, OrderState::FILLED, 7, 3);
        self.wish(Want::Cancel(CancelRequest { order, quantity: Quantity::ZERO }));
        self.answer();
        self.event(second, first, OrderState::FILLED, 0, 3);
        let entry = self.keeper.machine().order(order).unwrap();
        assert_eq!((entry.status, entry.cumulative.raw()), (OrderStatus::CANCELLED, 3));
    }
}

#[test]
fn an_orders_life_allocates_nothing_after_warm_up() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { orders_max: 4096, ..Settings::default() };
    let head = Head::new(OPEN, vec!["maker".into()], vec!["005930".into()], settings.clone());
    let machine = Machine::new(settings, &[Symbol::new("005930").unwrap()]);
    let options = Options { patience: std::time::Duration::from_secs(30), ..Options::default() };
    let journal = Journal::create(folder.path(), &head, options).unwrap();
    let keeper = Keeper::new(machine, journal);
    let mut driver = Driver { keeper, out: Vec::with_capacity(64), now: OPEN, next: 0, number: 0 };
    driver.give(Input::Begin);
    driver.give(Input::FeedBack);
    for query in Query::ALL {
        driver.give(Input::QueryBegun { round: 1, query });
        driver.give(Input::QueryEnded { round: 1, query, complete: true });
    }
    for _ in 0..10 {
        driver.life();
    }
    let allocations = allocations_in(|| (0..500).for_each(|_| driver.life()));
    assert_eq!(allocations, 0);
    driver.keeper.close().unwrap();
    // The counter is awake.
    assert!(allocations_in(|| drop(std::hint::black_box(Box::new(7)))) > 0);
}

#[test]
fn timing_an_order_allocates_nothing() {
    let (mut recorder, _collector) = recorder(GATEWAY_HOPS);
    let mut hops = OrderHops::new(64);
    let mut order = |request: u32| {
        let at = |micros: u64| OPEN + DurationNanos::new(micros * 1_000);
        let tag = Tag::Order(RequestId(request));
        let number = BrokerNumber::new(request + 1);
        hops.decided(tag, at(0), at(20));
        hops.journaled(tag, at(40));
        hops.written(tag, at(60), &mut recorder);
        // Every third frame overtakes its reply, every fifth never comes.
        if request.is_multiple_of(3) {
            hops.heard(number.unwrap(), at(900), &mut recorder);
        }
        hops.replied(tag, number, at(1_000), &mut recorder);
        if !request.is_multiple_of(3) && !request.is_multiple_of(5) {
            hops.heard(number.unwrap(), at(1_500), &mut recorder);
        }
    };
    assert_eq!(allocations_in(|| (0..10_000).for_each(&mut order)), 0);
    assert!(hops.under_way() <= 64 && hops.lost() > 0);
}

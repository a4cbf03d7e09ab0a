//! What the risk gate costs: nanoseconds for an approval, for a denial at the first and at the last
//! check, for counting an order, and for a record of the market.
//!
//! `cargo run --release -p engine --example gate_cost`
//!
//! Each kind is measured in rounds, all kinds by turns, a round of 1,000 calls on 200 instruments in an
//! order that caches do not foresee. Shown are percentiles over the rounds' means, and beside them the
//! cost of the empty loop.

use engine::market::{Account, Date, DayPlan, MarketData, SessionOptions, Sessions};
use engine::risk::{Gate, GateSizes, InstrumentTerms, Limits, RiskConfig};
use std::hint::black_box;
use std::time::Instant;
use strategy_api::*;

const INSTRUMENTS: u16 = 200;
const CALLS: u64 = 1_000;
const ROUNDS: usize = 400;

/// Name of a kind, and one call of it.
type Kind = (&'static str, fn(&mut Bench, u64));

const KINDS: [Kind; 8] = [
    ("empty loop", |bench, n| {
        black_box(bench.order(n));
    }),
    ("approval: all checks of a buy", |bench, n| {
        let order = bench.order(n);
        assert!(black_box(bench.gate.check(0, &order, bench.now)).is_ok());
    }),
    ("approval: all checks of a sell", |bench, n| {
        let order = bench.sell(n);
        assert!(black_box(bench.gate.check(0, &order, bench.now)).is_ok());
    }),
    ("denial at the first checks (tick)", |bench, n| {
        let mut order = bench.order(n);
        order.price = order.price + PriceDelta::new(1);
        assert_eq!(
            black_box(bench.gate.check(0, &order, bench.now)).unwrap_err(),
            Refusal::OffTick
        );
    }),
    ("denial in the middle (collar)", |bench, n| {
        let order = bench.order(n).at(Price::new(11_000));
        assert_eq!(black_box(bench.gate.check(0, &order, bench.now)).unwrap_err(), Refusal::Collar);
    }),
    ("denial at the last check (broker's rate)", |bench, n| {
        let order = bench.order(n);
        let refused = black_box(bench.full.check(0, &order, bench.begin)).unwrap_err();
        assert_eq!(refused, Refusal::BrokerRate);
    }),
    ("check, sent, done", |bench, n| {
        let order = bench.order(n);
        bench.now = bench.now + DurationNanos::from_millis(250);
        let approval = bench.gate.check(0, &order, bench.now).expect("a place is free");
        let id = ClientOrderId(n);
        bench.gate.sent(id, approval, bench.now).expect("the id is new");
        bench.gate.done(id);
    }),
    ("market: a trade", |bench, n| {
        let id = bench.instrument(n);
        bench.gate.trade(id, Price::new(10_000 + (n % 3) as i32 * 10), bench.now);
    }),
];

struct Bench {
    gate: Gate,
    /// One whose broker takes nothing more within this second.
    full: Gate,
    begin: UnixNanos,
    now: UnixNanos,
}

impl Bench {
    fn new() -> Self {
        let date = Date::new(2026, 11, 23).expect("a day");
        let now = date.at(10, 0, 0);
        let gate = gate(date, now);
        let mut full = gate.clone();
        for id in 0..4 {
            let order = Order::limit(
                InstrumentId(0),
                Venue::KRX,
                Side::BUY,
                Price::new(9_990),
                Quantity::new(id + 1),
            );
            let approval = full.check(0, &order, now).expect("it is open");
            full.sent(ClientOrderId(id as u64), approval, now).expect("the id is new");
        }
        Self { gate, full, begin: now, now }
    }

    fn instrument(&self, n: u64) -> InstrumentId {
        InstrumentId((n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u16 % INSTRUMENTS)
    }

    fn order(&self, n: u64) -> Order {
        let quantity = Quantity::new(1 + (n % 7) as i64);
        let id = self.instrument(n);
        Order::limit(id, Venue::KRX, Side::BUY, Price::new(10_000), quantity)
    }

    fn sell(&self, n: u64) -> Order {
        let mut order = self.order(n).at(Price::new(10_010));
        order.side = Side::SELL;
        order
    }
}

fn gate(date: Date, now: UnixNanos) -> Gate {
    let market = MarketData::embedded();
    let rules = market.ticks().on(date).expect("the date is covered");
    let costs = market.costs().on(date, Account::Real).expect("the date is covered");
    let limits = Limits { working_orders_max: 50, messages_per_second: 100, ..Limits::ACCOUNT };
    let config = RiskConfig { account: limits, strategy: limits, ..RiskConfig::default() };
    let sizes = GateSizes { instruments: INSTRUMENTS.into(), strategies: 4 };
    let mut gate = Gate::new(&config, rules, costs, sizes).expect("the limits are in range");
    let mut sessions = Sessions::new(DayPlan::always_open(date), SessionOptions::default());
    sessions.on_clock(now);
    gate.set_sessions(sessions.view());
    gate.set_killed(false);
    gate.set_feed_fresh(true);
    gate.set_cash(Notional::new(1_000_000_000));
    for id in (0..INSTRUMENTS).map(InstrumentId) {
        let terms = InstrumentTerms { base_price: Price::new(10_000), ..Default::default() };
        gate.set_terms(id, &terms).expect("the id is below the size");
        gate.set_holding(id, Quantity::new(20), Quantity::new(20));
        gate.set_strategy_holding(0, id, Quantity::new(10));
        gate.trade(id, Price::new(10_000), now);
        gate.quote(id, Price::new(9_990), Price::new(10_010), now);
    }
    gate
}

fn main() {
    let mut bench = Bench::new();
    let mut means = vec![Vec::with_capacity(ROUNDS); KINDS.len()];
    let mut n = 1_000_000;
    for round in 0..ROUNDS + 20 {
        for (kind, (_, call)) in KINDS.iter().enumerate() {
            // Each round begins with a second in which nothing was sent, and with fresh prices.
            bench.now = bench.now + DurationNanos::from_secs(2);
            for id in (0..INSTRUMENTS).map(InstrumentId) {
                bench.gate.trade(id, Price::new(10_000), bench.now);
                bench.full.trade(id, Price::new(10_000), bench.begin);
            }
            let begin = Instant::now();
            for _ in 0..CALLS {
                n += 1;
                call(&mut bench, n);
                if kind == 6 && n % 100 == 0 {
                    // Time goes on in this kind: keep prices young.
                    for id in (0..INSTRUMENTS).map(InstrumentId) {
                        bench.gate.trade(id, Price::new(10_000), bench.now);
                    }
                }
            }
            let nanos = begin.elapsed().as_nanos() as f64 / CALLS as f64;
            // The first rounds warm up.
            if round >= 20 {
                means[kind].push(nanos);
            }
        }
    }
    println!("{:<45} {:>8} {:>8} {:>8} {:>8}", "ns a call", "p50", "p90", "p99", "max");
    for ((name, _), means) in KINDS.iter().zip(&mut means) {
        means.sort_by(f64::total_cmp);
        let at = |percent: usize| means[(means.len() - 1) * percent / 100];
        println!("{name:<45} {:>8.1} {:>8.1} {:>8.1} {:>8.1}", at(50), at(90), at(99), at(100));
    }
    println!("{ROUNDS} rounds of {CALLS} calls each, {INSTRUMENTS} instruments");
}

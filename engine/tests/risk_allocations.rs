//! The risk gate allocates nothing after its start: counted, not believed. Everything it does on the
//! path of an order runs here: checks, approvals, denials, fills, replaces, cancels, market data.

mod counting;

use counting::allocations_in;
use engine::market::{Account, Date, DayPlan, MarketData, SessionOptions, Sessions};
use engine::risk::{Fill, Gate, GateSizes, InstrumentTerms, RiskConfig};
use strategy_api::*;

const INSTRUMENTS: u16 = 8;

fn gate(date: Date, now: UnixNanos) -> (Gate, Sessions) {
    let market = MarketData::embedded();
    let rules = market.ticks().on(date).unwrap();
    let costs = market.costs().on(date, Account::Mock).unwrap();
    let sizes = GateSizes { instruments: INSTRUMENTS.into(), strategies: 2 };
    let mut gate = Gate::new(&RiskConfig::default(), rules, costs, sizes).unwrap();
    let mut sessions = Sessions::new(DayPlan::always_open(date), SessionOptions::default());
    sessions.on_clock(now);
    gate.set_sessions(sessions.view());
    gate.set_killed(false);
    gate.set_feed_fresh(true);
    gate.set_cash(Notional::new(10_000_000));
    for id in (0..INSTRUMENTS).map(InstrumentId) {
        let base_price = Price::new(10_000);
        let terms = InstrumentTerms { base_price, ..InstrumentTerms::default() };
        gate.set_terms(id, &terms).unwrap();
    }
    (gate, sessions)
}

#[test]
fn checks_fills_replaces_and_market_data_allocate_nothing() {
    let date = Date::new(2026, 11, 23).unwrap();
    let mut now = date.at(10, 0, 0);
    let (mut gate, mut sessions) = gate(date, now);
    let (mut passed, mut denied, mut filled, mut replaced) = (0, 0, 0, 0);
    let mut trade = Trade::unset();
    let count = allocations_in(|| {
        for n in 0..20_000u64 {
            now = now + DurationNanos::from_millis(90);
            let id = InstrumentId((n % u64::from(INSTRUMENTS)) as u16);
            trade.header.instrument = id;
            trade.price = Price::new(10_000 + (n % 5) as i32 * 10);
            (trade.bid, trade.ask) = (Price::new(9_990), Price::new(10_050));
            gate.on_record(trade.words(), now);
            if !sessions.on_clock(now).is_empty() {
                gate.set_sessions(sessions.view());
            }
            let side = if n % 3 == 0 { Side::SELL } else { Side::BUY };
            let price = Price::new(9_950 + (n % 11) as i32 * 10);
            let quantity = Quantity::new(1 + (n % 4) as i64);
            let order = Order::limit(id, Venue::KRX, side, price, quantity);
            let client = ClientOrderId(n);
            match gate.check((n % 2) as u16, &order, now) {
                Ok(approval) => {
                    gate.sent(client, approval, now).unwrap();
                    passed += 1;
                    if n % 5 == 0 {
                        gate.filled(&Fill {
                            order: client,
                            strategy: (n % 2) as u16,
                            instrument: id,
                            side,
                            quantity: Quantity::new(1),
                            price,
                        });
                        filled += 1;
                    }
                }
                Err(_) => denied += 1,
            }
            let earlier = ClientOrderId(n.saturating_sub(6));
            let request = ReplaceRequest {
                order: earlier,
                price: Price::new(9_960),
                stop_price: Price::UNSET,
                quantity: Quantity::ZERO,
            };
            if let Ok(approval) = gate.check_replace((earlier.0 % 2) as u16, &request, now) {
                gate.replace_sent(approval, now).unwrap();
                gate.replaced(earlier, &request, Quantity::new(1));
                replaced += 1;
            }
            if gate.check_cancel(now).is_ok() {
                gate.done(ClientOrderId(n.saturating_sub(12)));
            }
            gate.rearm_strategy((n % 2) as u16);
        }
    });
    assert_eq!(count, 0);
    // Every part was at work, not only the first.
    assert!(passed > 1_000 && denied > 1_000, "{passed} passed, {denied} denied");
    assert!(filled > 100 && replaced > 100, "{filled} filled, {replaced} replaced");
}

#[test]
fn the_counter_is_awake() {
    assert!(allocations_in(|| drop(std::hint::black_box(Box::new(1)))) >= 2);
}

//! Each check at its boundary, and the promise over any sequence.

mod account;
mod promise;
mod rates;
mod single;
mod table;

use super::*;
use crate::market::{
    Account, Date, DayPlan, InstrumentKind, Listing, MarketData, SessionOptions, Sessions,
};
use strategy_api::*;

/// A share with base price 10,000: step 50 from 20,000 down to 5,000 is 10; limits 13,000 and 7,000.
const A: InstrumentId = InstrumentId(0);
/// Another one.
const B: InstrumentId = InstrumentId(1);

fn date() -> Date {
    Date::new(2026, 11, 23).unwrap()
}

/// Ten in the morning, and so many milliseconds.
fn at(millis: u64) -> UnixNanos {
    date().at(10, 0, 0) + DurationNanos::from_millis(millis)
}

/// Limits so wide that only the check in question can deny.
fn wide() -> RiskConfig {
    let limits = Limits {
        position_quantity_max: 1_000_000_000,
        position_value_max: 10_000_000_000_000,
        exposure_max: 10_000_000_000_000,
        daily_loss_max: 1_000_000_000_000,
        working_orders_max: 4_000,
        messages_per_second: 100,
    };
    RiskConfig {
        order_quantity_max: 10_000_000,
        order_value_max: 1_000_000_000_000,
        collar_bps: 3_000,
        window_move_bps: 6_000,
        reference_age_max_ms: 3_600_000,
        repeat_orders_max: 32,
        repeat_window_ms: 1,
        broker_orders_per_second: 64,
        broker_cancel_reserve: 0,
        account: limits,
        strategy: limits,
        ..RiskConfig::default()
    }
}

/// A gate of two instruments and two strategies, open, with much cash and many shares.
fn gate_of(config: &RiskConfig) -> Gate {
    let market = MarketData::embedded();
    let rules = market.ticks().on(date()).unwrap();
    let costs = market.costs().on(date(), Account::Mock).unwrap();
    let sizes = GateSizes { instruments: 2, strategies: 2 };
    let mut gate = Gate::new(config, rules, costs, sizes).unwrap();
    gate.set_sessions(view_at(DayPlan::always_open(date()), at(0)));
    for id in [A, B] {
        gate.set_terms(id, &terms()).unwrap();
        gate.set_holding(id, Quantity::ZERO, Quantity::ZERO);
        gate.trade(id, Price::new(10_000), at(0));
        gate.quote(id, Price::new(9_990), Price::new(10_010), at(0));
    }
    gate.set_cash(Notional::new(1_000_000_000_000_000));
    gate.set_killed(false);
    gate.set_feed_fresh(true);
    gate
}

fn terms() -> InstrumentTerms {
    InstrumentTerms {
        kind: InstrumentKind::Share,
        listing: Listing::Kospi,
        nxt: true,
        base_price: Price::new(10_000),
        upper_limit: Price::UNSET,
        lower_limit: Price::UNSET,
    }
}

fn view_at(day: DayPlan, now: UnixNanos) -> crate::market::SessionView {
    let mut sessions = Sessions::new(day, SessionOptions::default());
    sessions.on_clock(now);
    sessions.view()
}

fn buy(price: i32, quantity: i64) -> Order {
    Order::limit(A, Venue::KRX, Side::BUY, Price::new(price), Quantity::new(quantity))
}

fn sell(price: i32, quantity: i64) -> Order {
    Order { side: Side::SELL, ..buy(price, quantity) }
}

/// Gives strategy 0 shares of `A`, and the account with it.
fn give(gate: &mut Gate, shares: i64) {
    gate.set_strategy_holding(0, A, Quantity::new(shares));
    gate.set_holding(A, Quantity::new(shares), Quantity::new(shares));
}

/// Checks without sending.
fn check(gate: &mut Gate, order: &Order) -> Result<(), Refusal> {
    gate.check(0, order, at(0)).map(drop)
}

/// Checks and sends.
fn send_at(gate: &mut Gate, id: u64, order: &Order, now: UnixNanos) -> Result<(), Refusal> {
    let approval = gate.check(0, order, now)?;
    gate.sent(ClientOrderId(id), approval, now)
}

fn send(gate: &mut Gate, id: u64, order: &Order) {
    assert_eq!(send_at(gate, id, order, at(0)), Ok(()));
}

fn fill(gate: &mut Gate, id: u64, order: &Order, quantity: i64, price: i32) {
    gate.filled(&Fill {
        order: ClientOrderId(id),
        strategy: 0,
        instrument: order.instrument,
        side: order.side,
        quantity: Quantity::new(quantity),
        price: Price::new(price),
    });
}

fn replace(id: u64, price: i32, quantity: i64) -> ReplaceRequest {
    ReplaceRequest {
        order: ClientOrderId(id),
        price: Price::new(price),
        stop_price: Price::UNSET,
        quantity: Quantity::new(quantity),
    }
}

fn check_replace(gate: &mut Gate, request: &ReplaceRequest) -> Result<(), Refusal> {
    gate.check_replace(0, request, at(0)).map(drop)
}

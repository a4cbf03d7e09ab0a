//! How many, how often, and the same again.

use super::*;

/// Orders that differ, so that they are no repetition.
fn different(number: i64) -> Order {
    buy(10_000, 1 + number)
}

#[test]
fn a_strategy_sends_only_so_many_messages_a_second() {
    let strategy = Limits { messages_per_second: 3, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    for id in 0..3 {
        assert_eq!(send_at(&mut gate, id, &different(id as i64), at(id)), Ok(()));
    }
    assert_eq!(send_at(&mut gate, 3, &different(3), at(3)), Err(Refusal::MessageRate));
    assert_eq!(send_at(&mut gate, 3, &different(3), at(999)), Err(Refusal::MessageRate));
    assert!(gate.check(1, &different(3), at(999)).is_ok(), "the other one may");
    assert_eq!(send_at(&mut gate, 3, &different(3), at(1_000)), Ok(()));
    assert_eq!(send_at(&mut gate, 4, &different(4), at(1_000)), Err(Refusal::MessageRate));
}

#[test]
fn all_strategies_together_send_only_so_many_messages_a_second() {
    let account = Limits { messages_per_second: 2, ..wide().account };
    let mut gate = gate_of(&RiskConfig { account, ..wide() });
    send(&mut gate, 0, &different(0));
    let approval = gate.check(1, &different(1), at(0)).unwrap();
    gate.sent(ClientOrderId(1), approval, at(0)).unwrap();
    assert_eq!(gate.check(1, &different(2), at(999)).unwrap_err(), Refusal::MessageRate);
    assert_eq!(gate.check(0, &different(2), at(999)).unwrap_err(), Refusal::MessageRate);
    assert!(gate.check(0, &different(2), at(1_000)).is_ok());
}

#[test]
fn the_brokers_limit_keeps_places_for_cancels() {
    let config = RiskConfig { broker_orders_per_second: 5, broker_cancel_reserve: 2, ..wide() };
    let mut gate = gate_of(&config);
    for id in 0..3 {
        assert_eq!(gate.order_allowed_at(), UnixNanos::UNSET);
        send(&mut gate, id, &different(id as i64));
    }
    assert_eq!(gate.check(0, &different(9), at(0)).unwrap_err(), Refusal::BrokerRate);
    assert_eq!(gate.order_allowed_at(), at(1_000));
    for _ in 0..2 {
        assert_eq!(gate.check_cancel(at(0)), Ok(()));
        gate.cancel_sent(at(0));
    }
    assert_eq!(gate.check_cancel(at(999)), Err(Refusal::BrokerRate));
    assert_eq!(gate.cancel_allowed_at(), at(1_000));
    assert_eq!(gate.check_cancel(at(1_000)), Ok(()));
    assert_eq!(gate.check(0, &different(9), at(999)).unwrap_err(), Refusal::BrokerRate);
    assert!(gate.check(0, &different(9), at(1_000)).is_ok());
}

#[test]
fn cancels_pass_where_orders_do_not() {
    let mut gate = gate_of(&RiskConfig::default());
    gate.set_killed(true);
    gate.set_feed_fresh(false);
    gate.stop_strategy(0);
    assert_eq!(gate.check_cancel(at(0)), Ok(()));
}

#[test]
fn the_same_order_again_and_again_stops_the_strategy_until_a_person_comes() {
    let config = RiskConfig { repeat_orders_max: 3, repeat_window_ms: 1_000, ..wide() };
    let mut gate = gate_of(&config);
    let same = buy(10_000, 1);
    for id in 0..3 {
        assert_eq!(send_at(&mut gate, id, &same, at(0)), Ok(()));
    }
    assert!(gate.check(0, &different(1), at(0)).is_ok(), "another order is no repetition");
    assert!(gate.check(0, &same, at(1_000)).is_ok(), "the window is over");
    assert!(!gate.is_stopped(0));
    assert_eq!(gate.check(0, &same, at(999)).unwrap_err(), Refusal::Repeated);
    assert!(gate.is_stopped(0) && !gate.is_stopped(1));
    assert_eq!(gate.check(0, &different(1), at(50_000)).unwrap_err(), Refusal::StrategyStopped);
    assert!(gate.check(1, &same, at(0)).is_ok(), "the other strategy goes on");
    gate.rearm_strategy(0);
    assert!(gate.check(0, &same, at(999)).is_ok());
}

#[test]
fn repetitions_are_found_between_others() {
    let config = RiskConfig { repeat_orders_max: 4, repeat_window_ms: 1_000, ..wide() };
    let mut gate = gate_of(&config);
    let mut id = 0;
    for _ in 0..4 {
        for number in 0..8 {
            send(&mut gate, id, &different(number));
            id += 1;
        }
    }
    assert_eq!(check(&mut gate, &different(0)), Err(Refusal::Repeated));
    // Each part of an order makes it another one.
    let mut gate = gate_of(&RiskConfig { repeat_orders_max: 1, ..config });
    give(&mut gate, 10);
    let order = buy(10_000, 1);
    send(&mut gate, 0, &order);
    let others = [
        Order { instrument: B, ..order },
        Order { venue: Venue::NXT, ..order },
        Order { order_type: OrderType::LIMIT_IOC, ..order },
        buy(9_990, 1),
        buy(10_000, 2),
        sell(10_010, 1),
    ];
    for other in others {
        assert_eq!(check(&mut gate, &other), Ok(()), "{other:?}");
    }
    assert_eq!(check(&mut gate, &order), Err(Refusal::Repeated));
}

#[test]
fn only_so_many_orders_work_at_once() {
    let strategy = Limits { working_orders_max: 2, ..wide().strategy };
    let account = Limits { working_orders_max: 3, ..wide().account };
    let mut gate = gate_of(&RiskConfig { strategy, account, ..wide() });
    send(&mut gate, 0, &different(0));
    send(&mut gate, 1, &different(1));
    assert_eq!(check(&mut gate, &different(2)), Err(Refusal::WorkingOrders));
    let approval = gate.check(1, &different(2), at(0)).unwrap();
    gate.sent(ClientOrderId(2), approval, at(0)).unwrap();
    assert_eq!(gate.check(1, &different(3), at(0)).unwrap_err(), Refusal::AccountWorkingOrders);
    assert_eq!(gate.working_orders(), 3);
    gate.done(ClientOrderId(0));
    gate.done(ClientOrderId(0));
    assert_eq!(gate.working_orders(), 2);
    assert_eq!(check(&mut gate, &different(3)), Ok(()));
}

#[test]
fn an_approval_is_void_after_another_check_and_an_id_counts_once() {
    let mut gate = gate_of(&wide());
    let first = gate.check(0, &different(0), at(0)).unwrap();
    let second = gate.check(0, &different(1), at(0)).unwrap();
    assert_eq!(gate.sent(ClientOrderId(1), first, at(0)), Err(Refusal::Internal));
    assert_eq!(gate.sent(ClientOrderId(1), second, at(0)), Ok(()));
    let third = gate.check(0, &different(2), at(0)).unwrap();
    assert_eq!(gate.sent(ClientOrderId(1), third, at(0)), Err(Refusal::Internal));
    let fourth = gate.check(0, &different(3), at(0)).unwrap();
    gate.set_killed(true);
    assert_eq!(gate.sent(ClientOrderId(4), fourth, at(0)), Err(Refusal::Internal));
    assert_eq!(gate.working_orders(), 1);
}

//! The table in the documentation and the code agree.

use super::*;

const SOURCE: &str = include_str!("../mod.rs");

#[test]
fn every_reason_of_the_gate_stands_in_the_table() {
    let code = concat!(include_str!("../gate.rs"), include_str!("../../market/sessions.rs"),);
    let mut found = 0;
    for refusal in Refusal::ALL {
        let name = format!("Refusal::{refusal:?}");
        let returned =
            code.contains(&format!("Err({name})")) || code.contains(&format!("({name})"));
        if returned {
            assert!(SOURCE.contains(&format!("({name})")), "{name} is missing in the table");
            found += 1;
        }
    }
    assert!(found > 25, "{found}");
    // Codes from 16 on are the gate's alone: each has a row.
    for refusal in Refusal::ALL.iter().filter(|refusal| refusal.code() >= Refusal::Killed.code()) {
        assert!(SOURCE.contains(&format!("(Refusal::{refusal:?})")), "{refusal:?}");
    }
}

#[test]
fn the_first_reason_of_the_table_is_the_one_that_is_told() {
    // Everything is wrong with this order; one fact after the other is put right.
    let none = Limits {
        position_quantity_max: 0,
        position_value_max: 10_000_000_000_000,
        exposure_max: 0,
        daily_loss_max: 1_000_000_000_000,
        working_orders_max: 0,
        messages_per_second: 1,
    };
    let config = RiskConfig {
        order_quantity_max: 1,
        order_value_max: 1,
        collar_bps: 1,
        window_move_bps: 1,
        reference_age_max_ms: 100,
        broker_orders_per_second: 1,
        strategy: none,
        account: none,
        ..wide()
    };
    let mut gate = gate_of(&config);
    gate.set_killed(true);
    gate.stop_strategy(0);
    gate.set_feed_fresh(false);
    gate.set_closed(0, A, true);
    gate.set_restricted(A, true);
    gate.set_halted(A, true);
    gate.set_interrupted(A, true, at(9_000));
    gate.set_sessions(Default::default());
    gate.set_limits(A, Price::new(9_000), Price::UNSET);
    gate.set_cash(Notional::ZERO);
    gate.trade(A, Price::new(9_500), at(0));
    let now = at(10_000);
    let mut order = buy(10_001, 2);
    let mut seen = Vec::new();
    let mut told = |gate: &mut Gate, order: &Order| {
        let refusal = gate.check(0, order, now).unwrap_err();
        seen.push(refusal);
    };
    told(&mut gate, &order);
    gate.set_killed(false);
    told(&mut gate, &order);
    gate.rearm_strategy(0);
    told(&mut gate, &order);
    gate.set_feed_fresh(true);
    told(&mut gate, &order);
    gate.set_closed(0, A, false);
    told(&mut gate, &order);
    gate.set_restricted(A, false);
    told(&mut gate, &order);
    gate.set_halted(A, false);
    told(&mut gate, &order);
    gate.set_interrupted(A, false, at(9_000));
    told(&mut gate, &order);
    gate.set_sessions(view_at(DayPlan::always_open(date()), at(0)));
    told(&mut gate, &order);
    order.price = Price::new(10_000);
    told(&mut gate, &order);
    gate.set_limits(A, Price::new(13_000), Price::UNSET);
    told(&mut gate, &order);
    gate.quote(A, Price::new(9_500), Price::new(9_510), now);
    told(&mut gate, &order);
    gate.trade(A, Price::new(10_000), now);
    told(&mut gate, &order);
    let expected = [
        Refusal::Killed,
        Refusal::StrategyStopped,
        Refusal::FeedStale,
        Refusal::InstrumentClosed,
        Refusal::Restricted,
        Refusal::Halted,
        Refusal::Interrupted,
        Refusal::SessionClosed,
        Refusal::OffTick,
        Refusal::OutsideLimits,
        Refusal::ReferenceOld,
        Refusal::Collar,
        Refusal::FastMarket,
    ];
    assert_eq!(seen, expected);
    // The table has them in this order.
    let places: Vec<_> = expected
        .iter()
        .map(|refusal| SOURCE.find(&format!("(Refusal::{refusal:?})")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn later_reasons_follow_the_table_too() {
    let none = Limits {
        position_quantity_max: 0,
        exposure_max: 0,
        daily_loss_max: 0,
        working_orders_max: 0,
        messages_per_second: 1,
        ..wide().strategy
    };
    let mut config = RiskConfig {
        order_quantity_max: 1,
        order_value_max: 1,
        repeat_orders_max: 1,
        broker_orders_per_second: 1,
        strategy: none,
        account: none,
        ..wide()
    };
    type Fix = fn(&mut RiskConfig);
    let steps: [(Refusal, Fix); 11] = [
        (Refusal::OrderQuantity, |c| c.order_quantity_max = 100),
        (Refusal::OrderValue, |c| c.order_value_max = 1_000_000),
        (Refusal::StrategyPosition, |c| c.strategy.position_quantity_max = 100),
        (Refusal::AccountPosition, |c| c.account.position_quantity_max = 100),
        (Refusal::StrategyExposure, |c| c.strategy.exposure_max = 1_000_000),
        (Refusal::AccountExposure, |c| c.account.exposure_max = 1_000_000),
        (Refusal::StrategyLoss, |c| c.strategy.daily_loss_max = 1),
        (Refusal::AccountLoss, |c| c.account.daily_loss_max = 1),
        (Refusal::Cash, |c| c.restricted.clear()),
        (Refusal::WorkingOrders, |c| c.strategy.working_orders_max = 5),
        (Refusal::AccountWorkingOrders, |c| c.account.working_orders_max = 5),
    ];
    let order = buy(10_000, 2);
    let mut places = Vec::new();
    for (index, (refusal, fix)) in steps.into_iter().enumerate() {
        let mut gate = gate_of(&config);
        if index <= 8 {
            gate.set_cash(Notional::ZERO);
        }
        assert_eq!(check(&mut gate, &order), Err(refusal));
        places.push(SOURCE.find(&format!("(Refusal::{refusal:?})")).unwrap());
        fix(&mut config);
    }
    let mut gate = gate_of(&config);
    send(&mut gate, 1, &order);
    assert_eq!(check(&mut gate, &order), Err(Refusal::Repeated));
    gate.rearm_strategy(0);
    assert_eq!(check(&mut gate, &order), Err(Refusal::MessageRate));
    config.strategy.messages_per_second = 5;
    config.account.messages_per_second = 5;
    let mut gate = gate_of(&config);
    send(&mut gate, 1, &order);
    gate.rearm_strategy(0);
    assert_eq!(check(&mut gate, &order), Err(Refusal::BrokerRate));
    for refusal in [Refusal::Repeated, Refusal::MessageRate, Refusal::BrokerRate] {
        places.push(SOURCE.find(&format!("(Refusal::{refusal:?})")).unwrap());
    }
    assert!(places.is_sorted(), "{places:?}");
}

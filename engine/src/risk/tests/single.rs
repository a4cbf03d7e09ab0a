//! Checks of one order by itself: price, size, time, state.

use super::*;

#[test]
fn a_gate_that_was_told_nothing_is_shut() {
    let market = MarketData::embedded();
    let rules = market.ticks().on(date()).unwrap();
    let costs = market.costs().on(date(), Account::Mock).unwrap();
    let sizes = GateSizes { instruments: 2, strategies: 2 };
    let mut gate = Gate::new(&wide(), rules, costs, sizes).unwrap();
    let order = buy(10_000, 1);
    assert_eq!(check(&mut gate, &order), Err(Refusal::Killed));
    gate.set_killed(false);
    assert_eq!(check(&mut gate, &order), Err(Refusal::FeedStale));
    gate.set_feed_fresh(true);
    assert_eq!(check(&mut gate, &order), Err(Refusal::UnknownInstrument));
    gate.set_terms(A, &terms()).unwrap();
    assert_eq!(check(&mut gate, &order), Err(Refusal::SessionClosed));
    gate.set_sessions(view_at(DayPlan::always_open(date()), at(0)));
    assert_eq!(check(&mut gate, &order), Err(Refusal::ReferenceMissing));
    gate.trade(A, Price::new(10_000), at(0));
    assert_eq!(check(&mut gate, &order), Err(Refusal::Cash));
    gate.set_cash(Notional::new(10_000 + 30));
    assert_eq!(check(&mut gate, &order), Ok(()));
}

#[test]
fn a_configuration_out_of_range_makes_no_gate() {
    let market = MarketData::embedded();
    let rules = market.ticks().on(date()).unwrap();
    let costs = market.costs().on(date(), Account::Mock).unwrap();
    let sizes = GateSizes { instruments: 1, strategies: 1 };
    let config = RiskConfig { collar_bps: 0, ..wide() };
    let problems = Gate::new(&config, rules, costs, sizes).unwrap_err();
    assert_eq!(problems[0].key, "collar_bps");
    let mut gate = gate_of(&wide());
    let limits = Limits { messages_per_second: 0, ..Limits::STRATEGY };
    assert!(gate.set_strategy_limits(0, limits).is_err());
}

#[test]
fn the_form_comes_first_even_when_killed() {
    let mut gate = gate_of(&wide());
    gate.set_killed(true);
    assert_eq!(check(&mut gate, &buy(10_000, 0)), Err(Refusal::InvalidQuantity));
    assert_eq!(check(&mut gate, &buy(0, 1)), Err(Refusal::InvalidPrice));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::Killed));
}

#[test]
fn states_that_deny_do_so_and_let_go_again() {
    let mut gate = gate_of(&wide());
    give(&mut gate, 10);
    type Set = fn(&mut Gate, bool);
    let states: [(Refusal, Set); 8] =
        [
            (Refusal::Killed, |gate, on| gate.set_killed(on)),
            (Refusal::StrategyStopped, |gate, on| {
                if on { gate.stop_strategy(0) } else { gate.rearm_strategy(0) }
            }),
            (Refusal::FeedStale, |gate, on| gate.set_feed_fresh(!on)),
            (Refusal::InstrumentClosed, |gate, on| gate.set_closed(0, A, on)),
            (Refusal::Restricted, |gate, on| gate.set_restricted(A, on)),
            (Refusal::Halted, |gate, on| gate.set_halted(A, on)),
            (Refusal::Halted, |gate, on| gate.set_market_halted(on)),
            (Refusal::Interrupted, |gate, on| gate.set_interrupted(A, on, at(0))),
        ];
    for order in [buy(10_000, 1), sell(10_010, 1)] {
        for (refusal, set) in states {
            set(&mut gate, true);
            assert_eq!(check(&mut gate, &order), Err(refusal), "{refusal:?}");
            set(&mut gate, false);
            assert_eq!(check(&mut gate, &order), Ok(()), "{refusal:?}");
        }
    }
    // The other strategy and the other instrument are not concerned by what is one's own.
    gate.set_closed(0, A, true);
    gate.stop_strategy(1);
    assert!(gate.check(0, &Order { instrument: B, ..buy(10_000, 1) }, at(0)).is_ok());
    gate.rearm_strategy(1);
    assert!(gate.check(1, &buy(10_000, 1), at(0)).is_ok());
    assert_eq!(gate.check(2, &buy(10_000, 1), at(0)).unwrap_err(), Refusal::NotAllowed);
}

#[test]
fn an_interruption_can_be_allowed() {
    let mut gate = gate_of(&RiskConfig { allow_in_interruption: true, ..wide() });
    gate.set_interrupted(A, true, at(0));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Ok(()));
}

#[test]
fn everything_is_halted_only_when_each_instrument_is() {
    let mut gate = gate_of(&wide());
    assert!(!gate.is_everything_halted(at(0)));
    gate.set_interrupted(A, true, at(0));
    assert!(!gate.is_everything_halted(at(0)), "the other one trades");
    gate.set_halted(B, true);
    assert!(gate.is_everything_halted(at(299_999)));
    assert!(!gate.is_everything_halted(at(300_000)), "the interruption is over by then");
    gate.set_market_halted(true);
    assert!(gate.is_everything_halted(at(300_000)));
}

#[test]
fn an_interruption_whose_end_was_missed_is_over_after_five_minutes() {
    let mut gate = gate_of(&wide());
    gate.set_interrupted(A, true, at(0));
    let refused = gate.check(0, &buy(10_000, 1), at(299_999)).unwrap_err();
    assert_eq!(refused, Refusal::Interrupted);
    assert!(gate.check(0, &buy(10_000, 1), at(300_000)).is_ok());
}

#[test]
fn the_price_stands_on_a_step() {
    let mut gate = gate_of(&wide());
    for (price, expected) in [
        (9_999, Err(Refusal::OffTick)),
        (10_000, Ok(())),
        (10_001, Err(Refusal::OffTick)),
        (10_010, Ok(())),
    ] {
        assert_eq!(check(&mut gate, &buy(price, 1)), expected, "{price}");
    }
    let fund = InstrumentTerms { kind: InstrumentKind::Fund, ..terms() };
    gate.set_terms(A, &fund).unwrap();
    assert_eq!(check(&mut gate, &buy(10_005, 1)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_001, 1)), Err(Refusal::OffTick));
}

#[test]
fn the_price_is_within_the_limits_of_the_day() {
    let mut gate = gate_of(&wide());
    give(&mut gate, 10);
    for (price, expected) in [(13_000, Ok(())), (13_010, Err(Refusal::OutsideLimits))] {
        assert_eq!(check(&mut gate, &buy(price, 1)), expected, "{price}");
    }
    for (price, expected) in [(7_000, Ok(())), (6_990, Err(Refusal::OutsideLimits))] {
        assert_eq!(check(&mut gate, &sell(price, 1)), expected, "{price}");
    }
    // The exchange's own limits count more than the computed ones.
    gate.set_limits(A, Price::new(10_500), Price::UNSET);
    assert_eq!(check(&mut gate, &buy(10_500, 1)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_510, 1)), Err(Refusal::OutsideLimits));
    assert_eq!(check(&mut gate, &sell(7_000, 1)), Ok(()));
    let given = InstrumentTerms { lower_limit: Price::new(9_000), ..terms() };
    gate.set_terms(A, &given).unwrap();
    assert_eq!(check(&mut gate, &sell(9_000, 1)), Ok(()));
    assert_eq!(check(&mut gate, &sell(8_990, 1)), Err(Refusal::OutsideLimits));
}

#[test]
fn terms_without_a_base_price_or_beyond_the_size_are_refused() {
    let mut gate = gate_of(&wide());
    let none = InstrumentTerms { base_price: Price::UNSET, ..terms() };
    assert_eq!(gate.set_terms(A, &none), Err(Refusal::InvalidPrice));
    assert_eq!(gate.set_terms(InstrumentId(2), &terms()), Err(Refusal::UnknownInstrument));
}

#[test]
fn the_collar_bounds_the_side_that_would_fill() {
    let mut gate = gate_of(&RiskConfig { collar_bps: 200, ..wide() });
    give(&mut gate, 10);
    for (price, expected) in
        [(10_190, Ok(())), (10_200, Ok(())), (10_210, Err(Refusal::Collar)), (7_000, Ok(()))]
    {
        assert_eq!(check(&mut gate, &buy(price, 1)), expected, "buy {price}");
    }
    for (price, expected) in
        [(9_810, Ok(())), (9_800, Ok(())), (9_790, Err(Refusal::Collar)), (13_000, Ok(()))]
    {
        assert_eq!(check(&mut gate, &sell(price, 1)), expected, "sell {price}");
    }
    // The collar follows the last trade.
    gate.trade(A, Price::new(10_010), at(0));
    assert_eq!(check(&mut gate, &buy(10_210, 1)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_220, 1)), Err(Refusal::Collar));
}

#[test]
fn a_stop_order_is_compared_with_the_price_that_sets_it_off() {
    let mut gate = gate_of(&RiskConfig { collar_bps: 200, ..wide() });
    let stop = |stop, price| {
        let (stop, price) = (Price::new(stop), Price::new(price));
        Order::stop_limit(A, Venue::KRX, Side::BUY, stop, price, Quantity::new(1))
    };
    assert_eq!(check(&mut gate, &stop(11_000, 11_220)), Ok(()));
    assert_eq!(check(&mut gate, &stop(11_000, 11_230)), Err(Refusal::Collar));
    assert_eq!(check(&mut gate, &stop(11_001, 11_010)), Err(Refusal::OffTick));
    assert_eq!(check(&mut gate, &stop(13_010, 13_000)), Err(Refusal::OutsideLimits));
}

#[test]
fn an_order_without_a_price_needs_a_quote_near_the_last_trade() {
    let mut gate = gate_of(&RiskConfig { collar_bps: 200, ..wide() });
    give(&mut gate, 10);
    let market = |side| Order::market(A, Venue::KRX, side, Quantity::new(1));
    assert_eq!(check(&mut gate, &market(Side::BUY)), Ok(()));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Ok(()));
    gate.quote(A, Price::new(9_800), Price::new(10_200), at(0));
    assert_eq!(check(&mut gate, &market(Side::BUY)), Ok(()));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Ok(()));
    gate.quote(A, Price::new(9_790), Price::new(10_210), at(0));
    assert_eq!(check(&mut gate, &market(Side::BUY)), Err(Refusal::Collar));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Err(Refusal::Collar));
    gate.quote(A, Price::ZERO, Price::UNSET, at(0));
    assert_eq!(check(&mut gate, &market(Side::BUY)), Err(Refusal::ReferenceMissing));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Err(Refusal::ReferenceMissing));
}

#[test]
fn auctions_take_orders_without_a_price_only_when_told() {
    let auction = view_at(MarketData::embedded().day(date()).unwrap(), date().at(8, 50, 0));
    let market = Order::market(A, Venue::KRX, Side::BUY, Quantity::new(1));
    let mut gate = gate_of(&wide());
    gate.set_sessions(auction);
    assert_eq!(check(&mut gate, &market), Err(Refusal::Collar));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Ok(()));
    let mut gate = gate_of(&RiskConfig { unpriced_in_auctions: true, ..wide() });
    gate.set_sessions(auction);
    assert_eq!(check(&mut gate, &market), Ok(()));
}

#[test]
fn hours_venues_and_kinds_are_those_of_the_session() {
    let mut gate = gate_of(&wide());
    let day = MarketData::embedded().day(date()).unwrap();
    gate.set_sessions(view_at(day.clone(), date().at(16, 0, 0)));
    let market = Order::market(A, Venue::KRX, Side::BUY, Quantity::new(1));
    assert_eq!(check(&mut gate, &market), Err(Refusal::WrongSession));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Ok(()));
    gate.set_terms(A, &InstrumentTerms { nxt: false, ..terms() }).unwrap();
    let at_nxt = Order { venue: Venue::NXT, ..buy(10_000, 1) };
    assert_eq!(check(&mut gate, &at_nxt), Err(Refusal::NotAtVenue));
    gate.set_sessions(view_at(day, date().at(20, 0, 0)));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::SessionClosed));
}

#[test]
fn the_reference_is_known_and_young_while_trading_is_continuous() {
    let config = RiskConfig { reference_age_max_ms: 1_000, ..wide() };
    let mut gate = gate_of(&config);
    let order = buy(10_000, 1);
    assert!(gate.check(0, &order, at(999)).is_ok());
    assert!(gate.check(0, &order, at(1_000)).is_ok());
    assert_eq!(gate.check(0, &order, at(1_001)).unwrap_err(), Refusal::ReferenceOld);
    gate.quote(A, Price::new(9_990), Price::new(10_010), at(1_001));
    assert!(gate.check(0, &order, at(2_001)).is_ok());
    // In an auction the last price may be of yesterday.
    let day = MarketData::embedded().day(date()).unwrap();
    gate.set_sessions(view_at(day, date().at(8, 50, 0)));
    assert!(gate.check(0, &order, at(100_000)).is_ok());
}

#[test]
fn at_the_close_orders_need_no_quote() {
    let day = MarketData::embedded().day(date()).unwrap();
    let mut gate = gate_of(&wide());
    gate.set_sessions(view_at(day, date().at(15, 40, 0)));
    let order_type = OrderType::AFTER_CLOSE_AT_CLOSE;
    let order = Order::of_type(order_type, A, Venue::KRX, Side::BUY, Quantity::new(1));
    gate.set_cash(Notional::new(10_029));
    assert_eq!(check(&mut gate, &order), Err(Refusal::Cash));
    gate.set_cash(Notional::new(10_030));
    assert_eq!(check(&mut gate, &order), Ok(()));
}

#[test]
fn a_market_that_runs_stops_buys_and_spares_sells() {
    let config = RiskConfig { window_move_bps: 300, window_seconds: 8, ..wide() };
    let mut gate = gate_of(&config);
    give(&mut gate, 10);
    gate.trade(A, Price::new(10_300), at(0));
    assert_eq!(check(&mut gate, &buy(10_300, 1)), Ok(()));
    gate.trade(A, Price::new(10_310), at(0));
    assert_eq!(check(&mut gate, &buy(10_300, 1)), Err(Refusal::FastMarket));
    assert_eq!(check(&mut gate, &sell(10_300, 1)), Ok(()));
    assert_eq!(gate.check(0, &buy(10_300, 1), at(8_000)).unwrap_err(), Refusal::FastMarket);
    assert!(gate.check(0, &buy(10_300, 1), at(9_001)).is_ok());
    let mut gate = gate_of(&RiskConfig { window_spares_sells: false, ..config });
    give(&mut gate, 10);
    gate.trade(A, Price::new(10_310), at(0));
    assert_eq!(check(&mut gate, &sell(10_300, 1)), Err(Refusal::FastMarket));
}

#[test]
fn one_order_has_only_so_many_shares_and_so_much_worth() {
    let mut gate = gate_of(&RiskConfig { order_quantity_max: 100, ..wide() });
    give(&mut gate, 1_000);
    for order in [buy(10_000, 99), buy(10_000, 100), sell(10_010, 100)] {
        assert_eq!(check(&mut gate, &order), Ok(()));
    }
    for order in [buy(10_000, 101), sell(10_010, 101), buy(10_000, i64::MAX)] {
        assert_eq!(check(&mut gate, &order), Err(Refusal::OrderQuantity));
    }
    let mut gate = gate_of(&RiskConfig { order_value_max: 1_000_000, ..wide() });
    assert_eq!(check(&mut gate, &buy(10_000, 99)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 100)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_010, 100)), Err(Refusal::OrderValue));
    // Without a price it counts at the upper limit of 13,000.
    let market = |quantity| Order::market(A, Venue::KRX, Side::BUY, Quantity::new(quantity));
    assert_eq!(check(&mut gate, &market(76)), Ok(()));
    assert_eq!(check(&mut gate, &market(77)), Err(Refusal::OrderValue));
}

#[test]
fn records_of_the_ring_are_understood() {
    let mut gate = gate_of(&RiskConfig { collar_bps: 200, ..wide() });
    let mut trade = Trade::unset();
    trade.header.instrument = A;
    (trade.price, trade.bid, trade.ask) = (Price::new(11_000), Price::new(10_990), Price::ZERO);
    gate.on_record(trade.words(), at(0));
    assert_eq!(check(&mut gate, &buy(11_220, 1)), Ok(()));
    let market = Order::market(A, Venue::KRX, Side::BUY, Quantity::new(1));
    assert_eq!(check(&mut gate, &market), Err(Refusal::ReferenceMissing));
    let mut quote = BestQuote::unset();
    quote.header.instrument = A;
    (quote.bid, quote.ask) = (Price::new(10_990), Price::new(11_010));
    gate.on_record(quote.words(), at(0));
    assert_eq!(check(&mut gate, &market), Ok(()));
    let mut depth = Depth::unset();
    depth.header.instrument = A;
    depth.ask_price[0] = Price::new(11_500);
    gate.on_record(depth.words(), at(0));
    assert_eq!(check(&mut gate, &market), Err(Refusal::Collar));
    let mut info = InstrumentInfo::unset();
    info.header.instrument = A;
    info.upper_limit = Price::new(11_100);
    gate.on_record(info.words(), at(0));
    assert_eq!(check(&mut gate, &buy(11_110, 1)), Err(Refusal::OutsideLimits));
    let mut interruption = VolatilityInterruption::unset();
    interruption.header.instrument = A;
    gate.on_record(interruption.words(), at(0));
    assert_eq!(check(&mut gate, &buy(11_000, 1)), Err(Refusal::Interrupted));
    interruption.release_time = TimeOfDay::new(36_000);
    gate.on_record(interruption.words(), at(0));
    assert_eq!(check(&mut gate, &buy(11_000, 1)), Ok(()));
    // What is none, or of an instrument that nobody knows, changes nothing.
    gate.on_record(&[], at(0));
    gate.on_record(&[0; 5], at(0));
    trade.header.instrument = InstrumentId::NONE;
    gate.on_record(trade.words(), at(0));
    trade.header.instrument = A;
    trade.price = Price::UNSET;
    gate.on_record(trade.words(), at(0));
    assert_eq!(check(&mut gate, &buy(11_100, 1)), Ok(()));
}

//! What orders do to positions, exposure, cash and the result of the day.

use super::*;

#[test]
fn a_strategy_holds_only_so_many_shares_counting_orders_on_their_way() {
    let strategy = Limits { position_quantity_max: 100, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    give(&mut gate, 40);
    send(&mut gate, 1, &buy(10_000, 30));
    assert_eq!(check(&mut gate, &buy(10_000, 29)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::StrategyPosition));
    assert!(gate.check(1, &buy(10_000, 100), at(0)).is_ok(), "the other one has its own");
    // A fill moves shares from the order to the position; nothing changes.
    fill(&mut gate, 1, &buy(10_000, 30), 30, 10_000);
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::StrategyPosition));
    gate.done(ClientOrderId(1));
    assert_eq!(gate.held(0, A), Quantity::new(70));
    // No sell is trusted to fill, but one that filled counts.
    send(&mut gate, 2, &sell(10_010, 70));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::StrategyPosition));
    fill(&mut gate, 2, &sell(10_010, 70), 1, 10_010);
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Ok(()));
}

#[test]
fn a_cancelled_order_gives_its_place_back() {
    let strategy = Limits { position_quantity_max: 100, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    send(&mut gate, 1, &buy(10_000, 100));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::StrategyPosition));
    fill(&mut gate, 1, &buy(10_000, 100), 40, 10_000);
    gate.done(ClientOrderId(1));
    assert_eq!(check(&mut gate, &buy(10_000, 60)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 61)), Err(Refusal::StrategyPosition));
}

#[test]
fn a_cancel_of_a_part_gives_that_part_back() {
    let strategy = Limits { position_quantity_max: 100, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    send(&mut gate, 1, &buy(10_000, 100));
    gate.set_open(ClientOrderId(1), Quantity::new(70));
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::StrategyPosition));
    // An order that nobody knows is none.
    gate.set_open(ClientOrderId(2), Quantity::new(1_000));
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
}

#[test]
fn the_worth_of_one_instrument_is_bounded_at_the_dearer_of_price_and_mark() {
    let strategy = Limits { position_value_max: 1_000_000, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    assert_eq!(check(&mut gate, &buy(10_000, 100)), Ok(()));
    assert_eq!(check(&mut gate, &buy(9_000, 101)), Err(Refusal::StrategyPosition));
    assert_eq!(check(&mut gate, &buy(10_010, 100)), Err(Refusal::StrategyPosition));
    assert_eq!(check(&mut gate, &buy(10_010, 99)), Ok(()));
}

#[test]
fn the_account_counts_shares_of_before_and_orders_of_others() {
    let account = Limits { position_quantity_max: 100, ..wide().account };
    let mut gate = gate_of(&RiskConfig { account, ..wide() });
    gate.set_holding(A, Quantity::new(50), Quantity::new(50));
    let order = buy(10_000, 20);
    gate.restored(ClientOrderId(9), FOREIGN, &order, Quantity::new(20)).unwrap();
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::AccountPosition));
    // A fill of a foreign order is the account's, nobody's result.
    gate.filled(&Fill {
        order: ClientOrderId(9),
        strategy: FOREIGN,
        instrument: A,
        side: Side::BUY,
        quantity: Quantity::new(20),
        price: Price::new(9_000),
    });
    assert_eq!(check(&mut gate, &buy(10_000, 30)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 31)), Err(Refusal::AccountPosition));
    assert_eq!(gate.held(0, A), Quantity::ZERO);
    assert_eq!(gate.account_result(), Notional::ZERO);
    let account = Limits { position_value_max: 1_000_000, ..wide().account };
    let mut gate = gate_of(&RiskConfig { account, ..wide() });
    gate.set_holding(A, Quantity::new(50), Quantity::new(50));
    assert_eq!(check(&mut gate, &buy(10_000, 50)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 51)), Err(Refusal::AccountPosition));
}

#[test]
fn exposure_adds_all_instruments_and_orders() {
    let strategy = Limits { exposure_max: 1_000_000, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    give(&mut gate, 30);
    send(&mut gate, 1, &Order { instrument: B, ..buy(10_000, 30) });
    assert_eq!(gate.exposure(0), Notional::new(600_000));
    assert_eq!(check(&mut gate, &buy(10_000, 40)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 41)), Err(Refusal::StrategyExposure));
    // A share that is dearer than before counts so.
    gate.trade(A, Price::new(11_000), at(0));
    assert_eq!(gate.exposure(0), Notional::new(630_000));
    assert_eq!(check(&mut gate, &buy(11_000, 33)), Ok(()));
    assert_eq!(check(&mut gate, &buy(11_000, 34)), Err(Refusal::StrategyExposure));
    let account = Limits { exposure_max: 1_000_000, ..wide().account };
    let mut gate = gate_of(&RiskConfig { account, ..wide() });
    gate.set_holding(B, Quantity::new(60), Quantity::new(60));
    assert_eq!(gate.account_exposure(), Notional::new(600_000));
    assert_eq!(check(&mut gate, &buy(10_000, 40)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_000, 41)), Err(Refusal::AccountExposure));
}

#[test]
fn what_reduces_passes_where_nothing_may_be_added() {
    let none = Limits {
        position_quantity_max: 0,
        position_value_max: 0,
        exposure_max: 0,
        daily_loss_max: 0,
        ..wide().strategy
    };
    let mut gate = gate_of(&RiskConfig { strategy: none, account: none, ..wide() });
    give(&mut gate, 10);
    gate.set_cash(Notional::ZERO);
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::StrategyPosition));
    assert_eq!(check(&mut gate, &sell(10_010, 10)), Ok(()));
    let market = Order::market(A, Venue::KRX, Side::SELL, Quantity::new(10));
    assert_eq!(check(&mut gate, &market), Ok(()));
}

#[test]
fn nobody_sells_what_it_does_not_have() {
    let mut gate = gate_of(&wide());
    assert_eq!(check(&mut gate, &sell(10_010, 1)), Err(Refusal::NotHeld));
    // The account has shares; the strategy does not.
    gate.set_holding(A, Quantity::new(10), Quantity::new(10));
    assert_eq!(check(&mut gate, &sell(10_010, 1)), Err(Refusal::NotHeld));
    give(&mut gate, 10);
    for (quantity, expected) in [(9, Ok(())), (10, Ok(())), (11, Err(Refusal::NotHeld))] {
        assert_eq!(check(&mut gate, &sell(10_010, quantity)), expected, "{quantity}");
    }
    send(&mut gate, 1, &sell(10_010, 6));
    assert_eq!(check(&mut gate, &sell(10_010, 4)), Ok(()));
    assert_eq!(check(&mut gate, &sell(10_010, 5)), Err(Refusal::NotHeld));
    // Shares that cannot be sold (collateral, another program's offer) are none.
    gate.set_holding(A, Quantity::new(10), Quantity::new(8));
    assert_eq!(check(&mut gate, &sell(10_010, 2)), Ok(()));
    assert_eq!(check(&mut gate, &sell(10_010, 3)), Err(Refusal::NotSellable));
    // Bought shares can be sold on the same day.
    send(&mut gate, 2, &buy(10_000, 5));
    fill(&mut gate, 2, &buy(10_000, 5), 5, 10_000);
    assert_eq!(check(&mut gate, &sell(10_010, 7)), Ok(()));
    assert_eq!(check(&mut gate, &sell(10_010, 8)), Err(Refusal::NotSellable));
    let mut gate = gate_of(&RiskConfig { sell_unowned: true, ..wide() });
    gate.set_holding(A, Quantity::new(10), Quantity::new(10));
    assert_eq!(check(&mut gate, &sell(10_010, 10)), Ok(()));
    assert_eq!(check(&mut gate, &sell(10_010, 11)), Err(Refusal::NotSellable));
}

#[test]
fn cash_covers_price_and_costs_of_everything_on_its_way() {
    let mut gate = gate_of(&wide());
    // 100 shares at 10,000 cost 1,000,000 and 3,500 of commission.
    for (cash, expected) in [(1_003_499, Err(Refusal::Cash)), (1_003_500, Ok(()))] {
        gate.set_cash(Notional::new(cash));
        assert_eq!(check(&mut gate, &buy(10_000, 100)), expected, "{cash}");
    }
    send(&mut gate, 1, &buy(10_000, 100));
    assert_eq!(gate.reserve_of(ClientOrderId(1)), Notional::new(1_003_500));
    assert_eq!(gate.free_cash(), Notional::ZERO);
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::Cash));
    // Bought cheaper than reserved: the rest is free again.
    fill(&mut gate, 1, &buy(10_000, 100), 100, 9_000);
    gate.done(ClientOrderId(1));
    assert_eq!(gate.free_cash(), Notional::new(1_003_500 - 900_000 - 3_150));
    // What a sell brings counts after the next reconciliation, unless told otherwise.
    fill(&mut gate, 2, &sell(10_010, 10), 10, 10_000);
    assert_eq!(gate.free_cash(), Notional::new(100_350));
    let mut gate = gate_of(&RiskConfig { reuse_proceeds: true, ..wide() });
    give(&mut gate, 10);
    gate.set_cash(Notional::ZERO);
    fill(&mut gate, 2, &sell(10_010, 10), 10, 10_000);
    assert_eq!(gate.free_cash(), Notional::new(100_000 - 350 - 200));
    // A market order keeps cash for the upper limit.
    gate.set_cash(Notional::new(13_039));
    let market = Order::market(A, Venue::KRX, Side::BUY, Quantity::new(1));
    assert_eq!(check(&mut gate, &market), Err(Refusal::Cash));
    gate.set_cash(Notional::new(13_040));
    assert_eq!(check(&mut gate, &market), Ok(()));
}

#[test]
fn own_orders_of_both_sides_never_meet() {
    let mut gate = gate_of(&wide());
    give(&mut gate, 100);
    send(&mut gate, 1, &sell(10_050, 1));
    send(&mut gate, 2, &sell(10_030, 1));
    assert_eq!(check(&mut gate, &buy(10_020, 1)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_030, 1)), Err(Refusal::SelfTrade));
    assert_eq!(check(&mut gate, &buy(10_040, 1)), Err(Refusal::SelfTrade));
    let other = gate.check(1, &buy(10_030, 1), at(0)).unwrap_err();
    assert_eq!(other, Refusal::SelfTrade, "whoever sends it");
    let at_nxt = Order { venue: Venue::NXT, ..buy(10_030, 1) };
    assert_eq!(check(&mut gate, &at_nxt), Err(Refusal::SelfTrade), "wherever");
    let elsewhere = Order { instrument: B, ..buy(10_050, 1) };
    assert_eq!(check(&mut gate, &elsewhere), Ok(()));
    // When the best one goes, the next one counts.
    gate.done(ClientOrderId(2));
    assert_eq!(check(&mut gate, &buy(10_040, 1)), Ok(()));
    assert_eq!(check(&mut gate, &buy(10_050, 1)), Err(Refusal::SelfTrade));
    fill(&mut gate, 1, &sell(10_050, 1), 1, 10_050);
    assert_eq!(check(&mut gate, &buy(10_050, 1)), Ok(()));
    gate.done(ClientOrderId(1));
    send(&mut gate, 3, &buy(10_000, 1));
    assert_eq!(check(&mut gate, &sell(10_010, 1)), Ok(()));
    assert_eq!(check(&mut gate, &sell(10_000, 1)), Err(Refusal::SelfTrade));
    gate.done(ClientOrderId(3));
    assert_eq!(check(&mut gate, &sell(10_000, 1)), Ok(()));
}

#[test]
fn orders_without_a_price_could_meet_anything() {
    let mut gate = gate_of(&wide());
    give(&mut gate, 100);
    let market = |side| Order::market(A, Venue::KRX, side, Quantity::new(1));
    send(&mut gate, 1, &sell(12_000, 1));
    assert_eq!(check(&mut gate, &market(Side::BUY)), Err(Refusal::SelfTrade));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Ok(()));
    gate.done(ClientOrderId(1));
    send(&mut gate, 2, &market(Side::BUY));
    assert_eq!(check(&mut gate, &sell(13_000, 1)), Err(Refusal::SelfTrade));
    assert_eq!(check(&mut gate, &market(Side::SELL)), Err(Refusal::SelfTrade));
    gate.done(ClientOrderId(2));
    let conditional = OrderType::CONDITIONAL_LIMIT;
    send(&mut gate, 3, &Order { order_type: conditional, ..sell(12_000, 1) });
    assert_eq!(check(&mut gate, &buy(9_000, 1)), Err(Refusal::SelfTrade));
}

#[test]
fn losses_of_the_day_stop_buys_at_the_limit() {
    let strategy = Limits { daily_loss_max: 1_000, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    give(&mut gate, 10);
    assert_eq!(gate.day_result(0), Notional::ZERO, "shares of before are no profit");
    gate.trade(A, Price::new(9_910), at(0));
    assert_eq!(gate.day_result(0), Notional::new(-900));
    assert_eq!(check(&mut gate, &buy(9_900, 1)), Ok(()));
    gate.trade(A, Price::new(9_900), at(0));
    assert!(gate.is_strategy_loss_reached(0) && !gate.is_account_loss_reached());
    assert_eq!(check(&mut gate, &buy(9_900, 1)), Err(Refusal::StrategyLoss));
    assert_eq!(check(&mut gate, &sell(9_900, 10)), Ok(()), "it may reduce");
    assert!(gate.check(1, &buy(9_900, 1), at(0)).is_ok());
    gate.trade(A, Price::new(9_910), at(0));
    assert_eq!(check(&mut gate, &buy(9_900, 1)), Ok(()), "an open loss can come back");
}

#[test]
fn realised_losses_and_costs_count_for_the_account() {
    let account = Limits { daily_loss_max: 1_000, ..wide().account };
    let mut gate = gate_of(&RiskConfig { account, ..wide() });
    // Bought at 10,000, sold at 9,990: 100 lost, and 350 + 340 + 198 of costs.
    fill(&mut gate, 1, &buy(10_000, 10), 10, 10_000);
    fill(&mut gate, 2, &sell(9_990, 10), 10, 9_990);
    let lost = 100 + 350 + 340 + (49 + 149);
    assert_eq!(gate.account_result(), Notional::new(-lost));
    assert_eq!(gate.day_result(0), Notional::new(-lost));
    assert_eq!(check(&mut gate, &buy(9_990, 1)), Ok(()));
    // A restart knows what was lost before.
    gate.set_day_result(1, Notional::new(lost - 999));
    assert_eq!(gate.account_result(), Notional::new(-999));
    assert_eq!(check(&mut gate, &buy(9_990, 1)), Ok(()));
    gate.set_day_result(1, Notional::new(lost - 1_000));
    assert!(gate.is_account_loss_reached());
    assert_eq!(check(&mut gate, &buy(9_990, 1)), Err(Refusal::AccountLoss));
}

#[test]
fn a_replace_is_checked_like_the_difference_that_it_makes() {
    let strategy = Limits { position_quantity_max: 100, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    gate.set_cash(Notional::new(1_003_500));
    send(&mut gate, 1, &buy(10_000, 90));
    // Ten more shares are allowed, not eleven; fewer always; the cash for them is there.
    assert_eq!(check_replace(&mut gate, &replace(1, 10_000, 100)), Ok(()));
    assert_eq!(check_replace(&mut gate, &replace(1, 10_000, 101)), Err(Refusal::StrategyPosition));
    assert_eq!(check_replace(&mut gate, &replace(1, 10_000, 1)), Ok(()));
    assert_eq!(check_replace(&mut gate, &replace(1, 11_110, 0)), Ok(()));
    assert_eq!(check_replace(&mut gate, &replace(1, 11_120, 0)), Err(Refusal::Cash));
    assert_eq!(check_replace(&mut gate, &replace(1, 11_110, 100)), Err(Refusal::Cash));
    assert_eq!(check_replace(&mut gate, &replace(1, 10_001, 0)), Err(Refusal::OffTick));
    assert_eq!(check_replace(&mut gate, &replace(1, 13_010, 0)), Err(Refusal::OutsideLimits));
    assert_eq!(check_replace(&mut gate, &replace(2, 10_000, 0)), Err(Refusal::UnknownOrder));
    let anothers = gate.check_replace(1, &replace(1, 10_000, 0), at(0)).unwrap_err();
    assert_eq!(anothers, Refusal::UnknownOrder);
    let with_stop = ReplaceRequest { stop_price: Price::new(9_000), ..replace(1, 10_000, 0) };
    assert_eq!(check_replace(&mut gate, &with_stop), Err(Refusal::InvalidStopPrice));
    gate.set_killed(true);
    assert_eq!(check_replace(&mut gate, &replace(1, 9_000, 0)), Err(Refusal::Killed));
}

#[test]
fn what_has_filled_cannot_be_replaced() {
    let mut gate = gate_of(&wide());
    send(&mut gate, 1, &buy(10_000, 10));
    fill(&mut gate, 1, &buy(10_000, 10), 9, 10_000);
    assert_eq!(check_replace(&mut gate, &replace(1, 9_990, 0)), Ok(()));
    fill(&mut gate, 1, &buy(10_000, 10), 1, 10_000);
    // Its end was not told yet: a replace would open it again, unseen by the orders sent since.
    assert_eq!(check_replace(&mut gate, &replace(1, 9_990, 1)), Err(Refusal::UnknownOrder));
}

#[test]
fn a_replace_of_a_sell_needs_only_the_shares_it_adds() {
    let mut gate = gate_of(&wide());
    give(&mut gate, 10);
    send(&mut gate, 1, &sell(10_010, 10));
    assert_eq!(check_replace(&mut gate, &replace(1, 10_050, 0)), Ok(()));
    assert_eq!(check_replace(&mut gate, &replace(1, 10_050, 11)), Err(Refusal::NotHeld));
    send(
        &mut gate,
        2,
        &Order { order_type: OrderType::MARKET, price: Price::UNSET, ..buy(1, 1) }.on(B),
    );
    assert_eq!(check_replace(&mut gate, &replace(2, 10_050, 0)), Err(Refusal::Unsupported));
}

#[test]
fn while_a_replace_is_on_its_way_the_worse_of_both_counts() {
    let mut gate = gate_of(&wide());
    gate.set_cash(Notional::new(2_000_000));
    give(&mut gate, 10);
    send(&mut gate, 1, &buy(10_000, 100));
    let request = replace(1, 9_000, 50);
    let approval = gate.check_replace(0, &request, at(0)).unwrap();
    gate.replace_sent(approval, at(0)).unwrap();
    assert_eq!(gate.free_cash(), Notional::new(2_000_000 - 1_003_500), "still the old one");
    assert_eq!(check(&mut gate, &sell(10_000, 1)), Err(Refusal::SelfTrade));
    gate.replaced(ClientOrderId(1), &request, Quantity::new(50));
    assert_eq!(gate.free_cash(), Notional::new(2_000_000 - 450_000 - 1_570));
    assert_eq!(check(&mut gate, &sell(10_000, 1)), Ok(()));
    assert_eq!(check(&mut gate, &sell(9_000, 1)), Err(Refusal::SelfTrade));
    // Up: the new one counts at once, and a refused replace gives it back.
    let request = replace(1, 10_000, 100);
    let approval = gate.check_replace(0, &request, at(0)).unwrap();
    gate.replace_sent(approval, at(0)).unwrap();
    assert_eq!(gate.free_cash(), Notional::new(2_000_000 - 1_003_500));
    fill(&mut gate, 1, &buy(9_000, 50), 10, 9_000);
    assert_eq!(gate.reserve_of(ClientOrderId(1)), Notional::new(900_000 + 3_150));
    gate.replace_failed(ClientOrderId(1));
    assert_eq!(gate.reserve_of(ClientOrderId(1)), Notional::new(360_000 + 1_260));
    gate.done(ClientOrderId(1));
    assert_eq!(gate.free_cash(), Notional::new(2_000_000 - 90_000 - 310));
    let void = gate.check_replace(0, &request, at(0)).unwrap_err();
    assert_eq!(void, Refusal::UnknownOrder);
}

#[test]
fn restored_orders_count_even_beyond_a_limit_and_unknown_ones_are_refused() {
    let strategy = Limits { position_quantity_max: 10, ..wide().strategy };
    let mut gate = gate_of(&RiskConfig { strategy, ..wide() });
    let order = buy(10_000, 50);
    gate.restored(ClientOrderId(1), 0, &order, Quantity::new(20)).unwrap();
    assert_eq!(gate.exposure(0), Notional::new(200_000));
    assert_eq!(check(&mut gate, &buy(10_000, 1)), Err(Refusal::StrategyPosition));
    let again = gate.restored(ClientOrderId(1), 0, &order, Quantity::new(20));
    assert_eq!(again, Err(Refusal::InvalidArgument));
    let nobody = gate.restored(ClientOrderId(2), 7, &order, Quantity::new(20));
    assert_eq!(nobody, Err(Refusal::InvalidArgument));
    let nothing = Order { instrument: InstrumentId(9), ..order };
    let unknown = gate.restored(ClientOrderId(2), 0, &nothing, Quantity::new(20));
    assert_eq!(unknown, Err(Refusal::UnknownInstrument));
    // More than there are places: the caller is told, and new orders are denied.
    let (mut id, mut stored) = (10, 1);
    let small = buy(10_000, 1);
    while gate.restored(ClientOrderId(id), FOREIGN, &small, Quantity::new(1)).is_ok() {
        id += 1;
        stored += 1;
    }
    let full = gate.restored(ClientOrderId(id), FOREIGN, &small, Quantity::new(1));
    assert_eq!(full, Err(Refusal::Full));
    assert_eq!(gate.working_orders(), stored);
    let sell_one = Order { instrument: B, ..buy(10_000, 1) };
    assert_eq!(check(&mut gate, &sell_one), Err(Refusal::AccountWorkingOrders));
}

/// Reads better at the place of use.
trait On {
    fn on(self, instrument: InstrumentId) -> Self;
}

impl On for Order {
    fn on(mut self, instrument: InstrumentId) -> Self {
        self.instrument = instrument;
        self
    }
}

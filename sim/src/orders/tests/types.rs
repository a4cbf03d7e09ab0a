//! What each order type does once it is taken.

use super::*;
use crate::orders::StartPosition;

const SAMSUNG: &str = "005930";

fn rich() -> Trading {
    let positions = ["005930", "015760", "069500"].map(|symbol| StartPosition {
        symbol: symbol.to_owned(),
        quantity: 1_000_000,
        average_price: 100_000,
    });
    Trading { cash: 1 << 50, positions: positions.into(), ..Trading::default() }
}

fn of(order_type: OrderType, side: Side, quantity: i64, price: Option<i64>) -> NewOrder {
    NewOrder { price, ..NewOrder::of_type(order_type, side, SAMSUNG, quantity) }
}

/// Sends it; filled and open shares right after.
fn send(exchange: &mut Exchange, order: &NewOrder) -> (i64, i64) {
    let now = exchange.now();
    let number = exchange.submit(order, now).unwrap().number;
    let filled = exchange.fills().iter().filter(|f| f.order == number).map(|f| f.quantity).sum();
    let open = exchange.open_orders().iter().find(|o| o.number == number).map_or(0, |o| o.open);
    (filled, open)
}

#[test]
fn limit_and_best_price_orders_rest_where_they_should() {
    let mut exchange = at(10, 0, rich());
    let (_, bid, ask) = exchange.quote(SAMSUNG).unwrap();
    assert_eq!(send(&mut exchange, &of(OrderType::Limit, Side::Buy, 3, Some(bid))), (0, 3));
    assert_eq!(send(&mut exchange, &of(OrderType::BestSame, Side::Buy, 3, None)), (0, 3));
    assert_eq!(exchange.open_orders()[1].price, bid);
    let (filled, open) =
        send(&mut exchange, &of(OrderType::BestOpposite, Side::Buy, 1_000_000, None));
    assert!(filled > 0 && open == 1_000_000 - filled);
    assert_eq!(exchange.open_orders()[2].price, ask);
    assert!(exchange.fills().iter().all(|fill| fill.price == ask), "no worse than the best price");
}

#[test]
fn a_market_order_eats_through_the_levels_and_moves_the_price() {
    for side in [Side::Buy, Side::Sell] {
        let mut exchange = at(10, 0, rich());
        let (_, bid, ask) = exchange.quote(SAMSUNG).unwrap();
        let (filled, open) = send(&mut exchange, &of(OrderType::Market, side, 500, None));
        assert_eq!((filled, open), (500, 0));
        let prices: Vec<i64> = exchange.fills().iter().map(|fill| fill.price).collect();
        assert_eq!(prices[0], if side == Side::Buy { ask } else { bid });
        let sorted = match side {
            Side::Buy => prices.windows(2).all(|pair| pair[0] <= pair[1]),
            Side::Sell => prices.windows(2).all(|pair| pair[0] >= pair[1]),
        };
        assert!(sorted && prices[0] != prices[prices.len() - 1], "{prices:?}");
        let (last, _, _) = exchange.quote(SAMSUNG).unwrap();
        assert_eq!(last, prices[prices.len() - 1], "the client moved the market");
    }
}

#[test]
fn ioc_trades_what_it_can_and_ends() {
    for (order_type, priced) in [
        (OrderType::LimitIoc, true),
        (OrderType::BestOppositeIoc, false),
        (OrderType::MarketIoc, false),
    ] {
        let mut exchange = at(10, 0, rich());
        let price = priced.then(|| exchange.quote(SAMSUNG).unwrap().2);
        let (filled, open) = send(&mut exchange, &of(order_type, Side::Buy, 100_000_000, price));
        assert!(filled > 0 && filled < 100_000_000 && open == 0, "{order_type:?} {filled} {open}");
    }
    let mut exchange = at(10, 0, rich());
    let (_, bid, _) = exchange.quote(SAMSUNG).unwrap();
    let away = of(OrderType::LimitIoc, Side::Buy, 5, Some(bid - 10_000));
    let now = exchange.now();
    exchange.advance(now);
    assert_eq!(send(&mut exchange, &away), (0, 0));
    assert_eq!(lines(&exchange.advance(now)), ["접수 +매수 5", "접수 +매수 0"]);
    assert_eq!(exchange.cash().held, 0);
}

#[test]
fn fok_trades_all_or_nothing() {
    for (order_type, priced) in [
        (OrderType::LimitFok, true),
        (OrderType::BestOppositeFok, false),
        (OrderType::MarketFok, false),
    ] {
        let mut exchange = at(10, 0, rich());
        let (_, _, ask) = exchange.quote(SAMSUNG).unwrap();
        let order = |quantity| of(order_type, Side::Buy, quantity, priced.then_some(ask));
        assert_eq!(send(&mut exchange, &order(100_000_000)), (0, 0), "{order_type:?}");
        assert_eq!(send(&mut exchange, &order(1)), (1, 0), "{order_type:?}");
    }
}

#[test]
fn a_stop_order_sleeps_until_the_last_price_reaches_it() {
    let mut exchange = at(10, 0, rich());
    let now = exchange.now();
    let (last, _, _) = exchange.quote(SAMSUNG).unwrap();
    let stop = NewOrder {
        trigger: Some(last + 5_000),
        ..of(OrderType::StopLimit, Side::Buy, 4, Some(last + 10_000))
    };
    assert_eq!(send(&mut exchange, &stop), (0, 4));
    let number = exchange.open_orders()[0].number;
    let moved = exchange.modify(&modify(number, SAMSUNG, 0, last + 9_000), now).unwrap().number;
    assert_eq!(exchange.open_orders()[0].trigger, last + 5_000, "the trigger stays");
    wait(&mut exchange, ms(200));
    assert_eq!(exchange.open_orders().len(), 1, "the market alone does not go that far");
    while exchange.quote(SAMSUNG).unwrap().0 < last + 5_000 {
        send(&mut exchange, &of(OrderType::MarketIoc, Side::Buy, 2_000, None));
    }
    wait(&mut exchange, ms(2_000));
    let filled: i64 =
        exchange.fills().iter().filter(|f| f.order == moved).map(|f| f.quantity).sum();
    let open = exchange.open_orders().iter().find(|o| o.number == moved).map_or(0, |o| o.open);
    assert_eq!(filled + open, 4);
    assert!(filled > 0, "it woke");
}

#[test]
fn mid_point_orders_trade_between_the_best_prices() {
    let mut exchange = at(10, 0, rich());
    assert_eq!(send(&mut exchange, &of(OrderType::Middle, Side::Buy, 3, None)), (0, 3));
    let mut waited = 0;
    while !exchange.open_orders().is_empty() && waited < 600 {
        wait(&mut exchange, ms(100));
        waited += 1;
    }
    let fills = exchange.fills();
    assert_eq!(fills.iter().map(|fill| fill.quantity).sum::<i64>(), 3);
    assert!(fills.iter().any(|fill| fill.price % 500 == 250), "off the tick: {fills:?}");
    for _ in 0..40 {
        let (filled, open) = send(&mut exchange, &of(OrderType::MiddleFok, Side::Sell, 5, None));
        assert!(open == 0 && (filled == 0 || filled == 5));
        let (filled, open) = send(&mut exchange, &of(OrderType::MiddleIoc, Side::Sell, 5, None));
        assert!(open == 0 && filled <= 5);
    }
}

#[test]
fn a_conditional_order_becomes_a_market_order_in_the_closing_auction() {
    let mut exchange = at_seconds(15, 19, 50, rich());
    let (_, bid, _) = exchange.quote(SAMSUNG).unwrap();
    let order = of(OrderType::Conditional, Side::Buy, 7, Some(bid - 20_000));
    assert_eq!(send(&mut exchange, &order), (0, 7));
    wait(&mut exchange, 15 * SECOND);
    assert_eq!(exchange.open_orders().len(), 1);
    wait(&mut exchange, 11 * 60 * SECOND);
    assert!(exchange.open_orders().is_empty());
    assert_eq!(exchange.fills().iter().map(|fill| fill.quantity).sum::<i64>(), 7);
}

#[test]
fn closing_price_orders_trade_at_the_close() {
    let mut exchange = at(8, 31, rich());
    assert_eq!(send(&mut exchange, &of(OrderType::ClosingBefore, Side::Sell, 2, None)), (0, 2));
    wait(&mut exchange, 10 * 60 * SECOND);
    assert!(exchange.open_orders().is_empty());
    assert_eq!(exchange.fills().iter().map(|fill| fill.quantity).sum::<i64>(), 2);
    assert!(exchange.fills().iter().all(|fill| fill.price == 269_000), "yesterday's close");

    let mut exchange = at(15, 35, rich());
    let (last, _, _) = exchange.quote(SAMSUNG).unwrap();
    let order = of(OrderType::ClosingAfter, Side::Buy, 1_000_000, None);
    assert_eq!(send(&mut exchange, &order), (0, 1_000_000));
    wait(&mut exchange, 4 * 60 * SECOND);
    assert!(exchange.fills().is_empty(), "trading begins at 15:40");
    wait(&mut exchange, 22 * 60 * SECOND);
    assert!(exchange.open_orders().is_empty(), "the session's end");
    let fills = exchange.fills();
    assert!(!fills.is_empty() && fills.iter().all(|fill| fill.price == last));
}

#[test]
fn an_sor_order_takes_the_better_price_of_both_venues() {
    let mut exchange = at(10, 0, rich());
    let order = NewOrder { venue: OrderVenue::Sor, ..of(OrderType::Market, Side::Buy, 400, None) };
    assert_eq!(send(&mut exchange, &order), (400, 0));
    let now = exchange.now();
    let events = exchange.advance(now);
    let mut venues = std::collections::BTreeSet::new();
    for event in &events {
        let (kind, values) = values(event);
        if kind == "00" {
            assert_eq!(values["2136"], "Y");
            venues.insert(values["2135"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(venues.len(), 2, "both venues");
    let prices: Vec<i64> = exchange.fills().iter().map(|fill| fill.price).collect();
    assert!(prices.windows(2).all(|pair| pair[0] <= pair[1]), "{prices:?}");
}

#[test]
fn orders_end_when_their_book_closes_and_sor_orders_move_on() {
    let mut exchange = at(8, 49, rich());
    let low = |venue| NewOrder { venue, ..of(OrderType::Limit, Side::Buy, 3, Some(190_000)) };
    for venue in [OrderVenue::Nxt, OrderVenue::Krx, OrderVenue::Sor] {
        assert_eq!(send(&mut exchange, &low(venue)), (0, 3));
    }
    let now = exchange.now();
    exchange.advance(now);
    let events = wait(&mut exchange, 120 * SECOND);
    assert_eq!(lines(&events), ["접수 +매수 0"], "Nextrade's pre-market is over");
    let venues: Vec<_> = exchange.open_orders().iter().map(|order| order.venue).collect();
    assert_eq!(venues, [OrderVenue::Krx, OrderVenue::Sor]);
}

#[test]
fn a_market_order_in_the_opening_auction_trades_at_its_one_price() {
    let mut exchange = at_seconds(8, 59, 50, rich());
    assert_eq!(send(&mut exchange, &of(OrderType::Market, Side::Buy, 30, None)), (0, 30));
    wait(&mut exchange, 11 * SECOND);
    let fills = exchange.fills();
    assert_eq!(fills.iter().map(|fill| fill.quantity).sum::<i64>(), 30);
    assert!(fills.iter().all(|fill| fill.price == fills[0].price));
    assert!(exchange.cash().held == 0);
}

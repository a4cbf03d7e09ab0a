//! Every code of a refusal, and that a refusal changes nothing.

use super::*;
use crate::orders::{Refusal, StartPosition};

const SAMSUNG: &str = "005930";

fn refused(exchange: &mut Exchange, order: &NewOrder) -> String {
    let now = exchange.now();
    let (cash, open) = (exchange.cash(), exchange.open_orders());
    let refusal = exchange.submit(order, now).expect_err("the order is refused");
    assert_eq!((exchange.cash(), exchange.open_orders()), (cash, open), "nothing has changed");
    assert!(exchange.advance(now).is_empty(), "no frame follows a refusal");
    refusal.code().to_owned()
}

fn of(order_type: OrderType, quantity: i64, price: Option<i64>) -> NewOrder {
    NewOrder { price, ..NewOrder::of_type(order_type, Side::Buy, SAMSUNG, quantity) }
}

#[test]
fn new_orders_are_refused_with_the_codes_of_the_broker() {
    let mut exchange = at(10, 0, Trading::default());
    let (lower, upper) = exchange.limits(SAMSUNG).unwrap();
    let limit = |quantity, price| NewOrder::limit(Side::Buy, SAMSUNG, quantity, price);
    let elsewhere =
        |symbol: &str, venue| NewOrder { venue, ..NewOrder::limit(Side::Buy, symbol, 1, 1_000) };
    let cases = [
        (limit(1, 269_100), "RC4003"),
        (limit(1, upper + 500), "RC4027"),
        (limit(1, lower - 500), "RC4027"),
        (limit(1, 0), "571557"),
        (of(OrderType::Limit, 1, None), "571557"),
        (of(OrderType::Market, 1, Some(269_000)), "571557"),
        (of(OrderType::ClosingBefore, 1, None), "521790"),
        (of(OrderType::SinglePrice, 1, Some(269_000)), "521790"),
        (
            NewOrder { venue: OrderVenue::Nxt, ..of(OrderType::Conditional, 1, Some(269_000)) },
            "407022",
        ),
        (of(OrderType::StopLimit, 1, Some(269_000)), "571557"),
        (limit(100_000, 269_000), "855056"),
        (of(OrderType::Market, 100_000, None), "855056"),
        (NewOrder { side: Side::Sell, ..limit(1, 269_000) }, "800033"),
        (elsewhere("999999", OrderVenue::Krx), "1902"),
        (elsewhere("001", OrderVenue::Krx), "1902"),
        (elsewhere("069500", OrderVenue::Nxt), "1903"),
        (limit(0, 269_000), "1517"),
        (limit(i64::MAX, 269_000), "1517"),
    ];
    for (order, code) in cases {
        assert_eq!(refused(&mut exchange, &order), code, "{order:?}");
    }
}

#[test]
fn the_messages_name_how_many_shares_would_do() {
    let positions =
        vec![StartPosition { symbol: SAMSUNG.to_owned(), quantity: 7, average_price: 250_000 }];
    let mut exchange = at(10, 0, Trading { cash: 1_000_000, positions, ..Trading::default() });
    let now = exchange.now();
    let buy = NewOrder::limit(Side::Buy, SAMSUNG, 4, 269_000);
    let refusal = exchange.submit(&buy, now).unwrap_err();
    assert_eq!(refusal, Refusal::NotEnoughCash { buyable: 3 });
    assert!(refusal.to_string().starts_with("[2000](855056:"), "{refusal}");
    assert!(refusal.to_string().contains("3주"), "{refusal}");
    assert!(exchange.submit(&NewOrder { quantity: 3, ..buy }, now).is_ok());
    let refusal = exchange.submit(&sell_all(SAMSUNG, 8), now).unwrap_err();
    assert_eq!(refusal, Refusal::NotEnoughShares { sellable: 7 });
    assert!(refusal.to_string().contains("7주"), "{refusal}");
    assert_eq!(refusal.return_code(), 20);
}

#[test]
fn every_hour_takes_its_own_types() {
    use OrderType::*;
    let limit = || of(Limit, 1, Some(269_000));
    let market = || of(Market, 1, None);
    let nxt = |order: NewOrder| NewOrder { venue: OrderVenue::Nxt, ..order };
    let sor = |order: NewOrder| NewOrder { venue: OrderVenue::Sor, ..order };
    let ok = "";
    let cases = [
        ((7, 59), vec![(limit(), "RC4057"), (nxt(limit()), "RC4057"), (sor(limit()), "RC4057")]),
        (
            (8, 10),
            vec![
                (limit(), "RC4057"),
                (nxt(limit()), ok),
                (nxt(market()), "521790"),
                (nxt(of(Middle, 1, None)), "521790"),
                (sor(limit()), ok),
            ],
        ),
        (
            (8, 35),
            vec![
                (limit(), ok),
                (market(), ok),
                (of(Conditional, 1, Some(269_000)), ok),
                (of(BestOpposite, 1, None), "521790"),
                (of(LimitIoc, 1, Some(269_000)), "521790"),
                (of(MarketFok, 1, None), "521790"),
                (of(ClosingBefore, 1, None), ok),
                (of(ClosingBefore, 1, Some(269_000)), "571357"),
                (of(ClosingAfter, 1, None), "521790"),
            ],
        ),
        ((8, 45), vec![(of(ClosingBefore, 1, None), "521790")]),
        ((8, 55), vec![(nxt(limit()), "RC4057"), (limit(), ok)]),
        ((10, 0), vec![(limit(), ok), (nxt(limit()), ok), (sor(market()), ok)]),
        (
            (15, 25),
            vec![
                (limit(), ok),
                (market(), ok),
                (of(Conditional, 1, Some(269_000)), "521790"),
                (of(StopLimit, 1, Some(269_000)), "521790"),
                (nxt(limit()), "RC4058"),
            ],
        ),
        (
            (15, 45),
            vec![
                (limit(), "RC4058"),
                (of(ClosingAfter, 1, None), ok),
                (of(ClosingAfter, 1, Some(1)), "571357"),
                (nxt(limit()), ok),
                (nxt(market()), "521790"),
            ],
        ),
        (
            (16, 30),
            vec![
                (limit(), ok),
                (market(), "521790"),
                (of(LimitIoc, 1, Some(269_000)), "521790"),
                (of(ClosingAfter, 1, None), "521790"),
                (NewOrder::limit(Side::Buy, "069500", 1, 61_000), "RC4058"),
            ],
        ),
        ((20, 0), vec![(limit(), "RC4058"), (nxt(limit()), "RC4058"), (sor(limit()), "RC4058")]),
    ];
    for ((hour, minute), orders) in cases {
        let mut exchange = at(hour, minute, Trading::default());
        for (order, code) in orders {
            let now = exchange.now();
            let order = if code.is_empty() { order } else { order.clone() };
            let answer = exchange.submit(&order, now);
            let given = answer.err().map_or(String::new(), |refusal| refusal.code().to_owned());
            assert_eq!(given, code, "{hour}:{minute} {order:?}");
        }
    }
}

#[test]
fn halts_and_circuit_breakers_stop_new_orders_but_no_cancels() {
    let mut exchange = at(10, 0, Trading::default());
    let now = exchange.now();
    let order = resting(&exchange, 2);
    let first = exchange.submit(&order, now).unwrap().number;
    exchange.advance(now);
    assert!(exchange.halt(SAMSUNG, true));
    assert!(!exchange.halt("999999", true));
    assert_eq!(refused(&mut exchange, &order), "RC4007");
    let change = modify(first, SAMSUNG, 0, order.price.unwrap() - 500);
    assert_eq!(exchange.modify(&change, now).unwrap_err(), Refusal::Halted);
    exchange.halt(SAMSUNG, false);
    exchange.circuit_breaker(true);
    assert_eq!(refused(&mut exchange, &order), "509193");
    exchange.cancel(&cancel(first, SAMSUNG, 0), now).unwrap();
    exchange.circuit_breaker(false);
    exchange.submit(&order, now).unwrap();
}

#[test]
fn changes_are_refused_with_the_codes_of_the_broker() {
    for mock in [false, true] {
        let options = Options { mock, day_start: TimeOfDay::new(10, 0, 0), ..Options::default() };
        let mut exchange = Exchange::new(&options);
        let now = exchange.now();
        let order = resting(&exchange, 5);
        let price = order.price.unwrap();
        let live = exchange.submit(&order, now).unwrap().number;
        let gone = exchange.submit(&order, now).unwrap().number;
        let cancelled = exchange.cancel(&cancel(gone, SAMSUNG, 0), now).unwrap().number;
        let filled = exchange.submit(&of(OrderType::Market, 1, None), now).unwrap().number;
        let smart = NewOrder { venue: OrderVenue::Sor, ..order.clone() };
        let smart = exchange.submit(&smart, now).map(|taken| taken.number);
        let (no_cancel, no_modify) = if mock { ("RC4033", "RC4032") } else { ("506550", "506550") };
        let codes = |exchange: &mut Exchange, number, quantity, price| {
            let change = exchange.modify(&modify(number, SAMSUNG, quantity, price), now);
            let end = exchange.cancel(&cancel(number, SAMSUNG, quantity), now);
            (change.unwrap_err().code(), end.unwrap_err().code())
        };
        assert_eq!(codes(&mut exchange, gone, 0, price), (no_modify, no_cancel));
        assert_eq!(codes(&mut exchange, filled, 0, price), (no_modify, no_cancel));
        assert_eq!(codes(&mut exchange, live, 6, price), (no_modify, no_cancel), "too many");
        assert_eq!(codes(&mut exchange, OrderNumber(9_000_000), 0, price), (no_modify, no_cancel));
        assert_eq!(codes(&mut exchange, cancelled, 0, price), ("571435", "571435"));
        let open = match smart {
            Err(refusal) => {
                assert_eq!((mock, refusal.code()), (true, "RC9000"));
                1
            }
            Ok(smart) => {
                assert_eq!(codes(&mut exchange, smart, 0, price), ("571412", "571412"));
                2
            }
        };
        let mut change = |quantity, price| {
            exchange.modify(&modify(live, SAMSUNG, quantity, price), now).unwrap_err().code()
        };
        assert_eq!(change(0, price + 1), "RC4003");
        assert_eq!(change(0, 10_000_000), "RC4027");
        assert_eq!(change(0, 0), "571557");
        let wrong_stock = exchange.cancel(&cancel(live, "000660", 0), now).unwrap_err();
        assert_eq!(wrong_stock.code(), no_cancel);
        assert_eq!(exchange.open_orders().len(), open);
    }
}

#[test]
fn a_dearer_modification_needs_the_cash_for_it() {
    let mut exchange = at(10, 0, Trading { cash: 2_600_000, ..Trading::default() });
    let now = exchange.now();
    let first =
        exchange.submit(&NewOrder::limit(Side::Buy, SAMSUNG, 10, 250_000), now).unwrap().number;
    let refusal = exchange.modify(&modify(first, SAMSUNG, 0, 262_500), now).unwrap_err();
    assert_eq!(refusal.code(), "855056");
    exchange.modify(&modify(first, SAMSUNG, 0, 255_000), now).unwrap();
    assert_eq!(exchange.open_orders()[0].price, 255_000);
    assert_eq!(exchange.cash().held, 2_550_000 + 8_920);
}

#[test]
fn order_types_without_a_price_cannot_be_modified() {
    let mut exchange = at(8, 35, Trading::default());
    let now = exchange.now();
    let market = exchange.submit(&of(OrderType::Market, 1, None), now).unwrap().number;
    let closing = exchange.submit(&of(OrderType::ClosingBefore, 1, None), now).unwrap().number;
    let change = |number| modify(number, SAMSUNG, 0, 269_000);
    assert_eq!(exchange.modify(&change(market), now).unwrap_err().code(), "407022");
    assert_eq!(exchange.modify(&change(closing), now).unwrap_err().code(), "571357");
    exchange.cancel(&cancel(market, SAMSUNG, 0), now).unwrap();
    exchange.cancel(&cancel(closing, SAMSUNG, 0), now).unwrap();
    assert_eq!(exchange.cash().held, 0);
}

//! Clients among the crowd: priority, impact, prints.

use super::*;
use crate::exchange::book::{Owner, Side as BookSide};

const SAMSUNG: &str = "005930";

/// The owners of the orders at a price, oldest first, with their shares.
fn queue(exchange: &Exchange, side: BookSide, price: i64) -> Vec<(Owner, i64)> {
    let index = exchange.market.find(SAMSUNG).unwrap();
    let book = &exchange.market.instrument(index).krx;
    let level = book.levels(side).iter().find(|level| level.price == price);
    level.map_or(Vec::new(), |l| l.orders.iter().map(|o| (o.owner, o.quantity)).collect())
}

fn client(number: OrderNumber) -> Owner {
    Owner::Client(number.0)
}

#[test]
fn an_order_joins_the_end_of_the_queue_and_keeps_its_place() {
    let mut exchange = at(10, 0, Trading::default());
    let now = exchange.now();
    let (_, bid, _) = exchange.quote(SAMSUNG).unwrap();
    let before = queue(&exchange, BookSide::Bid, bid);
    let order = NewOrder::limit(Side::Buy, SAMSUNG, 9, bid);
    let [first, second] = [0, 1].map(|_| exchange.submit(&order, now).unwrap().number);
    let after = queue(&exchange, BookSide::Bid, bid);
    assert_eq!(after[..before.len()], before, "the crowd was there first");
    assert_eq!(after[before.len()..], [(client(first), 9), (client(second), 9)]);

    // Fewer shares at the same price: in place. Another price: to the end.
    let part = exchange.modify(&modify(first, SAMSUNG, 4, bid), now).unwrap().number;
    exchange.cancel(&cancel(first, SAMSUNG, 2), now).unwrap();
    let after = queue(&exchange, BookSide::Bid, bid);
    let ours = [(client(first), 3), (client(part), 4), (client(second), 9)];
    assert_eq!(after[before.len()..], ours);
    let all = exchange.modify(&modify(part, SAMSUNG, 0, bid), now).unwrap().number;
    let ours = [(client(first), 3), (client(all), 4), (client(second), 9)];
    assert_eq!(queue(&exchange, BookSide::Bid, bid)[before.len()..], ours);
    let away = exchange.modify(&modify(first, SAMSUNG, 0, bid - 500), now).unwrap().number;
    let back = exchange.modify(&modify(away, SAMSUNG, 0, bid), now).unwrap().number;
    let ours = [(client(all), 4), (client(second), 9), (client(back), 3)];
    assert_eq!(queue(&exchange, BookSide::Bid, bid)[before.len()..], ours);
}

#[test]
fn a_modification_that_may_raise_goes_to_the_end_of_the_queue() {
    let trading = Trading { modify_may_raise: true, ..Trading::default() };
    let mut exchange = at(10, 0, trading);
    let now = exchange.now();
    let (_, bid, _) = exchange.quote(SAMSUNG).unwrap();
    let order = NewOrder::limit(Side::Buy, SAMSUNG, 9, bid);
    let [first, second] = [0, 1].map(|_| exchange.submit(&order, now).unwrap().number);
    let more = exchange.modify(&modify(first, SAMSUNG, 12, bid), now).unwrap().number;
    let queue = queue(&exchange, BookSide::Bid, bid);
    assert_eq!(queue[queue.len() - 2..], [(client(second), 9), (client(more), 12)]);
    assert_eq!(exchange.open_orders().iter().map(|order| order.open).sum::<i64>(), 21);
}

#[test]
fn the_crowd_fills_a_resting_order_in_its_turn_and_in_parts() {
    let mut exchange = at(10, 0, Trading { cash: 1 << 50, ..Trading::default() });
    let now = exchange.now();
    let (_, bid, _) = exchange.quote(SAMSUNG).unwrap();
    let order = NewOrder::limit(Side::Buy, SAMSUNG, 60, bid);
    let [first, second] = [0, 1].map(|_| exchange.submit(&order, now).unwrap().number);
    let mut waited = 0;
    while exchange.open_orders().len() == 2 && waited < 3_000 {
        wait(&mut exchange, ms(100));
        waited += 1;
        let traded = |number| exchange.fills().iter().any(|fill| fill.order == number);
        assert!(traded(first) || !traded(second), "the older order is served first");
    }
    let fills = exchange.fills();
    assert!(fills.len() > 1, "in parts: {fills:?}");
    assert_eq!(fills.iter().filter(|f| f.order == first).map(|f| f.quantity).sum::<i64>(), 60);
    assert!(fills.iter().all(|fill| fill.price == bid));
}

#[test]
fn what_a_client_trades_is_printed_for_everybody() {
    let mut exchange = at(10, 0, Trading { cash: 1 << 50, ..Trading::default() });
    exchange.watch(&[(SAMSUNG.to_owned(), "0B".to_owned())]);
    let now = exchange.now();
    exchange.submit(&NewOrder::of_type(OrderType::Market, Side::Buy, SAMSUNG, 300), now).unwrap();
    let mut printed = 0;
    let fills = exchange.fills();
    let mut volumes = Vec::new();
    exchange.advance_with_market(now + ms(50), |text| {
        let frame: Value = serde_json::from_str(text).unwrap();
        for entry in frame["data"].as_array().unwrap() {
            let number = |fid: &str| {
                let text = entry["values"][fid].as_str().unwrap().trim();
                text.parse::<i64>().unwrap()
            };
            if printed < 300 {
                printed += number("15");
            }
            volumes.push((number("13"), number("15").abs()));
        }
    });
    assert_eq!(printed, 300, "one print for each price, with the buyer's sign");
    assert!(fills.len() >= 3);
    for pair in volumes.windows(2) {
        assert_eq!(pair[1].0, pair[0].0 + pair[1].1, "13 grows by |15|");
    }
}

//! The back office against the market, in virtual time.

mod life;
mod market;
mod properties;
mod refusals;
mod rest;
mod types;

use super::{
    Event, Happening, Modify, NewOrder, OrderNumber, OrderType, OrderVenue, Side, Trading,
};
use crate::clock::{SECOND, TimeOfDay};
use crate::{Exchange, Options};
use serde_json::Value;

/// An exchange at this time of the day.
fn at(hour: u32, minute: u32, trading: Trading) -> Exchange {
    at_seconds(hour, minute, 0, trading)
}

fn at_seconds(hour: u32, minute: u32, second: u32, trading: Trading) -> Exchange {
    let day_start = TimeOfDay::new(hour, minute, second);
    Exchange::new(&Options { day_start, trading, ..Options::default() })
}

/// Lets so much market time pass.
fn wait(exchange: &mut Exchange, nanos: u64) -> Vec<Event> {
    let to = exchange.now() + nanos;
    exchange.advance(to)
}

/// A limit order far below the market: it rests.
fn resting(exchange: &Exchange, quantity: i64) -> NewOrder {
    let (_, bid, _) = exchange.quote("005930").unwrap();
    NewOrder::limit(Side::Buy, "005930", quantity, bid - 10_000)
}

fn sell_all(symbol: &str, quantity: i64) -> NewOrder {
    NewOrder::of_type(OrderType::Market, Side::Sell, symbol, quantity)
}

fn modify(original: OrderNumber, symbol: &str, quantity: i64, price: i64) -> Modify {
    let (venue, price) = (OrderVenue::Krx, Some(price));
    Modify { venue, original, symbol: symbol.to_owned(), quantity, price, trigger: None }
}

fn cancel(original: OrderNumber, symbol: &str, quantity: i64) -> super::Cancel {
    super::Cancel { venue: OrderVenue::Krx, original, symbol: symbol.to_owned(), quantity }
}

/// The values of an own frame, with its type.
fn values(event: &Event) -> (String, Value) {
    let Happening::Frame { kind, text } = &event.what else { panic!("{event:?} is no frame") };
    let frame: Value = serde_json::from_str(text).unwrap();
    let entry = &frame["data"][0];
    assert_eq!(entry["type"], *kind);
    (entry["type"].as_str().unwrap().to_owned(), entry["values"].clone())
}

/// Own frames in short: 00 as `913 905 902 911 915`, 04 as `04 930`.
fn lines(events: &[Event]) -> Vec<String> {
    let line = |event: &Event| {
        let (kind, values) = values(event);
        let value = |fid: &str| values[fid].as_str().unwrap().to_owned();
        match kind.as_str() {
            "04" => format!("04 {}", value("930")),
            _ => ["913", "905", "902", "911", "915"].map(value).join(" ").trim_end().to_owned(),
        }
    };
    events.iter().map(line).collect()
}

/// Every share and every won is where the fills say.
fn check_books(exchange: &Exchange, trading: &Trading) {
    let fills = exchange.fills();
    let cash = exchange.cash();
    let mut settled = trading.cash - cash.commission - cash.taxes;
    for fill in &fills {
        let money = fill.price * fill.quantity;
        settled += if fill.side == Side::Sell { money } else { -money };
    }
    assert_eq!(cash.settled, settled, "cash is what the fills and costs leave");
    assert!(cash.held >= 0 && cash.held <= cash.settled, "{cash:?}");
    for symbol in
        fills.iter().map(|fill| &fill.symbol).chain(trading.positions.iter().map(|p| &p.symbol))
    {
        let start =
            trading.positions.iter().find(|p| p.symbol == *symbol).map_or(0, |p| p.quantity);
        let traded: i64 = fills
            .iter()
            .filter(|fill| fill.symbol == *symbol)
            .map(|fill| if fill.side == Side::Buy { fill.quantity } else { -fill.quantity })
            .sum();
        let held = exchange.positions().into_iter().find(|p| p.symbol == *symbol);
        let quantity = held.as_ref().map_or(0, |p| p.quantity);
        assert_eq!(quantity, start + traded, "{symbol}");
        let selling: i64 = exchange
            .open_orders()
            .iter()
            .filter(|order| order.symbol == *symbol && order.side == Side::Sell)
            .map(|order| order.open)
            .sum();
        if let Some(held) = held {
            assert_eq!(held.sellable, held.quantity - selling, "{symbol}");
            assert!(held.sellable >= 0, "{symbol}");
        }
    }
}

/// Nanoseconds of so many milliseconds.
fn ms(count: u64) -> u64 {
    count * SECOND / 1_000
}

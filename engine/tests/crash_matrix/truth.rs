//! The engine after the crash: what it holds for true, beside the broker's books.

use crate::process::run;
use crate::relay::Sent;
use crate::setup::{APP_KEY, CODE, Setup, json};
use serde_json::Value;
use sim::orders::Books;
use std::time::{Duration, Instant};

/// Longest time until nothing is in doubt; an order without a trace is given up after ten seconds.
const DOUBT_MAX: Duration = Duration::from_secs(120);

/// What the next run of the engine found out.
pub(crate) struct After {
    /// Its summary.
    pub(crate) summary: Value,
    /// What `engine journal` says of the day.
    pub(crate) day: Value,
    /// The broker's books at its end.
    pub(crate) books: Books,
}

/// Starts the engine on what the crash left, with a strategy that only looks; lets it run until nothing
/// is unknown any more; then compares. Nothing may be sent.
#[track_caller]
pub(crate) fn restart(setup: &Setup) -> After {
    restart_while(setup, || {})
}

/// The same; something happens as soon as the strategy has started.
#[track_caller]
pub(crate) fn restart_while(setup: &Setup, happens: impl FnOnce()) -> After {
    let before = setup.relay.sent();
    setup.script("");
    let mut running = setup.start();
    happens();
    let mut doubt = None;
    let begun = Instant::now();
    running.wait_until("nothing is in doubt", || {
        std::thread::sleep(Duration::from_millis(250));
        doubt = in_doubt(setup);
        assert!(begun.elapsed() < DOUBT_MAX, "still in doubt: {doubt:#?}\n{:#?}", setup.said(""));
        doubt.is_none()
    });
    running.interrupt();
    let finished = running.finish().ended_with(0);
    assert_eq!(setup.relay.sent(), before, "the engine sends nothing by itself");
    let books = setup.broker.books(APP_KEY).unwrap();
    let journal = run(setup.engine(&["journal", "orders", "--json"])).ended_with(0);
    let after = After { summary: json(&finished), day: json(&journal), books };
    after.is_the_brokers();
    after.is_told(setup);
    after
}

/// An order of the journal whose end, or that of one of its requests, nobody knows.
fn in_doubt(setup: &Setup) -> Option<Value> {
    let journal = run(setup.engine(&["journal", "orders", "--json"])).ended_with(0);
    let mut day = json(&journal);
    let open =
        |text: &Value| ["unknown", "submitting", "sent", "written"].map(Value::from).contains(text);
    let is_open = |order: &Value| {
        let mut requests = order["requests"].as_array().unwrap().iter();
        open(&order["status"]) || requests.any(|request| open(&request["stage"]))
    };
    let orders = day["orders"].as_array_mut().unwrap();
    orders.iter().position(is_open).map(|at| orders.swap_remove(at))
}

impl After {
    /// Orders, fills and positions are the same in the summary, in the journal and at the broker.
    #[track_caller]
    fn is_the_brokers(&self) {
        let trading = &self.summary["trading"];
        let shown = format!("{trading:#}\n{:#}\n{:#?}", self.day, self.books);
        assert_eq!(self.summary["problems"], Value::Array(vec![]), "{shown}");
        assert_eq!(working(&trading["working"]), open(&self.books), "open orders\n{shown}");
        let (bought, sold) = traded(&self.books);
        let total = &trading["total"]["traded"];
        assert_eq!((&total["bought"], &total["sold"]), (&bought.into(), &sold.into()), "{shown}");
        let held = self.books.positions.iter().find(|held| held.symbol == CODE);
        let held = held.map_or(0, |held| held.quantity);
        let row = row(&trading["account"], CODE).expect("the account's row");
        assert_eq!(row["quantity"], held, "{shown}");
        assert_eq!(row["unowned"], held - (bought - sold), "{shown}");
        assert_eq!(row["confirmed"], true, "{shown}");
        let orders = self.day["orders"].as_array().unwrap();
        let filled: i64 = orders.iter().map(|order| order["filled"].as_i64().unwrap()).sum();
        assert_eq!(filled, bought + sold, "fills in the journal\n{shown}");
        let still_open = |order: &&Value| order["leaves"] != 0;
        let count = orders.iter().filter(still_open).count();
        assert_eq!(count, self.books.open_orders.len(), "open in the journal\n{shown}");
    }

    /// The strategy started from that: its position, and every open order. What nobody knew yet, it was
    /// told as unknown, and the rest when it was found out.
    #[track_caller]
    fn is_told(&self, setup: &Setup) {
        let (bought, sold) = traded(&self.books);
        let position = setup.said("position code=");
        let quantity = format!("code=0 quantity={} ", bought - sold);
        assert!(position.last().is_some_and(|last| last.contains(&quantity)), "{position:?}");
        let orders = setup.said("start order");
        let unknown = orders.iter().filter(|order| order.contains("status=8")).count();
        assert!(unknown > 0 || position[0].contains(&quantity), "{:#?}", setup.said(""));
        let mut missing = 0;
        for (number, price, filled, open) in open(&self.books) {
            let known = format!("price={price} leaves={open} filled={filled}");
            let mut of_it = orders.iter().filter(|order| order.contains(&number));
            match of_it.next() {
                Some(told) => assert!(told.contains(&known), "{told}: {known}"),
                None => missing += 1,
            }
        }
        assert!(missing <= unknown, "{orders:?}\n{:#?}", self.books.open_orders);
    }

    /// Where the orders of the day stand, oldest first.
    pub(crate) fn statuses(&self) -> Vec<&str> {
        let orders = self.day["orders"].as_array().unwrap().iter();
        orders.map(|order| order["status"].as_str().unwrap()).collect()
    }
}

/// Number, price, shares filled and open of orders that work, by number.
type Working = Vec<(String, i64, i64, i64)>;

fn working(rows: &Value) -> Working {
    let number = |row: &Value, key: &str| row[key].as_i64().unwrap_or(-1);
    let rows = rows.as_array().unwrap().iter();
    let mut all: Working = rows
        .map(|row| {
            let name = row["numbers"][0].as_str().unwrap_or_default().to_owned();
            (name, number(row, "price"), number(row, "filled"), number(row, "leaves"))
        })
        .collect();
    all.sort();
    all
}

fn open(books: &Books) -> Working {
    let rows = books.open_orders.iter();
    let mut all: Working = rows
        .map(|order| (order.number.to_string(), order.price, order.filled, order.open))
        .collect();
    all.sort();
    all
}

/// Shares bought and sold.
fn traded(books: &Books) -> (i64, i64) {
    let side = |side| {
        let fills = books.fills.iter().filter(move |fill| fill.side == side);
        fills.map(|fill| fill.quantity).sum()
    };
    (side(sim::orders::Side::Buy), side(sim::orders::Side::Sell))
}

fn row<'v>(rows: &'v Value, code: &str) -> Option<&'v Value> {
    rows.as_array()?.iter().find(|row| row["code"] == code)
}

/// How many requests with this api-id were sent.
pub(crate) fn count(sent: &[Sent], api: &str) -> usize {
    sent.iter().filter(|sent| sent.api == api).count()
}

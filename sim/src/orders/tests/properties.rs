//! Random orders against a running market: what must hold whatever happens.

use super::*;
use crate::clock::Venue;
use crate::exchange::book::Side as BookSide;
use crate::faults::{Fault, Rule};
use crate::orders::StartPosition;
use crate::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};

const SYMBOLS: [&str; 4] = ["005930", "015760", "069500", "0004V0"];

fn trading() -> Trading {
    let positions = SYMBOLS.map(|symbol| StartPosition {
        symbol: symbol.to_owned(),
        quantity: 5_000,
        average_price: 30_000,
    });
    Trading { cash: 300_000_000, positions: positions.into(), ..Trading::default() }
}

/// A run of random requests; everything the client was told.
struct Run {
    exchange: Exchange,
    rng: Rng,
    accepted: Vec<OrderNumber>,
    events: Vec<Event>,
    refused: BTreeMap<String, u32>,
}

impl Run {
    fn new(seed: u64, (hour, minute, second): (u32, u32, u32), trading: Trading) -> Self {
        let day_start = TimeOfDay::new(hour, minute, second);
        let options = Options { seed, day_start, trading, ..Options::default() };
        Self {
            exchange: Exchange::new(&options),
            rng: Rng::new(seed, 77),
            accepted: Vec::new(),
            events: Vec::new(),
            refused: BTreeMap::new(),
        }
    }

    fn go(mut self, steps: u32) -> Self {
        for _ in 0..steps {
            let now = self.exchange.now();
            let result = match self.rng.below(10) {
                0..6 => self.order(now),
                6..8 => self.change(now),
                _ => self.end(now),
            };
            match result {
                Ok(number) => self.accepted.push(number),
                Err(code) => *self.refused.entry(code).or_default() += 1,
            }
            let gap = self.rng.below(ms(120));
            self.events.extend(wait(&mut self.exchange, gap));
            self.check_books_of_the_market();
        }
        let now = self.exchange.now();
        self.events.extend(self.exchange.advance(now));
        self
    }

    fn order(&mut self, now: u64) -> Result<OrderNumber, String> {
        let rng = &mut self.rng;
        let symbol = SYMBOLS[rng.below(4) as usize];
        let side = if rng.chance(500) { Side::Buy } else { Side::Sell };
        let order_type = OrderType::ALL[rng.below(OrderType::ALL.len() as u64) as usize];
        let venue = [OrderVenue::Krx, OrderVenue::Nxt, OrderVenue::Sor][rng.below(3) as usize];
        let (last, bid, ask) = self.exchange.quote(symbol).unwrap();
        let near = [last, bid, ask, last * 99 / 100 / 1_000 * 1_000][rng.below(4) as usize];
        let priced = order_type.price_need() != crate::orders::types::PriceNeed::Nothing;
        let order = NewOrder {
            venue,
            price: priced.then_some(near),
            trigger: Some(last),
            ..NewOrder::of_type(order_type, side, symbol, 1 + rng.below(300) as i64)
        };
        let answer = self.exchange.submit(&order, now);
        answer.map(|taken| taken.number).map_err(|refusal| refusal.code().to_owned())
    }

    fn change(&mut self, now: u64) -> Result<OrderNumber, String> {
        let (number, symbol, venue) = self.any_number()?;
        let (_, bid, ask) = self.exchange.quote(&symbol).unwrap();
        let price = if self.rng.chance(500) { bid } else { ask };
        let quantity = self.rng.below(40) as i64;
        let change = Modify { venue, ..modify(number, &symbol, quantity, price) };
        let answer = self.exchange.modify(&change, now);
        answer.map(|taken| taken.number).map_err(|refusal| refusal.code().to_owned())
    }

    fn end(&mut self, now: u64) -> Result<OrderNumber, String> {
        let (number, symbol, venue) = self.any_number()?;
        let quantity = self.rng.below(30) as i64;
        let end = crate::orders::Cancel { venue, ..cancel(number, &symbol, quantity) };
        let answer = self.exchange.cancel(&end, now);
        answer.map(|taken| taken.number).map_err(|refusal| refusal.code().to_owned())
    }

    /// One of our numbers, open or not.
    fn any_number(&mut self) -> Result<(OrderNumber, String, OrderVenue), String> {
        let open = self.exchange.open_orders();
        if !open.is_empty() && self.rng.chance(800) {
            let order = &open[self.rng.below(open.len() as u64) as usize];
            return Ok((order.number, order.symbol.clone(), order.venue));
        }
        let count = self.accepted.len() as u64;
        let number = self.accepted.get(self.rng.below(count.max(1)) as usize);
        let number = *number.ok_or_else(|| "none yet".to_owned())?;
        Ok((number, SYMBOLS[0].to_owned(), OrderVenue::Krx))
    }

    /// No venue that trades continuously has a bid that reaches an ask; levels are sums of orders.
    fn check_books_of_the_market(&self) {
        for symbol in SYMBOLS {
            let market = &self.exchange.market;
            let instrument = market.instrument(market.find(symbol).unwrap());
            for venue in [Venue::Krx, Venue::Nxt] {
                let book = instrument.book(venue);
                let continuous =
                    instrument.phase(venue, market.now()) == crate::clock::Phase::Continuous;
                if let (true, Some(bid), Some(ask)) =
                    (continuous, book.best(BookSide::Bid), book.best(BookSide::Ask))
                {
                    assert!(bid < ask, "{symbol} {venue:?}: {bid} reaches {ask}");
                }
                for level in book.levels(BookSide::Bid).iter().chain(book.levels(BookSide::Ask)) {
                    let sum: i64 = level.orders.iter().map(|order| order.quantity).sum();
                    assert_eq!(sum, level.quantity, "{symbol} {venue:?}");
                }
            }
        }
    }
}

/// What a client works out from its frames alone.
#[derive(Default)]
struct FromFrames {
    /// Filled and open shares by order.
    orders: BTreeMap<String, (i64, i64)>,
    fill_numbers: BTreeSet<String>,
    held: BTreeMap<String, i64>,
}

impl FromFrames {
    fn of(events: &[Event]) -> Self {
        let mut all = Self::default();
        for event in events {
            let (kind, values) = values(event);
            let text = |fid: &str| values[fid].as_str().unwrap().to_owned();
            let number = |fid: &str| text(fid).parse::<i64>().unwrap_or(0);
            if kind == "04" {
                all.held.insert(text("9001"), number("930"));
                continue;
            }
            let order = all.orders.entry(text("9203")).or_default();
            let total = number("911");
            if total > order.0 {
                assert_eq!(total - order.0, number("915"), "911 rises by 915");
                assert!(all.fill_numbers.insert(text("909")), "a new fill has a new number");
            }
            assert!(total >= order.0, "911 never falls");
            *order = (total, number("902"));
        }
        all
    }
}

fn check(run: &Run, trading: &Trading) {
    check_books(&run.exchange, trading);
    let told = FromFrames::of(&run.events);
    let open: BTreeMap<_, _> =
        run.exchange.open_orders().iter().map(|o| (o.number.to_string(), o.open)).collect();
    let mut filled: BTreeMap<String, i64> = BTreeMap::new();
    for fill in run.exchange.fills() {
        *filled.entry(fill.order.to_string()).or_default() += fill.quantity;
        assert!(fill.quantity > 0 && fill.price > 0);
    }
    for (number, (total, left)) in &told.orders {
        assert_eq!(*total, filled.get(number).copied().unwrap_or(0), "fills of {number}");
        assert_eq!(*left, open.get(number).copied().unwrap_or(0), "open shares of {number}");
    }
    assert!(open.keys().chain(filled.keys()).all(|number| told.orders.contains_key(number)));
    assert_eq!(told.fill_numbers.len(), run.exchange.fills().len());
    for (symbol, held) in &told.held {
        let book = run.exchange.positions().into_iter().find(|p| p.symbol == *symbol);
        assert_eq!(book.map_or(0, |p| p.quantity), *held, "{symbol}");
    }
    let mut numbers: Vec<_> = run.accepted.clone();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), run.accepted.len(), "order numbers are unique");
}

#[test]
fn frames_books_and_money_agree_after_random_orders_at_any_hour() {
    let hours = [
        (8, 20, 0),
        (8, 39, 55),
        (8, 49, 55),
        (8, 59, 55),
        (9, 0, 25),
        (11, 0, 0),
        (15, 19, 50),
        (15, 29, 50),
        (15, 39, 58),
        (15, 59, 55),
        (17, 0, 0),
        (19, 59, 50),
    ];
    let (mut fills, mut refused) = (0, BTreeSet::new());
    for (seed, hour) in hours.into_iter().enumerate() {
        let run = Run::new(seed as u64 + 1, hour, trading()).go(250);
        check(&run, &trading());
        fills += run.exchange.fills().len();
        refused.extend(run.refused.into_keys());
    }
    assert!(fills > 500, "{fills} fills");
    assert!(refused.len() > 5, "{refused:?}");
}

#[test]
fn a_seed_gives_the_same_run_with_faults_and_all() {
    let run = |seed| {
        let faults = vec![
            Rule::new(Fault::FrameLost).on("00").permille(50),
            Rule::new(Fault::FrameTwice).permille(100),
        ];
        let run = Run::new(seed, (11, 0, 0), Trading { faults, ..trading() }).go(120);
        (run.events, run.exchange.fills(), run.exchange.cash())
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3).0, run(4).0);
}

#[test]
fn an_interruption_takes_orders_and_lets_them_trade_at_its_end() {
    let trading = Trading { cash: 1 << 50, ..trading() };
    let mut exchange = at(10, 0, trading.clone());
    let buy = NewOrder::of_type(OrderType::MarketIoc, Side::Buy, "015760", 5_000);
    let mut tries = 0;
    let refused = loop {
        let now = exchange.now();
        if let Err(refusal) = exchange.submit(&buy, now) {
            break refusal;
        }
        tries += 1;
        assert!(tries < 3_000, "a client that buys everything sets an interruption off");
    };
    assert_eq!(refused.code(), "521790", "no IOC in a call auction");
    let now = exchange.now();
    let (_, upper) = exchange.limits("015760").unwrap();
    let limit = NewOrder::limit(Side::Buy, "015760", 10, upper);
    exchange.submit(&limit, now).unwrap();
    assert_eq!(exchange.open_orders().len(), 1);
    wait(&mut exchange, 160 * SECOND);
    assert!(exchange.open_orders().is_empty(), "{:?}", exchange.open_orders());
    check_books(&exchange, &trading);
}

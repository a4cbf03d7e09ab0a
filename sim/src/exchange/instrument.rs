//! One instrument: its books on both venues, its day, and the crowd that trades it.

use super::auction;
use super::book::{Book, Fill, Owner, Side};
use super::listing::InstrumentInfo;
use super::stats::{Aggressor, BROKERS, BrokerBook, Programs, Stats, View};
use super::ticks;
use crate::clock::{self, Phase, SECOND, Venue, hhmmss};
use crate::rng::Rng;

/// Levels the crowd keeps on each side of a book.
const LEVELS: usize = 14;
/// Most orders the crowd leaves at one price.
const ORDERS_AT_PRICE_MAX: usize = 24;
/// How long a volatility interruption takes: two minutes of call auction.
const INTERRUPTION: u64 = 120 * SECOND;
/// A static interruption begins this far from the last auction price, percent.
const STATIC_PERCENT: i64 = 10;

/// A trade as it is printed: one entry of a 0B frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    pub(crate) venue: Venue,
    pub(crate) price: i64,
    pub(crate) quantity: i64,
    pub(crate) who: Aggressor,
}

/// A volatility interruption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interruption {
    pub(crate) until: u64,
    pub(crate) begun: u32,
    pub(crate) price: i64,
    pub(crate) base: i64,
    pub(crate) up: bool,
}

/// One instrument.
#[derive(Debug)]
pub(crate) struct Instrument {
    pub(crate) info: InstrumentInfo,
    pub(crate) lower: i64,
    pub(crate) upper: i64,
    pub(crate) krx: Book,
    pub(crate) nxt: Book,
    pub(crate) stats: [Stats; 3],
    pub(crate) programs: Programs,
    pub(crate) brokers: BrokerBook,
    pub(crate) interruption: Option<Interruption>,
    pub(crate) interruptions: u32,
    /// Price of the last call auction: where static interruptions are counted from.
    auction_price: i64,
    rng: Rng,
    fills: Vec<Fill>,
    /// Where the crowd thinks the price should be, KRW.
    fair: f64,
    /// Which way the crowd leans, -1 to 1.
    mood: f64,
}

impl Instrument {
    /// An instrument before its day.
    pub(crate) fn new(info: InstrumentInfo, seed: u64, lane: u64) -> Self {
        let (lower, upper) = ticks::price_limits(info.market, info.base_price);
        let base = info.base_price;
        let stats = Stats { last: base, ..Stats::default() };
        let mut rng = Rng::new(seed, lane + 1);
        let mood = rng.normal() * 0.3;
        Self {
            lower,
            upper,
            krx: Book::default(),
            nxt: Book::default(),
            stats: [stats.clone(), stats.clone(), stats],
            programs: Programs::default(),
            brokers: BrokerBook::default(),
            interruption: None,
            interruptions: 0,
            auction_price: base,
            rng,
            fills: Vec::new(),
            fair: base as f64,
            mood,
            info,
        }
    }

    /// How a venue trades it at `now`.
    pub(crate) fn phase(&self, venue: Venue, now: u64) -> Phase {
        if !self.info.market.is_tradable() || (venue == Venue::Nxt && !self.info.nextrade) {
            return Phase::Closed;
        }
        match clock::phase(venue, now, self.info.market.is_stock()) {
            Phase::Continuous if self.interruption.is_some() => Phase::Auction,
            phase => phase,
        }
    }

    /// The book of a venue.
    pub(crate) fn book(&self, venue: Venue) -> &Book {
        match venue {
            Venue::Krx => &self.krx,
            Venue::Nxt => &self.nxt,
        }
    }

    /// The day in a view.
    pub(crate) fn stats(&self, view: View) -> &Stats {
        &self.stats[view as usize]
    }

    /// Brings the instrument to the state it has at `now` when the run starts there.
    pub(crate) fn open_day(&mut self, now: u64) {
        if !self.info.market.is_tradable() {
            return;
        }
        for venue in [Venue::Krx, Venue::Nxt] {
            if matches!(self.phase(venue, now), Phase::Auction | Phase::Continuous) {
                self.fill_book(venue);
            }
        }
        // A run that starts after the open finds the opening auction behind it.
        if now >= clock::OPEN {
            let quantity = 1 + self.info.previous_volume / 50;
            let base = self.info.base_price;
            self.count(Venue::Krx, base, quantity, Aggressor::Auction, 90_000);
        }
    }

    /// Lets the crowd change the book of a venue a little: orders come and go.
    pub(crate) fn quote(&mut self, venue: Venue, now: u64) {
        let auction = self.phase(venue, now) == Phase::Auction;
        self.drift();
        for _ in 0..1 + self.rng.below(3) {
            let side = if self.rng.chance(500) { Side::Bid } else { Side::Ask };
            if self.rng.chance(380) {
                let depth = self.rng.streak(9) as usize;
                let nth = self.rng.streak(5) as usize;
                let book = self.book_mut(venue);
                // The last levels of a side stay: a market without a price helps nobody.
                if book.levels(side).len() > 2 {
                    book.cancel(side, depth, nth);
                }
            } else {
                self.add_order(venue, side, auction);
            }
        }
        self.fill_book(venue);
    }

    /// Lets a taker act on a venue that trades continuously; `None` when there is nothing to take.
    /// Everything at one price is one print, as the wire has it.
    pub(crate) fn take(&mut self, venue: Venue, now: u64) -> Option<Print> {
        if self.phase(venue, now) != Phase::Continuous {
            return None;
        }
        self.drift();
        let last = self.stats(View::All).last as f64;
        let lean = 500.0 + self.mood * 120.0 + (self.fair - last) / last * 60_000.0;
        let (resting, who) = if self.rng.chance(lean.clamp(60.0, 940.0) as u64) {
            (Side::Ask, Aggressor::Buyer)
        } else {
            (Side::Bid, Aggressor::Seller)
        };
        let at_middle = if self.rng.chance(8) { self.trade_at_middle(venue, who) } else { None };
        let print = match at_middle {
            Some(print) => print,
            None => {
                let quantity = self.lot();
                let best = self.book(venue).best(resting)?;
                let mut fills = std::mem::take(&mut self.fills);
                fills.clear();
                self.book_mut(venue).take(resting, Some(best), quantity, &mut fills);
                let traded = fills.iter().map(|fill| fill.quantity).sum();
                self.fills = fills;
                Print { venue, price: best, quantity: traded, who }
            }
        };
        self.count(venue, print.price, print.quantity, print.who, hhmmss(now));
        self.fill_book(venue);
        Some(print)
    }

    /// Ends a call auction: what crosses trades at one price.
    pub(crate) fn uncross(&mut self, venue: Venue, now: u64) -> Option<Print> {
        let reference = self.stats(View::All).last;
        let mut fills = std::mem::take(&mut self.fills);
        let found = auction::uncross(self.book_mut(venue), reference, &mut fills);
        self.fills = fills;
        let print = found.map(|found| Print {
            venue,
            price: found.price,
            quantity: found.quantity,
            who: Aggressor::Auction,
        });
        if let Some(print) = print {
            self.count(venue, print.price, print.quantity, print.who, hhmmss(now));
            self.auction_price = print.price;
            self.fair = print.price as f64;
        }
        self.fill_book(venue);
        print
    }

    /// Takes every order away: the venue has closed.
    pub(crate) fn close(&mut self, venue: Venue) {
        self.book_mut(venue).clear();
    }

    /// Price and quantity that the auction of a venue would have now.
    pub(crate) fn expected(&self, venue: Venue) -> Option<auction::Equilibrium> {
        auction::equilibrium(self.book(venue), self.stats(View::All).last)
    }

    /// Begins an interruption if the last price is far enough from the last auction's.
    pub(crate) fn check_interruption(&mut self, now: u64) -> Option<Interruption> {
        let price = self.stats(View::Krx).last;
        let distance = (price - self.auction_price) * 100;
        let far = distance.abs() >= self.auction_price * STATIC_PERCENT;
        let regular = (clock::OPEN..clock::LAST_CONTINUOUS - INTERRUPTION).contains(&now);
        if self.interruption.is_some() || !far || !regular || !self.info.market.is_stock() {
            return None;
        }
        self.interruptions += 1;
        let interruption = Interruption {
            until: now + INTERRUPTION,
            begun: hhmmss(now),
            price,
            base: self.auction_price,
            up: distance > 0,
        };
        self.interruption = Some(interruption);
        Some(interruption)
    }

    /// News: the crowd changes its mind by so many percent.
    pub(crate) fn news(&mut self, percent: f64) {
        let fair = self.fair * (1.0 + percent / 100.0);
        self.fair = fair.clamp(self.lower as f64, self.upper as f64);
        self.mood = percent.signum();
    }

    fn book_mut(&mut self, venue: Venue) -> &mut Book {
        match venue {
            Venue::Krx => &mut self.krx,
            Venue::Nxt => &mut self.nxt,
        }
    }

    /// Opinions move: the fair price walks, and the mood fades.
    fn drift(&mut self) {
        let step = self.rng.normal() * 0.000_08 + self.mood * 0.000_01;
        self.fair = (self.fair * (1.0 + step)).clamp(self.lower as f64, self.upper as f64);
        self.mood = self.mood * 0.999 + self.rng.normal() * 0.02;
    }

    fn lot(&mut self) -> i64 {
        let scale = 1 + (3_000_000 / self.info.base_price.max(1)).min(5_000);
        let small = 1 + self.rng.below(scale as u64) as i64;
        small << self.rng.streak(6)
    }

    fn add_order(&mut self, venue: Venue, side: Side, auction: bool) {
        let market = self.info.market;
        let away = i64::from(self.rng.streak(10));
        let quantity = self.lot();
        let worth = ticks::floor(market, self.fair as i64);
        let (own, other) = {
            let book = self.book(venue);
            (book.best(side), book.best(side.opposite()))
        };
        // In a call auction orders cross freely around what it is worth; else they start from the
        // best of their own side, now and then one step better.
        let (mut price, steps) =
            if auction { (worth, away - 2) } else { (own.unwrap_or(worth), away - 1) };
        for _ in 0..steps.abs() {
            price = match (side, steps > 0) {
                (Side::Bid, true) | (Side::Ask, false) => ticks::down(market, price),
                (Side::Bid, false) | (Side::Ask, true) => ticks::up(market, price),
            };
        }
        if !auction {
            // Nobody sells below or buys above what it is worth to them.
            price = match side {
                Side::Bid => price.min(ticks::up(market, worth)),
                Side::Ask => price.max(worth),
            };
        }
        let crosses = other.is_some_and(|other| match side {
            Side::Bid => price >= other,
            Side::Ask => price <= other,
        });
        if (!auction && crosses) || price < self.lower || price > self.upper {
            return;
        }
        let levels = self.book(venue).levels(side);
        let crowded = levels
            .iter()
            .any(|level| level.price == price && level.orders.len() >= ORDERS_AT_PRICE_MAX);
        if !crowded {
            self.book_mut(venue).add(side, price, quantity, Owner::Crowd);
        }
        while self.book(venue).levels(side).len() > 2 * LEVELS {
            self.book_mut(venue).drop_worst(side);
        }
    }

    /// Keeps enough levels on both sides, as far as the day's limits allow.
    fn fill_book(&mut self, venue: Venue) {
        let market = self.info.market;
        let middle = ticks::floor(market, self.fair as i64).clamp(self.lower, self.upper);
        for side in [Side::Bid, Side::Ask] {
            while self.book(venue).levels(side).len() < LEVELS {
                let worst = self.book(venue).levels(side).first().map(|level| level.price);
                let other = self.book(venue).best(side.opposite());
                let from = match (worst, other) {
                    (Some(worst), _) => worst,
                    (None, Some(other)) => other,
                    (None, None) if side == Side::Bid => ticks::up(market, middle),
                    (None, None) => middle,
                };
                let price = match side {
                    Side::Bid => ticks::down(market, from),
                    Side::Ask => ticks::up(market, from),
                };
                if price < self.lower || price > self.upper || price == from {
                    break;
                }
                let quantity = self.lot() * 2;
                self.book_mut(venue).add(side, price, quantity, Owner::Crowd);
            }
        }
    }

    /// A mid-point trade prints between the ticks.
    fn trade_at_middle(&mut self, venue: Venue, who: Aggressor) -> Option<Print> {
        let book = self.book(venue);
        let (bid, ask) = (book.best(Side::Bid)?, book.best(Side::Ask)?);
        let middle = i64::midpoint(bid, ask);
        let tick = ticks::tick_size(self.info.market, bid);
        let between = tick >= 10 && ask - bid == tick && bid < middle && middle < ask;
        between.then(|| Print { venue, price: middle, quantity: self.lot(), who })
    }

    fn count(&mut self, venue: Venue, price: i64, quantity: i64, who: Aggressor, time: u32) {
        let own = match venue {
            Venue::Krx => View::Krx,
            Venue::Nxt => View::Nxt,
        };
        for view in [own, View::All] {
            let stats = &mut self.stats[view as usize];
            stats.trade(price, quantity, who, time);
            if price == self.upper && stats.upper_time == 0 {
                stats.upper_time = time;
            }
            if price == self.lower && stats.lower_time == 0 {
                stats.lower_time = time;
            }
        }
        let buyer = self.rng.below(BROKERS.len() as u64) as usize;
        let seller = self.rng.below(BROKERS.len() as u64) as usize;
        self.brokers.bought[buyer] += quantity;
        self.brokers.sold[seller] += quantity;
        if self.rng.chance(250) {
            let programs = &mut self.programs;
            if who == Aggressor::Seller {
                programs.sold += quantity;
                programs.sold_value += price * quantity;
            } else {
                programs.bought += quantity;
                programs.bought_value += price * quantity;
            }
        }
    }
}

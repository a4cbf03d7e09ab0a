//! The simulated participants: makers who quote, takers who hit, and what they think of the price.
//!
//! All of them share one opinion, the fair price, which walks by itself and jumps on news. Makers
//! put orders around the best prices and cancel some; takers hit the side that the fair price
//! favours. So prices follow the opinion, a few ticks behind, through real order books.

use super::book::{Level, Owner, Side};
use super::instrument::{Instrument, Print};
use super::listing::InstrumentInfo;
use super::stats::{Aggressor, View};
use super::ticks::{self, Market};
use crate::clock::{self, Phase, SECOND, Venue, hhmmss};
use crate::rng::Rng;

/// Levels the crowd keeps on each side of a book.
const LEVELS: usize = 14;
/// Most orders the crowd leaves at one price.
const ORDERS_AT_PRICE_MAX: usize = 24;
/// Rounds of quoting that an auction gets at least, and at most until it has a price.
const AUCTION_ROUNDS: std::ops::Range<usize> = 8..80;
/// From this spread on, in ticks, makers step in and nobody cancels.
const GAP_TICKS: i64 = 2;
/// How much larger the orders of makers are than those of takers.
const MAKER_LOTS: i64 = 3;
/// How far from the fair price takers hurry, as a part of the price.
const FAR: f64 = 0.02;
/// How much more they take then.
const URGENCY: i64 = 5;
/// How many ticks behind the best price makers stay when they think it far off.
const SHY_TICKS: usize = 3;

/// What the participants of one instrument think.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(super) rng: Rng,
    /// Where the price should be, KRW.
    pub(super) fair: f64,
    /// Which way they lean, -1 to 1.
    mood: f64,
    /// How much of a move of the whole market they follow; negative for an inverse fund.
    bearing: f64,
}

impl Crowd {
    pub(super) fn new(info: &InstrumentInfo, seed: u64, lane: u64) -> Self {
        let mut rng = Rng::new(seed, lane + 1);
        let mood = rng.normal() * 0.3;
        let bearing = match (info.market, info.code.as_str()) {
            (Market::Etf, "252670") => -2.0,
            (Market::Etf, "122630") => 2.0,
            (Market::Etf | Market::Etn, _) => 1.0,
            _ => 0.4 + rng.below(1_200) as f64 / 1_000.0,
        };
        Self { rng, fair: info.base_price as f64, mood, bearing }
    }
}

impl Instrument {
    /// Lets the crowd change the book of a venue a little: orders come and go.
    pub(crate) fn quote(&mut self, venue: Venue, now: u64) {
        match self.phase(venue, now) {
            Phase::Auction if clock::is_shown(venue, now) => self.quote_auction(venue),
            Phase::Continuous => self.quote_continuous(venue, now),
            _ => {}
        }
    }

    /// Lets a taker act on a venue that trades continuously; `None` when there is nothing to take.
    /// Everything at one price is one print, as the wire has it.
    pub(crate) fn take(&mut self, venue: Venue, now: u64) -> Option<Print> {
        if self.phase(venue, now) != Phase::Continuous {
            return None;
        }
        let heat = heat(now);
        self.drift(heat);
        let last = self.stats(View::All).last as f64;
        let crowd = &mut self.crowd;
        let away = (crowd.fair - last) / last;
        let urgency = if away.abs() > FAR { URGENCY } else { 1 };
        let lean = 500.0 + crowd.mood * 120.0 + away * 60_000.0;
        let (resting, who) = if crowd.rng.chance(lean.clamp(60.0, 940.0) as u64) {
            (Side::Ask, Aggressor::Buyer)
        } else {
            (Side::Bid, Aggressor::Seller)
        };
        let at_middle =
            if self.crowd.rng.chance(8) { self.trade_at_middle(venue, who) } else { None };
        let print = match at_middle {
            Some(print) => print,
            None => {
                let quantity = self.lot() * heat * urgency;
                let best = self.book(venue).best(resting)?;
                let mut fills = std::mem::take(&mut self.fills);
                fills.clear();
                self.book_mut(venue).take(resting, Some(best), quantity, &mut fills);
                let traded = fills.iter().map(|fill| fill.quantity).sum();
                self.settle_makers(venue, &fills, now);
                self.fills = fills;
                Print { venue, price: best, quantity: traded, who }
            }
        };
        self.count(venue, print.price, print.quantity, print.who, hhmmss(now));
        let rival = self.rival(venue, now);
        self.fill_book(venue, rival);
        Some(print)
    }

    /// News about this instrument: the crowd changes its mind by so many percent.
    pub(crate) fn news(&mut self, percent: f64) {
        let fair = self.crowd.fair * (1.0 + percent / 100.0);
        self.crowd.fair = fair.clamp(self.lower as f64, self.upper as f64);
        self.crowd.mood = percent.signum();
    }

    /// News about the whole market; each instrument follows by its own measure.
    pub(crate) fn market_news(&mut self, percent: f64) {
        let own = percent * self.crowd.bearing;
        let fair = self.crowd.fair * (1.0 + own / 100.0);
        self.crowd.fair = fair.clamp(self.lower as f64, self.upper as f64);
        self.crowd.mood = (self.crowd.mood + own / 4.0).clamp(-1.0, 1.0);
    }

    /// Brings orders into an auction until it has a price.
    pub(super) fn gather(&mut self, venue: Venue) {
        for round in 0..AUCTION_ROUNDS.end {
            if round >= AUCTION_ROUNDS.start && self.expected(venue).is_some() {
                return;
            }
            self.quote_auction(venue);
        }
    }

    /// Orders of an auction cross freely around what the instrument is worth.
    fn quote_auction(&mut self, venue: Venue) {
        self.drift(1);
        for _ in 0..1 + self.crowd.rng.below(3) {
            let side = self.any_side();
            if self.crowd.rng.chance(380) {
                self.cancel(venue, side);
                continue;
            }
            let steps = i64::from(self.crowd.rng.streak(10)) - 2;
            let price = self.stepped(self.worth(), side, steps);
            let share = 1 + self.info.previous_volume as u64 / 4_000;
            let quantity = self.lot() + self.crowd.rng.below(share) as i64;
            self.add_order(venue, side, price, quantity);
        }
        self.fill_book(venue, None);
    }

    /// Orders come from the best price of their own side backwards, now and then one step better,
    /// and never reach the other side.
    fn quote_continuous(&mut self, venue: Venue, now: u64) {
        self.drift(heat(now));
        let rival = self.rival(venue, now);
        for _ in 0..2 + self.crowd.rng.below(2) {
            let side = self.any_side();
            let facing = self.facing(venue, rival, side);
            let own = self.book(venue).best(side).unwrap_or_else(|| self.worth());
            let tick = ticks::tick_size(self.info.market, own);
            let gap = facing.map_or(0, |other| (other - own).abs() / tick);
            if gap < GAP_TICKS && self.crowd.rng.chance(380) {
                self.cancel(venue, side);
                continue;
            }
            // Into a wide gap makers step at once, a little more than half of the way.
            let steps = match gap {
                ..GAP_TICKS => i64::from(self.crowd.rng.streak(10)) - 1,
                _ => -(gap / 2 + i64::from(gap > GAP_TICKS)),
            };
            let price = self.held_back(self.stepped(own, side, steps), own, side);
            let quantity = MAKER_LOTS * self.lot();
            if !facing.is_some_and(|other| side.reaches(price, other)) {
                self.add_order(venue, side, price, quantity);
            }
        }
        self.fill_book(venue, rival);
    }

    fn any_side(&mut self) -> Side {
        if self.crowd.rng.chance(500) { Side::Bid } else { Side::Ask }
    }

    /// The fair price on the tick grid.
    fn worth(&self) -> i64 {
        ticks::floor(self.info.market, self.crowd.fair as i64).clamp(self.lower, self.upper)
    }

    /// `price` moved by so many ticks, away from the other side when positive.
    fn stepped(&self, mut price: i64, side: Side, steps: i64) -> i64 {
        for _ in 0..steps.abs() {
            price = match (side, steps > 0) {
                (Side::Bid, true) | (Side::Ask, false) => ticks::down(self.info.market, price),
                (Side::Bid, false) | (Side::Ask, true) => ticks::up(self.info.market, price),
            };
        }
        price
    }

    /// Nobody likes to sell below or buy above what it is worth to them: they step back, a little.
    fn held_back(&self, price: i64, best: i64, side: Side) -> i64 {
        let market = self.info.market;
        let shy = |step: fn(Market, i64) -> i64| {
            (0..SHY_TICKS).fold(best, |price, _| step(market, price))
        };
        let worth = self.worth();
        match side {
            Side::Bid if price > worth => price.min(ticks::up(market, worth).max(shy(ticks::down))),
            Side::Ask if price < worth => price.max(worth.min(shy(ticks::up))),
            _ => price,
        }
    }

    /// The price that an order on `side` of `venue` must not reach.
    fn facing(&self, venue: Venue, rival: Option<Venue>, side: Side) -> Option<i64> {
        let other = side.opposite();
        let own = self.book(venue).best(other);
        let there = rival.and_then(|rival| self.book(rival).best(other));
        match (own, there) {
            (Some(a), Some(b)) => Some(if other.better(b, a) { b } else { a }),
            (a, b) => a.or(b),
        }
    }

    fn cancel(&mut self, venue: Venue, side: Side) {
        let depth = self.crowd.rng.streak(9) as usize;
        let nth = self.crowd.rng.streak(5) as usize;
        let book = self.book_mut(venue);
        // The last levels of a side stay: a market without a price helps nobody.
        if book.levels(side).len() > 2 {
            book.cancel(side, depth, nth);
        }
    }

    fn add_order(&mut self, venue: Venue, side: Side, price: i64, quantity: i64) {
        if price < self.lower || price > self.upper {
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
            if !self.book_mut(venue).drop_worst(side) {
                return;
            }
        }
    }

    /// Keeps enough levels on both sides, as far as the day's limits allow.
    pub(super) fn fill_book(&mut self, venue: Venue, rival: Option<Venue>) {
        let market = self.info.market;
        for side in [Side::Bid, Side::Ask] {
            loop {
                let (count, worst) = self.crowd_levels(venue, side);
                if count >= LEVELS {
                    break;
                }
                let from = match worst.or_else(|| self.facing(venue, rival, side)) {
                    Some(from) => from,
                    None if side == Side::Bid => ticks::up(market, self.worth()),
                    None => self.worth(),
                };
                let price = self.stepped(from, side, 1);
                if price < self.lower || price > self.upper || price == from {
                    break;
                }
                let quantity = MAKER_LOTS * self.lot();
                self.book_mut(venue).add(side, price, quantity, Owner::Crowd);
            }
        }
    }

    /// How many levels the crowd has on a side, and the price of the worst of them. A client's own
    /// level far away is none of the market's.
    pub(super) fn crowd_levels(&self, venue: Venue, side: Side) -> (usize, Option<i64>) {
        let levels = self.book(venue).levels(side);
        if self.clients.is_empty() {
            return (levels.len(), levels.first().map(|level| level.price));
        }
        let of_crowd = |level: &&Level| level.orders.iter().any(|o| o.owner == Owner::Crowd);
        let mut own = levels.iter().filter(of_crowd);
        let worst = own.next().map(|level| level.price);
        (own.count() + usize::from(worst.is_some()), worst)
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

    /// Opinions move: the fair price walks, and the mood fades.
    fn drift(&mut self, heat: i64) {
        let crowd = &mut self.crowd;
        let step = crowd.rng.normal() * 0.000_08 * heat as f64 + crowd.mood * 0.000_01;
        crowd.fair = (crowd.fair * (1.0 + step)).clamp(self.lower as f64, self.upper as f64);
        crowd.mood = crowd.mood * 0.999 + crowd.rng.normal() * 0.02;
    }

    /// Shares of an order: cheap instruments come in large numbers, and a few orders are large.
    pub(super) fn lot(&mut self) -> i64 {
        let small = 1 + self.crowd.rng.below(self.lot_scale() as u64) as i64;
        small << self.crowd.rng.streak(6)
    }

    /// The largest order of continuous trading, shares.
    pub(super) fn lot_max(&self) -> i64 {
        (MAKER_LOTS * self.lot_scale()) << 6
    }

    fn lot_scale(&self) -> i64 {
        1 + (3_000_000 / self.info.base_price.max(1)).min(5_000)
    }
}

/// How lively trading is: right after the open prices move more and takers take more.
fn heat(now: u64) -> i64 {
    match now.saturating_sub(clock::OPEN) / SECOND {
        _ if now < clock::OPEN => 1,
        ..10 => 3,
        10..60 => 2,
        _ => 1,
    }
}

//! One instrument: its books on both venues, its day, its auctions and interruptions.

use super::auction::{self, Equilibrium};
use super::book::{Book, Fill, Side};
use super::clients::Clients;
use super::crowd::Crowd;
use super::listing::InstrumentInfo;
use super::stats::{Aggressor, BROKERS, BrokerBook, Programs, Stats, VIEWS, View};
use super::ticks;
use crate::clock::{self, Phase, SECOND, Venue, hhmmss};

/// How long a volatility interruption takes at least: two minutes of call auction.
const INTERRUPTION: u64 = 120 * SECOND;
/// By how much an interruption may end later, at random, in whole seconds.
const LATER_SECONDS: u64 = 30;
/// A static interruption begins this far from the last auction price, percent.
const STATIC_PERCENT: i64 = 10;

/// A trade as it is printed: one entry of a 0B frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    pub(crate) venue: Venue,
    /// KRW per share; between two ticks for a mid-point trade.
    pub(crate) price: i64,
    /// Shares, at least 1.
    pub(crate) quantity: i64,
    pub(crate) who: Aggressor,
}

/// A volatility interruption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interruption {
    /// Its end, in nanoseconds since midnight.
    pub(crate) until: u64,
    /// Its begin as the number HHmmss.
    pub(crate) begun: u32,
    /// The price that set it off, KRW.
    pub(crate) price: i64,
    /// The price of the auction before, from which the distance is counted, KRW.
    pub(crate) base: i64,
    pub(crate) up: bool,
}

/// One instrument.
#[derive(Debug)]
pub(crate) struct Instrument {
    pub(crate) info: InstrumentInfo,
    /// Lowest price of the day, KRW.
    pub(crate) lower: i64,
    /// Highest price of the day, KRW.
    pub(crate) upper: i64,
    pub(crate) krx: Book,
    pub(crate) nxt: Book,
    /// The day in each view.
    pub(crate) stats: [Stats; VIEWS],
    pub(crate) programs: [Programs; VIEWS],
    pub(crate) brokers: [BrokerBook; VIEWS],
    pub(crate) interruption: Option<Interruption>,
    /// Interruptions of the day so far.
    pub(crate) interruptions: u32,
    /// Orders of clients.
    pub(crate) clients: Clients,
    pub(super) crowd: Crowd,
    pub(super) fills: Vec<Fill>,
    /// Price of the last call auction: where static interruptions are counted from.
    auction_price: i64,
}

impl Instrument {
    /// An instrument before its day.
    pub(crate) fn new(info: InstrumentInfo, seed: u64, lane: u64) -> Self {
        let (lower, upper) = ticks::price_limits(info.market, info.base_price);
        let base = info.base_price;
        let stats = Stats { last: base, ..Stats::default() };
        Self {
            lower,
            upper,
            krx: Book::default(),
            nxt: Book::default(),
            stats: std::array::from_fn(|_| stats.clone()),
            programs: Default::default(),
            brokers: Default::default(),
            interruption: None,
            interruptions: 0,
            clients: Clients::default(),
            crowd: Crowd::new(&info, seed, lane),
            fills: Vec::new(),
            auction_price: base,
            info,
        }
    }

    /// Whether a venue trades it at all.
    pub(crate) fn trades_on(&self, venue: Venue) -> bool {
        self.info.market.is_tradable() && (venue == Venue::Krx || self.info.nextrade)
    }

    /// How a venue trades it at `now`.
    pub(crate) fn phase(&self, venue: Venue, now: u64) -> Phase {
        if !self.trades_on(venue) {
            return Phase::Closed;
        }
        match clock::phase(venue, now, self.info.market.is_stock()) {
            Phase::Continuous if self.interruption.is_some() => Phase::Auction,
            phase => phase,
        }
    }

    /// Whether a venue takes orders that everybody can see.
    pub(crate) fn is_open(&self, venue: Venue, now: u64) -> bool {
        let phase = self.phase(venue, now);
        matches!(phase, Phase::Auction | Phase::Continuous) && clock::is_shown(venue, now)
    }

    /// The book of a venue.
    pub(crate) fn book(&self, venue: Venue) -> &Book {
        match venue {
            Venue::Krx => &self.krx,
            Venue::Nxt => &self.nxt,
        }
    }

    pub(super) fn book_mut(&mut self, venue: Venue) -> &mut Book {
        match venue {
            Venue::Krx => &mut self.krx,
            Venue::Nxt => &mut self.nxt,
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
        // A run that starts after the open finds the opening auction behind it.
        if now >= clock::OPEN {
            let quantity = 1 + self.info.previous_volume / 50;
            let base = self.info.base_price;
            self.count(Venue::Krx, base, quantity, Aggressor::Auction, 90_000);
        }
        for venue in [Venue::Krx, Venue::Nxt] {
            self.enter(venue, now);
        }
    }

    /// A venue has entered a new phase: its book is filled or emptied.
    pub(crate) fn enter(&mut self, venue: Venue, now: u64) {
        match self.phase(venue, now) {
            Phase::Closed | Phase::ClosingPrice => {
                self.expire_clients(venue, now);
                self.book_mut(venue).clear();
            }
            Phase::Auction if clock::is_shown(venue, now) => {
                self.turn_conditionals(venue, now);
                self.gather(venue);
            }
            Phase::Auction => {}
            Phase::Continuous => self.separate(now),
        }
    }

    /// Ends a call auction: what crosses trades at one price.
    pub(crate) fn uncross(&mut self, venue: Venue, now: u64) -> Option<Print> {
        self.gather(venue);
        let reference = self.stats(View::All).last;
        let mut fills = std::mem::take(&mut self.fills);
        let found = auction::uncross(self.book_mut(venue), reference, &mut fills);
        if found.is_some() {
            self.settle_makers(venue, &fills, now);
        }
        self.fills = fills;
        let print = found.map(|found| Print {
            venue,
            price: found.price,
            quantity: found.quantity,
            who: Aggressor::Auction,
        });
        if let Some(print) = print {
            self.count(venue, print.price, print.quantity, print.who, hhmmss(now));
            self.crowd.fair = print.price as f64;
        }
        if venue == Venue::Krx {
            self.auction_price = self.stats(View::Krx).last;
        }
        let most = self.lot_max();
        self.book_mut(venue).thin(most);
        self.fill_book(venue, None);
        print
    }

    /// Price and quantity that the auction of a venue would have now.
    pub(crate) fn expected(&self, venue: Venue) -> Option<Equilibrium> {
        auction::equilibrium(self.book(venue), self.stats(View::All).last)
    }

    /// Begins an interruption if the last price is far enough from the last auction's.
    pub(crate) fn check_interruption(&mut self, now: u64) -> Option<Interruption> {
        let price = self.stats(View::Krx).last;
        let distance = (price - self.auction_price) * 100;
        let far = distance.abs() >= self.auction_price * STATIC_PERCENT;
        let latest = clock::LAST_CONTINUOUS - INTERRUPTION - LATER_SECONDS * SECOND;
        let regular = (clock::OPEN..latest).contains(&now);
        if self.interruption.is_some() || !far || !regular || !self.info.market.is_stock() {
            return None;
        }
        self.interruptions += 1;
        let later = self.crowd.rng.below(LATER_SECONDS + 1) * SECOND;
        let interruption = Interruption {
            until: now + INTERRUPTION + later,
            begun: hhmmss(now),
            price,
            base: self.auction_price,
            up: distance > 0,
        };
        self.interruption = Some(interruption);
        Some(interruption)
    }

    /// The other venue, while both trade continuously: then routed orders keep a bid on one from
    /// reaching an ask on the other.
    pub(super) fn rival(&self, venue: Venue, now: u64) -> Option<Venue> {
        let both = [Venue::Krx, Venue::Nxt]
            .into_iter()
            .all(|venue| self.phase(venue, now) == Phase::Continuous);
        both.then_some(match venue {
            Venue::Krx => Venue::Nxt,
            Venue::Nxt => Venue::Krx,
        })
    }

    /// Lets Nextrade's orders that reach KRX's withdraw, and fills what is open.
    pub(crate) fn separate(&mut self, now: u64) {
        for venue in [Venue::Krx, Venue::Nxt] {
            if self.phase(venue, now) != Phase::Continuous {
                continue;
            }
            let rival = self.rival(venue, now);
            if venue == Venue::Nxt && rival.is_some() {
                for side in [Side::Bid, Side::Ask] {
                    let Some(other) = self.krx.best(side.opposite()) else { continue };
                    self.nxt.withdraw_crowd(side, other);
                }
            }
            self.fill_book(venue, rival);
        }
    }

    /// Counts a trade in every view that shows it.
    pub(super) fn count(
        &mut self,
        venue: Venue,
        price: i64,
        quantity: i64,
        who: Aggressor,
        time: u32,
    ) {
        let rng = &mut self.crowd.rng;
        let buyer = rng.below(BROKERS.len() as u64) as usize;
        let seller = rng.below(BROKERS.len() as u64) as usize;
        let by_program = rng.chance(250);
        for view in View::of(venue) {
            let stats = &mut self.stats[view as usize];
            stats.trade(price, quantity, who, time);
            if price == self.upper && stats.upper_time == 0 {
                stats.upper_time = time;
            }
            if price == self.lower && stats.lower_time == 0 {
                stats.lower_time = time;
            }
            let brokers = &mut self.brokers[view as usize];
            brokers.bought[buyer] += quantity;
            brokers.sold[seller] += quantity;
            let programs = &mut self.programs[view as usize];
            match who {
                _ if !by_program => {}
                Aggressor::Seller => {
                    programs.sold += quantity;
                    programs.sold_value += price * quantity;
                }
                Aggressor::Buyer | Aggressor::Auction => {
                    programs.bought += quantity;
                    programs.bought_value += price * quantity;
                }
            }
        }
    }
}

//! Quotes against the order books themselves.

use super::reading::Fields;
use crate::clock::{Phase, Venue};
use crate::exchange::book::{Book, Side};
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use crate::exchange::ticks;
use std::collections::BTreeMap;

/// What the last 0D frame of an item said: price and size of each level, and the totals.
#[derive(Default)]
pub(super) struct Quotes {
    levels: [[(i64, i64); 10]; 2],
    totals: [i64; 2],
}

/// The book of a view, worked out from the venues' orders: price to shares at KRX and Nextrade,
/// best price first.
fn merged(instrument: &Instrument, view: View, side: Side) -> Vec<(i64, [i64; 2])> {
    let mut levels: BTreeMap<i64, [i64; 2]> = BTreeMap::new();
    for (venue, book) in [&instrument.krx, &instrument.nxt].into_iter().enumerate() {
        if view == View::All || view as usize == venue {
            for level in book.levels(side) {
                let orders: i64 = level.orders.iter().map(|order| order.quantity).sum();
                assert_eq!(orders, level.quantity, "a level is the sum of its orders");
                levels.entry(level.price).or_default()[venue] += orders;
            }
        }
    }
    let mut levels: Vec<_> = levels.into_iter().collect();
    if side == Side::Bid {
        levels.reverse();
    }
    levels
}

impl Quotes {
    /// FIDs 27 and 28.
    pub(super) fn check_best(fields: &Fields<'_>, instrument: &Instrument, view: View) {
        let base = instrument.info.base_price;
        for (fid, side) in [(27, Side::Ask), (28, Side::Bid)] {
            let best = merged(instrument, view, side).first().map_or(0, |level| level.0);
            assert_eq!(fields.price(fid, base, false), best, "{fid}");
        }
    }

    /// Type 0H.
    pub(super) fn check_expected(fields: &Fields<'_>, instrument: &Instrument, view: View) {
        let book = if view == View::Nxt { &instrument.nxt } else { &instrument.krx };
        let (price, quantity) = (fields.number(10).abs(), fields.number(15));
        assert_eq!(quantity, most(book));
        assert_eq!(quantity, executable(book, price), "another price trades more shares");
        assert!(fields.text(15).starts_with(char::is_numeric));
    }

    /// Type 0D.
    pub(super) fn depth(
        &mut self,
        fields: &Fields<'_>,
        instrument: &Instrument,
        view: View,
        now: u64,
    ) {
        let base = instrument.info.base_price;
        let mut totals = [0; 2];
        for (place, side) in [Side::Ask, Side::Bid].into_iter().enumerate() {
            let book = merged(instrument, view, side);
            for level in 0..10 {
                let fid = level as u32;
                let (prices, sizes, changes) = if place == 0 { (41, 61, 81) } else { (51, 71, 91) };
                let told = (fields.price(prices + fid, base, true), fields.number(sizes + fid));
                let (price, shares) = book.get(level).copied().unwrap_or_default();
                assert_eq!(told, (price, shares[0] + shares[1]), "{side:?} {level}");
                if price == 0 {
                    let empty = if place == 0 { "+0" } else { "-0" };
                    assert_eq!(fields.text(prices + fid), empty);
                } else {
                    let market = instrument.info.market;
                    assert_eq!(price % ticks::tick_size(market, price), 0, "{price}");
                    assert!((instrument.lower..=instrument.upper).contains(&price));
                }
                let before = self.levels[place][level];
                let there = if before.0 == price { before.1 } else { 0 };
                assert_eq!(fields.number(changes + fid), told.1 - there, "{side:?} {level}");
                self.levels[place][level] = told;
                for (venue, first) in [6044, 6066].into_iter().enumerate() {
                    let shares = if view == View::All { shares[venue] } else { 0 };
                    assert_eq!(fields.number(first + 10 * place as u32 + fid), shares);
                }
            }
            let ordered = self.levels[place].windows(2).all(|pair| {
                pair[1].0 == 0
                    || (if place == 0 { pair[0].0 < pair[1].0 } else { pair[0].0 > pair[1].0 })
            });
            assert!(ordered, "{:?}", self.levels[place]);
            totals[place] = self.levels[place].iter().map(|level| level.1).sum();
            let (fid, change) = if place == 0 { (121, 122) } else { (125, 126) };
            assert_eq!(fields.number(fid), totals[place]);
            assert_eq!(fields.number(change), totals[place] - self.totals[place]);
        }
        assert_eq!(fields.number(128), totals[1] - totals[0]);
        assert_eq!(fields.number(138), totals[0] - totals[1]);
        self.totals = totals;
        self.check_spread(fields, instrument, view, now);
    }

    /// Continuous trading leaves no crossed book; an auction tells its price.
    fn check_spread(&self, fields: &Fields<'_>, instrument: &Instrument, view: View, now: u64) {
        let phases: Vec<Phase> = [Venue::Krx, Venue::Nxt]
            .into_iter()
            .filter(|venue| view.shows(*venue))
            .map(|venue| instrument.phase(venue, now))
            .collect();
        let (ask, bid) = (self.levels[0][0].0, self.levels[1][0].0);
        if phases.iter().all(|phase| *phase != Phase::Auction) {
            assert!(bid < ask || ask == 0, "bid {bid}, ask {ask} of {}", instrument.info.code);
        }
        let venue = if view == View::Nxt { Venue::Nxt } else { Venue::Krx };
        let (price, quantity) = (fields.number(23), fields.number(24));
        if instrument.phase(venue, now) == Phase::Auction {
            let book = instrument.book(venue);
            assert_eq!((quantity, price == 0), (most(book), quantity == 0));
            assert_eq!(executable(book, price), quantity);
        } else {
            assert_eq!((price, quantity), (0, 0));
        }
    }
}

/// Shares that an auction at `price` trades.
fn executable(book: &Book, price: i64) -> i64 {
    let sum = |side, good: &dyn Fn(i64) -> bool| -> i64 {
        book.levels(side).iter().filter(|l| good(l.price)).map(|l| l.quantity).sum()
    };
    sum(Side::Bid, &|bid| bid >= price).min(sum(Side::Ask, &|ask| ask <= price))
}

/// Most shares that any price trades.
fn most(book: &Book) -> i64 {
    let prices = book.levels(Side::Bid).iter().chain(book.levels(Side::Ask));
    prices.map(|level| executable(book, level.price)).max().unwrap_or(0)
}

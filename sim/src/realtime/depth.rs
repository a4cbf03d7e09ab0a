//! Types 0D, 0C and 0E: the book.

use super::{Writer, percent_hundredths};
use crate::clock::{Phase, Venue, hhmmss};
use crate::exchange::auction::Equilibrium;
use crate::exchange::book::Side;
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;

/// Levels in a message.
const LEVELS: usize = 10;

/// What the last message of a stream said, for the changes in the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    ask: [(i64, i64); LEVELS],
    bid: [(i64, i64); LEVELS],
    ask_total: i64,
    bid_total: i64,
}

#[derive(Clone, Copy, Default)]
struct Row {
    price: i64,
    krx: i64,
    nxt: i64,
}

impl Row {
    fn quantity(&self) -> i64 {
        self.krx + self.nxt
    }
}

/// The entry of a 0D frame. `told` is of the same instrument and view.
pub(crate) fn write_depth(
    w: &mut Writer<'_>,
    instrument: &Instrument,
    view: View,
    told: &mut Told,
    now: u64,
) {
    let base = instrument.info.base_price;
    let asks = rows(instrument, view, Side::Ask);
    let bids = rows(instrument, view, Side::Bid);
    // The totals are those of the levels shown, as in the broker's own example.
    let total = |rows: &[Row]| rows.iter().map(Row::quantity).sum::<i64>();
    let (ask_total, bid_total) = (total(&asks), total(&bids));
    w.time(21, hhmmss(now));
    for (level, (ask, bid)) in asks.iter().zip(&bids).enumerate() {
        let fid = level as u32;
        level_side(w, [41 + fid, 61 + fid, 81 + fid], ask, 1, base, &mut told.ask[level]);
        // The change of the tenth bid is FID 100, one behind 99.
        level_side(w, [51 + fid, 71 + fid, 91 + fid], bid, -1, base, &mut told.bid[level]);
    }
    w.number(121, ask_total);
    w.signed(122, ask_total - told.ask_total);
    w.number(125, bid_total);
    w.signed(126, bid_total - told.bid_total);
    (told.ask_total, told.bid_total) = (ask_total, bid_total);
    let expected = expected(instrument, view, now);
    let (price, quantity) = expected.map_or((0, 0), |found| (found.price, found.quantity));
    w.number(23, price);
    w.number(24, quantity);
    w.signed(128, bid_total - ask_total);
    w.hundredths(129, percent_hundredths(bid_total, ask_total));
    w.signed(138, ask_total - bid_total);
    w.hundredths(139, percent_hundredths(ask_total, bid_total));
    let change = if price == 0 { 0 } else { price - base };
    let sign = super::trade::change_sign(instrument, if price == 0 { base } else { price });
    w.signed(200, change);
    w.signed_hundredths(201, percent_hundredths(change, base));
    w.number(238, sign);
    w.number(291, price);
    w.number(292, quantity);
    w.number(293, sign);
    w.signed(294, change);
    w.signed_hundredths(295, percent_hundredths(change, base));
    // Nextrade's messages have 139 fields: no liquidity providers, no session fields.
    if view != View::Nxt {
        w.raw(PROVIDERS);
        w.number(13, instrument.stats(view).volume);
        w.signed_hundredths(299, percent_hundredths(quantity, instrument.info.previous_volume));
        w.str(215, "");
        w.str(216, "");
    }
    if view == View::All {
        split(w, &asks, &bids);
    } else {
        zeros(w, 6044..=6087);
    }
    zeros(w, 6100..=6115);
}

/// Price, size and change of one level. `empty_mark` is the sign of a level without orders.
fn level_side(
    w: &mut Writer<'_>,
    fids: [u32; 3],
    row: &Row,
    empty_mark: i64,
    base: i64,
    told: &mut (i64, i64),
) {
    if row.price == 0 {
        w.marked(fids[0], empty_mark, 0);
    } else {
        w.price(fids[0], row.price, base);
    }
    w.number(fids[1], row.quantity());
    let before = if told.0 == row.price { told.1 } else { 0 };
    w.signed(fids[2], row.quantity() - before);
    *told = (row.price, row.quantity());
}

/// The best ten levels of a view, venues merged by price.
fn rows(instrument: &Instrument, view: View, side: Side) -> [Row; LEVELS] {
    let mut rows = [Row::default(); LEVELS];
    let krx = if view == View::Nxt { 0 } else { LEVELS };
    let nxt = if view == View::Krx { 0 } else { LEVELS };
    let mut krx = instrument.krx.levels(side).iter().rev().take(krx).peekable();
    let mut nxt = instrument.nxt.levels(side).iter().rev().take(nxt).peekable();
    for row in &mut rows {
        let price = match (krx.peek(), nxt.peek()) {
            (Some(a), Some(b)) if side.better(b.price, a.price) => b.price,
            (Some(level), _) | (None, Some(level)) => level.price,
            (None, None) => break,
        };
        row.price = price;
        row.krx = krx.next_if(|level| level.price == price).map_or(0, |level| level.quantity);
        row.nxt = nxt.next_if(|level| level.price == price).map_or(0, |level| level.quantity);
    }
    rows
}

fn expected(instrument: &Instrument, view: View, now: u64) -> Option<Equilibrium> {
    let venue = if view == View::Nxt { Venue::Nxt } else { Venue::Krx };
    (instrument.phase(venue, now) == Phase::Auction).then(|| instrument.expected(venue)).flatten()
}

/// FIDs 6044–6087 under `_AL`: each venue's share of every level, and its totals.
fn split(w: &mut Writer<'_>, asks: &[Row; LEVELS], bids: &[Row; LEVELS]) {
    let shares: [fn(&Row) -> i64; 2] = [|row| row.krx, |row| row.nxt];
    for (venue, share) in shares.iter().enumerate() {
        let first = 6044 + 22 * venue as u32;
        for (level, row) in asks.iter().enumerate() {
            w.number(first + level as u32, share(row));
        }
        for (level, row) in bids.iter().enumerate() {
            w.number(first + 10 + level as u32, share(row));
        }
        w.number(first + 20, asks.iter().map(share).sum());
        w.number(first + 21, bids.iter().map(share).sum());
    }
}

const PROVIDERS: &str = concat!(
    r#","621":"0","631":"0","622":"0","632":"0","623":"0","633":"0","624":"0","634":"0","#,
    r#""625":"0","635":"0","626":"0","636":"0","627":"0","637":"0","628":"0","638":"0","#,
    r#""629":"0","639":"0","630":"0","640":"0""#
);

fn zeros(w: &mut Writer<'_>, fids: std::ops::RangeInclusive<u32>) {
    for fid in fids {
        w.str(fid, "0");
    }
}

/// The entry of a 0C frame.
pub(crate) fn write_best_quote(w: &mut Writer<'_>, instrument: &Instrument, view: View) {
    let base = instrument.info.base_price;
    let (ask, bid) = super::trade::best(instrument, view);
    w.price(27, ask, base);
    w.price(28, bid, base);
}

/// The entry of a 0E frame: quantities at the closing price. `told` remembers them.
pub(crate) fn write_off_hours(
    w: &mut Writer<'_>,
    quantities: (i64, i64),
    told: &mut (i64, i64),
    now: u64,
) {
    w.time(21, hhmmss(now));
    w.number(131, quantities.0);
    w.signed(132, quantities.0 - told.0);
    w.number(135, quantities.1);
    w.signed(136, quantities.1 - told.1);
    *told = quantities;
}

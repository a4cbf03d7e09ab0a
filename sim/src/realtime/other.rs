//! Slow types: brokers, funds, gold, indices, warrants, the session clock, interruptions.

use super::trade::change_sign;
use super::{Writer, percent_hundredths};
use crate::clock::{Notice, hhmmss};
use crate::exchange::instrument::{Instrument, Interruption};
use crate::exchange::stats::{BROKERS, View};
use crate::exchange::ticks::Market;

/// The entry of a 0F frame: five largest sellers and buyers; remembers what was told.
pub(crate) fn write_brokers(w: &mut Writer<'_>, instrument: &mut Instrument, view: View) {
    let book = &mut instrument.brokers[view as usize];
    let ranked = |shares: &[i64; BROKERS.len()]| {
        let mut order: [usize; BROKERS.len()] = std::array::from_fn(|index| index);
        order.sort_by_key(|index| (-shares[*index], *index));
        order
    };
    let (sellers, buyers) = (ranked(&book.sold), ranked(&book.bought));
    let foreign = |shares: &[i64; BROKERS.len()]| -> i64 {
        BROKERS.iter().zip(shares).filter(|(broker, _)| broker.2).map(|(_, shares)| shares).sum()
    };
    for row in 0..5u32 {
        let (seller, buyer) = (sellers[row as usize], buyers[row as usize]);
        let color = |index: usize| if BROKERS[index].2 { "DHDB" } else { "!!!!" };
        w.str(141 + row, BROKERS[seller].0);
        w.number(161 + row, book.sold[seller]);
        change(w, 166 + row, book.sold[seller] - book.told_sold[seller]);
        w.str(146 + row, BROKERS[seller].1);
        w.str(271 + row, color(seller));
        w.str(151 + row, BROKERS[buyer].0);
        w.number(171 + row, book.bought[buyer]);
        change(w, 176 + row, book.bought[buyer] - book.told_bought[buyer]);
        w.str(156 + row, BROKERS[buyer].1);
        w.str(281 + row, color(buyer));
    }
    let (sold, bought) = (foreign(&book.sold), foreign(&book.bought));
    let (told_sold, told_bought) = (foreign(&book.told_sold), foreign(&book.told_bought));
    w.number(261, sold);
    change(w, 262, sold - told_sold);
    w.number(263, bought);
    change(w, 264, bought - told_bought);
    change(w, 267, bought - sold);
    change(w, 268, bought - sold - (told_bought - told_sold));
    w.str(
        337,
        match view {
            View::Krx => "1",
            View::Nxt => "2",
            View::All => "0",
        },
    );
    book.told_sold = book.sold;
    book.told_bought = book.bought;
}

/// A change of broker shares: `+0` where nothing changed, as recorded.
fn change(w: &mut Writer<'_>, fid: u32, value: i64) {
    w.marked(fid, if value < 0 { -1 } else { 1 }, value.unsigned_abs());
}

/// The entry of a 0G frame.
pub(crate) fn write_nav(w: &mut Writer<'_>, instrument: &Instrument, view: View, now: u64) {
    let (stats, base) = (instrument.stats(view), instrument.info.base_price);
    let price = stats.last;
    // A fund trades a little off its value.
    let nav = price * 100 + price * 4 / 100;
    let change = nav - base * 100;
    w.signed_hundredths(36, nav);
    w.signed_hundredths(37, change);
    w.signed_hundredths(38, percent_hundredths(change, base * 100));
    w.hundredths(39, 182);
    w.time(20, hhmmss(now));
    w.price(10, price, base);
    w.signed(11, price - base);
    w.signed_hundredths(12, percent_hundredths(price - base, base));
    w.number(13, stats.volume);
    w.number(25, change_sign(instrument, price));
    w.signed_hundredths(265, 12);
    w.signed_hundredths(266, percent_hundredths(price * 100 - nav, nav));
}

/// The entry of a 0I frame: gold follows nothing but its own walk.
pub(crate) fn write_gold(w: &mut Writer<'_>, base: i64, price: i64) {
    w.price(10, price, base);
    w.number(25, sign(price - base));
    w.signed(11, price - base);
    w.signed_hundredths(12, percent_hundredths(price - base, base));
}

fn sign(change: i64) -> i64 {
    match change {
        0 => 3,
        1.. => 2,
        _ => 5,
    }
}

/// What an index is made of at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct IndexState {
    /// Hundredths of a point.
    pub(crate) base: i64,
    pub(crate) value: i64,
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    /// Thousands of shares.
    pub(crate) volume: i64,
    pub(crate) told_volume: i64,
    pub(crate) previous_volume: i64,
    /// Millions of KRW.
    pub(crate) value_traded: i64,
    pub(crate) up: i64,
    pub(crate) upper: i64,
    pub(crate) unchanged: i64,
    pub(crate) down: i64,
    pub(crate) lower: i64,
    pub(crate) traded: i64,
    pub(crate) members: i64,
}

/// The entry of a 0J frame; remembers the volume it told.
pub(crate) fn write_index(w: &mut Writer<'_>, index: &mut IndexState, now: u64) {
    let change = index.value - index.base;
    let mark = |value: i64| (value - index.base).signum();
    w.time(20, hhmmss(now));
    w.marked_hundredths(10, mark(index.value), index.value.unsigned_abs());
    w.signed_hundredths(11, change);
    w.signed_hundredths(12, percent_hundredths(change, index.base));
    w.number(15, index.volume - index.told_volume);
    w.number(13, index.volume);
    w.number(14, index.value_traded);
    for (fid, value) in [(16, index.open), (17, index.high), (18, index.low)] {
        w.marked_hundredths(fid, mark(value), value.unsigned_abs());
    }
    w.number(25, sign(change));
    w.signed(26, index.volume - index.previous_volume);
    index.told_volume = index.volume;
}

/// The entry of a 0U frame.
pub(crate) fn write_breadth(w: &mut Writer<'_>, index: &IndexState, now: u64) {
    let change = index.value - index.base;
    w.time(20, hhmmss(now));
    w.number(252, index.up);
    w.number(251, index.upper);
    w.number(253, index.unchanged);
    w.number(255, index.down);
    w.number(254, index.lower);
    w.number(13, index.volume);
    w.number(14, index.value_traded);
    w.marked_hundredths(10, change.signum(), index.value.unsigned_abs());
    w.signed_hundredths(11, change);
    w.signed_hundredths(12, percent_hundredths(change, index.base));
    w.number(256, index.traded);
    w.hundredths(257, percent_hundredths(index.traded, index.members));
    w.number(25, sign(change));
}

/// The entry of a 0g frame: limits, and why it was sent.
pub(crate) fn write_info(w: &mut Writer<'_>, instrument: &Instrument, why: &str) {
    let base = instrument.info.base_price;
    w.str(297, why);
    w.str(592, " ");
    w.str(593, " ");
    w.price(305, instrument.upper, base);
    w.price(306, instrument.lower, base);
    w.number(307, base);
    for fid in [689, 594, 382, 370] {
        w.str(fid, "");
    }
}

/// The entry of a 0m frame.
pub(crate) fn write_theory(w: &mut Writer<'_>, instrument: &Instrument, now: u64) {
    let (price, base) = (instrument.stats(View::Krx).last, instrument.info.base_price);
    w.time(20, hhmmss(now));
    w.price(10, price, base);
    w.number(670, (price - 2).max(0));
    w.hundredths(671, 4_000 + price % 700);
    for (fid, greek) in [(672, "0.412500"), (673, "0.000310"), (674, "-1.250000")] {
        w.str(fid, greek);
    }
    w.str(675, "0.880000");
    w.str(676, "0.031000");
    w.signed_hundredths(706, 0);
}

/// The entry of a 0u frame.
pub(crate) fn write_indicators(w: &mut Writer<'_>, instrument: &Instrument, now: u64) {
    let (price, base) = (instrument.stats(View::Krx).last, instrument.info.base_price);
    w.time(20, hhmmss(now));
    w.hundredths(666, percent_hundredths(price, base * 10));
    w.number(1211, price);
    w.hundredths(667, 103_704);
    w.signed_hundredths(668, 4_473);
    w.signed_hundredths(669, 4_478);
}

/// The entry of a 0s frame.
pub(crate) fn write_session(w: &mut Writer<'_>, notice: &Notice) {
    let code = [notice.code];
    w.str(215, std::str::from_utf8(&code).unwrap_or_default());
    w.time(20, hhmmss(notice.at));
    w.time(214, notice.left);
}

/// The entry of a 1h frame; `released` is the time of the end, or 0 at the beginning.
pub(crate) fn write_interruption(
    w: &mut Writer<'_>,
    instrument: &Instrument,
    view: View,
    event: &Interruption,
    released: u32,
) {
    let (info, stats) = (&instrument.info, instrument.stats(view));
    let away = percent_hundredths(event.price - event.base, event.base);
    w.str(9001, &info.code);
    w.str(302, &info.name);
    w.number(13, stats.volume);
    w.number(14, stats.value / 1_000_000);
    w.str(9068, "1");
    w.str(9008, if info.market == Market::Kosdaq { "101" } else { "001" });
    w.str(9075, "1");
    w.number(1221, event.price);
    w.time(1223, event.begun);
    w.time(1224, released);
    w.str(1225, "정적");
    w.number(1236, event.base);
    w.str(1237, "0");
    w.signed_hundredths(1238, away);
    w.hundredths(1239, 0);
    let since_close = percent_hundredths(event.price - info.base_price, info.base_price);
    w.signed_hundredths(1489, since_close);
    w.number(1490, i64::from(instrument.interruptions));
    w.str(9069, if event.up { "1" } else { "2" });
    w.str(1279, if event.up { "+정적" } else { "-정적" });
}

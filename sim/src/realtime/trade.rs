//! Type 0B, and what shares its sums: 0A, 0H, 0w.

use super::{Writer, percent_hundredths};
use crate::clock::{Venue, hhmmss, session_kind};
use crate::exchange::auction::Equilibrium;
use crate::exchange::book::Side;
use crate::exchange::instrument::{Instrument, Print};
use crate::exchange::stats::{Aggressor, Stats, View};

/// FID 25: 1 upper limit, 2 up, 3 unchanged, 4 lower limit, 5 down.
pub(crate) fn change_sign(instrument: &Instrument, price: i64) -> i64 {
    if instrument.info.market.is_tradable() && price == instrument.upper {
        return 1;
    }
    if instrument.info.market.is_tradable() && price == instrument.lower {
        return 4;
    }
    match price.cmp(&instrument.info.base_price) {
        std::cmp::Ordering::Greater => 2,
        std::cmp::Ordering::Equal => 3,
        std::cmp::Ordering::Less => 5,
    }
}

/// Best ask and bid of a view; 0 where there is none.
pub(crate) fn best(instrument: &Instrument, view: View) -> (i64, i64) {
    let of = |venue| {
        let book = instrument.book(venue);
        (book.best(Side::Ask), book.best(Side::Bid))
    };
    let (krx, nxt) = (of(Venue::Krx), of(Venue::Nxt));
    let (ask, bid) = match view {
        View::Krx => krx,
        View::Nxt => nxt,
        View::All => (krx.0.into_iter().chain(nxt.0).min(), krx.1.into_iter().chain(nxt.1).max()),
    };
    (ask.unwrap_or(0), bid.unwrap_or(0))
}

/// One entry of a 0B frame. `stats` and `quotes` are those right after this print.
pub(crate) fn write_trade(
    w: &mut Writer<'_>,
    instrument: &Instrument,
    stats: &Stats,
    print: &Print,
    quotes: (i64, i64),
    now: u64,
) {
    let info = &instrument.info;
    let (base, price) = (info.base_price, print.price);
    w.time(20, hhmmss(now));
    w.price(10, price, base);
    w.signed(11, price - base);
    w.signed_hundredths(12, percent_hundredths(price - base, base));
    w.price(27, quotes.0, base);
    w.price(28, quotes.1, base);
    let (side, sold, bought) = match print.who {
        Aggressor::Buyer => (1, 0, print.quantity),
        Aggressor::Seller => (-1, -print.quantity, 0),
        Aggressor::Auction => (0, 0, 0),
    };
    aggressor(w, 15, side, print.quantity);
    w.number(13, stats.volume);
    w.number(14, stats.value / 1_000_000);
    day_range(w, stats, base);
    w.number(25, change_sign(instrument, price));
    volume_against_yesterday(w, instrument, stats);
    w.hundredths(31, percent_hundredths(stats.volume, info.shares));
    w.number(32, price * 231 / 100_000);
    w.hundredths(228, percent_hundredths(stats.buy_volume, stats.sell_volume));
    w.number(311, market_cap(instrument, price));
    w.str(
        290,
        match session_kind(now) {
            b'1' => "1",
            b'2' => "2",
            _ => "3",
        },
    );
    w.str(691, "0");
    w.time(567, stats.upper_time);
    w.time(568, stats.lower_time);
    w.number(851, percent_hundredths(stats.volume, info.previous_volume / 4 + 1));
    w.time(1890, stats.open_time);
    w.time(1891, stats.high_time);
    w.time(1892, stats.low_time);
    w.number(1030, stats.sell_volume);
    w.number(1031, stats.buy_volume);
    let share = percent_hundredths(stats.buy_volume, stats.sell_volume + stats.buy_volume);
    w.marked_hundredths(1032, (share - 5_000).signum(), share.unsigned_abs());
    w.number(1071, stats.sell_count);
    w.number(1072, stats.buy_count);
    aggressor(w, 1313, side, price * print.quantity / 1000);
    w.signed(1315, sold);
    w.signed(1316, bought);
    aggressor(w, 1314, side, print.quantity);
    w.number(1497, price * 4 / 10);
    w.number(1498, price * 32 / 100);
    w.number(620, stats.value / stats.volume.max(1));
    w.number(732, price * 5_018 / 1_000_000);
    w.number(852, price * 4_014 / 1_000_000);
    w.str(
        9081,
        match print.venue {
            Venue::Krx => "KRX",
            Venue::Nxt => "NXT",
        },
    );
}

/// A magnitude with the aggressor's sign; in a call auction there is none.
fn aggressor(w: &mut Writer<'_>, fid: u32, side: i64, magnitude: i64) {
    if side == 0 {
        w.number(fid, magnitude);
    } else {
        w.marked(fid, side, magnitude.unsigned_abs());
    }
}

fn day_range(w: &mut Writer<'_>, stats: &Stats, base: i64) {
    w.price(16, stats.open, base);
    w.price(17, stats.high, base);
    w.price(18, stats.low, base);
}

fn volume_against_yesterday(w: &mut Writer<'_>, instrument: &Instrument, stats: &Stats) {
    let info = &instrument.info;
    let volume = stats.volume - info.previous_volume;
    w.signed(26, volume);
    w.signed(29, stats.value - info.previous_volume * info.base_price);
    let ratio = percent_hundredths(stats.volume, info.previous_volume);
    w.marked_hundredths(30, volume.signum(), ratio.unsigned_abs());
}

/// Market capitalisation in units of 100 million KRW.
fn market_cap(instrument: &Instrument, price: i64) -> i64 {
    (i128::from(price) * i128::from(instrument.info.shares) / 100_000_000) as i64
}

/// The entry of a 0A frame.
pub(crate) fn write_indicative_price(w: &mut Writer<'_>, instrument: &Instrument, view: View) {
    let (stats, base) = (instrument.stats(view), instrument.info.base_price);
    let price = stats.last;
    let (ask, bid) = best(instrument, view);
    w.price(10, price, base);
    w.signed(11, price - base);
    w.signed_hundredths(12, percent_hundredths(price - base, base));
    w.price(27, ask, base);
    w.price(28, bid, base);
    w.number(13, stats.volume);
    w.number(14, stats.value / 1_000_000);
    day_range(w, stats, base);
    w.number(25, change_sign(instrument, price));
    volume_against_yesterday(w, instrument, stats);
    w.hundredths(31, percent_hundredths(stats.volume, instrument.info.shares));
    w.number(32, price * 231 / 100_000);
    w.number(311, market_cap(instrument, price));
    w.time(567, stats.upper_time);
    w.time(568, stats.lower_time);
}

/// The entry of a 0H frame.
pub(crate) fn write_indicative_match(
    w: &mut Writer<'_>,
    instrument: &Instrument,
    view: View,
    expected: Equilibrium,
    now: u64,
) {
    let base = instrument.info.base_price;
    w.time(20, hhmmss(now));
    w.price(10, expected.price, base);
    w.signed(11, expected.price - base);
    w.signed_hundredths(12, percent_hundredths(expected.price - base, base));
    w.number(15, expected.quantity);
    w.number(13, instrument.stats(view).volume);
    w.number(25, change_sign(instrument, expected.price));
}

/// The entry of a 0w frame; remembers what was told. Money is in millions of KRW.
pub(crate) fn write_programs(
    w: &mut Writer<'_>,
    instrument: &mut Instrument,
    view: View,
    now: u64,
) {
    let base = instrument.info.base_price;
    let (price, volume) = (instrument.stats(view).last, instrument.stats(view).volume);
    let sign = change_sign(instrument, price);
    let programs = &mut instrument.programs[view as usize];
    let (sold_value, bought_value) =
        (programs.sold_value / 1_000_000, programs.bought_value / 1_000_000);
    let net = programs.bought - programs.sold;
    let net_value = bought_value - sold_value;
    w.time(20, hhmmss(now));
    w.price(10, price, base);
    w.number(25, sign);
    w.signed(11, price - base);
    w.signed_hundredths(12, percent_hundredths(price - base, base));
    w.number(13, volume);
    w.number(202, programs.sold);
    w.number(204, sold_value);
    w.number(206, programs.bought);
    w.number(208, bought_value);
    w.number(210, net);
    w.number(212, net_value);
    w.number(213, net_value - programs.told_net_value);
    w.number(211, net - programs.told_net);
    (programs.told_net, programs.told_net_value) = (net, net_value);
}

//! The arithmetic of a day: each frame follows from the one before.

use super::checker::{Checker, ratio};
use super::reading::Fields;
use super::run::Run;
use crate::clock::TimeOfDay;
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use crate::exchange::ticks;

/// What follows from all frames of one item so far. Nothing here is taken from the market's own
/// sums: only prices and quantities are read from FIDs 10 and 15, and the rest must agree.
#[derive(Default)]
pub(super) struct Sums {
    volume: i64,
    value: i64,
    sold: i64,
    bought: i64,
    sales: i64,
    purchases: i64,
    open: (i64, String),
    high: (i64, String),
    low: (i64, String),
    programs: Option<(i64, i64)>,
    brokers: Option<[i64; 2]>,
    off_hours: (i64, i64),
    index_volume: i64,
}

impl Sums {
    pub(super) fn volume(&self) -> i64 {
        self.volume
    }

    /// Type 0B.
    pub(super) fn trade(
        &mut self,
        fields: &Fields<'_>,
        instrument: &Instrument,
        view: View,
        now: &str,
    ) {
        let info = &instrument.info;
        let base = info.base_price;
        let price = fields.price(10, base, false);
        let quantity = fields.number(15).abs();
        assert!(quantity > 0);
        self.check_time_and_venue(fields, view, now);
        check_on_tick(fields, instrument, price);
        let side = fields.text(15).chars().next().unwrap();
        match side {
            '+' => (self.bought, self.purchases) = (self.bought + quantity, self.purchases + 1),
            '-' => (self.sold, self.sales) = (self.sold + quantity, self.sales + 1),
            _ => assert!(side.is_ascii_digit(), "an auction has no side, not even a space"),
        }
        if self.volume == 0 {
            let first = (price, fields.text(20).to_owned());
            (self.open, self.high, self.low) = (first.clone(), first.clone(), first);
        }
        if price > self.high.0 {
            self.high = (price, fields.text(20).to_owned());
        }
        if price < self.low.0 {
            self.low = (price, fields.text(20).to_owned());
        }
        self.volume += quantity;
        self.value += price * quantity;
        assert_eq!(fields.number(13), self.volume, "no trade is lost");
        self.check_day(fields, base, [1890, 1891, 1892]);
        self.check_yesterday(fields, instrument);
        self.check_sides(fields, side, quantity, price);
        assert_eq!(fields.text(620), (self.value / self.volume).to_string());
        assert_eq!(fields.number(1497), price * 2 / 5);
        assert_eq!(fields.number(1498), price * 8 / 25);
        let cap = i128::from(price) * i128::from(info.shares) / 100_000_000;
        assert_eq!(i128::from(fields.number(311)), cap);
    }

    fn check_time_and_venue(&self, fields: &Fields<'_>, view: View, now: &str) {
        assert!(fields.text(20) <= now);
        let venue = fields.text(9081);
        match view {
            View::Krx => assert_eq!(venue, "KRX"),
            View::Nxt => assert_eq!(venue, "NXT"),
            View::All => assert!(["KRX", "NXT"].contains(&venue)),
        }
        let session = match fields.number(20) {
            ..90_000 => "1",
            90_000..154_000 => "2",
            _ => "3",
        };
        assert_eq!(fields.text(290), session);
    }

    fn check_day(&self, fields: &Fields<'_>, base: i64, times: [u32; 3]) {
        assert_eq!(fields.number(14), self.value / 1_000_000);
        for ((fid, time), (price, at)) in
            [16, 17, 18].into_iter().zip(times).zip([&self.open, &self.high, &self.low])
        {
            assert_eq!(fields.price(fid, base, false), *price, "{fid}");
            assert_eq!(fields.text(time), at, "{time}");
        }
    }

    fn check_yesterday(&self, fields: &Fields<'_>, instrument: &Instrument) {
        let info = &instrument.info;
        let more = self.volume - info.previous_volume;
        assert_eq!(fields.number(26), more);
        assert_eq!(fields.number(29), self.value - info.previous_volume * info.base_price);
        assert_eq!(fields.hundredths(30).abs(), ratio(self.volume, info.previous_volume));
        let mark = ["-", " ", "+"][(more.signum() + 1) as usize];
        assert!(fields.text(30).starts_with(mark));
        assert_eq!(fields.hundredths(31), ratio(self.volume, info.shares));
    }

    fn check_sides(&self, fields: &Fields<'_>, side: char, quantity: i64, price: i64) {
        assert_eq!([fields.number(1030), fields.number(1031)], [self.sold, self.bought]);
        assert_eq!([fields.number(1071), fields.number(1072)], [self.sales, self.purchases]);
        assert_eq!(fields.hundredths(228), ratio(self.bought, self.sold));
        let share = ratio(self.bought, self.bought + self.sold);
        assert_eq!(fields.hundredths(1032).abs(), share);
        let mark = ["-", " ", "+"][((share - 5_000).signum() + 1) as usize];
        assert!(fields.text(1032).starts_with(mark));
        let nothing = " 0".to_owned();
        let (sold, bought) = match side {
            '+' => (nothing, format!("+{quantity}")),
            '-' => (format!("-{quantity}"), nothing),
            _ => (nothing.clone(), nothing),
        };
        assert_eq!([fields.text(1315), fields.text(1316)], [&sold, &bought]);
        assert_eq!(fields.text(1314), fields.text(15));
        let money = (price * quantity / 1_000).to_string();
        assert_eq!(fields.text(1313).trim_start_matches(['+', '-']), money);
        assert_eq!(
            fields.text(1313).starts_with(side),
            !side.is_ascii_digit() || money.starts_with(side)
        );
    }

    /// Type 0A repeats the sums of the trades.
    pub(super) fn price_move(&self, fields: &Fields<'_>) {
        assert_eq!(fields.number(13), self.volume);
        assert_eq!(fields.number(14), self.value / 1_000_000);
    }

    /// Type 0w.
    pub(super) fn programs(&mut self, fields: &Fields<'_>) {
        let (sold, bought) = (fields.number(202), fields.number(206));
        let (net, net_value) = (fields.number(210), fields.number(212));
        assert_eq!(net, bought - sold);
        assert_eq!(net_value, fields.number(208) - fields.number(204));
        assert!(sold + bought <= fields.number(13), "programs trade a part of all");
        let (before, before_value) = self.programs.replace((net, net_value)).unwrap_or_default();
        assert_eq!(
            [fields.number(211), fields.number(213)],
            [net - before, net_value - before_value]
        );
    }

    /// Type 0F: rows from the largest down, foreign sums in step with their changes.
    pub(super) fn brokers(&mut self, fields: &Fields<'_>) {
        for first in [161, 171] {
            let rows: Vec<i64> = (first..first + 5).map(|fid| fields.number(fid)).collect();
            assert!(rows.is_sorted_by(|a, b| a >= b), "{rows:?}");
        }
        let foreign = [fields.number(261), fields.number(263)];
        let before = self.brokers.replace(foreign).unwrap_or_default();
        let changes = [fields.number(262), fields.number(264)];
        assert_eq!(changes, [foreign[0] - before[0], foreign[1] - before[1]]);
        assert_eq!(fields.number(267), foreign[1] - foreign[0]);
        assert_eq!(fields.number(268), changes[1] - changes[0]);
        for fid in (166..171).chain(176..181) {
            assert!(fields.text(fid).starts_with(['+', '-']), "{fid}");
        }
    }

    /// Type 0E.
    pub(super) fn off_hours(&mut self, fields: &Fields<'_>) {
        let now = (fields.number(131), fields.number(135));
        let before = std::mem::replace(&mut self.off_hours, now);
        assert_eq!([fields.number(132), fields.number(136)], [now.0 - before.0, now.1 - before.1]);
    }

    /// Type 0J.
    pub(super) fn index(&mut self, fields: &Fields<'_>) {
        assert_eq!(fields.number(15), fields.number(13) - self.index_volume);
        self.index_volume = fields.number(13);
        let [level, open, high, low] = [10, 16, 17, 18].map(|fid| fields.hundredths(fid).abs());
        assert!(low <= level.min(open) && level.max(open) <= high);
    }
}

/// A price lies on the tick grid, except in a mid-point trade: half a tick above a grid price.
fn check_on_tick(fields: &Fields<'_>, instrument: &Instrument, price: i64) {
    let tick = ticks::tick_size(instrument.info.market, price);
    if price % tick != 0 {
        assert_eq!((price * 2) % tick, 0, "{price}");
        assert!(
            !fields.text(15).starts_with(char::is_numeric),
            "an auction has a price on the grid"
        );
    }
}

#[test]
fn a_whole_day_of_every_type_closes_to_the_last_share() {
    // Twelve hours, every session, every type.
    let mut run = Run::of_everything(TimeOfDay::new(7, 59, 0), TimeOfDay::new(20, 1, 0), 560_000);
    run.news_at_step = Some(20_000);
    let checker = Checker::run(&run);
    println!("{:?}, {} of several entries", checker.frames, checker.several);
    assert!(checker.total() > 100_000, "{:?}", checker.frames);
    assert_eq!(checker.frames.len(), super::run::ALL_TYPES.len(), "{:?}", checker.frames);
    let trades = checker.frames["0B"];
    let share = checker.several * 1000 / trades;
    assert!((50..150).contains(&share), "{share} of 1,000 trade frames have several entries");
}

#[test]
fn a_dense_run_through_the_opening_closes_to_the_last_share() {
    let run = Run::of_everything(TimeOfDay::new(8, 59, 50), TimeOfDay::new(9, 0, 35), 2_000);
    let checker = Checker::run(&run);
    println!("{:?}, {} of several entries", checker.frames, checker.several);
    assert!(checker.total() > 20_000, "{:?}", checker.frames);
}

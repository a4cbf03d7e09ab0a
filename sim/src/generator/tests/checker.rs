//! Checks every frame of a run against the rules of its type and against the frames before.

use super::super::{Frame, Generator};
use super::books::Quotes;
use super::reading::{Fields, Shapes, read};
use super::run::Run;
use super::sums::Sums;
use crate::clock::hhmmss;
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use std::collections::{BTreeMap, HashMap};

/// What has been seen.
pub(super) struct Checker {
    shapes: Shapes,
    sums: HashMap<String, Sums>,
    quotes: HashMap<String, Quotes>,
    /// Frames by type.
    pub(super) frames: BTreeMap<&'static str, u64>,
    /// 0B frames of more than one entry.
    pub(super) several: u64,
}

impl Checker {
    /// Runs, checks every frame, and hands back what was counted.
    pub(super) fn run(run: &Run) -> Self {
        let mut checker = Self {
            shapes: Shapes::new(),
            sums: HashMap::new(),
            quotes: HashMap::new(),
            frames: BTreeMap::new(),
            several: 0,
        };
        run.go(|market, frame, by_step| checker.check(market, frame, by_step));
        checker
    }

    pub(super) fn total(&self) -> u64 {
        self.frames.values().sum()
    }

    fn check(&mut self, market: &Generator, frame: Frame<'_>, by_step: bool) {
        let reading = read(frame.text);
        assert_eq!(reading.data.len(), frame.entries as usize);
        *self.frames.entry(frame.kind).or_default() += 1;
        self.several += u64::from(frame.kind == "0B" && frame.entries > 1);
        let last = reading.data.len() - 1;
        for (place, entry) in reading.data.iter().enumerate() {
            assert_eq!(entry.kind, frame.kind);
            if frame.kind != "1h" {
                assert_eq!(entry.item, frame.item);
            }
            let shape = self.shapes.of(entry);
            let fields = Fields { values: &entry.values.pairs, shape };
            let (code, view) = split(entry.item);
            let Some(index) = market.by_code.get(code) else {
                assert_eq!((entry.kind, entry.item), ("0s", ""));
                continue;
            };
            let instrument = &market.instruments[*index];
            if entry.kind != "0s" && entry.kind != "1h" {
                check_price_and_change(&fields, instrument);
            }
            match entry.kind {
                "0B" => {
                    let sums = self.sums.entry(entry.item.to_owned()).or_default();
                    sums.trade(&fields, instrument, view, &market_time(market));
                    if by_step && place == last {
                        Quotes::check_best(&fields, instrument, view);
                    }
                }
                "0D" => {
                    let quotes = self.quotes.entry(entry.item.to_owned()).or_default();
                    quotes.depth(&fields, instrument, view, market.now);
                    if let Some(sums) = self.sums.get(entry.item).filter(|_| view != View::Nxt) {
                        assert_eq!(fields.number(13), sums.volume());
                    }
                }
                "0C" => Quotes::check_best(&fields, instrument, view),
                "0H" => Quotes::check_expected(&fields, instrument, view),
                "0w" => {
                    let sums = self.sums.entry(entry.item.to_owned()).or_default();
                    sums.programs(&fields);
                }
                "0F" => {
                    let sums = self.sums.entry(entry.item.to_owned()).or_default();
                    sums.brokers(&fields);
                }
                "0E" => {
                    let sums = self.sums.entry(entry.item.to_owned()).or_default();
                    sums.off_hours(&fields);
                }
                "0J" => {
                    let sums = self.sums.entry(entry.item.to_owned()).or_default();
                    sums.index(&fields);
                }
                "0A" => {
                    if let Some(sums) = self.sums.get(entry.item) {
                        sums.price_move(&fields);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The market's clock as the wire shows it.
fn market_time(market: &Generator) -> String {
    format!("{:06}", hhmmss(market.now))
}

pub(super) fn split(item: &str) -> (&str, View) {
    match item.split_once('_') {
        Some((code, "NX")) => (code, View::Nxt),
        Some((code, "AL")) => (code, View::All),
        _ => (item, View::Krx),
    }
}

/// FIDs 10, 11, 12 and 25 belong together in every type that has them.
fn check_price_and_change(fields: &Fields<'_>, instrument: &Instrument) {
    if !fields.has(11) {
        return;
    }
    let base = instrument.info.base_price;
    let scale = if fields.text(10).contains('.') { 100 } else { 1 };
    let (price, change) = if scale == 100 {
        (fields.hundredths(10).abs(), fields.hundredths(11))
    } else {
        let price = fields.price(10, base, false);
        if instrument.info.market.is_tradable() {
            assert!((instrument.lower..=instrument.upper).contains(&price), "{price}");
        }
        (price, fields.number(11))
    };
    assert_eq!(change, price - base);
    assert_eq!(fields.hundredths(12), ratio(change, base), "{change} of {base}");
    for fid in [11, 12] {
        let mark = ['-', ' ', '+'][(change.signum() + 1) as usize];
        let zero = fid == 12 && fields.hundredths(12) == 0;
        assert!(zero || fields.text(fid).starts_with(mark), "{fid} {}", fields.text(fid));
    }
    let tradable = instrument.info.market.is_tradable();
    let sign = match change.signum() {
        _ if tradable && price == instrument.upper => "1",
        _ if tradable && price == instrument.lower => "4",
        1 => "2",
        0 => "3",
        _ => "5",
    };
    assert_eq!(fields.text(25), sign);
}

/// `part / whole` in hundredths of a percent, to the nearest.
pub(super) fn ratio(part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let exact = i128::from(part.abs()) * 10_000;
    let rounded = ((exact * 2 + i128::from(whole)) / (2 * i128::from(whole))) as i64;
    rounded * part.signum()
}

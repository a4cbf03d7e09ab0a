//! Lets a market run and shows every frame to somebody.

use super::super::{Frame, Frames, Generator};
use crate::clock::TimeOfDay;
use crate::options::Options;

/// How a run goes.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) seed: u64,
    pub(super) from: TimeOfDay,
    pub(super) until: TimeOfDay,
    /// Market time between two steps, microseconds.
    pub(super) step_us: u64,
    pub(super) compression: f64,
    pub(super) items: Vec<String>,
    pub(super) types: Vec<&'static str>,
    /// A step at which news moves the first item far.
    pub(super) news_at_step: Option<u64>,
}

/// Every type that the market makes.
pub(super) const ALL_TYPES: [&str; 17] = [
    "0A", "0B", "0C", "0D", "0E", "0F", "0G", "0H", "0I", "0J", "0U", "0g", "0m", "0u", "0w", "0s",
    "1h",
];

impl Run {
    /// All types of a few instruments of every kind, in every view.
    pub(super) fn of_everything(from: TimeOfDay, until: TimeOfDay, step_us: u64) -> Self {
        let codes = [
            "005930", "000660", "035420", "015760", "0004V0", "247540", "041510", "069500",
            "252670", "500001", "57JBHH",
        ];
        let mut items: Vec<String> = codes
            .iter()
            .flat_map(|code| ["", "_NX", "_AL"].map(|suffix| format!("{code}{suffix}")))
            .collect();
        items.extend(["001", "101", "MGU", ""].map(str::to_owned));
        let types = ALL_TYPES.to_vec();
        Self { seed: 7, from, until, step_us, compression: 1.0, items, types, news_at_step: None }
    }

    pub(super) fn options(&self) -> Options {
        Options {
            seed: self.seed,
            day_start: self.from,
            time_compression: self.compression,
            ..Options::default()
        }
    }

    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let pair = |item: &String, kind: &&str| (item.clone(), (*kind).to_owned());
        self.items
            .iter()
            .flat_map(|item| self.types.iter().map(move |kind| pair(item, kind)))
            .collect()
    }

    /// Runs to the end. `seen` gets the market, the frame, and whether a step made it (else the
    /// clock did, and the market has gone on since).
    pub(super) fn go(&self, mut seen: impl FnMut(&Generator, Frame<'_>, bool)) -> Generator {
        let mut market = Generator::new(&self.options());
        market.set_registrations(&self.pairs());
        let mut frames = Frames::default();
        let span = u64::from(self.until.seconds() - self.from.seconds()) * 1_000_000;
        for step in 0..=span / self.step_us {
            let real = (step * self.step_us * 1_000) as f64 / self.compression;
            if self.news_at_step == Some(step) {
                let first = market.by_code[&self.items[0]];
                market.instruments[first].news(14.0);
            }
            frames.clear();
            market.advance(real as u64, &mut frames);
            frames.iter().for_each(|frame| seen(&market, frame, false));
            frames.clear();
            market.step(&mut frames);
            frames.iter().for_each(|frame| seen(&market, frame, true));
        }
        market
    }
}

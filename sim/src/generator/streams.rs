//! What is registered: pairs of item and type, and how often each has something to say.

use crate::clock::Venue;
use crate::exchange::stats::{VIEWS, View};
use crate::rng::Rng;
use std::collections::HashMap;
use std::sync::Arc;

/// One registered pair of item and type.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// The item as registered, with its venue suffix.
    pub(super) item: Arc<str>,
    /// Place of the instrument in the list.
    pub(super) instrument: usize,
    pub(super) view: View,
    /// The realtime type.
    pub(super) kind: &'static str,
}

/// All registered pairs.
#[derive(Debug)]
pub(super) struct Streams {
    list: Vec<Stream>,
    /// Running sums of the weights, for drawing a stream.
    sums: Vec<u64>,
    /// The 0B items of each instrument, by view.
    trades: Vec<[Option<Arc<str>>; VIEWS]>,
    /// The 0g items of each instrument, by view.
    infos: Vec<[Option<Arc<str>>; VIEWS]>,
    /// How many different instruments there are among the pairs.
    pub(super) instruments: u64,
    /// Whether somebody wants type 0s.
    pub(super) session: bool,
    /// Whether somebody wants type 1h.
    pub(super) interruptions: bool,
}

impl Streams {
    /// No pairs, for so many instruments.
    pub(super) fn new(instruments: usize) -> Self {
        Self {
            list: Vec::new(),
            sums: Vec::new(),
            trades: vec![Default::default(); instruments],
            infos: vec![Default::default(); instruments],
            instruments: 0,
            session: false,
            interruptions: false,
        }
    }

    /// Replaces the pairs. Pairs of an unknown code or type are silent, as at the broker.
    pub(super) fn set(&mut self, pairs: &[(String, String)], by_code: &HashMap<String, usize>) {
        *self = Self::new(self.trades.len());
        self.session = pairs.iter().any(|(_, kind)| kind == "0s");
        self.interruptions = pairs.iter().any(|(_, kind)| kind == "1h");
        let mut total = 0;
        for (item, kind) in pairs {
            let (code, view) = split(item);
            let (Some(index), Some(kind)) = (by_code.get(code).copied(), known_type(kind)) else {
                continue;
            };
            let item: Arc<str> = Arc::from(item.as_str());
            match kind {
                "0B" => self.trades[index][view as usize] = Some(Arc::clone(&item)),
                "0g" => self.infos[index][view as usize] = Some(Arc::clone(&item)),
                _ => {}
            }
            // The first names of the list are the busy ones.
            total += weight(kind) * (4 + 32 / (1 + index as u64 / 4));
            self.sums.push(total);
            self.list.push(Stream { item, instrument: index, view, kind });
        }
        let mut different: Vec<usize> = self.list.iter().map(|stream| stream.instrument).collect();
        different.sort_unstable();
        different.dedup();
        self.instruments = different.len() as u64;
    }

    /// Draws a stream by its weight; `None` when none can speak by itself.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<&Stream> {
        let total = self.sums.last().copied().filter(|total| *total > 0)?;
        let drawn = rng.below(total);
        self.list.get(self.sums.partition_point(|sum| *sum <= drawn))
    }

    /// The item under which trades of an instrument are wanted in a view.
    pub(super) fn trades(&self, instrument: usize, view: View) -> Option<&Arc<str>> {
        self.trades[instrument][view as usize].as_ref()
    }

    /// Whether anybody wants the trades of an instrument.
    pub(super) fn wants_trades(&self, instrument: usize) -> bool {
        self.trades[instrument].iter().any(Option::is_some)
    }

    /// The items under which type 0g of an instrument is wanted.
    pub(super) fn infos(&self, instrument: usize) -> impl Iterator<Item = &Arc<str>> {
        self.infos[instrument].iter().flatten()
    }
}

/// Code and view of an item.
fn split(item: &str) -> (&str, View) {
    if let Some(code) = item.strip_suffix("_NX") {
        (code, View::Nxt)
    } else if let Some(code) = item.strip_suffix("_AL") {
        (code, View::All)
    } else {
        (item, View::Krx)
    }
}

/// The venues of a view; the second one only under `_AL`.
pub(super) fn venues(view: View) -> impl Iterator<Item = Venue> {
    [Venue::Krx, Venue::Nxt].into_iter().filter(move |venue| view.shows(*venue))
}

/// The types that are made for an item, as constants.
fn known_type(kind: &str) -> Option<&'static str> {
    const KINDS: [&str; 15] =
        ["0A", "0B", "0C", "0D", "0E", "0F", "0G", "0H", "0I", "0J", "0U", "0g", "0m", "0u", "0w"];
    KINDS.into_iter().find(|known| *known == kind)
}

/// How often a type comes, against the others.
fn weight(kind: &str) -> u64 {
    match kind {
        "0B" | "0D" => 450,
        "0C" | "0H" => 60,
        "0E" | "0G" | "0J" => 25,
        "0w" => 15,
        "0U" => 10,
        "0A" | "0F" | "0m" | "0u" | "0I" => 5,
        _ => 0,
    }
}

//! The market half of the broker: from seed and registrations to frames, without a clock or a socket.
//!
//! The same seed, options, registrations and calls give the same frames: real time only decides how
//! often [`Generator::step`] is called.

mod clients;
mod day;
mod frames;
mod indices;
mod streams;
#[cfg(test)]
mod tests;
mod trades;

pub use crate::exchange::listing::InstrumentInfo;
pub(crate) use frames::{Frame, Frames};

use crate::clock::{self, NOTICES, Phase, SECOND, Venue};
use crate::exchange::instrument::Instrument;
use crate::exchange::listing::listing;
use crate::exchange::stats::{VIEWS, View};
use crate::exchange::ticks::Market;
use crate::options::Options;
use crate::realtime::depth::{self, Told};
use crate::realtime::other::{self, IndexState};
use crate::realtime::{Writer, trade};
use crate::rng::Rng;
use clients::ClientTurns;
use std::collections::HashMap;
use std::sync::Arc;
use streams::{Stream, Streams, venues};
use trades::Printed;

/// Picks of a stream before a step gives up: in a closed market most have nothing to say.
const PICKS_MAX: usize = 24;
/// Market time between news that move one instrument far, on average: half an hour.
const NEWS_EVERY: u64 = 1_800 * SECOND;
/// How far such news moves it, percent: enough for an interruption.
const NEWS_PERCENT: f64 = 14.0;
/// Market time between news that move the whole market, on average.
const MARKET_NEWS_EVERY: u64 = 20 * SECOND;
/// Instruments that trade behind an index between two of its messages.
const MEMBERS_STIRRED: u64 = 4;

/// Every instrument that a broker with these options lists.
pub fn symbols(options: &Options) -> Vec<InstrumentInfo> {
    listing(options.seed, options.instruments)
}

/// Makes the market go on and turns what happens into frames.
#[derive(Debug)]
pub(crate) struct Generator {
    instruments: Vec<Instrument>,
    infos: Vec<InstrumentInfo>,
    by_code: HashMap<String, usize>,
    streams: Streams,
    /// What the last 0D frame of each item told.
    told: Vec<[Told; VIEWS]>,
    /// What the last 0E frame of each item told.
    off_hours: Vec<[(i64, i64); VIEWS]>,
    indices: HashMap<usize, IndexState>,
    /// Price of gold, KRW.
    gold: i64,
    rng: Rng,
    /// Begin of the run and its present, in nanoseconds since midnight.
    start: u64,
    now: u64,
    /// When it was last asked whether there is news.
    news_at: u64,
    compression: f64,
    /// Whether news move single instruments.
    news: bool,
    next_notice: usize,
    next_change: u64,
    /// Phases of KRX and Nextrade.
    phases: [Phase; 2],
    /// Instruments in a volatility interruption, oldest first.
    interrupted: Vec<usize>,
    clients: ClientTurns,
    /// Kept for its room.
    printed: Vec<Printed>,
    /// The item of market-wide types.
    nowhere: Arc<str>,
}

impl Generator {
    /// A market on the morning of its day, at `options.day_start`.
    pub(crate) fn new(options: &Options) -> Self {
        let infos = listing(options.seed, options.instruments);
        let now = options.day_start.nanos();
        let mut instruments: Vec<_> = infos
            .iter()
            .enumerate()
            .map(|(lane, info)| Instrument::new(info.clone(), options.seed, lane as u64))
            .collect();
        for instrument in &mut instruments {
            instrument.open_day(now);
        }
        let by_code =
            infos.iter().enumerate().map(|(index, info)| (info.code.clone(), index)).collect();
        let indices = infos
            .iter()
            .enumerate()
            .filter(|(_, info)| info.market == Market::Index)
            .map(|(index, info)| (index, indices::index_state(info)))
            .collect();
        let gold = infos.iter().find(|info| info.market == Market::Gold);
        let count = infos.len();
        Self {
            gold: gold.map_or(0, |info| info.base_price),
            by_code,
            indices,
            streams: Streams::new(count),
            told: vec![<[Told; VIEWS]>::default(); count],
            off_hours: vec![[(0, 0); VIEWS]; count],
            rng: Rng::new(options.seed, 0x6E6E),
            start: now,
            news_at: now,
            now,
            compression: options.time_compression,
            news: options.news,
            next_notice: NOTICES.partition_point(|notice| notice.at < now),
            next_change: clock::next_change(now),
            phases: [clock::phase(Venue::Krx, now, true), clock::phase(Venue::Nxt, now, true)],
            interrupted: Vec::new(),
            clients: ClientTurns::default(),
            printed: Vec::new(),
            nowhere: Arc::from(""),
            instruments,
            infos,
        }
    }

    /// What is listed.
    pub(crate) fn instruments(&self) -> &[InstrumentInfo] {
        &self.infos
    }

    /// Sets what somebody is registered for, over all sessions. Pairs of an unknown code or type
    /// are silent, as at the broker.
    pub(crate) fn set_registrations(&mut self, pairs: &[(String, String)]) {
        self.streams.set(pairs, &self.by_code);
    }

    /// Moves the clock to `real_nanos` since the start, and makes what happens by itself, each
    /// thing at its own time of the day however fast the day goes.
    pub(crate) fn advance(&mut self, real_nanos: u64, out: &mut Frames) {
        let passed = (real_nanos as f64 * self.compression) as u64;
        self.advance_to(self.start + passed, out);
    }

    /// Moves the clock to a time of the day, in nanoseconds since midnight; never backwards.
    pub(crate) fn advance_to(&mut self, time: u64, out: &mut Frames) {
        // The day ends at midnight and does not begin again.
        let target = self.now.max(time.min(86_400 * SECOND - 1));
        loop {
            let next = self.next_event();
            if next > target {
                break;
            }
            self.now = self.now.max(next);
            self.make_events(out);
        }
        self.now = target;
    }

    /// Makes the next market event and appends its frames: usually one; none when nothing that is
    /// registered has anything to say now.
    pub(crate) fn step(&mut self, out: &mut Frames) {
        let before = out.len();
        for _ in 0..PICKS_MAX {
            let Some(stream) = self.streams.draw(&mut self.rng).cloned() else { return };
            self.bring_news(stream.instrument);
            self.make(&stream, out);
            if out.len() > before {
                return;
            }
        }
    }

    fn bring_news(&mut self, index: usize) {
        let passed = self.now - std::mem::replace(&mut self.news_at, self.now);
        if self.news && self.rng.below(NEWS_EVERY) < passed * self.streams.instruments {
            let percent = if self.rng.chance(500) { NEWS_PERCENT } else { -NEWS_PERCENT };
            self.instruments[index].news(percent);
        }
        if self.rng.below(MARKET_NEWS_EVERY) < passed {
            let percent = self.rng.normal();
            for instrument in &mut self.instruments {
                instrument.market_news(percent);
            }
        }
    }

    fn make(&mut self, stream: &Stream, out: &mut Frames) {
        let now = self.now;
        let Stream { item, instrument: index, view, kind } = stream;
        let (index, view, kind) = (*index, *view, *kind);
        match kind {
            "0B" => self.make_trades(index, view, out),
            "0D" | "0C" => self.make_quotes(stream, out),
            "0H" => {
                let venue = if view == View::Nxt { Venue::Nxt } else { Venue::Krx };
                let instrument = &mut self.instruments[index];
                if instrument.phase(venue, now) == Phase::Auction {
                    instrument.quote(venue, now);
                    if let Some(found) = instrument.expected(venue) {
                        out.one(kind, item, item, |w| {
                            trade::write_indicative_match(w, instrument, view, found, now);
                        });
                    }
                }
            }
            "0E" if view != View::Nxt
                && self.infos[index].market.is_tradable()
                && clock::closing_price_quotes(now) =>
            {
                let quantities =
                    (1_000 + self.rng.below(90_000) as i64, self.rng.below(60_000) as i64);
                let told = &mut self.off_hours[index][view as usize];
                out.one(kind, item, item, |w| depth::write_off_hours(w, quantities, told, now));
            }
            "0I" | "0J" | "0U" => {
                if clock::is_index_time(now) {
                    self.make_figures(stream, out);
                }
            }
            _ => self.make_slow(stream, out),
        }
    }

    /// Types 0D and 0C: the crowd quotes, and the book is told.
    fn make_quotes(&mut self, stream: &Stream, out: &mut Frames) {
        let Stream { item, instrument: index, view, kind } = stream;
        let (index, view, kind, now) = (*index, *view, *kind, self.now);
        self.stir(index, view, out);
        let instrument = &mut self.instruments[index];
        let mut open = false;
        for venue in venues(view) {
            if instrument.is_open(venue, now) {
                instrument.quote(venue, now);
                open = true;
            }
        }
        let told = &mut self.told[index][view as usize];
        if open && kind == "0D" {
            out.one(kind, item, item, |w| depth::write_depth(w, instrument, view, told, now));
        } else if open {
            out.one(kind, item, item, |w| depth::write_best_quote(w, instrument, view));
        }
    }

    /// An instrument whose trades nobody wants trades all the same, now and then.
    fn stir(&mut self, index: usize, view: View, out: &mut Frames) {
        if !self.streams.wants_trades(index) && self.rng.chance(400) {
            self.make_trades(index, view, out);
        }
    }

    /// Types of the trading day of one instrument that come seldom.
    fn make_slow(&mut self, stream: &Stream, out: &mut Frames) {
        let Stream { item, instrument: index, view, kind } = stream;
        let (view, kind, now) = (*view, *kind, self.now);
        let open = venues(view).any(|venue| self.instruments[*index].is_open(venue, now));
        if !open {
            return;
        }
        self.stir(*index, view, out);
        let instrument = &mut self.instruments[*index];
        let market = instrument.info.market;
        let mut tell =
            |write: &mut dyn FnMut(&mut Writer<'_>)| out.one(kind, item, item, |w| write(w));
        match kind {
            "0A" => tell(&mut |w| trade::write_indicative_price(w, instrument, view)),
            "0F" => tell(&mut |w| other::write_brokers(w, instrument, view)),
            "0w" => tell(&mut |w| trade::write_programs(w, instrument, view, now)),
            "0G" if market == Market::Etf => {
                tell(&mut |w| other::write_nav(w, instrument, view, now));
            }
            "0m" if market == Market::Elw => {
                tell(&mut |w| other::write_theory(w, instrument, now));
            }
            "0u" if market == Market::Elw => {
                tell(&mut |w| other::write_indicators(w, instrument, now));
            }
            _ => {}
        }
    }

    /// Types 0I, 0J and 0U: gold and the indices. The members of an index trade meanwhile.
    fn make_figures(&mut self, stream: &Stream, out: &mut Frames) {
        let Stream { item, instrument: index, kind, .. } = stream;
        let now = self.now;
        if self.infos[*index].market == Market::Gold {
            if *kind == "0I" {
                self.gold = (self.gold + self.rng.below(201) as i64 - 100).max(1);
                let (base, price) = (self.infos[*index].base_price, self.gold);
                out.one(kind, item, item, |w| other::write_gold(w, base, price));
            }
            return;
        }
        for _ in 0..MEMBERS_STIRRED {
            let member = self.rng.below(self.instruments.len() as u64) as usize;
            self.stir(member, View::All, out);
        }
        self.update_index(*index);
        let Some(state) = self.indices.get_mut(index) else { return };
        match *kind {
            "0J" => out.one(kind, item, item, |w| other::write_index(w, state, now)),
            "0U" => out.one(kind, item, item, |w| other::write_breadth(w, state, now)),
            _ => {}
        }
    }
}

//! The market half of the broker: from seed and registrations to frames, without a clock or a socket.
//!
//! The same seed, options, registrations and calls give the same frames: real time only decides how
//! often [`Generator::step`] is called.

use crate::clock::{self, NOTICES, Phase, SECOND, Venue, hhmmss};
use crate::realtime::depth::{self, Told};
use crate::realtime::other::{self, IndexState};
use crate::realtime::{Writer, trade};
pub use crate::exchange::listing::InstrumentInfo;
use crate::exchange::instrument::{Instrument, Interruption, Print};
use crate::exchange::listing::listing;
use crate::exchange::stats::{Stats, View};
use crate::exchange::ticks::Market;
use crate::options::Options;
use crate::rng::Rng;
use std::collections::HashMap;
use std::sync::Arc;

/// Picks of a stream before a step gives up: in a closed market most have nothing to say.
const PICKS_MAX: usize = 24;
/// One step in so many brings news that moves an instrument far.
const NEWS_ONE_IN: u64 = 40_000;

/// Every instrument that a broker with these options lists.
pub fn symbols(options: &Options) -> Vec<InstrumentInfo> {
    listing(options.seed, options.instruments)
}

/// Frames made since the last [`Frames::clear`], in one reused buffer.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    text: String,
    list: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    start: usize,
    end: usize,
    item: Arc<str>,
    kind: &'static str,
    entries: u32,
}

/// One `REAL` frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) text: &'a str,
    /// The item as registered; `""` for market-wide types.
    pub(crate) item: &'a str,
    /// The realtime type.
    pub(crate) kind: &'static str,
    /// Entries in it.
    pub(crate) entries: u32,
}

impl Frames {
    /// Forgets the frames, keeps the room.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.list.clear();
    }

    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The frames in the order in which they were made.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Frame<'_>> {
        self.list.iter().map(|made| Frame {
            text: &self.text[made.start..made.end],
            item: &made.item,
            kind: made.kind,
            entries: made.entries,
        })
    }

    /// Makes a frame of one entry. `shown` is the item in the frame, `item` the registered one.
    fn one(
        &mut self,
        kind: &'static str,
        item: &Arc<str>,
        shown: &str,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = self.text.len();
        let mut writer = Writer::new(&mut self.text);
        writer.entry();
        write(&mut writer);
        writer.end_entry(kind, shown);
        writer.end();
        let end = self.text.len();
        self.list.push(Made { start, end, item: item.clone(), kind, entries: 1 });
    }
}

/// One registered pair of item and type.
#[derive(Debug)]
struct Stream {
    item: Arc<str>,
    instrument: usize,
    view: View,
    kind: &'static str,
}

/// A print, with the sums and quotes right after it in every view.
struct Printed {
    print: Print,
    stats: [Stats; 3],
    quotes: [(i64, i64); 3],
}

/// Makes the market go on and turns what happens into frames.
#[derive(Debug)]
pub(crate) struct Generator {
    instruments: Vec<Instrument>,
    infos: Vec<InstrumentInfo>,
    by_code: HashMap<String, usize>,
    streams: Vec<Stream>,
    /// Running sums of the streams' weights, for drawing one.
    weights: Vec<u64>,
    /// The 0B, 0H, 0D and 0g streams of each instrument, by view.
    trades: Vec<[Option<usize>; 3]>,
    infos_wanted: Vec<[Option<usize>; 3]>,
    session_wanted: bool,
    interruptions_wanted: bool,
    told: Vec<[Told; 3]>,
    off_hours: Vec<(i64, i64)>,
    indices: HashMap<usize, IndexState>,
    gold: i64,
    rng: Rng,
    start: u64,
    now: u64,
    compression: f64,
    next_notice: usize,
    phases: [Phase; 2],
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
        let count = infos.len();
        let indices = infos
            .iter()
            .enumerate()
            .filter(|(_, info)| info.market == Market::Index)
            .map(|(index, info)| (index, index_state(info)))
            .collect();
        let gold = infos.iter().find(|info| info.market == Market::Gold);
        Self {
            gold: gold.map_or(0, |info| info.base_price),
            by_code,
            indices,
            streams: Vec::new(),
            weights: Vec::new(),
            trades: vec![[None; 3]; count],
            infos_wanted: vec![[None; 3]; count],
            session_wanted: false,
            interruptions_wanted: false,
            told: vec![<[Told; 3]>::default(); count],
            off_hours: vec![(0, 0); count],
            rng: Rng::new(options.seed, 0x6E6E),
            start: now,
            now,
            compression: options.time_compression,
            next_notice: NOTICES.partition_point(|notice| notice.at < now),
            phases: [clock::phase(Venue::Krx, now, true), clock::phase(Venue::Nxt, now, true)],
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
        self.streams.clear();
        self.weights.clear();
        self.trades.fill([None; 3]);
        self.infos_wanted.fill([None; 3]);
        self.session_wanted = pairs.iter().any(|(_, kind)| kind == "0s");
        self.interruptions_wanted = pairs.iter().any(|(_, kind)| kind == "1h");
        let mut total = 0;
        for (item, kind) in pairs {
            let (code, view) = split(item);
            let (Some(index), Some(kind)) = (self.by_code.get(code).copied(), known_type(kind))
            else {
                continue;
            };
            let slot = self.streams.len();
            match kind {
                "0B" => self.trades[index][view as usize] = Some(slot),
                "0g" => self.infos_wanted[index][view as usize] = Some(slot),
                _ => {}
            }
            // The first names of the list are the busy ones.
            total += weight(kind) * (4 + 32 / (1 + index as u64 / 4));
            self.weights.push(total);
            let item = Arc::from(item.as_str());
            self.streams.push(Stream { item, instrument: index, view, kind });
        }
    }

    /// Moves the clock to `real_nanos` since the start, and makes what happens by itself.
    pub(crate) fn advance(&mut self, real_nanos: u64, out: &mut Frames) {
        let passed = (real_nanos as f64 * self.compression) as u64;
        // The day ends at midnight and does not begin again.
        self.now = self.now.max((self.start + passed).min(86_400 * SECOND - 1));
        while let Some(notice) = NOTICES.get(self.next_notice).filter(|n| n.at <= self.now) {
            self.next_notice += 1;
            if self.session_wanted {
                let (now, item) = (self.now, self.nowhere.clone());
                out.one("0s", &item, "", |w| other::write_session(w, notice, now));
            }
        }
        for (index, venue) in [Venue::Krx, Venue::Nxt].into_iter().enumerate() {
            let phase = clock::phase(venue, self.now, true);
            let before = std::mem::replace(&mut self.phases[index], phase);
            if before != phase {
                self.change_phase(venue, before, out);
            }
        }
        self.end_interruptions(out);
    }

    /// Makes the next market event and appends its frames: usually one; none when nothing that is
    /// registered has anything to say now.
    pub(crate) fn step(&mut self, out: &mut Frames) {
        let before = out.len();
        for _ in 0..PICKS_MAX {
            let Some(total) = self.weights.last().copied().filter(|total| *total > 0) else { return };
            let drawn = self.rng.below(total);
            let slot = self.weights.partition_point(|sum| *sum <= drawn);
            if self.rng.below(NEWS_ONE_IN) == 0 {
                let percent = if self.rng.chance(500) { 14.0 } else { -14.0 };
                self.instruments[self.streams[slot].instrument].news(percent);
            }
            self.make(slot, out);
            if out.len() > before {
                return;
            }
        }
    }

    fn make(&mut self, slot: usize, out: &mut Frames) {
        let Stream { item, instrument, view, kind } = &self.streams[slot];
        let (item, index, view, kind) = (item.clone(), *instrument, *view, *kind);
        let now = self.now;
        match kind {
            "0B" => self.make_trades(index, view, out),
            "0D" | "0C" => {
                let mut open = false;
                for venue in venues(view) {
                    let phase = self.instruments[index].phase(venue, now);
                    if matches!(phase, Phase::Continuous | Phase::Auction) {
                        self.instruments[index].quote(venue, now);
                        open = true;
                    }
                }
                let instrument = &self.instruments[index];
                let told = &mut self.told[index][view as usize];
                if open && kind == "0D" {
                    let write = |w: &mut Writer<'_>| {
                        depth::write_depth(w, instrument, view, told, now);
                    };
                    out.one(kind, &item, &item, write);
                } else if open {
                    out.one(kind, &item, &item, |w| depth::write_best_quote(w, instrument, view));
                }
            }
            "0H" => {
                let venue = if view == View::Nxt { Venue::Nxt } else { Venue::Krx };
                if self.instruments[index].phase(venue, now) == Phase::Auction {
                    self.instruments[index].quote(venue, now);
                    let instrument = &self.instruments[index];
                    if let Some(found) = instrument.expected(venue) {
                        out.one(kind, &item, &item, |w| {
                            trade::write_indicative_match(w, instrument, view, found, now);
                        });
                    }
                }
            }
            "0E" if clock::closing_price_quotes(now) => {
                let quantities =
                    (1_000 + self.rng.below(90_000) as i64, self.rng.below(60_000) as i64);
                let told = &mut self.off_hours[index];
                out.one(kind, &item, &item, |w| depth::write_off_hours(w, quantities, told, now));
            }
            _ => self.make_slow(index, view, kind, &item, out),
        }
    }

    fn make_slow(
        &mut self,
        index: usize,
        view: View,
        kind: &'static str,
        item: &Arc<str>,
        out: &mut Frames,
    ) {
        let now = self.now;
        let market = self.infos[index].market;
        match kind {
            "0J" | "0U" => self.update_index(index),
            "0I" => self.gold += self.rng.below(201) as i64 - 100,
            _ => {}
        }
        let instrument = &mut self.instruments[index];
        match kind {
            "0A" if market.is_tradable() => {
                out.one(kind, item, item, |w| trade::write_indicative_price(w, instrument, view));
            }
            "0F" if market.is_tradable() => {
                out.one(kind, item, item, |w| other::write_brokers(w, instrument, view));
            }
            "0w" if market.is_tradable() => {
                out.one(kind, item, item, |w| trade::write_programs(w, instrument, view, now));
            }
            "0G" if market == Market::Etf => {
                out.one(kind, item, item, |w| other::write_nav(w, instrument, view, now));
            }
            "0m" if market == Market::Elw => {
                out.one(kind, item, item, |w| other::write_theory(w, instrument, now));
            }
            "0u" if market == Market::Elw => {
                out.one(kind, item, item, |w| other::write_indicators(w, instrument, now));
            }
            "0I" if market == Market::Gold => {
                let (base, price) = (instrument.info.base_price, self.gold);
                out.one(kind, item, item, |w| other::write_gold(w, base, price));
            }
            "0J" => {
                if let Some(index) = self.indices.get_mut(&index) {
                    out.one(kind, item, item, |w| other::write_index(w, index, now));
                }
            }
            "0U" => {
                if let Some(index) = self.indices.get(&index) {
                    out.one(kind, item, item, |w| other::write_breadth(w, index, now));
                }
            }
            _ => {}
        }
    }

    /// Lets takers trade; the prints go to everybody who is registered for a view of them.
    fn make_trades(&mut self, index: usize, view: View, out: &mut Frames) {
        let now = self.now;
        let open: Vec<Venue> = venues(view)
            .into_iter()
            .filter(|venue| self.instruments[index].phase(*venue, now) == Phase::Continuous)
            .collect();
        let Some(venue) = open.get(self.rng.below(open.len() as u64) as usize).copied() else {
            return;
        };
        // About one frame in ten carries several prints.
        let wanted = if self.rng.chance(100) { 2 + self.rng.below(3) } else { 1 };
        let mut printed = Vec::with_capacity(wanted as usize);
        self.instruments[index].quote(venue, now);
        for _ in 0..wanted {
            let Some(print) = self.instruments[index].take(venue, now) else { break };
            printed.push(printed_now(&self.instruments[index], print));
        }
        self.print(index, &printed, out);
        if let Some(event) = self.instruments[index].check_interruption(now) {
            self.tell_interruption(index, &event, 0, out);
        }
    }

    fn print(&mut self, index: usize, printed: &[Printed], out: &mut Frames) {
        let Some(first) = printed.first() else { return };
        let views = match first.print.venue {
            Venue::Krx => [View::Krx, View::All],
            Venue::Nxt => [View::Nxt, View::All],
        };
        for view in views {
            let Some(slot) = self.trades[index][view as usize] else { continue };
            let item = self.streams[slot].item.clone();
            let start = out.text.len();
            let mut writer = Writer::new(&mut out.text);
            for (number, one) in printed.iter().enumerate() {
                if number > 0 {
                    writer.comma();
                }
                writer.entry();
                trade::write_trade(
                    &mut writer,
                    &self.instruments[index],
                    &one.stats[view as usize],
                    &one.print,
                    one.quotes[view as usize],
                    self.now,
                );
                writer.end_entry("0B", &item);
            }
            writer.end();
            let (end, entries) = (out.text.len(), printed.len() as u32);
            out.list.push(Made { start, end, item, kind: "0B", entries });
        }
    }

    /// A venue goes from one phase to the next: auctions are uncrossed, closed books emptied.
    fn change_phase(&mut self, venue: Venue, before: Phase, out: &mut Frames) {
        for index in 0..self.instruments.len() {
            let instrument = &mut self.instruments[index];
            if instrument.interruption.is_some() {
                continue;
            }
            let phase = instrument.phase(venue, self.now);
            let print = (before == Phase::Auction && instrument.info.market.is_tradable())
                .then(|| instrument.uncross(venue, self.now))
                .flatten();
            if let Some(print) = print {
                let printed = printed_now(&self.instruments[index], print);
                self.print(index, &[printed], out);
            }
            let instrument = &mut self.instruments[index];
            match phase {
                Phase::Closed | Phase::ClosingPrice => instrument.close(venue),
                Phase::Auction | Phase::Continuous => instrument.quote(venue, self.now),
            }
        }
    }

    fn end_interruptions(&mut self, out: &mut Frames) {
        for index in 0..self.instruments.len() {
            let Some(event) = self.instruments[index].interruption else { continue };
            if event.until > self.now {
                continue;
            }
            self.instruments[index].interruption = None;
            for venue in [Venue::Krx, Venue::Nxt] {
                if let Some(print) = self.instruments[index].uncross(venue, self.now) {
                    let printed = printed_now(&self.instruments[index], print);
                    self.print(index, &[printed], out);
                }
            }
            self.tell_interruption(index, &event, hhmmss(self.now), out);
        }
    }

    /// Types 1h (market-wide, once per code form) and 0g.
    fn tell_interruption(
        &mut self,
        index: usize,
        event: &Interruption,
        released: u32,
        out: &mut Frames,
    ) {
        let instrument = &self.instruments[index];
        if self.interruptions_wanted {
            let code = &instrument.info.code;
            for shown in [format!("{code}_AL"), code.clone()] {
                out.one("1h", &self.nowhere, &shown, |w| {
                    other::write_interruption(w, instrument, event, released);
                });
            }
        }
        for slot in self.infos_wanted[index].into_iter().flatten() {
            let item = &self.streams[slot].item;
            let why = if released == 0 { "정적VI" } else { "" };
            out.one("0g", item, item, |w| other::write_info(w, instrument, why));
        }
    }

    /// Recomputes an index from its members.
    fn update_index(&mut self, index: usize) {
        let wanted = match self.infos[index].code.as_str() {
            "101" => Market::Kosdaq,
            _ => Market::Kospi,
        };
        let Some(state) = self.indices.get_mut(&index) else { return };
        let members = self.instruments.iter().filter(|i| i.info.market == wanted);
        let (mut cap, mut base_cap) = (0i128, 0i128);
        *state = IndexState {
            base: state.base,
            open: state.open,
            high: state.high,
            low: state.low,
            told_volume: state.told_volume,
            previous_volume: state.previous_volume,
            ..IndexState::default()
        };
        for member in members {
            let (stats, info) = (member.stats(View::All), &member.info);
            cap += i128::from(stats.last) * i128::from(info.shares);
            base_cap += i128::from(info.base_price) * i128::from(info.shares);
            state.members += 1;
            state.traded += i64::from(stats.volume > 0);
            state.volume += stats.volume;
            state.value_traded += stats.value / 1_000_000;
            state.upper += i64::from(stats.last == member.upper);
            state.lower += i64::from(stats.last == member.lower);
            match stats.last.cmp(&info.base_price) {
                std::cmp::Ordering::Greater => state.up += 1,
                std::cmp::Ordering::Equal => state.unchanged += 1,
                std::cmp::Ordering::Less => state.down += 1,
            }
        }
        state.volume /= 1_000;
        state.value = (i128::from(state.base) * cap / base_cap.max(1)) as i64;
        if state.open == 0 {
            (state.open, state.high, state.low) = (state.value, state.value, state.value);
        }
        state.high = state.high.max(state.value);
        state.low = state.low.min(state.value);
    }
}

fn printed_now(instrument: &Instrument, print: Print) -> Printed {
    Printed {
        print,
        stats: instrument.stats.clone(),
        quotes: [View::Krx, View::Nxt, View::All].map(|view| trade::best(instrument, view)),
    }
}

fn index_state(info: &InstrumentInfo) -> IndexState {
    IndexState {
        base: info.base_price,
        value: info.base_price,
        previous_volume: info.previous_volume,
        ..IndexState::default()
    }
}

fn split(item: &str) -> (&str, View) {
    if let Some(code) = item.strip_suffix("_NX") {
        (code, View::Nxt)
    } else if let Some(code) = item.strip_suffix("_AL") {
        (code, View::All)
    } else {
        (item, View::Krx)
    }
}

fn venues(view: View) -> Vec<Venue> {
    match view {
        View::Krx => vec![Venue::Krx],
        View::Nxt => vec![Venue::Nxt],
        View::All => vec![Venue::Krx, Venue::Nxt],
    }
}

/// The types that are made for an item, as constants.
fn known_type(kind: &str) -> Option<&'static str> {
    const KINDS: [&str; 15] = [
        "0A", "0B", "0C", "0D", "0E", "0F", "0G", "0H", "0I", "0J", "0U", "0g", "0m", "0u", "0w",
    ];
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

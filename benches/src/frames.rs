//! The frames that suites and guard read: a thousand seeded variations of each type, in the form that
//! live frames have (`data` first, `values` before `type` and `item`, `trnm` last, no white space).
//!
//! Keys and their order are the broker's; every value is drawn anew within its own form: numbers by
//! sign and length, times of day, sides. Signs and lengths are independent of each other, which is
//! harder on branch predictors than a real market. Frames are visited in shuffled order ([`Walk`]).

mod vary;

use fastrand::Rng;
use feed::schema::WireType;

/// Frames in a [`FrameSet`].
pub const VARIATIONS: usize = 1_000;

/// Types on the hot path of a strategy.
pub const HOT_TYPES: [WireType; 7] = [
    WireType::Trade,
    WireType::Depth,
    WireType::BestQuote,
    WireType::IndicativeMatch,
    WireType::OrderUpdate,
    WireType::Balance,
    WireType::SessionState,
];

/// Variations of one kind of frame.
#[derive(Clone, Debug)]
pub struct FrameSet {
    /// What is special about them, as in the name of a case.
    pub name: &'static str,
    /// The type of their entries.
    pub wire_type: WireType,
    /// Entries in each.
    pub entries: usize,
    /// The frames.
    pub frames: Vec<String>,
}

impl FrameSet {
    /// One entry of a type, its keys in the broker's order.
    pub fn single(wire_type: WireType) -> Self {
        let name = match wire_type {
            WireType::Trade => "trade",
            WireType::Depth => "depth",
            WireType::BestQuote => "best_quote",
            WireType::IndicativeMatch => "indicative_match",
            WireType::OrderUpdate => "order_update",
            WireType::Balance => "balance",
            WireType::SessionState => "session_state",
            other => panic!("no frames of {other:?} are measured"),
        };
        Self::of(name, wire_type, 1, |entry| entry.text())
    }

    /// Four trades in one frame.
    pub fn four_trades() -> Self {
        Self::of("four_trades", WireType::Trade, 4, |entry| entry.text())
    }

    /// Trades whose keys stand in another order each time: nothing that was learned helps.
    pub fn shuffled_trades() -> Self {
        let mut rng = Rng::with_seed(7);
        Self::of("shuffled_trade", WireType::Trade, 1, move |mut entry| {
            rng.shuffle(&mut entry.values);
            entry.text()
        })
    }

    /// Trades with white space behind the colons, which live frames do not have: the slow path.
    pub fn spaced_trades() -> Self {
        Self::of("spaced_trade", WireType::Trade, 1, |entry| {
            entry.text().replace(r#"":""#, r#"": ""#)
        })
    }

    /// Everything there is.
    pub fn all() -> Vec<Self> {
        let mut sets: Vec<Self> = HOT_TYPES.map(Self::single).into();
        sets.extend([Self::four_trades(), Self::shuffled_trades(), Self::spaced_trades()]);
        sets
    }

    /// The mean length of a frame, bytes.
    pub fn mean_length(&self) -> usize {
        self.frames.iter().map(String::len).sum::<usize>() / self.frames.len()
    }

    fn of(
        name: &'static str,
        wire_type: WireType,
        entries: usize,
        mut text: impl FnMut(Entry) -> String,
    ) -> Self {
        let template = Entry::template(wire_type);
        let mut rng = Rng::with_seed(20_261_122 + wire_type.index() as u64);
        let frame = |_| {
            let entries: Vec<String> =
                (0..entries).map(|_| text(template.vary(wire_type, &mut rng))).collect();
            format!(r#"{{"data":[{}],"trnm":"REAL"}}"#, entries.join(","))
        };
        Self { name, wire_type, entries, frames: (0..VARIATIONS).map(frame).collect() }
    }
}

/// The codes that stand in the frames, venue suffixes included.
pub fn items() -> Vec<String> {
    let mut rng = Rng::with_seed(5);
    let codes = (0..64).map(|number| match number % 16 {
        15 => format!("{:04}V0", rng.u32(0..10_000)),
        _ => format!("{:05}0", rng.u32(0..100_000)),
    });
    let with_suffix = codes.zip(["", "", "_AL", "_NX"].into_iter().cycle());
    with_suffix.map(|(code, suffix)| format!("{code}{suffix}")).collect()
}

/// Walks through frames in shuffled order, each once a round.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    frames: &'a [String],
    order: Vec<u32>,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Rounds that are shuffled each in its own way before the order repeats.
    const ROUNDS: usize = 16;

    /// A walk from its beginning.
    pub fn new(set: &'a FrameSet) -> Self {
        let mut rng = Rng::with_seed(11);
        let mut round: Vec<u32> = (0..set.frames.len() as u32).collect();
        let mut order = Vec::with_capacity(round.len() * Self::ROUNDS);
        for _ in 0..Self::ROUNDS {
            rng.shuffle(&mut round);
            order.extend_from_slice(&round);
        }
        Self { frames: &set.frames, order, at: 0 }
    }

    /// The next frame.
    #[inline]
    pub fn step(&mut self) -> &'a [u8] {
        let frame = self.order[self.at] as usize;
        self.at = if self.at + 1 == self.order.len() { 0 } else { self.at + 1 };
        self.frames[frame].as_bytes()
    }
}

/// One entry of a frame.
#[derive(Clone, Debug)]
struct Entry {
    code: &'static str,
    name: String,
    item: String,
    /// FID and text, as they stand.
    values: Vec<(u16, String)>,
}

impl Entry {
    /// The entry that the variations of a type begin from.
    fn template(wire_type: WireType) -> Self {
        let code = wire_type.code();
        let wanted = format!(r#""type":"{code}""#);
        let frame = TEMPLATES.lines().find(|line| line.contains(&wanted));
        let frame = frame.unwrap_or_else(|| panic!("a template of {code}"));
        let between = |begin: &str, end: &str| {
            let from = frame.split_once(begin).expect(begin).1;
            from.split_once(end).expect(end).0.to_owned()
        };
        let values = between(r#""values":{""#, r#""}"#);
        let pair = |pair: &str| {
            let (fid, text) = pair.split_once(r#"":""#).expect("a key and a text");
            (fid.parse().expect("a FID"), text.to_owned())
        };
        Self {
            code,
            name: between(r#""name":""#, "\""),
            item: between(r#""item":""#, "\""),
            values: values.split(r#"",""#).map(pair).collect(),
        }
    }

    /// The same entry with other values.
    fn vary(&self, wire_type: WireType, rng: &mut Rng) -> Self {
        let mut entry = self.clone();
        if !self.item.is_empty() {
            entry.item = rng.choice(items()).expect("there are items");
            if wire_type.is_account() {
                entry.item.truncate(6);
            }
        }
        for (fid, text) in &mut entry.values {
            let field = wire_type.field(*fid);
            let field = field.unwrap_or_else(|| panic!("{} has a FID {fid}", self.code));
            *text = match *fid {
                9001 => entry.item.clone(),
                _ => vary::text(field.kind, text, rng),
            };
        }
        if wire_type == WireType::OrderUpdate && rng.bool() {
            entry.fill(rng);
        }
        entry
    }

    /// Makes an accepted order a filled one: the fields that are empty until then get values.
    fn fill(&mut self, rng: &mut Rng) {
        for (fid, text) in &mut self.values {
            match fid {
                913 => *text = "체결".into(),
                909 => *text = rng.u32(1..1_000_000).to_string(),
                910 | 914 => *text = rng.u32(1_000..999_999).to_string(),
                911 | 915 => *text = rng.u32(1..9_999).to_string(),
                903 => *text = rng.u64(1_000..9_999_999_999).to_string(),
                _ => {}
            }
        }
    }

    fn text(&self) -> String {
        let pairs: Vec<String> =
            self.values.iter().map(|(fid, text)| format!(r#""{fid}":"{text}""#)).collect();
        let Self { code, name, item, .. } = self;
        let values = pairs.join(",");
        format!(r#"{{"values":{{{values}}},"type":"{code}","name":"{name}","item":"{item}"}}"#)
    }
}

/// One frame of each hot type: recorded where there is a recording, else from the broker's
/// specification.
const TEMPLATES: &str = include_str!("../data/templates.jsonl");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_of_a_set_differ_and_are_the_same_every_time() {
        for (set, again) in FrameSet::all().iter().zip(FrameSet::all()) {
            assert_eq!(set.frames, again.frames, "{}", set.name);
            let mut different = set.frames.clone();
            different.sort();
            different.dedup();
            // The session clock has few forms.
            let few = set.wire_type == WireType::SessionState;
            assert!(few || different.len() > 990, "{}: {}", set.name, different.len());
        }
    }

    #[test]
    fn a_walk_visits_every_frame_once_a_round() {
        let set = FrameSet::single(WireType::Trade);
        let mut walk = Walk::new(&set);
        for _ in 0..2 * Walk::ROUNDS {
            let mut seen: Vec<&[u8]> = (0..VARIATIONS).map(|_| walk.step()).collect();
            seen.sort();
            let mut all: Vec<&[u8]> = set.frames.iter().map(|frame| frame.as_bytes()).collect();
            all.sort();
            assert!(seen == all);
        }
    }

    #[test]
    fn frames_have_the_live_form() {
        for set in FrameSet::all().iter().filter(|set| set.name != "spaced_trade") {
            for frame in &set.frames {
                assert!(frame.starts_with(r#"{"data":[{"values":{""#), "{frame}");
                assert!(frame.ends_with(r#""}],"trnm":"REAL"}"#), "{frame}");
                assert_eq!(frame.matches(r#""type":"#).count(), set.entries);
                assert!(!frame.contains(": "), "{frame}");
            }
        }
    }
}

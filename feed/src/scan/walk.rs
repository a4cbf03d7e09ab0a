//! The walk: from value to value, whatever the order of the keys.
//!
//! The same grammar as `fast`, with an [`Index`]. Between two values of an entry stands `","KEY":`
//! with a key of up to five bytes: [`Kernels::gaps`] steps over these, everything else is read byte
//! by byte here. That no value has a quote inside is known by counting: the walk counts the quotes of
//! the structure, the index all that there are.
//!
//! `None` says nothing about the frame: `fast` reads it then. So values that are refused, long keys
//! and keys that stand twice need no care here.

use strategy_api::Flags;

use super::entry::Builder;
use super::fast::plain_end;
use super::fields::{Room, quick};
use super::plan::{MAX_EXTRAS, Plan};
use super::shape::{Learner, Sight, Target};
use super::steps::put_integers;
use super::store;
use super::wide::{CHUNK, INTEGERS_MAX, Index, Kernels, LENGTH_MAX, VALUES_MAX, key_word};
use crate::schema::WireType;

/// Reads a frame that is known to be UTF-8, with its index.
pub(super) fn read(
    frame: &[u8],
    index: &Index,
    kernels: &Kernels,
    learner: &mut Learner,
    room: &mut Room,
    builder: &mut Builder<'_>,
) -> Option<()> {
    let mut walk = Walk { bytes: frame, at: 0, index, kernels, value: 0, quotes: 0 };
    let mut real = false;
    let mut data = false;
    walk.expect(b'{')?;
    loop {
        let key = walk.string()?;
        walk.expect(b':')?;
        match key {
            b"data" if !data => {
                data = true;
                walk.data(learner, room, builder)?;
            }
            b"trnm" if !real => {
                real = walk.value()? == b"REAL";
                if !real {
                    return None;
                }
            }
            b"data" | b"trnm" => return None,
            _ => {
                walk.value()?;
            }
        }
        match walk.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    let counted = walk.quotes == index.census().quotes;
    (real && counted && walk.at == frame.len()).then_some(())
}

struct Walk<'t> {
    bytes: &'t [u8],
    at: usize,
    index: &'t Index,
    kernels: &'t Kernels,
    /// Number of the next value in the index.
    value: usize,
    /// Quotes of the structure so far.
    quotes: u32,
}

impl<'t> Walk<'t> {
    fn data(
        &mut self,
        learner: &mut Learner,
        room: &mut Room,
        builder: &mut Builder<'_>,
    ) -> Option<()> {
        self.expect(b'[')?;
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Some(());
        }
        loop {
            self.entry(learner, room, builder)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    fn entry(
        &mut self,
        learner: &mut Learner,
        room: &mut Room,
        builder: &mut Builder<'_>,
    ) -> Option<()> {
        let begin = self.at;
        let first = self.value;
        let (mut wire_type, mut item, mut values) = (None, None, None);
        self.expect(b'{')?;
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            match key {
                b"values" if values.is_none() => {
                    let from = self.value - first;
                    values = Some((from, self.values(room)?));
                }
                b"type" if wire_type.is_none() => {
                    wire_type = Some((self.value - first, self.value()?));
                }
                b"item" if item.is_none() => item = Some((self.value - first, self.value()?)),
                b"values" | b"type" | b"item" => return None,
                _ => {
                    self.value()?;
                }
            }
            match self.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        let ((type_at, code), (from, count)) = (wire_type?, values?);
        let plans = builder.plans;
        let plan = plans.get(WireType::from_code(code)?.index())?;
        learner.sight(&Sight {
            frame: self.bytes,
            starts: &self.index.starts()[first..self.value],
            keys: &room.keys,
            keyed: from..from + count,
            plan,
            entry: begin..self.at,
            type_at,
            item_at: item.map(|(at, _)| at),
        });
        let number = builder.open().ok()?;
        let item = item.map_or(&b""[..], |(_, text)| text);
        if plan.extras.is_empty() {
            self.build::<false>(room, builder, plan, number, count, item)
        } else {
            self.build::<true>(room, builder, plan, number, count, item)
        }
    }

    /// Makes the record of an entry whose keys and ends are in `room`.
    fn build<const EXTRAS: bool>(
        &self,
        room: &mut Room,
        builder: &mut Builder<'_>,
        plan: &Plan,
        number: u32,
        count: usize,
        item: &[u8],
    ) -> Option<()> {
        let start = builder.begin_with_spare(plan);
        let recv = builder.stamps.recv;
        let record = &mut builder.output.words[start..];
        let mut flags = Flags::default();
        let mut extras: [Option<&[u8]>; MAX_EXTRAS] = [None; MAX_EXTRAS];
        let mut seen = [0u64; 4];
        room.numbers.clear();
        room.dests.clear();
        for value in 0..count {
            let Some(at) = plan.find_key(room.keys.word(value)) else { continue };
            let bit = 1 << (at % 64);
            if seen[at / 64] & bit != 0 {
                return None;
            }
            seen[at / 64] |= bit;
            let wanted = &plan.wanted[at];
            if EXTRAS && let Some(extra) = wanted.extra {
                extras[usize::from(extra)] = Some(&self.bytes[room.ends.range(value)]);
            }
            match (wanted.dest, wanted.place) {
                (Some(dest), _) if room.dests.len() < INTEGERS_MAX => {
                    room.numbers.push(value as u16);
                    room.dests.push(dest);
                }
                (_, Some(place)) => {
                    let range = room.ends.range(value);
                    let target = Target { value: value as u16, kind: wanted.kind, place };
                    if quick(record, &target, self.bytes, &range) {
                        continue;
                    }
                    let text = &self.bytes[range];
                    if store::store(record, wanted.kind, place, text, recv).ok()? {
                        flags = flags.with(Flags::TEXT_CUT);
                    }
                }
                (_, None) => {}
            }
        }
        while !room.numbers.len().is_multiple_of(4) {
            room.numbers.push(room.numbers[0]);
        }
        // SAFETY: `values` filled in the ends of all `count` values: each is behind the sixteenth
        // byte and inside of the frame, and has `LENGTH_MAX` bytes at most. The dests are of the
        // record's plan, and there is a spare word.
        let plain = unsafe {
            self.kernels.integers(self.bytes, &room.ends, &room.numbers, &mut room.integers)
                && put_integers(record, &room.dests, &room.integers, recv)
        };
        if !plain {
            // Other forms of numbers, some of them right: the closer look.
            return None;
        }
        builder.drop_spare();
        builder.complete::<EXTRAS>(number, plan, start, Some(item), flags, &extras);
        Some(())
    }

    /// The object of values: fills in keys and ends from place 0 on, returns how many.
    fn values(&mut self, room: &mut Room) -> Option<usize> {
        self.expect(b'{')?;
        // The first key, which no value comes before.
        let key = key_word(self.string()?)?;
        self.expect(b':')?;
        if self.index.start(self.value) != self.at || self.value >= self.index.census().values {
            return None;
        }
        room.keys.set(0, key);
        let frame = self.bytes;
        let walked =
            self.kernels.gaps(frame, self.index, self.value, &mut room.ends, &mut room.keys);
        let open = self.index.start(self.value + walked);
        // A record's values stand further behind: what is read before their ends is in the frame.
        if self.index.start(self.value) < CHUNK {
            return None;
        }
        let end = plain_end(frame, open + 1)?;
        let count = walked + 1;
        if count >= VALUES_MAX || end - open - 1 > LENGTH_MAX || !room.ends.short(walked) {
            return None;
        }
        room.ends.set(walked, end, end - open - 1);
        self.value += count;
        // Of each key and of each value; the first key's two are counted.
        self.quotes += 4 * count as u32 - 2;
        self.at = end + 1;
        // A key that is too long for the steps, or the end.
        (self.next()? == b'}').then_some(count)
    }

    /// A string that is a value.
    #[inline]
    fn value(&mut self) -> Option<&'t [u8]> {
        self.value += 1;
        self.string()
    }

    /// A string without escapes.
    #[inline]
    fn string(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        let end = plain_end(self.bytes, start)?;
        self.at = end + 1;
        self.quotes += 2;
        Some(&self.bytes[start..end])
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

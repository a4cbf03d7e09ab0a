//! The walk: from value to value, whatever the order of the keys.
//!
//! The same grammar as `fast`, with an [`Index`]. Between two values of an entry stands `","KEY":`
//! with a key of up to five bytes: [`gaps`] steps over these, everything else is read byte by byte
//! here. That no value has a quote inside is known by counting: the walk counts the quotes of the
//! structure, the index all that there are. The values are then [sorted](super::steps::Sorted) by how
//! they are read, and read as those of a learned entry are.
//!
//! `None` says nothing about the frame: `fast` reads it then. So values that are refused, long keys
//! and keys that stand twice need no care here.

use core::ops::Range;

use strategy_api::Flags;

use super::entry::Builder;
use super::fast::plain_end;
use super::fields::Room;
use super::learned::{Read, Texts};
use super::plan::{MAX_EXTRAS, Plan};
use super::shape::{Learner, Short, Sight, Target};
use super::steps::{Group, Step, put_all};
use super::wide::{CHUNK, EightBytes, Index, Isa, LENGTH_MAX, Machine, VALUES_MAX, gaps, key_word};
#[cfg(target_arch = "x86_64")]
use super::wide::{SixteenBytes, ThirtyTwoBytes};
use crate::schema::WireType;

/// The one for this kind of machine.
pub(super) fn of(isa: Isa) -> Read {
    match isa {
        Isa::Portable => read::<EightBytes>,
        #[cfg(target_arch = "x86_64")]
        Isa::Sse2 => read::<SixteenBytes>,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 => read_avx2,
    }
}

/// # Safety
/// The machine has what [`Isa::Avx2`] names.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn read_avx2(
    frame: &[u8],
    index: &Index,
    learner: &mut Learner,
    room: &mut Room,
    builder: &mut Builder<'_>,
) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe { read::<ThirtyTwoBytes>(frame, index, learner, room, builder) }
}

/// Reads a frame with its index.
///
/// # Safety
/// The machine has what `M` needs.
#[inline(always)]
unsafe fn read<M: Machine>(
    frame: &[u8],
    index: &Index,
    learner: &mut Learner,
    room: &mut Room,
    builder: &mut Builder<'_>,
) -> Option<()> {
    let mut walk = Walk { bytes: frame, at: 0, index, value: 0, quotes: 0, high: 0 };
    let mut real = false;
    let mut data = false;
    walk.expect(b'{')?;
    loop {
        match walk.key()? {
            Key::Data if !data => {
                data = true;
                // SAFETY: the caller's promise.
                unsafe { walk.data::<M>(learner, room, builder)? };
            }
            Key::Trnm if !real => {
                real = walk.value()? == b"REAL";
                if !real {
                    return None;
                }
            }
            Key::Data | Key::Trnm => return None,
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
    let census = index.census();
    let whole = real && walk.quotes == census.quotes && walk.at == frame.len();
    let utf8 = walk.high == census.high || simdutf8::basic::from_utf8(frame).is_ok();
    (whole && utf8).then_some(())
}

/// A key of a frame or of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Data,
    Trnm,
    Values,
    Type,
    Item,
    Other,
}

struct Walk<'t> {
    bytes: &'t [u8],
    at: usize,
    index: &'t Index,
    /// Number of the next value in the index.
    value: usize,
    /// Quotes of the structure so far.
    quotes: u32,
    /// Bytes so far that are not ASCII and are part of UTF-8.
    high: u32,
}

impl<'t> Walk<'t> {
    /// # Safety
    /// As [`read`].
    #[inline(always)]
    unsafe fn data<M: Machine>(
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
            // SAFETY: the caller's promise.
            unsafe { self.entry::<M>(learner, room, builder)? };
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// # Safety
    /// As [`read`].
    #[inline(always)]
    unsafe fn entry<M: Machine>(
        &mut self,
        learner: &mut Learner,
        room: &mut Room,
        builder: &mut Builder<'_>,
    ) -> Option<()> {
        let begin = self.at;
        let first = self.value;
        let (mut wire_type, mut item, mut values) = (None, None, None);
        let mut name = 0..0;
        self.expect(b'{')?;
        loop {
            match self.key()? {
                Key::Values if values.is_none() => {
                    let from = self.value - first;
                    // SAFETY: the caller's promise.
                    values = Some((from, unsafe { self.values::<M>(room)? }));
                }
                Key::Type if wire_type.is_none() => {
                    wire_type = Some((self.value - first, self.value()?));
                }
                Key::Item if item.is_none() => item = Some((self.value - first, self.value()?)),
                Key::Values | Key::Type | Key::Item => return None,
                Key::Data | Key::Trnm | Key::Other => {
                    let length = self.value()?.len();
                    name = self.at - 1 - length..self.at - 1;
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
        self.notice_name(room, plan.wire_type, name);
        let order = room.sorted.fill(plan, room.keys.first(count))?;
        learner.sight(&Sight {
            frame: self.bytes,
            starts: &self.index.starts()[first..self.value],
            keys: &room.keys,
            keyed: from..from + count,
            plan,
            entry: begin..self.at,
            type_at,
            item_at: item.map(|(at, _)| at),
            order,
        });
        let number = builder.open().ok()?;
        let item = item.map_or(&b""[..], |(_, text)| text);
        // SAFETY: the caller's promise; ends and sorted values are those of this entry.
        unsafe {
            if plan.extras.is_empty() {
                self.build::<M, false>(room, builder, plan, number, count, item)
            } else {
                self.build::<M, true>(room, builder, plan, number, count, item)
            }
        }
    }

    /// Makes the record of an entry whose keys, ends and sorted values are in `room`.
    ///
    /// # Safety
    /// As [`read`]; and they are those of one entry of this plan.
    #[inline(always)]
    unsafe fn build<M: Machine, const EXTRAS: bool>(
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
        let (sorted, ends) = (&*room.sorted, &room.ends);
        // SAFETY: `values` filled in the ends of all values: each is behind the sixteenth byte and
        // inside of the frame, and has `LENGTH_MAX` bytes at most. The steps are of the record's plan
        // and whole pairs, and there is a spare word.
        let plain = unsafe {
            put_all::<M>(sorted.integers(), self.bytes, ends, record, &plan.spacious, recv)
        };
        if !plain {
            // Other forms of numbers, some of them right: the closer look.
            return None;
        }
        let text = Texts { frame: self.bytes, ends, recv };
        let mut flags = Flags::default();
        let target = |step: &Step| {
            let wanted = plan.wanted.get(usize::from(step.wanted))?;
            Some(Target { value: step.value, kind: wanted.kind, place: wanted.place? })
        };
        // SAFETY: the same.
        unsafe {
            for step in sorted.of(Group::Code) {
                text.put_code(record, &target(step)?, &mut flags)?;
            }
            for step in sorted.of(Group::Hundredths) {
                text.put_hundredths(record, &target(step)?, &mut flags)?;
            }
            for step in sorted.of(Group::Other) {
                text.put_other(record, &target(step)?, &mut flags)?;
            }
        }
        builder.drop_spare();
        let mut extras: [Option<&[u8]>; MAX_EXTRAS] = [None; MAX_EXTRAS];
        if EXTRAS {
            for (value, word) in room.keys.first(count).iter().enumerate() {
                let extra = plan.find_key(*word).and_then(|at| plan.wanted.get(at)?.extra);
                if let Some(extra) = extra {
                    extras[usize::from(extra)] = Some(&self.bytes[ends.range(value)]);
                }
            }
        }
        builder.complete::<EXTRAS>(number, plan, start, Some(item), flags, &extras);
        Some(())
    }

    /// The object of values: fills in keys and ends from place 0 on, returns how many.
    ///
    /// # Safety
    /// As [`read`].
    #[inline(always)]
    unsafe fn values<M: Machine>(&mut self, room: &mut Room) -> Option<usize> {
        self.expect(b'{')?;
        // The first key, which no value comes before.
        let key = key_word(self.string()?)?;
        self.expect(b':')?;
        let open = self.index.start(self.value);
        // A record's values stand further behind: what is read before their ends is in the frame.
        if open != self.at || self.value >= self.index.census().values || open < CHUNK {
            return None;
        }
        room.keys.set(0, key);
        // SAFETY: the caller's promise.
        let walked = unsafe {
            gaps::<M>(self.bytes, self.index, self.value, &mut room.ends, &mut room.keys)?
        };
        let open = self.index.start(self.value + walked);
        let end = plain_end(self.bytes, open + 1)?;
        let count = walked + 1;
        if count >= VALUES_MAX || end - open - 1 > LENGTH_MAX {
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

    /// Counts what is not ASCII in the name of an entry's type, if that is UTF-8: mostly all there is.
    #[inline(always)]
    fn notice_name(&mut self, room: &mut Room, wire_type: WireType, name: Range<usize>) {
        let Some((known, high)) = room.names.get_mut(wire_type.index()) else { return };
        if known.len() != name.len() || !known.ends_at(self.bytes, name.end) {
            let name = &self.bytes[name];
            let Some(short) = Short::new(name) else { return };
            if core::str::from_utf8(name).is_err() {
                return;
            }
            *known = short;
            *high = name.iter().filter(|byte| !byte.is_ascii()).count() as u32;
        }
        self.high += *high;
    }

    /// A key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Option<Key> {
        // Of the frame, as a word: a key's quotes and the key.
        const fn word(text: [u8; 8]) -> u64 {
            u64::from_le_bytes(text)
        }
        const SIX: u64 = u64::MAX >> 16;
        if let Some(eight) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let eight = u64::from_le_bytes(*eight);
            let (key, length) = match eight & SIX {
                _ if eight == word(*b"\"values\"") => (Key::Values, 8),
                six if six == word(*b"\"type\"\0\0") => (Key::Type, 6),
                six if six == word(*b"\"item\"\0\0") => (Key::Item, 6),
                six if six == word(*b"\"name\"\0\0") => (Key::Other, 6),
                six if six == word(*b"\"data\"\0\0") => (Key::Data, 6),
                six if six == word(*b"\"trnm\"\0\0") => (Key::Trnm, 6),
                _ => (Key::Other, 0),
            };
            if length > 0 {
                self.at += length;
                self.quotes += 2;
                self.expect(b':')?;
                return Some(key);
            }
        }
        let key = self.any_key();
        self.expect(b':')?;
        key
    }

    #[cold]
    fn any_key(&mut self) -> Option<Key> {
        Some(match self.string()? {
            b"data" => Key::Data,
            b"trnm" => Key::Trnm,
            b"values" => Key::Values,
            b"type" => Key::Type,
            b"item" => Key::Item,
            _ => Key::Other,
        })
    }

    /// A string that is a value.
    #[inline(always)]
    fn value(&mut self) -> Option<&'t [u8]> {
        self.value += 1;
        self.string()
    }

    /// A string without escapes.
    #[inline(always)]
    fn string(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        let end = plain_end(self.bytes, start)?;
        self.at = end + 1;
        self.quotes += 2;
        Some(&self.bytes[start..end])
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

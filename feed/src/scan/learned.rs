//! The shortest path: entries of shapes that were learned.
//!
//! What is checked adds up to the whole frame, to its last byte:
//!
//! - everything between values, byte for byte, against the shape ([`verify`]), and what
//!   stands around the entries against the two forms of a frame;
//! - that values have no control byte and no backslash inside (the census), and no quote: the
//!   structure has a known number of quotes, and the census counted as many in all;
//! - that the text is UTF-8: bytes that are not ASCII are counted, and those of a known constant
//!   (the name of the type) are known. If there are more, the frame is checked the long way.
//!
//! All of it is one function for each kind of machine, so that what the steps hand on stays in
//! registers.
//!
//! `None` says nothing about the frame: the walk reads it then.

use strategy_api::{Flags, UnixNanos, Venue};

use super::entry::Builder;
use super::fast::plain_end;
use super::fields::{Room, hundredths, put_u8, put_u64};
use super::plan::MAX_EXTRAS;
use super::shape::{Learner, Shape, Target};
use super::steps::put_all;
use super::store;
use super::wide::{CHUNK, EightBytes, Ends, Index, Isa, LENGTH_MAX, Machine, verify};
#[cfg(target_arch = "x86_64")]
use super::wide::{SixteenBytes, ThirtyTwoBytes};
use crate::schema::ValueKind;

/// What stands before the entries and behind them: data first as in live frames, or last as in the
/// broker's specification.
const DATA_FIRST: (&[u8], &[u8]) = (br#"{"data":["#, br#"],"trnm":"REAL"}"#);
const DATA_LAST: (&[u8], &[u8]) = (br#"{"trnm":"REAL","data":["#, b"]}");

/// The quotes in either of them.
const AROUND: u32 = 6;

/// Reads a frame with its index. `None`: not in the shapes known, or with a value that needs a closer
/// look; nothing that was built counts then.
///
/// # Safety
/// This is such a machine; see [`of`].
pub(super) type Read =
    unsafe fn(&[u8], &Index, &mut Learner, &mut Room, &mut Builder<'_>) -> Option<()>;

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

/// See [`Read`].
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
    if learner.len() == 0 {
        return None;
    }
    // `"REAL"` is a value of the frame itself.
    let (mut at, mut value, tail, behind) = if frame.starts_with(DATA_FIRST.0) {
        (DATA_FIRST.0.len(), 0, DATA_FIRST.1.len(), 1)
    } else if frame.starts_with(DATA_LAST.0) {
        (DATA_LAST.0.len(), 1, DATA_LAST.1.len(), 0)
    } else {
        return None;
    };
    let ends_well =
        if behind == 1 { frame.ends_with(DATA_FIRST.1) } else { frame.ends_with(DATA_LAST.1) };
    let census = index.census();
    // How many values the entries have, and where the last entry ends.
    let frame_ends = (census.values.checked_sub(behind)?, frame.len() - tail);
    let mut seen = Seen { quotes: AROUND, high: 0 };
    loop {
        // SAFETY: the caller's promise.
        let found = unsafe { find::<M>(frame, index, learner, &mut room.ends, value, at) };
        let (place, shape) = found?;
        // SAFETY: the caller's promise, and the shape was found.
        at = unsafe {
            entry::<M>(frame, index, shape, &mut room.ends, value, frame_ends, &mut seen, builder)?
        };
        value += shape.skeleton.values();
        learner.fitted(place);
        match frame.get(at)? {
            b',' => at += 1,
            b']' => break,
            _ => return None,
        }
    }
    let whole = ends_well
        && at + tail == frame.len()
        && value + behind == census.values
        && seen.quotes == census.quotes;
    let utf8 = seen.high == census.high || simdutf8::basic::from_utf8(frame).is_ok();
    (whole && utf8).then_some(())
}

/// What the entries so far have.
struct Seen {
    quotes: u32,
    high: u32,
}

/// Which shape the entry at `at` has; its ends are filled in, but for the last one.
///
/// # Safety
/// The machine has what `M` needs.
#[inline(always)]
unsafe fn find<'l, M: Machine>(
    frame: &[u8],
    index: &Index,
    learner: &'l Learner,
    ends: &mut Ends,
    first: usize,
    at: usize,
) -> Option<(usize, &'l Shape)> {
    let starts = index.starts().get(first..).filter(|starts| !starts.is_empty())?;
    let begin = usize::from(starts[0]) + 1 - at;
    for place in 0..learner.len() {
        let Some(shape) = learner.candidate(place, frame, starts) else { continue };
        if begin == shape.prefix
            // SAFETY: the caller's promise.
            && unsafe { verify::<M>(frame, index, first, &shape.skeleton, ends) }
            && longer_ones_stand(frame, starts, shape)
        {
            return Some((place, shape));
        }
    }
    None
}

/// Whether the beginnings of the longer texts between values are those of the shape.
#[inline(always)]
fn longer_ones_stand(frame: &[u8], starts: &[u16], shape: &Shape) -> bool {
    for longer in &shape.longer {
        let open = usize::from(starts[usize::from(longer.value)]);
        let begin = open.wrapping_sub(usize::from(longer.before));
        let stands = |at: usize, text: &[u8; CHUNK]| {
            frame.get(at..).and_then(|rest| rest.first_chunk()) == Some(text)
        };
        let (at, rest) = &longer.rest;
        if !(stands(begin, &longer.head) && (*at == 0 || stands(begin + usize::from(*at), rest))) {
            return false;
        }
    }
    true
}

/// Reads the entry whose values start at `first` and which [`find`] has just given this shape.
/// Returns where it ends.
///
/// # Safety
/// - The machine has what `M` needs.
/// - `find` has just given this shape for this frame, index and `first`, and filled in `ends`.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "one call, split off for its name")]
unsafe fn entry<M: Machine>(
    frame: &[u8],
    index: &Index,
    shape: &Shape,
    ends: &mut Ends,
    first: usize,
    frame_ends: (usize, usize),
    seen: &mut Seen,
    builder: &mut Builder<'_>,
) -> Option<usize> {
    let last = shape.skeleton.values() - 1;
    // The last value of the frame ends where what follows begins; others are searched.
    let open = index.start(first + last);
    let last_end = if first + last + 1 == frame_ends.0 {
        frame_ends.1.checked_sub(shape.suffix.len()).filter(|end| *end > open)?
    } else {
        plain_end(frame, open + 1)?
    };
    let length = last_end - open - 1;
    if length > LENGTH_MAX {
        return None;
    }
    ends.set(last, last_end, length);
    let end = last_end + shape.suffix.len();
    // SAFETY: values of the shape, which are fewer than can be.
    let end_of = |value: u16| unsafe { ends.of(usize::from(value)) };
    // A candidate's type begins with the two bytes of the shape's.
    if !shape.suffix.ends_at(frame, end) || end_of(shape.type_at).1 != 2 {
        return None;
    }
    if let Some((value, constant, high)) = &shape.constant {
        let (end, length) = end_of(*value);
        if length == constant.len() && constant.ends_at(frame, end) {
            seen.high += high;
        }
    }
    seen.quotes += shape.quotes;

    let number = builder.open().ok()?;
    let plans = builder.plans;
    let plan = &plans[shape.plan];
    let start = builder.begin_with_spare(plan);
    let recv = builder.stamps.recv;
    let record = &mut builder.output.words[start..];
    // SAFETY: the skeleton was verified, and the last end filled in above; the steps were made with the
    // shape's skeleton and plan, and the record is an unset one of that.
    let plain =
        unsafe { put_all::<M>(shape.steps.integers(), frame, ends, record, &plan.spacious, recv) };
    let text = Texts { frame, ends, recv };
    let mut flags = Flags::default();
    if !plain {
        record.copy_from_slice(&plan.spacious);
        text.store_all(record, &shape.targets, &mut flags)?;
    }
    // SAFETY: the skeleton was verified, and the last end filled in; its shape's values are among them,
    // and a value stands far behind the start of its frame.
    unsafe {
        for target in &shape.codes {
            text.put_code(record, target, &mut flags)?;
        }
        for target in &shape.hundredths {
            text.put_hundredths(record, target, &mut flags)?;
        }
        for target in &shape.rest {
            text.put_other(record, target, &mut flags)?;
        }
    }
    builder.drop_spare();
    let item = match shape.item_at {
        // SAFETY: the same.
        Some(value) => unsafe { text.of(value) },
        None => b"",
    };
    if shape.extras.is_empty() {
        builder.complete::<false>(number, plan, start, Some(item), flags, &[]);
    } else {
        with_extras(builder, shape, number, start, item, flags, text);
    }
    Some(end)
}

/// Ends a record of a type that extra fields are wanted of.
#[inline(never)]
fn with_extras(
    builder: &mut Builder<'_>,
    shape: &Shape,
    number: u32,
    start: usize,
    item: &[u8],
    flags: Flags,
    text: Texts<'_>,
) {
    let plans = builder.plans;
    let plan = &plans[shape.plan];
    let mut extras: [Option<&[u8]>; MAX_EXTRAS] = [None; MAX_EXTRAS];
    for (extra, value) in &shape.extras {
        extras[usize::from(*extra)] = Some(text.checked(*value));
    }
    builder.complete::<true>(number, plan, start, Some(item), flags, &extras);
}

/// The texts of an entry's values.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) frame: &'a [u8],
    pub(super) ends: &'a Ends,
    pub(super) recv: UnixNanos,
}

impl<'a> Texts<'a> {
    /// A text.
    ///
    /// # Safety
    /// The ends are those of values of the frame, and that one is among them.
    #[inline(always)]
    pub(super) unsafe fn of(self, value: u16) -> &'a [u8] {
        // SAFETY: the caller's promise: the value and its closing quote are inside of the frame.
        unsafe {
            let (end, length) = self.ends.of(usize::from(value));
            self.frame.get_unchecked(end - length..end)
        }
    }

    /// The last eight bytes of a text, or what stands before it where it is shorter; its first byte or its
    /// closing quote; its length.
    ///
    /// # Safety
    /// As [`of`](Self::of), and the value ends behind the eighth byte.
    #[inline(always)]
    unsafe fn end_of(self, value: u16) -> ([u8; 8], u8, usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let (end, length) = self.ends.of(usize::from(value));
            let base = self.frame.as_ptr();
            (base.add(end - 8).cast::<[u8; 8]>().read(), *base.add(end - length), length)
        }
    }

    /// Stores a code. `None` if it is none.
    ///
    /// # Safety
    /// As [`of`](Self::of).
    #[inline(always)]
    pub(super) unsafe fn put_code(
        self,
        record: &mut [u64],
        target: &Target,
        flags: &mut Flags,
    ) -> Option<()> {
        // SAFETY: the caller's promise.
        match unsafe { self.of(target.value) } {
            [digit @ b'0'..=b'9'] => put_u8(record, target.place.at, digit - b'0'),
            _ => self.store(record, target, flags)?,
        }
        Some(())
    }

    /// Stores a number with two decimals, or in any other form. `None` if it is none.
    ///
    /// # Safety
    /// As [`end_of`](Self::end_of).
    #[inline(always)]
    pub(super) unsafe fn put_hundredths(
        self,
        record: &mut [u64],
        target: &Target,
        flags: &mut Flags,
    ) -> Option<()> {
        // SAFETY: the caller's promise.
        let (eight, first, length) = unsafe { self.end_of(target.value) };
        match hundredths(eight, first, length) {
            Some(number) => put_u64(record, target.place.at, number as u64),
            None => self.store(record, target, flags)?,
        }
        Some(())
    }

    /// Stores any other field. `None` if it has no form of its kind.
    ///
    /// # Safety
    /// As [`of`](Self::of).
    #[inline(always)]
    pub(super) unsafe fn put_other(
        self,
        record: &mut [u64],
        target: &Target,
        flags: &mut Flags,
    ) -> Option<()> {
        // SAFETY: the caller's promise.
        match unsafe { self.of(target.value) } {
            b"KRX" if target.kind == ValueKind::Venue => {
                put_u8(record, target.place.at, Venue::KRX.0);
            }
            b"NXT" if target.kind == ValueKind::Venue => {
                put_u8(record, target.place.at, Venue::NXT.0);
            }
            _ => self.store(record, target, flags)?,
        }
        Some(())
    }

    fn checked(self, value: u16) -> &'a [u8] {
        &self.frame[self.ends.range(usize::from(value))]
    }

    /// Stores a value of any form. `None` if it has none of its kind's.
    #[inline(never)]
    fn store(self, record: &mut [u64], target: &Target, flags: &mut Flags) -> Option<()> {
        let text = self.checked(target.value);
        if store::store(record, target.kind, target.place, text, self.recv).ok()? {
            *flags = flags.with(Flags::TEXT_CUT);
        }
        Some(())
    }

    #[cold]
    fn store_all(self, record: &mut [u64], targets: &[Target], flags: &mut Flags) -> Option<()> {
        targets.iter().try_for_each(|target| self.store(record, target, flags))
    }
}

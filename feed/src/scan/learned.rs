//! The shortest path: entries of shapes that were learned.
//!
//! What is checked adds up to the whole frame, to its last byte:
//!
//! - everything between values, byte for byte, against the shape ([`Kernels::verify`]), and what
//!   stands around the entries against the two forms of a frame;
//! - that values have no control byte and no backslash inside (the census), and no quote: the
//!   structure has a known number of quotes, and the census counted as many in all;
//! - that the text is UTF-8: bytes that are not ASCII are counted, and those of a known constant
//!   (the name of the type) are known. If there are more, the frame is checked the long way.
//!
//! `None` says nothing about the frame: the walk reads it then.

use strategy_api::Flags;

use super::entry::Builder;
use super::fast::plain_end;
use super::fields::{Room, put_integers, put_u8, quick};
use super::plan::MAX_EXTRAS;
use super::shape::{Learner, Shape, Target};
use super::store;
use super::wide::{Ends, Index, Kernels, LENGTH_MAX};

/// What stands before the entries and behind them: data first as in live frames, or last as in the
/// broker's specification.
const DATA_FIRST: (&[u8], &[u8]) = (br#"{"data":["#, br#"],"trnm":"REAL"}"#);
const DATA_LAST: (&[u8], &[u8]) = (br#"{"trnm":"REAL","data":["#, b"]}");

/// The quotes in either of them.
const AROUND: u32 = 6;

/// Reads a frame with its index. `None`: not in the shapes known, or with a value that needs a closer
/// look; nothing that was built counts then.
#[inline]
pub(super) fn read(
    frame: &[u8],
    index: &Index,
    kernels: &Kernels,
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
        let (place, shape) = find(frame, index, kernels, learner, &mut room.ends, value, at)?;
        at = entry(frame, index, kernels, shape, room, value, frame_ends, &mut seen, builder)?;
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
#[inline]
fn find<'l>(
    frame: &[u8],
    index: &Index,
    kernels: &Kernels,
    learner: &'l Learner,
    ends: &mut Ends,
    first: usize,
    at: usize,
) -> Option<(usize, &'l Shape)> {
    let starts = index.starts();
    if first >= starts.len() {
        return None;
    }
    (0..learner.len()).find_map(|place| {
        let shape = learner.candidate(place, frame, starts, first)?;
        let fits = index.start(first) + 1 == at + shape.prefix
            && kernels.verify(frame, index, first, &shape.skeleton, ends)
            && shape.longer.iter().all(|longer| {
                let open = index.start(first + usize::from(longer.value));
                let begin = open.wrapping_sub(usize::from(longer.before));
                let text = frame.get(begin..).and_then(|rest| rest.get(..longer.bytes().len()));
                text.is_some_and(|text| same(text, longer.bytes()))
            });
        fits.then_some((place, shape))
    })
}

/// Reads the entry whose values start at `first` and which [`find`] has just given this shape.
/// Returns where it ends.
#[inline]
#[allow(clippy::too_many_arguments, reason = "one call, split off for its name")]
fn entry(
    frame: &[u8],
    index: &Index,
    kernels: &Kernels,
    shape: &Shape,
    room: &mut Room,
    first: usize,
    frame_ends: (usize, usize),
    seen: &mut Seen,
    builder: &mut Builder<'_>,
) -> Option<usize> {
    let last = shape.skeleton.values() - 1;
    // The last value of the frame ends where what follows begins; others are searched.
    let open = index.start(first + last);
    let last_end = if first + last + 1 == frame_ends.0 {
        frame_ends.1.checked_sub(shape.suffix.get().len()).filter(|end| *end > open)?
    } else {
        plain_end(frame, open + 1)?
    };
    let length = last_end - open - 1;
    if length > LENGTH_MAX {
        return None;
    }
    room.ends.set(last, last_end, length);
    let end = last_end + shape.suffix.get().len();
    if !same(frame.get(last_end..end)?, shape.suffix.get()) {
        return None;
    }
    let text = Texts { frame, ends: &room.ends };
    if text.of(shape.type_at) != shape.code {
        return None;
    }
    if let Some((value, constant, high)) = &shape.constant
        && same_words(text.of(*value), constant.get())
    {
        seen.high += high;
    }
    seen.quotes += shape.quotes;

    let number = builder.open().ok()?;
    let plans = builder.plans;
    let plan = &plans[shape.plan];
    let start = builder.begin_with_spare(plan);
    let recv = builder.stamps.recv;
    let record = &mut builder.output.words[start..];
    // SAFETY: `find` has verified the shape's skeleton for this frame, index and `first`, which is
    // what `numbers` belong to, and the last end was filled in above.
    let plain = unsafe { kernels.integers(frame, &room.ends, &shape.numbers, &mut room.integers) };
    let mut flags = Flags::default();
    let mut slowly = |record: &mut [u64], target: &Target| -> Option<()> {
        let range = text.ends.range(usize::from(target.value));
        if quick(record, target, frame, &range) {
            return Some(());
        }
        let text = &frame[range];
        if store::store(record, target.kind, target.place, text, recv).ok()? {
            flags = flags.with(Flags::TEXT_CUT);
        }
        Some(())
    };
    if plain {
        let ends = (shape.narrow_end, shape.whole_end);
        // SAFETY: the record is of the shape's plan, with its spare word, and so are the dests.
        unsafe { put_integers(record, &shape.dests, ends, &room.integers, recv)? };
    } else {
        shape.targets.iter().try_for_each(|target| slowly(record, target))?;
    }
    for target in &shape.codes {
        match text.of(target.value) {
            [digit @ b'0'..=b'9'] => put_u8(record, target.place.at, digit - b'0'),
            _ => slowly(record, target)?,
        }
    }
    shape.rest.iter().try_for_each(|target| slowly(record, target))?;
    builder.drop_spare();
    let item = shape.item_at.map_or(&b""[..], |value| text.of(value));
    if shape.extras.is_empty() {
        builder.complete::<false>(number, plan, start, Some(item), flags, &[]);
    } else {
        let mut extras: [Option<&[u8]>; MAX_EXTRAS] = [None; MAX_EXTRAS];
        for (extra, value) in &shape.extras {
            extras[usize::from(*extra)] = Some(text.of(*value));
        }
        builder.complete::<true>(number, plan, start, Some(item), flags, &extras);
    }
    Some(end)
}

/// The texts of an entry's values.
struct Texts<'a> {
    frame: &'a [u8],
    ends: &'a Ends,
}

impl<'a> Texts<'a> {
    #[inline(always)]
    fn of(&self, value: u16) -> &'a [u8] {
        &self.frame[self.ends.range(usize::from(value))]
    }
}

/// Whether two texts of a few bytes are the same, without a call.
#[inline]
fn same(text: &[u8], other: &[u8]) -> bool {
    text.len() == other.len() && text.iter().zip(other).all(|(a, b)| a == b)
}

/// The same for a text of some length: eight bytes at a time.
#[inline(always)]
fn same_words(text: &[u8], other: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    text.len() == other.len()
        && words.iter().zip(other_words).all(|(a, b)| a == b)
        && same(rest, other_rest)
}

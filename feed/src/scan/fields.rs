//! How values become fields of a record on the fast paths.

use core::ops::Range;

use strategy_api::record::Side;
use strategy_api::{Direction, TimeOfDay, UnixNanos, Venue};

use super::shape::{Class, Dest, Target};
use super::wide::{Ends, INTEGERS_MAX, Integers, Keys, VALUES_MAX, eight_digits, mark};
use crate::schema::ValueKind;

/// Buffers of the fast paths.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) ends: Ends,
    pub(super) keys: Keys,
    pub(super) integers: Integers,
    /// Which values are integers, and where they go.
    pub(super) numbers: Vec<u16>,
    pub(super) dests: Vec<Dest>,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            ends: Ends::new(),
            keys: Keys::new(),
            integers: Integers::new(),
            numbers: Vec::with_capacity(VALUES_MAX),
            dests: Vec::with_capacity(VALUES_MAX),
        }
    }
}

/// Stores the most common texts that are no integers, in their most common forms, without a call.
#[inline]
pub(super) fn quick(
    record: &mut [u64],
    target: &Target,
    frame: &[u8],
    range: &Range<usize>,
) -> bool {
    let text = &frame[range.start..range.end];
    match target.kind {
        ValueKind::Hundredths => {
            let Some(number) = hundredths(frame, range) else { return false };
            put_u64(record, target.place.at, number as u64);
        }
        ValueKind::Venue if text == b"KRX" => put_u8(record, target.place.at, Venue::KRX.0),
        ValueKind::Venue if text == b"NXT" => put_u8(record, target.place.at, Venue::NXT.0),
        _ => return false,
    }
    true
}

/// A number with exactly two decimals and up to five digits in front of them, as most ratios are;
/// `None` for every other form, right or wrong.
#[inline]
fn hundredths(frame: &[u8], range: &Range<usize>) -> Option<i64> {
    // A value stands far behind the start of its frame.
    let word = u64::from_le_bytes(*frame.get(..range.end)?.last_chunk::<8>()?);
    let first = frame[range.start];
    let signs = usize::from(matches!(first, b'+' | b'-' | b' '));
    let len = range.len().wrapping_sub(signs);
    if !(4..=8).contains(&len) || (word >> 40) as u8 != b'.' {
        return None;
    }
    // Closes the gap: the bytes in front of the point move one up.
    let closed = (word & 0xffff << 48) | (word << 8 & 0xffff_ffff_ffff);
    let (magnitude, bad) = eight_digits(closed, len - 1);
    let value = magnitude as i64;
    (bad == 0).then_some(if first == b'-' { -value } else { value })
}

/// Puts integers into a record. `None`: one of them does not fit its field.
///
/// Those before the two `ends` are [narrow](Class::Price) and [whole](Class::Whole); the others may
/// be of any class.
///
/// # Safety
/// - `record` has one word behind it that does not belong to it, and the dests are of its plan.
/// - `integers` has as many values as there are dests.
#[inline]
pub(super) unsafe fn put_integers(
    record: &mut [u64],
    dests: &[Dest],
    ends: (usize, usize),
    integers: &Integers,
    recv: UnixNanos,
) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe {
        if integers.any_empty {
            put::<true>(record, dests, ends, integers, recv)
        } else {
            put::<false>(record, dests, ends, integers, recv)
        }
    }
}

/// The same, where it is known whether any value is empty: such a field stays as it is, unset.
///
/// # Safety
/// As [`put_integers`].
#[inline(always)]
unsafe fn put<const EMPTY: bool>(
    record: &mut [u64],
    dests: &[Dest],
    ends: (usize, usize),
    integers: &Integers,
    recv: UnixNanos,
) -> Option<()> {
    debug_assert!(ends.0 <= ends.1 && ends.1 <= dests.len() && dests.len() <= INTEGERS_MAX);
    let count = dests.len();
    let fields = record.as_mut_ptr().cast::<u8>();
    let empty = |mark: u8| EMPTY && mark & mark::MASK == mark::EMPTY;
    let dests = dests.as_ptr();
    let (magnitudes, marks) = (integers.magnitudes.as_ptr(), integers.marks.as_ptr());
    // Prices and changes have 31 bits; all are looked at together in the end.
    let mut narrow = 0;
    // SAFETY: `Plan` has checked that the fields and marks of its dests are inside of its record, or
    // in the spare word behind it; both ends are among the dests.
    unsafe {
        let mut place = 0;
        while place < ends.0 {
            let dest = dests.add(place);
            let (magnitude, mark) = (*magnitudes.add(place), *marks.add(place));
            if !empty(mark) {
                narrow |= magnitude;
                fields.add(usize::from((*dest).at)).cast::<u32>().write_unaligned(magnitude as u32);
                *fields.add(usize::from((*dest).mark)) = mark & mark::MASK;
            }
            place += 1;
        }
        while place < ends.1 {
            let (magnitude, mark) = (*magnitudes.add(place), *marks.add(place));
            if !empty(mark) {
                let at = usize::from((*dests.add(place)).at);
                fields.add(at).cast::<u64>().write_unaligned(signed(magnitude, mark));
            }
            place += 1;
        }
    }
    let mut place = ends.1;
    while place < count {
        // SAFETY: as above.
        let (dest, magnitude, mark) =
            unsafe { (&*dests.add(place), *magnitudes.add(place), *marks.add(place) & mark::MASK) };
        place += 1;
        if empty(mark) {
            continue;
        }
        match dest.class {
            Class::MarkedPrice => {
                narrow |= magnitude;
                put_u32(record, dest.at, magnitude as u32);
                put_u8(record, dest.mark, mark);
            }
            Class::Price => {
                narrow |= magnitude;
                put_u32(record, dest.at, magnitude as u32);
            }
            Class::Whole => put_u64(record, dest.at, signed(magnitude, mark)),
            Class::Stepped => {
                let won = (signed(magnitude, mark) as i64).checked_mul(i64::from(dest.step))?;
                put_u64(record, dest.at, won as u64);
            }
            Class::Delta => {
                narrow |= magnitude;
                put_u32(record, dest.at, signed(magnitude, mark) as u32);
            }
            Class::SmallCount => {
                let negative = mark == mark::MINUS && magnitude != 0;
                if negative || magnitude > u64::from(u32::MAX) {
                    return None;
                }
                put_u32(record, dest.at, magnitude as u32);
            }
            Class::Aggressor => {
                let side = match mark {
                    _ if magnitude == 0 => Side::NONE,
                    mark::PLUS => Side::BUY,
                    mark::MINUS => Side::SELL,
                    _ => Side::NONE,
                };
                put_u64(record, dest.at, magnitude);
                put_u8(record, dest.mark, side.0);
            }
            Class::EventTime => {
                if mark != mark::NONE {
                    return None;
                }
                let time = TimeOfDay::from_hhmmss(u32::try_from(magnitude).ok()?)?;
                put_u64(record, dest.at, recv.nearest_kst(time).raw());
            }
        }
    }
    (narrow <= i32::MAX as u64).then_some(())
}

// The marks are the directions.
const _: () = assert!(
    mark::NONE == Direction::NONE.0
        && mark::PLUS == Direction::UP.0
        && mark::SPACE == Direction::UNCHANGED.0
        && mark::MINUS == Direction::DOWN.0
);

/// At most 16 digits: fits.
#[inline]
fn signed(magnitude: u64, mark: u8) -> u64 {
    if mark & mark::MASK == mark::MINUS { magnitude.wrapping_neg() } else { magnitude }
}

#[inline]
fn put_u64(record: &mut [u64], at: u16, value: u64) {
    record[usize::from(at / 8)] = value;
}

#[inline]
fn put_u32(record: &mut [u64], at: u16, value: u32) {
    bytemuck::cast_slice_mut::<u64, u32>(record)[usize::from(at / 4)] = value;
}

#[inline]
pub(super) fn put_u8(record: &mut [u64], at: u16, value: u8) {
    bytemuck::cast_slice_mut::<u64, u8>(record)[usize::from(at)] = value;
}

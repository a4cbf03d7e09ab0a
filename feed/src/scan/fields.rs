//! How values become fields of a record on the fast paths.

use core::ops::Range;

use strategy_api::Venue;

use super::shape::{Dest, Target};
use super::wide::{Ends, Integers, Keys, VALUES_MAX, eight_digits};
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
            // A value stands far behind the start of its frame.
            let before = frame.get(..range.end).and_then(|before| before.last_chunk());
            let (Some(eight), Some(first)) = (before, frame.get(range.start)) else { return false };
            let Some(number) = hundredths(*eight, *first, range.len()) else { return false };
            put_u64(record, target.place.at, number as u64);
        }
        ValueKind::Venue if text == b"KRX" => put_u8(record, target.place.at, Venue::KRX.0),
        ValueKind::Venue if text == b"NXT" => put_u8(record, target.place.at, Venue::NXT.0),
        _ => return false,
    }
    true
}

/// A number with exactly two decimals and up to five digits in front of them, as most ratios are;
/// `None` for every other form, right or wrong. Of its text: the eight bytes that end where it does, the
/// first one or its closing quote, the length.
#[inline(always)]
pub(super) fn hundredths(eight: [u8; 8], first: u8, length: usize) -> Option<i64> {
    let word = u64::from_le_bytes(eight);
    let signs = usize::from(matches!(first, b'+' | b'-' | b' '));
    let len = length.wrapping_sub(signs);
    if !(4..=8).contains(&len) || (word >> 40) as u8 != b'.' {
        return None;
    }
    // Closes the gap: the bytes in front of the point move one up.
    let closed = (word & 0xffff << 48) | (word << 8 & 0xffff_ffff_ffff);
    let (magnitude, bad) = eight_digits(closed, len - 1);
    let value = magnitude as i64;
    (bad == 0).then_some(if first == b'-' { -value } else { value })
}

#[inline]
pub(super) fn put_u64(record: &mut [u64], at: u16, value: u64) {
    record[usize::from(at / 8)] = value;
}

#[inline]
pub(super) fn put_u8(record: &mut [u64], at: u16, value: u8) {
    bytemuck::cast_slice_mut::<u64, u8>(record)[usize::from(at)] = value;
}

//! How values become fields of a record on the fast paths.

use super::shape::Short;
use super::steps::Sorted;
use super::wide::{Ends, Keys, eight_digits};
use crate::schema::WireType;

/// Buffers of the fast paths.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) ends: Ends,
    pub(super) keys: Keys,
    pub(super) sorted: Box<Sorted>,
    /// Of each type the name that its entries had last, with how many of its bytes are not ASCII.
    pub(super) names: Vec<(Short, u32)>,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            ends: Ends::new(),
            keys: Keys::new(),
            sorted: Sorted::new(),
            names: vec![Default::default(); WireType::ALL.len()],
        }
    }
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

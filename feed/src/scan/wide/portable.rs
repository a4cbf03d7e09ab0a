//! Eight bytes at a time, without any `unsafe` instruction of a machine.

use super::{CHUNK, Census, Ends, LENGTH_MAX, Machine, Pairs, Skeleton};

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// The high bit of every byte of `word` that is `byte`, and no other bit.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * u64::from(byte));
    !((other & !HIGH).wrapping_add(!HIGH) | other) & HIGH
}

/// The high bit of every byte below 0x20.
#[inline(always)]
fn control(word: u64) -> u64 {
    !((word & !HIGH).wrapping_add(ONES * 0x60) | word) & HIGH
}

#[inline(always)]
fn word(frame: &[u8], at: usize) -> u64 {
    match frame.get(at..at + 8).map(<[u8; 8]>::try_from) {
        Some(Ok(eight)) => u64::from_le_bytes(eight),
        _ => 0,
    }
}

/// See [`Index::read`](super::Index::read).
///
/// # Safety
/// Safe; unsafe only to be one of [`Kernels`](super::Kernels).
pub(super) unsafe fn census(frame: &[u8], starts: &mut [u16]) -> Option<Census> {
    let mut census = Census::default();
    let mut at = 1;
    loop {
        // The last block overlaps the one before it; what that one has seen is masked out.
        let block = at.min(frame.len() - 8);
        let fresh = u64::MAX << (8 * (at - block));
        let bytes = word(frame, block);
        let quotes = equal(bytes, b'"') & fresh;
        if control(bytes) | equal(bytes, b'\\') != 0 {
            return None;
        }
        census.quotes += quotes.count_ones();
        census.high += (bytes & HIGH & fresh).count_ones();
        let mut values = quotes & equal(word(frame, block - 1), b':');
        while values != 0 {
            starts[census.values] = (block + values.trailing_zeros() as usize / 8) as u16;
            census.values += 1;
            values &= values - 1;
        }
        at = block + 8;
        if at == frame.len() {
            return Some(census);
        }
    }
}

/// Words of 8 bytes.
pub(in super::super) struct EightBytes;

impl Machine for EightBytes {
    type Pairs = WordPairs;

    #[inline(always)]
    fn other_quote(word: u64) -> Option<u32> {
        let quotes = equal(word, b'"') & (u64::MAX >> 8);
        let others = quotes & (u64::MAX >> 16);
        (quotes != others && others != 0).then(|| (63 - others.leading_zeros()) / 8)
    }

    #[inline(always)]
    unsafe fn verify(frame: &[u8], starts: &[u16], skeleton: &Skeleton, ends: &mut Ends) -> bool {
        // SAFETY: the caller's promise.
        unsafe { verify(frame, starts, skeleton, ends) }
    }
}

/// What is odd in the integers so far: the high bit of some byte, or a bit of a length.
#[derive(Clone, Copy)]
pub(in super::super) struct WordPairs {
    bad: u64,
    lengths: usize,
    /// All bits of the narrow numbers.
    narrow: u64,
}

impl Pairs for WordPairs {
    #[inline(always)]
    unsafe fn none() -> Self {
        Self { bad: 0, lengths: 0, narrow: 0 }
    }

    #[inline(always)]
    unsafe fn read(&mut self, frame: *const u8, ends: [usize; 2], lengths: [usize; 2]) -> [u64; 2] {
        let mut numbers = [0; 2];
        for ((number, end), length) in numbers.iter_mut().zip(ends).zip(lengths) {
            // SAFETY: the caller lets sixteen bytes be read in front of the end. The first byte of a
            // longer value is not needed.
            let (first, low, high) = unsafe {
                let word = |from: usize| frame.add(end - from).cast::<u64>().read_unaligned();
                let first = *frame.add(end - length.min(16));
                (first, u64::from_le(word(8)), u64::from_le(word(16)))
            };
            let count = length - usize::from(length > 0 && !first.is_ascii_digit());
            let (low, low_bad) = eight_digits(low, count.min(8));
            let (high, high_bad) = eight_digits(high, count.saturating_sub(8).min(8));
            // Nothing but a sign.
            let bare = u64::from(count == 0 && length > 0) << 7;
            self.bad |= low_bad | high_bad | bare;
            self.lengths |= length;
            *number = high * 100_000_000 + low;
        }
        numbers
    }

    #[inline(always)]
    unsafe fn read_narrow(
        &mut self,
        frame: *const u8,
        ends: [usize; 2],
        lengths: [usize; 2],
    ) -> [u64; 2] {
        // SAFETY: the caller's promise.
        let numbers = unsafe { self.read(frame, ends, lengths) };
        self.narrow |= numbers[0] | numbers[1];
        numbers
    }

    #[inline(always)]
    unsafe fn fine(&self) -> bool {
        self.bad == 0 && self.lengths < 16 && self.narrow <= i32::MAX as u64
    }
}

/// See [`verify`](super::verify).
///
/// # Safety
/// As [`verify`](super::verify) promises; nothing here depends on it for memory
/// safety.
pub(super) unsafe fn verify(
    frame: &[u8],
    starts: &[u16],
    skeleton: &Skeleton,
    ends: &mut Ends,
) -> bool {
    let mut differ = 0u64;
    let literals = skeleton.chunks.iter().zip(&skeleton.masks).take(skeleton.values);
    for (start, (chunk, mask)) in starts.iter().zip(literals) {
        let from = usize::from(*start) - (CHUNK - 1);
        for half in [0, 8] {
            let read = word(frame, from + half);
            differ |= (read ^ word(chunk, half)) & word(mask, half);
        }
    }
    differ == 0 && find_ends(starts, skeleton, ends)
}

/// Fills in where values end: a gap before the next one starts. `false` if a value would be longer
/// than [`LENGTH_MAX`], or would end before it starts.
pub(super) fn find_ends(starts: &[u16], skeleton: &Skeleton, ends: &mut Ends) -> bool {
    let mut odd = 0;
    for (value, gap) in skeleton.gaps.iter().take(skeleton.values).enumerate() {
        let end = starts[value + 1].wrapping_sub(*gap);
        let length = end.wrapping_sub(starts[value]).wrapping_sub(1);
        ends.at[value] = end;
        ends.lengths[value] = length;
        odd |= length;
    }
    usize::from(odd) <= LENGTH_MAX
}

/// The last `count` (8 at most) bytes of a word as digits; the second is not 0 if they are none.
#[inline(always)]
pub(crate) fn eight_digits(word: u64, count: usize) -> (u64, u64) {
    // Two shifts: one by 64 does not exist.
    let kept = !(u64::MAX >> (4 * count) >> (4 * count));
    let digits = (word ^ (ONES * 0x30)) & kept;
    let bad = (digits.wrapping_add(ONES * 0x76) | digits) & HIGH;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let sum = (pairs & 0x0000_00ff_0000_00ff)
        .wrapping_mul(100 + (1_000_000 << 32))
        .wrapping_add((pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32)));
    (sum >> 32, bad)
}

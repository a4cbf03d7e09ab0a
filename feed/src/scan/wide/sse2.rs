//! Registers of 16 bytes, which every x86-64 has.

use core::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_cvtsi64_si128, _mm_cvtsi128_si32,
    _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_sad_epu8, _mm_set1_epi8,
    _mm_setzero_si128, _mm_srli_si128, _mm_sub_epi8, _mm_xor_si128,
};

use super::blocks::{self, Block, Tally};
use super::portable::WordPairs;
use super::{CHUNK, Census, Ends, Machine, Skeleton, portable};

#[derive(Clone, Copy)]
struct Sixteen([__m128i; 4]);

#[inline(always)]
fn bits(masks: [i32; 4]) -> u64 {
    masks.iter().rev().fold(0, |all, mask| all << 16 | u64::from(*mask as u16))
}

impl Block for Sixteen {
    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller lets 64 bytes be read; SSE2 is part of x86-64.
        unsafe {
            Self([
                _mm_loadu_si128(at.cast()),
                _mm_loadu_si128(at.add(16).cast()),
                _mm_loadu_si128(at.add(32).cast()),
                _mm_loadu_si128(at.add(48).cast()),
            ])
        }
    }

    #[inline(always)]
    unsafe fn equal(self, byte: u8) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let wanted = _mm_set1_epi8(byte as i8);
            bits(self.0.map(|part| _mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted))))
        }
    }

    #[inline(always)]
    unsafe fn values(self, before: Self) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let (quote, colon) = (_mm_set1_epi8(b'"' as i8), _mm_set1_epi8(b':' as i8));
            let mut masks = [0; 4];
            for ((mask, part), before) in masks.iter_mut().zip(self.0).zip(before.0) {
                let behind = _mm_cmpeq_epi8(before, colon);
                let both = _mm_and_si128(_mm_cmpeq_epi8(part, quote), behind);
                *mask = _mm_movemask_epi8(both);
            }
            bits(masks)
        }
    }

    #[inline(always)]
    unsafe fn high(self) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { bits(self.0.map(|part| _mm_movemask_epi8(part))) }
    }
}

#[derive(Clone, Copy)]
struct Seen {
    lowest: __m128i,
    backslash: __m128i,
    quotes: __m128i,
    high: __m128i,
}

impl Tally<Sixteen> for Seen {
    #[inline(always)]
    unsafe fn none() -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let zero = _mm_setzero_si128();
            Self { lowest: _mm_set1_epi8(-1), backslash: zero, quotes: zero, high: zero }
        }
    }

    #[inline(always)]
    unsafe fn forbid(&mut self, block: Sixteen) {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            for part in block.0 {
                self.lowest = _mm_min_epu8(self.lowest, part);
                let backslash = _mm_cmpeq_epi8(part, _mm_set1_epi8(b'\\' as i8));
                self.backslash = _mm_or_si128(self.backslash, backslash);
            }
        }
    }

    #[inline(always)]
    unsafe fn count(&mut self, block: Sixteen) {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            for part in block.0 {
                // A byte that is found is -1.
                let quote = _mm_cmpeq_epi8(part, _mm_set1_epi8(b'"' as i8));
                self.quotes = _mm_sub_epi8(self.quotes, quote);
                self.high = _mm_sub_epi8(self.high, _mm_cmplt_epi8(part, _mm_setzero_si128()));
            }
        }
    }

    #[inline(always)]
    unsafe fn take(&mut self) -> (u32, u32) {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let zero = _mm_setzero_si128();
            let sum = |counts| {
                let halves = _mm_sad_epu8(counts, zero);
                _mm_cvtsi128_si32(halves) + _mm_cvtsi128_si32(_mm_srli_si128::<8>(halves))
            };
            let counts = (sum(self.quotes) as u32, sum(self.high) as u32);
            (self.quotes, self.high) = (zero, zero);
            counts
        }
    }

    #[inline(always)]
    unsafe fn forbidden(self) -> bool {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let space = _mm_set1_epi8(0x20);
            let plain = _mm_cmpeq_epi8(_mm_min_epu8(self.lowest, space), space);
            _mm_movemask_epi8(plain) != 0xffff || _mm_movemask_epi8(self.backslash) != 0
        }
    }
}

/// See [`Index::read`](super::Index::read).
///
/// # Safety
/// As [`blocks::census`].
pub(super) unsafe fn census(frame: &[u8], starts: &mut [u16]) -> Option<Census> {
    // SAFETY: the caller's promise.
    unsafe { blocks::census::<Sixteen, Seen>(frame, starts) }
}

/// Registers of 16 bytes.
pub(in super::super) struct SixteenBytes;

impl Machine for SixteenBytes {
    type Pairs = WordPairs;

    #[inline(always)]
    fn other_quote(word: u64) -> Option<u32> {
        other_quote(word)
    }

    #[inline(always)]
    unsafe fn verify(frame: &[u8], starts: &[u16], skeleton: &Skeleton, ends: &mut Ends) -> bool {
        // SAFETY: the caller's promise.
        unsafe { verify(frame, starts, skeleton, ends) }
    }
}

/// See [`Machine::other_quote`].
#[inline(always)]
pub(super) fn other_quote(word: u64) -> Option<u32> {
    // SAFETY: SSE2 is part of x86-64.
    let quotes = unsafe {
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_cvtsi64_si128(word as i64), _mm_set1_epi8(b'"' as i8)))
    };
    // One bit for each of the seven lowest bytes: the highest, and one below it.
    let quotes = quotes & 0x7f;
    (quotes > 0x40).then(|| 31 - (quotes & 0x3f).leading_zeros())
}

/// See [`verify`](super::verify).
///
/// # Safety
/// Sixteen bytes of `frame` end at each of the first `skeleton.values()` starts.
#[target_feature(enable = "sse2")]
pub(super) unsafe fn verify(
    frame: &[u8],
    starts: &[u16],
    skeleton: &Skeleton,
    ends: &mut Ends,
) -> bool {
    let mut differ = _mm_setzero_si128();
    let literals = skeleton.chunks.iter().zip(&skeleton.masks).take(skeleton.values);
    for (start, (chunk, mask)) in starts.iter().zip(literals) {
        // SAFETY: the caller lets the sixteen bytes be read; chunk and mask are as long.
        unsafe {
            let at = frame.as_ptr().add(usize::from(*start) - (CHUNK - 1));
            let read = _mm_loadu_si128(at.cast());
            let other = _mm_xor_si128(read, _mm_loadu_si128(chunk.as_ptr().cast()));
            let other = _mm_and_si128(other, _mm_loadu_si128(mask.as_ptr().cast()));
            differ = _mm_or_si128(differ, other);
        }
    }
    let same = _mm_cmpeq_epi8(differ, _mm_setzero_si128());
    _mm_movemask_epi8(same) == 0xffff && portable::find_ends(starts, skeleton, ends)
}

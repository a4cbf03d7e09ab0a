//! From value to value without an index: two chains at once, one from the first value on, one from
//! the last one back; they have to meet. Registers of 32 bytes.
//!
//! What stands between values is known, so the next value starts where the known text ends. One step
//! is a load, a comparison and a count of bits, each waiting for the one before it: one chain alone
//! would wait most of the time.

use core::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_loadu_si128, _mm_or_si128, _mm_testz_si128, _mm_xor_si128,
    _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_testz_si256,
};

use super::{CHAIN_MAX, CHUNK, Ends, LITERAL_MAX, Skeleton};

/// How far in front of the end of the frame a value may start: a step ahead with the longest value
/// and the longest text between two is still inside of the frame.
const AHEAD: usize = 1 + CHAIN_MAX + LITERAL_MAX;

/// The same for the way back, with the bytes that are compared.
const BEHIND: usize = 1 + CHAIN_MAX + LITERAL_MAX + CHUNK;

/// From byte `n` on: 32 bytes, the last `n` of them set.
static LAST: [u8; 32 + CHAIN_MAX] = {
    let mut bytes = [0; 32 + CHAIN_MAX];
    let mut at = 32;
    while at < bytes.len() {
        bytes[at] = u8::MAX;
        at += 1;
    }
    bytes
};

/// See [`Kernels::chains`](super::Kernels::chains).
///
/// # Safety
/// - The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
/// - `frame` has at most `u16::MAX` bytes; sixteen of them end at `open`; `close` is inside of it.
/// - No gap between values of the skeleton is longer than [`LITERAL_MAX`].
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn chains(
    frame: &[u8],
    skeleton: &Skeleton,
    open: usize,
    close: usize,
    ends: &mut Ends,
) -> bool {
    let values = skeleton.values;
    if values < 2 || frame.len() < AHEAD {
        return false;
    }
    debug_assert!(open >= CHUNK - 1 && open < frame.len() && close < frame.len());
    let far = frame.len() - AHEAD;
    let base = frame.as_ptr();
    let quote = _mm256_set1_epi8(b'"' as i8);
    let (mut front, mut back) = (open, close);
    let (mut low, mut high) = (0, values - 1);
    // SAFETY: `front` and `back` are checked before each step, so that the 32 bytes of a step, the
    // next start and the sixteen bytes in front of it are inside of the frame. `low` and `high` stay
    // below `values`, which chunks, masks, gaps and ends have room for; the gap of the last value,
    // which is none, is never taken.
    unsafe {
        let other = |start: usize, value: usize| -> __m128i {
            let read = _mm_loadu_si128(base.add(start - (CHUNK - 1)).cast());
            let chunk = _mm_loadu_si128(skeleton.chunks.as_ptr().add(value).cast());
            let mask = _mm_loadu_si128(skeleton.masks.as_ptr().add(value).cast());
            _mm_and_si128(_mm_xor_si128(read, chunk), mask)
        };
        let quotes = |at: usize| -> u32 {
            let text = _mm256_loadu_si256(base.add(at).cast());
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(text, quote)) as u32
        };
        let gap = |value: usize| usize::from(*skeleton.gaps.get_unchecked(value));
        let at = ends.at.as_mut_ptr();
        let lengths = ends.lengths.as_mut_ptr();
        let mut differ = other(front, 0);
        if values % 2 == 1 {
            if front > far {
                return false;
            }
            // No quote in 32 bytes: the value has 32, or what follows it differs.
            let length = quotes(front + 1).trailing_zeros() as usize;
            let end = front + 1 + length;
            *at = end as u16;
            *lengths = length as u16;
            front = end + gap(0);
            differ = _mm_or_si128(differ, other(front, 1));
            low = 1;
        }
        let mut start = back;
        while low < high {
            if front > far || back < BEHIND {
                return false;
            }
            let length = quotes(front + 1).trailing_zeros() as usize;
            let end = front + 1 + length;
            *at.add(low) = end as u16;
            *lengths.add(low) = length as u16;
            front = end + gap(low);
            low += 1;
            differ = _mm_or_si128(differ, other(front, low));

            let length = quotes(back - 32).leading_zeros() as usize;
            *at.add(high) = back as u16;
            *lengths.add(high) = length as u16;
            start = back - 1 - length;
            differ = _mm_or_si128(differ, other(start, high));
            high -= 1;
            back = start - gap(high);
        }
        front == start && _mm_testz_si128(differ, differ) == 1
    }
}

/// See [`Kernels::clean`](super::Kernels::clean).
///
/// # Safety
/// - The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
/// - `frame` and `ends` belong together; each of `values` has its end there, and [`CHAIN_MAX`] bytes
///   at most.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn clean(frame: &[u8], ends: &Ends, values: &[u16]) -> bool {
    let (below, escape) = (_mm256_set1_epi8(0x1f), _mm256_set1_epi8(b'\\' as i8));
    let mut odd = _mm256_setzero_si256();
    for value in values {
        // SAFETY: the caller's promise; that 32 bytes end there is checked.
        unsafe {
            let end = usize::from(*ends.at.get_unchecked(usize::from(*value)));
            let length = usize::from(*ends.lengths.get_unchecked(usize::from(*value)));
            debug_assert!(length <= CHAIN_MAX);
            if end < 32 {
                return false;
            }
            let text = _mm256_loadu_si256(frame.as_ptr().add(end - 32).cast());
            let inside = _mm256_loadu_si256(LAST.as_ptr().add(length).cast());
            // As signed bytes those that are not ASCII are below too.
            let plain = _mm256_cmpgt_epi8(text, below);
            let plain = _mm256_andnot_si256(_mm256_cmpeq_epi8(text, escape), plain);
            odd = _mm256_or_si256(odd, _mm256_andnot_si256(plain, inside));
        }
    }
    _mm256_testz_si256(odd, odd) == 1
}

//! Registers of 32 bytes.

use core::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi64, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cvtsi64_si128,
    _mm_cvtsi128_si64, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    _mm_setzero_si128, _mm_storeu_si128, _mm_subs_epu8, _mm_unpackhi_epi64, _mm256_add_epi16,
    _mm256_add_epi64, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8,
    _mm256_cmpgt_epi8, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_loadu2_m128i,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_max_epu8, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_mul_epu32, _mm256_or_si256, _mm256_packus_epi32,
    _mm256_permute4x64_epi64, _mm256_sad_epu8, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_slli_epi64,
    _mm256_srli_epi64, _mm256_storeu_si256, _mm256_sub_epi8, _mm256_sub_epi16, _mm256_testz_si256,
    _mm256_xor_si256,
};

use super::blocks::{self, Block, Tally};
use super::{
    CHUNK, Census, Digits, Ends, INTEGERS_MAX, Integers, Keys, LAST, LENGTH_MAX, Skeleton, mark,
};

#[derive(Clone, Copy)]
struct ThirtyTwo([__m256i; 2]);

#[inline(always)]
fn bits(low: i32, high: i32) -> u64 {
    u64::from(low as u32) | u64::from(high as u32) << 32
}

impl Block for ThirtyTwo {
    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller lets 64 bytes be read, and has AVX2.
        unsafe { Self([_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())]) }
    }

    #[inline(always)]
    unsafe fn equal(self, byte: u8) -> u64 {
        // SAFETY: the caller has AVX2.
        unsafe {
            let wanted = _mm256_set1_epi8(byte as i8);
            let [low, high] = self.0;
            bits(
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)),
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)),
            )
        }
    }

    #[inline(always)]
    unsafe fn values(self, before: Self) -> u64 {
        // SAFETY: the caller has AVX2.
        unsafe {
            let (quote, colon) = (_mm256_set1_epi8(b'"' as i8), _mm256_set1_epi8(b':' as i8));
            let both = |part, before| {
                let quotes = _mm256_cmpeq_epi8(part, quote);
                let behind = _mm256_cmpeq_epi8(before, colon);
                _mm256_movemask_epi8(_mm256_and_si256(quotes, behind))
            };
            bits(both(self.0[0], before.0[0]), both(self.0[1], before.0[1]))
        }
    }

    #[inline(always)]
    unsafe fn high(self) -> u64 {
        // SAFETY: the caller has AVX2.
        unsafe { bits(_mm256_movemask_epi8(self.0[0]), _mm256_movemask_epi8(self.0[1])) }
    }
}

#[derive(Clone, Copy)]
struct Seen {
    lowest: __m256i,
    backslash: __m256i,
    quotes: __m256i,
    high: __m256i,
}

impl Tally<ThirtyTwo> for Seen {
    #[inline(always)]
    unsafe fn none() -> Self {
        // SAFETY: the caller has AVX2.
        unsafe {
            let zero = _mm256_setzero_si256();
            Self { lowest: _mm256_set1_epi8(-1), backslash: zero, quotes: zero, high: zero }
        }
    }

    #[inline(always)]
    unsafe fn forbid(&mut self, block: ThirtyTwo) {
        // SAFETY: the caller has AVX2.
        unsafe {
            let wanted = _mm256_set1_epi8(b'\\' as i8);
            for part in block.0 {
                self.lowest = _mm256_min_epu8(self.lowest, part);
                self.backslash = _mm256_or_si256(self.backslash, _mm256_cmpeq_epi8(part, wanted));
            }
        }
    }

    #[inline(always)]
    unsafe fn count(&mut self, block: ThirtyTwo) {
        // SAFETY: the caller has AVX2.
        unsafe {
            let (quote, zero) = (_mm256_set1_epi8(b'"' as i8), _mm256_setzero_si256());
            for part in block.0 {
                // A byte that is found is -1.
                self.quotes = _mm256_sub_epi8(self.quotes, _mm256_cmpeq_epi8(part, quote));
                self.high = _mm256_sub_epi8(self.high, _mm256_cmpgt_epi8(zero, part));
            }
        }
    }

    #[inline(always)]
    unsafe fn take(&mut self) -> (u32, u32) {
        // SAFETY: the caller has AVX2.
        unsafe {
            let zero = _mm256_setzero_si256();
            let quotes = _mm256_sad_epu8(self.quotes, zero);
            let high = _mm256_sad_epu8(self.high, zero);
            // Sums need few of their 64 bits: two of them in one.
            let both = _mm256_or_si256(quotes, _mm256_slli_epi64(high, 32));
            let both =
                _mm_add_epi64(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
            let both = _mm_cvtsi128_si64(_mm_add_epi64(both, _mm_unpackhi_epi64(both, both)));
            (self.quotes, self.high) = (zero, zero);
            (both as u32, (both >> 32) as u32)
        }
    }

    #[inline(always)]
    unsafe fn forbidden(self) -> bool {
        // SAFETY: the caller has AVX2.
        unsafe {
            let space = _mm256_set1_epi8(0x20);
            let plain = _mm256_cmpeq_epi8(_mm256_min_epu8(self.lowest, space), space);
            _mm256_movemask_epi8(plain) != -1
                || _mm256_testz_si256(self.backslash, self.backslash) == 0
        }
    }
}

/// See [`Index::read`](super::Index::read).
///
/// # Safety
/// The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT; and as [`blocks::census`].
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn census(frame: &[u8], starts: &mut [u16]) -> Option<Census> {
    // SAFETY: the caller's promise.
    unsafe { blocks::census::<ThirtyTwo, Seen>(frame, starts) }
}

/// See [`Kernels::verify`](super::Kernels::verify).
///
/// # Safety
/// - The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
/// - Sixteen bytes of `frame` end at each of the first `skeleton.values()` starts and at 64 more.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn verify(
    frame: &[u8],
    starts: &[u16],
    skeleton: &Skeleton,
    ends: &mut Ends,
) -> bool {
    let values = skeleton.values;
    debug_assert!(values + 64 <= starts.len() && values.div_ceil(4) * 4 == skeleton.chunks.len());
    let base = frame.as_ptr().wrapping_sub(CHUNK - 1);
    let (chunks, masks) = (skeleton.chunks.as_ptr(), skeleton.masks.as_ptr());
    let mut differ = _mm256_setzero_si256();
    // SAFETY: the caller lets sixteen bytes be read at each start, fillers included; chunks and masks
    // are filled to whole blocks of four (`Skeleton::finish`).
    unsafe {
        let other = |number: usize| {
            let first = base.wrapping_add(usize::from(*starts.get_unchecked(number)));
            let second = base.wrapping_add(usize::from(*starts.get_unchecked(number + 1)));
            let read = _mm256_loadu2_m128i(second.cast(), first.cast());
            let other = _mm256_xor_si256(read, _mm256_loadu_si256(chunks.add(number).cast()));
            _mm256_and_si256(other, _mm256_loadu_si256(masks.add(number).cast()))
        };
        let mut number = 0;
        while number < values {
            differ = _mm256_or_si256(differ, other(number));
            differ = _mm256_or_si256(differ, other(number + 2));
            number += 4;
        }
    }
    let mut odd = _mm256_setzero_si256();
    let one = _mm256_set1_epi16(1);
    // SAFETY: gaps are filled to whole blocks of 32, ends have room for 64 more than a skeleton can
    // have, and behind the last start are 64 fillers.
    unsafe {
        let mut number = 0;
        while number < values {
            let start = _mm256_loadu_si256(starts.as_ptr().add(number).cast());
            let next = _mm256_loadu_si256(starts.as_ptr().add(number + 1).cast());
            let gap = _mm256_loadu_si256(skeleton.gaps.as_ptr().add(number).cast());
            let end = _mm256_sub_epi16(next, gap);
            let length = _mm256_sub_epi16(end, _mm256_add_epi16(start, one));
            _mm256_storeu_si256(ends.at.as_mut_ptr().add(number).cast(), end);
            _mm256_storeu_si256(ends.lengths.as_mut_ptr().add(number).cast(), length);
            odd = _mm256_or_si256(odd, length);
            number += 16;
        }
    }
    let long = _mm256_set1_epi16(!(LENGTH_MAX as i16));
    _mm256_testz_si256(differ, differ) == 1 && _mm256_testz_si256(odd, long) == 1
}

/// See [`Kernels::integers`](super::Kernels::integers).
///
/// # Safety
/// The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT; and as there.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn integers(
    frame: &[u8],
    ends: &Ends,
    numbers: &[u16],
    out: &mut Integers,
) -> bool {
    debug_assert!(numbers.len() <= INTEGERS_MAX);
    let mut largest = _mm256_setzero_si256();
    let zero = _mm256_set1_epi8(b'0' as i8);
    let mut place = 0;
    // SAFETY: the caller's promise; ends are behind the sixteenth byte, so that sixteen bytes can be
    // read there, and in `LAST`, which is as long as a count can be. `out` has room for all `numbers`
    // and sixteen more.
    unsafe {
        while place < numbers.len() {
            let first = Digits::of(frame, ends, *numbers.get_unchecked(place));
            let second = Digits::of(frame, ends, *numbers.get_unchecked(place + 1));
            *out.marks.get_unchecked_mut(place) = first.mark;
            *out.marks.get_unchecked_mut(place + 1) = second.mark;
            *out.counts.get_unchecked_mut(place) = first.count as u8;
            *out.counts.get_unchecked_mut(place + 1) = second.count as u8;
            let sixteen =
                |digits: &Digits| -> *const __m128i { frame.as_ptr().add(digits.end - 16).cast() };
            let last =
                |digits: &Digits| -> *const __m128i { LAST.as_ptr().add(digits.count).cast() };
            let text = _mm256_loadu2_m128i(sixteen(&second), sixteen(&first));
            let kept = _mm256_loadu2_m128i(last(&second), last(&first));
            let digits = _mm256_and_si256(_mm256_sub_epi8(text, zero), kept);
            largest = _mm256_max_epu8(largest, digits);
            // Two digits, four, eight, sixteen.
            let pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(1 << 8 | 10));
            let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 100));
            let fours = _mm256_packus_epi32(fours, fours);
            let eights = _mm256_madd_epi16(fours, _mm256_set1_epi32(1 << 16 | 10_000));
            let upper = _mm256_mul_epu32(eights, _mm256_set1_epi64x(100_000_000));
            let whole = _mm256_add_epi64(upper, _mm256_srli_epi64(eights, 32));
            let whole = _mm256_permute4x64_epi64(whole, 0b1000);
            let at = out.magnitudes.as_mut_ptr().add(place);
            _mm_storeu_si128(at.cast(), _mm256_castsi256_si128(whole));
            place += 2;
        }
    }
    let nine = _mm256_set1_epi8(9);
    let digits = _mm256_cmpeq_epi8(_mm256_max_epu8(largest, nine), nine);
    // SAFETY: SSE2 is part of x86-64.
    let counts = unsafe { counts_fit(out, place) };
    counts && _mm256_movemask_epi8(digits) == -1
}

/// Whether the first `places` counts are 16 at most, and 0 only where there is no value at all.
///
/// # Safety
/// Safe; the machine has SSE2.
#[inline]
#[target_feature(enable = "sse2")]
unsafe fn counts_fit(out: &mut Integers, places: usize) -> bool {
    let places = places.min(INTEGERS_MAX);
    // Fillers that fit, up to a whole register.
    out.counts[places..places + 16].fill(1);
    out.marks[places..places + 16].fill(mark::NONE);
    let sixteen = _mm_set1_epi8(16);
    let (empty, zero) = (_mm_set1_epi8(mark::EMPTY as i8), _mm_setzero_si128());
    let mut bad = zero;
    let mut empties = zero;
    let mut place = 0;
    while place < places {
        // SAFETY: there is room for sixteen more than `places`.
        let (counts, marks) = unsafe {
            (
                _mm_loadu_si128(out.counts.as_ptr().add(place).cast()),
                _mm_loadu_si128(out.marks.as_ptr().add(place).cast()),
            )
        };
        let none = _mm_cmpeq_epi8(counts, zero);
        let no_value = _mm_cmpeq_epi8(marks, empty);
        empties = _mm_or_si128(empties, no_value);
        let unexpected = _mm_andnot_si128(no_value, none);
        let many = _mm_subs_epu8(counts, sixteen);
        bad = _mm_or_si128(bad, _mm_or_si128(many, unexpected));
        place += 16;
    }
    out.any_empty = _mm_movemask_epi8(empties) != 0;
    _mm_movemask_epi8(_mm_cmpeq_epi8(bad, zero)) == 0xffff
}

/// See [`super::gaps`]; the same with instructions that find bits faster.
///
/// # Safety
/// The machine has BMI1, BMI2, LZCNT and POPCNT; and as there.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn gaps(
    frame: &[u8],
    starts: &[u16],
    limit: usize,
    ends: &mut Ends,
    keys: &mut Keys,
) -> usize {
    let quote = _mm_set1_epi8(b'"' as i8);
    let last_quote = |word: u64| {
        // One bit for each of the six lowest bytes.
        let found = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_cvtsi64_si128(word as i64), quote)) & 0x3f;
        (found != 0).then(|| 31 - found.leading_zeros())
    };
    // SAFETY: the caller's promise.
    unsafe { super::gaps(frame, starts, limit, ends, keys, last_quote) }
}

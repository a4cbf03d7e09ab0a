//! Registers of 32 bytes.

use core::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi16, _mm_add_epi64, _mm_cvtsi128_si64, _mm_load_si128,
    _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_packus_epi16, _mm_packus_epi32,
    _mm_set1_epi16, _mm_setzero_si128, _mm_shuffle_epi8, _mm_storeu_si128, _mm_testz_si128,
    _mm_unpackhi_epi64, _mm256_add_epi16, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256,
    _mm256_bslli_epi128, _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_loadu2_m128i, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_mul_epu32,
    _mm256_or_si256, _mm256_packus_epi32, _mm256_sad_epu8, _mm256_set_epi64x, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setzero_si256,
    _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256, _mm256_sub_epi8, _mm256_sub_epi16,
    _mm256_testz_si256, _mm256_xor_si256,
};

use super::blocks::{self, Block, COUNTED_MAX, Tally};
use super::sse2::other_quote;
use super::{BLOCK, CHUNK, Census, Ends, LAST, LENGTH_MAX, Machine, Pairs, Skeleton};

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

impl Seen {
    /// Counts bytes that were found to be quotes, and those that are not ASCII.
    ///
    /// # Safety
    /// The machine has AVX2.
    #[inline(always)]
    unsafe fn add(&mut self, quotes: [__m256i; 2], bytes: [__m256i; 2]) {
        // SAFETY: the caller has AVX2.
        unsafe {
            let zero = _mm256_setzero_si256();
            for (quotes, bytes) in quotes.into_iter().zip(bytes) {
                // A byte that is found is -1.
                self.quotes = _mm256_sub_epi8(self.quotes, quotes);
                self.high = _mm256_sub_epi8(self.high, _mm256_cmpgt_epi8(zero, bytes));
            }
        }
    }
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
            let quote = _mm256_set1_epi8(b'"' as i8);
            self.add(block.0.map(|part| _mm256_cmpeq_epi8(part, quote)), block.0);
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
    unsafe {
        match sparse_census(frame, starts) {
            Sparse::Census(census) => Some(census),
            Sparse::Forbidden => None,
            Sparse::Crowded => blocks::census::<ThirtyTwo, Seen>(frame, starts),
        }
    }
}

/// What [`sparse_census`] found.
enum Sparse {
    Census(Census),
    /// A control byte or a backslash.
    Forbidden,
    /// Two values start within eight bytes, which no key of two digits leaves room for.
    Crowded,
}

/// The census of a frame where no two values start in one group of eight bytes: then the place of a
/// start is the sum of its group, and one look into a table puts the groups with a start side by side.
///
/// # Safety
/// As [`census`].
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn sparse_census(frame: &[u8], starts: &mut [u16]) -> Sparse {
    debug_assert!(frame.len() > 64 && starts.len() >= frame.len() / 2 + 16);
    let (quote, colon) = (_mm256_set1_epi8(b'"' as i8), _mm256_set1_epi8(b':' as i8));
    let zero = _mm256_setzero_si256();
    // Of each byte its place in its group, and a bit that tells it from no start.
    let places = _mm256_set1_epi64x(0x8786_8584_8382_8180_u64 as i64);
    let first = starts.as_mut_ptr();
    let mut next = first;
    let none = _mm_setzero_si128();
    let mut crowded = none;
    let mut census = Census::default();
    let base = frame.as_ptr();
    let last = frame.len() - 64;
    // SAFETY: of the whole block: every load is of 64 bytes at `at - 1` or at `at`, with
    // `1 <= at <= last`. At most one start is counted for eight bytes, so all before a block are at
    // most `at / 8`, and eight are written for it. `FRESH` is read between its beginning and its middle.
    unsafe {
        let mut seen = Seen::none();
        let mut groups = |at: usize, from: __m128i, starts: [__m256i; 2]| {
            let before = ThirtyTwo::load(base.add(at - 1));
            let group = |quotes, before| {
                let behind = _mm256_cmpeq_epi8(before, colon);
                _mm256_sad_epu8(_mm256_and_si256(_mm256_and_si256(quotes, places), behind), zero)
            };
            let sums =
                _mm256_packus_epi32(group(starts[0], before.0[0]), group(starts[1], before.0[1]));
            // In the order of `GROUPS`.
            let sums =
                _mm_packus_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
            crowded = _mm_or_si128(crowded, sums);
            let found = _mm_movemask_epi8(_mm_packus_epi16(sums, none)) as u32;
            let all = _mm_add_epi16(sums, from);
            let order = SIDE_BY_SIDE.0.as_ptr().add(found as usize);
            _mm_storeu_si128(next.cast(), _mm_shuffle_epi8(all, _mm_load_si128(order.cast())));
            next = next.add(found.count_ones() as usize);
        };
        // What a sum has to grow by to be a position: its group's, without the bit of `places`.
        let from_of = |at: usize| {
            let begin = _mm_set1_epi16((at as i16).wrapping_sub(0x80));
            _mm_add_epi16(begin, _mm_loadu_si128(GROUPS.as_ptr().cast()))
        };
        let mut at = 1;
        let mut from = from_of(at);
        while at < last {
            let stop = last.min(at + 64 * COUNTED_MAX);
            while at < stop {
                let block = ThirtyTwo::load(base.add(at));
                seen.forbid(block);
                let quotes = block.0.map(|part| _mm256_cmpeq_epi8(part, quote));
                seen.add(quotes, block.0);
                groups(at, from, quotes);
                from = _mm_add_epi16(from, _mm_set1_epi16(64));
                at += 64;
            }
            let (quotes, high) = seen.take();
            census.quotes += quotes;
            census.high += high;
        }
        // The last block overlaps the one before it; what that one has seen is masked out.
        let fresh = ThirtyTwo::load(FRESH.as_ptr().add(64 - (at - last)));
        let block = ThirtyTwo::load(base.add(last));
        seen.forbid(block);
        let only = |part: usize, bytes| _mm256_and_si256(bytes, fresh.0[part]);
        let quotes = [0, 1].map(|part| only(part, _mm256_cmpeq_epi8(block.0[part], quote)));
        seen.add(quotes, [only(0, block.0[0]), only(1, block.0[1])]);
        groups(last, from_of(last), quotes);
        let (quotes, high) = seen.take();
        census.quotes += quotes;
        census.high += high;
        census.values = next.offset_from_unsigned(first);
        let more = _mm_set1_epi16(!0xff);
        if _mm_testz_si128(crowded, more) == 0 {
            Sparse::Crowded
        } else if seen.forbidden() {
            Sparse::Forbidden
        } else {
            Sparse::Census(census)
        }
    }
}

/// Where groups begin in their block, in the order in which their sums come to stand.
const GROUPS: [u16; 8] = [0, 8, 32, 40, 16, 24, 48, 56];

#[repr(align(64))]
struct Orders([[u8; 16]; 256]);

/// By which of [`GROUPS`] have a start: where the bytes of their sums are, in the order of the frame.
static SIDE_BY_SIDE: Orders = {
    let mut orders = [[0; 16]; 256];
    let mut found = 0;
    while found < 256 {
        let (mut begin, mut to) = (0, 0);
        while begin < 64 {
            let mut group = 0;
            while GROUPS[group] != begin {
                group += 1;
            }
            if found >> group & 1 == 1 {
                orders[found][to] = 2 * group as u8;
                orders[found][to + 1] = 2 * group as u8 + 1;
                to += 2;
            }
            begin += 8;
        }
        found += 1;
    }
    Orders(orders)
};

/// 64 bytes from byte `64 - n` on: all but the first `n` are set.
static FRESH: [u8; 128] = {
    let mut bytes = [0; 128];
    let mut at = 64;
    while at < 128 {
        bytes[at] = u8::MAX;
        at += 1;
    }
    bytes
};

/// Registers of 32 bytes.
pub(in super::super) struct ThirtyTwoBytes;

impl Machine for ThirtyTwoBytes {
    type Pairs = Lanes;

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

/// What was seen in the integers so far.
#[derive(Clone, Copy)]
pub(in super::super) struct Lanes {
    /// The largest digits.
    largest: __m256i,
    /// All bytes of [`LAST`]: the first one of a half is set where a length was above 15.
    kept: __m256i,
    /// All bits of the narrow numbers.
    narrow: __m256i,
}

impl Lanes {
    /// See [`Pairs::read`]: the numbers, each in both words of its half.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn numbers(
        &mut self,
        frame: *const u8,
        ends: [usize; 2],
        lengths: [usize; 2],
    ) -> __m256i {
        // SAFETY: the caller has AVX2 and lets sixteen bytes be read in front of each end; `LAST` is as
        // long as a length can be.
        unsafe {
            let sixteen = |end: usize| -> *const __m128i { frame.add(end).sub(16).cast() };
            let last = |length: usize| -> *const __m128i { LAST.as_ptr().add(length).cast() };
            let text = _mm256_loadu2_m128i(sixteen(ends[1]), sixteen(ends[0]));
            let kept = _mm256_loadu2_m128i(last(lengths[1]), last(lengths[0]));
            self.kept = _mm256_or_si256(self.kept, kept);
            let all = _mm256_and_si256(_mm256_sub_epi8(text, _mm256_set1_epi8(b'0' as i8)), kept);
            // A byte below the digits is a sign where it is the first of more than one.
            let first = _mm256_andnot_si256(_mm256_bslli_epi128(kept, 1), kept);
            let below = _mm256_cmpgt_epi8(_mm256_setzero_si256(), all);
            let sign = _mm256_and_si256(_mm256_and_si256(first, below), not_the_last());
            let digits = _mm256_andnot_si256(sign, all);
            self.largest = _mm256_max_epu8(self.largest, digits);
            value_of(digits)
        }
    }
}

/// The numbers of both halves.
#[inline(always)]
unsafe fn halves(whole: __m256i) -> [u64; 2] {
    // SAFETY: the caller has AVX2.
    unsafe {
        let second = _mm256_extracti128_si256(whole, 1);
        let first = _mm256_castsi256_si128(whole);
        [_mm_cvtsi128_si64(first) as u64, _mm_cvtsi128_si64(second) as u64]
    }
}

impl Pairs for Lanes {
    #[inline(always)]
    unsafe fn none() -> Self {
        // SAFETY: the caller has AVX2.
        let zero = unsafe { _mm256_setzero_si256() };
        Self { largest: zero, kept: zero, narrow: zero }
    }

    #[inline(always)]
    unsafe fn read(&mut self, frame: *const u8, ends: [usize; 2], lengths: [usize; 2]) -> [u64; 2] {
        // SAFETY: the caller's promise.
        unsafe { halves(self.numbers(frame, ends, lengths)) }
    }

    #[inline(always)]
    unsafe fn read_narrow(
        &mut self,
        frame: *const u8,
        ends: [usize; 2],
        lengths: [usize; 2],
    ) -> [u64; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let whole = self.numbers(frame, ends, lengths);
            self.narrow = _mm256_or_si256(self.narrow, whole);
            halves(whole)
        }
    }

    #[inline(always)]
    unsafe fn fine(&self) -> bool {
        // SAFETY: the caller has AVX2.
        unsafe {
            let nine = _mm256_set1_epi8(9);
            let digits = _mm256_cmpeq_epi8(_mm256_max_epu8(self.largest, nine), nine);
            let long = _mm256_movemask_epi8(self.kept) & 0x1_0001;
            let wide = _mm256_set1_epi64x(!i64::from(i32::MAX));
            _mm256_movemask_epi8(digits) == -1
                && long == 0
                && _mm256_testz_si256(self.narrow, wide) == 1
        }
    }
}

/// All bytes of both halves but the last.
#[inline(always)]
unsafe fn not_the_last() -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe {
        let last = i64::MAX >> 7;
        _mm256_set_epi64x(last, -1, last, -1)
    }
}

/// The number that sixteen digits are, in each half.
#[inline(always)]
unsafe fn value_of(digits: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe {
        // Two digits, four, eight, sixteen.
        let pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(1 << 8 | 10));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 100));
        let fours = _mm256_packus_epi32(fours, fours);
        let eights = _mm256_madd_epi16(fours, _mm256_set1_epi32(1 << 16 | 10_000));
        let upper = _mm256_mul_epu32(eights, _mm256_set1_epi64x(100_000_000));
        _mm256_add_epi64(upper, _mm256_srli_epi64(eights, 32))
    }
}

/// See [`verify`](super::verify).
///
/// # Safety
/// - The machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
/// - Sixteen bytes of `frame` end at each of the first `skeleton.values()` starts and at 64 more.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn verify(
    frame: &[u8],
    starts: &[u16],
    skeleton: &Skeleton,
    ends: &mut Ends,
) -> bool {
    let values = skeleton.values;
    debug_assert!(
        values + 64 <= starts.len() && values.next_multiple_of(BLOCK) == skeleton.chunks.len()
    );
    let base = frame.as_ptr().wrapping_sub(CHUNK - 1);
    let (chunks, masks) = (skeleton.chunks.as_ptr(), skeleton.masks.as_ptr());
    let mut differ = _mm256_setzero_si256();
    // SAFETY: the caller lets sixteen bytes be read at each start, fillers included; chunks and masks
    // are filled to whole blocks (`Skeleton::finish`).
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
            let one = _mm256_or_si256(other(number), other(number + 2));
            let two = _mm256_or_si256(other(number + 4), other(number + 6));
            differ = _mm256_or_si256(differ, _mm256_or_si256(one, two));
            number += BLOCK;
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
    let bad = _mm256_or_si256(differ, _mm256_and_si256(odd, long));
    _mm256_testz_si256(bad, bad) == 1
}

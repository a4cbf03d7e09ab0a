//! Registers of 64 bytes. Only the census gains by them: with sixteen bytes from each of four places
//! in one register, `verify` and `integers` were 5 to 10 % slower than with two in one of `avx2`; and
//! the reading of learned entries as `avx2` has it was no faster when compiled for this machine.

use core::arch::x86_64::{
    __mmask64, _mm512_add_epi16, _mm512_castsi512_si256, _mm512_cmpeq_epi8_mask,
    _mm512_cmpge_epu8_mask, _mm512_cvtepu8_epi16, _mm512_loadu_si512, _mm512_mask_add_epi8,
    _mm512_mask_cmpeq_epi8_mask, _mm512_maskz_compress_epi8, _mm512_min_epu8, _mm512_movepi8_mask,
    _mm512_reduce_add_epi64, _mm512_sad_epu8, _mm512_set_epi8, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::Census;
use super::blocks::COUNTED_MAX;

/// See [`Index::read`](super::Index::read).
///
/// # Safety
/// - The machine has what [`Isa::Avx512`](super::Isa::Avx512) names.
/// - `frame` has 65 bytes at least, `starts` has room for half as many positions as `frame` has
///   bytes, and 64 more.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn census(frame: &[u8], starts: &mut [u16]) -> Option<Census> {
    debug_assert!(frame.len() > 64 && starts.len() >= frame.len() / 2 + 64);
    let mut census = Census::default();
    let (quote, colon) = (_mm512_set1_epi8(b'"' as i8), _mm512_set1_epi8(b':' as i8));
    let escape = _mm512_set1_epi8(b'\\' as i8);
    #[rustfmt::skip]
    let places = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48,
        47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32,
        31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
        15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    );
    let (zero, one) = (_mm512_setzero_si512(), _mm512_set1_epi8(1));
    let mut lowest = _mm512_set1_epi8(-1);
    let mut escapes: __mmask64 = 0;
    let base = frame.as_ptr();
    let first = starts.as_mut_ptr();
    let mut next = first;
    let last = frame.len() - 64;
    let mut at = 1;
    let mut from = _mm512_set1_epi16(1);
    // SAFETY: of the whole block: every load is of 64 bytes at `at - 1` or at `at`, with
    // `1 <= at <= last`. A value starts at every second byte at most, so positions before a block are
    // at most `at / 2`, and the 32 that are written for it have room.
    unsafe {
        while at < last {
            let stop = last.min(at + 64 * COUNTED_MAX);
            let (mut quotes_seen, mut high_seen) = (zero, zero);
            while at < stop {
                let block = _mm512_loadu_si512(base.add(at).cast());
                let before = _mm512_loadu_si512(base.add(at - 1).cast());
                lowest = _mm512_min_epu8(lowest, block);
                escapes |= _mm512_cmpeq_epi8_mask(block, escape);
                let quotes = _mm512_cmpeq_epi8_mask(block, quote);
                let values = _mm512_mask_cmpeq_epi8_mask(quotes, before, colon);
                quotes_seen = _mm512_mask_add_epi8(quotes_seen, quotes, quotes_seen, one);
                let high = _mm512_movepi8_mask(block);
                high_seen = _mm512_mask_add_epi8(high_seen, high, high_seen, one);
                let found = _mm512_maskz_compress_epi8(values, places);
                let found = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(found));
                _mm512_storeu_si512(next.cast(), _mm512_add_epi16(found, from));
                next = next.add(values.count_ones() as usize);
                from = _mm512_add_epi16(from, _mm512_set1_epi16(64));
                at += 64;
            }
            let sum = |seen| _mm512_reduce_add_epi64(_mm512_sad_epu8(seen, zero)) as u32;
            census.quotes += sum(quotes_seen);
            census.high += sum(high_seen);
        }
        // The last block overlaps the one before it; what that one has seen is masked out.
        let fresh = u64::MAX << (at - last);
        let block = _mm512_loadu_si512(base.add(last).cast());
        let before = _mm512_loadu_si512(base.add(last - 1).cast());
        lowest = _mm512_min_epu8(lowest, block);
        escapes |= _mm512_cmpeq_epi8_mask(block, escape);
        let quotes = _mm512_mask_cmpeq_epi8_mask(fresh, block, quote);
        let values = _mm512_mask_cmpeq_epi8_mask(quotes, before, colon);
        census.quotes += quotes.count_ones();
        census.high += (_mm512_movepi8_mask(block) & fresh).count_ones();
        let found = _mm512_maskz_compress_epi8(values, places);
        let found = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(found));
        let found = _mm512_add_epi16(found, _mm512_set1_epi16(last as i16));
        _mm512_storeu_si512(next.cast(), found);
        next = next.add(values.count_ones() as usize);
        census.values = next.offset_from_unsigned(first);
    }
    let plain = _mm512_cmpge_epu8_mask(lowest, _mm512_set1_epi8(0x20)) == u64::MAX;
    (plain && escapes == 0).then_some(census)
}

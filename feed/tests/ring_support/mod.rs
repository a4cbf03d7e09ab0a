//! Records whose every word tells which record it belongs to.
#![allow(dead_code, reason = "each test binary uses its own part")]

/// Words of a slot in these tests.
pub(crate) const W: usize = 9;

/// Records per stress run: enough for thousands of laps of a small ring, few enough for a debug build
/// under a sanitizer.
pub(crate) const STRESS_RECORDS: u64 = if cfg!(miri) { 200 } else { 30_000 };

/// Record number `number`: a length from 0 to `W` words, each of them different from every word of
/// every other record.
pub(crate) fn record(number: u64) -> Vec<u64> {
    let length = mix(number) as usize % (W + 1);
    (0..length).map(|at| word(number, at)).collect()
}

/// Panics unless `words` are record `number`, whole.
#[track_caller]
pub(crate) fn check_record(number: u64, words: &[u64]) {
    assert_eq!(words.len(), mix(number) as usize % (W + 1), "length of record {number}");
    for (at, found) in words.iter().enumerate() {
        assert_eq!(*found, word(number, at), "word {at} of record {number}");
    }
}

fn word(number: u64, at: usize) -> u64 {
    mix(number.wrapping_mul(W as u64).wrapping_add(at as u64))
}

/// Scatters numbers one to one (the finalizer of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

//! Words into a slot and out of it: each a relaxed store or load of 8 bytes.
//!
//! Written as such, one word after the other, they cost a record of 384 bytes a quarter of its way
//! from core to core: the compiler must not join atomic accesses, and 48 stores fill the store buffer
//! while the lines are on their way. On x86-64 the same is therefore said in assembly, two words at a
//! time. The plain version stays for everything that looks at the accesses (the model checker, Miri,
//! and with `--cfg ring_words` the sanitizers) and for other architectures.
//!
//! # Why the assembly is sound
//!
//! - For the compiler an `asm!` block is a call of unknown code, and what it does must be something
//!   that Rust could say as well: here a relaxed load or store of each word, in ascending order. It is
//!   neither moved nor merged across the fences and the stamps, nor can it be taken for an access that
//!   is no atomic one.
//! - For the processor, `movaps` of 16 aligned bytes reads or writes each aligned half in one piece, as
//!   a plain `mov` of 8 bytes does; where there is AVX the manuals of both makers promise that for all
//!   16. Order among loads and among stores is that of every ordinary access: these are no
//!   non-temporal ones.
//! - Should a processor cut a word in two after all, nobody would see it: in the market ring a copy
//!   that met a later record is thrown away by its tag, whatever is in it, and in the account ring no
//!   two threads are ever at one slot at the same time.

pub(super) use imp::{load_words, prefetch_line, store_words};

#[cfg(any(not(target_arch = "x86_64"), loom, miri, ring_words))]
mod imp {
    use crate::ring::sync::{AtomicU64, Ordering::Relaxed};

    #[inline]
    pub(in crate::ring) fn store_words(places: &[AtomicU64], words: &[u64]) {
        debug_assert!(words.len() <= places.len(), "the words have a place");
        for (place, word) in places.iter().zip(words) {
            place.store(*word, Relaxed);
        }
    }

    #[inline]
    pub(in crate::ring) fn load_words(places: &[AtomicU64], words: &mut [u64]) {
        debug_assert!(words.len() <= places.len(), "the words have a place");
        for (place, word) in places.iter().zip(words) {
            *word = place.load(Relaxed);
        }
    }

    #[inline]
    pub(in crate::ring) fn prefetch_line(_place: &AtomicU64) {}
}

#[cfg(not(any(not(target_arch = "x86_64"), loom, miri, ring_words)))]
#[allow(unsafe_code, reason = "measured: see the head of the file")]
mod imp {
    use std::arch::asm;
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    use crate::ring::sync::{AtomicU64, Ordering::Relaxed};

    /// Words of one block: a cache line.
    const BLOCK: usize = 8;

    /// Stores `words` at the front of `places`, which are as many or more.
    #[inline]
    pub(in crate::ring) fn store_words(places: &[AtomicU64], words: &[u64]) {
        let places = &places[..words.len()];
        let (places_odd, places) = places.split_at(odd_words(places));
        let (words_odd, words) = words.split_at(places_odd.len());
        if let ([place], [word]) = (places_odd, words_odd) {
            place.store(*word, Relaxed);
        }
        let (place_blocks, places) = places.as_chunks::<BLOCK>();
        let (word_blocks, words) = words.as_chunks::<BLOCK>();
        for (to, from) in place_blocks.iter().zip(word_blocks) {
            // SAFETY: `from` is readable and `to` writable (atomics) for 64 bytes. `to` is aligned to
            // 16: an odd first place was taken off above, and blocks are 64 bytes. The rest: see the
            // head of the file.
            unsafe {
                asm!(
                    "movups {a}, [{from}]",
                    "movups {b}, [{from} + 16]",
                    "movups {c}, [{from} + 32]",
                    "movups {d}, [{from} + 48]",
                    "movaps [{to}], {a}",
                    "movaps [{to} + 16], {b}",
                    "movaps [{to} + 32], {c}",
                    "movaps [{to} + 48], {d}",
                    from = in(reg) from.as_ptr(),
                    to = in(reg) to.as_ptr(),
                    a = out(xmm_reg) _,
                    b = out(xmm_reg) _,
                    c = out(xmm_reg) _,
                    d = out(xmm_reg) _,
                    options(nostack, preserves_flags),
                );
            }
        }
        let (place_pairs, places) = places.as_chunks::<2>();
        let (word_pairs, words) = words.as_chunks::<2>();
        for (to, from) in place_pairs.iter().zip(word_pairs) {
            // SAFETY: as above, for 16 bytes.
            unsafe {
                asm!(
                    "movups {a}, [{from}]",
                    "movaps [{to}], {a}",
                    from = in(reg) from.as_ptr(),
                    to = in(reg) to.as_ptr(),
                    a = out(xmm_reg) _,
                    options(nostack, preserves_flags),
                );
            }
        }
        if let ([place], [word]) = (places, words) {
            place.store(*word, Relaxed);
        }
    }

    /// Loads `words` from the front of `places`, which are as many or more.
    #[inline]
    pub(in crate::ring) fn load_words(places: &[AtomicU64], words: &mut [u64]) {
        let places = &places[..words.len()];
        let (places_odd, places) = places.split_at(odd_words(places));
        let (words_odd, words) = words.split_at_mut(places_odd.len());
        if let ([place], [word]) = (places_odd, words_odd) {
            *word = place.load(Relaxed);
        }
        let (place_blocks, places) = places.as_chunks::<BLOCK>();
        let (word_blocks, words) = words.as_chunks_mut::<BLOCK>();
        for (from, to) in place_blocks.iter().zip(word_blocks) {
            // SAFETY: `from` is readable (atomics) and `to` writable for 64 bytes. `from` is aligned
            // to 16: an odd first place was taken off above, and blocks are 64 bytes. The rest: see
            // the head of the file.
            unsafe {
                asm!(
                    "movaps {a}, [{from}]",
                    "movaps {b}, [{from} + 16]",
                    "movaps {c}, [{from} + 32]",
                    "movaps {d}, [{from} + 48]",
                    "movups [{to}], {a}",
                    "movups [{to} + 16], {b}",
                    "movups [{to} + 32], {c}",
                    "movups [{to} + 48], {d}",
                    from = in(reg) from.as_ptr(),
                    to = in(reg) to.as_mut_ptr(),
                    a = out(xmm_reg) _,
                    b = out(xmm_reg) _,
                    c = out(xmm_reg) _,
                    d = out(xmm_reg) _,
                    options(nostack, preserves_flags),
                );
            }
        }
        let (place_pairs, places) = places.as_chunks::<2>();
        let (word_pairs, words) = words.as_chunks_mut::<2>();
        for (from, to) in place_pairs.iter().zip(word_pairs) {
            // SAFETY: as above, for 16 bytes.
            unsafe {
                asm!(
                    "movaps {a}, [{from}]",
                    "movups [{to}], {a}",
                    from = in(reg) from.as_ptr(),
                    to = in(reg) to.as_mut_ptr(),
                    a = out(xmm_reg) _,
                    options(nostack, preserves_flags),
                );
            }
        }
        if let ([place], [word]) = (places, words) {
            *word = place.load(Relaxed);
        }
    }

    /// Asks for the line of `place`. A hint.
    #[inline]
    pub(in crate::ring) fn prefetch_line(place: &AtomicU64) {
        let line = std::ptr::from_ref(place).cast::<i8>();
        // SAFETY: a prefetch of any address is allowed, and changes nothing that a program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line) }
    }

    /// How many words stand alone before the pairs: 0 or 1.
    #[inline]
    fn odd_words(places: &[AtomicU64]) -> usize {
        usize::from(!places.is_empty() && !places.as_ptr().cast::<Pair>().is_aligned())
    }

    /// Two words that move at once.
    #[repr(align(16))]
    struct Pair {
        _words: [u64; 2],
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{load_words, store_words};
    use crate::ring::sync::{AtomicU64, Ordering::Relaxed};

    /// Every length at every place within two lines: these words arrive and no others are touched.
    #[test]
    fn every_length_at_every_place_moves_its_own_words_only() {
        const ROW: usize = 120;
        let words: [u64; ROW] = std::array::from_fn(|at| 1_000 + at as u64);
        for start in 0..16 {
            for length in 0..=100 {
                let places: [AtomicU64; ROW] = std::array::from_fn(|_| AtomicU64::new(7));
                store_words(&places[start..], &words[1..1 + length]);
                let stored: [u64; ROW] = std::array::from_fn(|at| places[at].load(Relaxed));
                let mut expected = [7; ROW];
                expected[start..start + length].copy_from_slice(&words[1..1 + length]);
                assert_eq!(stored, expected, "{length} words at {start}");

                let mut loaded = [9; ROW];
                load_words(&places[start..], &mut loaded[1..1 + length]);
                let mut expected = [9; ROW];
                expected[1..1 + length].copy_from_slice(&words[1..1 + length]);
                assert_eq!(loaded, expected, "{length} words from {start}");
            }
        }
    }
}

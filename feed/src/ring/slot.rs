//! One slot: two stamps, the length of the record, and its words.
//!
//! ```text
//!  line 0   done   7 words                    the line that waiting readers look at; written last
//!  line 1   tag    7 words                    tag: which record is coming, and its length
//!  then     the rest of the words             aligned to a line
//! ```
//!
//! A record of up to 14 words (112 bytes) needs two lines to cross cores. The lines are written from
//! the second upwards and then the first, each in one go: a line that a reader took away in between
//! would have to be fetched twice.
//!
//! Tried and left out, by ratios to `rtrb` of hops that took turns: blocks of 32 and 64 bytes (no
//! better than 16), blocks of 8 plain words with all loads first (slower than one by one), `prefetchw`
//! of the slot in hand (384 bytes: 0.89 with, 0.83 without; 64 bytes: no difference) and of the next one
//! (384 bytes: 0.95 with, 0.73 without; readers take the lines away again).

use std::marker::PhantomData;

use super::copy::{load_words, prefetch_line, store_words};
use super::error::RecordTooLong;
use super::sync::Ordering::Relaxed;
use super::sync::{AtomicU64, Ordering};

/// All slots of a ring, each for one record of up to `W` words, each in cache lines of its own and in
/// no more of them than it needs: what a ring takes from the caches counts.
#[derive(Debug)]
pub(super) struct Slots<const W: usize> {
    /// The lines of all slots, from `first` on.
    words: Box<[AtomicU64]>,
    /// Where the first line begins.
    first: usize,
    /// A power of two.
    capacity_slots: usize,
}

/// One slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'s, const W: usize> {
    /// As many as [`Slots::STRIDE`].
    words: &'s [AtomicU64],
    width: PhantomData<[u64; W]>,
}

/// Words of the record beside the stamp of a line. Fewer for the model checker, whose records are
/// short.
const BESIDE_STAMP: usize = if cfg!(loom) { 1 } else { 7 };

/// Words of a line.
const LINE_WORDS: usize = BESIDE_STAMP + 1;

/// Lines come in pairs: processors like to fetch the neighbour too, and that of the first line should
/// be the second one, where slots have an even number of them.
const PAIR_BYTES: usize = 128;

impl<const W: usize> Slots<W> {
    /// Words from one slot to the next: two stamps and the record, in whole lines, at least two.
    const STRIDE: usize = {
        let lines = (W + 2).div_ceil(LINE_WORDS);
        LINE_WORDS * if lines < 2 { 2 } else { lines }
    };

    /// Makes `capacity_slots` empty slots; `done` gets the position of each.
    pub(super) fn new(capacity_slots: usize, done: impl Fn(usize) -> u64) -> Self {
        const { assert!(W > 0, "a slot has room for at least one word") }
        const { assert!(W < 1 << LENGTH_BITS, "the tag has room for the length") }
        debug_assert!(capacity_slots.is_power_of_two(), "`check_capacity` was asked");
        let room = capacity_slots * Self::STRIDE + PAIR_BYTES / 8;
        let words: Box<[_]> = (0..room).map(|_| AtomicU64::new(0)).collect();
        let first = match cfg!(loom) {
            true => 0,
            // At most 15 for words of 8 bytes at addresses that are multiples of 8; and were it more,
            // the ring would be slower, not wrong.
            false => words.as_ptr().align_offset(PAIR_BYTES).min(PAIR_BYTES / 8),
        };
        let slots = Self { words, first, capacity_slots };
        for index in 0..capacity_slots {
            slots.get(index as u64).done().store(done(index), Relaxed);
        }
        slots
    }

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.capacity_slots
    }

    /// The slot of record number `sequence`.
    #[inline]
    pub(super) fn get(&self, sequence: u64) -> Slot<'_, W> {
        // The capacity is a power of two, so the mask keeps the index inside.
        let index = sequence as usize & (self.capacity_slots - 1);
        let words = &self.words[self.first + index * Self::STRIDE..][..Self::STRIDE];
        Slot { words, width: PhantomData }
    }
}

/// The low [`LENGTH_BITS`] of the sequence are displaced by the length of the record, in words.
///
/// Two records of one slot have different tags unless 2^52 others came between them: over a year
/// at one record in 10 ns, all within one copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag(u64);

const LENGTH_BITS: u32 = 12;

impl Tag {
    /// The tag of record number `sequence`, which has `words` words.
    #[inline]
    pub(super) fn new(sequence: u64, words: usize) -> Self {
        debug_assert!(words < 1 << LENGTH_BITS, "`Slots::new` limits the length");
        Self(sequence << LENGTH_BITS | words as u64)
    }

    /// Whether it belongs to record number `sequence`.
    #[inline]
    pub(super) fn is_of(self, sequence: u64) -> bool {
        self.0 >> LENGTH_BITS == sequence << LENGTH_BITS >> LENGTH_BITS
    }

    /// Length of the record, in words.
    #[inline]
    pub(super) fn words(self) -> usize {
        self.0 as usize & ((1 << LENGTH_BITS) - 1)
    }
}

impl<'s, const W: usize> Slot<'s, W> {
    /// The record's length, if it fits a slot.
    #[inline]
    pub(super) fn fits(record: &[u64]) -> Result<(), RecordTooLong> {
        if record.len() > W {
            return Err(RecordTooLong { words: record.len(), words_max: W });
        }
        Ok(())
    }

    /// Tells which sequence the slot holds. What its values mean is the business of each ring.
    #[inline]
    pub(super) fn done(self) -> &'s AtomicU64 {
        &self.words[0]
    }

    /// Which record the slot is about to receive, or has.
    #[inline]
    pub(super) fn tag(self) -> Tag {
        Tag(self.words[LINE_WORDS].load(Relaxed))
    }

    #[inline]
    pub(super) fn set_tag(self, tag: Tag, ordering: Ordering) {
        self.words[LINE_WORDS].store(tag.0, ordering);
    }

    /// Writes the words of the record, but no stamp. The record must fit; see [`Slot::fits`].
    ///
    /// Relaxed: the stamp that the ring writes afterwards orders these stores.
    #[inline]
    pub(super) fn store(self, record: &[u64]) {
        debug_assert!(record.len() <= W, "a record fits its slot");
        let (first, second) = self.parts();
        if let Some((beside_done, others)) = record.split_first_chunk::<BESIDE_STAMP>() {
            store_words(second, others);
            store_words(first, beside_done);
        } else {
            store_words(first, record);
        }
    }

    /// Writes one word; says whether the slot has such a word.
    #[inline]
    pub(super) fn store_word(self, index: usize, word: u64) -> bool {
        let (first, second) = self.parts();
        let place = match index.checked_sub(BESIDE_STAMP) {
            _ if index >= W => return false,
            None => &first[index],
            Some(index) => &second[index],
        };
        place.store(word, Relaxed);
        true
    }

    /// Copies a record of this many words to the front of `buffer` and returns how many there are.
    ///
    /// In the market ring the copy may be a mixture of two records; the caller finds out by the
    /// tag. The length is within `W` even then, since only such lengths are ever stored.
    #[inline]
    pub(super) fn load(self, words: usize, buffer: &mut [u64; W]) -> usize {
        let words = words.min(W);
        let record = &mut buffer[..words];
        let (first, second) = self.parts();
        if let Some((beside_done, others)) = record.split_first_chunk_mut::<BESIDE_STAMP>() {
            load_words(first, beside_done);
            load_words(second, others);
        } else {
            load_words(first, record);
        }
        words
    }

    /// The places beside `done`, and those from the tag on.
    #[inline]
    fn parts(self) -> (&'s [AtomicU64], &'s [AtomicU64]) {
        (&self.words[1..LINE_WORDS], &self.words[LINE_WORDS + 1..])
    }

    /// Asks for the lines, behind the first, of a record of so many words. A hint.
    #[inline]
    pub(super) fn prefetch(self, words: usize) {
        // The second one in any case: it has the tag.
        prefetch_line(&self.words[LINE_WORDS]);
        for place in self.words[..(words + 2).min(Slots::<W>::STRIDE)].chunks(LINE_WORDS).skip(2) {
            prefetch_line(&place[0]);
        }
    }
}

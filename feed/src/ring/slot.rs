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

use super::copy::{load_words, prefetch_line, store_words};
use super::error::RecordTooLong;
use super::sync::Ordering::Relaxed;
use super::sync::{AtomicU64, Ordering};

/// A place for one record of up to `W` words, in cache lines of its own.
///
/// Lines come in pairs: processors like to fetch the neighbour too, and that should be the second line
/// of the same slot.
#[repr(C, align(128))]
#[derive(Debug)]
pub(super) struct Slot<const W: usize> {
    /// Tells which sequence the slot holds. What its values mean is the business of each ring.
    pub(super) done: AtomicU64,
    first: [AtomicU64; LINE_WORDS],
    /// Which sequence the slot is about to receive, and the length of that record: see [`Tag`].
    tag: AtomicU64,
    second: [AtomicU64; LINE_WORDS],
    /// The last `2 * LINE_WORDS` of them are never used.
    rest: [AtomicU64; W],
}

/// Words of the record beside the stamp of a line. Fewer for the model checker, whose records are
/// short.
const LINE_WORDS: usize = if cfg!(loom) { 1 } else { 7 };

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

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
        debug_assert!(words < 1 << LENGTH_BITS, "`Slot::row` limits the length");
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

impl<const W: usize> Slot<W> {
    /// Makes `capacity_slots` empty slots; `done` gets the position of each.
    pub(super) fn row(capacity_slots: usize, done: impl Fn(usize) -> u64) -> Box<[Self]> {
        const { assert!(W > 0, "a slot has room for at least one word") }
        const { assert!(W < 1 << LENGTH_BITS, "the tag has room for the length") }
        let words = || AtomicU64::new(0);
        (0..capacity_slots)
            .map(|index| Self {
                done: AtomicU64::new(done(index)),
                first: std::array::from_fn(|_| words()),
                tag: AtomicU64::new(0),
                second: std::array::from_fn(|_| words()),
                rest: std::array::from_fn(|_| words()),
            })
            .collect()
    }

    /// The record's length, if it fits a slot.
    #[inline]
    pub(super) fn fits(record: &[u64]) -> Result<(), RecordTooLong> {
        if record.len() > W {
            return Err(RecordTooLong { words: record.len(), words_max: W });
        }
        Ok(())
    }

    /// Which record the slot is about to receive, or has.
    #[inline]
    pub(super) fn tag(&self) -> Tag {
        Tag(self.tag.load(Relaxed))
    }

    #[inline]
    pub(super) fn set_tag(&self, tag: Tag, ordering: Ordering) {
        self.tag.store(tag.0, ordering);
    }

    /// Writes the words of the record, but no stamp. The record must fit; see [`Slot::fits`].
    ///
    /// Relaxed: the stamp that the ring writes afterwards orders these stores.
    #[inline]
    pub(super) fn store(&self, record: &[u64]) {
        debug_assert!(record.len() <= W, "a record fits its slot");
        if let Some((first, others)) = record.split_first_chunk::<LINE_WORDS>() {
            if let Some((second, rest)) = others.split_first_chunk::<LINE_WORDS>() {
                store_line(&self.second, second);
                store_words(&self.rest, rest);
            } else {
                store_words(&self.second, others);
            }
            store_line(&self.first, first);
        } else {
            store_words(&self.first, record);
        }
    }

    /// Writes one word; says whether the slot has such a word.
    #[inline]
    pub(super) fn store_word(&self, index: usize, word: u64) -> bool {
        let place = match index {
            _ if index >= W => return false,
            ..LINE_WORDS => &self.first[index],
            _ if index < 2 * LINE_WORDS => &self.second[index - LINE_WORDS],
            _ => &self.rest[index - 2 * LINE_WORDS],
        };
        place.store(word, Relaxed);
        true
    }

    /// Copies a record of this many words to the front of `buffer` and returns how many there are.
    ///
    /// In the market ring the copy may be a mixture of two records; the caller finds out by the
    /// tag. The length is within `W` even then, since only such lengths are ever stored.
    #[inline]
    pub(super) fn load(&self, words: usize, buffer: &mut [u64; W]) -> usize {
        let words = words.min(W);
        let record = &mut buffer[..words];
        if let Some((first, others)) = record.split_first_chunk_mut::<LINE_WORDS>() {
            load_line(&self.first, first);
            if let Some((second, rest)) = others.split_first_chunk_mut::<LINE_WORDS>() {
                load_line(&self.second, second);
                load_words(&self.rest, rest);
            } else {
                load_words(&self.second, others);
            }
        } else {
            load_words(&self.first, record);
        }
        words
    }

    /// Asks for the lines, behind the first, of a record of so many words. A hint.
    #[inline]
    pub(super) fn prefetch(&self, words: usize) {
        for line in 1..Self::lines(words) {
            prefetch_line(self, line * LINE_BYTES);
        }
    }

    /// Lines that a record of so many words occupies, both stamps included; at least 2.
    #[inline]
    fn lines(words: usize) -> usize {
        (words.min(W) + 2).div_ceil(LINE_BYTES / 8).max(2)
    }
}

/// Writes all the words beside a stamp. The first one stands on an odd place, so that the others lie
/// in pairs.
#[inline]
fn store_line(places: &[AtomicU64; LINE_WORDS], words: &[u64; LINE_WORDS]) {
    store_words(&places[..1], &words[..1]);
    store_words(&places[1..], &words[1..]);
}

#[inline]
fn load_line(places: &[AtomicU64; LINE_WORDS], words: &mut [u64; LINE_WORDS]) {
    load_words(&places[..1], &mut words[..1]);
    load_words(&places[1..], &mut words[1..]);
}

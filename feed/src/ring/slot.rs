//! One slot: a stamp, the length of the record, and its words.

use super::error::RecordTooLong;
use super::sync::{AtomicU64, Ordering::Relaxed};

/// A place for one record of up to `W` words.
///
/// The alignment gives every slot cache lines of its own. Stamp and length stand in front of the
/// words, so that a record of 48 bytes needs one line to cross cores and one of 112 bytes two.
#[repr(C, align(64))]
#[derive(Debug)]
pub(super) struct Slot<const W: usize> {
    /// Tells which sequence the slot holds. What its values mean is the business of each ring.
    pub(super) stamp: AtomicU64,
    /// Length of the record in words, at most `W`.
    length: AtomicU64,
    words: [AtomicU64; W],
}

impl<const W: usize> Slot<W> {
    /// Makes `capacity_slots` empty slots; `stamp` gets the position of each.
    pub(super) fn row(capacity_slots: usize, stamp: impl Fn(usize) -> u64) -> Box<[Self]> {
        const { assert!(W > 0, "a slot has room for at least one word") }
        (0..capacity_slots)
            .map(|index| Self {
                stamp: AtomicU64::new(stamp(index)),
                length: AtomicU64::new(0),
                words: std::array::from_fn(|_| AtomicU64::new(0)),
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

    /// Writes the record, but not the stamp. The record must fit; see [`Slot::fits`].
    ///
    /// Relaxed: the stamp that the ring writes afterwards orders these stores.
    #[inline]
    pub(super) fn store(&self, record: &[u64]) {
        debug_assert!(record.len() <= W, "a record fits its slot");
        self.store_length(record.len());
        for (slot_word, word) in self.words.iter().zip(record) {
            slot_word.store(*word, Relaxed);
        }
    }

    /// Writes one word; says whether the slot has such a word.
    #[inline]
    pub(super) fn store_word(&self, index: usize, word: u64) -> bool {
        self.words.get(index).inspect(|slot_word| slot_word.store(word, Relaxed)).is_some()
    }

    /// Writes the length, in words.
    #[inline]
    pub(super) fn store_length(&self, words: usize) {
        self.length.store(words as u64, Relaxed);
    }

    /// Copies the record to the front of `buffer` and returns its length in words.
    ///
    /// In the market ring the copy may be a mixture of two records; the caller finds out by the
    /// stamp. The length is within `W` even then, since only such lengths are ever stored.
    #[inline]
    pub(super) fn load(&self, buffer: &mut [u64; W]) -> usize {
        let length = (self.length.load(Relaxed) as usize).min(W);
        for (word, slot_word) in buffer[..length].iter_mut().zip(&self.words) {
            *word = slot_word.load(Relaxed);
        }
        length
    }
}

//! One slot: two stamps, the length of the record, and its words.

use super::error::RecordTooLong;
use super::sync::{AtomicU64, Ordering::Relaxed};

/// A place for one record of up to `W` words.
///
/// The alignment gives every slot cache lines of its own. Readers who wait look at `done` again and
/// again, so its line is written last, in one go with the words that share it, and the mark that
/// comes first stands in the next line. A record of 48 bytes needs two lines to cross cores, one of
/// 112 bytes as well.
#[repr(C, align(64))]
#[derive(Debug)]
pub(super) struct Slot<const W: usize> {
    /// Tells which sequence the slot holds. What its values mean is the business of each ring.
    pub(super) done: AtomicU64,
    /// Length of the record in words, at most `W`.
    length: AtomicU64,
    /// What fits into the line of `done`.
    head: [AtomicU64; HEAD_WORDS],
    /// Tells which sequence the slot is about to receive.
    pub(super) begun: AtomicU64,
    /// The rest; the last `HEAD_WORDS` of them are never used.
    tail: [AtomicU64; W],
}

/// Words in the first line of a slot. Fewer for the model checker, whose records are short.
const HEAD_WORDS: usize = if cfg!(loom) { 1 } else { 6 };

impl<const W: usize> Slot<W> {
    /// Makes `capacity_slots` empty slots; `done` gets the position of each.
    pub(super) fn row(capacity_slots: usize, done: impl Fn(usize) -> u64) -> Box<[Self]> {
        const { assert!(W > 0, "a slot has room for at least one word") }
        (0..capacity_slots)
            .map(|index| Self {
                done: AtomicU64::new(done(index)),
                length: AtomicU64::new(0),
                head: std::array::from_fn(|_| AtomicU64::new(0)),
                begun: AtomicU64::new(0),
                tail: std::array::from_fn(|_| AtomicU64::new(0)),
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

    /// Writes the record, but not the stamps. The record must fit; see [`Slot::fits`].
    ///
    /// Relaxed: the stamp that the ring writes afterwards orders these stores. What shares its line
    /// comes last.
    #[inline]
    pub(super) fn store(&self, record: &[u64]) {
        debug_assert!(record.len() <= W, "a record fits its slot");
        if let Some((head, tail)) = record.split_first_chunk::<HEAD_WORDS>() {
            store_words(&self.tail, tail);
            store_words(&self.head, head);
        } else {
            store_words(&self.head, record);
        }
        self.store_length(record.len());
    }

    /// Writes one word; says whether the slot has such a word.
    #[inline]
    pub(super) fn store_word(&self, index: usize, word: u64) -> bool {
        let place = match index.checked_sub(HEAD_WORDS) {
            _ if index >= W => return false,
            None => &self.head[index],
            Some(index) => &self.tail[index],
        };
        place.store(word, Relaxed);
        true
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
        let record = &mut buffer[..length];
        if let Some((head, tail)) = record.split_first_chunk_mut::<HEAD_WORDS>() {
            load_words(&self.head, head);
            load_words(&self.tail, tail);
        } else {
            load_words(&self.head, record);
        }
        length
    }
}

#[inline]
fn store_words(places: &[AtomicU64], words: &[u64]) {
    for (place, word) in places.iter().zip(words) {
        place.store(*word, Relaxed);
    }
}

#[inline]
fn load_words(places: &[AtomicU64], words: &mut [u64]) {
    for (place, word) in places.iter().zip(words) {
        *word = place.load(Relaxed);
    }
}

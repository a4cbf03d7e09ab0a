//! The broadcast ring: one publisher that never waits, any number of readers.
//!
//! # Hot path
//!
//! [`Publisher::publish`], [`Claim`] and [`Reader::poll`] never allocate, lock, log, format, panic or
//! call the kernel. Budget: 20 ns for the publisher, 100 ns from `publish` to a polling reader on
//! another core, for a record of one cache line.
//!
//! # Protocol
//!
//! Record number `s`, its *sequence*, goes into slot `s % capacity`. Sequences count from 0, without
//! holes, and wrap around at 2^64. Each slot is a sequence lock with two stamps: the `tag` says which
//! record it is about to receive and how long that is, `done` which one it holds. A reader who waits
//! for `s` looks at `done`:
//!
//! | `done - s` | the slot | the reader gets |
//! |---|---|---|
//! | 0 | holds `s`, or did so until now | the record, if the tag is still that of `s` after the copy; else a gap |
//! | below 0 | holds an earlier record | nothing yet |
//! | above 0 | holds a later record | a gap: `s` is gone |
//!
//! ```text
//!  publisher                                   reader
//!  P1  tag    ← s, length    Release           R1  done = s ?                Acquire
//!  P2  fence                 Release           R2  load tag, copy words      Relaxed
//!  P3  words                 Relaxed           R3  fence                     Acquire
//!  P4  done   ← s            Release           R4  tag as before, of s ?     Relaxed
//!  P5  cursor ← s + 1        Release
//! ```
//!
//! - P4 pairs with R1: who sees the stamp sees all the words.
//! - P2 pairs with R3: who copied so much as one word of a later record sees P1 of that record at R4,
//!   or something later still, and throws the copy away.
//! - P1 pairs with the fence in `Reader::skip_to_newest`: who sees that its slot is being
//!   overwritten by `s` sees a cursor of `s` or more, hence knows the loss exactly.
//! - P5 pairs with the loads of the cursor: who sees `s + 1` there finds `s` in its slot, or later.
//!
//! A reader that was lapped goes on from the newest record: what is published are full states, so
//! the newest is what counts. For every reader, the records it got and the losses it was told add up
//! to what was published.
//!
//! A reader that finds nothing asks for the other lines of the slot it waits at: the publisher will take
//! all of them away at once, and they come back at once as well, instead of the first and, when that is
//! seen, the others.
//!
//! The cursor is read by readers that join or were lapped and by watchers, not by one that keeps up:
//! it costs the publisher a store into a line that nobody else wants.
//!
//! # Example
//!
//! ```
//! use feed::ring::{Poll, market_ring};
//!
//! let (mut publisher, subscribers) = market_ring::<8>(1024)?;
//! let mut reader = subscribers.reader();
//! let mut buffer = [0; 8];
//!
//! assert_eq!(reader.poll(&mut buffer), Poll::Empty);
//! publisher.publish(&[70_100, 25])?;
//! assert_eq!(reader.poll(&mut buffer), Poll::Record { sequence: 0, words: &[70_100, 25] });
//! drop(publisher);
//! assert_eq!(reader.poll(&mut buffer), Poll::Closed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crossbeam::utils::CachePadded;

use super::error::{RecordTooLong, RingError, check_capacity};
use super::slot::{Slot, Slots, Tag};
use super::sync::Ordering::{Acquire, Relaxed, Release};
use super::sync::{Arc, AtomicBool, AtomicU64, fence};

/// Makes a ring of `capacity_slots` slots (a power of two, at least 2), each for a record of up to
/// `W` words.
///
/// # Errors
///
/// When the capacity is no power of two, below 2, or above [`super::CAPACITY_SLOTS_MAX`].
pub fn market_ring<const W: usize>(
    capacity_slots: usize,
) -> Result<(Publisher<W>, Subscribers<W>), RingError> {
    market_ring_from(capacity_slots, 0)
}

/// The writing end. There is one; dropping it closes the ring.
#[derive(Debug)]
pub struct Publisher<const W: usize> {
    shared: Arc<Shared<W>>,
    /// Sequence of the next record. Only this end counts; the cursor in `shared` is its copy.
    next: u64,
}

impl<const W: usize> Publisher<W> {
    /// Publishes one record and returns its sequence. Never waits, whatever the readers do.
    ///
    /// # Errors
    ///
    /// When the record has more than `W` words; nothing is published then.
    #[inline]
    pub fn publish(&mut self, record: &[u64]) -> Result<u64, RecordTooLong> {
        Slot::<W>::fits(record)?;
        Ok(self.publish_fitting(record))
    }

    /// Publishes a record whose length is known to the compiler, which checks that it fits:
    ///
    /// ```compile_fail
    /// let (mut publisher, _subscribers) = feed::ring::market_ring::<8>(1024).unwrap();
    /// publisher.publish_array(&[0; 9]);
    /// ```
    #[inline]
    pub fn publish_array<const N: usize>(&mut self, record: &[u64; N]) -> u64 {
        const { assert!(N <= W, "a record fits its slot") }
        self.publish_fitting(record)
    }

    /// Takes the next slot, to write a record in place and word by word.
    ///
    /// From here on a reader that was a whole lap behind cannot have what the slot held before.
    /// Without [`Claim::commit`] nothing is published, and the next claim gets the same sequence.
    #[inline]
    pub fn claim(&mut self) -> Claim<'_, W> {
        self.begin(0);
        Claim { publisher: self, outside: None }
    }

    /// Sequence that the next record will get, for records that carry it inside.
    #[inline]
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// How many records this ring has carried so far.
    pub fn published(&self) -> u64 {
        self.next.wrapping_sub(self.shared.first)
    }

    /// How many slots the ring has.
    pub fn capacity_slots(&self) -> usize {
        self.shared.slots.len()
    }

    #[inline]
    fn publish_fitting(&mut self, record: &[u64]) -> u64 {
        self.begin(record.len()).store(record);
        self.finish()
    }

    /// Marks the next slot as being written with a record of so many words.
    #[inline]
    fn begin(&self, words: usize) -> Slot<'_, W> {
        let slot = self.shared.slot(self.next);
        // P1. Release: pairs with the fence in `Reader::skip_to_newest`, which wants the cursor.
        slot.set_tag(Tag::new(self.next, words), Release);
        // P2. Release: pairs with the Acquire fence R3 of a reader that meets one of our words.
        fence(Release);
        slot
    }

    /// Shows the next slot to the readers.
    #[inline]
    fn finish(&mut self) -> u64 {
        let sequence = self.next;
        self.next = sequence.wrapping_add(1);
        // P4. Release: pairs with R1, the Acquire load of the stamp in `Reader::poll`.
        self.shared.slot(sequence).done().store(sequence, Release);
        // P5. Release: pairs with the Acquire loads of the cursor in `Subscribers` and `Reader`.
        self.shared.cursor.store(self.next, Release);
        sequence
    }
}

impl<const W: usize> Drop for Publisher<W> {
    fn drop(&mut self) {
        // Release: pairs with the Acquire load in `Shared::is_closed`; who sees the end sees every
        // record before it.
        self.shared.closed.store(true, Release);
    }
}

/// A slot on loan from [`Publisher::claim`], to be filled in any order.
#[derive(Debug)]
#[must_use = "without a commit nothing is published"]
pub struct Claim<'p, const W: usize> {
    publisher: &'p mut Publisher<W>,
    /// The word furthest beyond the slot that somebody tried to write.
    outside: Option<usize>,
}

impl<const W: usize> Claim<'_, W> {
    /// Sequence that the record will have.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.publisher.next
    }

    /// Writes the word at `index`. A word outside of the slot is not written, and makes
    /// [`Claim::commit`] fail.
    #[inline]
    pub fn write(&mut self, index: usize, word: u64) {
        if !self.publisher.shared.slot(self.publisher.next).store_word(index, word) {
            self.outside = self.outside.max(Some(index));
        }
    }

    /// Publishes the first `length` words of the slot and returns their sequence.
    ///
    /// Each of them should have been written: what was not still has its value from an earlier
    /// record.
    ///
    /// # Errors
    ///
    /// When `length`, or a word that was written, lies beyond the `W` words of a slot; nothing is
    /// published then.
    #[inline]
    pub fn commit(self, length: usize) -> Result<u64, RecordTooLong> {
        let words = self.outside.map_or(length, |index| length.max(index.saturating_add(1)));
        if words > W {
            return Err(RecordTooLong { words, words_max: W });
        }
        // Relaxed: the tag is of the same sequence as before, and P4 shows the length.
        let tag = Tag::new(self.publisher.next, length);
        self.publisher.shared.slot(self.publisher.next).set_tag(tag, Relaxed);
        Ok(self.publisher.finish())
    }
}

/// Where readers come from: as many as are wanted, at any time, from any thread.
#[derive(Debug, Clone)]
pub struct Subscribers<const W: usize> {
    shared: Arc<Shared<W>>,
}

impl<const W: usize> Subscribers<W> {
    /// A reader that begins with the newest record there is, or with the first one to come.
    pub fn reader(&self) -> Reader<W> {
        self.reader_at(self.published_sequence().unwrap_or(self.shared.first))
    }

    /// A reader that gets only what is published from now on.
    pub fn reader_from_next(&self) -> Reader<W> {
        self.reader_at(self.shared.next_sequence())
    }

    /// A reader that begins with the very first record. What the ring no longer holds is reported to
    /// it as a gap.
    pub fn reader_from_start(&self) -> Reader<W> {
        self.reader_at(self.shared.first)
    }

    fn reader_at(&self, next: u64) -> Reader<W> {
        Reader { shared: Arc::clone(&self.shared), next, last_words: 0 }
    }

    /// Sequence of the newest record; `None` before the first. For watchers: may be old by the time
    /// it is looked at, and each call takes a cache line away from the publisher.
    pub fn published_sequence(&self) -> Option<u64> {
        let next = self.shared.next_sequence();
        (next != self.shared.first).then(|| next.wrapping_sub(1))
    }

    /// How many records this ring has carried so far; see [`Subscribers::published_sequence`].
    pub fn published(&self) -> u64 {
        self.shared.next_sequence().wrapping_sub(self.shared.first)
    }

    /// Whether the publisher is gone. Readers may still have records to read.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// How many slots the ring has.
    pub fn capacity_slots(&self) -> usize {
        self.shared.slots.len()
    }
}

/// One reading end. Readers know nothing of each other.
#[derive(Debug)]
pub struct Reader<const W: usize> {
    shared: Arc<Shared<W>>,
    /// Sequence of the record this reader wants next.
    next: u64,
    /// Length of the last record: a guess at that of the next, in words.
    last_words: usize,
}

/// What a reader found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a record that was polled does not come again"]
pub enum Poll<'b> {
    /// Nothing new.
    Empty,
    /// The next record.
    Record {
        /// Its number in the ring.
        sequence: u64,
        /// Its words, at the front of the buffer that was passed in.
        words: &'b [u64],
    },
    /// The publisher has lapped this reader, which goes on from the newest record.
    Gap {
        /// How many records this reader will never see. At least 1.
        lost: u64,
    },
    /// The publisher is gone, and everything was read.
    Closed,
}

impl<const W: usize> Reader<W> {
    /// Takes the next record, if there is one, into `buffer`. Never waits.
    ///
    /// Only the words of the record are written; what the buffer holds behind them, or after any
    /// other answer, has no meaning.
    #[inline]
    pub fn poll<'b>(&mut self, buffer: &'b mut [u64; W]) -> Poll<'b> {
        let sequence = self.next;
        let slot = self.shared.slot(sequence);
        // R1. Acquire: pairs with P4, the Release store of the stamp in `Publisher::finish`.
        let done = slot.done().load(Acquire);
        if done == sequence {
            let tag = slot.tag(); // R2
            let length = slot.load(tag.words(), buffer);
            // R3. Acquire: pairs with the Release fence P2 of the record that overwrites this one.
            fence(Acquire);
            // R4. Relaxed: the fence above is what makes it late enough.
            if slot.tag() == tag && tag.is_of(sequence) {
                self.next = sequence.wrapping_add(1);
                self.last_words = length;
                return Poll::Record { sequence, words: &buffer[..length] };
            }
            return self.skip_to_newest();
        }
        if is_later(done, sequence) {
            return self.skip_to_newest();
        }
        slot.prefetch(self.last_words);
        self.empty_or_closed()
    }

    /// Whether [`Reader::poll`] has anything to say but [`Poll::Empty`]. This is the question to ask
    /// before going to sleep; see [`super::wake`].
    #[inline]
    pub fn is_ready(&self) -> bool {
        // Acquire: as R1. The answer alone needs no ordering, but a reader woken by it polls next.
        let done = self.shared.slot(self.next).done().load(Acquire);
        done == self.next || is_later(done, self.next) || self.shared.is_closed()
    }

    /// Whether the publisher is gone. There may still be records to read.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// How many records are published that this reader has not polled, lost ones included. Costs the
    /// publisher a cache line: for housekeeping, not for every turn.
    pub fn backlog(&self) -> u64 {
        // The cursor is stored after the stamp, so it may be one short of what was already read.
        let ahead = self.shared.next_sequence().wrapping_sub(self.next) as i64;
        ahead.max(0) as u64
    }

    /// Sequence of the record this reader wants next.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Gives up the record that was overwritten and all others but the newest.
    #[cold]
    fn skip_to_newest<'b>(&mut self) -> Poll<'b> {
        // Acquire: pairs with P1, the Release store of the stamp that told us we were lapped. It
        // makes the load below see at least the record before the one that lapped us.
        fence(Acquire);
        let newest = self.shared.next_sequence().wrapping_sub(1);
        let lost = newest.wrapping_sub(self.next);
        debug_assert!((1..1 << 63).contains(&lost), "a lapped reader has lost something");
        self.next = newest;
        Poll::Gap { lost }
    }

    fn empty_or_closed<'b>(&self) -> Poll<'b> {
        // The publisher may have published between our look at the slot and its end, hence the
        // second look. It ends by `is_closed`, which tells everything that was published.
        if self.shared.is_closed() {
            let done = self.shared.slot(self.next).done().load(Acquire);
            if done != self.next && !is_later(done, self.next) {
                return Poll::Closed;
            }
        }
        Poll::Empty
    }
}

/// What all ends have in common.
#[derive(Debug)]
struct Shared<const W: usize> {
    /// A power of two, at least 2.
    slots: Slots<W>,
    /// Sequence of the very first record: 0, except in tests.
    first: u64,
    /// Sequence after the newest record. Written by the publisher only.
    cursor: CachePadded<AtomicU64>,
    /// Written once, by the publisher. Spinning readers look at it, so it shares no line.
    closed: CachePadded<AtomicBool>,
}

impl<const W: usize> Shared<W> {
    #[inline]
    fn slot(&self, sequence: u64) -> Slot<'_, W> {
        self.slots.get(sequence)
    }

    #[inline]
    fn next_sequence(&self) -> u64 {
        // Acquire: pairs with P5, the Release store of the cursor in `Publisher::finish`.
        self.cursor.load(Acquire)
    }

    #[inline]
    fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release store in `Publisher::drop`.
        self.closed.load(Acquire)
    }
}

/// Makes a ring whose first record has the sequence `first`, so that tests can cross the wrap at
/// 2^64.
#[doc(hidden)]
pub fn market_ring_from<const W: usize>(
    capacity_slots: usize,
    first: u64,
) -> Result<(Publisher<W>, Subscribers<W>), RingError> {
    // Two slots, so that the newest record is safe while the next one is written.
    check_capacity(capacity_slots, 2)?;
    let mask = capacity_slots as u64 - 1;
    let shared = Arc::new(Shared {
        slots: Slots::new(capacity_slots, |index| {
            let laps_into_ring = (index as u64).wrapping_sub(first) & mask;
            // One lap before its first record.
            first.wrapping_add(laps_into_ring).wrapping_sub(capacity_slots as u64)
        }),
        first,
        cursor: CachePadded::new(AtomicU64::new(first)),
        closed: CachePadded::new(AtomicBool::new(false)),
    });
    let publisher = Publisher { shared: Arc::clone(&shared), next: first };
    Ok((publisher, Subscribers { shared }))
}

/// Whether a slot that holds `done` holds a later record than `sequence`.
#[inline]
fn is_later(done: u64, sequence: u64) -> bool {
    done.wrapping_sub(sequence) as i64 > 0
}

//! The lossless ring: one producer, one consumer, records of varying length.
//!
//! # Hot path
//!
//! [`Producer::push`] and [`Consumer::pop`] never allocate, lock, log, format, panic or call the
//! kernel, and move only the record's own words. Budget: 20 ns each where the other end keeps up.
//!
//! # Protocol
//!
//! Record number `s` goes into slot `s % capacity`. Each end counts the records it has dealt with and
//! keeps a copy of the other's count, which may be old, and only errs on the safe side then. It looks
//! at the real one when the copy says full or empty.
//!
//! ```text
//!  producer                                    consumer
//!  P1  popped > s - capacity ?   Acquire       C1  pushed > s ?           Acquire
//!  P2  length and words          Relaxed       C2  copy length and words  Relaxed
//!  P3  pushed ← s + 1            Release       C3  popped ← s + 1         Release
//! ```
//!
//! - P3 pairs with C1: who sees the count sees the words.
//! - C3 pairs with P1: who may write into the slot again does so after it was read.

use crossbeam::utils::CachePadded;

use super::error::{PushError, RingError, check_capacity};
use super::slot::{Slot, Slots, Tag};
use super::sync::Ordering::{Acquire, Relaxed, Release};
use super::sync::{Arc, AtomicBool, AtomicU64};

/// Makes a ring of `capacity_slots` slots (a power of two), each for a record of up to `W` words.
///
/// # Errors
///
/// When the capacity is no power of two, zero, or above [`super::CAPACITY_SLOTS_MAX`].
pub fn account_ring<const W: usize>(
    capacity_slots: usize,
) -> Result<(Producer<W>, Consumer<W>), RingError> {
    account_ring_from(capacity_slots, 0)
}

/// Makes a ring whose counts begin at `first`, so that tests can cross the wrap at 2^64.
#[doc(hidden)]
pub fn account_ring_from<const W: usize>(
    capacity_slots: usize,
    first: u64,
) -> Result<(Producer<W>, Consumer<W>), RingError> {
    check_capacity(capacity_slots, 1)?;
    let shared = Arc::new(Shared {
        slots: Slots::new(capacity_slots, |_| 0),
        pushed: CachePadded::new(AtomicU64::new(first)),
        popped: CachePadded::new(AtomicU64::new(first)),
        producer_gone: AtomicBool::new(false),
        consumer_gone: AtomicBool::new(false),
    });
    let producer = Producer { shared: shared.clone(), next: first, popped: first, high_water: 0 };
    Ok((producer, Consumer { shared, next: first, pushed: first }))
}

#[derive(Debug)]
struct Shared<const W: usize> {
    slots: Slots<W>,
    /// Sequence after the newest record; written by the producer.
    pushed: CachePadded<AtomicU64>,
    /// Sequence of the oldest record still here; written by the consumer.
    popped: CachePadded<AtomicU64>,
    producer_gone: AtomicBool,
    consumer_gone: AtomicBool,
}

impl<const W: usize> Shared<W> {
    #[inline]
    fn slot(&self, sequence: u64) -> Slot<'_, W> {
        self.slots.get(sequence)
    }
}

/// The writing end. Dropping it closes the ring.
#[derive(Debug)]
pub struct Producer<const W: usize> {
    shared: Arc<Shared<W>>,
    /// Sequence of the next record.
    next: u64,
    /// Copy of `Shared::popped`; can be stale, never ahead.
    popped: u64,
    /// See [`Producer::high_water`].
    high_water: u64,
}

impl<const W: usize> Producer<W> {
    /// Appends a record.
    ///
    /// # Errors
    ///
    /// [`PushError::Full`] or [`PushError::TooLong`]; the ring is as it was before.
    #[inline]
    pub fn push(&mut self, record: &[u64]) -> Result<(), PushError> {
        Slot::<W>::fits(record)?;
        if self.waiting() == self.shared.slots.len() as u64 {
            self.look_at_consumer(); // P1
            if self.waiting() == self.shared.slots.len() as u64 {
                self.high_water = self.waiting();
                return Err(PushError::Full);
            }
        }
        let slot = self.shared.slot(self.next); // P2
        slot.set_tag(Tag::new(self.next, record.len()), Relaxed);
        slot.store(record);
        self.next = self.next.wrapping_add(1);
        // P3. Release: pairs with C1, the Acquire load in `Consumer::pop`.
        self.shared.pushed.store(self.next, Release);
        if self.waiting() > self.high_water {
            // The record is on its way; now there is time to ask how many really wait.
            self.look_at_consumer();
            self.high_water = self.high_water.max(self.waiting());
        }
        Ok(())
    }

    /// Most records that were ever waiting, as counted right after each push, when the consumer may
    /// have taken some of them already. Equals the capacity if the ring was ever found full.
    pub fn high_water(&self) -> u64 {
        self.high_water
    }

    /// Whether at least half of the ring is free, so that what can wait does not take the room of what
    /// cannot.
    pub fn is_mostly_free(&mut self) -> bool {
        let half = self.shared.slots.len() as u64 / 2;
        if self.waiting() > half {
            self.look_at_consumer();
        }
        self.waiting() <= half
    }

    /// How many records wait as far as this end knows: never fewer than truly do.
    #[inline]
    fn waiting(&self) -> u64 {
        self.next.wrapping_sub(self.popped)
    }

    #[inline]
    fn look_at_consumer(&mut self) {
        // Acquire: pairs with C3, the Release store in `Consumer::pop`.
        self.popped = self.shared.popped.load(Acquire);
    }

    /// Whether the consumer is gone: nobody will read what is pushed.
    pub fn is_abandoned(&self) -> bool {
        // Relaxed: nothing hangs on it but the wish to stop.
        self.shared.consumer_gone.load(Relaxed)
    }
}

impl<const W: usize> Drop for Producer<W> {
    fn drop(&mut self) {
        // Release: pairs with the Acquire load in `Consumer::is_closed`; who sees the end sees every
        // record before it.
        self.shared.producer_gone.store(true, Release);
    }
}

/// The reading end.
#[derive(Debug)]
pub struct Consumer<const W: usize> {
    shared: Arc<Shared<W>>,
    /// Sequence of the record to take next.
    next: u64,
    /// Copy of `Shared::pushed`; can be stale, never ahead.
    pushed: u64,
}

impl<const W: usize> Consumer<W> {
    /// Takes the oldest record into `buffer`.
    #[inline]
    pub fn pop<'b>(&mut self, buffer: &'b mut [u64; W]) -> Option<&'b [u64]> {
        if self.next == self.pushed {
            // C1. Acquire: pairs with P3, the Release store in `Producer::push`.
            self.pushed = self.shared.pushed.load(Acquire);
            if self.next == self.pushed {
                return None;
            }
        }
        let slot = self.shared.slot(self.next); // C2
        let length = slot.load(slot.tag().words(), buffer);
        self.next = self.next.wrapping_add(1);
        // C3. Release: pairs with P1, the Acquire load in `Producer::look_at_consumer`.
        self.shared.popped.store(self.next, Release);
        Some(&buffer[..length])
    }

    /// Whether there is nothing to take right now. This is the question to ask before going to sleep;
    /// see [`super::wake`].
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Acquire: as C1. The answer alone needs no ordering, but a reader woken by it pops next.
        self.next == self.shared.pushed.load(Acquire)
    }

    /// Whether the producer is gone and everything was taken.
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release store in `Producer::drop`, so that `is_empty` sees its last
        // push.
        self.shared.producer_gone.load(Acquire) && self.is_empty()
    }
}

impl<const W: usize> Drop for Consumer<W> {
    fn drop(&mut self) {
        // Relaxed: see `Producer::is_abandoned`.
        self.shared.consumer_gone.store(true, Relaxed);
    }
}

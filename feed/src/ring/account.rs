//! The lossless ring: one producer, one consumer, records of varying length.
//!
//! # Hot path
//! `push` and `pop` move only the record's own words. The producer publishes by storing its cursor
//! (release), the consumer gives slots back by storing its own (release); each end keeps a copy of
//! the other's cursor and looks at the real one only when the copy says full or empty.

use crossbeam::utils::CachePadded;

use super::error::{PushError, RingError, check_capacity};
use super::slot::Slot;
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
    check_capacity(capacity_slots, 1)?;
    let shared = Arc::new(Shared {
        slots: Slot::row(capacity_slots, |_| 0),
        pushed: CachePadded::new(AtomicU64::new(0)),
        popped: CachePadded::new(AtomicU64::new(0)),
        producer_gone: AtomicBool::new(false),
        consumer_gone: AtomicBool::new(false),
    });
    let producer = Producer { shared: shared.clone(), next: 0, popped: 0, high_water: 0 };
    Ok((producer, Consumer { shared, next: 0, pushed: 0 }))
}

#[derive(Debug)]
struct Shared<const W: usize> {
    slots: Box<[Slot<W>]>,
    /// Records pushed so far; written by the producer.
    pushed: CachePadded<AtomicU64>,
    /// Records popped so far; written by the consumer.
    popped: CachePadded<AtomicU64>,
    producer_gone: AtomicBool,
    consumer_gone: AtomicBool,
}

impl<const W: usize> Shared<W> {
    #[inline]
    fn slot(&self, sequence: u64) -> &Slot<W> {
        // The capacity is a power of two, so the mask keeps the index inside.
        &self.slots[sequence as usize & (self.slots.len() - 1)]
    }
}

/// The writing end. Dropping it closes the ring.
#[derive(Debug)]
pub struct Producer<const W: usize> {
    shared: Arc<Shared<W>>,
    next: u64,
    /// Copy of the consumer's cursor; can be stale, never ahead.
    popped: u64,
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
        let capacity = self.shared.slots.len() as u64;
        if self.next.wrapping_sub(self.popped) == capacity {
            // Acquire: pairs with the release in `pop`; the consumer has left the slot.
            self.popped = self.shared.popped.load(Acquire);
            if self.next.wrapping_sub(self.popped) == capacity {
                return Err(PushError::Full);
            }
        }
        self.shared.slot(self.next).store(record);
        self.next = self.next.wrapping_add(1);
        self.high_water = self.high_water.max(self.next.wrapping_sub(self.popped));
        // Release: pairs with the acquire in `pop`; the words above are visible with the cursor.
        self.shared.pushed.store(self.next, Release);
        Ok(())
    }

    /// Most records that were ever waiting, as far as this end saw: never less than the truth.
    pub fn high_water(&self) -> u64 {
        self.high_water
    }

    /// Whether the consumer is gone: nobody will read what is pushed.
    pub fn is_abandoned(&self) -> bool {
        self.shared.consumer_gone.load(Relaxed)
    }
}

impl<const W: usize> Drop for Producer<W> {
    fn drop(&mut self) {
        // Release: pairs with the acquire in `is_closed`; every push comes before.
        self.shared.producer_gone.store(true, Release);
    }
}

/// The reading end.
#[derive(Debug)]
pub struct Consumer<const W: usize> {
    shared: Arc<Shared<W>>,
    next: u64,
    /// Copy of the producer's cursor; can be stale, never ahead.
    pushed: u64,
}

impl<const W: usize> Consumer<W> {
    /// Takes the oldest record into `buffer`.
    #[inline]
    pub fn pop<'b>(&mut self, buffer: &'b mut [u64; W]) -> Option<&'b [u64]> {
        if self.next == self.pushed {
            // Acquire: pairs with the release in `push`.
            self.pushed = self.shared.pushed.load(Acquire);
            if self.next == self.pushed {
                return None;
            }
        }
        let length = self.shared.slot(self.next).load(buffer);
        self.next = self.next.wrapping_add(1);
        // Release: pairs with the acquire in `push`; the words were read before the slot is free.
        self.shared.popped.store(self.next, Release);
        Some(&buffer[..length])
    }

    /// Whether there is nothing to take right now.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.next == self.shared.pushed.load(Acquire)
    }

    /// Whether the producer is gone and everything was taken.
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with the release in the producer's drop, so that `is_empty` sees its last
        // push.
        self.shared.producer_gone.load(Acquire) && self.is_empty()
    }
}

impl<const W: usize> Drop for Consumer<W> {
    fn drop(&mut self) {
        self.shared.consumer_gone.store(true, Relaxed);
    }
}

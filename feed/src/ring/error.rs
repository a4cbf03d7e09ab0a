//! What can go wrong with a ring: once at construction, and per record.

use thiserror::Error;

use super::CAPACITY_SLOTS_MAX;

/// A ring, or a place to sleep at it, that cannot be made as asked. Misuse by the caller, usually a
/// wrong value in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RingError {
    /// The capacity is not a power of two.
    #[error(
        "a ring of {capacity_slots} slots is not possible: the capacity must be a power of two, \
         for example {}", .capacity_slots.next_power_of_two()
    )]
    CapacityNotPowerOfTwo {
        /// The capacity that was asked for, in slots.
        capacity_slots: usize,
    },
    /// The capacity is below what the ring needs to work, or above [`CAPACITY_SLOTS_MAX`].
    #[error(
        "a ring of {capacity_slots} slots is not possible: the capacity must lie between \
         {capacity_slots_min} and {max}", max = CAPACITY_SLOTS_MAX
    )]
    CapacityOutOfRange {
        /// The capacity that was asked for, in slots.
        capacity_slots: usize,
        /// The smallest capacity of this kind of ring, in slots.
        capacity_slots_min: usize,
    },
}

/// A record that no slot of this ring can hold. Nothing was written: a record is never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a record of {words} words does not fit a slot of {words_max}: make the ring with wider slots"
)]
pub struct RecordTooLong {
    /// Length of the record, in words of 8 bytes.
    pub words: usize,
    /// Room in a slot, in words of 8 bytes.
    pub words_max: usize,
}

/// A record that the lossless ring did not take. The ring is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PushError {
    /// Every slot holds a record that the consumer has not taken yet (backpressure).
    #[error("the ring is full: the consumer is behind by its whole capacity")]
    Full,
    /// The record is longer than a slot.
    #[error(transparent)]
    TooLong(#[from] RecordTooLong),
}

/// Accepts a capacity between `capacity_slots_min` and [`CAPACITY_SLOTS_MAX`] that is a power of two.
pub(super) fn check_capacity(
    capacity_slots: usize,
    capacity_slots_min: usize,
) -> Result<(), RingError> {
    if !(capacity_slots_min..=CAPACITY_SLOTS_MAX).contains(&capacity_slots) {
        return Err(RingError::CapacityOutOfRange { capacity_slots, capacity_slots_min });
    }
    if !capacity_slots.is_power_of_two() {
        return Err(RingError::CapacityNotPowerOfTwo { capacity_slots });
    }
    Ok(())
}

//! Rings that hand records from one thread to others, and the ways to wait for them.
//!
//! # Hot path
//!
//! Between `read` and `write` every record crosses one of these rings. After construction nothing
//! here allocates, takes a lock, logs, formats or panics, and nothing calls the kernel except for a
//! reader that chose to sleep and the [`Waker`] that has to get it up again. Budget: 100 ns from
//! `publish` on one core to the record in the buffer of a spinning reader on another, for records
//! of one cache line; the publisher's own share is below 20 ns.
//!
//! | ring | writer → readers | when full |
//! |---|---|---|
//! | [`market`] | one publisher, any number of readers | the publisher never waits: a reader that was lapped learns how many records it lost |
//! | [`account`] | one producer, one consumer | nothing is lost: `push` says [`PushError::Full`] and leaves the ring untouched |
//!
//! Both carry *records*: slices of 64-bit words, each with a length of its own up to the `W` words
//! of a slot. Only the words of the record move, never the whole slot, so that a trade costs two
//! cache lines even where a slot has room for an order book.
//!
//! Sleeping is a matter apart: [`wake`] lets readers sleep at the price of one fence and one load
//! for the writer, and [`wait`] makes spinning, sleeping, or first one and then the other a choice of
//! the configuration.
//!
//! # Sound
//!
//! The words of a slot are atomics, written and read with relaxed ordering; the stamps of the slot order
//! them. No byte is ever shared without an atomic, so that there is no data race for the memory model
//! to object to. `unsafe` stands in one file, `copy.rs`: on x86-64 the words move two at a time, in
//! assembly, and the argument why that is the same stands at its head.
//!
//! # How it is checked
//!
//! - `cargo test -p feed --test 'ring_*'`: threads under stress, the wrap of sequences, properties
//!   against a model.
//! - `.ci/loom`: the crate in `feed/loom` compiles this module with loom's atomics and threads and
//!   runs their interleavings, with the values that the memory model lets a load return, as tables of
//!   allowed outcomes. The larger models are bounded to two or three preemptions; and loom never
//!   shows a load the value of a store that comes after it in its own run, so that C3 and P1 of
//!   [`account`] rest on the argument given there.
//! - ThreadSanitizer: see the head of `tests/ring_market.rs` for the command.
//! - Miri: `cargo +nightly miri test -p feed --test ring_account`, where the component exists.

pub mod account;
mod copy;
mod error;
pub mod market;
mod slot;
mod sync;
pub mod wait;
pub mod wake;

#[doc(hidden)]
pub use account::account_ring_from;
pub use account::{Consumer, Producer, account_ring};
pub use error::{PushError, RecordTooLong, RingError};
#[doc(hidden)]
pub use market::market_ring_from;
pub use market::{Claim, Poll, Publisher, Reader, Subscribers, market_ring};
pub use wait::{Idle, Wait};
pub use wake::{Sleeper, Waker, bell};

/// Room in one slot, in words of 8 bytes: the largest record (84 words) and, behind it, the time at
/// which it was published.
pub const SLOT_WORDS: usize = 88;

/// Most slots that a ring may have. A limit against slips of the pen, not against real needs: at
/// [`SLOT_WORDS`] this is already close to 3 GB.
pub const CAPACITY_SLOTS_MAX: usize = 1 << 22;

//! One text frame: scanned, published, counted, timed.
//!
//! # Hot path
//!
//! [`Intake::take`] on a `REAL` frame allocates nothing after the scanner's warm-up, locks nothing,
//! logs nothing and makes no system call (with a TSC clock, and as long as no reader sleeps). What it
//! does with a refused frame is off that path: it is copied into the quarantine.

use std::sync::Arc;

use strategy_api::record::{Kind, Record, header_of};
use strategy_api::{Count, FeedChange, FeedEvent as FeedRecord, Text, UnixNanos};

use super::counters::{FeedCounts, SharedCounts};
use super::hops::HopHistograms;
use super::quarantine::{QuarantineReason, QuarantineSink, Quarantined};
use crate::clock::Clock;
use crate::connection::ReadStamp;
use crate::ring::{Producer, Publisher, SLOT_WORDS, Waker};
use crate::scan::{Batch, ScanError, Scanned, Scanner, Stamps};
use crate::session::FeedEvent;

/// Where the records of one feed thread go.
#[derive(Debug)]
pub struct Outlets {
    /// Market data and feed events, for everybody.
    pub market: Publisher<SLOT_WORDS>,
    /// Wakes readers of the market ring that sleep.
    pub market_waker: Option<Waker>,
    /// What the gateway must not miss, in order: own orders and positions, and copies of feed events,
    /// session states (`0s`) and volatility interruptions (`1h`).
    pub account: Producer<SLOT_WORDS>,
    /// Wakes the reader of the account ring.
    pub account_waker: Option<Waker>,
    /// Where refused frames go; `None` drops (and counts) them.
    pub quarantine: Option<QuarantineSink>,
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Data; everything is done.
    Real,
    /// A message for the session.
    Message,
    /// No JSON; it is counted and in quarantine.
    Refused(ScanError),
}

/// The part of the feed thread that handles records. It does no I/O, so tests and benches can drive
/// it with frames of their own.
#[derive(Debug)]
pub struct Intake {
    scanner: Scanner,
    outlets: Outlets,
    connection: u8,
    account_sequence: u64,
    counts: FeedCounts,
    hops: Box<HopHistograms>,
    shared: Arc<SharedCounts>,
    /// A record on its way to a ring, to set its sequence.
    slot: Box<[u64; SLOT_WORDS]>,
    overflow: Overflow,
    unread: Unread,
}

/// Which rings hold something that their sleeping readers were not told of.
#[derive(Debug, Default)]
struct Unread {
    market: bool,
    account: bool,
}

/// What is known of an account ring that overflowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    No,
    Untold,
    Told,
}

impl Overflow {
    /// An account record was lost.
    #[cold]
    fn note(&mut self, shared: &SharedCounts) {
        shared.latch_account_overflow();
        if *self == Self::No {
            *self = Self::Untold;
        }
    }
}

/// Word of the header that holds the sequence.
const SEQUENCE_WORD: usize = std::mem::offset_of!(strategy_api::Header, sequence) / 8;

impl Intake {
    /// An intake of its own, as for a test or a bench. `connection` is the number in feed events.
    pub fn new(scanner: Scanner, outlets: Outlets, connection: u8) -> Self {
        Self::with_shared(scanner, outlets, connection, Arc::new(SharedCounts::new()))
    }

    pub(super) fn with_shared(
        scanner: Scanner,
        outlets: Outlets,
        connection: u8,
        shared: Arc<SharedCounts>,
    ) -> Self {
        Self {
            scanner,
            outlets,
            connection,
            account_sequence: 0,
            counts: FeedCounts::default(),
            hops: Box::default(),
            shared,
            slot: Box::new([0; SLOT_WORDS]),
            overflow: Overflow::No,
            unread: Unread::default(),
        }
    }

    /// Takes one text frame in.
    #[inline]
    pub fn take(&mut self, frame: &[u8], stamp: ReadStamp, clock: &mut Clock) -> Taken {
        self.take_then(frame, stamp, clock, || ())
    }

    /// The same, and calls `then` as soon as the frame's records are in the rings: those who read them
    /// on this thread do not wait for what is done about the frame besides.
    #[inline]
    pub fn take_then(
        &mut self,
        frame: &[u8],
        stamp: ReadStamp,
        clock: &mut Clock,
        then: impl FnOnce(),
    ) -> Taken {
        self.counts.frames += 1;
        let recv = stamp.reading.unix;
        match self.scanner.scan(frame, Stamps { kernel: stamp.kernel, recv }) {
            Ok(Scanned::Real(batch)) => {
                // One reading ends this hop and begins the next, so that the hops add up.
                let published = clock.now();
                let mut desk = Desk {
                    outlets: &mut self.outlets,
                    counts: &mut self.counts,
                    slot: &mut self.slot,
                    account_sequence: &mut self.account_sequence,
                    published,
                    unread: &mut self.unread,
                    lost: 0,
                };
                desk.publish(&batch);
                let lost = desk.lost;
                if lost > 0 {
                    // Nobody may trade on what comes after a loss.
                    self.overflow.note(&self.shared);
                }
                then();
                self.hops.record(stamp.kernel, recv, published);
                if batch.refused_count() > 0 {
                    let why = || QuarantineReason::Entries(batch.refused().to_vec());
                    quarantine(&self.outlets, &mut self.counts, frame, why, recv, self.connection);
                }
                Taken::Real
            }
            Ok(Scanned::Message) => Taken::Message,
            Err(error) => {
                self.counts.refused_frames += 1;
                let why = || QuarantineReason::Frame(error);
                quarantine(&self.outlets, &mut self.counts, frame, why, recv, self.connection);
                Taken::Refused(error)
            }
        }
    }

    /// Wakes the readers that sleep, if something was published since the last call. Call it after the
    /// last frame of a read: a reader that is woken in the middle takes the core from the frames behind,
    /// where cores are few. Readers that spin need no waking.
    #[inline]
    pub fn wake_readers(&mut self) {
        if std::mem::take(&mut self.unread.market) {
            wake(&self.outlets.market_waker);
        }
        if std::mem::take(&mut self.unread.account) {
            wake(&self.outlets.account_waker);
        }
    }

    /// Puts a change of the feed into the stream of market data and into that of own orders, in order
    /// with both.
    pub fn publish_event(&mut self, event: &FeedEvent, now: UnixNanos) {
        if let Some(change) = event.change() {
            self.publish_change(change, &event.to_string(), now);
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> &FeedCounts {
        &self.counts
    }

    /// The latencies recorded so far.
    pub fn hops(&self) -> &HopHistograms {
        &self.hops
    }

    pub(super) fn counts_mut(&mut self) -> &mut FeedCounts {
        &mut self.counts
    }

    pub(super) fn hops_mut(&mut self) -> &mut Box<HopHistograms> {
        &mut self.hops
    }

    pub(super) fn scanner_mut(&mut self) -> &mut Scanner {
        &mut self.scanner
    }

    /// Whether the account ring has overflowed and nobody was told: true once.
    pub(super) fn take_overflow(&mut self) -> bool {
        let untold = self.overflow == Overflow::Untold;
        if untold {
            self.overflow = Overflow::Told;
        }
        untold
    }

    fn publish_change(&mut self, change: FeedChange, reason: &str, now: UnixNanos) {
        let mut record = FeedRecord::unset();
        record.header.ts_recv = now;
        record.lost = Count::UNSET;
        record.reason = Text::truncated(reason).0;
        record.change = change;
        record.connection = self.connection;
        let mut desk = Desk {
            outlets: &mut self.outlets,
            counts: &mut self.counts,
            slot: &mut self.slot,
            account_sequence: &mut self.account_sequence,
            published: now,
            unread: &mut self.unread,
            lost: 0,
        };
        desk.put_market(record.words());
        desk.copy_to_account(record.words());
        let lost = desk.lost;
        wake(&self.outlets.market_waker);
        wake(&self.outlets.account_waker);
        if lost > 0 {
            self.overflow.note(&self.shared);
        }
    }
}

/// The borrows that publishing needs while the scanner's buffers are borrowed too.
struct Desk<'a> {
    outlets: &'a mut Outlets,
    counts: &'a mut FeedCounts,
    slot: &'a mut [u64; SLOT_WORDS],
    account_sequence: &'a mut u64,
    published: UnixNanos,
    unread: &'a mut Unread,
    lost: u64,
}

impl Desk<'_> {
    #[inline]
    fn publish(&mut self, batch: &Batch<'_>) {
        self.counts.real_frames += 1;
        self.counts.entries += u64::from(batch.entries());
        self.counts.refused_entries += u64::from(batch.refused_count());
        self.counts.unknown_types += u64::from(batch.unknown_types());
        let (mut to_market, mut to_account) = (false, false);
        for record in batch.records() {
            if record.is_account() {
                self.put_account(&record);
                to_account = true;
            } else {
                self.put_market(&record);
                to_market = true;
            }
            if let Some(header) = header_of(&record)
                && header.kind != Kind::EXTRAS
            {
                self.counts.count_kind(header.kind);
                if matches!(header.kind, Kind::SESSION_STATE | Kind::VOLATILITY_INTERRUPTION) {
                    self.copy_to_account(&record);
                    to_account = true;
                }
            }
        }
        self.unread.market |= to_market;
        self.unread.account |= to_account;
    }

    #[inline]
    fn put_market(&mut self, words: &[u64]) {
        let sequence = self.outlets.market.next_sequence();
        let record = prepare(self.slot, words, sequence, self.published);
        match self.outlets.market.publish(record) {
            Ok(_) => self.counts.market_records += 1,
            // Every record fits a slot: `RECORD_WORDS_MAX` is asserted against `SLOT_WORDS` below.
            Err(_) => debug_assert!(false, "a record fits its slot"),
        }
    }

    #[inline]
    fn put_account(&mut self, words: &[u64]) {
        if self.copy_to_account(words) {
            self.counts.account_records += 1;
        }
    }

    /// Whether it found room.
    #[inline]
    fn copy_to_account(&mut self, words: &[u64]) -> bool {
        let record = prepare(self.slot, words, *self.account_sequence, self.published);
        // The sequence goes on even where a record is lost: the hole shows the loss.
        *self.account_sequence += 1;
        match self.outlets.account.push(record) {
            Ok(()) => true,
            Err(_) => {
                self.counts.account_lost += 1;
                self.lost += 1;
                false
            }
        }
    }
}

const _: () = assert!(strategy_api::record::RECORD_WORDS_MAX < SLOT_WORDS);

/// Copies a record, sets its sequence, and puts the time of publishing behind it: one word more than
/// the record's own size says, for whoever measures the way to the strategy.
#[inline]
fn prepare<'s>(
    slot: &'s mut [u64; SLOT_WORDS],
    words: &[u64],
    sequence: u64,
    published: UnixNanos,
) -> &'s [u64] {
    let length = words.len().min(SLOT_WORDS - 1);
    slot[..length].copy_from_slice(&words[..length]);
    slot[length] = published.raw();
    if length > SEQUENCE_WORD {
        slot[SEQUENCE_WORD] = sequence;
    }
    &slot[..=length]
}

#[inline]
fn wake(waker: &Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cold]
fn quarantine(
    outlets: &Outlets,
    counts: &mut FeedCounts,
    frame: &[u8],
    why: impl FnOnce() -> QuarantineReason,
    recv: UnixNanos,
    connection: u8,
) {
    let kept = outlets.quarantine.as_ref().is_some_and(|sink| {
        sink.put(|| Quarantined { frame: frame.to_vec(), why: why(), recv, connection })
    });
    if !kept {
        counts.quarantine_dropped += 1;
    }
}

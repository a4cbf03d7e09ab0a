//! What the feed thread has counted, for watchers on other threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use strategy_api::Kind;

use crate::session::SessionCounts;

/// Record kinds that are counted one by one.
const KINDS: usize = 64;

/// Counts of one feed thread, since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedCounts {
    /// Bytes read from the sockets, TLS and framing included.
    pub bytes: u64,
    /// Text frames.
    pub frames: u64,
    /// Of these, `REAL` frames that were read.
    pub real_frames: u64,
    /// Of these, frames that were refused whole: no JSON.
    pub refused_frames: u64,
    /// Entries of `REAL` frames, whatever became of them.
    pub entries: u64,
    /// Entries that were refused.
    pub refused_entries: u64,
    /// Entries of a type that has no record.
    pub unknown_types: u64,
    /// Binary messages; the broker sends none.
    pub binary_frames: u64,
    /// Records published to the market ring, feed events and extra fields included.
    pub market_records: u64,
    /// Records handed to the account ring.
    pub account_records: u64,
    /// Account records that found the account ring full. Above zero: trading has to halt.
    pub account_lost: u64,
    /// Refused frames that the quarantine had no room for.
    pub quarantine_dropped: u64,
    /// Notices that nobody read in time.
    pub notices_dropped: u64,
    /// What the session has seen.
    pub session: SessionCounts,
    /// Largest deviation of the clock from the system's, in nanoseconds.
    pub clock_deviation_nanos_max: u64,
    by_kind: [u64; KINDS],
}

impl FeedCounts {
    /// Entries that became a record of this kind.
    pub fn of_kind(&self, kind: Kind) -> u64 {
        self.by_kind.get(usize::from(kind.0)).copied().unwrap_or_default()
    }

    /// All kinds that occurred, with their counts.
    pub fn by_kind(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        self.by_kind
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(kind, count)| (Kind(kind as u8), *count))
    }

    /// Logins after the first one.
    pub fn reconnects(&self) -> u64 {
        self.session.logins.saturating_sub(1)
    }

    #[inline]
    pub(super) fn count_kind(&mut self, kind: Kind) {
        if let Some(count) = self.by_kind.get_mut(usize::from(kind.0)) {
            *count += 1;
        }
    }
}

impl Default for FeedCounts {
    fn default() -> Self {
        Self::from_words(&[0; WORDS])
    }
}

/// Counts that are a word each, in a fixed order: those above, the session's, then the kinds.
const WORDS: usize = 14 + 9 + KINDS;

impl FeedCounts {
    fn words(&self) -> [u64; WORDS] {
        let session = &self.session;
        let head = [
            self.bytes,
            self.frames,
            self.real_frames,
            self.refused_frames,
            self.entries,
            self.refused_entries,
            self.unknown_types,
            self.binary_frames,
            self.market_records,
            self.account_records,
            self.account_lost,
            self.quarantine_dropped,
            self.notices_dropped,
            self.clock_deviation_nanos_max,
            session.logins,
            session.login_answers,
            session.reg_answers,
            session.remove_answers,
            session.pings,
            session.systems,
            session.conditions,
            session.others,
            session.malformed,
        ];
        let mut words = [0; WORDS];
        words[..head.len()].copy_from_slice(&head);
        words[head.len()..].copy_from_slice(&self.by_kind);
        words
    }

    fn from_words(words: &[u64; WORDS]) -> Self {
        let [
            bytes,
            frames,
            real_frames,
            refused_frames,
            entries,
            refused_entries,
            unknown_types,
            binary_frames,
            market_records,
            account_records,
            account_lost,
            quarantine_dropped,
            notices_dropped,
            clock_deviation_nanos_max,
            logins,
            login_answers,
            reg_answers,
            remove_answers,
            pings,
            systems,
            conditions,
            others,
            malformed,
            by_kind @ ..,
        ] = *words;
        Self {
            bytes,
            frames,
            real_frames,
            refused_frames,
            entries,
            refused_entries,
            unknown_types,
            binary_frames,
            market_records,
            account_records,
            account_lost,
            quarantine_dropped,
            notices_dropped,
            session: SessionCounts {
                logins,
                login_answers,
                reg_answers,
                remove_answers,
                pings,
                systems,
                conditions,
                others,
                malformed,
            },
            clock_deviation_nanos_max,
            by_kind,
        }
    }
}

/// The published copy of the counts. Written by the feed thread's housekeeping only; a reader may
/// see values of two neighbouring moments side by side.
#[derive(Debug)]
pub(super) struct SharedCounts {
    words: [AtomicU64; WORDS],
    /// Latched: an account record found no room. Written by the feed thread.
    account_overflow: AtomicBool,
    /// Whether a login holds. Written by the feed thread.
    live: AtomicBool,
}

impl SharedCounts {
    pub(super) fn new() -> Self {
        Self {
            words: std::array::from_fn(|_| AtomicU64::new(0)),
            account_overflow: AtomicBool::new(false),
            live: AtomicBool::new(false),
        }
    }

    pub(super) fn publish(&self, counts: &FeedCounts, live: bool) {
        for (shared, word) in self.words.iter().zip(counts.words()) {
            // Relaxed: figures for people; nothing is ordered by them.
            shared.store(word, Ordering::Relaxed);
        }
        // Relaxed: as above.
        self.live.store(live, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> FeedCounts {
        // Relaxed: pairs with the stores in `publish`; a mixture of two moments is fine.
        FeedCounts::from_words(&std::array::from_fn(|at| self.words[at].load(Ordering::Relaxed)))
    }

    pub(super) fn latch_account_overflow(&self) {
        // Release: pairs with the Acquire load in `account_overflow`, so that who halts on it sees
        // everything the feed thread published before.
        self.account_overflow.store(true, Ordering::Release);
    }

    pub(super) fn account_overflow(&self) -> bool {
        // Acquire: pairs with the Release store in `latch_account_overflow`.
        self.account_overflow.load(Ordering::Acquire)
    }

    pub(super) fn is_live(&self) -> bool {
        // Relaxed: for people.
        self.live.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_what_is_read() {
        let words: [u64; WORDS] = std::array::from_fn(|at| at as u64 + 1);
        let counts = FeedCounts::from_words(&words);
        assert_eq!(counts.words(), words, "the two orders are one");
        let shared = SharedCounts::new();
        assert_eq!(shared.read(), FeedCounts::default());
        shared.publish(&counts, true);
        assert_eq!(shared.read(), counts);
        assert!(shared.is_live() && !shared.account_overflow());
        shared.latch_account_overflow();
        assert!(shared.account_overflow());
    }

    #[test]
    fn kinds_are_counted_one_by_one_and_odd_ones_do_no_harm() {
        let mut counts = FeedCounts::default();
        counts.count_kind(Kind::TRADE);
        counts.count_kind(Kind::TRADE);
        counts.count_kind(Kind::BALANCE);
        counts.count_kind(Kind(255));
        let kinds: Vec<_> = counts.by_kind().collect();
        assert_eq!(kinds, [(Kind::TRADE, 2), (Kind::BALANCE, 1)]);
        assert_eq!(counts.of_kind(Kind::TRADE), 2);
        assert_eq!(counts.of_kind(Kind(255)), 0);
    }
}

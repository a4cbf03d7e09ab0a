//! The gateway's ends of the strategies.

use super::Command;
use feed::ring::{Producer, SLOT_WORDS, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The gateway's end of one strategy.
pub struct StrategyEnd {
    /// What it wants.
    pub commands: rtrb::Consumer<Command>,
    /// What it is told.
    pub updates: Producer<SLOT_WORDS>,
    /// Kinds of account records it asked for, one bit each.
    pub account_kinds: u64,
    /// Set when it lets its updates pile up: it is stopped.
    pub overrun: Arc<AtomicBool>,
    /// Set when it was stopped before its time, by itself, an error or a panic.
    pub stopped: Arc<AtomicBool>,
}

/// All of them.
pub(super) struct Ends {
    pub(super) ends: Vec<StrategyEnd>,
    pub(super) waker: Waker,
}

impl Ends {
    /// Hands a record to a strategy. One that leaves no room is stopped: it must not trade on an
    /// incomplete picture of its own orders.
    pub(super) fn tell(&mut self, index: usize, words: &[u64]) {
        let Some(end) = self.ends.get_mut(index) else { return };
        match end.updates.push(words) {
            Ok(()) => self.waker.wake(),
            // A strategy that has ended reads nothing more.
            Err(_) if end.updates.is_abandoned() => {}
            // Release: pairs with the acquire in the strategy's thread.
            Err(_) => end.overrun.store(true, Ordering::Release),
        }
    }

    /// Whether a strategy has read so much of what it was told that more may be told that can wait.
    pub(super) fn is_reading(&mut self, index: usize) -> bool {
        self.ends.get_mut(index).is_some_and(|end| end.updates.is_mostly_free())
    }

    /// Hands a record to all of them.
    pub(super) fn tell_all(&mut self, words: &[u64]) {
        for index in 0..self.ends.len() {
            self.tell(index, words);
        }
    }

    /// Hands an own order event or position to those that asked for its kind.
    pub(super) fn pass_on(&mut self, kind: strategy_api::Kind, words: &[u64]) {
        let bit = 1u64.checked_shl(u32::from(kind.0)).unwrap_or(0);
        for index in 0..self.ends.len() {
            if self.ends[index].account_kinds & bit != 0 {
                self.tell(index, words);
            }
        }
    }
}

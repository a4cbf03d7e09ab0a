//! What the gateway's thread shows while it works, and what it is asked for.

use crate::desk::TradingLine;
use crate::kill::KillReason;
use crossbeam::queue::ArrayQueue;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use strategy_api::UnixNanos;

/// What the main thread wants of the gateway.
#[derive(Debug)]
pub enum Control {
    /// Pull the kill switch.
    Kill {
        /// Why.
        reason: KillReason,
        /// Who.
        who: String,
        /// In words.
        detail: String,
    },
    /// The run ends: take nothing new and, with `true`, cancel everything.
    WindDown(bool),
}

/// How far the gateway is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// It has not begun.
    Starting,
    /// It waits for the feed, or for the broker's books.
    Books,
    /// Strategies trade.
    Trading,
    /// The kill switch is pulled, and what works is being cancelled.
    Killing,
    /// The kill switch is pulled, and the work is done.
    Killed,
    /// The run ends, and something is still under way.
    WindingDown,
    /// The run ends, and nothing is.
    Settled,
}

impl Stage {
    const ALL: [Self; 7] = [
        Self::Starting,
        Self::Books,
        Self::Trading,
        Self::Killing,
        Self::Killed,
        Self::WindingDown,
        Self::Settled,
    ];
}

/// What other threads see of the gateway while it works.
#[derive(Debug)]
pub struct Live {
    /// When its last turn began, nanoseconds since 1970; 0 before the first.
    pub(super) beat: AtomicU64,
    pub(super) stage: AtomicU8,
    /// Whether market data have to come: a venue trades continuously, and not every instrument rests.
    pub(super) data_expected: AtomicBool,
    pub(super) journal_failed: AtomicBool,
    pub(super) line: ArrayQueue<TradingLine>,
}

impl Live {
    /// Of a gateway that has not begun.
    pub fn new() -> Self {
        Self {
            beat: AtomicU64::new(0),
            stage: AtomicU8::new(Stage::Starting as u8),
            data_expected: AtomicBool::new(false),
            journal_failed: AtomicBool::new(false),
            line: ArrayQueue::new(1),
        }
    }

    /// When its last turn began; unset before the first.
    pub fn beat(&self) -> UnixNanos {
        UnixNanos::new(self.beat.load(Ordering::Relaxed))
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        let number = usize::from(self.stage.load(Ordering::Acquire));
        Stage::ALL.get(number).copied().unwrap_or(Stage::Starting)
    }

    /// Whether market data have to come now: subscribed, a venue trades continuously, and at least one
    /// instrument of the run is neither halted nor in a volatility interruption.
    pub fn is_data_expected(&self) -> bool {
        self.data_expected.load(Ordering::Relaxed)
    }

    /// Whether the journal has failed: nothing leaves any more, cancels included.
    pub fn is_journal_failed(&self) -> bool {
        self.journal_failed.load(Ordering::Acquire)
    }

    /// The newest figures, once.
    pub fn take_line(&self) -> Option<TradingLine> {
        self.line.pop()
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

//! Lines that strategies log, carried off the hot path.

use crossbeam::queue::ArrayQueue;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use strategy_api::{LogLevel, Text, UnixNanos};

/// Lines that can wait to be written; more are dropped and counted.
const LINES_MAX: usize = 1024;

/// One line of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct LogLine {
    /// Number of the strategy.
    pub strategy: u16,
    /// How loud.
    pub level: LogLevel,
    /// The strategy's time.
    pub time: UnixNanos,
    /// The text; cut to what fits.
    pub text: Text<248>,
    /// Whether the text was cut.
    pub cut: bool,
}

/// Where lines wait.
#[derive(Clone, Debug)]
pub struct LogQueue {
    lines: Arc<ArrayQueue<LogLine>>,
    dropped: Arc<AtomicU64>,
}

impl LogQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self { lines: Arc::new(ArrayQueue::new(LINES_MAX)), dropped: Arc::default() }
    }

    /// The end for one strategy.
    pub fn sender(&self, strategy: u16) -> StrategyLog {
        StrategyLog { strategy, queue: self.clone() }
    }

    /// The oldest line.
    pub fn pop(&self) -> Option<LogLine> {
        self.lines.pop()
    }

    /// How many lines found no room.
    pub fn dropped(&self) -> u64 {
        // Relaxed: a statistic.
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Default for LogQueue {
    fn default() -> Self {
        Self::new()
    }
}

/// The end that a strategy writes to. Never blocks.
#[derive(Debug)]
pub struct StrategyLog {
    strategy: u16,
    queue: LogQueue,
}

impl StrategyLog {
    /// Puts a line into the queue, or counts it as dropped.
    pub fn push(&self, time: UnixNanos, level: LogLevel, text: &str) {
        let (text, cut) = Text::truncated(text);
        let line = LogLine { strategy: self.strategy, level, time, text, cut };
        if self.queue.lines.push(line).is_err() {
            // Relaxed: a statistic.
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_and_counts() {
        let queue = LogQueue::new();
        let log = queue.sender(3);
        for n in 0..LINES_MAX + 5 {
            log.push(UnixNanos::new(n as u64), LogLevel::INFO, "line");
        }
        assert_eq!(queue.dropped(), 5);
        assert_eq!(queue.pop().unwrap().strategy, 3);
        assert_eq!(std::iter::from_fn(|| queue.pop()).count(), LINES_MAX - 1);
    }
}

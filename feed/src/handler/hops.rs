//! Latency of the feed thread's two hops, handed to watchers without a lock.
//!
//! The feed thread records into histograms of its own. Now and then its housekeeping swaps them
//! against empty ones and puts the filled ones up for collection; whoever collects adds them up and
//! gives the emptied ones back. If nobody collects, the feed thread goes on filling what it has, and
//! nothing is lost.

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use hdrhistogram::Histogram;
use strategy_api::UnixNanos;

/// The longest time that is told apart, in nanoseconds: 10 s. Longer ones count as this.
pub const HOP_NANOS_MAX: u64 = 10_000_000_000;

/// Significant decimal digits of a recorded time.
pub const HOP_DIGITS: u8 = 3;

/// Latencies of one interval, in nanoseconds.
#[derive(Clone, Debug)]
pub struct HopHistograms {
    /// From the kernel's receive stamp to our clock after the read. Frames without a kernel stamp
    /// are not in it.
    pub kernel_to_read: Histogram<u64>,
    /// From our clock after the read to the last record of the frame being published: decrypting,
    /// framing, scanning, publishing.
    pub read_to_published: Histogram<u64>,
}

impl HopHistograms {
    /// Empty histograms of fixed range.
    pub fn new() -> Self {
        Self { kernel_to_read: hop_histogram(), read_to_published: hop_histogram() }
    }

    #[inline]
    pub(super) fn record(&mut self, kernel: UnixNanos, recv: UnixNanos, published: UnixNanos) {
        if kernel.is_set() {
            // The kernel's clock and ours may differ by the error of an anchor: zero then.
            self.kernel_to_read.saturating_record(recv.raw().saturating_sub(kernel.raw()));
        }
        self.read_to_published.saturating_record(published.raw().saturating_sub(recv.raw()));
    }

    fn reset(&mut self) {
        self.kernel_to_read.reset();
        self.read_to_published.reset();
    }

    fn is_empty(&self) -> bool {
        self.read_to_published.is_empty()
    }
}

impl Default for HopHistograms {
    fn default() -> Self {
        Self::new()
    }
}

/// A histogram of the range and precision that all hops share, so that they can be added up.
pub fn hop_histogram() -> Histogram<u64> {
    // The bounds are constants that the constructor accepts; the test below is the proof.
    Histogram::new_with_bounds(1, HOP_NANOS_MAX, HOP_DIGITS)
        .expect("the bounds of a hop are valid: 1 to 10 s in nanoseconds, 3 digits")
}

/// How many filled histograms can wait for collection.
const WAITING_MAX: usize = 4;

/// The exchange between the feed thread and a collector.
#[derive(Clone, Debug)]
pub(super) struct HopExchange {
    filled: Arc<ArrayQueue<Box<HopHistograms>>>,
    spare: Arc<ArrayQueue<Box<HopHistograms>>>,
}

impl HopExchange {
    pub(super) fn new() -> Self {
        let exchange = Self {
            filled: Arc::new(ArrayQueue::new(WAITING_MAX)),
            spare: Arc::new(ArrayQueue::new(WAITING_MAX)),
        };
        // Two spares: one to swap in while the collector empties the other.
        for _ in 0..2 {
            let _ = exchange.spare.push(Box::default());
        }
        exchange
    }

    /// Puts the filled histograms up and takes empty ones, if there are any. Allocates nothing.
    pub(super) fn swap(&self, active: &mut Box<HopHistograms>) {
        if active.is_empty() {
            return;
        }
        if let Some(empty) = self.spare.pop() {
            let full = std::mem::replace(active, empty);
            // There are three in all, so four places are never taken.
            let _ = self.filled.push(full);
        }
    }

    /// The last ones, from a feed thread that ends.
    pub(super) fn put_last(&self, active: Box<HopHistograms>) {
        let _ = self.filled.push(active);
    }

    pub(super) fn collect(&self, mut each: impl FnMut(&HopHistograms)) {
        while let Some(mut filled) = self.filled.pop() {
            each(&filled);
            filled.reset();
            let _ = self.spare.push(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(hops: &mut HopHistograms, kernel: u64, recv: u64, published: u64) {
        let [kernel, recv, published] = [kernel, recv, published].map(UnixNanos::new);
        hops.record(kernel, recv, published);
    }

    #[test]
    fn every_recorded_time_is_collected_once_whoever_is_slow() {
        let exchange = HopExchange::new();
        let mut active = Box::<HopHistograms>::default();
        let mut collected = 0;
        for turn in 0..100_u64 {
            record(&mut active, 1_000, 1_500, 2_000 + turn);
            exchange.swap(&mut active);
            if turn % 7 == 0 {
                exchange.collect(|hops| collected += hops.read_to_published.len());
            }
        }
        exchange.put_last(active);
        exchange.collect(|hops| collected += hops.read_to_published.len());
        assert_eq!(collected, 100);
    }

    #[test]
    fn a_missing_kernel_stamp_and_clocks_that_disagree_do_no_harm() {
        let mut hops = HopHistograms::new();
        record(&mut hops, 0, 1_000, 1_200);
        assert_eq!(hops.kernel_to_read.len(), 0);
        record(&mut hops, 2_000, 1_000, 900);
        assert_eq!((hops.kernel_to_read.len(), hops.kernel_to_read.max()), (1, 0));
        record(&mut hops, 1, u64::MAX - 1, u64::MAX);
        assert!(hops.kernel_to_read.max() >= HOP_NANOS_MAX);
        assert_eq!(hops.read_to_published.len(), 3);
    }
}

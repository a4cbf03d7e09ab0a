//! Latency of the feed thread's two hops, handed to watchers without a lock.
//!
//! The feed thread records into histograms of its own. Now and then its housekeeping swaps them
//! against empty ones and puts the filled ones up for collection; whoever collects adds them up and
//! gives the emptied ones back. If nobody collects, the feed thread goes on filling what it has, and
//! nothing is lost.

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use strategy_api::UnixNanos;

use super::histogram::HopHistogram;

/// Latencies of one interval, in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct HopHistograms {
    /// From the kernel's receive stamp to our clock after the read. Frames without a kernel stamp
    /// are not in it.
    pub kernel_to_read: HopHistogram,
    /// From our clock after the read to the last record of the frame being published: decrypting,
    /// framing, scanning, publishing.
    pub read_to_published: HopHistogram,
}

impl HopHistograms {
    #[inline]
    pub(super) fn record(&mut self, kernel: UnixNanos, recv: UnixNanos, published: UnixNanos) {
        if kernel.is_set() {
            // The kernel's clock and ours may differ by the error of an anchor: zero then.
            self.kernel_to_read.record(recv.raw().saturating_sub(kernel.raw()));
        }
        self.read_to_published.record(published.raw().saturating_sub(recv.raw()));
    }

    pub(super) fn add_to(&self, sum: &mut Self) {
        self.kernel_to_read.add_to_hop(&mut sum.kernel_to_read);
        self.read_to_published.add_to_hop(&mut sum.read_to_published);
    }

    fn clear(&mut self) {
        self.kernel_to_read.clear();
        self.read_to_published.clear();
    }

    fn is_empty(&self) -> bool {
        self.read_to_published.is_empty()
    }
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
            filled.clear();
            let _ = self.spare.push(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::HOP_NANOS_MAX;
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
        let mut hops = HopHistograms::default();
        record(&mut hops, 0, 1_000, 1_200);
        assert_eq!(hops.kernel_to_read.len(), 0);
        record(&mut hops, 2_000, 1_000, 900);
        assert_eq!((hops.kernel_to_read.len(), hops.kernel_to_read.to_hdr().max()), (1, 0));
        record(&mut hops, 1, u64::MAX - 1, u64::MAX);
        assert!(hops.kernel_to_read.to_hdr().max() >= HOP_NANOS_MAX);
        assert_eq!(hops.read_to_published.len(), 3);
    }
}

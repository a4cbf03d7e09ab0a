//! The market ring: one record in and out again, on one thread, so without any waiting.

use feed::ring::{Poll, Publisher, Reader, market_ring};

use super::{Case, OPERATIONS};

/// Publishes records of `N` words and reads each.
pub struct Ring<const N: usize> {
    publisher: Publisher<N>,
    reader: Reader<N>,
    next: u64,
    sum: u64,
}

impl<const N: usize> Ring<N> {
    /// An empty ring.
    pub fn new() -> Self {
        let (publisher, subscribers) = market_ring(1024).expect("a power of two");
        Self { publisher, reader: subscribers.reader_from_start(), next: 0, sum: 0 }
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Case for Ring<N> {
    fn run(&mut self) {
        let mut record = [7; N];
        let mut buffer = [0; N];
        for _ in 0..OPERATIONS {
            record[0] = self.next;
            self.next += 1;
            self.publisher.publish(&record).expect("it fits");
            match self.reader.poll(&mut buffer) {
                Poll::Record { words, .. } => self.sum += words[0] + words[N - 1],
                other => panic!("no record: {other:?}"),
            }
        }
    }

    fn check(&mut self, runs: u64) {
        let count = runs * OPERATIONS;
        assert_eq!(self.sum, count * (count - 1) / 2 + 7 * count);
    }
}

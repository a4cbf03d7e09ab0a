//! Histograms that are always on: filled by one thread, read by another, without a lock.
//!
//! # Hot path
//! [`Recorder::record`] is an array index and an addition: no allocation, no lock, no system call;
//! budget 3 ns. [`Recorder::hand_over`] is one relaxed load until the collector asks for the interval.
//!
//! A span is counted when the next one comes. `rdtsc` waits until all that stands before it is done, and a
//! chain from one reading through the time, the index and the counter to the next reading costs its whole
//! length: 19 ns a span instead of 12. The span before is known long ago; counting it is in nobody's way.
//!
//! ```text
//!  recording thread                          collector
//!  current ──record──▶                       epoch += 1
//!  sees the new epoch: pushes `current` ───▶ adds it to interval and total
//!  takes a spare            ◀─────────────── hands the emptied set back
//! ```

use feed::handler::HopHistogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Set = Box<[HopHistogram]>;

/// Before the first span: there is no such hop.
const NO_SPAN: (usize, u64) = (usize::MAX, 0);

/// The recording end: one histogram for each hop of a thread.
pub struct Recorder {
    current: Set,
    /// The newest span, not counted yet: its hop and its nanoseconds.
    newest: (usize, u64),
    full: rtrb::Producer<Set>,
    spare: rtrb::Consumer<Set>,
    epoch: Arc<AtomicU64>,
    seen: u64,
}

/// The reading end.
pub struct Collector {
    hops: Vec<String>,
    full: rtrb::Consumer<Set>,
    spare: rtrb::Producer<Set>,
    epoch: Arc<AtomicU64>,
}

/// A recorder for these hops, and its collector.
pub fn recorder<S: Into<String>>(hops: impl IntoIterator<Item = S>) -> (Recorder, Collector) {
    let hops: Vec<String> = hops.into_iter().map(Into::into).collect();
    let set = || -> Set { hops.iter().map(|_| HopHistogram::new()).collect() };
    // Two sets circulate: the one being filled, and one that is full or spare.
    let (full_in, full_out) = rtrb::RingBuffer::new(2);
    let (mut spare_in, spare_out) = rtrb::RingBuffer::new(2);
    // A ring of two takes one element.
    let _ = spare_in.push(set());
    let epoch = Arc::new(AtomicU64::new(0));
    let recorder = Recorder {
        current: set(),
        newest: NO_SPAN,
        full: full_in,
        spare: spare_out,
        epoch: epoch.clone(),
        seen: 0,
    };
    let collector = Collector { hops, full: full_out, spare: spare_in, epoch };
    (recorder, collector)
}

impl Recorder {
    /// Records a span of hop number `hop`. Spans that are too long count as the longest.
    #[inline]
    pub fn record(&mut self, hop: usize, nanos: u64) {
        self.count_newest((hop, nanos));
    }

    /// Counts the newest span; the next one takes its place.
    #[inline]
    fn count_newest(&mut self, next: (usize, u64)) {
        let (hop, nanos) = std::mem::replace(&mut self.newest, next);
        if let Some(histogram) = self.current.get_mut(hop) {
            histogram.record(nanos);
        }
    }

    /// Gives the filled set away if the collector asked for it. Call between events.
    #[inline]
    pub fn hand_over(&mut self) {
        // Relaxed: the number says only that an interval is wanted; the sets travel through rings
        // that order their own contents.
        let wanted = self.epoch.load(Ordering::Relaxed);
        if wanted != self.seen {
            self.swap(wanted);
        }
    }

    #[cold]
    fn swap(&mut self, wanted: u64) {
        // Without a spare the collector still works on the last one: keep filling, try again later.
        let Ok(empty) = self.spare.pop() else { return };
        self.seen = wanted;
        self.count_newest(NO_SPAN);
        let full = std::mem::replace(&mut self.current, empty);
        // At most two sets exist, and this ring takes two.
        let _ = self.full.push(full);
    }
}

impl Drop for Recorder {
    /// The last interval is not lost when the thread ends.
    fn drop(&mut self) {
        self.count_newest(NO_SPAN);
        let last = std::mem::take(&mut self.current);
        let _ = self.full.push(last);
    }
}

impl Collector {
    /// Asks the recorder for what it has since the last time.
    pub fn ask(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Hands over what arrived: each hop's name and its histogram since the last time.
    pub fn collect(&mut self, mut each: impl FnMut(&str, &HopHistogram)) {
        while let Ok(mut set) = self.full.pop() {
            for (hop, histogram) in self.hops.iter().zip(set.iter_mut()) {
                each(hop, histogram);
                histogram.clear();
            }
            let _ = self.spare.push(set);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feed::handler::HOP_NANOS_MAX;

    fn collected(collector: &mut Collector) -> u64 {
        let mut count = 0;
        collector.collect(|_, histogram| count += histogram.len());
        count
    }

    #[test]
    fn nothing_is_lost_over_many_intervals_and_at_the_end() {
        let (mut recorder, mut collector) = recorder(["hop"]);
        let mut count = 0;
        for round in 0..100u64 {
            recorder.record(0, round);
            if round % 3 == 0 {
                collector.ask();
            }
            recorder.hand_over();
            if round % 7 == 0 {
                count += collected(&mut collector);
            }
        }
        drop(recorder);
        assert_eq!(count + collected(&mut collector), 100);
    }

    #[test]
    fn an_interval_holds_only_its_own() {
        let (mut recorder, mut collector) = recorder(["hop"]);
        recorder.record(0, 5);
        collector.ask();
        recorder.hand_over();
        assert_eq!(collected(&mut collector), 1);
        recorder.record(0, 7);
        drop(recorder);
        collector
            .collect(|hop, last| assert_eq!((hop, last.len(), last.to_hdr().max()), ("hop", 1, 7)));
    }

    #[test]
    fn a_span_beyond_the_range_counts_as_the_longest() {
        let (mut recorder, mut collector) = recorder(["hop"]);
        recorder.record(0, u64::MAX);
        drop(recorder);
        collector.collect(|_, histogram| assert!(histogram.to_hdr().max() >= HOP_NANOS_MAX));
    }
}

//! One latency span as the engine's threads take it: the reading that ends a hop begins the next, so
//! a span is one reading of the clock and one entry in a histogram.

use engine::telemetry::{Collector, Recorder, recorder};
use feed::clock::{Clock, ClockSource};

use super::{Case, OPERATIONS};

/// Takes spans.
pub struct Span {
    clock: Clock,
    recorder: Recorder,
    collector: Collector,
    recorded: u64,
}

impl Span {
    /// A clock and a histogram.
    pub fn new() -> Self {
        let (recorder, collector) = recorder(["span"]);
        Self { clock: Clock::new(), recorder, collector, recorded: 0 }
    }

    /// Where its time comes from.
    pub fn source(&self) -> ClockSource {
        self.clock.source()
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::new()
    }
}

impl Case for Span {
    fn run(&mut self) {
        let mut begin = self.clock.now();
        for _ in 0..OPERATIONS {
            let end = self.clock.now();
            self.recorder.record(0, (end - begin).raw());
            begin = end;
        }
    }

    fn check(&mut self, runs: u64) {
        self.collector.ask();
        self.recorder.hand_over();
        self.collector.collect(|_, histogram| self.recorded += histogram.len());
        assert_eq!(self.recorded, runs * OPERATIONS);
    }
}

//! The whole way: frame, scan, ring, strategy, submit, decision, report.

use feed::schema::WireType;

use super::{Case, OPERATIONS};
use crate::chain::Chain;
use crate::frames::FrameSet;
use crate::plugins;
use crate::scanning::guard_path;

/// Sends trades through the engine to a strategy that orders on each.
pub struct Path {
    chain: Chain,
    set: FrameSet,
}

impl Path {
    /// The engine in one piece.
    pub fn new() -> Self {
        let chain = Chain::new(&plugins::orders(), guard_path());
        Self { chain, set: FrameSet::single(WireType::Trade) }
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::new()
    }
}

impl Case for Path {
    fn run(&mut self) {
        for frame in &self.set.frames {
            self.chain.step(std::hint::black_box(frame.as_bytes()));
        }
    }

    fn check(&mut self, runs: u64) {
        let trades = runs * OPERATIONS;
        let (events, orders) = self.chain.seen();
        // The strategy sees the reports on its orders, too.
        assert_eq!((events, orders), (2 * trades, trades));
    }
}

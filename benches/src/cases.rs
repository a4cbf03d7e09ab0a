//! What the instruction counts are taken of: each case is made, run a few times to warm up, run once
//! under the count, and checks what it did.

mod gate;
mod path;
mod plugin;
mod ring;
mod risk;
mod scan;
mod span;

pub use gate::Gating;
pub use path::Path;
pub use plugin::{PluginCall, a_trade};
pub use ring::Ring;
pub use risk::Risk;
pub use scan::Scan;
pub use span::Span;

use crate::frames::VARIATIONS;

/// Operations in one run of any case.
pub const OPERATIONS: u64 = VARIATIONS as u64;

/// Something to count.
pub trait Case: Sized {
    /// Does [`OPERATIONS`] operations.
    fn run(&mut self);

    /// Checks what `runs` calls of [`run`](Self::run) have left.
    ///
    /// # Panics
    /// When it is not what it should be: then the count means nothing.
    fn check(&mut self, runs: u64);

    /// The case with everything warm: buffers grown, shapes learned.
    fn warm(mut self) -> Self {
        for _ in 0..WARM_UP {
            self.run();
        }
        self.check(WARM_UP);
        self
    }
}

/// Runs before the one that counts.
pub const WARM_UP: u64 = 2;

/// The cases: name in the table of limits, function and id in `benches/guard.rs`, and whether it reads
/// the clock.
pub const CASES: [(&str, &str, bool); 15] = [
    ("scan_trade", "scan.trade", false),
    ("scan_depth", "scan.depth", false),
    ("scan_four_trades", "scan.four_trades", false),
    ("scan_shuffled_trade", "scan.shuffled_trade", false),
    ("scan_slow_path", "scan.slow_path", false),
    ("ring_64_bytes", "ring.bytes_64", false),
    ("ring_384_bytes", "big_ring.bytes_384", false),
    ("plugin_call_c", "plugin_call.c", false),
    ("plugin_call_rust", "plugin_call.rust", false),
    ("span", "span.clock_and_histogram", true),
    ("gate", "gate.submit_to_report", true),
    ("path", "path.frame_to_report", true),
    ("risk_approval", "risk_gate.approval", false),
    ("risk_denial_last", "risk_gate.denial_last", false),
    ("risk_denial_collar", "risk_gate.denial_collar", false),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::FrameSet;
    use crate::plugins;
    use feed::schema::WireType;

    fn works<C: Case>(case: C) {
        let mut case = case.warm();
        case.run();
        case.check(WARM_UP + 1);
    }

    #[test]
    fn every_case_does_what_is_counted() {
        works(Scan::new(FrameSet::single(WireType::Trade)));
        works(Scan::new(FrameSet::single(WireType::Depth)));
        works(Scan::new(FrameSet::four_trades()));
        works(Scan::new(FrameSet::shuffled_trades()));
        works(Scan::new(FrameSet::spaced_trades()));
        works(Ring::<8>::new());
        works(Ring::<48>::new());
        works(PluginCall::new(&plugins::counts()));
        works(Span::new());
        works(Gating::new());
        works(Path::new());
        for name in ["approval_limit_buy", "broker_rate", "collar"] {
            works(Risk::named(name));
        }
    }
}

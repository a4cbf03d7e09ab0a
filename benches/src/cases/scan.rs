//! Frames to records, on the path that is counted.

use std::hint::black_box;

use feed::scan::Scanner;

use super::{Case, OPERATIONS};
use crate::frames::FrameSet;
use crate::scanning::{self, guard_path};

/// Scans each frame of a set.
pub struct Scan {
    scanner: Scanner,
    set: FrameSet,
    entries: usize,
}

impl Scan {
    /// A scanner for this set.
    pub fn new(set: FrameSet) -> Self {
        Self { scanner: scanning::scanner(guard_path()), set, entries: 0 }
    }
}

impl Case for Scan {
    fn run(&mut self) {
        for frame in &self.set.frames {
            self.entries += scanning::entries(&mut self.scanner, black_box(frame.as_bytes()));
        }
    }

    fn check(&mut self, runs: u64) {
        assert_eq!(self.entries as u64, runs * OPERATIONS * self.set.entries as u64);
    }
}

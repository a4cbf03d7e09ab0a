//! One question to the risk gate.

use super::{Case, OPERATIONS};
use crate::risk::{Asking, CASES};

/// Asks the risk gate again and again, and counts the answers that are the case's.
pub struct Risk {
    asking: Asking,
    case: &'static crate::risk::Case,
    right: u64,
}

impl Risk {
    /// The case of that name.
    ///
    /// # Panics
    /// When there is none, or the gate answers differently.
    pub fn named(name: &str) -> Self {
        let case = CASES.iter().find(|case| case.name == name);
        let case = case.unwrap_or_else(|| panic!("the risk gate has no case {name:?}"));
        Self { asking: Asking::new(case), case, right: 0 }
    }
}

impl Case for Risk {
    fn run(&mut self) {
        for _ in 0..OPERATIONS {
            self.right += u64::from(self.asking.step() == self.case.answer);
        }
    }

    fn check(&mut self, runs: u64) {
        assert_eq!(self.right, runs * OPERATIONS, "{}", self.case.name);
    }
}

//! What a reader does when there is nothing to read.

use super::sync::spin_loop;
use super::wake::Sleeper;
use std::time::Duration;

/// Empty looks before [`Wait::Auto`] goes to sleep: some tens of microseconds.
pub const SPINS_DEFAULT: u32 = 2_000;

/// A wait strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Never sleeps.
    Spin,
    /// Looks again so many times, then sleeps.
    Auto {
        /// How many times.
        spins: u32,
    },
    /// Sleeps at once.
    Block,
}

/// Counts how long a reader has been idle.
#[derive(Debug)]
pub struct Idle {
    wait: Wait,
    spun: u32,
}

impl Idle {
    /// Idle by this strategy.
    pub fn new(wait: Wait) -> Self {
        Self { wait, spun: 0 }
    }

    /// Something was read: the next idle time begins anew.
    #[inline]
    pub fn reset(&mut self) {
        self.spun = 0;
    }

    /// Waits a little: spins once, or sleeps until `ready`, a wakeup, or `max`.
    #[inline]
    pub fn wait(&mut self, sleeper: &mut Sleeper, ready: impl Fn() -> bool, max: Duration) {
        let spins = match self.wait {
            Wait::Spin => u32::MAX,
            Wait::Auto { spins } => spins,
            Wait::Block => 0,
        };
        if self.spun < spins {
            self.spun = self.spun.saturating_add(u32::from(spins != u32::MAX));
            spin_loop();
        } else {
            sleeper.sleep(ready, max);
        }
    }
}

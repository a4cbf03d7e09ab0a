//! The one place where the rings get their atomics, threads and clock from.
//!
//! Under `--cfg loom` the model checker's doubles take their place, so that it sees every step.
//! Nothing else in [`super`] names an atomic, `std::thread` or a clock. The one thing loom does not
//! see is the list of beds in [`super::wake`], whose links are `std::sync::OnceLock`s: it takes them
//! for immediate, and the standard library answers for them.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use std::thread::{Thread, current, park_timeout};
    use std::time::{Duration, Instant};

    /// Counts down from a longest waiting time.
    #[derive(Debug)]
    pub(crate) struct Countdown {
        started: Instant,
        max: Duration,
    }

    impl Countdown {
        pub(crate) fn start(max: Duration) -> Self {
            Self { started: Instant::now(), max }
        }

        /// What is left of it; `None` when the time is up.
        pub(crate) fn left(&self) -> Option<Duration> {
            self.max.checked_sub(self.started.elapsed()).filter(|left| !left.is_zero())
        }
    }
}

#[cfg(loom)]
mod real {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use loom::thread::{Thread, current};
    use std::time::Duration;

    /// Parks without a time limit: under loom a wakeup that got lost must show as a deadlock.
    pub(crate) fn park_timeout(_max: Duration) {
        loom::thread::park();
    }

    /// A countdown that never ends: time is not part of the model.
    #[derive(Debug)]
    pub(crate) struct Countdown {
        max: Duration,
    }

    impl Countdown {
        pub(crate) fn start(max: Duration) -> Self {
            Self { max }
        }

        pub(crate) fn left(&self) -> Option<Duration> {
            Some(self.max)
        }
    }
}

pub(crate) use real::*;

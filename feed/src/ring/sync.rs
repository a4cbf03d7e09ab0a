//! The one place where the rings get their atomics, threads and clock from.
//!
//! Under `--cfg loom` the model checker's doubles take their place, so that it sees every step.
//! Nothing else in [`super`] names `std::sync`, `std::thread` or a clock.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use std::sync::{Arc, OnceLock};
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
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use loom::sync::{Arc, Mutex};
    pub(crate) use loom::thread::{Thread, current};
    use std::time::Duration;

    /// Parks without a time limit: under loom a wakeup that got lost must show as a deadlock.
    pub(crate) fn park_timeout(_max: Duration) {
        loom::thread::park();
    }

    /// The standard library's, with the accesses that loom has to see beside it.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        value: std::sync::OnceLock<T>,
        is_set: AtomicBool,
        setting: Mutex<()>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            let value = std::sync::OnceLock::new();
            Self { value, is_set: AtomicBool::new(false), setting: Mutex::new(()) }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            self.is_set.load(Ordering::Acquire).then(|| self.value.get()).flatten()
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            let _setting = self.setting.lock();
            self.value.set(value)?;
            self.is_set.store(true, Ordering::Release);
            Ok(())
        }
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

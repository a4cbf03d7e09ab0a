//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The bounds of the waiting time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffOptions {
    /// The wait after the first failure, before jitter. Default 1 s: the broker closes connections
    /// that come back too quickly.
    pub initial: Duration,
    /// The longest wait, before jitter. Default 30 s.
    pub max: Duration,
    /// Seed of the jitter, so that a run can be repeated.
    pub seed: u64,
}

impl Default for BackoffOptions {
    fn default() -> Self {
        Self { initial: Duration::from_secs(1), max: Duration::from_secs(30), seed: 0 }
    }
}

/// Exponential back-off with jitter: the wait doubles with each failure up to a maximum, and a
/// random half of it is taken off so that several clients do not come back in step.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    options: BackoffOptions,
    failures: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(options: BackoffOptions) -> Self {
        Self { options, failures: 0, random: options.seed }
    }

    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Notes a failure and gives the wait that follows it: between half of the nominal time and all
    /// of it.
    pub(super) fn fail(&mut self) -> Duration {
        let doublings = self.failures.min(31);
        self.failures = self.failures.saturating_add(1);
        let nominal = self.options.initial.saturating_mul(1 << doublings).min(self.options.max);
        self.jitter(nominal)
    }

    /// Notes a failure after which only the longest wait will do.
    pub(super) fn fail_hard(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.jitter(self.options.max)
    }

    /// The connection held: the next failure is a first one again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    fn jitter(&mut self, nominal: Duration) -> Duration {
        let half = nominal / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        half + Duration::from_nanos(self.next_random() % nanos.saturating_add(1).max(1))
    }

    /// SplitMix64: enough for jitter, no dependency, the same on every machine.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_maximum_and_jitter_takes_at_most_half_off() {
        let options = BackoffOptions { seed: 42, ..Default::default() };
        let mut backoff = Backoff::new(options);
        for nominal in [1, 2, 4, 8, 16, 30, 30, 30] {
            let nominal = Duration::from_secs(nominal);
            let wait = backoff.fail();
            assert!(wait >= nominal / 2 && wait <= nominal, "{wait:?} for {nominal:?}");
        }
        backoff.reset();
        assert!(backoff.fail() <= options.initial);
        assert!(backoff.fail_hard() >= options.max / 2);
    }

    #[test]
    fn the_same_seed_waits_the_same_and_another_one_does_not() {
        let waits = |seed| {
            let mut backoff = Backoff::new(BackoffOptions { seed, ..Default::default() });
            (0..10).map(|_| backoff.fail()).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    #[test]
    fn many_failures_and_odd_bounds_do_not_overflow() {
        for (initial, max) in [(Duration::MAX, Duration::MAX), (Duration::ZERO, Duration::ZERO)] {
            let mut backoff = Backoff::new(BackoffOptions { initial, max, seed: 1 });
            for _ in 0..100 {
                assert!(backoff.fail() <= max);
            }
        }
    }
}

//! What the machine takes away: how long a program that does nothing but read the clock does not get to do it.
//!
//! Interrupts, the kernel's own work and the host of a virtual machine take a core from a thread that never
//! waits. Where that is a hundredth of the time, the 99th percentile of every client that polls lies in it,
//! whatever the client does.

use super::clients::pin;
use serde::Serialize;
use std::thread;
use std::time::{Duration, Instant};

/// From this on a step of the clock is a pause: reading it takes a few hundredths of a microsecond.
const PAUSE: Duration = Duration::from_micros(10);

/// The pauses of one core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pauses {
    /// The core.
    pub core: usize,
    /// How long it was watched, nanoseconds.
    pub watched_nanos: u64,
    /// Pauses of ten microseconds or longer.
    pub count: u64,
    /// All of them together, nanoseconds.
    pub lost_nanos: u64,
    /// The longest, nanoseconds.
    pub longest_nanos: u64,
}

impl Pauses {
    /// Watches some cores at the same time, as a run keeps them busy at the same time.
    ///
    /// # Errors
    /// When a thread cannot be pinned to its core.
    pub fn watch(cores: &[usize], time: Duration) -> anyhow::Result<Vec<Self>> {
        thread::scope(|scope| {
            let watch = |core: &usize| {
                let core = *core;
                scope.spawn(move || -> anyhow::Result<Self> {
                    pin(core)?;
                    let begin = Instant::now();
                    let mut pauses = Self { core, ..Self::default() };
                    let mut before = Duration::ZERO;
                    while before < time {
                        let now = begin.elapsed();
                        pauses.step(now.saturating_sub(before));
                        before = now;
                    }
                    Ok(pauses)
                })
            };
            let watching: Vec<_> = cores.iter().map(watch).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, anyhow::Result<Self>>| {
                thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("watching a core failed")))
            };
            watching.into_iter().map(join).collect()
        })
    }

    fn step(&mut self, step: Duration) {
        let nanos = u64::try_from(step.as_nanos()).unwrap_or(u64::MAX);
        self.watched_nanos = self.watched_nanos.saturating_add(nanos);
        if step >= PAUSE {
            self.count += 1;
            self.lost_nanos = self.lost_nanos.saturating_add(nanos);
            self.longest_nanos = self.longest_nanos.max(nanos);
        }
    }

    /// Lost in pauses, percent of the time.
    pub fn percent(&self) -> f64 {
        100.0 * self.lost_nanos as f64 / self.watched_nanos.max(1) as f64
    }

    /// For people.
    pub fn text(&self) -> String {
        let seconds = self.watched_nanos.max(1) as f64 / 1e9;
        format!(
            "core {}: {:.2} % of its time in {:.0} a second, longest {:.1} ms",
            self.core,
            self.percent(),
            self.count as f64 / seconds,
            self.longest_nanos as f64 / 1e6
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_than_reading_a_clock_takes_is_a_pause() {
        let mut pauses = Pauses { core: 1, ..Pauses::default() };
        for micros in [1, 9, 10, 2_000, 1] {
            pauses.step(Duration::from_micros(micros));
        }
        assert_eq!((pauses.count, pauses.longest_nanos), (2, 2_000_000));
        assert_eq!((pauses.lost_nanos, pauses.watched_nanos), (2_010_000, 2_021_000));
        assert!((99.4..99.5).contains(&pauses.percent()), "{}", pauses.percent());
        assert_eq!(pauses.text(), "core 1: 99.46 % of its time in 990 a second, longest 2.0 ms");
    }

    #[test]
    fn a_core_is_watched_for_as_long_as_asked_and_one_that_is_not_there_is_told() {
        let core = core_affinity::get_core_ids().unwrap()[0].id;
        let pauses = Pauses::watch(&[core, core], Duration::from_millis(5)).unwrap();
        assert_eq!(pauses.len(), 2);
        assert!(
            pauses.iter().all(|p| p.core == core && p.watched_nanos >= 5_000_000),
            "{pauses:?}"
        );
        assert!(Pauses::watch(&[1_000_000], Duration::ZERO).is_err());
    }
}

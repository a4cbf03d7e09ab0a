//! The clock of the hot path: wall time and monotonic time from one read of the cycle counter.
//!
//! # Hot path
//!
//! [`Clock::read`] never allocates, locks or logs. With an invariant TSC it does not call the kernel
//! either: one `rdtsc` and two multiplications, about 10 ns. Without one it falls back to the
//! system's clocks (vDSO, about 25 ns each).
//!
//! # How it stays right
//!
//! At start the counter is calibrated against the system clocks. From then on [`Clock::maintain`],
//! called now and then by the owner's housekeeping, compares it with `CLOCK_REALTIME`, keeps the
//! deviation for a watcher ([`Clock::deviation_nanos`]), refines the rate over the whole time since
//! the start, and anchors the counter again.
//!
//! Readings of one `Clock` never go backwards: if the system clock is set back, readings stand still
//! until it has caught up. Two `Clock`s on two threads agree within the error of their anchors
//! (well below a microsecond with an invariant TSC).

use std::ops::Add;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use strategy_api::UnixNanos;

/// One reading: the same moment on both scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Wall time, nanoseconds since 1970-01-01 UTC.
    pub unix: UnixNanos,
    /// Monotonic time, for deadlines.
    pub mono: Monotonic,
}

/// Nanoseconds since some fixed moment before the program's clocks were made; never goes backwards
/// and is not moved by changes of the wall clock. Deadlines of the session are written in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Monotonic(u64);

impl Monotonic {
    /// The earliest moment.
    pub const ZERO: Self = Self(0);
    /// The latest moment: a deadline that never comes.
    pub const MAX: Self = Self(u64::MAX);

    /// A moment from its nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Its nanoseconds.
    #[inline]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    #[inline]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Monotonic {
    type Output = Self;

    /// Saturates at [`Monotonic::MAX`].
    #[inline]
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(rhs.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Where readings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSource {
    /// The CPU's time stamp counter, calibrated against the system clock.
    Tsc,
    /// The system's clocks, asked on every reading.
    System,
}

/// A clock owned by one thread. See the [module](self) for what it promises.
#[derive(Clone, Debug)]
pub struct Clock {
    source: ClockSource,
    /// The first sample: the far end of the lever that measures the counter's rate.
    origin: Sample,
    /// The latest sample: readings are computed from here.
    anchor: Sample,
    /// Nanoseconds per tick, with 32 fractional bits.
    nanos_per_tick: u64,
    last: Reading,
    deviation: i64,
    deviation_max: u64,
}

impl Clock {
    /// A calibrated clock on the best source this machine has.
    ///
    /// Takes about 20 ms where there is a counter to calibrate.
    pub fn new() -> Self {
        if tsc::is_invariant() { Self::on_tsc() } else { Self::system() }
    }

    /// A clock that asks the system on every reading.
    pub fn system() -> Self {
        Self::anchored(ClockSource::System, Sample::system(), 0)
    }

    /// This moment, on both scales. Never earlier than the reading before it.
    #[inline]
    pub fn read(&mut self) -> Reading {
        let (unix, mono) = match self.source {
            ClockSource::Tsc => self.at_ticks(tsc::ticks()),
            ClockSource::System => (system_unix(), system_mono()),
        };
        self.last = Reading {
            unix: UnixNanos::new(unix.max(self.last.unix.raw())),
            mono: Monotonic(mono.max(self.last.mono.0)),
        };
        self.last
    }

    /// The wall time of this moment.
    #[inline]
    pub fn now(&mut self) -> UnixNanos {
        self.read().unix
    }

    /// The monotonic time of this moment.
    #[inline]
    pub fn mono(&mut self) -> Monotonic {
        self.read().mono
    }

    /// Compares the counter with the system clock and anchors it again. For housekeeping, every
    /// 10 ms to 10 s: the rate is refined over the whole time since the start, so it soon is exact
    /// and what remains between two calls is the slewing of the system clock (at most 500 ppm).
    pub fn maintain(&mut self) {
        if self.source == ClockSource::System {
            return;
        }
        let sample = Sample::tightest();
        let (unix, _) = self.at_ticks(sample.ticks);
        self.deviation = sample.unix.wrapping_sub(unix) as i64;
        self.deviation_max = self.deviation_max.max(self.deviation.unsigned_abs());
        if let Some(rate) = rate_between(&self.origin, &sample) {
            self.nanos_per_tick = rate;
        }
        self.anchor = sample;
    }

    /// Where readings come from.
    pub fn source(&self) -> ClockSource {
        self.source
    }

    /// System clock minus this clock at the last [`Clock::maintain`], in nanoseconds.
    pub fn deviation_nanos(&self) -> i64 {
        self.deviation
    }

    /// The largest deviation any [`Clock::maintain`] has found, in nanoseconds.
    pub fn deviation_nanos_max(&self) -> u64 {
        self.deviation_max
    }

    fn on_tsc() -> Self {
        let origin = Sample::tightest();
        std::thread::sleep(CALIBRATION);
        let sample = Sample::tightest();
        match rate_between(&origin, &sample) {
            Some(rate) => {
                let mut clock = Self::anchored(ClockSource::Tsc, sample, rate);
                clock.origin = origin;
                clock
            }
            // The counter stood still or ran backwards: it is no clock.
            None => Self::system(),
        }
    }

    fn anchored(source: ClockSource, sample: Sample, nanos_per_tick: u64) -> Self {
        let last = Reading { unix: UnixNanos::new(sample.unix), mono: Monotonic(sample.mono) };
        Self {
            source,
            origin: sample,
            anchor: sample,
            nanos_per_tick,
            last,
            deviation: 0,
            deviation_max: 0,
        }
    }

    #[inline]
    fn at_ticks(&self, ticks: u64) -> (u64, u64) {
        // A counter read just before the anchor was taken (another core, a few ticks apart) must
        // not wrap into centuries.
        let delta = ticks.saturating_sub(self.anchor.ticks);
        let nanos = ((u128::from(delta) * u128::from(self.nanos_per_tick)) >> 32) as u64;
        (self.anchor.unix.saturating_add(nanos), self.anchor.mono.saturating_add(nanos))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// How long the counter is watched at start before it is used.
const CALIBRATION: Duration = Duration::from_millis(20);

/// Readings of one sample; the tightest is kept.
const SAMPLE_TRIES: usize = 8;

/// The counter and the system's clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    ticks: u64,
    unix: u64,
    mono: u64,
}

impl Sample {
    fn system() -> Self {
        Self { ticks: 0, unix: system_unix(), mono: system_mono() }
    }

    /// Brackets the system clock between two counter reads and keeps the narrowest bracket, so that
    /// an interrupt in the middle does not spoil the anchor.
    fn tightest() -> Self {
        let mut best = Self::system();
        let mut best_width = u64::MAX;
        for _ in 0..SAMPLE_TRIES {
            let before = tsc::ticks();
            let unix = system_unix();
            let mono = system_mono();
            let width = tsc::ticks().wrapping_sub(before);
            if width < best_width {
                best_width = width;
                best = Self { ticks: before.wrapping_add(width / 2), unix, mono };
            }
        }
        best
    }
}

/// Nanoseconds per tick with 32 fractional bits, or `None` if the two samples cannot tell.
fn rate_between(from: &Sample, to: &Sample) -> Option<u64> {
    let ticks = to.ticks.checked_sub(from.ticks).filter(|ticks| *ticks > 0)?;
    let nanos = to.mono.checked_sub(from.mono).filter(|nanos| *nanos > 0)?;
    let rate = u64::try_from((u128::from(nanos) << 32) / u128::from(ticks)).ok()?;
    (rate > 0).then_some(rate)
}

fn system_unix() -> u64 {
    // A system clock before 1970 reads as 1970: nothing of ours can trade then.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since the first call in this process, plus one hour, so that every clock of the
/// process shares one scale and subtracting a time-out from an early moment does not reach zero.
fn system_mono() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    const HOUR_NANOS: u64 = 3_600_000_000_000;
    let since = START.get_or_init(Instant::now).elapsed();
    HOUR_NANOS.saturating_add(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod tsc {
    /// Whether the counter runs at one rate in all power states, as the kernel reports it.
    pub(super) fn is_invariant() -> bool {
        let Ok(info) = std::fs::read_to_string("/proc/cpuinfo") else { return false };
        let Some(flags) = info.lines().find(|line| line.starts_with("flags")) else { return false };
        ["constant_tsc", "nonstop_tsc"]
            .iter()
            .all(|wanted| flags.split_ascii_whitespace().any(|flag| flag == *wanted))
    }

    /// The counter. Not a serialising read: neighbouring instructions may move across it by a few
    /// nanoseconds, which is far below what the stamps are used for.
    #[inline]
    pub(super) fn ticks() -> u64 {
        // SAFETY: `rdtsc` exists on every x86_64 CPU and touches no memory.
        unsafe { core::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
mod tsc {
    pub(super) fn is_invariant() -> bool {
        false
    }

    #[inline]
    pub(super) fn ticks() -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_sources() -> [Clock; 2] {
        [Clock::new(), Clock::system()]
    }

    const LOOSELY: u64 = 50_000_000;

    #[test]
    fn wall_time_is_the_systems_within_fifty_milliseconds() {
        for mut clock in both_sources() {
            for _ in 0..3 {
                let (before, ours, after) = (system_unix(), clock.now().raw(), system_unix());
                assert!(
                    ours + LOOSELY >= before && ours <= after + LOOSELY,
                    "{:?}",
                    clock.source()
                );
                clock.maintain();
            }
        }
    }

    #[test]
    fn readings_never_go_backwards_whatever_the_anchor_does() {
        for mut clock in both_sources() {
            let mut last = clock.read();
            for turn in 0..10_000 {
                if turn % 100 == 0 {
                    clock.maintain();
                }
                if turn == 5_000 {
                    // The system clock was set back by a second.
                    clock.anchor.unix -= 1_000_000_000;
                }
                let next = clock.read();
                assert!(next.unix >= last.unix && next.mono >= last.mono);
                last = next;
            }
        }
    }

    #[test]
    fn a_step_of_the_system_clock_is_seen_as_a_deviation() {
        let mut clock = Clock::new();
        clock.anchor.unix -= 2_000_000_000;
        clock.maintain();
        if clock.source() == ClockSource::Tsc {
            assert!(clock.deviation_nanos() > 1_500_000_000);
            assert!(clock.deviation_nanos_max() > 1_500_000_000);
        }
    }

    #[test]
    fn clocks_of_one_process_share_the_monotonic_scale() {
        let [mut tsc, mut system] = both_sources();
        let (before, ours, after) = (system.mono(), tsc.mono(), system.mono());
        assert!(ours.nanos() + LOOSELY >= before.nanos());
        assert!(ours.nanos() <= after.nanos() + LOOSELY);
    }

    #[test]
    fn moments_saturate_instead_of_wrapping() {
        assert_eq!(Monotonic::MAX + Duration::from_secs(1), Monotonic::MAX);
        assert_eq!(Monotonic::ZERO.since(Monotonic::MAX), Duration::ZERO);
        let later = Monotonic::from_nanos(5) + Duration::from_nanos(7);
        assert_eq!(later.since(Monotonic::from_nanos(5)), Duration::from_nanos(7));
    }

    #[test]
    fn a_counter_that_stands_still_gives_no_rate() {
        let sample = Sample { ticks: 7, unix: 1, mono: 1 };
        assert_eq!(rate_between(&sample, &sample), None);
        assert_eq!(rate_between(&sample, &Sample { ticks: 6, unix: 2, mono: 2 }), None);
        let later = Sample { ticks: 9, unix: 5, mono: 5 };
        assert_eq!(rate_between(&sample, &later), Some(2 << 32));
    }
}

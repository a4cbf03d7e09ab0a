//! A strategy's timers: decided by the time that is put in, no clock inside.

use strategy_api::{DurationNanos, Refusal, UnixNanos};

/// Most timers one strategy can have.
pub const TIMERS_MAX: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Timer {
    tag: u64,
    due: UnixNanos,
    period: DurationNanos,
}

/// The timers of one strategy. Fixed room, no allocation after it is made.
#[derive(Debug)]
pub struct Timers {
    timers: Vec<Timer>,
    /// Earliest due time, kept so that the common question costs one comparison.
    next: UnixNanos,
}

impl Timers {
    const NEVER: UnixNanos = UnixNanos::new(u64::MAX);

    /// No timers.
    pub fn new() -> Self {
        Self { timers: Vec::with_capacity(TIMERS_MAX), next: Self::NEVER }
    }

    /// Sets or moves the timer named `tag`.
    pub fn set(
        &mut self,
        now: UnixNanos,
        tag: u64,
        after: DurationNanos,
        period: DurationNanos,
    ) -> Result<(), Refusal> {
        let timer = Timer { tag, due: now + after, period };
        match self.timers.iter().position(|timer| timer.tag == tag) {
            Some(index) => self.timers[index] = timer,
            None if self.timers.len() == TIMERS_MAX => return Err(Refusal::Full),
            None => self.timers.push(timer),
        }
        self.find_next();
        Ok(())
    }

    /// Takes the timer named `tag` away.
    pub fn cancel(&mut self, tag: u64) -> Result<(), Refusal> {
        let index =
            self.timers.iter().position(|timer| timer.tag == tag).ok_or(Refusal::NotFound)?;
        self.timers.remove(index);
        self.find_next();
        Ok(())
    }

    /// When the next one is due.
    #[inline]
    pub fn next_due(&self) -> Option<UnixNanos> {
        (self.next != Self::NEVER).then_some(self.next)
    }

    /// Takes the earliest timer that is due at `now`: its tag and the time it was due. A periodic
    /// one is set again; periods that were missed while the thread was busy are skipped.
    #[inline]
    pub fn pop_due(&mut self, now: UnixNanos) -> Option<(u64, UnixNanos)> {
        if self.next > now { None } else { self.pop_earliest(now) }
    }

    fn pop_earliest(&mut self, now: UnixNanos) -> Option<(u64, UnixNanos)> {
        let index = (0..self.timers.len()).min_by_key(|index| self.timers[*index].due)?;
        let Timer { tag, due, period } = self.timers[index];
        if period == DurationNanos::ZERO {
            self.timers.remove(index);
        } else {
            let missed = (now - due).raw() / period.raw();
            let ahead = period.raw().saturating_mul(missed + 1);
            self.timers[index].due = due + DurationNanos::new(ahead);
        }
        self.find_next();
        Some((tag, due))
    }

    fn find_next(&mut self) {
        self.next = self.timers.iter().map(|timer| timer.due).min().unwrap_or(Self::NEVER);
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(nanos: u64) -> UnixNanos {
        UnixNanos::new(nanos)
    }
    const fn span(nanos: u64) -> DurationNanos {
        DurationNanos::new(nanos)
    }

    #[test]
    fn timers_fire_in_the_order_they_are_due() {
        let mut timers = Timers::new();
        timers.set(at(0), 1, span(30), DurationNanos::ZERO).unwrap();
        timers.set(at(0), 2, span(10), DurationNanos::ZERO).unwrap();
        assert_eq!(timers.next_due(), Some(at(10)));
        assert_eq!(timers.pop_due(at(9)), None);
        assert_eq!(timers.pop_due(at(50)), Some((2, at(10))));
        assert_eq!(timers.pop_due(at(50)), Some((1, at(30))));
        assert_eq!((timers.pop_due(at(50)), timers.next_due()), (None, None));
    }

    #[test]
    fn a_periodic_timer_skips_what_it_missed_and_keeps_its_beat() {
        let mut timers = Timers::new();
        timers.set(at(0), 7, span(10), span(10)).unwrap();
        assert_eq!(timers.pop_due(at(10)), Some((7, at(10))));
        assert_eq!(timers.pop_due(at(45)), Some((7, at(20))));
        assert_eq!(timers.next_due(), Some(at(50)));
    }

    #[test]
    fn a_timer_is_moved_by_its_name_and_the_room_has_an_end() {
        let mut timers = Timers::new();
        for tag in 0..TIMERS_MAX as u64 {
            timers.set(at(0), tag, span(5), DurationNanos::ZERO).unwrap();
        }
        assert_eq!(timers.set(at(0), 999, span(5), DurationNanos::ZERO), Err(Refusal::Full));
        timers.set(at(0), 3, span(1), DurationNanos::ZERO).unwrap();
        assert_eq!(timers.next_due(), Some(at(1)));
        assert_eq!(timers.cancel(3), Ok(()));
        assert_eq!(timers.cancel(3), Err(Refusal::NotFound));
    }
}

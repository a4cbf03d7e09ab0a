//! The dead man's timer: somebody has to show life, or trading stops.
//!
//! It is looked at by a thread that none of the others can hold up.

use super::KillReason;
use strategy_api::{DurationNanos, UnixNanos};

/// How long each part may be silent. [`DurationNanos::UNSET`] switches one off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadManOptions {
    /// Market data, while they have to come ([`Beats::data_expected`]). Default 10 s.
    pub feed_max: DurationNanos,
    /// One callback of a strategy. Default 2 s.
    pub strategy_max: DurationNanos,
    /// One turn of the gateway's thread. Default 2 s.
    pub gateway_max: DurationNanos,
}

impl Default for DeadManOptions {
    fn default() -> Self {
        Self {
            feed_max: DurationNanos::from_secs(10),
            strategy_max: DurationNanos::from_secs(2),
            gateway_max: DurationNanos::from_secs(2),
        }
    }
}

/// Signs of life, as the threads publish them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Beats<'a> {
    /// Whether market data have to come now: subscribed, a venue trades continuously, and at least one
    /// instrument of the run is neither halted nor in a volatility interruption.
    pub data_expected: bool,
    /// When the last frame came; unset before the first.
    pub feed: UnixNanos,
    /// When the gateway's thread last began a turn.
    pub gateway: UnixNanos,
    /// For each strategy: when the callback began that is still running; unset between callbacks.
    pub strategies: &'a [UnixNanos],
}

/// The timer.
#[derive(Clone, Copy, Debug)]
pub struct DeadMan {
    options: DeadManOptions,
    /// Since when data are expected without a break.
    expected_since: UnixNanos,
}

impl DeadMan {
    /// A timer that has seen nothing yet.
    pub fn new(options: DeadManOptions) -> Self {
        Self { options, expected_since: UnixNanos::UNSET }
    }

    /// Who has been silent for too long, with the number of the strategy where it is one. Silence of
    /// the feed counts from the moment at which data became expected: the night does not.
    pub fn check(
        &mut self,
        beats: &Beats<'_>,
        now: UnixNanos,
    ) -> Option<(KillReason, Option<u16>)> {
        if !beats.data_expected {
            self.expected_since = UnixNanos::UNSET;
        } else if !self.expected_since.is_set() {
            self.expected_since = now;
        }
        let silent = |since: UnixNanos, max: DurationNanos| {
            since.is_set() && max.is_set() && now - since > max
        };
        if silent(beats.gateway, self.options.gateway_max) {
            return Some((KillReason::GatewayStalled, None));
        }
        if self.expected_since.is_set()
            && silent(beats.feed.max(self.expected_since), self.options.feed_max)
        {
            return Some((KillReason::FeedStalled, None));
        }
        let stuck = beats.strategies.iter().position(|b| silent(*b, self.options.strategy_max));
        stuck.map(|number| (KillReason::StrategyStalled, u16::try_from(number).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> UnixNanos {
        UnixNanos::new(1_000_000_000_000 + millis * 1_000_000)
    }

    fn beats(feed: UnixNanos, gateway: UnixNanos, strategies: &[UnixNanos]) -> Beats<'_> {
        Beats { data_expected: true, feed, gateway, strategies }
    }

    #[test]
    fn each_part_has_exactly_its_time() {
        let none = [UnixNanos::UNSET];
        let mut man = DeadMan::new(DeadManOptions::default());
        assert_eq!(man.check(&beats(at(0), at(0), &none), at(0)), None);
        assert_eq!(man.check(&beats(at(0), at(10_000), &none), at(10_000)), None);
        let silent = man.check(&beats(at(0), at(10_000), &none), at(10_001));
        assert_eq!(silent, Some((KillReason::FeedStalled, None)));
        assert_eq!(man.check(&beats(at(9_000), at(8_001), &none), at(10_001)), None);
        let silent = man.check(&beats(at(9_000), at(8_000), &none), at(10_001));
        assert_eq!(silent, Some((KillReason::GatewayStalled, None)));
        let callbacks = [UnixNanos::UNSET, at(8_001)];
        assert_eq!(man.check(&beats(at(9_000), at(9_000), &callbacks), at(10_001)), None);
        let silent = man.check(&beats(at(9_000), at(9_000), &callbacks), at(10_002));
        assert_eq!(silent, Some((KillReason::StrategyStalled, Some(1))));
    }

    #[test]
    fn a_silent_night_kills_nobody_and_the_morning_has_its_time() {
        let mut man = DeadMan::new(DeadManOptions::default());
        let night = |now| Beats { data_expected: false, ..beats(at(0), now, &[]) };
        assert_eq!(man.check(&night(at(50_000_000)), at(50_000_000)), None);
        let open = at(60_000_000);
        assert_eq!(man.check(&beats(at(0), open, &[]), open), None);
        let late = at(60_010_000);
        assert_eq!(man.check(&beats(at(0), late, &[]), late), None);
        let late = at(60_010_001);
        let silent = man.check(&beats(at(0), late, &[]), late);
        assert_eq!(silent, Some((KillReason::FeedStalled, None)));
    }

    #[test]
    fn a_feed_that_never_spoke_is_silent_too() {
        let mut man = DeadMan::new(DeadManOptions::default());
        let never = |now| beats(UnixNanos::UNSET, now, &[]);
        assert_eq!(man.check(&never(at(0)), at(0)), None);
        let silent = man.check(&never(at(10_001)), at(10_001));
        assert_eq!(silent, Some((KillReason::FeedStalled, None)));
    }

    #[test]
    fn what_is_switched_off_kills_nobody() {
        let off = DurationNanos::UNSET;
        let options = DeadManOptions { feed_max: off, strategy_max: off, gateway_max: off };
        let mut man = DeadMan::new(options);
        let old = [at(0)];
        assert_eq!(man.check(&beats(at(0), at(0), &old), at(0)), None);
        assert_eq!(man.check(&beats(at(0), at(0), &old), at(1_000_000)), None);
    }
}

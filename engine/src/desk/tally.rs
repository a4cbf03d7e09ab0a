//! What the desk counts for the summary.
//!
//! # Hot path
//! A denial is one addition to an array. Nothing here allocates after the start.

use crate::order::{Difference, Doubt, HaltReason, Notice, Output};
use std::collections::VecDeque;
use strategy_api::{OrderEvent, OrderReport, Refusal, UnixNanos};

/// Events kept word for word, the newest; older ones are only counted.
pub const TOLD_MAX: usize = 32;

/// Counters of one run of a desk.
#[derive(Clone, Debug)]
pub struct Tally {
    /// By [`Refusal::code`]; 0 for a code of a later version.
    denials: [u64; Refusal::ALL.len() + 1],
    /// Fills told to the strategies.
    pub fills: u64,
    /// Replaces that the broker refused.
    pub replaces_refused: u64,
    /// Cancels that the broker refused, those that were asked for again left out.
    pub cancels_refused: u64,
    /// Rounds of questions to the broker.
    pub rounds: Rounds,
    /// [`Notice`]s by kind.
    pub notices: Notices,
    /// [`Difference`]s: where our books were corrected.
    pub differences: u64,
    /// How often the machine halted.
    pub halts: u64,
    told: VecDeque<(UnixNanos, Told)>,
}

/// Rounds of questions to the broker (reconciliations).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rounds {
    /// Begun.
    pub begun: u64,
    /// Answered whole.
    pub completed: u64,
    /// Ended because a list did not come.
    pub failed: u64,
    /// Why the newest one was asked.
    pub why: Option<Doubt>,
    /// Whether the newest one that ended was answered whole.
    pub last_complete: Option<bool>,
    /// When that was.
    pub last_ended: UnixNanos,
}

/// [`Notice`]s by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Notices {
    /// Orders of this account that no strategy sent.
    pub foreign: u64,
    /// Orders without an answer for which several of the broker's fit.
    pub ambiguous: u64,
    /// Orders that were given up and may be there after all.
    pub resurfaced: u64,
    /// Fills worth something else than the broker says.
    pub value_differs: u64,
    /// Fills after the end of their order.
    pub late_fills: u64,
    /// Chains whose first number differs.
    pub base_differs: u64,
    /// Doubts that began.
    pub doubts: u64,
}

/// Something that a person should read.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Told {
    /// The broker's books and ours differed.
    Difference(Difference),
    /// Something was odd.
    Notice(Notice),
    /// No new order from then on.
    Halt(HaltReason),
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            denials: [0; Refusal::ALL.len() + 1],
            fills: 0,
            replaces_refused: 0,
            cancels_refused: 0,
            rounds: Rounds::default(),
            notices: Notices::default(),
            differences: 0,
            halts: 0,
            told: VecDeque::with_capacity(TOLD_MAX),
        }
    }
}

impl Tally {
    /// Everything that the engine itself refused, by reason, without those that never occurred.
    pub fn denials(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        let known = Refusal::ALL.iter().map(|refusal| (*refusal, self.of(refusal.code())));
        let later = std::iter::once((Refusal::Unsupported, self.denials[0]));
        known.chain(later).filter(|(_, count)| *count > 0)
    }

    /// How many those are.
    pub fn denied(&self) -> u64 {
        self.denials.iter().sum()
    }

    /// The newest events, oldest first.
    pub fn told(&self) -> impl Iterator<Item = &(UnixNanos, Told)> + '_ {
        self.told.iter()
    }

    pub(super) fn deny(&mut self, refusal: i32) {
        let index = usize::try_from(refusal).unwrap_or(0);
        self.denials[if index < self.denials.len() { index } else { 0 }] += 1;
    }

    /// Counts what a report of the machine says.
    pub(super) fn report(&mut self, report: &OrderReport) {
        if report.refusal != 0 {
            return self.deny(report.refusal);
        }
        match report.event {
            OrderEvent::FILLED => self.fills += 1,
            OrderEvent::REPLACE_REFUSED => self.replaces_refused += 1,
            OrderEvent::CANCEL_REFUSED => self.cancels_refused += 1,
            _ => {}
        }
    }

    /// Counts what the machine tells beside orders.
    pub(super) fn tell(&mut self, now: UnixNanos, output: &Output) {
        let told = match *output {
            Output::Reconcile { why, .. } => {
                self.rounds.begun += 1;
                self.rounds.why = Some(why);
                return;
            }
            Output::Difference(difference) => {
                self.differences += 1;
                Told::Difference(difference)
            }
            Output::Notice(notice) => {
                self.notices.count(&notice);
                Told::Notice(notice)
            }
            Output::Halt(why) => {
                self.halts += 1;
                Told::Halt(why)
            }
            _ => return,
        };
        if self.told.len() == TOLD_MAX {
            self.told.pop_front();
        }
        self.told.push_back((now, told));
    }

    pub(super) fn round_ended(&mut self, now: UnixNanos, complete: bool) {
        let rounds = &mut self.rounds;
        if complete {
            rounds.completed += 1;
        } else {
            rounds.failed += 1;
        }
        rounds.last_complete = Some(complete);
        rounds.last_ended = now;
    }

    fn of(&self, code: i32) -> u64 {
        usize::try_from(code).ok().and_then(|code| self.denials.get(code)).copied().unwrap_or(0)
    }
}

impl Notices {
    fn count(&mut self, notice: &Notice) {
        let counter = match notice {
            Notice::Foreign { .. } => &mut self.foreign,
            Notice::Ambiguous { .. } => &mut self.ambiguous,
            Notice::Resurfaced { .. } => &mut self.resurfaced,
            Notice::ValueDiffers { .. } => &mut self.value_differs,
            Notice::LateFill { .. } => &mut self.late_fills,
            Notice::BaseDiffers { .. } => &mut self.base_differs,
            Notice::Doubt { .. } => &mut self.doubts,
        };
        *counter += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_own_counter_and_a_later_one_is_not_lost() {
        let mut tally = Tally::default();
        for (index, refusal) in Refusal::ALL.iter().enumerate() {
            (0..=index).for_each(|_| tally.deny(refusal.code()));
        }
        let counts: Vec<u64> = tally.denials().map(|(_, count)| count).collect();
        let expected: Vec<u64> = (1..=Refusal::ALL.len() as u64).collect();
        assert_eq!(counts, expected);
        for code in [-1, 9_999] {
            tally.deny(code);
        }
        assert_eq!(tally.denials().last(), Some((Refusal::Unsupported, 2)));
        assert_eq!(tally.denied(), expected.iter().sum::<u64>() + 2);
    }

    #[test]
    fn the_newest_events_are_kept_and_all_are_counted() {
        let mut tally = Tally::default();
        let capacity = tally.told.capacity();
        for at in 0..TOLD_MAX as u64 + 3 {
            tally.tell(UnixNanos::new(at), &Output::Halt(HaltReason::TableFull));
        }
        assert_eq!(tally.halts, TOLD_MAX as u64 + 3);
        assert_eq!(tally.told().count(), TOLD_MAX);
        assert_eq!(tally.told().next().map(|(at, _)| at.raw()), Some(3));
        assert_eq!(tally.told.capacity(), capacity);
    }
}

//! Rounds of questions to the broker: when they are asked, and what of their answers counts.

use super::input::{Cash, FilledRow, OpenRow, PositionRow, Query};
use super::machine::Machine;
use super::output::{Doubt, HaltReason, Output};
use strategy_api::{DurationNanos, UnixNanos};

/// Longest wait between two rounds when they fail.
const BACKOFF_MAX: u32 = 30;

/// The round that is due or going on.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Rounds {
    feed_up: bool,
    due: Option<(UnixNanos, Doubt)>,
    /// Number of the newest round.
    round: u32,
    running: bool,
    deadline: UnixNanos,
    /// Queries of this round that have ended.
    ended: usize,
    /// Whether the next one has begun.
    asking: bool,
    begun: [(u64, UnixNanos); 4],
    overflow: bool,
    failed: u32,
    /// Rounds in a row in which a list had fewer fills than events.
    pub(super) contradicted: u32,
    pub(super) open: Vec<OpenRow>,
    pub(super) filled: Vec<FilledRow>,
    pub(super) positions: Vec<PositionRow>,
    pub(super) cash: Option<Cash>,
    /// When positions are to be compared with the `04` events again.
    pub(super) holding_check: Option<UnixNanos>,
}

impl Rounds {
    pub(super) fn new(rows_max: usize) -> Self {
        Self {
            feed_up: false,
            due: None,
            round: 0,
            running: false,
            deadline: UnixNanos::UNSET,
            ended: 0,
            asking: false,
            begun: [(0, UnixNanos::UNSET); 4],
            overflow: false,
            failed: 0,
            contradicted: 0,
            open: Vec::with_capacity(rows_max),
            filled: Vec::with_capacity(rows_max),
            positions: Vec::with_capacity(rows_max),
            cash: None,
            holding_check: None,
        }
    }

    /// Asks for a round at some time; the earliest wish counts.
    pub(super) fn ask(&mut self, why: Doubt, at: UnixNanos) {
        if self.due.is_none_or(|(due, _)| at < due) {
            self.due = Some((at, why));
        }
    }

    pub(super) fn check_holding_at(&mut self, due: UnixNanos) {
        self.holding_check = Some(self.holding_check.map_or(due, |earlier| earlier.min(due)));
    }

    pub(super) fn feed_lost(&mut self) {
        self.feed_up = false;
        self.running = false;
        self.asking = false;
    }

    pub(super) fn feed_back(&mut self) {
        self.feed_lost();
        self.feed_up = true;
    }

    pub(super) fn feed_is_up(&self) -> bool {
        self.feed_up
    }

    /// When the clock has something to say. Without a feed no round is asked for: what it told could
    /// be outdated by events that nobody hears.
    pub(super) fn deadline(&self) -> Option<UnixNanos> {
        if self.running {
            Some(self.deadline)
        } else {
            self.due.filter(|_| self.feed_up).map(|(at, _)| at)
        }
    }

    /// Input at which a query of this round began, and when.
    pub(super) fn begun(&self, query: Query) -> (u64, UnixNanos) {
        self.begun[query as usize]
    }

    fn takes(&mut self, query: Query, full: bool) -> bool {
        let expected = self.running && self.asking && Query::ALL[self.ended] == query;
        self.overflow |= expected && full;
        expected && !full
    }

    pub(super) fn open_row(&mut self, row: &OpenRow) {
        if self.takes(Query::Open, self.open.len() == self.open.capacity()) {
            self.open.push(*row);
        }
    }

    pub(super) fn filled_row(&mut self, row: &FilledRow) {
        if self.takes(Query::Filled, self.filled.len() == self.filled.capacity()) {
            self.filled.push(*row);
        }
    }

    pub(super) fn position_row(&mut self, row: &PositionRow) {
        if self.takes(Query::Positions, self.positions.len() == self.positions.capacity()) {
            self.positions.push(*row);
        }
    }

    pub(super) fn cash_row(&mut self, cash: &Cash) {
        if self.takes(Query::Cash, false) {
            self.cash = Some(*cash);
        }
    }

    fn start(&mut self, deadline: UnixNanos) {
        self.round += 1;
        self.running = true;
        self.deadline = deadline;
        self.ended = 0;
        self.asking = false;
        self.overflow = false;
        self.open.clear();
        self.filled.clear();
        self.positions.clear();
        self.cash = None;
    }
}

impl Machine {
    /// Starts a round that is due, ends one that takes too long.
    pub(super) fn check_round(&mut self, out: &mut Vec<Output>) {
        if self.rounds.running {
            if self.rounds.deadline <= self.now {
                self.round_failed(out);
            }
            return;
        }
        if let Some((at, why)) = self.rounds.due
            && self.rounds.feed_up
            && at <= self.now
        {
            self.rounds.due = None;
            self.rounds.start(self.now + self.settings.round_timeout);
            out.push(Output::Reconcile { round: self.rounds.round, why });
        }
    }

    pub(super) fn query_begun(&mut self, round: u32, query: Query) {
        let rounds = &mut self.rounds;
        let next = Query::ALL.get(rounds.ended) == Some(&query);
        if rounds.running && rounds.round == round && next && !rounds.asking {
            rounds.asking = true;
            rounds.begun[query as usize] = (self.seq, self.now);
        }
    }

    pub(super) fn query_ended(
        &mut self,
        round: u32,
        query: Query,
        complete: bool,
        out: &mut Vec<Output>,
    ) {
        let rounds = &mut self.rounds;
        if !rounds.running || rounds.round != round {
            return;
        }
        let expected = rounds.asking && Query::ALL.get(rounds.ended) == Some(&query);
        if !complete || !expected || rounds.overflow {
            return self.round_failed(out);
        }
        rounds.asking = false;
        rounds.ended += 1;
        if rounds.ended == Query::ALL.len() {
            rounds.running = false;
            rounds.failed = 0;
            self.evaluate(out);
        }
    }

    fn round_failed(&mut self, out: &mut Vec<Output>) {
        let rounds = &mut self.rounds;
        rounds.running = false;
        rounds.asking = false;
        rounds.failed += 1;
        let wait = 1u32.checked_shl(rounds.failed).unwrap_or(u32::MAX).min(BACKOFF_MAX);
        let again = self.now + DurationNanos::from_secs(wait.into());
        rounds.due = None;
        rounds.ask(Doubt::RoundFailed, again);
        if rounds.failed >= self.settings.failed_rounds_max {
            self.halt(HaltReason::ReconciliationFailed, out);
        }
    }
}

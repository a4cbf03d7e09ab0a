//! Reconciliation: one query after the other, each told to the machine before it is asked.

use super::{Action, Desk, QueryResult, QueryTag};
use crate::order::{Input, Query};
use strategy_api::UnixNanos;

/// The round that is being asked.
#[derive(Debug, Default)]
pub(super) struct Asking {
    round: u32,
    /// The query under way, with its tag.
    query: Option<(Query, QueryTag)>,
    next_tag: u64,
    /// The list that the kill switch waits for.
    pub(super) kill_list: Option<QueryTag>,
}

impl Asking {
    /// What comes back from now on is of no use for a reconciliation.
    pub(super) fn forget(&mut self) {
        self.query = None;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.query.is_none() && self.kill_list.is_none()
    }

    pub(super) fn tag(&mut self) -> QueryTag {
        self.next_tag += 1;
        QueryTag(self.next_tag)
    }
}

impl Desk {
    /// A round is wanted.
    pub(super) fn ask(&mut self, round: u32) {
        self.rounds.round = round;
        self.rounds.query = None;
        self.todo.push_back(Input::QueryBegun { round, query: Query::Open });
    }

    /// After an input: a query that has begun goes out; the end of a round sets facts at the gate.
    pub(super) fn after(&mut self, input: &Input, out: &mut Vec<Action>) {
        match *input {
            Input::QueryBegun { round, query } if round == self.rounds.round => {
                let tag = self.rounds.tag();
                self.rounds.query = Some((query, tag));
                if query == Query::Cash {
                    self.note_cash_asked();
                }
                out.push(Action::Query { tag, query });
            }
            Input::QueryEnded { round, query, complete: true } if round == self.rounds.round => {
                match Query::ALL.iter().skip_while(|known| **known != query).nth(1) {
                    Some(next) => {
                        self.todo.push_back(Input::QueryBegun { round, query: *next });
                    }
                    None => {
                        self.tally.round_ended(self.now, true);
                        self.set_facts();
                    }
                }
            }
            Input::QueryEnded { round, complete: false, .. } if round == self.rounds.round => {
                self.tally.round_ended(self.now, false);
            }
            _ => {}
        }
    }

    /// What came of a query. Results of queries that nobody waits for change nothing.
    pub fn queried(
        &mut self,
        now: UnixNanos,
        tag: QueryTag,
        result: &QueryResult,
        out: &mut Vec<Action>,
    ) {
        self.advance(now, out);
        if self.rounds.kill_list == Some(tag) {
            self.rounds.kill_list = None;
            self.kill_listed(result);
        } else if let Some((query, of)) = self.rounds.query
            && of == tag
        {
            self.rounds.query = None;
            self.take_rows(query, result, out);
        }
        self.pump(out);
    }

    fn take_rows(&mut self, query: Query, result: &QueryResult, out: &mut Vec<Action>) {
        let complete = match (query, result) {
            (Query::Open, QueryResult::Open(rows)) => {
                rows.iter().for_each(|row| self.apply(Input::OpenRow(*row), out));
                true
            }
            (Query::Filled, QueryResult::Filled(rows)) => {
                rows.iter().for_each(|row| self.apply(Input::FilledRow(*row), out));
                true
            }
            (Query::Positions, QueryResult::Positions(rows)) => {
                rows.iter().for_each(|row| self.apply(Input::PositionRow(*row), out));
                true
            }
            (Query::Cash, QueryResult::Cash(cash)) => {
                self.apply(Input::Cash(*cash), out);
                true
            }
            _ => false,
        };
        let round = self.rounds.round;
        self.apply(Input::QueryEnded { round, query, complete }, out);
    }
}

//! What the desk wants done, and what it is told about it.

use crate::broker::api::OrderCall;
use crate::journal::Entry;
use crate::kill::LatchRecord;
use crate::market::Transition;
use crate::order::{Cash, FilledRow, OpenRow, Output, PositionRow, Query, RequestId};
use strategy_api::OrderReport;

/// One thing to do. They are done in the order in which they came.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Put this line on its way to the disk, and tell [`Desk::journaled`](super::Desk::journaled).
    Journal(Entry),
    /// Write this call on a free line, once.
    Call(Call),
    /// Tell a strategy.
    Report {
        /// Its number.
        strategy: u16,
        /// What happened.
        report: OrderReport,
    },
    /// Ask the broker, all pages, and tell [`Desk::queried`](super::Desk::queried). An answer to an
    /// earlier tag than the newest is of no use any more.
    Query {
        /// Comes back with the result.
        tag: QueryTag,
        /// What to ask.
        query: Query,
    },
    /// A venue is in another phase.
    Session(Transition),
    /// Write the latch, and tell [`Desk::latch_written`](super::Desk::latch_written).
    Latch(LatchRecord),
    /// The broker takes the token no more: get a new one, and tell
    /// [`Desk::token_renewed`](super::Desk::token_renewed).
    RenewToken,
    /// Something for the log and the summary.
    Told(Output),
}

/// A call for an order line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// Comes back with what became of it.
    pub tag: Tag,
    /// What to send.
    pub call: OrderCall,
}

/// Who sent a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tag {
    /// The order machine.
    Order(RequestId),
    /// The kill switch, which cancels what the broker's list has.
    Kill(u32),
}

impl Tag {
    /// As a number for the line, which comes back with the outcome.
    pub const fn to_u64(self) -> u64 {
        match self {
            Self::Order(id) => id.0 as u64,
            Self::Kill(number) => 1 << 32 | number as u64,
        }
    }

    /// Back from the number.
    pub const fn from_u64(number: u64) -> Self {
        if number >> 32 == 0 {
            Self::Order(RequestId(number as u32))
        } else {
            Self::Kill(number as u32)
        }
    }
}

/// Number of a query, rising.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct QueryTag(pub u64);

/// What came of a query.
#[derive(Clone, PartialEq, Debug)]
pub enum QueryResult {
    /// ka10075, every page.
    Open(Vec<OpenRow>),
    /// ka10076, every page.
    Filled(Vec<FilledRow>),
    /// kt00018, every page.
    Positions(Vec<PositionRow>),
    /// kt00001.
    Cash(Cash),
    /// Not all of it came.
    Failed,
}

/// Why there is no answer to a call that may have left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// None came in time.
    TimedOut,
    /// The line broke.
    LineBroke,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_back_from_the_line_as_it_went() {
        for tag in
            [0, 1, u32::MAX].into_iter().flat_map(|n| [Tag::Order(RequestId(n)), Tag::Kill(n)])
        {
            assert_eq!(Tag::from_u64(tag.to_u64()), tag);
        }
    }
}

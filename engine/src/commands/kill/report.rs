//! What a kill did: a table for a person, JSON for a program. No I/O.

use engine::kill::{FoundOrder, KillReport, LatchRecord, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use strategy_api::OrderNumber;

/// Shares filled today, by order.
pub(super) type Fills = BTreeMap<OrderNumber, i64>;

/// An order that was found, and what it had filled by then.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) found: FoundOrder,
    pub(super) filled_before: i64,
}

/// How it stands with the latch.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LatchLine {
    path: String,
    record: LatchRecord,
    /// Why it could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl LatchLine {
    pub(super) fn new(path: &Path, record: LatchRecord, problem: Option<String>) -> Self {
        Self { path: path.display().to_string(), record, problem }
    }
}

impl fmt::Display for LatchLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            None => write!(f, "Trading is latched in {}: {}.", self.path, self.record),
            Some(problem) => write!(
                f,
                "NOT LATCHED, an engine may go on sending orders: {problem}. Stop every engine of this \
                 account, make room for {}, and kill again.",
                self.path
            ),
        }
    }
}

/// What became of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// All that was open is cancelled, or the rest after fills.
    Cancelled,
    /// All that was open filled before the cancel came.
    Filled,
    /// It is not listed any more, and nothing tells how it ended.
    Gone,
    /// It could not be cancelled.
    Working,
}

impl Fate {
    /// Of an order that had this much open and filled that much more.
    fn of(row: &Row, filled: Option<i64>) -> Self {
        let FoundOrder { listed, accepted, attempts, first_open, .. } = &row.found;
        match filled {
            _ if *listed => Self::Working,
            Some(filled) if filled >= first_open.raw() => Self::Filled,
            // Not all of it filled and it is not there: what was left has been cancelled.
            Some(_) if *attempts > 0 => Self::Cancelled,
            None if *accepted => Self::Cancelled,
            _ => Self::Gone,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Filled => "filled meanwhile",
            Self::Gone => "gone, how is not known",
            Self::Working => "STILL WORKING",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct OrderLine {
    number: String,
    symbol: String,
    venue: String,
    side: String,
    /// Shares open when it was found.
    open: i64,
    /// Of them, shares that filled before the end; absent when the broker does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    filled: Option<i64>,
    attempts: u32,
    fate: Fate,
    /// What was said last, of an order that still works.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// The report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    verdict: &'static str,
    latch: LatchLine,
    found: usize,
    gone: usize,
    cancels: u32,
    lists: u32,
    lists_failed: u32,
    took_ms: u64,
    /// The last problem with a list or the log-in.
    #[serde(skip_serializing_if = "String::is_empty")]
    problem: String,
    orders: Vec<OrderLine>,
    #[serde(skip)]
    ended: Verdict,
}

impl Report {
    /// From what the run says, the orders it found, and the fills as far as they are known.
    pub(super) fn new(
        latch: LatchLine,
        run: &KillReport,
        rows: &[Row],
        fills: Option<&Fills>,
    ) -> Self {
        let orders: Vec<OrderLine> = rows.iter().map(|row| line(row, fills)).collect();
        Self {
            verdict: match run.verdict {
                Verdict::Verified => "verified",
                Verdict::Remaining => "remaining",
                Verdict::Unverified => "unverified",
            },
            latch,
            found: orders.len(),
            gone: orders.iter().filter(|order| order.fate != Fate::Working).count(),
            cancels: run.cancels,
            lists: run.queries,
            lists_failed: run.queries_failed,
            took_ms: run.took.raw() / 1_000_000,
            problem: run.problem.clone(),
            orders,
            ended: run.verdict,
        }
    }

    /// How it ended.
    pub(super) fn verdict(&self) -> Verdict {
        self.ended
    }

    /// Whether the latch is on the disk.
    pub(super) fn is_latched(&self) -> bool {
        self.latch.problem.is_none()
    }
}

fn line(row: &Row, fills: Option<&Fills>) -> OrderLine {
    let order = &row.found.order;
    let open = row.found.first_open.raw();
    let filled = fills.map(|fills| {
        let all = fills.get(&order.number).copied().unwrap_or(row.filled_before);
        (all - row.filled_before).clamp(0, open.max(0))
    });
    let fate = Fate::of(row, filled);
    OrderLine {
        number: order.number.to_string(),
        symbol: order.symbol.to_string(),
        venue: order.venue.to_string(),
        side: order.side.to_string(),
        open,
        filled,
        attempts: row.found.attempts,
        fate,
        reason: match fate {
            Fate::Working => row.found.problem.clone(),
            _ => String::new(),
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.orders.is_empty() {
            writeln!(
                f,
                "  {:<10} {:<8} {:<5} {:<4} {:>9} {:>9} {:>8}  result",
                "order", "symbol", "venue", "side", "open", "filled", "cancels"
            )?;
        }
        for order in &self.orders {
            let OrderLine { number, symbol, venue, side, open, attempts, fate, reason, .. } = order;
            let filled = order.filled.map_or_else(|| "?".to_owned(), |filled| filled.to_string());
            let words = fate.words();
            write!(
                f,
                "  {number:<10} {symbol:<8} {venue:<5} {side:<4} {open:>9} {filled:>9} \
                 {attempts:>8}  {words}"
            )?;
            if reason.is_empty() { writeln!(f)? } else { writeln!(f, ": {reason}")? }
        }
        writeln!(
            f,
            "{} orders found working, {} of them gone, after {} cancels and {} lists in {} ms.",
            self.found, self.gone, self.cancels, self.lists, self.took_ms
        )?;
        match self.ended {
            Verdict::Verified => writeln!(f, "Verified: nothing works at the broker any more.")?,
            Verdict::Remaining => writeln!(f, "STILL WORKING at the broker: cancel them by hand.")?,
            Verdict::Unverified => writeln!(
                f,
                "NOT VERIFIED, orders may still work: {}. Look at the broker's own list.",
                self.problem
            )?,
        }
        writeln!(f, "{}", self.latch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::kill::{KillReason, OpenOrder};
    use strategy_api::{Quantity, Side, Text, UnixNanos, Venue};

    fn row(index: u32, listed: bool, accepted: bool, attempts: u32) -> Row {
        let order = OpenOrder {
            number: Text::new(&format!("{index:07}")).unwrap(),
            symbol: Text::new("005930").unwrap(),
            venue: Venue::KRX,
            side: Side::BUY,
            open: Quantity::new(7),
        };
        let (first_open, problem) = (Quantity::new(7), "RC4058".to_owned());
        let found = FoundOrder { order, first_open, attempts, accepted, listed, problem };
        Row { found, filled_before: 3 }
    }

    fn report(rows: &[Row], fills: Option<&Fills>) -> Report {
        let record = LatchRecord::new(KillReason::Command, "kim", "", UnixNanos::new(1));
        let latch = LatchLine::new(Path::new("kill.latch"), record, None);
        let verdict = Verdict::Remaining;
        Report::new(latch, &KillReport { verdict, ..KillReport::default() }, rows, fills)
    }

    #[test]
    fn the_fills_tell_what_was_cancelled_and_what_filled_meanwhile() {
        let fills: Fills = [(1, 10), (2, 5), (3, 3)]
            .map(|(index, filled)| (row(index, false, true, 1).found.order.number, filled))
            .into();
        let rows = [
            row(1, false, true, 1),  // all seven filled
            row(2, false, false, 1), // two filled, the rest went with a cancel whose answer was lost
            row(3, false, true, 1),  // nothing filled any more
            row(4, false, true, 2),  // never filled at all
            row(5, false, false, 0), // gone before anything was tried
            row(6, true, false, 8),  // still there
        ];
        let report = report(&rows, Some(&fills));
        let told: Vec<_> = report.orders.iter().map(|o| (o.fate, o.filled)).collect();
        assert_eq!(
            told,
            [
                (Fate::Filled, Some(7)),
                (Fate::Cancelled, Some(2)),
                (Fate::Cancelled, Some(0)),
                (Fate::Cancelled, Some(0)),
                (Fate::Gone, Some(0)),
                (Fate::Working, Some(0)),
            ]
        );
        assert_eq!((report.found, report.gone), (6, 5));
        let text = report.to_string();
        assert!(text.contains("STILL WORKING: RC4058") && text.contains("by hand"), "{text}");
    }

    #[test]
    fn without_the_fills_only_what_the_broker_took_is_called_cancelled() {
        let report = report(&[row(1, false, true, 1), row(2, false, false, 1)], None);
        let told: Vec<_> = report.orders.iter().map(|o| (o.fate, o.filled)).collect();
        assert_eq!(told, [(Fate::Cancelled, None), (Fate::Gone, None)]);
        assert!(report.to_string().contains(" ? "));
    }
}

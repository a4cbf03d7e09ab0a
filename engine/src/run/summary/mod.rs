//! What a run says at its end.

mod table;
mod trading;

pub use trading::{render_trading, won};

use crate::desk::TradingSummary;
use crate::telemetry::{HopRow, group, render_rows};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything about a finished run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// `sim`, `dry-run`, `mock` or `live`.
    pub mode: String,
    /// Length of the run in seconds, from the start of the threads to their end.
    pub seconds: f64,
    /// Why it ended.
    pub ended: String,
    /// What went wrong, worst first; empty when all went well.
    pub problems: Vec<String>,
    /// What was counted but not kept, because some place was full; no failure of the run.
    pub left_out: Vec<String>,
    /// The feed.
    pub feed: FeedSummary,
    /// The simulated broker's own count, where there is one.
    pub broker: Option<BrokerSummary>,
    /// Strategies, in the order of the configuration.
    pub strategies: Vec<StrategySummary>,
    /// Orders, as the gateway counted them.
    pub orders: OrderSummary,
    /// What was traded, what it earned, what still works; nothing in a dry run.
    pub trading: Option<TradingSummary>,
    /// Latency by hop, nanoseconds.
    pub latency: Vec<HopRow>,
    /// Largest memory the process had, bytes.
    pub peak_memory_bytes: u64,
    /// Processor time used by all threads, seconds.
    pub cpu_seconds: f64,
    /// Folder with the run's files.
    pub directory: String,
}

/// The feed's part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FeedSummary {
    /// `REAL` frames taken.
    pub frames: u64,
    /// Entries in them, by realtime type.
    pub entries: BTreeMap<String, u64>,
    /// Records handed to the strategies' ring.
    pub published: u64,
    /// Own order events and positions.
    pub account_records: u64,
    /// Frames refused whole.
    pub refused_frames: u64,
    /// Entries refused.
    pub refused_entries: u64,
    /// Entries of a type nobody knows.
    pub unknown_entries: u64,
    /// Breaks of the connection.
    pub reconnects: u64,
    /// PINGs answered.
    pub pings: u64,
    /// Bytes read, after decryption.
    pub bytes: u64,
}

/// The simulated broker's part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BrokerSummary {
    /// `REAL` frames it sent.
    pub frames: u64,
    /// Entries in them, by realtime type.
    pub entries: BTreeMap<String, u64>,
}

impl BrokerSummary {
    /// Whether the feed took exactly what was sent.
    pub fn agrees_with(&self, feed: &FeedSummary) -> bool {
        let non_zero = |map: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
            map.iter().filter(|(_, count)| **count > 0).map(|(k, v)| (k.clone(), *v)).collect()
        };
        self.frames == feed.frames + feed.refused_frames
            && non_zero(&self.entries) == non_zero(&feed.entries)
    }
}

/// One strategy's part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StrategySummary {
    /// Its name in the configuration.
    pub name: String,
    /// Records it got.
    pub events: u64,
    /// Records it missed because it was too slow.
    pub lost: u64,
    /// How often that happened.
    pub gaps: u64,
    /// Timers fired.
    pub timers: u64,
    /// Orders wanted.
    pub submits: u64,
    /// Replaces wanted.
    pub replaces: u64,
    /// Cancels wanted.
    pub cancels: u64,
    /// Requests refused because the command ring was full.
    pub refused_full: u64,
    /// Why it was stopped before the end, if it was.
    pub stopped: Option<String>,
}

/// What became of orders.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OrderSummary {
    /// Orders decided.
    pub submits: u64,
    /// Replaces decided.
    pub replaces: u64,
    /// Cancels decided.
    pub cancels: u64,
    /// Intents that did not make it to the file.
    pub intents_dropped: u64,
    /// Orders, replaces and cancels written to the broker.
    pub sent: u64,
}

impl Summary {
    /// Gaps of all strategies together.
    pub fn gaps(&self) -> u64 {
        self.strategies.iter().map(|strategy| strategy.gaps).sum()
    }

    /// The summary for a person.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let feed = &self.feed;
        writeln!(out, "\nSummary ({}, {:.1} s): {}", self.mode, self.seconds, self.ended)?;
        if let Some(trading) = &self.trading {
            writeln!(out)?;
            out.push_str(&render_trading(trading));
        }
        let rate = feed.frames as f64 / self.seconds.max(0.001);
        writeln!(
            out,
            "\nFeed: {} frames ({}/s, {:.1} MB), {} refused, {} entries refused, {} unknown, {} gaps, \
             {} reconnects, {} pings",
            group(feed.frames),
            group(rate as u64),
            feed.bytes as f64 / 1e6,
            feed.refused_frames,
            feed.refused_entries,
            feed.unknown_entries,
            self.gaps(),
            feed.reconnects,
            feed.pings,
        )?;
        writeln!(out, "  {:4} {:>12} {:>12}", "type", "events", "sent")?;
        for (code, count) in &feed.entries {
            let sent = match &self.broker {
                Some(broker) => group(broker.entries.get(code).copied().unwrap_or(0)),
                None => "-".to_owned(),
            };
            writeln!(out, "  {code:4} {:>12} {sent:>12}", group(*count))?;
        }
        if let Some(broker) = &self.broker {
            let verdict = if broker.agrees_with(feed) {
                "all accounted for, by type"
            } else {
                "NOT what the engine took"
            };
            writeln!(out, "  the broker says it sent {} frames: {verdict}", group(broker.frames))?;
        }
        self.write_strategies(out)?;
        if !self.latency.is_empty() {
            writeln!(out, "\nLatency by hop:")?;
            out.push_str(&render_rows(&self.latency));
        }
        writeln!(
            out,
            "\nPeak memory {:.0} MB, {:.1} s of processor time; files in {}",
            self.peak_memory_bytes as f64 / 1e6,
            self.cpu_seconds,
            self.directory
        )?;
        for left_out in &self.left_out {
            writeln!(out, "left out: {left_out}")?;
        }
        for problem in &self.problems {
            writeln!(out, "problem: {problem}")?;
        }
        Ok(())
    }

    fn write_strategies(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\nStrategies:\n  {:20} {:>12} {:>6} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "name", "events", "gaps", "lost", "timers", "orders", "replaces", "cancels"
        )?;
        for strategy in &self.strategies {
            writeln!(
                out,
                "  {:20} {:>12} {:>6} {:>8} {:>9} {:>9} {:>9} {:>9}",
                strategy.name,
                group(strategy.events),
                strategy.gaps,
                group(strategy.lost),
                group(strategy.timers),
                group(strategy.submits),
                group(strategy.replaces),
                group(strategy.cancels)
            )?;
            if strategy.refused_full > 0 {
                let count = group(strategy.refused_full);
                writeln!(out, "  {:20} {count} requests refused: its command ring was full", "")?;
            }
            if let Some(why) = &strategy.stopped {
                writeln!(out, "  {:20} stopped: {why}", "")?;
            }
        }
        let orders = &self.orders;
        write!(
            out,
            "  the strategies wanted {} orders, {} replaces, {} cancels; ",
            group(orders.submits),
            group(orders.replaces),
            group(orders.cancels),
        )?;
        if self.trading.is_some() {
            writeln!(out, "{} requests were sent", group(orders.sent))
        } else {
            writeln!(out, "they end at the gate, {} were sent", orders.sent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
        pairs.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
    }

    #[test]
    fn a_frame_that_was_sent_and_not_taken_is_a_disagreement() {
        let feed = FeedSummary {
            frames: 9,
            entries: counts(&[("0B", 10), ("0D", 0)]),
            ..FeedSummary::default()
        };
        let mut broker = BrokerSummary { frames: 9, entries: counts(&[("0B", 10)]) };
        assert!(broker.agrees_with(&feed));
        broker.entries = counts(&[("0B", 11)]);
        assert!(!broker.agrees_with(&feed));
        broker = BrokerSummary { frames: 10, entries: counts(&[("0B", 10)]) };
        assert!(!broker.agrees_with(&feed));
    }

    #[test]
    fn the_text_names_what_matters() {
        let summary = Summary {
            mode: "sim".into(),
            seconds: 10.0,
            ended: "the time was up".into(),
            strategies: vec![StrategySummary {
                name: "one".into(),
                stopped: Some("panicked in on_trade".into()),
                ..StrategySummary::default()
            }],
            problems: vec!["strategy one was stopped".into()],
            left_out: vec!["3 order intents".into()],
            ..Summary::default()
        };
        let text = summary.render();
        for part in
            ["0 gaps", "stopped: panicked in on_trade", "left out: 3 order", "problem: strategy"]
        {
            assert!(text.contains(part), "{part} not in {text}");
        }
        assert!(text.contains("they end at the gate, 0 were sent"), "a dry run says so: {text}");
        let trading = Summary { trading: Some(TradingSummary::default()), ..summary };
        let text = trading.render();
        assert!(text.contains("Trading today") && !text.contains("end at the gate"), "{text}");
    }
}

//! What a person sees while the engine runs: a few live lines on a terminal, one plain line an
//! interval in a pipe.

use crate::telemetry::{HopRow, group};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write;
use std::time::Duration;

/// The state of a run at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Since the start of the threads.
    pub elapsed: Duration,
    /// State of the feed in a word or a few.
    pub feed: String,
    /// `REAL` frames so far.
    pub frames: u64,
    /// `REAL` frames a second in the last interval.
    pub frames_per_second: u64,
    /// Frames and entries refused so far.
    pub refused: u64,
    /// Strategies: name, records, records lost, orders wanted, whether it was stopped.
    pub strategies: Vec<StrategyLine>,
    /// Latency in the last interval.
    pub latency: Vec<HopRow>,
}

/// One strategy of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct StrategyLine {
    /// Its name.
    pub name: String,
    /// Records it got.
    pub events: u64,
    /// Records it missed.
    pub lost: u64,
    /// Orders it wanted.
    pub orders: u64,
    /// Whether it was stopped.
    pub stopped: bool,
}

/// Where snapshots go.
pub enum View {
    /// A terminal: lines that change in place.
    Live(ProgressBar),
    /// A pipe or a file: one line an interval.
    Plain,
    /// Nothing (the summary is asked for as JSON).
    Silent,
}

impl View {
    /// A view for standard error: live where a person watches.
    pub fn new(silent: bool) -> Self {
        use std::io::IsTerminal;
        if silent {
            Self::Silent
        } else if std::io::stderr().is_terminal() && std::io::stdout().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            // The template is a constant without placeholders that could fail.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            Self::Live(bar)
        } else {
            Self::Plain
        }
    }

    /// Shows a snapshot.
    pub fn show(&self, snapshot: &Snapshot) {
        match self {
            Self::Live(bar) => {
                bar.set_message(live_text(snapshot));
                bar.tick();
            }
            Self::Plain => println!("{}", plain_line(snapshot)),
            Self::Silent => {}
        }
    }

    /// Prints a line above the live ones.
    pub fn note(&self, line: &str) {
        match self {
            Self::Live(bar) => bar.println(line),
            Self::Plain => println!("{line}"),
            Self::Silent => eprintln!("{line}"),
        }
    }

    /// Takes the live lines away.
    pub fn finish(&self) {
        if let Self::Live(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn plain_line(snapshot: &Snapshot) -> String {
    let mut line = head(snapshot);
    for strategy in &snapshot.strategies {
        // Writing to a string cannot fail.
        let _ = write!(line, " | {}", strategy_text(strategy));
    }
    if let Some(hop) = whole_way(snapshot) {
        let (p50, p99) = (hop.p50 as f64 / 1000.0, hop.p99 as f64 / 1000.0);
        let _ = write!(line, " | {} p50 {p50:.1} p99 {p99:.1} µs", hop.hop);
    }
    line
}

fn live_text(snapshot: &Snapshot) -> String {
    let mut text = head(snapshot);
    for strategy in &snapshot.strategies {
        let _ = write!(text, "\n    {}", strategy_text(strategy));
    }
    for hop in &snapshot.latency {
        let micros = |nanos: u64| nanos as f64 / 1000.0;
        let _ = write!(
            text,
            "\n    {:24} p50 {:>8.1}  p99 {:>8.1}  max {:>8.1} µs",
            hop.hop,
            micros(hop.p50),
            micros(hop.p99),
            micros(hop.max)
        );
    }
    text
}

fn head(snapshot: &Snapshot) -> String {
    format!(
        "[{:6.1} s] {} | {} frames, {}/s, {} refused",
        snapshot.elapsed.as_secs_f64(),
        snapshot.feed,
        group(snapshot.frames),
        group(snapshot.frames_per_second),
        snapshot.refused
    )
}

fn strategy_text(strategy: &StrategyLine) -> String {
    let stopped = if strategy.stopped { " STOPPED" } else { "" };
    let lost = match strategy.lost {
        0 => String::new(),
        lost => format!(", {} LOST", group(lost)),
    };
    let (events, orders) = (group(strategy.events), group(strategy.orders));
    format!("{}: {events} events{lost}, {orders} orders{stopped}", strategy.name)
}

/// The hop that covers most of the way.
fn whole_way(snapshot: &Snapshot) -> Option<&HopRow> {
    snapshot.latency.iter().find(|row| row.hop == crate::run::hops::WIRE_TO_STRATEGY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_stops_are_loud_and_absent_when_there_are_none() {
        let mut snapshot = Snapshot {
            feed: "live".into(),
            strategies: vec![StrategyLine {
                name: "one".into(),
                events: 1234,
                ..Default::default()
            }],
            ..Snapshot::default()
        };
        assert!(!plain_line(&snapshot).contains("LOST"));
        snapshot.strategies[0].lost = 7;
        snapshot.strategies[0].stopped = true;
        let line = plain_line(&snapshot);
        assert!(line.contains("one: 1,234 events, 7 LOST, 0 orders STOPPED"), "{line}");
    }
}

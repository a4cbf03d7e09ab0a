//! What a person sees while the engine runs: a few live lines on a terminal, one plain line an
//! interval in a pipe.

use super::hops;
use super::summary::won;
use crate::desk::TradingLine;
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
    /// Trading, where the run trades.
    pub trading: Option<TradingLine>,
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
    if let Some(trading) = &snapshot.trading {
        let _ = write!(line, " | {}", trading_text(trading));
    }
    for hop in whole_ways(snapshot) {
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
    if let Some(trading) = &snapshot.trading {
        let _ = write!(text, "\n    {}", trading_text(trading));
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

/// What a trader looks at; what needs a person is loud.
fn trading_text(trading: &TradingLine) -> String {
    let mut text = format!(
        "trading: {} orders, {} working, {} fills, {} denied, net {} won",
        group(trading.orders),
        group(trading.working),
        group(trading.fills),
        group(trading.denials),
        won(trading.net),
    );
    if trading.unknown > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ", {} UNKNOWN", group(trading.unknown));
    }
    if !trading.takes_orders {
        text.push_str(", NO NEW ORDERS");
    }
    text
}

/// The hops that cover most of the way: in, and out.
fn whole_ways(snapshot: &Snapshot) -> impl Iterator<Item = &HopRow> {
    let whole = [hops::WIRE_TO_STRATEGY, hops::TICK_TO_WRITTEN];
    snapshot.latency.iter().filter(move |row| whole.contains(&row.hop.as_str()))
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

    #[test]
    fn trading_shows_its_figures_and_cries_when_a_person_is_needed() {
        let mut trading = TradingLine {
            orders: 1_412,
            working: 3,
            fills: 2_077,
            denials: 31,
            net: -1_234_567,
            takes_orders: true,
            ..TradingLine::default()
        };
        let mut snapshot = Snapshot { trading: Some(trading), ..Snapshot::default() };
        let calm = "trading: 1,412 orders, 3 working, 2,077 fills, 31 denied, net -1,234,567 won";
        assert!(plain_line(&snapshot).ends_with(calm), "{}", plain_line(&snapshot));
        (trading.unknown, trading.takes_orders) = (1, false);
        snapshot.trading = Some(trading);
        let text = live_text(&snapshot);
        assert!(text.ends_with("won, 1 UNKNOWN, NO NEW ORDERS"), "{text}");
        snapshot.trading = None;
        assert!(!plain_line(&snapshot).contains("trading"));
    }
}

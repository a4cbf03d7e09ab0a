//! From the text of a configuration to a [`Config`], or to every problem in it.

mod broker;
mod feed;
mod kill;
mod orders;
mod risk;
mod session;
mod sim;
mod strategy;
mod telemetry;

use super::reader::{Problem, Report, Section};
use super::{Config, Mode, Poll};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// A configuration that cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It was read, and something in it is wrong.
    Invalid {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => {
                write!(f, "cannot read the configuration {}: {error}", path.display())
            }
            Self::Invalid { path, problems } => {
                let plural = if problems.len() == 1 { "" } else { "s" };
                write!(f, "{}: {} problem{plural}", path.display(), problems.len())?;
                for problem in problems {
                    write!(f, "\n  {}:{problem}", path.display())?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks a configuration file.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable { path: path.into(), error })?;
    let base = path.parent().unwrap_or(Path::new("."));
    parse(&text, base).map_err(|problems| ConfigError::Invalid { path: path.into(), problems })
}

/// Checks the text of a configuration; relative paths in it start at `base`.
pub fn parse(text: &str, base: &Path) -> Result<Config, Vec<Problem>> {
    let report = Report::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        let offset = error.span().map(|span| span.start);
        report.add(offset, "", format!("not TOML: {}", error.message()));
    }
    if !syntax.is_empty() {
        return Err(report.into_problems());
    }
    let root = Section::root(&document, &report);
    let config = read(root, base, &report);
    let problems = report.into_problems();
    if problems.is_empty() { config.ok_or(problems) } else { Err(problems) }
}

fn read(root: Section<'_, '_>, base: &Path, report: &Report<'_>) -> Option<Config> {
    let modes =
        [("sim", Mode::Sim), ("dry-run", Mode::DryRun), ("mock", Mode::Mock), ("live", Mode::Live)];
    let mode = root.choice("mode", &modes);
    if mode.is_none() && root.string("mode").is_none() {
        root.missing("mode", "write \"sim\", \"dry-run\", \"mock\" or \"live\"");
    }
    let assumed = mode.unwrap_or(Mode::Sim);
    let broker = broker::read_broker(root.section("broker"), assumed, base);
    let sim = sim::read_sim(root.section("sim"));
    let feed = feed::read_feed(root.section("feed"));
    let gateway = feed::read_gateway(root.section("gateway"));
    let telemetry = telemetry::read_telemetry(root.section("telemetry"), base);
    let runs = &telemetry.directory;
    let orders = orders::read_orders(root.section("orders"), assumed, base, runs);
    let risk = risk::read_risk(root.section("risk"), assumed);
    let session = session::read_session(root.section("session"), assumed, base, broker.as_ref());
    let kill = kill::read_kill(root.section("kill"), assumed, base, runs);
    let limits = risk.strategy;
    let strategies = strategy::read_strategies(&root, assumed, base, &sim, &feed, limits, report);
    root.finish();
    Some(Config {
        mode: mode?,
        broker: broker?,
        sim,
        feed,
        gateway,
        orders,
        risk,
        session,
        kill,
        telemetry,
        strategies,
    })
}

fn core_of(section: &Section<'_, '_>) -> Option<usize> {
    section.integer("core", 0..=1023).map(|core| core as usize)
}

const POLLS: [(&str, Poll); 3] =
    [("spin", Poll::Spin), ("block", Poll::Block), ("auto", Poll::Auto)];

fn millis(
    section: &Section<'_, '_>,
    key: &'static str,
    low: i64,
    high: i64,
    default: i64,
) -> Duration {
    Duration::from_millis(section.integer(key, low..=high).unwrap_or(default) as u64)
}

fn slots(section: &Section<'_, '_>, key: &'static str, low: i64, high: i64, default: i64) -> usize {
    let slots = section.integer(key, low..=high).unwrap_or(default) as usize;
    if !slots.is_power_of_two() {
        let near = slots.next_power_of_two();
        let message = format!("{slots} is not a power of two; {near} is");
        section.problem(section.offset(), key, message);
    }
    slots
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trading_tests;

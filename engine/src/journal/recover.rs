//! From the journal of a day back to the machine.

use super::error::JournalError;
use super::files::{days, files_of};
use super::line::{Entry, Head};
use super::read::{Reading, TornTail, read_file};
use crate::order::{Carry, Costs, Input, Machine, Output, Settings, Want};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use strategy_api::{InstrumentId, Symbol};

/// A machine as it was when the last run of the day ended, and what is needed to go on with it.
#[derive(Debug)]
pub struct Recovered {
    /// The machine. Give it [`Input::Begin`] next.
    pub machine: Machine,
    /// The run's head, with the strategies and instruments of earlier runs of the day that it does
    /// not have itself behind its own. Nobody listens to reports for such a strategy; its orders are
    /// there to be cancelled and its position to be seen.
    pub head: Head,
    /// Inputs that were played back.
    pub inputs: u64,
    /// Ends that were cut off.
    pub torn: Vec<(PathBuf, TornTail)>,
}

/// One input of a replay, with what followed from it.
#[derive(Debug)]
pub struct Replay<'a> {
    /// The line.
    pub entry: &'a Entry,
    /// Its input, with the numbers of strategies and instruments that hold now.
    pub input: &'a Input,
    /// Number of the file.
    pub file: usize,
    /// What was decided.
    pub out: &'a [Output],
    /// The machine after it.
    pub machine: &'a Machine,
}

/// Plays back all runs of the day of `head`, cuts torn ends off, and gives the machine for the run
/// that begins.
///
/// # Errors
/// When a file cannot be read, is damaged, missing, or decided otherwise than this engine does.
pub fn recover(folder: &Path, head: &Head) -> Result<Recovered, JournalError> {
    let files = files_of(folder, &head.date)?;
    let recovered = replay(&files, head, |_| ())?;
    for (path, torn) in &recovered.torn {
        let cut = OpenOptions::new().write(true).open(path).and_then(|file| {
            file.set_len(torn.offset)?;
            file.sync_all()
        });
        cut.map_err(JournalError::io("cutting the torn end of", path))?;
    }
    Ok(recovered)
}

/// What the run's strategies held at the end of the last day that has a journal, before the day of
/// `head`. Give each as [`Input::Carry`] to a machine that has no input yet; a day that has runs
/// already has them in its journal. Shares of strategies that are no more are the account's.
///
/// # Errors
/// As [`recover`].
pub fn carried_over(folder: &Path, head: &Head) -> Result<Vec<Carry>, JournalError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let earlier = days(folder)?.into_iter().rfind(|day| *day < head.date);
    let Some(day) = earlier else { return Ok(Vec::new()) };
    let last = replay(&files_of(folder, &day)?, head, |_| ())?;
    let known = |carry: &Carry| usize::from(carry.strategy) < head.strategies.len();
    Ok(last.machine.carry().filter(known).collect())
}

/// The same as [`recover`] without touching the files; `see` is called after every input.
///
/// # Errors
/// As [`recover`].
pub fn replay(
    files: &[PathBuf],
    head: &Head,
    mut see: impl FnMut(Replay<'_>),
) -> Result<Recovered, JournalError> {
    let mut readings = Vec::with_capacity(files.len());
    for path in files {
        readings.push((path, read_file(path)?));
    }
    let merged = merge(head, &readings);
    let codes: Vec<Symbol> = merged.instruments.iter().map(|c| Symbol::truncated(c).0).collect();
    let mut machine = Machine::new(sizes(&merged.settings, &readings), &codes);
    let mut torn = Vec::new();
    let mut out = Vec::new();
    let mut inputs = 0;
    for (file, (path, reading)) in readings.iter().enumerate() {
        torn.extend(reading.torn.map(|torn| ((*path).clone(), torn)));
        let Some(of_file) = &reading.head else { continue };
        let numbers = Numbers::new(of_file, &merged);
        machine.set_settings(numbers.settings(&of_file.settings));
        for (index, entry) in reading.entries.iter().enumerate() {
            let line = index + 2;
            if entry.seq != machine.sequence() + 1 {
                return Err(JournalError::OutOfOrder {
                    path: (*path).clone(),
                    line,
                    why: format!("number {} follows {}", entry.seq, machine.sequence()),
                });
            }
            out.clear();
            let input = numbers.translate(&entry.input);
            if machine.apply(entry.ts, &input, &mut out) != entry.sum {
                return Err(JournalError::Diverges { path: (*path).clone(), line });
            }
            inputs += 1;
            see(Replay { entry, input: &input, file, out: &out, machine: &machine });
        }
    }
    machine.set_settings(merged.settings.clone());
    Ok(Recovered { machine, head: merged, inputs, torn })
}

/// The run's head with what earlier runs knew besides.
fn merge(head: &Head, readings: &[(&PathBuf, Reading)]) -> Head {
    let mut merged = head.clone();
    for earlier in readings.iter().filter_map(|(_, reading)| reading.head.as_ref()) {
        for name in &earlier.strategies {
            if !merged.strategies.contains(name) {
                merged.strategies.push(name.clone());
            }
        }
        for code in &earlier.instruments {
            if !merged.instruments.contains(code) {
                merged.instruments.push(code.clone());
            }
        }
    }
    merged
}

/// Tables as large as the largest of all runs.
fn sizes(settings: &Settings, readings: &[(&PathBuf, Reading)]) -> Settings {
    let mut sizes = settings.clone();
    for earlier in readings.iter().filter_map(|(_, reading)| reading.head.as_ref()) {
        let earlier = &earlier.settings;
        sizes.orders_max = sizes.orders_max.max(earlier.orders_max);
        sizes.requests_max = sizes.requests_max.max(earlier.requests_max);
        sizes.numbers_max = sizes.numbers_max.max(earlier.numbers_max);
        sizes.fills_max = sizes.fills_max.max(earlier.fills_max);
        sizes.instruments_max = sizes.instruments_max.max(earlier.instruments_max);
        sizes.positions_max = sizes.positions_max.max(earlier.positions_max);
        sizes.rows_max = sizes.rows_max.max(earlier.rows_max);
    }
    sizes
}

/// What a file's numbers of strategies and instruments are now.
struct Numbers {
    strategies: Vec<u16>,
    instruments: Vec<u16>,
}

impl Numbers {
    fn new(of_file: &Head, now: &Head) -> Self {
        let place = |all: &[String], name: &String| {
            all.iter().position(|known| known == name).map_or(u16::MAX, |index| index as u16)
        };
        Self {
            strategies: of_file.strategies.iter().map(|n| place(&now.strategies, n)).collect(),
            instruments: of_file.instruments.iter().map(|c| place(&now.instruments, c)).collect(),
        }
    }

    fn strategy(&self, number: u16) -> u16 {
        self.strategies.get(usize::from(number)).copied().unwrap_or(number)
    }

    /// The settings of the file, with its costs where the instruments are now.
    fn settings(&self, of_file: &Settings) -> Settings {
        let mut costs = Vec::new();
        for (old, now) in self.instruments.iter().enumerate() {
            let now = usize::from(*now);
            if costs.len() <= now {
                costs.resize(now + 1, Costs::default());
            }
            costs[now] = of_file.costs.get(old).copied().unwrap_or_default();
        }
        Settings { costs, ..of_file.clone() }
    }

    fn translate(&self, input: &Input) -> Input {
        let wish = |mut wish: crate::order::Wish| {
            wish.strategy = self.strategy(wish.strategy);
            if let Want::New { request, .. } = &mut wish.want {
                let now = self.instruments.get(request.instrument.index());
                request.instrument = now.map_or(request.instrument, |now| InstrumentId(*now));
            }
            wish
        };
        match *input {
            Input::Wish(old) => Input::Wish(wish(old)),
            Input::Denied(mut denied) => {
                denied.wish = wish(denied.wish);
                Input::Denied(denied)
            }
            Input::Carry(mut carry) => {
                carry.strategy = self.strategy(carry.strategy);
                Input::Carry(carry)
            }
            other => other,
        }
    }
}

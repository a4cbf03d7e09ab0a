//! Instructions in the program (not in the kernel) for each frame, counted by valgrind's callgrind: the
//! difference of two run lengths, so that the start does not count. Frames are sent flat out; valgrind
//! is slow, so several frames arrive with a read, and nobody polls in vain.
//!
//! Two counts: that of the thread that took the frames, and that of the whole program. What other threads do
//! by time instead of by frame (histograms to the disk each second) is too large in the second one: under
//! valgrind a frame takes fifty times as long.
//!
//! Valgrind knows no AVX-512: what is measured is what runs on a machine without.

use super::clients::Client;
use super::run::Rig;
use super::scenario::{Scenario, Segment};
use anyhow::{Context, ensure};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Frames of the short run and of the long one.
const SHORT: u64 = 2_000;
const LONG: u64 = 22_000;

/// tokio-tungstenite and sonic-rs should need so many times what this engine does.
pub const GOAL: f64 = 3.5;

/// What a client needs for a frame.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Instructions {
    /// The client.
    pub client: Client,
    /// Instructions in the thread that takes the frames: the one whose count grows most with them.
    pub thread: f64,
    /// Instructions in the program.
    pub program: f64,
}

/// Counts them.
///
/// # Errors
/// When valgrind is missing, or a run fails.
pub fn count(rig: &Rig, client: Client) -> anyhow::Result<Instructions> {
    let short = collected(rig, client, SHORT)?;
    let long = collected(rig, client, LONG)?;
    // A thread that only the long run had is a thread of the frames all the same.
    let grown = long.iter().enumerate().map(|(number, long)| {
        let short = short.get(number).copied().unwrap_or(0);
        (*long as f64 - short as f64) / (LONG - SHORT) as f64
    });
    let grown: Vec<f64> = grown.collect();
    let thread = grown.iter().copied().fold(0.0, f64::max);
    Ok(Instructions { client, thread, program: grown.iter().sum() })
}

/// What each thread of a run took, in the order in which they began.
fn collected(rig: &Rig, client: Client, frames: u64) -> anyhow::Result<Vec<u64>> {
    let folder = tempfile::tempdir_in(&rig.folder).context("no folder for the counts")?;
    let mut rig = rig.clone();
    rig.wrapper = vec![
        "valgrind".into(),
        "--tool=callgrind".into(),
        "--separate-threads=yes".into(),
        format!("--callgrind-out-file={}", folder.path().join("count").display()),
        // Threads of the engine that wait must not keep the others from running.
        "--fair-sched=try".into(),
        format!("--log-file={}", rig.folder.join("callgrind.log").display()),
    ];
    rig.patience_factor = 5;
    let scenario = Scenario {
        name: "instructions".into(),
        title: "instructions".into(),
        segments: vec![Segment { frames, gap_nanos: 0, measured: true }],
        orders_every: 0,
    };
    rig.run(client, &scenario)?;
    // A file for each thread: count-01, count-02, …
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.path())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.to_string_lossy().contains("count-"));
    files.sort_unstable();
    ensure!(!files.is_empty(), "valgrind counted nothing");
    files.iter().map(|path| total(path)).collect()
}

fn total(path: &Path) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(path).context("valgrind left no count")?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals:"));
    line.and_then(|number| number.trim().parse().ok())
        .with_context(|| format!("valgrind counted nothing in {}", path.display()))
}

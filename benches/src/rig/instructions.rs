//! Instructions in the program (not in the kernel) for each frame, counted by valgrind's callgrind: the
//! difference of two run lengths, so that the start does not count. Frames are sent flat out; valgrind
//! is slow, so several frames arrive with a read, and nobody polls in vain.
//!
//! Valgrind knows no AVX-512: what is measured is what runs on a machine without.

use super::clients::Client;
use super::run::Rig;
use super::scenario::{Scenario, Segment};
use anyhow::Context;
use serde::Serialize;

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
    /// Instructions in the program.
    pub each: f64,
}

/// Counts them.
///
/// # Errors
/// When valgrind is missing, or a run fails.
pub fn count(rig: &Rig, client: Client) -> anyhow::Result<Instructions> {
    let short = collected(rig, client, SHORT)?;
    let long = collected(rig, client, LONG)?;
    Ok(Instructions { client, each: (long as f64 - short as f64) / (LONG - SHORT) as f64 })
}

fn collected(rig: &Rig, client: Client, frames: u64) -> anyhow::Result<u64> {
    let log = rig.folder.join("callgrind.log");
    let mut rig = rig.clone();
    rig.wrapper = vec![
        "valgrind".into(),
        "--tool=callgrind".into(),
        "--callgrind-out-file=/dev/null".into(),
        // Threads of the engine that wait must not keep the others from running.
        "--fair-sched=try".into(),
        format!("--log-file={}", log.display()),
    ];
    rig.patience_factor = 5;
    let scenario = Scenario {
        name: "instructions".into(),
        title: "instructions".into(),
        segments: vec![Segment { frames, gap_nanos: 0, measured: true }],
        orders_every: 0,
    };
    rig.run(client, &scenario)?;
    let text = std::fs::read_to_string(&log).context("valgrind left no log")?;
    let line = text.lines().find(|line| line.contains("Collected :"));
    line.and_then(|line| line.rsplit(':').next())
        .and_then(|number| number.trim().parse().ok())
        .with_context(|| format!("valgrind counted nothing:\n{text}"))
}

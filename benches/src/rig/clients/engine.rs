//! This engine, whole: [`engine::run::run`], what `engine run` runs, with the sender as its broker. Feed thread,
//! market ring, strategy with a plugin behind the C ABI, command ring, gateway; token and account over
//! REST; the main thread with its files and its progress.
//!
//! Where orders leave it is in mode `mock` with everything that belongs to it: gate, order machine, journal
//! on the disk, order lines, office. Elsewhere it is in `dry-run`, and orders end at the gate.
//!
//! It ends by SIGTERM, which the rig sends when the sender is through.

use super::{Extra, Hop, Job};
use crate::rig::frames::{self, NUMBER_BASE};
use anyhow::{Context, ensure};
use engine::cli::RunArgs;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Variables with the credentials, which nobody checks.
pub const CREDENTIALS: [(&str, &str); 2] =
    [("RIG_APP_KEY", "rig-app-key"), ("RIG_SECRET_KEY", "rig-secret-key")];

/// Runs it to the end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job, dispatch: &str) -> anyhow::Result<Extra> {
    // Threads inherit the core, those that have no own in the configuration.
    job.pin()?;
    let folder = job.marks.parent().context("the marks are in a folder")?;
    let runs = tempfile::tempdir_in(folder)?;
    let config = runs.path().join("engine.toml");
    std::fs::write(&config, configuration(job, dispatch, runs.path()))?;
    let args = RunArgs { config, duration: None, live: false, json: true };
    let code = engine::run::run(&args)?;
    let summary = summary_in(&runs.path().join("runs"))?;
    ensure!(code == 0, "the engine ended with {code}: {}", summary["problems"]);
    let refused = [&summary["feed"]["refused_frames"], &summary["feed"]["refused_entries"]];
    ensure!(refused.iter().all(|count| **count == 0), "the engine refused frames: {summary:#}");
    Ok(Extra { hops: hops(&summary) })
}

fn configuration(job: &Job, dispatch: &str, folder: &Path) -> String {
    let strategy_core = job.more_cores.first().copied();
    let gateway_core = job.more_cores.get(1).copied().or(strategy_core);
    // A thread that spins needs a core of its own.
    let wait = |core: Option<usize>| if core.is_some() { "spin" } else { "block" };
    let gateway_wait = if job.more_cores.len() > 1 { "spin" } else { "block" };
    let mode = if job.orders_every > 0 { "mock" } else { "dry-run" };
    let [(app_key, _), (secret_key, _)] = CREDENTIALS;
    let risk = if job.orders_every > 0 { RISK } else { "" };
    format!(
        r#"
        mode = "{mode}"
        [broker]
        rest_url = "{rest}"
        websocket_url = "{websocket}"
        ca_file = {certificate:?}
        app_key_env = "{app_key}"
        secret_key_env = "{secret_key}"
        [feed]
        dispatch = "{dispatch}"
        poll = {poll:?}
        core = {core}
        market_ring_slots = 65536
        [gateway]
        core = {gateway_core}
        wait = "{gateway_wait}"
        [orders]
        journal = {journal:?}
        cancel_on_end = false
        [session]
        calendar = "always"
        [telemetry]
        directory = {runs:?}
        [kill]
        latch = {latch:?}
        feed_max_ms = 0
        {risk}
        [[strategy]]
        name = "probe"
        plugin = {plugin:?}
        core = {strategy_core}
        wait = "{wait}"
        types = ["0B"]
        symbols = {symbols:?}
        params = {{ base = {NUMBER_BASE}, every = {every}, frames = {frames}, marks = {marks:?} }}
        "#,
        rest = job.orders_url(),
        websocket = job.url(),
        certificate = job.certificate,
        poll = job.poll,
        core = job.core,
        gateway_core = gateway_core.unwrap_or(job.core),
        journal = folder.join("orders"),
        runs = folder.join("runs"),
        latch = folder.join("latch"),
        strategy_core = strategy_core.unwrap_or(job.core),
        wait = wait(strategy_core),
        plugin = job.plugin,
        symbols = frames::items(),
        every = job.decide_every(),
        frames = job.frames,
        marks = job.marks,
    )
}

/// Limits that let every order of the rig pass; every check is made all the same.
const RISK: &str = r#"
        [risk]
        order_quantity_max = 10_000_000
        order_value_max = 1_000_000_000_000
        collar_bps = 3_000
        window_move_bps = 6_000
        repeat_orders_max = 32
        broker_orders_per_second = 64
        broker_cancel_reserve = 0
        [risk.account]
        position_quantity_max = 1_000_000_000
        position_value_max = 10_000_000_000_000
        exposure_max = 10_000_000_000_000
        daily_loss_max = 1_000_000_000_000
        working_orders_max = 4_000
        messages_per_second = 100
        [risk.strategy]
        position_quantity_max = 1_000_000_000
        position_value_max = 10_000_000_000_000
        exposure_max = 10_000_000_000_000
        daily_loss_max = 1_000_000_000_000
        working_orders_max = 4_000
        messages_per_second = 100
"#;

/// The summary of the one run that left its files there.
fn summary_in(runs: &Path) -> anyhow::Result<Value> {
    let entries =
        std::fs::read_dir(runs).with_context(|| format!("no runs in {}", runs.display()))?;
    let folders: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let summary =
        folders.iter().map(|folder| folder.join("summary.json")).find(|path| path.is_file());
    let summary = summary.with_context(|| format!("no summary below {}", runs.display()))?;
    Ok(serde_json::from_slice(&std::fs::read(summary)?)?)
}

fn hops(summary: &Value) -> Vec<Hop> {
    let rows = summary["latency"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or_default();
    rows.iter()
        .map(|row| Hop {
            name: row["hop"].as_str().unwrap_or_default().to_owned(),
            count: number(row, "count"),
            p50: number(row, "p50"),
            p99: number(row, "p99"),
        })
        .filter(|hop| hop.count > 0)
        .collect()
}

//! The log of a run: `engine.log` in its folder, written off the hot path.

use anyhow::Context;
use std::fs::File;
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::LevelFilter;

/// Starts writing; the guard brings the last lines to the disk when it is dropped.
pub(super) fn start(directory: &Path, level: &str) -> anyhow::Result<WorkerGuard> {
    let path = directory.join("engine.log");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let level: LevelFilter = level.parse().context("a log level is a word of the configuration")?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_max_level(level)
        .finish();
    // A second run in one process (tests) keeps the first one's log.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(guard)
}

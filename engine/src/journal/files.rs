//! Names of journal files: the day, and the run within it.

use super::error::JournalError;
use super::line::{FORMAT, Head};
use crate::order::Settings;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use strategy_api::{DurationNanos, UnixNanos};

/// Runs in a day.
const RUNS_MAX: u32 = 999;

impl Head {
    /// The head of a run that begins now.
    pub fn new(
        now: UnixNanos,
        strategies: Vec<String>,
        instruments: Vec<String>,
        settings: Settings,
    ) -> Self {
        Self { format: FORMAT, date: date_in_korea(now), strategies, instruments, settings }
    }
}

/// The day in Korea, `YYYYMMDD`.
pub fn date_in_korea(now: UnixNanos) -> String {
    let (year, month, day) = (now + DurationNanos::from_secs(9 * 3600)).date_utc();
    format!("{year:04}{month:02}{day:02}")
}

/// The files of a day, in the order in which they were written.
///
/// # Errors
/// When the folder cannot be read. A folder that does not exist has no files.
pub fn files_of(folder: &Path, date: &str) -> Result<Vec<PathBuf>, JournalError> {
    let failed = || JournalError::io("reading the folder", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        if run_of(&path, date).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Days that have a journal in a folder, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn days(folder: &Path) -> Result<Vec<String>, JournalError> {
    let failed = || JournalError::io("reading the folder", folder);
    let mut days = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let date = name.strip_prefix("orders-").and_then(|rest| rest.get(..8)).unwrap_or_default();
        if run_of(&path, date).is_some() {
            days.push(date.to_owned());
        }
    }
    days.sort();
    days.dedup();
    Ok(days)
}

fn run_of(path: &Path, date: &str) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let rest = name.strip_prefix("orders-")?.strip_prefix(date)?;
    let run = rest.strip_prefix('-')?.strip_suffix(".jsonl")?;
    (run.len() == 3).then(|| run.parse().ok())?
}

/// Creates the file of the next run of the day. Only its owner may read it.
pub(super) fn create_next(folder: &Path, date: &str) -> Result<(File, PathBuf), JournalError> {
    std::fs::create_dir_all(folder).map_err(JournalError::io("creating", folder))?;
    let last = files_of(folder, date)?.last().and_then(|path| run_of(path, date)).unwrap_or(0);
    for run in last + 1..=RUNS_MAX {
        let path = folder.join(format!("orders-{date}-{run:03}.jsonl"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match file {
            Ok(file) => {
                // The name itself must survive as well.
                let sync = File::open(folder).and_then(|folder| folder.sync_all());
                sync.map_err(JournalError::io("syncing", folder))?;
                return Ok((file, path));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(JournalError::io("creating", &path)(error)),
        }
    }
    let full = std::io::Error::other(format!("{RUNS_MAX} runs on {date}: move some away"));
    Err(JournalError::io("creating a file in", folder)(full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_korea() {
        // 2026-11-22 14:59:59 and 15:00:00 UTC.
        let before = UnixNanos::new(1_795_359_599_999_999_999);
        assert_eq!(date_in_korea(before), "20261122");
        assert_eq!(date_in_korea(before + DurationNanos::new(1)), "20261123");
    }

    #[test]
    fn runs_are_numbered_within_their_day() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            create_next(folder.path(), "20261123").unwrap();
        }
        create_next(folder.path(), "20261124").unwrap();
        std::fs::write(folder.path().join("orders-20261123-x.jsonl"), "").unwrap();
        let files = files_of(folder.path(), "20261123").unwrap();
        let names: Vec<_> =
            files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["orders-20261123-001.jsonl", "orders-20261123-002.jsonl", "orders-20261123-003.jsonl"]
        );
        assert_eq!(days(folder.path()).unwrap(), ["20261123", "20261124"]);
        assert!(files_of(&folder.path().join("none"), "20261123").unwrap().is_empty());
    }
}

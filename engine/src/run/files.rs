//! The folder of a run and the files in it.

use crate::gateway::{Intent, IntentWriter};
use crate::telemetry::HistogramLog;
use anyhow::Context;
use feed::handler::{QuarantineReason, Quarantined};
use feed::scan::RefusedEntry;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use strategy_api::{Instrument, UnixNanos};

/// What a run leaves behind.
pub(super) struct RunFiles {
    /// The folder.
    pub(super) directory: PathBuf,
    /// `latency.hlog`.
    pub(super) latency: HistogramLog,
    /// In dry-run; the order journal has more where orders leave.
    intents: Option<IntentWriter>,
    quarantine: BufWriter<File>,
    quarantine_left: usize,
    failed: Option<String>,
}

impl RunFiles {
    /// Makes the folder `parent/<UTC time>-<process id>` and its files; `intents`: one for what strategies
    /// wanted.
    pub(super) fn create(
        parent: &Path,
        started: SystemTime,
        strategies: Vec<String>,
        quarantine_frames: usize,
        intents: bool,
    ) -> anyhow::Result<Self> {
        let directory = parent.join(format!("{}-{}", stamp(started), std::process::id()));
        let cannot = || format!("cannot create the run's files in {}", directory.display());
        fs::create_dir_all(&directory).with_context(cannot)?;
        let directory = directory.canonicalize().with_context(cannot)?;
        Ok(Self {
            latency: HistogramLog::create(&directory.join("latency.hlog"), started)
                .with_context(cannot)?,
            intents: intents
                .then(|| IntentWriter::create(&directory.join("intents.jsonl"), strategies))
                .transpose()
                .with_context(cannot)?,
            quarantine: BufWriter::new(
                File::create(directory.join("quarantine.jsonl")).with_context(cannot)?,
            ),
            quarantine_left: quarantine_frames,
            failed: None,
            directory,
        })
    }

    /// Writes an order intent.
    pub(super) fn write_intent(&mut self, intent: &Intent, instruments: &[Instrument]) {
        let result = self.intents.as_mut().map(|file| file.write(intent, instruments));
        self.note("intents.jsonl", result.transpose());
    }

    /// Keeps a refused frame, as long as there is room; says whether it was kept.
    pub(super) fn write_quarantined(&mut self, refused: &Quarantined) -> bool {
        if self.quarantine_left == 0 {
            return false;
        }
        self.quarantine_left -= 1;
        let reason = match &refused.why {
            QuarantineReason::Frame(error) => json!([error.to_string()]),
            QuarantineReason::Entries(entries) => {
                entries.iter().map(describe).collect::<Vec<_>>().into()
            }
        };
        let line = json!({
            "ts_recv": refused.recv.raw(),
            "connection": refused.connection,
            "reasons": reason,
            "frame": String::from_utf8_lossy(&refused.frame),
        });
        let result = writeln!(self.quarantine, "{line}");
        self.note("quarantine.jsonl", result);
        true
    }

    /// Brings everything to the disk's files; the first failure of the run, if there was one.
    pub(super) fn flush(&mut self) -> Option<String> {
        let result = self.intents.as_mut().map(IntentWriter::flush);
        self.note("intents.jsonl", result.transpose());
        let result = self.quarantine.flush();
        self.note("quarantine.jsonl", result);
        let result = self.latency.flush();
        self.note("latency.hlog", result);
        self.failed.clone()
    }

    /// Remembers the first failure: a full disk must not stop the run, and must not be silent.
    pub(super) fn note<T>(&mut self, file: &str, result: std::io::Result<T>) {
        if let Err(error) = result {
            let path = self.directory.join(file);
            self.failed.get_or_insert_with(|| format!("cannot write {}: {error}", path.display()));
        }
    }
}

/// One refused entry, as a person reads it.
fn describe(entry: &RefusedEntry) -> String {
    let kind = entry.wire_type.map_or("?", |wire| wire.code());
    let RefusedEntry { entry: number, offset, fid, reason, .. } = entry;
    format!("entry {number} (type {kind}), FID {fid}, offset {offset}: {reason}")
}

/// `20261122T085500Z`.
fn stamp(time: SystemTime) -> String {
    let nanos = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let (year, month, day) = UnixNanos::new(nanos).date_utc();
    let seconds = nanos / 1_000_000_000 % 86_400;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_folder_is_named_after_its_time() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_359_600 + 3_661);
        assert_eq!(stamp(time), "20261122T160101Z");
        assert_eq!(stamp(SystemTime::UNIX_EPOCH), "19700101T000000Z");
    }
}

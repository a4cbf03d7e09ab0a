//! The latch on the disk: one JSON line that says why, when, by whom. It is there or it is not; a file
//! that cannot be read latches too.

use crate::market::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use strategy_api::UnixNanos;

/// What pulled the kill switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KillReason {
    /// A person, by the command.
    Command,
    /// A person or a program, over the control socket.
    ControlSocket,
    /// A signal.
    Signal,
    /// A file that somebody made.
    File,
    /// The loss of the day reached its limit.
    DailyLoss,
    /// No market data for too long.
    FeedStalled,
    /// A strategy did not come back for too long.
    StrategyStalled,
    /// The gateway's thread did not come back for too long.
    GatewayStalled,
    /// The order journal cannot be written any more.
    JournalFailed,
    /// The latch is there, and what it says cannot be read.
    Unreadable,
}

impl KillReason {
    /// Its name, as it stands in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::ControlSocket => "control_socket",
            Self::Signal => "signal",
            Self::File => "file",
            Self::DailyLoss => "daily_loss",
            Self::FeedStalled => "feed_stalled",
            Self::StrategyStalled => "strategy_stalled",
            Self::GatewayStalled => "gateway_stalled",
            Self::JournalFailed => "journal_failed",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for KillReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why, when and by whom trading was stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatchRecord {
    /// What pulled the switch.
    pub reason: KillReason,
    /// Who or what it was: a user, a strategy's name, a number; never a secret.
    pub who: String,
    /// More in words; may be empty.
    pub detail: String,
    /// When, nanoseconds since 1970.
    pub unix_nanos: u64,
    /// The same for people: the clock in Korea.
    pub at: String,
}

/// Longest `who` and `detail`, characters: the line stays one block of the disk.
const WORDS_MAX: usize = 500;

impl LatchRecord {
    /// A record; long words are cut.
    pub fn new(reason: KillReason, who: &str, detail: &str, now: UnixNanos) -> Self {
        let cut = |text: &str| text.chars().take(WORDS_MAX).collect();
        Self { reason, who: cut(who), detail: cut(detail), unix_nanos: now.raw(), at: korea(now) }
    }
}

impl fmt::Display for LatchRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        // Nobody knows who made a latch that cannot be read, or when.
        if self.reason != KillReason::Unreadable {
            write!(f, " by {:?} at {}", self.who, self.at)?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

fn korea(now: UnixNanos) -> String {
    format!("{} {} KST", Date::of(now), now.time_of_day_kst())
}

/// A latch that cannot be written, read or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LatchError {
    /// The disk refused.
    #[error("cannot {what} {}: {error}", path.display())]
    Disk {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        error: std::io::Error,
    },
    /// There is nothing to re-arm.
    #[error("{} is not there: trading is not stopped by it", path.display())]
    NotLatched {
        /// The file.
        path: PathBuf,
    },
}

/// What is on the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// No latch: trading may go on.
    Nothing,
    /// Latched. A file that cannot be read counts as [`KillReason::Unreadable`].
    Latched(LatchRecord),
}

/// The latch of one account.
///
/// ```
/// use engine::kill::{Found, KillReason, LatchFile, LatchRecord};
/// use strategy_api::UnixNanos;
///
/// let directory = tempfile::tempdir()?;
/// let file = LatchFile::new(directory.path().join("kill.latch"));
/// assert_eq!(file.read(), Found::Nothing);
/// let now = UnixNanos::new(1_795_395_600_000_000_000);
/// file.write(&LatchRecord::new(KillReason::Command, "kim", "", now))?;
/// let was = file.rearm("kim", now)?;
/// assert_eq!(was.to_string(), r#"command by "kim" at 2026-11-23 10:00:00 KST"#);
/// assert_eq!(file.read(), Found::Nothing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LatchFile {
    path: PathBuf,
}

impl LatchFile {
    /// The latch at that path; beside it stands its history, `<name>.history`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every latch and every re-arming, one JSON line each.
    pub fn history_path(&self) -> PathBuf {
        self.beside("history")
    }

    /// What is there. Whatever is there and is no latch that can be read, or cannot even be looked at,
    /// latches: stopping too often costs less than trading on against a person's will.
    pub fn read(&self) -> Found {
        let unreadable = |detail: String| {
            let record = LatchRecord {
                reason: KillReason::Unreadable,
                who: String::new(),
                detail,
                unix_nanos: 0,
                at: String::new(),
            };
            Found::Latched(record)
        };
        match std::fs::read_to_string(&self.path) {
            Ok(text) => match serde_json::from_str(text.trim_end()) {
                Ok(record) => Found::Latched(record),
                Err(error) => unreadable(format!("{}: {error}", self.path.display())),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Err(error) => unreadable(format!("{}: {error}", self.path.display())),
        }
    }

    /// Latches. When this returns, the latch survives a loss of power. The first one stays: a latch
    /// that is there already is kept, and the later reason goes into the history alone; the same reason
    /// again does not.
    ///
    /// # Errors
    /// [`LatchError::Disk`]: trading is not stopped on the disk; try again.
    pub fn write(&self, record: &LatchRecord) -> Result<(), LatchError> {
        if let Found::Latched(there) = self.read()
            && (there.reason, &there.who, &there.detail)
                == (record.reason, &record.who, &record.detail)
        {
            return self.sync_directory();
        }
        let line = to_line(record);
        let temporary = self.beside(&format!("{}-{}.new", std::process::id(), record.unix_nanos));
        let made = self.write_beside(&temporary, &line);
        // Whether it worked or not, the temporary file has no more use, and no harm if it stays.
        let _ = std::fs::remove_file(&temporary);
        made?;
        self.sync_directory()?;
        // The latch is what counts; it holds whether or not the history can be written.
        let _ = self.append_history(&line);
        Ok(())
    }

    /// Takes the latch away: a person's act. Returns what was latched.
    ///
    /// # Errors
    /// [`LatchError::NotLatched`], or [`LatchError::Disk`]: the latch stays, or a restart may find it
    /// again.
    pub fn rearm(&self, who: &str, now: UnixNanos) -> Result<LatchRecord, LatchError> {
        let Found::Latched(was) = self.read() else {
            return Err(LatchError::NotLatched { path: self.path.clone() });
        };
        let act = serde_json::json!({
            "rearmed_by": who.chars().take(WORDS_MAX).collect::<String>(),
            "unix_nanos": now.raw(),
            "at": korea(now),
            "was": &was,
        });
        self.append_history(&format!("{act}\n"))?;
        std::fs::remove_file(&self.path).map_err(|error| self.disk("remove", &self.path, error))?;
        self.sync_directory()?;
        Ok(was)
    }

    fn write_beside(&self, temporary: &Path, line: &str) -> Result<(), LatchError> {
        let mut file =
            File::create(temporary).map_err(|error| self.disk("create", temporary, error))?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| self.disk("write", temporary, error))?;
        // A link, unlike a rename, never replaces the latch that is there.
        match std::fs::hard_link(temporary, &self.path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            // A file system without links: a rename replaces, and is as atomic.
            Err(_) => std::fs::rename(temporary, &self.path)
                .map_err(|error| self.disk("rename to", &self.path, error)),
        }
    }

    fn append_history(&self, line: &str) -> Result<(), LatchError> {
        let path = self.history_path();
        let opened = OpenOptions::new().append(true).create(true).open(&path);
        opened
            .and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|error| self.disk("write", &path, error))
    }

    fn sync_directory(&self) -> Result<(), LatchError> {
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| self.disk("make durable", directory, error))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(ending);
        name.into()
    }

    fn disk(&self, what: &'static str, path: &Path, error: std::io::Error) -> LatchError {
        LatchError::Disk { what, path: path.to_owned(), error }
    }
}

fn to_line(record: &LatchRecord) -> String {
    // Strings and integers only: nothing in it can fail.
    let text = serde_json::to_string(record).unwrap_or_else(|error| unreachable!("{error}"));
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos::new(1_795_395_600_000_000_000);

    fn record(reason: KillReason, who: &str) -> LatchRecord {
        LatchRecord::new(reason, who, "why\nnot", NOW)
    }

    fn latch() -> (tempfile::TempDir, LatchFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = LatchFile::new(directory.path().join("kill.latch"));
        (directory, file)
    }

    #[test]
    fn what_was_latched_comes_back_as_one_line() {
        let (_directory, file) = latch();
        let reasons = [
            KillReason::Command,
            KillReason::ControlSocket,
            KillReason::Signal,
            KillReason::File,
            KillReason::DailyLoss,
            KillReason::FeedStalled,
            KillReason::StrategyStalled,
            KillReason::GatewayStalled,
        ];
        for reason in reasons {
            let record = record(reason, "김");
            file.write(&record).unwrap();
            assert_eq!(file.read(), Found::Latched(record.clone()));
            let text = std::fs::read_to_string(file.path()).unwrap();
            assert_eq!(text.lines().count(), 1);
            assert!(text.contains(reason.name()) && text.contains("2026-11-23 10:00:00 KST"));
            assert_eq!(file.rearm("kim", NOW).unwrap(), record);
            assert_eq!(file.read(), Found::Nothing);
        }
    }

    #[test]
    fn the_first_reason_stays_and_the_history_has_all() {
        let (directory, file) = latch();
        let first = record(KillReason::DailyLoss, "gate");
        file.write(&first).unwrap();
        file.write(&record(KillReason::Command, "kim")).unwrap();
        assert_eq!(file.read(), Found::Latched(first.clone()));
        assert_eq!(file.rearm("lee", NOW).unwrap(), first);
        let history = std::fs::read_to_string(file.history_path()).unwrap();
        let lines: Vec<serde_json::Value> =
            history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1]["reason"], "command");
        assert_eq!(lines[2]["rearmed_by"], "lee");
        assert_eq!(lines[2]["was"]["reason"], "daily_loss");
        // Nothing else is left in the directory.
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn there_is_nothing_to_rearm_without_a_latch() {
        let (_directory, file) = latch();
        let error = file.rearm("kim", NOW).unwrap_err();
        assert!(matches!(error, LatchError::NotLatched { .. }), "{error}");
        assert!(!file.history_path().exists());
    }

    #[test]
    fn whatever_cannot_be_read_latches_and_can_be_rearmed() {
        let (_directory, file) = latch();
        let whole = to_line(&record(KillReason::Command, "kim"));
        for text in ["", "{", "null", "{}", &whole[..whole.len() / 2], "\u{0}\u{0}"] {
            std::fs::write(file.path(), text).unwrap();
            let Found::Latched(found) = file.read() else { panic!("{text:?} does not latch") };
            assert_eq!(found.reason, KillReason::Unreadable, "{text:?}");
            assert!(found.detail.contains("kill.latch"), "{}", found.detail);
        }
        std::fs::write(file.path(), [0xff, 0xfe]).unwrap();
        assert!(matches!(file.read(), Found::Latched(_)), "bytes that are no text");
        assert_eq!(file.rearm("kim", NOW).unwrap().reason, KillReason::Unreadable);
        assert_eq!(file.read(), Found::Nothing);
        std::fs::create_dir(file.path()).unwrap();
        assert!(matches!(file.read(), Found::Latched(_)), "a directory in its place");
    }

    #[test]
    fn a_disk_that_refuses_is_told() {
        let (directory, _) = latch();
        let file = LatchFile::new(directory.path().join("missing").join("kill.latch"));
        let error = file.write(&record(KillReason::Command, "kim")).unwrap_err().to_string();
        assert!(error.contains("cannot create") && error.contains("missing"), "{error}");
    }

    #[test]
    fn long_words_are_cut() {
        let record = LatchRecord::new(KillReason::Command, &"가".repeat(9_000), "", NOW);
        assert_eq!(record.who.chars().count(), WORDS_MAX);
    }
}

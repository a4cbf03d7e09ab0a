//! What can be wrong with a journal.

use super::line::LineError;
use std::path::PathBuf;

/// A journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system said no.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A line in the middle is damaged: orders may be missing from what follows.
    #[error(
        "{}: line {line} (byte {offset}) is damaged: {why}. Lines after it are whole, so this is no \
         torn end. Keep the file, compare with the broker's order list, and move it away to start \
         from the broker's books alone",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Of the line's first byte.
        offset: u64,
        /// What is wrong with it.
        why: LineError,
    },
    /// A line is whole and is not what must follow.
    #[error(
        "{}: line {line}: {why}. A file of this day is missing, or was changed; put it back, or move \
         the day's files away to start from the broker's books alone",
        path.display()
    )]
    OutOfOrder {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What was expected.
        why: String,
    },
    /// The machine decides otherwise than it did.
    #[error(
        "{}: line {line}: this version of the engine decides otherwise on it than the one that wrote \
         it. Go on with that version today, or move the day's files away to start from the broker's \
         books alone",
        path.display()
    )]
    Diverges {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Another engine trades on the folder.
    #[error(
        "another engine{} works on the order journal in {}: two on one journal would not know each \
         other's orders. End that one first, or give this one a folder of its own ([orders] journal)",
        process.map_or_else(String::new, |process| format!(" (process {process})")),
        folder.display()
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who, where the lock tells.
        process: Option<u32>,
    },
    /// The writer has stopped: nothing reaches the disk any more.
    #[error("the journal cannot be written: {0}. No order is sent from here on")]
    Stopped(String),
    /// The disk does not keep up.
    #[error("the journal has not reached the disk for {0:?}. No order is sent from here on")]
    TooSlow(std::time::Duration),
}

impl JournalError {
    pub(super) fn io(
        what: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

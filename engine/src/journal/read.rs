//! Reading a journal file.

use super::error::JournalError;
use super::line::{self, Entry, Head, Line};
use std::path::Path;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its first line; `None` for a file that was cut before it was whole.
    pub head: Option<Head>,
    /// The others, from line 2.
    pub entries: Vec<Entry>,
    /// What follows the last whole line.
    pub torn: Option<TornTail>,
}

/// The end of a file that was not written whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TornTail {
    /// Line at which it begins, from 1.
    pub line: usize,
    /// Byte at which it begins.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// Reads a whole file.
///
/// # Errors
/// When it cannot be read, when a line before the last whole one is damaged, when a line is missing.
pub fn read_file(path: &Path) -> Result<Reading, JournalError> {
    let bytes = std::fs::read(path).map_err(JournalError::io("reading", path))?;
    let mut reading = Reading { head: None, entries: Vec::new(), torn: None };
    let mut at = 0;
    let mut number = 0;
    while at < bytes.len() {
        number += 1;
        let end = bytes[at..].iter().position(|byte| *byte == b'\n');
        let whole = end.map(|end| line::read(&bytes[at..at + end]));
        match whole {
            Some(Ok(line)) => take(path, number, line, &mut reading)?,
            Some(Err(why)) if is_followed(&bytes, at) => {
                let (path, offset) = (path.to_owned(), at as u64);
                return Err(JournalError::Damaged { path, line: number, offset, why });
            }
            // A line whose checksum fits was written whole, whatever it says.
            Some(Err(why @ line::LineError::Content(_))) => {
                let (path, offset) = (path.to_owned(), at as u64);
                return Err(JournalError::Damaged { path, line: number, offset, why });
            }
            Some(Err(_)) | None => {
                let rest = (bytes.len() - at) as u64;
                reading.torn = Some(TornTail { line: number, offset: at as u64, bytes: rest });
                break;
            }
        }
        at += end.map_or(bytes.len(), |end| end + 1);
    }
    Ok(reading)
}

/// Whether any whole line comes after the one that begins at `at`.
fn is_followed(bytes: &[u8], at: usize) -> bool {
    let lines = bytes[at..].split(|byte| *byte == b'\n');
    lines.skip(1).any(|line| !matches!(line::read(line), Err(ref why) if is_damage(why)))
}

fn is_damage(why: &line::LineError) -> bool {
    matches!(why, line::LineError::Checksum | line::LineError::NoChecksum)
}

fn take(path: &Path, number: usize, line: Line, into: &mut Reading) -> Result<(), JournalError> {
    let wrong = |why: String| JournalError::OutOfOrder { path: path.to_owned(), line: number, why };
    match line {
        Line::Head(head) if number == 1 => {
            if head.format != line::FORMAT {
                let why = format!("format {}, and this engine reads {}", head.format, line::FORMAT);
                return Err(wrong(why));
            }
            into.head = Some(*head);
        }
        Line::Head(_) => return Err(wrong("a head in the middle".to_owned())),
        Line::Entry(_) if number == 1 => return Err(wrong("the head is missing".to_owned())),
        Line::Entry(entry) => {
            if let Some(last) = into.entries.last()
                && entry.seq != last.seq + 1
            {
                return Err(wrong(format!("number {} follows {}", entry.seq, last.seq)));
            }
            into.entries.push(*entry);
        }
    }
    Ok(())
}

//! One line of the journal.
//!
//! ```text
//! {"crc":"5b2c01d4","seq":17,"ts":1795392000123456789,"sum":"9f…","in":"wish","strategy":0,…}
//! ```
//!
//! The checksum (CRC-32, as in gzip) covers the bytes from the comma after it, exclusive, to the end
//! of the line, exclusive. Every line is one JSON object: `jq` reads it.

use super::quick;
use crate::order::{Input, Settings};
use serde::{Deserialize, Serialize};
use strategy_api::UnixNanos;

/// Version of the format, in the first line of every file.
pub const FORMAT: u32 = 1;

/// What stands before the checksummed part: `{"crc":"........",`.
const PREFIX: usize = 18;

/// One input of the order machine, and the sum over what was decided on it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Number of the input in the day, from 1, without a hole.
    pub seq: u64,
    /// Our clock when it was taken.
    #[serde(with = "crate::order::serial::nanos")]
    pub ts: UnixNanos,
    /// What [`Machine::apply`](crate::order::Machine::apply) gave.
    #[serde(with = "hex")]
    pub sum: u64,
    /// The input.
    #[serde(flatten)]
    pub input: Input,
}

/// The first line of a file: what numbers mean in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// Day in Korea, `YYYYMMDD`.
    pub date: String,
    /// Names of the strategies, by number.
    pub strategies: Vec<String>,
    /// Codes of the instruments, by number.
    pub instruments: Vec<String>,
    /// Limits and waits under which the inputs were taken.
    pub settings: Settings,
}

/// A line as it is read.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// The first of a file.
    Head(Box<Head>),
    /// Any other.
    Entry(Box<Entry>),
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It does not begin as a line of a journal does.
    #[error("it does not begin with a checksum")]
    NoChecksum,
    /// It was changed or written in part.
    #[error("its checksum does not fit")]
    Checksum,
    /// The checksum fits and the content is not known: another version wrote it.
    #[error("it cannot be read: {0}; another version of the engine wrote it")]
    Content(String),
}

/// Appends a line to a buffer, newline included. Allocates nothing when the buffer has room.
///
/// # Errors
/// Never for a buffer in memory.
pub fn write_entry(entry: &Entry, out: &mut Vec<u8>) -> std::io::Result<()> {
    write_line(out, |out| {
        if quick::write(entry, out) { Ok(()) } else { Ok(serde_json::to_writer(out, entry)?) }
    })
}

/// The same for the first line.
///
/// # Errors
/// As [`write_entry`].
pub fn write_head(head: &Head, out: &mut Vec<u8>) -> std::io::Result<()> {
    #[derive(Serialize)]
    struct Form<'a> {
        head: &'a Head,
    }
    write_line(out, |out| Ok(serde_json::to_writer(out, &Form { head })?))
}

fn write_line(
    out: &mut Vec<u8>,
    content: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let start = out.len();
    // One byte less than the prefix: the brace that opens the content becomes its last byte.
    out.extend_from_slice(&[b' '; PREFIX - 1]);
    content(out)?;
    let crc = crc32fast::hash(&out[start + PREFIX..]);
    let prefix = &mut out[start..start + PREFIX];
    prefix[..8].copy_from_slice(b"{\"crc\":\"");
    prefix[8..16].copy_from_slice(&quick::hex::<8>(crc.into()));
    prefix[16..].copy_from_slice(b"\",");
    out.push(b'\n');
    Ok(())
}

/// Reads a line without its newline.
pub(super) fn read(line: &[u8]) -> Result<Line, LineError> {
    let head = line.get(..PREFIX).ok_or(LineError::NoChecksum)?;
    let digits = head.strip_prefix(b"{\"crc\":\"").and_then(|rest| rest.strip_suffix(b"\","));
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let told = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let told = told.ok_or(LineError::NoChecksum)?;
    let content = &line[PREFIX..];
    if crc32fast::hash(content) != told {
        return Err(LineError::Checksum);
    }
    let mut object = Vec::with_capacity(content.len() + 1);
    object.push(b'{');
    object.extend_from_slice(content);
    let wrong = |error: serde_json::Error| LineError::Content(error.to_string());
    if content.starts_with(b"\"head\":") {
        #[derive(Deserialize)]
        struct Form {
            head: Head,
        }
        let form: Form = serde_json::from_slice(&object).map_err(wrong)?;
        return Ok(Line::Head(Box::new(form.head)));
    }
    Ok(Line::Entry(Box::new(serde_json::from_slice(&object).map_err(wrong)?)))
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(sum: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{sum:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{BrokerNumber, Reply, RequestId};
    use strategy_api::{Quantity, Text};

    fn entry() -> Entry {
        let input = Input::Replied {
            request: RequestId(3),
            reply: Reply::Accepted {
                number: BrokerNumber::new(138).unwrap(),
                base: None,
                quantity: Quantity::UNSET,
            },
        };
        Entry { seq: 17, ts: UnixNanos::new(1_795_392_000_123_456_789), sum: 0x9F, input }
    }

    #[test]
    fn a_line_is_json_and_comes_back() {
        let mut bytes = Vec::new();
        write_entry(&entry(), &mut bytes).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["in"], "replied");
        assert_eq!(value["reply"]["accepted"]["number"], "0000138");
        assert_eq!(bytes.pop(), Some(b'\n'));
        assert_eq!(read(&bytes), Ok(Line::Entry(Box::new(entry()))));
    }

    #[test]
    fn every_change_of_a_byte_is_seen() {
        let mut bytes = Vec::new();
        let refused = Reply::Refused { code: Text::new("1700").unwrap(), text: Text::EMPTY };
        let input = Input::Replied { request: RequestId(0), reply: refused };
        write_entry(&Entry { input, ..entry() }, &mut bytes).unwrap();
        bytes.pop();
        assert!(read(&bytes).is_ok());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            // A hexadecimal digit in the other case says the same.
            assert!(read(&damaged).is_err() || damaged[at] ^ bytes[at] == 0x20, "byte {at}");
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}

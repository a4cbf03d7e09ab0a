//! Frames as JSON lines for people and tools: the library behind `engine decode`.
//!
//! Data goes through the same [`Scanner`] as in the engine, and what a record holds is printed from
//! the record: `decode` shows what the engine sees. Fields beyond the record, and the types that
//! have none, are read by the same rules of the schema.
//!
//! | input | lines |
//! |---|---|
//! | an entry of a `REAL` frame | `{"event":"trade","type":"0B","item":"005930","symbol":…,"venue":…,` its fields `}` |
//! | an entry of a type nobody knows | `{"event":"unknown_type","type":…,"raw":…}` |
//! | a `REAL` frame without entries | `{"event":"real","entries":0}` |
//! | another message | `{"event":"login",` its keys `}`: the event is its `trnm` in small letters |
//! | JSON that is no object | `{"event":"message","json":…}` |
//! | something refused | `{"event":"error","line":…,"offset":…,"kind":"json","reason":…}` |
//!
//! Fields have the schema's names, in the order of the frame. Numbers are exact; a field that the
//! broker left empty is `null`; a sign that is only a mark has a field of its own (`direction`,
//! `side`, `ask_direction`, …). Keys that are no FID of the type stand under `unknown`, texts beyond
//! the record that cannot be read as what they should be under `unreadable`.
//!
//! Values of secret keys (`token`, `appkey`, …) are never printed.

mod field;
mod raw;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::instruments::{Instruments, split_code};
use crate::scan::{RefusedEntry, Scanned, Scanner, ScannerOptions, Stamps};
use crate::schema::WireType;
use write::Line;

/// Turns frames into JSON lines.
#[derive(Debug)]
pub struct Decoder {
    scanner: Scanner,
}

/// How many lines a frame gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Lines written, errors included.
    pub lines: u32,
    /// Lines that report an error.
    pub errors: u32,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder. It knows no instruments and needs none.
    pub fn new() -> Self {
        let (_, instruments) = Instruments::with_capacity(0);
        let scanner = Scanner::new(ScannerOptions::new(instruments))
            .unwrap_or_else(|_| unreachable!("no extra fields are asked for"));
        Self { scanner }
    }

    /// Decodes one frame, a JSON text without a line break around it. `line` is its number in the
    /// input, for error reports. Appends at least one line to `out`.
    pub fn decode(&mut self, line: u64, frame: &[u8], out: &mut Vec<u8>) -> Decoded {
        let mut done = Decoded::default();
        let batch = match self.scanner.scan(frame, Stamps::default()) {
            Err(error) => {
                let offset = error.offset;
                write_error(out, line, offset, error.kind.group(), &error.kind, None);
                return Decoded { lines: 1, errors: 1 };
            }
            Ok(Scanned::Message) => None,
            Ok(Scanned::Real(batch)) => Some(batch),
        };
        // The scanner has checked that it is UTF-8 and JSON.
        let text = std::str::from_utf8(frame).unwrap_or_default();
        let Some(batch) = batch else {
            write_message(out, text);
            return Decoded { lines: 1, errors: 0 };
        };
        let records: BTreeMap<u32, Vec<u64>> =
            batch.records().map(|record| (record.entry(), record.to_vec())).collect();
        let refused = batch.refused();
        let data = raw::member(text, "data").unwrap_or("null");
        let entries = if data.starts_with('[') { raw::elements(data) } else { Vec::new() };
        for (number, entry) in entries.into_iter().enumerate() {
            let number = number as u32;
            done.lines += 1;
            let wire_type = wire_type(entry);
            match (records.get(&number), wire_type) {
                (Some(record), Ok(wire_type)) => write_entry(out, entry, wire_type, record),
                (None, Ok(wire_type)) if !wire_type.has_record() && readable(entry) => {
                    write_entry(out, entry, wire_type, &[]);
                }
                (None, Err(code)) if !code.is_empty() => write_unknown(out, entry, &code),
                _ => {
                    done.errors += 1;
                    let why = refused.iter().find(|refused| refused.entry == number);
                    let offset = entry.as_ptr() as usize - text.as_ptr() as usize;
                    write_refused(out, line, why, number, offset as u32);
                }
            }
        }
        if done.lines == 0 {
            done.lines = 1;
            match refused.first() {
                Some(why) => {
                    done.errors = 1;
                    write_refused(out, line, Some(why), 0, why.offset);
                }
                None => {
                    let mut empty = Line::new(out, "real");
                    empty.number("entries", 0);
                    empty.end();
                }
            }
        }
        done
    }
}

/// The type of an entry, or the text that is none.
fn wire_type(entry: &str) -> Result<WireType, Cow<'_, str>> {
    let code = raw::member_of(entry, "type").and_then(raw::text).unwrap_or_default();
    WireType::from_code(code.as_bytes()).ok_or(code)
}

/// Whether an entry of a type without a record has values to print.
fn readable(entry: &str) -> bool {
    raw::member_of(entry, "values").is_some_and(|values| values.starts_with('{'))
}

fn write_entry(out: &mut Vec<u8>, entry: &str, wire_type: WireType, record: &[u64]) {
    let mut line = Line::new(out, wire_type.event());
    line.text("type", wire_type.code());
    let members = raw::members(entry);
    match members.iter().find(|(key, _)| key == "item").map(|(_, raw)| raw::text(raw)) {
        Some(Some(item)) if !item.is_empty() => {
            let (symbol, venue) = split_code(item.as_bytes());
            line.text("item", &item);
            line.text("symbol", std::str::from_utf8(symbol).unwrap_or_default());
            // The suffixes are those of Korean venues.
            line.optional("venue", wire_type.has_record().then(|| venue.name()));
        }
        Some(Some(empty)) => {
            line.text("item", &empty);
            line.optional("symbol", None);
            line.optional("venue", None);
        }
        _ => ["item", "symbol", "venue"].into_iter().for_each(|key| line.optional(key, None)),
    }
    let mut envelope = Vec::new();
    for (key, raw) in &members {
        if !matches!(key.as_ref(), "type" | "item" | "values" | "name") {
            envelope.push((key.as_ref(), *raw));
        }
    }
    let values = raw::member_of(entry, "values").unwrap_or("{}");
    field::write_all(&mut line, wire_type, raw::members(values), record);
    if !envelope.is_empty() {
        line.open("envelope");
        envelope.into_iter().for_each(|(key, raw)| line.raw(key, raw));
        line.close();
    }
    line.end();
}

fn write_unknown(out: &mut Vec<u8>, entry: &str, code: &str) {
    let mut line = Line::new(out, "unknown_type");
    line.text("type", code);
    line.raw("raw", entry);
    line.end();
}

fn write_message(out: &mut Vec<u8>, text: &str) {
    let top = text.trim_matches(raw::WHITE);
    if !top.starts_with('{') {
        let mut line = Line::new(out, "message");
        line.raw("json", top);
        return line.end();
    }
    let members = raw::members(top);
    let trnm = members.iter().find(|(key, raw)| key == "trnm" && raw.starts_with('"'));
    let trnm = trnm.and_then(|(_, raw)| raw::text(raw)).filter(|name| !name.is_empty());
    let event = trnm.as_ref().map_or(Cow::Borrowed("message"), |name| name.to_lowercase().into());
    let mut line = Line::new(out, &event);
    for (key, raw) in &members {
        match key.as_ref() {
            "trnm" if trnm.is_some() => {}
            // The event's own key is taken.
            "event" => line.raw("event_", raw),
            key => line.raw(key, raw),
        }
    }
    line.end();
}

fn write_refused(
    out: &mut Vec<u8>,
    line: u64,
    why: Option<&RefusedEntry>,
    entry: u32,
    offset: u32,
) {
    match why {
        Some(why) => write_error(out, line, why.offset, "value", &why.reason, Some(why)),
        // Only so many are described.
        None => {
            write_error(out, line, offset, "value", &format_args!("entry {entry} refused"), None)
        }
    }
}

fn write_error(
    out: &mut Vec<u8>,
    line_number: u64,
    offset: u32,
    kind: &str,
    reason: &dyn std::fmt::Display,
    entry: Option<&RefusedEntry>,
) {
    let mut line = Line::new(out, "error");
    line.number("line", line_number);
    line.number("offset", u64::from(offset));
    line.text("kind", kind);
    line.text("reason", &reason.to_string());
    if let Some(entry) = entry {
        line.number("entry", u64::from(entry.entry));
        line.optional("type", entry.wire_type.map(WireType::code));
        if entry.fid != 0 {
            line.number("fid", u64::from(entry.fid));
            let field = entry.wire_type.and_then(|wire_type| wire_type.field(entry.fid));
            line.optional("field", field.map(|field| field.name));
        }
    }
    line.end();
}

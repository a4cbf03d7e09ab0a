//! The general path: any valid JSON, read with sonic-rs. It allocates; live frames never come here.
//!
//! # What a frame means, however it is written
//!
//! | shape | meaning |
//! |---|---|
//! | a repeated key | the last one counts, at every level |
//! | a scalar | its text: a string's characters, a number or `true`/`false` as written, `null` is `""` |
//! | top level no object, or `trnm` not the text `REAL` | a message, not ours |
//! | `data` missing, `null` or `[]` | a frame without entries |
//! | `data` anything else but an array | refused, once |
//! | entry no object | that entry is refused |
//! | `type` missing, `""`, `null`, array or object | that entry is refused |
//! | a type without a record | counted, nothing else in the entry is looked at |
//! | `values` missing or `null`, or no object | that entry is refused |
//! | `item` missing or `null` | as `""`: the record has no instrument and no venue |
//! | `item` an array or object | the record has no instrument and counts as unregistered |
//! | a value that somebody reads is an array or object | that entry is refused |
//! | a key that is no number without leading zeros | not a FID, ignored |
//!
//! Of several bad values, the one that comes first in the frame is reported.

use std::borrow::Cow;

use sonic_rs::{JsonType, JsonValueTrait, LazyValue};

use super::batch::RefusedReason;
use super::entry::{Again, Builder, Envelope, Value};
use super::error::{ScanError, ScanErrorKind};
use crate::schema::WireType;

/// Reads a text that is known to be JSON. `true`: it is a `REAL` frame and went to the builder.
pub(super) fn read(text: &str, builder: &mut Builder<'_>) -> Result<bool, ScanError> {
    let frame = Frame { text };
    let top = text.trim_matches([' ', '\t', '\n', '\r']);
    if !top.starts_with('{') {
        return Ok(false);
    }
    let [trnm, data] = frame.members(top, ["trnm", "data"])?;
    if trnm.and_then(Raw::text).as_deref() != Some("REAL") {
        return Ok(false);
    }
    match data {
        None => {}
        Some(data) if data.kind == JsonType::Null => {}
        Some(data) if data.kind == JsonType::Array => {
            for element in sonic_rs::to_array_iter(data.raw) {
                let element = frame.raw(&element.map_err(|_| frame.broken(data))?);
                frame.entry(element, builder)?;
            }
        }
        Some(data) => {
            builder.refuse(0, frame.value_offset(data), None, RefusedReason::DataNotAnArray);
        }
    }
    Ok(true)
}

/// A value as it is written.
#[derive(Clone, Copy)]
struct Raw<'t> {
    raw: &'t str,
    kind: JsonType,
}

impl<'t> Raw<'t> {
    fn is_string(&self) -> bool {
        self.kind == JsonType::String
    }

    /// The text of a scalar; `None` for arrays and objects.
    fn text(self) -> Option<Cow<'t, str>> {
        match self.kind {
            JsonType::Null => Some(Cow::Borrowed("")),
            JsonType::String => {
                let inner = &self.raw[1..self.raw.len() - 1];
                if inner.contains('\\') {
                    sonic_rs::from_str::<String>(self.raw).ok().map(Cow::Owned)
                } else {
                    Some(Cow::Borrowed(inner))
                }
            }
            JsonType::Boolean | JsonType::Number => Some(Cow::Borrowed(self.raw)),
            JsonType::Object | JsonType::Array => None,
        }
    }
}

struct Frame<'t> {
    text: &'t str,
}

impl<'t> Frame<'t> {
    fn entry(&self, element: Raw<'t>, builder: &mut Builder<'_>) -> Result<(), ScanError> {
        let offset = self.offset(element);
        let again = |_: Again| ScanError {
            kind: ScanErrorKind::TooManyEntries,
            offset: self.offset(element),
        };
        let number = builder.open().map_err(again)?;
        if element.kind != JsonType::Object {
            builder.refuse(number, offset, None, RefusedReason::EntryNotAnObject);
            return Ok(());
        }
        let [wire_type, item, values] = self.members(element.raw, ["type", "item", "values"])?;
        let wire_type = wire_type.and_then(Raw::text).unwrap_or_default();
        let item = item.map_or(Some(Cow::Borrowed("")), Raw::text);
        let envelope = Envelope {
            wire_type: wire_type.as_bytes(),
            item: item.as_deref().map(str::as_bytes),
            offset,
        };
        let known = WireType::from_code(envelope.wire_type).filter(|t| t.has_record());
        let values = match (known, values.filter(|v| v.kind != JsonType::Null)) {
            // Nobody reads its values; the builder knows what to say.
            (None, _) => Vec::new(),
            (Some(_), None) => {
                builder.refuse(number, offset, known, RefusedReason::NoValues);
                return Ok(());
            }
            (Some(_), Some(values)) if values.kind != JsonType::Object => {
                let offset = self.value_offset(values);
                builder.refuse(number, offset, known, RefusedReason::ValuesNotAnObject);
                return Ok(());
            }
            (Some(_), Some(values)) => self.values(values)?,
        };
        let values = values.iter().map(|(fid, raw, text)| Value {
            fid: *fid,
            text: text.as_deref().map(str::as_bytes),
            offset: self.value_offset(*raw),
        });
        builder.entry(number, envelope, values).map_err(again)
    }

    /// The values with a number for a key, the last of each, in the order of the frame.
    fn values(&self, object: Raw<'t>) -> Result<Vec<Labelled<'t>>, ScanError> {
        let mut found: Vec<(u16, Raw<'t>)> = Vec::new();
        for member in sonic_rs::to_object_iter(object.raw) {
            let (key, value) = member.map_err(|_| self.broken(object))?;
            if let Some(fid) = fid(key.as_ref()) {
                found.push((fid, self.raw(&value)));
            }
        }
        // Stable, so the last of each number stays last; then drop all but the last.
        found.sort_by_key(|(fid, _)| *fid);
        found.reverse();
        found.dedup_by_key(|(fid, _)| *fid);
        found.sort_by_key(|(_, raw)| self.offset(*raw));
        Ok(found.into_iter().map(|(fid, raw)| (fid, raw, raw.text())).collect())
    }

    /// The last member of each of these names.
    fn members<const N: usize>(
        &self,
        object: &'t str,
        names: [&str; N],
    ) -> Result<[Option<Raw<'t>>; N], ScanError> {
        let mut found = [None; N];
        for member in sonic_rs::to_object_iter(object) {
            let (key, value) = member.map_err(|_| ScanError::at(ScanErrorKind::Json, 0))?;
            if let Some(at) = names.iter().position(|name| *name == key.as_ref() as &str) {
                found[at] = Some(self.raw(&value));
            }
        }
        Ok(found)
    }

    /// The same value as a part of the frame's own text.
    fn raw(&self, value: &LazyValue<'t>) -> Raw<'t> {
        let raw = value.as_raw_str();
        let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
        Raw { raw: &self.text[start..start + raw.len()], kind: value.get_type() }
    }

    fn offset(&self, value: Raw<'t>) -> u32 {
        (value.raw.as_ptr() as usize - self.text.as_ptr() as usize) as u32
    }

    /// Where the value itself starts: inside the quotes of a string.
    fn value_offset(&self, value: Raw<'t>) -> u32 {
        self.offset(value) + u32::from(value.is_string())
    }

    /// The library disagrees with our own check: refuse the frame rather than guess.
    fn broken(&self, value: Raw<'t>) -> ScanError {
        ScanError { kind: ScanErrorKind::Json, offset: self.offset(value) }
    }
}

type Labelled<'t> = (u16, Raw<'t>, Option<Cow<'t, str>>);

/// The number that a key stands for: digits, the first not zero.
pub(crate) fn fid(key: &str) -> Option<u16> {
    let digits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if digits && !key.starts_with('0') { key.parse().ok() } else { None }
}

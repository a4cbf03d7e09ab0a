//! Byte by byte: one pass over the canonical grammar, and nothing else.
//!
//! ```text
//! frame  := "{" member ("," member)* "}"        member := "trnm" ":" "\"REAL\"" | "data" ":" data
//! data   := "[" (entry ("," entry)*)? "]"                 | string ":" string
//! entry  := "{" (field ("," field)*)? "}"       field  := "values" ":" values | string ":" string
//! values := "{" (string ":" string ("," string ":" string)*)? "}"
//! string := '"' bytes without quote, backslash and control bytes '"'
//! ```
//!
//! No white space, no escapes, no numbers, no repeated keys, keys in any order. This grammar is a
//! strict part of JSON, so what it accepts is valid; whatever it does not accept (`None`) is neither
//! right nor wrong but goes to the general path. Every byte of the frame is looked at once here.
//!
//! `walk` reads most such frames; this one takes those without an index, with long keys, with values
//! that are refused, and with anything else that a closer look is due to.

use super::batch::RefusedReason;
use super::entry::{Builder, Envelope, Value};
use crate::schema::WireType;

/// Where a value with a number for a key stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    fid: u16,
    start: u32,
    end: u32,
}

/// Reads a frame that is known to be UTF-8. `None`: not canonical, or not a `REAL` frame.
pub(super) fn read(text: &str, pairs: &mut Vec<Pair>, builder: &mut Builder<'_>) -> Option<()> {
    let mut frame = Frame { bytes: text.as_bytes(), at: 0 };
    let mut real = false;
    let mut data = false;
    frame.expect(b'{')?;
    loop {
        let key = frame.string()?;
        frame.expect(b':')?;
        match key {
            b"data" if !data => {
                data = true;
                frame.data(pairs, builder)?;
            }
            b"trnm" if !real => {
                real = frame.string()? == b"REAL";
                if !real {
                    return None;
                }
            }
            b"data" | b"trnm" => return None,
            _ => {
                frame.string()?;
            }
        }
        match frame.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    (real && frame.at == frame.bytes.len()).then_some(())
}

struct Frame<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Frame<'t> {
    fn data(&mut self, pairs: &mut Vec<Pair>, builder: &mut Builder<'_>) -> Option<()> {
        self.expect(b'[')?;
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Some(());
        }
        loop {
            self.entry(pairs, builder)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    fn entry(&mut self, pairs: &mut Vec<Pair>, builder: &mut Builder<'_>) -> Option<()> {
        let offset = self.at as u32;
        let (mut wire_type, mut item, mut values) = (None, None, false);
        self.expect(b'{')?;
        pairs.clear();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
        } else {
            loop {
                let key = self.string()?;
                self.expect(b':')?;
                match key {
                    b"values" if !values => {
                        values = true;
                        self.values(pairs)?;
                    }
                    b"type" if wire_type.is_none() => wire_type = Some(self.string()?),
                    b"item" if item.is_none() => item = Some(self.string()?),
                    b"values" | b"type" | b"item" => return None,
                    _ => {
                        self.string()?;
                    }
                }
                match self.next()? {
                    b',' => {}
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        let number = builder.open().ok()?;
        let envelope =
            Envelope { wire_type: wire_type.unwrap_or_default(), item: item.or(Some(b"")), offset };
        if !values {
            return no_values(builder, number, envelope);
        }
        let bytes = self.bytes;
        let values = pairs.iter().map(|pair| Value {
            fid: pair.fid,
            text: Some(&bytes[pair.start as usize..pair.end as usize]),
            offset: pair.start,
        });
        builder.entry(number, envelope, values).ok()
    }

    fn values(&mut self, pairs: &mut Vec<Pair>) -> Option<()> {
        self.expect(b'{')?;
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Some(());
        }
        loop {
            let fid = self.key()?;
            self.expect(b':')?;
            self.expect(b'"')?;
            let start = self.at;
            let end = plain_end(self.bytes, start)?;
            self.at = end + 1;
            if fid != 0 {
                pairs.push(Pair { fid, start: start as u32, end: end as u32 });
            }
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// A key inside `values`: its number, or 0 for any other text.
    #[inline]
    fn key(&mut self) -> Option<u16> {
        self.expect(b'"')?;
        let start = self.at;
        let mut fid = 0u32;
        loop {
            let byte = *self.bytes.get(self.at)?;
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 || self.at - start == 5 {
                let canonical = byte == b'"' && self.bytes[start] != b'0';
                let end = if byte == b'"' { self.at } else { plain_end(self.bytes, self.at)? };
                self.at = end + 1;
                return Some(if canonical { u16::try_from(fid).unwrap_or(0) } else { 0 });
            }
            fid = fid * 10 + u32::from(digit);
            self.at += 1;
        }
    }

    /// A string without escapes.
    #[inline]
    fn string(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        let end = plain_end(self.bytes, start)?;
        self.at = end + 1;
        Some(&self.bytes[start..end])
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

/// An entry whose type may be known but that has nothing to read.
#[cold]
fn no_values(builder: &mut Builder<'_>, number: u32, envelope: Envelope<'_>) -> Option<()> {
    match WireType::from_code(envelope.wire_type) {
        // Without a type, or with one that nobody reads: the same answer as with values.
        None => builder.entry(number, envelope, core::iter::empty()).ok()?,
        Some(known) if !known.has_record() => {
            builder.entry(number, envelope, core::iter::empty()).ok()?;
        }
        known => builder.refuse(number, envelope.offset, known, RefusedReason::NoValues),
    }
    Some(())
}

/// Where the string that goes on at `start` ends, if it ends in a quote and has no escapes and no
/// control bytes: eight bytes at a time, then one by one near the end of the frame.
#[inline]
pub(super) fn plain_end(bytes: &[u8], start: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let mut at = start;
    while let Some(Ok(eight)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        // The lowest high bit of each term is exact; a borrow can only set bits above a true one.
        let stop = (quote.wrapping_sub(ONES) & !quote
            | backslash.wrapping_sub(ONES) & !backslash
            | word.wrapping_sub(ONES * 0x20) & !word)
            & HIGH;
        if stop != 0 {
            at += stop.trailing_zeros() as usize / 8;
            return (bytes[at] == b'"').then_some(at);
        }
        at += 8;
    }
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' | 0..0x20 => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(bytes: &[u8], start: usize) -> Option<usize> {
        let at = start + bytes[start..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20))?;
        (bytes[at] == b'"').then_some(at)
    }

    #[test]
    fn the_end_of_a_string_is_found_at_every_offset_and_length() {
        for stop in 0..=255u8 {
            for fill in [b'a', b'0', 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xff, 0x20] {
                for before in 0..20 {
                    for after in [0, 1, 7, 9] {
                        let mut bytes = vec![fill; before];
                        bytes.push(stop);
                        bytes.extend(vec![b'"'; after]);
                        let start = before / 2;
                        assert_eq!(plain_end(&bytes, start), naive(&bytes, start), "{bytes:?}");
                    }
                }
            }
        }
    }
}

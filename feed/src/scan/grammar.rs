//! Is it JSON? The one authority on validity: RFC 8259, depth at most [`MAX_DEPTH`], every `\u`
//! escape part of a character, nothing after the value but white space.
//!
//! Numbers may be of any size (they are never converted here), a byte order mark is refused, and so
//! is an empty text. Off the hot path: the fast path accepts a subset and never asks.

use super::error::{ScanError, ScanErrorKind as Kind};

/// Arrays and objects may be nested this deep.
pub const MAX_DEPTH: u32 = 128;

/// Checks the whole text.
pub(super) fn check(text: &str) -> Result<(), ScanError> {
    let mut checker = Checker { bytes: text.as_bytes(), at: 0, depth: 0, objects: 0 };
    checker.document()
}

struct Checker<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    /// One bit per open bracket, innermost lowest: 1 is an object.
    objects: u128,
}

impl Checker<'_> {
    fn document(&mut self) -> Result<(), ScanError> {
        self.white();
        loop {
            // A value is due here.
            if self.value_starts()? {
                continue; // went into a non-empty array or object
            }
            // A value has ended: see what its container wants next.
            loop {
                self.white();
                if self.depth == 0 {
                    return if self.at == self.bytes.len() { Ok(()) } else { self.fail() };
                }
                let in_object = self.objects & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        self.white();
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => self.leave(),
                    Some(b']') if !in_object => self.leave(),
                    _ => return self.fail(),
                }
            }
        }
    }

    /// Reads a scalar or an empty container (`false`), or enters a container up to where its first
    /// value is due (`true`).
    fn value_starts(&mut self) -> Result<bool, ScanError> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(open @ (b'[' | b'{')) => {
                if self.depth == MAX_DEPTH {
                    return Err(ScanError::at(Kind::Depth, self.at));
                }
                self.depth += 1;
                self.objects = self.objects << 1 | u128::from(open == b'{');
                self.at += 1;
                self.white();
                if self.peek() == Some(if open == b'{' { b'}' } else { b']' }) {
                    self.leave();
                    return Ok(false);
                }
                if open == b'{' {
                    self.key()?;
                }
                return Ok(true);
            }
            _ => return self.fail(),
        }
        Ok(false)
    }

    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
        self.objects >>= 1;
    }

    /// A key, the colon and the white space around it.
    fn key(&mut self) -> Result<(), ScanError> {
        if self.peek() != Some(b'"') {
            return self.fail();
        }
        self.string()?;
        self.white();
        if self.peek() != Some(b':') {
            return self.fail();
        }
        self.at += 1;
        self.white();
        Ok(())
    }

    fn string(&mut self) -> Result<(), ScanError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                _ => return self.fail(),
            }
        }
    }

    fn escape(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let half = Err(ScanError::at(Kind::Surrogate, start));
                match self.unicode()? {
                    0xdc00..=0xdfff => half,
                    0xd800..=0xdbff => {
                        if self.peek() != Some(b'\\') || self.bytes.get(self.at + 1) != Some(&b'u')
                        {
                            return half;
                        }
                        self.at += 1;
                        match self.unicode()? {
                            0xdc00..=0xdfff => Ok(()),
                            _ => half,
                        }
                    }
                    _ => Ok(()),
                }
            }
            _ => self.fail(),
        }
    }

    /// `u` and four hexadecimal digits.
    fn unicode(&mut self) -> Result<u32, ScanError> {
        self.at += 1;
        let mut value = 0;
        for _ in 0..4 {
            match self.peek().and_then(|b| char::from(b).to_digit(16)) {
                Some(digit) => value = value << 4 | digit,
                None => return self.fail(),
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.fail(),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.fail() } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), ScanError> {
        for expected in word {
            if self.peek() != Some(*expected) {
                return self.fail();
            }
            self.at += 1;
        }
        Ok(())
    }

    fn white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fail<T>(&self) -> Result<T, ScanError> {
        let kind = if self.at >= self.bytes.len() { Kind::CutOff } else { Kind::Json };
        Err(ScanError::at(kind, self.at))
    }
}

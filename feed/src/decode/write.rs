//! Writes one JSON object on one line.

use std::fmt::Display;
use std::io::Write;

use super::raw;

/// Keys whose values are secrets, in small letters and without `_` and `-`.
const SECRETS: &[&str] =
    &["token", "accesstoken", "appkey", "secretkey", "appsecret", "secret", "authorization"];

/// An open line.
pub(super) struct Line<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Line<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, event: &str) -> Self {
        out.push(b'{');
        let mut line = Self { out, first: true };
        line.text("event", event);
        line
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Opens an object; what follows goes into it.
    pub(super) fn open(&mut self, key: &str) {
        self.key(key);
        self.out.push(b'{');
        self.first = true;
    }

    pub(super) fn close(&mut self) {
        self.out.push(b'}');
        self.first = false;
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        string(self.out, text);
    }

    pub(super) fn optional(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(key, text),
            None => self.plain(key, &"null"),
        }
    }

    pub(super) fn number(&mut self, key: &str, number: u64) {
        self.plain(key, &number);
    }

    /// A value that prints as JSON.
    pub(super) fn plain(&mut self, key: &str, json: &dyn Display) {
        self.key(key);
        // Writing into memory does not fail.
        let _ = write!(self.out, "{json}");
    }

    /// A valid JSON text, without its white space and its secrets.
    pub(super) fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        if is_secret(key) {
            self.out.extend_from_slice(b"\"***\"");
        } else {
            compact(self.out, json);
        }
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        string(self.out, key);
        self.out.push(b':');
    }
}

fn is_secret(key: &str) -> bool {
    let plain: String =
        key.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
    SECRETS.contains(&plain.as_str())
}

/// Copies a valid JSON text token by token.
fn compact(out: &mut Vec<u8>, json: &str) {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'"' => {
                let end = raw::string_end(json, at);
                let text = &json[at..end];
                out.extend_from_slice(text.as_bytes());
                at = end;
                // A key is a string with a colon behind it.
                let behind = json[end..].trim_start_matches(raw::WHITE);
                if behind.starts_with(':') && raw::text(text).is_some_and(|key| is_secret(&key)) {
                    out.extend_from_slice(b":\"***\"");
                    let value = behind[1..].trim_start_matches(raw::WHITE);
                    at = raw::value_end(json, json.len() - value.len());
                }
            }
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
}

/// A JSON string; only what must be escaped is.
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..0x20 => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_secrets_are_left_out_at_any_depth() {
        let mut out = Vec::new();
        compact(
            &mut out,
            r#" { "a" : [ 1 , "t o k" ] , "Token":"s", "x":{"app\u005fkey" : {"y":["s"]}, "z":"token"} } "#,
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a":[1,"t o k"],"Token":"***","x":{"app\u005fkey":"***","z":"token"}}"#
        );
    }

    #[test]
    fn texts_are_escaped() {
        let mut out = Vec::new();
        string(&mut out, "a\"b\\c\n\u{1}삼");
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"b\\\\c\\n\\u0001삼\"");
    }
}

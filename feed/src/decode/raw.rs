//! Parts of a JSON text that is known to be valid, as they are written.

use std::borrow::Cow;

/// White space of JSON.
pub(super) const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Where the value that starts at `at` ends.
pub(super) fn value_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = at;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Behind the closing quote of the string that opens at `at`.
pub(super) fn string_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Skips white space and the one byte of punctuation that may stand between values.
fn skip(text: &str, mut at: usize, punctuation: u8) -> usize {
    let bytes = text.as_bytes();
    while at < bytes.len() && (WHITE.contains(&char::from(bytes[at])) || bytes[at] == punctuation) {
        at += 1;
    }
    at
}

/// The elements of an array.
pub(super) fn elements(array: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = skip(array, 1, b',');
    while at < array.len() && array.as_bytes()[at] != b']' {
        let end = value_end(array, at);
        found.push(&array[at..end]);
        at = skip(array, end, b',');
    }
    found
}

/// The members of an object in order; of a repeated key only the last.
pub(super) fn members(object: &str) -> Vec<(Cow<'_, str>, &str)> {
    let mut found: Vec<(Cow<'_, str>, &str)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut at = skip(object, 1, b',');
    while at < object.len() && object.as_bytes()[at] == b'"' {
        let key_end = string_end(object, at);
        let key = text(&object[at..key_end]).unwrap_or_default();
        let start = skip(object, key_end, b':');
        let end = value_end(object, start);
        let value = &object[start..end];
        match places.insert(key.clone(), found.len()) {
            Some(before) => {
                places.insert(key, before);
                found[before].1 = value;
            }
            None => found.push((key, value)),
        }
        at = skip(object, end, b',');
    }
    found
}

/// A member of a text that holds an object, white space around it allowed.
pub(super) fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    member_of(text.trim_matches(WHITE), name)
}

/// The last member of that name; `None` if there is none, or no object.
pub(super) fn member_of<'t>(object: &'t str, name: &str) -> Option<&'t str> {
    if !object.starts_with('{') {
        return None;
    }
    members(object).into_iter().find(|(key, _)| key == name).map(|(_, raw)| raw)
}

/// The text of a scalar: a string's characters, a number or a word as written, `null` as nothing.
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'[' | b'{' => None,
        b'n' => Some(Cow::Borrowed("")),
        b'"' if !raw.contains('\\') => Some(Cow::Borrowed(&raw[1..raw.len() - 1])),
        b'"' => sonic_rs::from_str::<String>(raw).ok().map(Cow::Owned),
        _ => Some(Cow::Borrowed(raw)),
    }
}

//! One page of a list, and where the next one begins.
//!
//! `next-key` names the last row of a page by a key that only grows, so rows that come or go between
//! two pages make neither repeats nor holes.

use crate::orders::{EmptyResult, Refusal};
use serde_json::Value;

/// An answer's body, and the key of what follows.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) body: Value,
    pub(super) next_key: Option<String>,
}

impl Page {
    /// An answer without more.
    pub(super) fn whole(body: Value) -> Self {
        Self { body, next_key: None }
    }
}

/// The rows of one page: those behind `from`, at most `most`. `rows` come in the order of the answer,
/// each with its key; `ascending` tells which way keys go.
pub(super) fn rows<'a, T>(
    rows: impl Iterator<Item = (u64, T)> + 'a,
    from: Option<&str>,
    most: usize,
    ascending: bool,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let from = match from.map(str::trim).filter(|key| !key.is_empty()) {
        None => None,
        Some(key) => {
            Some(key.parse::<u64>().map_err(|_| Refusal::Malformed { field: "next-key" })?)
        }
    };
    let behind = |key: u64| match from {
        None => true,
        Some(from) if ascending => key > from,
        Some(from) => key < from,
    };
    let mut page = Vec::new();
    let mut last = 0;
    for (key, row) in rows.filter(|(key, _)| behind(*key)) {
        if page.len() == most {
            return Ok((page, Some(format!("{last:020}"))));
        }
        last = key;
        page.push(row);
    }
    Ok((page, None))
}

/// What a list without rows is: none, or an error.
pub(super) fn check_empty(none: bool, empty: EmptyResult) -> Result<(), Refusal> {
    match empty {
        EmptyResult::Real if none => Err(Refusal::NothingFound),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: u64, most: usize, ascending: bool) -> Vec<u64> {
        let mut keys: Vec<u64> = (1..=count).map(|n| n * 3).collect();
        if !ascending {
            keys.reverse();
        }
        let (mut seen, mut next) = (Vec::new(), None);
        loop {
            let list = keys.iter().map(|key| (*key, *key));
            let (page, more) = rows(list, next.as_deref(), most, ascending).unwrap();
            assert!(page.len() <= most);
            seen.extend(page);
            match more {
                Some(key) => next = Some(key),
                None => return seen,
            }
        }
    }

    #[test]
    fn pages_have_no_repeats_and_no_holes() {
        for (count, most) in [(0, 1), (1, 1), (10, 3), (9, 3), (100, 7), (5, 100)] {
            for ascending in [true, false] {
                let mut seen = all(count, most, ascending);
                if !ascending {
                    seen.reverse();
                }
                let expected: Vec<u64> = (1..=count).map(|n| n * 3).collect();
                assert_eq!(seen, expected, "{count} rows, {most} a page");
            }
        }
    }

    #[test]
    fn a_key_that_nobody_gave_is_refused() {
        let list = [(1, 1)].into_iter();
        assert!(rows(list, Some("x"), 1, true).is_err());
    }
}

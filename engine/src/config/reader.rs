//! Reads a TOML document key by key and collects every problem with its place, instead of stopping
//! at the first.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One thing that is wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1; 0 when the problem has no place in the file.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key's full path (`feed.poll`).
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}: ", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Where problems are collected while a document is read.
pub(crate) struct Report<'a> {
    source: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Report<'a> {
    /// A report on `source`.
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, problems: RefCell::default() }
    }

    /// Notes a problem at a byte offset of the source (`None`: the file as a whole).
    pub(crate) fn add(&self, offset: Option<usize>, key: &str, message: impl Into<String>) {
        let (line, column) = match offset {
            Some(offset) => place(self.source, offset),
            None => (0, 0),
        };
        let problem = Problem { line, column, key: key.into(), message: message.into() };
        self.problems.borrow_mut().push(problem);
    }

    /// Everything found, in the order of the file.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| (p.line, p.column));
        problems
    }
}

fn place(source: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A value that was read, with where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Found<T> {
    /// The value.
    pub(crate) value: T,
    /// Byte offset of the value in the source.
    pub(crate) offset: usize,
}

/// One table of the document. Keys that nobody asked for are problems when it is finished.
pub(crate) struct Section<'a, 'r> {
    table: Option<&'a DeTable<'a>>,
    path: String,
    offset: usize,
    asked: RefCell<Vec<&'static str>>,
    report: &'r Report<'a>,
}

impl<'a, 'r> Section<'a, 'r> {
    /// The document itself.
    pub(crate) fn root(table: &'a Spanned<DeTable<'a>>, report: &'r Report<'a>) -> Self {
        Self::new(Some(table.get_ref()), String::new(), table.span().start, report)
    }

    fn new(
        table: Option<&'a DeTable<'a>>,
        path: String,
        offset: usize,
        report: &'r Report<'a>,
    ) -> Self {
        Self { table, path, offset, asked: RefCell::default(), report }
    }

    /// Full path of a key in this section.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Where the section begins.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Where the value of `key` begins, when it is there.
    pub(crate) fn place_of(&self, key: &str) -> Option<usize> {
        self.table?.get(key).map(|value| value.span().start)
    }

    /// Notes a problem with `key`.
    pub(crate) fn problem(&self, offset: usize, key: &str, message: impl Into<String>) {
        self.report.add(Some(offset), &self.path_of(key), message);
    }

    /// Notes that a key is missing which has no default.
    pub(crate) fn missing(&self, key: &str, what: &str) {
        self.report.add(Some(self.offset), &self.path_of(key), format!("is missing: {what}"));
    }

    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table?.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let message = format!("expected {wanted}, found a {}", value.get_ref().type_str());
        self.problem(value.span().start, key, message);
    }

    /// A sub-table; empty when it is absent.
    pub(crate) fn section(&self, key: &'static str) -> Section<'a, 'r> {
        let path = self.path_of(key);
        match self.value(key) {
            None => Section::new(None, path, self.offset, self.report),
            Some(value) => {
                let offset = value.span().start;
                let table = value.get_ref().as_table();
                if table.is_none() {
                    self.wrong_type(key, value, "a table");
                }
                Section::new(table, path, offset, self.report)
            }
        }
    }

    /// An array of tables (`[[key]]`).
    pub(crate) fn sections(&self, key: &'static str) -> Vec<Section<'a, 'r>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, &format!("an array of tables ([[{key}]])"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, entry) in array.iter().enumerate() {
            match entry.get_ref().as_table() {
                Some(table) => {
                    let path = format!("{}[{index}]", self.path_of(key));
                    sections.push(Section::new(Some(table), path, entry.span().start, self.report));
                }
                None => self.wrong_type(key, entry, "a table"),
            }
        }
        sections
    }

    /// A string.
    pub(crate) fn string(&self, key: &'static str) -> Option<Found<String>> {
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a string");
            return None;
        };
        Some(Found { value: text.to_owned(), offset: value.span().start })
    }

    /// A whole number within `range`.
    pub(crate) fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(key)?;
        let number = value.get_ref().as_integer().and_then(|integer| {
            i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
        });
        match number {
            None => self.wrong_type(key, value, "a whole number"),
            Some(number) if !range.contains(&number) => {
                let (low, high) = (range.start(), range.end());
                let message = format!("{number} is out of range; allowed are {low} to {high}");
                self.problem(value.span().start, key, message);
            }
            Some(number) => return Some(number),
        }
        None
    }

    /// A number with or without a fraction, within `range`.
    pub(crate) fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Float(float) => Some(float.as_str().to_owned()),
            DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str().to_owned()),
            _ => None,
        };
        match text.and_then(|text| text.replace('_', "").parse::<f64>().ok()) {
            None => self.wrong_type(key, value, "a number"),
            Some(number) if !range.contains(&number) => {
                let (low, high) = (range.start(), range.end());
                let message = format!("{number} is out of range; allowed are {low} to {high}");
                self.problem(value.span().start, key, message);
            }
            Some(number) => return Some(number),
        }
        None
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        found
    }

    /// One of a list of words.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let found = self.string(key)?;
        let choice = choices.iter().find(|(word, _)| *word == found.value);
        if choice.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
            let message = format!("{:?} is not one of {}", found.value, words.join(", "));
            self.problem(found.offset, key, message);
        }
        choice.map(|(_, value)| *value)
    }

    /// An array of strings.
    pub(crate) fn strings(&self, key: &'static str) -> Option<Vec<Found<String>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "an array of strings");
            return None;
        };
        let mut found = Vec::with_capacity(array.len());
        for entry in array.iter() {
            match entry.get_ref().as_str() {
                Some(text) => {
                    found.push(Found { value: text.to_owned(), offset: entry.span().start });
                }
                None => self.wrong_type(key, entry, "a string"),
            }
        }
        Some(found)
    }

    /// A table of arrays of whole numbers (`{ "0B" = [228, 620] }`), as pairs.
    pub(crate) fn number_lists(&self, key: &'static str) -> Vec<(Found<String>, Vec<Found<i64>>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table of arrays of numbers");
            return Vec::new();
        };
        let mut lists = Vec::new();
        for (name, list) in table {
            let name = Found { value: name.get_ref().to_string(), offset: name.span().start };
            let Some(array) = list.get_ref().as_array() else {
                self.wrong_type(key, list, "an array of numbers");
                continue;
            };
            let numbers = array.iter().filter_map(|entry| {
                let number = entry.get_ref().as_integer().and_then(|n| n.as_str().parse().ok());
                if number.is_none() {
                    self.wrong_type(key, entry, "a whole number");
                }
                Some(Found { value: number?, offset: entry.span().start })
            });
            lists.push((name, numbers.collect()));
        }
        lists
    }

    /// A table of anything, as TOML text (handed on to a strategy).
    pub(crate) fn toml_text(&self, key: &'static str) -> String {
        let Some(value) = self.value(key) else { return String::new() };
        if value.get_ref().as_table().is_none() {
            self.wrong_type(key, value, "a table");
            return String::new();
        }
        // A sub-table's own span is not always one piece of text (dotted keys, `[a.b]` headers), so
        // the value is written anew.
        match to_toml(value.get_ref()) {
            toml::Value::Table(table) => toml::to_string(&table).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if asked.contains(&name) {
                continue;
            }
            let hint = match nearest(name, &asked) {
                Some(known) => format!("unknown key; did you mean {known:?}?"),
                None => format!("unknown key; known here are: {}", asked.join(", ")),
            };
            self.problem(key.span().start, name, hint);
        }
    }
}

fn to_toml(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(integer) => {
            let digits = integer.as_str().replace('_', "");
            i64::from_str_radix(&digits, integer.radix())
                .map_or_else(|_| toml::Value::String(digits), toml::Value::Integer)
        }
        DeValue::Float(float) => {
            let text = float.as_str().replace('_', "");
            text.parse().map_or_else(|_| toml::Value::String(text.clone()), toml::Value::Float)
        }
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Datetime(value) => toml::Value::Datetime(*value),
        DeValue::Array(array) => {
            toml::Value::Array(array.iter().map(|entry| to_toml(entry.get_ref())).collect())
        }
        DeValue::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, entry)| (key.get_ref().to_string(), to_toml(entry.get_ref())))
                .collect(),
        ),
    }
}

/// The known key that `name` was most likely meant to be.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|key| (distance(name, key), *key))
        .min()
        .filter(|(distance, key)| *distance <= 2.max(key.len() / 4))
        .map(|(_, key)| key)
}

/// How many letters must be changed to make `b` of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

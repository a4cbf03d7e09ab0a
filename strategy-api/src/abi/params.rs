//! Parameters for plugins that have no TOML reader of their own: single keys, as text.

use std::string::String;
use std::vec::Vec;

/// The keys of a TOML text, flattened (`table.key`), and which of them were asked for.
#[derive(Debug)]
pub(super) struct Params {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    text: String,
    asked: bool,
}

impl Params {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        flatten(&mut entries, "", table);
        Ok(Self { entries })
    }

    /// The value of a key; remembers that it was asked for.
    pub(super) fn ask(&mut self, key: &str) -> Option<&str> {
        let entry = self.entries.iter_mut().find(|entry| entry.key == key)?;
        entry.asked = true;
        Some(&entry.text)
    }

    /// Keys that nobody asked for.
    pub(super) fn unknown(&self) -> Vec<&str> {
        self.entries.iter().filter(|e| !e.asked).map(|e| e.key.as_str()).collect()
    }
}

fn flatten(entries: &mut Vec<Entry>, prefix: &str, table: toml::Table) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { std::format!("{prefix}.{key}") };
        let text = match value {
            toml::Value::Table(inner) => {
                flatten(entries, &key, inner);
                continue;
            }
            toml::Value::String(text) => text,
            other => std::string::ToString::to_string(&other),
        };
        entries.push(Entry { key, text, asked: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_plain_text_and_unasked_keys_are_known() {
        let text = "size = 10\nname = \"a b\"\nlist = [1, 2]\n[inner]\nflag = true\n";
        let mut params = Params::parse(text).unwrap();
        assert_eq!(params.ask("size"), Some("10"));
        assert_eq!(params.ask("name"), Some("a b"));
        assert_eq!(params.ask("inner.flag"), Some("true"));
        assert_eq!(params.ask("absent"), None);
        assert_eq!(params.unknown(), ["list"]);
        assert!(Params::parse("size = ").is_err());
    }
}

//! JSON as a tree with offsets, repeated keys and numbers as they are written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value and where it starts.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) offset: u32,
    pub(crate) json: Json,
}

#[derive(Debug)]
pub(crate) enum Json {
    Null,
    /// `true`, `false` or a number, as written.
    Plain(String),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.json {
            Json::Null => Some(String::new()),
            Json::Plain(text) | Json::Text(text) => Some(text.clone()),
            Json::Array(_) | Json::Object(_) => None,
        }
    }

    /// Inside the quotes of a string.
    pub(crate) fn value_offset(&self) -> u32 {
        self.offset + u32::from(matches!(self.json, Json::Text(_)))
    }
}

/// The last member of that name.
pub(crate) fn last<'n>(members: &'n [(String, Node)], name: &str) -> Option<&'n Node> {
    members.iter().rev().find(|(key, _)| key == name).map(|(_, node)| node)
}

/// The tree, or `None` if the text is not JSON, holds half a surrogate pair, or is nested deeper
/// than 128.
pub(crate) fn parse(text: &str) -> Option<Node> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    node(text, raw.get(), 128)
}

fn node(text: &str, raw: &str, depth_left: u32) -> Option<Node> {
    let offset = raw.as_ptr() as usize - text.as_ptr() as usize;
    let json = match raw.as_bytes()[0] {
        b'n' => Json::Null,
        b'"' => Json::Text(serde_json::from_str(raw).ok()?),
        b'[' => {
            let depth_left = depth_left.checked_sub(1)?;
            let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
            let nodes = elements.into_iter().map(|element| node(text, element.get(), depth_left));
            Json::Array(nodes.collect::<Option<_>>()?)
        }
        b'{' => {
            let depth_left = depth_left.checked_sub(1)?;
            let Members(members) = serde_json::from_str(raw).ok()?;
            let nodes = members
                .into_iter()
                .map(|(key, value)| Some((key, node(text, value.get(), depth_left)?)));
            Json::Object(nodes.collect::<Option<_>>()?)
        }
        _ => Json::Plain(raw.to_owned()),
    };
    Some(Node { offset: offset as u32, json })
}

/// The members of an object in order, repetitions included.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

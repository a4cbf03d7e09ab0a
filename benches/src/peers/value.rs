//! Parsers that make a tree of values, and one without any parser.

use feed::schema::WireType;
use simd_json::prelude::{ValueAsArray, ValueAsScalar};
use sonic_rs::{JsonContainerTrait, JsonValueTrait};

use super::store::Records;
use super::{Peer, Search, envelope};

/// serde_json's tree.
#[derive(Debug)]
pub struct SerdeJsonValue(Search);

impl Peer for SerdeJsonValue {
    const NAME: &'static str = "serde_json_value";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(Search::new(wire_type))
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame: serde_json::Value = serde_json::from_slice(frame).expect("JSON");
        assert_eq!(frame["trnm"], "REAL");
        records.clear();
        for entry in frame["data"].as_array().expect("entries") {
            envelope(entry["type"].as_str(), entry["item"].as_str());
            records.begin();
            let values = &entry["values"];
            for (fid, wanted) in self.0.fids.iter().zip(&self.0.wanted) {
                records.put(*wanted, values[fid].as_str().unwrap_or(""));
            }
        }
    }
}

/// sonic-rs's tree.
#[derive(Debug)]
pub struct SonicValue(Search);

impl Peer for SonicValue {
    const NAME: &'static str = "sonic_rs_value";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(Search::new(wire_type))
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame: sonic_rs::Value = sonic_rs::from_slice(frame).expect("JSON");
        assert_eq!(frame["trnm"].as_str(), Some("REAL"));
        records.clear();
        for entry in frame["data"].as_array().expect("entries") {
            envelope(entry["type"].as_str(), entry["item"].as_str());
            records.begin();
            let values = &entry["values"];
            for (fid, wanted) in self.0.fids.iter().zip(&self.0.wanted) {
                records.put(*wanted, values[fid.as_str()].as_str().unwrap_or(""));
            }
        }
    }
}

/// simd-json's tree of borrowed values, with the copy of the frame that it needs and its buffers kept.
pub struct SimdJsonValue {
    search: Search,
    copy: Vec<u8>,
    buffers: simd_json::Buffers,
}

impl Peer for SimdJsonValue {
    const NAME: &'static str = "simd_json_value";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self {
            search: Search::new(wire_type),
            copy: Vec::new(),
            buffers: simd_json::Buffers::new(4096),
        }
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        self.copy.clear();
        self.copy.extend_from_slice(frame);
        let frame = simd_json::to_borrowed_value_with_buffers(&mut self.copy, &mut self.buffers);
        let frame = frame.expect("JSON");
        assert_eq!(frame["trnm"].as_str(), Some("REAL"));
        records.clear();
        for entry in frame["data"].as_array().expect("entries") {
            envelope(entry["type"].as_str(), entry["item"].as_str());
            records.begin();
            use simd_json::prelude::ValueObjectAccess;
            let values = &entry["values"];
            for (fid, wanted) in self.search.fids.iter().zip(&self.search.wanted) {
                let text = values.get(fid.as_str()).and_then(|value| value.as_str());
                records.put(*wanted, text.unwrap_or(""));
            }
        }
    }
}

/// No parser: looks for each key with `str::find` from where the values begin, and takes what stands
/// between the next two quotes. Believes every frame.
#[derive(Debug)]
pub struct Naive(Search);

impl Peer for Naive {
    const NAME: &'static str = "naive";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        let mut search = Search::new(wire_type);
        for fid in &mut search.fids {
            *fid = format!("\"{fid}\":");
        }
        Self(search)
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame = std::str::from_utf8(frame).expect("UTF-8");
        records.clear();
        for entry in frame.split("\"values\":").skip(1) {
            envelope(text_of(entry, "\"type\":"), text_of(entry, "\"item\":"));
            records.begin();
            for (key, wanted) in self.0.fids.iter().zip(&self.0.wanted) {
                records.put(*wanted, text_of(entry, key).unwrap_or(""));
            }
        }
    }
}

#[inline]
fn text_of<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    entry[entry.find(key)? + key.len()..].split('"').nth(1)
}

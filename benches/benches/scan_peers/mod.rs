//! The parsers beside the scanner. Each finds the texts of the same FIDs and stores them the same way.

use feed::schema::WireType;
use serde::Deserialize;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, LazyValue, PointerTree};

pub(crate) mod store;

use store::{Records, Wanted, wanted};

/// A parser that fills records.
pub(crate) trait Peer {
    const NAME: &'static str;
    fn new(wire_type: WireType, entries: usize) -> Self;
    /// Reads a frame; the records replace those of the frame before.
    fn read(&mut self, frame: &[u8], records: &mut Records);
}

/// What a peer looks for.
struct Search {
    fids: Vec<String>,
    wanted: Vec<Wanted>,
}

impl Search {
    fn new(wire_type: WireType) -> Self {
        let (fids, wanted) = wanted(wire_type);
        Self { fids, wanted }
    }
}

pub(crate) struct SerdeJsonValue(Search);

impl Peer for SerdeJsonValue {
    const NAME: &'static str = "serde_json_value";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(Search::new(wire_type))
    }

    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame: serde_json::Value = serde_json::from_slice(frame).expect("JSON");
        assert_eq!(frame["trnm"], "REAL");
        records.clear();
        for entry in frame["data"].as_array().expect("entries") {
            envelope(entry["type"].as_str(), entry["item"].as_str());
            records.begin();
            for (fid, wanted) in self.0.fids.iter().zip(&self.0.wanted) {
                records.put(*wanted, entry["values"][fid].as_str().unwrap_or(""));
            }
        }
    }
}

pub(crate) struct SonicValue(Search);

impl Peer for SonicValue {
    const NAME: &'static str = "sonic_rs_value";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(Search::new(wire_type))
    }

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

/// All paths at once, without a tree of values: the fastest way that sonic-rs has.
pub(crate) struct SonicGetMany {
    search: Search,
    paths: PointerTree,
    entries: usize,
}

impl Peer for SonicGetMany {
    const NAME: &'static str = "sonic_rs_get_many";

    fn new(wire_type: WireType, entries: usize) -> Self {
        let search = Search::new(wire_type);
        let mut paths = PointerTree::new();
        paths.add_path(&["trnm"]);
        for entry in 0..entries {
            paths.add_path(&sonic_rs::pointer!["data", entry, "type"]);
            paths.add_path(&sonic_rs::pointer!["data", entry, "item"]);
            for fid in &search.fids {
                paths.add_path(&sonic_rs::pointer!["data", entry, "values", fid.as_str()]);
            }
        }
        Self { search, paths, entries }
    }

    fn read(&mut self, frame: &[u8], records: &mut Records) {
        fn text<'v>(value: &'v Option<LazyValue<'_>>) -> &'v str {
            value.as_ref().map_or("", |value| value.as_raw_str().trim_matches('"'))
        }
        let found = sonic_rs::get_many(frame, &self.paths).expect("JSON");
        assert_eq!(text(&found[0]), "REAL");
        records.clear();
        let each = self.search.fids.len() + 2;
        for entry in found[1..].chunks(each).take(self.entries) {
            envelope(Some(text(&entry[0])), Some(text(&entry[1])));
            records.begin();
            for (value, wanted) in entry[2..].iter().zip(&self.search.wanted) {
                records.put(*wanted, text(value));
            }
        }
    }
}

/// Type and instrument, which every parser has to find too.
fn envelope(wire_type: Option<&str>, item: Option<&str>) {
    std::hint::black_box((wire_type.expect("a type"), item.expect("an item")));
}

/// The values of one type as a struct of borrowed texts.
pub(crate) trait Texts<'a>: Deserialize<'a> {
    /// Calls `put` for every FID, in the schema's order.
    fn each(&self, put: impl FnMut(&'a str));
}

/// A type's [`Texts`], for any life time of the frame.
pub(crate) trait Family {
    type Of<'a>: Texts<'a>;
}

#[derive(Deserialize)]
struct Frame<'a, V> {
    #[serde(borrow)]
    trnm: &'a str,
    data: Vec<Entry<'a, V>>,
}

#[derive(Deserialize)]
struct Entry<'a, V> {
    #[serde(borrow, rename = "type")]
    wire_type: &'a str,
    item: &'a str,
    values: V,
}

fn store<'a, V: Texts<'a>>(frame: &Frame<'a, V>, wanted: &[Wanted], records: &mut Records) {
    assert_eq!(frame.trnm, "REAL");
    records.clear();
    for entry in &frame.data {
        envelope(Some(entry.wire_type), Some(entry.item));
        records.begin();
        let mut wanted = wanted.iter();
        entry.values.each(|text| {
            let wanted = wanted.next().expect("as many texts as FIDs");
            records.put(*wanted, text);
        });
    }
}

pub(crate) struct SerdeJsonDerive<F>(Vec<Wanted>, std::marker::PhantomData<F>);

impl<F: Family> Peer for SerdeJsonDerive<F> {
    const NAME: &'static str = "serde_json_derive";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(wanted(wire_type).1, std::marker::PhantomData)
    }

    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame: Frame<'_, F::Of<'_>> = serde_json::from_slice(frame).expect("JSON");
        store(&frame, &self.0, records);
    }
}

pub(crate) struct SonicDerive<F>(Vec<Wanted>, std::marker::PhantomData<F>);

impl<F: Family> Peer for SonicDerive<F> {
    const NAME: &'static str = "sonic_rs_derive";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self(wanted(wire_type).1, std::marker::PhantomData)
    }

    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let frame: Frame<'_, F::Of<'_>> = sonic_rs::from_slice(frame).expect("JSON");
        store(&frame, &self.0, records);
    }
}

macro_rules! texts {
    ($(#[doc = $doc:literal])* $family:ident, $texts:ident: $($fid:literal $field:ident)*) => {
        $(#[doc = $doc])*
        #[derive(Deserialize)]
        pub(crate) struct $texts<'a> {
            $(#[serde(borrow, default, rename = $fid)] $field: &'a str,)*
        }

        impl<'a> Texts<'a> for $texts<'a> {
            #[inline]
            fn each(&self, mut put: impl FnMut(&'a str)) {
                $(put(self.$field);)*
            }
        }

        pub(crate) enum $family {}

        impl Family for $family {
            type Of<'a> = $texts<'a>;
        }
    };
}

texts! {
    /// `0B`, in the schema's order.
    Trade, TradeTexts:
    "20" f20 "10" f10 "11" f11 "27" f27 "28" f28 "15" f15 "13" f13 "14" f14 "16" f16 "17" f17
    "18" f18 "25" f25 "228" f228 "290" f290 "1030" f1030 "1031" f1031 "620" f620 "9081" f9081
}

texts! {
    /// `0D`, in the schema's order.
    Depth, DepthTexts:
    "21" f21 "41" f41 "61" f61 "51" f51 "71" f71 "42" f42 "62" f62 "52" f52 "72" f72 "43" f43
    "63" f63 "53" f53 "73" f73 "44" f44 "64" f64 "54" f54 "74" f74 "45" f45 "65" f65 "55" f55
    "75" f75 "46" f46 "66" f66 "56" f56 "76" f76 "47" f47 "67" f67 "57" f57 "77" f77 "48" f48
    "68" f68 "58" f58 "78" f78 "49" f49 "69" f69 "59" f59 "79" f79 "50" f50 "70" f70 "60" f60
    "80" f80 "121" f121 "125" f125 "23" f23 "24" f24 "215" f215
}

texts! {
    /// `00`, in the schema's order.
    Order, OrderTexts:
    "9201" f9201 "9203" f9203 "9001" f9001 "913" f913 "900" f900 "901" f901 "902" f902 "903" f903
    "904" f904 "905" f905 "906" f906 "907" f907 "908" f908 "909" f909 "910" f910 "911" f911
    "10" f10 "27" f27 "28" f28 "914" f914 "915" f915 "938" f938 "939" f939 "919" f919 "2134" f2134
    "2136" f2136
}

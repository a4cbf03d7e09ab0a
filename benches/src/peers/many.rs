//! sonic-rs without a tree: all paths at once. The fastest way that it has.

use feed::schema::WireType;
use sonic_rs::{LazyValue, PointerTree};

use super::store::Records;
use super::{Peer, Search, envelope};

/// `get_many`.
pub struct SonicGetMany(Paths);

impl Peer for SonicGetMany {
    const NAME: &'static str = "sonic_rs_get_many";

    fn new(wire_type: WireType, entries: usize) -> Self {
        Self(Paths::new(wire_type, entries))
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        let found = sonic_rs::get_many(frame, &self.0.tree).expect("JSON");
        self.0.store(&found, records);
    }
}

/// `get_many_unchecked`, which believes that the frame is JSON.
pub struct SonicGetManyUnchecked(Paths);

impl Peer for SonicGetManyUnchecked {
    const NAME: &'static str = "sonic_rs_get_many_unchecked";

    fn new(wire_type: WireType, entries: usize) -> Self {
        Self(Paths::new(wire_type, entries))
    }

    #[inline]
    #[allow(unsafe_code)] // The peer's own interface.
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        // SAFETY: frames are those of `FrameSet`, which are built from texts and all of which the
        // scanner reads as JSON before a peer is measured (`peers::checked` compares the two).
        let found = unsafe { sonic_rs::get_many_unchecked(frame, &self.0.tree) }.expect("JSON");
        self.0.store(&found, records);
    }
}

/// What is looked for, as a tree of paths.
struct Paths {
    search: Search,
    tree: PointerTree,
    entries: usize,
}

impl Paths {
    fn new(wire_type: WireType, entries: usize) -> Self {
        let search = Search::new(wire_type);
        let mut tree = PointerTree::new();
        tree.add_path(&["trnm"]);
        for entry in 0..entries {
            tree.add_path(&sonic_rs::pointer!["data", entry, "type"]);
            tree.add_path(&sonic_rs::pointer!["data", entry, "item"]);
            for fid in &search.fids {
                tree.add_path(&sonic_rs::pointer!["data", entry, "values", fid.as_str()]);
            }
        }
        Self { search, tree, entries }
    }

    #[inline]
    fn store(&self, found: &[Option<LazyValue<'_>>], records: &mut Records) {
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

#[inline]
fn text<'v>(value: &'v Option<LazyValue<'_>>) -> &'v str {
    value.as_ref().map_or("", |value| value.as_raw_str().trim_matches('"'))
}

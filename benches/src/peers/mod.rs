//! The parsers beside the scanner. Each finds the texts of the same FIDs and stores them the same way.

mod derive;
mod many;
pub mod store;
pub mod texts;
mod value;

use feed::schema::WireType;

pub use derive::{Family, SerdeJsonDerive, SimdJsonDerive, SonicDerive, Texts};
pub use many::{SonicGetMany, SonicGetManyUnchecked};
pub use value::{Naive, SerdeJsonValue, SimdJsonValue, SonicValue};

use crate::frames::FrameSet;
use crate::scanning;
use store::{Records, Wanted, wanted};

/// A parser that fills records.
pub trait Peer {
    /// Its name in the tables.
    const NAME: &'static str;
    /// A parser of frames with so many entries of a type.
    fn new(wire_type: WireType, entries: usize) -> Self;
    /// Reads a frame; the records replace those of the frame before.
    fn read(&mut self, frame: &[u8], records: &mut Records);
}

/// A peer for these frames that was seen to read each of them as the scanner does.
///
/// # Panics
/// When it does not.
pub fn checked<P: Peer>(set: &FrameSet) -> (P, Records) {
    let mut peer = P::new(set.wire_type, set.entries);
    let mut records = Records::new(set.wire_type);
    let mut scanner = scanning::scanner(Default::default());
    for frame in &set.frames {
        peer.read(frame.as_bytes(), &mut records);
        let bodies = records.bodies();
        assert_eq!(bodies, scanning::bodies(&mut scanner, frame), "{}: {frame}", P::NAME);
        assert_eq!(bodies.len(), set.entries, "{}: {frame}", P::NAME);
    }
    (peer, records)
}

/// What a peer looks for.
#[derive(Debug)]
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

/// Type and instrument, which every parser has to find too.
fn envelope(wire_type: Option<&str>, item: Option<&str>) {
    std::hint::black_box((wire_type.expect("a type"), item.expect("an item")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_family<F: Family>(set: &FrameSet) {
        checked::<SonicGetMany>(set);
        checked::<SonicGetManyUnchecked>(set);
        checked::<SonicDerive<F>>(set);
        checked::<SonicValue>(set);
        checked::<SimdJsonDerive<F>>(set);
        checked::<SimdJsonValue>(set);
        checked::<SerdeJsonDerive<F>>(set);
        checked::<SerdeJsonValue>(set);
        checked::<Naive>(set);
    }

    #[test]
    fn every_peer_reads_every_frame_as_the_scanner_does() {
        for set in FrameSet::all() {
            match set.wire_type {
                WireType::Trade => check_family::<texts::Trade>(&set),
                WireType::Depth => check_family::<texts::Depth>(&set),
                WireType::BestQuote => check_family::<texts::BestQuote>(&set),
                WireType::IndicativeMatch => check_family::<texts::IndicativeMatch>(&set),
                WireType::OrderUpdate => check_family::<texts::Order>(&set),
                WireType::Balance => check_family::<texts::Balance>(&set),
                WireType::SessionState => check_family::<texts::SessionState>(&set),
                other => panic!("no texts for {other:?}"),
            }
        }
    }
}

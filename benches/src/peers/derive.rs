//! Parsers that fill a struct of borrowed texts through serde.

use std::marker::PhantomData;

use feed::schema::WireType;
use serde::Deserialize;

use super::store::{Records, Wanted, wanted};
use super::{Peer, envelope};

/// The values of one type as a struct of borrowed texts.
pub trait Texts<'a>: Deserialize<'a> {
    /// Calls `put` for every FID, in the schema's order.
    fn each(&self, put: impl FnMut(&'a str));
}

/// A type's [`Texts`], for any life time of the frame.
pub trait Family {
    /// The struct.
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

macro_rules! derived {
    ($(#[doc = $doc:literal])* $peer:ident, $name:literal: $frame:ident => $read:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $peer<F>(Vec<Wanted>, PhantomData<F>);

        impl<F: Family> Peer for $peer<F> {
            const NAME: &'static str = $name;

            fn new(wire_type: WireType, _entries: usize) -> Self {
                Self(wanted(wire_type).1, PhantomData)
            }

            #[inline]
            fn read(&mut self, $frame: &[u8], records: &mut Records) {
                let frame: Frame<'_, F::Of<'_>> = $read.expect("JSON");
                store(&frame, &self.0, records);
            }
        }
    };
}

derived! {
    /// serde_json.
    SerdeJsonDerive, "serde_json_derive": frame => serde_json::from_slice(frame)
}

derived! {
    /// sonic-rs.
    SonicDerive, "sonic_rs_derive": frame => sonic_rs::from_slice(frame)
}

/// simd-json, with the copy of the frame that it needs and its buffers kept.
pub struct SimdJsonDerive<F> {
    wanted: Vec<Wanted>,
    copy: Vec<u8>,
    buffers: simd_json::Buffers,
    family: PhantomData<F>,
}

impl<F: Family> Peer for SimdJsonDerive<F> {
    const NAME: &'static str = "simd_json_derive";

    fn new(wire_type: WireType, _entries: usize) -> Self {
        Self {
            wanted: wanted(wire_type).1,
            copy: Vec::new(),
            buffers: simd_json::Buffers::new(4096),
            family: PhantomData,
        }
    }

    #[inline]
    fn read(&mut self, frame: &[u8], records: &mut Records) {
        self.copy.clear();
        self.copy.extend_from_slice(frame);
        let frame: Frame<'_, F::Of<'_>> =
            simd_json::serde::from_slice_with_buffers(&mut self.copy, &mut self.buffers)
                .expect("JSON");
        store(&frame, &self.wanted, records);
    }
}

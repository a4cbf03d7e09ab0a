//! The records: one fixed `#[repr(C)]` struct for each realtime type of the broker.
//!
//! Every record starts with a [`Header`], has no padding, is a multiple of 8 bytes long and means the
//! same in every language. Fields that the broker left empty hold their type's `UNSET`.

mod account;
mod header;
mod index;
mod market;
mod meta;
mod report;
mod session;
mod stock;

pub use account::*;
pub(crate) use header::open_enum;
pub use header::{Flags, Header, InstrumentId, Kind, Venue};
pub use index::*;
pub use market::*;
pub use meta::*;
pub use report::*;
pub use session::*;
pub use stock::*;

/// The largest record, in 8-byte words. Ring slots are this large.
pub const RECORD_WORDS_MAX: usize = 84;

/// A record type.
///
/// # Safety
/// The type is `#[repr(C)]`, starts with a [`Header`], is aligned to 8 bytes, has no padding, and
/// every bit pattern is a valid value.
pub unsafe trait Record: Copy + 'static {
    /// The value of [`Header::kind`] for this type.
    const KIND: Kind;
    /// The broker's realtime type (`"0B"`), or `""` for the engine's own records.
    const WIRE_TYPE: &'static str;

    /// A record with kind and size filled in and every other field unset.
    #[inline]
    fn unset() -> Self
    where
        Self: Default,
    {
        let mut record = Self::default();
        record.header_mut().kind = Self::KIND;
        record.header_mut().size = size_of::<Self>() as u16;
        record
    }

    /// The header.
    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: a record starts with its header and is `repr(C)` (the trait's contract).
        unsafe { &*core::ptr::from_ref(self).cast::<Header>() }
    }

    /// The header, to change it.
    #[inline]
    fn header_mut(&mut self) -> &mut Header {
        // SAFETY: as in `header`; the borrow of `self` is exclusive.
        unsafe { &mut *core::ptr::from_mut(self).cast::<Header>() }
    }

    /// The record as 8-byte words, as it travels through a ring.
    #[inline]
    fn words(&self) -> &[u64] {
        // SAFETY: no padding, 8-byte alignment and a size that is a multiple of 8 (the contract and
        // the assertions in `record!`), so each word is initialised and inside the value.
        unsafe {
            core::slice::from_raw_parts(core::ptr::from_ref(self).cast(), size_of::<Self>() / 8)
        }
    }

    /// Sees words as this record; `None` when the kind or the size in the header says otherwise.
    #[inline]
    fn from_words(words: &[u64]) -> Option<&Self> {
        let header = header_of(words)?;
        if header.kind != Self::KIND
            || header.size as usize != size_of::<Self>()
            || words.len() * 8 < size_of::<Self>()
        {
            return None;
        }
        // SAFETY: long enough, aligned to 8 as `u64` is, every bit pattern is valid.
        Some(unsafe { &*words.as_ptr().cast::<Self>() })
    }
}

/// The header at the start of `words`; `None` when there are too few.
#[inline]
pub fn header_of(words: &[u64]) -> Option<&Header> {
    if words.len() * 8 < size_of::<Header>() {
        return None;
    }
    // SAFETY: long enough, aligned, and every bit pattern is a valid `Header`.
    Some(unsafe { &*words.as_ptr().cast::<Header>() })
}

macro_rules! record {
    ($name:ty, $kind:ident, $wire:literal, bytes = $bytes:literal) => {
        const _: () = assert!(size_of::<$name>() == $bytes, "the layout is part of the ABI");
        const _: () = assert!(size_of::<$name>() % 8 == 0 && align_of::<$name>() == 8);
        const _: () = assert!(size_of::<$name>() <= crate::record::RECORD_WORDS_MAX * 8);
        // SAFETY: `repr(C)`, a `Header` first, integers and arrays of integers only; sizes are
        // asserted above, and the layout tests add up the fields to show there is no padding.
        unsafe impl crate::record::Record for $name {
            const KIND: crate::record::Kind = crate::record::Kind::$kind;
            const WIRE_TYPE: &'static str = $wire;
        }
    };
}
pub(crate) use record;

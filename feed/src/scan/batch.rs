//! What a frame gave: records, refused entries, counts.

use core::ops::Deref;

use strategy_api::record::Kind;

use crate::schema::WireType;

/// How many refused entries of one frame are described; beyond that they are only counted.
pub const REFUSED_KEPT: usize = 64;

/// The entries of one `REAL` frame.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub(super) output: &'a Output,
}

impl<'a> Batch<'a> {
    /// The records, in the order of the frame. [`Extras`](strategy_api::Extras) stand directly
    /// before the record they belong to.
    pub fn records(&self) -> impl ExactSizeIterator<Item = RecordWords<'a>> + use<'a> {
        let output = self.output;
        output.spans.iter().map(move |span| RecordWords {
            words: &output.words[span.start as usize..][..span.len as usize],
            entry: span.entry,
            account: span.account,
        })
    }

    /// Entries that were refused, the first [`REFUSED_KEPT`] of them.
    pub fn refused(&self) -> &'a [RefusedEntry] {
        &self.output.refused
    }

    /// How many entries were refused.
    pub fn refused_count(&self) -> u32 {
        self.output.refused_count
    }

    /// How many entries have a type that the engine has no record for. They are not refused.
    pub fn unknown_types(&self) -> u32 {
        self.output.unknown_types
    }

    /// How many entries the frame has in all: delivered, refused and unknown ones.
    pub fn entries(&self) -> u32 {
        self.output.entries
    }
}

/// One record as words, ready for a ring: everything is filled in but the sequence (`words[1]`).
#[derive(Clone, Copy, Debug)]
pub struct RecordWords<'a> {
    words: &'a [u64],
    entry: u32,
    account: bool,
}

impl RecordWords<'_> {
    /// Whether the record belongs to the account's stream: kinds `00` and `04`, and the extra fields
    /// in front of one.
    #[inline]
    pub fn is_account(&self) -> bool {
        self.account
    }

    /// Number of the entry in its frame, from 0.
    #[inline]
    pub fn entry(&self) -> u32 {
        self.entry
    }
}

impl Deref for RecordWords<'_> {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        self.words
    }
}

/// Whether these words are an account record: an order update (`00`) or a balance (`04`).
///
/// Extra fields are of a kind of their own; [`RecordWords::is_account`] knows where they belong.
pub fn is_account(words: &[u64]) -> bool {
    strategy_api::record::header_of(words)
        .is_some_and(|header| matches!(header.kind, Kind::ORDER_UPDATE | Kind::BALANCE))
}

/// An entry that gave no record. The others of its frame are delivered all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedEntry {
    /// Number of the entry in its frame, from 0.
    pub entry: u32,
    /// Where the offending value starts, bytes from the start of the frame: the value, not its
    /// quote; where something is missing, the entry.
    pub offset: u32,
    /// FID of the value; 0 where the entry itself is wrong.
    pub fid: u16,
    /// The type, if it was known.
    pub wire_type: Option<WireType>,
    /// What is wrong.
    pub reason: RefusedReason,
}

/// Why an entry was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedReason {
    /// The text is not a number of the broker's form.
    #[error("not a number")]
    NotANumber,
    /// The number does not fit its field.
    #[error("number out of range")]
    OutOfRange,
    /// The number has more decimals than its field, and they are not zeros.
    #[error("more decimals than the field has")]
    TooPrecise,
    /// The text is not a time of day.
    #[error("not a time of day")]
    NotATime,
    /// The text is not one of the codes that the field can have.
    #[error("not a code")]
    NotACode,
    /// Text that identifies something (order, account, instrument) is too long to be kept whole.
    #[error("identifying text too long")]
    TextTooLong,
    /// An array or an object stands where a value should.
    #[error("an array or object instead of a value")]
    NotAValue,
    /// `data` is neither an array nor null.
    #[error("data is not an array")]
    DataNotAnArray,
    /// The entry is not an object.
    #[error("entry is not an object")]
    EntryNotAnObject,
    /// The entry has no type.
    #[error("entry without a type")]
    NoType,
    /// The entry has no `values`, or `null`.
    #[error("entry without values")]
    NoValues,
    /// `values` is not an object.
    #[error("values is not an object")]
    ValuesNotAnObject,
}

/// The buffers behind a [`Batch`], reused from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) words: Vec<u64>,
    pub(super) spans: Vec<Span>,
    pub(super) refused: Vec<RefusedEntry>,
    pub(super) refused_count: u32,
    pub(super) unknown_types: u32,
    pub(super) entries: u32,
}

/// One record among the words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u16,
    pub(super) account: bool,
    pub(super) entry: u32,
}

impl Output {
    pub(super) fn with_capacity(words: usize, records: usize) -> Self {
        Self {
            words: Vec::with_capacity(words),
            spans: Vec::with_capacity(records),
            refused: Vec::with_capacity(REFUSED_KEPT),
            ..Self::default()
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.spans.clear();
        self.refused.clear();
        self.refused_count = 0;
        self.unknown_types = 0;
        self.entries = 0;
    }

    pub(super) fn refuse(&mut self, entry: RefusedEntry) {
        if self.refused.len() < REFUSED_KEPT {
            self.refused.push(entry);
        }
        self.refused_count += 1;
    }
}

//! The market half of the broker: from seed and registrations to frames, without a clock or a socket.

use crate::options::Options;
pub use crate::market::listing::InstrumentInfo;

/// Frames made since the last [`Frames::clear`], in one reused buffer.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    text: String,
    list: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    start: usize,
    end: usize,
    item: String,
    kind: &'static str,
    entries: u32,
}

/// One `REAL` frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) text: &'a str,
    /// The item as registered; `""` for market-wide types.
    pub(crate) item: &'a str,
    /// The realtime type.
    pub(crate) kind: &'static str,
    /// Entries in it.
    pub(crate) entries: u32,
}

/// Makes the market go on and turns what happens into frames.
#[derive(Debug)]
pub(crate) struct Generator;

impl Frames {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.list.clear();
    }
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = Frame<'_>> {
        self.list.iter().map(|made| Frame {
            text: &self.text[made.start..made.end],
            item: &made.item,
            kind: made.kind,
            entries: made.entries,
        })
    }
}

impl Generator {
    pub(crate) fn new(_options: &Options) -> Self {
        Self
    }
    pub(crate) fn instruments(&self) -> &[InstrumentInfo] {
        &[]
    }
    pub(crate) fn set_registrations(&mut self, _pairs: &[(String, String)]) {}
    pub(crate) fn advance(&mut self, _real_nanos: u64, _out: &mut Frames) {}
    pub(crate) fn step(&mut self, _out: &mut Frames) {}
}

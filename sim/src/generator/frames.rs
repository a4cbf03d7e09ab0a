//! Frames made since the last look, in one reused buffer.

use crate::realtime::Writer;
use std::sync::Arc;

/// Frames made since the last [`Frames::clear`].
#[derive(Debug, Default)]
pub(crate) struct Frames {
    text: String,
    list: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    start: usize,
    end: usize,
    item: Arc<str>,
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

impl Frames {
    /// Forgets the frames, keeps the room.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.list.clear();
    }

    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The frames in the order in which they were made.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Frame<'_>> {
        self.list.iter().map(|made| Frame {
            text: &self.text[made.start..made.end],
            item: &made.item,
            kind: made.kind,
            entries: made.entries,
        })
    }

    /// Makes a frame of one entry. `shown` is the item in the frame, `item` the registered one.
    pub(super) fn one(
        &mut self,
        kind: &'static str,
        item: &Arc<str>,
        shown: &str,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = self.text.len();
        let mut writer = Writer::new(&mut self.text);
        writer.entry();
        write(&mut writer);
        writer.end_entry(kind, shown);
        writer.end();
        self.made(start, kind, item, 1);
    }

    /// Makes a frame of `count` entries of one item; `write` is called with the number of each.
    pub(super) fn several(
        &mut self,
        kind: &'static str,
        item: &Arc<str>,
        count: usize,
        mut write: impl FnMut(&mut Writer<'_>, usize),
    ) {
        let start = self.text.len();
        let mut writer = Writer::new(&mut self.text);
        for number in 0..count {
            if number > 0 {
                writer.comma();
            }
            writer.entry();
            write(&mut writer, number);
            writer.end_entry(kind, item);
        }
        writer.end();
        self.made(start, kind, item, count as u32);
    }

    fn made(&mut self, start: usize, kind: &'static str, item: &Arc<str>, entries: u32) {
        let end = self.text.len();
        self.list.push(Made { start, end, item: Arc::clone(item), kind, entries });
    }
}

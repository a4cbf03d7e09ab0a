//! One entry: from its type, item and values to records. Both paths end here.

use core::mem::offset_of;

use strategy_api::record::{Header, Record};
use strategy_api::{Extras, Flags, InstrumentId, Venue};

use super::batch::{Output, RefusedEntry, RefusedReason, Span};
use super::plan::{MAX_EXTRAS, Plan};
use super::store::{self, get_u16, put_u8, put_u16};
use super::{MAX_ENTRIES, Stamps};
use crate::instruments::Instruments;
use crate::schema::WireType;

/// What stands around the values of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<'t> {
    /// Text of `type`; empty if there is none.
    pub(super) wire_type: &'t [u8],
    /// Text of `item`, empty if there is none; `None` for an array or an object.
    pub(super) item: Option<&'t [u8]>,
    /// Where the entry starts.
    pub(super) offset: u32,
}

/// One value of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'t> {
    pub(super) fid: u16,
    /// The text; `None` for an array or an object.
    pub(super) text: Option<&'t [u8]>,
    pub(super) offset: u32,
}

/// Why the general path has to look at the frame again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// A field that somebody reads stands twice in one entry.
    Repeated,
    /// The frame has more entries than allowed.
    TooMany,
}

/// Turns entries into records, in the order of the frame.
pub(super) struct Builder<'s> {
    pub(super) plans: &'s [Plan],
    pub(super) instruments: &'s Instruments,
    pub(super) output: &'s mut Output,
    pub(super) extras: &'s mut Extras,
    pub(super) stamps: Stamps,
}

impl Builder<'_> {
    /// Opens the next entry and returns its number.
    pub(super) fn open(&mut self) -> Result<u32, Again> {
        let number = self.output.entries;
        if number == MAX_ENTRIES {
            return Err(Again::TooMany);
        }
        self.output.entries += 1;
        Ok(number)
    }

    /// An entry that has no readable values.
    pub(super) fn refuse(
        &mut self,
        entry: u32,
        offset: u32,
        wire_type: Option<WireType>,
        reason: RefusedReason,
    ) {
        self.output.refuse(RefusedEntry { entry, offset, fid: 0, wire_type, reason });
    }

    /// An entry with values, in the order of their offsets. A FID that stands twice answers
    /// [`Again::Repeated`]; nothing that was built counts then.
    #[inline]
    pub(super) fn entry<'t>(
        &mut self,
        entry: u32,
        envelope: Envelope<'t>,
        values: impl Iterator<Item = Value<'t>>,
    ) -> Result<(), Again> {
        let Some(wire_type) = WireType::from_code(envelope.wire_type) else {
            if envelope.wire_type.is_empty() {
                self.refuse(entry, envelope.offset, None, RefusedReason::NoType);
            } else {
                self.output.unknown_types += 1;
            }
            return Ok(());
        };
        let plans = self.plans;
        let Some(plan) = plans.get(wire_type.index()) else {
            self.output.unknown_types += 1;
            return Ok(());
        };
        if plan.extras.is_empty() {
            self.build::<false>(entry, plan, envelope, values)
        } else {
            self.build::<true>(entry, plan, envelope, values)
        }
    }

    #[inline]
    fn build<'t, const EXTRAS: bool>(
        &mut self,
        entry: u32,
        plan: &Plan,
        envelope: Envelope<'t>,
        values: impl Iterator<Item = Value<'t>>,
    ) -> Result<(), Again> {
        let mut flags = Flags::default();
        let start = self.begin(plan);
        let record = &mut self.output.words[start..];
        let recv = self.stamps.recv;
        let mut refused = None;
        let mut seen = [0u64; 4];
        let mut extras: [Option<&[u8]>; MAX_EXTRAS] = [None; MAX_EXTRAS];
        for value in values {
            let Some(at) = plan.find(value.fid) else { continue };
            let bit = 1 << (at % 64);
            if seen[at / 64] & bit != 0 {
                self.output.words.truncate(start);
                return Err(Again::Repeated);
            }
            seen[at / 64] |= bit;
            if refused.is_some() {
                continue; // only looking for repetitions now
            }
            let wanted = plan.wanted[at];
            let outcome = match (value.text, wanted.place) {
                (None, _) => Err(RefusedReason::NotAValue),
                (Some(text), Some(place)) => store::store(record, wanted.kind, place, text, recv),
                (Some(_), None) => Ok(false),
            };
            match outcome {
                Ok(false) => {}
                Ok(true) => flags = flags.with(Flags::TEXT_CUT),
                Err(reason) => refused = Some((value, reason)),
            }
            if let (true, Some(extra)) = (EXTRAS, wanted.extra) {
                extras[usize::from(extra)] = value.text;
            }
        }
        if let Some((value, reason)) = refused {
            self.output.words.truncate(start);
            self.output.refuse(RefusedEntry {
                entry,
                offset: value.offset,
                fid: value.fid,
                wire_type: Some(plan.wire_type),
                reason,
            });
            return Ok(());
        }
        self.complete::<EXTRAS>(entry, plan, start, envelope.item, flags, &extras);
        Ok(())
    }

    /// Begins a record: its unset form. Returns where its words start.
    #[inline]
    pub(super) fn begin(&mut self, plan: &Plan) -> usize {
        let start = self.output.words.len();
        self.output.words.extend_from_slice(&plan.template);
        start
    }

    /// Begins a record with one word behind it that does not belong to it.
    #[inline]
    pub(super) fn begin_with_spare(&mut self, plan: &Plan) -> usize {
        let start = self.output.words.len();
        self.output.words.extend_from_slice(&plan.spacious);
        start
    }

    /// Takes the word behind the record away.
    #[inline]
    pub(super) fn drop_spare(&mut self) {
        self.output.words.pop();
    }

    /// Ends a record whose values are stored: extra fields, header, span.
    #[inline(always)]
    pub(super) fn complete<const EXTRAS: bool>(
        &mut self,
        entry: u32,
        plan: &Plan,
        start: usize,
        item: Option<&[u8]>,
        mut flags: Flags,
        extras: &[Option<&[u8]>],
    ) {
        let (instrument, venue, place_flags) = self.place(item);
        flags = flags.with(place_flags);
        let account = plan.wire_type.is_account();
        if EXTRAS && extras.iter().any(Option::is_some) {
            flags = flags.with(Flags::HAS_EXTRAS);
            if self.write_extras(entry, plan, extras, account) {
                flags = flags.with(Flags::TEXT_CUT);
            }
        }
        let header = HeaderFields { instrument, venue, flags };
        self.finish_header(start, header);
        let extra_from = start + plan.template.len();
        let mut at = extra_from;
        while EXTRAS && at < self.output.words.len() {
            let size = usize::from(get_u16(&self.output.words[at..], SIZE_AT)) / 8;
            self.copy_header(start, at);
            at += size.max(1);
        }
        self.output.spans.push(Span {
            start: start as u32,
            len: plan.template.len() as u16,
            account,
            entry,
        });
    }

    /// Number, venue and flags of an item.
    #[inline]
    fn place(&self, item: Option<&[u8]>) -> (InstrumentId, Venue, Flags) {
        let Some(item) = item else {
            return (InstrumentId::NONE, Venue::UNKNOWN, Flags::UNREGISTERED);
        };
        let (instrument, venue) = self.instruments.lookup(item);
        let nobody = !instrument.is_some() && !item.is_empty();
        (instrument, venue, if nobody { Flags::UNREGISTERED } else { Flags::default() })
    }

    /// Appends the extra fields behind the words of their record, with spans in front of its own;
    /// their headers come later. Tells whether a text was cut.
    #[cold]
    fn write_extras(
        &mut self,
        entry: u32,
        plan: &Plan,
        texts: &[Option<&[u8]>],
        account: bool,
    ) -> bool {
        let mut cut = false;
        *self.extras = Extras::unset();
        for (fid, text) in plan.extras.iter().zip(texts) {
            let Some(text) = text else { continue };
            let text = shortened(text, &mut cut);
            if !self.extras.push(*fid, text) {
                self.flush_extras(entry, account);
                self.extras.push(*fid, text);
            }
        }
        self.flush_extras(entry, account);
        cut
    }

    fn flush_extras(&mut self, entry: u32, account: bool) {
        let words = self.extras.words_used();
        let start = self.output.words.len() as u32;
        self.output.spans.push(Span { start, len: words.len() as u16, account, entry });
        self.output.words.extend_from_slice(words);
        *self.extras = Extras::unset();
    }

    #[inline(always)]
    fn finish_header(&mut self, start: usize, fields: HeaderFields) {
        // Every record begins with one.
        let words = self.output.words[start..].first_chunk_mut::<{ size_of::<Header>() / 8 }>();
        let Some(words) = words else { return };
        let Stamps { kernel, recv } = self.stamps;
        words[offset_of!(Header, ts_kernel) / 8] = kernel.raw();
        words[offset_of!(Header, ts_recv) / 8] = recv.raw();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(words);
        let mut put = |at: usize, field: [u8; 2]| bytes[at..at + 2].copy_from_slice(&field);
        put(offset_of!(Header, flags), fields.flags.0.to_ne_bytes());
        put(offset_of!(Header, instrument), fields.instrument.0.to_ne_bytes());
        bytes[offset_of!(Header, venue)] = fields.venue.0;
    }

    /// Extra fields carry the header of the record they belong to, but for kind and size.
    fn copy_header(&mut self, from: usize, to: usize) {
        let words = &mut self.output.words;
        let kind_at = offset_of!(Header, kind) as u16;
        let (size, kind) = (get_u16(&words[to..], SIZE_AT), store::get_u8(&words[to..], kind_at));
        words.copy_within(from..from + size_of::<Header>() / 8, to);
        put_u16(&mut words[to..], SIZE_AT, size);
        put_u8(&mut words[to..], kind_at, kind);
    }

    /// Marks every record but those of the last entry of its stream: more of this frame follow.
    pub(super) fn close(&mut self) {
        let output = &mut *self.output;
        if output.entries < 2 {
            return;
        }
        let last = |account| {
            output.spans.iter().rev().find(|s| s.account == account).map_or(0, |s| s.entry)
        };
        let (last_market, last_account) = (last(false), last(true));
        for span in &output.spans {
            let last = if span.account { last_account } else { last_market };
            if span.entry != last {
                let words = &mut output.words[span.start as usize..];
                let flags = Flags(get_u16(words, FLAGS_AT)).with(Flags::MORE_IN_FRAME);
                put_u16(words, FLAGS_AT, flags.0);
            }
        }
    }
}

/// As much of an extra text as one record can hold, cut between characters.
fn shortened<'t>(text: &'t [u8], cut: &mut bool) -> &'t [u8] {
    if text.len() <= LONGEST_EXTRA {
        return text;
    }
    *cut = true;
    &text[..store::boundary(text, LONGEST_EXTRA)]
}

struct HeaderFields {
    instrument: InstrumentId,
    venue: Venue,
    flags: Flags,
}

const SIZE_AT: u16 = offset_of!(Header, size) as u16;
const FLAGS_AT: u16 = offset_of!(Header, flags) as u16;

/// The longest text that an [`Extras`] record can hold: number and length take four bytes.
const LONGEST_EXTRA: usize = strategy_api::record::EXTRAS_BYTES - 4;

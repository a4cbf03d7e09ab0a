//! The other reading: what a frame means, by a plain JSON parser and one line per field.
//!
//! It shares no code with the scanner: JSON is read with serde_json, numbers with `str::parse`, and
//! each record is filled by name. Only the record types (and `Extras::push`) are the same. It is
//! slow, allocates at will, and is compared with the scanner over examples, mutations, generated
//! frames and fuzzed bytes.

mod fields;
mod json;
mod records;

use feed::scan::{MAX_ENTRIES, RefusedReason, ScanErrorKind, Scanned, Scanner, Stamps};
use feed::schema::WireType;
use strategy_api::{Extras, Flags, Header, InstrumentId, Kind, Record, Venue};

use fields::Fields;
use json::{Json, Node};

/// What a reader made of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    TooLong,
    NotUtf8 { valid_up_to: usize },
    TooManyEntries,
    NotJson,
    Message,
    Real(Contents),
}

/// What a data frame held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) records: Vec<Vec<u64>>,
    pub(crate) accounts: Vec<bool>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) unknown_types: u32,
    pub(crate) entries: u32,
}

/// Entry, offset, FID, type, reason.
pub(crate) type Refused = (u32, u32, u16, Option<WireType>, RefusedReason);

/// Codes that are registered, in order.
pub(crate) struct Setup {
    pub(crate) codes: Vec<&'static str>,
    pub(crate) extras: Vec<(WireType, Vec<u16>)>,
    pub(crate) stamps: Stamps,
    pub(crate) frame_limit: usize,
}

/// What the scanner makes of a frame, in the same words.
pub(crate) fn scanned(scanner: &mut Scanner, frame: &[u8], stamps: Stamps) -> Outcome {
    match scanner.scan(frame, stamps) {
        Ok(Scanned::Message) => Outcome::Message,
        Ok(Scanned::Real(batch)) => {
            assert_eq!(batch.refused().len().min(64), batch.refused_count().min(64) as usize);
            Outcome::Real(Contents {
                records: batch.records().map(|record| record.to_vec()).collect(),
                accounts: batch.records().map(|record| record.is_account()).collect(),
                refused: batch
                    .refused()
                    .iter()
                    .map(|r| (r.entry, r.offset, r.fid, r.wire_type, r.reason))
                    .collect(),
                unknown_types: batch.unknown_types(),
                entries: batch.entries(),
            })
        }
        Err(error) => {
            assert!(error.offset as usize <= frame.len(), "{error} beyond {}", frame.len());
            match error.kind {
                ScanErrorKind::TooLong => Outcome::TooLong,
                ScanErrorKind::Utf8 => Outcome::NotUtf8 { valid_up_to: error.offset as usize },
                ScanErrorKind::TooManyEntries => Outcome::TooManyEntries,
                _ => Outcome::NotJson,
            }
        }
    }
}

/// What the frame means.
pub(crate) fn reference(frame: &[u8], setup: &Setup) -> Outcome {
    if frame.len() > setup.frame_limit {
        return Outcome::TooLong;
    }
    let text = match std::str::from_utf8(frame) {
        Ok(text) => text,
        Err(error) => return Outcome::NotUtf8 { valid_up_to: error.valid_up_to() },
    };
    let Some(top) = json::parse(text) else { return Outcome::NotJson };
    let Json::Object(top) = top.json else { return Outcome::Message };
    match json::last(&top, "trnm") {
        Some(Node { json: Json::Text(trnm), .. }) if trnm == "REAL" => {}
        _ => return Outcome::Message,
    }
    let mut contents = Contents::default();
    match json::last(&top, "data") {
        None => {}
        Some(Node { json: Json::Null, .. }) => {}
        Some(Node { json: Json::Array(entries), .. }) => {
            if entries.len() > MAX_ENTRIES as usize {
                return Outcome::TooManyEntries;
            }
            for (number, node) in entries.iter().enumerate() {
                entry(&mut contents, number as u32, node, setup);
            }
            contents.entries = entries.len() as u32;
            mark_more(&mut contents);
        }
        Some(other) => {
            contents.refused.push((0, other.value_offset(), 0, None, RefusedReason::DataNotAnArray))
        }
    }
    contents.refused.truncate(feed::scan::REFUSED_KEPT);
    Outcome::Real(contents)
}

/// One entry; its records remember their entry in the sequence until `mark_more`.
fn entry(contents: &mut Contents, number: u32, node: &Node, setup: &Setup) {
    let mut refuse = |offset, fid, wire_type, reason| {
        contents.refused.push((number, offset, fid, wire_type, reason));
    };
    let Json::Object(members) = &node.json else {
        return refuse(node.offset, 0, None, RefusedReason::EntryNotAnObject);
    };
    let code = json::last(members, "type").and_then(Node::text).unwrap_or_default();
    if code.is_empty() {
        return refuse(node.offset, 0, None, RefusedReason::NoType);
    }
    let known = WireType::ALL.iter().copied().find(|t| t.code() == code && t.has_record());
    let Some(wire_type) = known else {
        contents.unknown_types += 1;
        return;
    };
    let values = match json::last(members, "values") {
        None | Some(Node { json: Json::Null, .. }) => {
            return refuse(node.offset, 0, known, RefusedReason::NoValues);
        }
        Some(Node { json: Json::Object(values), .. }) => values,
        Some(other) => {
            return refuse(other.value_offset(), 0, known, RefusedReason::ValuesNotAnObject);
        }
    };
    let mut header = Header {
        sequence: u64::from(number),
        ts_kernel: setup.stamps.kernel,
        ts_recv: setup.stamps.recv,
        ..Header::default()
    };
    match json::last(members, "item").map(|item| (item, item.text())) {
        None => {}
        Some((_, Some(item))) => place(&mut header, &item, setup),
        Some((_, None)) => header.flags = Flags::UNREGISTERED,
    }
    let mut fields = Fields::new(values, setup.stamps.recv);
    let record = records::read(wire_type, &mut fields, header);
    let asked: Vec<u16> = setup
        .extras
        .iter()
        .filter(|(of, _)| *of == wire_type)
        .flat_map(|(_, fids)| fids.iter().copied())
        .collect();
    for fid in &asked {
        fields.must_be_scalar(*fid);
    }
    if let Some((offset, fid, reason)) = fields.first_bad() {
        return refuse(offset, fid, known, reason);
    }
    let (extras, extra_cut) = extras(&asked, &fields);
    let mut words = record;
    if fields.cut || extra_cut {
        change_flags(&mut words, Flags::TEXT_CUT);
    }
    if !extras.is_empty() {
        change_flags(&mut words, Flags::HAS_EXTRAS);
    }
    let account = matches!(wire_type, WireType::OrderUpdate | WireType::Balance);
    for mut extra in extras {
        let own = *header_at(&extra);
        let mut header = *header_at(&words);
        (header.kind, header.size) = (own.kind, own.size);
        set_header(&mut extra, header);
        contents.records.push(extra);
        contents.accounts.push(account);
    }
    contents.records.push(words);
    contents.accounts.push(account);
}

/// Venue and number of an item.
fn place(header: &mut Header, item: &str, setup: &Setup) {
    if item.is_empty() {
        return;
    }
    let (base, venue) = match (item.strip_suffix("_NX"), item.strip_suffix("_AL")) {
        (Some(base), _) => (base, Venue::NXT),
        (_, Some(base)) => (base, Venue::SOR),
        _ => (item, Venue::KRX),
    };
    header.venue = venue;
    match setup.codes.iter().position(|code| *code == base) {
        Some(number) => header.instrument = InstrumentId(number as u16),
        None => header.flags = Flags::UNREGISTERED,
    }
}

fn extras(asked: &[u16], fields: &Fields<'_>) -> (Vec<Vec<u64>>, bool) {
    let mut done = Vec::new();
    let mut cut = false;
    let mut open = Extras::unset();
    let mut seen = Vec::new();
    for fid in asked {
        if seen.contains(fid) {
            continue;
        }
        seen.push(*fid);
        let Some(mut text) = fields.text_of(*fid) else { continue };
        while text.len() > 620 {
            cut = true;
            text.pop();
        }
        if !open.push(*fid, text.as_bytes()) {
            done.push(open.words_used().to_vec());
            open = Extras::unset();
            assert!(open.push(*fid, text.as_bytes()));
        }
    }
    if open.count > 0 {
        done.push(open.words_used().to_vec());
    }
    (done, cut)
}

/// Sets the flag on all but the last entry of each stream, and the sequences back to zero.
fn mark_more(contents: &mut Contents) {
    for account in [false, true] {
        let of_stream = |(words, a): (&Vec<u64>, &bool)| (*a == account).then(|| words[1]);
        let last =
            contents.records.iter().zip(&contents.accounts).filter_map(of_stream).next_back();
        for (words, of) in contents.records.iter_mut().zip(&contents.accounts) {
            if *of == account && Some(words[1]) != last {
                change_flags(words, Flags::MORE_IN_FRAME);
            }
        }
    }
    contents.records.iter_mut().for_each(|words| words[1] = 0);
}

fn header_at(words: &[u64]) -> &Header {
    strategy_api::record::header_of(words).unwrap()
}

fn set_header(words: &mut [u64], header: Header) {
    let mut carrier = Extras::unset();
    *carrier.header_mut() = header;
    words[..5].copy_from_slice(&carrier.words()[..5]);
}

fn change_flags(words: &mut [u64], flags: Flags) {
    let mut header = *header_at(words);
    header.flags = header.flags.with(flags);
    set_header(words, header);
}

/// A record with its kind and size, everything else as given.
fn finish<R: Record>(mut record: R, header: Header) -> Vec<u64> {
    let ts_event = record.header().ts_event;
    *record.header_mut() = header;
    record.header_mut().ts_event = ts_event;
    record.header_mut().kind = R::KIND;
    record.header_mut().size = size_of::<R>() as u16;
    assert_ne!(R::KIND, Kind(0));
    record.words().to_vec()
}

//! One field as JSON: from the record where it holds the field, else from the text by the same rules.

use std::borrow::Cow;

use strategy_api::record::{
    InterruptionDirection, InterruptionKind, OrderAction, OrderState, SessionCode, TradeSession,
};
use strategy_api::{
    ChangeSign, Direction, Hundredths, Millionths, Side, TimeOfDay, UnixNanos, Venue,
};

use super::raw;
use super::write::Line;
use crate::scan::store::{self, store};
use crate::scan::value::{self, Number};
use crate::scan::{RefusedReason, fid_of};
use crate::schema::{CodeSet, Field, NOWHERE, Place, ValueKind, WireType};

/// Writes every value of an entry. `record` is empty where the type has none.
pub(super) fn write_all(
    line: &mut Line<'_>,
    wire_type: WireType,
    values: Vec<(Cow<'_, str>, &str)>,
    record: &[u64],
) {
    let says_side = values.iter().any(|(key, _)| key == "907");
    let mut unknown = Vec::new();
    let mut unreadable = Vec::new();
    for (key, raw) in values {
        let field = fid_of(&key).and_then(|fid| wire_type.field(fid));
        match (field, raw::text(raw)) {
            (Some(field), Some(text)) => {
                if write_field(line, field, &text, record).is_err() {
                    unreadable.push((field.name, raw));
                } else if field.kind == ValueKind::Action && !says_side && !record.is_empty() {
                    // The words are all that tells the side here.
                    let (_, side) = store::action(text.as_bytes());
                    line.optional("side", side_name(side));
                }
            }
            (Some(field), None) => unreadable.push((field.name, raw)),
            (None, _) => unknown.push((key, raw)),
        }
    }
    if !unknown.is_empty() {
        line.open("unknown");
        unknown.iter().for_each(|(key, raw)| line.raw(key, raw));
        line.close();
    }
    if !unreadable.is_empty() {
        line.open("unreadable");
        unreadable.iter().for_each(|(name, raw)| line.raw(name, raw));
        line.close();
    }
}

fn write_field(
    line: &mut Line<'_>,
    field: &Field,
    text: &str,
    record: &[u64],
) -> Result<(), RefusedReason> {
    use ValueKind as K;
    let bytes = text.as_bytes();
    match field.kind {
        // `ts_event` holds these together with a date that a lone frame does not have.
        K::EventTime | K::LenientEventTime => {
            write_time(line, field.name, store::time_of_day(field.kind, bytes)?);
            return Ok(());
        }
        K::Decimal | K::MarkedDecimal => return write_decimal(line, field, text),
        K::Text | K::Ident | K::Symbol | K::ConditionSymbol | K::SessionText | K::Date
            if field.place.is_none() =>
        {
            write_text(line, field.kind, field.name, text);
            return Ok(());
        }
        _ => {}
    }
    match field.place.filter(|_| !record.is_empty()) {
        Some(place) => write_stored(line, field, text, record, place),
        None => {
            let (words, place) = scratch(field.kind, bytes)?;
            write_stored(line, field, text, &words, place);
        }
    }
    Ok(())
}

/// Reads a value the way a record would, into two words of its own.
fn scratch(kind: ValueKind, text: &[u8]) -> Result<([u64; 2], Place), RefusedReason> {
    use ValueKind as K;
    let (unset, size) = match kind {
        K::Price | K::PriceDelta => (i64::from(i32::MIN) as u64 & 0xffff_ffff, 4),
        K::Time | K::TimeOrNone | K::LenientTime => (u64::from(u32::MAX), 4),
        K::SmallCount => (0, 4),
        K::Code(_) | K::Char | K::Side | K::Action | K::State | K::Venue => (0, 1),
        _ => (i64::MIN as u64, 8),
    };
    // A part of a word stands at its low end on one kind of machine and at its high end on the other.
    let unset = if cfg!(target_endian = "little") || size == 8 { unset } else { unset << 32 };
    let place = Place { at: 0, size, mark: 8 };
    let mut words = [unset, 0];
    store(&mut words, kind, place, text, UnixNanos::UNSET)?;
    Ok((words, place))
}

/// Prints what stands at `place`.
fn write_stored(line: &mut Line<'_>, field: &Field, text: &str, words: &[u64], place: Place) {
    use ValueKind as K;
    let name = field.name;
    match field.kind {
        K::Price => {
            write_integer(line, name, i64::from(get_i32(words, place.at)), i64::from(i32::MIN));
            write_direction(line, field, text);
        }
        K::PriceDelta => {
            write_integer(line, name, i64::from(get_i32(words, place.at)), i64::from(i32::MIN));
        }
        K::Quantity | K::Count | K::Notional(_) => {
            write_integer(line, name, get_i64(words, place.at), i64::MIN);
        }
        K::Aggressor => {
            write_integer(line, name, get_i64(words, place.at), i64::MIN);
            let side =
                Side(if place.mark == NOWHERE { 0 } else { store::get_u8(words, place.mark) });
            match (field.fid, side_name(side)) {
                (15, side) => line.optional("side", side),
                (_, Some(side)) => line.text(&format!("{name}_side"), side),
                (_, None) => {}
            }
        }
        K::Hundredths | K::MarkedHundredths => {
            let ratio = Hundredths::new(get_i64(words, place.at));
            write_scaled(line, name, ratio.is_set(), &ratio);
            if field.kind == K::MarkedHundredths {
                write_direction(line, field, text);
            }
        }
        K::Millionths => {
            let number = Millionths::new(get_i64(words, place.at));
            write_scaled(line, name, number.is_set(), &number);
        }
        K::SmallCount => line.plain(name, &(get_i32(words, place.at) as u32)),
        K::Time | K::TimeOrNone | K::LenientTime => {
            write_time(line, name, TimeOfDay::new(get_i32(words, place.at) as u32));
        }
        K::Text | K::Ident | K::Symbol | K::ConditionSymbol | K::SessionText | K::Date => {
            let stored = get_text(words, place);
            write_text(line, field.kind, name, std::str::from_utf8(&stored).unwrap_or_default());
            if field.kind == K::SessionText {
                write_session(line, store::get_u8(words, place.mark));
            }
        }
        K::Code(set) => write_code(line, name, set, store::get_u8(words, place.at), text),
        K::Char => {
            match store::get_u8(words, place.at) {
                0 if text.is_empty() => line.optional(name, None),
                0 => line.text(name, text),
                byte => line.text(name, char::from(byte).encode_utf8(&mut [0; 4])),
            }
            if field.fid == 215 {
                write_session(line, store::get_u8(words, place.at));
            }
        }
        K::Side => line.optional(name, side_name(Side(store::get_u8(words, place.at)))),
        K::Action => match OrderAction(store::get_u8(words, place.at)) {
            OrderAction::NONE if text.is_empty() => line.optional(name, None),
            OrderAction::NONE => line.text(name, text),
            action => line.text(name, action.name()),
        },
        K::State => match OrderState(store::get_u8(words, place.at)) {
            OrderState::NONE => line.optional(name, None),
            state if state.name() == "?" => line.text(name, text),
            state => line.text(name, state.name()),
        },
        K::Venue => match Venue(store::get_u8(words, place.at)) {
            Venue::UNKNOWN if text.is_empty() => line.optional(name, None),
            Venue::UNKNOWN => line.text(name, text),
            venue => line.text(name, venue.name()),
        },
        K::EventTime | K::LenientEventTime | K::Decimal | K::MarkedDecimal => {
            unreachable!("written by the caller")
        }
    }
}

fn write_integer(line: &mut Line<'_>, name: &str, value: i64, unset: i64) {
    if value == unset { line.optional(name, None) } else { line.plain(name, &value) }
}

fn write_scaled(line: &mut Line<'_>, name: &str, set: bool, value: &dyn std::fmt::Display) {
    if set { line.plain(name, value) } else { line.optional(name, None) }
}

fn write_time(line: &mut Line<'_>, name: &str, time: TimeOfDay) {
    line.optional(name, time.is_set().then(|| time.to_string()).as_deref());
}

/// Texts stay as they are; a date becomes `YYYY-MM-DD`, or nothing when it is all zeros.
fn write_text(line: &mut Line<'_>, kind: ValueKind, name: &str, text: &str) {
    if kind != ValueKind::Date || text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        let none = kind == ValueKind::Date && text.is_empty();
        return line.optional(name, (!none).then_some(text));
    }
    let date = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
    line.optional(name, (text != "00000000").then_some(&date));
}

/// A number exactly as sent, without its mark and the zeros in front.
fn write_decimal(line: &mut Line<'_>, field: &Field, text: &str) -> Result<(), RefusedReason> {
    let digits = text.strip_prefix(['+', '-', ' ']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() {
        line.optional(field.name, None);
    } else if is_number(whole) && is_number(fraction) {
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if digits.contains('.') { "." } else { "" };
        let fraction = if point.is_empty() { "" } else { fraction };
        let negative = text.starts_with('-') && field.kind == ValueKind::Decimal;
        let sign = if negative { "-" } else { "" };
        line.plain(field.name, &format_args!("{sign}{whole}{point}{fraction}"));
    } else {
        return Err(RefusedReason::NotANumber);
    }
    if field.kind == ValueKind::MarkedDecimal {
        write_direction(line, field, text);
    }
    Ok(())
}

/// The mark in front of a number. FID 10 always says it, others only when there is one.
fn write_direction(line: &mut Line<'_>, field: &Field, text: &str) {
    let mark = match text.as_bytes().first() {
        Some(b'+') => value::Mark::Plus,
        Some(b'-') => value::Mark::Minus,
        Some(b' ') => value::Mark::Space,
        _ => value::Mark::None,
    };
    let direction = store::direction(Number { mark, magnitude: 0 });
    let direction = (direction != Direction::NONE).then(|| direction.name());
    match (field.fid, direction) {
        (10, direction) => line.optional("direction", direction),
        (_, Some(direction)) => line.text(&format!("{}_direction", field.name), direction),
        (_, None) => {}
    }
}

fn write_session(line: &mut Line<'_>, code: u8) {
    let name = Some(SessionCode(code).name()).filter(|name| code != 0 && *name != "?");
    line.optional("session", name);
}

/// The name of a code where it has one, its number or character where not.
fn write_code(line: &mut Line<'_>, name: &str, set: CodeSet, code: u8, text: &str) {
    let known = match set {
        CodeSet::Plain => "?",
        CodeSet::ChangeSign => ChangeSign(code).name(),
        CodeSet::TradeSession => TradeSession(code).name(),
        CodeSet::Interruption => InterruptionKind(code).name(),
        CodeSet::InterruptionDirection => InterruptionDirection(code).name(),
    };
    if text.trim_matches(' ').is_empty() {
        line.optional(name, None);
    } else if known != "?" {
        line.text(name, known);
    } else if text.bytes().all(|b| b.is_ascii_digit()) {
        line.plain(name, &code);
    } else {
        line.text(name, text);
    }
}

fn side_name(side: Side) -> Option<&'static str> {
    (side != Side::NONE).then(|| side.name())
}

fn get_i64(words: &[u64], at: u16) -> i64 {
    words[usize::from(at) / 8] as i64
}

fn get_i32(words: &[u64], at: u16) -> i32 {
    let bytes = words[usize::from(at) / 8].to_ne_bytes();
    let from = usize::from(at) % 8;
    i32::from_ne_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]])
}

fn get_text(words: &[u64], place: Place) -> Vec<u8> {
    let from = usize::from(place.at) / 8;
    let words = &words[from..from + usize::from(place.size) / 8];
    words.iter().flat_map(|word| word.to_ne_bytes()).take_while(|byte| *byte != 0).collect()
}

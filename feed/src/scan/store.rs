//! Puts one value into a record, which is a slice of words here.

use strategy_api::record::{OrderAction, OrderState, Side, venue_from_wire};
use strategy_api::{Direction, TimeOfDay, UnixNanos};

use super::batch::RefusedReason as Reason;
use super::value::{self, Mark, Number};
use crate::instruments::split_code;
use crate::schema::{NOWHERE, Place, ValueKind};

/// Reads `text` as `kind` and stores it at `place`. Tells whether a text was cut.
#[inline]
pub(crate) fn store(
    words: &mut [u64],
    kind: ValueKind,
    place: Place,
    text: &[u8],
    recv: UnixNanos,
) -> Result<bool, Reason> {
    use ValueKind as K;
    match kind {
        K::Price => {
            if let Some(price) = value::number(text, 0)? {
                put_u32(words, place.at, to_i32(price.magnitude)? as u32);
                put_mark(words, place, direction(price).0);
            }
        }
        K::Quantity | K::Count => put_number(words, place, text, 0)?,
        K::Aggressor => {
            if let Some(quantity) = value::number(text, 0)? {
                put_u64(words, place.at, quantity.magnitude as u64);
                put_mark(words, place, aggressor(quantity).0);
            }
        }
        K::PriceDelta => {
            if let Some(change) = value::number(text, 0)? {
                put_u32(words, place.at, to_i32(change.signed())? as u32);
            }
        }
        K::Notional(step) => {
            if let Some(amount) = value::number(text, 0)? {
                put_u64(words, place.at, to_won(amount, step)? as u64);
            }
        }
        K::Hundredths => put_number(words, place, text, 2)?,
        K::MarkedHundredths => {
            if let Some(ratio) = value::number(text, 2)? {
                put_u64(words, place.at, ratio.magnitude as u64);
                put_mark(words, place, direction(ratio).0);
            }
        }
        K::Millionths => put_number(words, place, text, 6)?,
        K::SmallCount => {
            if let Some(count) = value::number(text, 0)? {
                let count = u32::try_from(count.signed()).map_err(|_| Reason::OutOfRange)?;
                put_u32(words, place.at, count);
            }
        }
        K::EventTime | K::LenientEventTime => {
            let time = time_of_day(kind, text)?;
            put_u64(words, place.at, recv.nearest_kst(time).raw());
        }
        K::Time | K::TimeOrNone | K::LenientTime => {
            put_u32(words, place.at, time_of_day(kind, text)?.raw());
        }
        K::Text | K::Date => return Ok(put_text(words, place, text)),
        K::Ident => put_ident(words, place, text)?,
        K::Symbol => put_ident(words, place, split_code(text).0)?,
        K::ConditionSymbol => put_ident(words, place, without_letter(split_code(text).0))?,
        K::Code(_) => put_u8(words, place.at, value::code(text)?),
        K::Char => put_u8(words, place.at, one_character(text)),
        K::SessionText => {
            put_mark(words, place, one_character(text));
            return Ok(put_text(words, place, text));
        }
        K::Side => {
            if let Some(side) = side(text)? {
                put_u8(words, place.at, side.0);
            }
        }
        K::Action => {
            let (action, side) = action(text);
            put_u8(words, place.at, action.0);
            // The field that says it plainly wins, whichever of the two comes first.
            if place.mark != NOWHERE && get_u8(words, place.mark) == Side::NONE.0 {
                put_u8(words, place.mark, side.0);
            }
        }
        K::State => put_u8(words, place.at, state(text).0),
        K::Venue => put_u8(words, place.at, venue_from_wire(as_str(text)).0),
        // No record holds these; the schema's own assertion keeps them out.
        K::Decimal | K::MarkedDecimal => {}
    }
    Ok(false)
}

/// The sign of a price as a direction.
#[inline]
pub(crate) fn direction(number: Number) -> Direction {
    match number.mark {
        Mark::None => Direction::NONE,
        Mark::Plus => Direction::UP,
        Mark::Space => Direction::UNCHANGED,
        Mark::Minus => Direction::DOWN,
    }
}

/// The sign of a traded quantity as the aggressor. Zero shares have none.
#[inline]
pub(crate) fn aggressor(number: Number) -> Side {
    match number.mark {
        _ if number.magnitude == 0 => Side::NONE,
        Mark::Plus => Side::BUY,
        Mark::Minus => Side::SELL,
        Mark::None | Mark::Space => Side::NONE,
    }
}

/// A price's 32 bits. The lowest number means "unset" and is no value.
#[inline]
pub(crate) fn to_i32(value: i64) -> Result<i32, Reason> {
    match i32::try_from(value) {
        Ok(i32::MIN) | Err(_) => Err(Reason::OutOfRange),
        Ok(value) => Ok(value),
    }
}

/// Whole KRW from steps of `step`.
#[inline]
pub(crate) fn to_won(amount: Number, step: u32) -> Result<i64, Reason> {
    // Never `i64::MIN`, which would mean "unset": it is not a product of any step with a 5 in it.
    amount.signed().checked_mul(i64::from(step)).ok_or(Reason::OutOfRange)
}

/// A time of day, by the kind's own rules for what is no time.
#[inline]
pub(crate) fn time_of_day(kind: ValueKind, text: &[u8]) -> Result<TimeOfDay, Reason> {
    let Some(digits) = value::clock(text)? else { return Ok(TimeOfDay::UNSET) };
    if digits == 0 && kind == ValueKind::TimeOrNone {
        return Ok(TimeOfDay::UNSET);
    }
    match TimeOfDay::from_hhmmss(digits) {
        Some(time) => Ok(time),
        None if matches!(kind, ValueKind::LenientTime | ValueKind::LenientEventTime) => {
            Ok(TimeOfDay::UNSET)
        }
        None => Err(Reason::NotATime),
    }
}

/// The broker's side codes: 1 sells, 2 buys. `None` where nothing is said.
pub(crate) fn side(text: &[u8]) -> Result<Option<Side>, Reason> {
    match text {
        b"" | b" " | b"0" => Ok(None),
        b"1" | b"01" => Ok(Some(Side::SELL)),
        b"2" | b"02" => Ok(Some(Side::BUY)),
        _ => Err(Reason::NotACode),
    }
}

/// What an order does, by content: the sign in front is only a colour.
pub(crate) fn action(text: &[u8]) -> (OrderAction, Side) {
    let text = as_str(text);
    let side = match (text.contains("매수"), text.contains("매도")) {
        (true, false) => Side::BUY,
        (false, true) => Side::SELL,
        _ => Side::NONE,
    };
    let action = if text.contains("취소") {
        OrderAction::CANCEL
    } else if text.contains("정정") {
        OrderAction::MODIFY
    } else if side != Side::NONE {
        OrderAction::NEW
    } else {
        OrderAction::NONE
    };
    (action, side)
}

/// The state of an order; 255 for a word that is not known.
pub(crate) fn state(text: &[u8]) -> OrderState {
    match as_str(text).trim_matches(' ') {
        "" => OrderState::NONE,
        "접수" => OrderState::ACCEPTED,
        "체결" => OrderState::FILLED,
        "확인" => OrderState::CONFIRMED,
        "취소" => OrderState::CANCELLED,
        "거부" => OrderState::REJECTED,
        _ => OrderState(u8::MAX),
    }
}

/// The one ASCII character of a text, or 0.
pub(crate) fn one_character(text: &[u8]) -> u8 {
    match text {
        [one @ 0x21..=0x7e] => *one,
        _ => 0,
    }
}

/// `A005930` is `005930`: condition searches put the kind of instrument in front.
pub(crate) fn without_letter(code: &[u8]) -> &[u8] {
    match code {
        [b'A' | b'J' | b'Q', rest @ ..] if rest.len() == 6 => rest,
        _ => code,
    }
}

fn as_str(text: &[u8]) -> &str {
    // The whole frame was checked, and values begin and end at ASCII quotes.
    core::str::from_utf8(text).unwrap_or_default()
}

#[inline]
fn put_number(words: &mut [u64], place: Place, text: &[u8], decimals: u32) -> Result<(), Reason> {
    if let Some(number) = value::number(text, decimals)? {
        put_u64(words, place.at, number.signed() as u64);
    }
    Ok(())
}

#[inline]
fn put_mark(words: &mut [u64], place: Place, mark: u8) {
    if place.mark != NOWHERE {
        put_u8(words, place.mark, mark);
    }
}

/// Stores as much of the text as fits, cut between characters and before a NUL; tells whether
/// something was left out.
fn put_text(words: &mut [u64], place: Place, text: &[u8]) -> bool {
    let mut end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    if end >= usize::from(place.size) {
        end = boundary(text, usize::from(place.size) - 1);
    }
    put_bytes(words, place.at, &text[..end]);
    end < text.len()
}

/// Where to cut a text that is longer than `most`: there, or before the character that goes on there.
/// Whether the text is UTF-8 may not be known yet; one without a beginning of a character is cut to
/// nothing.
#[inline]
pub(super) fn boundary(text: &[u8], most: usize) -> usize {
    let begins = |at: &usize| text[*at] & 0xc0 != 0x80;
    (1..=most).rev().find(begins).unwrap_or(0)
}

/// Stores the text whole or not at all.
fn put_ident(words: &mut [u64], place: Place, text: &[u8]) -> Result<(), Reason> {
    if text.len() >= usize::from(place.size) || text.contains(&0) {
        return Err(Reason::TextTooLong);
    }
    put_bytes(words, place.at, text);
    Ok(())
}

/// The rest of the place is zero already: the record began as its template.
fn put_bytes(words: &mut [u64], at: u16, bytes: &[u8]) {
    for (word, chunk) in words[usize::from(at) / 8..].iter_mut().zip(bytes.chunks(8)) {
        let mut whole = [0; 8];
        whole[..chunk.len()].copy_from_slice(chunk);
        *word = u64::from_ne_bytes(whole);
    }
}

#[inline]
pub(super) fn put_u64(words: &mut [u64], at: u16, value: u64) {
    words[usize::from(at) / 8] = value;
}

#[inline]
pub(super) fn put_u32(words: &mut [u64], at: u16, value: u32) {
    put_part::<4>(words, at, u64::from(value));
}

#[inline]
pub(super) fn put_u16(words: &mut [u64], at: u16, value: u16) {
    put_part::<2>(words, at, u64::from(value));
}

#[inline]
pub(super) fn put_u8(words: &mut [u64], at: u16, value: u8) {
    put_part::<1>(words, at, u64::from(value));
}

#[inline]
pub(crate) fn get_u8(words: &[u64], at: u16) -> u8 {
    (words[usize::from(at) / 8] >> shift::<1>(at)) as u8
}

#[inline]
pub(super) fn get_u16(words: &[u64], at: u16) -> u16 {
    (words[usize::from(at) / 8] >> shift::<2>(at)) as u16
}

#[inline]
fn put_part<const BYTES: u32>(words: &mut [u64], at: u16, value: u64) {
    let word = &mut words[usize::from(at) / 8];
    let shift = shift::<BYTES>(at);
    let mask = ((1 << (8 * BYTES)) - 1) << shift;
    *word = *word & !mask | value << shift;
}

/// How far a part of a word is from its low end, on either kind of machine.
#[inline]
fn shift<const BYTES: u32>(at: u16) -> u32 {
    let offset = u32::from(at) % 8;
    if cfg!(target_endian = "little") { 8 * offset } else { 8 * (8 - BYTES - offset) }
}

//! The values of one entry, read by FID, with a note of everything that could not be read.

use std::collections::BTreeMap;

use feed::scan::RefusedReason as Reason;
use strategy_api::*;

use super::json::Node;

pub(crate) struct Fields<'n> {
    by_fid: BTreeMap<u16, &'n Node>,
    recv: UnixNanos,
    bad: Vec<(u32, u16, Reason)>,
    pub(crate) cut: bool,
}

/// Sign and digits of a number.
type Parts = (Option<char>, i128);

impl<'n> Fields<'n> {
    pub(crate) fn new(members: &'n [(String, Node)], recv: UnixNanos) -> Self {
        let mut by_fid = BTreeMap::new();
        for (key, node) in members {
            // A FID is written without a sign and without zeros in front.
            if let Ok(fid) = key.parse::<u16>()
                && fid.to_string() == *key
                && fid != 0
            {
                by_fid.insert(fid, node);
            }
        }
        Self { by_fid, recv, bad: Vec::new(), cut: false }
    }

    pub(crate) fn first_bad(&self) -> Option<(u32, u16, Reason)> {
        self.bad.iter().copied().min_by_key(|(offset, _, _)| *offset)
    }

    pub(crate) fn text_of(&self, fid: u16) -> Option<String> {
        self.by_fid.get(&fid)?.text()
    }

    pub(crate) fn must_be_scalar(&mut self, fid: u16) {
        self.read(fid, |_| Ok(()));
    }

    /// The text of a field run through `parse`; `None` when it is not there or bad.
    fn read<T>(&mut self, fid: u16, parse: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        let node = self.by_fid.get(&fid)?;
        let parsed = match node.text() {
            None => Err(Reason::NotAValue),
            Some(text) => parse(&text),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(reason) => {
                self.bad.push((node.value_offset(), fid, reason));
                None
            }
        }
    }

    fn parts(&mut self, fid: u16, decimals: usize) -> Option<Parts> {
        self.read(fid, |text| parts(text, decimals)).flatten()
    }

    fn signed(&mut self, fid: u16, decimals: usize, step: i128) -> Option<i64> {
        self.read(fid, |text| {
            let Some((sign, digits)) = parts(text, decimals)? else { return Ok(None) };
            let value = if sign == Some('-') { -digits } else { digits } * step;
            if value <= i64::MIN as i128 || value > i64::MAX as i128 {
                return Err(Reason::OutOfRange);
            }
            Ok(Some(value as i64))
        })
        .flatten()
    }

    pub(crate) fn price(&mut self, fid: u16) -> Price {
        self.read(fid, |text| {
            let Some((_, digits)) = parts(text, 0)? else { return Ok(Price::UNSET) };
            i32::try_from(digits).map(Price::new).map_err(|_| Reason::OutOfRange)
        })
        .unwrap_or_default()
    }

    pub(crate) fn direction(&mut self, fid: u16) -> Direction {
        match self.text_of(fid).unwrap_or_default().chars().next() {
            Some('+') => Direction::UP,
            Some('-') => Direction::DOWN,
            Some(' ') => Direction::UNCHANGED,
            _ => Direction::NONE,
        }
    }

    pub(crate) fn delta(&mut self, fid: u16) -> PriceDelta {
        self.read(fid, |text| {
            let Some((sign, digits)) = parts(text, 0)? else { return Ok(PriceDelta::UNSET) };
            let value = if sign == Some('-') { -digits } else { digits };
            if value == i32::MIN as i128 {
                return Err(Reason::OutOfRange);
            }
            i32::try_from(value).map(PriceDelta::new).map_err(|_| Reason::OutOfRange)
        })
        .unwrap_or_default()
    }

    pub(crate) fn quantity(&mut self, fid: u16) -> Quantity {
        self.signed(fid, 0, 1).map_or(Quantity::UNSET, Quantity::new)
    }

    pub(crate) fn count(&mut self, fid: u16) -> Count {
        self.signed(fid, 0, 1).map_or(Count::UNSET, Count::new)
    }

    pub(crate) fn small_count(&mut self, fid: u16) -> u32 {
        self.read(fid, |text| {
            let Some((sign, digits)) = parts(text, 0)? else { return Ok(0) };
            let value = if sign == Some('-') { -digits } else { digits };
            u32::try_from(value).map_err(|_| Reason::OutOfRange)
        })
        .unwrap_or_default()
    }

    pub(crate) fn won(&mut self, fid: u16) -> Notional {
        self.won_in(fid, 1)
    }

    pub(crate) fn won_in(&mut self, fid: u16, step: i128) -> Notional {
        self.signed(fid, 0, step).map_or(Notional::UNSET, Notional::new)
    }

    pub(crate) fn hundredths(&mut self, fid: u16) -> Hundredths {
        self.signed(fid, 2, 1).map_or(Hundredths::UNSET, Hundredths::new)
    }

    pub(crate) fn marked_hundredths(&mut self, fid: u16) -> Hundredths {
        self.parts(fid, 2).map_or(Hundredths::UNSET, |(_, digits)| Hundredths::new(digits as i64))
    }

    pub(crate) fn millionths(&mut self, fid: u16) -> Millionths {
        self.signed(fid, 6, 1).map_or(Millionths::UNSET, Millionths::new)
    }

    /// Shares and who was the aggressor.
    pub(crate) fn traded(&mut self, fid: u16) -> (Quantity, Side) {
        match self.parts(fid, 0) {
            None => (Quantity::UNSET, Side::NONE),
            Some((sign, digits)) => {
                let side = match sign {
                    Some('+') if digits != 0 => Side::BUY,
                    Some('-') if digits != 0 => Side::SELL,
                    _ => Side::NONE,
                };
                (Quantity::new(digits as i64), side)
            }
        }
    }

    pub(crate) fn time(&mut self, fid: u16) -> TimeOfDay {
        self.time_by(fid, false, false)
    }

    pub(crate) fn time_or_none(&mut self, fid: u16) -> TimeOfDay {
        self.time_by(fid, true, false)
    }

    pub(crate) fn lenient_time(&mut self, fid: u16) -> TimeOfDay {
        self.time_by(fid, false, true)
    }

    fn time_by(&mut self, fid: u16, zero_is_none: bool, lenient: bool) -> TimeOfDay {
        self.read(fid, |text| {
            let Some((sign, digits)) = parts(text, 0)? else { return Ok(TimeOfDay::UNSET) };
            if sign.is_some() {
                return Err(Reason::NotATime);
            }
            let (h, m, s) = (digits / 10_000, digits / 100 % 100, digits % 100);
            if digits == 0 && zero_is_none {
                Ok(TimeOfDay::UNSET)
            } else if h < 24 && m < 60 && s < 60 {
                Ok(TimeOfDay::new((h * 3600 + m * 60 + s) as u32))
            } else if lenient {
                Ok(TimeOfDay::UNSET)
            } else {
                Err(Reason::NotATime)
            }
        })
        .unwrap_or_default()
    }

    pub(crate) fn event_time(&mut self, fid: u16) -> UnixNanos {
        let time = self.time(fid);
        self.dated(time)
    }

    pub(crate) fn lenient_event_time(&mut self, fid: u16) -> UnixNanos {
        let time = self.lenient_time(fid);
        self.dated(time)
    }

    /// The day of reception, the one before or the one after: whichever comes closest.
    fn dated(&self, time: TimeOfDay) -> UnixNanos {
        const SECOND: i128 = 1_000_000_000;
        if !time.is_set() || self.recv.raw() == 0 {
            return UnixNanos::UNSET;
        }
        let recv = i128::from(self.recv.raw());
        let korean_day = (recv + 9 * 3600 * SECOND).div_euclid(86_400 * SECOND);
        (korean_day - 1..=korean_day + 1)
            .map(|day| (day * 86_400 - 9 * 3600 + i128::from(time.raw())) * SECOND)
            .min_by_key(|instant| (instant - recv).abs())
            .map_or(UnixNanos::UNSET, |instant| UnixNanos::new(instant.max(0) as u64))
    }

    pub(crate) fn text<const N: usize>(&mut self, fid: u16) -> Text<N> {
        let read = self.read(fid, |text| Ok(Text::truncated(text)));
        let (text, cut) = read.unwrap_or((Text::EMPTY, false));
        self.cut |= cut;
        text
    }

    pub(crate) fn ident<const N: usize>(&mut self, fid: u16) -> Text<N> {
        self.read(fid, |text| Text::new(text).ok_or(Reason::TextTooLong)).unwrap_or_default()
    }

    pub(crate) fn symbol(&mut self, fid: u16) -> Symbol {
        self.read(fid, |text| Symbol::new(base(text)).ok_or(Reason::TextTooLong))
            .unwrap_or_default()
    }

    pub(crate) fn condition_symbol(&mut self, fid: u16) -> Symbol {
        self.read(fid, |text| {
            let mut code = base(text);
            if code.len() == 7 && code.starts_with(['A', 'J', 'Q']) {
                code = &code[1..];
            }
            Symbol::new(code).ok_or(Reason::TextTooLong)
        })
        .unwrap_or_default()
    }

    pub(crate) fn code(&mut self, fid: u16) -> u8 {
        self.read(fid, |text| match text {
            "" | " " => Ok(0),
            _ if text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().map_err(|_| Reason::NotACode)
            }
            _ if text.len() == 1 && text.as_bytes()[0].is_ascii_graphic() => Ok(text.as_bytes()[0]),
            _ => Err(Reason::NotACode),
        })
        .unwrap_or_default()
    }

    pub(crate) fn character(&mut self, fid: u16) -> u8 {
        self.read(fid, |text| match text.as_bytes() {
            [one] if one.is_ascii_graphic() => Ok(*one),
            _ => Ok(0),
        })
        .unwrap_or_default()
    }

    pub(crate) fn side(&mut self, fid: u16) -> Side {
        self.read(fid, |text| match text {
            "" | " " | "0" => Ok(Side::NONE),
            "1" | "01" => Ok(Side::SELL),
            "2" | "02" => Ok(Side::BUY),
            _ => Err(Reason::NotACode),
        })
        .unwrap_or_default()
    }

    /// What an order does and for which side, from the words.
    pub(crate) fn action(&mut self, fid: u16) -> (record::OrderAction, Side) {
        use record::OrderAction as A;
        self.read(fid, |text| {
            let buys = text.contains("매수");
            let sells = text.contains("매도");
            let side = match (buys, sells) {
                (true, false) => Side::BUY,
                (false, true) => Side::SELL,
                _ => Side::NONE,
            };
            Ok(match text {
                _ if text.contains("취소") => (A::CANCEL, side),
                _ if text.contains("정정") => (A::MODIFY, side),
                _ if buys != sells => (A::NEW, side),
                _ => (A::NONE, side),
            })
        })
        .unwrap_or_default()
    }

    pub(crate) fn state(&mut self, fid: u16) -> OrderState {
        self.read(fid, |text| {
            Ok(OrderState(match text.trim_matches(' ') {
                "" => 0,
                "접수" => 1,
                "체결" => 2,
                "확인" => 3,
                "취소" => 4,
                "거부" => 5,
                _ => 255,
            }))
        })
        .unwrap_or_default()
    }

    pub(crate) fn venue(&mut self, fid: u16) -> Venue {
        self.read(fid, |text| {
            Ok(match text {
                "KRX" | "1" => Venue::KRX,
                "NXT" | "2" => Venue::NXT,
                "통합" | "SOR" | "0" => Venue::SOR,
                _ => Venue::UNKNOWN,
            })
        })
        .unwrap_or_default()
    }
}

fn base(code: &str) -> &str {
    code.strip_suffix("_NX").or_else(|| code.strip_suffix("_AL")).unwrap_or(code)
}

/// Sign and digits, counted in units of `10^-decimals`.
fn parts(text: &str, decimals: usize) -> Result<Option<Parts>, Reason> {
    if text.is_empty() {
        return Ok(None);
    }
    let sign = text.chars().next().filter(|c| ['+', '-', ' '].contains(c));
    let digits = &text[usize::from(sign.is_some())..];
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    for part in [whole, fraction] {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Reason::NotANumber);
        }
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        return Err(Reason::TooPrecise);
    }
    let all = format!("{whole}{fraction:0<decimals$}");
    let all = all.trim_start_matches('0');
    let value = if all.is_empty() { 0 } else { all.parse().unwrap_or(i128::MAX) };
    if value > i64::MAX as i128 { Err(Reason::OutOfRange) } else { Ok(Some((sign, value))) }
}

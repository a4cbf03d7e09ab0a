//! From the text of a value to a number: PROTOCOL's forms, and no other.
//!
//! ```text
//! number := mark? digits ( "." digits )?       mark := "+" | "-" | one space
//! ""     := unset
//! ```
//!
//! Never rounds: decimals beyond the unit's own must be zeros. Two signs, inner spaces, exponents
//! and padding with anything but zeros are refused.

use super::batch::RefusedReason as Reason;

/// What stands in front of the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    None,
    /// `+`.
    Plus,
    /// A space where the sign would be.
    Space,
    /// `-`.
    Minus,
}

/// A number as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// The sign.
    pub(crate) mark: Mark,
    /// The digits, counted in the unit asked for; at most `i64::MAX`.
    pub(crate) magnitude: i64,
}

impl Number {
    /// The number with its sign.
    #[inline]
    pub(crate) fn signed(self) -> i64 {
        if self.mark == Mark::Minus { -self.magnitude } else { self.magnitude }
    }
}

/// Reads a number counted in units of `10^-decimals`; `None` for `""`.
#[inline]
pub(crate) fn number(text: &[u8], decimals: u32) -> Result<Option<Number>, Reason> {
    let Some(first) = text.first() else { return Ok(None) };
    let (mark, digits) = match first {
        b'+' => (Mark::Plus, &text[1..]),
        b'-' => (Mark::Minus, &text[1..]),
        b' ' => (Mark::Space, &text[1..]),
        _ => (Mark::None, text),
    };
    // Up to 18 digits cannot overflow; almost every value is a short run of digits.
    if decimals == 0 && digits.len() <= 18 {
        let mut value = 0i64;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return general(digits, mark, 0);
            }
            value = value * 10 + i64::from(digit);
        }
        if digits.is_empty() {
            return Err(Reason::NotANumber);
        }
        return Ok(Some(Number { mark, magnitude: value }));
    }
    general(digits, mark, decimals)
}

/// The same for any length and with decimals.
fn general(digits: &[u8], mark: Mark, decimals: u32) -> Result<Option<Number>, Reason> {
    let (whole, fraction) = match digits.iter().position(|b| *b == b'.') {
        None => (digits, None),
        Some(point) => (&digits[..point], Some(&digits[point + 1..])),
    };
    // The form first, then the size: a text that is no number is never called "too large".
    let well_formed = !whole.is_empty()
        && whole.iter().all(u8::is_ascii_digit)
        && fraction.is_none_or(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
    if !well_formed {
        return Err(Reason::NotANumber);
    }
    let fraction = fraction.unwrap_or_default();
    let kept = fraction.len().min(decimals as usize);
    if fraction[kept..].iter().any(|b| *b != b'0') {
        return Err(Reason::TooPrecise);
    }
    let padding = decimals as usize - kept;
    let all =
        whole.iter().chain(&fraction[..kept]).copied().chain(core::iter::repeat_n(b'0', padding));
    let mut value = 0i64;
    for byte in all {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(byte - b'0')))
            .ok_or(Reason::OutOfRange)?;
    }
    Ok(Some(Number { mark, magnitude: value }))
}

/// Digits of a clock, `HHmmss`, as a number; `None` for `""`. Zeros in front may be missing or more.
/// A sign is not part of a clock.
#[inline]
pub(crate) fn clock(text: &[u8]) -> Result<Option<u32>, Reason> {
    match number(text, 0)? {
        None => Ok(None),
        Some(Number { mark: Mark::None, magnitude }) => {
            Ok(Some(u32::try_from(magnitude).unwrap_or(u32::MAX)))
        }
        Some(_) => Err(Reason::NotATime),
    }
}

/// A code: digits up to 255, or one other ASCII character; `""` and a blank are 0.
#[inline]
pub(crate) fn code(text: &[u8]) -> Result<u8, Reason> {
    match text {
        [] | [b' '] => Ok(0),
        [digit @ b'0'..=b'9'] => Ok(digit - b'0'),
        [other @ 0x21..=0x7e] => Ok(*other),
        _ if text.len() <= 3 && text.iter().all(u8::is_ascii_digit) => {
            let value = text.iter().fold(0u32, |sum, b| sum * 10 + u32::from(b - b'0'));
            u8::try_from(value).map_err(|_| Reason::NotACode)
        }
        _ => Err(Reason::NotACode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, decimals: u32, expected: Result<Option<(Mark, i64)>, Reason>) {
        let got = number(text.as_bytes(), decimals).map(|n| n.map(|n| (n.mark, n.magnitude)));
        assert_eq!(got, expected, "{text:?} with {decimals} decimals");
    }

    #[test]
    fn whole_numbers_keep_their_mark_apart() {
        check("", 0, Ok(None));
        check("258000", 0, Ok(Some((Mark::None, 258_000))));
        check("+60700", 0, Ok(Some((Mark::Plus, 60_700))));
        check("-60000", 0, Ok(Some((Mark::Minus, 60_000))));
        check(" 67300", 0, Ok(Some((Mark::Space, 67_300))));
        check(" 0", 0, Ok(Some((Mark::Space, 0))));
        check("+0", 0, Ok(Some((Mark::Plus, 0))));
        check("-0", 0, Ok(Some((Mark::Minus, 0))));
        check("4294967295", 0, Ok(Some((Mark::None, 4_294_967_295))));
        check("000000000196888", 0, Ok(Some((Mark::None, 196_888))));
        check("9223372036854775807", 0, Ok(Some((Mark::None, i64::MAX))));
        check("00000000000000000000000000000001", 0, Ok(Some((Mark::None, 1))));
        check("102.000", 0, Ok(Some((Mark::None, 102))));
    }

    #[test]
    fn decimals_are_counted_in_the_unit() {
        check("-4.18", 2, Ok(Some((Mark::Minus, 418))));
        check("-0.00", 2, Ok(Some((Mark::Minus, 0))));
        check(" 0.00", 2, Ok(Some((Mark::Space, 0))));
        check("7", 2, Ok(Some((Mark::None, 700))));
        check("0.1", 2, Ok(Some((Mark::None, 10))));
        check("1.2300", 2, Ok(Some((Mark::None, 123))));
        check("0.123456", 6, Ok(Some((Mark::None, 123_456))));
        check("92233720368547758.07", 2, Ok(Some((Mark::None, i64::MAX))));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "+", "-", " ", "  5", "--5", "+-5", "abc", "1a", "1 ", "1e3", "1.", ".5", "1.2.3",
            "1,000", "0x10", "١", "5\0", "-.1", "NaN", " -5", "- 5",
        ] {
            check(text, 0, Err(Reason::NotANumber));
            check(text, 2, Err(Reason::NotANumber));
        }
        check("1.5", 0, Err(Reason::TooPrecise));
        check("1.005", 2, Err(Reason::TooPrecise));
        check("9223372036854775808", 0, Err(Reason::OutOfRange));
        check("99999999999999999999999", 0, Err(Reason::OutOfRange));
        check("92233720368547758.08", 2, Err(Reason::OutOfRange));
        check("99999999999999999999999x", 0, Err(Reason::NotANumber));
    }

    #[test]
    fn a_clock_has_no_sign() {
        assert_eq!(clock(b"090015"), Ok(Some(90_015)));
        assert_eq!(clock(b"90015"), Ok(Some(90_015)));
        assert_eq!(clock(b""), Ok(None));
        assert_eq!(clock(b" 90015"), Err(Reason::NotATime));
        assert_eq!(clock(b"99999999999"), Ok(Some(u32::MAX)));
    }

    #[test]
    fn a_code_is_a_small_number_or_one_character() {
        assert_eq!(code(b""), Ok(0));
        assert_eq!(code(b" "), Ok(0));
        assert_eq!(code(b"2"), Ok(2));
        assert_eq!(code(b"255"), Ok(255));
        assert_eq!(code(b"P"), Ok(b'P'));
        assert_eq!(code(b"256"), Err(Reason::NotACode));
        assert_eq!(code(b"ab"), Err(Reason::NotACode));
        assert_eq!(code(b"  "), Err(Reason::NotACode));
    }
}

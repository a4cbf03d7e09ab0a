//! Values of an answer: text that means numbers.
//!
//! Amounts are padded with zeros (`000000000003`), a minus sign takes one place
//! (`-00000000196888`), prices wear a sign that is only a colour (`+74100`), an empty text means
//! "not applicable". A value may also come as a JSON number.

use serde_json::{Map, Value};
use strategy_api::{Notional, Price, Quantity, Symbol, Text, TimeOfDay};

use super::ApiId;

/// An answer that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The body is no JSON object.
    #[error("the answer of {api} is not a JSON object; it begins with {beginning:?}")]
    NotAnObject {
        /// The call.
        api: ApiId,
        /// The first characters.
        beginning: String,
    },
    /// There is no readable `return_code`.
    #[error("the answer of {api} holds no return_code that is a number")]
    NoReturnCode {
        /// The call.
        api: ApiId,
    },
    /// A list is something else.
    #[error("{api}: {key} is not a list")]
    NotAList {
        /// The call.
        api: ApiId,
        /// The list's key.
        key: &'static str,
    },
    /// A value is missing or makes no sense.
    #[error("{api}: {key} in row {row} is {value:?}, which is {problem}")]
    Value {
        /// The call.
        api: ApiId,
        /// Row of the list, from 1; 0 outside of a list.
        row: usize,
        /// The key.
        key: &'static str,
        /// Its beginning.
        value: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// One object of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The call.
    pub(super) api: ApiId,
    /// Row of the list, from 1; 0 outside of a list.
    pub(super) number: usize,
    /// Its keys.
    pub(super) object: &'a Map<String, Value>,
}

impl<'a> Row<'a> {
    /// The rows of the list under `key`; none when it is absent or null.
    pub(super) fn rows(self, key: &'static str) -> Result<Vec<Row<'a>>, ReadError> {
        let list = match self.object.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            // One call answers an empty list with an empty text.
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(ReadError::NotAList { api: self.api, key }),
        };
        let row = |(at, value): (usize, &'a Value)| match value {
            Value::Object(object) => Ok(Row { api: self.api, number: at + 1, object }),
            _ => Err(ReadError::NotAList { api: self.api, key }),
        };
        list.iter().enumerate().map(row).collect()
    }

    fn wrong(self, key: &'static str, problem: &'static str) -> ReadError {
        let value = match self.object.get(key) {
            None => "(absent)".to_owned(),
            Some(Value::String(text)) => text.chars().take(40).collect(),
            Some(value) => value.to_string().chars().take(40).collect(),
        };
        ReadError::Value { api: self.api, row: self.number, key, value, problem }
    }

    /// A text, trimmed; empty when absent.
    pub(super) fn text(self, key: &str) -> String {
        match self.object.get(key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A whole number; `None` when absent or empty.
    fn whole(self, key: &'static str) -> Result<Option<i64>, ReadError> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, "not a whole number")),
            },
            Some(Value::String(text)) => match whole(text) {
                Some(number) => Ok(number),
                None => Err(self.wrong(key, "not a whole number")),
            },
            Some(_) => Err(self.wrong(key, "not a whole number")),
        }
    }

    /// Shares; unset when absent or empty.
    pub(super) fn quantity(self, key: &'static str) -> Result<Quantity, ReadError> {
        Ok(self.whole(key)?.map_or(Quantity::UNSET, Quantity::new))
    }

    /// Shares that must be there: zero and more.
    pub(super) fn needed_quantity(self, key: &'static str) -> Result<Quantity, ReadError> {
        match self.whole(key)? {
            Some(number @ 0..) => Ok(Quantity::new(number)),
            Some(_) => Err(self.wrong(key, "negative")),
            None => Err(self.wrong(key, "missing")),
        }
    }

    /// Money in KRW, signed; unset when absent or empty.
    pub(super) fn notional(self, key: &'static str) -> Result<Notional, ReadError> {
        Ok(self.whole(key)?.map_or(Notional::UNSET, Notional::new))
    }

    /// Money that must be there.
    pub(super) fn needed_notional(self, key: &'static str) -> Result<Notional, ReadError> {
        self.whole(key)?.map(Notional::new).ok_or_else(|| self.wrong(key, "missing"))
    }

    /// A price: the sign in front is a colour and is dropped. Unset when absent or empty.
    pub(super) fn price(self, key: &'static str) -> Result<Price, ReadError> {
        match self.whole(key)?.map(i64::unsigned_abs).map(i32::try_from) {
            None => Ok(Price::UNSET),
            Some(Ok(price)) => Ok(Price::new(price)),
            Some(Err(_)) => Err(self.wrong(key, "too large for a price")),
        }
    }

    /// A price that must be there.
    pub(super) fn needed_price(self, key: &'static str) -> Result<Price, ReadError> {
        match self.price(key)? {
            price if price.is_set() => Ok(price),
            _ => Err(self.wrong(key, "missing")),
        }
    }

    /// A time of day, `HHmmss`; unset when absent, empty or no time (it only informs).
    pub(super) fn time(self, key: &str) -> TimeOfDay {
        let text = self.text(key);
        let number = if text.len() == 6 { text.parse().ok() } else { None };
        number.and_then(TimeOfDay::from_hhmmss).unwrap_or_default()
    }

    /// The code of an instrument, without the letter that some calls put in front (`A005930`) and
    /// without a venue suffix.
    pub(super) fn symbol(self, key: &'static str) -> Result<Symbol, ReadError> {
        let text = self.text(key);
        let bare = text.split('_').next().unwrap_or_default();
        let bare = match bare.as_bytes() {
            // Codes have six characters, and they begin with a digit; the letter tells the kind.
            [b'A' | b'J' | b'Q', b'0'..=b'9', ..] if bare.len() == 7 => &bare[1..],
            _ => bare,
        };
        let fits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric());
        let symbol = if fits { Text::new(bare) } else { None };
        symbol.ok_or_else(|| self.wrong(key, "not the code of an instrument"))
    }

    /// An order number; see [`order_number`].
    pub(super) fn order_number(self, key: &'static str) -> Result<Text<16>, ReadError> {
        order_number(&self.text(key)).ok_or_else(|| self.wrong(key, "not an order number"))
    }

    /// The order this one came from; empty when there is none (`0000000`).
    pub(super) fn origin(self, key: &'static str) -> Result<Text<16>, ReadError> {
        let text = self.text(key);
        match text.bytes().all(|b| b == b'0') {
            true => Ok(Text::EMPTY),
            false => self.order_number(key),
        }
    }
}

/// An order number as it travels on the socket: seven digits with zeros in front. Shorter ones are
/// padded (one example of the broker shows five digits); all zeros is no order.
pub(super) fn order_number(text: &str) -> Option<Text<16>> {
    let digits = !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || text.bytes().all(|b| b == b'0') {
        return None;
    }
    Text::new(&format!("{text:0>7}"))
}

/// Reads a whole number: `Some(None)` for an empty text, `None` for what is no number.
///
/// Signs in front count as one each: `-` negative, and so is `--` (some tables write it).
pub(super) fn whole(text: &str) -> Option<Option<i64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let (negative, digits) = match text.as_bytes() {
        [b'-', b'-', ..] => (true, &text[2..]),
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(Some(if negative { -number } else { number }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_and_signed_amounts_are_read() {
        for (text, number) in [
            ("000000000003", 3),
            ("-00000000196888", -196_888),
            ("+74100", 74_100),
            (" 67300", 67_300),
            ("-0", 0),
            ("--12", -12),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(whole(text), Some(Some(number)), "{text}");
        }
        assert_eq!(whole(" "), Some(None));
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for text in ["-", "+", "1.5", "1,000", "0x1", "---1", "-+1", "9223372036854775808", "一"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn order_numbers_have_seven_digits() {
        assert_eq!(order_number("00024").unwrap(), "0000024");
        assert_eq!(order_number("0000140").unwrap(), "0000140");
        assert_eq!(order_number("12345678").unwrap(), "12345678");
        for none in ["", "0000000", "00-0140", "12345678901"] {
            assert_eq!(order_number(none), None, "{none}");
        }
    }

    #[test]
    fn the_letter_before_a_code_is_dropped_and_codes_with_letters_stay() {
        for (text, symbol) in [
            ("A005930", "005930"),
            ("J57JBHH", "57JBHH"),
            ("Q500001", "500001"),
            ("A0004V0", "0004V0"),
            ("0004V0", "0004V0"),
            ("005930_AL", "005930"),
            ("A005930_NX", "005930"),
        ] {
            let object = serde_json::json!({ "stk_cd": text });
            let row = Row { api: ApiId::Positions, number: 1, object: object.as_object().unwrap() };
            assert_eq!(row.symbol("stk_cd").unwrap(), symbol);
        }
    }

    #[test]
    fn an_error_names_call_row_and_key() {
        let object = serde_json::json!({ "rmnd_qty": "3 shares" });
        let row = Row { api: ApiId::Positions, number: 2, object: object.as_object().unwrap() };
        assert_eq!(
            row.needed_quantity("rmnd_qty").unwrap_err().to_string(),
            "kt00018: rmnd_qty in row 2 is \"3 shares\", which is not a whole number"
        );
    }
}

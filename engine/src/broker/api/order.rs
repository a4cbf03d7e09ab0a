//! kt10000–kt10003: orders out, their replies in.
//!
//! # Hot path
//!
//! [`OrderCall::write_body`] allocates nothing, locks nothing and calls nobody: it writes at most
//! [`BODY_BYTES_MAX`] bytes into the caller's buffer.

use serde_json::Value;
use strategy_api::{
    CancelRequest, OrderNumber, OrderRequest, OrderType, Price, Quantity, ReplaceRequest, Side,
    Symbol, Venue,
};

use super::refusal::{Fate, Refusal};
use super::value::{order_number, whole};
use super::{ApiId, ReadError};

/// No body is longer, in bytes.
pub const BODY_BYTES_MAX: usize = 256;
/// Largest quantity: the broker's field has twelve places.
const QUANTITY_MAX: i64 = 999_999_999_999;

/// One of the four order calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderCall {
    /// kt10000 or kt10001.
    New {
        /// Buy or sell.
        side: Side,
        /// KRX, NXT or SOR.
        venue: Venue,
        /// The code without a venue suffix.
        symbol: Symbol,
        /// `trde_tp`.
        order_type: OrderType,
        /// Shares, above zero.
        quantity: Quantity,
        /// KRW; unset for types that take none.
        price: Price,
        /// KRW; unset except for a stop order.
        stop_price: Price,
    },
    /// kt10002.
    Modify {
        /// The venue of the order.
        venue: Venue,
        /// The newest number of the order.
        original: OrderNumber,
        /// The code without a venue suffix.
        symbol: Symbol,
        /// Shares; zero for everything that is left.
        quantity: Quantity,
        /// KRW, above zero.
        price: Price,
        /// KRW; unset except for a stop order.
        stop_price: Price,
    },
    /// kt10003.
    Cancel {
        /// The venue of the order.
        venue: Venue,
        /// The newest number of the order.
        original: OrderNumber,
        /// The code without a venue suffix.
        symbol: Symbol,
        /// Shares; zero for everything that is left.
        quantity: Quantity,
    },
}

/// A call that the broker's form cannot express. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// Neither KRX, NXT nor SOR.
    #[error("the order names no venue: KRX, NXT or SOR")]
    Venue,
    /// Neither buy nor sell.
    #[error("the order is neither buy nor sell")]
    Side,
    /// Not 1 to 12 letters and digits.
    #[error("the instrument's code must be 1 to 12 ASCII letters and digits")]
    Symbol,
    /// Not a type of the broker.
    #[error("the broker has no such order type")]
    OrderType,
    /// Zero (where that means nothing), negative or too large.
    #[error("the quantity must be from 1 (0 for all that is left) to 999,999,999,999")]
    Quantity,
    /// Missing where it is needed, or given where there may be none.
    #[error("the price does not go with the order type")]
    Price,
    /// Missing where it is needed, or given where there may be none.
    #[error("the stop price does not go with the order type")]
    StopPrice,
    /// Not 7 to 10 digits.
    #[error("the original order number must be 7 to 10 digits")]
    OrderNumber,
}

impl OrderCall {
    /// A new order.
    pub fn submit(request: &OrderRequest, symbol: Symbol) -> Self {
        Self::New {
            side: request.side,
            venue: request.venue,
            symbol,
            order_type: request.order_type,
            quantity: request.quantity,
            price: request.price,
            stop_price: request.stop_price,
        }
    }

    /// A change of the order that the broker knows as `original`.
    pub fn replace(
        request: &ReplaceRequest,
        original: OrderNumber,
        symbol: Symbol,
        venue: Venue,
    ) -> Self {
        let ReplaceRequest { price, stop_price, quantity, .. } = *request;
        Self::Modify { venue, original, symbol, quantity, price, stop_price }
    }

    /// The end of the order that the broker knows as `original`.
    pub fn cancel(
        request: &CancelRequest,
        original: OrderNumber,
        symbol: Symbol,
        venue: Venue,
    ) -> Self {
        Self::Cancel { venue, original, symbol, quantity: request.quantity }
    }

    /// Which call it is.
    #[inline]
    pub fn api(&self) -> ApiId {
        match self {
            Self::New { side: Side::SELL, .. } => ApiId::Sell,
            Self::New { .. } => ApiId::Buy,
            Self::Modify { .. } => ApiId::Modify,
            Self::Cancel { .. } => ApiId::Cancel,
        }
    }

    /// Writes the JSON body and returns its length.
    ///
    /// # Errors
    /// When the broker's form cannot express the call; `out` is then undefined.
    #[inline]
    pub fn write_body(&self, out: &mut [u8; BODY_BYTES_MAX]) -> Result<usize, FormError> {
        let mut body = Body { out, len: 0 };
        match *self {
            Self::New { side, venue, symbol, order_type, quantity, price, stop_price } => {
                if side != Side::BUY && side != Side::SELL {
                    return Err(FormError::Side);
                }
                if !order_type.is_known() {
                    return Err(FormError::OrderType);
                }
                body.venue(venue)?;
                body.symbol(symbol)?;
                body.quantity(b"\",\"ord_qty\":\"", quantity, 1)?;
                body.price(b"\",\"ord_uv\":\"", price, order_type.takes_price())
                    .ok_or(FormError::Price)?;
                body.put(b"\",\"trde_tp\":\"");
                body.number(u64::from(order_type.0));
                body.price(b"\",\"cond_uv\":\"", stop_price, order_type.takes_stop_price())
                    .ok_or(FormError::StopPrice)?;
            }
            Self::Modify { venue, original, symbol, quantity, price, stop_price } => {
                body.venue(venue)?;
                body.original(original)?;
                body.symbol(symbol)?;
                body.quantity(b"\",\"mdfy_qty\":\"", quantity, 0)?;
                body.price(b"\",\"mdfy_uv\":\"", price, true).ok_or(FormError::Price)?;
                body.price(b"\",\"mdfy_cond_uv\":\"", stop_price, stop_price.is_set())
                    .ok_or(FormError::StopPrice)?;
            }
            Self::Cancel { venue, original, symbol, quantity } => {
                body.venue(venue)?;
                body.original(original)?;
                body.symbol(symbol)?;
                body.quantity(b"\",\"cncl_qty\":\"", quantity, 0)?;
            }
        }
        body.put(b"\"}");
        Ok(body.len)
    }
}

/// Writes into a buffer that is large enough for every call: the longest parts of the longest call
/// (modify: 116 bytes of keys and quotes, 3 venue, 10 number, 12 symbol, 12 quantity, 2 × 10
/// prices) stay below [`BODY_BYTES_MAX`]; a test writes it.
struct Body<'a> {
    out: &'a mut [u8; BODY_BYTES_MAX],
    len: usize,
}

impl Body<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.out[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    #[inline]
    fn number(&mut self, number: u64) {
        self.put(itoa::Buffer::new().format(number).as_bytes());
    }

    #[inline]
    fn venue(&mut self, venue: Venue) -> Result<(), FormError> {
        self.put(match venue {
            Venue::KRX => b"{\"dmst_stex_tp\":\"KRX",
            Venue::NXT => b"{\"dmst_stex_tp\":\"NXT",
            Venue::SOR => b"{\"dmst_stex_tp\":\"SOR",
            _ => return Err(FormError::Venue),
        });
        Ok(())
    }

    #[inline]
    fn symbol(&mut self, symbol: Symbol) -> Result<(), FormError> {
        let code = symbol.as_bytes();
        if code.is_empty() || code.len() > 12 || !code.iter().all(u8::is_ascii_alphanumeric) {
            return Err(FormError::Symbol);
        }
        self.put(b"\",\"stk_cd\":\"");
        self.put(code);
        Ok(())
    }

    #[inline]
    fn original(&mut self, number: OrderNumber) -> Result<(), FormError> {
        let digits = number.as_bytes();
        if !(7..=10).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(FormError::OrderNumber);
        }
        self.put(b"\",\"orig_ord_no\":\"");
        self.put(digits);
        Ok(())
    }

    #[inline]
    fn quantity(&mut self, key: &[u8], quantity: Quantity, min: i64) -> Result<(), FormError> {
        let raw = quantity.raw();
        if !(min..=QUANTITY_MAX).contains(&raw) {
            return Err(FormError::Quantity);
        }
        self.put(key);
        self.number(raw.unsigned_abs());
        Ok(())
    }

    /// `None` when there is a price where none may be, or none where one must be.
    #[inline]
    fn price(&mut self, key: &[u8], price: Price, wanted: bool) -> Option<()> {
        self.put(key);
        match (price.get(), wanted) {
            (None, false) => Some(()),
            (Some(price @ 1..), true) => {
                self.number(u64::from(price.unsigned_abs()));
                Some(())
            }
            _ => None,
        }
    }
}

/// What the broker said to an order: exactly one of three.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum OrderAnswer {
    /// It has a number.
    Accepted(Accepted),
    /// It was surely not carried out.
    Refused(Refusal),
    /// Nobody knows: ask ka10075 and ka10076, and never send it again on a guess.
    Unknown(Unclear),
}

/// The broker took the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The number of this call: modify and cancel get one of their own.
    pub number: OrderNumber,
    /// First order of the chain (`base_orig_ord_no`); empty for a new order.
    pub base: OrderNumber,
    /// Shares changed or cancelled, as the broker repeats them; unset for a new order.
    pub quantity: Quantity,
}

/// Why the outcome of a call that was answered is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unclear {
    /// The broker does not know, or the status says nothing certain.
    #[error("the broker's answer leaves it open: {0}")]
    Refusal(Refusal),
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(ReadError),
    /// Success without an order number.
    #[error("{api}: return_code 0, but no order number")]
    NoNumber {
        /// The call.
        api: ApiId,
    },
    /// A refusal that carries an order number.
    #[error("{api}: refused ({refusal}), yet with order number {number}")]
    Contradiction {
        /// The call.
        api: ApiId,
        /// The number in it.
        number: OrderNumber,
        /// The refusal.
        refusal: Refusal,
    },
}

impl OrderAnswer {
    /// Reads the reply to an order.
    pub fn read(api: ApiId, status: u16, body: &[u8]) -> Self {
        let Ok(Value::Object(answer)) = serde_json::from_slice::<Value>(body) else {
            return Self::without_sense(api, status, body);
        };
        let text = |key: &str| match answer.get(key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let Some(Some(return_code)) = whole(&text("return_code")) else {
            return Self::without_sense(api, status, body);
        };
        let number = order_number(&text("ord_no"));
        let refusal = || Refusal::from_answer(return_code, &text("return_msg"));
        match (return_code, number) {
            (0, Some(number)) if status == 200 => Self::Accepted(Accepted {
                number,
                base: order_number(&text("base_orig_ord_no")).unwrap_or_default(),
                quantity: ["mdfy_qty", "cncl_qty"]
                    .iter()
                    .find_map(|key| whole(&text(key)).flatten())
                    .map_or(Quantity::UNSET, Quantity::new),
            }),
            (0, None) if status == 200 => Self::Unknown(Unclear::NoNumber { api }),
            (0, _) => Self::without_sense(api, status, body).at_least_unknown(api, status, body),
            (_, Some(number)) => {
                Self::Unknown(Unclear::Contradiction { api, number, refusal: refusal() })
            }
            (_, None) => Self::from_refusal(status, refusal()),
        }
    }

    /// A body that is no answer: the status is all there is.
    fn without_sense(api: ApiId, status: u16, body: &[u8]) -> Self {
        if (200..300).contains(&status) {
            let beginning = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let error = match serde_json::from_slice::<Value>(body) {
                Ok(Value::Object(_)) => ReadError::NoReturnCode { api },
                _ => ReadError::NotAnObject { api, beginning },
            };
            return Self::Unknown(Unclear::Unreadable(error));
        }
        let refusal = Refusal::from_status(status, body);
        match refusal.meaning.fate() {
            Fate::NotDone => Self::Refused(refusal),
            Fate::Unknown => Self::Unknown(Unclear::Refusal(refusal)),
        }
    }

    /// A status that refuses and a body that accepts: neither is believed.
    fn at_least_unknown(self, api: ApiId, status: u16, body: &[u8]) -> Self {
        match self {
            Self::Unknown(_) => self,
            _ => Self::Unknown(match order_number_of(body) {
                Some(number) => {
                    let refusal = Refusal::from_status(status, body);
                    Unclear::Contradiction { api, number, refusal }
                }
                None => Unclear::NoNumber { api },
            }),
        }
    }

    fn from_refusal(status: u16, refusal: Refusal) -> Self {
        // On an error status a code that nobody knows proves nothing, unless the status itself does.
        let listed = refusal.meaning != super::Meaning::NotListed;
        let fate = match (status, listed) {
            (200, _) => refusal.meaning.fate(),
            (500.., _) => Fate::Unknown,
            (_, true) => refusal.meaning.fate(),
            (_, false) => super::Meaning::of_status(status).fate(),
        };
        match fate {
            Fate::NotDone => Self::Refused(refusal),
            Fate::Unknown => Self::Unknown(Unclear::Refusal(refusal)),
        }
    }
}

fn order_number_of(body: &[u8]) -> Option<OrderNumber> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    order_number(answer["ord_no"].as_str()?.trim())
}

#[cfg(test)]
mod tests {
    use super::super::Meaning;
    use super::*;
    use strategy_api::Text;

    fn samsung() -> Symbol {
        Text::new("005930").unwrap()
    }

    fn body(call: &OrderCall) -> Result<String, FormError> {
        let mut out = [0; BODY_BYTES_MAX];
        let len = call.write_body(&mut out)?;
        Ok(String::from_utf8(out[..len].to_vec()).unwrap())
    }

    fn limit() -> OrderCall {
        OrderCall::New {
            side: Side::BUY,
            venue: Venue::SOR,
            symbol: samsung(),
            order_type: OrderType::LIMIT,
            quantity: Quantity::new(10),
            price: Price::new(60_700),
            stop_price: Price::UNSET,
        }
    }

    #[test]
    fn a_body_has_the_brokers_keys_in_the_brokers_order() {
        assert_eq!(
            body(&limit()).unwrap(),
            r#"{"dmst_stex_tp":"SOR","stk_cd":"005930","ord_qty":"10","ord_uv":"60700","trde_tp":"0","cond_uv":""}"#
        );
        let cancel = OrderCall::Cancel {
            venue: Venue::KRX,
            original: Text::new("0000140").unwrap(),
            symbol: samsung(),
            quantity: Quantity::ZERO,
        };
        assert_eq!(
            body(&cancel).unwrap(),
            r#"{"dmst_stex_tp":"KRX","orig_ord_no":"0000140","stk_cd":"005930","cncl_qty":"0"}"#
        );
    }

    #[test]
    fn the_longest_body_fits() {
        let modify = OrderCall::Modify {
            venue: Venue::KRX,
            original: Text::new("1234567890").unwrap(),
            symbol: Text::new("ABCDEFGHIJKL").unwrap(),
            quantity: Quantity::new(QUANTITY_MAX),
            price: Price::new(i32::MAX),
            stop_price: Price::new(i32::MAX),
        };
        let body = body(&modify).unwrap();
        assert!(body.len() < BODY_BYTES_MAX);
        assert!(serde_json::from_str::<Value>(&body).is_ok());
    }

    #[test]
    fn every_order_type_says_its_code_and_takes_a_price_or_none() {
        for code in 0..=99_u8 {
            let order_type = OrderType(code);
            let price = |wanted| if wanted { Price::new(1000) } else { Price::UNSET };
            let call = |price, stop_price| OrderCall::New {
                side: Side::SELL,
                venue: Venue::KRX,
                symbol: samsung(),
                order_type,
                quantity: Quantity::new(1),
                price,
                stop_price,
            };
            let fits = call(price(order_type.takes_price()), price(order_type.takes_stop_price()));
            let turned =
                call(price(!order_type.takes_price()), price(order_type.takes_stop_price()));
            let stopped =
                call(price(order_type.takes_price()), price(!order_type.takes_stop_price()));
            if order_type.is_known() {
                let json: Value = serde_json::from_str(&body(&fits).unwrap()).unwrap();
                assert_eq!(json["trde_tp"], code.to_string());
                assert_eq!(json["ord_uv"], if order_type.takes_price() { "1000" } else { "" });
                assert_eq!(body(&turned), Err(FormError::Price));
                assert_eq!(body(&stopped), Err(FormError::StopPrice));
            } else {
                assert_eq!(body(&fits), Err(FormError::OrderType));
            }
        }
    }

    #[test]
    fn what_the_form_cannot_express_is_refused_before_it_leaves() {
        type Change = fn(&mut OrderCall);
        let cases: [(Change, FormError); 8] = [
            (
                |c| {
                    if let OrderCall::New { venue, .. } = c {
                        *venue = Venue::UNKNOWN
                    }
                },
                FormError::Venue,
            ),
            (
                |c| {
                    if let OrderCall::New { side, .. } = c {
                        *side = Side::NONE
                    }
                },
                FormError::Side,
            ),
            (
                |c| {
                    if let OrderCall::New { symbol, .. } = c {
                        *symbol = Text::EMPTY
                    }
                },
                FormError::Symbol,
            ),
            (
                |c| {
                    if let OrderCall::New { symbol, .. } = c {
                        *symbol = Text::new("0\",\"x").unwrap()
                    }
                },
                FormError::Symbol,
            ),
            (
                |c| {
                    if let OrderCall::New { quantity, .. } = c {
                        *quantity = Quantity::ZERO
                    }
                },
                FormError::Quantity,
            ),
            (
                |c| {
                    if let OrderCall::New { quantity, .. } = c {
                        *quantity = Quantity::UNSET
                    }
                },
                FormError::Quantity,
            ),
            (
                |c| {
                    if let OrderCall::New { price, .. } = c {
                        *price = Price::ZERO
                    }
                },
                FormError::Price,
            ),
            (
                |c| {
                    if let OrderCall::New { price, .. } = c {
                        *price = Price::new(-1)
                    }
                },
                FormError::Price,
            ),
        ];
        for (change, error) in cases {
            let mut call = limit();
            change(&mut call);
            assert_eq!(body(&call), Err(error), "{call:?}");
        }
    }

    fn read(status: u16, body: &str) -> OrderAnswer {
        OrderAnswer::read(ApiId::Buy, status, body.as_bytes())
    }

    #[test]
    fn success_needs_a_number() {
        let answer = read(200, r#"{"return_msg":"ok","return_code":"0000","ord_no":"0000139"}"#);
        let OrderAnswer::Accepted(accepted) = answer else { panic!("{answer:?}") };
        assert_eq!(accepted.number, "0000139");
        for none in ["", "0000000", "abc"] {
            let body = format!(r#"{{"return_code":0,"ord_no":"{none}"}}"#);
            assert!(matches!(read(200, &body), OrderAnswer::Unknown(Unclear::NoNumber { .. })));
        }
    }

    #[test]
    fn a_refusal_is_certain_only_where_it_says_so() {
        for (status, body, meaning) in [
            (200, r#"{"return_code":20,"return_msg":"[2000](RC4027:x)"}"#, Meaning::Price),
            (200, r#"{"return_code":"2000","return_msg":"[2000](RC4058:x)"}"#, Meaning::Closed),
            (
                200,
                r#"{"return_code":20,"return_msg":"[2000](RC9999:x)","ord_no":""}"#,
                Meaning::NotListed,
            ),
            (429, r#"{"return_code":5,"return_msg":"[1700:x]"}"#, Meaning::RateOfCall),
            (429, "", Meaning::RateOfCall),
            (400, "<html>Request Blocked</html>", Meaning::Request),
            (200, r#"{"return_code":3,"return_msg":"인증[8005:x]"}"#, Meaning::Token),
        ] {
            let answer = read(status, body);
            let OrderAnswer::Refused(refusal) = answer else { panic!("{body}: {answer:?}") };
            assert_eq!(refusal.meaning, meaning, "{body}");
        }
    }

    #[test]
    fn everything_else_is_unknown() {
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "[]"),
            (200, "{}"),
            (200, r#"{"return_code":null}"#),
            (200, r#"{"return_code":0}"#),
            (200, r#"{"return_code":20,"return_msg":"x","ord_no":"0000139"}"#),
            (200, r#"{"return_code":20,"return_msg":"[1999:x]"}"#),
            (200, r#"{"return_code":0,"ord_no":"0000139""#),
            (201, r#"{"return_code":0,"ord_no":"0000139"}"#),
            (400, r#"{"return_code":0,"ord_no":"0000139"}"#),
            (500, r#"{"return_code":20,"return_msg":"[2000](RC4027:x)"}"#),
            (502, "<html>"),
            (504, ""),
            (302, ""),
            (408, ""),
        ] {
            let answer = read(status, body);
            assert!(matches!(answer, OrderAnswer::Unknown(_)), "{status} {body}: {answer:?}");
        }
    }
}

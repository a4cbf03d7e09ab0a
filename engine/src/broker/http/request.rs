//! A request whose bytes lie ready.
//!
//! ```text
//!  POST /api/dostk/ordr HTTP/1.1␍␊host: …␍␊authorization: Bearer …␍␊api-id: kt10000␍␊
//!  content-length:    98␍␊␍␊{"dmst_stex_tp":"KRX",…}
//!         patched: ─────▲▲▲  and api-id ▲▲▲▲▲▲▲ and the body
//! ```
//!
//! # Hot path
//!
//! [`PreparedRequest::fill`] allocates nothing, locks nothing and calls nobody.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::broker::api::{BODY_BYTES_MAX, FormError, OrderCall};

/// Longest token, in bytes; the broker's documentation says 1000 for the whole header.
const TOKEN_BYTES_MAX: usize = 4096;
/// Places for the content length. Spaces in front of a value are allowed by RFC 9112, 5.1.
const LENGTH_PLACES: usize = 3;
const _: () = assert!(BODY_BYTES_MAX < 1000, "the content length has three places");

/// A request that cannot be prepared. Never quotes the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Something that cannot stand in a header.
    #[error("the access token is empty, too long, or holds other than visible ASCII characters")]
    Token,
    /// Something that cannot stand in a header.
    #[error("host, path and user agent must be visible ASCII characters")]
    Header,
}

/// A whole request in one buffer, token included. The buffer is wiped when it is dropped.
pub struct PreparedRequest {
    bytes: Zeroizing<Box<[u8]>>,
    api_at: usize,
    length_at: usize,
    body_at: usize,
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest").field("head_bytes", &self.body_at).finish_non_exhaustive()
    }
}

impl PreparedRequest {
    /// Prepares requests to `path` at `host` (with its port, where that is not the usual one).
    ///
    /// # Errors
    /// When a part cannot stand in a header.
    pub fn new(
        host: &str,
        path: &str,
        user_agent: &str,
        token: &SecretString,
    ) -> Result<Self, RequestError> {
        let token = token.expose_secret();
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX || !is_visible(token) {
            return Err(RequestError::Token);
        }
        if [host, path, user_agent].iter().any(|part| part.is_empty() || !is_visible(part)) {
            return Err(RequestError::Header);
        }
        let front = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {user_agent}\r\n\
             accept: application/json\r\ncontent-type: application/json;charset=UTF-8\r\n\
             cont-yn: N\r\nauthorization: Bearer "
        );
        // The buffer is made once, at its full size: growing it would leave copies of the token.
        let api = b"\r\napi-id: ";
        let length = b"\r\ncontent-length: ";
        let api_at = front.len() + token.len() + api.len();
        let length_at = api_at + 7 + length.len();
        let body_at = length_at + LENGTH_PLACES + 4;
        let mut bytes = Zeroizing::new(vec![b' '; body_at + BODY_BYTES_MAX].into_boxed_slice());
        let mut at = 0;
        for part in [front.as_bytes(), token.as_bytes(), api, b"kt10000", length] {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes[body_at - 4..body_at].copy_from_slice(b"\r\n\r\n");
        Ok(Self { bytes, api_at, length_at, body_at })
    }

    /// The bytes of one order, to be written in one call.
    ///
    /// # Errors
    /// When the broker's form cannot express it.
    #[inline]
    pub fn fill(&mut self, call: &OrderCall) -> Result<&[u8], FormError> {
        let (head, body) = self.bytes.split_at_mut(self.body_at);
        // The buffer was made with this much room behind the head.
        let Some(body) = body.first_chunk_mut::<BODY_BYTES_MAX>() else {
            unreachable!("the buffer is {BODY_BYTES_MAX} bytes longer than its head")
        };
        let len = call.write_body(body)?;
        head[self.api_at..self.api_at + 7].copy_from_slice(call.api().as_str().as_bytes());
        let places = &mut head[self.length_at..self.length_at + LENGTH_PLACES];
        let mut left = len;
        for place in places.iter_mut().rev() {
            *place = if left == 0 { b' ' } else { b'0' + (left % 10) as u8 };
            left /= 10;
        }
        Ok(&self.bytes[..self.body_at + len])
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strategy_api::{OrderNumber, OrderType, Price, Quantity, Side, Symbol, Text, Venue};

    fn request() -> PreparedRequest {
        let token = SecretString::from("CANARY-token");
        PreparedRequest::new("api.kiwoom.com", "/api/dostk/ordr", "engine/0.1", &token).unwrap()
    }

    fn cancel(original: &str, symbol: &str) -> OrderCall {
        OrderCall::Cancel {
            venue: Venue::KRX,
            original: OrderNumber::new(original).unwrap(),
            symbol: Symbol::new(symbol).unwrap(),
            quantity: Quantity::ZERO,
        }
    }

    #[test]
    fn a_request_is_valid_http_and_says_what_the_broker_wants() {
        let mut request = request();
        let bytes = request.fill(&cancel("0000140", "005930")).unwrap().to_vec();
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut parsed = httparse::Request::new(&mut headers);
        let head = parsed.parse(&bytes).unwrap().unwrap();
        assert_eq!((parsed.method, parsed.path), (Some("POST"), Some("/api/dostk/ordr")));
        let header = |name: &str| {
            let found = parsed.headers.iter().find(|h| h.name == name).unwrap();
            std::str::from_utf8(found.value).unwrap().trim().to_owned()
        };
        assert_eq!(header("host"), "api.kiwoom.com");
        assert_eq!(header("authorization"), "Bearer CANARY-token");
        assert_eq!(header("api-id"), "kt10003");
        assert_eq!(header("cont-yn"), "N");
        assert_eq!(header("content-type"), "application/json;charset=UTF-8");
        assert_eq!(header("content-length").parse(), Ok(bytes.len() - head));
    }

    #[test]
    fn a_short_body_after_a_long_one_leaves_nothing_behind() {
        let mut one = request();
        let buy = OrderCall::New {
            side: Side::BUY,
            venue: Venue::SOR,
            symbol: Text::new("005930").unwrap(),
            order_type: OrderType::STOP_LIMIT,
            quantity: Quantity::new(999_999_999_999),
            price: Price::new(i32::MAX),
            stop_price: Price::new(i32::MAX),
        };
        one.fill(&buy).unwrap();
        let again = one.fill(&cancel("0000001", "1")).unwrap().to_vec();
        assert_eq!(again, request().fill(&cancel("0000001", "1")).unwrap());
    }

    #[test]
    fn a_token_that_would_break_the_header_is_refused_and_never_shown() {
        for token in ["", "CANARY\r\nx: y", "CANARY x", "CANARY\u{e9}", &"C".repeat(5000)] {
            let error =
                PreparedRequest::new("h", "/", "u", &SecretString::from(token)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
        assert!(!format!("{:?}", request()).contains("CANARY"));
    }
}

//! Orders in the rig: which frames cause one, what it looks like, and how the sender pairs both.
//!
//! Every `every`th frame is a marker: its number, which FID 13 carries, is a multiple of `every`. The
//! strategy of every client buys on it, and the **quantity names the frame**: the order caused by frame
//! `n * every` is for `n + 1` shares. So the order's own bytes tell which frame caused it.

use std::fmt::Write;

/// Path of orders at the broker.
pub const PATH: &str = "/api/dostk/ordr";
/// The token that everybody sends; as long as the broker's.
pub const TOKEN: &str = "WQJCwyqInphKnR3bSRtB9NE1lvrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrigrig";
/// An order that has not come.
pub const NO_ORDER: u64 = 0;

/// Shares of the order that frame `number` causes, if it causes one.
#[inline]
pub fn quantity_for(number: u64, every: u64) -> Option<u64> {
    (every != 0 && number.is_multiple_of(every)).then(|| number / every + 1)
}

/// Orders that so many frames cause.
pub fn count(frames: u64, every: u64) -> u64 {
    if every == 0 { 0 } else { frames.div_ceil(every) }
}

/// Body of a buy order, as the broker's documentation has it.
pub fn body(item: &str, quantity: u64, price: i64) -> String {
    let mut text = String::with_capacity(128);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{{\"dmst_stex_tp\":\"KRX\",\"stk_cd\":\"{item}\",\"ord_qty\":\"{quantity}\",\
         \"ord_uv\":\"{price}\",\"trde_tp\":\"0\",\"cond_uv\":\"\"}}"
    );
    text
}

/// A whole request at the front of what was read.
pub struct Request<'a> {
    /// Its length in bytes, head and body.
    pub length: usize,
    /// Where it goes.
    pub path: &'a str,
    /// What it calls.
    pub api: &'a str,
    /// Its body.
    pub body: &'a [u8],
    /// Number of the order, for a new order: the frame's number over `every`.
    pub order: Option<u64>,
}

/// The first request, once it is whole.
pub fn request(bytes: &[u8]) -> Option<Request<'_>> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let value = |wanted: &str| {
        let mut lines = text.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let length = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let length: usize = head + length;
    let body = bytes.get(head..length)?;
    let path = text.split(' ').nth(1).unwrap_or_default();
    let api = value("api-id").unwrap_or_default();
    let order = match api {
        "kt10000" | "kt10001" => quantity_in(body),
        _ => None,
    };
    Some(Request { length, path, api, body, order })
}

/// The number that an order's quantity carries. Not by a JSON parser: the sender has frames to send.
fn quantity_in(body: &[u8]) -> Option<u64> {
    let key = b"\"ord_qty\"";
    let at = body.windows(key.len()).position(|part| part == key)? + key.len();
    let digits = body[at..].iter().skip_while(|byte| !byte.is_ascii_digit());
    let digits = digits.take_while(|byte| byte.is_ascii_digit());
    let quantity = digits.fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    quantity.checked_sub(1)
}

/// The answer to an order.
pub fn accepted(number: u64, api: &str) -> String {
    let body = format!(
        "{{\"ord_no\":\"{:07}\",\"dmst_stex_tp\":\"KRX\",\"return_code\":0,\"return_msg\":\"\"}}",
        number + 1
    );
    answer(api, &body)
}

/// A whole answer around its body.
pub fn answer(api: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\napi-id: {api}\r\n\
         cont-yn: N\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_the_frame_that_caused_it() {
        for (number, every) in [(0, 400), (400, 400), (4_000_000, 40)] {
            let quantity = quantity_for(number, every).unwrap();
            let body = body("005930", quantity, 60_700);
            let text = format!(
                "POST {PATH} HTTP/1.1\r\nAPI-ID: kt10000\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let bytes = text.as_bytes();
            for cut in 0..bytes.len() {
                assert!(request(&bytes[..cut]).is_none(), "cut at {cut}");
            }
            let request = request(bytes).unwrap();
            assert_eq!(request.length, bytes.len());
            assert_eq!((request.api, request.order), ("kt10000", Some(number / every)));
        }
        assert_eq!(quantity_for(401, 400), None);
        assert_eq!(quantity_for(400, 0), None);
        assert_eq!((count(401, 400), count(400, 400), count(400, 0)), (2, 1, 0));
    }

    #[test]
    fn the_engine_writes_what_is_read_here() {
        use engine::broker::api::{BODY_BYTES_MAX, OrderCall};
        use strategy_api::{InstrumentId, Order, Price, Quantity, Side, Text, Venue};
        let order = Order::limit(
            InstrumentId(0),
            Venue::KRX,
            Side::BUY,
            Price::new(60_700),
            Quantity::new(1_234_567),
        );
        let call = OrderCall::submit(&order, Text::new("005930").unwrap());
        let mut buffer = [0; BODY_BYTES_MAX];
        let length = call.write_body(&mut buffer).unwrap();
        assert_eq!(quantity_in(&buffer[..length]), Some(1_234_566));
        let ours: serde_json::Value =
            serde_json::from_str(&body("005930", 1_234_567, 60_700)).unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&buffer[..length]).unwrap();
        assert_eq!(ours, theirs, "peers send the same order");
    }

    #[test]
    fn the_answer_is_one_that_the_engine_believes() {
        use engine::broker::api::{ApiId, OrderAnswer};
        let text = accepted(41, "kt10000");
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let answer = OrderAnswer::read(ApiId::Buy, 200, body.as_bytes());
        assert!(matches!(answer, OrderAnswer::Accepted(_)), "{answer:?}");
    }
}

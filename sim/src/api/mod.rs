//! REST bodies: from a call's JSON to the back office, and its answer as JSON.
//!
//! Tokens, paths and connections are the server's; here a call has an account already.

mod cash;
mod limit;
mod lists;
mod order;
mod page;
mod stocks;

pub(crate) use limit::Limiter;

use crate::orders::desk::{Desk, Floor};
use crate::orders::{AccountId, Refusal};
use crate::virtual_time::{Call, ReplyText};
use page::Page;
use serde_json::{Map, Value, json};

/// The body of an answer that comes from in front of the broker: no JSON.
pub(crate) const PAGE: &str = "<html><body><h1>Service Unavailable</h1></body></html>";
/// The body of a call with a dead token.
pub(crate) const DEAD_TOKEN: &str =
    r#"{"return_code":3,"return_msg":"인증에 실패했습니다[8005:Token이 유효하지 않습니다]"}"#;

/// `return_msg` of a query that went well; the leading space is the real one's.
const FOUND: &str = " 조회가 완료되었습니다.";
/// `return_msg` of the other queries.
const DONE: &str = "정상적으로 처리되었습니다";

/// Body of a 429.
pub(crate) fn too_many(api_id: &str, limit: u32) -> String {
    let text = format!(
        "허용된 요청 개수를 초과하였습니다 [1700:허용된 API 요청 개수를 초과하였습니다. 유량={limit}, API ID={api_id}]"
    );
    json!({ "return_code": 5, "return_msg": text }).to_string()
}

/// Path of a call that is served, `None` for any other.
pub(crate) fn path(api_id: &str) -> Option<&'static str> {
    Some(match api_id {
        "kt10000" | "kt10001" | "kt10002" | "kt10003" => "/api/dostk/ordr",
        "ka00001" | "ka10075" | "ka10076" | "kt00001" | "kt00004" | "kt00005" | "kt00018" => {
            "/api/dostk/acnt"
        }
        "ka10001" | "ka10099" | "ka10100" => "/api/dostk/stkinfo",
        _ => return None,
    })
}

/// Answers a call. Every refusal is HTTP 200.
pub(crate) fn answer(
    desk: &mut Desk,
    floor: &mut Floor<'_>,
    account: AccountId,
    call: &Call<'_>,
    refuse_late: bool,
) -> ReplyText {
    let (body, next_key) = match decide(desk, floor, account, call, refuse_late) {
        Ok(page) => (page.body, page.next_key),
        Err(refusal) => {
            let code = refusal.return_code();
            (json!({ "return_code": code, "return_msg": refusal.to_string() }), None)
        }
    };
    ReplyText { status: 200, next_key, body: body.to_string() }
}

fn decide(
    desk: &mut Desk,
    floor: &mut Floor<'_>,
    account: AccountId,
    call: &Call<'_>,
    refuse_late: bool,
) -> Result<Page, Refusal> {
    let body: Map<String, Value> =
        serde_json::from_str(call.body).map_err(|_| Refusal::Malformed { field: "body" })?;
    let body = Body(&body);
    let from = call.next_key;
    match call.api_id {
        "kt10000" | "kt10001" | "kt10002" | "kt10003" => {
            order::answer(desk, floor, account, call.api_id, &body, refuse_late).map(Page::whole)
        }
        "ka00001" => Ok(Page::whole(json!({
            "acctNo": desk.accounts[account.0].number,
            "return_code": 0,
            "return_msg": DONE,
        }))),
        "ka10075" => lists::open_orders(desk, floor.market, account, &body, from),
        "ka10076" => lists::filled_orders(desk, floor.market, account, &body, from),
        "kt00018" => lists::positions(desk, floor.market, account, &body, from),
        "kt00004" => lists::overview(desk, floor.market, account, &body, from),
        "kt00005" => lists::positions_by_fill(desk, floor.market, account, &body, from),
        "kt00001" => cash::deposit(desk, account, &body).map(Page::whole),
        "ka10001" => stocks::prices(floor.market, &body).map(Page::whole),
        "ka10099" => stocks::list(desk, floor.market, &body, from),
        "ka10100" => stocks::one(desk, floor.market, &body).map(Page::whole),
        _ => Err(Refusal::Malformed { field: "api-id" }),
    }
}

/// A request's body: every field is a text.
pub(crate) struct Body<'a>(&'a Map<String, Value>);

impl Body<'_> {
    /// A field that must be there and not empty.
    fn required(&self, field: &'static str) -> Result<&str, Refusal> {
        match self.0.get(field) {
            None | Some(Value::Null) => Err(Refusal::Missing { field }),
            Some(Value::String(text)) if text.trim().is_empty() => Err(Refusal::Missing { field }),
            Some(Value::String(text)) => Ok(text.trim()),
            Some(_) => Err(Refusal::Malformed { field }),
        }
    }

    /// A field that may be missing or empty.
    fn optional(&self, field: &'static str) -> Result<Option<&str>, Refusal> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(Refusal::Malformed { field }),
        }
    }

    /// A required field out of a few.
    fn one_of(&self, field: &'static str, allowed: &[&str]) -> Result<&str, Refusal> {
        let text = self.required(field)?;
        if allowed.contains(&text) { Ok(text) } else { Err(Refusal::Malformed { field }) }
    }

    /// A required number of up to twelve digits.
    fn number(&self, field: &'static str) -> Result<i64, Refusal> {
        digits(self.required(field)?).ok_or(Refusal::Malformed { field })
    }

    /// A number of up to twelve digits that may be missing.
    fn optional_number(&self, field: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.optional(field)? else { return Ok(None) };
        digits(text).map(Some).ok_or(Refusal::Malformed { field })
    }
}

fn digits(text: &str) -> Option<i64> {
    let fits = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// A number padded with zeros to so many places; the sign takes one.
fn padded(value: i64, places: usize) -> String {
    if value < 0 {
        format!("-{:0width$}", value.unsigned_abs(), width = places - 1)
    } else {
        format!("{value:0places$}")
    }
}

/// Hundredths with two decimals.
fn percent(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let magnitude = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
}

/// A price with the mark of its direction against the base, as `cur_prc` shows it.
fn marked(price: i64, base: i64) -> String {
    match (price - base).signum() {
        _ if price == 0 => "0".to_owned(),
        0 => price.to_string(),
        1 => format!("+{price}"),
        _ => format!("-{price}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_percentages_have_the_live_forms() {
        assert_eq!(padded(-196_888, 15), "-00000000196888");
        assert_eq!(padded(124_500, 12), "000000124500");
        assert_eq!(percent(-5_271), "-52.71");
        assert_eq!(percent(-5), "-0.05");
        assert_eq!(marked(60_700, 60_300), "+60700");
        assert_eq!(marked(60_000, 60_300), "-60000");
    }
}

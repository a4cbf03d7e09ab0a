//! What a refusal means for the caller.
//!
//! The outer `return_code` says little (2 input, 3 authentication, 5 rate, 20 order or business);
//! the code that counts stands inside the message: `[2000](RC4027:…)` from the order system,
//! `…[8005:…]` from the gateway. Texts are for people; nothing is decided on them.
//!
//! | meaning | codes | was the call carried out? | the caller |
//! |---|---|---|---|
//! | rate | HTTP 429, 1700–1702, 105110 | no | waits; the limiter slows down |
//! | token | 8001–8009 and 8103 as listed, 8031, 1513–1516, HTTP 401 | no | renews the token; the same order may be sent again |
//! | setup | 8010, 8030, 8040, 8050, 8104, 8200, RC9000, HTTP 403 | no | stops: a person must act |
//! | request | 1501–1512, 1517, 1687, 1901–1903, HTTP 400, 404, … | no | our own mistake: not sent again |
//! | price, funds, closed, rules | RC4003 … 509193 | no | tells the strategy |
//! | gone | RC4032, RC4033, 506550, 571435 | no, and the order it aimed at may have filled | asks ka10076 before it decides |
//! | empty | 571758, 501724 | a query: nothing to list | takes it as an empty list |
//! | unclear | 1999, RC7006, HTTP 5xx, 3xx, 408, anything not listed on HTTP ≥ 300 | **unknown** | asks ka10075 and ka10076; never sends again on a guess |
//!
//! A code that is not listed, in a reply of HTTP 200 with a `return_code` that is not zero and
//! without an order number, is a refusal: the broker itself says that the call failed.

use std::fmt;
use strategy_api::Text;

/// A code of the broker: `RC4027`, `855056`, `1700`.
pub type Code = Text<16>;

/// Characters of the broker's words that are kept.
const TEXT_CHARS_MAX: usize = 200;

/// The broker said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The innermost code there is: in round brackets, else in square ones, else `return_code`,
    /// else the HTTP status.
    pub code: Code,
    /// What it means.
    pub meaning: Meaning,
    /// The broker's words, cut to 200 characters.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.meaning.cure(), self.text)
    }
}

/// What a code means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// Too many calls of this api-id.
    RateOfCall,
    /// Too many calls of a group, or of all together.
    RateOfAll,
    /// The token is not taken.
    Token,
    /// Keys, address, device or account are not fit for this; another try changes nothing.
    Setup,
    /// The request is malformed or names what does not exist.
    Request,
    /// The price is off the tick or outside the limits, or does not go with the order type.
    Price,
    /// Not enough cash or shares.
    Funds,
    /// The market, or this order type, is closed now.
    Closed,
    /// Another rule of the market or the broker.
    Rules,
    /// Modify or cancel found nothing: filled or gone, the code does not tell which.
    Gone,
    /// A query found nothing.
    Empty,
    /// The broker does not know itself.
    Unclear,
    /// Not in the table; on an answer of HTTP 200 it is a refusal.
    NotListed,
}

/// Whether a refused call was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Surely not.
    NotDone,
    /// Nobody knows.
    Unknown,
}

impl Meaning {
    /// Of a code of the order system or the gateway.
    pub fn of(code: &str) -> Self {
        match code {
            "1700" | "105110" => Self::RateOfCall,
            "1701" | "1702" => Self::RateOfAll,
            "1513" | "1514" | "1515" | "1516" | "8001" | "8002" | "8003" | "8005" | "8006"
            | "8009" | "8031" | "8103" => Self::Token,
            "8010" | "8030" | "8040" | "8050" | "8104" | "8200" | "RC9000" => Self::Setup,
            "1501" | "1504" | "1505" | "1511" | "1512" | "1517" | "1687" | "1901" | "1902"
            | "1903" | "8011" | "8012" | "8015" | "8016" | "8020" | "407022" => Self::Request,
            "RC4003" | "RC4027" | "571557" | "571357" => Self::Price,
            "RC4025" | "800033" | "855056" => Self::Funds,
            "RC4057" | "RC4058" | "521790" | "509193" => Self::Closed,
            "RC4007" | "571412" | "509247" => Self::Rules,
            "RC4032" | "RC4033" | "506550" | "571435" => Self::Gone,
            "571758" | "501724" => Self::Empty,
            "1999" | "RC7006" => Self::Unclear,
            _ => Self::NotListed,
        }
    }

    /// Of an HTTP status whose body says nothing.
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::RateOfCall,
            401 => Self::Token,
            403 => Self::Setup,
            400 | 404 | 405 | 411 | 413 | 414 | 415 | 431 => Self::Request,
            _ => Self::Unclear,
        }
    }

    /// Whether the call was carried out.
    pub const fn fate(self) -> Fate {
        match self {
            Self::Unclear => Fate::Unknown,
            _ => Fate::NotDone,
        }
    }

    /// Whether the limiter must hear of it.
    pub const fn is_rate(self) -> bool {
        matches!(self, Self::RateOfCall | Self::RateOfAll)
    }

    /// What to do.
    pub const fn cure(self) -> &'static str {
        match self {
            Self::RateOfCall | Self::RateOfAll => "too many calls: wait, fewer will be sent",
            Self::Token => "the token is not taken: a new one is needed",
            Self::Setup => "check keys, registered IP address, device and account with the broker",
            Self::Request => "the request is wrong: not sent again",
            Self::Price => "check price, tick size and price limits",
            Self::Funds => "not enough cash or shares",
            Self::Closed => "not accepted at this hour",
            Self::Rules => "forbidden for this instrument or order",
            Self::Gone => "nothing left to change: ask for the fills before deciding",
            Self::Empty => "nothing to list",
            Self::Unclear => "the outcome is unknown: ask for open orders and fills",
            Self::NotListed => "see the broker's error list",
        }
    }
}

impl Refusal {
    /// From a body's `return_code` and `return_msg`.
    pub(super) fn from_answer(return_code: i64, message: &str) -> Self {
        let code = inner_code(message).unwrap_or_else(|| number(return_code));
        // Without a code inside, the outer one still tells the rough kind.
        let meaning = match (Meaning::of(code.as_str()), return_code) {
            (Meaning::NotListed, 5) => Meaning::RateOfCall,
            (Meaning::NotListed, 3) => Meaning::Token,
            (Meaning::NotListed, 2) => Meaning::Request,
            (meaning, _) => meaning,
        };
        Self { code, meaning, text: message.trim().chars().take(TEXT_CHARS_MAX).collect() }
    }

    /// From an HTTP status whose body says nothing that can be read.
    pub(super) fn from_status(status: u16, body: &[u8]) -> Self {
        let beginning = String::from_utf8_lossy(&body[..body.len().min(TEXT_CHARS_MAX)]);
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let text =
            format!("HTTP status {status}: {}", beginning.chars().map(clean).collect::<String>());
        Self { code: number(i64::from(status)), meaning: Meaning::of_status(status), text }
    }
}

fn number(number: i64) -> Code {
    Text::truncated(&number.to_string()).0
}

/// The code inside a message: `(RC4027:` before `[8005:` before a bare `[2000]`.
///
/// Words in a message may hold brackets with other numbers (an instrument, a quantity). So codes that
/// are known come before others, and one that leaves the outcome open comes before all.
fn inner_code(message: &str) -> Option<Code> {
    let bracketed = |open: char, ends: &'static [char]| {
        message.match_indices(open).filter_map(move |(at, _)| {
            let inside = &message[at + 1..];
            let code = inside[..inside.find(ends)?].trim();
            is_code(code).then_some(code)
        })
    };
    let codes =
        || bracketed('(', &[':', ')']).chain(bracketed('[', &[':'])).chain(bracketed('[', &[']']));
    let open = codes().find(|code| Meaning::of(code).fate() == Fate::Unknown);
    let known = || codes().find(|code| Meaning::of(code) != Meaning::NotListed);
    open.or_else(known).or_else(|| codes().next()).and_then(Text::new)
}

/// Four to six digits, `RC` in front or not.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix("RC").unwrap_or(text);
    (4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_code_is_found() {
        for (message, code, meaning) in [
            ("[2000](RC4027:상/하한가 오류)", "RC4027", Meaning::Price),
            ("[2000](855056:매수증거금이 부족합니다. 12주 매수가능)", "855056", Meaning::Funds),
            ("인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "8005", Meaning::Token),
            (
                "허용된 요청 개수를 초과하였습니다 [1700:허용된 API 요청 개수를 초과하였습니다. 유량=5, API ID=ka10080]",
                "1700",
                Meaning::RateOfCall,
            ),
            ("[2000](RC4033:취소할 수량이 없습니다)", "RC4033", Meaning::Gone),
            ("[1999:예기치 못한 에러가 발생하였습니다]", "1999", Meaning::Unclear),
            ("[2000] 처리할 수 없습니다 (주문)", "2000", Meaning::NotListed),
            ("[571758](조회할 내역이 없습니다)", "571758", Meaning::Empty),
            ("[8005:토큰 (005930)]", "8005", Meaning::Token),
            ("[1999:오류 (RC4027:x) (005930)]", "1999", Meaning::Unclear),
            ("[2000](999999:(005930))", "999999", Meaning::NotListed),
        ] {
            let refusal = Refusal::from_answer(20, message);
            assert_eq!((refusal.code.as_str(), refusal.meaning), (code, meaning), "{message}");
        }
    }

    #[test]
    fn without_a_code_inside_the_outer_one_tells_the_kind() {
        for (outer, meaning) in [
            (2, Meaning::Request),
            (3, Meaning::Token),
            (5, Meaning::RateOfCall),
            (20, Meaning::NotListed),
        ] {
            let refusal = Refusal::from_answer(outer, "안 됩니다");
            assert_eq!((refusal.meaning, refusal.code), (meaning, number(outer)));
        }
    }

    #[test]
    fn a_status_without_sense_is_unknown_unless_http_says_the_call_was_not_done() {
        for status in [301, 302, 408, 409, 425, 499, 500, 502, 503, 504] {
            assert_eq!(Meaning::of_status(status).fate(), Fate::Unknown, "{status}");
        }
        for status in [400, 401, 403, 404, 405, 411, 413, 414, 415, 429, 431] {
            assert_eq!(Meaning::of_status(status).fate(), Fate::NotDone, "{status}");
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let refusal = Refusal::from_answer(20, &"가".repeat(500));
        assert_eq!(refusal.text.chars().count(), TEXT_CHARS_MAX);
    }
}

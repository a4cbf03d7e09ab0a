//! Texts that the broker sends on the socket, apart from REAL frames.
//!
//! Codes and texts as seen live. Where no source knows the answer, the choice is ours and says so.

use serde_json::{Value, json};

/// A required field is missing, `trnm` above all. Also our answer to a text that is no JSON object.
pub(super) const MISSING: Refusal = Refusal(100_002, "필수 파라미터가 누락되어 있습니다");
/// Something other than LOGIN came before the LOGIN answer. `%s` is the real server's own slip.
pub(super) const BEFORE_LOGIN: Refusal = Refusal(
    100_013,
    "로그인 인증이 들어오기 전에 다른 전문이 들어왔습니다. 해당 전문은 무시됩니다. (TRNM=%s)",
);
/// No such `trnm`.
pub(super) const UNKNOWN_TRNM: Refusal = Refusal(105_108, "정의되어 있지 않는 TRNM입니다");
/// Too many condition searches.
pub(super) const TOO_MANY: Refusal = Refusal(105_110, "요청 건수 초과");
/// `item` or `type` is not an array; nothing is registered. What the real server answers to an
/// unknown type, to more than 100 items in an entry and to more than 200 on a connection is not
/// known: this code is our guess for all three.
pub(super) const NOT_REGISTERED: Refusal = Refusal(105_111, "실시간 항목 등록에 실패했습니다");
/// LOGIN without a token; the connection ends.
pub(super) const NO_TOKEN: Refusal = Refusal(805_002, "인증을 체크하기 위한 Token 값이 없습니다");
/// LOGIN with a token that is not good; the connection ends.
pub(super) const BAD_TOKEN: Refusal = Refusal(
    805_004,
    "토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]",
);
/// A condition number that is not in the list, or a search before the list was asked for. The real
/// code is not known; 1 is the spec's general error.
pub(super) const NO_CONDITION: Refusal = Refusal(1, "조건검색식을 찾을 수 없습니다");
/// The mock host has no condition search. The real code is not known.
pub(super) const NOT_ON_MOCK: Refusal =
    Refusal(1, "모의투자에서는 해당업무가 제공되지 않습니다 [RC9000]");

/// A refusal: `return_code` and `return_msg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) u32, pub(super) &'static str);

impl Refusal {
    /// The answer to a message with this `trnm`.
    pub(super) fn answer(self, trnm: &str) -> String {
        format!(
            r#"{{"trnm":{},"return_code":{},"return_msg":{}}}"#,
            json!(trnm),
            self.0,
            json!(self.1)
        )
    }

    /// The answer to a condition search, which repeats its number.
    pub(super) fn answer_condition(self, trnm: &str, seq: &Value) -> String {
        format!(
            r#"{{"trnm":{},"seq":{seq},"return_code":{},"return_msg":{}}}"#,
            json!(trnm),
            self.0,
            json!(self.1)
        )
    }
}

/// A SYSTEM code, its text, and whether the session ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice(pub(super) &'static str, pub(super) &'static str);

/// A second LOGIN came with the same app key; the older session hears it.
pub(super) const SAME_KEY: Notice =
    Notice("R10001", "동일한 App key로 접속이 되었습니다. 기존 세션은 종료가 됩니다");
/// Too many PINGs went unanswered.
pub(super) const NO_HEARTBEAT: Notice = Notice(
    "R10002",
    "사용자 프로그램으로부터 Heartbeat(연결유지) 메시지가 오지않아서 접속을 종료합니다",
);
/// No LOGIN came in time.
pub(super) const NO_LOGIN: Notice = Notice("R10004", "접속허용요청(토큰)이 들어오지 않았습니다");
/// The real host sends harmless SYSTEM frames around LOGIN; their code and text are not known.
pub(super) const WELCOME: Notice = Notice("R00000", "실시간 서비스에 접속되었습니다");

impl Notice {
    /// The SYSTEM frame.
    pub(super) fn text(self) -> String {
        system(self.0, self.1)
    }
}

/// A SYSTEM frame with any code.
pub(super) fn system(code: &str, message: &str) -> String {
    format!(r#"{{"trnm":"SYSTEM","code":{},"message":{}}}"#, json!(code), json!(message))
}

/// The PING message: no other key.
pub(super) const PING: &str = r#"{"trnm":"PING"}"#;
/// The answer to a good LOGIN.
pub(super) const LOGIN_OK: &str =
    r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#;

/// The answer to a good REG or REMOVE: no group, no data.
pub(super) fn accepted(trnm: &str) -> String {
    format!(r#"{{"trnm":"{trnm}","return_code":0,"return_msg":""}}"#)
}

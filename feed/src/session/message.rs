//! What the broker says besides `REAL`: answers, PING, SYSTEM, condition search.
//!
//! Read leniently: unknown keys are ignored, codes come as numbers or as text, texts may be missing,
//! `seq` may be padded with spaces, `data` may be `null`. Only bytes that are no JSON object are
//! refused. This is the cold side of the feed: everything is owned and allocation is fine.

use std::fmt;

use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};

/// One message of the broker that is not `REAL`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// The answer to our LOGIN.
    Login(Reply),
    /// The answer to a REG. It names neither group nor items: answers come in order of sending.
    Reg(Reply),
    /// The answer to a REMOVE; in order of sending, like REG.
    Remove(Reply),
    /// The broker asks whether we live. Echo the received bytes.
    Ping,
    /// The broker announces something, often the end of this connection.
    System(System),
    /// The list of the account's stored conditions (`CNSRLST`).
    ConditionList {
        /// Whether it worked.
        reply: Reply,
        /// The conditions.
        conditions: Vec<Condition>,
    },
    /// The answer to a condition search (`CNSRREQ`), once or realtime.
    ConditionRows {
        /// Whether it worked.
        reply: Reply,
        /// The condition's number, trimmed. Empty when the answer has none (errors).
        seq: String,
        /// The instruments that match now.
        rows: Vec<ConditionRow>,
        /// The key to ask for more with, when the broker has more.
        next_key: Option<String>,
    },
    /// The answer to stopping a realtime condition (`CNSRCLR`).
    ConditionStopped {
        /// Whether it worked.
        reply: Reply,
        /// The condition's number, trimmed.
        seq: String,
    },
    /// A `trnm` that this program does not know, or a message without one.
    Other {
        /// The `trnm` as sent; `None` when there was none or it was no text.
        trnm: Option<String>,
        /// What a reply's keys said, where there were any (100002 comes without a `trnm`).
        reply: Reply,
    },
}

/// The keys that every answer shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// `return_code`; `None` when it is missing or of no readable form.
    pub code: Option<Code>,
    /// `return_msg`, trimmed; empty when missing.
    pub text: String,
    /// The more exact code that some texts hold in brackets, as in `[CODE=8005, MESSAGE=…]`.
    pub nested: Option<Code>,
}

impl Reply {
    /// Whether the broker said that it worked. No code at all is no success.
    pub fn is_success(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.number() == Some(0))
    }

    /// Whether one of the two codes is this number.
    pub fn has_code(&self, number: i64) -> bool {
        [&self.code, &self.nested].into_iter().flatten().any(|code| code.number() == Some(number))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}")?,
            None => f.write_str("no code")?,
        }
        if let Some(nested) = &self.nested {
            write!(f, " ({nested})")?;
        }
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        Ok(())
    }
}

/// A code of the broker: a number (`0`, `"0000"`, `"8005"`) or a word (`R10001`, `RC4027`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A number, whether it came as a JSON number or as digits in a text.
    Number(i64),
    /// Anything else, trimmed.
    Word(Box<str>),
}

impl Code {
    /// Reads a code from text; `None` if it is empty.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        Some(text.parse().map_or_else(|_| Self::Word(text.into()), Self::Number))
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(_) => None,
        }
    }

    /// Whether this is exactly that word.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.as_ref() == word)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// A SYSTEM message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// `code` (or `return_code`, which one source reports).
    pub code: Option<Code>,
    /// `message` (or `return_msg`), trimmed.
    pub text: String,
}

/// A condition stored at the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its number, trimmed.
    pub seq: String,
    /// Its name.
    pub name: String,
}

/// One instrument that a condition search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionRow {
    /// The code as sent, with the letter in front (`A005930`): `jmcode` or FID 9001.
    pub code: String,
    /// All keys with their values as text, in the order of the message.
    pub values: Vec<(String, String)>,
}

/// Why a text frame is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes are no JSON text.
    #[error("the frame is no valid JSON (error near byte {offset}); it was ignored")]
    NotJson {
        /// Where the parser gave up, in bytes from the start of the frame.
        offset: usize,
    },
    /// The JSON text is no object.
    #[error("the frame is valid JSON but no object; it was ignored")]
    NotAnObject,
    /// Arrays or objects inside each other, more than any message of the protocol has: the parser
    /// recurses, and a frame must not be able to exhaust the stack.
    #[error(
        "the frame is nested deeper than {NESTING_MAX} levels (at byte {offset}); it was ignored"
    )]
    TooDeep {
        /// Where the limit was passed, in bytes from the start of the frame.
        offset: usize,
    },
}

/// How deep a message may be nested. The deepest that is known has 3 levels.
const NESTING_MAX: usize = 64;

/// Reads one text frame that is not `REAL`.
///
/// # Errors
/// When the bytes are no JSON object, or nested absurdly deep. Everything else is a message, if only [`Message::Other`].
pub fn parse(frame: &[u8]) -> Result<Message, MessageError> {
    check_nesting(frame)?;
    let value: Value = sonic_rs::from_slice(frame)
        .map_err(|error| MessageError::NotJson { offset: error.offset().min(frame.len()) })?;
    if !value.is_object() {
        return Err(MessageError::NotAnObject);
    }
    let trnm = value.get("trnm").and_then(|trnm| trnm.as_str()).map(str::trim);
    let reply = || reply(&value);
    Ok(match trnm {
        Some("LOGIN") => Message::Login(reply()),
        Some("REG") => Message::Reg(reply()),
        Some("REMOVE") => Message::Remove(reply()),
        Some("PING") => Message::Ping,
        Some("SYSTEM") => Message::System(system(&value)),
        Some("CNSRLST") => {
            Message::ConditionList { reply: reply(), conditions: conditions(&value) }
        }
        Some("CNSRREQ") => Message::ConditionRows {
            reply: reply(),
            seq: text_of(&value, "seq"),
            rows: rows(&value),
            next_key: next_key(&value),
        },
        Some("CNSRCLR") => {
            Message::ConditionStopped { reply: reply(), seq: text_of(&value, "seq") }
        }
        other => Message::Other { trnm: other.map(str::to_owned), reply: reply() },
    })
}

fn check_nesting(frame: &[u8]) -> Result<(), MessageError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in frame.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > NESTING_MAX {
                    return Err(MessageError::TooDeep { offset });
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn reply(value: &Value) -> Reply {
    let text = text_of(value, "return_msg");
    let nested = nested_code(&text);
    Reply { code: code_of(value, "return_code"), text, nested }
}

fn system(value: &Value) -> System {
    let text = text_of(value, "message");
    System {
        code: code_of(value, "code").or_else(|| code_of(value, "return_code")),
        text: if text.is_empty() { text_of(value, "return_msg") } else { text },
    }
}

fn conditions(value: &Value) -> Vec<Condition> {
    let Some(rows) = value.get("data").and_then(|data| data.as_array()) else { return Vec::new() };
    rows.iter()
        .filter_map(|row| {
            let at = |index: usize, key: &str| match row.get_type() {
                JsonType::Array => row.get(index).map(text),
                JsonType::Object => row.get(key).map(text),
                _ => None,
            };
            let seq = at(0, "seq")?.trim().to_owned();
            Some(Condition { seq, name: at(1, "name").unwrap_or_default() })
        })
        .collect()
}

fn rows(value: &Value) -> Vec<ConditionRow> {
    let Some(rows) = value.get("data").and_then(|data| data.as_array()) else { return Vec::new() };
    rows.iter()
        .filter_map(|row| {
            let values: Vec<(String, String)> =
                row.as_object()?.iter().map(|(key, value)| (key.to_owned(), text(value))).collect();
            let code = values.iter().find(|(key, _)| key == "jmcode" || key == "9001")?;
            Some(ConditionRow { code: code.1.trim().to_owned(), values })
        })
        .collect()
}

fn next_key(value: &Value) -> Option<String> {
    let more = text_of(value, "cont_yn").eq_ignore_ascii_case("Y");
    let key = text_of(value, "next_key");
    (more && !key.is_empty()).then_some(key)
}

fn text_of(value: &Value, key: &str) -> String {
    value.get(key).map(text).unwrap_or_default().trim().to_owned()
}

/// A scalar as text; `null`, arrays and objects as nothing.
fn text(value: &Value) -> String {
    match value.get_type() {
        JsonType::String => value.as_str().unwrap_or_default().to_owned(),
        JsonType::Number | JsonType::Boolean => sonic_rs::to_string(value).unwrap_or_default(),
        JsonType::Null | JsonType::Array | JsonType::Object => String::new(),
    }
}

fn code_of(value: &Value, key: &str) -> Option<Code> {
    Code::from_text(&text(value.get(key)?))
}

/// The code inside a text: `[CODE=8005, MESSAGE=…]`, `[8005:…]` or `[2000](RC4027:…)`. Where there
/// are both square and round brackets the round ones are more exact.
fn nested_code(text: &str) -> Option<Code> {
    if let Some(round) = text.rfind("](").map(|at| &text[at + 2..])
        && let Some(code) = leading_code(round)
    {
        return Some(code);
    }
    text.match_indices('[').rev().find_map(|(at, _)| {
        let inner = text[at + 1..].trim_start();
        leading_code(inner.strip_prefix("CODE=").unwrap_or(inner))
    })
}

/// The code at the start of a text that goes on with a separator: letters and digits, at least one
/// digit, so that words in brackets are not taken for codes.
fn leading_code(text: &str) -> Option<Code> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (code, rest) = text.split_at(end);
    let separated = rest.starts_with([':', ',', ']', ')', ' ']);
    (separated && code.bytes().any(|byte| byte.is_ascii_digit())).then(|| Code::from_text(code))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: i64) -> Option<Code> {
        Some(Code::Number(number))
    }

    fn word(word: &str) -> Option<Code> {
        Some(Code::Word(word.into()))
    }

    fn parsed(frame: &str) -> Message {
        parse(frame.as_bytes()).unwrap_or_else(|error| panic!("{frame}: {error}"))
    }

    fn reply_of(message: Message) -> Reply {
        match message {
            Message::Login(reply)
            | Message::Reg(reply)
            | Message::Remove(reply)
            | Message::ConditionList { reply, .. }
            | Message::ConditionRows { reply, .. }
            | Message::ConditionStopped { reply, .. }
            | Message::Other { reply, .. } => reply,
            other => panic!("no reply: {other:?}"),
        }
    }

    #[test]
    fn a_login_answer_ignores_keys_it_does_not_know() {
        let reply =
            reply_of(parsed(r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#));
        assert!(reply.is_success());
        assert_eq!(reply, Reply { code: number(0), text: String::new(), nested: None });
    }

    #[test]
    fn codes_are_read_as_numbers_or_as_text() {
        for (written, code, success) in [
            ("0", number(0), true),
            ("\"0\"", number(0), true),
            ("\"0000\"", number(0), true),
            ("\" 0 \"", number(0), true),
            ("8005", number(8005), false),
            ("\"8005\"", number(8005), false),
            ("-1", number(-1), false),
            ("\"RC4027\"", word("RC4027"), false),
            ("\"\"", None, false),
            ("null", None, false),
            ("[]", None, false),
            ("{}", None, false),
        ] {
            let frame = format!(r#"{{"trnm":"REG","return_code":{written}}}"#);
            let reply = reply_of(parsed(&frame));
            assert_eq!((&reply.code, reply.is_success()), (&code, success), "{written}");
        }
        assert!(!reply_of(parsed(r#"{"trnm":"REG"}"#)).is_success());
    }

    #[test]
    fn codes_inside_texts_are_found() {
        for (text, nested) in [
            (
                "토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]",
                number(8005),
            ),
            ("인증에 실패했습니다[8005:Token이 유효하지 않습니다]", number(8005)),
            ("[2000](RC4027:상한가를 초과)", word("RC4027")),
            ("[2000](855056:매수증거금이 부족합니다)", number(855_056)),
            (
                "허용된 요청 개수를 초과하였습니다 [1700:허용된 API 요청. 유량=5, API ID=ka10080]",
                number(1700),
            ),
            ("로그인 인증이 들어오기 전에 다른 전문이 들어왔습니다. (TRNM=%s)", None),
            ("[안내] 정상 처리", None),
            ("no brackets 8005:", None),
            ("[", None),
            ("](", None),
            ("", None),
        ] {
            assert_eq!(nested_code(text), nested, "{text}");
        }
    }

    #[test]
    fn system_keys_come_under_two_names() {
        let wanted = System { code: word("R10001"), text: "동일한 App key".to_owned() };
        for frame in [
            r#"{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key"}"#,
            r#"{"message":" 동일한 App key ","trnm":"SYSTEM","code":"R10001","x":1}"#,
            r#"{"trnm":"SYSTEM","return_code":"R10001","return_msg":"동일한 App key"}"#,
        ] {
            assert_eq!(parsed(frame), Message::System(wanted.clone()), "{frame}");
        }
        let bare = parsed(r#"{"trnm":"SYSTEM"}"#);
        assert_eq!(bare, Message::System(System { code: None, text: String::new() }));
    }

    #[test]
    fn a_ping_may_carry_more_keys() {
        for frame in [
            r#"{"trnm":"PING"}"#,
            r#"{"trnm":"PING","seq":"1"}"#,
            "{ \"x\" : [1] ,\"trnm\" : \"PING\" }",
        ] {
            assert_eq!(parsed(frame), Message::Ping);
        }
    }

    #[test]
    fn condition_rows_are_arrays_or_objects_and_data_may_be_null() {
        let wanted = vec![
            Condition { seq: "0".into(), name: "조건1".into() },
            Condition { seq: "1".into(), name: "둘".into() },
        ];
        for data in [
            r#"[["0","조건1"],["1","둘"]]"#,
            r#"[{"seq":"0","name":"조건1"},{"seq":"1 ","name":"둘"}]"#,
            r#"[[0,"조건1"],null,7,["1","둘",null]]"#,
        ] {
            let frame =
                format!(r#"{{"trnm":"CNSRLST","return_code":0,"return_msg":"","data":{data}}}"#);
            let Message::ConditionList { conditions, reply } = parsed(&frame) else {
                panic!("{frame}")
            };
            assert!(reply.is_success());
            assert_eq!(conditions, wanted, "{data}");
        }
        let none = parsed(r#"{"trnm":"CNSRLST","return_code":0,"data":null}"#);
        assert!(matches!(none, Message::ConditionList { conditions, .. } if conditions.is_empty()));
    }

    #[test]
    fn a_condition_answer_trims_its_seq_and_names_its_instruments() {
        let frame = r#"{"trnm":"CNSRREQ","seq":"2  ","return_code":0,"data":[{"jmcode":"A005930"},{"9001":"A000660","10":"000075000"}],"cont_yn":"Y","next_key":"17"}"#;
        let Message::ConditionRows { seq, rows, next_key, .. } = parsed(frame) else { panic!() };
        assert_eq!((seq.as_str(), next_key.as_deref()), ("2", Some("17")));
        assert_eq!(rows[0].code, "A005930");
        assert_eq!(rows[1].values[1], ("10".to_owned(), "000075000".to_owned()));
        let frame = r#"{"trnm":"CNSRREQ","seq":"4","return_code":0,"data":null,"cont_yn":"N","next_key":""}"#;
        let Message::ConditionRows { rows, next_key, .. } = parsed(frame) else { panic!() };
        assert!(rows.is_empty() && next_key.is_none());
        let stopped = parsed(r#"{"trnm":"CNSRCLR","seq":"1 ","return_code":"0"}"#);
        assert!(matches!(stopped, Message::ConditionStopped { seq, .. } if seq == "1"));
    }

    #[test]
    fn a_message_without_a_known_trnm_is_kept_with_its_reply() {
        let frame = r#"{"return_code":100002,"return_msg":"필수 파라미터가 누락되어 있습니다"}"#;
        let Message::Other { trnm, reply } = parsed(frame) else { panic!() };
        assert_eq!((trnm, reply.code), (None, number(100_002)));
        for (frame, name) in
            [(r#"{"trnm":"NEWS","x":{}}"#, Some("NEWS")), (r#"{"trnm":5}"#, None), ("{}", None)]
        {
            let Message::Other { trnm, .. } = parsed(frame) else { panic!("{frame}") };
            assert_eq!(trnm.as_deref(), name);
        }
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for frame in ["[]", "1", "\"PING\"", "null"] {
            assert_eq!(parse(frame.as_bytes()), Err(MessageError::NotAnObject), "{frame}");
        }
        for frame in [&b"{"[..], b"", b"{\"trnm\":\"PING\"", b"{\"trnm\":\"\xff\"}", b"{} x"] {
            assert!(matches!(parse(frame), Err(MessageError::NotJson { .. })), "{frame:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_it_can_exhaust_the_stack() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            parse(format!(r#"{{"trnm":"PING","s":"[\"{open}","a":{open}{close}}}"#).as_bytes())
        };
        assert_eq!(nested(63), Ok(Message::Ping));
        for levels in [64, 1_000, 500_000] {
            assert!(matches!(nested(levels), Err(MessageError::TooDeep { .. })), "{levels}");
        }
    }
}

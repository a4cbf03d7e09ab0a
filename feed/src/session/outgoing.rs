//! What we say to the broker, as JSON text.
//!
//! Every text lives in secret storage that is wiped when dropped and that no `Debug` prints, because
//! one of them, LOGIN, holds the token.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// One text frame to send.
pub struct Outgoing {
    kind: OutgoingKind,
    text: SecretString,
}

/// Which message an [`Outgoing`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutgoingKind {
    /// `LOGIN`, the first message of a connection.
    Login,
    /// `REG`: register instruments and types.
    Reg,
    /// `REMOVE`: take a registration back.
    Remove,
    /// The echo of a `PING`.
    Ping,
    /// `CNSRLST`: list the stored conditions.
    ConditionList,
    /// `CNSRREQ`: run a condition search.
    ConditionSearch,
    /// `CNSRCLR`: stop a realtime condition search.
    ConditionStop,
}

impl Outgoing {
    /// `{"trnm":"LOGIN","token":"…"}` with the bare token.
    pub fn login(token: &SecretString) -> Self {
        let token = token.expose_secret();
        // Room for every character escaped: a text that grows leaves unwiped copies behind.
        let mut text = String::with_capacity(40 + 6 * token.len());
        text.push_str(r#"{"trnm":"LOGIN","token":"#);
        push_string(&mut text, token);
        text.push('}');
        Self::new(OutgoingKind::Login, text)
    }

    /// A REG of some entries: `refresh` is `"1"`, so nothing registered before is dropped.
    pub fn reg(group: GroupNumber, entries: &[Entry]) -> Self {
        let mut text = format!(r#"{{"trnm":"REG","grp_no":"{group}","refresh":"1","data":["#);
        push_entries(&mut text, entries);
        Self::new(OutgoingKind::Reg, text)
    }

    /// A REMOVE of some entries.
    pub fn remove(group: GroupNumber, entries: &[Entry]) -> Self {
        let mut text = format!(r#"{{"trnm":"REMOVE","grp_no":"{group}","data":["#);
        push_entries(&mut text, entries);
        Self::new(OutgoingKind::Remove, text)
    }

    /// The received PING, byte for byte; `None` if it is no UTF-8 (then it was no text frame).
    pub fn ping_echo(received: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(received).ok()?;
        Some(Self::new(OutgoingKind::Ping, text.to_owned()))
    }

    /// `{"trnm":"CNSRLST"}`.
    pub fn condition_list() -> Self {
        Self::new(OutgoingKind::ConditionList, r#"{"trnm":"CNSRLST"}"#.to_owned())
    }

    /// Runs a condition once (`search_type` 0), from the page that `next_key` names.
    pub fn condition_once(seq: &str, next_key: Option<&str>) -> Self {
        let mut text = String::from(r#"{"trnm":"CNSRREQ","seq":"#);
        push_string(&mut text, seq);
        text.push_str(r#","search_type":"0","stex_tp":"K","cont_yn":""#);
        text.push_str(if next_key.is_some() { "Y" } else { "N" });
        text.push_str(r#"","next_key":"#);
        push_string(&mut text, next_key.unwrap_or_default());
        text.push('}');
        Self::new(OutgoingKind::ConditionSearch, text)
    }

    /// Runs a condition and keeps it running: changes come as `REAL` frames of type 02.
    pub fn condition_realtime(seq: &str) -> Self {
        let mut text = String::from(r#"{"trnm":"CNSRREQ","seq":"#);
        push_string(&mut text, seq);
        text.push_str(r#","search_type":"1","stex_tp":"K"}"#);
        Self::new(OutgoingKind::ConditionSearch, text)
    }

    /// Stops a realtime condition.
    pub fn condition_stop(seq: &str) -> Self {
        let mut text = String::from(r#"{"trnm":"CNSRCLR","seq":"#);
        push_string(&mut text, seq);
        text.push('}');
        Self::new(OutgoingKind::ConditionStop, text)
    }

    /// Which message it is.
    pub fn kind(&self) -> OutgoingKind {
        self.kind
    }

    /// The text to put on the wire. It may hold the token: not for logs.
    pub fn expose_text(&self) -> &str {
        self.text.expose_secret()
    }

    fn new(kind: OutgoingKind, text: String) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({:?}, {} bytes)", self.kind, self.expose_text().len())
    }
}

/// The number of a registration group, 1..=9999 (up to four characters on the wire).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNumber(u16);

impl GroupNumber {
    /// The first group.
    pub const FIRST: Self = Self(1);

    /// The group after this one; after 9999 comes 1 again, which is harmless since a REG never
    /// drops what its group held before.
    pub fn next(self) -> Self {
        Self(self.0 % 9999 + 1)
    }
}

impl fmt::Display for GroupNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One entry of `data`: every item with every type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Codes as registered; one empty text for account- and market-wide types.
    pub items: Vec<Box<str>>,
    /// Type codes.
    pub types: Vec<super::TypeCode>,
}

fn push_entries(text: &mut String, entries: &[Entry]) {
    for (index, entry) in entries.iter().enumerate() {
        text.push_str(if index == 0 { r#"{"item":["# } else { r#",{"item":["# });
        push_list(text, entry.items.iter().map(AsRef::as_ref));
        text.push_str(r#"],"type":["#);
        push_list(text, entry.types.iter().map(super::TypeCode::as_str));
        text.push_str("]}");
    }
    text.push_str("]}");
}

fn push_list<'a>(text: &mut String, values: impl Iterator<Item = &'a str>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_string(text, value);
    }
}

/// Appends a JSON string with its quotes. Non-ASCII stays raw UTF-8, as the broker writes it.
fn push_string(text: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if (c as u32) < 0x20 => {
                text.push_str("\\u00");
                text.push(HEX[(c as usize) >> 4] as char);
                text.push(HEX[(c as usize) & 15] as char);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TypeCode;
    use super::*;

    fn code(code: &str) -> TypeCode {
        TypeCode::new(code).unwrap()
    }

    #[test]
    fn messages_read_as_the_protocol_document_writes_them() {
        let entries = [
            Entry {
                items: vec!["005930".into(), "005930_NX".into()],
                types: vec![code("0B"), code("0D")],
            },
            Entry { items: vec!["".into()], types: vec![code("00")] },
        ];
        for (outgoing, text) in [
            (Outgoing::login(&"abc".into()), r#"{"trnm":"LOGIN","token":"abc"}"#),
            (
                Outgoing::reg(GroupNumber::FIRST, &entries),
                r#"{"trnm":"REG","grp_no":"1","refresh":"1","data":[{"item":["005930","005930_NX"],"type":["0B","0D"]},{"item":[""],"type":["00"]}]}"#,
            ),
            (
                Outgoing::remove(GroupNumber::FIRST.next(), &entries[1..]),
                r#"{"trnm":"REMOVE","grp_no":"2","data":[{"item":[""],"type":["00"]}]}"#,
            ),
            (Outgoing::condition_list(), r#"{"trnm":"CNSRLST"}"#),
            (
                Outgoing::condition_once("4", None),
                r#"{"trnm":"CNSRREQ","seq":"4","search_type":"0","stex_tp":"K","cont_yn":"N","next_key":""}"#,
            ),
            (
                Outgoing::condition_once("4", Some("k")),
                r#"{"trnm":"CNSRREQ","seq":"4","search_type":"0","stex_tp":"K","cont_yn":"Y","next_key":"k"}"#,
            ),
            (
                Outgoing::condition_realtime("1"),
                r#"{"trnm":"CNSRREQ","seq":"1","search_type":"1","stex_tp":"K"}"#,
            ),
            (Outgoing::condition_stop("1"), r#"{"trnm":"CNSRCLR","seq":"1"}"#),
        ] {
            assert_eq!(outgoing.expose_text(), text);
        }
    }

    #[test]
    fn a_ping_goes_back_byte_for_byte() {
        let received = b"{ \"trnm\" :\"PING\", \"seq\":\"1\" }\n";
        assert_eq!(Outgoing::ping_echo(received).unwrap().expose_text().as_bytes(), received);
        assert!(Outgoing::ping_echo(b"\xff").is_none());
    }

    #[test]
    fn debug_names_the_message_and_never_its_text() {
        let debug = format!("{:?}", Outgoing::login(&"canary-token".into()));
        assert_eq!(debug, "Outgoing(Login, 39 bytes)");
    }

    #[test]
    fn group_numbers_stay_within_four_characters() {
        let mut group = GroupNumber::FIRST;
        for _ in 0..20_000 {
            group = group.next();
            assert!((1..=9999).contains(&group.0));
        }
    }

    proptest! {
        #[test]
        fn any_token_survives_the_trip_through_json(token in any::<String>()) {
            let outgoing = Outgoing::login(&token.clone().into());
            let read: serde_json::Value = serde_json::from_str(outgoing.expose_text()).unwrap();
            prop_assert_eq!(read, serde_json::json!({"trnm": "LOGIN", "token": token}));
        }
    }
}

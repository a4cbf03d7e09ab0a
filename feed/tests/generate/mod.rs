//! Frames from a seed: every type, every FID, good and bad values, in every way JSON can be written.

use feed::schema::{ValueKind, WireType};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As live frames: no white space, no escapes, strings only, no repetitions.
    Canonical,
    /// White space, escapes, repeated keys, numbers, nulls, other shapes.
    Wild,
}

pub(crate) fn frame(seed: u64, style: Style) -> String {
    let mut g = Generator { state: seed | 1, wild: style == Style::Wild };
    for _ in 0..4 {
        g.next();
    }
    let count = [0, 1, 1, 1, 2, 3, 5][g.below(7)];
    let entries: Vec<String> = (0..count).map(|_| g.entry()).collect();
    let mut data = g.array(entries);
    if g.odd(30) {
        data = g.other_value();
    }
    let trnm = if g.one_in(20) { "\"REG\"".to_owned() } else { g.string("REAL") };
    let mut members = vec![("trnm".to_owned(), trnm), ("data".to_owned(), data)];
    if g.one_in(4) {
        members.push(("ext\u{0}ra".replace('\u{0}', "_"), g.string("무엇")));
    }
    g.object(members)
}

struct Generator {
    state: u64,
    wild: bool,
}

impl Generator {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Now and then, in the wild style only.
    fn odd(&mut self, chances: usize) -> bool {
        self.wild && self.one_in(chances)
    }

    fn entry(&mut self) -> String {
        if self.odd(25) {
            return self.other_value();
        }
        let wire_type = WireType::ALL[self.below(WireType::ALL.len())];
        let item = [
            "005930",
            "005930_NX",
            "000660_AL",
            "0004V0",
            "999999",
            "",
            "001",
            "a_long_item_code_x",
        ];
        let item = item[self.below(item.len())];
        let values = self.values(wire_type);
        let code = if self.one_in(25) { "0Z" } else { wire_type.code() };
        let mut members = vec![
            ("type".to_owned(), self.string(code)),
            ("item".to_owned(), self.string(item)),
            ("values".to_owned(), values),
            ("name".to_owned(), self.string("주식체결")),
        ];
        if self.one_in(15) {
            members.remove(self.below(3));
        }
        if self.odd(15) {
            let at = self.below(3);
            members[at].1 = self.other_value();
        }
        self.object(members)
    }

    fn values(&mut self, wire_type: WireType) -> String {
        let fields = wire_type.fields();
        let keep = 1 + self.below(4);
        let mut members = Vec::new();
        for field in fields {
            if self.below(4) < keep {
                let text = self.text(field.kind);
                let value = if self.odd(40) {
                    self.other_value()
                } else if self.odd(12) && is_json_number(&text) {
                    text
                } else {
                    self.string(&text)
                };
                members.push((field.fid.to_string(), value));
            }
        }
        for _ in 0..self.below(3) {
            let keys = ["9999", "010", "0", "65536", "99999", "x", "", "1 ", "65535", "123456"];
            let key = keys[self.below(keys.len())];
            members.push((key.to_owned(), self.string("삼  성")));
        }
        self.object(members)
    }

    /// A text of the kind, mostly good.
    fn text(&mut self, kind: ValueKind) -> String {
        use ValueKind as K;
        let sign = ["", "+", "-", " "][self.below(4)];
        let length = self.below(4);
        let digits = 1 + self.below([2, 5, 7, 9][length]);
        let bound = 10u64.pow(digits as u32);
        let number = self.next() % bound;
        if self.one_in(60) {
            let odd = [
                "abc",
                "--5",
                "+",
                "-",
                " ",
                "1e3",
                "99999999999",
                "9223372036854775807",
                "-9223372036854775808",
                "92233720368547758079",
                "2147483648",
                "-2147483648",
                "4294967295",
                "0000000000000000000000007",
                "1.5",
                "0.123456789",
                "5.",
                ".5",
                "888888",
                "240000",
                "256",
                "  7",
                "가나다",
                "a\"b",
                "tab\there",
                "nul\u{0}l",
                "😀",
            ];
            return odd[self.below(odd.len())].to_owned();
        }
        if self.one_in(15) {
            return String::new();
        }
        match kind {
            K::Hundredths | K::MarkedHundredths => {
                format!("{sign}{}.{:02}", number / 100, number % 100)
            }
            K::Millionths | K::Decimal | K::MarkedDecimal => {
                format!("{sign}{}.{:06}", number % 1000, number % 1_000_000)
            }
            K::EventTime | K::LenientEventTime | K::Time | K::TimeOrNone | K::LenientTime => {
                format!("{:02}{:02}{:02}", number % 24, number % 60, number / 60 % 60)
            }
            K::Text | K::Ident | K::Symbol | K::ConditionSymbol | K::SessionText | K::Date => {
                let texts = [
                    "005930",
                    "A005930",
                    "109670_AL",
                    "0119433",
                    "삼  성",
                    "!!!!",
                    "미래에셋증권",
                    "시장가",
                    "a text that is far too long for the field that it was sent for, 아주 긴 글입니다 그렇죠",
                ];
                texts[self.below(texts.len())].to_owned()
            }
            K::Code(_) | K::Char => {
                ["0", "1", "2", "3", "5", "P", "a", "10"][self.below(8)].to_owned()
            }
            K::Side => ["1", "2", "01", "02", "0", "3"][self.below(6)].to_owned(),
            K::Action => {
                ["+매수", "-매도", "매수정정", "매도취소", "기타"][self.below(5)].to_owned()
            }
            K::State => ["접수", "체결", "확인", "취소", "거부", "모름"][self.below(6)].to_owned(),
            K::Venue => ["KRX", "NXT", "통합", "1", "2", "0", "?"][self.below(7)].to_owned(),
            _ => format!("{sign}{number}"),
        }
    }

    /// A JSON string; in the wild style with escapes where none are needed.
    fn string(&mut self, text: &str) -> String {
        let mut json = String::from('"');
        for c in text.chars() {
            match c {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                c if (c as u32) < 0x20 || self.odd(30) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        json.push_str(&format!("\\u{unit:04X}"));
                    }
                }
                c => json.push(c),
            }
        }
        json.push('"');
        json
    }

    /// A value that is not a string.
    fn other_value(&mut self) -> String {
        let values = [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "3.25",
            "1e400",
            "-0",
            "12345678901234567890",
            "[]",
            "{}",
            "[\"005930\"]",
            "{\"10\":\"5\"}",
            "[[[1]],{}]",
            "\"\"",
        ];
        values[self.below(values.len())].to_owned()
    }

    fn array(&mut self, elements: Vec<String>) -> String {
        let spaced: Vec<String> = elements.into_iter().map(|e| self.spaced(&e)).collect();
        format!("[{}]", spaced.join(","))
    }

    /// Members in random order, in the wild style sometimes twice.
    fn object(&mut self, mut members: Vec<(String, String)>) -> String {
        if self.odd(8) && !members.is_empty() {
            let (key, _) = members[self.below(members.len())].clone();
            let value = self.other_value();
            members.push((key, value));
        }
        if self.one_in(2) {
            for at in (1..members.len()).rev() {
                let other = self.below(at + 1);
                members.swap(at, other);
            }
        }
        let written: Vec<String> = members
            .into_iter()
            .map(|(key, value)| {
                let key = self.string(&key);
                let (key, value) = (self.spaced(&key), self.spaced(&value));
                format!("{key}:{value}")
            })
            .collect();
        let inner = written.join(",");
        if inner.is_empty() { format!("{{{}}}", self.spaced("")) } else { format!("{{{inner}}}") }
    }

    fn spaced(&mut self, text: &str) -> String {
        if !self.odd(6) {
            return text.to_owned();
        }
        let white = [" ", "\n", "\t\r", "  "];
        format!("{}{text}{}", white[self.below(4)], white[self.below(4)])
    }
}

fn is_json_number(text: &str) -> bool {
    serde_json::from_str::<f64>(text).is_ok()
}

//! Reads frames with a plain JSON parser and knows the broker's table of fields.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// The broker's table: type, FID, name, note.
const TABLE: &str = include_str!("../../../tests/data/fids.tsv");

/// A whole frame.
#[derive(Deserialize)]
pub(super) struct Reading<'a> {
    #[serde(borrow)]
    pub(super) data: Vec<Entry<'a>>,
    trnm: &'a str,
}

/// One entry; the values in the order of the wire.
#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub(super) values: Values<'a>,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    name: &'a str,
    pub(super) item: &'a str,
}

/// FIDs and texts in the order of the wire.
pub(super) struct Values<'a> {
    keys: Vec<&'a str>,
    pub(super) pairs: Vec<(u32, &'a str)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of FIDs and texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values<'de>, A::Error> {
                let (mut keys, mut pairs) = (Vec::with_capacity(163), Vec::with_capacity(163));
                while let Some((fid, text)) = map.next_entry::<&str, &str>()? {
                    keys.push(fid);
                    pairs.push((fid.parse().expect("a FID is a number"), text));
                }
                Ok(Values { keys, pairs })
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Reads a frame and makes sure that it has the live form to the byte: `data` first, `values`,
/// `type`, `name`, `item` in each entry, `trnm` last, no white space.
pub(super) fn read(text: &str) -> Reading<'_> {
    let reading: Reading<'_> =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut again = String::with_capacity(text.len());
    again.push_str("{\"data\":[");
    for (place, entry) in reading.data.iter().enumerate() {
        again.push_str(if place > 0 { ",{\"values\":{" } else { "{\"values\":{" });
        for (place, (key, pair)) in entry.values.keys.iter().zip(&entry.values.pairs).enumerate() {
            again.push_str(if place > 0 { ",\"" } else { "\"" });
            again.push_str(key);
            again.push_str("\":\"");
            again.push_str(pair.1);
            again.push('"');
        }
        again.push_str("},\"type\":\"");
        again.push_str(entry.kind);
        again.push_str("\",\"name\":\"");
        again.push_str(entry.name);
        again.push_str("\",\"item\":\"");
        again.push_str(entry.item);
        again.push_str("\"}");
    }
    again.push_str("],\"trnm\":\"REAL\"}");
    assert!(again == text && reading.trnm == "REAL", "not the live form: {text}");
    reading
}

/// The fields of one type in their order, found by FID.
pub(super) struct Shape {
    name: &'static str,
    fids: Vec<u32>,
    /// By FID; `ABSENT` where the type has no such field.
    place: Vec<usize>,
}

const ABSENT: usize = usize::MAX;

/// The shapes of all types, and of 0D at Nextrade.
pub(super) struct Shapes(HashMap<&'static str, Shape>);

impl Shapes {
    pub(super) fn new() -> Self {
        let names = [
            ("0A", "주식기세"),
            ("0B", "주식체결"),
            ("0C", "주식우선호가"),
            ("0D", "주식호가잔량"),
            ("0E", "주식시간외호가"),
            ("0F", "주식당일거래원"),
            ("0G", "ETF NAV"),
            ("0H", "주식예상체결"),
            ("0I", "국제금환산가격"),
            ("0J", "업종지수"),
            ("0U", "업종등락"),
            ("0g", "주식종목정보"),
            ("0m", "ELW 이론가"),
            ("0s", "장시작시간"),
            ("0u", "ELW 지표"),
            ("0w", "종목별프로그램매매"),
            ("1h", "VI발동/해제"),
        ];
        let mut shapes = HashMap::new();
        for (kind, name) in names {
            let mut fids: Vec<u32> = TABLE
                .lines()
                .filter_map(|line| line.strip_prefix(kind)?.strip_prefix('\t'))
                .map(|rest| rest.split('\t').next().unwrap().parse().unwrap())
                .collect();
            match kind {
                // The live frames leave these out.
                "0G" => fids.retain(|fid| !(667..=669).contains(fid)),
                // Recorded: fourteen fields, the last ones in another order than in the table.
                "0w" => {
                    fids = [20, 10, 25, 11, 12, 13, 202, 204, 206, 208, 210, 212, 213, 211].into()
                }
                "0D" => {
                    let left_out =
                        |fid: &u32| (621..=640).contains(fid) || [13, 299, 215, 216].contains(fid);
                    let nxt: Vec<u32> = fids.iter().copied().filter(|fid| !left_out(fid)).collect();
                    assert_eq!((fids.len(), nxt.len()), (163, 139));
                    shapes.insert("0D_NX", Shape::of(name, nxt));
                }
                _ => {}
            }
            shapes.insert(kind, Shape::of(name, fids));
        }
        Self(shapes)
    }

    /// The shape of an entry, after making sure that the entry has it.
    pub(super) fn of(&self, entry: &Entry<'_>) -> &Shape {
        let kind =
            if entry.kind == "0D" && entry.item.ends_with("_NX") { "0D_NX" } else { entry.kind };
        let shape = self.0.get(kind).unwrap_or_else(|| panic!("type {kind} is not expected"));
        assert_eq!(entry.name, shape.name);
        let same = entry.values.pairs.iter().map(|pair| pair.0).eq(shape.fids.iter().copied());
        assert!(same, "{kind} has other fields: {:?}", entry.values.pairs);
        shape
    }
}

impl Shape {
    fn of(name: &'static str, fids: Vec<u32>) -> Self {
        let mut place = vec![ABSENT; 10_000];
        for (number, fid) in fids.iter().enumerate() {
            place[*fid as usize] = number;
        }
        Self { name, fids, place }
    }
}

/// The values of an entry by FID.
pub(super) struct Fields<'a> {
    pub(super) values: &'a [(u32, &'a str)],
    pub(super) shape: &'a Shape,
}

impl<'a> Fields<'a> {
    pub(super) fn text(&self, fid: u32) -> &'a str {
        self.values[self.shape.place[fid as usize]].1
    }

    pub(super) fn has(&self, fid: u32) -> bool {
        self.shape.place[fid as usize] != ABSENT
    }

    /// A number with `-`, `+`, a space or nothing in front.
    pub(super) fn number(&self, fid: u32) -> i64 {
        let text = self.text(fid);
        let digits = text.strip_prefix(['+', ' ']).unwrap_or(text);
        assert!(digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()), "{fid} {text}");
        digits.parse().unwrap_or_else(|_| panic!("{fid} is {text:?}"))
    }

    /// A number of two decimals, in hundredths.
    pub(super) fn hundredths(&self, fid: u32) -> i64 {
        let text = self.text(fid);
        let (whole, part) = text.split_once('.').unwrap_or_else(|| panic!("{fid} is {text:?}"));
        assert_eq!(part.len(), 2, "{fid} {text}");
        let digits: i64 = format!("{}{part}", whole.trim_start_matches(['+', ' ', '-']))
            .parse()
            .unwrap_or_else(|_| panic!("{fid} is {text:?}"));
        if text.starts_with('-') { -digits } else { digits }
    }

    /// A price: a mark against `base` in front, the absolute value behind; `marked_zero` allows a
    /// sign in front of zero.
    pub(super) fn price(&self, fid: u32, base: i64, marked_zero: bool) -> i64 {
        let text = self.text(fid);
        let price: i64 = text[1..].parse().unwrap_or_else(|_| panic!("{fid} is {text:?}"));
        let mark = match price - base {
            _ if price == 0 && marked_zero => &text[..1],
            _ if price == 0 => " ",
            0 => " ",
            1.. => "+",
            _ => "-",
        };
        assert_eq!(&text[..1], mark, "{fid} is {text:?} over {base}");
        price
    }
}

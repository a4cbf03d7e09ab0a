//! Frames: the recorded ones, those of the broker's documentation, and generated ones that change
//! in every value.

use std::fmt::Write;
use std::path::Path;

/// Types that engine and strategies know; the documentation has American ones besides.
const KNOWN: [&str; 20] = [
    "00", "02", "04", "0A", "0B", "0C", "0D", "0E", "0F", "0G", "0H", "0I", "0J", "0U", "0g", "0m",
    "0s", "0u", "0w", "1h",
];

/// All frames of data.
pub(crate) fn all() -> Vec<String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../feed/tests/data");
    let recorded = std::fs::read_to_string(data.join("recorded.jsonl")).unwrap();
    let mut frames: Vec<String> =
        recorded.lines().filter(|line| line.contains("\"REAL\"")).map(str::to_owned).collect();
    for file in std::fs::read_dir(data.join("spec")).unwrap() {
        let frame = std::fs::read_to_string(file.unwrap().path()).unwrap().trim_end().to_owned();
        if KNOWN.iter().any(|code| frame.contains(&format!("\"type\":\"{code}\""))) {
            frames.push(frame);
        }
    }
    assert!(frames.len() > 30, "{}", frames.len());
    frames.extend((0..200).map(trade));
    frames.extend((0..200).map(depth));
    frames
}

/// A frame with one to three trades, in the order of keys that the broker has.
fn trade(number: u32) -> String {
    let mut entries = Vec::new();
    for part in 0..=number % 3 {
        let sign = ['+', '-', ' '][(number % 3) as usize];
        let side = if number.is_multiple_of(2) { '+' } else { '-' };
        let (price, size) = (1_000 + 37 * number, 1 + 11 * number + part);
        let item = ["005930", "000660_NX", "035420_AL"][(number / 3 % 3) as usize];
        entries.push(format!(
            "{{\"values\":{{\"20\":\"0900{:02}\",\"10\":\"{sign}{price}\",\"11\":\"{sign}50\",\
             \"12\":\"{sign}1.17\",\"27\":\"{sign}{price}\",\"28\":\"{sign}{price}\",\
             \"15\":\"{side}{size}\",\"13\":\"{}\",\"14\":\"{}\",\"228\":\"{}.{:02}\",\
             \"9081\":\"KRX\"}},\"type\":\"0B\",\"name\":\"주식체결\",\"item\":\"{item}\"}}",
            number % 60,
            100_000 + size,
            number,
            90 + number % 20,
            number % 100
        ));
    }
    format!("{{\"data\":[{}],\"trnm\":\"REAL\"}}", entries.join(","))
}

/// A frame with ten levels.
fn depth(number: u32) -> String {
    let mut values = format!("\"21\":\"0900{:02}\"", number % 60);
    for level in 0..10 {
        let (ask, bid) = (50_000 + 50 * (number + level), 49_950 + 50 * number - 50 * level);
        let size = 7 * number + level;
        write!(
            values,
            ",\"{}\":\"+{ask}\",\"{}\":\"{size}\",\"{}\":\"-{bid}\",\"{}\":\" {size}\"",
            41 + level,
            61 + level,
            51 + level,
            71 + level
        )
        .unwrap();
    }
    format!(
        "{{\"data\":[{{\"values\":{{{values}}},\"type\":\"0D\",\"name\":\"주식호가잔량\",\
         \"item\":\"005930\"}}],\"trnm\":\"REAL\"}}"
    )
}

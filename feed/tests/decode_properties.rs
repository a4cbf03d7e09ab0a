//! `decode` prints valid JSON for whatever comes in, and an error exactly where there is one.

mod generate;

use feed::decode::Decoder;
use feed::instruments::Instruments;
use feed::scan::{Scanned, Scanner, ScannerOptions, Stamps};
use generate::Style;
use proptest::prelude::*;
use serde_json::value::RawValue;

fn check(frame: &[u8]) {
    let mut out = Vec::new();
    let decoded = Decoder::new().decode(1, frame, &mut out);
    let text = std::str::from_utf8(&out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines {
        serde_json::from_str::<&RawValue>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line.starts_with("{\"event\":\""), "{line}");
    }
    assert_eq!(lines.len(), decoded.lines as usize);
    let (_, instruments) = Instruments::with_capacity(0);
    let mut scanner = Scanner::new(ScannerOptions::new(instruments)).unwrap();
    let (lines, errors) = match scanner.scan(frame, Stamps::default()) {
        Err(_) => (1, 1),
        Ok(Scanned::Message) => (1, 0),
        // Types that are only decoded need values too, which the scanner does not look for.
        Ok(Scanned::Real(batch)) => (batch.entries().max(1), batch.refused_count()),
    };
    assert_eq!(decoded.lines, lines);
    assert!(decoded.errors >= errors);
}

proptest! {
    #[test]
    fn canonical_frames_give_one_line_an_entry(seed: u64) {
        check(generate::frame(seed, Style::Canonical).as_bytes());
    }

    #[test]
    fn wild_frames_give_one_line_an_entry(seed: u64) {
        check(generate::frame(seed, Style::Wild).as_bytes());
    }

    #[test]
    fn cut_frames_give_one_error(seed: u64, at: u16) {
        let frame = generate::frame(seed, Style::Canonical);
        check(&frame.as_bytes()[..usize::from(at) % frame.len()]);
    }

    #[test]
    fn anything_gives_lines(bytes: Vec<u8>) {
        check(&bytes);
    }
}

#[test]
fn every_odd_shape_gives_lines() {
    for frame in include_str!("data/odd_shapes.txt").lines() {
        check(frame.as_bytes());
    }
}

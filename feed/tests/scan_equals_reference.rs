//! For every sequence of bytes the scanner and the plain reading give the same, on every path.

mod generate;
mod scan_reference;

use feed::instruments::Instruments;
use feed::scan::{MAX_ENTRIES, ScanPath, Scanner, ScannerOptions, Stamps};
use feed::schema::WireType;
use proptest::prelude::*;
use scan_reference::{Outcome, Setup, reference, scanned};
use strategy_api::UnixNanos;

const RECORDED: &str = include_str!("data/recorded.jsonl");

/// The readers that must agree: one scanner per path, without and with extra fields.
struct Readers {
    all: Vec<(Scanner, Setup)>,
    /// How often each reads a frame: those that learn know its order of keys the third time.
    turns: Vec<u32>,
}

impl Readers {
    fn new() -> Self {
        Self::at(Stamps {
            kernel: UnixNanos::new(1_789_095_379_400_000_000),
            recv: UnixNanos::new(1_789_095_379_500_000_000),
        })
    }

    fn at(stamps: Stamps) -> Self {
        let every: Vec<(WireType, Vec<u16>)> = WireType::ALL
            .iter()
            .filter(|t| t.has_record())
            .map(|t| (*t, t.fields().iter().rev().map(|f| f.fid).take(120).collect()))
            .collect();
        let some = vec![(WireType::Trade, vec![732, 10, 65_535, 732, 911])];
        let (mut all, mut turns) = (Vec::new(), Vec::new());
        for extras in [vec![], some, every] {
            // Extra fields are the same code on every kind of machine.
            let paths = if extras.is_empty() {
                ScanPath::ALL
            } else {
                &[ScanPath::Auto, ScanPath::General]
            };
            for path in paths.iter().filter(|path| path.is_available()) {
                let codes = vec!["005930", "000660", "0004V0", "57JBHH", "001"];
                let (mut registrar, instruments) = Instruments::with_capacity(8);
                registrar.register_all(codes.iter().copied()).unwrap();
                let mut options = ScannerOptions::new(instruments);
                options.extras = extras.clone();
                options.path = *path;
                options.frame_limit = 300_000;
                let setup = Setup { codes, extras: extras.clone(), stamps, frame_limit: 300_000 };
                all.push((Scanner::new(options).unwrap(), setup));
                let learns = !matches!(path, ScanPath::Unlearned | ScanPath::General);
                turns.push(if learns { 3 } else { 1 });
            }
        }
        Self { all, turns }
    }

    /// The common outcome, without extra fields.
    fn agree(&mut self, frame: &[u8]) -> Outcome {
        let mut first = None;
        for ((scanner, setup), turns) in self.all.iter_mut().zip(&self.turns) {
            let expected = reference(frame, setup);
            for _ in 0..*turns {
                let got = scanned(scanner, frame, setup.stamps);
                assert_eq!(got, expected, "{}", String::from_utf8_lossy(frame));
            }
            first.get_or_insert(expected);
        }
        first.unwrap()
    }

    /// Only without extra fields: for many frames in a debug build.
    fn agree_quickly(&mut self, frame: &[u8]) {
        let expected = reference(frame, &self.all[0].1);
        for (scanner, setup) in self.all.iter_mut().filter(|(_, setup)| setup.extras.is_empty()) {
            let got = scanned(scanner, frame, setup.stamps);
            assert_eq!(got, expected, "{}", String::from_utf8_lossy(frame));
        }
    }
}

fn examples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/spec");
    let mut frames: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap().trim_end().to_owned();
            (path.file_name().unwrap().to_string_lossy().into_owned(), text)
        })
        .collect();
    frames.extend(RECORDED.lines().enumerate().map(|(i, l)| (format!("line {}", i + 1), l.into())));
    frames.sort();
    frames
}

#[test]
fn every_example_of_the_broker_reads_the_same() {
    let mut readers = Readers::new();
    let frames = examples();
    assert_eq!(frames.len(), 23 + 16);
    let mut delivered = 0;
    for (name, frame) in frames {
        match readers.agree(frame.as_bytes()) {
            Outcome::Real(contents) => {
                assert_eq!(contents.refused, [], "{name}");
                let unknown = u32::from(name.starts_with("type_F"));
                assert_eq!(contents.unknown_types, unknown, "{name}");
                delivered += contents.records.len();
            }
            Outcome::Message => assert!(
                ["line 1", "line 2", "line 12"].contains(&name.as_str()),
                "{name} is taken for a message"
            ),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(delivered, 19 + 15);
}

#[test]
fn live_frames_take_the_fast_path() {
    let (scanner, setup) = &mut Readers::new().all[0];
    for (_, frame) in examples().into_iter().filter(|(_, frame)| frame.contains("REAL")) {
        let before = scanner.general_frames();
        scanned(scanner, frame.as_bytes(), setup.stamps);
        assert_eq!(scanner.general_frames(), before, "{frame}");
    }
}

#[test]
fn a_frame_cut_at_any_byte_is_an_error() {
    let mut readers = Readers::new();
    for (name, frame) in examples() {
        for end in 0..frame.len() {
            let cut = &frame.as_bytes()[..end];
            let (scanner, setup) = &mut readers.all[0];
            let outcome = scanned(scanner, cut, setup.stamps);
            let refused = matches!(outcome, Outcome::NotJson | Outcome::NotUtf8 { .. });
            assert!(refused, "{name} cut at {end}: {outcome:?}");
            if end % 7 == 0 {
                readers.agree_quickly(cut);
            }
        }
    }
}

#[test]
fn only_white_space_may_stand_around_a_frame() {
    let mut readers = Readers::new();
    for (name, frame) in examples() {
        for byte in 0..=255u8 {
            let behind = [frame.as_bytes(), &[byte]].concat();
            let before = [&[byte], frame.as_bytes()].concat();
            let (scanner, setup) = &mut readers.all[0];
            for around in [behind, before] {
                let outcome = scanned(scanner, &around, setup.stamps);
                let refused = matches!(outcome, Outcome::NotJson | Outcome::NotUtf8 { .. });
                assert_eq!(refused, !b" \t\n\r".contains(&byte), "{name} and {byte:#x}");
            }
        }
        readers.agree(format!("\r\n{frame}\t ").as_bytes());
        readers.agree(format!("{frame}{frame}").as_bytes());
    }
}

#[test]
fn a_frame_with_one_byte_changed_reads_the_same() {
    let mut readers = Readers::new();
    for (name, frame) in examples() {
        // Every place of the recorded frames, every third of the specification's.
        let bytes = frame.as_bytes();
        let step = if name.starts_with("line") { 1 } else { 3 };
        for at in (0..bytes.len()).step_by(step) {
            let salt = name.len() + at;
            for new in [b"\"\\ ,:{}[]019-+.\nx"[salt % 16], 0x00, 0x80 + (salt % 128) as u8] {
                let mut changed = bytes.to_vec();
                changed[at] = new;
                readers.agree_quickly(&changed);
            }
        }
    }
}

#[test]
fn a_recorded_trade_with_any_byte_anywhere_reads_the_same() {
    let mut readers = Readers::new();
    // Every byte value at every place of the envelope and of the first values.
    let short = r#"{"data":[{"values":{"20":"115618","10":"-257750","25":"5","290":"2","228":"89.62","9081":"KRX"},"type":"0B","name":"주식체결","item":"005930"}],"trnm":"REAL"}"#;
    for at in 0..short.len() {
        for new in 0..=255u8 {
            let mut changed = short.as_bytes().to_vec();
            changed[at] = new;
            readers.agree_quickly(&changed);
        }
    }
}

#[test]
fn odd_shapes_have_one_meaning() {
    let mut readers = Readers::new();
    let mut odd = 0;
    for frame in include_str!("data/odd_shapes.txt").lines().filter(|l| !l.starts_with('#')) {
        readers.agree(frame.as_bytes());
        odd += 1;
    }
    assert!(odd > 100, "{odd}");
}

#[test]
fn the_limits_are_errors_and_not_a_byte_earlier() {
    let mut readers = Readers::new();
    let entries = |count: usize| {
        let entries = vec!["{}"; count].join(",");
        format!(r#"{{"trnm":"REAL","data":[{entries}]}}"#)
    };
    let most = MAX_ENTRIES as usize;
    assert!(matches!(readers.agree(entries(most).as_bytes()), Outcome::Real(_)));
    assert_eq!(readers.agree(entries(most + 1).as_bytes()), Outcome::TooManyEntries);
    for (depth, valid) in [(127, true), (128, true), (129, false), (4_000, false)] {
        let frame = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(readers.agree(frame.as_bytes()) == Outcome::Message, valid, "{depth}");
        let inside = format!(
            r#"{{"trnm":"REAL","x":{}1{},"data":[]}}"#,
            r#"{"a":"#.repeat(depth - 1),
            "}".repeat(depth - 1)
        );
        let outcome = readers.agree(inside.as_bytes());
        assert_eq!(matches!(outcome, Outcome::Real(_)), valid, "{depth}");
    }
    let filler = "x".repeat(299_978);
    let frame = format!(r#"{{"trnm":"REAL","y":"{filler}"}}"#);
    assert_eq!(frame.len(), 300_000);
    assert!(matches!(readers.agree(frame.as_bytes()), Outcome::Real(_)));
    assert_eq!(readers.agree(format!("{frame} ").as_bytes()), Outcome::TooLong);
}

#[test]
fn times_find_their_day_around_midnight() {
    for recv in [
        0,
        1_789_095_379_500_000_000,
        1_795_359_600_000_000_000,
        1_795_359_599_999_999_999,
        1_795_359_600_000_000_001,
    ] {
        let recv = UnixNanos::new(recv);
        let mut readers = Readers::at(Stamps { kernel: UnixNanos::UNSET, recv });
        for time in ["000000", "000001", "235959", "115959", "120001", "90015", "240000", ""] {
            let entry = format!(r#"{{"type":"0B","item":"005930","values":{{"20":"{time}"}}}}"#);
            readers.agree(format!(r#"{{"trnm":"REAL","data":[{entry}]}}"#).as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn generated_canonical_frames_read_the_same(seed: u64) {
        let frame = generate::frame(seed, generate::Style::Canonical);
        Readers::new().agree(frame.as_bytes());
    }

    #[test]
    fn generated_wild_frames_read_the_same(seed: u64) {
        let frame = generate::frame(seed, generate::Style::Wild);
        Readers::new().agree(frame.as_bytes());
    }

    #[test]
    fn generated_frames_with_damage_read_the_same(seed: u64, cuts: [u16; 3], new: [u8; 3]) {
        let style = if seed % 2 == 0 { generate::Style::Canonical } else { generate::Style::Wild };
        let mut frame = generate::frame(seed, style).into_bytes();
        for (cut, new) in cuts.into_iter().zip(new) {
            let at = usize::from(cut) % frame.len();
            match new % 4 {
                0 => { frame.remove(at); }
                1 => frame.insert(at, new),
                2 => frame[at] = b"\"\\{}[]:, 0-9."[usize::from(new) % 14],
                _ => frame.truncate(at.max(1)),
            }
            if frame.is_empty() { break; }
        }
        Readers::new().agree(&frame);
    }

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        Readers::new().agree(&bytes);
    }

    #[test]
    fn random_text_near_json_never_panics(text in r#"[{}\[\]":,0-9a-f\\u \-+.REALtrnm]{0,60}"#) {
        Readers::new().agree(text.as_bytes());
    }
}

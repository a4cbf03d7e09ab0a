//! The public JSON parsing test suite: the scanner accepts and refuses what it should.

mod scan_reference;

use feed::instruments::Instruments;
use feed::scan::{ScanErrorKind, ScanPath, Scanner, ScannerOptions, Stamps};
use scan_reference::{Outcome, Setup, reference, scanned};

/// Our answers where the grammar leaves the choice: numbers of any size and depth up to 128 are
/// accepted; half surrogates, other encodings and a byte order mark are refused.
const ACCEPTED: &[&str] = &[
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
];

fn cases() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/json_suite");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    cases.push(("n_structure_100000_opening_arrays.json".into(), vec![b'['; 100_000]));
    cases.push(("n_structure_open_array_object.json".into(), b"[{\"\":".repeat(50_000)));
    for (index, bytes) in NOT_UTF8.iter().enumerate() {
        cases.push((format!("n_not_utf8_{index}"), bytes.to_vec()));
    }
    cases.sort();
    cases
}

/// Bytes that are no UTF-8, or UTF-8 with a byte order mark, in every place of a document: alone, in a
/// string, in a key, in a number, behind an escape; and other encodings.
const NOT_UTF8: &[&[u8]] = &[
    b"\xff",
    b"[\xff]",
    b"[a\xe5]",
    b"[\"\xff\"]",
    b"[\"\x80\"]",
    b"[\"a\xc3\"]",
    b"[\"\xc0\xaf\"]",
    b"[\"\xe0\x80\x80\"]",
    b"[\"\xed\xa0\x80\"]",
    b"[\"\xf4\x90\x80\x80\"]",
    b"[\"\xf8\x88\x80\x80\x80\"]",
    b"[\"\xfc\x80\x80\x80\x80\x80\"]",
    b"[\"\xea\xb0\"]",
    b"[\"\\u\xe5\"]",
    b"[\"\\\xe5\"]",
    b"[\"\\u00e\xa9\"]",
    b"{\"\xb9\":0}",
    b"{\"\xb9\":\"0\",}",
    b"[0\xe5]",
    b"[1e\xe5]",
    b"[1.5e1\xe5]",
    b"[123\xe5]",
    b"{\"a\":\"b\"}\xe9",
    b"\xef\xbb\xbf[]",
    b"\xef\xbb",
    b"\xfe\xff\x00[\x00]",
    b"\xff\xfe[\x00]\x00",
    b"\x00[\x00]",
    b"[\x00]\x00",
];

fn each_scanner(mut check: impl FnMut(&mut Scanner, &Setup)) {
    for path in ScanPath::ALL.iter().filter(|path| path.is_available()) {
        let (_, instruments) = Instruments::with_capacity(1);
        let mut options = ScannerOptions::new(instruments);
        options.path = *path;
        let setup = Setup {
            codes: vec![],
            extras: vec![],
            stamps: Stamps::default(),
            frame_limit: options.frame_limit,
        };
        check(&mut Scanner::new(options).unwrap(), &setup);
    }
}

#[test]
fn the_suite_is_accepted_and_refused_as_it_says() {
    let cases = cases();
    assert_eq!(cases.len(), 291 + 2 + NOT_UTF8.len());
    each_scanner(|scanner, setup| {
        for (name, bytes) in &cases {
            let accepted = match scanned(scanner, bytes, setup.stamps) {
                Outcome::Message => true,
                Outcome::NotJson | Outcome::NotUtf8 { .. } => false,
                other => panic!("{name}: {other:?}"),
            };
            let expected = name.starts_with("y_") || ACCEPTED.contains(&name.as_str());
            assert_eq!(accepted, expected, "{name}");
        }
    });
}

#[test]
fn the_suite_inside_a_data_frame_reads_as_the_reference_says() {
    let cases = cases();
    each_scanner(|scanner, setup| {
        for (name, bytes) in &cases {
            if bytes.len() > 10_000 {
                continue; // the reference is quadratic in the depth
            }
            for (before, after) in [
                (&br#"{"trnm":"REAL","data":["#[..], &b"]}"[..]),
                (br#"{"trnm":"REAL","data":[],"x":"#, b"}"),
                (br#"{"trnm":"REAL","data":[{"type":"0C","values":{"9999":"#, br#"},"item":""}]}"#),
                (br#"{"trnm":"REAL","data":[{"type":"0C","values":{"27":"#, br#"},"item":""}]}"#),
                (br#"{"trnm":"REAL","data":[{"type":"0C","item":"#, br#","values":{}}]}"#),
                (br#"{"trnm":"REAL","data":[{"values":{},"type":"0C","item":"","x":"#, b"}]}"),
            ] {
                let frame = [before, bytes, after].concat();
                let got = scanned(scanner, &frame, setup.stamps);
                assert_eq!(got, reference(&frame, setup), "{name}");
            }
        }
    });
}

#[test]
fn control_bytes_are_refused_wherever_a_string_can_stand() {
    each_scanner(|scanner, setup| {
        for byte in 0..=0x20u8 {
            for (before, after) in [
                (&b"\""[..], &b"\""[..]),
                (b"[\"", b"\"]"),
                (b"{\"", b"\":1}"),
                (br#"{"trnm":"PING","seq":""#, br#""}"#),
                (
                    br#"{"trnm":"REAL","data":[{"type":"0C","item":"","values":{"9999":""#,
                    br#""}}]}"#,
                ),
                (
                    br#"{"trnm":"REAL","data":[{"type":"0C","name":""#,
                    br#"","item":"","values":{}}]}"#,
                ),
                (br#"{"trnm":"REAL","data":[{"type":"0C","item":"","values":{"99"#, br#"":""}}]}"#),
            ] {
                let frame = [before, &[byte], after].concat();
                let refused = scanned(scanner, &frame, setup.stamps) == Outcome::NotJson;
                assert_eq!(refused, byte < 0x20, "{}", String::from_utf8_lossy(&frame));
            }
        }
    });
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    use ScanErrorKind::*;
    let deep = "[".repeat(200);
    let cases: &[(&[u8], ScanErrorKind, u32)] = &[
        (b"", CutOff, 0),
        (b"  ", CutOff, 2),
        (b"\xef\xbb\xbf{}", Json, 0),
        (b"{\"a\":\xff}", Utf8, 5),
        (b"{\"a\":tru}", Json, 8),
        (b"{\"a\":1}x", Json, 7),
        (b"{\"a\":\"\x01\"}", Json, 6),
        (b"{\"a\":\"\\q\"}", Json, 7),
        (b"{\"a\":\"\\ud800\"}", Surrogate, 6),
        (b"{\"a\":01}", Json, 6),
        (b"{\"a\":1,}", Json, 7),
        (b"{\"trnm\":\"REAL\",\"data\":[", CutOff, 23),
        (deep.as_bytes(), Depth, 128),
    ];
    each_scanner(|scanner, setup| {
        for (bytes, kind, offset) in cases {
            let error = scanner.scan(bytes, setup.stamps).unwrap_err();
            let text = String::from_utf8_lossy(bytes);
            assert_eq!((error.kind, error.offset), (*kind, *offset), "{text}");
        }
    });
}

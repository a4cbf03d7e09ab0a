//! `engine decode` prints what the frames say: compared with a reading of their own by a plain JSON
//! parser, FID by FID.

use crate::process::{Finished, engine, run, run_with_input};
use crate::setup::workspace;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How the text of a field is meant.
#[derive(Clone, Copy)]
enum Rule {
    /// A price in won: the sign is only the direction against the previous close.
    Price(&'static str),
    /// An index value or a net asset value: the same with two decimals.
    Marked(&'static str),
    /// A signed whole number, in units of so many.
    Number(i64),
    /// The size of a trade: `+` is a buyer, `-` a seller, nothing is an auction.
    Aggressor,
    /// A signed number with decimals.
    Decimal,
    /// A ratio whose sign is only a mark.
    Ratio(&'static str),
    /// `HHmmss`.
    Time,
    /// Text as it stands.
    Text,
}

use Rule::{Aggressor, Decimal, Marked, Number, Price, Ratio, Text, Time};

/// What every type with a last price shares.
const QUOTED: &[(u16, &str, Rule)] = &[
    (10, "price", Price("direction")),
    (11, "change", Number(1)),
    (12, "change_rate", Decimal),
    (13, "cumulative_volume", Number(1)),
];

/// Key facts of a type: its event, and FID, name and meaning of fields.
fn facts(code: &str) -> (&'static str, Vec<(u16, &'static str, Rule)>) {
    let (event, own): (_, &[_]) = match code {
        "00" => (
            "order_update",
            &[
                (9203, "order_number", Text),
                (9001, "code", Text),
                (302, "name", Text),
                (900, "quantity", Number(1)),
                (901, "price", Number(1)),
                (902, "leaves", Number(1)),
                (904, "original_order_number", Text),
                (10, "market_price", Price("direction")),
                (27, "ask", Price("ask_direction")),
                (28, "bid", Price("bid_direction")),
                (908, "time", Time),
                (910, "fill_price", Number(1)),
                (911, "cumulative_filled", Number(1)),
            ],
        ),
        "02" => ("condition_match", &[(841, "condition", Text), (9001, "code", Text)]),
        "04" => (
            "balance",
            &[
                (9001, "code", Text),
                (10, "market_price", Price("direction")),
                (930, "quantity", Number(1)),
                (931, "average_price", Number(1)),
                (932, "total_cost", Number(1)),
                (933, "sellable", Number(1)),
                (945, "net_bought_today", Number(1)),
                (307, "base_price", Number(1)),
                (8019, "realised_rate", Decimal),
            ],
        ),
        "0A" => (
            "indicative_price",
            &[
                (14, "cumulative_value", Number(1_000_000)),
                (16, "open", Price("open_direction")),
                (26, "volume_change", Number(1)),
                (29, "value_change", Number(1)),
                (30, "volume_ratio", Ratio("volume_ratio_direction")),
                (311, "market_cap", Number(100_000_000)),
                (567, "upper_limit_time", Time),
                (568, "lower_limit_time", Time),
            ],
        ),
        "0B" => (
            "trade",
            &[
                (20, "time", Time),
                (27, "ask", Price("ask_direction")),
                (28, "bid", Price("bid_direction")),
                (15, "quantity", Aggressor),
                (14, "cumulative_value", Number(1_000_000)),
                (16, "open", Price("open_direction")),
                (17, "high", Price("high_direction")),
                (18, "low", Price("low_direction")),
                (26, "volume_change", Number(1)),
                (29, "value_change", Number(1)),
                (30, "volume_ratio", Ratio("volume_ratio_direction")),
                (228, "strength", Decimal),
                (311, "market_cap", Number(100_000_000)),
                (567, "upper_limit_time", Time),
                (620, "vwap", Number(1)),
                (1030, "sell_volume", Number(1)),
                (1031, "buy_volume", Number(1)),
                (1032, "buy_ratio", Ratio("buy_ratio_direction")),
                (1313, "trade_value", Number(1_000)),
                (1890, "open_time", Time),
            ],
        ),
        "0C" => (
            "best_quote",
            &[(27, "ask", Price("ask_direction")), (28, "bid", Price("bid_direction"))],
        ),
        "0D" => (
            "depth",
            &[
                (21, "time", Time),
                (41, "ask_price_1", Price("ask_price_1_direction")),
                (61, "ask_quantity_1", Number(1)),
                (81, "ask_change_1", Number(1)),
                (51, "bid_price_1", Price("bid_price_1_direction")),
                (71, "bid_quantity_1", Number(1)),
                (91, "bid_change_1", Number(1)),
                (45, "ask_price_5", Price("ask_price_5_direction")),
                (50, "ask_price_10", Price("ask_price_10_direction")),
                (70, "ask_quantity_10", Number(1)),
                (60, "bid_price_10", Price("bid_price_10_direction")),
                (80, "bid_quantity_10", Number(1)),
                (100, "bid_change_10", Number(1)),
            ],
        ),
        "0E" => (
            "off_hours_quote",
            &[
                (21, "time", Time),
                (131, "ask_total", Number(1)),
                (132, "ask_total_change", Number(1)),
                (135, "bid_total", Number(1)),
                (136, "bid_total_change", Number(1)),
            ],
        ),
        "0F" => (
            "broker_flow",
            &[
                (141, "seller_name_1", Text),
                (161, "seller_quantity_1", Number(1)),
                (166, "seller_change_1", Number(1)),
                (146, "seller_code_1", Text),
                (151, "buyer_name_1", Text),
                (175, "buyer_quantity_5", Number(1)),
            ],
        ),
        "0G" => (
            "etf_nav",
            &[
                (36, "nav", Marked("nav_direction")),
                (39, "tracking_error", Decimal),
                (20, "time", Time),
                (266, "fund_disparity", Decimal),
            ],
        ),
        "0H" => ("indicative_match", &[(20, "time", Time), (15, "quantity", Aggressor)]),
        "0I" => ("gold_price", &[]),
        "0J" => {
            return (
                "index_value",
                vec![
                    (20, "time", Time),
                    (10, "value", Marked("direction")),
                    (11, "change", Decimal),
                    (13, "cumulative_volume", Number(1)),
                    (14, "cumulative_value", Number(1_000_000)),
                    (17, "high", Marked("high_direction")),
                ],
            );
        }
        "0U" => {
            return (
                "index_breadth",
                vec![
                    (20, "time", Time),
                    (252, "up", Number(1)),
                    (255, "down", Number(1)),
                    (10, "value", Marked("direction")),
                    (14, "cumulative_value", Number(1_000_000)),
                ],
            );
        }
        "0g" => (
            "instrument_info",
            &[
                (305, "upper_limit", Price("upper_limit_direction")),
                (306, "lower_limit", Price("lower_limit_direction")),
                (307, "base_price", Number(1)),
            ],
        ),
        "0m" => ("warrant_theory", &[(20, "time", Time), (670, "theoretical_price", Decimal)]),
        "0s" => ("session_state", &[(215, "session_code", Text), (20, "time", Time)]),
        "0u" => ("warrant_indicators", &[(20, "time", Time), (666, "parity", Decimal)]),
        "0w" => (
            "program_trading",
            &[
                (20, "time", Time),
                (202, "sold", Number(1)),
                (204, "sold_value", Number(1_000_000)),
                (206, "bought", Number(1)),
                (208, "bought_value", Number(1_000_000)),
                (210, "net", Number(1)),
                (212, "net_value", Number(1_000_000)),
            ],
        ),
        "1h" => (
            "volatility_interruption",
            &[
                (9001, "code", Text),
                (14, "cumulative_value", Number(1_000_000)),
                (1221, "trigger_price", Number(1)),
                (1223, "trigger_time", Time),
                (1224, "release_time", Time),
                (1490, "count_today", Number(1)),
            ],
        ),
        other => panic!("no facts for type {other}"),
    };
    let is_quoted = ["0A", "0B", "0G", "0H", "0I", "0w"].contains(&code);
    let shared: &[_] = if is_quoted { QUOTED } else { &[] };
    (event, own.iter().chain(shared).copied().collect())
}

/// Types of the American market; they are decoded, but no engine trades on them.
const OVERSEAS: [&str; 4] = ["F4", "F5", "FE", "FT"];

/// Compares a decoded line with the entry that it comes from; returns how many fields were compared.
fn compare(line: &Value, entry: &Value) -> usize {
    let code = entry["type"].as_str().unwrap();
    let item = entry["item"].as_str().unwrap();
    let (event, facts) = facts(code);
    assert_eq!(line["event"], event);
    assert_eq!(line["type"], code);
    assert_eq!(line["item"], item);
    let symbol = item.split('_').next().filter(|symbol| !symbol.is_empty());
    let venue = match item.split_once('_').map(|(_, suffix)| suffix) {
        _ if item.is_empty() => Value::Null,
        Some("NX") => json!("NXT"),
        Some("AL") => json!("SOR"),
        _ => json!("KRX"),
    };
    assert_eq!((&line["symbol"], &line["venue"]), (&json!(symbol), &venue), "{item}");
    let mut compared = 0;
    for (fid, name, rule) in facts {
        if let Some(text) = entry["values"].get(fid.to_string()) {
            compare_field(line, name, text.as_str().unwrap(), rule);
            compared += 1;
        }
    }
    assert!(line.get("unknown").is_none() && line.get("unreadable").is_none(), "{line}");
    compared
}

fn compare_field(line: &Value, name: &str, text: &str, rule: Rule) {
    let found = &line[name];
    let sign = match text.as_bytes().first() {
        Some(b'+') => "+",
        Some(b'-') => "-",
        Some(b' ') => " ",
        _ => "",
    };
    let direction = match sign {
        "+" => json!("up"),
        "-" => json!("down"),
        " " => json!("unchanged"),
        _ => Value::Null,
    };
    let digits = text.trim_start_matches(['+', '-', ' ']);
    let whole = || digits.parse::<i64>().unwrap();
    let decimal = || digits.parse::<f64>().unwrap();
    let negative = sign == "-";
    match rule {
        // Left empty by the broker: not applicable, which is not zero.
        Price(_) | Marked(_) | Number(_) | Decimal | Ratio(_) if text.is_empty() => {
            assert_eq!(found, &Value::Null, "{name}");
        }
        Price(sign_name) => {
            assert_eq!(found, &json!(whole()), "{name}");
            assert_eq!(line[sign_name], direction, "{name}");
        }
        Marked(sign_name) | Ratio(sign_name) => {
            assert_eq!(found.as_f64(), Some(decimal()), "{name}");
            assert_eq!(line[sign_name], direction, "{name}");
        }
        Number(unit) => {
            let value = if negative { -whole() } else { whole() } * unit;
            assert_eq!(found, &json!(value), "{name}");
        }
        Decimal => {
            let value = if negative { -decimal() } else { decimal() };
            assert_eq!(found.as_f64(), Some(value), "{name}");
        }
        Aggressor => {
            assert_eq!(found, &json!(whole()), "{name}");
            let side = match sign {
                "+" => json!("buy"),
                "-" => json!("sell"),
                _ => Value::Null,
            };
            assert_eq!(line["side"], side, "{name}");
        }
        // For a limit or a release, midnight means that it has not happened.
        Time if ["", "000000"].contains(&text) => assert_eq!(found, &Value::Null, "{name}"),
        Time => {
            let (hour, minute, second) = (&text[..2], &text[2..4], &text[4..]);
            assert_eq!(found, &json!(format!("{hour}:{minute}:{second}")), "{name}");
        }
        Text => assert_eq!(found, text, "{name}"),
    }
}

fn data() -> PathBuf {
    workspace().join("feed/tests/data")
}

/// The frames of the broker's documentation, one for each type, and the recorded ones.
fn frames() -> Vec<String> {
    let mut files: Vec<_> =
        std::fs::read_dir(data().join("spec")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 23, "one frame for each type");
    let read = |path| std::fs::read_to_string(path).unwrap();
    let mut frames: Vec<String> =
        files.into_iter().map(|path| read(path).trim_end().to_owned()).collect();
    frames.extend(read(data().join("recorded.jsonl")).lines().map(str::to_owned));
    frames
}

fn lines(finished: &Finished) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    finished.stdout.lines().map(parse).collect()
}

fn decode(input: &[u8]) -> Finished {
    let mut command = engine();
    command.args(["decode", "-"]);
    run_with_input(command, input)
}

#[test]
fn every_known_frame_is_printed_as_a_plain_parser_reads_it() {
    let frames = frames();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames.jsonl");
    std::fs::write(&path, frames.join("\n")).unwrap();
    let mut command = engine();
    command.arg("decode").arg(&path);
    let finished = run(command).ended_with(0);
    let lines = lines(&finished);
    let mut lines = lines.iter();
    let (mut seen, mut compared) = (BTreeSet::new(), 0);
    for frame in &frames {
        let frame: Value = serde_json::from_str(frame).unwrap();
        if frame["trnm"] != "REAL" {
            let line = lines.next().unwrap();
            assert_eq!(line["event"], frame["trnm"].as_str().unwrap().to_lowercase());
            for (key, value) in frame.as_object().unwrap().iter().filter(|(key, _)| *key != "trnm")
            {
                assert_eq!(line.get(key), Some(value), "{key}");
            }
            continue;
        }
        for entry in frame["data"].as_array().unwrap() {
            let line = lines.next().unwrap();
            let code = entry["type"].as_str().unwrap();
            seen.insert(code.to_owned());
            if OVERSEAS.contains(&code) {
                assert!(line["event"].as_str().unwrap().starts_with("us_"), "{line}");
                assert_eq!((&line["type"], &line["item"]), (&entry["type"], &entry["item"]));
                continue;
            }
            let fields = compare(line, entry);
            assert!(fields >= 2, "too few fields of {code} were compared");
            compared += fields;
        }
    }
    assert_eq!(lines.next(), None);
    let all = [
        "00", "02", "04", "0A", "0B", "0C", "0D", "0E", "0F", "0G", "0H", "0I", "0J", "0U", "0g",
        "0m", "0s", "0u", "0w", "1h", "F4", "F5", "FE", "FT",
    ];
    assert!(seen.iter().map(String::as_str).eq(all), "{seen:?}");
    assert!(compared > 300, "{compared}");
}

#[test]
fn standard_input_gives_what_the_file_gives() {
    let path = data().join("recorded.jsonl");
    let mut command = engine();
    command.arg("decode").arg(&path);
    let from_file = run(command).ended_with(0);
    let input = std::fs::read(path).unwrap();
    assert_eq!(decode(&input).ended_with(0).stdout, from_file.stdout);
    // Standard input is also what is read when nothing is named.
    let mut command = engine();
    command.arg("decode");
    assert_eq!(run_with_input(command, &input).ended_with(0).stdout, from_file.stdout);
}

#[test]
fn a_bad_line_is_told_with_its_place_and_the_others_are_still_read() {
    let good = r#"{"trnm":"REAL","data":[{"type":"0C","item":"005930_NX","values":{"27":"-20800","28":"+20700"}}]}"#;
    let cut = &good[..60];
    let bad_number = good.replace("-20800", "abc");
    let input = format!("{good}\n{cut}\n\n{bad_number}\r\n{good}");
    let finished = decode(input.as_bytes()).ended_with(1);
    let lines = lines(&finished);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["best_quote", "error", "error", "best_quote"]);
    assert_eq!(lines[0], lines[3]);
    assert_eq!((&lines[0]["venue"], &lines[0]["bid_direction"]), (&json!("NXT"), &json!("up")));
    assert_eq!((&lines[1]["line"], &lines[1]["offset"]), (&json!(2), &json!(60)), "{}", lines[1]);
    assert_eq!(lines[1]["kind"], "json");
    assert_eq!(lines[2]["line"], 4);
    let offset = lines[2]["offset"].as_u64().unwrap() as usize;
    let (begin, end) = (bad_number.find("\"27\"").unwrap(), bad_number.find(",\"28\"").unwrap());
    assert!((begin..=end).contains(&offset), "{}", lines[2]);
    for line in &lines[1..3] {
        assert!(!line["reason"].as_str().unwrap().is_empty(), "{line}");
    }
}

#[test]
fn valid_json_of_any_shape_is_no_json_error_and_invalid_json_always_is() {
    let odd = std::fs::read_to_string(data().join("odd_shapes.txt")).unwrap();
    let suite = std::fs::read_dir(data().join("json_suite")).unwrap();
    let mut cases: Vec<Vec<u8>> = odd.lines().map(|line| line.as_bytes().to_vec()).collect();
    let texts = suite.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    // A line break ends a frame here.
    cases.extend(texts.filter(|text| !text.contains(&b'\n') && !text.ends_with(b"\r")));
    cases.retain(|case| !case.is_empty());
    assert!(cases.len() > 350, "{}", cases.len());
    let finished = decode(&cases.join(&b'\n')).ended_with(1);
    // Numbers beyond all types are printed as they stand, so lines are looked at key by key.
    let lines: Vec<BTreeMap<String, &RawValue>> =
        finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let json_errors: BTreeSet<String> = lines
        .iter()
        .filter(|line| line["event"].get() == "\"error\"")
        .filter(|line| ["\"json\"", "\"utf8\""].contains(&line["kind"].get()))
        .map(|line| line["line"].get().to_owned())
        .collect();
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let is_error = json_errors.contains(&(index + 1).to_string());
        let parsed = std::str::from_utf8(case).map(serde_json::from_str::<Value>);
        let is_valid = match parsed {
            Err(_) => false,
            Ok(Ok(_)) => true,
            // JSON sets no bounds to its numbers, `serde_json` does.
            Ok(Err(error)) => error.to_string().starts_with("number out of range"),
        };
        if is_error == is_valid {
            wrong.push(String::from_utf8_lossy(case));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let mut command = engine();
    command.args(["decode", "/nonexistent/frames.jsonl"]);
    let finished = run(command).ended_with(1);
    assert!(
        finished.stderr.contains("cannot read /nonexistent/frames.jsonl"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stdout, "");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let recorded = std::fs::read(data().join("recorded.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.jsonl");
    std::fs::write(&path, recorded.repeat(200)).unwrap();
    let pipe = "\"$0\" decode \"$1\" | head -n 1; echo \"exit ${PIPESTATUS[0]}\"";
    let mut command = std::process::Command::new("bash");
    command.args(["-c", pipe, env!("CARGO_BIN_EXE_engine")]).arg(&path);
    let finished = run(command).ended_with(0);
    assert_eq!(finished.stdout.lines().last(), Some("exit 0"), "{}", finished.stderr);
}

//! `decode` prints what the broker's frames say, spelled out by hand and by a plain JSON parser.
#![recursion_limit = "256"]

use feed::decode::{Decoded, Decoder};
use serde_json::{Value, json};

const RECORDED: &str = include_str!("data/recorded.jsonl");

/// The lines of one frame, each of them valid JSON.
fn decode(frame: &str) -> Vec<Value> {
    let (lines, _) = decode_bytes(frame.as_bytes());
    lines
}

fn decode_bytes(frame: &[u8]) -> (Vec<Value>, Decoded) {
    let mut out = Vec::new();
    let decoded = Decoder::new().decode(7, frame, &mut out);
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    assert_eq!(lines.len(), decoded.lines as usize);
    let errors = lines.iter().filter(|line| line["event"] == "error").count();
    assert_eq!(errors, decoded.errors as usize);
    (lines, decoded)
}

fn spec(name: &str) -> Value {
    let path = format!("{}/tests/data/spec/type_{name}.json", env!("CARGO_MANIFEST_DIR"));
    let lines = decode(std::fs::read_to_string(path).unwrap().trim_end());
    assert_eq!(lines.len(), 1);
    lines.into_iter().next().unwrap()
}

/// The decoded line has exactly these keys and values.
#[track_caller]
fn is(line: &Value, expected: Value) {
    let (line, expected) = (line.as_object().unwrap(), expected);
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(key), Some(value), "{key}");
    }
    for key in line.keys() {
        assert!(expected.get(key).is_some(), "{key} is not expected: {}", line[key]);
    }
}

#[test]
fn a_recorded_trade() {
    let lines = decode(RECORDED.lines().nth(2).unwrap());
    is(
        &lines[0],
        json!({
            "event": "trade", "type": "0B", "item": "005930", "symbol": "005930", "venue": "KRX",
            "time": "11:56:18", "price": 257750, "direction": "down", "change": -11250,
            "change_rate": -4.18, "ask": 258000, "ask_direction": "down", "bid": 257500,
            "bid_direction": "down", "quantity": 19, "side": "sell", "cumulative_volume": 7198927,
            "cumulative_value": 1860588000000i64, "open": 258000, "open_direction": "down",
            "high": 261000, "high_direction": "down", "low": 257000, "low_direction": "down",
            "change_sign": "down", "volume_change": -15318148, "value_change": -4167722708811i64,
            "volume_ratio": 31.97, "volume_ratio_direction": "down", "turnover": 0.12,
            "trading_cost": 595, "strength": 89.62, "market_cap": 1506878300000000i64,
            "session": "regular", "knock_out_proximity": 0, "upper_limit_time": null,
            "lower_limit_time": null, "same_time_volume_ratio": 10379, "open_time": "09:00:16",
            "high_time": "05:30:39", "low_time": "11:45:56", "sell_volume": 3645181,
            "buy_volume": 3266718, "buy_ratio": 47.26, "buy_ratio_direction": "down",
            "sell_trades": 63318, "buy_trades": 96320, "trade_value": -4897000,
            "sell_quantity": 19, "sell_quantity_side": "sell", "buy_quantity": 0,
            "net_buy_quantity": 19, "net_buy_quantity_side": "sell", "cfd_margin": 103100,
            "maintenance_margin": 82480, "vwap": 258453, "cfd_trading_cost": 1294,
            "short_sale_trading_cost": 1035, "traded_venue": "KRX"
        }),
    );
}

#[test]
fn a_recorded_order_acceptance() {
    let lines = decode(RECORDED.lines().nth(10).unwrap());
    is(
        &lines[0],
        json!({
            "event": "order_update", "type": "00", "item": "005930", "symbol": "005930",
            "venue": "KRX", "account": "XXXXXXXXXX", "order_number": "0119433", "manager": "",
            "code": "005930", "order_class": "JJ", "state": "accepted", "name": "삼성전자",
            "quantity": 1, "price": 0, "leaves": 1, "cumulative_value": 0,
            "original_order_number": "0000000", "action": "new", "order_type": "시장가",
            "side": "buy", "time": "11:56:39", "fill_number": "", "fill_price": null,
            "cumulative_filled": null, "market_price": 258000, "direction": "down",
            "ask": 258000, "ask_direction": "down", "bid": 257500, "bid_direction": "down",
            "last_price": null, "last_quantity": null, "fee": 0, "tax": 0, "reject_reason": "0",
            "screen_number": "", "terminal_number": "6801005", "credit": "00", "loan_date": null,
            "off_hours_price": 269000, "off_hours_price_direction": "unchanged",
            "traded_venue": "KRX", "traded_venue_name": "KRX", "smart_routed": "N"
        }),
    );
}

#[test]
fn a_recorded_program_trading_counts_millions() {
    let lines = decode(RECORDED.lines().nth(14).unwrap());
    is(
        &lines[0],
        json!({
            "event": "program_trading", "type": "0w", "item": "000660", "symbol": "000660",
            "venue": "KRX", "time": "10:28:01", "price": 1850000, "direction": "up",
            "change_sign": "up", "change": 8000, "change_rate": 0.43,
            "cumulative_volume": 2459785, "sold": 563171, "sold_value": 1019924000000i64,
            "bought": 773172, "bought_value": 1409731000000i64, "net": 210001,
            "net_value": 389807000000i64, "net_value_change": 68000000, "net_change": 37
        }),
    );
}

#[test]
fn entering_a_condition() {
    let lines = decode(RECORDED.lines().nth(15).unwrap());
    is(
        &lines[0],
        json!({
            "event": "condition_match", "type": "02", "item": "079650", "symbol": "079650",
            "venue": "KRX", "condition": "3", "code": "079650", "entered_or_left": "I",
            "time": "10:06:21"
        }),
    );
}

#[test]
fn the_session_clock_and_market_wide_items() {
    is(
        &spec("0s_lower"),
        json!({
            "event": "session_state", "type": "0s", "item": "", "symbol": null, "venue": null,
            "session_code": "b", "session": "off_hours_end", "time": "17:00:00",
            "remaining": "00:00:00"
        }),
    );
}

#[test]
fn an_index_has_points_and_its_sign_is_a_direction() {
    is(
        &spec("0J"),
        json!({
            "event": "index_value", "type": "0J", "item": "001", "symbol": "001", "venue": "KRX",
            "time": "11:04:30", "value": 1762.61, "direction": "down", "change": -189.51,
            "change_rate": -9.71, "volume": 2800, "cumulative_volume": 725277,
            "cumulative_value": 60711859000000i64, "open": 1949.04, "open_direction": "down",
            "high": 1961.28, "high_direction": "up", "low": 1756.13, "low_direction": "down",
            "change_sign": "down", "volume_change": -1482363
        }),
    );
}

#[test]
fn a_volatility_interruption() {
    is(
        &spec("1h_lower"),
        json!({
            "event": "volatility_interruption", "type": "1h", "item": "005930",
            "symbol": "005930", "venue": "KRX", "code": "005930", "name": "삼성전자",
            "cumulative_volume": 1077818, "cumulative_value": 4201000000i64,
            "interruption": "static", "market": "101", "session": 1, "trigger_price": 4125,
            "trigger_time": "11:14:54", "release_time": "11:17:03", "interruption_text": "정적",
            "static_base": 3750, "dynamic_base": 0, "static_disparity": 10.0,
            "dynamic_disparity": 0.0, "trigger_rate": 10.0, "count_today": 1,
            "interruption_direction": "up", "extra_item_1279": "+정적"
        }),
    );
}

#[test]
fn limits_of_the_day() {
    is(
        &spec("0g_lower"),
        json!({
            "event": "instrument_info", "type": "0g", "item": "005930", "symbol": "005930",
            "venue": "KRX", "extension": "동정적VI", "extension_pre": " ", "extension_post": " ",
            "upper_limit": 78300, "upper_limit_direction": "up", "lower_limit": 42300,
            "lower_limit_direction": "down", "base_price": 60300, "warrant_early_end": "",
            "currency": "", "margin_rate": "", "notes": ""
        }),
    );
}

#[test]
fn a_united_states_trade_is_decoded_though_it_has_no_record() {
    is(
        &spec("FE"),
        json!({
            "event": "us_trade", "type": "FE", "item": "NVDA", "symbol": "NVDA", "venue": null,
            "price": 198.5, "direction": "up", "change": 3.53, "change_rate": 1.81,
            "cumulative_volume": 166476665, "cumulative_value": 36384473.963, "quantity": 15,
            "side": "buy", "open": 197.24, "open_direction": "up", "high": 200.63,
            "high_direction": "up", "low": 195.11, "low_direction": "up", "time": "21:53:00",
            "trade_date": "2026-06-30", "change_sign": "up", "ask": 198.54,
            "ask_direction": "up", "bid": 198.48, "bid_direction": "up", "volume_ratio": 11.85,
            "volume_ratio_direction": "up", "strength": 500.0, "session": 4,
            "local_time": "21:53:00", "envelope": {"stexTp": "ND"}
        }),
    );
}

#[test]
fn every_value_of_every_example_is_printed_once_and_none_is_unreadable() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/spec");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let frames = files.map(|path| std::fs::read_to_string(path).unwrap());
    for frame in frames.chain(RECORDED.lines().map(str::to_owned)) {
        let plain: Value = serde_json::from_str(&frame).unwrap();
        let lines = decode(frame.trim_end());
        let Some(entries) = plain["data"].as_array() else {
            assert_eq!(lines.len(), 1);
            continue;
        };
        assert_eq!(lines.len(), entries.len());
        for (line, entry) in lines.iter().zip(entries) {
            assert!(line.get("unreadable").is_none() && line.get("unknown").is_none(), "{line}");
            assert_eq!(line["type"], entry["type"]);
            assert_eq!(line["item"], entry["item"]);
            numbers_agree(line, entry["values"].as_object().unwrap(), &frame);
        }
    }
}

/// Every number on the wire stands in the line: as it is, as its magnitude, or in its unit.
fn numbers_agree(line: &Value, values: &serde_json::Map<String, Value>, frame: &str) {
    let wire_type = feed::schema::WireType::from_code(line["type"].as_str().unwrap().as_bytes());
    for (fid, text) in values {
        let field = wire_type.unwrap().field(fid.parse().unwrap()).expect(fid);
        let printed = line.get(field.name).unwrap_or_else(|| panic!("{} in {frame}", field.name));
        let text = text.as_str().unwrap();
        let Ok(number) = text.trim().parse::<f64>() else { continue };
        let Some(printed) = printed.as_f64() else { continue };
        let steps = [1.0, 1e3, 1e6, 1e8];
        let same = steps.iter().any(|step| {
            (printed - number * step).abs() < 1e-6 || (printed - number.abs() * step).abs() < 1e-6
        });
        assert!(same, "{} is {printed}, sent as {text:?}", field.name);
    }
}

#[test]
fn messages_keep_their_keys_and_lose_their_secrets() {
    let canary = "canary-9f2c";
    let login =
        format!(r#"{{ "trnm" : "LOGIN", "token":"{canary}", "x":{{"appKey":"{canary}"}} }}"#);
    let mut out = Vec::new();
    Decoder::new().decode(1, login.as_bytes(), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"event\":\"login\",\"token\":\"***\",\"x\":{\"appKey\":\"***\"}}\n"
    );
    let lines = decode(r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#);
    is(&lines[0], json!({"event":"login","return_code":0,"return_msg":"","sor_yn":"Y"}));
    is(&decode(r#"{"trnm":"PING"}"#)[0], json!({"event": "ping"}));
    is(&decode(r#"{"trnm":7,"event":"x"}"#)[0], json!({"event":"message","trnm":7,"event_":"x"}));
    let mut out = Vec::new();
    Decoder::new().decode(1, b" [1e999, null ]", &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "{\"event\":\"message\",\"json\":[1e999,null]}\n");
}

#[test]
fn shapes_that_are_no_data_still_give_a_line() {
    is(&decode(r#"{"trnm":"REAL","data":null}"#)[0], json!({"event":"real","entries":0}));
    is(&decode(r#"{"trnm":"REAL"}"#)[0], json!({"event":"real","entries":0}));
    let lines = decode(r#"{"trnm":"REAL","data":[{"type":"0Z","item":"x","values":{"1": "y"}}]}"#);
    let raw = json!({"type":"0Z","item":"x","values":{"1":"y"}});
    is(&lines[0], json!({"event":"unknown_type","type":"0Z","raw":raw}));
    let lines = decode(
        r#"{"trnm":"REAL","data":[{"type":"0C","item":"005930_NX","values":{"27":"","28":" 0","999":"x","":"y","91x":[1]}}]}"#,
    );
    is(
        &lines[0],
        json!({"event":"best_quote","type":"0C","item":"005930_NX","symbol":"005930","venue":"NXT",
               "ask":null,"bid":0,"bid_direction":"unchanged","unknown":{"999":"x","":"y","91x":[1]}}),
    );
    let lines = decode(
        r#"{"trnm":"REAL","data":[{"type":"0B","item":"1","values":{"732":"abc","10":"5"}}]}"#,
    );
    assert_eq!(lines[0]["unreadable"], json!({"cfd_trading_cost": "abc"}));
    assert_eq!(lines[0]["price"], 5);
}

#[test]
fn errors_have_their_place_and_the_rest_of_the_frame_is_printed() {
    let frame = r#"{"trnm":"REAL","data":[{"type":"0C","item":"1","values":{"27":"abc"}},{"type":"0C","item":"2","values":{"27":"-5"}},{"type":"0C"},7,{"item":"1"}]}"#;
    let lines = decode(frame);
    assert_eq!(lines.len(), 5);
    is(
        &lines[0],
        json!({"event":"error","line":7,"offset":frame.find("abc").unwrap(),"kind":"value",
               "reason":"not a number","entry":0,"type":"0C","fid":27,"field":"ask"}),
    );
    assert_eq!((&lines[1]["ask"], &lines[1]["ask_direction"]), (&json!(5), &json!("down")));
    assert_eq!(lines[2]["reason"], "entry without values");
    assert_eq!(lines[3]["reason"], "entry is not an object");
    assert_eq!(lines[4]["reason"], "entry without a type");
    for (frame, kind, offset) in [
        (&b"{\"trnm\":\"REAL\",\"data\":["[..], "json", 23),
        (b"", "json", 0),
        (b"nul", "json", 3),
        (b"\"\xff\"", "utf8", 1),
        (b"\"\\ud800\"", "json", 1),
    ] {
        let (lines, decoded) = decode_bytes(frame);
        assert_eq!((decoded.lines, decoded.errors), (1, 1));
        assert_eq!((&lines[0]["kind"], &lines[0]["offset"]), (&json!(kind), &json!(offset)));
        assert_eq!((&lines[0]["event"], &lines[0]["line"]), (&json!("error"), &json!(7)));
    }
    let many = vec!["{}"; 100].join(",");
    let (lines, decoded) = decode_bytes(format!(r#"{{"trnm":"REAL","data":[{many}]}}"#).as_bytes());
    assert_eq!((lines.len(), decoded.errors), (100, 100));
    let (_, decoded) = decode_bytes(br#"{"trnm":"REAL","data":"x"}"#);
    assert_eq!(decoded, Decoded { lines: 1, errors: 1 });
}

//! Counts that hold, ends in order, and the faults a test can ask for.

mod server_support;

use serde_json::{Value, json};
use server_support::{Client, Event, connect, plain};
use sim::{Options, Report};
use std::collections::BTreeMap;
use std::time::Duration;

/// Frames and entries that a client saw, by type.
fn seen(messages: &[Value]) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let (mut frames, mut entries) = (BTreeMap::new(), BTreeMap::new());
    for message in messages.iter().filter(|message| message["trnm"] == "REAL") {
        let list = message["data"].as_array().unwrap();
        let ty = |entry: &Value| entry["type"].as_str().unwrap().to_owned();
        *frames.entry(ty(&list[0])).or_default() += 1;
        for entry in list {
            *entries.entry(ty(entry)).or_default() += 1;
        }
    }
    (frames, entries)
}

fn check_counts(report: &Report, messages: &[Value]) {
    let (frames, entries) = seen(messages);
    assert_eq!(report.frames_sent, frames.values().sum::<u64>());
    assert_eq!(report.frames_by_type, frames);
    assert_eq!(report.entries_sent, entries);
    assert!(report.frames_sent > 0);
}

/// Registers without reading: nothing that comes is lost to the count.
async fn register_everything(client: &mut Client, options: &Options) {
    let codes: Vec<String> = sim::symbols(options).into_iter().map(|info| info.code).collect();
    let data = json!([{"item": codes[..100], "type": ["0B", "0C", "0D"]}]);
    client.send(server_support::reg(data)).await;
}

/// The first frames of a broker that was asked for the same things.
async fn first_frames(seed: u64, pause: Duration) -> Vec<Value> {
    let options = Options { plain: true, seed, frames_per_second: 4_000, ..Options::default() };
    let broker = sim::start(options.clone()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    // The market waits for its first client, however late it comes.
    tokio::time::sleep(pause).await;
    register_everything(&mut client, &options).await;
    let mut frames = Vec::new();
    while frames.len() < 1_500 {
        let Event::Message(message) = client.next().await else { panic!("it goes on") };
        if message["trnm"] == "REAL" {
            frames.push(message);
        }
    }
    frames
}

#[tokio::test]
async fn a_seed_gives_the_same_frames_whatever_the_clock_on_the_wall_says() {
    let first = first_frames(5, Duration::ZERO).await;
    assert_eq!(first, first_frames(5, Duration::from_millis(300)).await);
    assert_ne!(first, first_frames(6, Duration::ZERO).await);
}

#[tokio::test]
async fn counts_are_exact_for_a_client_that_reads_until_the_close() {
    for (plain, frames_per_second) in [(true, 20_000), (true, 0), (false, 0)] {
        let options = Options { plain, frames_per_second, ..Options::default() };
        let broker = sim::start(options.clone()).unwrap();
        let mut client = Client::log_in(&broker, "key").await;
        register_everything(&mut client, &options).await;
        let mut messages = Vec::new();
        while messages.len() < 2_000 {
            let Event::Message(message) = client.next().await else { panic!("it goes on") };
            messages.push(message);
        }
        client.send_close().await;
        let (rest, end) = client.rest().await;
        messages.extend(rest);
        assert!(matches!(end, Event::Close(..)), "{end:?}");
        check_counts(&broker.stop(), &messages);
    }
}

#[tokio::test]
async fn a_broker_that_stops_says_1001_and_loses_nothing() {
    let options = Options { frames_per_second: 0, ..plain() };
    let broker = sim::start(options.clone()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    register_everything(&mut client, &options).await;
    client.answer("REAL").await;
    let stopped = tokio::task::spawn_blocking(move || broker.stop());
    let (messages, end) = client.rest().await;
    assert_eq!(end, Event::Close(1001, String::new()));
    let report = stopped.await.unwrap();
    let (frames, _) = seen(&messages);
    assert_eq!(report.frames_sent, frames.values().sum::<u64>() + 1);
}

#[tokio::test]
async fn a_stopped_market_sends_no_frames_while_the_connection_lives() {
    let options = plain();
    let broker =
        sim::start(Options { ping_interval: Duration::from_millis(50), ..options.clone() })
            .unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    register_everything(&mut client, &options).await;
    client.answer("REAL").await;
    broker.stop_market();
    for _ in 0..2 {
        let ping = client.answer("PING").await;
        client.send(ping).await;
    }
    let before = broker.report().frames_sent;
    client.answer("PING").await;
    assert_eq!(broker.report().frames_sent, before);
}

#[tokio::test]
async fn a_frame_from_outside_comes_as_it_is_and_is_counted_by_type() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let frame = json!({"trnm": "REAL", "data": [{"type": "F4"}, {"type": "0B"}, {"type": "0B"}]});
    broker.inject(&frame.to_string());
    assert_eq!(client.answer("REAL").await, frame);
    broker.send_system("R99999", "just \"so\"");
    let system = client.answer("SYSTEM").await;
    assert_eq!(system, json!({"trnm": "SYSTEM", "code": "R99999", "message": "just \"so\""}));
    let report = broker.stop();
    assert_eq!(report.frames_sent, 1);
    assert_eq!(report.frames_by_type, BTreeMap::from([("F4".to_owned(), 1)]));
    let entries = BTreeMap::from([("0B".to_owned(), 2), ("F4".to_owned(), 1)]);
    assert_eq!(report.entries_sent, entries);
}

#[tokio::test]
async fn an_own_order_lives_through_fills_and_a_cancel() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00", "04"]).await, 0);
    assert!(broker.own_order_life("005930"));
    assert!(!broker.own_order_life("999999"));
    let mut lines = Vec::new();
    while lines.len() < 8 {
        let frame = client.answer("REAL").await;
        let entry = &frame["data"][0];
        assert_eq!(entry["item"], "005930");
        let value = |fid: &str| entry["values"][fid].as_str().unwrap_or_default().to_owned();
        let line = match entry["type"].as_str().unwrap() {
            "04" => format!("04 {}", value("930")),
            _ => [value("913"), value("905"), value("902"), value("911"), value("915")].join(" "),
        };
        lines.push(line);
    }
    assert_eq!(
        lines,
        [
            "접수 +매수 10  ",
            "체결 +매수 7 3 3",
            "04 3",
            "체결 +매수 3 7 4",
            "04 7",
            "접수 매수취소 3  ",
            "확인 매수취소 0  ",
            "체결 +매수 0 7 4",
        ]
    );
}

#[tokio::test]
async fn dropped_connections_end_without_a_close() {
    for plain in [true, false] {
        let broker = sim::start(Options { plain, ..Options::default() }).unwrap();
        let mut client = Client::log_in(&broker, "key").await;
        broker.drop_connections();
        assert_eq!(client.rest().await.1, Event::Gone);
    }
}

#[tokio::test]
async fn a_stalled_broker_keeps_the_connection_and_says_nothing() {
    let options = Options { ping_interval: Duration::from_millis(10), ..plain() };
    let broker = sim::start(Options { pings_unanswered_max: 1000, ..options.clone() }).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    register_everything(&mut client, &options).await;
    client.answer("REAL").await;
    broker.stall(true);
    // What was under way before comes still.
    while !client.is_silent().await {}
    let before = broker.report();
    assert!(client.is_silent().await);
    assert_eq!(broker.report(), before);
    broker.stall(false);
    client.answer("REAL").await;
    client.answer("PING").await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_ended_and_holds_up_nobody() {
    for frames_per_second in [0, 5_000] {
        let options = Options { frames_per_second, outbound_bytes_max: 1 << 20, ..plain() };
        let broker = sim::start(options.clone()).unwrap();
        let mut lazy = Client::log_in(&broker, "lazy").await;
        let mut eager = Client::log_in(&broker, "eager").await;
        register_everything(&mut lazy, &options).await;
        register_everything(&mut eager, &options).await;
        while broker.report().slow_clients == 0 {
            eager.skip(50).await;
        }
        eager.skip(1000).await;
        assert_eq!(broker.report().slow_clients, 1);
    }
}

#[tokio::test]
async fn another_path_is_not_found() {
    let broker = sim::start(plain()).unwrap();
    let url = broker.ws_url().replace("/api/dostk/websocket", "/api/us/websocket");
    let stream = connect(&url, "").await.unwrap();
    let refused = tokio_tungstenite::client_async(url, stream).await.err().unwrap();
    assert!(refused.to_string().contains("404"), "{refused}");
}

#[tokio::test]
async fn two_brokers_live_side_by_side() {
    let (one, other) = (sim::start(plain()).unwrap(), sim::start(plain()).unwrap());
    assert_ne!(one.ws_url(), other.ws_url());
    let mut client = Client::log_in(&other, "key").await;
    drop(one);
    assert_eq!(client.register(&["005930"], &["0D"]).await, 0);
    assert_eq!(client.answer("REAL").await["data"][0]["type"], "0D");
}

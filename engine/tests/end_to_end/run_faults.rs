//! What a broker can do to a run: break the connection, send nonsense, own orders, take over,
//! refuse a token. The broker runs in the test, the engine is told its address as a real one's.

use crate::process::Running;
use crate::setup::{Setup, logged_counts, problems, strategy, summary, watcher};
use serde_json::Value;

const KEYS: &str = "app_key_env = \"E2E_APP_KEY\"\nsecret_key_env = \"E2E_SECRET_KEY\"\n";

fn broker(options: sim::Options) -> sim::Broker {
    let day_start = "09:00:05".parse().unwrap();
    sim::start(sim::Options { frames_per_second: 1_000, mock: true, day_start, ..options }).unwrap()
}

/// The engine with one watcher, on trades and own orders of two stocks; it is live.
fn start(broker: &sim::Broker, feed: &str) -> (Setup, Running) {
    start_with(broker, feed, &["--json"])
}

fn start_with(broker: &sim::Broker, feed: &str, arguments: &[&str]) -> (Setup, Running) {
    let config = format!(
        "[feed]\nreconnect_min_ms = 20\nreconnect_max_ms = 200\n{feed}\n\
         [[strategy]]\nname = \"one\"\nplugin = \"{}\"\ntypes = [\"0B\", \"00\", \"04\"]\n\
         symbols = [\"005930\", \"000660\"]\n",
        watcher().display()
    );
    let setup = Setup::at(broker, KEYS, &config);
    let mut command = setup.run(arguments);
    command.env("E2E_APP_KEY", "KEY").env("E2E_SECRET_KEY", "SECRET");
    let mut running = Running::start(command);
    running.wait_for("subscriptions confirmed");
    (setup, running)
}

/// Ends a run with ctrl-C; its summary.
#[track_caller]
fn end(running: Running, code: i32) -> Value {
    running.interrupt();
    summary(&running.finish().ended_with(code).stdout)
}

#[test]
fn a_broken_connection_is_told_mended_and_told_again() {
    let broker = broker(sim::Options::default());
    let (setup, mut running) = start(&broker, "");
    for breaks in 1..=2 {
        let logins = broker.report().logins;
        broker.drop_connections();
        running.wait_until("a new login", || broker.report().logins > logins);
        running.wait_until("the strategy saw it", || {
            setup.logged("one", "feed change=6").len() == breaks
                && setup.logged("one", "feed change=2").len() == breaks + 1
        });
    }
    let before = broker.report().frames_sent;
    running.wait_until("frames after the break", || broker.report().frames_sent > before + 100);
    let summary = end(running, 0);
    assert_eq!(summary["feed"]["reconnects"], 2);
    assert_eq!(problems(&summary), Vec::<&str>::new());
    // 1 connected, 2 subscribed, 5 disconnected, 6 reconnected: in this order, each time.
    let changes: Vec<u64> = setup
        .logged("one", "feed change=")
        .iter()
        .map(|line| crate::setup::number_in(line, "change"))
        .filter(|change| [1, 2, 5, 6].contains(change))
        .collect();
    assert_eq!(&changes[..8], [1, 2, 5, 6, 2, 5, 6, 2], "{changes:?}");
    assert_eq!(strategy(&summary, "one")["stopped"], Value::Null);
    // The token was still good: none was asked for again.
    assert_eq!(broker.stop().tokens_issued, 1);
}

#[test]
fn a_refused_frame_is_kept_with_its_place_and_reason_and_the_run_goes_on() {
    let broker = broker(sim::Options::default());
    let (setup, mut running) = start(&broker, "");
    let cut = r#"{"data":[{"values":{"20":"115618","10":"-257750"},"type":"0B"#;
    let bad = r#"{"data":[{"values":{"20":"115618","10":"2577x50"},"type":"0B","name":"주식체결","item":"005930"}],"trnm":"REAL"}"#;
    let unknown =
        r#"{"data":[{"values":{"1":"2"},"type":"ZZ","name":"?","item":"005930"}],"trnm":"REAL"}"#;
    for frame in [cut, bad, unknown] {
        broker.inject(frame);
    }
    let before = broker.report().frames_sent;
    running.wait_until("frames after the bad ones", || broker.report().frames_sent > before + 100);
    let summary = end(running, 1);
    let kept: Vec<Value> = setup
        .run_file("quarantine.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    for (kept, frame) in kept.iter().zip([cut, bad]) {
        assert_eq!(kept["frame"], *frame, "the bytes as they came");
        assert!(kept["ts_recv"].as_u64().unwrap() > 1_700_000_000_000_000_000);
    }
    let reason = |index: usize| kept[index]["reasons"][0].as_str().unwrap().to_owned();
    assert_eq!(reason(0), format!("cut off at byte {}", cut.len()));
    let offset = bad.find("\"2577x50\"").unwrap();
    let told: usize = crate::setup::number_after(&reason(1), "offset ") as usize;
    assert!((offset..offset + 9).contains(&told), "{} instead of about {offset}", reason(1));
    assert!(reason(1).contains("FID 10") && reason(1).contains("type 0B"), "{}", reason(1));
    let feed = &summary["feed"];
    assert_eq!((&feed["refused_frames"], &feed["refused_entries"]), (&1.into(), &1.into()));
    assert_eq!(feed["unknown_entries"], 1);
    assert_eq!(feed["reconnects"], 0);
    let problems = problems(&summary);
    assert!(problems.iter().any(|text| text.contains("quarantine.jsonl")), "{problems:?}");
}

#[test]
fn own_orders_and_positions_reach_the_strategy_that_asked() {
    let broker = broker(sim::Options::default());
    let (setup, mut running) = start(&broker, "");
    assert!(broker.own_order_life("005930"));
    let of = |code: &str| broker.report().entries_sent.get(code).copied().unwrap_or(0);
    running.wait_until("the first fill", || of("00") > 0 && of("04") > 0);
    let before = broker.report().frames_sent;
    running.wait_until("frames after it", || broker.report().frames_sent > before + 100);
    let summary = end(running, 0);
    let (orders, balances) = (of("00"), of("04"));
    assert_eq!(summary["feed"]["account_records"], orders + balances);
    let [_, seen_orders, seen_balances] = logged_counts(&setup, "one");
    assert_eq!((seen_orders, seen_balances), (orders, balances));
    assert!(orders > 2 && balances > 0);
}

#[test]
fn a_token_that_has_died_is_fetched_again_once_and_the_run_goes_on() {
    let broker = broker(sim::Options::default());
    let (_setup, mut running) = start(&broker, "");
    broker.expire_tokens();
    broker.drop_connections();
    running.wait_until("a login with a new token", || broker.report().logins == 2);
    let summary = end(running, 0);
    assert_eq!(problems(&summary), Vec::<&str>::new());
    assert_eq!(broker.stop().tokens_issued, 2);
}

#[test]
fn another_session_with_the_same_key_ends_the_run_with_its_reason() {
    let broker = broker(sim::Options::default());
    let (_setup, running) = start(&broker, "on_takeover = \"stop\"");
    // What the broker says to the older of two sessions.
    broker.send_system("R10001", "동일한 App key로 접속이 되었습니다. 기존 세션은 종료가 됩니다");
    let finished = running.finish().ended_with(1);
    let summary = summary(&finished.stdout);
    assert_eq!(summary["ended"], "the feed ended");
    let problems = problems(&summary);
    assert!(problems[0].contains("R10001") || problems[0].contains("App key"), "{problems:?}");
}

#[test]
fn a_silent_connection_is_left_and_made_again() {
    let broker = broker(sim::Options::default());
    let (setup, mut running) = start(&broker, "silence_timeout_ms = 1500");
    broker.stall(true);
    running.wait_until("stale, then gone", || !setup.logged("one", "feed change=5").is_empty());
    broker.stall(false);
    running.wait_until("live again", || setup.logged("one", "feed change=2").len() >= 2);
    let summary = end(running, 0);
    assert!(summary["feed"]["reconnects"].as_u64().unwrap() >= 1);
}

#[test]
fn a_run_whose_time_is_up_says_that_the_feed_was_not_connected_then() {
    let broker = broker(sim::Options::default());
    let (setup, mut running) = start_with(&broker, "", &["--duration", "6s", "--json"]);
    // A strategy starts once the books are known.
    running.wait_until("a start", || !setup.logged("one", "feed change=2").is_empty());
    broker.stop();
    let summary = summary(&running.finish().ended_with(0).stdout);
    assert_eq!(summary["ended"], "the time was up, without a connection of the feed");
}

#[test]
fn ctrl_c_on_a_silent_connection_still_ends_in_order() {
    let broker = broker(sim::Options::default());
    let (setup, running) = start(&broker, "");
    broker.stall(true);
    let summary = end(running, 0);
    assert_eq!(summary["ended"], "ended by a signal");
    assert_eq!(setup.logged("one", "goodbye").len(), 1);
    broker.stall(false);
}

#[test]
fn registrations_that_the_broker_refuses_are_a_problem_of_the_run() {
    let broker = broker(sim::Options { items_max: 1, ..sim::Options::default() });
    let (setup, mut running) = start(&broker, "");
    running
        .wait_until("the strategy was told", || !setup.logged("one", "feed change=2").is_empty());
    let summary = end(running, 1);
    let problems = problems(&summary);
    assert!(problems.iter().any(|text| text.contains("refused")), "{problems:?}");
}

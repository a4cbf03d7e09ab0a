//! The main job against the embedded simulated broker.

use crate::process::{Running, engine, run};
use crate::setup::{Setup, logged_counts, problems, strategy, summary, watcher, workspace};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;
use std::collections::BTreeMap;

/// The example strategies, built from source, on many types of many instruments.
fn main_job(dispatch: &str) -> Setup {
    let examples = workspace().join("strategy-api/examples");
    Setup::new(&format!(
        "
mode = \"sim\"
[sim]
frames_per_second = 2000
# The last second of the call auction, then the open.
day_start = \"08:59:59\"
[feed]
dispatch = \"{dispatch}\"
[[strategy]]
name = \"hello\"
crate = \"{hello}\"
types = [\"0B\", \"0s\"]
symbols = [\"005930\", \"000660\"]
[[strategy]]
name = \"imbalance\"
crate = \"{imbalance}\"
types = [\"0B\", \"0C\", \"0D\", \"0H\", \"0s\", \"1h\"]
first_of_sim = 20
extra_fids = {{ \"0B\" = [228] }}
",
        hello = examples.join("hello").display(),
        imbalance = examples.join("imbalance").display()
    ))
}

/// One watcher on trades of a few instruments, with further keys of `[feed]` and of the strategy.
fn watching(feed: &str, strategies: &str) -> Setup {
    Setup::new(&format!(
        "mode = \"sim\"\n[sim]\nframes_per_second = 2000\nday_start = \"09:00:05\"\n\
         [feed]\n{feed}\n{strategies}"
    ))
}

fn a_watcher(name: &str, further: &str) -> String {
    format!(
        "[[strategy]]\nname = \"{name}\"\nplugin = \"{}\"\ntypes = [\"0B\", \"0D\"]\n\
         first_of_sim = 10\n{further}\n",
        watcher().display()
    )
}

#[test]
fn the_main_job_runs_the_examples_and_accounts_for_every_frame() {
    main_job_accounts_for_every_frame("threads");
}

#[test]
fn the_main_job_with_the_strategies_on_the_feed_thread_accounts_for_every_frame() {
    main_job_accounts_for_every_frame("inline");
}

fn main_job_accounts_for_every_frame(dispatch: &str) {
    let setup = main_job(dispatch);
    let finished = run(setup.run(&["--duration", "3s", "--json"])).ended_with(0);
    let summary = summary(&finished.stdout);
    assert_eq!(problems(&summary), Vec::<&str>::new());
    assert_eq!(summary["mode"], "sim");
    assert!(summary["seconds"].as_f64().unwrap() >= 3.0);
    let feed = &summary["feed"];
    let frames = feed["frames"].as_u64().unwrap();
    assert!(frames > 1_000, "{frames} frames in 3 seconds");
    assert_eq!(summary["broker"]["frames"], frames);
    assert_eq!(summary["broker"]["entries"], feed["entries"], "counts are equal by type");
    for code in ["0B", "0D", "0s"] {
        assert!(feed["entries"][code].as_u64().unwrap() > 0, "{code}");
    }
    for name in ["refused_frames", "refused_entries", "unknown_entries", "reconnects"] {
        assert_eq!(feed[name], 0, "{name}");
    }
    for name in ["hello", "imbalance"] {
        let strategy = strategy(&summary, name);
        assert!(strategy["events"].as_u64().unwrap() > 10, "{strategy}");
        assert_eq!((&strategy["lost"], &strategy["stopped"]), (&0.into(), &Value::Null), "{name}");
    }
    assert!(strategy(&summary, "hello")["timers"].as_u64().unwrap() >= 2);
    let orders = summary["orders"]["submits"].as_u64().unwrap();
    assert!(orders > 0, "the market maker wants to quote");
    check_latency(&summary, &setup);
    check_orders(&setup, &summary);
    assert_eq!(setup.run_file("quarantine.jsonl"), "");
    // The file says what was printed.
    assert_eq!(serde_json::from_str::<Value>(&setup.run_file("summary.json")).unwrap(), summary);
    assert!(!setup.logged("hello", "trades; the last:").is_empty());
}

/// Every hop has a row, and the interval log holds the same counts, read by the public reader.
fn check_latency(summary: &Value, setup: &Setup) {
    let rows = summary["latency"].as_array().unwrap();
    let counts: BTreeMap<&str, u64> = rows
        .iter()
        .map(|row| (row["hop"].as_str().unwrap(), row["count"].as_u64().unwrap()))
        .collect();
    for hop in [
        "kernel→read",
        "read→published",
        "published→strategy",
        "wire→strategy",
        "strategy (hello)",
        "strategy (imbalance)",
        "submit→gate",
        "tick→gate",
        "gate→journaled",
        "journaled→written",
        "gate→written",
        "tick→written",
        "written→reply",
        "written→accepted",
    ] {
        assert!(counts.get(hop).is_some_and(|count| *count > 0), "{hop} in {counts:?}");
    }
    for row in rows {
        let at = |name: &str| row[name].as_u64().unwrap_or_else(|| panic!("{name} in {row}"));
        let ascending = [at("p50"), at("p99"), at("p999"), at("max")];
        assert!(ascending.is_sorted(), "{row}");
    }
    assert_eq!(counts["read→published"], summary["feed"]["frames"].as_u64().unwrap());
    let log = setup.run_file("latency.hlog");
    let mut logged: BTreeMap<String, u64> = BTreeMap::new();
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        let LogEntry::Interval(interval) = entry.unwrap() else { continue };
        let packed = base64(interval.encoded_histogram());
        let histogram: Histogram<u64> =
            Deserializer::new().deserialize(&mut packed.as_slice()).unwrap();
        let tag = interval.tag().unwrap().as_str().to_owned();
        *logged.entry(tag).or_default() += histogram.len();
    }
    let tags: BTreeMap<String, u64> =
        counts.iter().map(|(hop, count)| (hop.replace(' ', "_"), *count)).collect();
    let logged: BTreeMap<String, u64> =
        logged.into_iter().map(|(tag, count)| (tag.replace(' ', "_"), count)).collect();
    assert_eq!(logged, tags);
}

/// What the summary says was traded, the journal has, order by order; and it adds up.
fn check_orders(setup: &Setup, summary: &Value) {
    let trading = &summary["trading"];
    let count = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value}: {trading}"));
    let journal = setup.run_folder().unwrap().join("orders");
    let mut command = engine();
    command.args(["journal", "--json"]).arg(journal);
    let day: Value = serde_json::from_str(&run(command).ended_with(0).stdout).unwrap();
    let orders = day["orders"].as_array().unwrap();
    assert_eq!(orders.len() as u64, count(&trading["orders"]["total"]));
    assert!(!orders.is_empty(), "the market maker's orders reach the broker: {trading}");
    let filled: u64 = orders.iter().map(|order| count(&order["filled"])).sum();
    let total = &trading["total"]["traded"];
    assert_eq!(filled, count(&total["bought"]) + count(&total["sold"]), "{trading}");
    let denied: u64 =
        trading["denials"].as_array().unwrap().iter().map(|d| count(&d["count"])).sum();
    let submits = count(&summary["orders"]["submits"]);
    // A replace or a cancel of an order that was denied is denied, too.
    let changes = count(&summary["orders"]["replaces"]) + count(&summary["orders"]["cancels"]);
    let decided = orders.len() as u64 + denied;
    let every = submits..=submits + changes;
    assert!(every.contains(&decided), "every order is sent or denied: {every:?} {trading}");
    assert_eq!(trading["orders"]["unknown"], 0, "{trading}");
    assert_eq!(trading["orders"]["submitting"], 0, "{trading}");
    assert_eq!(trading["orders"]["working"], 0, "the end of a run cancels what works: {trading}");
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values = text.chars().filter(|c| *c != '=').map(|c| LETTERS.find(c).unwrap() as u32);
    let (mut bytes, mut bits, mut length) = (Vec::new(), 0_u32, 0);
    for value in values {
        bits = bits << 6 | value;
        length += 6;
        if length >= 8 {
            length -= 8;
            bytes.push((bits >> length) as u8);
            bits &= (1 << length) - 1;
        }
    }
    bytes
}

#[test]
fn ctrl_c_ends_a_run_in_order_and_with_a_summary() {
    let setup = watching("", &a_watcher("one", ""));
    let mut running = Running::start(setup.run(&[]));
    running.wait_for("subscriptions confirmed");
    // A progress line after the first frames.
    running.wait_for("subscribed | ");
    running.interrupt();
    let finished = running.finish().ended_with(0);
    let out = &finished.stdout;
    for wanted in ["ended by a signal", "all accounted for, by type", "Latency by hop:", "one"] {
        assert!(out.contains(wanted), "{wanted:?} is not in:\n{out}");
    }
    assert!(!out.contains("problem:"), "{out}");
    // What the strategy says last is still written: it had the time to say goodbye.
    assert_eq!(setup.logged("one", "goodbye").len(), 1);
}

#[test]
fn a_strategy_is_told_first_where_the_day_of_each_venue_stands() {
    for dispatch in ["threads", "inline"] {
        let keys = format!("dispatch = \"{dispatch}\"");
        let setup = watching(&keys, &a_watcher("one", ""));
        run(setup.run(&["--duration", "1s", "--json"])).ended_with(0);
        let told = setup.logged("one", "session venue=");
        let number = |line: &str, name| crate::setup::number_in(line, name);
        for (venue, line) in told.iter().take(2).enumerate() {
            assert_eq!(number(line, "venue"), venue as u64 + 1, "{line}");
            assert_eq!(number(line, "before"), 0, "{line}");
            assert!(number(line, "after") > 0, "{line}");
            assert_eq!(number(line, "trades"), 0, "{line}");
            assert_eq!((number(line, "net"), number(line, "account")), (0, 1), "{line}");
        }
        assert!(told.len() >= 2, "{told:?}");
        let [trades, ..] = logged_counts(&setup, "one");
        assert!(trades > 0, "the market came after it");
    }
}

#[test]
fn ctrl_c_during_the_start_ends_it() {
    // A broker that takes connections and says nothing: the start hangs in the TLS handshake.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let setup = Setup::new(&format!(
        "mode = \"mock\"\n[broker]\nrest_url = \"https://127.0.0.1:{port}\"\n\
         websocket_url = \"wss://127.0.0.1:{port}/\"\napp_key_env = \"E2E_KEY\"\n\
         secret_key_env = \"E2E_KEY\"\n[session]\ncalendar = \"always\"\n"
    ));
    let mut command = setup.run(&[]);
    command.env("E2E_KEY", "KEY");
    let mut running = Running::start(command);
    silent.set_nonblocking(true).unwrap();
    let mut connection = None;
    running.wait_until("a connection", || {
        connection = silent.accept().ok();
        connection.is_some()
    });
    running.interrupt();
    let finished = running.finish().ended_with(1);
    let told = "the engine never logged in: ended by a signal";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
}

#[test]
fn a_strategy_that_panics_stops_alone() {
    a_panic_stops_one_alone("");
}

#[test]
fn a_strategy_that_panics_on_the_feed_thread_stops_alone() {
    a_panic_stops_one_alone("dispatch = \"inline\"");
}

fn a_panic_stops_one_alone(feed: &str) {
    let misbehaving = workspace().join("engine/tests/plugins/misbehaving");
    let strategies = format!(
        "[[strategy]]\nname = \"bad\"\ncrate = \"{}\"\ntypes = [\"0B\"]\nfirst_of_sim = 10\n\
         params = {{ how = \"panic in on_trade\" }}\n{}",
        misbehaving.display(),
        a_watcher("good", "")
    );
    let setup = watching(feed, &strategies);
    // Without the check for panics of the engine: this one is meant.
    let finished = run(setup.run(&["--duration", "2s", "--json"]));
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let summary = summary(&finished.stdout);
    assert_eq!(problems(&summary), ["strategy bad was stopped before the end"]);
    let (bad, good) = (strategy(&summary, "bad"), strategy(&summary, "good"));
    // Changes of the feed and of sessions, then its first trade (the index says so), and never again
    // anything.
    let events = |strategy: &Value| strategy["events"].as_u64().unwrap();
    assert!(10 * events(bad) < events(good), "{bad} {good}");
    let why = bad["stopped"].as_str().unwrap();
    assert!(why.contains("on_trade") && why.contains("the index is 1"), "{why}");
    assert_eq!(good["stopped"], Value::Null);
    let [trades, ..] = logged_counts(&setup, "good");
    assert!(trades > 10, "the other one went on: {trades} trades");
    assert!(good["events"].as_u64().unwrap() > trades);
    assert_eq!(good["lost"], 0);
    assert_eq!(summary["broker"]["entries"], summary["feed"]["entries"]);
    assert!(finished.stderr.contains("error: strategy bad was stopped"), "{}", finished.stderr);
}

#[test]
fn a_strategy_that_sleeps_loses_events_is_told_and_delays_no_one() {
    let slow = a_watcher("slow", "params = { sleep_ms = 200, slow_trades = 3 }");
    let strategies = format!("{slow}{}", a_watcher("quick", ""));
    // At 2,000 frames a second 64 slots are lapped in 200 ms many times over; the quick one has
    // 30 ms for as many, which a busy machine may miss, so it is watched with a larger ring below.
    let setup = watching("market_ring_slots = 64", &strategies);
    let finished = run(setup.run(&["--duration", "3s", "--json"])).ended_with(0);
    let result = summary(&finished.stdout);
    let lost = strategy(&result, "slow")["lost"].as_u64().unwrap();
    let gaps = strategy(&result, "slow")["gaps"].as_u64().unwrap();
    assert!(lost > 0 && gaps > 0, "{result}");
    let told = setup.logged("slow", "feed change=4");
    assert_eq!(told.len() as u64, gaps);
    let numbers = told.iter().map(|line| crate::setup::number_in(line, "lost"));
    assert_eq!(numbers.sum::<u64>(), lost, "the strategy knows how many");
    assert_eq!(result["broker"]["entries"], result["feed"]["entries"], "the feed never waited");
    assert_eq!(problems(&result), Vec::<&str>::new());

    // The same beside a strategy that keeps up, where the ring holds more than a pause of any busy
    // machine: it loses nothing and sees what the slow one missed.
    let slow = a_watcher("slow", "params = { sleep_ms = 200, slow_trades = 12 }");
    let strategies = format!("{slow}{}", a_watcher("quick", ""));
    let setup = watching("market_ring_slots = 2048", &strategies);
    let finished = run(setup.run(&["--duration", "3s", "--json"])).ended_with(0);
    let summary = summary(&finished.stdout);
    let (slow, quick) = (strategy(&summary, "slow"), strategy(&summary, "quick"));
    assert!(slow["lost"].as_u64().unwrap() > 0, "{slow}");
    assert_eq!(quick["lost"], 0, "{quick}");
    assert!(quick["events"].as_u64() > slow["events"].as_u64());
    let [trades, ..] = logged_counts(&setup, "quick");
    assert_eq!(summary["feed"]["entries"]["0B"], trades, "every trade, beside a slow neighbour");
}

#[test]
fn a_strategy_that_never_returns_does_not_keep_the_engine_from_ending() {
    let stuck = a_watcher("stuck", "params = { sleep_ms = 3600000, slow_trades = 1 }");
    let setup = watching("", &format!("{stuck}{}", a_watcher("good", "")));
    let finished = run(setup.run(&["--duration", "1s", "--json"])).ended_with(1);
    let summary = summary(&finished.stdout);
    assert_eq!(problems(&summary), ["strategy stuck was stopped before the end"]);
    let why = strategy(&summary, "stuck")["stopped"].as_str().unwrap();
    assert!(why.contains("stuck in a callback"), "{why}");
    assert_eq!(strategy(&summary, "good")["stopped"], Value::Null);
    let [trades, ..] = logged_counts(&setup, "good");
    assert_eq!(summary["feed"]["entries"]["0B"], trades, "the other one has read to the end");
}

#[test]
fn a_strategy_that_is_far_behind_at_the_end_leaves_the_rest_and_says_goodbye() {
    let slow = a_watcher("slow", "params = { sleep_ms = 100, slow_trades = 1000000 }");
    let setup = watching("market_ring_slots = 4096", &slow);
    let finished = run(setup.run(&["--duration", "1s", "--json"])).ended_with(1);
    let summary = summary(&finished.stdout);
    let why = strategy(&summary, "slow")["stopped"].as_str().unwrap();
    assert!(why.contains("too slow to read what was left"), "{why}");
    assert_eq!(setup.logged("slow", "goodbye").len(), 1);
    assert_eq!(summary["broker"]["entries"], summary["feed"]["entries"]);
}

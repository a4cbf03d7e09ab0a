//! The latency rig in miniature: every Rust client through every kind of scenario. It shows that the rig
//! works and counts right; how fast anything is, it does not ask.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

const CLIENTS: [&str; 6] =
    ["engine", "engine-threads", "tokio-serde", "tokio-sonic", "polled-sonic", "floor"];

/// A run spins on two cores: one at a time.
static CORES: Mutex<()> = Mutex::new(());

fn latency(arguments: &[&str]) -> Output {
    let _one = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(env!("CARGO_BIN_EXE_latency")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs with these arguments and returns its JSON; where the machine has one core, checks that the rig
/// says so, as nothing else can be checked there.
fn measured(arguments: &[&str]) -> Option<Value> {
    let output = latency(arguments);
    if core_affinity::get_core_ids().is_none_or(|cores| cores.len() < 2) {
        assert!(text(&output.stderr).contains("need a core each"), "{}", text(&output.stderr));
        return None;
    }
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn every_client_takes_every_frame_at_a_low_rate_and_the_result_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let only = CLIENTS.join(",");
    let arguments = ["--json", "--rates", "500,max", "--seconds", "0.1", "--rounds", "1"];
    let arguments = [&arguments[..], &["--only", &only, "--out", out]].concat();
    let Some(report) = measured(&arguments) else { return };
    let scenarios = report["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), 2);
    for (scenario, (sent, measured)) in scenarios.iter().zip([(200, 50), (10_600, 10_000)]) {
        let rows = scenario["clients"].as_array().unwrap();
        assert_eq!(rows.iter().map(|row| &row["client"]).collect::<Vec<_>>(), CLIENTS);
        for row in rows {
            assert_eq!(row["sent"], sent, "{row:#}");
            if scenario["name"] == "500" {
                assert_eq!(row["received"], sent, "{row:#}");
                assert_eq!(row["holes"], 0, "{row:#}");
                assert_eq!(row["measured"], measured, "{row:#}");
            }
            percentiles_rise(row);
            assert!(row["rate"].as_f64().unwrap() > 0.0, "{row:#}");
        }
        let peers: Vec<_> =
            scenario["ratios"].as_array().unwrap().iter().map(|ratio| &ratio["client"]).collect();
        assert_eq!(peers, CLIENTS[1..]);
    }
    the_engine_tells_its_hops(&scenarios[0]["clients"]);
    let conditions = &report["conditions"];
    for key in [
        "cpu",
        "kernel",
        "governor",
        "clock_source",
        "load_before",
        "load_after",
        "pinning",
        "scheduling",
    ] {
        assert!(conditions[key].as_str().is_some_and(|value| !value.is_empty()), "{key}");
    }
    assert_eq!(conditions["versions"].as_array().unwrap().len(), 11);
    assert_eq!(report["goals"].as_array().unwrap().len(), 20);
    the_files_are_there(folder.path());
}

#[test]
fn every_order_of_every_client_arrives_and_is_timed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let only = CLIENTS.join(",");
    let arguments = ["--json", "--rates", "orders-500", "--seconds", "0.5", "--rounds", "1"];
    let more = ["--only", &only, "--out", out, "--reference", "floor", "--orders-every", "20"];
    let Some(report) = measured(&[&arguments[..], &more].concat()) else { return };
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["title"], "500 frames/s, an order on every 20th");
    for row in scenario["clients"].as_array().unwrap() {
        assert_eq!(row["received"], 400, "{row:#}");
        let orders = &row["orders"];
        assert_eq!((&orders["wanted"], &orders["arrived"]), (&20.into(), &20.into()), "{row:#}");
        // The first 150 frames warm up; every 20th is a marker.
        assert_eq!(orders["measured"], 12, "{row:#}");
        let figures = ["min", "p50", "p99", "p999", "max"]
            .map(|key| orders["tick_to_trade"][key].as_u64().unwrap());
        assert!(figures[0] > 0 && figures.is_sorted(), "{row:#}");
    }
    let split = |row: &Value| {
        let hops = row["hops"].as_array().unwrap();
        hops.iter().map(|hop| hop["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for row in &scenario["clients"].as_array().unwrap()[..2] {
        for hop in ["tick→gate", "gate→journaled", "journaled→written", "tick→written"] {
            assert!(split(row).iter().any(|name| name == hop), "{hop}: {row:#}");
        }
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (table, picture) = (read("latency.txt"), read("tick-to-trade.svg"));
    for client in CLIENTS {
        assert!(table.contains(client) && picture.contains(client), "{client}");
        let log = read(&format!("{client}.hlog"));
        assert!(log.contains("Tag=orders-500_tick_to_trade"), "{client}");
    }
}

fn percentiles_rise(row: &Value) {
    for from in ["intended", "write"] {
        let figures =
            ["min", "p50", "p99", "p999", "max"].map(|key| row[from][key].as_u64().unwrap());
        assert!(figures[0] > 0 && figures.is_sorted(), "{row:#}");
    }
}

fn the_engine_tells_its_hops(rows: &Value) {
    for row in rows.as_array().unwrap() {
        let hops: Vec<_> = row["hops"].as_array().unwrap().iter().map(|hop| &hop["name"]).collect();
        let is_engine = row["client"].as_str().unwrap().starts_with("engine");
        for hop in ["read→published", "published→strategy", "wire→strategy", "submit→gate"]
        {
            assert_eq!(hops.iter().any(|name| *name == hop), is_engine, "{hop}: {hops:?}");
        }
    }
}

fn the_files_are_there(folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let table = read("latency.txt");
    let picture = read("latency.svg");
    let _: Value = serde_json::from_str(&read("latency.json")).unwrap();
    for client in CLIENTS {
        assert!(table.contains(client) && picture.contains(client), "{client}");
        let log = read(&format!("{client}.hlog"));
        for tag in ["Tag=500_intended", "Tag=500_write", "Tag=max_write"] {
            assert!(log.contains(tag), "{client} has no {tag}");
        }
    }
}

#[test]
fn a_python_that_is_not_there_is_left_out_with_a_word() {
    let arguments = ["--json", "--rates", "500", "--seconds", "0.02", "--rounds", "1"];
    let python = ["--only", "floor,python", "--reference", "floor", "--python", "no-such-python"];
    let Some(report) = measured(&[&arguments[..], &python].concat()) else { return };
    assert_eq!(report["skipped"][0][0], "python");
    assert!(report["skipped"][0][1].as_str().unwrap().contains("pip install websockets"));
    assert_eq!(report["scenarios"][0]["clients"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_measured_is_refused_with_what_can() {
    for (arguments, word) in [
        (vec!["--rates", "fast"], "burst, or max"),
        (vec!["--seconds", "0"], "0.01 to 600"),
        (vec!["--rounds", "0"], "1 to 1000"),
        (vec!["--sender-core", "0", "--client-core", "0"], "a core each"),
        (vec!["--only", "nobody"], "tokio-sonic"),
    ] {
        let output = latency(&arguments);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(word), "{arguments:?}: {}", text(&output.stderr));
    }
}

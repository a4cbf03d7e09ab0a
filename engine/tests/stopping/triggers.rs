//! Everything that pulls the kill switch: fifty working orders are cancelled, a new one is denied, the
//! run ends with 3 and says what it did, and nothing starts again until a person re-arms.

use crate::process::{Running, run};
use crate::setup::{MANY, STOPPED, Setup, Wanted, summary};
use serde_json::Value;
use strategy_api::Refusal;

const REST: &[&str] = &["orders = 50"];
/// A volatility interruption of 005930; at its end with the time in place of zeros.
const INTERRUPTION: &str = r#"{"data":[{"values":{"9001":"005930","302":"삼성전자","13":"1077818",
    "14":"4201","9068":"1","9008":"001","9075":"1","1221":"295900","1223":"100000","1224":"RELEASED",
    "1225":"정적","1236":"269000","1237":"0","1238":"+10.00","1239":"0.00","1489":"+10.00","1490":"1",
    "9069":"1"},"type":"1h","name":"VI발동/해제","item":""}],"trnm":"REAL"}"#;

/// What is true after every trigger.
#[track_caller]
fn ends_killed(setup: &Setup, running: Running, reason: &str) -> Value {
    let summary = is_killed(setup, running, reason);
    setup.stays_killed_until_rearmed();
    assert_eq!(setup.open(), 0);
    summary
}

#[track_caller]
fn is_killed(setup: &Setup, running: Running, reason: &str) -> Value {
    let summary = summary(&running.finish().ended_with(STOPPED));
    assert_eq!(setup.open(), 0, "{summary:#}");
    let ended = summary["ended"].as_str().unwrap();
    assert!(ended.starts_with("stopped by the kill switch:") && ended.contains(reason), "{ended}");
    // Beside `engine kill` the first order that goes may go before the engine has looked.
    if reason == "daily_loss" {
        // The loss itself denies from its first won on, the kill switch a moment later.
        setup.was_denied_for_one_of(&[Refusal::AccountLoss, Refusal::Killed]);
    } else if reason != "command" {
        setup.was_denied(Refusal::Killed);
    }
    let latch = std::fs::read_to_string(setup.latch()).unwrap();
    assert!(latch.contains(reason), "{latch}");
    let told = &summary["trading"]["kill"];
    assert_eq!((&told["state"], &told["run"]["verdict"]), (&"latched".into(), &"verified".into()));
    summary
}

#[test]
fn engine_kill_and_the_running_engine_work_side_by_side() {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    let killed = run(setup.engine(&["kill", "run.toml", "--json", "--reason", "fire drill"]));
    let report = summary(&killed.ended_with(0));
    assert_eq!(report["verdict"], "verified");
    assert_eq!(setup.open(), 0);
    ends_killed(&setup, running, "command");
}

#[test]
fn a_latch_made_by_hand_kills() {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    std::fs::write(setup.latch(), "").unwrap();
    let summary = summary(&running.finish().ended_with(STOPPED));
    assert_eq!(setup.open(), 0, "{summary:#}");
    setup.was_denied(Refusal::Killed);
    setup.stays_killed_until_rearmed();
}

#[test]
fn a_signal_kills() {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    running.signal("USR1");
    ends_killed(&setup, running, "signal");
    setup.trades_again();
    assert_eq!(setup.open(), 0);
}

#[test]
fn the_loss_of_the_day_kills() {
    let setup = Setup::new(&Wanted {
        account: "daily_loss_max = 5000",
        strategies: &["orders = 50, buy = 10, go = \"go\""],
        ..Wanted::default()
    });
    let running = setup.start(MANY, &[]);
    setup.write("go");
    let summary = is_killed(&setup, running, "daily_loss");
    assert!(setup.fills() > 0, "{summary:#}");
    // A new start does not forgive it.
    setup.rearm();
    let again = Running::start(setup.engine(&["run", "run.toml", "--json"]));
    let again = again.finish().ended_with(STOPPED);
    assert!(again.stdout.contains("daily_loss"), "{}", again.stdout);
    assert_eq!(setup.open(), 0);
}

#[test]
fn a_feed_that_brings_no_market_data_kills() {
    let setup =
        Setup::new(&Wanted { kill: "feed_max_ms = 1000", strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    setup.broker.stop_market();
    is_killed(&setup, running, "feed_stalled");
}

#[test]
fn an_interruption_of_all_that_is_traded_is_no_dead_feed() {
    let setup =
        Setup::new(&Wanted { kill: "feed_max_ms = 1000", strategies: REST, ..Wanted::default() });
    let mut running = setup.start(MANY, &[]);
    let frame = |released: &str| INTERRUPTION.replace("RELEASED", released);
    setup.broker.inject(&frame("000000"));
    setup.broker.stop_market();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!((setup.open(), setup.latch().exists()), (MANY, false), "{}", setup.log());
    setup.broker.inject(&frame("100230"));
    setup.wait(&mut running, "it counts as dead after its end", || setup.latch().exists());
    is_killed(&setup, running, "feed_stalled");
}

#[test]
fn a_strategy_that_does_not_return_kills_all_and_ends_the_run() {
    let setup = Setup::new(&Wanted {
        kill: "strategy_max_ms = 500",
        strategies: &["orders = 50, then = \"loop\", go = \"go\"", "orders = 2, first = 230000"],
        ..Wanted::default()
    });
    let mut running = setup.start(MANY + 2, &[]);
    setup.write("go");
    setup.wait(&mut running, "it loops", || !setup.logged("loops now").is_empty());
    std::fs::remove_file(setup.path().join("go")).unwrap();
    let summary = ends_killed(&setup, running, "strategy_stalled");
    assert!(summary["ended"].as_str().unwrap().contains("strategy one"), "{summary:#}");
}

#[test]
fn a_person_reads_why_it_stopped_what_was_cancelled_and_what_to_do_next() {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start_as(MANY, &[]);
    running.signal("USR1");
    let finished = running.finish().ended_with(STOPPED);
    let all = finished.stderr + &finished.stdout;
    for said in [
        // At once …
        "KILL SWITCH: signal (SIGUSR1): a signal; no new orders, and what works is cancelled",
        // … and at the end.
        "stopped by the kill switch: signal (SIGUSR1)",
        "KILL SWITCH latched: signal by \"SIGUSR1\"",
        "Own orders that worked: 50; ended: 50.",
        "Nothing works at the broker any more.",
        "nothing starts while it is there",
        "then re-arm: engine rearm run.toml",
    ] {
        assert!(all.contains(said), "not said: {said}\n{all}");
    }
}

//! Nothing goes wrong at the broker; with the engine, everything.

use crate::process::{Running, run};
use crate::setup::{Setup, with_fate};
use std::process::Command;
use std::time::Duration;

/// Below five calls a second.
const PACE: Duration = Duration::from_millis(215);

#[test]
fn fifty_working_orders_are_cancelled_within_the_rate_and_a_second_kill_finds_nothing() {
    let setup = Setup::tls(&["--calls-per-second", "5", "--page-rows", "20"]);
    let account = setup.account();
    let placed = account.place(50, PACE);
    assert_eq!(account.open(), placed);

    let (finished, report) = setup.kill(0, &["--reason", "fire drill"]);
    assert_eq!(report["verdict"], "verified");
    assert_eq!((&report["found"], &report["gone"]), (&50.into(), &50.into()));
    assert_eq!(with_fate(&report, "cancelled"), placed);
    assert_eq!(report["cancels"], 50, "at this pace none is refused: {}", finished.stderr);
    assert_eq!(account.open(), [""; 0]);
    let record = &report["latch"]["record"];
    assert_eq!((&record["reason"], &record["detail"]), (&"command".into(), &"fire drill".into()));

    let (_, again) = setup.kill(0, &["--reason", "once more"]);
    assert_eq!((&again["verdict"], &again["found"]), (&"verified".into(), &0.into()));
    assert_eq!(again["latch"]["record"], *record, "the first latch stays");
    let history = std::fs::read_to_string(setup.path().join("kill-dry-run.latch.history")).unwrap();
    assert!(history.contains("fire drill") && history.contains("once more"), "{history}");
}

#[test]
fn a_person_reads_each_order_in_a_table() {
    let setup = Setup::plain(&["--calls-per-second", "0", "--empty", "real"]);
    let placed = setup.account().place(2, Duration::ZERO);
    let finished = run(setup.engine(&["kill", "run.toml"])).ended_with(0);
    for number in placed {
        let row = finished.stdout.lines().find(|line| line.contains(&number)).unwrap();
        assert!(row.contains("005930") && row.ends_with("cancelled"), "{}", finished.stdout);
    }
    for said in ["2 orders found working, 2 of them gone", "Verified", "kill-dry-run.latch"] {
        assert!(finished.stdout.contains(said), "{}", finished.stdout);
    }
}

#[test]
fn a_hung_engine_is_no_obstacle_and_ends_when_it_wakes() {
    let setup = Setup::plain(&["--calls-per-second", "0"]);
    let mut hung = Running::start(setup.engine(&["run", "run.toml"]));
    hung.wait_for("feed: logged in");
    let placed = setup.account().place(3, Duration::ZERO);
    hung.signal("STOP");
    let (_, report) = setup.kill(0, &[]);
    assert_eq!(with_fate(&report, "cancelled"), placed);
    assert_eq!(setup.account().open(), [""; 0]);
    hung.signal("CONT");
    let ended = hung.finish().ended_with(3);
    assert!(ended.stdout.contains("stopped by the kill switch: command by"), "{}", ended.stdout);
}

#[test]
fn an_engine_that_is_gone_left_orders_that_are_cancelled() {
    let setup = Setup::plain(&["--calls-per-second", "0", "--token-reissue", "new-kills-old"]);
    let mut engine = Running::start(setup.engine(&["run", "run.toml"]));
    engine.wait_for("feed: logged in");
    let placed = setup.account().place(3, Duration::ZERO);
    engine.signal("KILL");
    assert_eq!(engine.finish().code, None);
    let (_, report) = setup.kill(0, &[]);
    assert_eq!(with_fate(&report, "cancelled"), placed);
    assert_eq!(setup.account().open(), [""; 0]);
}

#[test]
fn a_terminal_that_closes_in_the_middle_does_not_stop_it() {
    let setup = Setup::plain(&["--calls-per-second", "0"]);
    let account = setup.account();
    account.place(10, Duration::ZERO);
    // Nobody reads its output either.
    let mut command = setup.engine(&["kill", "run.toml"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    let all = account.open().len();
    while account.open().len() == all {
        assert_eq!(child.try_wait().unwrap(), None, "it is not over yet");
    }
    let hang_up = format!("kill -HUP {}", child.id());
    assert!(Command::new("sh").args(["-c", &hang_up]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(account.open(), [""; 0]);
}

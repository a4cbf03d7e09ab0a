//! Trouble at the broker while orders are being cancelled.

use crate::process::run;
use crate::setup::{Setup, with_fate};
use std::time::Duration;

fn setup(faults: &[&str]) -> Setup {
    let mut arguments = vec!["--calls-per-second", "0"];
    for fault in faults {
        arguments.extend(["--fault", fault]);
    }
    Setup::plain(&arguments)
}

/// Cancels twelve orders in spite of these faults.
#[track_caller]
fn all_is_cancelled_despite(faults: &[&str]) {
    let setup = setup(faults);
    let placed = setup.account().place(12, Duration::ZERO);
    let (finished, report) = setup.kill(0, &[]);
    assert_eq!(report["verdict"], "verified", "{}", finished.stderr);
    assert_eq!(with_fate(&report, "cancelled"), placed, "{report:#}");
    assert_eq!(setup.account().open(), [""; 0]);
}

#[test]
fn too_many_calls_slow_it_down_and_stop_it_not() {
    all_is_cancelled_despite(&["too-many@kt10003#2", "too-many@kt10003#4", "too-many@ka10075#1"]);
}

#[test]
fn lost_replies_and_broken_lines_are_cleared_up_by_the_next_list() {
    all_is_cancelled_despite(&[
        "reply-lost@kt10003#2",
        "reset-before@kt10003#3",
        "reset-after@kt10003#5",
        "reset-before@ka10075#2",
    ]);
}

#[test]
fn trouble_of_the_gateway_is_waited_out() {
    all_is_cancelled_despite(&[
        "status-before=503@kt10003#1",
        "status-after=502@kt10003#3",
        "status-before=500@ka10075#1",
        "status-before=503@kt10003%200",
    ]);
}

#[test]
fn a_token_that_dies_in_the_middle_is_replaced() {
    all_is_cancelled_despite(&["token-dead@kt10003#3", "token-dead@ka10075#2"]);
}

#[test]
fn an_order_that_cannot_be_cancelled_is_named_with_the_reason() {
    // Of three orders the first of the list, the newest, is refused, and again in every later round.
    let later = ["status-before=400@kt10003#3"; 7];
    let faults = [&["status-before=400@kt10003#1"][..], &later].concat();
    let setup = setup(&faults);
    let placed = setup.account().place(3, Duration::ZERO);
    let (_, report) = setup.kill(1, &[]);
    assert_eq!(report["verdict"], "remaining");
    assert_eq!((&report["found"], &report["gone"]), (&3.into(), &2.into()));
    assert_eq!(with_fate(&report, "working"), [placed[2].as_str()]);
    assert_eq!(with_fate(&report, "cancelled"), placed[..2]);
    let reason = report["orders"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("HTTP status 400"), "{reason}");
    assert_eq!(setup.account().open(), [placed[2].as_str()]);
    assert!(setup.latch().exists());
    // The faults are spent: the next kill finishes the work.
    let (_, report) = setup.kill(0, &[]);
    assert_eq!(with_fate(&report, "cancelled"), [placed[2].as_str()]);
}

#[test]
fn a_list_that_never_comes_leaves_it_unverified() {
    let setup = setup(&["status-before=503@ka10075"]);
    let finished = run(setup.engine(&["kill", "run.toml", "--deadline", "4s"])).ended_with(1);
    assert!(finished.stdout.contains("NOT VERIFIED, orders may still work"), "{}", finished.stdout);
    assert!(setup.latch().exists());
}

#[test]
fn a_broker_that_is_not_there_leaves_the_latch_and_says_so() {
    let setup = setup(&[]);
    setup.broker.signal("KILL");
    let (_, report) = setup.kill(1, &["--deadline", "3s"]);
    assert_eq!((&report["verdict"], &report["found"]), (&"unverified".into(), &0.into()));
    assert!(report["problem"].as_str().unwrap().contains("could not log in: cannot reach"));
    assert!(setup.latch().exists());
}

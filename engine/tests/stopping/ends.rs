//! The run ends by itself or by a person's word: its orders are cancelled, or stay and are named.

use crate::setup::{MANY, Setup, Wanted, problems, summary};
use strategy_api::Refusal;

const REST: &[&str] = &["orders = 50"];

#[test]
fn ctrl_c_cancels_what_works_and_waits_for_the_answers() {
    ends_in_order("INT");
}

#[test]
fn sigterm_cancels_what_works_and_waits_for_the_answers() {
    ends_in_order("TERM");
}

#[track_caller]
fn ends_in_order(signal: &str) {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    running.signal(signal);
    let summary = summary(&running.finish().ended_with(0));
    assert_eq!(setup.open(), 0);
    assert_eq!((&summary["ended"], &*problems(&summary)), (&"ended by a signal".into(), ""));
    setup.was_denied(Refusal::NotAllowed);
    assert!(!setup.latch().exists(), "an end in order is no kill");
}

#[test]
fn the_time_that_was_given_is_up_and_nothing_works_any_more() {
    let setup = Setup::new(&Wanted { strategies: &["orders = 5"], ..Wanted::default() });
    let running = setup.start(5, &["--duration", "10s"]);
    let summary = summary(&running.finish().ended_with(0));
    assert_eq!(setup.open(), 0);
    assert_eq!((&summary["ended"], &*problems(&summary)), (&"the time was up".into(), ""));
}

#[test]
fn orders_that_are_to_stay_stay_and_the_summary_says_that_they_work() {
    let setup = Setup::new(&Wanted {
        orders: "cancel_on_end = false",
        strategies: REST,
        ..Wanted::default()
    });
    let running = setup.start(MANY, &[]);
    running.interrupt();
    let finished = running.finish();
    assert_eq!(setup.open(), MANY);
    assert!(finished.stdout.contains("50 orders still work at the broker"), "{}", finished.stdout);
}

#[test]
fn a_strategy_that_fails_loses_its_orders_and_the_others_keep_theirs() {
    let setup = Setup::new(&Wanted {
        strategies: &["orders = 20, then = \"error\", go = \"go\"", "orders = 10, first = 230000"],
        ..Wanted::default()
    });
    let mut running = setup.start(30, &[]);
    setup.write("go");
    setup.wait(&mut running, "its orders are gone", || setup.open() == 10);
    running.interrupt();
    let summary = summary(&running.finish().ended_with(1));
    assert_eq!(setup.open(), 0);
    assert!(problems(&summary).contains("strategy one was stopped before the end"), "{summary:#}");
    assert!(!problems(&summary).contains("strategy two"), "{summary:#}");
}

#[test]
fn a_strategy_that_asks_to_be_stopped_loses_its_orders_too() {
    let setup = Setup::new(&Wanted {
        strategies: &["orders = 20, then = \"stop\", go = \"go\"", "orders = 10, first = 230000"],
        ..Wanted::default()
    });
    let mut running = setup.start(30, &[]);
    setup.write("go");
    setup.wait(&mut running, "its orders are gone", || setup.open() == 10);
    running.interrupt();
    running.finish().ended_with(1);
    assert_eq!(setup.open(), 0);
}

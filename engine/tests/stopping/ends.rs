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
    let running = setup.start(5, &["--duration", "8s"]);
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
    let summary = summary(&running.finish().ended_with(0));
    assert_eq!(setup.open(), MANY);
    assert_eq!(summary["trading"]["orders"]["working"], MANY, "{summary:#}");
    assert_eq!(summary["trading"]["working"].as_array().unwrap().len(), MANY, "each by name");
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

#[test]
fn a_feed_that_ends_for_good_takes_the_orders_with_it() {
    let setup = Setup::new(&Wanted { strategies: REST, ..Wanted::default() });
    let running = setup.start(MANY, &[]);
    // Another session took over: this one does not come back.
    setup.broker.send_system("R10001", "somebody else logged in");
    let summary = summary(&running.finish().ended_with(1));
    assert_eq!(setup.open(), 0, "{summary:#}");
    assert_eq!(summary["ended"], "the feed ended");
}

#[test]
fn a_strategy_that_does_not_read_its_own_orders_loses_them_before_it_returns() {
    let setup = Setup::new(&Wanted {
        feed: "account_ring_slots = 64",
        kill: "strategy_max_ms = 0",
        strategies: &["orders = 40, then = \"sleep\", go = \"go\"", "orders = 5, first = 230000"],
        ..Wanted::default()
    });
    let mut running = setup.start(45, &[]);
    setup.write("go");
    setup.wait(&mut running, "it sleeps", || !setup.logged("sleeps now").is_empty());
    // Own order events of the account go to everybody who asked for type 00.
    setup.wait(&mut running, "its orders are gone", || {
        setup.broker.own_order_life("005930");
        setup.open() == 5
    });
    running.interrupt();
    let summary = summary(&running.finish().ended_with(1));
    assert_eq!(setup.open(), 0, "{summary:#}");
    assert!(problems(&summary).contains("strategy one was stopped before the end"), "{summary:#}");
}

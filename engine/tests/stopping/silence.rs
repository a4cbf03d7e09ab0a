//! A socket that stays open and brings nothing: no new order leaves, resting ones stay or go as the
//! configuration says.

use crate::setup::{MANY, Setup, Wanted};
use strategy_api::{FeedChange, Refusal};

/// Stale after half of it.
const SHORT: &str = "silence_timeout_ms = 1000\nconnect_timeout_ms = 1000";

#[track_caller]
fn goes_silent(setup: &Setup, left: usize) {
    let mut running = setup.start(MANY, &[]);
    setup.broker.stall(true);
    let stale = format!("feed change={}", FeedChange::STALE.0);
    setup.wait(&mut running, "the strategy is told", || !setup.logged(&stale).is_empty());
    let denied = format!("denied refusal={}", Refusal::FeedStale.code());
    setup.wait(&mut running, "a new order is denied", || !setup.logged(&denied).is_empty());
    setup.wait(&mut running, "what rests is looked after", || setup.open() == left);
    setup.broker.stall(false);
    // In time: bytes flow again; too late: a new connection.
    let fresh = format!("feed change={}", FeedChange::FRESH.0);
    let subscribed = format!("feed change={}", FeedChange::SUBSCRIBED.0);
    setup.wait(&mut running, "the feed is back", || {
        !setup.logged(&fresh).is_empty() || setup.logged(&subscribed).len() > 1
    });
    assert_eq!(setup.open(), left);
    running.interrupt();
    running.finish().ended_with(0);
    assert_eq!(setup.open(), 0);
    assert!(!setup.latch().exists());
}

#[test]
fn a_silent_broker_stops_new_orders_and_leaves_what_rests() {
    let setup =
        Setup::new(&Wanted { feed: SHORT, strategies: &["orders = 50"], ..Wanted::default() });
    goes_silent(&setup, MANY);
}

#[test]
fn a_silent_broker_loses_what_rests_when_so_configured() {
    let setup = Setup::new(&Wanted {
        feed: SHORT,
        orders: "cancel_on_silence = true",
        strategies: &["orders = 50"],
        ..Wanted::default()
    });
    goes_silent(&setup, 0);
}

#[test]
fn a_line_that_breaks_and_is_back_at_once_costs_no_order() {
    let setup = Setup::new(&Wanted {
        orders: "cancel_on_silence = true",
        strategies: &["orders = 10"],
        ..Wanted::default()
    });
    let mut running = setup.start(10, &[]);
    setup.broker.drop_connections();
    let subscribed = format!("feed change={}", FeedChange::SUBSCRIBED.0);
    setup.wait(&mut running, "the feed is back", || setup.logged(&subscribed).len() > 1);
    assert_eq!(setup.open(), 10);
    running.interrupt();
    running.finish().ended_with(0);
    assert_eq!(setup.open(), 0);
}

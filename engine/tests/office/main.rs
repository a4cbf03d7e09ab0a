//! The office against the simulated broker, and against one that says nothing.

mod setup;
mod terms;
mod tokens;

use engine::broker::limiter::Rates;
use engine::desk::{QueryResult, QueryTag};
use engine::kill::{Found, KillReason, LatchRecord};
use engine::office::{Done, Job};
use engine::order::Query;
use setup::{Setup, Silent, TIMEOUT};
use sim::faults::{Fault, Rule};
use std::time::{Duration, Instant};
use strategy_api::{Notional, Quantity, UnixNanos};

const NOW: UnixNanos = UnixNanos::new(1_795_395_600_000_000_000);

fn query(number: u64, query: Query) -> Job {
    Job::Query { tag: QueryTag(number), query }
}

fn latch() -> Job {
    Job::WriteLatch(LatchRecord::new(KillReason::Command, "kim", "", NOW))
}

#[test]
fn queries_are_answered_in_the_order_asked() {
    let broker = sim::start(setup::options(|options| {
        options.trading.positions = vec!["005930:10:260000".parse().unwrap()];
    }))
    .unwrap();
    let setup = Setup::new(&broker.rest_url(), &[]);
    for (number, asked) in Query::ALL.into_iter().chain([Query::Open]).enumerate() {
        setup.end.ask(query(number as u64, asked));
    }
    for number in 0..5 {
        let (tag, result, why) = setup.queried();
        assert_eq!((tag, why), (QueryTag(number), None));
        match (number, result) {
            (0 | 4, QueryResult::Open(rows)) => assert!(rows.is_empty()),
            (1, QueryResult::Filled(rows)) => assert!(rows.is_empty()),
            (2, QueryResult::Positions(rows)) => {
                assert_eq!(rows.len(), 1);
                assert_eq!(rows[0].symbol, "005930");
                assert_eq!(rows[0].quantity, Quantity::new(10));
            }
            (3, QueryResult::Cash(cash)) => {
                assert_eq!(cash.deposit, Notional::new(100_000_000));
            }
            (number, result) => panic!("query {number} gave {result:?}"),
        }
    }
    assert!(setup.office.close(TIMEOUT));
    assert!(setup.end.is_gone());
    assert_eq!(broker.report().tokens_issued, 1);
}

#[test]
fn a_query_that_fails_says_why_and_the_next_one_is_asked() {
    let broker = sim::start(setup::options(|options| {
        options.trading.faults = vec![Rule::new(Fault::StatusBefore(403)).on("ka10075").nth(1)];
    }))
    .unwrap();
    let setup = Setup::new(&broker.rest_url(), &[]);
    setup.end.ask(query(1, Query::Open));
    setup.end.ask(query(2, Query::Open));
    let (tag, result, why) = setup.queried();
    assert_eq!((tag, result), (QueryTag(1), QueryResult::Failed));
    assert!(why.unwrap().contains("ka10075"));
    let (tag, result, why) = setup.queried();
    assert_eq!((tag, result, why), (QueryTag(2), QueryResult::Open(Vec::new()), None));
}

#[test]
fn the_latch_is_written_while_a_query_hangs() {
    let silent = Silent::new();
    let setup = Setup::new(&silent.url, &["005930"]);
    setup.end.ask(query(1, Query::Open));
    silent.wait_for_a_connection();
    setup.end.ask(latch());
    let done = setup.take();
    assert!(matches!(done, Done::LatchWritten(Ok(()))), "{done:?}");
    assert!(matches!(setup.latch.read(), Found::Latched(record) if record.who == "kim"));
    assert!(setup.end.is_empty() && !setup.end.is_gone());
}

#[test]
fn a_latch_that_cannot_be_written_is_told() {
    let silent = Silent::new();
    let setup = Setup::new(&silent.url, &[]);
    setup.forget_folder();
    setup.end.ask(latch());
    let done = setup.take();
    assert!(matches!(done, Done::LatchWritten(Err(_))), "{done:?}");
}

#[test]
fn it_closes_in_time_while_the_broker_hangs_and_answers_what_was_asked() {
    let silent = Silent::new();
    let setup = Setup::new(&silent.url, &["005930"]);
    setup.end.ask(query(1, Query::Open));
    setup.end.ask(query(2, Query::Cash));
    setup.end.ask(Job::RenewToken);
    silent.wait_for_a_connection();
    setup.end.ask(latch());
    let begun = Instant::now();
    assert!(setup.office.close(TIMEOUT));
    assert!(begun.elapsed() < TIMEOUT);
    let end = &setup.end;
    assert!(end.is_gone());
    // The latch was written on the way out; the others will not be answered any more.
    let done = end.take();
    assert!(matches!(done, Some(Done::LatchWritten(Ok(())))), "{done:?}");
    for number in 1..=2 {
        assert!(!end.is_empty());
        match end.take() {
            Some(Done::Queried { tag, result: QueryResult::Failed, why: Some(_) }) => {
                assert_eq!(tag, QueryTag(number));
            }
            done => panic!("{done:?}"),
        }
    }
    assert!(matches!(end.take(), Some(Done::TokenFailed { .. })));
    assert!(end.is_empty() && end.take().is_none());
    // Whoever asks a closed office is answered too.
    end.ask(query(3, Query::Open));
    assert!(!end.is_empty());
    assert!(matches!(end.take(), Some(Done::Queried { tag: QueryTag(3), .. })));
    end.ask(latch());
    assert!(matches!(end.take(), Some(Done::LatchWritten(Err(_)))));
    assert!(end.is_empty());
}

#[test]
fn a_query_without_an_answer_ends_at_its_deadline() {
    let broker = sim::start(setup::options(|options| {
        options.trading.faults = vec![Rule::new(Fault::ReplyLost).on("ka10075")];
    }))
    .unwrap();
    let setup = Setup::with(&broker.rest_url(), &[], Rates::REAL, |client| {
        client.call_timeout = Duration::from_millis(100);
        client.query_timeout = Duration::from_millis(300);
    });
    setup.end.ask(query(1, Query::Open));
    let (tag, result, why) = setup.queried();
    assert_eq!((tag, result), (QueryTag(1), QueryResult::Failed));
    assert!(why.unwrap().starts_with("ka10075: not complete within 0.3 s"));
}

//! One token for all, and one issue for all who find it refused.

use crate::setup::{self, Setup, Silent, TIMEOUT};
use engine::desk::{QueryResult, QueryTag};
use engine::office::{Done, FeedTokens, Job};
use engine::order::Query;
use feed::handler::TokenSource;
use secrecy::{ExposeSecret, SecretString};
use sim::TokenReissue;
use sim::faults::{Fault, Rule};
use std::sync::Barrier;
use std::time::Duration;

fn broker() -> sim::Broker {
    let new_kills_old = |options: &mut sim::Options| {
        options.token_reissue = TokenReissue::NewKillsOld;
    };
    sim::start(setup::options(new_kills_old)).unwrap()
}

fn text(token: &SecretString) -> &str {
    token.expose_secret()
}

impl Setup {
    #[track_caller]
    fn token(&self) -> SecretString {
        match self.take() {
            Done::Token(token) => token,
            done => panic!("{done:?}"),
        }
    }
}

#[test]
fn all_who_find_a_token_refused_share_one_issue() {
    let broker = broker();
    let tokens = setup::tokens(&broker.rest_url());
    assert_eq!(text(&tokens.current()), "");
    let first = tokens.fresh().unwrap();
    assert_eq!(text(&tokens.fresh().unwrap()), text(&first));
    assert_eq!(broker.report().tokens_issued, 1);
    let barrier = Barrier::new(4);
    let renewed = std::thread::scope(|scope| {
        let renew = || {
            barrier.wait();
            tokens.renew_blocking(&first).unwrap()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(renew)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(broker.report().tokens_issued, 2);
    assert!(renewed.iter().all(|token| text(token) == text(&tokens.current())));
    assert_ne!(text(&first), text(&tokens.current()));
}

#[test]
fn the_feed_and_the_queries_use_the_same_token() {
    let broker = broker();
    let setup = Setup::new(&broker.rest_url(), &[]);
    let mut feed = FeedTokens::new(setup.tokens.clone());
    let first = feed.token(false).unwrap();
    assert_eq!(text(&setup.token()), text(&first));
    broker.expire_tokens();
    // A query finds it dead; the gateway hears of the new one, and the feed issues none.
    setup.end.ask(Job::Query { tag: QueryTag(1), query: Query::Open });
    let mut told = Vec::new();
    let mut answered = false;
    while !answered || told.is_empty() {
        match setup.take() {
            Done::Token(token) => told.push(token),
            Done::Queried { result, why, .. } => {
                assert_eq!((result, why), (QueryResult::Open(Vec::new()), None));
                answered = true;
            }
            done => panic!("{done:?}"),
        }
    }
    let second = feed.token(true).unwrap();
    assert_ne!(text(&first), text(&second));
    assert_eq!(told.iter().map(text).collect::<Vec<_>>(), [text(&second)]);
    assert_eq!(broker.report().tokens_issued, 2);
    // And the other way round.
    let third = feed.token(true).unwrap();
    assert_eq!(text(&setup.token()), text(&third));
    assert_eq!(broker.report().tokens_issued, 3);
}

#[test]
fn a_renewal_replaces_a_dead_token_once() {
    let broker = broker();
    let setup = Setup::new(&broker.rest_url(), &[]);
    let first = setup.tokens.fresh().unwrap();
    assert_eq!(text(&setup.token()), text(&first));
    broker.expire_tokens();
    // Answers to two orders that had left with the dead one.
    setup.end.ask(Job::RenewToken);
    setup.end.ask(Job::RenewToken);
    let second = setup.token();
    assert_ne!(text(&first), text(&second));
    // The second one is answered too, with the same token.
    assert_eq!(text(&setup.token()), text(&second));
    assert_eq!(broker.report().tokens_issued, 2);
}

#[test]
fn a_young_token_is_not_replaced_when_the_broker_takes_it() {
    let broker = broker();
    let setup = Setup::new(&broker.rest_url(), &[]);
    let first = setup.tokens.fresh().unwrap();
    assert_eq!(text(&setup.token()), text(&first));
    // The late answer to an order that left with a token before it.
    setup.end.ask(Job::RenewToken);
    assert_eq!(text(&setup.token()), text(&first));
    assert_eq!(broker.report().tokens_issued, 1);
}

#[test]
fn a_renewal_that_fails_is_told_and_tried_again() {
    let broker = broker();
    let setup = Setup::new(&broker.rest_url(), &[]);
    let first = setup.tokens.fresh().unwrap();
    assert_eq!(text(&setup.token()), text(&first));
    broker.add_fault(Rule::new(Fault::StatusBefore(403)).on("ka00001").times(2));
    // Whether the broker takes the young token cannot be found out twice.
    setup.end.ask(Job::RenewToken);
    for _ in 0..2 {
        let done = setup.take();
        assert!(matches!(&done, Done::TokenFailed { text } if text.contains("403")), "{done:?}");
    }
    assert_eq!(text(&setup.token()), text(&first));
    // What matters is the token: a call that fails after the renewal is no failure of it.
    broker.add_fault(Rule::new(Fault::StatusBefore(403)).on("ka00001").times(1));
    broker.expire_tokens();
    setup.end.ask(Job::RenewToken);
    assert_ne!(text(&setup.token()), text(&first));
    assert_eq!(broker.report().tokens_issued, 2);
}

#[test]
fn a_refused_app_key_is_told_with_its_cure() {
    let options = setup::options(|options| {
        options.keys = Some(vec![("another".to_owned(), "secret".to_owned())]);
    });
    let broker = sim::start(options).unwrap();
    let setup = Setup::new(&broker.rest_url(), &["005930"]);
    setup.end.ask(Job::RenewToken);
    let mut failed = None;
    while failed.is_none() {
        match setup.take() {
            Done::TokenFailed { text } => failed = Some(text),
            Done::TermsFailed { text, .. } => assert!(text.contains("8001"), "{text}"),
            done => panic!("{done:?}"),
        }
    }
    let failed = failed.unwrap();
    assert!(failed.contains("8001") && failed.contains("check app key"), "{failed}");
    assert!(!failed.contains("CANARY"));
}

#[test]
fn nothing_secret_is_printed() {
    let broker = broker();
    let setup = Setup::new(&broker.rest_url(), &[]);
    let token = setup.tokens.fresh().unwrap();
    let done = setup.take();
    let feed = FeedTokens::new(setup.tokens.clone());
    let printed = format!("{:?} {done:?} {feed:?} {:?}", setup.tokens, setup.end);
    assert!(printed.contains("Tokens"));
    for secret in [text(&token), setup::APP_KEY, "CANARY"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_broker_that_hangs_holds_up_nobody_who_has_a_token() {
    let silent = Silent::new();
    let setup = Setup::new(&silent.url, &[]);
    let tokens = setup.tokens.clone();
    let hanging = std::thread::spawn(move || tokens.fresh());
    silent.wait_for_a_connection();
    // The holder can be looked at while somebody issues.
    assert_eq!(text(&setup.tokens.current()), "");
    assert!(!hanging.is_finished());
    assert!(setup.office.close(TIMEOUT.min(Duration::from_secs(5))));
}

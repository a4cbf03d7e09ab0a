//! Terms: roughly from the lists, exactly one by one, or not at all.

use crate::setup::{self, Setup};
use engine::desk::QueryTag;
use engine::market::{InstrumentKind, Listing};
use engine::office::{Done, Job};
use engine::order::Query;
use engine::risk::InstrumentTerms;
use sim::faults::{Fault, Rule};
use strategy_api::{InstrumentId, Price};

impl Setup {
    /// The next terms; tokens are passed over.
    #[track_caller]
    fn terms(&self) -> (u16, InstrumentTerms, bool) {
        loop {
            match self.take() {
                Done::Terms { instrument, terms, exact } => return (instrument.0, terms, exact),
                Done::Token(_) => {}
                done => panic!("{done:?}"),
            }
        }
    }

    #[track_caller]
    fn terms_failed(&self) -> (InstrumentId, String) {
        loop {
            match self.take() {
                Done::TermsFailed { instrument, text } => return (instrument, text),
                Done::Token(_) => {}
                done => panic!("{done:?}"),
            }
        }
    }
}

#[test]
fn terms_come_roughly_from_the_list_and_then_exactly() {
    let broker = sim::start(setup::options(|_| {})).unwrap();
    let setup = Setup::new(&broker.rest_url(), &["005930", "086520", "069500", "500001"]);
    let mut told: Vec<_> = (0..8).map(|_| setup.terms()).collect();
    let order: Vec<_> = told.iter().map(|told| told.2).collect();
    assert_eq!(order, [false, false, false, false, true, true, true, true]);
    told.sort_by_key(|told| (told.0, told.2));
    let [rough, exact] = [told[0].1, told[1].1];
    assert_eq!(rough.base_price, Price::new(269_000));
    assert_eq!((rough.kind, rough.listing), (InstrumentKind::Share, Listing::Kospi));
    assert!(!rough.upper_limit.is_set() && !rough.lower_limit.is_set());
    // 80,700 cut down to steps of 500.
    let (upper_limit, lower_limit) = (Price::new(349_500), Price::new(188_500));
    assert_eq!(exact, InstrumentTerms { upper_limit, lower_limit, ..rough });
    let kinds: Vec<_> = told.iter().step_by(2).map(|t| (t.1.kind, t.1.listing)).collect();
    let (share, fund) = (InstrumentKind::Share, InstrumentKind::Fund);
    let funds = (fund, Listing::Fund);
    assert_eq!(kinds, [(share, Listing::Kospi), (share, Listing::Kosdaq), funds, funds]);
    let listed = sim::symbols(&setup::options(|_| {}));
    for (id, terms, _) in &told {
        let code = ["005930", "086520", "069500", "500001"][usize::from(*id)];
        let info = listed.iter().find(|info| info.code == code).unwrap();
        assert_eq!(terms.nxt, info.nextrade, "{code}");
    }
}

#[test]
fn what_is_in_no_list_or_has_no_rules_stays_unknown() {
    let broker = sim::start(setup::options(|_| {})).unwrap();
    let setup = Setup::new(&broker.rest_url(), &["001", "57JBHH"]);
    let (id, text) = setup.terms_failed();
    assert_eq!(id, InstrumentId(1));
    assert!(text.starts_with("57JBHH: the gate has no price steps for market \"3\""), "{text}");
    let (id, text) = setup.terms_failed();
    assert_eq!(id, InstrumentId(0));
    assert_eq!(text, "001: in no list of the broker; it cannot be traded");
}

#[test]
fn where_a_list_fails_the_instrument_is_asked_for_by_itself() {
    let broker = sim::start(setup::options(|options| {
        // The list of KOSPI, which alone has a share of KOSPI.
        options.trading.faults = vec![Rule::new(Fault::StatusBefore(403)).on("ka10099").nth(1)];
    }))
    .unwrap();
    let setup = Setup::new(&broker.rest_url(), &["005930", "500001"]);
    let (id, _, exact) = setup.terms();
    assert_eq!((id, exact), (1, false));
    let (id, text) = setup.terms_failed();
    assert_eq!(id, InstrumentId(0));
    assert!(text.contains("403") && text.ends_with("; asked for by itself"), "{text}");
    let told: Vec<_> = (0..3).map(|_| setup.terms()).map(|told| (told.0, told.2)).collect();
    assert_eq!(told, [(0, false), (0, true), (1, true)]);
}

#[test]
fn what_fails_for_one_is_told_and_asked_again() {
    let broker = sim::start(setup::options(|options| {
        let once = |target| Rule::new(Fault::StatusBefore(403)).on(target).times(1);
        options.trading.faults = vec![once("ka10001"), once("ka10099"), once("ka10100")];
    }))
    .unwrap();
    let setup = Setup::new(&broker.rest_url(), &["005930"]);
    // Neither list nor row in the first round; the list in the second, limits in the third.
    let (_, text) = setup.terms_failed();
    assert!(text.ends_with("; asked for by itself"), "{text}");
    assert!(!setup.terms().2);
    let (_, text) = setup.terms_failed();
    assert!(text.contains("ka10001") && text.ends_with("; tried again"), "{text}");
    assert!(setup.terms().2);
}

#[test]
fn a_halted_instrument_is_unknown_until_it_goes_on() {
    let broker = sim::start(setup::options(|_| {})).unwrap();
    assert!(broker.halt("005930", true));
    let setup = Setup::new(&broker.rest_url(), &["005930"]);
    let (_, text) = setup.terms_failed();
    assert!(text.contains("거래정지"), "{text}");
    assert!(broker.halt("005930", false));
    let told = [setup.terms(), setup.terms()];
    assert_eq!(told.map(|told| (told.0, told.2)), [(0, false), (0, true)]);
}

#[test]
fn terms_wait_while_a_query_waits() {
    // All three are asked while the first list is under way, and each is answered late.
    let broker = sim::start(setup::options(|options| {
        let late = |ms| Fault::ReplyLate(std::time::Duration::from_millis(ms));
        options.trading.faults =
            vec![Rule::new(late(1_000)).on("ka10099").times(1), Rule::new(late(600)).on("ka10075")];
    }))
    .unwrap();
    let setup = Setup::new(&broker.rest_url(), &["005930"]);
    for number in 0..3 {
        setup.end.ask(Job::Query { tag: QueryTag(number), query: Query::Open });
    }
    let mut seen = Vec::new();
    while seen.len() < 5 {
        match setup.take() {
            Done::Queried { .. } => seen.push("query"),
            Done::Terms { exact: false, .. } => seen.push("rough"),
            Done::Terms { .. } => seen.push("exact"),
            Done::Token(_) => {}
            done => panic!("{done:?}"),
        }
    }
    // A list that was under way is not given up; what follows it waits.
    assert_eq!(seen.last(), Some(&"exact"), "{seen:?}");
}

//! Runs against a small broker in virtual time.

use super::*;
use proptest::prelude::*;
use strategy_api::Text;

fn at(millis: u64) -> UnixNanos {
    UnixNanos::new(1_795_395_600_000_000_000 + millis * 1_000_000)
}

fn number(index: usize) -> OrderNumber {
    Text::new(&format!("{index:07}")).unwrap()
}

fn order(index: usize) -> OpenOrder {
    OpenOrder {
        number: number(index),
        symbol: Text::new("005930").unwrap(),
        venue: Venue::KRX,
        side: Side::BUY,
        open: Quantity::new(10),
    }
}

/// What the broker does with each cancel: number of the order, number of the attempt.
type Answer<'a> = &'a mut dyn FnMut(usize, u32, Venue) -> (CancelOutcome, bool);

/// Drives a run against a list of orders; answers take 30 ms. Returns the report and every moment at
/// which a cancel was sent.
fn drive(
    options: KillOptions,
    mut working: Vec<OpenOrder>,
    answer: Answer<'_>,
    late: Option<(u64, OpenOrder)>,
    list_works: &mut dyn FnMut(u32) -> bool,
) -> (KillReport, Vec<UnixNanos>) {
    let mut run = KillRun::new(options, at(0), at(1_000));
    let (mut now, mut cancels, mut late) = (at(0), Vec::new(), late);
    let mut answers: Vec<(UnixNanos, OrderNumber, CancelOutcome)> = Vec::new();
    let mut attempts = std::collections::BTreeMap::new();
    for _ in 0..100_000 {
        if let Some((_, order)) = late.filter(|(millis, _)| now >= at(*millis)) {
            working.push(order);
            late = None;
        }
        if let Some(due) = answers.iter().position(|(due, ..)| *due <= now) {
            let (_, number, outcome) = answers.remove(due);
            run.cancelled(number, outcome, now);
        }
        match run.next(now) {
            KillAction::Query => {
                now = now + DurationNanos::from_millis(30);
                if list_works(run.report.queries) {
                    run.open_orders(&working, now);
                } else {
                    run.list_failed("HTTP 500", now);
                }
            }
            KillAction::Cancel(order) => {
                cancels.push(now);
                let index = order.number.as_str().parse().unwrap();
                let attempt = attempts.entry(index).and_modify(|n| *n += 1).or_insert(1);
                let (outcome, works) = answer(index, *attempt, order.venue);
                if works {
                    working.retain(|open| open.number != order.number);
                }
                if !matches!(outcome, CancelOutcome::Unknown(_)) {
                    answers.push((now + DurationNanos::from_millis(30), order.number, outcome));
                }
            }
            KillAction::Wait(until) => {
                assert!(until > now, "a wait goes on");
                let due = answers.iter().map(|(due, ..)| *due).min().unwrap_or(until);
                now = until.min(due).max(now);
            }
            KillAction::Done => return (run.report(), cancels),
        }
    }
    panic!("the run does not end");
}

fn accept(_: usize, _: u32, _: Venue) -> (CancelOutcome, bool) {
    (CancelOutcome::Accepted, true)
}

#[test]
fn fifty_orders_are_cancelled_and_the_empty_list_is_seen_twice() {
    let working = (1..=50).map(order).collect();
    let options = KillOptions::default();
    let (report, cancels) = drive(options, working, &mut accept, None, &mut |_| true);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!((report.found, report.gone, report.cancels), (50, 50, 50));
    assert_eq!(report.queries, 3);
    assert_eq!(report.remaining, []);
    // Never more than the broker takes in any second.
    for (index, moment) in cancels.iter().enumerate().skip(5) {
        assert!(*moment - cancels[index - 5] > DurationNanos::from_secs(1), "{index}");
    }
    assert!(report.took < DurationNanos::from_secs(15), "{report}");
}

#[test]
fn an_order_that_shows_late_is_cancelled_too() {
    let late = Some((900, order(2)));
    let options = KillOptions::default();
    let (report, _) = drive(options, vec![], &mut accept, late, &mut |_| true);
    assert_eq!((report.verdict, report.found, report.gone), (Verdict::Verified, 1, 1));
    // Even between the first and the second empty list.
    let late = Some((1_100, order(2)));
    let (report, _) = drive(options, vec![], &mut accept, late, &mut |_| true);
    assert_eq!((report.verdict, report.found, report.gone), (Verdict::Verified, 1, 1));
}

#[test]
fn what_cannot_be_cancelled_is_named_with_the_reason() {
    let refuse = |index, _, _| match index {
        2 => (CancelOutcome::Refused("RC4007: trading restricted".into()), false),
        _ => (CancelOutcome::Accepted, true),
    };
    let working = vec![order(1), order(2), order(3)];
    let options = KillOptions { attempts_max: 3, ..KillOptions::default() };
    let (report, cancels) = drive(options, working, &mut { refuse }, None, &mut |_| true);
    assert_eq!(report.verdict, Verdict::Remaining);
    assert_eq!((report.found, report.gone, cancels.len()), (3, 2, 5));
    let [left] = &report.remaining[..] else { panic!("{report}") };
    assert_eq!((left.order.number, left.attempts), (number(2), 3));
    let text = report.to_string();
    assert!(text.contains("0000002 005930 KRX buy 10 shares"), "{text}");
    assert!(text.contains("RC4007") && text.contains("by hand"), "{text}");
}

#[test]
fn a_lost_answer_is_no_reason_to_send_again_before_the_list_tells() {
    // The cancel worked, its answer was lost.
    let lose = |_, _, _| (CancelOutcome::Unknown("timeout".into()), true);
    let options = KillOptions::default();
    let (report, cancels) = drive(options, vec![order(1)], &mut { lose }, None, &mut |_| true);
    assert_eq!((report.verdict, cancels.len()), (Verdict::Verified, 1));
    // It did not work: the list says so, and it is sent again.
    let lose = |_, attempt, _| match attempt {
        1 => (CancelOutcome::Unknown("timeout".into()), false),
        _ => (CancelOutcome::Accepted, true),
    };
    let (report, cancels) = drive(options, vec![order(1)], &mut { lose }, None, &mut |_| true);
    assert_eq!((report.verdict, cancels.len()), (Verdict::Verified, 2));
}

#[test]
fn an_order_of_sor_is_tried_at_the_other_venues() {
    let only_nxt = |_, _, venue| match venue {
        Venue::NXT => (CancelOutcome::Accepted, true),
        _ => (CancelOutcome::WrongVenue("571412".into()), false),
    };
    let working = vec![OpenOrder { venue: Venue::SOR, ..order(1) }];
    let options = KillOptions::default();
    let (report, cancels) = drive(options, working, &mut { only_nxt }, None, &mut |_| true);
    assert_eq!((report.verdict, cancels.len()), (Verdict::Verified, 3));
}

#[test]
fn a_fill_in_the_meantime_is_fine() {
    let filled = |_, _, _| (CancelOutcome::NothingLeft, true);
    let options = KillOptions::default();
    let (report, _) = drive(options, vec![order(1)], &mut { filled }, None, &mut |_| true);
    assert_eq!((report.verdict, report.gone), (Verdict::Verified, 1));
}

#[test]
fn lists_that_fail_are_asked_for_again_and_never_count_as_empty() {
    let options = KillOptions::default();
    let working = vec![order(1)];
    let mut every_other = |query: u32| query.is_multiple_of(2);
    let (report, _) = drive(options, working.clone(), &mut accept, None, &mut every_other);
    assert_eq!((report.verdict, report.gone), (Verdict::Verified, 1));
    assert!(report.queries_failed >= 3, "{report}");
    let (report, _) = drive(options, working, &mut accept, None, &mut |_| false);
    assert_eq!(report.verdict, Verdict::Unverified);
    assert_eq!(report.took, options.deadline);
    let text = report.to_string();
    assert!(text.contains("NOT VERIFIED") && text.contains("HTTP 500"), "{text}");
}

#[test]
fn a_list_that_never_comes_has_a_deadline() {
    let mut run = KillRun::new(KillOptions::default(), at(0), at(0));
    assert_eq!(run.next(at(0)), KillAction::Query);
    assert_eq!(run.next(at(10)), KillAction::Wait(at(3_000)));
    assert_eq!(run.next(at(3_000)), KillAction::Wait(at(3_500)));
    // An answer that comes after all is of no use: the next list is newer.
    run.open_orders(&[], at(3_100));
    assert_eq!(run.next(at(3_500)), KillAction::Query);
    assert_eq!(run.next(at(60_000)), KillAction::Done);
    assert_eq!(run.report().verdict, Verdict::Unverified);
}

#[test]
fn rows_without_open_shares_and_answers_to_nothing_are_passed_over() {
    let mut run = KillRun::new(KillOptions::default(), at(0), at(0));
    assert_eq!(run.next(at(0)), KillAction::Query);
    let done = OpenOrder { open: Quantity::ZERO, ..order(1) };
    run.open_orders(&[done], at(1));
    run.cancelled(number(9), CancelOutcome::Accepted, at(2));
    assert_eq!(run.next(at(2)), KillAction::Wait(at(501)));
    assert_eq!(run.next(at(501)), KillAction::Query);
    // The same order twice in a list is one order.
    run.open_orders(&[order(1), order(1)], at(502));
    assert!(matches!(run.next(at(502)), KillAction::Cancel(_)));
    assert!(matches!(run.next(at(800)), KillAction::Wait(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever the broker answers: the run ends within its deadline, tells the truth about what is
    /// left, and never exceeds attempts and pace.
    #[test]
    fn it_ends_in_time_and_never_says_verified_while_orders_work(
        count in 0usize..12,
        script in prop::collection::vec((0u8..6, any::<bool>()), 1..60),
        lists in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        let mut script = script.into_iter().cycle();
        let mut working: Vec<usize> = (1..=count).collect();
        let mut lists = lists.into_iter().cycle();
        let mut answer = |index: usize, _: u32, _: Venue| {
            let (kind, works) = script.next().unwrap();
            let words = || "words".to_owned();
            let outcome = match kind {
                0 | 1 => CancelOutcome::Accepted,
                2 => CancelOutcome::NothingLeft,
                3 => CancelOutcome::WrongVenue(words()),
                4 => CancelOutcome::Refused(words()),
                _ => CancelOutcome::Unknown(words()),
            };
            if works {
                working.retain(|open| *open != index);
            }
            (outcome, works)
        };
        let options = KillOptions::default();
        let orders = (1..=count).map(order).collect();
        let (report, cancels) =
            drive(options, orders, &mut answer, None, &mut |_| lists.next().unwrap());
        // A list that was asked for right before the end takes its 30 ms.
        let most = options.deadline.raw() + 30_000_000;
        prop_assert!(report.took.raw() <= most);
        prop_assert!(cancels.len() <= count * options.attempts_max as usize);
        prop_assert!(cancels.windows(2).all(|pair| pair[1] - pair[0] >= options.cancel_interval));
        match report.verdict {
            Verdict::Verified => prop_assert!(working.is_empty(), "{working:?}"),
            Verdict::Remaining => prop_assert!(!report.remaining.is_empty()),
            Verdict::Unverified => prop_assert!(report.remaining.is_empty()),
        }
    }
}

#[test]
fn a_broker_that_is_busy_is_asked_on_where_one_that_refuses_is_not() {
    let options = KillOptions { attempts_max: 20, refusals_max: 3, ..KillOptions::default() };
    let run = |outcome: CancelOutcome| {
        let mut answer = |_: usize, attempt: u32, _: Venue| match attempt {
            12.. => (CancelOutcome::Accepted, true),
            _ => (outcome.clone(), false),
        };
        drive(options, vec![order(1)], &mut answer, None, &mut |_| true)
    };
    let (report, cancels) = run(CancelOutcome::Busy("1700".to_owned()));
    assert_eq!((report.verdict, cancels.len()), (Verdict::Verified, 12));
    let (report, cancels) = run(CancelOutcome::Refused("RC4058".to_owned()));
    assert_eq!((report.verdict, cancels.len()), (Verdict::Remaining, 3));
    assert_eq!(report.remaining[0].problem, "RC4058");
}

#[test]
fn what_became_of_each_order_is_told() {
    let mut run = KillRun::new(KillOptions::default(), at(0), at(0));
    assert_eq!(run.next(at(0)), KillAction::Query);
    run.open_orders(&[order(1), order(2)], at(1));
    assert!(matches!(run.next(at(2)), KillAction::Cancel(_)));
    run.cancelled(number(1), CancelOutcome::Accepted, at(3));
    assert!(matches!(run.next(at(300)), KillAction::Cancel(_)));
    run.cancelled(number(2), CancelOutcome::Refused("RC4058".to_owned()), at(301));
    assert_eq!(run.next(at(900)), KillAction::Query);
    run.open_orders(&[order(2)], at(901));
    let told: Vec<_> = run.orders().into_iter().map(|o| (o.accepted, o.listed)).collect();
    assert_eq!(told, [(true, false), (false, true)]);
    assert_eq!(run.orders()[1].problem, "RC4058");
    assert_eq!(run.orders()[0].first_open, order(1).open);
}

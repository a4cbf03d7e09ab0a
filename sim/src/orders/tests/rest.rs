//! REST bodies in virtual time: what a client's gateway is driven with.

use super::*;
use crate::faults::{Fault, Rule};
use crate::virtual_time::{Answer, Call};
use std::time::Duration;

const BUY: &str = r#"{"dmst_stex_tp":"KRX","stk_cd":"005930","ord_qty":"1","ord_uv":"200000","trde_tp":"0","cond_uv":""}"#;
const OPEN: &str = r#"{"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"}"#;

fn call(exchange: &mut Exchange, api_id: &str, body: &str, now: u64) -> Answer {
    exchange.rest(Call { api_id, next_key: None, body }, now)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.reply.as_ref().unwrap().body).unwrap()
}

fn exchange(rule: Rule) -> Exchange {
    let reply_latency = Duration::from_millis(10);
    let frame_latency = Duration::from_millis(25);
    let faults = vec![rule];
    at(10, 0, Trading { reply_latency, frame_latency, faults, ..Trading::default() })
}

#[test]
fn an_answer_has_its_moment_and_a_body_with_the_order_number() {
    let mut exchange = exchange(Rule::new(Fault::ReplyLost).on("none"));
    let now = exchange.now();
    let answer = call(&mut exchange, "kt10000", BUY, now + ms(5));
    assert_eq!(answer.due, now + ms(15));
    let taken = body(&answer);
    assert_eq!((&taken["return_code"], &taken["dmst_stex_tp"]), (&0.into(), &"KRX".into()));
    assert!(exchange.advance(now + ms(29)).is_empty());
    let events = exchange.advance(now + ms(30));
    assert_eq!(values(&events[0]).1["9203"], taken["ord_no"]);
    let open = call(&mut exchange, "ka10075", OPEN, now + ms(40));
    assert_eq!(body(&open)["oso"][0]["ord_no"], taken["ord_no"]);
}

#[test]
fn each_fault_of_a_request_shows_as_it_would_on_the_wire() {
    let late = Duration::from_millis(500);
    let cases = [
        (Fault::ReplyLost, true, Some(u64::MAX)),
        (Fault::ResetAfter, true, Some(ms(10))),
        (Fault::ResetBefore, false, Some(ms(10))),
        (Fault::StatusAfter(504), true, None),
        (Fault::StatusBefore(500), false, None),
        (Fault::TooMany, false, None),
        (Fault::TokenDead, false, None),
        (Fault::ReplyLate(late), true, None),
        (Fault::FramesFirst(Duration::from_millis(1)), true, None),
    ];
    for (fault, taken, end) in cases {
        let mut exchange = exchange(Rule::new(fault).on("kt10000").nth(1));
        let now = exchange.now();
        let answer = call(&mut exchange, "kt10000", BUY, now);
        assert_eq!(exchange.open_orders().len(), usize::from(taken), "{fault:?}");
        assert_eq!(exchange.advance(now + ms(25)).len(), usize::from(taken), "{fault:?}");
        assert_eq!(answer.reply.is_none(), end.is_some(), "{fault:?}");
        let due = match fault {
            Fault::ReplyLost => u64::MAX,
            Fault::ReplyLate(_) => now + ms(510),
            Fault::FramesFirst(_) => now + ms(26),
            _ => now + ms(10),
        };
        assert_eq!(answer.due, due, "{fault:?}");
        assert_eq!(answer.token_dead, fault == Fault::TokenDead);
        let status = answer.reply.as_ref().map_or(0, |reply| reply.status);
        match fault {
            Fault::StatusAfter(wanted) | Fault::StatusBefore(wanted) => assert_eq!(status, wanted),
            Fault::TooMany => assert_eq!(status, 429),
            Fault::TokenDead => assert_eq!(body(&answer)["return_code"], 3),
            _ => {}
        }
        // The rule is spent.
        let again = call(&mut exchange, "kt10000", BUY, now + ms(600));
        assert_eq!(body(&again)["return_code"], 0);
    }
}

#[test]
fn the_rate_limit_follows_the_callers_clock() {
    let mut exchange = at(10, 0, Trading::default());
    let now = exchange.now();
    let status =
        |exchange: &mut Exchange, at| call(exchange, "kt10000", BUY, at).reply.unwrap().status;
    let statuses: Vec<u16> = (0..6).map(|n| status(&mut exchange, now + ms(n))).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert_eq!(status(&mut exchange, now + ms(1_000)), 200);
    assert_eq!(exchange.open_orders().len(), 6);
}

#[test]
fn a_refusal_after_the_acceptance_ends_the_order() {
    let mut exchange = exchange(Rule::new(Fault::RejectedLate).on("kt10000"));
    let now = exchange.now();
    let answer = call(&mut exchange, "kt10000", BUY, now);
    assert_eq!(body(&answer)["return_code"], 0);
    assert_eq!(lines(&exchange.advance(now + ms(30))), ["접수 +매수 1", "거부 +매수 0"]);
    assert!(exchange.open_orders().is_empty());
    assert_eq!(exchange.cash().held, 0);
}

#[test]
fn the_stream_ends_in_the_right_place_among_the_frames() {
    let mut exchange = exchange(Rule::new(Fault::Cut(77)).on("00").nth(2));
    let now = exchange.now();
    call(&mut exchange, "kt10000", BUY, now);
    call(&mut exchange, "kt10000", BUY, now);
    let events: Vec<_> = exchange.advance(now + ms(30)).into_iter().map(|e| e.what).collect();
    let frame = |what: &Happening| matches!(what, Happening::Frame { .. });
    assert_eq!(events.len(), 3);
    assert!(frame(&events[0]) && events[1] == Happening::Cut(77) && frame(&events[2]));
}

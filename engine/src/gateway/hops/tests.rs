//! The parts add up; nothing is recorded twice; a full table counts.

use super::*;
use crate::order::RequestId;
use crate::telemetry::{Collector, recorder};
use std::collections::BTreeMap;

const MICRO: u64 = 1_000;

fn at(micros: u64) -> UnixNanos {
    UnixNanos::new(1_795_395_600_000_000_000 + micros * MICRO)
}

fn tag(request: u32) -> Tag {
    Tag::Order(RequestId(request))
}

fn cause(micros: u64) -> Cause {
    Cause { ts_kernel: at(micros), ts_recv: at(micros + 1), sequence: 1, kind: Kind::TRADE }
}

/// By hop: how many spans, and the sum of their lengths in microseconds.
fn collected(to: Recorder, mut from: Collector) -> BTreeMap<String, (u64, u64)> {
    drop(to);
    let mut all = BTreeMap::new();
    from.collect(|hop, spans| {
        if !spans.is_empty() {
            let sum = spans.to_hdr().mean() * spans.len() as f64 / MICRO as f64;
            all.insert(hop.to_owned(), (spans.len(), sum.round() as u64));
        }
    });
    all
}

#[test]
fn the_parts_of_an_order_add_up_to_the_whole() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(4);
    let cause = cause(0);
    OrderHops::gated(&cause, at(10), at(14), &mut to);
    table.decided(tag(7), tick(&cause), at(14));
    table.journaled(tag(7), at(36));
    table.written(tag(7), at(61), &mut to);
    table.replied(tag(7), BrokerNumber::new(138), at(3_061), &mut to);
    assert_eq!(table.under_way(), 1);
    table.heard(BrokerNumber::new(138).unwrap(), at(4_561), &mut to);
    assert_eq!((table.under_way(), table.lost()), (0, 0));
    let spans = collected(to, from);
    let of = |hop: &str| {
        let (count, micros) = spans[hop];
        assert_eq!(count, 1, "{hop}");
        micros
    };
    let near = |a: u64, b: u64| assert!(a.abs_diff(b) * 500 <= a.max(b), "{a} {b}");
    near(of("submit→gate"), 4);
    near(of("tick→written"), 61);
    near(of("tick→gate") + of("gate→written"), of("tick→written"));
    near(of("gate→journaled") + of("journaled→written"), of("gate→written"));
    near(of("written→reply") + of("reply→accepted"), of("written→accepted"));
    assert!(!spans.contains_key("accepted→reply"));
}

#[test]
fn a_frame_that_overtakes_its_reply_is_not_below_zero() {
    let number = BrokerNumber::new(139).unwrap();
    for by_number in [true, false] {
        let (mut to, from) = recorder(GATEWAY_HOPS);
        let mut table = OrderHops::new(4);
        table.decided(tag(0), tick(&cause(0)), at(10));
        table.journaled(tag(0), at(20));
        table.written(tag(0), at(30), &mut to);
        if by_number {
            table.heard(number, at(1_030), &mut to);
        } else {
            table.accepted(tag(0), at(1_030), &mut to);
        }
        table.replied(tag(0), Some(number), at(3_030), &mut to);
        assert_eq!(table.under_way(), 0);
        let spans = collected(to, from);
        assert_eq!(spans["written→accepted"], (1, 1_000));
        assert_eq!(spans["accepted→reply"].0, 1);
        assert!(spans["accepted→reply"].1.abs_diff(2_000) < 5);
        assert!(spans["written→reply"].1.abs_diff(3_000) < 7);
        assert!(!spans.contains_key("reply→accepted"));
    }
}

#[test]
fn stamps_say_what_came_first_not_the_order_of_handling() {
    let number = BrokerNumber::new(140).unwrap();
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(4);
    for (request, heard_first) in [(0, true), (1, false)] {
        table.decided(tag(request), at(0), at(10));
        table.written(tag(request), at(30), &mut to);
        // The frame was read at 50; the reply was there at 40, or at 60.
        if heard_first {
            table.heard(number, at(50), &mut to);
            table.replied(tag(request), Some(number), at(40), &mut to);
        } else {
            table.replied(tag(request), Some(number), at(60), &mut to);
            table.heard(number, at(50), &mut to);
        }
    }
    let spans = collected(to, from);
    assert_eq!((spans["reply→accepted"], spans["accepted→reply"]), ((1, 10), (1, 10)));
}

#[test]
fn an_order_of_a_timer_has_no_tick() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(4);
    let timer = Cause::default();
    OrderHops::gated(&timer, at(1), at(2), &mut to);
    table.decided(tag(0), tick(&timer), at(2));
    table.journaled(tag(0), at(3));
    table.written(tag(0), at(4), &mut to);
    let spans = collected(to, from);
    assert!(!spans.contains_key("tick→gate") && !spans.contains_key("tick→written"));
    assert!(spans.contains_key("gate→written"));
}

#[test]
fn a_word_that_is_said_twice_counts_once() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(4);
    table.decided(tag(0), tick(&cause(0)), at(1));
    for _ in 0..2 {
        table.journaled(tag(0), at(2));
        table.written(tag(0), at(3), &mut to);
        table.replied(tag(0), BrokerNumber::new(5), at(4), &mut to);
    }
    table.accepted(tag(0), at(5), &mut to);
    table.accepted(tag(0), at(6), &mut to);
    table.written(tag(0), at(7), &mut to);
    assert!(collected(to, from).values().all(|(count, _)| *count == 1));
}

#[test]
fn a_word_that_comes_before_written_is_kept() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(4);
    table.decided(tag(0), tick(&cause(0)), at(1));
    table.journaled(tag(0), at(2));
    table.accepted(tag(0), at(20), &mut to);
    table.written(tag(0), at(3), &mut to);
    let spans = collected(to, from);
    assert_eq!(spans["written→accepted"].0, 1);
}

#[test]
fn a_full_table_gives_the_place_to_the_newest_and_counts() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(2);
    for request in 0..5 {
        table.decided(tag(request), tick(&cause(0)), at(1));
    }
    assert_eq!((table.under_way(), table.lost()), (2, 3));
    table.journaled(tag(0), at(2));
    table.journaled(tag(4), at(2));
    table.written(tag(0), at(3), &mut to);
    table.written(tag(4), at(3), &mut to);
    table.ended(tag(4));
    table.ended(tag(4));
    table.ended(tag(0));
    assert_eq!(table.under_way(), 1);
    assert_eq!(collected(to, from)["gate→journaled"].0, 1);
}

#[test]
fn a_refused_order_and_a_cancel_of_the_kill_switch_leave_no_trace() {
    let (mut to, from) = recorder(GATEWAY_HOPS);
    let mut table = OrderHops::new(2);
    table.decided(Tag::Kill(3), tick(&cause(0)), at(1));
    table.written(Tag::Kill(3), at(2), &mut to);
    assert_eq!(table.under_way(), 0);
    table.decided(tag(1), tick(&cause(0)), at(1));
    table.replied(tag(1), None, at(9), &mut to);
    assert_eq!(table.under_way(), 0);
    assert!(collected(to, from).is_empty());
}

#[test]
fn the_numbers_of_the_hops_name_their_rows() {
    let numbers = [
        (SUBMIT_TO_GATE, "submit→gate"),
        (TICK_TO_GATE, "tick→gate"),
        (GATE_TO_JOURNALED, "gate→journaled"),
        (JOURNALED_TO_WRITTEN, "journaled→written"),
        (GATE_TO_WRITTEN, "gate→written"),
        (TICK_TO_WRITTEN, "tick→written"),
        (WRITTEN_TO_REPLY, "written→reply"),
        (REPLY_TO_ACCEPTED, "reply→accepted"),
        (ACCEPTED_TO_REPLY, "accepted→reply"),
        (WRITTEN_TO_ACCEPTED, "written→accepted"),
    ];
    assert_eq!(numbers.len(), GATEWAY_HOPS.len());
    for (number, name) in numbers {
        assert_eq!(GATEWAY_HOPS[number], name);
    }
}

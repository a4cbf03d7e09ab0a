//! The frames of an order's life, in their order.

use super::*;
use crate::faults::{Fault, Rule};

#[test]
fn an_accepted_frame_has_the_recorded_form() {
    let mut exchange = at(10, 0, Trading::default());
    let order = resting(&exchange, 2);
    let now = exchange.now();
    let accepted = exchange.submit(&order, now).unwrap();
    let events = exchange.advance(now);
    let [event] = &events[..] else { panic!("{events:?}") };
    let Happening::Frame { text, .. } = &event.what else { panic!() };
    // The FIDs of a recorded 접수 frame, in its order.
    let recorded = [
        "9201", "9203", "9205", "9001", "912", "913", "302", "900", "901", "902", "903", "904",
        "905", "906", "907", "908", "909", "910", "911", "10", "27", "28", "914", "915", "938",
        "939", "919", "920", "921", "922", "923", "10010", "2134", "2135", "2136",
    ];
    let mut place = 0;
    for fid in recorded {
        let found = text[place..].find(&format!("\"{fid}\":\""));
        place += found.unwrap_or_else(|| panic!("{fid} in order: {text}"));
    }
    assert_eq!(text.matches("\":\"").count(), recorded.len() + 4, "no other field: {text}");
    assert!(text.starts_with("{\"data\":[{\"values\":{\"9201\":\"50"));
    assert!(text.ends_with(
        "},\"type\":\"00\",\"name\":\"주문체결\",\"item\":\"005930\"}],\"trnm\":\"REAL\"}"
    ));
    let (_, values) = values(event);
    for (fid, value) in [
        ("9203", accepted.number.to_string().as_str()),
        ("9001", "005930"),
        ("913", "접수"),
        ("900", "2"),
        ("902", "2"),
        ("903", "0"),
        ("904", "0000000"),
        ("905", "+매수"),
        ("906", "보통"),
        ("907", "2"),
        ("908", "100000"),
        ("909", ""),
        ("910", ""),
        ("911", ""),
        ("914", ""),
        ("915", ""),
        ("938", "0"),
        ("919", "0"),
        ("2135", "KRX"),
        ("2136", "N"),
    ] {
        assert_eq!(values[fid], value, "{fid}");
    }
}

#[test]
fn fills_come_one_by_one_with_running_totals_and_a_balance_each() {
    let mut exchange = at(10, 0, Trading { cash: 10_000_000_000, ..Trading::default() });
    let now = exchange.now();
    let buy = NewOrder::of_type(OrderType::Market, Side::Buy, "005930", 600);
    exchange.submit(&buy, now).unwrap();
    let events = exchange.advance(now);
    assert!(events.len() > 7, "many resting orders are hit");
    let (mut total, mut money, mut left, mut held) = (0, 0, 600, 0);
    let mut numbers = std::collections::BTreeSet::new();
    for event in &events[1..] {
        let (kind, values) = values(event);
        let number = |fid: &str| values[fid].as_str().unwrap().parse::<i64>().unwrap();
        if kind == "04" {
            held += 1;
            assert_eq!(number("930"), total);
            assert_eq!(number("932"), money);
            assert_eq!(number("931"), money / total);
            continue;
        }
        assert_eq!(values["913"], "체결");
        assert!(numbers.insert(number("909")), "fill numbers are unique");
        total += number("915");
        money += number("914") * number("915");
        left -= number("915");
        assert_eq!((number("911"), number("902"), number("903")), (total, left, money));
        assert_eq!(number("910"), number("914"));
        assert_eq!(number("938"), Trading::default().rates.commission(money));
    }
    assert_eq!((left, held), (0, numbers.len()));
}

#[test]
fn a_modification_has_its_own_two_frames_and_then_clears_the_original() {
    let mut exchange = at(10, 0, Trading::default());
    let now = exchange.now();
    let order = resting(&exchange, 5);
    let first = exchange.submit(&order, now).unwrap().number;
    exchange.advance(now);
    let price = order.price.unwrap();
    let second = exchange.modify(&modify(first, "005930", 0, price - 1_000), now).unwrap();
    assert_eq!((second.base, second.quantity), (Some(first), 5));
    let events = exchange.advance(now);
    assert_eq!(lines(&events), ["접수 매수정정 5", "확인 매수정정 5", "접수 +매수 0"]);
    let (_, confirmed) = values(&events[1]);
    assert_eq!(confirmed["9203"], second.number.to_string());
    assert_eq!(confirmed["904"], first.to_string());
    assert_eq!(confirmed["901"], (price - 1_000).to_string());
    let third = exchange.cancel(&cancel(second.number, "005930", 0), now).unwrap();
    assert_eq!(third.base, Some(first), "the first of the chain");
    let events = exchange.advance(now);
    assert_eq!(lines(&events), ["접수 매수취소 5", "확인 매수취소 0", "접수 매수정정 0"]);
    assert_eq!(values(&events[0]).1["904"], second.number.to_string());
    assert!(exchange.open_orders().is_empty());
    assert_eq!(exchange.cash().held, 0);
}

#[test]
fn a_part_can_be_modified_or_cancelled_and_the_rest_stays() {
    let mut exchange = at(10, 0, Trading::default());
    let now = exchange.now();
    let order = resting(&exchange, 10);
    let price = order.price.unwrap();
    let first = exchange.submit(&order, now).unwrap().number;
    let second = exchange.modify(&modify(first, "005930", 4, price - 500), now).unwrap().number;
    exchange.cancel(&cancel(first, "005930", 1), now).unwrap();
    let open: Vec<_> = exchange.open_orders().iter().map(|o| (o.number, o.open, o.price)).collect();
    assert_eq!(open, [(first, 5, price), (second, 4, price - 500)]);
    let events = exchange.advance(now);
    assert_eq!(
        lines(&events),
        [
            "접수 +매수 10",
            "접수 매수정정 4",
            "확인 매수정정 4",
            "접수 +매수 6",
            "접수 매수취소 1",
            "확인 매수취소 0",
            "접수 +매수 5",
        ]
    );
}

#[test]
fn the_clearing_frame_of_a_partly_filled_order_says_filled_and_tells_no_new_fill() {
    let mut exchange = at(10, 0, Trading { cash: 1 << 50, ..Trading::default() });
    let now = exchange.now();
    let (_, _, ask) = exchange.quote("005930").unwrap();
    let buy = NewOrder {
        order_type: OrderType::LimitIoc,
        ..NewOrder::limit(Side::Buy, "005930", 1_000_000, ask)
    };
    exchange.submit(&buy, now).unwrap();
    let events = exchange.advance(now);
    let last = values(&events[events.len() - 1]).1;
    let filled = exchange.fills().iter().map(|fill| fill.quantity).sum::<i64>();
    assert!(filled > 0 && filled < 1_000_000);
    assert_eq!((&last["913"], &last["902"]), (&"체결".into(), &"0".into()));
    assert_eq!(last["911"], filled.to_string());
    let before = values(&events[events.len() - 3]).1;
    assert_eq!(last["909"], before["909"], "the last fill is repeated");
}

#[test]
fn frames_keep_their_delay_and_their_order() {
    let frame_latency = std::time::Duration::from_millis(30);
    let mut exchange = at(10, 0, Trading { frame_latency, ..Trading::default() });
    let now = exchange.now();
    let order = NewOrder::of_type(OrderType::Market, Side::Buy, "005930", 1);
    exchange.submit(&order, now).unwrap();
    assert_eq!(exchange.next_event(), now + ms(30));
    assert!(exchange.advance(now + ms(30) - 1).is_empty());
    let events = exchange.advance(now + ms(30));
    assert_eq!(lines(&events), ["접수 +매수 1", "체결 +매수 0 1 1", "04 1"]);
}

#[test]
fn frames_are_lost_doubled_and_late_as_the_rules_say() {
    let late = std::time::Duration::from_millis(50);
    for (fault, expected) in [
        (Fault::FrameLost, vec!["접수 +매수 1", "04 1"]),
        (Fault::FrameTwice, vec!["접수 +매수 1", "체결 +매수 0 1 1", "체결 +매수 0 1 1", "04 1"]),
        (Fault::FrameLate(late), vec!["접수 +매수 1", "04 1", "체결 +매수 0 1 1"]),
    ] {
        let faults = vec![Rule::new(fault).on("00").nth(2)];
        let mut exchange = at(10, 0, Trading { faults, ..Trading::default() });
        let now = exchange.now();
        let order = NewOrder::of_type(OrderType::Market, Side::Buy, "005930", 1);
        exchange.submit(&order, now).unwrap();
        assert_eq!(lines(&exchange.advance(now + ms(60))), expected, "{fault:?}");
        assert_eq!(exchange.positions()[0].quantity, 1, "the books know better");
        assert_eq!(exchange.faults_struck(), 1);
    }
}

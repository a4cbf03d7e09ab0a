//! Single scenes: what is denied, what waits, and the kill switch.

use crate::rig::{MILLI, Plan, Rig, SECOND, unix};
use engine::desk::Action;
use engine::gateway::CommandKind;
use engine::kill::{KillReason, Verdict};
use sim::faults::{Fault, Rule};
use sim::orders::{NewOrder, Side as TheirSide};
use strategy_api::{
    CancelRequest, ClientOrderId, InstrumentId, OrderRequest, OrderStatus, Price, Quantity,
    Refusal, Side, Venue,
};

/// A rig that is ready and whose strategies do nothing by themselves.
fn rig(orders_per_second: u32, faults: Vec<Rule>) -> Rig {
    let plan = Plan {
        seed: 7,
        orders_per_second,
        faults,
        trading: 0,
        not_sent_permille: 0,
        disk_micros: 300,
    };
    let mut rig = Rig::new(plan);
    rig.trading = false;
    rig.run_to(rig.now + 3 * SECOND);
    assert!(rig.desk.machine().is_ready());
    rig
}

/// A buy that rests: so far below the market that nobody meets it.
fn resting(rig: &Rig, steps: i64) -> OrderRequest {
    let (_, bid, _) = rig.exchange.quote("035720").unwrap();
    let price = Price::new(((bid / 100 - 40 - steps) * 100) as i32);
    OrderRequest::limit(InstrumentId(0), Venue::KRX, Side::BUY, price, Quantity::new(1))
}

fn place(rig: &mut Rig, count: i64) {
    for step in 0..count {
        let request = resting(rig, step % 40);
        rig.submit((step % 3) as u16, request);
        rig.run_to(rig.now + 300 * MILLI);
    }
    assert_eq!(rig.exchange.open_orders().len() as i64, count);
}

fn last(rig: &Rig) -> i32 {
    rig.reports.last().unwrap().refusal
}

#[test]
fn a_full_journal_denies_orders_and_lets_cancels_go() {
    let mut rig = rig(30, Vec::new());
    place(&mut rig, 1);
    rig.desk.set_journal_room(false);
    let request = resting(&rig, 1);
    let lines = rig.journal.len();
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::Full.code());
    assert_eq!(rig.journal.len(), lines, "the denial itself has no room either");
    let order = ClientOrderId(1);
    let cancel = CancelRequest { order, quantity: Quantity::ZERO };
    rig.command(0, CommandKind::Cancel(cancel));
    rig.run_to(rig.now + SECOND);
    assert!(rig.exchange.open_orders().is_empty());
}

#[test]
fn nothing_leaves_before_the_journal_has_it_nor_after_it_failed() {
    let mut rig = rig(30, Vec::new());
    rig.hold_journal = true;
    let request = resting(&rig, 1);
    rig.submit(0, request);
    rig.run_to(rig.now + SECOND);
    assert_eq!(rig.tally.calls, 0, "the line waits for the disk");
    rig.desk.journal_failed();
    rig.hold_journal = false;
    let seq = rig.journal.last().unwrap().seq;
    rig.give(|desk, now, out| desk.journaled(now, seq, out));
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::Internal.code());
    rig.run_to(rig.now + SECOND);
    assert_eq!(rig.tally.calls, 0);
}

#[test]
fn cancels_keep_their_place_when_the_rate_is_used_up_and_orders_are_denied() {
    let mut rig = rig(5, Vec::new());
    place(&mut rig, 12);
    for strategy in 0..3 {
        rig.command(strategy, CommandKind::CancelAll);
    }
    let request = resting(&rig, 1);
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::BrokerRate.code());
    rig.run_to(rig.now + 6 * SECOND);
    assert!(rig.exchange.open_orders().is_empty());
    assert_eq!(rig.tally.calls, 24, "one call for each order and each cancel");
    assert_eq!(rig.desk.machine().cash().is_some(), rig.desk.gate().working_orders() == 0);
}

#[test]
fn a_cancel_that_is_refused_for_the_rate_or_the_token_is_asked_for_again() {
    let faults = vec![
        Rule::new(Fault::TooMany).on("kt10003").nth(1),
        Rule::new(Fault::TokenDead).on("kt10003").nth(1),
    ];
    let mut rig = rig(30, faults);
    place(&mut rig, 1);
    let cancel = CancelRequest { order: ClientOrderId(1), quantity: Quantity::ZERO };
    rig.command(0, CommandKind::Cancel(cancel));
    rig.run_to(rig.now + 5 * SECOND);
    assert!(rig.exchange.open_orders().is_empty());
    let status = rig.desk.machine().order(ClientOrderId(1)).unwrap().status;
    assert_eq!(status, OrderStatus::CANCELLED);
    let refused = strategy_api::OrderEvent::CANCEL_REFUSED;
    assert!(rig.reports.iter().all(|report| report.event != refused));
}

#[test]
fn the_kill_switch_cancels_all_of_fifty_orders_those_of_other_hands_too_and_denies_what_follows() {
    let mut rig = rig(5, Vec::new());
    place(&mut rig, 50);
    let price = i64::from(resting(&rig, 3).price.raw());
    let theirs = NewOrder::limit(TheirSide::Buy, "035720", 7, price);
    let now = rig.exchange.now();
    rig.exchange.submit(&theirs, now).unwrap();
    rig.give(|desk, now, out| {
        let pulled = desk.kill(now, KillReason::Command, "kim", "", out);
        assert!(pulled.stops_trading && pulled.starts_run);
    });
    assert_eq!(rig.latched.len(), 1, "the latch goes to the disk");
    let request = resting(&rig, 1);
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::Killed.code());
    rig.run_to(rig.now + 30 * SECOND);
    assert!(rig.exchange.open_orders().is_empty(), "{:?}", rig.exchange.open_orders());
    assert!(rig.desk.is_latched());
    assert_eq!(rig.desk.kill_switch().report().unwrap().verdict, Verdict::Verified);
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::Killed.code());
    assert!(rig.desk.rearm().is_err(), "the latch is not on the disk yet");
    rig.desk.latch_written(unix(rig.now), true);
    rig.desk.rearm().unwrap();
    rig.submit(0, request);
    rig.run_to(rig.now + SECOND);
    assert_eq!(rig.exchange.open_orders().len(), 1);
}

#[test]
fn without_a_feed_every_order_is_denied_and_a_cancel_still_leaves() {
    let mut rig = rig(30, Vec::new());
    place(&mut rig, 1);
    rig.give(|desk, now, out| desk.feed_down(now, out));
    let request = resting(&rig, 1);
    rig.submit(0, request);
    assert_eq!(last(&rig), Refusal::FeedStale.code());
    let cancel = CancelRequest { order: ClientOrderId(1), quantity: Quantity::ZERO };
    rig.command(0, CommandKind::Cancel(cancel));
    rig.run_to(rig.now + 100 * MILLI);
    assert!(rig.exchange.open_orders().is_empty());
}

#[test]
fn a_strategy_cannot_touch_anothers_order() {
    let mut rig = rig(30, Vec::new());
    place(&mut rig, 1);
    let cancel = CancelRequest { order: ClientOrderId(1), quantity: Quantity::ZERO };
    rig.foreign_ids = true;
    rig.command(1, CommandKind::Cancel(cancel));
    assert_eq!(last(&rig), Refusal::NotFound.code());
    rig.run_to(rig.now + SECOND);
    assert_eq!(rig.exchange.open_orders().len(), 1);
}

#[test]
fn prices_that_never_pause_do_not_hold_up_the_desks_own_time() {
    let mut rig = rig(6, Vec::new());
    let words = {
        use strategy_api::{Kind, Record, Trade};
        let mut trade = Trade::unset();
        trade.header.kind = Kind::TRADE;
        trade.header.instrument = InstrumentId(0);
        trade.price = Price::new(rig.exchange.quote("035720").unwrap().0 as i32);
        trade.words().to_vec()
    };
    place(&mut rig, 5);
    rig.give(|desk, now, out| {
        desk.by_hand(now, engine::order::Input::CancelEverything, out);
    });
    // The rate does not let all leave at once. A price every millisecond moves the desk's clock past the moment
    // at which the next may leave; it leaves all the same.
    for _ in 0..4_000 {
        rig.run_to(rig.now + MILLI);
        rig.give(|desk, now, out| desk.market(now, &words, out));
    }
    assert!(rig.exchange.open_orders().is_empty(), "{:?}", rig.exchange.open_orders());
    let due = rig.desk.wake_at();
    rig.now += 400 * MILLI;
    rig.give(|desk, now, out| desk.market(now, &words, out));
    assert!(rig.desk.wake_at() <= due, "a price puts the next look at losses off");
}

#[test]
fn a_latch_that_could_not_be_written_is_tried_again() {
    let mut rig = rig(30, Vec::new());
    rig.give(|desk, now, out| {
        desk.kill(now, KillReason::Command, "test", "", out);
        let latches =
            |out: &[Action]| out.iter().filter(|action| matches!(action, Action::Latch(_))).count();
        assert_eq!(latches(out), 1);
        desk.tick(now, out);
        assert_eq!(latches(out), 1, "nobody has answered yet");
        desk.latch_written(now, false);
        assert!(!desk.kill_switch().is_latch_settled());
        let later = now + strategy_api::DurationNanos::from_secs(1);
        desk.tick(later, out);
        assert_eq!(latches(out), 2);
        desk.latch_written(later, true);
        assert!(desk.kill_switch().is_latch_settled());
        desk.tick(later + strategy_api::DurationNanos::from_secs(9), out);
        assert_eq!(latches(out), 2);
    });
}

//! Answers that do not come, and what the broker's lists tell about them.

use super::support::*;
use engine::order::{Difference, HaltReason, Input, Notice, Output, Query, Reply, Want};
use strategy_api::{ClientOrderId, OrderAction, OrderEvent, OrderState, OrderStatus, Price, Side};

fn unknown(rig: &mut Rig) -> ClientOrderId {
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.give(Input::Written { request });
    rig.wait(3_000);
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN);
    order
}

/// Waits until a round is asked for and answers it.
fn settle(rig: &mut Rig, lists: &Lists) {
    rig.out.clear();
    rig.wait(5_000);
    assert!(rig.asked());
    rig.round(lists);
}

#[test]
fn a_time_out_closes_the_instrument_and_sends_nothing() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    assert!(!rig.machine.is_open(0, SAMSUNG));
    assert!(rig.machine.is_open(0, HYNIX), "only that instrument");
    assert!(rig.machine.is_open(1, SAMSUNG), "only for that strategy");
    assert!(rig.told().contains(&OrderEvent::UNKNOWN));
    let id = ClientOrderId(77);
    let out = rig.wish(0, Want::New { order: id, request: limit(Side::BUY, 60_000, 10) });
    assert_eq!(reports(&out)[0].status, OrderStatus::DENIED);
    assert!(sends(&out).is_empty());
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN);
}

#[test]
fn an_order_without_an_answer_is_found_in_the_lists() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    settle(&mut rig, &Lists { open: vec![open_row(9, 0, 10, 10)], ..Lists::default() });
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert!(rig.told().contains(&OrderEvent::ACCEPTED));
    rig.update(filled(9, 10, 100, 10, 10, 0));
    assert_eq!((rig.status(order), rig.held(0)), (OrderStatus::FILLED, 10));
}

#[test]
fn an_order_without_an_answer_is_found_by_its_events() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    rig.update(accepted(9, 10));
    rig.update(filled(9, 10, 100, 10, 10, 0));
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN, "no guess before the lists have told");
    let positions = vec![position_row(symbols()[0], 10)];
    settle(
        &mut rig,
        &Lists { filled: vec![filled_row(9, 10, 10, 0)], positions, ..Lists::default() },
    );
    assert_eq!((rig.status(order), rig.held(0), rig.account()), (OrderStatus::FILLED, 10, 10));
}

#[test]
fn an_order_without_a_trace_is_given_up_after_two_rounds() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    settle(&mut rig, &Lists::default());
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN, "once is not enough");
    settle(&mut rig, &Lists::default());
    assert_eq!(rig.status(order), OrderStatus::REJECTED);
    assert!(rig.machine.is_open(0, SAMSUNG));
    // Should it appear after all, the account counts it, and everything stops for a person to look.
    rig.update(accepted(9, 10));
    let number = number(9);
    assert!(rig.out.contains(&Output::Notice(Notice::Resurfaced { order, number })));
    assert_eq!(rig.machine.halted(), Some(HaltReason::Contradiction));
    rig.update(filled(9, 10, 100, 10, 10, 0));
    assert_eq!((rig.status(order), rig.held(0), rig.account()), (OrderStatus::REJECTED, 0, 10));
}

#[test]
fn a_late_reply_tells_the_number() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.reply(request, Reply::LineBroke);
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN);
    rig.reply(request, accept(9));
    assert_eq!(rig.status(order), OrderStatus::WORKING);
    assert!(rig.machine.is_open(0, SAMSUNG));
}

#[test]
fn two_that_look_like_one_are_left_to_a_person() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    let rows = vec![open_row(8, 0, 10, 10), open_row(9, 0, 10, 10)];
    let lists = Lists { open: rows, ..Lists::default() };
    settle(&mut rig, &lists);
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN);
    assert!(!rig.machine.is_open(0, SAMSUNG));
    assert!(rig.out.contains(&Output::Notice(Notice::Ambiguous { order })));
    settle(&mut rig, &lists);
    assert_eq!(rig.status(order), OrderStatus::UNKNOWN, "it stays closed, whatever the time");
    rig.give(Input::Settle { order, number: Some(number(9)) });
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    assert!(rig.machine.is_open(0, SAMSUNG));
    rig.update(filled(8, 10, 100, 10, 10, 0));
    assert_eq!((rig.held(0), rig.account()), (0, 10), "the other one is another hand's");
}

#[test]
fn an_order_of_another_hand_from_before_is_not_taken_for_ours() {
    let mut rig = Rig::ready();
    rig.update(accepted(8, 10));
    rig.wait(1_000);
    let order = unknown(&mut rig);
    settle(&mut rig, &Lists { open: vec![open_row(8, 0, 10, 10)], ..Lists::default() });
    settle(&mut rig, &Lists { open: vec![open_row(8, 0, 10, 10)], ..Lists::default() });
    assert_eq!(rig.status(order), OrderStatus::REJECTED);
}

#[test]
fn alike_orders_of_one_strategy_are_found_one_by_one() {
    let mut rig = Rig::ready();
    let (first, a) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    let (second, b) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.reply(a, Reply::TimedOut);
    rig.reply(b, Reply::TimedOut);
    let lists = Lists { open: vec![open_row(9, 0, 10, 10)], ..Lists::default() };
    settle(&mut rig, &lists);
    settle(&mut rig, &lists);
    let states = [rig.status(first), rig.status(second)];
    assert_eq!(states, [OrderStatus::WORKING, OrderStatus::REJECTED]);
    assert!(rig.machine.is_open(0, SAMSUNG));
}

#[test]
fn a_late_reply_to_an_order_whose_double_was_found_changes_nothing() {
    let mut rig = Rig::ready();
    let (first, a) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    let (second, b) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.reply(a, Reply::TimedOut);
    rig.reply(b, Reply::TimedOut);
    let lists = Lists { open: vec![open_row(9, 0, 10, 10)], ..Lists::default() };
    settle(&mut rig, &lists);
    assert_eq!(rig.status(first), OrderStatus::WORKING);
    rig.reply(b, accept(9));
    settle(&mut rig, &lists);
    assert_eq!(rig.status(second), OrderStatus::REJECTED);
    assert!(rig.machine.halted().is_none());
}

#[test]
fn what_surely_was_not_sent_is_over_at_once() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.reply(request, Reply::NotSent { text: strategy_api::Text::new("closed").unwrap() });
    assert_eq!(rig.status(order), OrderStatus::REJECTED);
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert_eq!(reports(&rig.out).last().unwrap().reason.as_str(), "not sent: closed");
}

#[test]
fn a_cancel_without_an_answer_is_told_by_the_clearing_frame() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    rig.reply(sent[0].id, Reply::LineBroke);
    assert!(!rig.machine.is_open(0, SAMSUNG));
    assert_eq!(rig.status(order), OrderStatus::WORKING);
    rig.update(cleared(1, 10));
    assert_eq!(rig.status(order), OrderStatus::CANCELLED);
    assert!(rig.machine.is_open(0, SAMSUNG));
}

#[test]
fn a_cancel_that_never_arrived_is_told_as_refused() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    rig.reply(sent[0].id, Reply::LineBroke);
    let lists = Lists { open: vec![open_row(1, 0, 10, 10)], ..Lists::default() };
    settle(&mut rig, &lists);
    assert!(!rig.machine.is_open(0, SAMSUNG));
    settle(&mut rig, &lists);
    assert!(rig.told().contains(&OrderEvent::CANCEL_REFUSED));
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert_eq!(rig.cancel(order, 0).len(), 1, "the strategy may try again");
}

#[test]
fn a_cancel_may_wait_for_its_place_on_the_line_and_its_reply_is_due_from_the_write_on() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(accepted(1, 10));
    let sent = rig.cancel(order, 0);
    rig.wait(20_000);
    assert!(!rig.told().contains(&OrderEvent::UNKNOWN), "it waits for the broker's rate");
    rig.give(Input::Written { request: sent[0].id });
    rig.wait(4_000);
    assert!(rig.told().contains(&OrderEvent::UNKNOWN));
}

#[test]
fn nothing_is_on_its_way_for_an_order_that_is_over() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(accepted(1, 10));
    rig.cancel(order, 4);
    rig.cancel(order, 0);
    assert_eq!(rig.machine.pending_changes(order), (true, false));
    rig.update(filled(1, 10, 1, 10, 10, 0));
    assert_eq!(rig.status(order), OrderStatus::FILLED);
    assert_eq!(rig.machine.pending_changes(order), (false, false));
}

#[test]
fn a_modify_without_an_answer_is_found_in_the_lists() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.replace(order, 60_100, 0);
    rig.reply(sent[0].id, Reply::TimedOut);
    let mut row = open_row(2, 1, 10, 10);
    row.order.price = Price::new(60_100);
    settle(&mut rig, &Lists { open: vec![row], ..Lists::default() });
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    assert_eq!(rig.entry(order).request.price, Price::new(60_100));
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert!(rig.told().contains(&OrderEvent::REPLACED));
}

#[test]
fn fills_missed_while_the_feed_was_down_are_adopted() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.give(Input::FeedLost);
    assert!(!rig.machine.is_ready());
    rig.wait(1_000);
    rig.give(Input::FeedBack);
    // A fill arrives between the reconnect and the answers, one more was missed before it.
    rig.update(filled(1, 10, 101, 2, 6, 4));
    let lists = Lists {
        open: vec![open_row(1, 0, 10, 4)],
        filled: vec![filled_row(1, 10, 6, 4)],
        positions: vec![position_row(symbols()[0], 6)],
    };
    let out = rig.round(&lists);
    assert!(rig.machine.is_ready());
    assert_eq!((rig.filled(order), rig.held(0), rig.account()), (6, 6, 6));
    let told = Difference::Fills { number: number(1), ours: 0, theirs: 6 };
    assert!(out.contains(&Output::Difference(told)));
}

#[test]
fn a_list_older_than_the_events_changes_nothing() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.give(Input::FeedLost);
    rig.give(Input::FeedBack);
    let round = 2;
    for query in [Query::Open, Query::Filled] {
        rig.give(Input::QueryBegun { round, query });
        // The list was put together before this fill.
        if query == Query::Open {
            rig.give(Input::OpenRow(open_row(1, 0, 10, 10)));
        } else {
            rig.update(filled(1, 10, 100, 10, 10, 0));
        }
        rig.give(Input::QueryEnded { round, query, complete: true });
    }
    for query in [Query::Positions, Query::Cash] {
        rig.give(Input::QueryBegun { round, query });
        rig.give(Input::QueryEnded { round, query, complete: true });
    }
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::FILLED, 10));
    assert_eq!((rig.held(0), rig.account()), (10, 10), "the empty position list is older");
}

#[test]
fn a_missed_end_is_adopted() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 3, 3, 7));
    rig.give(Input::FeedLost);
    rig.give(Input::FeedBack);
    let lists = Lists {
        filled: vec![filled_row(1, 10, 3, 0)],
        positions: vec![position_row(symbols()[0], 3)],
        ..Lists::default()
    };
    rig.round(&lists);
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::CANCELLED, 3));
    assert!(rig.told().contains(&OrderEvent::CANCELLED));
}

#[test]
fn shares_from_before_belong_to_the_account() {
    let mut rig = Rig::begun();
    let positions = vec![position_row(symbols()[0], 25)];
    rig.round(&Lists { positions, ..Lists::default() });
    assert!(rig.machine.is_ready());
    assert_eq!((rig.account(), rig.held(0)), (25, 0));
    assert_eq!(rig.machine.unowned(SAMSUNG).raw(), 25);
    rig.working(1);
    rig.update(filled(1, 10, 100, 10, 10, 0));
    assert_eq!((rig.account(), rig.held(0)), (35, 10));
    assert_eq!(rig.machine.unowned(SAMSUNG).raw(), 25);
}

#[test]
fn a_position_that_fills_do_not_explain_is_adopted_when_two_rounds_agree() {
    let mut rig = Rig::ready();
    let lists = Lists { positions: vec![position_row(symbols()[0], 4)], ..Lists::default() };
    rig.give(Input::FeedLost);
    rig.give(Input::FeedBack);
    rig.round(&lists);
    assert_eq!(rig.account(), 0, "a fill may be on its way");
    settle(&mut rig, &lists);
    assert_eq!(rig.account(), 4);
    assert_eq!(rig.held(0), 0);
}

#[test]
fn a_holding_event_that_differs_for_long_is_looked_into() {
    let mut rig = Rig::ready();
    rig.working(1);
    let holding = |quantity| {
        Input::Holding(engine::order::Holding {
            symbol: symbols()[0],
            quantity: strategy_api::Quantity::new(quantity),
            sellable: strategy_api::Quantity::UNSET,
        })
    };
    // The 04 may overtake the 00 of the same fill.
    rig.give(holding(10));
    rig.update(filled(1, 10, 100, 10, 10, 0));
    rig.wait(4_000);
    assert!(!rig.asked(), "it explained itself");
    rig.give(holding(12));
    rig.wait(4_000);
    assert!(rig.asked());
}

#[test]
fn a_reply_without_events_is_looked_into() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.accept(request, 1);
    rig.out.clear();
    rig.wait(4_000);
    assert!(rig.asked());
    rig.round(&Lists { open: vec![open_row(1, 0, 10, 10)], ..Lists::default() });
    assert_eq!(rig.status(order), OrderStatus::WORKING);
}

#[test]
fn no_order_before_the_first_reconciliation() {
    let mut rig = Rig::begun();
    let want = Want::New { order: ClientOrderId(1), request: limit(Side::BUY, 60_000, 10) };
    let out = rig.wish(0, want);
    assert_eq!(reports(&out)[0].status, OrderStatus::DENIED);
    let round = 1;
    rig.give(Input::QueryBegun { round, query: Query::Open });
    rig.give(Input::QueryEnded { round, query: Query::Open, complete: false });
    assert!(!rig.machine.is_ready(), "a list that failed is no evidence");
    rig.out.clear();
    rig.wait(2_000);
    assert!(rig.asked(), "it is asked again");
    rig.round(&Lists::default());
    assert!(rig.machine.is_ready());
}

#[test]
fn a_restart_makes_every_open_request_unknown() {
    let mut rig = Rig::ready();
    let working = rig.working(1);
    let (sent, request) = rig.submit(0, limit(Side::BUY, 61_000, 10));
    let cancel = rig.cancel(working, 0);
    rig.give(Input::Begin);
    assert_eq!(rig.status(sent), OrderStatus::UNKNOWN);
    assert_eq!(rig.status(working), OrderStatus::WORKING);
    rig.give(Input::FeedBack);
    rig.round(&Lists { open: vec![open_row(1, 0, 10, 10)], ..Lists::default() });
    assert!(rig.machine.is_ready());
    assert!(!rig.machine.is_open(0, SAMSUNG), "a cancel and an order are not told yet");
    let mut row = open_row(2, 0, 10, 10);
    row.order.price = Price::new(61_000);
    let lists = Lists { open: vec![row], ..Lists::default() };
    settle(&mut rig, &lists);
    assert_eq!(rig.status(working), OrderStatus::CANCELLED);
    assert_eq!(rig.status(sent), OrderStatus::WORKING);
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert_eq!(sends(&rig.out).len(), 0, "nothing was sent again");
    let _ = (request, cancel);
}

#[test]
fn an_update_for_a_modify_of_an_order_without_an_answer_belongs_to_its_chain() {
    let mut rig = Rig::ready();
    let order = unknown(&mut rig);
    rig.update(accepted(9, 10));
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(10, 9, OrderAction::MODIFY, OrderState::CONFIRMED, 10)));
    rig.update(cleared(9, 10));
    rig.update(at(filled(10, 10, 100, 4, 4, 6)));
    let mut row = open_row(10, 9, 10, 6);
    row.order.price = Price::new(60_100);
    let mut fill = filled_row(10, 10, 4, 6);
    fill.order = row.order;
    let positions = vec![position_row(symbols()[0], 4)];
    settle(&mut rig, &Lists { open: vec![row], filled: vec![fill], positions });
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::PARTIALLY_FILLED, 6));
    assert_eq!((rig.held(0), rig.account()), (4, 4));
}

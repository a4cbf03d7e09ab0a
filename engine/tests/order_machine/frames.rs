//! The life of an order, frame by frame.

use super::support::*;
use engine::order::{Doubt, HaltReason, Input, Notice, Output, Want};
use strategy_api::{
    ClientOrderId, Notional, OrderAction, OrderEvent, OrderReport, OrderRequest, OrderState,
    OrderStatus, OrderType, Price, Quantity, Refusal, Side, Text, Venue,
};

const CANCEL: OrderAction = OrderAction::CANCEL;
const MODIFY: OrderAction = OrderAction::MODIFY;

#[test]
fn an_order_is_accepted_and_fills_in_parts() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    assert_eq!(rig.status(order), OrderStatus::SUBMITTING);
    rig.accept(request, 1);
    rig.update(accepted(1, 10));
    rig.update(filled(1, 10, 100, 3, 3, 7));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::PARTIALLY_FILLED, 7));
    rig.update(filled(1, 10, 101, 7, 10, 0));
    assert_eq!(rig.status(order), OrderStatus::FILLED);
    assert_eq!(rig.told(), [OrderEvent::ACCEPTED, OrderEvent::FILLED, OrderEvent::FILLED]);
    assert_eq!((rig.held(0), rig.account()), (10, 10));
    assert_eq!(rig.machine.fills(order).count(), 2);
}

#[test]
fn events_may_come_before_the_reply() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.update(accepted(1, 10));
    rig.update(filled(1, 10, 100, 4, 4, 6));
    rig.update(filled(1, 10, 101, 2, 6, 4));
    assert_eq!(rig.status(order), OrderStatus::SUBMITTING, "the reply has not told the number");
    assert_eq!((rig.held(0), rig.account()), (0, 6), "the account has them already");
    rig.out.clear();
    rig.accept(request, 1);
    let told = reports(&rig.out);
    let fills: Vec<_> = told.iter().filter_map(|report| report.last_quantity.get()).collect();
    assert_eq!(fills, [4, 2], "each fill, in order");
    assert_eq!(told[0].event, OrderEvent::ACCEPTED);
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::PARTIALLY_FILLED, 4));
    assert_eq!((rig.held(0), rig.account()), (6, 6));
}

#[test]
fn the_fills_of_a_filled_order_before_the_reply_are_not_its_end() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.update(accepted(1, 10));
    rig.update(filled(1, 10, 100, 6, 6, 4));
    rig.update(filled(1, 10, 101, 3, 9, 1));
    rig.update(filled(1, 10, 102, 1, 10, 0));
    rig.out.clear();
    rig.accept(request, 1);
    let story = |report: &OrderReport| {
        (report.event, report.status, report.leaves.raw(), report.cumulative_filled.raw())
    };
    let told: Vec<_> = reports(&rig.out).iter().map(story).collect();
    let expected = [
        (OrderEvent::ACCEPTED, OrderStatus::WORKING, 10, 0),
        (OrderEvent::FILLED, OrderStatus::PARTIALLY_FILLED, 4, 6),
        (OrderEvent::FILLED, OrderStatus::PARTIALLY_FILLED, 1, 9),
        (OrderEvent::FILLED, OrderStatus::FILLED, 0, 10),
    ];
    assert_eq!(told, expected, "as if the reply had come first");
    assert!(!rig.out.iter().any(|output| matches!(output, Output::Notice(_))), "{:?}", rig.out);
    assert_eq!((rig.status(order), rig.held(0), rig.account()), (OrderStatus::FILLED, 10, 10));
}

#[test]
fn a_cancel_by_another_hand_before_the_reply_is_told_after_the_fills() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.update(accepted(1, 10));
    rig.update(filled(1, 10, 100, 4, 4, 6));
    rig.update(filled(1, 10, 101, 2, 6, 4));
    rig.update(cleared(1, 10));
    rig.out.clear();
    rig.accept(request, 1);
    let told: Vec<_> = reports(&rig.out).iter().map(|report| report.event).collect();
    let expected =
        [OrderEvent::ACCEPTED, OrderEvent::FILLED, OrderEvent::FILLED, OrderEvent::CANCELLED];
    assert_eq!(told, expected);
    assert_eq!((rig.status(order), rig.held(0)), (OrderStatus::CANCELLED, 6));
}

#[test]
fn a_fill_may_come_before_its_acceptance() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.accept(request, 1);
    rig.update(filled(1, 10, 100, 10, 10, 0));
    rig.update(accepted(1, 10));
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::FILLED, 10));
    assert!(!rig.asked(), "no doubt: it is the word of an earlier moment");
}

#[test]
fn repeats_are_dropped_by_number_and_fill_number() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    for _ in 0..3 {
        rig.update(filled(1, 10, 100, 3, 3, 7));
    }
    rig.update(filled(1, 10, 101, 2, 5, 5));
    rig.update(filled(1, 10, 100, 3, 3, 7));
    rig.update(accepted(1, 10));
    assert_eq!((rig.filled(order), rig.leaves(order)), (5, 5));
    assert_eq!(rig.told(), [OrderEvent::FILLED, OrderEvent::FILLED]);
    assert!(rig.machine.next_deadline().is_none(), "nothing to ask");
}

#[test]
fn a_cancel_has_its_own_number_and_the_clearing_frame_ends_the_original() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    assert_eq!(original(&sent[0]), 1);
    assert_eq!(rig.machine.working_orders(0, &mut []), 1);
    rig.accept(sent[0].id, 2);
    rig.update(change(2, 1, CANCEL, OrderState::ACCEPTED, 10));
    rig.update(change(2, 1, CANCEL, OrderState::CONFIRMED, 10));
    assert_eq!(rig.status(order), OrderStatus::WORKING, "only the original's own frame ends it");
    rig.update(cleared(1, 10));
    assert_eq!(rig.status(order), OrderStatus::CANCELLED);
    assert_eq!(rig.told(), [OrderEvent::CANCELLED]);
    assert!(rig.machine.next_deadline().is_none());
}

#[test]
fn the_clearing_frame_of_a_part_filled_order_is_no_fill() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 3, 3, 7));
    let sent = rig.cancel(order, 0);
    rig.accept(sent[0].id, 2);
    rig.out.clear();
    // 913 is 체결 and the last fill is repeated; 902 falls from 7 to 0.
    rig.update(filled(1, 10, 100, 3, 3, 0));
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::CANCELLED, 3));
    assert_eq!(rig.told(), [OrderEvent::CANCELLED]);
    assert_eq!(rig.held(0), 3);
}

#[test]
fn the_clearing_frame_may_leave_the_fill_number_out() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 3, 3, 7));
    let clearing = filled(1, 10, 100, 3, 3, 0);
    let bare = engine::order::Update { fill_number: Text::EMPTY, ..clearing };
    rig.update(bare);
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::CANCELLED, 3));
}

#[test]
fn a_cancel_may_be_over_before_its_reply() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    rig.update(change(2, 1, CANCEL, OrderState::ACCEPTED, 10));
    rig.update(change(2, 1, CANCEL, OrderState::CONFIRMED, 10));
    rig.update(cleared(1, 10));
    assert_eq!(rig.status(order), OrderStatus::CANCELLED);
    rig.accept(sent[0].id, 2);
    assert_eq!(rig.told(), [OrderEvent::CANCELLED]);
    assert!(rig.machine.next_deadline().is_none());
}

#[test]
fn a_late_fill_after_a_cancel_counts() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.cancel(order, 0);
    rig.update(cleared(1, 10));
    rig.out.clear();
    rig.update(filled(1, 10, 100, 4, 4, 0));
    assert_eq!((rig.status(order), rig.filled(order), rig.held(0)), (OrderStatus::CANCELLED, 4, 4));
    assert!(rig.out.iter().any(|o| matches!(o, Output::Notice(Notice::LateFill { .. }))));
    assert_eq!(rig.told(), [OrderEvent::FILLED]);
}

#[test]
fn a_cancel_that_comes_too_late_is_refused_and_the_fill_counts() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    rig.update(filled(1, 10, 100, 10, 10, 0));
    rig.reply(sent[0].id, refused("RC4032"));
    assert_eq!(rig.status(order), OrderStatus::FILLED);
    assert_eq!(rig.told(), [OrderEvent::FILLED, OrderEvent::CANCEL_REFUSED]);
    assert!(rig.machine.next_deadline().is_none());
}

#[test]
fn a_refused_cancel_of_an_order_that_we_hold_open_is_looked_into() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 0);
    rig.reply(sent[0].id, refused("RC4033"));
    assert_eq!(rig.status(order), OrderStatus::WORKING);
    rig.wait(3_000);
    assert!(rig.asked());
    // The fill was lost on the socket.
    rig.round(&Lists {
        filled: vec![filled_row(1, 10, 10, 0)],
        positions: vec![position_row(symbols()[0], 10)],
        ..Lists::default()
    });
    assert_eq!((rig.status(order), rig.filled(order), rig.held(0)), (OrderStatus::FILLED, 10, 10));
}

#[test]
fn a_cancel_of_a_part_leaves_the_rest() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.cancel(order, 4);
    rig.accept(sent[0].id, 2);
    rig.update(change(2, 1, CANCEL, OrderState::CONFIRMED, 4));
    rig.update(event(1, OrderState::ACCEPTED, 10, 6));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 6));
    assert_eq!(rig.told(), [OrderEvent::CANCELLED]);
    rig.update(filled(1, 10, 100, 6, 6, 0));
    assert_eq!(rig.status(order), OrderStatus::FILLED, "all that was left");
}

#[test]
fn a_modify_moves_the_order_to_a_new_number() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 3, 3, 7));
    let sent = rig.replace(order, 60_100, 0);
    assert_eq!(original(&sent[0]), 1);
    rig.accept(sent[0].id, 2);
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(2, 1, MODIFY, OrderState::ACCEPTED, 7)));
    rig.update(at(change(2, 1, MODIFY, OrderState::CONFIRMED, 7)));
    rig.update(filled(1, 10, 100, 3, 3, 0));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::PARTIALLY_FILLED, 7));
    assert_eq!(rig.entry(order).request.price, Price::new(60_100));
    assert_eq!(rig.told(), [OrderEvent::FILLED, OrderEvent::REPLACED]);
    // The next change names the newest number.
    let again = rig.replace(order, 60_200, 0);
    assert_eq!(original(&again[0]), 2);
    rig.reply(again[0].id, refused("RC4003"));
    // Fills of the new number count from zero.
    rig.update(at(filled(2, 7, 101, 7, 7, 0)));
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::FILLED, 10));
    assert_eq!(rig.held(0), 10);
}

#[test]
fn a_modify_may_be_over_before_its_reply() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.replace(order, 60_100, 0);
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(2, 1, MODIFY, OrderState::ACCEPTED, 10)));
    rig.update(at(change(2, 1, MODIFY, OrderState::CONFIRMED, 10)));
    rig.update(cleared(1, 10));
    rig.update(at(filled(2, 10, 100, 10, 10, 0)));
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::FILLED, 10));
    rig.accept(sent[0].id, 2);
    assert_eq!(rig.told(), [OrderEvent::REPLACED, OrderEvent::FILLED]);
    assert!(rig.machine.halted().is_none());
}

#[test]
fn an_order_waits_for_its_new_number_when_the_old_one_is_cleared_first() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.replace(order, 60_100, 0);
    rig.update(cleared(1, 10));
    assert_eq!(rig.status(order), OrderStatus::WORKING, "its shares are on the move");
    rig.accept(sent[0].id, 2);
    assert_eq!(rig.status(order), OrderStatus::WORKING);
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(2, 1, MODIFY, OrderState::CONFIRMED, 10)));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    assert_eq!(rig.told(), [OrderEvent::REPLACED]);
}

#[test]
fn a_modify_of_a_part_splits_the_order() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let sent = rig.replace(order, 60_100, 4);
    rig.accept(sent[0].id, 2);
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(2, 1, MODIFY, OrderState::CONFIRMED, 4)));
    rig.update(event(1, OrderState::ACCEPTED, 10, 6));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    // A cancel of everything needs one request for each number.
    let cancels = rig.cancel(order, 0);
    let mut originals: Vec<_> = cancels.iter().map(original).collect();
    originals.sort_unstable();
    assert_eq!(originals, [1, 2]);
    rig.update(cleared(1, 10));
    assert_eq!(rig.leaves(order), 4);
    rig.update(at(cleared(2, 4)));
    assert_eq!(rig.status(order), OrderStatus::CANCELLED);
}

#[test]
fn a_cancel_that_meets_a_modify_waits_for_the_new_number() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let replace = rig.replace(order, 60_100, 0);
    assert!(rig.cancel(order, 0).is_empty(), "which number to name is not known yet");
    rig.accept(replace[0].id, 2);
    let at = |update| engine::order::Update { price: Price::new(60_100), ..update };
    rig.update(at(change(2, 1, MODIFY, OrderState::CONFIRMED, 10)));
    let sent = sends(&rig.update(cleared(1, 10)));
    assert_eq!(sent.iter().map(original).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_cancel_before_the_number_is_sent_when_the_number_is_known() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    assert!(rig.cancel(order, 0).is_empty());
    let sent = sends(&rig.accept(request, 5));
    assert_eq!(sent.iter().map(original).collect::<Vec<_>>(), [5]);
}

#[test]
fn a_refusal_in_the_reply_ends_the_order() {
    let mut rig = Rig::ready();
    let (order, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    rig.out.clear();
    rig.reply(request, refused("RC4027"));
    assert_eq!(rig.status(order), OrderStatus::REJECTED);
    let told = reports(&rig.out);
    assert_eq!((told[0].event, told[0].reason.as_str()), (OrderEvent::REJECTED, "RC4027"));
    assert!(rig.machine.is_open(0, SAMSUNG));
}

#[test]
fn a_rejection_after_the_acceptance_ends_the_order() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let reason = Text::new("상한가").unwrap();
    let rejected = event(1, OrderState::REJECTED, 10, 10);
    rig.update(engine::order::Update { reject_reason: reason, ..rejected });
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::REJECTED, 0));
    assert_eq!(reports(&rig.out)[0].reason.as_str(), "상한가");
    // Fills that come after all are not lost.
    rig.update(filled(1, 10, 100, 2, 2, 0));
    assert_eq!((rig.status(order), rig.held(0)), (OrderStatus::CANCELLED, 2));
}

#[test]
fn what_an_ioc_order_leaves_over_is_cleared() {
    let mut rig = Rig::ready();
    let request = limit(Side::BUY, 60_000, 10).immediate_or_cancel();
    let (order, id) = rig.submit(0, request);
    rig.accept(id, 1);
    let ioc = |update| engine::order::Update { order_type: Some(OrderType::LIMIT_IOC), ..update };
    rig.update(ioc(accepted(1, 10)));
    rig.update(ioc(filled(1, 10, 100, 4, 4, 6)));
    rig.update(ioc(filled(1, 10, 100, 4, 4, 0)));
    assert_eq!((rig.status(order), rig.filled(order)), (OrderStatus::CANCELLED, 4));
    let (fok, id) = rig.submit(0, limit(Side::BUY, 60_000, 10).fill_or_kill());
    rig.accept(id, 2);
    rig.update(cleared(2, 10));
    assert_eq!((rig.status(fok), rig.filled(fok)), (OrderStatus::CANCELLED, 0));
}

#[test]
fn a_total_that_falls_is_doubt_and_the_list_decides() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 3, 3, 7));
    rig.out.clear();
    // 911 were the quantity of this fill alone: 2 after 3, where it must be 5.
    rig.update(filled(1, 10, 101, 2, 2, 5));
    assert_eq!(rig.filled(order), 3, "nothing is counted on a guess");
    assert!(!rig.machine.is_open(0, SAMSUNG));
    assert!(rig.asked());
    let doubt = Output::Notice(Notice::Doubt { number: number(1), why: Doubt::FillsDisagree });
    assert!(rig.out.contains(&doubt));
    rig.round(&Lists {
        open: vec![open_row(1, 0, 10, 5)],
        filled: vec![filled_row(1, 10, 5, 5)],
        positions: vec![position_row(symbols()[0], 5)],
    });
    assert_eq!((rig.filled(order), rig.leaves(order), rig.held(0)), (5, 5, 5));
    assert!(rig.machine.is_open(0, SAMSUNG));
    assert_eq!(rig.status(order), OrderStatus::PARTIALLY_FILLED);
}

#[test]
fn a_fill_that_does_not_explain_the_rise_is_doubt() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    // The event of a fill of 3 was lost.
    rig.update(filled(1, 10, 101, 2, 5, 5));
    assert_eq!(rig.filled(order), 0);
    assert!(rig.asked());
    // The next one comes while the broker is being asked.
    rig.update(filled(1, 10, 102, 1, 6, 4));
    let lists = Lists {
        open: vec![open_row(1, 0, 10, 4)],
        filled: vec![filled_row(1, 10, 6, 4)],
        positions: vec![position_row(symbols()[0], 6)],
    };
    rig.round(&lists);
    assert_eq!((rig.filled(order), rig.leaves(order)), (6, 4));
    assert!(rig.machine.is_open(0, SAMSUNG));
    // Old news about fills that the list has told.
    rig.update(filled(1, 10, 100, 3, 3, 7));
    rig.update(filled(1, 10, 103, 4, 10, 0));
    assert_eq!((rig.status(order), rig.held(0)), (OrderStatus::FILLED, 10));
}

#[test]
fn more_shares_filled_than_ordered_are_not_believed() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(filled(1, 10, 100, 11, 11, 0));
    assert_eq!((rig.filled(order), rig.held(0)), (0, 0));
    assert!(rig.asked());
}

#[test]
fn orders_of_other_hands_count_for_the_account_alone() {
    let mut rig = Rig::ready();
    let ours = rig.working(1);
    rig.update(accepted(77, 5));
    assert!(rig.out.iter().any(|o| matches!(o, Output::Notice(Notice::Foreign { .. }))));
    rig.update(filled(77, 5, 200, 5, 5, 0));
    assert_eq!((rig.account(), rig.held(0), rig.filled(ours)), (5, 0, 0));
    assert_eq!(rig.machine.unowned(SAMSUNG), Quantity::new(5));
    assert!(reports(&rig.out).is_empty(), "no strategy hears of it");
}

#[test]
fn another_hand_may_cancel_or_modify_our_order() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let at = |update| engine::order::Update { price: Price::new(60_300), ..update };
    rig.update(at(change(50, 1, MODIFY, OrderState::ACCEPTED, 10)));
    rig.update(at(change(50, 1, MODIFY, OrderState::CONFIRMED, 10)));
    rig.update(cleared(1, 10));
    assert_eq!((rig.status(order), rig.leaves(order)), (OrderStatus::WORKING, 10));
    assert_eq!(rig.entry(order).request.price, Price::new(60_300));
    rig.update(at(filled(50, 10, 100, 2, 2, 8)));
    assert_eq!(rig.held(0), 2, "it is still our order");
    rig.update(at(change(51, 50, CANCEL, OrderState::CONFIRMED, 8)));
    rig.update(at(filled(50, 10, 100, 2, 2, 0)));
    assert_eq!(rig.status(order), OrderStatus::CANCELLED);
}

#[test]
fn a_strategy_may_not_touch_anothers_orders() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let cancel = strategy_api::CancelRequest { order, quantity: Quantity::ZERO };
    let out = rig.wish(1, Want::Cancel(cancel));
    let told = reports(&out);
    assert!(sends(&out).is_empty());
    assert_eq!(
        (told[0].event, told[0].refusal, told[0].order_number.as_str()),
        (OrderEvent::CANCEL_REFUSED, Refusal::NotFound.code(), ""),
    );
    rig.wish(1, Want::CancelAll);
    assert_eq!(rig.machine.order(order).unwrap().status, OrderStatus::WORKING);
    assert!(sends(&rig.out).is_empty());
}

#[test]
fn changes_that_the_broker_cannot_make_are_refused_before_the_wire() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    let refusal = |rig: &mut Rig, order: ClientOrderId, price, quantity| {
        rig.out.clear();
        assert!(rig.replace(order, price, quantity).is_empty());
        reports(&rig.out)[0].refusal
    };
    assert_eq!(refusal(&mut rig, order, 60_100, 11), Refusal::InvalidQuantity.code());
    assert_eq!(refusal(&mut rig, order, 0, 0), Refusal::InvalidPrice.code());
    assert_eq!(refusal(&mut rig, ClientOrderId(9), 60_100, 0), Refusal::NotFound.code());
    rig.update(cleared(1, 10));
    assert_eq!(refusal(&mut rig, order, 60_100, 0), Refusal::NotFound.code(), "it is final");

    let routed = OrderRequest { venue: Venue::SOR, ..limit(Side::BUY, 60_000, 10) };
    let (routed, request) = rig.submit(0, routed);
    rig.accept(request, 2);
    assert_eq!(refusal(&mut rig, routed, 60_100, 0), Refusal::Unsupported.code());
    assert_eq!(rig.cancel(routed, 0)[0].venue, Venue::SOR, "a cancel is sent");
}

#[test]
fn every_order_type_goes_through() {
    let mut rig = Rig::ready();
    for (n, order_type) in OrderType::ALL.iter().copied().enumerate() {
        let n = n as u32 + 1;
        for venue in [Venue::KRX, Venue::NXT, Venue::SOR] {
            let n = n * 10 + u32::from(venue.0);
            let mut request =
                OrderRequest::of_type(order_type, SAMSUNG, venue, Side::BUY, Quantity::new(10));
            if order_type.takes_price() {
                request.price = Price::new(60_000);
            }
            if order_type.takes_stop_price() {
                request.stop_price = Price::new(60_100);
            }
            let (order, id) = rig.submit(0, request);
            let price = request.price.get().unwrap_or(0);
            let typed = |update| engine::order::Update {
                order_type: Some(order_type),
                price: Price::new(price),
                ..update
            };
            rig.update(typed(accepted(n, 10)));
            rig.accept(id, n);
            rig.update(typed(filled(n, 10, n, 10, 10, 0)));
            assert_eq!(rig.status(order), OrderStatus::FILLED, "{order_type} {venue}");
        }
    }
    assert_eq!(rig.held(0), 18 * 3 * 10);
}

#[test]
fn cancel_all_takes_every_order_of_the_strategy() {
    let mut rig = Rig::ready();
    let first = rig.working(1);
    let (second, request) = rig.submit(0, limit(Side::BUY, 60_000, 10));
    let (other, id) = rig.submit(1, limit(Side::BUY, 60_000, 10));
    rig.accept(id, 3);
    let sent = sends(&rig.wish(0, Want::CancelAll));
    assert_eq!(sent.iter().map(original).collect::<Vec<_>>(), [1]);
    let sent = sends(&rig.accept(request, 2));
    assert_eq!(sent.iter().map(original).collect::<Vec<_>>(), [2], "as soon as it has a number");
    assert!(sends(&rig.wish(0, Want::CancelAll)).is_empty(), "they are on their way");
    rig.update(cleared(1, 10));
    rig.update(cleared(2, 10));
    assert_eq!(rig.status(first), OrderStatus::CANCELLED);
    assert_eq!(rig.status(second), OrderStatus::CANCELLED);
    assert_eq!(rig.status(other), OrderStatus::WORKING);
    assert_eq!(sends(&rig.give(Input::CancelEverything)).len(), 1);
}

#[test]
fn a_number_that_names_two_orders_halts() {
    let mut rig = Rig::ready();
    rig.working(1);
    rig.update(engine::order::Update { side: Side::SELL, ..accepted(1, 10) });
    assert_eq!(rig.machine.halted(), Some(HaltReason::Contradiction));
    let id = ClientOrderId(77);
    let out = rig.wish(0, Want::New { order: id, request: limit(Side::BUY, 60_000, 1) });
    assert_eq!(reports(&out)[0].status, OrderStatus::DENIED);
    rig.give(Input::Resume);
    assert!(rig.machine.is_ready());
}

#[test]
fn money_is_counted_to_the_won() {
    let mut rig = Rig::ready();
    let order = rig.working(1);
    rig.update(engine::order::Update {
        fee: Notional::new(27),
        last_price: Price::new(59_900),
        value: Notional::new(59_900 * 3),
        ..filled(1, 10, 100, 3, 3, 7)
    });
    rig.update(engine::order::Update {
        fee: Notional::new(90),
        value: Notional::new(59_900 * 3 + 60_000 * 7),
        ..filled(1, 10, 101, 7, 10, 0)
    });
    assert_eq!(rig.entry(order).value, Notional::new(599_700));
    let position = rig.machine.strategy_positions()[0];
    assert_eq!(position.ledger.cost, Notional::new(599_700));
    assert_eq!(position.ledger.fees, Notional::new(90), "the broker's figure, not added up");
    assert_eq!(position.ledger.average_price(), Price::new(59_970));
    assert!(!rig.out.iter().any(|o| matches!(o, Output::Notice(Notice::ValueDiffers { .. }))));
}

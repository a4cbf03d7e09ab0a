//! Death while an order works: between reply, 접수 and fills, and in the middle of a change.

use crate::relay::{Hold, Release};
use crate::setup::{APP_KEY, Death, Setup};
use crate::together::together;
use crate::truth::{count, restart};

/// Fills of the day at the broker.
fn filled(setup: &Setup) -> i64 {
    let books = setup.broker.books(APP_KEY).unwrap();
    books.fills.iter().map(|fill| fill.quantity).sum()
}

fn open_orders(setup: &Setup) -> usize {
    setup.broker.books(APP_KEY).unwrap().open_orders.len()
}

together! {
    fn between_reply_and_event_a_resting_order_keeps_its_number() {
        let setup = Setup::new(&["frame-lost@00"]);
        setup.kill_when("B", "the reply is journaled", || setup.journal_has("\"in\":\"replied\""));
        setup.broker.clear_faults();
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(setup.said("start order status=8"), [""; 0], "it was not in doubt");
    }

    fn between_reply_and_event_an_order_that_filled_is_taken_from_the_lists() {
        let setup = Setup::new(&["frame-lost@00", "frame-lost@04"]);
        setup.kill_when("X", "the reply is journaled", || setup.journal_has("\"in\":\"replied\""));
        setup.broker.clear_faults();
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["filled"]);
        assert_eq!(filled(&setup), 10);
    }

    fn between_acceptance_and_fill_an_order_fills_while_nobody_looks() {
        // The first event is the acceptance; the fills stay away.
        let faults = ["frame-lost@00#2", "frame-lost@00#3", "frame-lost@00#4", "frame-lost@04"];
        let setup = Setup::new(&faults);
        setup.kill_when("X", "the acceptance is journaled", || {
            setup.journal_has("\"in\":\"update\"") && filled(&setup) == 10
        });
        setup.broker.clear_faults();
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["filled"]);
    }

    fn after_a_partial_fill_the_rest_goes_on_working_and_filling() {
        let setup = Setup::new(&[]);
        setup.kill_when("P", "a fill is journaled", || {
            filled(&setup) > 0 && !setup.said("order event=2").is_empty()
        });
        // More fills while the engine is gone, then the market stands still.
        let known = filled(&setup);
        setup.wait_until("another fill", || filled(&setup) > known);
        setup.broker.stop_market();
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["partially_filled"]);
        assert_eq!(setup.relay.sent().len(), 1);
    }

    fn before_the_write_of_a_cancel_the_order_works_on() {
        let setup = Setup::new(&[]);
        setup.run_until("BC", &Death::wire("before", 2));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10003"), 0);
    }

    fn a_cancel_that_was_lost_on_its_way_leaves_the_order_working() {
        let setup = Setup::new(&[]);
        setup.relay.hold("kt10003", Hold::Request);
        setup.kill_when("BC", "the cancel is under way", || setup.relay.is_holding());
        setup.relay.release(Release::Drop);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10003"), 1);
    }

    fn a_cancel_that_the_broker_has_taken_is_found_taken() {
        let setup = Setup::new(&[]);
        setup.relay.hold("kt10003", Hold::Reply);
        setup.kill_when("BC", "the cancel is carried out", || setup.relay.is_holding());
        setup.relay.release(Release::Drop);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["cancelled"]);
        assert_eq!(count(&setup.relay.sent(), "kt10003"), 1);
    }

    fn before_the_write_of_a_replace_the_order_works_at_its_price() {
        let setup = Setup::new(&[]);
        setup.run_until("BR", &Death::wire("before", 2));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10002"), 0);
    }

    fn a_replace_that_was_lost_on_its_way_leaves_the_old_price() {
        let setup = Setup::new(&[]);
        setup.relay.hold("kt10002", Hold::Request);
        setup.kill_when("BR", "the replace is under way", || setup.relay.is_holding());
        setup.relay.release(Release::Drop);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10002"), 1);
    }

    fn a_replace_that_the_broker_has_taken_is_found_at_the_new_price() {
        let setup = Setup::new(&[]);
        setup.run_until("BR", &Death::wire("after", 2));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        let (books, sent) = (after.books, setup.relay.sent());
        assert_ne!(books.open_orders[0].number, books.open_orders[0].base, "{books:#?}");
        assert_eq!((count(&sent, "kt10000"), count(&sent, "kt10002")), (1, 1));
        assert_eq!(open_orders(&setup), 1);
    }

    fn a_cancel_right_behind_a_replace_finds_the_newest_number() {
        let setup = Setup::new(&[]);
        setup.run_until("BRC", &Death::wire("after", 3));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["cancelled"]);
        assert_eq!(open_orders(&setup), 0);
    }
}

//! Death between a strategy's wish and the broker's reply.

use crate::relay::{Hold, Release};
use crate::setup::{Death, Setup};
use crate::together::together;
use crate::truth::{count, restart};
use std::fs;

together! {
    fn before_its_journal_line_an_order_has_never_been() {
        let setup = Setup::new(&[]);
        setup.run_until("B", &Death::journal("before", 1));
        let after = restart(&setup);
        assert_eq!(after.statuses(), [""; 0]);
        assert_eq!(setup.relay.sent(), []);
    }

    fn in_the_middle_of_its_journal_line_an_order_has_never_been_and_the_torn_line_is_told() {
        let setup = Setup::new(&[]);
        setup.run_until("B", &Death::journal("within", 1));
        let [file] = &setup.journals()[..] else { panic!("one run makes one journal") };
        let torn = fs::read_to_string(file).unwrap();
        assert!(!torn.ends_with('\n'), "{torn}");

        let after = restart(&setup);
        assert_eq!(after.statuses(), [""; 0]);
        assert_eq!(setup.relay.sent(), []);
        let whole = fs::read_to_string(file).unwrap();
        assert!(torn.starts_with(&whole) && whole.ends_with('\n'), "it was cut off: {whole}");
        let log = fs::read_to_string(setup.newest_run().unwrap().join("engine.log")).unwrap();
        assert!(log.contains("the torn end was cut off"), "{log}");
    }

    fn after_its_journal_line_and_before_its_write_an_order_is_in_doubt_and_then_surely_nowhere() {
        let setup = Setup::new(&[]);
        setup.run_until("B", &Death::wire("before", 1));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["rejected"]);
        assert_eq!(setup.relay.sent(), []);
        assert!(!setup.said("start order number= status=8").is_empty(), "{:?}", setup.said("start"));
        assert!(!setup.said("order event=5").is_empty(), "{:?}", setup.said("order event"));
    }

    fn in_the_middle_of_its_write_an_order_does_not_reach_the_broker() {
        let setup = Setup::new(&[]);
        setup.run_until("B", &Death::wire("within", 1));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["rejected"]);
        assert_eq!(setup.relay.sent(), [], "the broker has seen no whole request");
    }

    fn after_its_write_and_before_the_reply_an_order_is_found_at_the_broker() {
        let setup = Setup::new(&[]);
        setup.run_until("B", &Death::wire("after", 1));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10000"), 1);
    }

    fn a_sale_without_a_reply_is_found_as_well() {
        let setup = Setup::new(&[]);
        setup.run_until("XS", &Death::wire("after", 2));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["filled", "working"]);
        let sent = setup.relay.sent();
        assert_eq!((count(&sent, "kt10000"), count(&sent, "kt10001")), (1, 1));
    }

    fn an_order_that_filled_while_nobody_looked_is_found_with_its_fills() {
        let setup = Setup::new(&[]);
        setup.run_until("X", &Death::wire("after", 1));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["filled"]);
        assert_eq!(after.books.fills.iter().map(|fill| fill.quantity).sum::<i64>(), 10);
        assert_eq!(setup.relay.sent().len(), 1);
    }

    fn an_order_that_was_lost_on_its_way_is_nowhere_and_not_sent_again() {
        let setup = Setup::new(&[]);
        setup.relay.hold("kt10000", Hold::Request);
        setup.kill_when("B", "the request is under way", || setup.relay.is_holding());
        setup.relay.release(Release::Drop);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["rejected"]);
        assert_eq!(setup.relay.sent().len(), 1);
        assert!(after.books.open_orders.is_empty() && after.books.fills.is_empty());
    }

    fn of_two_orders_that_look_alike_each_is_found_once() {
        let setup = Setup::new(&[]);
        setup.run_until("Bb", &Death::wire("after", 2));
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working", "working"]);
        assert_eq!(count(&setup.relay.sent(), "kt10000"), 2);
    }
}

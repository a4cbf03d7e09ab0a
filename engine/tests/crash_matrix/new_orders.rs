//! Death between a strategy's wish and the broker's reply.

use crate::setup::{Death, Setup};
use crate::truth::{count, restart};

#[test]
fn before_its_journal_line_an_order_has_never_been() {
    let setup = Setup::new(&[]);
    setup.run_until("B", &Death::journal("before", 1));
    let after = restart(&setup);
    assert_eq!(after.statuses(), [""; 0]);
    assert_eq!(setup.relay.sent(), []);
}

#[test]
fn after_its_write_and_before_the_reply_an_order_is_found_at_the_broker() {
    let setup = Setup::new(&[]);
    setup.run_until("B", &Death::wire("after", 1));
    let after = restart(&setup);
    assert_eq!(after.statuses(), ["working"]);
    assert_eq!(count(&setup.relay.sent(), "kt10000"), 1);
}

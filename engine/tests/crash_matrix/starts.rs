//! Death at the start of a run, under the kill switch, and two engines that want the same journal.

use crate::process::run;
use crate::relay::{Hold, Release};
use crate::setup::{APP_KEY, Death, Setup, kill};
use crate::together::together;
use crate::truth::{count, restart};

together! {
    fn a_death_in_the_middle_of_the_reconciliation_changes_nothing_for_the_next_start() {
        for api in ["ka10075", "ka10076", "kt00018"] {
            let setup = Setup::new(&[]);
            setup.run_until("XB", &Death::wire("after", 2));
            setup.relay.hold(api, Hold::Reply);
            setup.script("B");
            let mut second = setup.start_early();
            second.wait_until("the list is on its way", || setup.relay.is_holding());
            kill(second);
            setup.relay.release(Release::Drop);
            let after = restart(&setup);
            assert_eq!(after.statuses(), ["filled", "working"], "{api}");
            assert_eq!(setup.journals().len(), 3);
            assert_eq!(count(&setup.relay.sent(), "kt10000"), 2);
        }
    }

    fn deaths_in_a_row_leave_a_journal_that_the_last_start_understands() {
        let setup = Setup::new(&[]);
        for (steps, death) in [
            ("X", Death::journal("within", 1)),
            ("B", Death::wire("after", 1)),
            ("B", Death::wire("before", 1)),
        ] {
            setup.run_until(steps, &death);
        }
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working", "rejected"]);
        assert_eq!(setup.relay.sent().len(), 1);
    }

    fn a_run_after_a_crash_trades_on_with_new_numbers() {
        let setup = Setup::new(&[]);
        setup.run_until("XB", &Death::wire("after", 2));
        setup.script("BC");
        let mut second = setup.start();
        second.wait_until("the cancel", || !setup.said("order event=4").is_empty());
        kill(second);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["filled", "working", "cancelled"]);
        let ids: std::collections::BTreeSet<u64> = after.day["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["order"].as_u64().unwrap())
            .collect();
        assert_eq!(ids.len(), 3, "no id is given twice");
        assert_eq!(count(&setup.relay.sent(), "kt10000"), 3);
    }

    fn under_the_kill_switch_a_death_leaves_the_latch_and_the_rest_to_the_command() {
        let setup = Setup::new(&[]);
        setup.script("BB");
        let mut running = setup.start();
        running.wait_until("two orders work", || setup.said("order event=1").len() == 2);
        // One of the two cancels does not reach the broker.
        setup.relay.hold("kt10003", Hold::Request);
        running.signal("USR1");
        running
            .wait_until("latched and at work", || setup.latch().exists() && setup.relay.is_holding());
        kill(running);
        setup.relay.release(Release::Drop);
        setup.relay.wait_until_calm();
        assert!(!setup.broker.books(APP_KEY).unwrap().open_orders.is_empty());

        // No start while it is latched; the command finishes the work.
        let sent = setup.relay.sent();
        run(setup.engine(&["run", "run.toml", "--json"])).ended_with(3);
        assert_eq!(setup.relay.sent(), sent);
        run(setup.engine(&["kill", "run.toml", "--json"])).ended_with(0);
        run(setup.engine(&["rearm", "run.toml", "--yes"])).ended_with(0);
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["cancelled", "cancelled"]);
        assert!(after.books.open_orders.is_empty());
        assert_eq!(count(&setup.relay.sent(), "kt10000"), 2);
    }

    fn a_second_engine_on_the_same_journal_is_refused_until_the_first_is_gone() {
        let setup = Setup::new(&[]);
        setup.script("B");
        let mut first = setup.start();
        first.wait_until("an order works", || !setup.said("order event=1").is_empty());
        let files = setup.journals();
        let refused = run(setup.engine(&["run", "run.toml", "--duration", "1s"])).ended_with(1);
        for said in ["another engine", "orders"] {
            assert!(refused.stderr.contains(said), "{}", refused.stderr);
        }
        assert_eq!(setup.journals(), files, "it has written nothing");
        kill(first);
        // Nobody has to take the lock away.
        let after = restart(&setup);
        assert_eq!(after.statuses(), ["working"]);
    }
}

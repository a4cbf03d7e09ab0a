//! The engine hangs or is gone: `engine kill` empties the broker's book without it.

use crate::process::run;
use crate::setup::{MANY, STOPPED, Setup, Wanted, summary};

const REST: Wanted<'_> =
    Wanted { feed: "", kill: "", orders: "", risk: "", account: "", strategies: &["orders = 50"] };

#[track_caller]
fn empties_the_book(setup: &Setup) {
    let killed = run(setup.engine(&["kill", "run.toml", "--json"])).ended_with(0);
    let report = summary(&killed);
    assert_eq!((&report["verdict"], &report["gone"]), (&"verified".into(), &MANY.into()));
    assert_eq!(setup.open(), 0);
}

#[test]
fn a_stopped_engine_is_no_obstacle_and_ends_killed_when_it_goes_on() {
    let setup = Setup::new(&REST);
    let running = setup.start(MANY, &[]);
    running.signal("STOP");
    empties_the_book(&setup);
    running.signal("CONT");
    running.finish().ended_with(STOPPED);
    assert_eq!(setup.open(), 0);
    setup.stays_killed_until_rearmed();
}

#[test]
fn an_engine_that_was_shot_leaves_nothing_behind() {
    let setup = Setup::new(&REST);
    let running = setup.start(MANY, &[]);
    running.signal("KILL");
    assert_eq!(running.finish().code, None);
    assert_eq!(setup.open(), MANY, "nobody was left to cancel");
    empties_the_book(&setup);
    setup.stays_killed_until_rearmed();
    setup.trades_again();
}

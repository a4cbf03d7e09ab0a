//! The exchanges' days: a run on a day without trading does not begin.

use crate::process::run;
use crate::setup::{Setup, Wanted};
use engine::market::Date;
use std::time::{SystemTime, UNIX_EPOCH};
use strategy_api::UnixNanos;

/// Today in Korea, and so many days after it.
fn days(count: usize) -> Vec<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let today = Date::of(UnixNanos::new(since.as_nanos() as u64));
    std::iter::successors(Some(today), |date| Some(date.next())).take(count).collect()
}

#[test]
fn on_a_day_without_trading_a_run_ends_at_once_and_says_when_to_come_back() {
    let setup = Setup::new(&Wanted { strategies: &["orders = 1"], ..Wanted::default() });
    // Today and tomorrow, should midnight come between.
    let coming = days(20);
    let mut calendar = format!("version = 1\nfirst = {}\nlast = {}\n", coming[0], coming[19]);
    for date in coming[..2].iter().filter(|date| !date.is_weekend()) {
        calendar += &format!(
            "[[holiday]]\ndate = {date}\nname = \"Nobody's day\"\nconfidence = \"high\"\n"
        );
    }
    std::fs::create_dir(setup.path().join("market")).unwrap();
    std::fs::write(setup.path().join("market/calendar.toml"), calendar).unwrap();
    setup.rewrite("calendar = \"always\"", "calendar = \"krx\"\nmarket_data = \"market\"");

    let finished = run(setup.engine(&["run", "run.toml"])).ended_with(0);
    let said = finished.stderr + &finished.stdout;
    assert!(said.contains("there is no trading on "), "{said}");
    assert!(said.contains("the next trading day is "), "{said}");
    assert_eq!(setup.broker.report().logins, 0, "nobody was bothered");
}

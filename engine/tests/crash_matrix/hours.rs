//! A day of the exchange in half a minute: a run that is started early waits, trades, and ends by itself.

use crate::relay::Sent;
use crate::setup::{Setup, json};
use crate::together::together;

/// One venue, open from ten seconds after ten to half a minute after ten.
const SESSIONS: &str = r#"version = 1
[orders]
continuous = ["limit", "market"]
[[plan]]
name = "regular"
venue = "KRX"
from = 2020-01-01
phases = [{ phase = "continuous", from = 10:00:10, to = 10:00:30, orders = "continuous" }]
[[plan]]
name = "regular"
venue = "NXT"
from = 2020-01-01
phases = [{ phase = "continuous", from = 10:00:10, to = 10:00:30, orders = "continuous" }]
"#;

/// Every weekday is a trading day.
const CALENDAR: &str = "version = 1\nfirst = 2020-01-01\nlast = 2099-12-31\n";

together! {
    fn a_run_that_is_started_early_waits_trades_and_ends_by_itself_after_the_close() {
        let setup = Setup::new(&[]).on_a_weekday().with_session(
            "calendar = \"krx\"\nvenues = [\"KRX\"]\nconnect_before_s = 4\nend_after_s = 2\n\
             market_data = \"market\"",
        );
        let folder = setup.path().join("market");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("sessions.toml"), SESSIONS).unwrap();
        std::fs::write(folder.join("calendar.toml"), CALENDAR).unwrap();
        setup.script("X");

        let mut running = setup.start_early();
        running.wait_for("the market opens at 10:00:10; connecting at 10:00:06");
        assert!(setup.newest_run().is_none(), "nothing was started yet");
        running.wait_until("the strategy starts", || !setup.said("start end").is_empty());
        let finished = running.finish().ended_with(0);

        let summary = json(&finished);
        assert_eq!(summary["ended"], "the market has closed");
        assert_eq!(summary["problems"].as_array().unwrap().len(), 0, "{summary:#}");
        assert_eq!(summary["trading"]["orders"]["filled"], 1, "{summary:#}");
        // Before the open the gate denied what the strategy wanted; after it one order left.
        let told = setup.said("order event");
        assert!(told.iter().any(|event| !event.contains("refusal=0")), "{told:#?}");
        assert!(matches!(&setup.relay.sent()[..], [Sent { api, .. }] if api == "kt10000"));
    }
}

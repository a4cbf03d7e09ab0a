//! `[orders]`, `[risk]`, `[session]`, `[kill]` and `[strategy.risk]`: what each key may be, what it is
//! when it is not there, and what is said when it cannot be.

use super::*;
use crate::broker::limiter::Rates;
use crate::config::{Calendar, Orders, Session};
use crate::journal::Sync;
use crate::kill::DeadManOptions;
use crate::market::Account;
use crate::risk::{Limits, RiskConfig};
use strategy_api::Venue;

/// A mode that needs a broker is given one on this machine.
fn text(mode: &str, rest: &str) -> String {
    let broker = match mode {
        "sim" => "",
        _ => {
            "[broker]\ncredentials_file = \"k\"\nrest_url = \"http://127.0.0.1:1\"\n\
             websocket_url = \"ws://localhost:1/x\"\n"
        }
    };
    let strategy = "[[strategy]]\nname = \"one\"\nplugin = \"one.so\"\ntypes = [\"0s\"]\nsha256 = \
                    \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
    // A strategy's own section stands below it, and all others before it.
    match rest.starts_with("[strategy.") {
        true => format!("mode = \"{mode}\"\n{broker}{strategy}{rest}"),
        false => format!("mode = \"{mode}\"\n{rest}\n{broker}{strategy}"),
    }
}

#[track_caller]
fn good(mode: &str, rest: &str) -> Config {
    let text = text(mode, rest);
    parse(&text, Path::new("/base")).unwrap_or_else(|found| panic!("{found:#?} in\n{text}"))
}

fn problems(mode: &str, rest: &str) -> Vec<String> {
    let found = parse(&text(mode, rest), Path::new("/base")).map(|_| ()).unwrap_err();
    found.iter().map(ToString::to_string).collect()
}

/// The only problem is with `key`, at the value on the third line, and says `wanted`.
#[track_caller]
fn refused(rest: &str, key: &str, wanted: &str) {
    let found = problems("sim", rest);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("3:") && found[0].contains(key), "{found:#?}");
    assert!(found[0].contains(wanted), "{wanted:?} not in {found:#?}");
}

/// Section, key, lowest and highest value.
const RANGES: &[(&str, &str, i64, i64)] = &[
    ("orders", "lines", 1, 16),
    ("orders", "reply_timeout_ms", 200, 60_000),
    ("orders", "sync_interval_ms", 1, 10_000),
    ("risk", "order_quantity_max", 1, 10_000_000),
    ("risk", "order_value_max", 1, 1_000_000_000_000),
    ("risk", "collar_bps", 1, 3_000),
    ("risk", "window_seconds", 1, 600),
    ("risk", "window_move_bps", 1, 6_000),
    ("risk", "reference_age_max_ms", 100, 3_600_000),
    ("risk", "repeat_orders_max", 1, 32),
    ("risk", "repeat_window_ms", 1, 3_600_000),
    ("risk", "broker_orders_per_second", 1, 64),
    ("risk", "broker_cancel_reserve", 0, 4),
    ("risk.account", "position_quantity_max", 0, 1_000_000_000),
    ("risk.account", "position_value_max", 0, 10_000_000_000_000),
    ("risk.account", "exposure_max", 0, 10_000_000_000_000),
    ("risk.account", "daily_loss_max", 0, 1_000_000_000_000),
    ("risk.account", "working_orders_max", 0, 4_000),
    ("risk.account", "messages_per_second", 1, 100),
    ("session", "connect_before_s", 0, 7_200),
    ("session", "end_after_s", 0, 7_200),
    ("kill", "feed_max_ms", 0, 600_000),
    ("kill", "strategy_max_ms", 0, 600_000),
    ("kill", "gateway_max_ms", 0, 600_000),
];

/// The value of `section.key` in a configuration as it takes effect.
fn effective(config: &Config, section: &str, key: &str) -> Option<i64> {
    let printed: toml::Value =
        toml::to_string(config).unwrap().parse::<toml::Table>().unwrap().into();
    let table = section.split('.').try_fold(&printed, |table, name| table.get(name))?;
    table.get(key)?.as_integer()
}

#[test]
fn every_number_is_taken_from_its_lowest_to_its_highest_and_no_further() {
    for &(section, key, low, high) in RANGES {
        for value in [low, high] {
            let config = good("sim", &format!("[{section}]\n{key} = {value}"));
            assert_eq!(effective(&config, section, key), Some(value), "{section}.{key}");
            assert_eq!(config.risk.problems(), [], "the gate takes what the file may say");
        }
        for value in [low - 1, high + 1, i64::MAX, i64::MIN] {
            let wanted = format!("{value} is out of range; allowed are {low} to {high}");
            refused(
                &format!("[{section}]\n{key} = {value}"),
                &format!("{section}.{key}:"),
                &wanted,
            );
        }
        refused(
            &format!("[{section}]\n{key} = \"1\""),
            &format!("{section}.{key}:"),
            "a whole number",
        );
    }
}

#[test]
fn the_limits_of_strategies_have_the_ranges_of_the_accounts() {
    for &(_, key, low, high) in RANGES.iter().filter(|(section, ..)| *section == "risk.account") {
        for value in [low, high] {
            good("sim", &format!("[risk.strategy]\n{key} = {value}"));
            good("sim", &format!("[strategy.risk]\n{key} = {value}"));
        }
        for value in [low - 1, high + 1] {
            refused(&format!("[risk.strategy]\n{key} = {value}"), "risk.strategy.", "out of range");
            let found = problems("sim", &format!("[strategy.risk]\n{key} = {value}"));
            assert!(
                found[0].contains(&format!("strategy[0].risk.{key}: {value} is out")),
                "{found:?}"
            );
        }
    }
}

#[test]
fn a_key_that_nobody_knows_is_refused_in_every_section() {
    for section in ["orders", "risk", "risk.account", "risk.strategy", "session", "kill"] {
        refused(
            &format!("[{section}]\nzzzzzzzz = 1"),
            &format!("{section}.zzzzzzzz:"),
            "unknown key",
        );
    }
    let found = problems("sim", "[strategy.risk]\nworking_order_max = 1");
    assert!(found[0].contains("did you mean \"working_orders_max\"?"), "{found:?}");
}

#[test]
fn without_a_word_orders_risk_and_session_are_cautious() {
    for (mode, account, calendar, venues) in [
        ("sim", Account::Mock, Calendar::Always, &[Venue::KRX, Venue::NXT][..]),
        ("dry-run", Account::Real, Calendar::Krx, &[Venue::KRX, Venue::NXT]),
        ("mock", Account::Mock, Calendar::Krx, &[Venue::KRX]),
        ("live", Account::Real, Calendar::Krx, &[Venue::KRX, Venue::NXT]),
    ] {
        let config = good(mode, "");
        let orders = Orders {
            lines: 4,
            reply_timeout: Duration::from_secs(3),
            journal: format!("/base/../orders-{mode}").into(),
            sync: Sync::Every(Duration::from_millis(200)),
            account,
            cancel_on_end: true,
            cancel_on_silence: false,
        };
        assert_eq!(config.orders, orders, "{mode}");
        let session = Session {
            calendar,
            venues: venues.to_vec(),
            connect_before: Duration::from_secs(600),
            end_after: Duration::from_secs(60),
            market_data: None,
        };
        assert_eq!(config.session, session, "{mode}");
        let rates = if mode == "mock" { Rates::MOCK } else { Rates::REAL };
        let risk = RiskConfig {
            broker_orders_per_second: rates.orders,
            broker_cancel_reserve: rates.cancel_reserve,
            ..RiskConfig::default()
        };
        assert_eq!(config.risk, risk, "{mode}");
        assert_eq!(config.strategies[0].risk, None);
        let usual = DeadManOptions::default();
        let nanos = |time: Option<Duration>| time.unwrap().as_nanos();
        assert_eq!(nanos(config.kill.feed_max), usual.feed_max.raw().into());
        assert_eq!(nanos(config.kill.strategy_max), usual.strategy_max.raw().into());
        assert_eq!(nanos(config.kill.gateway_max), usual.gateway_max.raw().into());
    }
}

#[test]
fn a_file_written_for_one_mode_can_be_used_in_another() {
    let rest = "[orders]\nlines = 2\nsync = \"order\"\naccount = \"real\"\ncancel_on_end = false\n\
                cancel_on_silence = true\n[session]\nvenues = [\"NXT\"]\n";
    for mode in ["sim", "dry-run", "mock", "live"] {
        let config = good(mode, rest);
        assert_eq!((config.orders.lines, config.orders.sync), (2, Sync::Always));
        assert_eq!(config.orders.account, Account::Real);
        assert!(!config.orders.cancel_on_end && config.orders.cancel_on_silence);
        assert_eq!(config.session.venues, [Venue::NXT]);
        // As printed, `sync_interval_ms` is not beside "order".
        assert_eq!(effective(&config, "orders", "sync_interval_ms"), None);
    }
}

#[test]
fn an_interval_beside_sync_with_each_order_is_refused() {
    let rest = "[orders]\nsync_interval_ms = 5\nsync = \"order\"";
    refused(rest, "orders.sync_interval_ms:", "only with sync = \"interval\"");
    refused("[orders]\nsync = \"never\"", "orders.sync:", "\"order\", \"interval\"");
    refused("[orders]\naccount = \"standard\"", "orders.account:", "\"real\", \"mock\"");
    refused("[orders]\ncancel_on_end = 1", "orders.cancel_on_end:", "true or false");
}

#[test]
fn the_journal_is_a_folder_of_its_own() {
    let journal = |rest: &str| good("sim", rest).orders.journal;
    assert_eq!(journal("[telemetry]\ndirectory = \"/var/runs\""), Path::new("/var/orders-sim"));
    assert_eq!(journal("[orders]\njournal = \"j/k\""), Path::new("/base/j/k"));
    refused("[orders]\njournal = \"\"", "orders.journal:", "name a folder");
    let rest = "[orders]\njournal = \"/var/runs\"\n[telemetry]\ndirectory = \"/var/runs\"";
    refused(rest, "orders.journal:", "a folder of its own");
    let file = tempfile::NamedTempFile::new().unwrap();
    let rest = format!("[orders]\njournal = \"{}\"", file.path().display());
    refused(&rest, "orders.journal:", "is a file; name a folder");
}

#[test]
fn any_time_is_trading_time_only_for_a_simulated_broker() {
    let always = "[session]\ncalendar = \"always\"";
    for mode in ["sim", "dry-run", "mock", "live"] {
        assert_eq!(good(mode, always).session.calendar, Calendar::Always, "{mode}");
        let krx = good(mode, "[session]\ncalendar = \"krx\"");
        assert_eq!(krx.session.calendar, Calendar::Krx, "{mode}");
    }
    for wrong in ["https://api.kiwoom.com", "https://127.example.com", "https://localhost@b.com"] {
        let text = text("mock", always).replace("http://127.0.0.1:1", wrong);
        let found = parse(&text, Path::new("/")).unwrap_err();
        assert_eq!(found.len(), 1, "{found:#?}");
        let found = found[0].to_string();
        assert!(found.starts_with("3:12: session.calendar: \"always\" is for a sim"), "{found}");
    }
    let text = text("live", always).replace("ws://localhost:1/x", "wss://api.kiwoom.com:10000/x");
    assert!(parse(&text, Path::new("/")).is_err(), "both addresses must be on this machine");
}

#[test]
fn venues_are_those_with_hours_of_their_own_each_once() {
    refused("[session]\nvenues = []", "session.venues:", "name \"KRX\", \"NXT\" or both");
    refused("[session]\nvenues = [\"KRX\", \"KRX\"]", "session.venues:", "\"KRX\" stands twice");
    refused("[session]\nvenues = [\"SOR\"]", "session.venues:", "\"SOR\" is not one of");
    refused("[session]\nvenues = \"KRX\"", "session.venues:", "an array of strings");
}

#[test]
fn market_data_are_read_before_the_start() {
    refused("[session]\nmarket_data = \"nowhere\"", "session.market_data:", "is no folder");
    refused("[session]\nmarket_data = \"\"", "session.market_data:", "is no folder");
    let folder = tempfile::tempdir().unwrap();
    let rest = format!("[session]\nmarket_data = \"{}\"", folder.path().display());
    assert_eq!(good("sim", &rest).session.market_data.as_deref(), Some(folder.path()));
    std::fs::write(folder.path().join("costs.toml"), "commission = nonsense").unwrap();
    refused(&rest, "session.market_data:", "costs.toml");
}

#[test]
fn a_dead_mans_time_is_off_or_long_enough_to_mean_something() {
    for key in ["feed_max_ms", "strategy_max_ms", "gateway_max_ms"] {
        for value in [1, 99] {
            refused(
                &format!("[kill]\n{key} = {value}"),
                key,
                "allowed are 100 to 600000, or 0 for off",
            );
        }
        assert_eq!(
            effective(&good("sim", &format!("[kill]\n{key} = 100")), "kill", key),
            Some(100)
        );
    }
    let off = good("sim", "[kill]\nfeed_max_ms = 0\nstrategy_max_ms = 0\ngateway_max_ms = 0").kill;
    assert_eq!((off.feed_max, off.strategy_max, off.gateway_max), (None, None, None));
}

#[test]
fn a_strategy_inherits_the_limits_that_it_does_not_name() {
    let rest = "[strategy.risk]\nexposure_max = 7\n[risk.strategy]\nworking_orders_max = 2\n";
    let limits = Limits { working_orders_max: 2, ..Limits::STRATEGY };
    let config = good("sim", rest);
    assert_eq!(config.risk.strategy, limits);
    assert_eq!(config.strategies[0].risk, Some(Limits { exposure_max: 7, ..limits }));
    let account = good("sim", "[risk.account]\nexposure_max = 1").risk.account;
    assert_eq!(account, Limits { exposure_max: 1, ..Limits::ACCOUNT });
}

#[test]
fn cancels_keep_fewer_messages_than_the_broker_takes() {
    let rest = "[risk]\nbroker_cancel_reserve = 2\nbroker_orders_per_second = 2";
    refused(rest, "risk.broker_cancel_reserve:", "allowed are 0 to 1");
    let one = good("sim", "[risk]\nbroker_orders_per_second = 1").risk;
    assert_eq!((one.broker_orders_per_second, one.broker_cancel_reserve), (1, 0));
}

#[test]
fn a_restricted_code_names_an_instrument_not_an_item() {
    let risk = good("sim", "[risk]\nrestricted = [\"005930\", \"0004V0\"]").risk;
    assert_eq!(risk.restricted, ["005930", "0004V0"]);
    for wrong in ["005930_NX", "005930_AL", "", "00 59", "005930_KRX"] {
        refused(&format!("[risk]\nrestricted = [\"{wrong}\"]"), "risk.restricted:", "is no code");
    }
    refused("[risk]\nrestricted = [\"1\", \"1\"]", "risk.restricted:", "\"1\" stands twice");
    refused("[risk]\nrestricted = [1]", "risk.restricted:", "expected a string");
}

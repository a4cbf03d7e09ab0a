//! What a configuration may say, and what is said about one that cannot be used.

use super::*;
use crate::config::{Credentials, Mode, Poll, Source};
use strategy_api::Kind;

const GOOD: &str = r#"
    mode = "sim"
    [[strategy]]
    name = "one"
    plugin = "one.so"
    symbols = ["005930", "0004V0_NX"]
    types = ["0B", "0s"]
    extra_fids = { "0B" = [732] }
    params = { size = 3, nested = { a = [1, 2] } }
"#;

fn problems(text: &str) -> Vec<String> {
    parse(text, Path::new("/base")).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_small_configuration_gets_its_defaults() {
    let config = parse(GOOD, Path::new("/base")).unwrap();
    assert_eq!(config.mode, Mode::Sim);
    assert_eq!(config.feed.poll, Poll::Auto);
    assert_eq!(config.broker.credentials, Credentials::Embedded);
    let strategy = &config.strategies[0];
    assert_eq!(strategy.source, Source::Plugin("/base/one.so".into()));
    assert_eq!(strategy.types, [Kind::TRADE, Kind::SESSION_STATE]);
    assert_eq!(strategy.extra_fids, [("0B".to_owned(), vec![732])]);
    let params: toml::Table = strategy.params.parse().unwrap();
    assert_eq!(params["size"].as_integer(), Some(3));
    assert_eq!(params["nested"]["a"].as_array().unwrap().len(), 2);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_likely_one() {
    let found = problems("mode = \"sim\"\n[feed]\npol = \"spin\"\n");
    assert_eq!(found, ["3:1: feed.pol: unknown key; did you mean \"poll\"?"]);
}

#[test]
fn a_key_like_no_other_is_told_each_known_one_once() {
    let found = problems("[zzzzzzzzzz]\n");
    let known = found.iter().find_map(|problem| problem.split_once("known here are: ")).unwrap().1;
    let mut keys: Vec<_> = known.split(", ").collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert!(keys.contains(&"mode") && keys.len() == all, "{known}");
}

#[test]
fn every_problem_is_reported_at_once() {
    let found = problems(
        "mode = \"real\"\n[feed]\npoll = \"fast\"\ncore = -1\nmarket_ring_slots = 1000\n\
         [[strategy]]\nname = \"a b\"\ntypes = [\"0X\"]\n",
    );
    for part in [
        "1:8: mode: \"real\" is not one of",
        "3:8: feed.poll: \"fast\" is not one of",
        "feed.core: -1 is out of range",
        "feed.market_ring_slots: 1000 is not a power of two; 1024 is",
        "strategy[0].name: use 1 to 32",
        "strategy[0].plugin: is missing",
        "strategy[0].types: \"0X\" is no realtime type",
    ] {
        assert!(found.iter().any(|p| p.contains(part)), "{part} not in {found:#?}");
    }
}

#[test]
fn live_mode_demands_credentials_and_a_digest() {
    let live = GOOD.replace("\"sim\"", "\"live\"");
    let found = problems(&live);
    assert!(found.iter().any(|p| p.contains("broker.credentials_file: is missing")));
    assert!(found.iter().any(|p| p.contains("strategy[0].sha256: is missing")));
}

#[test]
fn the_latch_stands_beside_the_runs_unless_it_is_named() {
    let latch = |text: &str| parse(text, Path::new("/base")).unwrap().kill.latch;
    assert_eq!(latch("mode = \"sim\""), Path::new("/base/../kill-sim.latch"));
    let runs = "mode = \"sim\"\n[telemetry]\ndirectory = \"/var/runs\"\n";
    assert_eq!(latch(runs), Path::new("/var/kill-sim.latch"));
    let named = "mode = \"sim\"\n[kill]\nlatch = \"stop/all\"\n";
    assert_eq!(latch(named), Path::new("/base/stop/all"));
    for folder in ["", "stop/"] {
        let text = format!("mode = \"sim\"\n[kill]\nlatch = \"{folder}\"\n");
        assert!(problems(&text)[0].contains("3:9: kill.latch:"), "{:?}", problems(&text));
    }
}

#[test]
fn a_condition_search_is_named_with_its_type_or_not_at_all() {
    let with = |line: &str| GOOD.replace("types = [\"0B\", \"0s\"]", line);
    let found = problems(&with("types = [\"0B\", \"02\"]"));
    assert!(found[0].contains("strategy[0].conditions: is missing"), "{found:?}");
    let found = problems(&with("types = [\"0B\"]\nconditions = [\"4\"]"));
    assert!(found[0].contains("only with \"02\""), "{found:?}");
    let good = with("types = [\"0B\", \"02\"]\nconditions = [\"4\"]");
    assert_eq!(parse(&good, Path::new("/")).unwrap().strategies[0].conditions, ["4"]);
}

#[test]
fn an_unencrypted_address_is_only_for_this_machine() {
    let text = "mode = \"mock\"\n[broker]\nrest_url = \"http://example.com\"\n\
                websocket_url = \"ws://127.0.0.1:9/x\"\ncredentials_file = \"k\"\n";
    let found = problems(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("broker.rest_url: unencrypted"));
}

#[test]
fn more_items_than_a_connection_takes_are_refused_before_the_start() {
    let text = GOOD.replace("mode = \"sim\"", "mode = \"sim\"\n[feed]\nitems_max = 1\n");
    assert!(problems(&text)[0].contains("2 different items, and one connection takes 1"));
}

#[test]
fn the_effective_configuration_reads_back_as_itself() {
    for name in ["sim", "mock", "live"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../configs/{name}.toml"));
        let config = load(&path).unwrap();
        let printed = toml::to_string(&config).unwrap();
        let again = parse(&printed, Path::new("")).unwrap();
        assert_eq!(again.orders, config.orders, "{name}");
        assert_eq!(again.risk, config.risk, "{name}");
        assert_eq!(again.session, config.session, "{name}");
        assert_eq!(again.kill, config.kill, "{name}");
        assert!(config.strategies.iter().any(|strategy| strategy.risk.is_some()), "{name}");
        assert_eq!(toml::to_string(&again).unwrap(), printed, "{name}");
    }
}

#[test]
fn text_that_is_not_toml_is_reported_with_its_line() {
    let found = problems("mode = \"sim\"\nfeed = = 3\n");
    assert!(found[0].starts_with("2:"), "{found:?}");
}

#[test]
fn only_an_address_of_this_machine_counts_as_one() {
    for here in ["http://127.0.0.1", "ws://127.9.0.1:1/x", "http://localhost:80", "ws://[::1]:9/x"]
    {
        assert!(broker::is_loopback(here), "{here}");
    }
    for elsewhere in [
        "http://127.example.com",
        "http://localhost.example.com:80",
        "http://127.0.0.1@example.com",
        "http://localhost:80@example.com",
        "http://[::1].example.com",
        "http://[::2]",
        "http://example.com/127.0.0.1",
        "127.0.0.1",
    ] {
        assert!(!broker::is_loopback(elsewhere), "{elsewhere}");
    }
}

//! The plugin host and strategies in Rust, built from their crates as a user's would be.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::support::{Notebook, workspace};
use engine::plugin::{
    BuildError, Checks, Plugin, PluginError, PluginSource, PluginSpec, SpecError, StopCause,
    build_crate,
};
use strategy_api::{
    BestQuote, Depth, Extras, Flags, InstrumentId, Kind, Price, Quantity, Record, Trade, UnixNanos,
};
use tempfile::TempDir;

/// Builds a crate of this workspace, once.
fn plugin(cell: &'static OnceLock<Plugin>, crate_path: &str) -> &'static Plugin {
    cell.get_or_init(|| {
        let library = build_crate(&workspace().join(crate_path), |_| ()).unwrap();
        Plugin::load(&library, &Checks::default()).unwrap()
    })
}

fn misbehaving() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    plugin(&PLUGIN, "engine/tests/plugins/misbehaving")
}

fn imbalance() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    plugin(&PLUGIN, "strategy-api/examples/imbalance")
}

fn trade() -> Trade {
    let mut trade = Trade::unset();
    trade.header.instrument = InstrumentId(0);
    trade.price = Price::new(60_700);
    trade.quantity = Quantity::new(1);
    trade
}

#[test]
fn the_smallest_strategy_goes_from_source_to_running() {
    let spec = PluginSpec {
        name: String::from("first"),
        source: PluginSource::Crate(workspace().join("strategy-api/examples/hello")),
        params_toml: String::from("every_seconds = 2\n"),
        checks: Checks::default(),
    };
    let plugin = spec.load(|_| ()).unwrap();
    assert_eq!(plugin.name(), "hello");
    assert!(plugin.description().contains("Counts trades"));
    assert_eq!(plugin.abi(), (1, 1));

    let (host, seen) = Notebook::new();
    let mut hello = plugin.create(&spec.name, &spec.params_toml, host).unwrap();
    hello.start().unwrap();
    assert_eq!(seen.borrow().timers, [(1, 2_000_000_000)]);
    hello.dispatch(trade().words()).unwrap();
    hello.timer(1, UnixNanos::new(1)).unwrap();
    hello.stop().unwrap();
    assert_eq!(seen.borrow().logged, ["1 trades; the last: 1 shares of 005930 at 60700"]);

    let error = plugin.create("first", "every_second = 2", Notebook::new().0).unwrap_err();
    assert!(error.to_string().contains("every_second"), "{error}");
}

#[test]
fn the_market_maker_quotes_and_refuses_wrong_parameters() {
    let (host, seen) = Notebook::new();
    let mut maker = imbalance().create("maker", "symbols = [\"005930\"]", host).unwrap();
    maker.start().unwrap();
    let mut depth = Depth::unset();
    depth.header.instrument = InstrumentId(0);
    depth.bid_price[0] = Price::new(60_700);
    depth.ask_price[0] = Price::new(60_800);
    depth.bid_quantity[0] = Quantity::new(500);
    depth.ask_quantity[0] = Quantity::new(500);
    maker.dispatch(depth.words()).unwrap();
    assert_eq!(seen.borrow().submitted.len(), 1);
    assert_eq!(seen.borrow().submitted[0].price, Price::new(60_700));

    let cases = [
        ("levels = 11", "levels"),
        ("max_positon = 3", "max_positon"),
        ("threshold = \"high\"", "threshold"),
        ("symbols = [\"000000\"]", "000000"),
    ];
    for (params, word) in cases {
        let error = imbalance().create("maker", params, Notebook::new().0).unwrap_err();
        assert!(matches!(error, PluginError::Refused { .. }), "{params}: {error}");
        assert!(error.to_string().contains(word), "{params}: {error}");
    }
}

#[test]
fn kinds_that_a_strategy_does_not_want_are_not_even_a_call() {
    let maker = imbalance().create("maker", "", Notebook::new().0).unwrap();
    assert!(maker.wants(Kind::DEPTH) && maker.wants(Kind::FEED_EVENT));
    assert!(!maker.wants(Kind::BALANCE) && !maker.wants(Kind(200)));
    assert!(imbalance().kinds().contains(Kind::TRADE));
    assert!(!imbalance().kinds().contains(Kind::BALANCE));
}

#[test]
fn a_panic_stops_one_instance_and_says_where() {
    let (host, _) = Notebook::new();
    let mut bad = misbehaving().create("bad", "how = \"panic in on_trade\"", host).unwrap();
    let (host, seen) = Notebook::new();
    let mut good = misbehaving().create("good", "", host).unwrap();

    let stopped = bad.dispatch(trade().words()).unwrap_err();
    assert!(stopped.is_failure());
    assert_eq!(stopped.report().cause, StopCause::Panic);
    let text = stopped.to_string();
    for word in ["bad", "on_trade", "index out of bounds", "lib.rs:"] {
        assert!(text.contains(word), "{word} in {text}");
    }

    assert_eq!(bad.dispatch(trade().words()).unwrap_err(), stopped, "further records are refused");
    assert!(bad.timer(1, UnixNanos::new(1)).is_err());
    bad.stop().unwrap();
    assert!(bad.stopped().is_some());

    good.dispatch(trade().words()).unwrap();
    good.stop().unwrap();
    assert!(seen.borrow().logged.iter().any(|line| line == "stopped after 1 trades"));
    assert!(good.dispatch(trade().words()).is_err(), "a stopped strategy takes no more records");
}

#[test]
fn errors_and_unhandled_refusals_stop_the_strategy_in_words() {
    let cases = [
        ("error in on_trade", "lost count at 60700"),
        ("refusal in on_trade", "no instrument of this run"),
    ];
    for (how, words) in cases {
        let params = format!("how = \"{how}\"");
        let mut instance = misbehaving().create("bad", &params, Notebook::new().0).unwrap();
        let stopped = instance.dispatch(trade().words()).unwrap_err();
        assert_eq!(stopped.report().cause, StopCause::Error);
        assert!(stopped.to_string().contains(words), "{stopped}");
    }
}

#[test]
fn a_strategy_that_asks_to_stop_still_says_goodbye() {
    let (host, seen) = Notebook::new();
    let mut instance = misbehaving().create("done", "how = \"stop in on_trade\"", host).unwrap();
    let stopped = instance.dispatch(trade().words()).unwrap_err();
    assert!(!stopped.is_failure());
    assert_eq!(stopped.report().message, "enough");
    instance.stop().unwrap();
    instance.stop().unwrap();
    let goodbyes = seen.borrow().logged.iter().filter(|l| l.starts_with("stopped")).count();
    assert_eq!(goodbyes, 1);
}

#[test]
fn a_failing_goodbye_is_told() {
    let params = "how = \"error in on_stop\"";
    let mut instance = misbehaving().create("sore", params, Notebook::new().0).unwrap();
    let stopped = instance.stop().unwrap_err();
    assert_eq!(stopped.report().callback, "on_stop");
    assert!(stopped.to_string().contains("not yet"));
}

#[test]
fn failures_while_starting_are_told_apart() {
    let start = |how: &str| {
        let params = format!("how = \"{how}\"");
        misbehaving().create("bad", &params, Notebook::new().0).unwrap_err()
    };
    let panicked = start("panic in new");
    assert!(matches!(panicked, PluginError::Panicked { .. }), "{panicked}");
    assert!(panicked.to_string().contains("no thanks"), "{panicked}");
    let refused = start("error in new");
    assert!(matches!(refused, PluginError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("the moon is wrong"), "{refused}");
    // Its type would let an unknown key pass; the glue does not.
    let unknown = misbehaving().create("bad", "hwo = \"\"", Notebook::new().0).unwrap_err();
    assert!(unknown.to_string().contains("unknown key `hwo`"), "{unknown}");
}

#[test]
fn a_panic_in_a_destructor_stays_in_the_plugin() {
    let params = "how = \"panic in drop\"";
    drop(misbehaving().create("bad", params, Notebook::new().0).unwrap());
}

#[test]
fn a_panic_of_the_host_passes_the_plugin_and_comes_out_in_the_engine() {
    let (mut host, _) = Notebook::new();
    host.panics = true;
    let params = "how = \"submit in on_trade\"";
    let mut instance = misbehaving().create("fine", params, host).unwrap();
    let payload =
        catch_unwind(AssertUnwindSafe(|| instance.dispatch(trade().words()))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the host was told to panic"));
}

#[test]
fn extra_fields_belong_to_their_record_only() {
    let (host, seen) = Notebook::new();
    let mut instance = misbehaving().create("fields", "", host).unwrap();
    seen.borrow_mut().logged.clear();

    let mut with_fields = trade();
    with_fields.header.flags = Flags::HAS_EXTRAS;
    with_fields.header.ts_recv = UnixNanos::new(5);
    let mut extras = Extras::unset();
    extras.header.instrument = InstrumentId(0);
    extras.header.ts_recv = UnixNanos::new(5);
    assert!(extras.push(30, b"-31.97"));
    let mut more = extras;
    more.count = 0;
    more.bytes_used = 0;
    assert!(more.push(31, b"0.09"));

    // Two records of fields, then theirs, then one without. A ring may put something of its own
    // behind a record.
    let longer = [extras.words_used(), &[u64::MAX]].concat();
    instance.dispatch(&longer).unwrap();
    instance.dispatch(more.words_used()).unwrap();
    instance.dispatch(with_fields.words()).unwrap();
    instance.dispatch(trade().words()).unwrap();
    // Fields whose own record was lost: the next record of that kind is from another frame.
    instance.dispatch(extras.words_used()).unwrap();
    with_fields.header.ts_recv = UnixNanos::new(6);
    instance.dispatch(with_fields.words()).unwrap();
    // The same, but fields of that record stand between.
    instance.dispatch(extras.words_used()).unwrap();
    more.header.ts_recv = UnixNanos::new(6);
    instance.dispatch(more.words_used()).unwrap();
    instance.dispatch(with_fields.words()).unwrap();
    // Fields whose own record was filtered out.
    instance.dispatch(more.words_used()).unwrap();
    instance.forget_extras();
    instance.dispatch(with_fields.words()).unwrap();
    // Fields whose own record is of a kind that nobody wants.
    instance.dispatch(extras.words_used()).unwrap();
    instance.dispatch(Depth::unset().words()).unwrap();
    instance.dispatch(BestQuote::unset().words()).unwrap();

    let expected = [
        "volume ratio Some(\"-31.97\"), turnover Some(Hundredths(9))",
        "volume ratio None, turnover None",
        "volume ratio None, turnover None",
        "volume ratio None, turnover Some(Hundredths(9))",
        "volume ratio None, turnover None",
        "quote None",
    ];
    assert_eq!(seen.borrow().logged, expected);
}

/// A crate of its own, as a user has one.
fn write_crate(directory: &TempDir, lib: &str, code: &str) {
    let api = workspace().join("strategy-api");
    let manifest = format!(
        "[package]\nname = \"mine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[lib]\n\
         {lib}\n[dependencies]\nstrategy-api = {{ path = {api:?}, default-features = false }}\n"
    );
    std::fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::create_dir(directory.path().join("src")).unwrap();
    std::fs::write(directory.path().join("src/lib.rs"), code).unwrap();
}

#[test]
fn a_crate_that_does_not_compile_shows_the_words_of_the_compiler() {
    let directory = TempDir::new().unwrap();
    write_crate(&directory, "crate-type = [\"cdylib\"]", "pub fn broken() -> u32 { \"text\" }");
    let mut lines = 0;
    let error = build_crate(directory.path(), |_| lines += 1).unwrap_err();
    assert!(matches!(error, BuildError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("mismatched types"), "{error}");
    assert!(lines > 0, "progress is told");
}

#[test]
fn a_crate_that_makes_no_library_says_what_is_missing() {
    let directory = TempDir::new().unwrap();
    write_crate(&directory, "", "");
    let error = build_crate(directory.path(), |_| ()).unwrap_err();
    assert!(matches!(error, BuildError::NoLibrary { .. }), "{error}");
    assert!(error.to_string().contains("cdylib"), "{error}");
}

#[test]
fn a_path_without_a_crate_is_named() {
    let spec = PluginSpec {
        name: String::from("none"),
        source: PluginSource::Crate("/nonexistent/strategy".into()),
        params_toml: String::new(),
        checks: Checks::default(),
    };
    let error = spec.load(|_| ()).unwrap_err();
    assert!(matches!(error, SpecError::Build(BuildError::NoManifest { .. })), "{error}");
}

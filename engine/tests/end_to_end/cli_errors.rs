//! Bad input: each start that cannot work ends by itself, says why in words that help, and has the
//! exit code that the README promises (1 failed, 2 usage or configuration).

use crate::process::{Finished, engine, run};
use crate::setup::{Setup, compile};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Names of variables that hold the credentials in these tests.
const FROM_ENVIRONMENT: &str =
    "app_key_env = \"E2E_APP_KEY\"\nsecret_key_env = \"E2E_SECRET_KEY\"\n";

fn with_keys(mut command: Command, app_key: &str, secret_key: &str) -> Command {
    command.env("E2E_APP_KEY", app_key).env("E2E_SECRET_KEY", secret_key);
    command
}

/// Runs a configuration that cannot start; everything that is wrong stands on standard error.
#[track_caller]
fn refused(config: &str, code: i32, wanted: &[&str]) -> Finished {
    let setup = Setup::new(config);
    says(run(setup.run(&["--duration", "10s"])).ended_with(code), wanted)
}

#[track_caller]
fn says(finished: Finished, wanted: &[&str]) -> Finished {
    for text in wanted {
        assert!(finished.stderr.contains(text), "{text:?} is not in:\n{}", finished.stderr);
    }
    finished
}

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_key_that_was_meant() {
    let config = "mode = \"sim\"\n[feed]\npol = \"spin\"\n";
    refused(config, 2, &["run.toml:3:1: feed.pol: unknown key", "did you mean \"poll\"?"]);
}

#[test]
fn all_problems_of_a_configuration_are_shown_at_once() {
    let config = "
mode = \"simm\"
[sim]
instruments = 5
[feed]
market_ring_slots = 100
[orders]
lines = 17
[risk]
collar_bps = 0
[risk.account]
exposure_max = -1
[session]
venues = [\"KRX\", \"NYSE\"]
[kill]
feed_max_ms = 99
[[strategy]]
name = \"two words\"
types = [\"0Z\"]
symbols = [\"005930\"]
[strategy.risk]
working_orders = 3
";
    let finished = refused(
        config,
        2,
        &[
            "mode",
            "sim.instruments",
            "market_ring_slots",
            "128",
            "run.toml:8:9: orders.lines: 17 is out of range; allowed are 1 to 16",
            "run.toml:10:14: risk.collar_bps: 0 is out of range; allowed are 1 to 3000",
            "run.toml:12:16: risk.account.exposure_max: -1 is out of range",
            "run.toml:14:18: session.venues: \"NYSE\" is not one of",
            "run.toml:16:15: kill.feed_max_ms: 99 is out of range; allowed are 100 to 600000, or 0",
            "strategy[0].risk.working_orders: unknown key; did you mean \"working_orders_max\"?",
            "name",
            "\"0Z\" is no realtime type",
        ],
    );
    // `check` finds the same.
    let setup = Setup::new(config);
    let mut command = engine();
    command.current_dir(setup.path()).args(["check", "run.toml"]);
    assert_eq!(run(command).ended_with(2).stderr, finished.stderr);
}

#[test]
fn what_check_prints_is_a_configuration_that_means_the_same() {
    let shown = |text: &str| {
        let setup = Setup::new("");
        setup.write("run.toml", text);
        let mut command = engine();
        command.current_dir(setup.path()).args(["check", "run.toml"]);
        run(command).ended_with(0).stdout
    };
    let given = "mode = \"sim\"\n[orders]\nsync = \"order\"\njournal = \"/j\"\n[kill]\n\
                 latch = \"/l\"\nfeed_max_ms = 0\n[telemetry]\ndirectory = \"/runs\"\n\
                 [risk]\nrestricted = [\"005930\"]\n[risk.strategy]\nworking_orders_max = 4\n\
                 [[strategy]]\nname = \"a\"\nplugin = \"/a.so\"\ntypes = [\"0s\"]\n\
                 params = { x = 1 }\n[strategy.risk]\nexposure_max = 5\n";
    let first = shown(given);
    for line in
        ["sync = \"order\"", "feed_max_ms = 0", "exposure_max = 5", "working_orders_max = 4"]
    {
        assert!(first.contains(line), "{line:?} is not in:\n{first}");
    }
    assert_eq!(shown(&first), first);
}

#[test]
fn what_is_no_toml_is_shown_with_its_place() {
    refused("mode = \"sim\nx", 2, &["run.toml:1:", "not TOML"]);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    for command in ["run", "check"] {
        let mut engine = engine();
        engine.args([command, "/nonexistent/run.toml"]);
        says(run(engine).ended_with(2), &["cannot read the configuration /nonexistent/run.toml"]);
    }
}

#[test]
fn a_missing_credential_is_named() {
    let config = format!("mode = \"mock\"\n[broker]\n{FROM_ENVIRONMENT}");
    let setup = Setup::new(&config);
    let none = run(setup.run(&[])).ended_with(2);
    says(none, &["environment variable E2E_APP_KEY is not set"]);
    let half = with_keys(setup.run(&[]), "CANARY-KEY", "  ");
    let half = says(run(half).ended_with(2), &["environment variable E2E_SECRET_KEY is not set"]);
    assert!(!half.stderr.contains("CANARY"), "{}", half.stderr);
}

#[test]
fn a_key_file_that_others_can_read_is_refused_and_not_quoted() {
    let setup = Setup::new("mode = \"mock\"\n[broker]\ncredentials_file = \"keys.toml\"\n");
    setup.write("keys.toml", "app_key = \"CANARY-KEY\"\nsecret_key = \"CANARY-SECRET\"\n");
    let path = setup.path().join("keys.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let finished = run(setup.run(&[])).ended_with(2);
    let finished = says(finished, &["keys.toml", "can be read by others (mode 0644)", "chmod 600"]);
    assert!(!format!("{}{}", finished.stdout, finished.stderr).contains("CANARY"));
}

#[test]
fn a_key_file_that_is_not_there_is_named() {
    let config = "mode = \"mock\"\n[broker]\ncredentials_file = \"keys.toml\"\n";
    refused(config, 2, &["cannot read the credentials file", "keys.toml"]);
}

/// A port on which nothing listens: it was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn mock_broker(keys: Option<(&str, &str)>) -> sim::Broker {
    let keys = keys.map(|(key, secret)| vec![(key.to_owned(), secret.to_owned())]);
    sim::start(sim::Options { keys, mock: true, ..sim::Options::default() }).unwrap()
}

#[test]
fn a_port_on_which_nothing_listens_ends_the_start_after_a_few_attempts() {
    let port = free_port();
    let config = format!(
        "mode = \"mock\"\n[broker]\nrest_url = \"https://127.0.0.1:{port}\"\n\
         websocket_url = \"wss://127.0.0.1:{port}/api/dostk/websocket\"\n{FROM_ENVIRONMENT}\
         [session]\ncalendar = \"always\"\n\
         [feed]\nreconnect_min_ms = 10\nreconnect_max_ms = 50\n"
    );
    let setup = Setup::new(&config);
    let finished = run(with_keys(setup.run(&[]), "KEY", "SECRET")).ended_with(1);
    let url = format!("https://127.0.0.1:{port}/oauth2/token");
    says(
        finished,
        &["error: the engine never logged in", "5 failed attempts", &url, "Connection refused"],
    );

    // Tokens can be had, but the WebSocket's port is wrong.
    let broker = mock_broker(None);
    let config =
        format!("{FROM_ENVIRONMENT}[feed]\nreconnect_min_ms = 10\nreconnect_max_ms = 50\n");
    let setup = Setup::at(&broker, &config, "");
    let text = std::fs::read_to_string(setup.path().join("run.toml")).unwrap();
    let wrong = format!("wss://127.0.0.1:{port}/api/dostk/websocket");
    setup.write("run.toml", &text.replace(&broker.ws_url(), &wrong));
    let finished = run(with_keys(setup.run(&[]), "KEY", "SECRET")).ended_with(1);
    says(finished, &["error: the feed ended", &format!("127.0.0.1:{port}"), "check host and port"]);
}

#[test]
fn a_run_that_never_logged_in_is_a_failure_however_it_ends() {
    let port = free_port();
    let config = format!(
        "mode = \"mock\"\n[broker]\nrest_url = \"https://127.0.0.1:{port}\"\n\
         websocket_url = \"wss://127.0.0.1:{port}/\"\n{FROM_ENVIRONMENT}\
         [feed]\nreconnect_min_ms = 60000\nreconnect_max_ms = 60000\n"
    );
    let setup = Setup::new(&config);
    let short = with_keys(setup.run(&["--duration", "500ms"]), "KEY", "SECRET");
    says(run(short).ended_with(1), &["error: the engine never logged in"]);
}

#[test]
fn a_broker_that_refuses_the_keys_ends_the_run_at_once() {
    let broker = mock_broker(Some(("GOOD-KEY", "GOOD-SECRET")));
    let setup = Setup::at(&broker, FROM_ENVIRONMENT, "");
    for (key, secret, code) in
        [("CANARY-KEY", "GOOD-SECRET", "8001"), ("GOOD-KEY", "CANARY-SECRET", "8002")]
    {
        let finished = run(with_keys(setup.run(&[]), key, secret)).ended_with(1);
        let wanted = ["the broker refused the app key", code, "check app key and secret key"];
        let finished = says(finished, &wanted);
        assert!(!format!("{}{}", finished.stdout, finished.stderr).contains("CANARY"));
    }
    assert_eq!(broker.stop().logins, 0);
}

#[test]
fn a_certificate_of_somebody_else_ends_the_run_before_a_secret_is_sent() {
    let broker = mock_broker(None);
    let impostor = mock_broker(None);
    let setup = Setup::at(&broker, FROM_ENVIRONMENT, "");
    setup.write("ca.pem", impostor.certificate_pem());
    let finished = run(with_keys(setup.run(&[]), "KEY", "SECRET")).ended_with(1);
    says(finished, &[&broker.rest_url(), "cannot be trusted", "certificate", "ca_file"]);
    assert_eq!(broker.stop().tokens_issued, 0);
}

#[test]
fn a_ca_file_that_is_none_is_refused() {
    let broker = mock_broker(None);
    let setup = Setup::at(&broker, FROM_ENVIRONMENT, "");
    setup.write("ca.pem", "-----BEGIN CERTIFICATE-----\nnot base64 at all!\n");
    let finished = run(with_keys(setup.run(&[]), "KEY", "SECRET")).ended_with(1);
    says(finished, &["error:", "PEM"]);
    std::fs::remove_file(setup.path().join("ca.pem")).unwrap();
    let finished = run(with_keys(setup.run(&[]), "KEY", "SECRET")).ended_with(1);
    says(finished, &["cannot read ca_file", "ca.pem"]);
}

/// A run of the simulated broker with one strategy, whose plugin is `plugin.so` beside the file.
const ONE_PLUGIN: &str = "
mode = \"sim\"
[[strategy]]
name = \"one\"
plugin = \"plugin.so\"
types = [\"0B\"]
symbols = [\"005930\"]
";

#[test]
fn a_plugin_that_cannot_be_loaded_is_refused_with_its_own_words() {
    let setup = Setup::new(ONE_PLUGIN);
    let attempt = |wanted: &[&str]| {
        let finished = run(setup.run(&["--duration", "10s"])).ended_with(1);
        says(finished, &["error: strategy one cannot be loaded", "plugin.so"]);
        says(run(setup.run(&["--duration", "10s"])), wanted);
    };
    attempt(&["cannot read the plugin", "No such file"]);
    setup.write("plugin.so", "this is text\n");
    attempt(&["is not a shared library"]);
    compile("int nothing(void); int nothing(void) { return 0; }\n", setup.path(), "plugin");
    attempt(&["has no function `strategy_plugin`", "export_strategy!"]);
    let other_version = "
#include \"strategy.h\"
const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable), .abi_major = STRATEGY_ABI_MAJOR + 1, .name = \"later\",
    };
    return &table;
}
";
    compile(other_version, setup.path(), "plugin");
    attempt(&["was built for version 2.0 of the strategy ABI", "this engine has 1."]);
    assert_eq!(setup.run_folder(), None, "no folder is made for a run that was refused");
}

#[test]
fn parameters_that_a_strategy_does_not_know_are_refused() {
    let config = ONE_PLUGIN.replace("plugin.so", &crate::setup::watcher().display().to_string());
    let config = format!("{config}params = {{ sleep_msec = 1 }}\n");
    refused(&config, 1, &["strategy `one` does not know the parameter `sleep_msec`"]);
}

#[test]
fn real_money_needs_a_word_on_the_command_line_as_well() {
    let config = format!("mode = \"live\"\n[broker]\n{FROM_ENVIRONMENT}");
    refused(&config, 2, &["mode", "real money", "--live"]);
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused_with_help() {
    for (arguments, wanted) in [
        (&["fly"][..], "unrecognized subcommand 'fly'"),
        (&["run", "--duration", "3 weeks"], "--duration"),
        (&["run", "--fast"], "--fast"),
        (&["check"], "<CONFIG>"),
    ] {
        let mut command = engine();
        command.args(arguments);
        says(run(command).ended_with(2), &[wanted, "--help"]);
    }
}

#[test]
fn a_name_that_cannot_be_a_strategy_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, wanted) in [("Big Name", "cannot name a strategy"), ("std", "choose another")] {
        let mut command = engine();
        command.args(["new", name]).current_dir(folder.path());
        says(run(command).ended_with(1), &[wanted]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

//! Nothing secret in any output: a run with everything that can go wrong with a login, logged as
//! loudly as can be, is searched for the app key, the secret key and the tokens.

use crate::process::{Finished, Running, run};
use crate::setup::{Setup, summary, watcher};
use engine::credentials::AppKeys;
use engine::token::TokenClient;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

const APP_KEY: &str = "CANARY-APPKEY-7f3a9c51d2e84b60";
const SECRET_KEY: &str = "CANARY-SECRET-c08be2517a6f4d93";
const KEYS: &str = "app_key_env = \"E2E_APP_KEY\"\nsecret_key_env = \"E2E_SECRET_KEY\"\n";

fn setup(broker: &sim::Broker, credentials: &str) -> Setup {
    let strategy = format!(
        "[feed]\nreconnect_min_ms = 20\nreconnect_max_ms = 100\n\
         [[strategy]]\nname = \"one\"\nplugin = \"{}\"\ntypes = [\"0B\", \"00\"]\n\
         symbols = [\"005930\"]\n",
        watcher().display()
    );
    let setup = Setup::at(broker, credentials, &strategy);
    let text = std::fs::read_to_string(setup.path().join("run.toml")).unwrap();
    let loud = text.replace("[telemetry]\n", "[telemetry]\nlog_level = \"trace\"\n");
    assert_ne!(loud, text);
    setup.write("run.toml", &loud);
    setup
}

fn start(setup: &Setup) -> Running {
    let mut command = setup.run(&["--json"]);
    command.env("E2E_APP_KEY", APP_KEY).env("E2E_SECRET_KEY", SECRET_KEY);
    // What the libraries below would log, were they asked by the environment.
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
    Running::start(command)
}

/// The token that the broker gave to this app key: asking again gives the same one.
fn token(broker: &sim::Broker) -> String {
    let keys = AppKeys {
        app_key: SecretString::from(APP_KEY),
        secret_key: SecretString::from(SECRET_KEY),
    };
    let client =
        TokenClient::new(&broker.rest_url(), Some(broker.certificate_pem()), keys).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let token = runtime.block_on(client.issue()).unwrap();
    token.secret.expose_secret().to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Everything that a run has put out: name and bytes.
fn outputs(setup: &Setup, finished: &Finished) -> Vec<(String, Vec<u8>)> {
    let mut outputs = vec![
        ("standard output".to_owned(), finished.stdout.clone().into_bytes()),
        ("standard error".to_owned(), finished.stderr.clone().into_bytes()),
    ];
    // The configuration names where secrets come from; everything else was put out by the run.
    for path in files(setup.path()).into_iter().filter(|path| !path.ends_with("run.toml")) {
        outputs.push((path.display().to_string(), std::fs::read(path).unwrap()));
    }
    outputs
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[track_caller]
fn assert_clean(outputs: &[(String, Vec<u8>)], secrets: &[&str]) {
    for secret in secrets {
        assert!(secret.len() >= 16);
        // A part of a secret is a secret too.
        let (head, tail) = (&secret[..16], &secret[secret.len() - 16..]);
        for (name, bytes) in outputs {
            let leaks = holds(bytes, head) || holds(bytes, tail);
            assert!(!leaks, "{name} holds (a part of) a secret");
        }
    }
}

#[test]
fn no_secret_is_in_any_output_of_a_run_with_trouble() {
    let options = sim::Options {
        frames_per_second: 500,
        mock: true,
        keys: Some(vec![(APP_KEY.to_owned(), SECRET_KEY.to_owned())]),
        ..sim::Options::default()
    };
    let broker = sim::start(options).unwrap();
    let setup = setup(&broker, KEYS);
    let mut running = start(&setup);
    running.wait_for("subscriptions confirmed");
    let first = token(&broker);
    // The token dies, the connection breaks: LOGIN is refused, a new token is fetched.
    broker.expire_tokens();
    broker.drop_connections();
    running.wait_until("a second login", || broker.report().logins == 2);
    let second = token(&broker);
    assert_ne!(first, second);
    // Nonsense, and a message that quotes what it should not.
    broker.inject("{\"trnm\":\"REAL\",\"data\":[{");
    broker.send_system("R99999", "something harmless");
    let before = broker.report().frames_sent;
    running.wait_until("frames", || broker.report().frames_sent > before + 50);
    running.interrupt();
    // The nonsense was refused, which is a problem of the run.
    let finished = running.finish().ended_with(1);
    assert_eq!(summary(&finished.stdout)["feed"]["refused_frames"], 1);
    let outputs = outputs(&setup, &finished);
    for name in ["engine.log", "quarantine.jsonl", "summary.json", "orders-"] {
        assert!(outputs.iter().any(|(path, _)| path.contains(name)), "{name} is searched");
    }
    let found = |text: &str| outputs.iter().any(|(_, bytes)| holds(bytes, text));
    assert!(found("R99999") && found("\"trnm\\\":\\\"REAL"), "the search finds what is there");
    assert_clean(&outputs, &[APP_KEY, SECRET_KEY, &first, &second]);
}

#[test]
fn no_secret_is_in_what_a_refusal_says() {
    let keys = Some(vec![("another-app-key".to_owned(), "another-secret".to_owned())]);
    let broker = sim::start(sim::Options { keys, mock: true, ..sim::Options::default() }).unwrap();
    let setup = setup(&broker, KEYS);
    let finished = start(&setup).finish().ended_with(1);
    assert!(finished.stderr.contains("8001"), "{}", finished.stderr);
    assert_clean(&outputs(&setup, &finished), &[APP_KEY, SECRET_KEY]);
}

#[test]
fn the_effective_configuration_names_where_secrets_come_from_and_not_the_secrets() {
    let broker = sim::start(sim::Options { mock: true, ..sim::Options::default() }).unwrap();
    let setup = setup(&broker, KEYS);
    for further in [&["--json"][..], &[]] {
        let mut command = crate::process::engine();
        command.current_dir(setup.path()).args(["check", "run.toml"]).args(further);
        command.env("E2E_APP_KEY", APP_KEY).env("E2E_SECRET_KEY", SECRET_KEY);
        let finished = run(command).ended_with(0);
        assert!(finished.stdout.contains("E2E_APP_KEY"), "{}", finished.stdout);
        assert!(!finished.stdout.contains("CANARY"), "{}", finished.stdout);
    }
}

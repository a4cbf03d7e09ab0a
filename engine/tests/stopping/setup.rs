//! A broker in the test, a strategy that rests orders, and the engine that runs it.

use crate::process::{Finished, Running, engine, run};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use strategy_api::Refusal;
use tempfile::TempDir;

const APP_KEY: &str = "STOPPING-APP-KEY";
const SECRET_KEY: &str = "STOPPING-SECRET-KEY";
/// How many orders a kill switch has to look after.
pub(crate) const MANY: usize = 50;
/// What takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);
/// What a killed engine ends with.
pub(crate) const STOPPED: i32 = 3;

/// Limits that let fifty orders rest, and a pace that does not take minutes.
const LIMITS: &str = "
[orders]
lines = 8
ORDERS
[risk]
broker_orders_per_second = 64
window_move_bps = 6000
collar_bps = 1000
RISK
[risk.account]
position_value_max = 50_000_000
working_orders_max = 100
messages_per_second = 100
ACCOUNT
[risk.strategy]
position_value_max = 50_000_000
exposure_max = 50_000_000
daily_loss_max = 10_000_000
working_orders_max = 60
messages_per_second = 100
[session]
calendar = \"always\"
[telemetry]
directory = \"runs\"
interval_ms = 200
";

/// What a test wants else.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// Lines of `[feed]`.
    pub(crate) feed: &'a str,
    /// Lines of `[kill]`.
    pub(crate) kill: &'a str,
    /// Lines of `[orders]`.
    pub(crate) orders: &'a str,
    /// Lines of `[risk]`.
    pub(crate) risk: &'a str,
    /// Lines of `[risk.account]`.
    pub(crate) account: &'a str,
    /// Parameters of the strategies, one for each: `one`, `two`, ….
    pub(crate) strategies: &'a [&'a str],
}

/// A broker and a folder with a configuration for it.
pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) broker: sim::Broker,
    strategies: usize,
}

impl Setup {
    pub(crate) fn new(wanted: &Wanted<'_>) -> Self {
        let trading = sim::orders::Trading { calls_per_second: 0, ..Default::default() };
        Self::at(sim::Options { trading, ..sim::Options::default() }, wanted)
    }

    /// With a broker of another kind.
    pub(crate) fn at(options: sim::Options, wanted: &Wanted<'_>) -> Self {
        let folder = TempDir::new().unwrap();
        let broker = sim::start(sim::Options {
            frames_per_second: 300,
            mock: true,
            plain: true,
            day_start: "10:00:00".parse().unwrap(),
            // An interruption would keep the orders of a test from resting.
            news: false,
            ..options
        })
        .unwrap();
        let limits = LIMITS
            .replace("ORDERS", wanted.orders)
            .replace("RISK", wanted.risk)
            .replace("ACCOUNT", wanted.account);
        let mut config = format!(
            "mode = \"mock\"\n[broker]\nrest_url = \"{}\"\nwebsocket_url = \"{}\"\n\
             app_key_env = \"STOP_APP_KEY\"\nsecret_key_env = \"STOP_SECRET_KEY\"\n\
             [feed]\nreconnect_min_ms = 20\nreconnect_max_ms = 200\n{}\n[kill]\n{}\n{limits}",
            broker.rest_url(),
            broker.ws_url(),
            wanted.feed,
            wanted.kill,
        );
        for (number, params) in wanted.strategies.iter().enumerate() {
            let name = ["one", "two", "three"][number];
            config += &format!(
                "[[strategy]]\nname = \"{name}\"\nplugin = \"{}\"\ntypes = [\"0B\", \"00\"]\n\
                 symbols = [\"005930\"]\nparams = {{ {params} }}\n",
                rester().display()
            );
        }
        std::fs::write(folder.path().join("run.toml"), config).unwrap();
        Self { folder, broker, strategies: wanted.strategies.len() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts an empty file beside the configuration.
    pub(crate) fn write(&self, name: &str) {
        std::fs::write(self.path().join(name), "").unwrap();
    }

    /// Puts other words into the configuration.
    #[track_caller]
    pub(crate) fn rewrite(&self, from: &str, to: &str) {
        let path = self.path().join("run.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn latch(&self) -> PathBuf {
        self.path().join("kill-mock.latch")
    }

    /// `engine ARGUMENTS` in the folder of the configuration.
    pub(crate) fn engine(&self, arguments: &[&str]) -> Command {
        let mut command = engine();
        command.current_dir(self.path()).args(arguments);
        command.env("STOP_APP_KEY", APP_KEY).env("STOP_SECRET_KEY", SECRET_KEY);
        command
    }

    /// `engine run`, once the broker's books hold so many orders and the strategies know it.
    #[track_caller]
    pub(crate) fn start(&self, orders: usize, arguments: &[&str]) -> Running {
        self.start_as(orders, &[&["--json"], arguments].concat())
    }

    /// The same, with what a person reads at the end.
    #[track_caller]
    pub(crate) fn start_as(&self, orders: usize, arguments: &[&str]) -> Running {
        let all = [&["run", "run.toml"], arguments].concat();
        let mut running = Running::start(self.engine(&all));
        self.wait(&mut running, "the orders rest", || self.open() == orders);
        let known = || self.logged("all of them rest").len() == self.strategies;
        self.wait(&mut running, "the strategy knows it", known);
        running
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub(crate) fn wait(
        &self,
        running: &mut Running,
        what: &str,
        mut condition: impl FnMut() -> bool,
    ) {
        let begun = Instant::now();
        running.wait_until(what, || {
            assert!(begun.elapsed() < DEADLINE, "never: {what}");
            condition()
        });
    }

    /// Orders that still work, in the broker's books.
    pub(crate) fn open(&self) -> usize {
        self.broker.books(APP_KEY).unwrap().open_orders.len()
    }

    /// Fills, in the broker's books.
    pub(crate) fn fills(&self) -> usize {
        self.broker.books(APP_KEY).unwrap().fills.len()
    }

    /// The log of the newest run; empty while there is none.
    pub(crate) fn log(&self) -> String {
        let runs = std::fs::read_dir(self.path().join("runs"));
        let newest = runs.ok().and_then(|runs| runs.map(|run| run.unwrap().path()).max());
        let log = newest.map(|run| std::fs::read_to_string(run.join("engine.log")));
        log.and_then(Result::ok).unwrap_or_default()
    }

    /// The lines of that log that hold a text.
    pub(crate) fn logged(&self, wanted: &str) -> Vec<String> {
        self.log().lines().filter(|line| line.contains(wanted)).map(str::to_owned).collect()
    }

    /// Asserts that an order after the fact was denied for this reason.
    #[track_caller]
    pub(crate) fn was_denied(&self, refusal: Refusal) {
        self.was_denied_for_one_of(&[refusal]);
    }

    /// The same for one of these reasons.
    #[track_caller]
    pub(crate) fn was_denied_for_one_of(&self, refusals: &[Refusal]) {
        let denied = |refusal: &Refusal| {
            !self.logged(&format!("denied refusal={}", refusal.code())).is_empty()
        };
        assert!(refusals.iter().any(denied), "not denied: {refusals:?}");
    }

    /// A run that does not start, as the kill switch is pulled, until a person re-arms.
    #[track_caller]
    pub(crate) fn stays_killed_until_rearmed(&self) {
        let refused = run(self.engine(&["run", "run.toml"])).ended_with(STOPPED);
        assert!(refused.stderr.contains("engine rearm run.toml"), "{}", refused.stderr);
        self.rearm();
    }

    /// After the switch was re-armed a run trades as ever.
    #[track_caller]
    pub(crate) fn trades_again(&self) {
        let again = run(self.engine(&["run", "run.toml", "--duration", "2s", "--json"]));
        assert_eq!(again.code, Some(0), "{}\n{}", again.stdout, again.stderr);
        assert_eq!(summary(&again)["ended"], "the time was up");
    }

    /// A person re-arms.
    #[track_caller]
    pub(crate) fn rearm(&self) {
        run(self.engine(&["rearm", "run.toml", "--yes"])).ended_with(0);
        assert!(!self.latch().exists());
    }
}

/// What the broker did and what the engine logged, beside whatever a test that fails says.
impl Drop for Setup {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the broker: {:#?}\nthe log:\n{}", self.broker.report(), self.log());
        }
    }
}

/// The summary that a run printed.
#[track_caller]
pub(crate) fn summary(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", finished.stdout, finished.stderr))
}

/// The problems that a summary names, one a line.
pub(crate) fn problems(summary: &Value) -> String {
    let all = summary["problems"].as_array().unwrap().iter();
    all.map(|problem| problem.as_str().unwrap().to_owned() + "\n").collect()
}

/// The strategy, compiled once.
fn rester() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let source = folder.path().join("rester.c");
        std::fs::write(&source, include_str!("plugins/rester.c")).unwrap();
        let library = folder.path().join("rester.so");
        let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../strategy-api/include");
        let output = Command::new("cc")
            .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I"])
            .args([include, "-o".into(), library.clone(), source])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (folder, library)
    });
    path
}

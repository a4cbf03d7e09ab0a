//! A broker of the test, a folder with a configuration, and engines in it that can be made to die.

use crate::process::{Finished, Running, engine};
use crate::relay::Relay;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub(crate) const APP_KEY: &str = "CRASH-KEY";
/// The instrument of all orders.
pub(crate) const CODE: &str = "005930";
/// Ten in the morning in Korea, seconds of a day of UTC.
const TEN_KST: i64 = 3600;
const DAY: i64 = 86_400;
/// From UTC to Korea, seconds.
const KST: i64 = 9 * 3600;
/// Longest wait for something that must happen.
const DEADLINE: Duration = Duration::from_secs(120);

/// Where an engine dies by its own write.
pub(crate) struct Death {
    /// What the path of the file contains; `None`: a socket.
    pub(crate) file: Option<&'static str>,
    /// What the bytes contain.
    pub(crate) text: &'static str,
    /// Which of these writes, from 1.
    pub(crate) nth: u32,
    /// `before`, `within` or `after`.
    pub(crate) when: &'static str,
}

impl Death {
    /// Around the journal line of a strategy's nth wish.
    pub(crate) fn journal(when: &'static str, nth: u32) -> Self {
        Self { file: Some("/orders-"), text: "\"in\":\"wish\"", nth, when }
    }

    /// Around the write of the nth order, modification or cancel.
    pub(crate) fn wire(when: &'static str, nth: u32) -> Self {
        Self { file: None, text: "POST /api/dostk/ordr", nth, when }
    }

    /// Lets a process die there.
    pub(crate) fn arm(&self, command: &mut Command) {
        command.env("CRASH_TEXT", self.text).env("CRASH_NTH", self.nth.to_string());
        command.env("CRASH_WHEN", self.when);
        if let Some(file) = self.file {
            command.env("CRASH_FILE", file);
        }
    }
}

/// See the [module documentation](self).
pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) broker: sim::Broker,
    pub(crate) relay: Relay,
    /// Seconds from the machine's clock to the broker's.
    shift: i64,
    /// Further lines under `[orders]`.
    orders: &'static str,
    /// Lines under `[session]`.
    session: &'static str,
}

impl Setup {
    /// A broker whose day is at ten in the morning, with these faults.
    pub(crate) fn new(faults: &[&str]) -> Self {
        let trading = sim::orders::Trading {
            cash: 1_000_000_000_000,
            positions: vec!["005930:100:260000".parse().unwrap()],
            calls_per_second: 0,
            faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..sim::orders::Trading::default()
        };
        let broker = sim::start(sim::Options {
            frames_per_second: 100,
            plain: true,
            mock: true,
            day_start: "10:00:00".parse().unwrap(),
            // An interruption would keep strategies from trading for two minutes.
            news: false,
            trading,
            ..sim::Options::default()
        })
        .unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let ahead = (TEN_KST - now).rem_euclid(DAY);
        // By half a day at most: a token is good for one.
        let shift = if ahead > DAY / 2 { ahead - DAY } else { ahead };
        let relay = Relay::before(&broker.rest_url());
        let folder = TempDir::new().unwrap();
        let session = "calendar = \"always\"";
        let setup = Self { folder, broker, relay, shift, orders: "", session };
        setup.script("");
        setup
    }

    /// With further lines under `[orders]`.
    pub(crate) fn with(self, orders: &'static str) -> Self {
        Self { orders, ..self }
    }

    /// With these lines under `[session]`.
    pub(crate) fn with_session(self, session: &'static str) -> Self {
        Self { session, ..self }
    }

    /// On the last weekday, today or before it.
    pub(crate) fn on_a_weekday(self) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        // The first day of 1970 was a Thursday: 0 is a Monday.
        let weekday = |shift: i64| ((now + shift + KST).div_euclid(DAY) + 3).rem_euclid(7);
        let mut shift = self.shift;
        while weekday(shift) > 4 {
            shift -= DAY;
        }
        Self { shift, ..self }
    }

    /// Writes the configuration: a strategy that does these steps (see `trader.c`).
    pub(crate) fn script(&self, steps: &str) {
        let config = format!(
            r#"mode = "mock"
[broker]
rest_url = "{rest}"
websocket_url = "{websocket}"
app_key_env = "CRASH_APP_KEY"
secret_key_env = "CRASH_SECRET_KEY"
[feed]
reconnect_min_ms = 20
poll = "block"
[gateway]
wait = "block"
[orders]
journal = "orders"
lines = 2
reply_timeout_ms = 2000
cancel_on_end = false
{orders}
[risk]
order_quantity_max = 1_000_000
order_value_max = 1_000_000_000_000
collar_bps = 3000
window_move_bps = 6000
broker_orders_per_second = 20
[risk.account]
position_quantity_max = 1_000_000
position_value_max = 1_000_000_000_000
exposure_max = 1_000_000_000_000
daily_loss_max = 100_000_000_000
messages_per_second = 50
[risk.strategy]
position_quantity_max = 1_000_000
position_value_max = 1_000_000_000_000
exposure_max = 1_000_000_000_000
daily_loss_max = 100_000_000_000
messages_per_second = 50
[session]
{session}
[kill]
latch = "kill.latch"
feed_max_ms = 0
strategy_max_ms = 0
gateway_max_ms = 0
[telemetry]
directory = "runs"
interval_ms = 200
[[strategy]]
name = "trader"
plugin = "{trader}"
wait = "block"
types = ["0B", "00", "04"]
symbols = ["{CODE}"]
params = {{ steps = "{steps}" }}
"#,
            rest = self.relay.url(),
            websocket = self.broker.ws_url(),
            orders = self.orders,
            session = self.session,
            trader = libraries().trader.display(),
        );
        std::fs::write(self.path().join("run.toml"), config).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The files of the order journal, oldest first.
    pub(crate) fn journals(&self) -> Vec<PathBuf> {
        let Ok(files) = std::fs::read_dir(self.path().join("orders")) else { return Vec::new() };
        let files = files.map(|file| file.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        files.sort();
        files
    }

    /// Whether a line of the journal contains a text.
    pub(crate) fn journal_has(&self, text: &str) -> bool {
        self.journals().iter().any(|path| std::fs::read_to_string(path).unwrap().contains(text))
    }

    /// Waits for something outside of the engine.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < DEADLINE, "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn latch(&self) -> PathBuf {
        self.path().join("kill.latch")
    }

    /// `engine ARGUMENTS` in the folder, at the broker's time of day.
    pub(crate) fn engine(&self, arguments: &[&str]) -> Command {
        let mut command = engine();
        command.current_dir(self.path()).args(arguments);
        command.env("CRASH_APP_KEY", APP_KEY).env("CRASH_SECRET_KEY", "CRASH-SECRET");
        command.env("LD_PRELOAD", &libraries().killer);
        command.env("CRASH_SHIFT", self.shift.to_string());
        command
    }

    /// Starts `engine run`, and waits until the strategy starts with the books in its hands.
    #[track_caller]
    pub(crate) fn start(&self) -> Running {
        let earlier = self.newest_run();
        let mut running = self.start_early();
        running.wait_until("the strategy starts", || {
            self.newest_run() != earlier && !self.said("start end").is_empty()
        });
        running
    }

    /// Starts `engine run`, and does not wait.
    pub(crate) fn start_early(&self) -> Running {
        Running::start(self.engine(&["run", "run.toml", "--json"]))
    }

    /// Runs the engine until it dies there.
    #[track_caller]
    pub(crate) fn run_until(&self, steps: &str, death: &Death) {
        self.script(steps);
        let mut command = self.engine(&["run", "run.toml", "--json"]);
        death.arm(&mut command);
        is_killed(Running::start(command).finish());
        self.relay.wait_until_calm();
    }

    /// Starts the engine with these steps, waits until something has happened, and kills it.
    #[track_caller]
    pub(crate) fn kill_when(&self, steps: &str, what: &str, condition: impl FnMut() -> bool) {
        self.script(steps);
        let mut running = self.start();
        running.wait_until(what, condition);
        kill(running);
    }

    /// The folder of the newest run.
    pub(crate) fn newest_run(&self) -> Option<PathBuf> {
        let runs = std::fs::read_dir(self.path().join("runs")).ok()?;
        runs.map(|run| run.unwrap().path()).max()
    }

    /// What the strategy said in the newest run, line by line, of those that begin with a text.
    pub(crate) fn said(&self, beginning: &str) -> Vec<String> {
        let Some(run) = self.newest_run() else { return Vec::new() };
        let log = std::fs::read_to_string(run.join("engine.log")).unwrap_or_default();
        let (tag, mut said) = ("strategy=\"trader\"", Vec::new());
        for line in log.lines().filter(|line| line.contains(tag)) {
            if let Some(at) = line.find(beginning) {
                said.push(line[at..].replace(tag, "").trim().to_owned());
            }
        }
        said
    }
}

/// Ends an engine as a power switch would.
#[track_caller]
pub(crate) fn kill(running: Running) {
    running.signal("KILL");
    is_killed(running.finish());
}

/// It died as it should.
#[track_caller]
fn is_killed(finished: Finished) {
    let Finished { code, stdout, stderr } = finished;
    assert_eq!(code, None, "it was not killed\nstdout:\n{stdout}\nstderr:\n{stderr}");
}

/// What `--json` printed.
#[track_caller]
pub(crate) fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// What the tests load into the engine.
struct Libraries {
    trader: PathBuf,
    killer: PathBuf,
    _folder: TempDir,
}

fn libraries() -> &'static Libraries {
    static LIBRARIES: OnceLock<Libraries> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let trader = compile(include_str!("trader.c"), folder.path(), "trader", "c11");
        let killer = compile(include_str!("killer.c"), folder.path(), "killer", "gnu11");
        Libraries { trader, killer, _folder: folder }
    })
}

fn compile(code: &str, folder: &Path, name: &str, standard: &str) -> PathBuf {
    let source = folder.join(format!("{name}.c"));
    std::fs::write(&source, code).unwrap();
    let library = folder.join(format!("{name}.so"));
    let headers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../strategy-api/include");
    let output = Command::new("cc")
        .args([&format!("-std={standard}"), "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC"])
        .args(["-shared", "-I"])
        .arg(headers)
        .arg("-o")
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

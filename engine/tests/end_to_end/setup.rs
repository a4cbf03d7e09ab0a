//! Configurations in folders of their own, plugins, and a broker outside of the engine.

use crate::process::engine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Compiles C code to a plugin `directory/NAME.so`.
pub(crate) fn compile(code: &str, directory: &Path, name: &str) -> PathBuf {
    let source = directory.join(format!("{name}.c"));
    std::fs::write(&source, code).unwrap();
    let library = directory.join(format!("{name}.so"));
    let output = Command::new("cc")
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I"])
        .arg(workspace().join("strategy-api/include"))
        .arg("-o")
        .arg(&library)
        .arg(source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

/// The plugin that writes down what happens to it; compiled once.
pub(crate) fn watcher() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let directory = TempDir::new().unwrap();
        let library = compile(include_str!("plugins/watcher.c"), directory.path(), "watcher");
        (directory, library)
    });
    path
}

/// A folder with a configuration, in which the engine runs.
pub(crate) struct Setup {
    folder: TempDir,
}

impl Setup {
    /// Writes `run.toml`. Runs go to the folder `runs` beside it.
    pub(crate) fn new(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let telemetry = "\n[telemetry]\ndirectory = \"runs\"\ninterval_ms = 200\n";
        // In front of the strategies, so that a test can end with a strategy's keys.
        let config = match config.split_once("[[strategy]]") {
            Some((head, tail)) => format!("{head}{telemetry}\n[[strategy]]{tail}"),
            None => format!("{config}{telemetry}"),
        };
        std::fs::write(folder.path().join("run.toml"), config).unwrap();
        Self { folder }
    }

    /// The same against a broker outside: mode "mock", `[broker]` and, as its day is its own, a calendar
    /// without nights are written in front.
    pub(crate) fn at(broker: &sim::Broker, credentials: &str, config: &str) -> Self {
        let head = format!(
            "mode = \"mock\"\n[broker]\nrest_url = \"{}\"\nwebsocket_url = \"{}\"\n\
             ca_file = \"ca.pem\"\n{credentials}\n[session]\ncalendar = \"always\"\n",
            broker.rest_url(),
            broker.ws_url()
        );
        let setup = Self::new(&format!("{head}{config}"));
        setup.write("ca.pem", broker.certificate_pem());
        setup
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// `engine run run.toml` with further arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Command {
        let mut command = engine();
        command.current_dir(self.folder.path()).args(["run", "run.toml"]).args(arguments);
        command
    }

    /// The folder of the only run so far, once it is there.
    pub(crate) fn run_folder(&self) -> Option<PathBuf> {
        let mut runs = std::fs::read_dir(self.folder.path().join("runs")).ok()?;
        let folder = runs.next()?.unwrap().path();
        assert!(runs.next().is_none(), "one run makes one folder");
        Some(folder)
    }

    /// A file of the only run so far; empty while it is not there.
    pub(crate) fn run_file(&self, name: &str) -> String {
        let folder = self.run_folder();
        folder
            .and_then(|folder| std::fs::read_to_string(folder.join(name)).ok())
            .unwrap_or_default()
    }

    /// The lines that a strategy logged, of those that hold a text.
    pub(crate) fn logged(&self, strategy: &str, wanted: &str) -> Vec<String> {
        let tag = format!("strategy=\"{strategy}\"");
        let log = self.run_file("engine.log");
        let own = log.lines().filter(|line| line.contains(&tag) && line.contains(wanted));
        own.map(str::to_owned).collect()
    }
}

/// `NAME=123` in a line that a strategy logged.
#[track_caller]
pub(crate) fn number_in(line: &str, name: &str) -> u64 {
    number_after(line, &format!("{name}="))
}

/// The number behind the first occurrence of a text.
#[track_caller]
pub(crate) fn number_after(line: &str, text: &str) -> u64 {
    let (_, rest) = line.split_once(text).unwrap_or_else(|| panic!("no {text:?} in {line}"));
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

/// What a watcher said at its end: trades, own orders, positions.
#[track_caller]
pub(crate) fn logged_counts(setup: &Setup, name: &str) -> [u64; 3] {
    let lines = setup.logged(name, "goodbye");
    assert_eq!(lines.len(), 1, "{}", setup.run_file("engine.log"));
    ["trades", "orders", "balances"].map(|count| number_in(&lines[0], count))
}

/// The summary that `--json` printed; nothing else stands on standard output.
#[track_caller]
pub(crate) fn summary(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// One strategy of a summary.
#[track_caller]
pub(crate) fn strategy<'v>(summary: &'v Value, name: &str) -> &'v Value {
    let strategies = summary["strategies"].as_array().unwrap();
    strategies.iter().find(|strategy| strategy["name"] == name).unwrap()
}

/// The problems of a summary.
pub(crate) fn problems(summary: &Value) -> Vec<&str> {
    summary["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

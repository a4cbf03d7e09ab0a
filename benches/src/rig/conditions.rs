//! Under which conditions the figures came about: without them they mean nothing.

use super::pauses::Pauses;
use serde::Serialize;
use std::fmt::Write;
use std::process::Command;

/// Crates whose versions decide about the figures.
const CRATES: [&str; 11] = [
    "tungstenite",
    "tokio-tungstenite",
    "tokio",
    "tokio-rustls",
    "rustls",
    "aws-lc-rs",
    "serde",
    "serde_json",
    "sonic-rs",
    "reqwest",
    "hyper",
];
const LOCK: &str = include_str!("../../../Cargo.lock");

/// The conditions of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Conditions {
    /// Model of the processor.
    pub cpu: String,
    /// Cores that may be used.
    pub cores: usize,
    /// Kernel.
    pub kernel: String,
    /// Frequency governor of core 0; "none" where the machine has none, as in most guests.
    pub governor: String,
    /// The kernel's clock source.
    pub clock_source: String,
    /// Load averages at the beginning.
    pub load_before: String,
    /// Load averages at the end.
    pub load_after: String,
    /// Part of the time in which the machine's host gave the cores to somebody else, percent.
    pub steal_percent: f64,
    /// Part of the time in which anything ran on the cores, percent.
    pub busy_percent: f64,
    /// What a loop that only reads the clock loses on the cores of sender and client; before the first round.
    pub pauses: Vec<Pauses>,
    /// What ran where.
    pub pinning: String,
    /// Scheduling class and priority, which the processes of a run inherit.
    pub scheduling: String,
    /// The compiler on the path.
    pub compiler: String,
    /// How this program was built.
    pub build: String,
    /// The commit, where git knows.
    pub commit: String,
    /// Versions of the peers and of what all share.
    pub versions: Vec<(String, String)>,
    /// Python and its library, where that client took part.
    pub python: Option<String>,
}

impl Conditions {
    /// The conditions now, at the beginning.
    pub fn now(pinning: String) -> Self {
        let read = |path| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        let unknown = || "unknown".to_owned();
        let cpu = read("/proc/cpuinfo").and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
            Some(line.split_once(':')?.1.trim().to_owned())
        });
        let clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
        Self {
            cpu: cpu.unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: output("uname", &["-sr"]).unwrap_or_else(unknown),
            governor: read(governor).unwrap_or_else(|| "none".to_owned()),
            clock_source: read(clock).unwrap_or_else(unknown),
            load_before: load(),
            load_after: String::new(),
            steal_percent: 0.0,
            busy_percent: 0.0,
            pauses: Vec::new(),
            pinning,
            scheduling: scheduling().unwrap_or_else(unknown),
            compiler: output("rustc", &["-V"]).unwrap_or_else(unknown),
            build: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
            commit: output("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown),
            versions: CRATES
                .iter()
                .filter_map(|name| Some((name.to_string(), version(name)?)))
                .collect(),
            python: None,
        }
    }

    /// Adds what is known at the end.
    pub fn complete(&mut self, since: &Ticks) {
        self.load_after = load();
        let now = Ticks::now();
        let all = (now.all - since.all).max(1) as f64 / 100.0;
        self.steal_percent = (now.steal - since.steal) as f64 / all;
        self.busy_percent = 100.0 - (now.idle - since.idle) as f64 / all;
    }

    /// Whether other programs took part in the machine's time: at the beginning, when the rig did
    /// nothing yet, more than half a core was in use.
    pub fn is_busy(&self) -> bool {
        let first = self.load_before.split(' ').next().and_then(|load| load.parse::<f64>().ok());
        first.is_some_and(|load| load > 0.5)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let versions: Vec<_> = self.versions.iter().map(|(n, v)| format!("{n} {v}")).collect();
        let mut line = |key: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {key:<13}{value}");
        };
        line("cpu", &format!("{}, {} cores", self.cpu, self.cores));
        line("kernel", &self.kernel);
        line("governor", &format!("{}; clock source {}", self.governor, self.clock_source));
        line(
            "load",
            &format!(
                "{} before, {} after; {:.0} % busy, {:.1} % stolen by the host",
                self.load_before, self.load_after, self.busy_percent, self.steal_percent
            ),
        );
        let pauses: Vec<_> = self.pauses.iter().map(Pauses::text).collect();
        if !pauses.is_empty() {
            let loses = "a loop that only reads the clock loses, in pauses of 10 µs and more:";
            line("pauses", &format!("{loses} {}", pauses.join("; ")));
        }
        line("pinning", &self.pinning);
        line("scheduling", &self.scheduling);
        line("build", &format!("{}, {}, commit {}", self.build, self.compiler, self.commit));
        line("versions", &versions.join(", "));
        if let Some(python) = &self.python {
            line("python", python);
        }
        text
    }
}

/// The kernel's count of where time went, over all cores.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ticks {
    all: u64,
    idle: u64,
    steal: u64,
}

impl Ticks {
    /// The count now; zeros where the kernel does not tell.
    pub fn now() -> Self {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).map_while(|t| t.parse().ok()).collect();
        let at = |place: usize| ticks.get(place).copied().unwrap_or(0);
        // user nice system idle iowait irq softirq steal; what follows is counted in user already.
        Self { all: ticks.iter().take(8).sum(), idle: at(3) + at(4), steal: at(7) }
    }
}

/// This process's scheduling class, as the kernel tells it.
fn scheduling() -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything, the third field follows.
    let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let (nice, priority, policy) = (field(19)?, field(40)?, field(41)?);
    Some(match policy {
        "0" => format!("normal, nice {nice}"),
        "1" => format!("real time (FIFO), priority {priority}"),
        "2" => format!("real time (round robin), priority {priority}"),
        other => format!("class {other}"),
    })
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// First line of what a program says; `None` when it is not there or fails.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

fn version(name: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let lock: Lock = toml::from_str(LOCK).ok()?;
    lock.package.into_iter().find(|package| package.name == name).map(|package| package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_every_peer_is_known() {
        for name in CRATES {
            assert!(version(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_conditions_end_with_the_load_and_the_share_of_others() {
        let since = Ticks::now();
        let mut conditions = Conditions::now("sender on 0".into());
        conditions.pauses = vec![Pauses { core: 7, ..Pauses::default() }];
        conditions.complete(&since);
        let text = conditions.text();
        for part in ["sender on 0", "sonic-rs", "scheduling", "core 7: 0.00 %"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

//! The clients, each in a process of its own. All of them log in, register the same instruments, take
//! frames until the sender closes, and leave [marks](super::marks).

pub mod engine;
pub mod floor;
pub mod http;
pub mod parsed;
pub mod polled;
pub mod probe;
pub mod tls;
pub mod tokio;

use super::frames;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Client {
    /// This engine as it runs with strategy and gateway on the feed thread.
    Engine,
    /// This engine as it runs with a thread each for feed, strategy and gateway.
    EngineThreads,
    /// tokio-tungstenite and serde_json.
    TokioSerde,
    /// tokio-tungstenite and sonic-rs.
    TokioSonic,
    /// tungstenite, polled without sleep, and sonic-rs.
    PolledSonic,
    /// A reader that polls without sleep and parses nothing.
    Floor,
    /// Python, websockets and json.
    Python,
}

impl Client {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Engine,
        Self::EngineThreads,
        Self::TokioSerde,
        Self::TokioSonic,
        Self::PolledSonic,
        Self::Floor,
        Self::Python,
    ];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::EngineThreads => "engine-threads",
            Self::TokioSerde => "tokio-serde",
            Self::TokioSonic => "tokio-sonic",
            Self::PolledSonic => "polled-sonic",
            Self::Floor => "floor",
            Self::Python => "python",
        }
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Engine => "this engine, strategy and gateway on the feed thread",
            Self::EngineThreads => "this engine, strategy and gateway on threads of their own",
            Self::TokioSerde => "tokio-tungstenite + serde_json (derive), current_thread",
            Self::TokioSonic => "tokio-tungstenite + sonic-rs (derive), current_thread",
            Self::PolledSonic => "tungstenite polled without sleep + sonic-rs (derive)",
            Self::Floor => "a reader polled without sleep that parses nothing",
            Self::Python => "Python, websockets + json",
        }
    }

    /// Whether it goes on until it is told to end.
    pub fn ends_by_signal(self) -> bool {
        matches!(self, Self::Engine | Self::EngineThreads)
    }

    /// Runs it in this process, to the sender's end.
    ///
    /// # Errors
    /// Whatever goes wrong.
    pub fn run(self, job: &Job) -> anyhow::Result<Extra> {
        match self {
            Self::Engine => engine::run(job, "inline"),
            Self::EngineThreads => engine::run(job, "threads"),
            Self::TokioSerde => tokio::run(job, parsed::serde),
            Self::TokioSonic => tokio::run(job, parsed::sonic),
            Self::PolledSonic => polled::run(job, parsed::sonic),
            Self::Floor => floor::run(job),
            Self::Python => {
                anyhow::bail!("the Python client is a script, not a part of this program")
            }
        }
    }
}

/// What a client is told.
#[derive(Clone, Debug, Serialize, Deserialize, clap::Args)]
pub struct Job {
    /// Port of the sender on 127.0.0.1.
    #[arg(long)]
    pub port: u16,
    /// Port of the sender's order desk.
    #[arg(long, default_value_t = 0)]
    pub orders_port: u16,
    /// An order leaves on every so many frames; 0: none does.
    #[arg(long, default_value_t = 0)]
    pub orders_every: u64,
    /// The sender's certificate, PEM.
    #[arg(long)]
    pub certificate: PathBuf,
    /// Where the marks go.
    #[arg(long)]
    pub marks: PathBuf,
    /// Frames that will come.
    #[arg(long)]
    pub frames: usize,
    /// Core of the client, or of its feed thread.
    #[arg(long)]
    pub core: usize,
    /// Further cores for the engine's strategy and gateway; none: they share the feed's.
    #[arg(long, value_delimiter = ',')]
    pub more_cores: Vec<usize>,
    /// The engine's plugin, built.
    #[arg(long)]
    pub plugin: PathBuf,
    /// How the engine's feed thread waits for bytes: spin, auto or block.
    #[arg(long, default_value = "spin")]
    pub poll: String,
}

impl Job {
    /// Address of the sender.
    pub fn url(&self) -> String {
        format!("wss://127.0.0.1:{}{}", self.port, super::sender::PATH)
    }

    /// Where orders go.
    pub fn orders_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.orders_port)
    }

    /// Every so many trades the decision function hands over an order: the markers, where orders leave.
    pub fn decide_every(&self) -> u64 {
        if self.orders_every > 0 { self.orders_every } else { super::ORDER_EVERY }
    }

    /// The sender's certificate.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn certificate_pem(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.certificate).context("cannot read the sender's certificate")
    }

    /// Pins the calling thread to the client's core.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pin(&self) -> anyhow::Result<()> {
        pin(self.core)
    }
}

/// Pins the calling thread.
///
/// # Errors
/// When the system refuses: the figures would mean something else then.
pub fn pin(core: usize) -> anyhow::Result<()> {
    // The system's set of cores has 1,024 places; the library does not ask.
    let pinned = core < 1_024 && core_affinity::set_for_current(core_affinity::CoreId { id: core });
    anyhow::ensure!(pinned, "cannot pin a thread to core {core}; is it there, and allowed?");
    Ok(())
}

/// What a client can tell beyond its marks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Extra {
    /// The engine's own split of the way.
    pub hops: Vec<Hop>,
}

/// One hop of the engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// Its name, as in the engine's own tables.
    pub name: String,
    /// How many were counted.
    pub count: u64,
    /// Median, nanoseconds.
    pub p50: u64,
    /// 99th percentile, nanoseconds.
    pub p99: u64,
}

/// The login.
pub fn login_text() -> String {
    r#"{"trnm":"LOGIN","token":"rig"}"#.to_owned()
}

/// The registration of every instrument's trades.
pub fn register_text() -> String {
    let items = frames::items();
    serde_json::json!({
        "trnm": "REG", "grp_no": "1", "refresh": "1",
        "data": [{"item": items, "type": ["0B"]}],
    })
    .to_string()
}

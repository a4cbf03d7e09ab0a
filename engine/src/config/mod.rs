//! The configuration: read once, checked whole, then only derived and asserted values are left.
//!
//! Every key is documented in the files under `configs/`.

mod load;
mod orders;
mod pace;
mod reader;
mod session;

pub use load::{ConfigError, load, parse};
pub use orders::Orders;
pub use reader::Problem;
pub use session::{Calendar, Session};

use crate::risk::{Limits, RiskConfig};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use strategy_api::{Kind, Venue};

/// Which broker the engine talks to, and what becomes of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The simulated broker, embedded in the process.
    Sim,
    /// The real feed; orders stop after the gate.
    DryRun,
    /// The broker's mock server.
    Mock,
    /// Real money; needs `--live` besides.
    Live,
}

impl Mode {
    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::DryRun => "dry-run",
            Self::Mock => "mock",
            Self::Live => "live",
        }
    }
}

/// A whole, checked configuration.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// See [`Mode`].
    pub mode: Mode,
    /// `[broker]`; in sim mode only the parts that the embedded broker does not decide itself.
    pub broker: Broker,
    /// `[sim]`.
    pub sim: Sim,
    /// `[feed]`.
    pub feed: Feed,
    /// `[gateway]`.
    pub gateway: Gateway,
    /// `[orders]`.
    pub orders: Orders,
    /// `[risk]`.
    pub risk: RiskConfig,
    /// `[session]`.
    pub session: Session,
    /// `[kill]`.
    pub kill: Kill,
    /// `[telemetry]`.
    pub telemetry: Telemetry,
    /// `[[strategy]]`, in the order of the file.
    #[serde(rename = "strategy")]
    pub strategies: Vec<Strategy>,
}

/// `[broker]`.
#[derive(Clone, Debug, Serialize)]
pub struct Broker {
    /// Base of the REST calls, without a slash at the end; empty in sim mode.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_url: String,
    /// The WebSocket; empty in sim mode.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub websocket_url: String,
    /// Further certificate authority to trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// Where app key and secret come from.
    #[serde(flatten, skip_serializing_if = "Credentials::is_embedded")]
    pub credentials: Credentials,
}

/// Where app key and secret come from. The secrets themselves are never part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Credentials {
    /// Made up for the embedded broker.
    Embedded,
    /// Two environment variables.
    Environment {
        /// Variable that holds the app key.
        app_key_env: String,
        /// Variable that holds the secret key.
        secret_key_env: String,
    },
    /// A TOML file with `app_key` and `secret_key`, which only its owner may read.
    File {
        /// The file.
        credentials_file: PathBuf,
    },
}

impl Credentials {
    fn is_embedded(&self) -> bool {
        *self == Self::Embedded
    }
}

/// `[sim]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sim {
    /// Seed of the market.
    pub seed: u64,
    /// Frames a second over all registrations; 0: as fast as they are taken.
    pub frames_per_second: u32,
    /// Instruments listed.
    pub instruments: usize,
    /// Wall clock in Korea at which the simulated day starts.
    pub day_start: String,
    /// Seconds of the simulated day in one real second.
    pub time_compression: f64,
    /// No TLS.
    pub plain: bool,
    /// Core of the broker's thread.
    pub core: Option<usize>,
}

/// How the feed thread waits for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Poll {
    /// Never sleeps.
    Spin,
    /// Sleeps in the kernel.
    Block,
    /// Spins a little, then sleeps.
    Auto,
}

/// Where strategies and the gateway run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    /// Each on a thread of its own.
    Threads,
    /// All on the feed thread.
    Inline,
}

/// `[feed]`.
#[derive(Clone, Debug, Serialize)]
pub struct Feed {
    /// See [`Dispatch`].
    pub dispatch: Dispatch,
    /// See [`Poll`].
    pub poll: Poll,
    /// Core of the feed thread.
    pub core: Option<usize>,
    /// Whether PING is echoed.
    #[serde(rename = "ping", serialize_with = "ping_word")]
    pub ping_echo: bool,
    /// Whether to connect again after another session took over the app key.
    #[serde(rename = "on_takeover", serialize_with = "takeover_word")]
    pub reconnect_on_takeover: bool,
    /// Most items registered on the connection.
    pub items_max: usize,
    /// Deadline of TCP, TLS and WebSocket handshake together.
    #[serde(rename = "connect_timeout_ms", serialize_with = "millis")]
    pub connect_timeout: Duration,
    /// Deadline of the LOGIN answer.
    #[serde(rename = "login_timeout_ms", serialize_with = "millis")]
    pub login_timeout: Duration,
    /// Deadline of each REG answer.
    #[serde(rename = "register_timeout_ms", serialize_with = "millis")]
    pub register_timeout: Duration,
    /// Longest silence before the connection counts as dead.
    #[serde(rename = "silence_timeout_ms", serialize_with = "millis")]
    pub silence_timeout: Duration,
    /// First pause before a new connection.
    #[serde(rename = "reconnect_min_ms", serialize_with = "millis")]
    pub reconnect_min: Duration,
    /// Longest pause before a new connection.
    #[serde(rename = "reconnect_max_ms", serialize_with = "millis")]
    pub reconnect_max: Duration,
    /// Attempts in a row that may fail before the first login; 0: any number.
    pub login_attempts_max: u32,
    /// Slots of the market ring, a power of two.
    pub market_ring_slots: usize,
    /// Slots of the account ring, a power of two.
    pub account_ring_slots: usize,
    /// Most refused frames kept in the quarantine file of a run.
    pub quarantine_frames: usize,
}

/// `[gateway]`.
#[derive(Clone, Debug, Serialize)]
pub struct Gateway {
    /// Core of the gateway thread.
    pub core: Option<usize>,
    /// How it waits.
    pub wait: Poll,
    /// Commands that one strategy can have waiting, a power of two.
    pub command_ring_slots: usize,
}

/// `[kill]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kill {
    /// File that stops trading while it is there. See [`LatchFile`](crate::kill::LatchFile).
    pub latch: PathBuf,
    /// Dead man's timer: longest silence of the feed while a venue trades continuously. `None` (0 in the
    /// file): not watched. 100 ms to 10 min, default 10 s.
    #[serde(rename = "feed_max_ms", serialize_with = "millis_or_zero")]
    pub feed_max: Option<Duration>,
    /// Dead man's timer: longest callback of a strategy. `None` (0): not watched. 100 ms to 10 min,
    /// default 2 s.
    #[serde(rename = "strategy_max_ms", serialize_with = "millis_or_zero")]
    pub strategy_max: Option<Duration>,
    /// Dead man's timer: longest turn of the gateway's thread. `None` (0): not watched. 100 ms to
    /// 10 min, default 2 s.
    #[serde(rename = "gateway_max_ms", serialize_with = "millis_or_zero")]
    pub gateway_max: Option<Duration>,
}

/// `[telemetry]`.
#[derive(Clone, Debug, Serialize)]
pub struct Telemetry {
    /// Folder that gets a folder for each run.
    pub directory: PathBuf,
    /// Interval of the histogram logs and of the printed progress.
    #[serde(rename = "interval_ms", serialize_with = "millis")]
    pub interval: Duration,
    /// Least severe log that is written.
    pub log_level: String,
}

/// Which instruments a strategy wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbols {
    /// These items, venue suffix included.
    #[serde(rename = "symbols")]
    Items(Vec<String>),
    /// The first N of the simulated broker's list.
    FirstOfSim(usize),
}

/// `[[strategy]]`.
#[derive(Clone, Debug, Serialize)]
pub struct Strategy {
    /// Unique name.
    pub name: String,
    /// Where the plugin comes from.
    #[serde(flatten)]
    pub source: Source,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: Option<String>,
    /// Core of the strategy's thread.
    pub core: Option<usize>,
    /// How the thread waits for events.
    pub wait: Poll,
    /// Instruments.
    #[serde(flatten)]
    pub symbols: Symbols,
    /// Realtime types.
    #[serde(serialize_with = "type_codes")]
    pub types: Vec<Kind>,
    /// Numbers of the stored condition searches it wants to follow (type 02).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Extra fields: type code and FIDs.
    #[serde(serialize_with = "fid_table", skip_serializing_if = "Vec::is_empty")]
    pub extra_fids: Vec<(String, Vec<u16>)>,
    /// Limits of its own; those that are not written are those of `[risk.strategy]`. `None`: all of
    /// them are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Limits>,
    /// Parameters, as TOML text.
    #[serde(serialize_with = "toml_table", skip_serializing_if = "String::is_empty")]
    pub params: String,
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A library.
    Plugin(PathBuf),
    /// A crate, built before the start.
    Crate(PathBuf),
}

/// The realtime types a configuration may name, with their records.
pub const TYPES: &[(&str, Kind)] = &[
    ("00", Kind::ORDER_UPDATE),
    ("02", Kind::CONDITION_MATCH),
    ("04", Kind::BALANCE),
    ("0A", Kind::INDICATIVE_PRICE),
    ("0B", Kind::TRADE),
    ("0C", Kind::BEST_QUOTE),
    ("0D", Kind::DEPTH),
    ("0E", Kind::OFF_HOURS_QUOTE),
    ("0F", Kind::BROKER_FLOW),
    ("0G", Kind::ETF_NAV),
    ("0H", Kind::INDICATIVE_MATCH),
    ("0I", Kind::GOLD_PRICE),
    ("0J", Kind::INDEX_VALUE),
    ("0U", Kind::INDEX_BREADTH),
    ("0g", Kind::INSTRUMENT_INFO),
    ("0m", Kind::WARRANT_THEORY),
    ("0s", Kind::SESSION_STATE),
    ("0u", Kind::WARRANT_INDICATORS),
    ("0w", Kind::PROGRAM_TRADING),
    ("1h", Kind::VOLATILITY_INTERRUPTION),
];

/// The realtime type of a record, `""` for the engine's own.
pub fn type_code(kind: Kind) -> &'static str {
    TYPES.iter().find(|(_, known)| *known == kind).map_or("", |(code, _)| code)
}

/// Whether a type is registered with item `""` (account- or market-wide).
pub fn is_wide(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ORDER_UPDATE | Kind::BALANCE | Kind::SESSION_STATE | Kind::VOLATILITY_INTERRUPTION
    )
}

/// Splits an item into base code and venue: `005930_NX` is `005930` on Nextrade.
pub fn split_item(item: &str) -> (&str, Venue) {
    if let Some(base) = item.strip_suffix("_NX") {
        (base, Venue::NXT)
    } else if let Some(base) = item.strip_suffix("_AL") {
        (base, Venue::SOR)
    } else {
        (item, Venue::KRX)
    }
}

fn type_codes<S: serde::Serializer>(kinds: &[Kind], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(kinds.iter().map(|kind| type_code(*kind)))
}

// The effective configuration is printed in the words in which it is written.

fn millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_millis() as u64)
}

fn millis_or_zero<S: serde::Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    millis(&time.unwrap_or_default(), serializer)
}

fn ping_word<S: serde::Serializer>(echo: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *echo { "echo" } else { "ignore" })
}

fn takeover_word<S: serde::Serializer>(back: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *back { "reconnect" } else { "stop" })
}

fn fid_table<S: serde::Serializer>(
    lists: &[(String, Vec<u16>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(lists.iter().map(|(code, fids)| (code, fids)))
}

fn toml_table<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let table: toml::Table = text.parse().map_err(serde::ser::Error::custom)?;
    table.serialize(serializer)
}

//! What a simulated broker is asked to be.

use crate::clock::TimeOfDay;
use crate::exchange::listing::listing;
use crate::orders::{StartPosition, Trading};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Settings of a simulated broker; `Options::default()` is a broker that any client can use.
#[derive(Clone)]
pub struct Options {
    /// Seed of the market: the same seed and options give the same market events.
    pub seed: u64,
    /// REAL frames per second over all registered instruments; 0 sends as fast as the clients
    /// take them.
    pub frames_per_second: u32,
    /// Number of listed instruments, at least 200.
    pub instruments: usize,
    /// Where the WebSocket listens; port 0 lets the system choose.
    pub ws_listen: SocketAddr,
    /// Where REST listens; port 0 lets the system choose.
    pub rest_listen: SocketAddr,
    /// True: no TLS on either port.
    pub plain: bool,
    /// The accepted pairs of app key and secret; `None` accepts any pair of non-empty texts.
    pub keys: Option<Vec<(String, String)>>,
    /// Time of day (KST) at which the simulated day begins.
    pub day_start: TimeOfDay,
    /// Speed of the market's clock: 1.0 is real time, 60.0 makes a minute of a second.
    pub time_compression: f64,
    /// Whether news move an instrument by 14 % about every half hour of the market, which sets off a
    /// volatility interruption. Without them prices only drift.
    pub news: bool,
    /// Time between two PING messages. The real broker sends one every ten seconds.
    pub ping_interval: Duration,
    /// Unanswered PING messages in a row after which a session is ended with R10002.
    pub pings_unanswered_max: u32,
    /// Time that a connection may take to send its LOGIN before it is ended with R10004.
    pub login_timeout: Duration,
    /// Time from a LOGIN to its answer. The real broker takes 10 to 20 ms.
    pub login_delay: Duration,
    /// Core to pin the broker's thread to. With a core of its own the thread spins and sends each
    /// frame at its moment; without one it wakes about every millisecond.
    pub thread_core: Option<usize>,
    /// Behaves as the mock host: KRX only, no condition search, no SYSTEM frames around LOGIN.
    pub mock: bool,
    /// What a second token issue does to the first token. Sources disagree, so it is a setting.
    pub token_reissue: TokenReissue,
    /// Items that one connection may register, counted with their venue suffixes.
    pub items_max: usize,
    /// Bytes that may wait for one client. With a frame rate a client that falls further behind
    /// is closed; without one the market waits for it for a while first.
    pub outbound_bytes_max: usize,
    /// Orders and accounts: cash, shares, rates, delays, limits, faults.
    pub trading: Trading,
}

/// What issuing a token does to a token that is still valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenReissue {
    /// The same token comes back.
    #[default]
    SameToken,
    /// A new token comes back and the old one is refused from then on.
    NewKillsOld,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            frames_per_second: 2_000,
            instruments: 200,
            ws_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            rest_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            plain: false,
            keys: None,
            day_start: TimeOfDay::new(8, 59, 58),
            time_compression: 1.0,
            news: true,
            ping_interval: Duration::from_secs(10),
            pings_unanswered_max: 5,
            login_timeout: Duration::from_secs(10),
            login_delay: Duration::from_millis(10),
            thread_core: None,
            mock: false,
            token_reissue: TokenReissue::default(),
            items_max: 200,
            outbound_bytes_max: 64 << 20,
            trading: Trading::default(),
        }
    }
}

/// Leaves the keys out: secrets never reach a log.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("seed", &self.seed)
            .field("frames_per_second", &self.frames_per_second)
            .field("instruments", &self.instruments)
            .field("ws_listen", &self.ws_listen)
            .field("rest_listen", &self.rest_listen)
            .field("plain", &self.plain)
            .field("keys", &self.keys.as_ref().map(Vec::len))
            .field("day_start", &self.day_start)
            .field("time_compression", &self.time_compression)
            .field("news", &self.news)
            .field("mock", &self.mock)
            .finish_non_exhaustive()
    }
}

/// Why a simulated broker did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An option is out of its range.
    #[error("option `{option}` of the simulated broker is out of range: {rule}")]
    Option {
        /// Name of the field.
        option: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// A listen address could not be taken.
    #[error("the simulated broker cannot listen on {address}: {source}; choose another port, or 0")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The certificate could not be made.
    #[error("the simulated broker cannot make its certificate: {text}; try `plain`")]
    Certificate {
        /// What the TLS library says.
        text: String,
    },
    /// The thread or its runtime could not be made.
    #[error("the simulated broker cannot start its thread: {source}; check the process limits")]
    Thread {
        /// The system's answer.
        #[from]
        source: std::io::Error,
    },
}

impl Options {
    /// Refuses what cannot work, before anything is started.
    pub(crate) fn checked(self) -> Result<Self, StartError> {
        let refused = |option, rule| Err(StartError::Option { option, rule });
        if self.instruments < 200 {
            return refused("instruments", "at least 200");
        }
        if !(self.time_compression.is_finite() && self.time_compression > 0.0) {
            return refused("time_compression", "a positive number");
        }
        if self.ping_interval.is_zero() {
            return refused("ping_interval", "longer than zero");
        }
        if self.trading.page_rows == 0 {
            return refused("trading.page_rows", "at least 1");
        }
        if self.trading.cash < 0 {
            return refused("trading.cash", "not negative");
        }
        let short = |start: &StartPosition| start.quantity < 1 || start.average_price < 0;
        if self.trading.positions.iter().any(short) {
            return refused(
                "trading.positions",
                "at least one share each, at a price of 0 or more",
            );
        }
        let listed = listing(self.seed, self.instruments);
        let known = |start: &StartPosition| {
            listed.iter().any(|info| info.code == start.symbol && info.market.is_tradable())
        };
        if !self.trading.positions.iter().all(known) {
            return refused("trading.positions", "codes of listed instruments");
        }
        if self.outbound_bytes_max < 1 << 16 {
            return refused("outbound_bytes_max", "at least 65536 bytes");
        }
        Ok(self)
    }
}

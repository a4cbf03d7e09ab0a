//! How a simulated broker is set up.

use crate::clock::TimeOfDay;
use crate::market::listing::{self, InstrumentInfo};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What happens when a token is asked for while one is valid. Sources on the real broker disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TokenReissue {
    /// The same token again; it stays good.
    #[default]
    Same,
    /// A new token; the old one is dead at once.
    NewKillsOld,
}

/// Setup of a simulated broker. [`Options::default`] is a market of 200 instruments about to open,
/// on ports the system picks.
#[derive(Clone)]
pub struct Options {
    /// Seed of everything random. The same seed, options and registrations give the same market.
    pub seed: u64,
    /// Frames a second that all watched instruments give together; 0 is as fast as the clients
    /// take them. Default 2,000.
    pub frames_per_second: u32,
    /// Tradable instruments, from the well-known ones (49) up to 5,000. Default 200.
    pub instruments: usize,
    /// Where the WebSocket listens. Default 127.0.0.1 and a port the system picks.
    pub ws_listen: SocketAddr,
    /// Where REST listens. Default 127.0.0.1 and a port the system picks.
    pub rest_listen: SocketAddr,
    /// Without TLS. Default false.
    pub plain: bool,
    /// App keys and secrets that get a token; `None` takes any pair that is not empty.
    pub keys: Option<Vec<(String, String)>>,
    /// Market time when the first client registers something. The market waits for that moment,
    /// so that a client that comes late still sees the open. Default 08:59:58.
    pub day_start: TimeOfDay,
    /// Speed of the market's clock against real time, above 0. 60 is a minute a second. The number
    /// of frames a second does not change with it. Default 1.
    pub time_compression: f64,
    /// Time between PINGs. Default 10 s.
    pub ping_interval: Duration,
    /// PINGs without an answer after which the session ends with R10002. Default 5.
    pub pings_unanswered_max: u32,
    /// Time a connection has for its LOGIN before R10004. Default 10 s.
    pub login_timeout: Duration,
    /// Time between a request and its answer on the socket. REAL frames may come in between.
    /// Default 5 ms.
    pub answer_delay: Duration,
    /// Core for the broker's thread. With one, frames are paced by spinning, each at its own
    /// moment; without, by a timer in batches of a millisecond. Default `None`.
    pub thread_core: Option<usize>,
    /// Behaves as the mock host: KRX only, no SYSTEM frames around LOGIN, no condition search.
    /// Default false.
    pub mock: bool,
    /// See [`TokenReissue`]. Default [`TokenReissue::Same`].
    pub token_reissue: TokenReissue,
    /// How long a token lives. Default 24 h.
    pub token_lifetime: Duration,
    /// Items one connection may register over all groups; suffixes count apart. Default 200.
    pub items_max: usize,
    /// News that make prices jump and interruptions (VI) begin. Default true.
    pub news: bool,
    /// Bytes a client may leave unread before it is cut off. Default 16 MiB.
    pub backlog_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed: 1,
            frames_per_second: 2_000,
            instruments: 200,
            ws_listen: any_port,
            rest_listen: any_port,
            plain: false,
            keys: None,
            day_start: TimeOfDay::new(8, 59, 58),
            time_compression: 1.0,
            ping_interval: Duration::from_secs(10),
            pings_unanswered_max: 5,
            login_timeout: Duration::from_secs(10),
            answer_delay: Duration::from_millis(5),
            thread_core: None,
            mock: false,
            token_reissue: TokenReissue::Same,
            token_lifetime: Duration::from_secs(24 * 3600),
            items_max: 200,
            news: true,
            backlog_max: 16 << 20,
        }
    }
}

impl fmt::Debug for Options {
    /// Shows everything but the keys.
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
            .field("thread_core", &self.thread_core)
            .field("mock", &self.mock)
            .finish_non_exhaustive()
    }
}

/// The instruments a broker with these options lists: tradable ones first, the well-known at the
/// front, then indices and gold. Deterministic by seed.
pub fn symbols(options: &Options) -> Vec<InstrumentInfo> {
    listing::listing(options.seed, options.instruments)
}

/// Slots (frames) a second the market's clock is computed with: the target, or a nominal rate when
/// there is none.
pub(crate) fn slots_per_second(frames_per_second: u32) -> u32 {
    if frames_per_second == 0 { 100_000 } else { frames_per_second }
}

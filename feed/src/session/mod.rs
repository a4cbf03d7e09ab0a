//! The conversation with the broker, without I/O.
//!
//! [`Session`] is told what happened ([`Event`]) and says what to do ([`Action`]); the feed thread
//! does it. It follows one path: token, connect, LOGIN and its answer, REG in batches (own orders and
//! positions first), live; and from every place back through a wait to the token when something
//! breaks.
//!
//! ```text
//!            ┌──────────────── wait (back-off) ◀───────────────┬──────────────┐
//!            ▼                                                 │              │
//! start ─▶ token ─▶ connecting ─▶ LOGIN sent ─▶ live ──────────┴─ broken ─────┘
//!            ▲                        │           │
//!            └── refused: once ───────┘           └─ shut down ─▶ closing ─▶ ended
//! ```
#![forbid(unsafe_code)]

mod backoff;
mod conditions;
mod events;
mod machine;
pub mod message;
mod outgoing;
mod subscriptions;

use std::time::Duration;

pub use backoff::BackoffOptions;
pub use conditions::{ConditionError, ConditionRequest, REALTIME_CONDITIONS_MAX};
pub use events::{DisconnectReason, EndReason, FatalReason, FeedEvent};
pub use machine::{Session, SessionCounts};
pub use outgoing::{Entry, GroupNumber, Outgoing, OutgoingKind};
use secrecy::SecretString;
pub use subscriptions::{
    Batch, SubscriptionError, SubscriptionLimits, Subscriptions, TypeCode, Wish, WishState,
};

/// What happened to the session.
#[derive(Debug)]
pub enum Event<'a> {
    /// Begin. Only the first one counts.
    Start,
    /// The token that was asked for.
    TokenReady(SecretString),
    /// There is no token.
    TokenFailed(TokenFailure),
    /// The WebSocket is open.
    Connected,
    /// The WebSocket could not be opened.
    ConnectFailed(ConnectFailure),
    /// A text frame that is not `REAL`.
    Message(&'a [u8]),
    /// The connection is gone: the peer closed it, or the line broke. Not sent after
    /// [`Action::Disconnect`].
    Closed {
        /// The code of the Close frame, if there was one.
        code: Option<u16>,
        /// Its reason, or the text of the error.
        reason: &'a str,
    },
    /// Time passed; see [`Session::next_deadline`].
    Tick,
    /// End in order: close, and read what is still coming.
    Shutdown,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFailure {
    /// The broker refuses these credentials: trying again does not help.
    Refused {
        /// What the broker said.
        text: String,
    },
    /// It may work later: no line, a time-out, too many requests.
    Temporary {
        /// What went wrong.
        text: String,
    },
}

/// Why the WebSocket could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectFailure {
    /// Whether a person must act first (a certificate that does not match, a path that the server
    /// does not serve). Such a failure ends the session, unless it has been logged in before: then
    /// it may be maintenance, and it waits.
    pub permanent: bool,
    /// What went wrong and what to do about it.
    pub text: String,
}

/// What the feed thread is to do, in this order.
#[derive(Debug)]
pub enum Action {
    /// Ask the token source; answer with [`Event::TokenReady`] or [`Event::TokenFailed`].
    RequestToken {
        /// The broker refused the last one: a fresh one is needed.
        refresh: bool,
    },
    /// Open the WebSocket; answer with [`Event::Connected`] or [`Event::ConnectFailed`].
    Connect,
    /// Send a text frame.
    Send(Outgoing),
    /// Send a Close frame, and keep reading until [`Event::Closed`].
    SendClose,
    /// Drop the connection (or the attempt) at once, without a word.
    Disconnect,
    /// Tell the strategies and whoever listens.
    Notify(FeedEvent),
    /// Write to the log.
    Log(LogLevel, String),
    /// The session has ended because a person must act. Nothing follows.
    GiveUp(FatalReason),
    /// The session has ended as asked. Nothing follows.
    Finished,
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For whoever looks closely.
    Debug,
    /// Part of a normal day.
    Info,
    /// Worth a look.
    Warn,
    /// Somebody must act.
    Error,
}

/// What to do with a PING of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PingPolicy {
    /// Send the received bytes back, as the broker's own client does. The default.
    Echo,
    /// Say nothing.
    Ignore,
}

/// What to do when another session logs in with the same app key (R10001).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverPolicy {
    /// End: two programs that take over from each other help nobody. The default.
    Stop,
    /// Come back after the longest wait.
    Reconnect,
}

/// How the session behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// See [`PingPolicy`].
    pub ping: PingPolicy,
    /// See [`TakeoverPolicy`].
    pub on_takeover: TakeoverPolicy,
    /// How long the token source may take. Default 30 s.
    pub token_timeout: Duration,
    /// How long opening the WebSocket may take, from name look-up to handshake. Default 10 s.
    pub connect_timeout: Duration,
    /// How long the answer to LOGIN may take. Default 5 s; 10–20 ms is usual.
    pub login_timeout: Duration,
    /// How long the answer to a REG or REMOVE may take. Default 10 s.
    pub reg_timeout: Duration,
    /// How long the answer to a condition search may take. Default 60 s.
    pub condition_timeout: Duration,
    /// After how long without bytes the data is called stale. Default 15 s; PING comes every 10 s.
    pub stale_after: Duration,
    /// After how long without bytes the line is given up as dead. Default 30 s.
    pub silence_max: Duration,
    /// How long the peer may take to answer our Close. Default 3 s.
    pub close_timeout: Duration,
    /// How long a connection must hold before the next failure counts as a first one. Default 60 s.
    pub stable_after: Duration,
    /// The waits between attempts.
    pub backoff: BackoffOptions,
    /// Failed attempts in a row after which a session that was never logged in gives up; `None`:
    /// never. Default 5.
    pub attempts_max_before_login: Option<u32>,
    /// Failed attempts in a row after which a session that was logged in before gives up; `None`:
    /// never, the default.
    pub attempts_max: Option<u32>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            ping: PingPolicy::Echo,
            on_takeover: TakeoverPolicy::Stop,
            token_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            login_timeout: Duration::from_secs(5),
            reg_timeout: Duration::from_secs(10),
            condition_timeout: Duration::from_secs(60),
            stale_after: Duration::from_secs(15),
            silence_max: Duration::from_secs(30),
            close_timeout: Duration::from_secs(3),
            stable_after: Duration::from_secs(60),
            backoff: BackoffOptions::default(),
            attempts_max_before_login: Some(5),
            attempts_max: None,
        }
    }
}

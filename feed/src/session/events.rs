//! What strategies and the engine are told about the feed.

use std::fmt;
use std::time::Duration;

use strategy_api::FeedChange;

use super::message::{Condition, ConditionRow};

/// A change of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedEvent {
    /// The broker accepted the first login of this session.
    Connected,
    /// Every registration was answered; data flows.
    Subscribed {
        /// Wishes that the broker confirmed.
        confirmed: usize,
        /// Wishes that it refused.
        refused: usize,
    },
    /// No bytes came for a while; prices may be old.
    Stale {
        /// For how long.
        silent: Duration,
    },
    /// Bytes flow again after [`FeedEvent::Stale`].
    Fresh {
        /// How long it was silent.
        silent: Duration,
    },
    /// The connection is gone.
    Disconnected {
        /// Why.
        why: DisconnectReason,
    },
    /// The broker accepted a login after a break.
    Reconnected {
        /// Attempts that failed in between.
        failures: u32,
        /// From the loss of the old connection to the new login.
        away: Duration,
    },
    /// What the exchange sent while the connection was away is missing, and the broker does not
    /// send it again. How many records that are nobody can tell.
    Gap {
        /// How long the connection was away.
        away: Duration,
    },
    /// Another session logged in with the same app key.
    TakenOver {
        /// What the broker said.
        text: String,
    },
    /// The broker refused a registration, or the taking back of one.
    Refused {
        /// What was asked for and what the broker said.
        text: String,
    },
    /// The session has ended and does not come back.
    Ended {
        /// Why.
        why: EndReason,
    },
    /// The account's stored conditions.
    Conditions(Vec<Condition>),
    /// Instruments that a condition search found.
    ConditionRows {
        /// The condition's number.
        seq: String,
        /// The instruments.
        rows: Vec<ConditionRow>,
        /// The key to ask for more with, when the broker has more.
        next_key: Option<String>,
    },
    /// A realtime condition search has ended as asked.
    ConditionStopped {
        /// The condition's number.
        seq: String,
    },
    /// A condition search did not work.
    ConditionRefused {
        /// The condition's number; empty for the list.
        seq: String,
        /// What the broker said.
        text: String,
    },
}

impl FeedEvent {
    /// The change as strategies see it in their stream; `None` for what is not about the stream.
    pub fn change(&self) -> Option<FeedChange> {
        Some(match self {
            Self::Connected => FeedChange::CONNECTED,
            Self::Subscribed { .. } => FeedChange::SUBSCRIBED,
            Self::Stale { .. } => FeedChange::STALE,
            Self::Fresh { .. } => FeedChange::FRESH,
            Self::Disconnected { .. } => FeedChange::DISCONNECTED,
            Self::Reconnected { .. } => FeedChange::RECONNECTED,
            Self::Gap { .. } => FeedChange::GAP,
            Self::TakenOver { .. } => FeedChange::TAKEN_OVER,
            Self::Refused { .. } => FeedChange::REFUSED,
            Self::Ended { .. } => FeedChange::ENDED,
            Self::Conditions(_)
            | Self::ConditionRows { .. }
            | Self::ConditionStopped { .. }
            | Self::ConditionRefused { .. } => return None,
        })
    }
}

impl fmt::Display for FeedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("logged in"),
            Self::Subscribed { confirmed, refused: 0 } => {
                write!(f, "all {confirmed} subscriptions confirmed")
            }
            Self::Subscribed { confirmed, refused } => {
                write!(f, "{confirmed} subscriptions confirmed, {refused} refused")
            }
            Self::Stale { silent } => write!(f, "no bytes for {silent:.1?}"),
            Self::Fresh { silent } => write!(f, "bytes again after {silent:.1?}"),
            Self::Disconnected { why } => write!(f, "{why}"),
            Self::Reconnected { failures, away } => {
                write!(f, "logged in again after {away:.1?} and {failures} failures")
            }
            Self::Gap { away } => write!(f, "what was sent during {away:.1?} is missing"),
            Self::TakenOver { text } | Self::Refused { text } => f.write_str(text),
            Self::Ended { why } => write!(f, "{why}"),
            Self::Conditions(list) => write!(f, "{} stored conditions", list.len()),
            Self::ConditionRows { seq, rows, .. } => {
                write!(f, "condition {seq}: {} instruments", rows.len())
            }
            Self::ConditionStopped { seq } => write!(f, "condition {seq} stopped"),
            Self::ConditionRefused { seq, text } => write!(f, "condition {seq}: {text}"),
        }
    }
}

/// Why a connection that was logged in is gone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer closed, or the line broke.
    #[error("the connection was closed{}{}{reason}",
            .code.map(|code| format!(" with code {code}")).unwrap_or_default(),
            if .reason.is_empty() { "" } else { ": " })]
    Closed {
        /// The code of the Close frame, if there was one.
        code: Option<u16>,
        /// Its reason, or the text of the error.
        reason: String,
    },
    /// The line is open and nothing comes: half-open.
    #[error("no bytes for {silent:.1?}: the line is dead")]
    Silent {
        /// For how long.
        silent: Duration,
    },
    /// A registration was not answered in time.
    #[error("a registration was not answered in time")]
    RegTimeout,
    /// The broker announced the end with a SYSTEM message.
    #[error("the broker ended the session ({code}): {text}")]
    System {
        /// The broker's code.
        code: String,
        /// What it said.
        text: String,
    },
    /// The broker stopped accepting the token.
    #[error("the broker no longer accepts the token: {text}")]
    TokenRefused {
        /// What it said.
        text: String,
    },
    /// We closed it, as asked.
    #[error("closed as asked")]
    Shutdown,
}

/// Why a session has ended for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndReason {
    /// As asked.
    #[error("shut down as asked")]
    Shutdown,
    /// A person must act.
    #[error(transparent)]
    Fatal(#[from] FatalReason),
}

/// Why a session gave up: each of them needs a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FatalReason {
    /// The broker refuses the credentials.
    #[error("no token could be had: {text}; check the app key, the secret key and the host")]
    Credentials {
        /// What the broker said.
        text: String,
    },
    /// The broker refused a fresh token as well.
    #[error(
        "the broker refused the login again after the token was renewed: {text}; check that the \
         token and the WebSocket host belong together (real or mock) and that no other program \
         issues tokens with this app key"
    )]
    TokenRefused {
        /// What the broker said.
        text: String,
    },
    /// The broker refuses this machine (8010, 8040, 8050).
    #[error("the broker does not serve this machine: {text}; register its IP address for the key")]
    MachineRefused {
        /// What the broker said.
        text: String,
    },
    /// The WebSocket cannot be opened, and trying again does not help.
    #[error("cannot connect: {text}")]
    Connect {
        /// What went wrong and what to do.
        text: String,
    },
    /// Too many failures in a row.
    #[error("gave up after {attempts} failed attempts to connect; the last one: {text}")]
    TooManyFailures {
        /// How many.
        attempts: u32,
        /// What went wrong in the last one.
        text: String,
    },
    /// Another session logged in with the same app key.
    #[error(
        "another session took over this app key: {text}; stop the other program, or give each its \
         own app key"
    )]
    TakenOver {
        /// What the broker said.
        text: String,
    },
}

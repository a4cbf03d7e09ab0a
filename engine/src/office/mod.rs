//! The office: what the gateway thread needs and must not wait for.
//!
//! ```text
//!  gateway thread                      office thread (tokio, one thread)
//!   OfficeEnd::ask ──── Query ───────▶ queries, one after the other ──▶ Client ──▶ broker
//!              ├─────── RenewToken ──▶ renewals, with back-off ───────▶ Tokens ──▶ broker
//!              │                       terms, while no query waits ───▶ Client ──▶ broker
//!              └─────── WriteLatch ──▶ latch thread ──────────────────▶ disk
//!   OfficeEnd::take ◀── Done ───────── all of them, and the gateway is woken
//! ```
//!
//! - **Every job is answered**, also when the office's thread has died: then what waits comes back as
//!   failed, and [`OfficeEnd::is_gone`] says so.
//! - **The latch waits for nobody**: it has a thread of its own, so neither a broker that hangs nor a
//!   renewal holds it up.
//! - **Queries go before terms.** Terms begin no call while a query waits.
//! - **One holder of the token**, [`Tokens`], for feed, queries and order lines; whoever renews it, the
//!   gateway hears of it as [`Done::Token`].
//!
//! What when full: the lists of jobs and of results have no limit of their own. The desk has one
//! reconciliation query, one list of the kill switch, one renewal and one latch under way at a time;
//! terms give at most a few results an instrument.

mod end;
mod latch;
mod renewals;
mod rows;
mod terms;
mod tokens;
mod work;

pub use end::OfficeEnd;
pub use tokens::{FeedTokens, Tokens};

use crate::broker::client::{Client, ClientOptions};
use crate::desk::{QueryResult, QueryTag};
use crate::kill::{LatchError, LatchFile, LatchRecord};
use crate::order::Query;
use crate::risk::InstrumentTerms;
use crossbeam::channel::{Receiver, RecvTimeoutError};
use feed::ring::Waker;
use secrecy::SecretString;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use strategy_api::{InstrumentId, Symbol};
use tokio::sync::oneshot;

/// What the gateway wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Job {
    /// Ask the broker, all pages.
    Query {
        /// Comes back with the result.
        tag: QueryTag,
        /// What to ask.
        query: Query,
    },
    /// The broker refused the token that was last taken from the office.
    RenewToken,
    /// Write the latch.
    WriteLatch(LatchRecord),
}

/// What came of it.
#[derive(Debug)]
pub enum Done {
    /// A query is over.
    Queried {
        /// As it was asked.
        tag: QueryTag,
        /// What came.
        result: QueryResult,
        /// Why nothing came, for the log.
        why: Option<String>,
    },
    /// There is a new token, whoever asked for it.
    Token(SecretString),
    /// There is none yet. It is tried again without being asked, unless the text says otherwise.
    TokenFailed {
        /// Why, for the log.
        text: String,
    },
    /// The latch is on the disk, or it is not.
    LatchWritten(Result<(), LatchError>),
    /// What the gate has to know of an instrument.
    Terms {
        /// Which.
        instrument: InstrumentId,
        /// What is known.
        terms: InstrumentTerms,
        /// Base price and limits are those of the day (ka10001); else the base price is the previous
        /// close and there are no limits (ka10099).
        exact: bool,
    },
    /// Nothing new is known of an instrument, for the log. What was told of it before stays.
    TermsFailed {
        /// Which.
        instrument: InstrumentId,
        /// Why, and whether it is tried again.
        text: String,
    },
}

/// What an office is made of.
#[derive(Debug)]
pub struct OfficeParts {
    /// How queries are asked.
    pub client: ClientOptions,
    /// The one holder of the token.
    pub tokens: Arc<Tokens>,
    /// Where the latch stands.
    pub latch: LatchFile,
    /// Whose terms are wanted.
    pub instruments: Vec<(InstrumentId, Symbol)>,
    /// Wakes the gateway when something is done.
    pub waker: Waker,
}

/// How long the office waits before it tries again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pauses {
    /// After the first failure of a token; doubles from there to `token_max`.
    pub token_min: Duration,
    /// The longest pause between two tries for a token.
    pub token_max: Duration,
    /// After the first round of terms that left something open; doubles to `terms_max`.
    pub terms_min: Duration,
    /// The longest pause between two rounds of terms; also how often a halted instrument is looked at.
    pub terms_max: Duration,
}

impl Default for Pauses {
    /// 1 to 30 s for tokens, 5 to 60 s for terms.
    fn default() -> Self {
        Self {
            token_min: Duration::from_secs(1),
            token_max: Duration::from_secs(30),
            terms_min: Duration::from_secs(5),
            terms_max: Duration::from_secs(60),
        }
    }
}

/// Starts the office: two threads, of which one only writes the latch.
///
/// # Errors
/// When the system gives no thread or no runtime, or TLS refuses the options.
pub fn start(parts: OfficeParts) -> io::Result<(Office, OfficeEnd)> {
    start_with(parts, Pauses::default())
}

/// The same with other pauses.
///
/// # Errors
/// As [`start`].
pub fn start_with(parts: OfficeParts, pauses: Pauses) -> io::Result<(Office, OfficeEnd)> {
    let OfficeParts { client, tokens, latch, instruments, waker } = parts;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(client, tokens.clone()).map_err(io::Error::other)?;
    let (wires, end) = end::pair(latch.path(), waker);
    let (latch_ended, writer) = wires.latch.start(latch)?;
    let (stop, stopped) = oneshot::channel();
    let desk = work::Desk { client, tokens, instruments, pauses, wires: wires.office };
    let ended = desk.start(runtime, stopped)?;
    Ok((Office { stop: Some(stop), writer, ended: [ended, latch_ended] }, end))
}

/// The running office. Dropping it ends it without waiting.
#[derive(Debug)]
pub struct Office {
    stop: Option<oneshot::Sender<()>>,
    writer: latch::Stop,
    /// Each gives a word when its thread has come to its regular end, and closes when it ended at all.
    ended: [Receiver<()>; 2],
}

impl Office {
    /// Ends it: calls that are under way are given up, latches that were asked for are written. Close
    /// it after the gateway, which may have a last latch to write. True when all threads came to their
    /// regular end within the deadline.
    pub fn close(mut self, deadline: Duration) -> bool {
        self.tell_end();
        let end = Instant::now() + deadline;
        self.ended.iter().all(|ended| {
            let in_time = ended.recv_timeout(end.saturating_duration_since(Instant::now()));
            match in_time {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => {
                    tracing::error!("a thread of the office did not end within {deadline:?}");
                    false
                }
                Err(RecvTimeoutError::Disconnected) => false,
            }
        })
    }

    fn tell_end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only when the thread has ended already.
            let _ = stop.send(());
        }
        self.writer.stop();
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.tell_end();
    }
}

//! Condition searches: what is wanted, what was asked, in which order.
//!
//! The broker wants the list (`CNSRLST`) to be asked for first in a session. So the first request of
//! a connection sends the list, and everything else waits for its answer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::message::Reply;
use super::outgoing::Outgoing;
use crate::clock::Monotonic;

/// Realtime conditions that one login may hold.
pub const REALTIME_CONDITIONS_MAX: usize = 10;

/// What to do with condition searches. Numbers come from the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionRequest {
    /// List the stored conditions.
    List,
    /// Run a condition once.
    Once {
        /// The condition's number.
        seq: String,
        /// From which page on; `None` for the first.
        next_key: Option<String>,
    },
    /// Run a condition until stopped; it is started again after a reconnect.
    Realtime {
        /// The condition's number.
        seq: String,
    },
    /// Stop a realtime condition.
    Stop {
        /// The condition's number.
        seq: String,
    },
}

/// Why a request about conditions cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// There is no login at the moment; ask again when subscribed.
    #[error("the feed is not logged in; ask again when it is")]
    NotLive,
    /// More realtime conditions than the broker runs.
    #[error("{REALTIME_CONDITIONS_MAX} realtime conditions are running; stop one first")]
    TooMany,
    /// No number of a condition.
    #[error("{seq:?} is no condition number: one to eight digits are expected")]
    SeqMalformed {
        /// The text given.
        seq: String,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Conditions {
    timeout: Duration,
    /// Realtime conditions to run on every connection.
    realtime: BTreeSet<String>,
    listed: Listed,
    /// Requests that wait for the list.
    waiting: Vec<ConditionRequest>,
    /// Numbers asked for (empty for the list), and until when the answer is awaited.
    awaited: Vec<(String, Monotonic)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    No,
    Asked,
    Yes,
}

impl Conditions {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            realtime: BTreeSet::new(),
            listed: Listed::No,
            waiting: Vec::new(),
            awaited: Vec::new(),
        }
    }

    /// Takes a request in; gives what to send now.
    pub(super) fn request(
        &mut self,
        now: Monotonic,
        live: bool,
        request: ConditionRequest,
    ) -> Result<Vec<Outgoing>, ConditionError> {
        check(&request)?;
        match &request {
            ConditionRequest::Realtime { seq } => {
                if !self.realtime.contains(seq) && self.realtime.len() >= REALTIME_CONDITIONS_MAX {
                    return Err(ConditionError::TooMany);
                }
                self.realtime.insert(seq.clone());
                if !live {
                    return Ok(Vec::new());
                }
            }
            ConditionRequest::Stop { seq } => {
                self.realtime.remove(seq);
                if !live {
                    return Ok(Vec::new());
                }
            }
            _ if !live => return Err(ConditionError::NotLive),
            _ => {}
        }
        if self.listed == Listed::Yes || request == ConditionRequest::List {
            return Ok(vec![self.send(now, request)]);
        }
        self.waiting.push(request);
        Ok(self.ask_for_list(now))
    }

    /// The connection is gone: no answer will come, and nothing waits for one.
    pub(super) fn disconnected(&mut self) {
        self.listed = Listed::No;
        self.awaited.clear();
        self.waiting.clear();
    }

    /// A new login: asks for the list if realtime conditions are wanted.
    pub(super) fn logged_in(&mut self, now: Monotonic) -> Vec<Outgoing> {
        self.listed = Listed::No;
        self.awaited.clear();
        self.waiting = self
            .realtime
            .iter()
            .map(|seq| ConditionRequest::Realtime { seq: seq.clone() })
            .collect();
        if self.waiting.is_empty() { Vec::new() } else { self.ask_for_list(now) }
    }

    /// The list was answered: everything that waited goes out.
    pub(super) fn list_answered(&mut self, now: Monotonic, reply: &Reply) -> Vec<Outgoing> {
        self.settle("");
        self.listed = if reply.is_success() { Listed::Yes } else { Listed::No };
        let waiting = std::mem::take(&mut self.waiting);
        if self.listed == Listed::No {
            return Vec::new();
        }
        waiting.into_iter().map(|request| self.send(now, request)).collect()
    }

    /// A search or a stop was answered. Gives the number it was about: an error may come without.
    pub(super) fn answered(&mut self, seq: &str) -> String {
        if !seq.is_empty() {
            self.settle(seq);
            return seq.to_owned();
        }
        let oldest = self.awaited.iter().position(|(seq, _)| !seq.is_empty());
        oldest.map(|at| self.awaited.remove(at).0).unwrap_or_default()
    }

    /// A realtime condition was refused: it is not started again by itself.
    pub(super) fn forget(&mut self, seq: &str) {
        self.realtime.remove(seq);
    }

    /// The numbers whose answers are overdue; they are no longer awaited.
    pub(super) fn overdue(&mut self, now: Monotonic) -> Vec<String> {
        let (late, awaited) = std::mem::take(&mut self.awaited)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, deadline)| *deadline <= now);
        self.awaited = awaited;
        if late.iter().any(|(seq, _)| seq.is_empty()) && self.listed == Listed::Asked {
            self.listed = Listed::No;
            self.waiting.clear();
        }
        late.into_iter().map(|(seq, _)| seq).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        self.awaited.iter().map(|(_, deadline)| *deadline).min()
    }

    fn ask_for_list(&mut self, now: Monotonic) -> Vec<Outgoing> {
        if self.listed == Listed::Asked {
            return Vec::new();
        }
        vec![self.send(now, ConditionRequest::List)]
    }

    fn send(&mut self, now: Monotonic, request: ConditionRequest) -> Outgoing {
        let deadline = now + self.timeout;
        let (seq, outgoing) = match request {
            ConditionRequest::List => {
                if self.listed == Listed::No {
                    self.listed = Listed::Asked;
                }
                (String::new(), Outgoing::condition_list())
            }
            ConditionRequest::Once { seq, next_key } => {
                let outgoing = Outgoing::condition_once(&seq, next_key.as_deref());
                (seq, outgoing)
            }
            ConditionRequest::Realtime { seq } => {
                let outgoing = Outgoing::condition_realtime(&seq);
                (seq, outgoing)
            }
            ConditionRequest::Stop { seq } => {
                let outgoing = Outgoing::condition_stop(&seq);
                (seq, outgoing)
            }
        };
        self.awaited.push((seq, deadline));
        outgoing
    }

    fn settle(&mut self, seq: &str) {
        if let Some(at) = self.awaited.iter().position(|(awaited, _)| awaited == seq) {
            self.awaited.remove(at);
        }
    }
}

fn check(request: &ConditionRequest) -> Result<(), ConditionError> {
    match request {
        ConditionRequest::List => Ok(()),
        ConditionRequest::Once { seq, .. }
        | ConditionRequest::Realtime { seq }
        | ConditionRequest::Stop { seq } => {
            let good = (1..=8).contains(&seq.len()) && seq.bytes().all(|b| b.is_ascii_digit());
            if good { Ok(()) } else { Err(ConditionError::SeqMalformed { seq: seq.clone() }) }
        }
    }
}

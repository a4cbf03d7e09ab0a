//! The gateway's end of the office, and the wires between the two.

use super::latch::{self, LatchWork};
use super::{Done, Job};
use crate::desk::{QueryResult, QueryTag};
use crate::kill::LatchError;
use crate::order::Query;
use crossbeam::channel::{self, Receiver, Sender};
use feed::ring::Waker;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, watch};

/// The gateway's end: asks and takes, and never waits.
#[derive(Debug)]
pub struct OfficeEnd {
    queries: mpsc::UnboundedSender<(QueryTag, Query)>,
    renewals: mpsc::UnboundedSender<u64>,
    latches: Sender<LatchWork>,
    done: Receiver<Told>,
    /// Queries that were asked and are not answered.
    waiting: watch::Sender<usize>,
    gone: Arc<Gone>,
    latch_path: PathBuf,
    /// Generation of the token that was taken last; 0 before the first.
    taken: Cell<u64>,
    asked: RefCell<Asked>,
}

/// Jobs without an answer, each kind in the order asked.
#[derive(Debug, Default)]
struct Asked {
    queries: VecDeque<QueryTag>,
    renewals: usize,
    latches: usize,
}

impl OfficeEnd {
    /// Hands a job over.
    pub fn ask(&self, job: Job) {
        let mut asked = self.asked.borrow_mut();
        // A send fails only when its thread has ended; `take` answers the job then.
        match job {
            Job::Query { tag, query } => {
                asked.queries.push_back(tag);
                self.waiting.send_modify(|waiting| *waiting += 1);
                let _ = self.queries.send((tag, query));
            }
            Job::RenewToken => {
                asked.renewals += 1;
                let _ = self.renewals.send(self.taken.get());
            }
            Job::WriteLatch(record) => {
                asked.latches += 1;
                let _ = self.latches.send(LatchWork::Write(record));
            }
        }
    }

    /// The next thing that was done, if there is one.
    #[inline]
    pub fn take(&self) -> Option<Done> {
        // Looked at first: what a thread did before it ended is in the channel then.
        let ended = self.gone.look();
        match self.done.try_recv() {
            Ok(told) => Some(self.note(told)),
            Err(_) if ended.any() => self.unanswered(ended),
            Err(_) => None,
        }
    }

    /// Whether there is nothing to take.
    #[inline]
    pub fn is_empty(&self) -> bool {
        let ended = self.gone.look();
        self.done.is_empty() && !(ended.any() && self.asked.borrow().waits_for(ended))
    }

    /// A thread of the office has ended, by [`Office::close`](super::Office::close) or by a bug.
    #[inline]
    pub fn is_gone(&self) -> bool {
        self.gone.look().any()
    }

    fn note(&self, told: Told) -> Done {
        let mut asked = self.asked.borrow_mut();
        match &told.done {
            Done::Queried { .. } => drop(asked.queries.pop_front()),
            Done::Token(_) => {
                self.taken.set(told.generation);
                asked.renewals = 0;
            }
            Done::LatchWritten(_) => asked.latches = asked.latches.saturating_sub(1),
            _ => {}
        }
        told.done
    }

    /// The answer to a job that nobody will carry out any more.
    fn unanswered(&self, ended: Ended) -> Option<Done> {
        const ENDED: &str = "the office's thread has ended";
        let mut asked = self.asked.borrow_mut();
        if ended.latch && asked.latches > 0 {
            asked.latches -= 1;
            let error = io::Error::new(io::ErrorKind::BrokenPipe, ENDED);
            let path = self.latch_path.clone();
            return Some(Done::LatchWritten(Err(LatchError::Disk { what: "write", path, error })));
        }
        if !ended.office {
            return None;
        }
        if let Some(tag) = asked.queries.pop_front() {
            let why = Some(ENDED.to_owned());
            return Some(Done::Queried { tag, result: QueryResult::Failed, why });
        }
        if asked.renewals > 0 {
            asked.renewals = 0;
            let text = format!("{ENDED}; it is not tried again");
            return Some(Done::TokenFailed { text });
        }
        None
    }
}

impl Asked {
    /// Whether a thread that has ended owes an answer.
    fn waits_for(&self, ended: Ended) -> bool {
        (ended.office && (!self.queries.is_empty() || self.renewals > 0))
            || (ended.latch && self.latches > 0)
    }
}

/// Which threads have ended.
#[derive(Debug, Default)]
pub(super) struct Gone {
    office: AtomicBool,
    latch: AtomicBool,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug)]
struct Ended {
    office: bool,
    latch: bool,
}

impl Gone {
    #[inline]
    fn look(&self) -> Ended {
        // Acquire: pairs with the stores in `Present::drop`, behind which nothing is told any more.
        Ended {
            office: self.office.load(Ordering::Acquire),
            latch: self.latch.load(Ordering::Acquire),
        }
    }
}

impl Ended {
    fn any(self) -> bool {
        self.office || self.latch
    }
}

/// A result on its way, with the generation of the token if it is one.
#[derive(Debug)]
pub(super) struct Told {
    done: Done,
    generation: u64,
}

/// Hands results to the gateway and wakes it.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    done: Sender<Told>,
    waker: Waker,
}

impl Teller {
    pub(super) fn tell(&self, done: Done) {
        self.send(Told { done, generation: 0 });
    }

    pub(super) fn tell_token(&self, token: secrecy::SecretString, generation: u64) {
        self.send(Told { done: Done::Token(token), generation });
    }

    fn send(&self, told: Told) {
        // Nobody reads any more when the gateway has ended.
        let _ = self.done.send(told);
        self.waker.wake();
    }
}

/// Says that a thread has ended when it is dropped, also by a panic.
#[derive(Debug)]
pub(super) struct Present {
    gone: Arc<Gone>,
    latch: bool,
    waker: Waker,
}

impl Drop for Present {
    fn drop(&mut self) {
        let flag = if self.latch { &self.gone.latch } else { &self.gone.office };
        // Release: pairs with the loads in `Gone::look`.
        flag.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// The office thread's ends.
#[derive(Debug)]
pub(super) struct OfficeWires {
    pub(super) queries: mpsc::UnboundedReceiver<(QueryTag, Query)>,
    /// Each names the generation of the token that was refused.
    pub(super) renewals: mpsc::UnboundedReceiver<u64>,
    pub(super) waiting: watch::Sender<usize>,
    pub(super) teller: Teller,
    pub(super) present: Present,
}

/// Both threads' ends.
#[derive(Debug)]
pub(super) struct Wires {
    pub(super) office: OfficeWires,
    pub(super) latch: latch::Wires,
}

pub(super) fn pair(latch_path: &Path, waker: Waker) -> (Wires, OfficeEnd) {
    let (queries, queries_out) = mpsc::unbounded_channel();
    let (renewals, renewals_out) = mpsc::unbounded_channel();
    let (latches, latches_out) = channel::unbounded();
    let (done, done_out) = channel::unbounded();
    let waiting = watch::Sender::new(0);
    let gone = Arc::new(Gone::default());
    let teller = Teller { done, waker: waker.clone() };
    let present = |latch| Present { gone: gone.clone(), latch, waker: waker.clone() };
    let office = OfficeWires {
        queries: queries_out,
        renewals: renewals_out,
        waiting: waiting.clone(),
        teller: teller.clone(),
        present: present(false),
    };
    let latch = latch::Wires {
        stop: latches.clone(),
        latches: latches_out,
        teller,
        present: present(true),
    };
    let end = OfficeEnd {
        queries,
        renewals,
        latches,
        done: done_out,
        waiting,
        gone,
        latch_path: latch_path.to_owned(),
        taken: Cell::new(0),
        asked: RefCell::default(),
    };
    (Wires { office, latch }, end)
}

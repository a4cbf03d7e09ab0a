//! Strategies and the gateway on the feed thread.
//!
//! # Hot path
//! One turn drives each strategy until it has nothing left to do, then the gateway, then the strategies
//! once more if the gateway had anything to tell, within limits. The same [`Runner`] and [`Gateway`] as on threads of
//! their own: what a strategy sees is the same, record for record.
//!
//! A strategy that stops (by itself, by an error, by a panic) stops alone; the others go on.

use super::thread::{Ended, Runner, Turn};
use crate::gateway::Gateway;
use feed::handler::InlineReader;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often strategies and gateway answer each other before the feed goes on: a strategy that orders
/// upon each report must not keep it from reading.
const ROUNDS_MAX: usize = 4;
/// Turns of a strategy in a row, for the same reason; each reads a batch of records.
const TURNS_MAX: usize = 64;

/// A strategy at work somewhere.
pub enum Running {
    /// On a thread of its own.
    Thread(JoinHandle<Ended>),
    /// On the feed thread: its end comes here.
    Inline {
        /// Where the end comes.
        ended: mpsc::Receiver<Ended>,
        /// Set when it is there.
        finished: Arc<AtomicBool>,
    },
}

impl Running {
    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        match self {
            Self::Thread(thread) => thread.is_finished(),
            // Acquire: pairs with the release in `Seat::end`.
            Self::Inline { finished, .. } => finished.load(Ordering::Acquire),
        }
    }

    /// How it ended; waits for it. `None` when its thread panicked.
    pub fn join(self) -> Option<Ended> {
        match self {
            Self::Thread(thread) => thread.join().ok(),
            Self::Inline { ended, .. } => ended.recv().ok(),
        }
    }
}

/// The strategies and the gateway of a run, taking turns.
pub struct InlineDispatch {
    seats: Vec<Seat>,
    gateway: Gateway,
}

struct Seat {
    /// `None` after its end.
    runner: Option<Runner>,
    started: bool,
    ended: mpsc::Sender<Ended>,
    finished: Arc<AtomicBool>,
}

impl InlineDispatch {
    /// Nobody but the gateway yet.
    pub fn new(gateway: Gateway) -> Self {
        Self { seats: Vec::new(), gateway }
    }

    /// Adds a strategy; it is started with the first turn.
    pub fn add(&mut self, runner: Runner) -> Running {
        let (sender, ended) = mpsc::channel();
        let finished = Arc::new(AtomicBool::new(false));
        self.seats.push(Seat {
            runner: Some(runner),
            started: false,
            ended: sender,
            finished: finished.clone(),
        });
        Running::Inline { ended, finished }
    }
}

impl InlineReader for InlineDispatch {
    #[inline]
    fn turn(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for seat in &mut self.seats {
                seat.turn();
            }
            if !self.gateway.turn() {
                return;
            }
        }
    }

    fn patience(&mut self) -> Duration {
        let patience = |seat: &mut Seat| seat.runner.as_mut().map(Runner::until_next_timer);
        let strategies = self.seats.iter_mut().filter_map(patience).min();
        strategies.unwrap_or(Duration::from_secs(1)).min(self.gateway.patience())
    }

    fn end(&mut self) {
        // Each turn of a strategy reads a batch, up to `Closed`; what it wants last is decided too.
        while self.seats.iter().any(|seat| seat.runner.is_some()) {
            self.turn();
        }
        while self.gateway.turn() {}
        self.gateway.end();
    }
}

impl Seat {
    #[inline]
    fn turn(&mut self) {
        let Some(runner) = &mut self.runner else { return };
        if !self.started {
            match runner.may_start() {
                Ok(true) => self.started = true,
                Ok(false) => return,
                Err(why) => return self.end(Err(why)),
            }
            if let Err(why) = runner.start() {
                return self.end(Err(why));
            }
        }
        for _ in 0..TURNS_MAX {
            match runner.turn() {
                Ok(Turn::Busy) => {}
                // On this thread nothing comes behind its back.
                Ok(Turn::Drained | Turn::Idle) => return,
                Ok(Turn::Closed) => return self.end(Ok(())),
                Err(why) => return self.end(Err(why)),
            }
        }
    }

    #[cold]
    fn end(&mut self, result: Result<(), String>) {
        let Some(mut runner) = self.runner.take() else { return };
        // Nobody waits for it when the run has given up on it.
        let _ = self.ended.send(runner.finish(result));
        drop(runner);
        // Release: pairs with the acquire in `Running::is_finished`.
        self.finished.store(true, Ordering::Release);
    }
}

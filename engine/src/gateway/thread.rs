//! The gateway's thread.
//!
//! # Hot path
//! One turn takes commands from the strategies' rings, decides, and reports back. It allocates
//! nothing, takes no lock, formats nothing; the only system call is the sleep when there is nothing
//! to do.

use super::{Command, CommandKind, Intent, decide};
use crate::strategy::StrategyCounters;
use crate::telemetry::Recorder;
use crate::threads;
use feed::clock::Clock;
use feed::ring::{Consumer, Idle, Producer, SLOT_WORDS, Sleeper, Wait, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use strategy_api::{Kind, Record};

/// Longest sleep: the thread looks around at least this often.
const SLEEP_MAX: Duration = Duration::from_millis(50);

/// Counters of the gateway. Written by its thread only.
#[derive(Debug, Default)]
pub struct GatewayCounters {
    /// Submits decided.
    pub submits: AtomicU64,
    /// Replaces decided.
    pub replaces: AtomicU64,
    /// Cancels decided, cancel-alls included.
    pub cancels: AtomicU64,
    /// Intents that found no room on the way to the disk.
    pub intents_dropped: AtomicU64,
    /// Own order events and positions passed on.
    pub account_records: AtomicU64,
}

/// The gateway's end of one strategy.
pub struct StrategyEnd {
    /// What it wants.
    pub commands: rtrb::Consumer<Command>,
    /// What it is told.
    pub updates: Producer<SLOT_WORDS>,
    /// Kinds of account records it asked for, one bit each.
    pub account_kinds: u64,
    /// Set when it lets its updates pile up: it is stopped.
    pub overrun: Arc<AtomicBool>,
}

/// What the gateway is made of.
pub struct GatewayParts {
    /// One end for each strategy.
    pub strategies: Vec<StrategyEnd>,
    /// Own orders and positions from the feed.
    pub account: Consumer<SLOT_WORDS>,
    /// Where intents go on their way to the disk.
    pub intents: rtrb::Producer<Intent>,
    /// Hops `submit→gate` and `tick→gate`.
    pub recorder: Recorder,
    /// Wakes the strategies.
    pub strategies_waker: Waker,
    /// What the thread sleeps on.
    pub sleeper: Sleeper,
    /// How it waits.
    pub wait: Wait,
    /// Core to pin it to.
    pub core: Option<usize>,
    /// Set to end it, after every ring is empty.
    pub stop: Arc<AtomicBool>,
    /// Counters.
    pub counters: Arc<GatewayCounters>,
}

/// Starts the thread.
pub fn spawn(parts: GatewayParts) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("gateway".into()).spawn(move || {
        threads::pin("gateway", parts.core);
        let mut idle = Idle::new(parts.wait);
        let mut gateway = Gateway::new(parts);
        loop {
            // Acquire: what was pushed before `stop` was set is seen by the turn that follows.
            let stopping = gateway.parts.stop.load(Ordering::Acquire);
            if gateway.turn() {
                idle.reset();
                continue;
            }
            if stopping {
                break;
            }
            let parts = &mut gateway.parts;
            let (account, strategies) = (&parts.account, &parts.strategies);
            let ready =
                || !account.is_empty() || strategies.iter().any(|end| !end.commands.is_empty());
            idle.wait(&mut parts.sleeper, ready, SLEEP_MAX);
        }
    })
}

/// The gateway without its thread: whoever has it drives it turn by turn, as the tests and benches
/// of the hot path do.
pub struct Gateway {
    clock: Clock,
    buffer: [u64; SLOT_WORDS],
    parts: GatewayParts,
}

impl Gateway {
    /// A gateway at work on these rings.
    pub fn new(parts: GatewayParts) -> Self {
        Self { clock: Clock::new(), buffer: [0; SLOT_WORDS], parts }
    }

    /// Handles what is there; `false` when there was nothing.
    pub fn turn(&mut self) -> bool {
        let mut busy = self.pass_on_account();
        for index in 0..self.parts.strategies.len() {
            while let Ok(command) = self.parts.strategies[index].commands.pop() {
                busy = true;
                self.handle(index, &command);
            }
        }
        self.parts.recorder.hand_over();
        busy
    }

    fn handle(&mut self, index: usize, command: &Command) {
        let now = self.clock.now();
        self.parts.recorder.record(0, (now - command.ts_submit).raw());
        let cause = &command.cause;
        let begin = if cause.ts_kernel.is_set() { cause.ts_kernel } else { cause.ts_recv };
        if begin.is_set() && cause.kind != Kind::default() {
            self.parts.recorder.record(1, (now - begin).raw());
        }
        let counters = &self.parts.counters;
        let counter = match command.kind {
            CommandKind::Submit { .. } => &counters.submits,
            CommandKind::Replace(_) => &counters.replaces,
            CommandKind::Cancel(_) | CommandKind::CancelAll => &counters.cancels,
        };
        StrategyCounters::add(counter, 1);
        if self.parts.intents.push(Intent { command: *command, ts_gate: now }).is_err() {
            StrategyCounters::add(&counters.intents_dropped, 1);
        }
        if let Some(mut report) = decide(command) {
            report.header.ts_event = now;
            self.tell(index, report.words());
        }
    }

    fn pass_on_account(&mut self) -> bool {
        let mut busy = false;
        while let Some(words) = self.parts.account.pop(&mut self.buffer) {
            busy = true;
            StrategyCounters::add(&self.parts.counters.account_records, 1);
            let length = words.len();
            let kind = strategy_api::record::header_of(words).map_or(Kind::default(), |h| h.kind);
            let bit = 1u64.checked_shl(u32::from(kind.0)).unwrap_or(0);
            for index in 0..self.parts.strategies.len() {
                if self.parts.strategies[index].account_kinds & bit != 0 {
                    let words = self.buffer;
                    self.tell(index, &words[..length]);
                }
            }
        }
        busy
    }

    /// Hands a record to a strategy. One that leaves no room is stopped: it must not trade on an
    /// incomplete picture of its own orders.
    fn tell(&mut self, index: usize, words: &[u64]) {
        let end = &mut self.parts.strategies[index];
        match end.updates.push(words) {
            Ok(()) => self.parts.strategies_waker.wake(),
            // A strategy that has ended reads nothing more.
            Err(_) if end.updates.is_abandoned() => {}
            // Release: pairs with the acquire in the strategy's thread.
            Err(_) => end.overrun.store(true, Ordering::Release),
        }
    }
}

//! The gateway's thread.
//!
//! # Hot path
//! One turn takes commands from the strategies' rings, decides, and reports back. In dry-run it
//! allocates nothing, takes no lock, formats nothing; the only system call is the sleep when there is
//! nothing to do. What trading adds, [`Trading`] tells.

use super::ends::Ends;
use super::trading::{Trading, Turn};
use super::{Command, CommandKind, Intent, OrderHops, StrategyEnd, decide};
use crate::strategy::{StrategyCounters, notes};
use crate::telemetry::Recorder;
use crate::threads;
use feed::clock::Clock;
use feed::ring::{Consumer, Idle, SLOT_WORDS, Sleeper, Wait, Waker};
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

/// What becomes of an order.
pub enum Backend {
    /// It ends here, as an intent on its way to the disk.
    DryRun {
        /// Where intents go.
        intents: rtrb::Producer<Intent>,
    },
    /// It goes to the broker.
    Trading(Box<Trading>),
}

/// What the gateway is made of.
pub struct GatewayParts {
    /// One end for each strategy.
    pub strategies: Vec<StrategyEnd>,
    /// Own orders and positions from the feed, feed events, session states, interruptions.
    pub account: Consumer<SLOT_WORDS>,
    /// What becomes of orders.
    pub backend: Backend,
    /// Hops of [`GATEWAY_HOPS`](super::GATEWAY_HOPS).
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
            let stopping = gateway.stop.load(Ordering::Acquire);
            if gateway.turn() {
                idle.reset();
                continue;
            }
            if stopping {
                break;
            }
            let patience = gateway.patience();
            let (account, strategies) = (&gateway.account, &gateway.ends.ends);
            let ready =
                || !account.is_empty() || strategies.iter().any(|end| !end.commands.is_empty());
            idle.wait(&mut gateway.sleeper, ready, patience);
        }
        gateway.end();
    })
}

/// The gateway without its thread: whoever has it drives it turn by turn, as the feed thread does with
/// inline dispatch, and the tests and benches of the hot path.
pub struct Gateway {
    clock: Clock,
    buffer: [u64; SLOT_WORDS],
    ends: Ends,
    account: Consumer<SLOT_WORDS>,
    backend: Backend,
    recorder: Recorder,
    sleeper: Sleeper,
    stop: Arc<AtomicBool>,
    counters: Arc<GatewayCounters>,
}

impl Gateway {
    /// A gateway at work on these rings.
    pub fn new(parts: GatewayParts) -> Self {
        let mut ends = Ends { ends: parts.strategies, waker: parts.strategies_waker };
        if let Backend::DryRun { .. } = &parts.backend {
            // Nothing is ever held or working: strategies wait for nothing.
            ends.tell_all(notes::start().words());
        }
        Self {
            clock: Clock::new(),
            buffer: [0; SLOT_WORDS],
            ends,
            account: parts.account,
            backend: parts.backend,
            recorder: parts.recorder,
            sleeper: parts.sleeper,
            stop: parts.stop,
            counters: parts.counters,
        }
    }

    /// Handles what is there; `false` when there was nothing.
    pub fn turn(&mut self) -> bool {
        let busy = match self.trading() {
            Some((trading, mut turn)) => trading.turn(&mut turn),
            None => self.dry_turn(),
        };
        self.recorder.hand_over();
        busy
    }

    /// How long it can be left alone when nothing wakes it.
    pub fn patience(&mut self) -> Duration {
        match &mut self.backend {
            Backend::DryRun { .. } => SLEEP_MAX,
            Backend::Trading(trading) => trading.patience(self.clock.now()).min(SLEEP_MAX),
        }
    }

    /// Brings the journal to its end and tells what became of the day. Nothing is handled after it.
    pub fn end(&mut self) {
        if let Some((trading, mut turn)) = self.trading() {
            trading.end(&mut turn);
        }
        self.recorder.hand_over();
    }

    /// Where orders go to the broker: who does it, and what with.
    fn trading(&mut self) -> Option<(&mut Trading, Turn<'_>)> {
        let Backend::Trading(trading) = &mut self.backend else { return None };
        let turn = Turn {
            clock: &mut self.clock,
            buffer: &mut self.buffer,
            ends: &mut self.ends,
            account: &mut self.account,
            recorder: &mut self.recorder,
            counters: &self.counters,
        };
        Some((trading, turn))
    }

    fn dry_turn(&mut self) -> bool {
        let mut busy = self.pass_on_account();
        for index in 0..self.ends.ends.len() {
            while let Ok(command) = self.ends.ends[index].commands.pop() {
                busy = true;
                self.end_as_intent(index, &command);
            }
        }
        busy
    }

    fn end_as_intent(&mut self, index: usize, command: &Command) {
        let now = self.clock.now();
        note_command(command, now, &mut self.recorder, &self.counters);
        if let Backend::DryRun { intents, .. } = &mut self.backend
            && intents.push(Intent { command: *command, ts_gate: now }).is_err()
        {
            StrategyCounters::add(&self.counters.intents_dropped, 1);
        }
        if let Some(mut report) = decide(command) {
            report.header.ts_event = now;
            self.ends.tell(index, report.words());
        }
    }

    fn pass_on_account(&mut self) -> bool {
        let mut busy = false;
        while let Some(words) = self.account.pop(&mut self.buffer) {
            busy = true;
            let kind = strategy_api::record::header_of(words).map_or(Kind::default(), |h| h.kind);
            if matches!(kind, Kind::ORDER_UPDATE | Kind::BALANCE) {
                StrategyCounters::add(&self.counters.account_records, 1);
                self.ends.pass_on(kind, words);
            }
        }
        busy
    }
}

/// Counts and times a command.
#[inline]
pub(super) fn note_command(
    command: &Command,
    now: strategy_api::UnixNanos,
    recorder: &mut Recorder,
    counters: &GatewayCounters,
) {
    OrderHops::gated(&command.cause, command.ts_submit, now, recorder);
    let counter = match command.kind {
        CommandKind::Submit { .. } => &counters.submits,
        CommandKind::Replace(_) => &counters.replaces,
        CommandKind::Cancel(_) | CommandKind::CancelAll => &counters.cancels,
    };
    StrategyCounters::add(counter, 1);
}

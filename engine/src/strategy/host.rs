//! What one strategy gets from the engine: orders out, time, timers, log, instruments.
//!
//! # Hot path
//! `submit` writes one command into a ring and wakes the gateway if it sleeps: no allocation, no
//! lock, no log; budget 100 ns.

use super::notes::{self, Note};
use super::portfolio::Portfolio;
use super::timers::Timers;
use crate::gateway::{Cause, Command, CommandKind};
use crate::logging::StrategyLog;
use feed::clock::Clock;
use feed::ring::Waker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use strategy_api::host::Host;
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, Instrument, InstrumentId, LogLevel, OrderReport,
    OrderRequest, Pnl, Position, Record, Refusal, ReplaceRequest, UnixNanos, WorkingOrder,
};

/// The instruments of a run, by id and by code.
#[derive(Debug, Default)]
pub struct InstrumentList {
    by_id: Vec<Instrument>,
    /// Sorted by code.
    by_code: Vec<InstrumentId>,
}

impl InstrumentList {
    /// A list of instruments whose ids are their positions.
    pub fn new(by_id: Vec<Instrument>) -> Self {
        let mut by_code: Vec<_> = by_id.iter().map(|instrument| instrument.id).collect();
        by_code.sort_by_key(|id| by_id[id.index()].symbol);
        Self { by_id, by_code }
    }

    /// All of them.
    pub fn all(&self) -> &[Instrument] {
        &self.by_id
    }

    /// The instrument with this id.
    pub fn get(&self, id: InstrumentId) -> Option<&Instrument> {
        self.by_id.get(id.index())
    }

    /// The instrument with this code.
    pub fn find(&self, code: &str) -> Option<InstrumentId> {
        let found = self
            .by_code
            .binary_search_by(|id| self.by_id[id.index()].symbol.as_bytes().cmp(code.as_bytes()));
        found.ok().map(|index| self.by_code[index])
    }
}

/// Counters of one strategy that other threads read. Written by its own thread only.
#[derive(Debug, Default)]
pub struct StrategyCounters {
    /// Records handed to the strategy.
    pub events: AtomicU64,
    /// Records lost because the strategy was too slow.
    pub lost: AtomicU64,
    /// How often that happened.
    pub gaps: AtomicU64,
    /// Timers fired.
    pub timers: AtomicU64,
    /// Orders wanted.
    pub submits: AtomicU64,
    /// Replaces wanted.
    pub replaces: AtomicU64,
    /// Cancels wanted.
    pub cancels: AtomicU64,
    /// When the callback began that is still running, nanoseconds since 1970; 0 between callbacks.
    pub callback_since: AtomicU64,
    /// Requests refused because the command ring was full.
    pub refused_full: AtomicU64,
}

impl StrategyCounters {
    /// Adds to a counter that only the calling thread writes: a load and a store, no locked
    /// instruction.
    #[inline]
    pub fn add(counter: &AtomicU64, count: u64) {
        // Relaxed: these are statistics; nothing else is ordered by them.
        counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }
}

/// The host of one strategy.
pub struct StrategyHost {
    strategy: u16,
    next_order: u64,
    commands: rtrb::Producer<Command>,
    gateway: Waker,
    clock: Clock,
    now: UnixNanos,
    cause: Cause,
    random: u64,
    /// The timers, which the thread fires.
    pub timers: Timers,
    log: StrategyLog,
    instruments: Arc<InstrumentList>,
    counters: Arc<StrategyCounters>,
    portfolio: Portfolio,
}

/// What a host is made of.
pub struct HostParts {
    /// Number of the strategy.
    pub strategy: u16,
    /// Where commands go.
    pub commands: rtrb::Producer<Command>,
    /// Wakes the gateway.
    pub gateway: Waker,
    /// Where lines of the log go.
    pub log: StrategyLog,
    /// The run's instruments.
    pub instruments: Arc<InstrumentList>,
    /// The strategy's counters.
    pub counters: Arc<StrategyCounters>,
    /// Number of its first order: behind those of earlier runs of the day, from 1.
    pub first_order: u64,
    /// Seed of the strategy's random numbers.
    pub seed: u64,
}

impl StrategyHost {
    /// A host.
    pub fn new(parts: HostParts) -> Self {
        let mut clock = Clock::new();
        Self {
            strategy: parts.strategy,
            next_order: parts.first_order,
            portfolio: Portfolio::new(parts.instruments.all().len()),
            commands: parts.commands,
            gateway: parts.gateway,
            now: clock.now(),
            clock,
            cause: Cause::default(),
            random: parts.seed,
            timers: Timers::new(),
            log: parts.log,
            instruments: parts.instruments,
            counters: parts.counters,
        }
    }

    /// Sets what the next callback is for: the strategy's time, and the record that orders sent in
    /// it are caused by.
    #[inline]
    pub fn begin(&mut self, now: UnixNanos, cause: Cause) {
        self.now = now;
        self.cause = cause;
    }

    /// The clock of the strategy's thread.
    #[inline]
    pub fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Takes in what the gateway tells, before the strategy sees it. A note is for the host alone and
    /// comes back; everything else is for the strategy.
    #[inline]
    pub fn hear(&mut self, words: &[u64]) -> Option<Note> {
        let note = notes::read(words);
        if let Some(note) = &note {
            self.portfolio.note(note);
        } else if let Some(report) = OrderReport::from_words(words) {
            self.portfolio.reported(report);
        }
        note
    }

    fn send(&mut self, kind: CommandKind) -> Result<(), Refusal> {
        let command = Command {
            strategy: self.strategy,
            kind,
            cause: self.cause,
            ts_submit: self.clock.now(),
        };
        if self.commands.push(command).is_err() {
            StrategyCounters::add(&self.counters.refused_full, 1);
            return Err(Refusal::Full);
        }
        self.gateway.wake();
        Ok(())
    }
}

impl Host for StrategyHost {
    fn submit(&mut self, order: &OrderRequest) -> Result<ClientOrderId, Refusal> {
        // The strategy's number in the upper bits: ids are unique over the engine without a counter
        // that threads share.
        let id = ClientOrderId((u64::from(self.strategy) + 1) << 40 | self.next_order);
        if !self.portfolio.has_room() {
            StrategyCounters::add(&self.counters.refused_full, 1);
            return Err(Refusal::Full);
        }
        self.send(CommandKind::Submit { id, request: *order })?;
        self.portfolio.submitted(id, order);
        self.next_order += 1;
        StrategyCounters::add(&self.counters.submits, 1);
        Ok(id)
    }

    fn replace(&mut self, request: &ReplaceRequest) -> Result<(), Refusal> {
        self.send(CommandKind::Replace(*request))?;
        self.portfolio.replace_asked(request.order);
        StrategyCounters::add(&self.counters.replaces, 1);
        Ok(())
    }

    fn cancel(&mut self, request: &CancelRequest) -> Result<(), Refusal> {
        self.send(CommandKind::Cancel(*request))?;
        self.portfolio.cancel_asked(request.order);
        StrategyCounters::add(&self.counters.cancels, 1);
        Ok(())
    }

    fn cancel_all(&mut self) -> Result<(), Refusal> {
        self.send(CommandKind::CancelAll)?;
        self.portfolio.cancel_all_asked();
        StrategyCounters::add(&self.counters.cancels, 1);
        Ok(())
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn random(&mut self) -> u64 {
        // SplitMix64: passes the usual test suites, one word of state, no dependency.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn set_timer(
        &mut self,
        tag: u64,
        after: DurationNanos,
        period: DurationNanos,
    ) -> Result<(), Refusal> {
        self.timers.set(self.now, tag, after, period)
    }

    fn cancel_timer(&mut self, tag: u64) -> Result<(), Refusal> {
        self.timers.cancel(tag)
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        self.log.push(self.now, level, text);
    }

    fn instrument_count(&self) -> usize {
        self.instruments.all().len()
    }

    fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id)
    }

    fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        self.instruments.find(symbol)
    }

    fn position(&self, instrument: InstrumentId) -> Position {
        self.portfolio.position(instrument)
    }

    fn working_order(&self, id: ClientOrderId) -> Option<WorkingOrder> {
        self.portfolio.working_order(id)
    }

    fn working_orders(&self, out: &mut [WorkingOrder]) -> usize {
        self.portfolio.working_orders(out)
    }

    fn pnl(&self) -> Pnl {
        self.portfolio.pnl()
    }

    fn account_pnl(&self) -> Pnl {
        self.portfolio.account_pnl()
    }
}

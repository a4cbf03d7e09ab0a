//! A strategy's thread.
//!
//! # Hot path
//! One turn takes a record from a ring, looks whether the strategy asked for it, and calls the
//! plugin. It allocates nothing, takes no lock and logs nothing; the only system call is the sleep
//! when there is nothing to read. Two clock readings an event: at pick-up and after the callback.

use super::filter::Filter;
use super::host::{StrategyCounters, StrategyHost};
use super::notes::Note;
use super::sessions::Early;
use crate::gateway::Cause;
use crate::plugin::{Instance, Stopped};
use crate::telemetry::Recorder;
use crate::threads;
use feed::ring::{Consumer, Idle, Poll, Reader, SLOT_WORDS, Sleeper, Wait};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use strategy_api::record::header_of;
use strategy_api::{
    Count, FeedChange, FeedEvent, Header, Kind, Record, SessionChange, Text, UnixNanos,
};

/// Longest sleep without a timer: the thread looks around at least this often.
const SLEEP_MAX: Duration = Duration::from_millis(50);
/// The same while it waits for its start.
const GO_SLEEP_MAX: Duration = Duration::from_millis(2);
/// Why a strategy that never started has ended.
const NEVER_STARTED: &str =
    "the run ended before the broker's books were known; it was not started";
/// Market records handled before own order events and timers are looked at again.
const MARKET_BATCH: usize = 32;

/// Numbers of the hops in the thread's recorder.
pub(super) const HOP_PUBLISHED: usize = 0;
/// From the kernel's timestamp (or the read) to the pick-up.
pub(super) const HOP_WIRE: usize = 1;
/// The callback itself.
pub(super) const HOP_CALLBACK: usize = 2;

/// What a strategy's thread is made of.
pub struct StrategyParts {
    /// The strategy.
    pub instance: Instance<StrategyHost>,
    /// The market.
    pub market: Reader<SLOT_WORDS>,
    /// Own orders: reports and account records.
    pub updates: Consumer<SLOT_WORDS>,
    /// What it asked for.
    pub filter: Filter,
    /// Hops `published→strategy`, `wire→strategy`, `strategy`.
    pub recorder: Recorder,
    /// What the thread sleeps on.
    pub sleeper: Sleeper,
    /// How it waits.
    pub wait: Wait,
    /// Core to pin it to.
    pub core: Option<usize>,
    /// Set by the gateway when own order events piled up.
    pub overrun: Arc<AtomicBool>,
    /// Set at the end of a run for a strategy that takes too long to read what is left.
    pub give_up: Arc<AtomicBool>,
    /// Set when the thread has stopped before its time.
    pub stopped: Arc<AtomicBool>,
    /// Counters.
    pub counters: Arc<StrategyCounters>,
}

/// How a strategy's thread ended.
#[derive(Debug)]
pub struct Ended {
    /// Why it stopped before the market did; `None` when it ran to the end.
    pub stopped: Option<String>,
}

/// Starts the thread. It ends when the market ring is closed and read to its end.
pub fn spawn(parts: StrategyParts) -> std::io::Result<JoinHandle<Ended>> {
    let name = parts.instance.name().to_owned();
    std::thread::Builder::new().name(name.clone()).spawn(move || {
        threads::pin(&name, parts.core);
        run(parts)
    })
}

fn run(parts: StrategyParts) -> Ended {
    let mut idle = Idle::new(parts.wait);
    let mut runner = Runner::new(parts);
    let result = runner
        .wait_for_go(&mut idle)
        .and_then(|()| runner.start())
        .and_then(|()| runner.main_loop(&mut idle));
    runner.finish(result)
}

/// A strategy's thread without the thread: whoever has it drives it turn by turn, as the tests and
/// benches of the hot path do.
pub struct Runner {
    parts: StrategyParts,
    buffer: [u64; SLOT_WORDS],
    /// `Extras` records dispatched and still without the record they belong to.
    pending_extras: usize,
    /// Where the venues stood before the start.
    early: Early,
}

/// The strategy is over: why.
type Over = String;

/// What a turn found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something was handled, and more waits.
    Busy,
    /// Something was handled, and all was read.
    Drained,
    /// There is nothing to do now.
    Idle,
    /// The market is over and read to its end.
    Closed,
}

impl Runner {
    /// A strategy that was not started yet.
    pub fn new(parts: StrategyParts) -> Self {
        Self { buffer: [0; SLOT_WORDS], pending_extras: 0, early: Early::default(), parts }
    }

    /// Whether the strategy may start. What it is told before belongs to the picture that it starts with
    /// and is not told again.
    ///
    /// # Errors
    /// When the run ends before it may.
    pub fn may_start(&mut self) -> Result<bool, Over> {
        while let Some(words) = self.parts.updates.pop(&mut self.buffer) {
            if let Some(change) = SessionChange::from_words(words) {
                self.early.keep(change);
            }
            if self.parts.instance.host_mut().hear(words) == Some(Note::Start) {
                return Ok(true);
            }
        }
        // Relaxed: a wish; nothing is ordered by it.
        if self.parts.market.is_closed() || self.parts.give_up.load(Ordering::Relaxed) {
            return Err(NEVER_STARTED.into());
        }
        Ok(false)
    }

    fn wait_for_go(&mut self, idle: &mut Idle) -> Result<(), Over> {
        while !self.may_start()? {
            let updates = &self.parts.updates;
            idle.wait(&mut self.parts.sleeper, || !updates.is_empty(), GO_SLEEP_MAX);
        }
        idle.reset();
        Ok(())
    }

    /// Tells the strategy that events follow, and where the day of each venue stands.
    ///
    /// # Errors
    /// Why it has stopped already.
    pub fn start(&mut self) -> Result<(), Over> {
        let now = self.parts.instance.host_mut().clock().now();
        self.parts.instance.host_mut().begin(now, Cause::default());
        self.parts.counters.callback_since.store(now.raw(), Ordering::Relaxed);
        let started = self.parts.instance.start().map_err(over);
        self.parts.counters.callback_since.store(0, Ordering::Relaxed);
        started?;
        for change in self.early.take() {
            let words = change.words();
            self.buffer[..words.len()].copy_from_slice(words);
            self.dispatch(words.len())?;
        }
        Ok(())
    }

    /// Handles own orders, a batch of the market, and the timers that are due.
    ///
    /// # Errors
    /// Why the strategy has stopped; it must not be driven any further.
    pub fn turn(&mut self) -> Result<Turn, Over> {
        // Relaxed: a wish; nothing is ordered by it.
        if self.parts.give_up.load(Ordering::Relaxed) {
            return Err("it was too slow to read what was left when the run ended".into());
        }
        let mut busy = self.read_updates()?;
        let mut more = false;
        match self.read_market()? {
            Progress::Batch => more = true,
            Progress::All => busy = true,
            Progress::None => {}
            Progress::Closed => return Ok(Turn::Closed),
        }
        busy |= self.fire_timers()?;
        self.parts.recorder.hand_over();
        Ok(match (more, busy) {
            (true, _) => Turn::Busy,
            (false, true) => Turn::Drained,
            (false, false) => Turn::Idle,
        })
    }

    /// Ends the strategy, with what the last turn said.
    pub fn finish(&mut self, result: Result<(), String>) -> Ended {
        let mut stopped = result.err();
        if stopped.as_deref() == Some(NEVER_STARTED) {
            return Ended { stopped };
        }
        // A strategy that failed is not entered again; one that asked to stop may say goodbye.
        let now = self.parts.instance.host_mut().clock().now();
        self.parts.instance.host_mut().begin(now, Cause::default());
        if let Err(error) = self.parts.instance.stop() {
            stopped.get_or_insert(error.to_string());
        }
        if stopped.is_some() {
            self.parts.stopped.store(true, Ordering::Release);
        }
        Ended { stopped }
    }

    fn main_loop(&mut self, idle: &mut Idle) -> Result<(), Over> {
        loop {
            match self.turn()? {
                Turn::Busy | Turn::Drained => idle.reset(),
                Turn::Closed => return Ok(()),
                Turn::Idle => {
                    let max = self.until_next_timer();
                    let (market, updates) = (&self.parts.market, &self.parts.updates);
                    let ready = || market.is_ready() || !updates.is_empty();
                    idle.wait(&mut self.parts.sleeper, ready, max);
                }
            }
        }
    }

    /// Own orders first: a strategy decides on the newest picture of itself.
    fn read_updates(&mut self) -> Result<bool, Over> {
        // Acquire: pairs with the release in the gateway.
        if self.parts.overrun.load(Ordering::Acquire) {
            return Err("it let its own order events pile up until their ring was full".into());
        }
        let mut busy = false;
        while let Some(words) = self.parts.updates.pop(&mut self.buffer) {
            busy = true;
            let length = words.len();
            if self.parts.instance.host_mut().hear(words).is_none() {
                self.dispatch(length)?;
            }
        }
        Ok(busy)
    }

    fn read_market(&mut self) -> Result<Progress, Over> {
        for handled in 0..MARKET_BATCH {
            match self.parts.market.poll(&mut self.buffer) {
                Poll::Record { words, .. } => {
                    let length = words.len();
                    self.dispatch(length)?;
                }
                Poll::Gap { lost } => self.tell_gap(lost)?,
                Poll::Empty => {
                    return Ok(if handled == 0 { Progress::None } else { Progress::All });
                }
                Poll::Closed => return Ok(Progress::Closed),
            }
        }
        Ok(Progress::Batch)
    }

    /// Hands the record in the first `length` words of the buffer to the strategy.
    #[inline]
    fn dispatch(&mut self, length: usize) -> Result<(), Over> {
        let words = &self.buffer[..length];
        let Some(header) = header_of(words).copied() else { return Ok(()) };
        let size = (header.size as usize / 8).min(length);
        if header.kind == Kind::EXTRAS {
            // Wanted with the record that follows; that one decides.
            self.pending_extras += 1;
            return self.parts.instance.dispatch(&self.buffer[..size]).map_err(over);
        }
        if !self.wants(&header) {
            if std::mem::take(&mut self.pending_extras) > 0 {
                self.parts.instance.forget_extras();
            }
            return Ok(());
        }
        self.pending_extras = 0;
        let instance = &mut self.parts.instance;
        let picked = instance.host_mut().clock().now();
        let now = if header.ts_recv.is_set() { header.ts_recv } else { picked };
        instance.host_mut().begin(now, cause_of(&header));
        let counters = &self.parts.counters;
        StrategyCounters::add(&counters.events, 1);
        // Relaxed: a sign of life.
        counters.callback_since.store(picked.raw(), Ordering::Relaxed);
        let result = instance.dispatch(&self.buffer[..size]);
        counters.callback_since.store(0, Ordering::Relaxed);
        let done = instance.host_mut().clock().now();
        let recorder = &mut self.parts.recorder;
        // The feed puts the time of publishing behind the record.
        if let Some(published) = self.buffer[..length].get(size) {
            recorder.record(HOP_PUBLISHED, picked.raw().saturating_sub(*published));
            let wire = if header.ts_kernel.is_set() { header.ts_kernel } else { header.ts_recv };
            recorder.record(HOP_WIRE, (picked - wire).raw());
        }
        // Last: it is the one that has to wait for the reading just now.
        recorder.record(HOP_CALLBACK, (done - picked).raw());
        result.map_err(over)
    }

    #[inline]
    fn wants(&self, header: &Header) -> bool {
        // What the gateway sends is for this strategy by construction.
        matches!(header.kind, Kind::ORDER_REPORT | Kind::SESSION_CHANGE)
            || self.parts.filter.wants(header)
    }

    /// Tells the strategy that it was too slow.
    #[cold]
    fn tell_gap(&mut self, lost: u64) -> Result<(), Over> {
        self.pending_extras = 0;
        self.parts.instance.forget_extras();
        StrategyCounters::add(&self.parts.counters.gaps, 1);
        StrategyCounters::add(&self.parts.counters.lost, lost);
        let now = self.parts.instance.host_mut().clock().now();
        let mut event = FeedEvent::unset();
        event.header.ts_recv = now;
        event.change = FeedChange::GAP;
        event.lost = Count::new(i64::try_from(lost).unwrap_or(i64::MAX));
        event.reason = Text::truncated("this strategy was too slow: the ring lapped it").0;
        self.parts.instance.host_mut().begin(now, cause_of(&event.header));
        self.parts.instance.dispatch(event.words()).map_err(over)
    }

    #[inline]
    fn fire_timers(&mut self) -> Result<bool, Over> {
        let instance = &mut self.parts.instance;
        if instance.host().timers.next_due().is_none() {
            return Ok(false);
        }
        let now = instance.host_mut().clock().now();
        let mut busy = false;
        while let Some((tag, due)) = instance.host_mut().timers.pop_due(now) {
            busy = true;
            instance.host_mut().begin(due, Cause::default());
            StrategyCounters::add(&self.parts.counters.timers, 1);
            self.parts.counters.callback_since.store(now.raw(), Ordering::Relaxed);
            let result = instance.timer(tag, due);
            self.parts.counters.callback_since.store(0, Ordering::Relaxed);
            result.map_err(over)?;
        }
        Ok(busy)
    }

    /// How long the strategy can be left alone when there is nothing to read.
    pub(super) fn until_next_timer(&mut self) -> Duration {
        let host = self.parts.instance.host_mut();
        match host.timers.next_due() {
            Some(due) => {
                let now: UnixNanos = host.clock().now();
                SLEEP_MAX.min(Duration::from_nanos((due - now).raw()))
            }
            None => SLEEP_MAX,
        }
    }
}

enum Progress {
    None,
    /// As much as a turn may read; there may be more.
    Batch,
    /// What there was.
    All,
    Closed,
}

#[inline]
fn cause_of(header: &Header) -> Cause {
    Cause {
        ts_kernel: header.ts_kernel,
        ts_recv: header.ts_recv,
        sequence: header.sequence,
        kind: header.kind,
    }
}

#[cold]
fn over(stopped: Stopped) -> Over {
    stopped.to_string()
}

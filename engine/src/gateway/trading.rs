//! Real orders: the desk with its journal, order lines and office, driven turn by turn.
//!
//! ```text
//!  records, commands, replies, time ─▶ Desk ─▶ Action ─┬─ Journal ─▶ file, then the desk is told
//!                                                      ├─ Call    ─▶ order line
//!                                                      ├─ Report  ─▶ strategy
//!                                                      └─ Query, latch, token ─▶ office
//! ```
//!
//! What is decided, the [desk](crate::desk) decides; here it is carried out, in the order in which it
//! comes. A call comes out only after the lines that it rests on are in the journal.
//!
//! # Hot path
//! From a command to the last byte of its order: the gate's checks, one write into the journal, one
//! encryption, one write into the socket. Nothing waits for another thread, unless the journal is to
//! be on the disk first (`orders.sync = "order"`).

use super::ends::Ends;
use super::hops::OrderHops;
use super::live::{Control, Live, Stage};
use super::rehearsal::Rehearsal;
use super::results::Results;
use super::thread::note_command;
use super::{Command, GatewayCounters};
use crate::broker::api::{ApiId, OrderAnswer};
use crate::broker::line::{Finished, LinePool, Lost, Outcome};
use crate::desk::{Action, Call, Desk, Silence, Tag, TradingLine, TradingSummary};
use crate::journal::{Journal, Ticket};
use crate::market::Phase;
use crate::office::{Done, Job, OfficeEnd};
use crate::order::{BrokerNumber, Carry, Input, Machine, Output, RequestKind};
use crate::strategy::{notes, sessions};
use crate::telemetry::Recorder;
use crossbeam::channel::{Receiver, Sender};
use feed::clock::Clock;
use feed::instruments::Instruments;
use feed::ring::{Consumer, Poll, Reader, SLOT_WORDS};
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use strategy_api::record::header_of;
use strategy_api::{
    DurationNanos, FeedChange, FeedEvent, InstrumentId, Kind, OrderEvent, OrderReport, OrderState,
    OrderUpdate, Record, Side, UnixNanos, Venue, VolatilityInterruption,
};

/// Records of the market ring taken in one turn: orders must not wait behind a burst.
const MARKET_TURN_MAX: usize = 256;
/// While a reply or the disk is waited for, sockets and journal are looked at this often.
const PATIENCE_BUSY: Duration = Duration::from_micros(100);
/// How often lines are tended and the live figures renewed.
const TEND_EVERY: DurationNanos = DurationNanos::from_millis(20);
const SHOW_EVERY: DurationNanos = DurationNanos::from_millis(250);

/// Own order events that are kept for strategies that have not started.
const EARLY_MAX: usize = 512;

/// What trading is made of.
pub struct TradingParts {
    /// The desk, which has not begun.
    pub desk: Desk,
    /// The journal of this run.
    pub journal: Journal,
    /// Order lines.
    pub lines: LinePool,
    /// The cold side.
    pub office: OfficeEnd,
    /// Prices, from now on.
    pub market: Reader<SLOT_WORDS>,
    /// Codes of the instruments.
    pub instruments: Instruments,
    /// What strategies bring along from the day before.
    pub carry: Vec<Carry>,
    /// Names of the strategies.
    pub strategies: Vec<String>,
    /// What the main thread wants.
    pub controls: Receiver<Control>,
    /// What others see.
    pub live: Arc<Live>,
    /// What a person should see, on its way to the log.
    pub told: rtrb::Producer<Output>,
    /// Where the end goes.
    pub summary: Sender<TradingEnd>,
    /// How long the feed may be silent or down before resting orders are cancelled; `None`: they stay.
    pub cancel_on_silence: Option<DurationNanos>,
    /// Splits of orders that can be timed at once.
    pub hops: OrderHops,
    /// Keeps the way of an order warm; where a thread spins.
    pub rehearsal: Option<Rehearsal>,
}

/// How the day ended.
#[derive(Debug)]
pub struct TradingEnd {
    /// Orders, positions, results.
    pub summary: TradingSummary,
    /// What went wrong on the way, in words.
    pub problems: Vec<String>,
}

/// The desk with its journal, order lines and office; [`Gateway`](super::Gateway) drives it turn by turn.
pub struct Trading {
    parts: TradingParts,
    stage: Stage,
    actions: Vec<Action>,
    spare: Vec<Action>,
    /// The newest line that is on its way to the disk.
    unsafe_line: Option<(u64, Ticket)>,
    journal_failed: bool,
    office_gone: bool,
    begun: bool,
    /// Strategies run.
    doors_open: bool,
    subscribed: bool,
    ending: bool,
    account_next: Option<u64>,
    stopped: Vec<bool>,
    results: Results,
    /// When resting orders are cancelled because the feed is away; unset while it is not, or they are not.
    cancel_at: UnixNanos,
    tend_at: UnixNanos,
    show_at: UnixNanos,
    problems: Vec<String>,
    /// Own order events and positions that came before the strategies could start.
    early: VecDeque<Vec<u64>>,
    early_lost: u64,
}

/// What a turn works with.
pub(super) struct Turn<'a> {
    pub(super) clock: &'a mut Clock,
    pub(super) buffer: &'a mut [u64; SLOT_WORDS],
    pub(super) ends: &'a mut Ends,
    pub(super) account: &'a mut Consumer<SLOT_WORDS>,
    pub(super) recorder: &'a mut Recorder,
    pub(super) counters: &'a GatewayCounters,
}

impl Trading {
    /// A gateway that has not begun.
    pub fn new(parts: TradingParts) -> Self {
        Self {
            stage: Stage::Starting,
            actions: Vec::with_capacity(256),
            spare: Vec::with_capacity(256),
            unsafe_line: None,
            journal_failed: false,
            office_gone: false,
            begun: false,
            doors_open: false,
            subscribed: false,
            ending: false,
            account_next: None,
            stopped: vec![false; parts.strategies.len()],
            results: Results::new(parts.strategies.len()),
            cancel_at: UnixNanos::UNSET,
            tend_at: UnixNanos::UNSET,
            show_at: UnixNanos::UNSET,
            problems: Vec::new(),
            early: VecDeque::new(),
            early_lost: 0,
            parts,
        }
    }

    /// Handles what is there; `false` when there was nothing.
    pub(super) fn turn(&mut self, turn: &mut Turn<'_>) -> bool {
        let now = turn.clock.now();
        self.parts.live.beat.store(now.raw(), Ordering::Relaxed);
        let mut busy = !self.begun;
        if !self.begun {
            self.begin(now, turn);
        }
        busy |= self.hear_office(now, turn);
        busy |= self.hear_controls(now, turn);
        busy |= self.read_account(turn);
        busy |= self.read_market(turn);
        busy |= self.take_commands(turn);
        busy |= self.hear_lines(turn);
        busy |= self.look_at_journal(turn);
        self.look_after_strategies(turn);
        let now = turn.clock.now();
        if now >= self.parts.desk.wake_at() {
            self.parts.desk.tick(now, &mut self.actions);
            self.carry_out(turn);
        }
        self.tend(now, turn);
        self.rehearse(now, turn.clock);
        // While the disk is waited for, its thread may need this core.
        if !busy && self.unsafe_line.is_some() {
            std::thread::yield_now();
            busy = true;
        }
        busy
    }

    /// Walks the way of an order with one that goes nowhere, unless a real one is on it.
    #[inline]
    fn rehearse(&mut self, now: UnixNanos, clock: &mut Clock) {
        let Some(rehearsal) = self.parts.rehearsal.as_mut().filter(|r| r.is_due(now)) else {
            return;
        };
        if self.stage != Stage::Trading
            || self.unsafe_line.is_some()
            || self.parts.lines.under_way() > 0
        {
            rehearsal.put_off(now);
        } else {
            rehearsal.run(clock, &mut self.parts.journal, &mut self.actions);
            // Last, so that this is what is found in the caches.
            self.parts.lines.keep_warm(clock);
        }
    }

    /// How long nothing has to be looked at, unless something wakes us.
    pub(super) fn patience(&self, now: UnixNanos) -> Duration {
        if self.unsafe_line.is_some() || self.parts.lines.under_way() > 0 {
            return PATIENCE_BUSY;
        }
        let wake = self.parts.desk.wake_at();
        Duration::from_nanos((wake - now).raw().min(TEND_EVERY.raw()))
    }

    /// Nothing more comes: closes lines and journal, and tells how the day ended.
    pub(super) fn end(&mut self, turn: &mut Turn<'_>) {
        for finished in self.parts.lines.give_up() {
            self.finished(finished, turn);
        }
        self.carry_out(turn);
        if let Err(error) = self.parts.journal.finish() {
            self.problems.push(format!("the order journal: {error}"));
        }
        let summary = TradingSummary::of(&self.parts.desk, &self.parts.strategies);
        let problems = std::mem::take(&mut self.problems);
        // Nobody waits for it when the run has given up on us.
        let _ = self.parts.summary.try_send(TradingEnd { summary, problems });
    }

    fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
        // Release: what was decided before is seen by whoever sees the stage.
        self.parts.live.stage.store(stage as u8, Ordering::Release);
    }

    // ---- Before the first order -------------------------------------------------------------

    fn begin(&mut self, now: UnixNanos, turn: &mut Turn<'_>) {
        self.begun = true;
        for carry in std::mem::take(&mut self.parts.carry) {
            self.parts.desk.by_hand(now, Input::Carry(carry), &mut self.actions);
        }
        self.parts.desk.begin(now, &mut self.actions);
        self.set_stage(Stage::Books);
        self.carry_out(turn);
    }

    /// The books are known: strategies learn what they hold, and start.
    fn open_the_doors(&mut self, turn: &mut Turn<'_>) {
        let machine = self.parts.desk.machine();
        for position in machine.strategy_positions() {
            let note = notes::position(machine, position.strategy, position.instrument);
            turn.ends.tell(usize::from(position.strategy), note.words());
        }
        for order in machine.orders().iter().filter(|order| !order.status.is_final()) {
            if let Some(working) = machine.as_working(order.id) {
                let note = notes::working(&working);
                turn.ends.tell(usize::from(order.strategy), note.words());
            }
        }
        for venue in [Venue::KRX, Venue::NXT] {
            let phase = self.parts.desk.sessions().phase(venue);
            turn.ends.tell_all(sessions::standing(venue, phase, turn.clock.now()).words());
        }
        self.results.tend(&self.parts.desk, &self.stopped, turn.ends);
        turn.ends.tell_all(notes::start().words());
        self.doors_open = true;
        self.set_stage(Stage::Trading);
        // Strategies that have asked for the broker's own words get those from before their start, too.
        for words in std::mem::take(&mut self.early) {
            let kind = header_of(&words).map_or(Kind::default(), |header| header.kind);
            turn.ends.pass_on(kind, &words);
        }
        if self.early_lost > 0 {
            let lost = self.early_lost;
            self.problems.push(format!(
                "{lost} own order events came before the strategies started and were not passed on"
            ));
        }
    }

    // ---- What comes in ----------------------------------------------------------------------

    fn hear_office(&mut self, now: UnixNanos, turn: &mut Turn<'_>) -> bool {
        let mut busy = false;
        while let Some(done) = self.parts.office.take() {
            busy = true;
            match done {
                Done::Queried { tag, result, .. } => {
                    self.parts.desk.queried(now, tag, &result, &mut self.actions);
                }
                Done::Token(token) => self.new_token(now, &token),
                Done::TokenFailed { .. } => {}
                Done::LatchWritten(result) => {
                    if let Err(error) = &result {
                        self.problems.push(format!("the kill switch's latch: {error}"));
                    }
                    self.parts.desk.latch_written(now, result.is_ok());
                }
                Done::Terms { instrument, terms, .. } => {
                    // Terms that cannot be true leave the instrument closed; the gate says so.
                    if let Err(why) = self.parts.desk.set_terms(instrument, &terms) {
                        tracing::error!("terms of {instrument:?} were refused: {why}: {terms:?}");
                    }
                }
                Done::TermsFailed { .. } => {}
            }
            self.carry_out(turn);
        }
        busy
    }

    fn new_token(&mut self, now: UnixNanos, token: &SecretString) {
        match self.parts.lines.set_token(token) {
            Ok(()) => self.parts.desk.token_renewed(now, &mut self.actions),
            Err(error) => self.problems.push(format!("the order lines refused a token: {error}")),
        }
    }

    fn hear_controls(&mut self, now: UnixNanos, turn: &mut Turn<'_>) -> bool {
        let mut busy = false;
        while let Ok(control) = self.parts.controls.try_recv() {
            busy = true;
            match control {
                Control::Kill { reason, who, detail } => {
                    self.parts.desk.kill(now, reason, &who, &detail, &mut self.actions);
                }
                Control::WindDown(cancel) => {
                    self.ending = true;
                    self.parts.desk.wind_down(now, cancel, &mut self.actions);
                }
            }
            self.carry_out(turn);
        }
        busy
    }

    fn read_account(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut busy = false;
        while let Some(words) = turn.account.pop(turn.buffer) {
            busy = true;
            let length = words.len();
            let Some(header) = header_of(words).copied() else { continue };
            let now = turn.clock.now();
            // A hole: the ring was full, and what happened to our orders was not told.
            let hole = self.account_next.is_some_and(|next| next != header.sequence);
            self.account_next = Some(header.sequence.wrapping_add(1));
            if hole {
                self.parts.desk.feed_down(now, &mut self.actions);
                if self.subscribed {
                    self.parts.desk.feed_up(now, &mut self.actions);
                }
            }
            let words = &turn.buffer[..length];
            match header.kind {
                Kind::ORDER_UPDATE | Kind::BALANCE => {
                    crate::strategy::StrategyCounters::add(&turn.counters.account_records, 1);
                    if self.doors_open {
                        turn.ends.pass_on(header.kind, words);
                    } else {
                        keep_early(&mut self.early, &mut self.early_lost, words);
                    }
                    self.time_acceptance(words, turn.recorder);
                    self.parts.desk.account(now, words, &mut self.actions);
                }
                Kind::FEED_EVENT => {
                    if let Some(event) = FeedEvent::from_words(words) {
                        let change = event.change;
                        self.feed_changed(now, change);
                    }
                }
                Kind::SESSION_STATE => self.parts.desk.market(now, words, &mut self.actions),
                Kind::VOLATILITY_INTERRUPTION => self.interruption(now, words),
                _ => {}
            }
            self.carry_out(turn);
        }
        busy
    }

    /// An order that the exchange has taken ends the split of its time.
    fn time_acceptance(&mut self, words: &[u64], recorder: &mut Recorder) {
        if let Some(update) = OrderUpdate::from_words(words)
            && update.state == OrderState::ACCEPTED
            && let Some(number) = BrokerNumber::read(update.order_number.as_str())
        {
            self.parts.hops.heard(number, update.header.ts_recv, recorder);
        }
    }

    /// `1h` is registered for the whole market: its instrument stands inside.
    fn interruption(&mut self, now: UnixNanos, words: &[u64]) {
        let Some(record) = VolatilityInterruption::from_words(words) else { return };
        let mut record = *record;
        if record.header.instrument == InstrumentId::NONE {
            record.header.instrument = self.parts.instruments.lookup(record.symbol.as_bytes()).0;
        }
        if record.header.instrument != InstrumentId::NONE {
            self.parts.desk.market(now, record.words(), &mut self.actions);
        }
    }

    fn feed_changed(&mut self, now: UnixNanos, change: FeedChange) {
        match change {
            FeedChange::SUBSCRIBED => {
                self.subscribed = true;
                self.feed_up(now);
            }
            FeedChange::FRESH if self.subscribed => self.feed_up(now),
            // Half of the time has passed already.
            FeedChange::STALE => self.feed_down(now, 2),
            FeedChange::DISCONNECTED | FeedChange::TAKEN_OVER | FeedChange::ENDED => {
                self.subscribed = false;
                self.feed_down(now, 1);
            }
            _ => {}
        }
    }

    fn feed_up(&mut self, now: UnixNanos) {
        self.cancel_at = UnixNanos::UNSET;
        self.parts.desk.feed_up(now, &mut self.actions);
    }

    fn feed_down(&mut self, now: UnixNanos, part: u64) {
        self.parts.desk.feed_down(now, &mut self.actions);
        if let Some(max) = self.parts.cancel_on_silence
            && !self.cancel_at.is_set()
        {
            self.cancel_at = now + DurationNanos::new(max.raw() / part);
        }
    }

    /// The feed has been away for too long: what rests is cancelled, once.
    fn look_at_silence(&mut self, now: UnixNanos, turn: &mut Turn<'_>) {
        if self.cancel_at.is_set() && now >= self.cancel_at {
            self.cancel_at = UnixNanos::new(u64::MAX);
            tracing::warn!("the feed is away for too long: resting orders are cancelled");
            self.parts.desk.by_hand(now, Input::CancelEverything, &mut self.actions);
            self.carry_out(turn);
        }
    }

    /// Prices for the gate. What it lost when it was lapped it does not miss: the newest is what counts.
    fn read_market(&mut self, turn: &mut Turn<'_>) -> bool {
        for count in 0..MARKET_TURN_MAX {
            match self.parts.market.poll(turn.buffer) {
                Poll::Record { words, .. } => {
                    let Some(header) = header_of(words) else { continue };
                    if matches!(
                        header.kind,
                        Kind::TRADE | Kind::BEST_QUOTE | Kind::DEPTH | Kind::INSTRUMENT_INFO
                    ) {
                        let read = header.ts_recv;
                        self.parts.desk.market(read, words, &mut self.actions);
                    }
                }
                Poll::Gap { .. } => {}
                Poll::Empty | Poll::Closed => return count > 0,
            }
        }
        true
    }

    fn take_commands(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut busy = false;
        for index in 0..turn.ends.ends.len() {
            while let Ok(command) = turn.ends.ends[index].commands.pop() {
                busy = true;
                self.command(&command, turn);
            }
        }
        busy
    }

    fn command(&mut self, command: &Command, turn: &mut Turn<'_>) {
        let now = turn.clock.now();
        self.parts.desk.command(now, command, &mut self.actions);
        self.carry_out(turn);
        // The histograms can wait until the order is on its way.
        note_command(command, now, turn.recorder, turn.counters);
    }

    /// A strategy that was stopped leaves nothing behind.
    fn look_after_strategies(&mut self, turn: &mut Turn<'_>) {
        for index in 0..self.stopped.len() {
            let Some(end) = turn.ends.ends.get(index) else { return };
            // One that let its updates pile up may be stuck: its orders do not wait until it returns.
            let overrun = end.overrun.load(Ordering::Relaxed);
            // Acquire: pairs with the release of the strategy's thread; what it wanted before is here.
            if self.stopped[index] || !(overrun || end.stopped.load(Ordering::Acquire)) {
                continue;
            }
            if !overrun && !end.commands.is_empty() {
                continue;
            }
            self.stopped[index] = true;
            let now = turn.clock.now();
            self.parts.desk.strategy_stopped(now, index as u16, &mut self.actions);
            self.carry_out(turn);
        }
    }

    fn hear_lines(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut busy = false;
        while let Some(finished) = self.parts.lines.poll(turn.clock) {
            busy = true;
            self.finished(finished, turn);
            self.carry_out(turn);
        }
        busy
    }

    fn finished(&mut self, finished: Finished, turn: &mut Turn<'_>) {
        let Finished { tag, outcome, stamps } = finished;
        let (tag, now) = (Tag::from_u64(tag), turn.clock.now());
        self.parts.hops.written(tag, stamps.written, turn.recorder);
        let (desk, out) = (&mut self.parts.desk, &mut self.actions);
        match outcome {
            Outcome::Answer(reply) => {
                let api = api_of(desk.machine(), tag);
                let answer = OrderAnswer::read(api, reply.status, &reply.body);
                let number = match &answer {
                    OrderAnswer::Accepted(order) => BrokerNumber::read(order.number.as_str()),
                    _ => None,
                };
                self.parts.hops.replied(tag, number, stamps.parsed, turn.recorder);
                desk.answered(now, tag, &answer, out);
            }
            Outcome::NotSent(why) => {
                self.parts.hops.ended(tag);
                desk.not_sent(now, tag, &why.to_string(), out);
            }
            Outcome::Unknown(lost) => {
                tracing::warn!("order line: {tag:?}: {lost}");
                let why = match lost {
                    Lost::TimedOut { .. } | Lost::WriteTimedOut { .. } => Silence::TimedOut,
                    _ => Silence::LineBroke,
                };
                desk.silent(now, tag, why, out);
            }
        }
    }

    fn look_at_journal(&mut self, turn: &mut Turn<'_>) -> bool {
        self.parts.desk.set_journal_room(self.parts.journal.has_room());
        if let Some(failure) = self.parts.journal.failure()
            && !self.journal_failed
        {
            let failure = failure.to_owned();
            self.journal_failed(&failure);
        }
        match self.unsafe_line {
            Some((seq, ticket)) if self.parts.journal.is_safe(ticket) => {
                self.unsafe_line = None;
                let now = turn.clock.now();
                self.parts.desk.journaled(now, seq, &mut self.actions);
                self.carry_out(turn);
                true
            }
            _ => false,
        }
    }

    #[cold]
    fn journal_failed(&mut self, why: &str) {
        if !self.journal_failed {
            self.journal_failed = true;
            self.parts.live.journal_failed.store(true, Ordering::Release);
            tracing::error!("the order journal has failed, nothing leaves any more: {why}");
            self.problems.push(format!("the order journal failed, nothing left after it: {why}"));
        }
        self.parts.desk.journal_failed();
    }

    // ---- What goes out ----------------------------------------------------------------------

    /// Does what the desk wants, until it wants nothing more.
    fn carry_out(&mut self, turn: &mut Turn<'_>) {
        while !self.actions.is_empty() {
            let mut actions = std::mem::replace(&mut self.actions, std::mem::take(&mut self.spare));
            for action in actions.drain(..) {
                self.act(action, turn);
            }
            self.spare = actions;
            let Some((seq, ticket)) = self.unsafe_line else { continue };
            if let Err(error) = self.parts.journal.commit() {
                self.journal_failed(&error.to_string());
            } else if self.parts.journal.is_safe(ticket) {
                self.unsafe_line = None;
                let now = turn.clock.now();
                self.parts.desk.journaled(now, seq, &mut self.actions);
            }
        }
    }

    #[inline]
    fn act(&mut self, action: Action, turn: &mut Turn<'_>) {
        match action {
            Action::Journal(entry) => match self.parts.journal.append(&entry) {
                Ok(ticket) => self.unsafe_line = Some((entry.seq, ticket)),
                Err(error) => self.journal_failed(&error.to_string()),
            },
            Action::Call(call) => self.send(&call, turn),
            Action::Report { strategy, report } => self.report(strategy, &report, turn),
            Action::Query { tag, query } => self.parts.office.ask(Job::Query { tag, query }),
            Action::Session(change) => {
                turn.ends.tell_all(sessions::change(&change).words());
            }
            Action::Latch(record) => {
                tracing::error!("the kill switch is pulled: {record}");
                self.parts.office.ask(Job::WriteLatch(record));
            }
            Action::RenewToken => self.parts.office.ask(Job::RenewToken),
            Action::Told(output) => {
                if self.parts.told.push(output).is_err() {
                    tracing::warn!("not kept for want of room: {output:?}");
                }
            }
        }
    }

    fn send(&mut self, call: &Call, turn: &mut Turn<'_>) {
        let now = turn.clock.now();
        if let Tag::Order(id) = call.tag
            && let Some(request) = self.parts.desk.machine().request(id)
        {
            self.parts.hops.decided(call.tag, request.ts_cause, request.ts_sent);
            self.parts.hops.journaled(call.tag, now);
        }
        match self.parts.lines.send(call.tag.to_u64(), &call.call, turn.clock) {
            Ok(()) => {
                let now = turn.clock.now();
                self.parts.desk.written(now, call.tag, &mut self.actions);
            }
            Err(why) => {
                tracing::warn!("order line: {why}");
                self.parts.hops.ended(call.tag);
                let (now, why) = (turn.clock.now(), why.to_string());
                self.parts.desk.not_sent(now, call.tag, &why, &mut self.actions);
            }
        }
    }

    /// Tells a strategy: first where its order and its position are now, then what happened.
    fn report(&mut self, strategy: u16, report: &OrderReport, turn: &mut Turn<'_>) {
        let index = usize::from(strategy);
        let machine = self.parts.desk.machine();
        if let Some(working) = machine.as_working(report.order) {
            turn.ends.tell(index, notes::working(&working).words());
            let instrument = working.request.instrument;
            turn.ends.tell(index, notes::position(machine, strategy, instrument).words());
        }
        if report.event == OrderEvent::FILLED {
            self.results.filled(index, &self.parts.desk, turn.ends);
        }
        turn.ends.tell(index, report.words());
    }

    fn tend(&mut self, now: UnixNanos, turn: &mut Turn<'_>) {
        if now < self.tend_at {
            return;
        }
        self.tend_at = now + TEND_EVERY;
        self.parts.lines.tend(turn.clock);
        self.look_at_silence(now, turn);
        if self.parts.office.is_gone() && !self.office_gone {
            self.office_gone = true;
            self.problems.push("the office thread is gone: no query is answered any more".into());
        }
        self.look_around(now, turn);
        if now >= self.show_at {
            self.show_at = now + SHOW_EVERY;
            // The older one that nobody took is of no use.
            let _ = self.parts.live.line.force_push(TradingLine::of(&self.parts.desk));
            if self.doors_open {
                self.results.tend(&self.parts.desk, &self.stopped, turn.ends);
            }
        }
    }

    fn look_around(&mut self, now: UnixNanos, turn: &mut Turn<'_>) {
        let desk = &self.parts.desk;
        let continuous = [Venue::KRX, Venue::NXT]
            .iter()
            .any(|venue| desk.sessions().phase(*venue) == Phase::Continuous);
        let expected = continuous && self.subscribed && !desk.gate().is_everything_halted(now);
        self.parts.live.data_expected.store(expected, Ordering::Relaxed);
        let stage = if desk.kill_switch().is_killed() {
            let is_over = desk.is_latched() && desk.kill_switch().is_latch_settled();
            if is_over { Stage::Killed } else { Stage::Killing }
        } else if self.ending {
            if desk.is_settled() { Stage::Settled } else { Stage::WindingDown }
        } else {
            self.stage
        };
        if stage != self.stage {
            self.set_stage(stage);
        }
        if !self.doors_open && self.begun && self.parts.desk.machine().is_ready() {
            self.open_the_doors(turn);
        }
    }
}

/// Keeps an event for strategies that have not started. The ring of a strategy that does not read must
/// not fill up with them.
fn keep_early(early: &mut VecDeque<Vec<u64>>, lost: &mut u64, words: &[u64]) {
    if early.len() < EARLY_MAX {
        early.push_back(words.to_vec());
    } else {
        *lost += 1;
    }
}

/// Which call a tag stands for.
fn api_of(machine: &Machine, tag: Tag) -> ApiId {
    let Tag::Order(id) = tag else { return ApiId::Cancel };
    match (machine.request(id), machine.order_of(id)) {
        (Some(request), Some(order)) => match request.kind {
            RequestKind::New if order.request.side == Side::SELL => ApiId::Sell,
            RequestKind::New => ApiId::Buy,
            RequestKind::Replace => ApiId::Modify,
            RequestKind::Cancel => ApiId::Cancel,
        },
        // A tag that came from nowhere: its answer is read as what can do no harm.
        _ => ApiId::Cancel,
    }
}

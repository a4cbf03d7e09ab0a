//! The desk: order machine, risk gate, rate limit, kill switch and sessions as one value without I/O.
//!
//! Commands, records, answers and time go in; [`Action`]s come out, in the order in which they are to be
//! done. It opens nothing, waits for nothing and reads no clock, so it is driven by a thread with
//! sockets and by a test in virtual time in the same way.
//!
//! # From a command to the line
//! 1. **Journal room, rate, line**: without all three a new order or a replace is denied, at once.
//! 2. **Gate**: the first reason against it goes back as a report with its
//!    [`Refusal`].
//! 3. **Machine**: it takes the wish; the input leaves as [`Action::Journal`].
//! 4. **Gate again**: the order counts from here on, before anything is on the wire.
//! 5. **Line**: [`Action::Call`] comes out only after [`Desk::journaled`] has told that the input is
//!    safe.
//!
//! # What waits, and what is denied
//! | limit | new order, replace | cancel |
//! |---|---|---|
//! | journal queue full | denied, [`Full`](strategy_api::Refusal::Full) | goes on: the reserve is for it |
//! | journal failed | denied, [`Internal`](strategy_api::Refusal::Internal) | nothing leaves any more |
//! | broker's rate | denied, [`BrokerRate`](strategy_api::Refusal::BrokerRate) | keeps its place, goes first |
//! | no free line | denied, [`Full`](strategy_api::Refusal::Full) | keeps its place |
//! | token dead | denied, [`NotAllowed`](strategy_api::Refusal::NotAllowed) | waits for the new one |
//!
//! A cancel that surely was not carried out (the line broke before the first byte, too many calls, a
//! dead token) is asked for again, at most [`CANCEL_RETRIES`] times for an order; the strategy is not
//! told about the attempts. A new order or a replace is never sent again.
//!
//! # Kill switch
//! A trigger shuts the gate, cancels every own order through the machine, and then lets a
//! [`KillRun`](crate::kill::KillRun) ask the broker what is left, cancel it, whosever it is, and prove
//! that nothing works any more.

mod action;
mod answers;
mod convert;
mod facts;
mod kill;
mod outbox;
mod rounds;
mod summary;
mod tally;

pub use action::{Action, Call, QueryResult, QueryTag, Silence, Tag};
pub use convert::{open_row, order_reply};
pub use summary::{
    AccountRow, CashRow, DenialRow, KillRow, KillRunRow, Money, NoticesRow, Orders, PositionRow,
    Requests, RoundsRow, StrategyResult, ToldRow, Traded, TradingLine, TradingResult,
    TradingSummary, WorkingRow,
};
pub use tally::{Notices, Rounds, TOLD_MAX, Tally, Told};

use crate::broker::limiter::{Class, Limiter};
use crate::gateway::{Command, CommandKind};
use crate::journal::Entry;
use crate::kill::{KillOptions, KillSwitch};
use crate::market::Sessions;
use crate::order::{Denied, Holding, Input, Machine, OrderEntry, Output, Update, Want, Wish};
use crate::risk::{Approval, Gate, InstrumentTerms, ReplaceApproval};
use feed::clock::Monotonic;
use std::collections::{HashMap, VecDeque};
use strategy_api::{
    Balance, ClientOrderId, DurationNanos, InstrumentId, Kind, OrderEvent, OrderReport,
    OrderStatus, OrderUpdate, Quantity, Record, Refusal, SessionState, UnixNanos,
};

/// A cancel that was surely not carried out is asked for again so often.
pub const CANCEL_RETRIES: u8 = 8;

/// Longest time between two ticks: clock-driven sessions and loss limits are looked at this often.
const TICK_MAX: DurationNanos = DurationNanos::from_millis(500);

/// What a desk is made of.
#[derive(Debug)]
pub struct Parts {
    /// New, or recovered from the journal; it is given [`Input::Begin`] by [`Desk::begin`].
    pub machine: Machine,
    /// With the terms of the instruments; the desk opens it.
    pub gate: Gate,
    /// The broker's rate of orders.
    pub limiter: Limiter,
    /// Of the day.
    pub sessions: Sessions,
    /// As the latch on the disk says.
    pub kill: KillSwitch,
    /// How a kill goes about it.
    pub kill_options: KillOptions,
    /// Instruments of the run: those with lower numbers are known to the gate.
    pub instruments: u16,
    /// Requests that may be under way at one time: one a line. At least 1.
    pub lines: usize,
}

/// See the [module documentation](self).
#[derive(Debug)]
pub struct Desk {
    now: UnixNanos,
    machine: Machine,
    gate: Gate,
    limiter: Limiter,
    sessions: Sessions,
    instruments: u16,
    outbox: outbox::Outbox,
    rounds: rounds::Asking,
    killing: kill::Killing,
    /// When the last tick was.
    ticked: UnixNanos,
    /// The machine's inputs when its memory was last made ready.
    ready_at: u64,
    /// Inputs that follow from the one at work.
    todo: VecDeque<Input>,
    applying: bool,
    decisions: Vec<Output>,
    approval: Approved,
    /// The strategy is not told that this order's cancel was refused: it is asked for again.
    muted: Option<ClientOrderId>,
    /// How often an order's cancel was asked for again.
    retries: HashMap<ClientOrderId, u8>,
    journal_room: bool,
    journal_failed: bool,
    token_dead: bool,
    /// The run ends: nothing new is taken.
    ending: bool,
    denials: u64,
    tally: tally::Tally,
    moved: facts::Moved,
    cash_asked: facts::Moved,
    has_cash: bool,
}

/// What the gate let pass, until the machine has taken it.
#[derive(Debug)]
enum Approved {
    Nothing,
    New(Approval),
    Replace(ReplaceApproval),
}

impl Desk {
    /// A desk that has not begun.
    pub fn new(parts: Parts) -> Self {
        let Parts { machine, mut gate, limiter, sessions, kill, kill_options, .. } = parts;
        gate.set_killed(kill.is_killed());
        gate.set_feed_fresh(false);
        gate.set_sessions(sessions.view());
        Self {
            now: UnixNanos::UNSET,
            ticked: UnixNanos::UNSET,
            ready_at: 0,
            outbox: outbox::Outbox::new(parts.lines.max(1), machine.sequence()),
            machine,
            gate,
            limiter,
            sessions,
            instruments: parts.instruments,
            rounds: rounds::Asking::default(),
            killing: kill::Killing::new(kill, kill_options),
            todo: VecDeque::with_capacity(16),
            applying: false,
            decisions: Vec::with_capacity(64),
            approval: Approved::Nothing,
            muted: None,
            retries: HashMap::new(),
            journal_room: true,
            journal_failed: false,
            token_dead: false,
            ending: false,
            denials: 0,
            tally: tally::Tally::default(),
            moved: facts::Moved::default(),
            cash_asked: facts::Moved::default(),
            has_cash: false,
        }
    }

    /// The run begins: what earlier runs of the day left counts at the gate, and is unknown where no
    /// answer had come. Orders are taken after [`feed_up`](Self::feed_up) and the reconciliation.
    pub fn begin(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.ticked = self.now;
        self.machine.make_ready();
        self.restore_gate();
        self.apply(Input::Begin, out);
        self.pump(out);
    }

    /// A strategy wants something.
    pub fn command(&mut self, now: UnixNanos, command: &Command, out: &mut Vec<Action>) {
        self.advance(now, out);
        let wish = Wish::from(command);
        match self.approve(command) {
            Ok(approval) => {
                self.approval = approval;
                self.apply(Input::Wish(wish), out);
                // What the machine did not send leaves no trace at the gate.
                self.approval = Approved::Nothing;
            }
            Err(refusal) => self.deny(wish, command, refusal, out),
        }
        self.pump(out);
    }

    /// A record of the market ring, read at `now`: prices for the gate, sessions.
    pub fn market(&mut self, now: UnixNanos, words: &[u64], out: &mut Vec<Action>) {
        self.now = self.now.max(now);
        // A price is as old as its record, however late it is looked at.
        self.gate.on_record(words, now);
        if let Some(state) = SessionState::from_words(words) {
            let changes = self.sessions.on_session_state(state, self.now);
            self.on_transitions(changes, out);
        }
    }

    /// A record of the account ring: `00`, `04`.
    pub fn account(&mut self, now: UnixNanos, words: &[u64], out: &mut Vec<Action>) {
        self.advance(now, out);
        if let Some(record) = OrderUpdate::from_words(words) {
            match Update::try_from(record) {
                Ok(update) => self.apply(Input::Update(update), out),
                // Something happened, and it does not say to what: ask the broker.
                Err(_) => {
                    self.apply(Input::FeedLost, out);
                    self.apply(Input::FeedBack, out);
                }
            }
        } else if let Some(record) = Balance::from_words(words) {
            self.apply(Input::Holding(Holding::from(record)), out);
        }
        self.look_at_losses(out);
        self.pump(out);
    }

    /// The feed is logged in and subscribed to own orders, for the first time or again.
    pub fn feed_up(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.gate.set_feed_fresh(true);
        self.apply(Input::FeedBack, out);
        self.pump(out);
    }

    /// The feed is down, or has been silent for too long: own events may be missed from here on.
    pub fn feed_down(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.gate.set_feed_fresh(false);
        self.rounds.forget();
        self.apply(Input::FeedLost, out);
        self.pump(out);
    }

    /// Time has passed; due at [`wake_at`](Self::wake_at).
    pub fn tick(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.ticked = self.now;
        if self.ready_at != self.machine.sequence() {
            self.ready_at = self.machine.sequence();
            self.machine.make_ready();
        }
        self.ask_for_latch(out);
        if self.machine.next_deadline().is_some_and(|due| due <= self.now) {
            self.apply(Input::Tick, out);
        }
        self.look_at_losses(out);
        self.pump(out);
    }

    /// Every [`Action::Journal`] up to this number is where a crash cannot take it away.
    pub fn journaled(&mut self, now: UnixNanos, seq: u64, out: &mut Vec<Action>) {
        self.now = self.now.max(now);
        self.outbox.safe_up_to(seq);
        self.pump(out);
    }

    /// Whether the journal's queue has room for new orders.
    pub fn set_journal_room(&mut self, room: bool) {
        self.journal_room = room;
    }

    /// The journal has failed. Nothing leaves any more; a new run recovers.
    pub fn journal_failed(&mut self) {
        self.journal_failed = true;
    }

    /// There is a new token.
    pub fn token_renewed(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.token_dead = false;
        self.advance(now, out);
        self.pump(out);
    }

    /// A person's word: [`Input::Settle`], [`Input::Resume`], [`Input::CancelEverything`].
    pub fn by_hand(&mut self, now: UnixNanos, input: Input, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.apply(input, out);
        self.pump(out);
    }

    /// What is known of an instrument: without it no order for it passes. Before [`begin`](Self::begin)
    /// where orders of earlier runs may work, and again whenever more is known.
    ///
    /// # Errors
    /// When the prices cannot be true, or the instrument is none of the run; nothing changes then.
    pub fn set_terms(
        &mut self,
        instrument: InstrumentId,
        terms: &InstrumentTerms,
    ) -> Result<(), Refusal> {
        self.gate.set_terms(instrument, terms)
    }

    /// A strategy has stopped: it may send nothing more, and what it has working is cancelled.
    pub fn strategy_stopped(&mut self, now: UnixNanos, strategy: u16, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.gate.stop_strategy(strategy);
        let unset = UnixNanos::UNSET;
        let wish = Wish { strategy, ts_submit: unset, ts_cause: unset, want: Want::CancelAll };
        self.apply(Input::Wish(wish), out);
        self.pump(out);
    }

    /// The run ends: nothing new is taken from here on, and with `cancel` everything is cancelled.
    /// It may end for good when [`is_settled`](Self::is_settled).
    pub fn wind_down(&mut self, now: UnixNanos, cancel: bool, out: &mut Vec<Action>) {
        self.advance(now, out);
        self.ending = true;
        if cancel {
            self.apply(Input::CancelEverything, out);
        }
        self.pump(out);
    }

    /// Whether nothing is under way, and no order waits for an answer, a change or a cancel.
    pub fn is_settled(&self) -> bool {
        let waits = |order: &OrderEntry| {
            matches!(order.status, OrderStatus::SUBMITTING | OrderStatus::UNKNOWN)
                || self.machine.pending_changes(order.id) != (false, false)
        };
        self.is_quiet() && !self.machine.orders().iter().any(waits)
    }

    /// When [`tick`](Self::tick) is due at the latest.
    pub fn wake_at(&self) -> UnixNanos {
        // Not from now on: market data move the desk's clock, and would put the tick off for ever.
        let usual = self.ticked + TICK_MAX;
        let machine = self.machine.next_deadline();
        let cancels = self.next_cancel_at();
        let kill = self.killing.wake_at();
        [machine, cancels, kill].into_iter().flatten().fold(usual, UnixNanos::min)
    }

    /// The machine, to look at.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The gate, to look at.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The sessions, to look at.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The kill switch, to look at.
    pub fn kill_switch(&self) -> &KillSwitch {
        self.killing.switch()
    }

    /// Commands that were denied before the machine saw them.
    pub fn denials(&self) -> u64 {
        self.denials
    }

    /// What was counted since the run began.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether nothing is under way or waiting: no call, no query, no kill.
    pub fn is_quiet(&self) -> bool {
        self.outbox.is_empty() && self.rounds.is_idle() && !self.killing.is_running()
    }

    fn advance(&mut self, now: UnixNanos, out: &mut Vec<Action>) {
        self.now = self.now.max(now);
        let changes = self.sessions.on_clock(self.now);
        self.on_transitions(changes, out);
    }

    fn on_transitions(&mut self, changes: crate::market::Transitions, out: &mut Vec<Action>) {
        if !changes.is_empty() {
            self.gate.set_sessions(self.sessions.view());
            out.extend(changes.iter().map(|change| Action::Session(*change)));
        }
    }

    /// The same moment for the limiter, which wants a clock that never goes back: ours does not.
    fn mono(&self) -> Monotonic {
        Monotonic::from_nanos(self.now.raw())
    }

    fn approve(&mut self, command: &Command) -> Result<Approved, Refusal> {
        let class = match command.kind {
            CommandKind::Submit { .. } => Class::New,
            CommandKind::Replace(_) => Class::Replace,
            CommandKind::Cancel(_) | CommandKind::CancelAll => return Ok(Approved::Nothing),
        };
        if self.killing.switch().is_killed() {
            return Err(Refusal::Killed);
        }
        if self.journal_failed {
            return Err(Refusal::Internal);
        }
        if self.token_dead || self.ending {
            return Err(Refusal::NotAllowed);
        }
        if !self.journal_room || !self.outbox.has_line() {
            return Err(Refusal::Full);
        }
        // A cancel that waits goes first.
        if self.outbox.has_waiting_cancels() || self.limiter.check(class, self.mono()).is_err() {
            return Err(Refusal::BrokerRate);
        }
        let (strategy, now) = (command.strategy, self.now);
        match &command.kind {
            CommandKind::Submit { request, .. } => {
                self.gate.check(strategy, request, now).map(Approved::New)
            }
            CommandKind::Replace(replace) => {
                self.gate.check_replace(strategy, replace, now).map(Approved::Replace)
            }
            CommandKind::Cancel(_) | CommandKind::CancelAll => Ok(Approved::Nothing),
        }
    }

    /// Tells the strategy, and keeps the denial in the journal where there is room for it.
    fn deny(&mut self, wish: Wish, command: &Command, refusal: Refusal, out: &mut Vec<Action>) {
        self.denials += 1;
        self.tally.deny(refusal.code());
        let mut report = OrderReport::unset();
        report.header.kind = Kind::ORDER_REPORT;
        report.header.ts_kernel = command.cause.ts_kernel;
        report.header.ts_event = self.now;
        report.header.ts_recv = self.now;
        report.leaves = Quantity::ZERO;
        report.cumulative_filled = Quantity::ZERO;
        report.refusal = refusal.code();
        match command.kind {
            CommandKind::Submit { id, request } => {
                report.header.instrument = request.instrument;
                report.header.venue = request.venue;
                report.order = id;
                report.request = request;
                report.event = OrderEvent::DENIED;
                report.status = OrderStatus::DENIED;
            }
            CommandKind::Replace(replace) => {
                report.order = replace.order;
                report.event = OrderEvent::REPLACE_REFUSED;
                // Another strategy's order looks as if there were none.
                let own = self.machine.order(replace.order);
                if let Some(order) = own.filter(|order| order.strategy == wish.strategy) {
                    report.header.instrument = order.request.instrument;
                    report.header.venue = order.request.venue;
                    report.request = order.request;
                    report.status = order.status;
                    report.leaves = self.machine.leaves(replace.order);
                    report.cumulative_filled = order.cumulative;
                }
            }
            CommandKind::Cancel(_) | CommandKind::CancelAll => return,
        }
        if self.journal_room && !self.journal_failed {
            self.apply(Input::Denied(Denied { wish, refusal: refusal.code() }), out);
        }
        out.push(Action::Report { strategy: wish.strategy, report });
    }

    /// Gives the machine an input and everything that follows from it.
    fn apply(&mut self, input: Input, out: &mut Vec<Action>) {
        self.todo.push_back(input);
        if self.applying {
            return;
        }
        self.applying = true;
        let mut decisions = std::mem::take(&mut self.decisions);
        while let Some(input) = self.todo.pop_front() {
            decisions.clear();
            let sum = self.machine.apply(self.now, &input, &mut decisions);
            let seq = self.machine.sequence();
            out.push(Action::Journal(Entry { seq, ts: self.now, sum, input }));
            for decision in &decisions {
                self.carry_out(decision, seq, out);
            }
            self.after(&input, out);
        }
        self.decisions = decisions;
        self.applying = false;
    }

    fn carry_out(&mut self, decision: &Output, seq: u64, out: &mut Vec<Action>) {
        self.tally.tell(self.now, decision);
        match *decision {
            Output::Send(request) => self.queue(&request, seq),
            Output::Report { strategy, report } => {
                self.mirror(strategy, &report);
                let muted =
                    self.muted == Some(report.order) && report.event == OrderEvent::CANCEL_REFUSED;
                if !muted {
                    self.tally.report(&report);
                    out.push(Action::Report { strategy, report });
                }
            }
            Output::Reconcile { round, .. } => {
                self.ask(round);
                out.push(Action::Told(*decision));
            }
            Output::Close { strategy, instrument } => {
                self.close_at_gate(strategy, instrument, true);
                out.push(Action::Told(*decision));
            }
            Output::Open { strategy, instrument } => {
                self.close_at_gate(strategy, instrument, false);
                out.push(Action::Told(*decision));
            }
            _ => out.push(Action::Told(*decision)),
        }
    }
}

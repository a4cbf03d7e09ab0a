//! Cancels everything that works at the broker, and proves that nothing is left.
//!
//! The broker's own list decides, never our memory: it also has orders of other programs and those that
//! were on their way when the switch was pulled. A round asks for the list, cancels each order of it
//! once, and waits; rounds go on until the list is empty twice in a row, or time or attempts are over.
//! Then the report names what is left. A cancel whose reply is lost is not sent again on a guess: the
//! next list tells.

use std::fmt;
use strategy_api::{DurationNanos, OrderNumber, Quantity, Side, Symbol, UnixNanos, Venue};

/// A row of the broker's open orders (ka10075).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOrder {
    /// Its newest number (`ord_no`).
    pub number: OrderNumber,
    /// Code of the instrument (`stk_cd`).
    pub symbol: Symbol,
    /// Where it stands (`stex_tp`, `sor_yn`).
    pub venue: Venue,
    /// Buy or sell.
    pub side: Side,
    /// Shares open (`oso_qty`).
    pub open: Quantity,
}

/// How a run goes about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KillOptions {
    /// Time between two cancels. Default 220 ms: below the broker's five a second.
    pub cancel_interval: DurationNanos,
    /// Cancels without an answer at one time. Default 4.
    pub in_flight_max: usize,
    /// How long an answer is waited for. Default 3 s.
    pub reply_timeout: DurationNanos,
    /// Time between the last answer and the next list, and between two lists. Default 500 ms; a mock
    /// account takes one query a second: 1,100 ms there.
    pub settle: DurationNanos,
    /// Cancels of one order. Default 8.
    pub attempts_max: u32,
    /// Refusals of one order, of those that speak of the order itself. Default 8.
    pub refusals_max: u32,
    /// Lists in a row that have to be empty. Default 2: an order that was on its way shows late.
    pub empty_lists: u32,
    /// Time for all of it. Default 60 s.
    pub deadline: DurationNanos,
}

impl Default for KillOptions {
    fn default() -> Self {
        Self {
            cancel_interval: DurationNanos::from_millis(220),
            in_flight_max: 4,
            reply_timeout: DurationNanos::from_secs(3),
            settle: DurationNanos::from_millis(500),
            attempts_max: 8,
            refusals_max: 8,
            empty_lists: 2,
            deadline: DurationNanos::from_secs(60),
        }
    }
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillAction {
    /// Ask for all open orders, every page, and hand them to [`KillRun::open_orders`].
    Query,
    /// Cancel all that is open of this order, at this venue, and hand the answer to
    /// [`KillRun::cancelled`].
    Cancel(OpenOrder),
    /// Nothing before that instant, unless an answer comes.
    Wait(UnixNanos),
    /// It is over: [`KillRun::report`].
    Done,
}

/// How a cancel went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CancelOutcome {
    /// The broker took it; whether it worked the next list tells.
    Accepted,
    /// Nothing is left to cancel: filled, cancelled, gone (RC4032, RC4033, 506550).
    NothingLeft,
    /// Not at that venue (571412): the next attempt names another one.
    WrongVenue(String),
    /// Refused for another reason.
    Refused(String),
    /// Refused for now, whatever the order: too many calls, a dead token.
    Busy(String),
    /// Nobody knows: no answer, or the line broke after the write.
    Unknown(String),
    /// It surely never left.
    NotSent(String),
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verdict {
    /// The broker's list was empty, and stayed so.
    Verified,
    /// Orders are left that could not be cancelled.
    Remaining,
    /// The broker's list could not be had (often enough): nobody knows.
    #[default]
    Unverified,
}

/// An order that could not be cancelled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remaining {
    /// Which.
    pub order: OpenOrder,
    /// How often it was tried.
    pub attempts: u32,
    /// What was said last.
    pub problem: String,
}

/// What a run did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KillReport {
    /// How it ended.
    pub verdict: Verdict,
    /// Orders that were found working.
    pub found: u32,
    /// Of those, orders that are gone now.
    pub gone: u32,
    /// Cancels sent.
    pub cancels: u32,
    /// Lists asked for.
    pub queries: u32,
    /// Lists that did not come.
    pub queries_failed: u32,
    /// Orders that are still there.
    pub remaining: Vec<Remaining>,
    /// The last problem with a list; empty without one.
    pub problem: String,
    /// Time it took.
    pub took: DurationNanos,
}

impl fmt::Display for KillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, gone, cancels, queries, .. } = self;
        let millis = self.took.raw() / 1_000_000;
        writeln!(
            f,
            "{found} orders found working, {gone} of them gone, after {cancels} cancels and \
             {queries} lists in {millis} ms."
        )?;
        match self.verdict {
            Verdict::Verified => writeln!(f, "Nothing works at the broker any more.")?,
            Verdict::Remaining => writeln!(f, "STILL WORKING, cancel them by hand:")?,
            Verdict::Unverified => {
                writeln!(f, "NOT VERIFIED: the broker's list did not come ({}).", self.problem)?;
            }
        }
        for Remaining { order, attempts, problem } in &self.remaining {
            let OpenOrder { number, symbol, venue, side, open } = order;
            writeln!(
                f,
                "  {number} {symbol} {venue} {side} {open} shares, tried {attempts} times: {problem}"
            )?;
        }
        Ok(())
    }
}

/// What became of one order that was found working.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundOrder {
    /// The order, as the newest list that had it shows it.
    pub order: OpenOrder,
    /// Shares open when it was found.
    pub first_open: Quantity,
    /// How often a cancel was sent.
    pub attempts: u32,
    /// Whether the broker took one of them.
    pub accepted: bool,
    /// Whether the newest list still has it.
    pub listed: bool,
    /// What was said last.
    pub problem: String,
}

#[derive(Clone, Debug)]
struct Target {
    order: OpenOrder,
    first_open: Quantity,
    accepted: bool,
    /// Refusals that speak of the order itself.
    refusals: u32,
    /// Venue of the next attempt.
    venue: Venue,
    attempts: u32,
    /// Whether the newest list has it.
    listed: bool,
    /// Whether this round has cancelled it.
    tried: bool,
    /// When the cancel without an answer was sent; unset when there is none.
    sent: UnixNanos,
    problem: String,
}

impl Target {
    fn may_be_tried(&self, options: &KillOptions) -> bool {
        self.attempts < options.attempts_max && self.refusals < options.refusals_max
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// A list is to be asked for at that instant.
    ListAt(UnixNanos),
    /// A list was asked for then.
    Listing(UnixNanos),
    Cancelling,
    Done,
}

/// A run. Ask [`next`](Self::next) again and again, do what it says, and tell what came of it.
///
/// ```
/// use engine::kill::{KillAction, KillOptions, KillRun, Verdict};
/// use strategy_api::{DurationNanos, UnixNanos};
///
/// let mut now = UnixNanos::new(1_795_395_600_000_000_000);
/// let mut run = KillRun::new(KillOptions::default(), now, now);
/// let report = loop {
///     match run.next(now) {
///         KillAction::Query => run.open_orders(&[], now),
///         KillAction::Cancel(order) => unreachable!("there is no {order:?}"),
///         KillAction::Wait(until) => now = until,
///         KillAction::Done => break run.report(),
///     }
/// };
/// assert_eq!(report.verdict, Verdict::Verified);
/// assert_eq!(report.queries, 2);
/// ```
#[derive(Clone, Debug)]
pub struct KillRun {
    options: KillOptions,
    begin: UnixNanos,
    quiet_at: UnixNanos,
    step: Step,
    targets: Vec<Target>,
    /// Empty lists in a row.
    empty: u32,
    next_cancel: UnixNanos,
    report: KillReport,
}

impl KillRun {
    /// A run that begins now. An order that was written before the switch was pulled may still arrive
    /// until `quiet_at`; an empty list counts only from then on.
    pub fn new(options: KillOptions, now: UnixNanos, quiet_at: UnixNanos) -> Self {
        Self {
            options,
            begin: now,
            quiet_at,
            step: Step::ListAt(now),
            targets: Vec::new(),
            empty: 0,
            next_cancel: now,
            report: KillReport::default(),
        }
    }

    /// What to do now.
    pub fn next(&mut self, now: UnixNanos) -> KillAction {
        let end = self.begin + self.options.deadline;
        if self.step != Step::Done && now >= end {
            self.finish(now);
        }
        match self.step {
            Step::Done => KillAction::Done,
            Step::ListAt(at) if now < at => KillAction::Wait(at.min(end)),
            Step::ListAt(_) => {
                self.step = Step::Listing(now);
                self.report.queries += 1;
                KillAction::Query
            }
            Step::Listing(since) => {
                let timeout = since + self.options.reply_timeout;
                if now < timeout {
                    return KillAction::Wait(timeout.min(end));
                }
                self.list_failed("no answer in time", now);
                self.next(now)
            }
            Step::Cancelling => self.next_cancel(now, end),
        }
    }

    /// The whole list of open orders came, every page of it.
    pub fn open_orders(&mut self, orders: &[OpenOrder], now: UnixNanos) {
        let Step::Listing(asked) = self.step else { return };
        for target in &mut self.targets {
            target.listed = false;
            target.tried = false;
        }
        for order in orders.iter().filter(|order| order.open.raw() > 0) {
            match self.targets.iter_mut().find(|target| target.order.number == order.number) {
                Some(target) => {
                    target.order = *order;
                    target.listed = true;
                }
                None => self.targets.push(Target {
                    order: *order,
                    first_open: order.open,
                    accepted: false,
                    refusals: 0,
                    venue: order.venue,
                    attempts: 0,
                    listed: true,
                    tried: false,
                    sent: UnixNanos::UNSET,
                    problem: "not tried".to_owned(),
                }),
            }
        }
        if self.targets.iter().any(|target| target.listed) {
            self.empty = 0;
            if self.targets.iter().any(|t| t.listed && t.may_be_tried(&self.options)) {
                self.step = Step::Cancelling;
            } else {
                self.finish(now);
            }
            return;
        }
        if asked >= self.quiet_at {
            self.empty += 1;
        }
        if self.empty >= self.options.empty_lists {
            self.finish(now);
        } else {
            let settled = now + self.options.settle;
            self.step = Step::ListAt(settled.max(self.quiet_at));
        }
    }

    /// The list did not come. It is asked for again.
    pub fn list_failed(&mut self, problem: &str, now: UnixNanos) {
        if matches!(self.step, Step::Listing(_)) {
            self.report.queries_failed += 1;
            problem.clone_into(&mut self.report.problem);
            self.step = Step::ListAt(now + self.options.settle);
        }
    }

    /// The answer to a cancel.
    pub fn cancelled(&mut self, number: OrderNumber, outcome: CancelOutcome, now: UnixNanos) {
        let Some(target) = self.targets.iter_mut().find(|t| t.order.number == number) else {
            return;
        };
        target.sent = UnixNanos::UNSET;
        target.accepted |= outcome == CancelOutcome::Accepted;
        target.refusals += u32::from(matches!(
            outcome,
            CancelOutcome::NothingLeft | CancelOutcome::WrongVenue(_) | CancelOutcome::Refused(_)
        ));
        target.problem = match outcome {
            CancelOutcome::Accepted => "accepted, but still listed".to_owned(),
            CancelOutcome::NothingLeft => "nothing left, says the broker, but listed".to_owned(),
            CancelOutcome::WrongVenue(text) => {
                target.venue = other_venue(target.venue);
                text
            }
            CancelOutcome::Refused(text)
            | CancelOutcome::Busy(text)
            | CancelOutcome::Unknown(text)
            | CancelOutcome::NotSent(text) => text,
        };
        self.end_round(now);
    }

    /// What was done so far, or in all.
    pub fn report(&self) -> KillReport {
        self.report.clone()
    }

    /// Every order that was found working so far, in the order in which they were found.
    pub fn orders(&self) -> Vec<FoundOrder> {
        let found = |target: &Target| FoundOrder {
            order: target.order,
            first_open: target.first_open,
            attempts: target.attempts,
            accepted: target.accepted,
            listed: target.listed,
            problem: target.problem.clone(),
        };
        self.targets.iter().map(found).collect()
    }

    fn next_cancel(&mut self, now: UnixNanos, end: UnixNanos) -> KillAction {
        let timeout = self.options.reply_timeout;
        for target in &mut self.targets {
            if target.sent.is_set() && now >= target.sent + timeout {
                target.sent = UnixNanos::UNSET;
                target.problem = "no answer in time".to_owned();
            }
        }
        self.end_round(now);
        if self.step != Step::Cancelling {
            return self.next(now);
        }
        let in_flight = self.targets.iter().filter(|target| target.sent.is_set()).count();
        let options = self.options;
        let untried = |t: &Target| t.listed && !t.tried && t.may_be_tried(&options);
        let waiting = self.targets.iter_mut().find(|target| untried(target));
        let room = in_flight < self.options.in_flight_max;
        if let Some(target) = waiting.filter(|_| room && now >= self.next_cancel) {
            target.tried = true;
            target.attempts += 1;
            target.sent = now;
            self.next_cancel = now + self.options.cancel_interval;
            self.report.cancels += 1;
            return KillAction::Cancel(OpenOrder { venue: target.venue, ..target.order });
        }
        let replies = self.targets.iter().filter(|target| target.sent.is_set());
        let reply = replies.map(|target| target.sent + timeout).min();
        let more = self.targets.iter().any(untried);
        let pace = (more && room).then_some(self.next_cancel);
        KillAction::Wait([Some(end), reply, pace].into_iter().flatten().min().unwrap_or(end))
    }

    /// When each order of the list was cancelled once and every answer is there, the next list tells
    /// what came of it.
    fn end_round(&mut self, now: UnixNanos) {
        let open = |target: &Target| {
            target.sent.is_set()
                || target.listed && !target.tried && target.may_be_tried(&self.options)
        };
        if self.step == Step::Cancelling && !self.targets.iter().any(open) {
            self.step = Step::ListAt(now + self.options.settle);
        }
    }

    fn finish(&mut self, now: UnixNanos) {
        let report = &mut self.report;
        report.found = self.targets.len() as u32;
        let left = self.targets.iter().filter(|target| target.listed);
        report.remaining = left
            .map(|target| Remaining {
                order: target.order,
                attempts: target.attempts,
                problem: target.problem.clone(),
            })
            .collect();
        report.gone = report.found - report.remaining.len() as u32;
        report.took = now - self.begin;
        report.verdict = if !report.remaining.is_empty() {
            Verdict::Remaining
        } else if self.empty >= self.options.empty_lists {
            Verdict::Verified
        } else {
            Verdict::Unverified
        };
        if report.verdict == Verdict::Unverified && report.problem.is_empty() {
            "the time was over before it stayed empty".clone_into(&mut report.problem);
        }
        self.step = Step::Done;
    }
}

const fn other_venue(venue: Venue) -> Venue {
    match venue {
        Venue::SOR => Venue::KRX,
        Venue::KRX => Venue::NXT,
        _ => Venue::SOR,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

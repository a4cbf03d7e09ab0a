//! Driving the kill switch: gate, own orders through the machine, then the broker's list.

use super::{Action, Call, Desk, QueryResult, Silence, Tag};
use crate::broker::api::{Meaning, OrderAnswer, OrderCall};
use crate::kill::{
    CancelOutcome, KillAction, KillOptions, KillReason, KillRun, KillState, KillSwitch,
    LatchRecord, OpenOrder, Pulled, RearmError,
};
use crate::order::{Input, OpenRow, Query, RequestKind};
use strategy_api::{DurationNanos, OrderNumber, UnixNanos, Venue};

/// Own cancels are waited for this long before the broker's list is asked: what it has then is
/// cancelled whosever it is.
const OWN_CANCELS_MAX: DurationNanos = DurationNanos::from_secs(5);

/// Switch and run.
#[derive(Debug)]
pub(super) struct Killing {
    switch: KillSwitch,
    /// Own orders that could still fill when it was pulled: these are cancelled first.
    own: u64,
    /// The latch was handed out, and nobody has said yet whether it is on the disk.
    latch_asked: bool,
    options: KillOptions,
    /// The run begins then, or when no own cancel is waited for any more.
    run_at: Option<UnixNanos>,
    run: Option<KillRun>,
    wait: Option<UnixNanos>,
    /// Order numbers of the run's cancels, by tag.
    cancels: Vec<OrderNumber>,
}

impl Killing {
    pub(super) fn new(switch: KillSwitch, options: KillOptions) -> Self {
        Self {
            switch,
            own: 0,
            latch_asked: false,
            options,
            run_at: None,
            run: None,
            wait: None,
            cancels: Vec::new(),
        }
    }

    pub(super) fn switch(&self) -> &KillSwitch {
        &self.switch
    }

    pub(super) fn own(&self) -> u64 {
        self.own
    }

    pub(super) fn is_running(&self) -> bool {
        self.run_at.is_some() || self.run.is_some()
    }

    pub(super) fn wake_at(&self) -> Option<UnixNanos> {
        self.run_at.into_iter().chain(self.wait).min()
    }
}

impl Desk {
    /// Pulls the kill switch.
    pub fn kill(
        &mut self,
        now: UnixNanos,
        reason: KillReason,
        who: &str,
        detail: &str,
        out: &mut Vec<Action>,
    ) -> Pulled {
        self.advance(now, out);
        let pulled = self.pull(reason, who, detail, out);
        self.pump(out);
        pulled
    }

    /// Whether the latch is on the disk.
    pub fn latch_written(&mut self, now: UnixNanos, written: bool) {
        self.now = self.now.max(now);
        self.killing.latch_asked = false;
        self.killing.switch.latch_written(written, self.now);
    }

    /// Hands the latch out when it is due: after a trigger, and again when it could not be written.
    pub(super) fn ask_for_latch(&mut self, out: &mut Vec<Action>) {
        if !self.killing.latch_asked
            && let Some(record) = self.killing.switch.latch_due(self.now)
        {
            self.killing.latch_asked = true;
            out.push(Action::Latch(record.clone()));
        }
    }

    /// A person lets trading go on.
    ///
    /// # Errors
    /// Nothing changes then.
    pub fn rearm(&mut self) -> Result<LatchRecord, RearmError> {
        let was = self.killing.switch.rearm()?;
        self.gate.set_killed(false);
        Ok(was)
    }

    pub(super) fn pull(
        &mut self,
        reason: KillReason,
        who: &str,
        detail: &str,
        out: &mut Vec<Action>,
    ) -> Pulled {
        let pulled = self.killing.switch.trigger(reason, who, detail, self.now);
        self.gate.set_killed(true);
        self.ask_for_latch(out);
        if pulled.starts_run {
            let open = self.machine.orders().iter().filter(|order| !order.status.is_final());
            self.killing.own = open.count() as u64;
            self.killing.run_at = Some(self.now + OWN_CANCELS_MAX);
            self.apply(Input::CancelEverything, out);
        }
        pulled
    }

    /// Goes on with the run, as far as line and rate allow.
    pub(super) fn drive_kill(&mut self, out: &mut Vec<Action>) {
        if let Some(at) = self.killing.run_at
            && (self.now >= at || !self.has_own_cancels())
        {
            self.killing.run_at = None;
            let quiet_at = self.now + self.killing.options.settle;
            self.killing.run = Some(KillRun::new(self.killing.options, self.now, quiet_at));
        }
        let Some(mut run) = self.killing.run.take() else { return };
        if !self.may_cancel() {
            // A cancel that the run hands out must be able to leave.
            self.killing.wait = Some(self.now + DurationNanos::from_millis(50));
            self.killing.run = Some(run);
            return;
        }
        match run.next(self.now) {
            KillAction::Query => {
                let tag = self.rounds.tag();
                self.rounds.kill_list = Some(tag);
                self.killing.wait = Some(self.now);
                out.push(Action::Query { tag, query: Query::Open });
            }
            KillAction::Cancel(order) => {
                let tag = Tag::Kill(self.killing.cancels.len() as u32);
                self.killing.cancels.push(order.number);
                self.killing.wait = Some(self.now);
                let OpenOrder { number, symbol, venue, .. } = order;
                let quantity = strategy_api::Quantity::ZERO;
                let call = OrderCall::Cancel { venue, original: number, symbol, quantity };
                self.hand_out_cancel(Call { tag, call }, out);
            }
            KillAction::Wait(until) => self.killing.wait = Some(until),
            KillAction::Done => {
                self.killing.wait = None;
                self.killing.switch.finished(run.report());
                self.rounds.kill_list = None;
                return;
            }
        }
        self.killing.run = Some(run);
    }

    /// Whether a cancel of an own order waits or has no answer.
    fn has_own_cancels(&self) -> bool {
        self.outbox.has_waiting_cancels()
            || self.outbox.flights.iter().any(|flight| match flight.tag {
                Tag::Order(id) => {
                    self.machine.request(id).is_some_and(|r| r.kind == RequestKind::Cancel)
                }
                Tag::Kill(_) => false,
            })
    }

    /// The list that the run asked for.
    pub(super) fn kill_listed(&mut self, result: &QueryResult) {
        let now = self.now;
        let Some(run) = &mut self.killing.run else { return };
        match result {
            QueryResult::Open(rows) => {
                let orders: Vec<OpenOrder> = rows
                    .iter()
                    .map(|row| {
                        let own = self.machine.orders().iter().find(|order| {
                            self.machine.numbers(order.id).any(|n| n == row.order.number)
                        });
                        listed(row, own.map(|order| order.request.venue))
                    })
                    .collect();
                run.open_orders(&orders, now);
            }
            _ => run.list_failed("the list did not come, or not all of it", now),
        }
        self.killing.wait = Some(now);
    }

    pub(super) fn kill_answered(&mut self, number: u32, answer: &OrderAnswer) {
        let outcome = match answer {
            OrderAnswer::Accepted(_) => CancelOutcome::Accepted,
            OrderAnswer::Refused(refusal) => match refusal.meaning {
                Meaning::Gone => CancelOutcome::NothingLeft,
                Meaning::Rules => CancelOutcome::WrongVenue(refusal.to_string()),
                _ => CancelOutcome::Refused(refusal.to_string()),
            },
            OrderAnswer::Unknown(why) => CancelOutcome::Unknown(why.to_string()),
        };
        self.kill_cancelled(number, outcome);
    }

    pub(super) fn kill_not_sent(&mut self, number: u32, why: &str) {
        self.kill_cancelled(number, CancelOutcome::NotSent(why.to_owned()));
    }

    pub(super) fn kill_silent(&mut self, number: u32, why: Silence) {
        let words = match why {
            Silence::TimedOut => "no answer in time",
            Silence::LineBroke => "the line broke",
        };
        self.kill_cancelled(number, CancelOutcome::Unknown(words.to_owned()));
    }

    fn kill_cancelled(&mut self, number: u32, outcome: CancelOutcome) {
        let now = self.now;
        let order = self.killing.cancels.get(number as usize).copied();
        if let (Some(run), Some(order)) = (&mut self.killing.run, order) {
            run.cancelled(order, outcome, now);
            self.killing.wait = Some(now);
        }
    }

    /// Whether every own order and every listed one has been looked after: latched.
    pub fn is_latched(&self) -> bool {
        self.killing.switch.state() == KillState::Latched
    }
}

impl Desk {
    /// Own orders that could still fill when the switch was pulled; they are cancelled before the
    /// broker's list is asked.
    pub fn own_orders_at_kill(&self) -> u64 {
        self.killing.own()
    }
}

/// The list as the run takes it. The venue of an order that is not ours is tried: KRX first.
fn listed(row: &OpenRow, venue: Option<Venue>) -> OpenOrder {
    OpenOrder {
        number: row.order.number.text(),
        symbol: row.order.symbol,
        venue: venue.unwrap_or(Venue::KRX),
        side: row.order.side,
        open: row.order.leaves,
    }
}

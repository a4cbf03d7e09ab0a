//! The state machine of one session.

use std::collections::VecDeque;
use std::time::Duration;

use secrecy::SecretString;

use super::backoff::Backoff;
use super::conditions::{ConditionError, ConditionRequest, Conditions};
use super::message::{self, Message, Reply, System};
use super::outgoing::Outgoing;
use super::subscriptions::{Batch, SubscriptionError, Subscriptions, Wish, WishState};
use super::{
    Action, ConnectFailure, DisconnectReason, EndReason, Event, FatalReason, FeedEvent, LogLevel,
    PingPolicy, SessionOptions, TakeoverPolicy, TokenFailure,
};
use crate::clock::Monotonic;

/// The queue that actions are pushed into.
type Actions = Vec<Action>;

/// One session with the broker: see the [module](super).
#[derive(Debug)]
pub struct Session {
    options: SessionOptions,
    subscriptions: Subscriptions,
    conditions: Conditions,
    backoff: Backoff,
    phase: Phase,
    /// Whether there is a connection, or an attempt at one.
    has_line: bool,
    token: Option<SecretString>,
    /// The token was renewed because the broker refused it, and no login has worked since.
    token_renewed: bool,
    /// Registrations without an answer, oldest first: answers name nothing but their `trnm`.
    outstanding: VecDeque<Outstanding>,
    /// Registrations to send again (100013).
    resend: VecDeque<Resend>,
    /// When this connection was logged in.
    live_since: Option<Monotonic>,
    /// When the last connection that was logged in went away; `None` before the first login.
    away_since: Option<Monotonic>,
    /// Whether any login of this session ever worked.
    was_live: bool,
    last_activity: Monotonic,
    counts: SessionCounts,
}

/// What a session has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionCounts {
    /// Logins that the broker accepted: the first one and every one after a break.
    pub logins: u64,
    /// `LOGIN` answers.
    pub login_answers: u64,
    /// `REG` answers.
    pub reg_answers: u64,
    /// `REMOVE` answers.
    pub remove_answers: u64,
    /// `PING`s.
    pub pings: u64,
    /// `SYSTEM` messages.
    pub systems: u64,
    /// `CNSRLST`, `CNSRREQ` and `CNSRCLR` answers.
    pub conditions: u64,
    /// Messages of another `trnm`, or without one.
    pub others: u64,
    /// Frames that were no message: no JSON object.
    pub malformed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    AwaitingToken {
        deadline: Monotonic,
    },
    Connecting {
        deadline: Monotonic,
    },
    AwaitingLogin {
        deadline: Monotonic,
    },
    /// `subscribed`: the registrations of the start have all been answered.
    Live {
        subscribed: bool,
        stale: bool,
    },
    Waiting {
        until: Monotonic,
    },
    Closing {
        deadline: Monotonic,
    },
    Ended,
}

#[derive(Debug)]
struct Outstanding {
    remove: bool,
    batch: Batch,
    deadline: Monotonic,
    attempt: u8,
}

#[derive(Debug)]
struct Resend {
    batch: Batch,
    at: Monotonic,
    attempt: u8,
}

/// How often a registration is sent again that the broker ignored as too early (100013).
const REG_ATTEMPTS_MAX: u8 = 3;
/// How long to wait before that.
const REG_RESEND_DELAY: Duration = Duration::from_millis(200);

/// Codes that mean: this token is not (or no longer) good, another one may be.
const TOKEN_CODES: [i64; 5] = [8005, 8031, 8103, 805_002, 805_004];
/// Codes that mean: this machine may not; another token does not help.
const MACHINE_CODES: [i64; 3] = [8010, 8040, 8050];
/// A registration arrived before the login was answered, and was ignored.
const NOT_LOGGED_IN: i64 = 100_013;

impl Session {
    /// A session that has not begun. It waits for [`Event::Start`].
    pub fn new(options: SessionOptions, subscriptions: Subscriptions) -> Self {
        Self {
            options,
            subscriptions,
            conditions: Conditions::new(options.condition_timeout),
            backoff: Backoff::new(options.backoff),
            phase: Phase::Idle,
            has_line: false,
            token: None,
            token_renewed: false,
            outstanding: VecDeque::new(),
            resend: VecDeque::new(),
            live_since: None,
            away_since: None,
            was_live: false,
            last_activity: Monotonic::ZERO,
            counts: SessionCounts::default(),
        }
    }

    /// Takes an event in and pushes what is to be done. An event that does not fit the moment (an
    /// answer that comes too late) is ignored.
    pub fn handle(&mut self, now: Monotonic, event: Event<'_>, out: &mut Actions) {
        match event {
            Event::Start => {
                if self.phase == Phase::Idle {
                    self.request_token(now, false, out);
                }
            }
            Event::TokenReady(token) => {
                if let Phase::AwaitingToken { .. } = self.phase {
                    self.token = Some(token);
                    self.phase = Phase::Connecting { deadline: now + self.options.connect_timeout };
                    self.has_line = true;
                    out.push(Action::Connect);
                }
            }
            Event::TokenFailed(failure) => {
                if let Phase::AwaitingToken { .. } = self.phase {
                    self.token_failed(now, failure, out);
                }
            }
            Event::Connected => self.connected(now, out),
            Event::ConnectFailed(failure) => {
                if let Phase::Connecting { .. } = self.phase {
                    self.has_line = false;
                    self.connect_failed(now, failure, out);
                }
            }
            Event::Message(frame) => self.message(now, frame, out),
            Event::Closed { code, reason } => self.closed(now, code, reason, out),
            Event::Tick => self.tick(now, out),
            Event::Shutdown => self.shut_down(now, out),
        }
    }

    /// Notes that bytes arrived. Cheap: for every read.
    #[inline]
    pub fn note_activity(&mut self, now: Monotonic) {
        self.last_activity = now;
    }

    /// When [`Event::Tick`] is due. `None` only before the start and after the end.
    pub fn next_deadline(&self) -> Option<Monotonic> {
        match self.phase {
            Phase::Idle | Phase::Ended => None,
            Phase::AwaitingToken { deadline }
            | Phase::Connecting { deadline }
            | Phase::AwaitingLogin { deadline }
            | Phase::Closing { deadline } => Some(deadline),
            Phase::Waiting { until } => Some(until),
            Phase::Live { stale, .. } => {
                let quiet = if stale { self.options.silence_max } else { self.options.stale_after };
                let silence = self.last_activity + quiet.min(self.options.silence_max);
                let answer = self.outstanding.iter().map(|sent| sent.deadline).min();
                let resend = self.resend.front().map(|resend| resend.at);
                let condition = self.conditions.next_deadline();
                [answer, resend, condition].into_iter().flatten().chain([silence]).min()
            }
        }
    }

    /// Adds wishes and registers them: at once when live, with the next login otherwise.
    ///
    /// # Errors
    /// When the connection would have too many items; then nothing changes.
    pub fn subscribe(
        &mut self,
        now: Monotonic,
        wishes: &[Wish],
        out: &mut Actions,
    ) -> Result<(), SubscriptionError> {
        self.subscriptions.add(wishes)?;
        if let Phase::Live { .. } = self.phase {
            self.register(now, out);
        }
        Ok(())
    }

    /// Takes wishes back. Wishes that are not there are passed over.
    pub fn unsubscribe(&mut self, now: Monotonic, wishes: &[Wish], out: &mut Actions) {
        let batches = self.subscriptions.remove(wishes);
        if let Phase::Live { .. } = self.phase {
            for batch in batches {
                out.push(Action::Send(batch.remove()));
                let deadline = now + self.options.reg_timeout;
                self.outstanding.push_back(Outstanding {
                    remove: true,
                    batch,
                    deadline,
                    attempt: 1,
                });
            }
        }
    }

    /// Carries out a request about condition searches.
    ///
    /// # Errors
    /// See [`ConditionError`].
    pub fn condition(
        &mut self,
        now: Monotonic,
        request: ConditionRequest,
        out: &mut Actions,
    ) -> Result<(), ConditionError> {
        let sends = self.conditions.request(now, self.is_live(), request)?;
        out.extend(sends.into_iter().map(Action::Send));
        Ok(())
    }

    /// What is subscribed, and how far the broker has confirmed it.
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// What this session has seen so far.
    pub fn counts(&self) -> SessionCounts {
        self.counts
    }

    /// Whether a login holds.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Whether the session has ended: nothing will be done any more.
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    fn request_token(&mut self, now: Monotonic, refresh: bool, out: &mut Actions) {
        self.token = None;
        self.phase = Phase::AwaitingToken { deadline: now + self.options.token_timeout };
        out.push(Action::RequestToken { refresh });
    }

    fn token_failed(&mut self, now: Monotonic, failure: TokenFailure, out: &mut Actions) {
        match failure {
            TokenFailure::Refused { text } => {
                self.give_up(FatalReason::Credentials { text }, out);
            }
            TokenFailure::Temporary { text } => {
                self.wait(now, &format!("no token: {text}"), out);
            }
        }
    }

    fn connected(&mut self, now: Monotonic, out: &mut Actions) {
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return;
        }
        // The token came before the connection was asked for: `TokenReady` alone leads here.
        let Some(token) = &self.token else {
            self.disconnect(out);
            self.request_token(now, false, out);
            return;
        };
        out.push(Action::Send(Outgoing::login(token)));
        self.last_activity = now;
        self.phase = Phase::AwaitingLogin { deadline: now + self.options.login_timeout };
    }

    fn connect_failed(&mut self, now: Monotonic, failure: ConnectFailure, out: &mut Actions) {
        if failure.permanent && !self.was_live {
            self.give_up(FatalReason::Connect { text: failure.text }, out);
        } else {
            self.wait(now, &format!("cannot connect: {}", failure.text), out);
        }
    }

    fn message(&mut self, now: Monotonic, frame: &[u8], out: &mut Actions) {
        let message = message::parse(frame);
        self.count(&message);
        if !matches!(self.phase, Phase::AwaitingLogin { .. } | Phase::Live { .. }) {
            return;
        }
        self.note_alive(now, out);
        match message {
            Ok(
                Message::Reg(reply)
                | Message::Remove(reply)
                | Message::ConditionList { reply, .. }
                | Message::ConditionRows { reply, .. }
                | Message::ConditionStopped { reply, .. },
            ) if !self.is_live() => {
                let text = format!("an answer came before the login's and was ignored: {reply}");
                out.push(Action::Log(LogLevel::Warn, text));
            }
            Ok(message) => self.act_on(now, message, frame, out),
            Err(error) => out.push(Action::Log(LogLevel::Warn, error.to_string())),
        }
    }

    fn count(&mut self, message: &Result<Message, message::MessageError>) {
        let counts = &mut self.counts;
        *match message {
            Ok(Message::Login(_)) => &mut counts.login_answers,
            Ok(Message::Reg(_)) => &mut counts.reg_answers,
            Ok(Message::Remove(_)) => &mut counts.remove_answers,
            Ok(Message::Ping) => &mut counts.pings,
            Ok(Message::System(_)) => &mut counts.systems,
            Ok(
                Message::ConditionList { .. }
                | Message::ConditionRows { .. }
                | Message::ConditionStopped { .. },
            ) => &mut counts.conditions,
            Ok(Message::Other { .. }) => &mut counts.others,
            Err(_) => &mut counts.malformed,
        } += 1;
    }

    fn act_on(&mut self, now: Monotonic, message: Message, frame: &[u8], out: &mut Actions) {
        match message {
            Message::Login(reply) => self.login_answered(now, &reply, out),
            Message::Reg(reply) => self.reg_answered(now, false, &reply, out),
            Message::Remove(reply) => self.reg_answered(now, true, &reply, out),
            Message::Ping => self.ping(frame, out),
            Message::System(system) => self.system(now, &system, out),
            Message::ConditionList { reply, conditions } => {
                let sends = self.conditions.list_answered(now, &reply);
                if reply.is_success() {
                    out.push(Action::Notify(FeedEvent::Conditions(conditions)));
                } else {
                    condition_refused(String::new(), &reply, out);
                }
                out.extend(sends.into_iter().map(Action::Send));
            }
            Message::ConditionRows { reply, seq, rows, next_key } => {
                let seq = self.conditions.answered(&seq);
                if reply.is_success() {
                    out.push(Action::Notify(FeedEvent::ConditionRows { seq, rows, next_key }));
                } else {
                    self.conditions.forget(&seq);
                    condition_refused(seq, &reply, out);
                }
            }
            Message::ConditionStopped { reply, seq } => {
                let seq = self.conditions.answered(&seq);
                if reply.is_success() {
                    out.push(Action::Notify(FeedEvent::ConditionStopped { seq }));
                } else {
                    condition_refused(seq, &reply, out);
                }
            }
            Message::Other { trnm, reply } => self.other(now, trnm.as_deref(), &reply, out),
        }
    }

    fn login_answered(&mut self, now: Monotonic, reply: &Reply, out: &mut Actions) {
        if !matches!(self.phase, Phase::AwaitingLogin { .. }) {
            let text = format!("a second answer to LOGIN came and was ignored: {reply}");
            out.push(Action::Log(LogLevel::Warn, text));
            return;
        }
        if reply.is_success() {
            self.logged_in(now, out);
        } else if MACHINE_CODES.iter().any(|code| reply.has_code(*code)) {
            self.give_up(FatalReason::MachineRefused { text: reply.to_string() }, out);
        } else if is_token_refusal(reply) {
            self.token_refused(now, reply, out);
        } else {
            self.disconnect(out);
            self.wait(now, &format!("the broker refused the login: {reply}"), out);
        }
    }

    fn logged_in(&mut self, now: Monotonic, out: &mut Actions) {
        self.counts.logins += 1;
        self.token_renewed = false;
        self.live_since = Some(now);
        self.phase = Phase::Live { subscribed: false, stale: false };
        if let (true, Some(gone)) = (self.was_live, self.away_since.take()) {
            let away = now.since(gone);
            let failures = self.backoff.failures().saturating_sub(1);
            out.push(Action::Notify(FeedEvent::Reconnected { failures, away }));
            out.push(Action::Notify(FeedEvent::Gap { away }));
        } else {
            out.push(Action::Notify(FeedEvent::Connected));
        }
        self.was_live = true;
        self.outstanding.clear();
        self.resend.clear();
        self.subscriptions.reset();
        self.register(now, out);
        let sends = self.conditions.logged_in(now);
        out.extend(sends.into_iter().map(Action::Send));
        self.note_subscribed(out);
    }

    fn register(&mut self, now: Monotonic, out: &mut Actions) {
        for batch in self.subscriptions.take_unsent() {
            self.send_reg(now, batch, 1, out);
        }
    }

    fn send_reg(&mut self, now: Monotonic, batch: Batch, attempt: u8, out: &mut Actions) {
        out.push(Action::Send(batch.reg()));
        let deadline = now + self.options.reg_timeout;
        self.outstanding.push_back(Outstanding { remove: false, batch, deadline, attempt });
    }

    fn reg_answered(&mut self, now: Monotonic, remove: bool, reply: &Reply, out: &mut Actions) {
        if is_token_refusal(reply) {
            return self.token_refused(now, reply, out);
        }
        let Some(at) = self.outstanding.iter().position(|sent| sent.remove == remove) else {
            let text = format!("an answer came to no registration of ours: {reply}");
            out.push(Action::Log(LogLevel::Warn, text));
            return;
        };
        let Some(sent) = self.outstanding.remove(at) else { return };
        if reply.is_success() {
            if !remove {
                self.subscriptions.answered(&sent.batch, true);
            }
        } else if !remove && reply.has_code(NOT_LOGGED_IN) && sent.attempt < REG_ATTEMPTS_MAX {
            let text = format!("a registration came too early and is sent again: {reply}");
            out.push(Action::Log(LogLevel::Warn, text));
            let resend =
                Resend { batch: sent.batch, at: now + REG_RESEND_DELAY, attempt: sent.attempt + 1 };
            self.resend.push_back(resend);
        } else {
            if !remove {
                self.subscriptions.answered(&sent.batch, false);
            }
            let text = describe_refusal(&sent, reply);
            out.push(Action::Log(LogLevel::Warn, text.clone()));
            out.push(Action::Notify(FeedEvent::Refused { text }));
        }
        self.note_subscribed(out);
    }

    /// Tells of the end of the first registrations, once per connection.
    fn note_subscribed(&mut self, out: &mut Actions) {
        let Phase::Live { subscribed: false, stale } = self.phase else { return };
        if self.outstanding.iter().any(|sent| !sent.remove) || !self.resend.is_empty() {
            return;
        }
        self.phase = Phase::Live { subscribed: true, stale };
        out.push(Action::Notify(FeedEvent::Subscribed {
            confirmed: self.subscriptions.in_state(WishState::Confirmed).count(),
            refused: self.subscriptions.in_state(WishState::Refused).count(),
        }));
    }

    fn ping(&mut self, frame: &[u8], out: &mut Actions) {
        // Before the login is answered nothing but LOGIN may be said.
        if self.options.ping == PingPolicy::Echo && self.is_live() {
            out.extend(Outgoing::ping_echo(frame).map(Action::Send));
        }
    }

    fn system(&mut self, now: Monotonic, system: &System, out: &mut Actions) {
        let code = system.code.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = system.text.clone();
        match code.as_str() {
            "R10001" => self.taken_over(now, text, out),
            "R10002" | "R10004" => {
                self.broken(now, DisconnectReason::System { code, text }, out);
            }
            _ => out.push(Action::Log(LogLevel::Info, format!("SYSTEM {code}: {text}"))),
        }
    }

    fn taken_over(&mut self, now: Monotonic, text: String, out: &mut Actions) {
        out.push(Action::Notify(FeedEvent::TakenOver { text: text.clone() }));
        match self.options.on_takeover {
            TakeoverPolicy::Stop => self.give_up(FatalReason::TakenOver { text }, out),
            TakeoverPolicy::Reconnect => {
                let why = DisconnectReason::System { code: "R10001".to_owned(), text };
                self.disconnect(out);
                let text = why.to_string();
                self.leave_live(now, why, out);
                let wait = self.backoff.fail_hard();
                self.wait_for(now, wait, &text, out);
            }
        }
    }

    fn other(&mut self, now: Monotonic, trnm: Option<&str>, reply: &Reply, out: &mut Actions) {
        if is_token_refusal(reply) {
            return self.token_refused(now, reply, out);
        }
        let name = trnm.unwrap_or("(no trnm)");
        let level = if reply.code.is_some() { LogLevel::Warn } else { LogLevel::Info };
        out.push(Action::Log(level, format!("a message of an unknown kind, {name}: {reply}")));
    }

    fn token_refused(&mut self, now: Monotonic, reply: &Reply, out: &mut Actions) {
        let text = reply.to_string();
        if self.token_renewed {
            return self.give_up(FatalReason::TokenRefused { text }, out);
        }
        let line = format!("the broker refused the token and it is renewed once: {text}");
        out.push(Action::Log(LogLevel::Warn, line));
        self.disconnect(out);
        self.leave_live(now, DisconnectReason::TokenRefused { text }, out);
        self.token_renewed = true;
        self.request_token(now, true, out);
    }

    fn closed(&mut self, now: Monotonic, code: Option<u16>, reason: &str, out: &mut Actions) {
        if !std::mem::take(&mut self.has_line) {
            return;
        }
        match self.phase {
            Phase::Idle | Phase::AwaitingToken { .. } | Phase::Waiting { .. } | Phase::Ended => {}
            Phase::Closing { .. } => self.finish(out),
            Phase::Connecting { .. } | Phase::AwaitingLogin { .. } | Phase::Live { .. } => {
                let why = DisconnectReason::Closed { code, reason: reason.to_owned() };
                self.broken(now, why, out);
            }
        }
    }

    fn tick(&mut self, now: Monotonic, out: &mut Actions) {
        match self.phase {
            Phase::Idle | Phase::Ended => {}
            Phase::AwaitingToken { deadline } if deadline <= now => {
                let text = format!("none within {:?}", self.options.token_timeout);
                self.token_failed(now, TokenFailure::Temporary { text }, out);
            }
            Phase::Connecting { deadline } if deadline <= now => {
                self.disconnect(out);
                let text = format!("not connected within {:?}", self.options.connect_timeout);
                self.wait(now, &text, out);
            }
            Phase::AwaitingLogin { deadline } if deadline <= now => {
                self.disconnect(out);
                let text = format!("no answer to LOGIN within {:?}", self.options.login_timeout);
                self.wait(now, &text, out);
            }
            Phase::Closing { deadline } if deadline <= now => {
                self.disconnect(out);
                let text = "the broker did not answer our Close in time".to_owned();
                out.push(Action::Log(LogLevel::Warn, text));
                self.finish(out);
            }
            Phase::Waiting { until } if until <= now => self.request_token(now, false, out),
            Phase::Live { .. } => self.tick_live(now, out),
            _ => {}
        }
    }

    fn tick_live(&mut self, now: Monotonic, out: &mut Actions) {
        let silent = now.since(self.last_activity);
        if silent >= self.options.silence_max {
            return self.broken(now, DisconnectReason::Silent { silent }, out);
        }
        if self.outstanding.iter().any(|sent| sent.deadline <= now) {
            return self.broken(now, DisconnectReason::RegTimeout, out);
        }
        self.note_silence(silent, out);
        while self.resend.front().is_some_and(|resend| resend.at <= now) {
            if let Some(resend) = self.resend.pop_front() {
                self.send_reg(now, resend.batch, resend.attempt, out);
            }
        }
        for seq in self.conditions.overdue(now) {
            let text = format!("no answer within {:?}", self.options.condition_timeout);
            out.push(Action::Notify(FeedEvent::ConditionRefused { seq, text }));
        }
    }

    fn note_silence(&mut self, silent: Duration, out: &mut Actions) {
        let Phase::Live { subscribed, stale } = self.phase else { return };
        let now_stale = silent >= self.options.stale_after;
        if now_stale != stale {
            self.phase = Phase::Live { subscribed, stale: now_stale };
            out.push(Action::Notify(if now_stale {
                FeedEvent::Stale { silent }
            } else {
                FeedEvent::Fresh { silent: self.options.stale_after }
            }));
        }
    }

    fn note_alive(&mut self, now: Monotonic, out: &mut Actions) {
        self.last_activity = now;
        self.note_silence(Duration::ZERO, out);
    }

    fn shut_down(&mut self, now: Monotonic, out: &mut Actions) {
        match self.phase {
            Phase::Ended | Phase::Closing { .. } => {}
            Phase::Idle | Phase::AwaitingToken { .. } | Phase::Waiting { .. } => self.finish(out),
            Phase::Connecting { .. } => {
                self.disconnect(out);
                self.finish(out);
            }
            Phase::AwaitingLogin { .. } | Phase::Live { .. } => {
                out.push(Action::SendClose);
                self.phase = Phase::Closing { deadline: now + self.options.close_timeout };
            }
        }
    }

    fn disconnect(&mut self, out: &mut Actions) {
        if std::mem::take(&mut self.has_line) {
            out.push(Action::Disconnect);
        }
    }

    /// The connection is of no use any more: tells of it and waits.
    fn broken(&mut self, now: Monotonic, why: DisconnectReason, out: &mut Actions) {
        self.disconnect(out);
        let text = why.to_string();
        self.leave_live(now, why, out);
        self.wait(now, &text, out);
    }

    /// Ends a login, if there is one.
    fn leave_live(&mut self, now: Monotonic, why: DisconnectReason, out: &mut Actions) {
        let Some(since) = self.live_since.take() else { return };
        if now.since(since) >= self.options.stable_after {
            self.backoff.reset();
        }
        self.away_since = Some(now);
        self.conditions.disconnected();
        out.push(Action::Notify(FeedEvent::Disconnected { why }));
    }

    fn wait(&mut self, now: Monotonic, text: &str, out: &mut Actions) {
        let wait = self.backoff.fail();
        self.wait_for(now, wait, text, out);
    }

    fn wait_for(&mut self, now: Monotonic, wait: Duration, text: &str, out: &mut Actions) {
        let attempts = self.backoff.failures();
        let max = if self.was_live {
            self.options.attempts_max
        } else {
            self.options.attempts_max_before_login
        };
        if max.is_some_and(|max| attempts >= max) {
            let text = text.to_owned();
            return self.give_up(FatalReason::TooManyFailures { attempts, text }, out);
        }
        let line = format!("{text}; next attempt in {wait:.1?}");
        out.push(Action::Log(LogLevel::Warn, line));
        self.token = None;
        self.outstanding.clear();
        self.resend.clear();
        self.phase = Phase::Waiting { until: now + wait };
    }

    fn give_up(&mut self, why: FatalReason, out: &mut Actions) {
        self.disconnect(out);
        out.push(Action::Log(LogLevel::Error, why.to_string()));
        out.push(Action::Notify(FeedEvent::Ended { why: EndReason::Fatal(why.clone()) }));
        self.end();
        out.push(Action::GiveUp(why));
    }

    fn finish(&mut self, out: &mut Actions) {
        if self.live_since.is_some() {
            let why = DisconnectReason::Shutdown;
            out.push(Action::Notify(FeedEvent::Disconnected { why }));
        }
        out.push(Action::Notify(FeedEvent::Ended { why: EndReason::Shutdown }));
        self.end();
        out.push(Action::Finished);
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.token = None;
        self.live_since = None;
        self.outstanding.clear();
        self.resend.clear();
    }
}

fn is_token_refusal(reply: &Reply) -> bool {
    TOKEN_CODES.iter().any(|code| reply.has_code(*code))
}

fn condition_refused(seq: String, reply: &Reply, out: &mut Actions) {
    out.push(Action::Notify(FeedEvent::ConditionRefused { seq, text: reply.to_string() }));
}

fn describe_refusal(sent: &Outstanding, reply: &Reply) -> String {
    let Batch { entry, .. } = &sent.batch;
    let what = if sent.remove { "REMOVE" } else { "REG" };
    let types: Vec<&str> = entry.types.iter().map(|kind| kind.as_str()).collect();
    let first = entry.items.first().map(AsRef::as_ref).unwrap_or_default();
    let items = match (first, entry.items.len()) {
        ("", _) => String::from("no item"),
        (first, 1) => first.to_owned(),
        (first, count) => format!("{first} and {} more items", count - 1),
    };
    format!("the broker refused a {what} of {items} with types {}: {reply}", types.join(", "))
}

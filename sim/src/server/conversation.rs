//! One session's side of the protocol: which message gets which answer, and what comes by time.
//!
//! It knows no socket: answers go into the mailbox.

use super::conditions::Search;
use super::hub::Hub;
use super::mailbox::{Ending, Mailbox};
use super::replies::{self, Refusal};
use super::report::Tally;
use super::types::RealType;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Time from a message to its answer, LOGIN apart: enough for REAL frames to overtake the answer
/// to the REG that asked for them.
const ANSWER_DELAY: Duration = Duration::from_millis(2);
/// Time between two changes of a realtime condition search.
const SEARCH_INTERVAL: Duration = Duration::from_millis(250);
/// Realtime condition searches of one session.
const SEARCHES_MAX: usize = 10;

/// The state of a session.
pub(super) struct Conversation {
    hub: Rc<Hub>,
    number: u64,
    mailbox: Rc<Mailbox>,
    stage: Stage,
    /// Answers that wait for their moment, the oldest first.
    answers: VecDeque<(Instant, String)>,
    ping_due: Instant,
    pings_unanswered: u32,
    conditions_listed: bool,
    searches: Vec<Search>,
    search_due: Instant,
}

/// How far the session has come.
enum Stage {
    /// No LOGIN yet; the session ends when none comes until then.
    New(Instant),
    /// A LOGIN came and is answered then; its token, if it had one.
    Asked(Instant, Option<String>),
    /// Logged in.
    In,
}

impl Conversation {
    /// A session that has just been connected.
    pub(super) fn new(hub: Rc<Hub>, number: u64, mailbox: Rc<Mailbox>) -> Self {
        let now = Instant::now();
        let stage = Stage::New(now + hub.options.login_timeout);
        Self {
            hub,
            number,
            mailbox,
            stage,
            answers: VecDeque::new(),
            ping_due: now,
            pings_unanswered: 0,
            conditions_listed: false,
            searches: Vec::new(),
            search_due: now,
        }
    }

    /// Takes a message from the client.
    pub(super) fn receive(&mut self, text: &str) {
        let message = match serde_json::from_str(text) {
            Ok(Value::Object(message)) => message,
            _ => return self.answer(replies::MISSING.answer("")),
        };
        let Some(trnm) = message.get("trnm").and_then(Value::as_str) else {
            return self.answer(replies::MISSING.answer(""));
        };
        match trnm {
            "PING" => self.echo(),
            "LOGIN" => self.login(&message),
            // A client that echoes SYSTEM is cut off at once.
            "SYSTEM" => _ = self.mailbox.end(Ending::Close(1000, "")),
            "REG" | "REMOVE" | "CNSRLST" | "CNSRREQ" | "CNSRCLR" => self.request(trnm, &message),
            _ => self.answer(replies::UNKNOWN_TRNM.answer(trnm)),
        }
    }

    /// The next moment at which [`Self::on_time`] has something to do.
    pub(super) fn next_due(&self) -> Instant {
        let stage = match self.stage {
            Stage::New(due) | Stage::Asked(due, _) => due,
            Stage::In => self.ping_due,
        };
        let answer = self.answers.front().map(|(due, _)| *due);
        let search = (!self.searches.is_empty()).then_some(self.search_due);
        [answer, search].into_iter().flatten().fold(stage, Instant::min)
    }

    /// Does what is due by `now`.
    pub(super) fn on_time(&mut self, now: Instant) {
        while self.answers.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, text)) = self.answers.pop_front() {
                self.send(text);
            }
        }
        match &mut self.stage {
            Stage::New(due) if *due <= now => {
                self.send(replies::NO_LOGIN.text());
                self.mailbox.end(Ending::Close(1000, "R10004"));
            }
            Stage::Asked(due, token) if *due <= now => {
                let token = token.take();
                self.finish_login(token, now);
            }
            Stage::In if self.ping_due <= now => self.ping(now),
            _ => {}
        }
        if !self.searches.is_empty() && self.search_due <= now {
            self.search_due = now + SEARCH_INTERVAL;
            self.turn_searches();
        }
    }

    fn send(&self, text: impl Into<tokio_tungstenite::tungstenite::Utf8Bytes>) {
        self.mailbox.push(text, Tally::Other);
    }

    fn answer(&mut self, text: String) {
        self.answers.push_back((Instant::now() + ANSWER_DELAY, text));
    }

    fn login(&mut self, message: &Map<String, Value>) {
        let token = message.get("token").and_then(Value::as_str).unwrap_or_default().trim();
        let token = Some(token.to_owned()).filter(|token| !token.is_empty());
        self.stage = Stage::Asked(Instant::now() + self.hub.options.login_delay, token);
    }

    fn finish_login(&mut self, token: Option<String>, now: Instant) {
        let Some(token) = token else { return self.refuse_login(replies::NO_TOKEN) };
        let tokens = self.hub.tokens.borrow();
        let holder = tokens.holder(&token, SystemTime::now()).map(str::to_owned);
        drop(tokens);
        let Some(app_key) = holder else { return self.refuse_login(replies::BAD_TOKEN) };
        self.hub.log_in(self.number, &app_key);
        self.stage = Stage::In;
        self.ping_due = now + self.hub.options.ping_interval;
        self.send(replies::LOGIN_OK);
        if !self.hub.options.mock {
            self.send(replies::WELCOME.text());
        }
    }

    fn refuse_login(&mut self, refusal: Refusal) {
        self.send(refusal.answer("LOGIN"));
        self.mailbox.end(Ending::Close(1000, ""));
    }

    fn ping(&mut self, now: Instant) {
        if self.pings_unanswered >= self.hub.options.pings_unanswered_max {
            self.send(replies::NO_HEARTBEAT.text());
            self.mailbox.end(Ending::Close(1000, "R10002"));
            return;
        }
        self.pings_unanswered += 1;
        self.ping_due = now + self.hub.options.ping_interval;
        self.mailbox.push(replies::PING, Tally::Other);
        self.hub.counts.borrow_mut().plain.pings_sent += 1;
    }

    fn echo(&mut self) {
        self.pings_unanswered = 0;
        self.hub.counts.borrow_mut().plain.echoes_received += 1;
    }

    /// Anything that needs a LOGIN.
    fn request(&mut self, trnm: &str, message: &Map<String, Value>) {
        if !matches!(self.stage, Stage::In) {
            // At once, so that it overtakes the answer to a LOGIN that is under way.
            return self.send(replies::BEFORE_LOGIN.answer(trnm));
        }
        let text = match trnm {
            "REG" | "REMOVE" => self.change_registrations(trnm, message),
            _ => self.condition_search(trnm, message),
        };
        self.answer(text);
    }

    fn change_registrations(&self, trnm: &str, message: &Map<String, Value>) -> String {
        let items_max = self.hub.options.items_max;
        let result = self.hub.change(self.number, |held| match trnm {
            "REG" => held.register(message, items_max),
            _ => held.remove(message),
        });
        match result {
            Ok(()) => replies::accepted(trnm),
            Err(refusal) => refusal.answer(trnm),
        }
    }

    fn condition_search(&mut self, trnm: &str, message: &Map<String, Value>) -> String {
        let seq = message.get("seq").cloned().unwrap_or(Value::Null);
        if self.hub.options.mock {
            return replies::NOT_ON_MOCK.answer(trnm);
        }
        if trnm == "CNSRLST" {
            self.conditions_listed = true;
            let list = self.hub.conditions.list();
            return format!(
                r#"{{"trnm":"CNSRLST","return_code":0,"return_msg":"","data":{list}}}"#
            );
        }
        let found = self.hub.conditions.find(&seq).filter(|_| self.conditions_listed);
        let Some(number) = found else {
            return replies::NO_CONDITION.answer_condition(trnm, &seq);
        };
        if trnm == "CNSRCLR" {
            self.searches.retain(|search| search.number != number);
            return format!(r#"{{"trnm":"CNSRCLR","seq":{seq},"return_code":0,"return_msg":""}}"#);
        }
        if message.get("search_type").and_then(Value::as_str) != Some("1") {
            let next_key = message.get("next_key").and_then(Value::as_str).unwrap_or_default();
            return self.hub.conditions.once(number, next_key, &self.hub.instruments);
        }
        self.begin_search(number, &seq)
    }

    fn begin_search(&mut self, number: usize, seq: &Value) -> String {
        self.searches.retain(|search| search.number != number);
        if self.searches.len() == SEARCHES_MAX {
            return replies::TOO_MANY.answer_condition("CNSRREQ", seq);
        }
        if self.searches.is_empty() {
            self.search_due = Instant::now() + SEARCH_INTERVAL;
        }
        let search = self.hub.conditions.watch(number);
        let text = search.answer(&self.hub.instruments);
        self.searches.push(search);
        text
    }

    fn turn_searches(&mut self) {
        if self.hub.market_stopped.get() {
            return;
        }
        let now = self.hub.market_time();
        for search in &mut self.searches {
            if let Some(text) = search.turn(&self.hub.instruments, now) {
                self.mailbox.push(text, Tally::Real(RealType::Condition, 1));
            }
        }
    }
}

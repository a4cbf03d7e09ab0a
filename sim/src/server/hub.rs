//! What the tasks of the broker's thread share: sessions, routes, tokens, counts.
//!
//! Everything lives on one thread. A `RefCell` is never held across an `await`.

use super::conditions::Conditions;
use super::line::LineState;
use super::mailbox::{Ending, Mailbox};
use super::registrations::Registrations;
use super::replies::{self, Refusal};
use super::report::{Counts, Report, Tally};
use super::tokens::Tokens;
use super::types::RealType;
use crate::clock::hhmmss;
use crate::generator::Frame;
use crate::generator::InstrumentInfo;
use crate::options::Options;
use crate::orders::{AccountId, Event, Happening};
use crate::virtual_time::Exchange;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Shared by every task of the broker.
pub(super) struct Hub {
    pub(super) options: Options,
    pub(super) tokens: RefCell<Tokens>,
    pub(super) counts: RefCell<Counts>,
    pub(super) conditions: Conditions,
    pub(super) instruments: Vec<InstrumentInfo>,
    /// Market and back office.
    pub(super) exchange: RefCell<Exchange>,
    /// The accounts by app key.
    accounts: RefCell<BTreeMap<String, AccountId>>,
    /// Wakes whoever delivers own frames: one waits for a later moment.
    pub(super) own_wake: Notify,
    /// When the broker, and with it the simulated day, began.
    pub(super) started: Instant,
    sessions: RefCell<BTreeMap<u64, Session>>,
    routes: RefCell<HashMap<String, Vec<Route>>>,
    next_session: Cell<u64>,
    /// Registrations changed since the market last looked.
    pub(super) routes_changed: Cell<bool>,
    /// The market sends nothing more.
    pub(super) market_stopped: Cell<bool>,
    /// Connections live, but not a byte is sent.
    pub(super) stalled: Cell<bool>,
    pub(super) stopping: Cell<bool>,
    /// Wakes the market: registrations changed, a mailbox has room again, a stop was asked for.
    pub(super) market_wake: Notify,
    /// Wakes whoever waits for the last session to end.
    pub(super) session_ended: Notify,
    /// Wakes handshakes that wait for the end of a stall.
    pub(super) stall_ended: Notify,
}

/// A connection as the rest of the broker sees it.
struct Session {
    mailbox: Rc<Mailbox>,
    line: Rc<LineState>,
    app_key: Option<String>,
    registered: Registrations,
}

/// One session's types for an item.
struct Route {
    types: u32,
    mailbox: Rc<Mailbox>,
}

impl Hub {
    /// No sessions yet.
    pub(super) fn new(options: Options) -> Self {
        let exchange = Exchange::new(&options);
        let instruments = exchange.instruments().to_vec();
        Self {
            exchange: RefCell::new(exchange),
            accounts: RefCell::default(),
            own_wake: Notify::new(),
            tokens: RefCell::new(Tokens::new(&options)),
            counts: RefCell::default(),
            conditions: Conditions::new(&instruments),
            instruments,
            started: Instant::now(),
            sessions: RefCell::default(),
            routes: RefCell::default(),
            next_session: Cell::new(1),
            routes_changed: Cell::new(false),
            market_stopped: Cell::new(false),
            stalled: Cell::new(false),
            stopping: Cell::new(false),
            market_wake: Notify::new(),
            session_ended: Notify::new(),
            stall_ended: Notify::new(),
            options,
        }
    }

    /// Adds a connection; its number and its mailbox.
    pub(super) fn open(&self, line: Rc<LineState>) -> (u64, Rc<Mailbox>) {
        let number = self.next_session.replace(self.next_session.get() + 1);
        let mailbox = Rc::new(Mailbox::default());
        let session = Session {
            mailbox: Rc::clone(&mailbox),
            line,
            app_key: None,
            registered: Registrations::default(),
        };
        self.sessions.borrow_mut().insert(number, session);
        self.counts.borrow_mut().plain.connections += 1;
        (number, mailbox)
    }

    /// Forgets a connection.
    pub(super) fn close(&self, number: u64) {
        self.sessions.borrow_mut().remove(&number);
        self.rebuild_routes();
        self.session_ended.notify_waiters();
    }

    /// Number of connections.
    pub(super) fn open_sessions(&self) -> usize {
        self.sessions.borrow().len()
    }

    /// Takes a LOGIN into effect. An older session of the same app key hears R10001 and ends.
    pub(super) fn log_in(&self, number: u64, app_key: &str) {
        for (other, session) in self.sessions.borrow_mut().iter_mut() {
            if *other == number {
                session.app_key = Some(app_key.to_owned());
            } else if session.app_key.as_deref() == Some(app_key) {
                session.app_key = None;
                session.mailbox.push(replies::SAME_KEY.text(), Tally::Other);
                session.mailbox.end(Ending::Close(1000, "R10001"));
            }
        }
        self.counts.borrow_mut().plain.logins += 1;
    }

    /// Changes what a session is registered for.
    pub(super) fn change(
        &self,
        number: u64,
        act: impl FnOnce(&mut Registrations) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let result = match self.sessions.borrow_mut().get_mut(&number) {
            Some(session) => act(&mut session.registered),
            None => Ok(()),
        };
        self.rebuild_routes();
        result
    }

    /// Hands every session's end to it.
    pub(super) fn end_all(&self, ending: Ending) {
        for session in self.sessions.borrow().values() {
            session.mailbox.end(ending);
        }
    }

    /// What the broker did so far.
    pub(super) fn report(&self) -> Report {
        let exchange = self.exchange.borrow();
        let mut report = self.counts.borrow().report();
        report.orders_taken = exchange.desk.orders.len() as u64;
        report.fills = exchange.desk.fills.len() as u64;
        report.faults_struck = exchange.faults_struck();
        report
    }

    /// Time since the broker began, nanoseconds: the clock of own frames, answers and limits.
    pub(super) fn clock(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    /// The moment of this hub's clock.
    pub(super) fn moment(&self, clock: u64) -> Instant {
        self.started + Duration::from_nanos(clock)
    }

    /// The account of an app key, opened when it is first asked for. All of them start the same.
    pub(super) fn account(&self, app_key: &str) -> AccountId {
        if let Some(account) = self.accounts.borrow().get(app_key) {
            return *account;
        }
        let mut exchange = self.exchange.borrow_mut();
        let account = match self.accounts.borrow().is_empty() {
            true => exchange.first_account(),
            false => exchange.open_account(),
        };
        self.accounts.borrow_mut().insert(app_key.to_owned(), account);
        account
    }

    /// App keys with a logged-in session.
    pub(super) fn logged_in(&self) -> BTreeSet<String> {
        self.sessions.borrow().values().filter_map(|session| session.app_key.clone()).collect()
    }

    /// Sends every own frame that is due by now to the sessions of its account.
    pub(super) fn deliver_own(&self) {
        loop {
            let now = self.clock();
            let event = self.exchange.borrow_mut().desk.outbox.pop(now);
            let Some(event) = event else { break };
            self.happen(event);
        }
        if self.exchange.borrow().next_event() < u64::MAX {
            self.own_wake.notify_one();
        }
    }

    fn happen(&self, event: Event) {
        let accounts = self.accounts.borrow();
        let owner = accounts.iter().find(|(_, account)| **account == event.account);
        let Some((app_key, _)) = owner else { return };
        match event.what {
            Happening::HalfOpen => {
                self.stalled.set(true);
                self.wake_sessions();
                self.market_wake.notify_one();
            }
            Happening::Cut(bytes) => self.cut_after(bytes, Some(app_key)),
            Happening::Frame { kind, text } => {
                let Some(ty) = RealType::from_code(kind) else { return };
                let text = Utf8Bytes::from(text);
                for session in self.sessions.borrow().values() {
                    let own = session.app_key.as_deref() == Some(app_key);
                    let wanted = session.registered.iter().any(|(_, types)| types & ty.bit() != 0);
                    if own && wanted {
                        self.deliver(&session.mailbox, text.clone(), Tally::Real(ty, 1));
                    }
                }
            }
        }
    }

    /// Cuts the WebSocket streams of an app key, or all, after so many more bytes.
    pub(super) fn cut_after(&self, bytes: u64, app_key: Option<&str>) {
        for session in self.sessions.borrow().values() {
            if app_key.is_none() || session.app_key.as_deref() == app_key {
                session.line.cut_after(bytes);
                session.mailbox.wake.notify_one();
            }
        }
    }

    /// The simulated time of day as the number HHmmss.
    pub(super) fn market_time(&self) -> u32 {
        let gone = self.started.elapsed().as_nanos() as f64 * self.options.time_compression;
        hhmmss(self.options.day_start.nanos() + gone as u64)
    }

    /// Sends a text to every logged-in session.
    pub(super) fn broadcast(&self, text: &str, tally: &Tally) {
        let text = Utf8Bytes::from(text.to_owned());
        for session in self.sessions.borrow().values().filter(|s| s.app_key.is_some()) {
            session.mailbox.push(text.clone(), tally.clone());
        }
    }

    /// Wakes all sessions to look at the hub's switches again.
    pub(super) fn wake_sessions(&self) {
        for session in self.sessions.borrow().values() {
            session.mailbox.wake.notify_one();
        }
    }

    /// Sends a frame of the market to whoever is registered for it.
    pub(super) fn route(&self, frame: &Frame<'_>, ty: RealType, text: &Bytes) {
        let routes = self.routes.borrow();
        let Some(targets) = routes.get(frame.item) else { return };
        for route in targets.iter().filter(|route| route.types & ty.bit() != 0) {
            // The market makes its frames from `str`s: the check cannot fail.
            let Ok(text) = Utf8Bytes::try_from(text.clone()) else { continue };
            self.deliver(&route.mailbox, text, Tally::Real(ty, frame.entries));
        }
    }

    /// Puts a REAL frame into a mailbox; with a frame rate, a client that is too far behind ends.
    fn deliver(&self, mailbox: &Mailbox, text: Utf8Bytes, tally: Tally) {
        let behind = mailbox.bytes() >= self.options.outbound_bytes_max;
        if behind && self.options.frames_per_second > 0 {
            self.end_slow(mailbox);
            return;
        }
        mailbox.push(text, tally);
    }

    /// Ends the session of a client that takes its frames too slowly.
    fn end_slow(&self, mailbox: &Mailbox) {
        if mailbox.end(Ending::Close(1008, "client too slow")) {
            mailbox.clear();
            self.counts.borrow_mut().plain.slow_clients += 1;
        }
    }

    /// True when some mailbox is so full that an unpaced market has to wait.
    pub(super) fn is_crowded(&self) -> bool {
        let limit = self.crowd_bytes();
        self.sessions.borrow().values().any(|session| session.mailbox.bytes() > limit)
    }

    /// True when frames wait that a socket would take: the broker itself is behind.
    pub(super) fn is_behind(&self) -> bool {
        let limit = self.crowd_bytes();
        let behind = |mailbox: &Mailbox| mailbox.bytes() > limit && !mailbox.blocked.get();
        self.sessions.borrow().values().any(|session| behind(&session.mailbox))
    }

    /// Bytes in one mailbox above which an unpaced market waits.
    fn crowd_bytes(&self) -> usize {
        (self.options.outbound_bytes_max / 8).min(1 << 20)
    }

    /// Ends the sessions that a waiting market has waited for long enough.
    pub(super) fn end_crowding(&self) {
        let limit = self.crowd_bytes();
        for session in self.sessions.borrow().values() {
            if session.mailbox.bytes() > limit {
                self.end_slow(&session.mailbox);
            }
        }
    }

    /// The (item, type) pairs of all sessions, as the market wants them. The mock host knows the
    /// KRX only.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = BTreeSet::new();
        for session in self.sessions.borrow().values() {
            for (item, types) in session.registered.iter() {
                if self.options.mock && item.contains('_') {
                    continue;
                }
                let types = RealType::ALL.into_iter().filter(|ty| types & ty.bit() != 0);
                pairs.extend(types.map(|ty| (item.to_owned(), ty.code().to_owned())));
            }
        }
        pairs.into_iter().collect()
    }

    fn rebuild_routes(&self) {
        let mut routes = self.routes.borrow_mut();
        routes.clear();
        for session in self.sessions.borrow().values() {
            for (item, types) in session.registered.iter() {
                let route = Route { types, mailbox: Rc::clone(&session.mailbox) };
                routes.entry(item.to_owned()).or_default().push(route);
            }
        }
        self.routes_changed.set(true);
        self.market_wake.notify_one();
    }
}

//! The broker without sockets, in virtual time.
//!
//! [`Exchange`] is the market, the back office and the REST bodies in one value. It has no thread, no
//! socket and no clock: the caller says what time it is, and gets back what the client would see and
//! when. The same options, seed and calls give the same answers, frames and fills, byte for byte.
//!
//! - Time is the day's clock in nanoseconds since midnight (KST), as in [`crate::TimeOfDay`]; it begins
//!   at `options.day_start`. [`Exchange::advance`] lets the market run up to a moment and returns the
//!   00 and 04 frames that have reached the client by then, in order, each with its due time.
//! - Orders go in as types ([`Exchange::submit`], [`modify`](Exchange::modify),
//!   [`cancel`](Exchange::cancel)) or as REST bodies ([`Exchange::rest`]), which also serve the
//!   queries. An answer carries the moment at which it is there, or that it never comes.
//! - Faults ([`crate::faults`]) strike requests made through `rest` and every own frame. `submit`,
//!   `modify` and `cancel` answer at once and are struck by frame faults only.
//! - What the broker's books say, for a comparison: [`open_orders`](Exchange::open_orders),
//!   [`fills`](Exchange::fills), [`positions`](Exchange::positions), [`cash`](Exchange::cash).
//!
//! In an instrument where a client has an order the crowd acts at least forty times a second, whether
//! or not somebody watches it; other instruments move when they are [`watch`](Exchange::watch)ed.
//!
//! How orders end: an order lives until the book it waits in closes (KRX 15:30 and 20:00; Nextrade
//! 08:50, 15:20 and 20:00), an SOR order moves to the other venue while that is open; what is left
//! gets the clearing frame with 902 = 0, as IOC and FOK left-overs do.
//!
//! ```
//! use sim::orders::{NewOrder, OrderType, Side};
//!
//! let options = sim::Options { day_start: sim::TimeOfDay::new(10, 0, 0), ..Default::default() };
//! let mut exchange = sim::Exchange::new(&options);
//! let now = exchange.now();
//! let buy = NewOrder::of_type(OrderType::Market, Side::Buy, "005930", 3);
//! let accepted = exchange.submit(&buy, now)?;
//! let frames = exchange.advance(now + 1_000_000_000);
//! assert!(frames.len() >= 3, "접수, 체결 and a balance");
//! assert_eq!(exchange.positions()[0].quantity, 3);
//! assert_eq!(exchange.fills()[0].order, accepted.number);
//! # Ok::<(), sim::orders::Refusal>(())
//! ```

use crate::api::{self, Limiter};
use crate::clock::SECOND;
use crate::faults::{Fault, Rule};
use crate::generator::{Frames, Generator, InstrumentInfo};
use crate::options::Options;
use crate::orders::desk::{Desk, Floor};
use crate::orders::{
    Accepted, AccountId, Books, Cancel, Cash, Event, Fill, Holding, Modify, NewOrder, OpenOrder,
    Refusal,
};

/// Market time between two events of watched instruments in [`Exchange::advance`].
const STEP: u64 = SECOND / 1_000;

/// The broker without sockets; see the [module documentation](self).
#[derive(Debug)]
pub struct Exchange {
    pub(crate) market: Generator,
    pub(crate) desk: Desk,
    limiter: Limiter,
    pub(crate) frames: Frames,
    watched: bool,
    account: AccountId,
}

/// A REST call: what stands in its headers and body.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Header `api-id`.
    pub api_id: &'a str,
    /// Header `next-key`, when `cont-yn` is `Y`.
    pub next_key: Option<&'a str>,
    /// JSON text.
    pub body: &'a str,
}

/// The answer to a REST call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it is there, on the caller's clock, nanoseconds. For an answer that never comes: when
    /// the connection ends, `u64::MAX` if it does not.
    pub due: u64,
    /// HTTP status, headers and body; `None` when no answer comes.
    pub reply: Option<ReplyText>,
    /// The token the call was made with is dead from now on.
    pub token_dead: bool,
}

/// A REST reply as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyText {
    /// HTTP status.
    pub status: u16,
    /// Header `next-key`; with it `cont-yn` is `Y`.
    pub next_key: Option<String>,
    /// Body; JSON text, but an HTML page for the statuses that a fault asks for.
    pub body: String,
}

impl Exchange {
    /// A broker at the start of its day, with one account.
    pub fn new(options: &Options) -> Self {
        let market = Generator::new(options);
        let mut desk = Desk::new(options.trading.clone(), options.seed, options.mock);
        let account = desk.open_account(&market);
        let limiter = Limiter::new(options.trading.calls_per_second);
        Self { market, desk, limiter, frames: Frames::default(), watched: false, account }
    }

    /// The market's time of day, nanoseconds since midnight.
    pub fn now(&self) -> u64 {
        self.market.now()
    }

    /// What is listed.
    pub fn instruments(&self) -> &[InstrumentInfo] {
        self.market.instruments()
    }

    /// Last price, best bid and best ask of an instrument over both venues, KRW; 0 for a side
    /// without orders. `None` for an unknown code.
    pub fn quote(&self, symbol: &str) -> Option<(i64, i64, i64)> {
        use crate::exchange::stats::View;
        let instrument = self.market.instrument(self.market.find(symbol)?);
        let (ask, bid) = crate::realtime::trade::best(instrument, View::All);
        Some((instrument.stats(View::All).last, bid, ask))
    }

    /// Lowest and highest price of the day, KRW.
    pub fn limits(&self, symbol: &str) -> Option<(i64, i64)> {
        let instrument = self.market.instrument(self.market.find(symbol)?);
        Some((instrument.lower, instrument.upper))
    }

    /// Watches items for realtime types, in place of what was watched before. Their frames come
    /// from [`Self::advance_with_market`].
    pub fn watch(&mut self, pairs: &[(String, String)]) {
        self.watched = !pairs.is_empty();
        self.market.set_registrations(pairs);
    }

    /// kt10000, kt10001, at `now`.
    ///
    /// # Errors
    /// The broker's refusal. Nothing has changed then.
    pub fn submit(&mut self, order: &NewOrder, now: u64) -> Result<Accepted, Refusal> {
        self.run_to(now, &mut |_| {});
        let account = self.account;
        self.act(|desk, floor| desk.place(floor, account, order, false))
    }

    /// kt10002, at `now`.
    ///
    /// # Errors
    /// The broker's refusal. Nothing has changed then.
    pub fn modify(&mut self, change: &Modify, now: u64) -> Result<Accepted, Refusal> {
        self.run_to(now, &mut |_| {});
        let account = self.account;
        self.act(|desk, floor| desk.modify(floor, account, change))
    }

    /// kt10003, at `now`.
    ///
    /// # Errors
    /// The broker's refusal. Nothing has changed then.
    pub fn cancel(&mut self, cancel: &Cancel, now: u64) -> Result<Accepted, Refusal> {
        self.run_to(now, &mut |_| {});
        let account = self.account;
        self.act(|desk, floor| desk.cancel(floor, account, cancel))
    }

    /// Any of the calls that the broker serves, with faults and rate limits, at `now`.
    pub fn rest(&mut self, call: Call<'_>, now: u64) -> Answer {
        self.run_to(now, &mut |_| {});
        self.answer(self.account, call)
    }

    /// Lets the market run to `to`; the events that have reached the client by then.
    pub fn advance(&mut self, to: u64) -> Vec<Event> {
        self.advance_with_market(to, |_| {})
    }

    /// The same; `seen` gets the text of every frame of the watched items as it is made.
    pub fn advance_with_market(&mut self, to: u64, mut seen: impl FnMut(&str)) -> Vec<Event> {
        self.run_to(to, &mut seen);
        std::iter::from_fn(|| self.desk.outbox.pop(to)).collect()
    }

    /// When the next event reaches the client, of those that are under way; `u64::MAX` for none.
    pub fn next_event(&self) -> u64 {
        self.desk.outbox.next_due()
    }

    /// Adds a fault behind the others.
    pub fn add_fault(&mut self, rule: Rule) {
        self.desk.faults.add(rule);
    }

    /// Drops every fault.
    pub fn clear_faults(&mut self) {
        self.desk.faults.clear();
    }

    /// How often faults have struck.
    pub fn faults_struck(&self) -> u64 {
        self.desk.faults.struck()
    }

    /// Halts an instrument, or lets it go on; false for an unknown code. Halted, it takes no orders
    /// and no modifications; cancels go through.
    pub fn halt(&mut self, symbol: &str, halted: bool) -> bool {
        let Some(index) = self.market.find(symbol) else { return false };
        if halted {
            self.desk.halted.insert(index);
        } else {
            self.desk.halted.remove(&index);
        }
        true
    }

    /// Begins or ends a market-wide circuit breaker: orders are refused with 509193.
    pub fn circuit_breaker(&mut self, on: bool) {
        self.desk.circuit_breaker = on;
    }

    /// Orders with shares open, oldest first.
    pub fn open_orders(&self) -> Vec<OpenOrder> {
        self.books().open_orders
    }

    /// Every fill of the day, oldest first.
    pub fn fills(&self) -> Vec<Fill> {
        self.books().fills
    }

    /// Shares held, in the order of the list of instruments.
    pub fn positions(&self) -> Vec<Holding> {
        self.books().positions
    }

    /// Money of the account.
    pub fn cash(&self) -> Cash {
        self.books().cash
    }

    /// All of these at once.
    pub fn books(&self) -> Books {
        self.books_of(self.account)
    }

    pub(crate) fn books_of(&self, account: AccountId) -> Books {
        self.desk.books(account, &self.market)
    }

    /// Lets what happened in the market reach accounts and clients.
    pub(crate) fn settle(&mut self) {
        self.desk.settle(&mut self.market);
    }

    /// The account that is there from the start.
    pub(crate) fn first_account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn open_account(&mut self) -> AccountId {
        self.desk.open_account(&self.market)
    }

    /// The frames of a made-up order's life; false for an unknown code.
    pub(crate) fn scripted_life(&mut self, account: AccountId, symbol: &str) -> bool {
        let Some(index) = self.market.find(symbol) else { return false };
        self.desk.scripted_life(&self.market, account, index).is_ok()
    }

    /// Answers a call of an account, without letting the market run.
    pub(crate) fn answer(&mut self, account: AccountId, call: Call<'_>) -> Answer {
        let now = self.desk.clock;
        let due = now.saturating_add(self.desk.trading.reply_latency.as_nanos() as u64);
        let reply = |status, body| Some(ReplyText { status, next_key: None, body });
        let whole = |reply| Answer { due, reply, token_dead: false };
        let fault = self.desk.faults.on_request(call.api_id, now);
        match fault {
            Some(Fault::ResetBefore) => return whole(None),
            Some(Fault::StatusBefore(status)) => return whole(reply(status, api::PAGE.to_owned())),
            Some(Fault::TooMany) => return whole(reply(429, api::too_many(call.api_id, 5))),
            Some(Fault::TokenDead) => {
                return Answer {
                    token_dead: true,
                    ..whole(reply(200, api::DEAD_TOKEN.to_owned()))
                };
            }
            _ => {}
        }
        if let Err(limit) = self.limiter.pass(account, call.api_id, now) {
            return whole(reply(429, api::too_many(call.api_id, limit)));
        }
        let refuse_late = fault == Some(Fault::RejectedLate);
        let answered =
            self.act(|desk, floor| api::answer(desk, floor, account, &call, refuse_late));
        match fault {
            Some(Fault::ReplyLost) => Answer { due: u64::MAX, ..whole(None) },
            Some(Fault::ResetAfter) => whole(None),
            Some(Fault::StatusAfter(status)) => whole(reply(status, api::PAGE.to_owned())),
            Some(Fault::ReplyLate(by)) => {
                Answer { due: due.saturating_add(by.as_nanos() as u64), ..whole(Some(answered)) }
            }
            Some(Fault::FramesFirst(by)) => {
                let last = self.desk.outbox.last_due.max(due);
                Answer { due: last.saturating_add(by.as_nanos() as u64), ..whole(Some(answered)) }
            }
            _ => whole(Some(answered)),
        }
    }

    fn act<R>(&mut self, act: impl FnOnce(&mut Desk, &mut Floor<'_>) -> R) -> R {
        let mut floor = Floor { market: &mut self.market, out: &mut self.frames };
        act(&mut self.desk, &mut floor)
    }

    /// Lets the market run, with the caller's clock beside it.
    fn run_to(&mut self, to: u64, seen: &mut dyn FnMut(&str)) {
        while self.market.now() < to {
            let turn = if self.watched { STEP } else { self.market.next_turn() };
            let next = self.market.now().saturating_add(turn).min(to);
            self.market.advance_to(next, &mut self.frames);
            if self.watched {
                self.market.step(&mut self.frames);
            }
            self.desk.clock = next;
            self.desk.settle(&mut self.market);
            self.frames.iter().for_each(|frame| seen(frame.text));
            self.frames.clear();
            if self.market.now() < next {
                break;
            }
        }
        self.desk.clock = self.desk.clock.max(to);
    }
}

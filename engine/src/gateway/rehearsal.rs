//! Keeps the way of an order warm.
//!
//! Orders are rare beside market data: some milliseconds after one, caches, branch predictors and page
//! tables have forgotten its way, and the next one takes several times as long as it could. So the gateway
//! walks that way again and again with orders that go nowhere:
//!
//! ```text
//!  a desk of its own (one instrument, rich, always open)  the same code as the real one
//!   ├─ Journal ─▶ a line, written over and over into a file without a name, in the journal's folder
//!   └─ Call ────▶ as many bytes as an order has, on a connection of this process to itself
//! ```
//!
//! **Nothing of it can leave**: what that desk wants is never handed to the order lines, the journal or the
//! office, and it shares no state with the real one.
//!
//! # Hot path
//! One rehearsal takes some microseconds and happens only when no order is under way; what a record or a
//! command waits for it at the most. A desk is used for [`ORDERS`] orders; fresh ones are made, and old ones
//! taken apart, on a helper thread. Where that does not keep up, or something fails, there is no rehearsal.

use super::{Cause, Command, CommandKind};
use crate::broker::limiter::{Limiter, Rates};
use crate::desk::{Action, Desk, Parts, QueryResult};
use crate::journal::write_entry;
use crate::kill::{KillOptions, KillSwitch};
use crate::market::{
    Account, Date, DayCosts, DayPlan, MarketData, SessionOptions, Sessions, TickRules,
};
use crate::order::{Cash, Machine, Query, Settings};
use crate::risk::{Gate, GateSizes, InstrumentTerms, RiskConfig};
use anyhow::{Context, anyhow};
use crossbeam::channel::{Receiver, Sender, bounded};
use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use strategy_api::{
    ClientOrderId, DurationNanos, InstrumentId, Notional, OrderRequest, Price, Quantity, Side,
    Text, UnixNanos, Venue,
};

/// From one rehearsal to the next.
const EVERY: DurationNanos = DurationNanos::from_millis(1);
/// Time goes by so much on the rehearsing desk with each order, so that no rate is reached.
const STEP: DurationNanos = DurationNanos::from_millis(400);
/// Orders of one rehearsing desk.
const ORDERS: u64 = 256;
/// Bytes of an encrypted order.
const WIRE_BYTES: usize = 512;
/// Bytes of the file that lines are written into, over and over.
const FILE_BYTES: u64 = 64 << 10;
/// What the instrument trades at.
const PRICE: Price = Price::new(10_000);

/// The rehearsing desk with its file and its connection, driven by the gateway's thread.
pub struct Rehearsal {
    due: UnixNanos,
    stage: Desk,
    /// Time on the rehearsing desk.
    now: UnixNanos,
    orders: u64,
    actions: Vec<Action>,
    line: Vec<u8>,
    file: File,
    at: u64,
    wire: Wire,
    fresh: Receiver<Desk>,
    used: Sender<Desk>,
    count: u64,
}

/// A connection of this process to itself.
struct Wire {
    near: TcpStream,
    far: TcpStream,
}

impl Rehearsal {
    /// Opens file and connection, and starts the helper. `folder`: that of the journal.
    ///
    /// # Errors
    /// When one of them is not to be had.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let (ready, fresh) = bounded(1);
        let (used, old) = bounded::<Desk>(2);
        let maker = Maker::new()?;
        let first = maker.desk()?;
        std::thread::Builder::new().name("rehearsal".into()).spawn(move || {
            // It ends with the gateway, which drops its ends.
            while let Ok(desk) = maker.desk() {
                if ready.send(desk).is_err() {
                    return;
                }
                while let Ok(desk) = old.try_recv() {
                    drop(desk);
                }
            }
        })?;
        let file = file_without_a_name(folder).context("a file for rehearsals")?;
        Ok(Self {
            due: UnixNanos::UNSET,
            stage: first,
            now: begin()?,
            orders: 0,
            actions: Vec::with_capacity(64),
            line: Vec::with_capacity(4096),
            file,
            at: 0,
            wire: Wire::open().context("a connection to ourselves")?,
            fresh,
            used,
            count: 0,
        })
    }

    /// Whether it is time for one.
    #[inline]
    pub fn is_due(&self, now: UnixNanos) -> bool {
        now >= self.due
    }

    /// An order goes its way, or there is work: not now.
    #[inline]
    pub fn put_off(&mut self, now: UnixNanos) {
        self.due = now + EVERY;
    }

    /// Rehearsals so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// One order from the command to the wire, and its end.
    pub fn run(&mut self, now: UnixNanos) {
        self.put_off(now);
        if self.orders >= ORDERS {
            self.change_desks();
        }
        if self.orders >= ORDERS {
            return;
        }
        let desk = &mut self.stage;
        self.orders += 1;
        self.count += 1;
        self.now = self.now + STEP;
        desk.command(self.now, &command(self.orders, self.now), &mut self.actions);
        let mut sequence = 0;
        self.line.clear();
        for action in &self.actions {
            if let Action::Journal(entry) = action {
                sequence = entry.seq;
                // Writing to memory cannot fail.
                let _ = write_entry(entry, &mut self.line);
            }
        }
        self.actions.clear();
        if self.at + self.line.len() as u64 > FILE_BYTES {
            self.at = 0;
        }
        // A disk that is full is the real journal's to tell.
        let _ = self.file.write_all_at(&self.line, self.at);
        self.at += self.line.len() as u64;
        desk.journaled(self.now, sequence, &mut self.actions);
        let call = self.actions.iter().find_map(|action| match action {
            Action::Call(call) => Some(*call),
            _ => None,
        });
        self.actions.clear();
        let Some(call) = call else { return };
        self.wire.rehearse();
        desk.written(self.now, call.tag, &mut self.actions);
        desk.not_sent(self.now, call.tag, "a rehearsal", &mut self.actions);
        self.actions.clear();
    }

    #[cold]
    fn change_desks(&mut self) {
        // None is ready yet: no rehearsal until there is.
        let (Ok(desk), Ok(begin)) = (self.fresh.try_recv(), begin()) else { return };
        // Where the helper is behind it is taken apart here.
        let _ = self.used.try_send(std::mem::replace(&mut self.stage, desk));
        (self.orders, self.now) = (0, begin);
    }
}

impl Wire {
    fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let (far, _) = listener.accept()?;
        for end in [&near, &far] {
            end.set_nonblocking(true)?;
            end.set_nodelay(true)?;
        }
        Ok(Self { near, far })
    }

    /// What was sent before is taken away first, so that nothing piles up.
    fn rehearse(&mut self) {
        let mut bytes = [0; WIRE_BYTES];
        let _ = self.near.read(&mut bytes);
        let _ = self.near.write_vectored(&[IoSlice::new(&bytes)]);
        let _ = self.far.read(&mut bytes);
    }
}

/// It is gone when it is closed, whatever becomes of the process.
fn file_without_a_name(folder: &Path) -> std::io::Result<File> {
    let path = folder.join(format!(".rehearsal-{}", std::process::id()));
    let file = File::create(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn date() -> anyhow::Result<Date> {
    Date::new(2026, 11, 23).context("a date")
}

fn begin() -> anyhow::Result<UnixNanos> {
    Ok(date()?.at(10, 0, 0))
}

fn command(number: u64, now: UnixNanos) -> Command {
    let request = OrderRequest {
        instrument: InstrumentId(0),
        venue: Venue::KRX,
        side: Side::BUY,
        price: PRICE,
        // All different: a repeated order would stop the strategy.
        quantity: Quantity::new(1 + (number % 97) as i64),
        ..OrderRequest::default()
    };
    Command {
        strategy: 0,
        kind: CommandKind::Submit { id: ClientOrderId(number), request },
        cause: Cause::default(),
        ts_submit: now,
    }
}

/// Makes desks, from what is read once.
struct Maker {
    rules: TickRules,
    costs: DayCosts,
    plan: DayPlan,
}

impl Maker {
    fn new() -> anyhow::Result<Self> {
        let (market, date) = (MarketData::embedded(), date()?);
        Ok(Self {
            rules: market.ticks().on(date)?,
            costs: market.costs().on(date, Account::Mock)?,
            plan: DayPlan::always_open(date),
        })
    }

    /// A desk that takes every order: one instrument, rich, always open, its books known.
    fn desk(&self) -> anyhow::Result<Desk> {
        let now = begin()?;
        let sizes = GateSizes { instruments: 1, strategies: 1 };
        // The one price that this desk is told must do for all its orders.
        let config = RiskConfig { reference_age_max_ms: 3_600_000, ..RiskConfig::default() };
        let mut gate = Gate::new(&config, self.rules, self.costs, sizes)
            .map_err(|problems| anyhow!("the default limits: {problems:?}"))?;
        let terms = InstrumentTerms { base_price: PRICE, ..InstrumentTerms::default() };
        gate.set_terms(InstrumentId(0), &terms).map_err(|why| anyhow!("terms: {why}"))?;
        gate.trade(InstrumentId(0), PRICE, now);
        let settings = Settings {
            orders_max: 2 * ORDERS as usize,
            requests_max: 2 * ORDERS as usize,
            numbers_max: 64,
            fills_max: 64,
            instruments_max: 8,
            positions_max: 8,
            rows_max: 8,
            ..Settings::default()
        };
        let symbol = Text::new("000000").context("a code")?;
        let mut desk = Desk::new(Parts {
            machine: Machine::new(settings, &[symbol]),
            gate,
            limiter: Limiter::new(Rates { orders: 60, ..Rates::REAL }),
            sessions: Sessions::new(self.plan.clone(), SessionOptions::default()),
            kill: KillSwitch::new(None),
            kill_options: KillOptions::default(),
            instruments: 1,
            lines: 1,
        });
        let mut actions = Vec::new();
        desk.begin(now, &mut actions);
        desk.feed_up(now, &mut actions);
        while !actions.is_empty() {
            for action in std::mem::take(&mut actions) {
                match action {
                    Action::Journal(entry) => desk.journaled(now, entry.seq, &mut actions),
                    Action::Query { tag, query } => {
                        desk.queried(now, tag, &empty(query), &mut actions);
                    }
                    _ => {}
                }
            }
        }
        Ok(desk)
    }
}

fn empty(query: Query) -> QueryResult {
    let rich = Notional::new(1_000_000_000_000);
    match query {
        Query::Open => QueryResult::Open(Vec::new()),
        Query::Filled => QueryResult::Filled(Vec::new()),
        Query::Positions => QueryResult::Positions(Vec::new()),
        Query::Cash => QueryResult::Cash(Cash {
            deposit: rich,
            orderable: rich,
            orderable_full_margin: rich,
            deposit_d2: rich,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rehearsal_goes_the_whole_way_and_a_desk_is_changed_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut rehearsal = Rehearsal::start(folder.path()).unwrap();
        for turn in 0..1_000_u64 {
            rehearsal.run(UnixNanos::new(1 + turn));
            let desk = &rehearsal.stage;
            assert_eq!(desk.denials(), 0, "order {turn}");
            assert!(desk.is_quiet(), "order {turn}");
            let last = desk.machine().orders().last().unwrap();
            assert!(last.status.is_final(), "order {turn}: {last:?}");
            while rehearsal.orders >= ORDERS && rehearsal.fresh.is_empty() {
                std::thread::yield_now();
            }
        }
        assert_eq!(rehearsal.count(), 1_000);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn it_is_due_once_a_millisecond_and_put_off_by_work() {
        let folder = tempfile::tempdir().unwrap();
        let mut rehearsal = Rehearsal::start(folder.path()).unwrap();
        let at = |nanos: u64| UnixNanos::new(1_000_000_000 + nanos);
        assert!(rehearsal.is_due(at(0)));
        rehearsal.run(at(0));
        assert!(!rehearsal.is_due(at(999_999)) && rehearsal.is_due(at(1_000_000)));
        rehearsal.put_off(at(900_000));
        assert!(!rehearsal.is_due(at(1_000_000)));
    }
}

//! Keeps the way of an order warm.
//!
//! Orders are rare beside market data: some milliseconds after one, caches, branch predictors and page
//! tables have forgotten its way, and the next one takes several times as long as it could. So the gateway
//! walks that way again and again with orders that go nowhere:
//!
//! ```text
//!  a desk of its own (one instrument, rich, always open)  the same code as the real one
//!   ├─ Journal ─▶ a line at the end of a file without a name, in the journal's folder
//!   └─ Call ────▶ an order on a line of this process to itself, request, encryption and all
//! ```
//!
//! **Nothing of it can leave**: what that desk wants is never handed to the order lines, the journal's file or
//! the office. All that it shares with the real one are two empty buffers.
//!
//! # Hot path
//! One rehearsal takes ten to twenty microseconds and happens only when no order is under way; that is what a
//! record or a command waits for it at the most. A stage, desk and file, is used for [`ORDERS`] orders; fresh ones are
//! made, and old ones taken apart, on a helper thread. Where that does not keep up, or something fails, there
//! is no rehearsal.

use super::{Cause, Command, CommandKind};
use crate::broker::limiter::{Limiter, Rates};
use crate::broker::line::NowhereLine;
use crate::desk::{Action, Desk, Parts, QueryResult};
use crate::journal::Journal;
use crate::kill::{KillOptions, KillSwitch};
use crate::market::{
    Account, Date, DayCosts, DayPlan, MarketData, SessionOptions, Sessions, TickRules,
};
use crate::order::{Cash, Machine, Query, Settings};
use crate::risk::{Gate, GateSizes, InstrumentTerms, RiskConfig};
use anyhow::{Context, anyhow};
use crossbeam::channel::{Receiver, Sender, bounded};
use feed::clock::Clock;
use std::fs::File;
use std::path::{Path, PathBuf};
use strategy_api::{
    ClientOrderId, DurationNanos, InstrumentId, Notional, OrderRequest, Price, Quantity, Side,
    Text, UnixNanos, Venue,
};

/// From one rehearsal to the next.
const EVERY: DurationNanos = DurationNanos::from_millis(1);
/// Time goes by so much on the rehearsing desk with each order, so that no rate is reached.
const STEP: DurationNanos = DurationNanos::from_millis(400);
/// Orders of one stage: some seconds, so that the helper is rarely at work, on whatever core it finds.
const ORDERS: u64 = 2_048;
/// What the instrument trades at.
const PRICE: Price = Price::new(10_000);

/// The rehearsing desk with its file and its line, driven by the gateway's thread.
pub struct Rehearsal {
    due: UnixNanos,
    stage: Stage,
    /// Time on the rehearsing desk.
    now: UnixNanos,
    orders: u64,
    line: NowhereLine,
    fresh: Receiver<Stage>,
    used: Sender<Stage>,
    count: u64,
}

/// What is used up.
struct Stage {
    desk: Desk,
    /// Grows as the journal does.
    file: File,
}

impl Rehearsal {
    /// Opens file and line, and starts the helper. `folder`: that of the journal; `tls`: whether the
    /// order lines are encrypted.
    ///
    /// # Errors
    /// When one of them is not to be had.
    pub fn start(folder: &Path, tls: bool) -> anyhow::Result<Self> {
        let (ready, fresh) = bounded(1);
        let (used, old) = bounded::<Stage>(2);
        let maker = Maker::new(folder)?;
        let first = maker.stage()?;
        std::thread::Builder::new().name("rehearsal".into()).spawn(move || {
            // It ends with the gateway, which drops its ends.
            while let Ok(stage) = maker.stage() {
                if ready.send(stage).is_err() {
                    return;
                }
                while let Ok(stage) = old.try_recv() {
                    drop(stage);
                }
            }
        })?;
        Ok(Self {
            due: UnixNanos::UNSET,
            stage: first,
            now: begin()?,
            orders: 0,
            line: NowhereLine::open(tls, &mut Clock::new())?,
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

    /// One order from the command to the wire, and its end. `actions`, which is empty, and the journal's
    /// buffer are those of real orders; both come back as they were.
    pub fn run(&mut self, clock: &mut Clock, journal: &mut Journal, actions: &mut Vec<Action>) {
        self.put_off(clock.now());
        if self.orders >= ORDERS {
            self.change_stages();
        }
        if self.orders >= ORDERS {
            return;
        }
        let Stage { desk, file } = &mut self.stage;
        self.orders += 1;
        self.now = self.now + STEP;
        desk.command(self.now, &command(self.orders, self.now), actions);
        let mut sequence = 0;
        for action in actions.drain(..) {
            if let Action::Journal(entry) = action {
                sequence = entry.seq;
                journal.rehearse(&entry, file);
            }
        }
        desk.journaled(self.now, sequence, actions);
        let call = actions.iter().find_map(|action| match action {
            Action::Call(call) => Some(*call),
            _ => None,
        });
        actions.clear();
        let Some(call) = call else { return };
        self.count += u64::from(self.line.send(&call.call, clock));
        desk.written(self.now, call.tag, actions);
        desk.not_sent(self.now, call.tag, "a rehearsal", actions);
        actions.clear();
    }

    #[cold]
    fn change_stages(&mut self) {
        // None is ready yet: no rehearsal until there is.
        let (Ok(stage), Ok(begin)) = (self.fresh.try_recv(), begin()) else { return };
        // Where the helper is behind it is taken apart here.
        let _ = self.used.try_send(std::mem::replace(&mut self.stage, stage));
        (self.orders, self.now) = (0, begin);
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

/// Makes stages, from what is read once.
struct Maker {
    folder: PathBuf,
    rules: TickRules,
    costs: DayCosts,
    plan: DayPlan,
}

impl Maker {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        let (market, date) = (MarketData::embedded(), date()?);
        Ok(Self {
            folder: folder.to_owned(),
            rules: market.ticks().on(date)?,
            costs: market.costs().on(date, Account::Mock)?,
            plan: DayPlan::always_open(date),
        })
    }

    fn stage(&self) -> anyhow::Result<Stage> {
        let file = file_without_a_name(&self.folder).context("a file for rehearsals")?;
        Ok(Stage { desk: self.desk()?, file })
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
            // Nothing is ever accepted there.
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
    use crate::journal::Options;

    fn journal(folder: &Path) -> Journal {
        let path = folder.join("journal");
        Journal::over(File::create(&path).unwrap(), path, Options::default()).unwrap()
    }

    #[test]
    fn every_rehearsal_goes_the_whole_way_and_a_stage_is_changed_in_time() {
        for tls in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let mut rehearsal = Rehearsal::start(folder.path(), tls).unwrap();
            let (mut clock, mut actions) = (Clock::new(), Vec::new());
            let mut journal = journal(folder.path());
            let orders = 2 * ORDERS + 100;
            for turn in 0..orders {
                let before = rehearsal.line.thrown_away();
                rehearsal.run(&mut clock, &mut journal, &mut actions);
                assert!(actions.is_empty());
                let desk = &rehearsal.stage.desk;
                assert_eq!(desk.denials(), 0, "order {turn}");
                assert!(desk.is_quiet(), "order {turn}");
                let last = desk.machine().orders().last().unwrap();
                assert!(last.status.is_final(), "order {turn}: {last:?}");
                assert!(rehearsal.line.thrown_away() > before + 300, "order {turn}: on the wire");
                while rehearsal.orders >= ORDERS && rehearsal.fresh.is_empty() {
                    std::thread::yield_now();
                }
            }
            assert_eq!(rehearsal.count(), orders);
            assert!(rehearsal.stage.file.metadata().unwrap().len() > 1_000, "lines were written");
            journal.finish().unwrap();
            assert_eq!(std::fs::metadata(journal.path()).unwrap().len(), 0, "not in the journal");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no other file");
        }
    }

    #[test]
    fn it_is_due_once_a_millisecond_and_put_off_by_work() {
        let folder = tempfile::tempdir().unwrap();
        let mut rehearsal = Rehearsal::start(folder.path(), false).unwrap();
        let mut clock = Clock::new();
        let before = clock.now();
        assert!(rehearsal.is_due(before));
        rehearsal.run(&mut clock, &mut journal(folder.path()), &mut Vec::new());
        assert!(!rehearsal.is_due(before + DurationNanos::new(EVERY.raw() - 1)));
        let at = clock.now() + EVERY;
        assert!(rehearsal.is_due(at));
        rehearsal.put_off(at);
        assert!(!rehearsal.is_due(at + DurationNanos::new(EVERY.raw() - 1)));
        assert!(rehearsal.is_due(at + EVERY));
    }
}

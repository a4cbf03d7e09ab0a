//! What a run that trades needs besides: the books of earlier runs, the desk, lines, journal, office.

use super::assemble::Wires;
use super::broker::Broker;
use crate::broker::client::ClientOptions;
use crate::broker::limiter::Limiter;
use crate::broker::line::{LineOptions, LinePool};
use crate::config::{Calendar, Config, Dispatch, Mode, Poll};
use crate::desk::{Desk, Parts};
use crate::gateway::{
    Backend, Control, Live, OrderHops, Rehearsal, Trading, TradingEnd, TradingParts,
};
use crate::journal::{self, Head, Journal, Recovered, carried_over, recover};
use crate::kill::{KillSwitch, LatchFile};
use crate::market::{Date, DayPlan, Listing, MarketData, SessionOptions, Sessions};
use crate::office::{self, Done, Office, OfficeEnd, OfficeParts, Tokens};
use crate::order::{Carry, Output, Settings};
use crate::risk::{Gate, GateSizes, InstrumentTerms, RiskProblem};
use crate::strategy::InstrumentList;
use anyhow::{Context, anyhow, bail};
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use feed::clock::Clock;
use feed::instruments::Instruments;
use feed::ring::Waker;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use strategy_api::{DurationNanos, InstrumentId, UnixNanos};

/// How long the instruments may take to be known before the run goes on without the missing ones.
const TERMS_WAIT: Duration = Duration::from_secs(20);
/// How long one query may take, all its pages together: the kill switch's list waits behind it.
const QUERY_MAX: Duration = Duration::from_secs(12);
/// How long the first line may take.
const LINES_WAIT: Duration = Duration::from_secs(10);
/// Things for the log that can wait for the main thread.
const TOLD_MAX: usize = 4_096;
/// Orders whose split can be timed at once: the 접수 frame of each looks through them.
const HOPS_MAX: usize = 128;

/// The day and what counts on it.
pub(super) struct Day {
    /// Rules, rates, calendar.
    pub(super) market: MarketData,
    /// The date in Korea.
    pub(super) date: Date,
    /// When what is open.
    pub(super) plan: DayPlan,
}

impl Day {
    /// Of a run that begins now.
    pub(super) fn of(config: &Config, now: UnixNanos) -> anyhow::Result<Self> {
        let market = match &config.session.market_data {
            None => MarketData::embedded(),
            Some(folder) => MarketData::from_directory(folder)?,
        };
        let date = Date::of(now);
        let plan = match config.session.calendar {
            Calendar::Always => DayPlan::always_open(date),
            Calendar::Krx => market.day(date)?,
        };
        Ok(Self { market, date, plan })
    }
}

/// The office at work, and what it has found out about the instruments.
pub(super) struct Cold {
    office: Office,
    end: OfficeEnd,
    terms: Vec<Option<InstrumentTerms>>,
}

impl Cold {
    /// Starts the office and waits until the instruments are known.
    pub(super) fn start(
        config: &Config,
        broker: &Broker,
        tokens: Arc<Tokens>,
        instruments: &InstrumentList,
        waker: Waker,
        note: impl Fn(&str),
    ) -> anyhow::Result<Self> {
        let mut client = ClientOptions::new(broker.rest_url(), config.rates());
        client.query_timeout = QUERY_MAX;
        client.ca_pem = broker.ca_pem().map(str::to_owned);
        let all = instruments.all();
        let (office, end) = office::start(OfficeParts {
            client,
            tokens,
            latch: LatchFile::new(&config.kill.latch),
            instruments: all.iter().map(|known| (known.id, known.symbol)).collect(),
            waker,
        })
        .context("cannot start the office thread")?;
        let mut cold = Self { office, end, terms: vec![None; all.len()] };
        cold.wait_for_terms(instruments, note);
        Ok(cold)
    }

    fn wait_for_terms(&mut self, instruments: &InstrumentList, note: impl Fn(&str)) {
        let begun = Instant::now();
        let mut heard = vec![false; self.terms.len()];
        while heard.iter().any(|heard| !heard) && begun.elapsed() < TERMS_WAIT {
            let Some(done) = self.end.take() else {
                if self.end.is_gone() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            match done {
                Done::Terms { instrument, terms, .. } => {
                    if let Some(place) = self.terms.get_mut(instrument.index()) {
                        *place = Some(terms);
                        heard[instrument.index()] = true;
                    }
                }
                Done::TermsFailed { instrument, text } => {
                    tracing::warn!("instrument {instrument:?}: {text}");
                    if let Some(heard) = heard.get_mut(instrument.index()) {
                        *heard = true;
                    }
                }
                other => tracing::debug!("before the start: {other:?}"),
            }
        }
        let unknown: Vec<_> = instruments
            .all()
            .iter()
            .filter(|known| self.terms[known.id.index()].is_none())
            .map(|known| known.symbol.as_str().to_owned())
            .collect();
        if !unknown.is_empty() {
            let (shown, more) = (unknown.len().min(10), unknown.len().saturating_sub(10));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            note(&format!(
                "no base price is known of {}{more}: orders for these are denied",
                unknown[..shown].join(", ")
            ));
        }
    }
}

/// What earlier runs of the day left.
pub(super) struct Books {
    recovered: Recovered,
    carry: Vec<Carry>,
    folder: PathBuf,
}

impl Books {
    /// Reads the journals of the day, before anything is sent. The embedded broker forgets everything
    /// with its process, so in sim mode each run has its own.
    pub(super) fn open(
        config: &Config,
        day: &Day,
        cold: &Cold,
        instruments: &InstrumentList,
        run: &Path,
        now: UnixNanos,
    ) -> anyhow::Result<Self> {
        let folder = match config.mode {
            Mode::Sim => run.join("orders"),
            _ => config.orders.journal.clone(),
        };
        let strategies = config.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let codes = instruments.all().iter().map(|known| known.symbol.as_str().to_owned());
        let costs = day.market.costs().on(day.date, config.orders.account)?;
        let listing = |terms: &Option<InstrumentTerms>| terms.map_or(Listing::Kospi, |t| t.listing);
        let settings = Settings {
            // The line tells first.
            reply_timeout: nanos(config.orders.reply_timeout + Duration::from_millis(500)),
            costs: cold.terms.iter().map(|terms| costs.for_orders(listing(terms))).collect(),
            ..Settings::default()
        };
        let head = Head::new(now, strategies, codes.collect(), settings);
        let cannot = || format!("the order journals in {}", folder.display());
        let recovered = recover(&folder, &head).with_context(cannot)?;
        for (path, torn) in &recovered.torn {
            tracing::warn!("{}: the torn end was cut off: {torn:?}", path.display());
        }
        let carry = if recovered.machine.sequence() == 0 {
            carried_over(&folder, &head).with_context(cannot)?
        } else {
            Vec::new()
        };
        Ok(Self { recovered, carry, folder })
    }

    /// Number after which a strategy's new orders are counted.
    pub(super) fn last_order(&self, strategy: u16) -> u64 {
        let last = self.recovered.machine.last_order_id(strategy);
        last.map_or(0, |id| id.0 & ((1 << 40) - 1))
    }

    /// In words, when there is anything.
    pub(super) fn describe(&self) -> Option<String> {
        let machine = &self.recovered.machine;
        if self.recovered.inputs == 0 && self.carry.is_empty() {
            return None;
        }
        let open = machine.orders().iter().filter(|order| !order.status.is_final()).count();
        Some(format!(
            "earlier runs of the day: {} orders, {open} still open; {} positions carried over",
            machine.orders().len(),
            self.carry.len()
        ))
    }
}

/// The main thread's end of trading.
pub(super) struct Trade {
    pub(super) live: Arc<Live>,
    pub(super) controls: Sender<Control>,
    pub(super) told: rtrb::Consumer<Output>,
    pub(super) end: Receiver<TradingEnd>,
    pub(super) office: Office,
    pub(super) plan: DayPlan,
    pub(super) journal: PathBuf,
}

/// Puts the desk together and opens lines and journal.
#[expect(clippy::too_many_arguments, reason = "they are the parts of a run, named once")]
pub(super) fn start(
    config: &Config,
    day: &Day,
    broker: &Broker,
    tokens: &Tokens,
    instruments: &Instruments,
    cold: Cold,
    books: Books,
    wires: Wires<'_>,
) -> anyhow::Result<(Backend, Trade)> {
    let Cold { office, end, terms } = cold;
    let Books { recovered, carry, folder } = books;
    let sizes = GateSizes { instruments: terms.len(), strategies: config.strategies.len() };
    let rules = day.market.ticks().on(day.date)?;
    let costs = day.market.costs().on(day.date, config.orders.account)?;
    let mut gate = Gate::new(&config.risk, rules, costs, sizes)
        .map_err(|problems| anyhow!("[risk]: {}", words(&problems)))?;
    for (number, strategy) in config.strategies.iter().enumerate() {
        if let Some(limits) = &strategy.risk {
            gate.set_strategy_limits(number as u16, *limits).map_err(|problems| {
                anyhow!("[strategy.risk] of {}: {}", strategy.name, words(&problems))
            })?;
        }
    }
    for (index, terms) in terms.iter().enumerate() {
        let Some(terms) = terms else { continue };
        let id = InstrumentId(index as u16);
        if let Err(why) = gate.set_terms(id, terms) {
            tracing::error!("terms of instrument {index} were refused: {why}: {terms:?}");
        }
    }
    for code in &config.risk.restricted {
        let id = instruments.lookup(code.as_bytes()).0;
        if id != InstrumentId::NONE {
            gate.set_restricted(id, true);
        }
    }
    let mut lines = LineOptions::new(broker.rest_url());
    lines.roots = broker.roots();
    lines.lines = config.orders.lines;
    lines.reply_timeout = config.orders.reply_timeout;
    let token = tokens.fresh().context("no token for the order lines")?;
    let mut lines = LinePool::new(lines, &token).context("the order lines")?;
    let mut clock = Clock::new();
    if lines.wait_ready(1, &mut clock, LINES_WAIT) == 0 {
        let health = lines.health();
        let why = health.last_failure.map_or("nobody answers".into(), |(_, why)| why.to_string());
        bail!("no order line to {} stands: {why}", broker.rest_url());
    }
    let options = journal::Options { sync: config.orders.sync, ..journal::Options::default() };
    let journal = Journal::create(&folder, &recovered.head, options)
        .with_context(|| format!("the order journal in {}", folder.display()))?;
    let path = journal.path().to_owned();
    let desk = Desk::new(Parts {
        machine: recovered.machine,
        gate,
        limiter: Limiter::new(config.rates()),
        sessions: Sessions::new(day.plan.clone(), SessionOptions::default()),
        kill: KillSwitch::new(None),
        kill_options: config.kill_options(),
        instruments: terms.len() as u16,
        lines: config.orders.lines,
    });
    let spins = match config.feed.dispatch {
        Dispatch::Inline => config.feed.poll == Poll::Spin,
        Dispatch::Threads => config.gateway.wait == Poll::Spin,
    };
    // A thread that sleeps saves power; one that spins has the time.
    let tls = broker.rest_url().starts_with("https:");
    let rehearsal = spins.then(|| Rehearsal::start(&folder, tls)).and_then(|started| {
        // Orders are slower without it, and as right.
        let failed = |error| tracing::warn!("the way of orders is not kept warm: {error:#}");
        started.map_err(failed).ok()
    });
    let live = Arc::new(Live::new());
    let (controls, wanted) = unbounded();
    let (told, told_out) = rtrb::RingBuffer::new(TOLD_MAX);
    let (summary, end_out) = bounded(1);
    let trading = Trading::new(TradingParts {
        desk,
        journal,
        lines,
        office: end,
        market: wires.subscribers.reader_from_start(),
        instruments: instruments.clone(),
        carry,
        strategies: config.strategies.iter().map(|strategy| strategy.name.clone()).collect(),
        controls: wanted,
        live: live.clone(),
        told,
        summary,
        cancel_on_silence: config
            .orders
            .cancel_on_silence
            .then(|| nanos(config.feed.silence_timeout)),
        hops: OrderHops::new(HOPS_MAX),
        rehearsal,
    });
    let trade = Trade {
        live,
        controls,
        told: told_out,
        end: end_out,
        office,
        plan: day.plan.clone(),
        journal: path,
    };
    Ok((Backend::Trading(Box::new(trading)), trade))
}

fn nanos(time: Duration) -> DurationNanos {
    DurationNanos::new(time.as_nanos() as u64)
}

fn words(problems: &[RiskProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

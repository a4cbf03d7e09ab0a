//! `engine run`: puts everything together, watches over it, and says at the end what happened.

pub mod assemble;
mod broker;
mod files;
pub mod hops;
mod latch;
mod logs;
mod opening;
mod orders;
mod process;
pub mod summary;
mod trade;
pub mod view;
mod watch;

use crate::cli::{RunArgs, exit};
use crate::config::{self, Config, ConfigError, Mode, Poll, Problem};
use crate::credentials;
use crate::gateway::Backend;
use crate::journal::Lock;
use crate::kill::LatchFile;
use crate::office::{FeedTokens, Tokens};
use crate::plugin::Plugin;
use anyhow::Context;
use assemble::{Machinery, MakeBackend, Wires, start_machinery};
use broker::Broker;
use feed::clock::Clock;
use feed::connection::{ConnectionOptions, Connector, PollMode};
use feed::handler::{
    FeedHandle, FeedHandler, HandlerOptions, InlineReader, TokenSource, quarantine,
};
use feed::scan::{Scanner, ScannerOptions};
use feed::session::{
    BackoffOptions, PingPolicy, SessionOptions, SubscriptionLimits, Subscriptions, TakeoverPolicy,
};
use files::RunFiles;
use orders::Orders;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use strategy_api::UnixNanos;
use summary::Summary;
use trade::{Books, Cold, Day, Trade};
use view::View;
use watch::Watch;

/// Refused frames that can wait for the disk.
const QUARANTINE_WAITING_MAX: usize = 256;

/// Runs a configuration to its end and returns the exit code.
pub fn run(args: &RunArgs) -> anyhow::Result<u8> {
    let config = config::load(&args.config)?;
    let latch = LatchFile::new(&config.kill.latch);
    if let Some(record) = latch::pulled(&latch) {
        latch::refuse(&latch, &record, &args.config, args.json);
        return Ok(exit::STOPPED);
    }
    confirm_live(&config, args)?;
    let keys = credentials::load(&config.broker.credentials)?;
    let view = View::new(args.json);
    let stop = stop_flag()?;
    let kill = kill_flag()?;
    view.note(&opening(&config, &args.config));
    let plugins = assemble::load_plugins(&config, |line| view.note(line))?;
    // Before the first token: a second engine must not disturb the first one's session either.
    let _lock = match config.mode {
        Mode::Mock | Mode::Live => Some(Lock::take(&config.orders.journal)?),
        Mode::Sim | Mode::DryRun => None,
    };
    let day = Day::of(&config, unix_now())?;
    if args.duration.is_none()
        && let Some(why) = opening::wait(&config, &day, &stop, &latch, |line| view.note(line))
    {
        return Ok(why.exit_code());
    }
    let started = SystemTime::now();
    let names = config.strategies.iter().map(|strategy| strategy.name.clone()).collect();
    let files = RunFiles::create(
        &config.telemetry.directory,
        started,
        names,
        config.feed.quarantine_frames,
        config.mode == Mode::DryRun,
    )?;
    let _log = logs::start(&files.directory, &config.telemetry.log_level)?;
    let broker = Broker::start(&config, keys)?;
    let wishes = assemble::wishes(&config, broker.items(), broker.names())?;
    let tokens = broker.tokens();
    if config.mode != Mode::DryRun {
        opening::log_in(&config, &tokens, args.duration, &stop, &latch, |line| view.note(line))?;
    }
    let start =
        Start { config: &config, day: &day, broker: &broker, tokens: &tokens, wishes: &wishes };
    let (mut machinery, orders) =
        start.machinery(&plugins, &files.directory, &args.config, &view)?;
    let (sink, refused) = quarantine(QUARANTINE_WAITING_MAX);
    let clock = Clock::new();
    let outlets = machinery.take_outlets(sink)?;
    let inline = machinery.take_inline();
    let source = Box::new(FeedTokens::new(tokens.clone()));
    let feed = start_feed(&config, &broker, &wishes, outlets, clock, inline, source)?;
    let instruments = wishes.list.clone();
    let parts = (config, view, files, broker, machinery, feed, refused, instruments, orders);
    let (summary, fatal) = Watch::new(parts).run(args.duration, &stop, &kill);
    report(&summary, args.json)?;
    if let Some(record) = latch::pulled(&latch) {
        latch::remind(&latch, &record, &args.config);
        return Ok(exit::STOPPED);
    }
    // A latch that could not be written stopped this run all the same; the problems say so.
    if summary.trading.as_ref().is_some_and(|trading| trading.kill.state != "armed") {
        return Ok(exit::STOPPED);
    }
    Ok(if fatal || !summary.problems.is_empty() { exit::FAILED } else { exit::FINE })
}

/// What is there when the machinery is put together.
struct Start<'a> {
    config: &'a Config,
    day: &'a Day,
    broker: &'a Broker,
    tokens: &'a Arc<Tokens>,
    wishes: &'a assemble::Wishes,
}

impl Start<'_> {
    fn machinery(
        &self,
        plugins: &[Plugin],
        run: &Path,
        path: &Path,
        view: &View,
    ) -> anyhow::Result<(Machinery, Orders)> {
        let Self { config, wishes, .. } = *self;
        let (waker, sleeper) = feed::ring::bell();
        let seed = config.sim.seed;
        if config.mode == Mode::DryRun {
            let (backend, intents) = assemble::DryRun::new();
            let bell = (waker, sleeper);
            let machinery = start_machinery(config, plugins, wishes, seed, bell, backend)?;
            return Ok((machinery, Orders::DryRun(intents)));
        }
        let note = |line: &str| view.note(line);
        let list = &wishes.list;
        let tokens = self.tokens.clone();
        let cold = Cold::start(config, self.broker, tokens, list, waker.clone(), note)?;
        let books = Books::open(config, self.day, &cold, list, run, unix_now())?;
        if let Some(text) = books.describe() {
            view.note(&text);
        }
        let mut trade = None;
        let maker = TradeMaker { start: self, cold, books, trade: &mut trade };
        let bell = (waker, sleeper);
        let machinery = start_machinery(config, plugins, wishes, seed, bell, maker)?;
        let trade = trade.context("trading was not put together")?;
        Ok((machinery, Orders::trading(trade, config, path)))
    }
}

/// Puts trading together once the rings are there.
struct TradeMaker<'a> {
    start: &'a Start<'a>,
    cold: Cold,
    books: Books,
    trade: &'a mut Option<Trade>,
}

impl MakeBackend for TradeMaker<'_> {
    fn make(self, wires: Wires<'_>) -> anyhow::Result<Backend> {
        let Self { start, cold, books, trade } = self;
        let Start { config, day, broker, tokens, wishes } = *start;
        let instruments = &wishes.instruments;
        let (backend, made) =
            trade::start(config, day, broker, tokens, instruments, cold, books, wires)?;
        *trade = Some(made);
        Ok(backend)
    }

    fn last_order(&self, strategy: u16) -> u64 {
        self.books.last_order(strategy)
    }
}

/// Now, by the system's clock.
fn unix_now() -> UnixNanos {
    UnixNanos::new(nanos_now())
}

fn confirm_live(config: &Config, args: &RunArgs) -> Result<(), ConfigError> {
    if config.mode != Mode::Live || args.live {
        return Ok(());
    }
    let message = "\"live\" means real money; say so with --live on the command line as well";
    let problem = Problem { line: 0, column: 0, key: "mode".into(), message: message.to_owned() };
    Err(ConfigError::Invalid { path: args.config.clone(), problems: vec![problem] })
}

fn opening(config: &Config, path: &Path) -> String {
    let broker = match config.mode {
        Mode::Sim => "the embedded simulated broker".to_owned(),
        _ => config.broker.websocket_url.clone(),
    };
    let names: Vec<_> = config.strategies.iter().map(|s| s.name.as_str()).collect();
    let mut text = format!(
        "{} ({}): {broker}; strategies: {}",
        path.display(),
        config.mode.name(),
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    );
    match config.mode {
        Mode::DryRun => text.push_str("\nno order leaves this process: orders end at the gate"),
        Mode::Live => text.push_str("\nreal money: orders go to the broker"),
        Mode::Sim | Mode::Mock => {}
    }
    text
}

/// A flag that ctrl-C and SIGTERM set. The second ctrl-C ends the process at once.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let cannot = "cannot listen for signals";
        let code = i32::from(exit::FAILED);
        signal_hook::flag::register_conditional_shutdown(signal, code, stop.clone())
            .context(cannot)?;
        signal_hook::flag::register(signal, stop.clone()).context(cannot)?;
    }
    Ok(stop)
}

/// A flag that SIGUSR1 sets: it pulls the kill switch.
fn kill_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let kill = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, kill.clone())
        .context("cannot listen for signals")?;
    Ok(kill)
}

fn start_feed(
    config: &Config,
    broker: &Broker,
    wishes: &assemble::Wishes,
    outlets: feed::handler::Outlets,
    clock: Clock,
    inline: Option<Box<dyn InlineReader>>,
    token_source: Box<dyn TokenSource>,
) -> anyhow::Result<FeedHandle> {
    let endpoint = broker.websocket_url().parse()?;
    let mut connection = ConnectionOptions::new(endpoint);
    connection.user_agent = crate::token::USER_AGENT.to_owned();
    connection.roots = broker.roots();
    let limits = SubscriptionLimits {
        items_per_connection_max: config.feed.items_max,
        ..SubscriptionLimits::default()
    };
    let mut subscriptions = Subscriptions::new(limits);
    subscriptions.add(&wishes.wishes)?;
    let mut scanner = ScannerOptions::new(wishes.instruments.clone());
    scanner.extras = wishes.extras.clone();
    let options = HandlerOptions {
        connection: 0,
        core: config.feed.core,
        poll: match config.feed.poll {
            Poll::Spin => PollMode::Spin,
            Poll::Block => PollMode::Block,
            Poll::Auto => PollMode::Auto { spin: assemble::SPIN },
        },
        connector: Connector::new(&connection)?,
        session: session_options(config),
        subscriptions,
        scanner: Scanner::new(scanner)?,
        outlets,
        token_source,
        clock,
        inline,
    };
    FeedHandler::spawn(options).context("cannot start the feed thread")
}

fn session_options(config: &Config) -> SessionOptions {
    let feed = &config.feed;
    SessionOptions {
        ping: if feed.ping_echo { PingPolicy::Echo } else { PingPolicy::Ignore },
        on_takeover: if feed.reconnect_on_takeover {
            TakeoverPolicy::Reconnect
        } else {
            TakeoverPolicy::Stop
        },
        connect_timeout: feed.connect_timeout,
        login_timeout: feed.login_timeout,
        reg_timeout: feed.register_timeout,
        stale_after: feed.silence_timeout / 2,
        silence_max: feed.silence_timeout,
        backoff: BackoffOptions {
            initial: feed.reconnect_min,
            max: feed.reconnect_max,
            // Two engines that lost the same line must not come back in step.
            seed: u64::from(std::process::id()) ^ nanos_now(),
        },
        attempts_max_before_login: Some(feed.login_attempts_max).filter(|max| *max > 0),
        ..SessionOptions::default()
    }
}

fn nanos_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO).as_nanos() as u64
}

fn report(summary: &Summary, json: bool) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(summary)?;
    let path = Path::new(&summary.directory).join("summary.json");
    std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    if json {
        println!("{text}");
    } else {
        println!("{}", summary.render());
    }
    // Standard output may go to a program; whoever starts the engine sees this.
    if let Some((first, others)) = summary.problems.split_first() {
        let more = match others.len() {
            0 => String::new(),
            count => format!(" (and {count} more, see the summary)"),
        };
        eprintln!("error: {first}{more}");
    }
    Ok(())
}

/// Whether a flag is set.
fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Acquire)
}

//! This engine as `engine run` puts it together: feed thread, market ring, strategy with a plugin behind
//! the C ABI, command ring, gateway; and a main thread that takes away what they leave, every 20 ms.
//! Strategy and gateway take turns on the feed thread, or have threads of their own.
//!
//! What is missing against `engine run`: the files on the disk, the progress on the screen, and the token
//! over REST (a fixed one takes its place).

use super::{Extra, Hop, Job};
use crate::rig::ORDER_EVERY;
use crate::rig::frames::{self, NUMBER_BASE};
use anyhow::{Context, bail};
use crossbeam::channel::RecvTimeoutError;
use engine::config::{self, Config};
use engine::run::assemble::{self, Machinery, Names, Wishes};
use feed::clock::Clock;
use feed::connection::{ConnectionOptions, Connector, PollMode, TrustedRoots};
use feed::handler::{
    FeedHandle, FeedHandler, FeedNotice, HandlerOptions, HopHistograms, TokenSource, hop_histogram,
    quarantine,
};
use feed::scan::{Scanner, ScannerOptions};
use feed::session::{FeedEvent, SessionOptions, SubscriptionLimits, Subscriptions, TokenFailure};
use hdrhistogram::Histogram;
use secrecy::SecretString;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often the main thread looks around, as that of `engine run`.
const TURN: Duration = Duration::from_millis(20);
/// How often it collects histograms, as that of `engine run`.
const COLLECT: Duration = Duration::from_secs(1);

/// Runs it to the sender's end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job, dispatch: &str) -> anyhow::Result<Extra> {
    // Threads inherit the core, those that have no own in the configuration.
    job.pin()?;
    let config = configuration(job, dispatch)?;
    let plugins = assemble::load_plugins(&config, |_| ())?;
    let wishes = assemble::wishes(&config, &[], &Names::new())?;
    let mut machinery = assemble::start_machinery(&config, &plugins, &wishes, 1)?;
    let (sink, _refused) = quarantine(1);
    let outlets = machinery.take_outlets(sink)?;
    let feed = FeedHandler::spawn(HandlerOptions {
        connection: 0,
        core: config.feed.core,
        poll: poll_mode(&job.poll)?,
        connector: connector(job)?,
        session: SessionOptions::default(),
        subscriptions: subscriptions(&wishes)?,
        scanner: Scanner::new(ScannerOptions::new(wishes.instruments.clone()))?,
        outlets,
        token_source: token_source(),
        clock: Clock::new(),
        inline: machinery.take_inline(),
    })?;
    let mut hops = Hops::new();
    watch(&feed, &mut machinery, &mut hops)?;
    end(feed, machinery, &mut hops)?;
    Ok(hops.into_extra())
}

fn configuration(job: &Job, dispatch: &str) -> anyhow::Result<Config> {
    let strategy_core = job.more_cores.first().copied();
    let gateway_core = job.more_cores.get(1).copied().or(strategy_core);
    // A thread that spins needs a core of its own.
    let wait = |core: Option<usize>| if core.is_some() { "spin" } else { "block" };
    let gateway_wait = if job.more_cores.len() > 1 { "spin" } else { "block" };
    let text = format!(
        r#"
        mode = "sim"
        [feed]
        dispatch = "{dispatch}"
        poll = {poll:?}
        core = {core}
        market_ring_slots = 65536
        [gateway]
        core = {gateway_core}
        wait = "{gateway_wait}"
        [[strategy]]
        name = "probe"
        plugin = {plugin:?}
        core = {strategy_core}
        wait = "{wait}"
        types = ["0B"]
        symbols = {symbols:?}
        params = {{ base = {NUMBER_BASE}, every = {ORDER_EVERY}, frames = {frames}, marks = {marks:?} }}
        "#,
        poll = job.poll,
        core = job.core,
        gateway_core = gateway_core.unwrap_or(job.core),
        strategy_core = strategy_core.unwrap_or(job.core),
        wait = wait(strategy_core),
        plugin = job.plugin,
        symbols = frames::items(),
        frames = job.frames,
        marks = job.marks,
    );
    config::parse(&text, Path::new(".")).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
        anyhow::anyhow!("the engine refuses the rig's configuration: {}", lines.join("; "))
    })
}

/// The mode of this name.
///
/// # Errors
/// When there is none.
pub fn poll_mode(name: &str) -> anyhow::Result<PollMode> {
    Ok(match name {
        "spin" => PollMode::Spin,
        "auto" => PollMode::Auto { spin: assemble::SPIN },
        "block" => PollMode::Block,
        other => bail!("\"{other}\" is no way to wait for bytes: spin, auto, block"),
    })
}

/// Where the sender is, and trust in it alone.
///
/// # Errors
/// When its certificate cannot be read.
pub fn connector(job: &Job) -> anyhow::Result<Connector> {
    let mut options = ConnectionOptions::new(job.url().parse()?);
    options.roots = TrustedRoots::only(job.certificate_pem()?);
    Ok(Connector::new(&options)?)
}

fn subscriptions(wishes: &Wishes) -> anyhow::Result<Subscriptions> {
    let mut subscriptions = Subscriptions::new(SubscriptionLimits::default());
    subscriptions.add(&wishes.wishes)?;
    Ok(subscriptions)
}

fn token_source() -> Box<dyn TokenSource> {
    Box::new(|_| Ok::<_, TokenFailure>(SecretString::from("rig")))
}

/// Until the sender is through.
fn watch(feed: &FeedHandle, machinery: &mut Machinery, hops: &mut Hops) -> anyhow::Result<()> {
    let mut collected = Instant::now();
    loop {
        match feed.notices().recv_timeout(TURN) {
            Ok(FeedNotice::Event { event: FeedEvent::Disconnected { .. }, .. }) => return Ok(()),
            Ok(FeedNotice::Event { event: FeedEvent::Ended { why }, .. }) => {
                bail!("the feed has given up: {why}")
            }
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("the feed thread has ended"),
        }
        tidy(machinery);
        if collected.elapsed() < COLLECT {
            continue;
        }
        collected = Instant::now();
        feed.collect_hops(|piece| hops.add_feed(piece));
        hops.add_machinery(machinery);
        for strategy in &machinery.strategies {
            strategy.collector.ask();
        }
        machinery.gateway_collector.ask();
    }
}

fn tidy(machinery: &mut Machinery) {
    while machinery.intents.pop().is_ok() {}
    while machinery.log.pop().is_some() {}
}

/// The orderly end: feed, then strategies (which write their marks), then gateway.
fn end(feed: FeedHandle, mut machinery: Machinery, hops: &mut Hops) -> anyhow::Result<()> {
    feed.control().shut_down();
    feed.collect_hops(|piece| hops.add_feed(piece));
    let outcome = feed.join()?;
    hops.add_feed(&outcome.hops);
    let mut stopped = None;
    for strategy in std::mem::take(&mut machinery.strategies) {
        let mut strategy = strategy;
        let ended = strategy.running.join().context("the strategy's thread panicked")?;
        strategy.collector.collect(|hop, piece| hops.add(hop, piece));
        stopped = stopped.or(ended.stopped);
    }
    // Release: what was pushed before is seen by the gateway's last turn.
    machinery.gateway_stop.store(true, Ordering::Release);
    machinery.gateway_waker.wake();
    if let Some(thread) = machinery.gateway.take() {
        thread.join().ok().context("the gateway's thread panicked")?;
    }
    machinery.gateway_collector.collect(|hop, piece| hops.add(hop, piece));
    if let Some(why) = stopped {
        bail!("the strategy stopped: {why}");
    }
    let counts = outcome.counts;
    if counts.refused_frames + counts.refused_entries > 0 {
        bail!(
            "the engine refused {} frames and {} entries",
            counts.refused_frames,
            counts.refused_entries
        );
    }
    Ok(())
}

/// The engine's own histograms, added up.
#[derive(Default)]
pub struct Hops {
    hops: Vec<(String, Histogram<u64>)>,
}

impl Hops {
    fn new() -> Self {
        Self::default()
    }

    /// Adds what the feed recorded.
    pub fn add_feed(&mut self, piece: &HopHistograms) {
        self.add(engine::run::hops::KERNEL_TO_READ, &piece.kernel_to_read);
        self.add(engine::run::hops::READ_TO_PUBLISHED, &piece.read_to_published);
    }

    fn add_machinery(&mut self, machinery: &mut Machinery) {
        for strategy in &mut machinery.strategies {
            strategy.collector.collect(|hop, piece| self.add(hop, piece));
        }
        machinery.gateway_collector.collect(|hop, piece| self.add(hop, piece));
    }

    /// Adds a piece of a hop.
    pub fn add(&mut self, name: &str, piece: &Histogram<u64>) {
        let at = match self.hops.iter().position(|(hop, _)| hop == name) {
            Some(at) => at,
            None => {
                self.hops.push((name.to_owned(), hop_histogram()));
                self.hops.len() - 1
            }
        };
        // All hops have the same bounds, so adding cannot fail.
        let _ = self.hops[at].1.add(piece);
    }

    /// As the client hands them over.
    pub fn into_extra(self) -> Extra {
        let hop = |(name, histogram): (String, Histogram<u64>)| Hop {
            name,
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
        };
        Extra { hops: self.hops.into_iter().filter(|(_, h)| !h.is_empty()).map(hop).collect() }
    }
}

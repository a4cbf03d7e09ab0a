//! Watches over a run from the main thread: shows it, writes its files, ends it in order.

use super::assemble::{Machinery, RunningStrategy};
use super::broker::Broker;
use super::files::RunFiles;
use super::orders::Orders;
use super::summary::{BrokerSummary, FeedSummary, OrderSummary, StrategySummary, Summary};
use super::view::{Snapshot, StrategyLine, View};
use super::{hops, is_set, latch, process};
use crate::config::{Config, type_code};
use crate::gateway::GATEWAY_HOPS;
use crate::kill::LatchFile;
use crate::logging::LogQueue;
use crate::strategy::{InstrumentList, StrategyCounters};
use crate::telemetry::LatencyBook;
use crossbeam::channel::Receiver;
use feed::handler::{FeedCounts, FeedHandle, FeedNotice, HopHistograms, Quarantined};
use feed::session::{ConditionRequest, EndReason, FeedEvent, LogLevel};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use strategy_api::{LogLevel as StrategyLogLevel, UnixNanos};

/// How a run ends whose time is up.
const TIME_UP: &str = "the time was up";
/// The same when the feed had no connection then: what happened since is not in the summary.
const TIME_UP_WITHOUT_FEED: &str = "the time was up, without a connection of the feed";
/// How often the main thread looks around.
const TICK: Duration = Duration::from_millis(20);
/// How long the feed may take to end once it was asked to.
const END_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the strategies may take to read what is in their rings once the feed has ended.
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a strategy may take to return from the callback it is in, after that.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// What a run consists of once its threads have been started.
pub(super) type Parts = (
    Config,
    View,
    RunFiles,
    Broker,
    Machinery,
    FeedHandle,
    Receiver<Quarantined>,
    Arc<InstrumentList>,
    Orders,
);

/// A run, as the main thread holds it.
pub(super) struct Watch {
    config: Config,
    view: View,
    files: RunFiles,
    broker: Broker,
    machinery: Machinery,
    feed: FeedHandle,
    refused: Receiver<Quarantined>,
    instruments: Arc<InstrumentList>,
    orders: Orders,
    book: LatencyBook,
    feed_state: String,
    last_warning: Option<String>,
    /// Registrations that the broker refused, in its words; the same one comes after each login.
    refusals: BTreeSet<String>,
    quarantine_left_out: u64,
    started: Instant,
    interval_started: Instant,
    frames_before: u64,
}

impl Watch {
    /// A run whose threads have just been started.
    pub(super) fn new(parts: Parts) -> Self {
        let (config, view, files, broker, machinery, feed, refused, instruments, orders) = parts;
        let mut names = vec![
            hops::KERNEL_TO_READ.to_owned(),
            hops::READ_TO_PUBLISHED.to_owned(),
            hops::PUBLISHED_TO_STRATEGY.to_owned(),
            hops::WIRE_TO_STRATEGY.to_owned(),
        ];
        for strategy in &config.strategies {
            names.push(format!("{} ({})", hops::STRATEGY, strategy.name));
        }
        names.extend(GATEWAY_HOPS.map(str::to_owned));
        Self {
            config,
            view,
            files,
            broker,
            machinery,
            feed,
            refused,
            instruments,
            orders,
            book: LatencyBook::new(names),
            feed_state: "starting".to_owned(),
            last_warning: None,
            refusals: BTreeSet::new(),
            quarantine_left_out: 0,
            started: Instant::now(),
            interval_started: Instant::now(),
            frames_before: 0,
        }
    }

    /// Runs until the time is up, the market has closed, a signal comes, the kill switch is pulled or
    /// the feed ends; returns what happened, and whether the end was not the wanted one.
    pub(super) fn run(
        mut self,
        duration: Option<Duration>,
        stop: &AtomicBool,
        kill: &AtomicBool,
    ) -> (Summary, bool) {
        let mut wanted = true;
        let switch = LatchFile::new(&self.config.kill.latch);
        let ended = loop {
            std::thread::sleep(TICK);
            self.drain();
            if self.interval_started.elapsed() >= self.config.telemetry.interval {
                self.end_interval();
            }
            if is_set(stop) {
                break "ended by a signal".to_owned();
            }
            if let Some(why) = self.look_for_kills(&switch, is_set(kill)) {
                break why;
            }
            if duration.is_some_and(|duration| self.started.elapsed() >= duration) {
                // One that never logged in is a problem of its own.
                let lost = !self.feed.is_live() && self.feed.counts().session.logins > 0;
                break if lost { TIME_UP_WITHOUT_FEED } else { TIME_UP }.to_owned();
            }
            if let Orders::Trading(overseer) = &self.orders
                && duration.is_none()
                && overseer.is_over()
            {
                break "the market has closed".to_owned();
            }
            if self.feed.is_finished() {
                wanted = false;
                break "the feed ended".to_owned();
            }
        };
        self.wind_down();
        self.finish(ended, wanted)
    }

    /// Why trading stops, when it does.
    fn look_for_kills(&mut self, switch: &LatchFile, signalled: bool) -> Option<String> {
        let Orders::Trading(overseer) = &mut self.orders else {
            let record = latch::pulled(switch)?;
            tracing::error!("the kill switch is pulled: {record}");
            return Some(format!("stopped by the kill switch: {record}"));
        };
        let strategies = &self.machinery.strategies;
        let since =
            |strategy: &RunningStrategy| UnixNanos::new(load(&strategy.counters.callback_since));
        let callbacks: Vec<_> = strategies.iter().map(since).collect();
        let name = |number: usize| strategies.get(number).map_or("?".into(), |s| s.name.clone());
        let end = overseer.look(self.feed.counts().real_frames, &callbacks, signalled, name);
        if let Some(why) = overseer.take_news() {
            let elapsed = self.started.elapsed().as_secs_f64();
            let text = format!("KILL SWITCH: {why}; no new orders, and what works is cancelled");
            self.view.note(&format!("[{elapsed:6.1} s] {text}"));
        }
        end
    }

    /// Lets the last orders settle while the feed still brings what becomes of them. Without a feed they
    /// are cancelled all the same; the order lines do not need it.
    fn wind_down(&mut self) {
        let Self { orders, view, .. } = self;
        if let Orders::Trading(overseer) = orders {
            overseer.wind_down(|overseer| overseer.drain(view));
        }
    }

    /// Moves what waits for the disk or a person.
    fn drain(&mut self) {
        while let Ok(notice) = self.feed.notices().try_recv() {
            self.tell(&notice);
        }
        let strategies = &self.machinery.strategies;
        let name =
            |number: usize| strategies.get(number).map_or("?", |strategy| strategy.name.as_str());
        write_log(&self.machinery.log, name, &self.view);
        self.orders.drain(&mut self.files, self.instruments.all(), &self.view);
        while let Ok(refused) = self.refused.try_recv() {
            if !self.files.write_quarantined(&refused) {
                self.quarantine_left_out += 1;
            }
        }
    }

    fn tell(&mut self, notice: &FeedNotice) {
        match notice {
            FeedNotice::Event { event, .. } => {
                tracing::info!("feed: {event}");
                if let Some(change) = event.change() {
                    self.feed_state = change.name().to_owned();
                }
                match event {
                    FeedEvent::Subscribed { .. } => self.follow_conditions(),
                    FeedEvent::Refused { text } => {
                        self.refusals.insert(text.clone());
                    }
                    _ => {}
                }
                let elapsed = self.started.elapsed().as_secs_f64();
                self.view.note(&format!("[{elapsed:6.1} s] feed: {event}"));
            }
            FeedNotice::Log { level, text } => match level {
                LogLevel::Debug => tracing::debug!("{text}"),
                LogLevel::Info => tracing::info!("{text}"),
                LogLevel::Warn | LogLevel::Error => {
                    tracing::warn!("{text}");
                    self.view.note(&format!("feed: {text}"));
                    self.last_warning = Some(text.clone());
                }
            },
            other => {
                tracing::error!("feed: {other:?}");
                self.view.note(&format!("feed: {other:?}"));
            }
        }
    }

    /// Starts the condition searches of the configuration, once: the session itself starts them again
    /// after a break.
    fn follow_conditions(&mut self) {
        let mut wanted: Vec<String> = self
            .config
            .strategies
            .iter_mut()
            .flat_map(|s| std::mem::take(&mut s.conditions))
            .collect();
        wanted.sort();
        wanted.dedup();
        for seq in wanted {
            if let Err(error) = self.feed.control().condition(ConditionRequest::Realtime { seq }) {
                self.view.note(&format!("feed: condition search: {error}"));
            }
        }
    }

    fn collect(&mut self) {
        let book = &mut self.book;
        self.feed.collect_hops(|hops| add_feed(book, hops));
        for strategy in &mut self.machinery.strategies {
            strategy.collector.collect(|hop, recorded| book.add(hop, recorded));
            strategy.collector.ask();
        }
        let gateway = &mut self.machinery.gateway_collector;
        gateway.collect(|hop, recorded| book.add(hop, recorded));
        gateway.ask();
    }

    fn end_interval(&mut self) {
        self.collect();
        let since = self.interval_started.duration_since(self.started);
        let length = self.interval_started.elapsed();
        self.interval_started = Instant::now();
        let rows = self.book.end_interval(&mut self.files.latency, since, length);
        let latency = match rows {
            Ok(rows) => rows,
            Err(error) => {
                self.files.note::<()>("latency.hlog", Err(error));
                Vec::new()
            }
        };
        let counts = self.feed.counts();
        let new_frames = counts.real_frames.saturating_sub(self.frames_before);
        self.frames_before = counts.real_frames;
        let strategies = self.machinery.strategies.iter().map(|strategy| StrategyLine {
            name: strategy.name.clone(),
            events: load(&strategy.counters.events),
            lost: load(&strategy.counters.lost),
            orders: load(&strategy.counters.submits),
            stopped: is_set(&strategy.stopped),
        });
        let trading = self.orders.line();
        self.view.show(&Snapshot {
            elapsed: self.started.elapsed(),
            feed: self.feed_state.clone(),
            frames: counts.real_frames,
            frames_per_second: (new_frames as f64 / length.as_secs_f64().max(0.001)) as u64,
            refused: counts.refused_frames + counts.refused_entries,
            strategies: strategies.collect(),
            trading,
            latency,
        });
    }

    /// Ends in order: the feed first, which still delivers what is on its way; then the strategies,
    /// which still handle what is in the rings; then the gateway.
    fn finish(mut self, ended: String, wanted: bool) -> (Summary, bool) {
        let mut problems = Vec::new();
        self.feed.control().shut_down();
        let asked = Instant::now();
        while !self.feed.is_finished() && asked.elapsed() < END_TIMEOUT {
            std::thread::sleep(Duration::from_millis(2));
            self.drain();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let mut summary = Summary {
            mode: self.config.mode.name().to_owned(),
            seconds,
            ended,
            ..Summary::default()
        };
        if !self.feed.is_finished() {
            problems.push(format!("the feed did not end within {END_TIMEOUT:?}"));
            summary.problems = problems;
            summary.directory = self.files.directory.display().to_string();
            self.files.flush();
            return (summary, true);
        }
        self.end_strategies();
        self.drain();
        problems.extend(std::mem::take(&mut self.refusals));
        let Self { mut machinery, mut files, mut book, broker, feed, refused, mut orders, .. } =
            self;
        while let Ok(notice) = feed.notices().try_recv() {
            tracing::info!("feed: {notice:?}");
        }
        match feed.join() {
            Ok(outcome) => {
                add_feed(&mut book, &outcome.hops);
                summary.feed = feed_summary(&outcome.counts);
                self.quarantine_left_out += outcome.counts.quarantine_dropped;
                if let EndReason::Fatal(reason) = &outcome.why {
                    problems.push(format!("the feed ended: {reason}"));
                } else if outcome.counts.session.logins == 0 {
                    let last = self.last_warning.as_deref().unwrap_or("the time was too short");
                    problems.push(format!("the engine never logged in: {last}"));
                }
                problems.extend(feed_problems(&outcome.counts));
            }
            Err(error) => problems.push(error.to_string()),
        }
        for mut strategy in machinery.strategies {
            let is_stuck = !strategy.running.is_finished();
            let ended = (!is_stuck).then(|| strategy.running.join());
            strategy.collector.collect(|hop, recorded| book.add(hop, recorded));
            let stopped = match ended {
                None => Some("it was stuck in a callback; its thread was left behind".to_owned()),
                Some(Some(ended)) => ended.stopped,
                Some(None) => Some("its thread panicked; this is a bug of the engine".to_owned()),
            };
            if stopped.is_some() {
                problems.push(format!("strategy {} was stopped before the end", strategy.name));
            }
            summary.strategies.push(strategy_summary(strategy.name, &strategy.counters, stopped));
        }
        machinery.gateway_stop.store(true, Ordering::Release);
        machinery.gateway_waker.wake();
        // One that stands still is left behind with the process.
        let given_up = matches!(&orders, Orders::Trading(overseer) if overseer.is_killed_around());
        let asked = Instant::now();
        while given_up
            && machinery.gateway.as_ref().is_some_and(|thread| !thread.is_finished())
            && asked.elapsed() < CALLBACK_TIMEOUT
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        let gateway = machinery.gateway.take().filter(|thread| !given_up || thread.is_finished());
        if gateway.is_some_and(|thread| thread.join().is_err()) {
            problems.push("the gateway's thread panicked; this is a bug".to_owned());
        }
        machinery.gateway_collector.collect(|hop, recorded| book.add(hop, recorded));
        // What the strategies said last, on_stop included.
        let name = |number| {
            let strategy: Option<&StrategySummary> = summary.strategies.get(number);
            strategy.map_or("?", |strategy| strategy.name.as_str())
        };
        write_log(&machinery.log, name, &self.view);
        orders.drain(&mut files, self.instruments.all(), &self.view);
        if let Orders::Trading(overseer) = orders {
            let may_rest = overseer.leaves_orders();
            let (end, more) = overseer.close(&self.view);
            problems.extend(more);
            if let Some(end) = end {
                problems.extend(end.problems);
                problems.extend(end.summary.problems(may_rest));
                summary.trading = Some(end.summary);
            }
        }
        while let Ok(frame) = refused.try_recv() {
            self.quarantine_left_out += u64::from(!files.write_quarantined(&frame));
        }
        let gateway = &machinery.gateway_counters;
        summary.orders = OrderSummary {
            submits: load(&gateway.submits),
            replaces: load(&gateway.replaces),
            cancels: load(&gateway.cancels),
            intents_dropped: load(&gateway.intents_dropped),
            sent: summary.trading.as_ref().map_or(0, |trading| trading.requests.written),
        };
        summary.left_out = left_out([
            (summary.orders.intents_dropped, "order intents, not in intents.jsonl (slow disk)"),
            (machinery.log.dropped(), "log lines of strategies, not in engine.log"),
            (
                self.quarantine_left_out,
                "refused frames, not in quarantine.jsonl (feed.quarantine_frames)",
            ),
        ]);
        summary.broker = broker.stop();
        problems.extend(broker_problem(summary.broker.as_ref(), &summary.feed));
        let since = self.interval_started.duration_since(self.started);
        let last = book.end_interval(&mut files.latency, since, self.interval_started.elapsed());
        files.note("latency.hlog", last);
        problems.extend(files.flush());
        summary.latency = book.total_rows();
        (summary.peak_memory_bytes, summary.cpu_seconds) = process::usage();
        summary.directory = files.directory.display().to_string();
        summary.problems = problems;
        self.view.finish();
        (summary, !wanted)
    }

    /// Lets the strategies read what is in their rings, within limits: one that is slow or stuck must
    /// not keep the engine from ending.
    fn end_strategies(&mut self) {
        if self.wait_for_strategies(LEFTOVER_TIMEOUT) {
            return;
        }
        for strategy in &self.machinery.strategies {
            // Relaxed: the strategy's thread looks at it each turn.
            strategy.give_up.store(true, Ordering::Relaxed);
        }
        self.wait_for_strategies(CALLBACK_TIMEOUT);
    }

    /// Waits for the ends of all strategies; whether they have all come.
    fn wait_for_strategies(&mut self, timeout: Duration) -> bool {
        let asked = Instant::now();
        loop {
            let strategies = &self.machinery.strategies;
            let all = strategies.iter().all(|strategy| strategy.running.is_finished());
            if all || asked.elapsed() >= timeout {
                return all;
            }
            std::thread::sleep(Duration::from_millis(2));
            self.drain();
        }
    }
}

/// Moves the lines of the strategies to the log; `name` gives a strategy's name.
fn write_log<'n>(log: &LogQueue, name: impl Fn(usize) -> &'n str, view: &View) {
    while let Some(line) = log.pop() {
        let (name, text) = (name(usize::from(line.strategy)), line.text.as_str());
        match line.level {
            StrategyLogLevel::ERROR => tracing::error!(strategy = name, "{text}"),
            StrategyLogLevel::WARN => tracing::warn!(strategy = name, "{text}"),
            StrategyLogLevel::DEBUG => tracing::debug!(strategy = name, "{text}"),
            _ => tracing::info!(strategy = name, "{text}"),
        }
        if line.level == StrategyLogLevel::ERROR {
            view.note(&format!("{name}: {text}"));
        }
    }
}

fn add_feed(book: &mut LatencyBook, recorded: &HopHistograms) {
    book.add(hops::KERNEL_TO_READ, &recorded.kernel_to_read);
    book.add(hops::READ_TO_PUBLISHED, &recorded.read_to_published);
}

/// The counts that are not zero, in words.
fn left_out<const N: usize>(counts: [(u64, &str); N]) -> Vec<String> {
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{count} {what}")).collect()
}

fn load(counter: &AtomicU64) -> u64 {
    // Relaxed: a statistic.
    counter.load(Ordering::Relaxed)
}

fn feed_summary(counts: &FeedCounts) -> FeedSummary {
    let entries = counts
        .by_kind()
        .map(|(kind, count)| (type_code(kind).to_owned(), count))
        .filter(|(code, _)| !code.is_empty());
    FeedSummary {
        frames: counts.real_frames,
        entries: entries.collect(),
        published: counts.market_records,
        account_records: counts.account_records,
        refused_frames: counts.refused_frames,
        refused_entries: counts.refused_entries,
        unknown_entries: counts.unknown_types,
        reconnects: counts.reconnects(),
        pings: counts.session.pings,
        bytes: counts.bytes,
    }
}

fn feed_problems(counts: &FeedCounts) -> Vec<String> {
    let mut problems = Vec::new();
    if counts.account_lost > 0 {
        let lost = counts.account_lost;
        problems.push(format!("{lost} own order events were lost: the account ring was full"));
    }
    if counts.refused_frames + counts.refused_entries > 0 {
        problems.push(format!(
            "{} frames and {} entries were refused; see quarantine.jsonl",
            counts.refused_frames, counts.refused_entries
        ));
    }
    problems
}

fn broker_problem(broker: Option<&BrokerSummary>, feed: &FeedSummary) -> Option<String> {
    let broker = broker.filter(|broker| !broker.agrees_with(feed))?;
    Some(format!(
        "the simulated broker sent {} frames, the engine took {}",
        broker.frames, feed.frames
    ))
}

fn strategy_summary(
    name: String,
    counters: &StrategyCounters,
    stopped: Option<String>,
) -> StrategySummary {
    StrategySummary {
        name,
        events: load(&counters.events),
        lost: load(&counters.lost),
        gaps: load(&counters.gaps),
        timers: load(&counters.timers),
        submits: load(&counters.submits),
        replaces: load(&counters.replaces),
        cancels: load(&counters.cancels),
        refused_full: load(&counters.refused_full),
        stopped,
    }
}

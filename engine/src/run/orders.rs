//! The main thread's side of orders: it brings to the disk and to a person what the gateway tells, and
//! pulls the kill switch when somebody or something wants it.

use super::files::RunFiles;
use super::latch;
use super::opening;
use super::trade::Trade;
use super::unix_now;
use super::view::View;
use crate::config::{Calendar, Config};
use crate::desk::TradingLine;
use crate::gateway::{Control, Intent, Stage, TradingEnd};
use crate::kill::{Beats, DeadMan, DeadManOptions, KillReason, LatchFile, LatchRecord};
use crate::order::Output;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use strategy_api::{DurationNanos, Instrument, UnixNanos, Venue};

/// How long the kill switch may work before the run ends anyway.
const KILL_MAX: Duration = Duration::from_secs(90);
/// How long cancels wait for the latch to be on the disk.
const LATCH_FIRST_MAX: Duration = Duration::from_millis(200);
/// How long the last orders may take to settle at the end of a run.
const WIND_DOWN_MAX: Duration = Duration::from_secs(20);
/// How long the office may take to end.
const OFFICE_MAX: Duration = Duration::from_secs(3);

/// What becomes of orders, as the main thread sees it.
pub(super) enum Orders {
    /// They end as intents.
    DryRun(rtrb::Consumer<Intent>),
    /// They go to the broker.
    Trading(Box<Overseer>),
}

/// Trading, watched from the main thread.
pub(super) struct Overseer {
    trade: Trade,
    latch: LatchFile,
    dead_man: DeadMan,
    venues: Vec<Venue>,
    /// `None`: the market never closes.
    end_after: Option<DurationNanos>,
    cancel_on_end: bool,
    config: PathBuf,
    frames: u64,
    frames_at: UnixNanos,
    /// What a person should see at once.
    news: Option<String>,
    /// Since when, and why.
    killed: Option<(Instant, String)>,
    /// The kill was another process's work, and that has ended.
    killed_around: bool,
    line: TradingLine,
    problems: Vec<String>,
}

impl Orders {
    pub(super) fn trading(trade: Trade, config: &Config, path: &Path) -> Self {
        let nanos = |time: Option<Duration>| {
            time.map_or(DurationNanos::UNSET, |t| DurationNanos::new(t.as_nanos() as u64))
        };
        let kill = &config.kill;
        Self::Trading(Box::new(Overseer {
            trade,
            latch: LatchFile::new(&kill.latch),
            dead_man: DeadMan::new(DeadManOptions {
                feed_max: nanos(kill.feed_max),
                strategy_max: nanos(kill.strategy_max),
                gateway_max: nanos(kill.gateway_max),
            }),
            venues: config.session.venues.clone(),
            end_after: (config.session.calendar == Calendar::Krx)
                .then(|| nanos(Some(config.session.end_after))),
            cancel_on_end: config.orders.cancel_on_end,
            config: path.to_owned(),
            frames: 0,
            frames_at: UnixNanos::UNSET,
            news: None,
            killed: None,
            killed_around: false,
            line: TradingLine::default(),
            problems: Vec::new(),
        }))
    }

    /// Moves what waits for the disk or a person.
    pub(super) fn drain(&mut self, files: &mut RunFiles, list: &[Instrument], view: &View) {
        match self {
            Self::DryRun(intents) => {
                while let Ok(intent) = intents.pop() {
                    files.write_intent(&intent, list);
                }
            }
            Self::Trading(overseer) => overseer.drain(view),
        }
    }

    /// The newest figures of trading, where there is any.
    pub(super) fn line(&mut self) -> Option<TradingLine> {
        let Self::Trading(overseer) = self else { return None };
        if let Some(line) = overseer.trade.live.take_line() {
            overseer.line = line;
        }
        Some(overseer.line)
    }
}

impl Overseer {
    pub(super) fn drain(&mut self, view: &View) {
        while let Ok(output) = self.trade.told.pop() {
            match &output {
                Output::Halt(why) => {
                    // The summary has it among its problems.
                    let text = format!("no new orders from here on: {}", why.words());
                    tracing::error!("{text}");
                    view.note(&text);
                }
                Output::Difference(difference) => {
                    tracing::warn!("the broker's books differed from ours: {difference:?}");
                    view.note(&format!("books: {difference:?}"));
                }
                Output::Notice(notice) => tracing::warn!("orders: {notice:?}"),
                other => tracing::info!("orders: {other:?}"),
            }
        }
    }

    /// Looks for every reason to stop trading; why the run ends, when it does. `frames`: how many with
    /// market data have come (a PING is none). `callbacks`: since when each strategy has been in its callback.
    pub(super) fn look(
        &mut self,
        frames: u64,
        callbacks: &[UnixNanos],
        signalled: bool,
        names: impl Fn(usize) -> String,
    ) -> Option<String> {
        let now = unix_now();
        let stage = self.trade.live.stage();
        if frames != self.frames || !self.frames_at.is_set() {
            (self.frames, self.frames_at) = (frames, now);
        }
        if self.killed.is_none() {
            self.look_for_triggers(stage, now, callbacks, signalled, names);
            if let Some((_, why)) = &self.killed {
                self.news = Some(why.clone());
            }
        }
        let (since, why) = self.killed.as_ref()?;
        if stage == Stage::Killed || self.killed_around {
            return Some(format!("stopped by the kill switch: {why}"));
        }
        if since.elapsed() > KILL_MAX {
            self.problems.push(format!(
                "the kill switch did not come to its end within {KILL_MAX:?}: look at the broker's \
                 open orders, or run: engine kill {}",
                self.config.display()
            ));
            return Some(format!("stopped by the kill switch, which has not ended: {why}"));
        }
        None
    }

    fn look_for_triggers(
        &mut self,
        stage: Stage,
        now: UnixNanos,
        callbacks: &[UnixNanos],
        signalled: bool,
        names: impl Fn(usize) -> String,
    ) {
        if matches!(stage, Stage::Killing | Stage::Killed) {
            // The gateway's own: the loss of the day. The latch on the disk says more.
            let why = latch::pulled(&self.latch)
                .map_or_else(|| KillReason::DailyLoss.to_string(), |record| record.to_string());
            self.killed = Some((Instant::now(), why));
            return;
        }
        if let Some(record) = latch::pulled(&self.latch) {
            let LatchRecord { reason, who, detail, .. } = record;
            return self.pull(reason, &who, &detail);
        }
        if signalled {
            return self.pull(KillReason::Signal, "SIGUSR1", "a signal");
        }
        if self.trade.live.is_journal_failed() {
            let reason = KillReason::JournalFailed;
            return self.pull_around_the_gateway(
                now,
                reason,
                "the order journal cannot be written",
            );
        }
        let beats = Beats {
            data_expected: self.trade.live.is_data_expected(),
            feed: self.frames_at,
            gateway: self.trade.live.beat(),
            strategies: callbacks,
        };
        match self.dead_man.check(&beats, now) {
            None => {}
            Some((KillReason::GatewayStalled, _)) => self.gateway_stalled(now),
            Some((reason, who)) => {
                let detail = match (reason, who) {
                    (KillReason::StrategyStalled, Some(number)) => {
                        format!("strategy {} does not return", names(usize::from(number)))
                    }
                    _ => "no market data while a venue trades".to_owned(),
                };
                self.pull(reason, "dead man's timer", &detail);
            }
        }
    }

    fn pull(&mut self, reason: KillReason, who: &str, detail: &str) {
        tracing::error!("the kill switch is pulled: {reason}, {who}: {detail}");
        self.killed = Some((Instant::now(), format!("{reason} ({who}): {detail}")));
        self.latch_first(reason, who, detail);
        let (who, detail) = (who.to_owned(), detail.to_owned());
        if self.trade.controls.send(Control::Kill { reason, who, detail }).is_err() {
            self.gateway_stalled(unix_now());
        }
    }

    /// Whatever becomes of us while orders are cancelled, the next run finds the latch. A disk that hangs
    /// must not keep the cancels waiting.
    fn latch_first(&self, reason: KillReason, who: &str, detail: &str) {
        if latch::pulled(&self.latch).is_some() {
            return;
        }
        let (file, record) =
            (self.latch.clone(), LatchRecord::new(reason, who, detail, unix_now()));
        let (sender, written) = crossbeam::channel::bounded(1);
        let started = std::thread::Builder::new()
            .name("latch-first".into())
            .spawn(move || sender.send(file.write(&record)));
        // What fails here the gateway's own write tells as well, and tries again.
        let why = match started.map(|_| written.recv_timeout(LATCH_FIRST_MAX)) {
            Ok(Ok(Ok(()))) => return,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(_)) => format!("the disk took longer than {LATCH_FIRST_MAX:?}"),
            Err(error) => format!("no thread for it: {error}"),
        };
        tracing::error!("cancels go ahead of the latch: {why}");
    }

    fn gateway_stalled(&mut self, now: UnixNanos) {
        let detail = "the gateway's thread does not come back";
        self.pull_around_the_gateway(now, KillReason::GatewayStalled, detail);
    }

    /// The gateway cannot cancel: the latch is written here, and another process does the rest. Should
    /// the gateway come back after all, it finds that it is killed before it takes another order.
    fn pull_around_the_gateway(&mut self, now: UnixNanos, reason: KillReason, detail: &str) {
        let who = "dead man's timer";
        let record = LatchRecord::new(reason, who, detail, now);
        tracing::error!("the kill switch is pulled: {record}");
        self.killed_around = true;
        self.killed = Some((Instant::now(), record.to_string()));
        // One that is gone needs no telling.
        let _ = self.trade.controls.send(Control::Kill {
            reason,
            who: who.to_owned(),
            detail: detail.to_owned(),
        });
        if let Err(error) = self.latch.write(&record) {
            self.problems.push(format!("the kill switch's latch: {error}"));
        }
        let said = std::env::current_exe().and_then(|engine| {
            Command::new(engine)
                .args(["kill".as_ref(), self.config.as_os_str()])
                .args(["--reason", detail])
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
        });
        match said {
            Ok(output) => {
                let report = String::from_utf8_lossy(&output.stdout);
                tracing::error!("engine kill: {report}");
                self.problems.push(if output.status.success() {
                    format!("{detail}; `engine kill` cancelled around it:\n{}", report.trim_end())
                } else {
                    format!(
                        "{detail}, and `engine kill` ended with {}: look at the broker's open \
                         orders\n{}",
                        output.status,
                        report.trim_end()
                    )
                });
            }
            Err(error) => self.problems.push(format!(
                "{detail}, and `engine kill` cannot be started ({error}): look at the broker's open \
                 orders"
            )),
        }
    }

    /// Why the kill switch was pulled, once.
    pub(super) fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }

    /// Whether the gateway was given up: its thread is not waited for.
    pub(super) fn is_killed_around(&self) -> bool {
        self.killed_around
    }

    /// Whether the market has closed for the day.
    pub(super) fn is_over(&self) -> bool {
        self.end_after.is_some_and(|after| {
            opening::is_over(&self.trade.plan, &self.venues, after, unix_now())
        })
    }

    /// Whether orders may be left working at the broker when the run has ended.
    pub(super) fn leaves_orders(&self) -> bool {
        !self.cancel_on_end && self.killed.is_none()
    }

    /// Takes nothing new, cancels what works if so configured, and waits for the last answers.
    pub(super) fn wind_down(&mut self, mut meanwhile: impl FnMut(&mut Self)) {
        if self.killed_around {
            return;
        }
        let cancel = self.cancel_on_end && self.killed.is_none();
        if self.trade.controls.send(Control::WindDown(cancel)).is_err() {
            return;
        }
        let asked = Instant::now();
        let is_settled = |stage| matches!(stage, Stage::Settled | Stage::Killed);
        while !is_settled(self.trade.live.stage()) {
            if asked.elapsed() > WIND_DOWN_MAX {
                self.problems.push(format!(
                    "orders were still under way {WIND_DOWN_MAX:?} after the end: look at the broker's \
                     open orders"
                ));
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
            meanwhile(self);
        }
    }

    /// After the gateway has ended: how the day ended, and what went wrong.
    pub(super) fn close(self, view: &View) -> (Option<TradingEnd>, Vec<String>) {
        let mut this = self;
        this.drain(view);
        let patience = if this.killed_around { Duration::ZERO } else { Duration::from_secs(2) };
        let end = this.trade.end.recv_timeout(patience).ok();
        let mut problems = this.problems;
        if end.is_none() {
            problems.push(format!(
                "the gateway did not tell how the day ended; the journal has it: {}",
                this.trade.journal.display()
            ));
        }
        if !this.trade.office.close(OFFICE_MAX) {
            tracing::warn!("the office thread did not end in time; it was left behind");
        }
        (end, problems)
    }
}

//! The engine's own parts with the strategy called on the feed thread: the connection, the intake, the
//! strategy's runner and the gateway take turns on one thread. It shows what a dispatch without a second
//! thread would give; records still go through the market ring, as other readers would want them.
//!
//! The session is spoken by hand here: LOGIN, REG, then data until Close.

use super::engine::{Hops, connector};
use super::{Extra, Job, login_text, register_text};
use crate::rig::ORDER_EVERY;
use crate::rig::frames::{self, INSTRUMENTS, NUMBER_BASE};
use anyhow::{bail, ensure};
use engine::gateway::{Gateway, GatewayCounters, GatewayParts, Intent, StrategyEnd};
use engine::logging::LogQueue;
use engine::plugin::{Checks, Plugin};
use engine::run::hops;
use engine::strategy::{
    Filter, HostParts, InstrumentList, Runner, StrategyCounters, StrategyHost, StrategyParts, Turn,
};
use engine::telemetry::{Collector, recorder};
use feed::clock::Clock;
use feed::connection::{Connection, Frame, NextFrame, Poller};
use feed::handler::{Intake, Outlets, Taken};
use feed::instruments::Instruments;
use feed::ring::{SLOT_WORDS, Wait, account_ring, bell, market_ring};
use feed::scan::{Scanner, ScannerOptions};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use strategy_api::{Instrument, Kind};

/// Longest wait for the sender's answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it to the sender's end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job) -> anyhow::Result<Extra> {
    job.pin()?;
    let mut chain = Chain::new(job)?;
    let (mut connection, poller) = open(job, &mut chain.clock)?;
    loop {
        let mut taken = false;
        while let Some((frame, stamp)) = connection.next_stamped()? {
            match frame {
                Frame::Text(text) => {
                    taken = true;
                    if let Taken::Refused(error) = chain.intake.take(text, stamp, &mut chain.clock)
                    {
                        bail!("the engine refuses a frame: {error}");
                    }
                    chain.decide()?;
                }
                Frame::Closed { .. } => {
                    drop(poller);
                    return chain.end();
                }
                Frame::Binary(_) | Frame::Control => {}
            }
        }
        if !taken {
            std::hint::spin_loop();
        }
    }
}

/// Connects, logs in, registers.
fn open(job: &Job, clock: &mut Clock) -> anyhow::Result<(Connection, Poller)> {
    let mut poller = Poller::new()?;
    let mut dialing = connector(job)?.dial(clock.mono(), PATIENCE, &poller);
    let mut connection = loop {
        if let Some(connection) = dialing.progress(&poller, clock)? {
            break connection;
        }
        poller.wait(Some(PATIENCE))?;
    };
    for text in [login_text(), register_text()] {
        connection.send_text(&text)?;
        let begin = Instant::now();
        while connection.next_frame()?.is_none() {
            ensure!(begin.elapsed() < PATIENCE, "the sender does not answer");
        }
    }
    Ok((connection, poller))
}

/// Everything behind the connection.
struct Chain {
    clock: Clock,
    intake: Intake,
    runner: Runner,
    gateway: Gateway,
    intents: rtrb::Consumer<Intent>,
    collectors: [Collector; 2],
    _log: LogQueue,
}

impl Chain {
    fn new(job: &Job) -> anyhow::Result<Self> {
        let (mut registrar, instruments) = Instruments::with_capacity(4 * INSTRUMENTS);
        registrar.register_all(frames::items().iter().map(String::as_str))?;
        let list = instruments.iter().map(|(id, symbol)| Instrument {
            id,
            symbol,
            ..Instrument::default()
        });
        let list = Arc::new(InstrumentList::new(list.collect()));
        let (market, subscribers) = market_ring::<SLOT_WORDS>(16_384)?;
        let (account, account_out) = account_ring::<SLOT_WORDS>(64)?;
        let (gateway_waker, gateway_sleeper) = bell();
        let (strategy_waker, strategy_sleeper) = bell();
        let (commands, commands_out) = rtrb::RingBuffer::new(256);
        let (updates, updates_out) = account_ring::<SLOT_WORDS>(1_024)?;
        let (intents, intents_out) = rtrb::RingBuffer::new(8_192);
        let log = LogQueue::new();
        let counters = Arc::new(StrategyCounters::default());
        let overrun = Arc::new(AtomicBool::new(false));
        let host = StrategyHost::new(HostParts {
            strategy: 0,
            commands,
            gateway: gateway_waker,
            log: log.sender(0),
            instruments: list,
            counters: counters.clone(),
            seed: 1,
        });
        let params = format!(
            "base = {NUMBER_BASE}\nevery = {ORDER_EVERY}\nframes = {}\nmarks = {:?}\n",
            job.frames, job.marks
        );
        let mut filter = Filter::new();
        for item in frames::items() {
            let (id, venue) = instruments.lookup(item.as_bytes());
            filter.allow(id, venue, Kind::TRADE);
        }
        let (strategy_recorder, strategy_hops) =
            recorder([hops::PUBLISHED_TO_STRATEGY, hops::WIRE_TO_STRATEGY, hops::STRATEGY]);
        let (gateway_recorder, gateway_hops) = recorder([hops::SUBMIT_TO_GATE, hops::TICK_TO_GATE]);
        let mut runner = Runner::new(StrategyParts {
            instance: Plugin::load(&job.plugin, &Checks::default())?
                .create("probe", &params, host)?,
            market: subscribers.reader_from_start(),
            updates: updates_out,
            filter,
            recorder: strategy_recorder,
            sleeper: strategy_sleeper,
            wait: Wait::Spin,
            core: None,
            overrun: overrun.clone(),
            give_up: Arc::new(AtomicBool::new(false)),
            stopped: Arc::new(AtomicBool::new(false)),
            counters,
        });
        runner.start().map_err(anyhow::Error::msg)?;
        let gateway = Gateway::new(GatewayParts {
            strategies: vec![StrategyEnd {
                commands: commands_out,
                updates,
                account_kinds: 0,
                overrun,
            }],
            account: account_out,
            intents,
            recorder: gateway_recorder,
            strategies_waker: strategy_waker,
            sleeper: gateway_sleeper,
            wait: Wait::Spin,
            core: None,
            stop: Arc::new(AtomicBool::new(false)),
            counters: Arc::new(GatewayCounters::default()),
        });
        let outlets =
            Outlets { market, market_waker: None, account, account_waker: None, quarantine: None };
        Ok(Self {
            clock: Clock::new(),
            intake: Intake::new(Scanner::new(ScannerOptions::new(instruments))?, outlets, 0),
            runner,
            gateway,
            intents: intents_out,
            collectors: [strategy_hops, gateway_hops],
            _log: log,
        })
    }

    /// Strategy, then gateway, for what was published last.
    #[inline]
    fn decide(&mut self) -> anyhow::Result<()> {
        if self.runner.turn().map_err(anyhow::Error::msg)? == Turn::Closed {
            bail!("the ring was closed");
        }
        self.gateway.turn();
        while self.intents.pop().is_ok() {}
        Ok(())
    }

    fn end(self) -> anyhow::Result<Extra> {
        let mut totals = Hops::default();
        totals.add_feed(self.intake.hops());
        let Self { runner, mut collectors, gateway, intake, .. } = self;
        // The plugin writes its marks when its instance is destroyed.
        drop((intake, runner, gateway));
        for collector in &mut collectors {
            collector.collect(|hop, piece| totals.add(hop, piece));
        }
        Ok(totals.into_extra())
    }
}

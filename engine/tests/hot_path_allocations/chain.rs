//! The engine between the socket and the gate, on one thread, driven turn by turn.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use engine::gateway::{Backend, Gateway, GatewayCounters, GatewayParts, Intent, StrategyEnd};
use engine::logging::LogQueue;
use engine::plugin::{Checks, Plugin};
use engine::strategy::{
    Filter, HostParts, InstrumentList, Runner, StrategyCounters, StrategyHost, StrategyParts, Turn,
};
use engine::telemetry::{Collector, recorder};
use feed::clock::Clock;
use feed::connection::ReadStamp;
use feed::handler::{Intake, Outlets, Quarantined, Taken, quarantine};
use feed::instruments::Instruments;
use feed::ring::{SLOT_WORDS, Wait, account_ring, bell, market_ring};
use feed::scan::{Scanner, ScannerOptions};
use feed::schema::WireType;
use strategy_api::{Instrument, Kind};

/// Slots of the market ring.
pub(crate) const MARKET_SLOTS: usize = 256;
const ITEMS: [&str; 5] = ["005930", "000660", "005930_AL", "000660_NX", "035420_AL"];

/// The parts, and the far ends of what leaves them.
pub(crate) struct Chain {
    clock: Clock,
    intake: Intake,
    runner: Runner,
    gateway: Gateway,
    counters: Arc<StrategyCounters>,
    decided: Arc<GatewayCounters>,
    intents: rtrb::Consumer<Intent>,
    log: LogQueue,
    lines: u64,
    collectors: [Collector; 2],
    _refused: crossbeam::channel::Receiver<Quarantined>,
}

/// What the parts counted.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    pub(crate) lost: u64,
    pub(crate) gaps: u64,
    pub(crate) timers: u64,
    pub(crate) submits: u64,
    pub(crate) cancels: u64,
    pub(crate) refused_full: u64,
    pub(crate) decided_submits: u64,
    pub(crate) decided_cancels: u64,
    pub(crate) account_records: u64,
    pub(crate) lines: u64,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let (mut registrar, instruments) = Instruments::with_capacity(16);
        registrar.register_all(ITEMS).unwrap();
        let list = instruments.iter().map(|(id, symbol)| Instrument {
            id,
            symbol,
            ..Instrument::default()
        });
        let list = Arc::new(InstrumentList::new(list.collect()));
        let (market, subscribers) = market_ring::<SLOT_WORDS>(MARKET_SLOTS).unwrap();
        let (account, account_out) = account_ring::<SLOT_WORDS>(64).unwrap();
        let (market_waker, market_sleeper) = bell();
        let (gateway_waker, gateway_sleeper) = bell();
        let (commands, commands_out) = rtrb::RingBuffer::new(64);
        let (updates, updates_out) = account_ring::<SLOT_WORDS>(1024).unwrap();
        let (intents, intents_out) = rtrb::RingBuffer::new(4096);
        let log = LogQueue::new();
        let counters = Arc::new(StrategyCounters::default());
        let decided = Arc::new(GatewayCounters::default());
        let overrun = Arc::new(AtomicBool::new(false));
        let host = StrategyHost::new(HostParts {
            strategy: 0,
            commands,
            gateway: gateway_waker.clone(),
            log: log.sender(0),
            instruments: list,
            counters: counters.clone(),
            first_order: 1,
            seed: 1,
        });
        let (strategy_recorder, strategy_hops) = recorder(["published", "wire", "callback"]);
        let (gateway_recorder, gateway_hops) = recorder(["submit", "tick"]);
        let mut runner = Runner::new(StrategyParts {
            instance: eager().create("eager", "", host).unwrap(),
            market: subscribers.reader_from_start(),
            updates: updates_out,
            filter: everything(&instruments),
            recorder: strategy_recorder,
            sleeper: market_sleeper,
            wait: Wait::Spin,
            core: None,
            overrun: overrun.clone(),
            give_up: Arc::new(AtomicBool::new(false)),
            stopped: Arc::new(AtomicBool::new(false)),
            counters: counters.clone(),
        });
        runner.start().unwrap();
        let gateway = Gateway::new(GatewayParts {
            strategies: vec![StrategyEnd {
                commands: commands_out,
                updates,
                account_kinds: 1 << Kind::ORDER_UPDATE.0 | 1 << Kind::BALANCE.0,
                overrun,
                stopped: Arc::new(AtomicBool::new(false)),
            }],
            account: account_out,
            backend: Backend::DryRun { intents },
            recorder: gateway_recorder,
            strategies_waker: market_waker.clone(),
            sleeper: gateway_sleeper,
            wait: Wait::Spin,
            core: None,
            stop: Arc::new(AtomicBool::new(false)),
            counters: decided.clone(),
        });
        let (sink, refused) = quarantine(4);
        let outlets = Outlets {
            market,
            market_waker: Some(market_waker),
            account,
            account_waker: Some(gateway_waker),
            quarantine: Some(sink),
        };
        let mut options = ScannerOptions::new(instruments);
        options.extras = vec![(WireType::Trade, vec![228])];
        Self {
            clock: Clock::new(),
            intake: Intake::new(Scanner::new(options).unwrap(), outlets, 0),
            runner,
            gateway,
            counters,
            decided,
            intents: intents_out,
            log,
            lines: 0,
            collectors: [strategy_hops, gateway_hops],
            _refused: refused,
        }
    }

    /// Takes a frame in, as the feed's thread does.
    pub(crate) fn take(&mut self, frame: &[u8]) -> Taken {
        let reading = self.clock.read();
        let stamp = ReadStamp { kernel: reading.unix, reading };
        self.intake.take(frame, stamp, &mut self.clock)
    }

    /// Lets strategy and gateway work until neither has anything to do; takes away what they leave
    /// for the disk.
    pub(crate) fn settle(&mut self) {
        loop {
            let strategy = self.runner.turn().unwrap();
            let gateway = self.gateway.turn();
            while self.intents.pop().is_ok() {}
            while self.log.pop().is_some() {
                self.lines += 1;
            }
            if strategy != Turn::Busy && !gateway {
                return;
            }
        }
    }

    /// Takes the histograms of an interval away, as the main thread does every second.
    pub(crate) fn end_interval(&mut self) {
        for collector in &mut self.collectors {
            collector.collect(|_, _| ());
            collector.ask();
        }
    }

    /// Lets the strategy alone work until it has nothing to do.
    pub(crate) fn settle_strategy(&mut self) {
        while self.runner.turn().unwrap() == Turn::Busy {}
    }

    /// Lets the gateway alone work, so that the account ring does not fill; the strategy reads
    /// nothing, so what is for it stays within its ring only while that is short.
    pub(crate) fn pass_on_account(&mut self) {
        self.gateway.turn();
        while self.intents.pop().is_ok() {}
    }

    pub(crate) fn seen(&self) -> Seen {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Seen {
            events: load(&self.counters.events),
            lost: load(&self.counters.lost),
            gaps: load(&self.counters.gaps),
            timers: load(&self.counters.timers),
            submits: load(&self.counters.submits),
            cancels: load(&self.counters.cancels),
            refused_full: load(&self.counters.refused_full),
            decided_submits: load(&self.decided.submits),
            decided_cancels: load(&self.decided.cancels),
            account_records: load(&self.decided.account_records),
            lines: self.lines,
        }
    }
}

/// A filter that lets every kind of every instrument through.
fn everything(instruments: &Instruments) -> Filter {
    let mut filter = Filter::new();
    for (_, kind) in engine::config::TYPES {
        filter.allow_wide(*kind);
        for item in ITEMS {
            let (id, venue) = instruments.lookup(item.as_bytes());
            filter.allow(id, venue, *kind);
        }
    }
    filter
}

/// The strategy that orders on every trade.
fn eager() -> Plugin {
    let folder = tempfile::tempdir().unwrap();
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hot_path_allocations");
    let library = folder.path().join("eager.so");
    let output = Command::new("cc")
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../strategy-api/include"))
        .arg("-o")
        .arg(&library)
        .arg(format!("{tests}/eager.c"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Plugin::load(&library, &Checks::default()).unwrap()
}

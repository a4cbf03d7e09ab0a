//! The engine between the socket and the gate, on one thread, driven turn by turn.
//!
//! ```text
//! frame ─▶ Intake: scan ─▶ MarketRing ─▶ Runner: filter ─▶ plugin (C ABI) ─▶ submit
//!                                                  reports ◀─ Gateway: decide ◀─ ring
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::gateway::{Backend, Gateway, GatewayCounters, GatewayParts, Intent, StrategyEnd};
use engine::logging::LogQueue;
use engine::plugin::Plugin;
use engine::strategy::{
    Filter, HostParts, InstrumentList, Runner, StrategyCounters, StrategyHost, StrategyParts, Turn,
};
use engine::telemetry::{Collector, recorder};
use feed::clock::Clock;
use feed::connection::ReadStamp;
use feed::handler::{Intake, Outlets, Taken};
use feed::instruments::Instruments;
use feed::ring::{SLOT_WORDS, Wait, account_ring, bell, market_ring};
use feed::scan::ScanPath;
use strategy_api::{Instrument, Kind};

use crate::frames::items;
use crate::scanning::{instruments, scanner_of};

/// Slots of the market ring.
const MARKET_SLOTS: usize = 1024;

/// The parts, and the far ends of what leaves them.
pub struct Chain {
    clock: Clock,
    intake: Intake,
    runner: Runner,
    gateway: Gateway,
    counters: Arc<StrategyCounters>,
    decided: Arc<GatewayCounters>,
    intents: rtrb::Consumer<Intent>,
    log: LogQueue,
    _hops: [Collector; 2],
}

/// The host of a strategy and the gateway behind it, without the strategy.
pub struct Gate {
    /// Where orders go in.
    pub host: StrategyHost,
    /// Where they are decided.
    pub gateway: Gateway,
    /// Reports on their way back.
    pub updates: feed::ring::Consumer<SLOT_WORDS>,
    /// Decisions on their way to the disk.
    pub intents: rtrb::Consumer<Intent>,
    /// What the gateway counted.
    pub decided: Arc<GatewayCounters>,
    /// What the host counted.
    pub counters: Arc<StrategyCounters>,
    account: feed::ring::Producer<SLOT_WORDS>,
    market_waker: feed::ring::Waker,
    gateway_waker: feed::ring::Waker,
    market_sleeper: feed::ring::Sleeper,
    overrun: Arc<AtomicBool>,
    log: LogQueue,
    hops: Collector,
}

impl Gate {
    /// A strategy's host and the gateway, joined by their rings.
    pub fn new(instruments: &Instruments) -> Self {
        let list = instruments.iter().map(|(id, symbol)| Instrument {
            id,
            symbol,
            ..Instrument::default()
        });
        let (account, account_out) = account_ring::<SLOT_WORDS>(64).expect("a power of two");
        let (market_waker, market_sleeper) = bell();
        let (gateway_waker, gateway_sleeper) = bell();
        let (commands, commands_out) = rtrb::RingBuffer::new(64);
        let (updates, updates_out) = account_ring::<SLOT_WORDS>(1024).expect("a power of two");
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
            instruments: Arc::new(InstrumentList::new(list.collect())),
            counters: counters.clone(),
            first_order: 1,
            seed: 1,
        });
        let (gateway_recorder, hops) = recorder(["submit", "tick"]);
        let gateway = Gateway::new(GatewayParts {
            strategies: vec![StrategyEnd {
                commands: commands_out,
                updates,
                account_kinds: 1 << Kind::ORDER_UPDATE.0 | 1 << Kind::BALANCE.0,
                overrun: overrun.clone(),
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
        Self {
            host,
            gateway,
            updates: updates_out,
            intents: intents_out,
            decided,
            counters,
            account,
            market_waker,
            gateway_waker,
            market_sleeper,
            overrun,
            log,
            hops,
        }
    }
}

impl Chain {
    /// The chain with this strategy at its end.
    ///
    /// # Panics
    /// When the strategy does not start.
    pub fn new(plugin: &Plugin, path: ScanPath) -> Self {
        let instruments = instruments();
        let gate = Gate::new(&instruments);
        let (market, subscribers) =
            market_ring::<SLOT_WORDS>(MARKET_SLOTS).expect("a power of two");
        let (strategy_recorder, strategy_hops) = recorder(["published", "wire", "callback"]);
        let mut runner = Runner::new(StrategyParts {
            instance: plugin.create("measured", "", gate.host).expect("it takes no parameters"),
            market: subscribers.reader_from_start(),
            updates: gate.updates,
            filter: everything(&instruments),
            recorder: strategy_recorder,
            sleeper: gate.market_sleeper,
            wait: Wait::Spin,
            core: None,
            overrun: gate.overrun,
            give_up: Arc::new(AtomicBool::new(false)),
            stopped: Arc::new(AtomicBool::new(false)),
            counters: gate.counters.clone(),
        });
        runner.start().expect("the strategy starts");
        let outlets = Outlets {
            market,
            market_waker: Some(gate.market_waker),
            account: gate.account,
            account_waker: Some(gate.gateway_waker),
            quarantine: None,
        };
        Self {
            clock: Clock::new(),
            intake: Intake::new(scanner_of(instruments, path), outlets, 0),
            runner,
            gateway: gate.gateway,
            counters: gate.counters,
            decided: gate.decided,
            intents: gate.intents,
            log: gate.log,
            _hops: [strategy_hops, gate.hops],
        }
    }

    /// One frame from its bytes to the decision on the order that it causes, and back to the strategy.
    ///
    /// # Panics
    /// When the frame is no data, or the strategy stops.
    #[inline]
    pub fn step(&mut self, frame: &[u8]) {
        let reading = self.clock.read();
        let stamp = ReadStamp { kernel: reading.unix, reading };
        assert!(self.intake.take(frame, stamp, &mut self.clock) == Taken::Real, "data");
        loop {
            let strategy = self.runner.turn().expect("the strategy lives");
            let gateway = self.gateway.turn();
            while self.intents.pop().is_ok() {}
            while self.log.pop().is_some() {}
            if strategy != Turn::Busy && !gateway {
                return;
            }
        }
    }

    /// Records handed to the strategy, and orders decided.
    pub fn seen(&self) -> (u64, u64) {
        // Relaxed: this thread wrote both.
        let events = self.counters.events.load(Ordering::Relaxed);
        (events, self.decided.submits.load(Ordering::Relaxed))
    }
}

/// A filter that lets every kind of every instrument through.
fn everything(instruments: &Instruments) -> Filter {
    let mut filter = Filter::new();
    for (_, kind) in engine::config::TYPES {
        filter.allow_wide(*kind);
        for item in items() {
            let (id, venue) = instruments.lookup(item.as_bytes());
            filter.allow(id, venue, *kind);
        }
    }
    filter
}

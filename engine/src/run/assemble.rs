//! Puts a run together: everything that can be refused is refused here, before the first connection.

use super::hops;
use crate::config::{self, Config, Dispatch, Mode, Poll, Source, Symbols};
use crate::gateway::{
    self, Backend, GATEWAY_HOPS, Gateway, GatewayCounters, GatewayParts, Intent, StrategyEnd,
};
use crate::logging::LogQueue;
use crate::plugin::{Checks, Plugin, PluginSource, PluginSpec};
use crate::strategy::{
    self, Filter, HostParts, InlineDispatch, InstrumentList, Runner, Running, StrategyCounters,
    StrategyHost, StrategyParts,
};
use crate::telemetry::{Collector, recorder};
use anyhow::{Context, anyhow};
use feed::handler::{InlineReader, Outlets, QuarantineSink};
use feed::instruments::Instruments;
use feed::ring::{SLOT_WORDS, Sleeper, Subscribers, Wait, Waker, account_ring, bell, market_ring};
use feed::schema::WireType;
use feed::session::Wish;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;
use strategy_api::{Instrument, Kind, Text};

/// Intents that can wait for the disk: the main thread takes them every 20 ms, so this holds bursts of
/// hundreds of thousands a second.
const INTENTS_MAX: usize = 8_192;
/// How long a thread in `auto` spins before it sleeps.
pub const SPIN: Duration = Duration::from_micros(50);

/// What is known of an instrument before the run: code without suffix, and name.
pub type Names = BTreeMap<String, String>;

/// What the strategies of a configuration want, as one.
pub struct Wishes {
    /// Every item with every type.
    pub wishes: Vec<Wish>,
    /// Further fields by type.
    pub extras: Vec<(WireType, Vec<u16>)>,
    /// Instruments by code, for the scanner.
    pub instruments: Instruments,
    /// The same for strategies, with names.
    pub list: Arc<InstrumentList>,
    /// Items of each strategy.
    items: Vec<Vec<String>>,
}

/// Collects what the strategies want. `sim_items` is the simulated broker's list.
pub fn wishes(config: &Config, sim_items: &[String], names: &Names) -> anyhow::Result<Wishes> {
    let mut items = Vec::new();
    for strategy in &config.strategies {
        items.push(match &strategy.symbols {
            Symbols::Items(items) => items.clone(),
            Symbols::FirstOfSim(count) => sim_items.iter().take(*count).cloned().collect(),
        });
    }
    // Room for what is subscribed while the engine runs.
    let capacity = 4 * config.feed.items_max.max(256);
    let (mut registrar, instruments) = Instruments::with_capacity(capacity);
    for item in items.iter().flatten() {
        registrar.register(item).with_context(|| format!("cannot register {item}"))?;
    }
    let list = instruments.iter().map(|(id, symbol)| {
        let name = names.get(symbol.as_str()).map_or("", String::as_str);
        Instrument { id, symbol, name: Text::truncated(name).0, ..Instrument::default() }
    });
    let list = Arc::new(InstrumentList::new(list.collect()));
    let mut all = Vec::new();
    let mut extras: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for (strategy, items) in config.strategies.iter().zip(&items) {
        for kind in strategy.types.iter().filter(|kind| **kind != Kind::CONDITION_MATCH) {
            let code = config::type_code(*kind);
            if config::is_wide(*kind) {
                all.push(Wish::new("", code)?);
                continue;
            }
            for item in items {
                all.push(Wish::new(item, code)?);
            }
        }
        for (code, fids) in &strategy.extra_fids {
            let wanted = extras.entry(code.clone()).or_default();
            wanted.extend(fids.iter().filter(|fid| !wanted.contains(fid)).collect::<Vec<_>>());
        }
    }
    if config.mode != Mode::DryRun {
        // The gateway's own: orders, holdings, sessions, interruptions.
        for code in ["00", "04", "0s", "1h"] {
            all.push(Wish::new("", code)?);
        }
    }
    all.sort();
    all.dedup();
    let extras = extras.into_iter().map(|(code, fids)| {
        let wire = WireType::from_code(code.as_bytes())
            .ok_or_else(|| anyhow!("no realtime type {code}"))?;
        Ok((wire, fids))
    });
    Ok(Wishes {
        wishes: all,
        extras: extras.collect::<anyhow::Result<_>>()?,
        instruments,
        list,
        items,
    })
}

impl Wishes {
    fn filter(&self, index: usize, strategy: &config::Strategy) -> Filter {
        let mut filter = Filter::new();
        for kind in &strategy.types {
            if config::is_wide(*kind) || *kind == Kind::CONDITION_MATCH {
                filter.allow_wide(*kind);
                continue;
            }
            for item in &self.items[index] {
                let (id, venue) = self.instruments.lookup(item.as_bytes());
                filter.allow(id, venue, *kind);
            }
        }
        filter
    }
}

/// Builds and loads the plugins of a configuration.
pub fn load_plugins(
    config: &Config,
    mut progress: impl FnMut(&str),
) -> anyhow::Result<Vec<Plugin>> {
    let mut plugins = Vec::new();
    for strategy in &config.strategies {
        let source = match &strategy.source {
            Source::Plugin(path) => PluginSource::Library(path.clone()),
            Source::Crate(path) => PluginSource::Crate(path.clone()),
        };
        let sha256 = strategy.sha256.as_deref().map(digest).transpose()?;
        let spec = PluginSpec {
            name: strategy.name.clone(),
            source,
            params_toml: strategy.params.clone(),
            checks: Checks { sha256, require_sha256: config.mode == config::Mode::Live },
        };
        let plugin = spec
            .load(&mut progress)
            .with_context(|| format!("strategy {} cannot be loaded", strategy.name))?;
        plugins.push(plugin);
    }
    Ok(plugins)
}

fn digest(hex: &str) -> anyhow::Result<[u8; 32]> {
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        let pair = hex.get(2 * index..2 * index + 2).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).context("a SHA-256 has 64 hexadecimal digits")?;
    }
    Ok(digest)
}

/// One running strategy.
pub struct RunningStrategy {
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub running: Running,
    /// Its counters.
    pub counters: Arc<StrategyCounters>,
    /// Ends it without reading what is left.
    pub give_up: Arc<AtomicBool>,
    /// Set when it stopped before its time.
    pub stopped: Arc<AtomicBool>,
    /// Its hops.
    pub collector: Collector,
}

/// Everything behind the feed.
pub struct Machinery {
    /// The strategies, in the order of the configuration.
    pub strategies: Vec<RunningStrategy>,
    /// The gateway's thread, if it has one.
    pub gateway: Option<JoinHandle<()>>,
    /// Ends the gateway.
    pub gateway_stop: Arc<AtomicBool>,
    /// Wakes the gateway.
    pub gateway_waker: feed::ring::Waker,
    /// The gateway's counters.
    pub gateway_counters: Arc<GatewayCounters>,
    /// The gateway's hops.
    pub gateway_collector: Collector,
    /// Lines of the strategies.
    pub log: LogQueue,
    outlets: Option<Outlets>,
    inline: Option<InlineDispatch>,
}

impl Machinery {
    /// The feed's ends of the rings; they are there once.
    pub fn take_outlets(&mut self, quarantine: QuarantineSink) -> anyhow::Result<Outlets> {
        let outlets = self.outlets.take().context("the feed has its rings already")?;
        Ok(Outlets { quarantine: Some(quarantine), ..outlets })
    }

    /// What runs on the feed thread, if anything does; it is there once.
    pub fn take_inline(&mut self) -> Option<Box<dyn InlineReader>> {
        self.inline.take().map(|inline| Box::new(inline) as Box<dyn InlineReader>)
    }
}

/// What the gateway's backend is connected to.
pub struct Wires<'a> {
    /// Readers of the market ring.
    pub subscribers: &'a Subscribers<SLOT_WORDS>,
}

/// What becomes of orders, put together once the rings are there.
pub trait MakeBackend {
    /// Makes it.
    ///
    /// # Errors
    /// When something that it needs is not to be had; nothing has been started then.
    fn make(self, wires: Wires<'_>) -> anyhow::Result<Backend>;
    /// Number behind which a strategy's orders are counted.
    fn last_order(&self, strategy: u16) -> u64;
}

/// Orders end as intents; see [`Backend::DryRun`].
pub struct DryRun {
    /// Where they go.
    pub intents: rtrb::Producer<Intent>,
}

impl DryRun {
    /// With the other end of the way to the disk.
    pub fn new() -> (Self, rtrb::Consumer<Intent>) {
        let (intents, out) = rtrb::RingBuffer::new(INTENTS_MAX);
        (Self { intents }, out)
    }
}

impl MakeBackend for DryRun {
    fn make(self, _wires: Wires<'_>) -> anyhow::Result<Backend> {
        Ok(Backend::DryRun { intents: self.intents })
    }

    fn last_order(&self, _strategy: u16) -> u64 {
        0
    }
}

/// Makes rings, creates the strategies, starts their threads and the gateway, which `bell` wakes.
pub fn start_machinery(
    config: &Config,
    plugins: &[Plugin],
    wishes: &Wishes,
    seed: u64,
    (gateway_waker, gateway_sleeper): (Waker, Sleeper),
    backend: impl MakeBackend,
) -> anyhow::Result<Machinery> {
    let (market, subscribers) = market_ring::<SLOT_WORDS>(config.feed.market_ring_slots)?;
    let (account, account_out) = account_ring::<SLOT_WORDS>(config.feed.account_ring_slots)?;
    let (market_waker, market_sleeper) = bell();
    let log = LogQueue::new();
    let mut ends = Vec::new();
    let mut prepared = Vec::new();
    for (index, (strategy, plugin)) in config.strategies.iter().zip(plugins).enumerate() {
        let number = index as u16;
        let (commands, commands_out) = rtrb::RingBuffer::new(config.gateway.command_ring_slots);
        let (updates, updates_out) = account_ring::<SLOT_WORDS>(config.feed.account_ring_slots)?;
        let counters = Arc::new(StrategyCounters::default());
        let host = StrategyHost::new(HostParts {
            strategy: number,
            commands,
            gateway: gateway_waker.clone(),
            log: log.sender(number),
            instruments: wishes.list.clone(),
            counters: counters.clone(),
            first_order: backend.last_order(number) + 1,
            seed: seed ^ (u64::from(number) + 1).wrapping_mul(0xA076_1D64_78BD_642F),
        });
        let instance = plugin.create(&strategy.name, &strategy.params, host)?;
        let (recorder, collector) = recorder([
            hops::PUBLISHED_TO_STRATEGY.to_owned(),
            hops::WIRE_TO_STRATEGY.to_owned(),
            format!("{} ({})", hops::STRATEGY, strategy.name),
        ]);
        let overrun = Arc::new(AtomicBool::new(false));
        let stopped = Arc::new(AtomicBool::new(false));
        let give_up = Arc::new(AtomicBool::new(false));
        ends.push(StrategyEnd {
            commands: commands_out,
            updates,
            account_kinds: account_kinds(&strategy.types),
            overrun: overrun.clone(),
            stopped: stopped.clone(),
        });
        let parts = StrategyParts {
            instance,
            market: subscribers.reader_from_start(),
            updates: updates_out,
            filter: wishes.filter(index, strategy),
            recorder,
            sleeper: market_sleeper.clone(),
            wait: wait(strategy.wait),
            core: strategy.core,
            overrun,
            give_up: give_up.clone(),
            stopped: stopped.clone(),
            counters: counters.clone(),
        };
        let flags = (give_up, stopped);
        prepared.push((strategy.name.clone(), parts, counters, flags, collector));
    }
    let backend = backend.make(Wires { subscribers: &subscribers })?;
    // Nothing was started while something could still be refused.
    let (recorder, gateway_collector) = recorder(GATEWAY_HOPS);
    let gateway_stop = Arc::new(AtomicBool::new(false));
    let gateway_counters = Arc::new(GatewayCounters::default());
    let gateway_parts = GatewayParts {
        strategies: ends,
        account: account_out,
        backend,
        recorder,
        strategies_waker: market_waker.clone(),
        sleeper: gateway_sleeper,
        wait: wait(config.gateway.wait),
        core: config.gateway.core,
        stop: gateway_stop.clone(),
        counters: gateway_counters.clone(),
    };
    let (gateway, mut inline) = match config.feed.dispatch {
        Dispatch::Threads => (Some(gateway::spawn(gateway_parts)?), None),
        Dispatch::Inline => (None, Some(InlineDispatch::new(Gateway::new(gateway_parts)))),
    };
    let mut strategies = Vec::new();
    for (name, parts, counters, (give_up, stopped), collector) in prepared {
        let running = match &mut inline {
            None => Running::Thread(strategy::spawn(parts)?),
            Some(inline) => inline.add(Runner::new(parts)),
        };
        strategies.push(RunningStrategy { name, running, counters, give_up, stopped, collector });
    }
    Ok(Machinery {
        strategies,
        gateway,
        gateway_stop,
        gateway_waker: gateway_waker.clone(),
        gateway_counters,
        gateway_collector,
        log,
        outlets: Some(Outlets {
            market,
            market_waker: Some(market_waker),
            account,
            account_waker: Some(gateway_waker),
            quarantine: None,
        }),
        inline,
    })
}

fn account_kinds(kinds: &[Kind]) -> u64 {
    let account = [Kind::ORDER_UPDATE, Kind::BALANCE];
    kinds.iter().filter(|kind| account.contains(kind)).map(|kind| 1u64 << kind.0).sum()
}

fn wait(poll: Poll) -> Wait {
    match poll {
        Poll::Spin => Wait::Spin,
        Poll::Block => Wait::Block,
        Poll::Auto => Wait::Auto { spins: feed::ring::wait::SPINS_DEFAULT },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use strategy_api::InstrumentId;

    #[test]
    fn the_wishes_of_all_strategies_are_joined() {
        let text = r#"
            mode = "sim"
            [[strategy]]
            name = "a"
            plugin = "a.so"
            types = ["0B", "0s"]
            symbols = ["005930", "005930_NX"]
            extra_fids = { "0B" = [228, 732] }
            [[strategy]]
            name = "b"
            plugin = "b.so"
            types = ["0B", "0s"]
            first_of_sim = 1
            extra_fids = { "0B" = [228] }
        "#;
        let config = config::parse(text, Path::new(".")).unwrap();
        let names = Names::from([("005930".to_owned(), "삼성전자".to_owned())]);
        let wishes = wishes(&config, &["005930".to_owned()], &names).unwrap();
        // Two trades, the sessions, and what the gateway wants: 00, 04, 1h.
        assert_eq!(wishes.wishes.len(), 6);
        assert_eq!(wishes.extras.len(), 1);
        assert_eq!(wishes.extras[0].1, [228, 732]);
        assert_eq!(wishes.list.all().len(), 1);
        assert_eq!(wishes.list.all()[0].name, "삼성전자");
        assert_eq!(wishes.list.find("005930"), Some(InstrumentId(0)));
    }
}

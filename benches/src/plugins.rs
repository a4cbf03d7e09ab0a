//! Strategies that are called through the real plugin host, and a host behind them that remembers.

use std::path::{Path, PathBuf};

use engine::plugin::{Checks, Instance, Plugin};
use strategy_api::host::Host;
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, Instrument, InstrumentId, LogLevel, OrderRequest,
    Position, Refusal, ReplaceRequest, UnixNanos, WorkingOrder,
};

/// The library that counts trades (C).
pub fn counts() -> Plugin {
    load(Path::new(env!("PLUGIN_COUNTS")))
}

/// The library that wants an order on every trade (C).
pub fn orders() -> Plugin {
    load(Path::new(env!("PLUGIN_ORDERS")))
}

/// Where `cargo build --release -p hello` has put the example strategy in Rust: beside the program
/// that runs, if that was built in release too.
pub fn hello_beside_this_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let library = program.ancestors().skip(1).take(2).map(|folder| folder.join("libhello.so"));
    library.into_iter().find(|path| path.is_file())
}

/// Loads a library as the engine does.
///
/// # Panics
/// When the engine would refuse it.
pub fn load(library: &Path) -> Plugin {
    Plugin::load(library, &Checks::default())
        .unwrap_or_else(|error| panic!("{}: {error}", library.display()))
}

/// An instance on a host that remembers.
///
/// # Panics
/// When the plugin refuses to start.
pub fn start(plugin: &Plugin) -> Instance<Remembering> {
    let mut instance =
        plugin.create("measured", "", Remembering::default()).expect("it takes no parameters");
    instance.start().expect("it starts");
    instance
}

/// A host that takes orders and remembers what it was told.
#[derive(Debug, Default)]
pub struct Remembering {
    /// Orders taken.
    pub orders: u64,
    /// The last line of the log.
    pub line: String,
}

impl Host for Remembering {
    #[inline]
    fn submit(&mut self, _: &OrderRequest) -> Result<ClientOrderId, Refusal> {
        self.orders += 1;
        Ok(ClientOrderId(self.orders))
    }

    fn replace(&mut self, _: &ReplaceRequest) -> Result<(), Refusal> {
        Err(Refusal::NotFound)
    }

    fn cancel(&mut self, _: &CancelRequest) -> Result<(), Refusal> {
        Err(Refusal::NotFound)
    }

    fn cancel_all(&mut self) -> Result<(), Refusal> {
        Ok(())
    }

    fn now(&self) -> UnixNanos {
        UnixNanos::UNSET
    }

    fn random(&mut self) -> u64 {
        4
    }

    fn set_timer(&mut self, _: u64, _: DurationNanos, _: DurationNanos) -> Result<(), Refusal> {
        Ok(())
    }

    fn cancel_timer(&mut self, _: u64) -> Result<(), Refusal> {
        Err(Refusal::NotFound)
    }

    fn log(&mut self, _: LogLevel, text: &str) {
        text.clone_into(&mut self.line);
    }

    fn instrument_count(&self) -> usize {
        0
    }

    fn instrument(&self, _: InstrumentId) -> Option<&Instrument> {
        None
    }

    fn find_instrument(&self, _: &str) -> Option<InstrumentId> {
        None
    }

    fn position(&self, instrument: InstrumentId) -> Position {
        Position::flat(instrument)
    }

    fn working_order(&self, _: ClientOrderId) -> Option<WorkingOrder> {
        None
    }

    fn working_orders(&self, _: &mut [WorkingOrder]) -> usize {
        0
    }
}

//! What the tests of the plugin host share: a host that writes everything down, and a C compiler.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use strategy_api::host::Host;
use strategy_api::{
    CancelRequest, ClientOrderId, DurationNanos, Instrument, InstrumentId, LogLevel, OrderRequest,
    Pnl, Position, Refusal, ReplaceRequest, Symbol, UnixNanos, WorkingOrder,
};

/// What a strategy did.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    pub(crate) submitted: Vec<OrderRequest>,
    pub(crate) logged: Vec<String>,
    pub(crate) timers: Vec<(u64, u64)>,
}

/// A host that writes down what a strategy does. It knows one instrument, 005930.
pub(crate) struct Notebook {
    pub(crate) seen: Rc<RefCell<Seen>>,
    samsung: Instrument,
    pub(crate) panics: bool,
    pub(crate) pnl: Pnl,
}

impl Notebook {
    pub(crate) fn new() -> (Self, Rc<RefCell<Seen>>) {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let symbol = Symbol::new("005930").unwrap();
        let samsung = Instrument { id: InstrumentId(0), symbol, ..Instrument::default() };
        (Self { seen: Rc::clone(&seen), samsung, panics: false, pnl: Pnl::ZERO }, seen)
    }
}

impl Host for Notebook {
    fn submit(&mut self, order: &OrderRequest) -> Result<ClientOrderId, Refusal> {
        assert!(!self.panics, "the host was told to panic");
        let mut seen = self.seen.borrow_mut();
        seen.submitted.push(*order);
        Ok(ClientOrderId(seen.submitted.len() as u64))
    }

    fn replace(&mut self, _: &ReplaceRequest) -> Result<(), Refusal> {
        Err(Refusal::UnknownOrder)
    }

    fn cancel(&mut self, _: &CancelRequest) -> Result<(), Refusal> {
        Err(Refusal::UnknownOrder)
    }

    fn cancel_all(&mut self) -> Result<(), Refusal> {
        Ok(())
    }

    fn now(&self) -> UnixNanos {
        UnixNanos::new(1_767_571_200_000_000_000)
    }

    fn random(&mut self) -> u64 {
        4
    }

    fn set_timer(
        &mut self,
        tag: u64,
        _: DurationNanos,
        period: DurationNanos,
    ) -> Result<(), Refusal> {
        self.seen.borrow_mut().timers.push((tag, period.raw()));
        Ok(())
    }

    fn cancel_timer(&mut self, _: u64) -> Result<(), Refusal> {
        Err(Refusal::NotFound)
    }

    fn log(&mut self, _: LogLevel, text: &str) {
        self.seen.borrow_mut().logged.push(text.to_string());
    }

    fn instrument_count(&self) -> usize {
        1
    }

    fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        (id == InstrumentId(0)).then_some(&self.samsung)
    }

    fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        (symbol == "005930").then_some(InstrumentId(0))
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

    fn pnl(&self) -> Pnl {
        self.pnl
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Compiles a C file to a plugin in `directory`.
pub(crate) fn compile(source: &Path, directory: &Path) -> PathBuf {
    let library = directory.join("plugin.so");
    let output = Command::new("cc")
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I"])
        .arg(workspace().join("strategy-api/include"))
        .arg("-o")
        .arg(&library)
        .arg(source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

/// Compiles C code to a plugin in `directory`.
pub(crate) fn compile_text(code: &str, directory: &Path) -> PathBuf {
    let source = directory.join("plugin.c");
    std::fs::write(&source, code).unwrap();
    compile(&source, directory)
}

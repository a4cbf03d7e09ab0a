//! Order intents on disk: one JSON object a line.

use super::{Cause, Command, CommandKind};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use strategy_api::{Instrument, OrderRequest, UnixNanos};

/// A command and when the gateway decided on it.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    /// The command.
    pub command: Command,
    /// When it was decided.
    pub ts_gate: UnixNanos,
}

/// Writes intents to a file.
pub struct IntentWriter {
    file: BufWriter<File>,
    strategies: Vec<String>,
}

impl IntentWriter {
    /// Creates the file.
    pub fn create(path: &Path, strategies: Vec<String>) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?), strategies })
    }

    /// Writes one line.
    pub fn write(&mut self, intent: &Intent, instruments: &[Instrument]) -> io::Result<()> {
        let Intent { command, ts_gate } = intent;
        let strategy = self.strategies.get(usize::from(command.strategy));
        let mut line = json!({
            "strategy": strategy,
            "ts_gate": ts_gate.raw(),
            "ts_submit": command.ts_submit.raw(),
            "cause": cause(&command.cause),
        });
        match &command.kind {
            CommandKind::Submit { id, request } => {
                line["action"] = "submit".into();
                line["order"] = id.0.into();
                describe(&mut line, request, instruments);
            }
            CommandKind::Replace(request) => {
                line["action"] = "replace".into();
                line["order"] = request.order.0.into();
                line["price"] = json!(request.price.get());
                line["quantity"] = json!(request.quantity.get());
            }
            CommandKind::Cancel(request) => {
                line["action"] = "cancel".into();
                line["order"] = request.order.0.into();
            }
            CommandKind::CancelAll => line["action"] = "cancel_all".into(),
        }
        writeln!(self.file, "{line}")
    }

    /// Brings everything to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn cause(cause: &Cause) -> serde_json::Value {
    if cause.kind.0 == 0 {
        return json!({ "kind": "timer" });
    }
    json!({
        "kind": cause.kind.name(),
        "sequence": cause.sequence,
        "ts_kernel": cause.ts_kernel.get(),
        "ts_recv": cause.ts_recv.raw(),
    })
}

fn describe(line: &mut serde_json::Value, request: &OrderRequest, instruments: &[Instrument]) {
    let instrument = instruments.get(request.instrument.index());
    line["symbol"] = json!(instrument.map(|instrument| instrument.symbol.as_str()));
    line["venue"] = request.venue.name().into();
    line["side"] = request.side.name().into();
    line["type"] = request.order_type.name().into();
    line["price"] = json!(request.price.get());
    line["stop_price"] = json!(request.stop_price.get());
    line["quantity"] = json!(request.quantity.get());
}

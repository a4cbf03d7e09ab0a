//! Order intents on disk: one JSON object a line.

use super::{Cause, Command, CommandKind};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use strategy_api::{Instrument, UnixNanos};

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
        let line = Line {
            strategy: self.strategies.get(usize::from(command.strategy)).map(String::as_str),
            ts_gate: ts_gate.raw(),
            ts_submit: command.ts_submit.raw(),
            cause: CauseLine::of(&command.cause),
            wish: WishLine::of(&command.kind, instruments),
        };
        serde_json::to_writer(&mut self.file, &line)?;
        self.file.write_all(b"\n")
    }

    /// Brings everything to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    strategy: Option<&'a str>,
    ts_gate: u64,
    ts_submit: u64,
    cause: CauseLine,
    #[serde(flatten)]
    wish: WishLine<'a>,
}

/// What the strategy was called for.
#[derive(Serialize)]
#[serde(untagged)]
enum CauseLine {
    Timer { kind: &'static str },
    Record { kind: &'static str, sequence: u64, ts_kernel: Option<u64>, ts_recv: u64 },
}

impl CauseLine {
    fn of(cause: &Cause) -> Self {
        if cause.kind.0 == 0 {
            return Self::Timer { kind: "timer" };
        }
        Self::Record {
            kind: cause.kind.name(),
            sequence: cause.sequence,
            ts_kernel: cause.ts_kernel.get(),
            ts_recv: cause.ts_recv.raw(),
        }
    }
}

/// What the strategy wants.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum WishLine<'a> {
    Submit {
        order: u64,
        symbol: Option<&'a str>,
        venue: &'static str,
        side: &'static str,
        #[serde(rename = "type")]
        order_type: &'static str,
        price: Option<i32>,
        stop_price: Option<i32>,
        quantity: Option<i64>,
    },
    Replace {
        order: u64,
        price: Option<i32>,
        quantity: Option<i64>,
    },
    Cancel {
        order: u64,
    },
    CancelAll,
}

impl<'a> WishLine<'a> {
    fn of(wish: &CommandKind, instruments: &'a [Instrument]) -> Self {
        match wish {
            CommandKind::Submit { id, request } => Self::Submit {
                order: id.0,
                symbol: instruments
                    .get(request.instrument.index())
                    .map(|found| found.symbol.as_str()),
                venue: request.venue.name(),
                side: request.side.name(),
                order_type: request.order_type.name(),
                price: request.price.get(),
                stop_price: request.stop_price.get(),
                quantity: request.quantity.get(),
            },
            CommandKind::Replace(request) => Self::Replace {
                order: request.order.0,
                price: request.price.get(),
                quantity: request.quantity.get(),
            },
            CommandKind::Cancel(request) => Self::Cancel { order: request.order.0 },
            CommandKind::CancelAll => Self::CancelAll,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use strategy_api::{
        CancelRequest, ClientOrderId, InstrumentId, Kind, OrderRequest, Price, Quantity,
        ReplaceRequest, Side, Symbol, Text, Venue,
    };

    /// The line of a wish, without the times.
    fn line(kind: CommandKind, cause: Cause) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("intents.jsonl");
        let mut writer = IntentWriter::create(&path, vec!["one".to_owned()]).unwrap();
        let command = Command { strategy: 0, kind, cause, ts_submit: UnixNanos::new(7) };
        let samsung = Instrument {
            id: InstrumentId(0),
            reserved: [0; 6],
            symbol: Symbol::new("005930").unwrap(),
            name: Text::EMPTY,
        };
        writer.write(&Intent { command, ts_gate: UnixNanos::new(9) }, &[samsung]).unwrap();
        writer.flush().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let fields = line.as_object_mut().unwrap();
        let known = ["strategy", "ts_submit", "ts_gate"].map(|name| fields.remove(name).unwrap());
        assert_eq!(known, [json!("one"), json!(7), json!(9)]);
        line
    }

    #[test]
    fn each_wish_is_one_line_with_what_made_it() {
        let timer = Cause {
            ts_kernel: UnixNanos::UNSET,
            ts_recv: UnixNanos::UNSET,
            sequence: 0,
            kind: Kind(0),
        };
        let trade = Cause { ts_recv: UnixNanos::new(5), sequence: 3, kind: Kind::TRADE, ..timer };
        let caused = json!({"kind": "trade", "sequence": 3, "ts_kernel": null, "ts_recv": 5});
        let price = Price::new(60_000);
        let request =
            OrderRequest::limit(InstrumentId(0), Venue::KRX, Side::BUY, price, Quantity::new(10));
        let order = ClientOrderId(11);
        assert_eq!(
            line(CommandKind::Submit { id: order, request }, trade),
            json!({
                "action": "submit", "order": 11, "symbol": "005930", "venue": "KRX", "side": "buy",
                "type": "limit", "price": 60_000, "stop_price": null, "quantity": 10,
                "cause": caused,
            })
        );
        let replace =
            ReplaceRequest { order, price, stop_price: Price::UNSET, quantity: Quantity::UNSET };
        assert_eq!(
            line(CommandKind::Replace(replace), trade),
            json!({
                "action": "replace", "order": 11, "price": 60_000, "quantity": null, "cause": caused,
            })
        );
        let cancel = CancelRequest { order, quantity: Quantity::UNSET };
        let by_timer = json!({"kind": "timer"});
        assert_eq!(
            line(CommandKind::Cancel(cancel), timer),
            json!({"action": "cancel", "order": 11, "cause": by_timer})
        );
        assert_eq!(
            line(CommandKind::CancelAll, timer),
            json!({"action": "cancel_all", "cause": by_timer})
        );
    }
}

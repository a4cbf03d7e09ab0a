//! A day of orders, and the life of one of them, out of its journal.

use super::error::JournalError;
use super::files::{date_in_korea, files_of};
use super::line::{Entry, FORMAT, Head};
use super::recover::{Recovered, replay};
use crate::order::{
    BrokerNumber, Fill, Input, Machine, OrderEntry, RequestId, RequestKind, RequestState, Settings,
    Want,
};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use strategy_api::{ClientOrderId, Refusal, UnixNanos};

/// A day of orders.
#[derive(Debug, Serialize)]
pub struct Day {
    /// `YYYYMMDD` in Korea.
    pub date: String,
    /// Its files.
    pub files: Vec<PathBuf>,
    /// Inputs in them.
    pub inputs: u64,
    /// Files whose end was not written whole, and how many bytes that is.
    pub torn: Vec<(PathBuf, u64)>,
    /// The orders, oldest first.
    pub orders: Vec<OrderRow>,
    /// Wishes that the engine refused.
    pub denied: Vec<DeniedRow>,
}

/// An order of the day.
#[derive(Debug, Serialize)]
pub struct OrderRow {
    /// Its id in the engine.
    pub order: u64,
    /// When it was decided, nanoseconds since 1970.
    pub ts: u64,
    /// The strategy.
    pub strategy: String,
    /// The instrument.
    pub symbol: String,
    /// Venue asked for.
    pub venue: &'static str,
    /// Buy or sell.
    pub side: &'static str,
    /// Order type.
    #[serde(rename = "type")]
    pub order_type: &'static str,
    /// Limit price, KRW, as last replaced.
    pub price: Option<i32>,
    /// Shares, as last replaced.
    pub quantity: Option<i64>,
    /// Shares filled.
    pub filled: i64,
    /// Shares still open.
    pub leaves: i64,
    /// Average price of the fills, KRW.
    pub average_price: Option<i32>,
    /// Where it stands.
    pub status: &'static str,
    /// The broker's numbers.
    pub numbers: Vec<BrokerNumber>,
    /// Why it ended.
    pub reason: String,
    /// Its requests.
    pub requests: Vec<RequestRow>,
}

/// A request and where its time went. All spans in nanoseconds; `None` where one end is not known.
#[derive(Debug, Serialize)]
pub struct RequestRow {
    /// Its number.
    pub request: u32,
    /// New, replace or cancel.
    pub kind: &'static str,
    /// How it ended.
    pub stage: String,
    /// Number that the broker gave it.
    pub number: Option<BrokerNumber>,
    /// Ours: the record was received → the strategy wanted it.
    pub cause_to_submit: Option<i64>,
    /// Ours: wanted → decided.
    pub submit_to_gate: Option<i64>,
    /// Ours: decided, journaled → last byte written.
    pub gate_to_written: Option<i64>,
    /// The broker's: written → reply.
    pub written_to_reply: Option<i64>,
    /// The broker's: reply → first event; below zero when the event was first.
    pub reply_to_event: Option<i64>,
}

/// A wish that the engine refused.
#[derive(Debug, Serialize)]
pub struct DeniedRow {
    /// When, nanoseconds since 1970.
    pub ts: u64,
    /// The strategy.
    pub strategy: String,
    /// The order, for a new one.
    pub order: Option<u64>,
    /// Why.
    pub refusal: &'static str,
}

/// One order, step by step.
#[derive(Debug, Serialize)]
pub struct Life {
    /// The order as it ended.
    pub order: OrderRow,
    /// What happened.
    pub steps: Vec<Step>,
}

/// Something that happened to an order.
#[derive(Debug, Serialize)]
pub struct Step {
    /// Number of the input.
    pub seq: u64,
    /// When, nanoseconds since 1970.
    pub ts: u64,
    /// What.
    pub what: String,
    /// Where the order stood after it.
    pub status: &'static str,
    /// Shares filled after it.
    pub filled: i64,
}

/// Files that tell about the day of `path`: all of the newest day in a folder (or of `day`), or a
/// file and those of the same day before it.
///
/// # Errors
/// When the folder cannot be read.
pub fn files_to_read(path: &Path, day: Option<&str>) -> Result<Vec<PathBuf>, JournalError> {
    if path.is_dir() {
        let newest = super::files::days(path)?.pop();
        return day.map(str::to_owned).or(newest).map_or(Ok(Vec::new()), |d| files_of(path, &d));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let date = name.strip_prefix("orders-").and_then(|rest| rest.get(..8)).unwrap_or_default();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut files = files_of(folder, date)?;
    let same = |known: &PathBuf| known.file_name() == path.file_name();
    match files.iter().position(same) {
        Some(at) => {
            files.truncate(at + 1);
            Ok(files)
        }
        None => Ok(vec![path.to_owned()]),
    }
}

/// The orders of a day.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub fn day(files: &[PathBuf]) -> Result<Day, JournalError> {
    let mut denied = Vec::new();
    let mut date = String::new();
    let recovered = replay(files, &blank(), |replay| {
        if date.is_empty() {
            date = date_in_korea(replay.entry.ts);
        }
        if let Input::Denied(refused) = replay.input {
            denied.push((replay.entry.ts, *refused));
        }
    })?;
    let names = &recovered.head.strategies;
    let denied = denied.into_iter().map(|(ts, refused)| DeniedRow {
        ts: ts.raw(),
        strategy: name(names, refused.wish.strategy),
        order: match refused.wish.want {
            Want::New { order, .. } => Some(order.0),
            Want::Replace(replace) => Some(replace.order.0),
            Want::Cancel(cancel) => Some(cancel.order.0),
            Want::CancelAll => None,
        },
        refusal: Refusal::from_code(refused.refusal).err().map_or("none", Refusal::name),
    });
    Ok(Day {
        date,
        files: files.to_vec(),
        inputs: recovered.inputs,
        torn: recovered.torn.iter().map(|(path, torn)| (path.clone(), torn.bytes)).collect(),
        denied: denied.collect(),
        orders: rows(&recovered),
    })
}

/// The life of one order, by its id in the engine or by one of the broker's numbers; `None` when
/// there is no such order.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub fn life(files: &[PathBuf], id: u64) -> Result<Option<Life>, JournalError> {
    let end = replay(files, &blank(), |_| ())?;
    let by_number = |order: &&OrderEntry| {
        end.machine.numbers(order.id).any(|number| u64::from(number.get()) == id)
    };
    let orders = end.machine.orders();
    let known = orders.iter().find(|order| order.id == ClientOrderId(id));
    let Some(order) = known.or_else(|| orders.iter().find(by_number)) else { return Ok(None) };
    let numbers: Vec<BrokerNumber> = end.machine.numbers(order.id).collect();
    let mut steps = Vec::new();
    replay(files, &blank(), |replay| {
        let concerns = concerns(replay.entry, order.id, &numbers, replay.machine);
        let now = replay.machine.order(order.id);
        let status = now.map_or("none", |now| now.status.name());
        let moved = steps.last().is_none_or(|last: &Step| last.status != status);
        if let Some(what) =
            concerns.or_else(|| (moved && now.is_some()).then(|| other(replay.input)))
        {
            steps.push(Step {
                seq: replay.entry.seq,
                ts: replay.entry.ts.raw(),
                what,
                status,
                filled: now.map_or(0, |now| now.cumulative.raw()),
            });
        }
    })?;
    let requests = end.machine.requests().filter(|(.., of)| of.id == order.id);
    let requests = requests.map(|(id, state, _)| request_row(id, state)).collect();
    Ok(Some(Life { order: row(&end, order, requests), steps }))
}

/// What an input says about an order, if anything.
fn concerns(
    entry: &Entry,
    id: ClientOrderId,
    numbers: &[BrokerNumber],
    machine: &Machine,
) -> Option<String> {
    let of = |request: RequestId| {
        let of = machine.order_of(request).filter(|order| order.id == id);
        of.and_then(|_| machine.request(request))
    };
    match &entry.input {
        Input::Wish(wish) => match &wish.want {
            Want::New { order, .. } if *order == id => Some("wanted".to_owned()),
            Want::Replace(replace) if replace.order == id => {
                Some(format!("replace wanted: {} at {}", replace.quantity, replace.price))
            }
            Want::Cancel(cancel) if cancel.order == id => {
                Some(format!("cancel wanted: {}", cancel.quantity))
            }
            _ => None,
        },
        Input::Written { request } => of(*request).map(|state| format!("{} written", kind(state))),
        Input::Replied { request, reply } => {
            of(*request).map(|state| format!("{} answered: {reply:?}", kind(state)))
        }
        Input::Update(update) if numbers.contains(&update.number) => {
            let mut what = format!(
                "00 {} {} {}: open {}",
                update.number, update.action, update.state, update.leaves
            );
            if let (Some(last), Some(total)) = (update.last_quantity.get(), update.cumulative.get())
            {
                let (fill, price) = (&update.fill_number, update.last_price);
                what.push_str(&format!(", fill {fill}: {last} at {price}, {total} so far"));
            }
            Some(what)
        }
        Input::Settle { order, number } if *order == id => Some(number.map_or_else(
            || "settled by hand: it never arrived".to_owned(),
            |number| format!("settled by hand: it is {number}"),
        )),
        Input::OpenRow(row) if numbers.contains(&row.order.number) => {
            Some(format!("list: {} open, {} left", row.order.number, row.order.leaves))
        }
        Input::FilledRow(row) if numbers.contains(&row.order.number) => {
            Some(format!("list: {} filled {}", row.order.number, row.cumulative))
        }
        _ => None,
    }
}

/// What an input is called that is not about the order and changed it all the same.
fn other(input: &Input) -> String {
    match input {
        Input::Begin => "a run began".to_owned(),
        Input::Tick => "time passed".to_owned(),
        Input::QueryEnded { round, .. } => format!("round {round} of questions ended"),
        Input::CancelEverything => "everything shall be cancelled".to_owned(),
        _ => "something else happened".to_owned(),
    }
}

fn rows(recovered: &Recovered) -> Vec<OrderRow> {
    let mut requests: HashMap<ClientOrderId, Vec<RequestRow>> = HashMap::new();
    for (id, state, order) in recovered.machine.requests() {
        requests.entry(order.id).or_default().push(request_row(id, state));
    }
    let mut of = |order: &OrderEntry| requests.remove(&order.id).unwrap_or_default();
    recovered.machine.orders().iter().map(|order| row(recovered, order, of(order))).collect()
}

fn row(recovered: &Recovered, order: &OrderEntry, requests: Vec<RequestRow>) -> OrderRow {
    let machine = &recovered.machine;
    let request = &order.request;
    let fills: Vec<&Fill> = machine.fills(order.id).collect();
    let shares: i64 = fills.iter().map(|fill| fill.quantity.raw()).sum();
    let value: i64 = fills.iter().map(|fill| fill.value.raw()).sum();
    OrderRow {
        order: order.id.0,
        ts: order.ts_sent.raw(),
        strategy: name(&recovered.head.strategies, order.strategy),
        symbol: machine.code(request.instrument).as_str().to_owned(),
        venue: request.venue.name(),
        side: request.side.name(),
        order_type: request.order_type.name(),
        price: request.price.get(),
        quantity: request.quantity.get(),
        filled: order.cumulative.raw(),
        leaves: machine.leaves(order.id).raw(),
        average_price: (shares > 0).then(|| ((value + shares / 2) / shares) as i32),
        status: order.status.name(),
        numbers: machine.numbers(order.id).collect(),
        reason: order.reason.as_str().to_owned(),
        requests,
    }
}

fn request_row(id: RequestId, state: &RequestState) -> RequestRow {
    RequestRow {
        request: id.0,
        kind: kind(state),
        stage: format!("{:?}", state.stage).to_lowercase(),
        number: state.number,
        cause_to_submit: span(state.ts_cause, state.ts_submit),
        submit_to_gate: span(state.ts_submit, state.ts_sent),
        gate_to_written: span(state.ts_sent, state.ts_written),
        written_to_reply: span(state.ts_written, state.ts_reply),
        reply_to_event: span(state.ts_reply, state.ts_event),
    }
}

fn span(from: UnixNanos, to: UnixNanos) -> Option<i64> {
    let both = from.is_set() && to.is_set();
    both.then(|| to.raw() as i64 - from.raw() as i64)
}

fn kind(state: &RequestState) -> &'static str {
    match state.kind {
        RequestKind::New => "new",
        RequestKind::Replace => "replace",
        RequestKind::Cancel => "cancel",
    }
}

fn name(names: &[String], number: u16) -> String {
    names.get(usize::from(number)).cloned().unwrap_or_else(|| format!("#{number}"))
}

/// A head that knows nothing: all names come from the files.
fn blank() -> Head {
    let settings = Settings {
        orders_max: 0,
        requests_max: 0,
        numbers_max: 0,
        fills_max: 0,
        instruments_max: 0,
        positions_max: 0,
        rows_max: 0,
        ..Settings::default()
    };
    Head {
        format: FORMAT,
        date: String::new(),
        strategies: Vec::new(),
        instruments: Vec::new(),
        settings,
    }
}

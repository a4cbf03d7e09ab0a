//! The broker's thread: two listeners, a market, and the commands of the handle.

use super::certificate::Certificate;
use super::command::{Command, Order, Reply};
use super::hub::Hub;
use super::listen::{Port, accept};
use super::mailbox::Ending;
use super::report::{Report, Tally};
use super::{market_task, own_orders};
use crate::generator::{Frame, Generator};
use crate::options::Options;
use bytes::Bytes;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, timeout_at};

/// Longest time that sessions may take to end when the broker ends.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Number of the first scripted order.
const FIRST_ORDER: u32 = 18;

/// The thread's whole life.
pub(super) fn run(
    options: Options,
    runtime: Runtime,
    [ws, rest]: [TcpListener; 2],
    certificate: Option<Certificate>,
    inbox: UnboundedReceiver<Order>,
) -> Report {
    if let Some(id) = options.thread_core {
        // Without its core the broker is less even, but no less right.
        core_affinity::set_for_current(core_affinity::CoreId { id });
    }
    let generator = Generator::new(&options);
    let hub = Rc::new(Hub::new(options, generator.instruments().to_vec()));
    let certificate = certificate.map(Rc::new);
    LocalSet::new().block_on(&runtime, async {
        let accepting = [
            spawn_local(accept(Rc::clone(&hub), Port::WebSocket, ws, certificate.clone())),
            spawn_local(accept(Rc::clone(&hub), Port::Rest, rest, certificate)),
        ];
        spawn_local(market_task::run(Rc::clone(&hub), generator));
        let stop = obey(&hub, inbox).await;
        for task in accepting {
            task.abort();
        }
        end_sessions(&hub).await;
        // The handle reads the report from the thread's result.
        if let Some(stop) = stop {
            let _ = stop.done.send(Reply::default());
        }
    });
    hub.counts.borrow().report()
}

/// Carries out commands until the one to stop.
async fn obey(hub: &Hub, mut inbox: UnboundedReceiver<Order>) -> Option<Order> {
    let mut next_order = FIRST_ORDER;
    while let Some(order) = inbox.recv().await {
        let mut reply = Reply::default();
        match &order.command {
            Command::Stop => return Some(order),
            Command::Report => reply.report = hub.counts.borrow().report(),
            Command::Inject(text) => hub.broadcast(text, &tally(text)),
            Command::DropConnections => hub.end_all(Ending::Cut),
            Command::Stall(stalled) => stall(hub, *stalled),
            Command::ExpireTokens => hub.tokens.borrow_mut().expire_all(),
            Command::StopMarket => {
                hub.market_stopped.set(true);
                hub.market_wake.notify_one();
            }
            Command::OwnOrderLife(symbol) => {
                reply.known = own_order_life(hub, symbol, next_order);
                next_order += 2;
            }
        }
        // A handle that no longer waits is being dropped.
        let _ = order.done.send(reply);
    }
    None
}

async fn end_sessions(hub: &Hub) {
    hub.stopping.set(true);
    hub.end_all(Ending::GoAway);
    hub.market_wake.notify_one();
    let deadline = Instant::now() + STOP_TIMEOUT;
    while hub.open_sessions() > 0 {
        if timeout_at(deadline, hub.session_ended.notified()).await.is_err() {
            return;
        }
    }
}

fn stall(hub: &Hub, stalled: bool) {
    hub.stalled.set(stalled);
    hub.wake_sessions();
    hub.market_wake.notify_one();
    if !stalled {
        hub.stall_ended.notify_waiters();
    }
}

/// How an injected text counts: as a REAL frame when it is one.
fn tally(text: &str) -> Tally {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return Tally::Other };
    if frame["trnm"] != "REAL" {
        return Tally::Other;
    }
    let entries = frame["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let types = entries.iter().map(|entry| entry["type"].as_str().unwrap_or_default().to_owned());
    Tally::Injected(types.collect())
}

fn own_order_life(hub: &Hub, symbol: &str, number: u32) -> bool {
    let Some(instrument) = hub.instruments.iter().find(|listed| listed.code == symbol) else {
        return false;
    };
    for (ty, text) in own_orders::life(instrument, number, hub.market_time()) {
        let frame = Frame { text: &text, item: "", kind: ty.code(), entries: 1 };
        hub.route(&frame, ty, &Bytes::from(text.clone()));
    }
    true
}

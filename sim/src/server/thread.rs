//! The broker's thread: two listeners, a market, and the commands of the handle.

use super::certificate::Certificate;
use super::command::{Command, Order, Reply};
use super::hub::Hub;
use super::listen::{Port, accept};
use super::mailbox::Ending;
use super::report::{Report, Tally};
use super::{market_task, own_frames};
use crate::options::Options;
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
    let hub = Rc::new(Hub::new(options));
    let certificate = certificate.map(Rc::new);
    LocalSet::new().block_on(&runtime, async {
        let accepting = [
            spawn_local(accept(Rc::clone(&hub), Port::WebSocket, ws, certificate.clone())),
            spawn_local(accept(Rc::clone(&hub), Port::Rest, rest, certificate)),
        ];
        spawn_local(market_task::run(Rc::clone(&hub)));
        spawn_local(own_frames::run(Rc::clone(&hub)));
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
    hub.report()
}

/// Carries out commands until the one to stop.
async fn obey(hub: &Hub, mut inbox: UnboundedReceiver<Order>) -> Option<Order> {
    while let Some(order) = inbox.recv().await {
        let mut reply = Reply::default();
        match &order.command {
            Command::Stop => return Some(order),
            Command::Report => reply.report = hub.report(),
            Command::Inject(text) => hub.broadcast(text, &tally(text)),
            Command::DropConnections => hub.end_all(Ending::Cut),
            Command::Stall(stalled) => stall(hub, *stalled),
            Command::ExpireTokens => hub.tokens.borrow_mut().expire_all(),
            Command::StopMarket => {
                hub.market_stopped.set(true);
                hub.market_wake.notify_one();
            }
            Command::OwnOrderLife(symbol) => {
                reply.known = own_order_life(hub, symbol);
            }
            Command::AddFault(rule) => hub.exchange.borrow_mut().add_fault(rule.clone()),
            Command::ClearFaults => hub.exchange.borrow_mut().clear_faults(),
            Command::CutAfter(bytes) => hub.cut_after(*bytes, None),
            Command::Halt(symbol, halted) => {
                reply.known = hub.exchange.borrow_mut().halt(symbol, *halted);
            }
            Command::CircuitBreaker(on) => hub.exchange.borrow_mut().circuit_breaker(*on),
            Command::Books(app_key) => {
                let account = hub.account(app_key);
                reply.books = Some(hub.exchange.borrow().books_of(account));
            }
            Command::Clock => reply.clock = hub.clock(),
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

fn own_order_life(hub: &Hub, symbol: &str) -> bool {
    for app_key in hub.logged_in() {
        let account = hub.account(&app_key);
        let mut exchange = hub.exchange.borrow_mut();
        exchange.desk.clock = hub.clock();
        exchange.scripted_life(account, symbol);
    }
    hub.deliver_own();
    hub.instruments.iter().any(|listed| listed.code == symbol && listed.market.is_tradable())
}

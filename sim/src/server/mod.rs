//! The network half: a broker on a thread of its own, driven through a handle.

mod calendar;
mod certificate;
mod command;
mod conditions;
mod conversation;
mod hub;
mod line;
mod listen;
mod mailbox;
mod market_task;
pub(crate) mod options;
mod own_frames;
mod registrations;
mod replies;
mod report;
mod rest;
mod session;
mod thread;
mod tokens;
mod types;

use crate::faults::Rule;
use crate::options::{Options, StartError};
use crate::orders::Books;
use certificate::Certificate;
use command::{Command, Order, Reply};
pub use report::Report;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::mpsc::UnboundedSender;

/// A running broker. Dropping it ends it.
///
/// Every method waits until the broker's thread has done what was asked.
#[derive(Debug)]
pub struct Broker {
    ws_address: SocketAddr,
    rest_address: SocketAddr,
    certificate_pem: Option<String>,
    orders: UnboundedSender<Order>,
    thread: Option<JoinHandle<Report>>,
}

/// Starts a broker.
///
/// # Errors
/// When an option is out of its range, an address is taken or the thread cannot be made.
pub fn start(options: Options) -> Result<Broker, StartError> {
    let options = options.checked()?;
    let (ws, ws_address) = listen_on(options.ws_listen)?;
    let (rest, rest_address) = listen_on(options.rest_listen)?;
    let certificate = match options.plain {
        true => None,
        false => {
            let addresses = [ws_address, rest_address];
            let specified = addresses.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified());
            Some(Certificate::new(specified.map(|ip| ip.to_string()))?)
        }
    };
    let certificate_pem = certificate.as_ref().map(|certificate| certificate.pem.clone());
    let (orders, inbox) = tokio::sync::mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _inside = runtime.enter();
        [tokio::net::TcpListener::from_std(ws)?, tokio::net::TcpListener::from_std(rest)?]
    };
    let thread = std::thread::Builder::new()
        .name("sim-broker".to_owned())
        .spawn(move || thread::run(options, runtime, listeners, certificate, inbox))?;
    Ok(Broker { ws_address, rest_address, certificate_pem, orders, thread: Some(thread) })
}

fn listen_on(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

impl Broker {
    /// Address of the WebSocket, with its path.
    pub fn ws_url(&self) -> String {
        let scheme = if self.certificate_pem.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.ws_address, session::PATH)
    }

    /// Address of REST, without a path.
    pub fn rest_url(&self) -> String {
        let scheme = if self.certificate_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.rest_address)
    }

    /// The certificate to trust, as PEM text; empty for a plain broker.
    pub fn certificate_pem(&self) -> &str {
        self.certificate_pem.as_deref().unwrap_or_default()
    }

    /// What the broker did so far.
    pub fn report(&self) -> Report {
        self.ask(Command::Report).report
    }

    /// Ends every session with Close 1001, and the broker. What it did in its life.
    pub fn stop(mut self) -> Report {
        self.end().unwrap_or_default()
    }

    /// Sends a SYSTEM frame to every logged-in session.
    pub fn send_system(&self, code: &str, message: &str) {
        self.inject(&replies::system(code, message));
    }

    /// Sends a text as it stands, JSON or not, to every logged-in session. A REAL frame is counted
    /// in the report.
    pub fn inject(&self, text: &str) {
        self.ask(Command::Inject(text.to_owned()));
    }

    /// Cuts every WebSocket connection without a Close.
    pub fn drop_connections(&self) {
        self.ask(Command::DropConnections);
    }

    /// With `true` the WebSocket goes silent: connections stay, nothing is read or sent, and new
    /// ones get no handshake. With `false` it goes on.
    pub fn stall(&self, stalled: bool) {
        self.ask(Command::Stall(stalled));
    }

    /// Makes every token that was issued a bad one. Sessions that are logged in stay.
    pub fn expire_tokens(&self) {
        self.ask(Command::ExpireTokens);
    }

    /// Ends the REAL frames for good; connections stay and PINGs go on.
    pub fn stop_market(&self) {
        self.ask(Command::StopMarket);
    }

    /// Lets every account with a logged-in session live through a made-up buy of ten shares in
    /// `symbol`: filled in three and four, its rest cancelled (00, with 04 after each fill). The
    /// market is not touched; the accounts hold seven more shares. False when there is no such
    /// instrument.
    pub fn own_order_life(&self, symbol: &str) -> bool {
        self.ask(Command::OwnOrderLife(symbol.to_owned())).known
    }

    /// Adds a fault behind the others; its times are counted from the broker's start.
    pub fn add_fault(&self, rule: Rule) {
        self.ask(Command::AddFault(rule));
    }

    /// Drops every fault.
    pub fn clear_faults(&self) {
        self.ask(Command::ClearFaults);
    }

    /// Cuts every WebSocket stream after so many more bytes (of TCP, TLS included).
    pub fn cut_after(&self, bytes: u64) {
        self.ask(Command::CutAfter(bytes));
    }

    /// Halts an instrument (RC4007), or lets it go on; false when there is no such instrument.
    pub fn halt(&self, symbol: &str, halted: bool) -> bool {
        self.ask(Command::Halt(symbol.to_owned(), halted)).known
    }

    /// Begins or ends a market-wide circuit breaker (509193).
    pub fn circuit_breaker(&self, on: bool) {
        self.ask(Command::CircuitBreaker(on));
    }

    /// What the books say of the account of an app key; it is opened if it was not.
    pub fn books(&self, app_key: &str) -> Option<Books> {
        self.ask(Command::Books(app_key.to_owned())).books
    }

    /// Time since the broker's start, nanoseconds: the clock of the faults' times.
    pub fn clock(&self) -> u64 {
        self.ask(Command::Clock).clock
    }

    /// Hands a command to the broker's thread and waits until it is done.
    fn ask(&self, command: Command) -> Reply {
        let (done, answer) = mpsc::sync_channel(1);
        // The thread only ends when this handle ends it; should it have failed, the answer is the
        // empty one.
        let _ = self.orders.send(Order { command, done });
        answer.recv().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Report> {
        let thread = self.thread.take()?;
        self.ask(Command::Stop);
        thread.join().ok()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.end();
    }
}

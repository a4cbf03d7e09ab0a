//! An order and its reply over loopback TLS 1.3: our line against reqwest, interleaved in one run.
//!
//! ```text
//!  core 0: a server that spins, reads one request, writes a fixed reply
//!              ▲ │
//!              │ ▼  TLS, HTTP/1.1, keep-alive, one connection per client
//!  core 1: one client after the other, a block of orders each, block by block
//! ```
//!
//! | client | what it is |
//! |---|---|
//! | `line_poll` | `engine::broker::line`, the gateway's way: polling for the reply |
//! | `line_wait` | the same, sleeping in `poll(2)` until the reply |
//! | `reqwest_current_thread` | reqwest on a tokio runtime of one thread |
//! | `reqwest_multi_thread` | reqwest on tokio's usual runtime |
//!
//! The first ten orders of a block are sent and checked like the others and not counted: the caches hold the
//! code of the client before, and half of the two slowest orders of a block were among its first ten.
//! Every reply is checked, and at the end the server must have seen exactly as many orders as were sent.
//! Ratios are those of one block to the block of `line_poll` beside it, their median over all blocks.
//! `send` is our time from the order to its last byte written. reqwest's cannot be separated from the
//! round trip. p99 needs two cores with nothing else on them: a client that is preempted once in a block
//! shows the scheduler's time slice there, and the longer it takes the likelier that is.
//!
//! `cargo bench -p benches --bench order_line` measures; without `--bench` each client sends a few
//! orders. `--count N` builds and encrypts N orders without any socket, for counting instructions:
//! `valgrind --tool=callgrind … --count 1000`, and again with 3000; the difference is 2000 orders.

use std::hint::{black_box, spin_loop};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::broker::api::{ORDER_PATH, OrderCall};
use engine::broker::http::PreparedRequest;
use engine::broker::line::{LineOptions, LinePool, Outcome};
use feed::clock::Clock;
use feed::connection::TrustedRoots;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use secrecy::SecretString;
use strategy_api::{OrderType, Price, Quantity, Side, Text, Venue};

const BODY: &str = r#"{"ord_no":"0000139","dmst_stex_tp":"KRX","return_code":0,"return_msg":"정상적으로 처리되었습니다"}"#;
const TOKEN: &str = "WQJCwyqInphKnR3bSRtB9NE1lvbenchbenchbenchbenchbenchbenchbenchbenchbenchbenchbenchbenchbenchbench";

/// Orders at the beginning of each block that are not counted.
const WARM: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    if let Some(orders) = value("--count") {
        return count(orders);
    }
    let (blocks, size) = match arguments.iter().any(|a| a == "--bench") {
        true => (value("--blocks").unwrap_or(80), value("--size").unwrap_or(100)),
        false => (2, 5),
    };
    measure(blocks, size);
}

fn order(at: usize) -> OrderCall {
    OrderCall::New {
        side: Side::BUY,
        venue: Venue::KRX,
        symbol: Text::new("005930").unwrap(),
        order_type: OrderType::LIMIT,
        quantity: Quantity::new(10),
        price: Price::new(60_000 + (at % 100) as i32 * 100),
        stop_price: Price::UNSET,
    }
}

/// Times of one client, block by block, in nanoseconds.
#[derive(Default)]
struct Times {
    name: &'static str,
    blocks: Vec<Vec<u64>>,
}

trait Sender {
    fn name(&self) -> &'static str;
    /// Sends one order and waits for its reply; checks it.
    fn round_trip(&mut self, at: usize);
}

fn measure(blocks: usize, size: usize) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let pin = |at: usize| cores.get(at).copied();
    let server = Server::start(pin(0));
    // Threads started from here on (reqwest's among them) stay on this core.
    if let Some(core) = pin(1) {
        core_affinity::set_for_current(core);
    }
    let mut send_times = Vec::new();
    let mut clients: Vec<Box<dyn Sender>> = vec![
        Box::new(OwnLine::new(&server, true, blocks * (WARM + size) + 3)),
        Box::new(OwnLine::new(&server, false, 0)),
        Box::new(Reqwest::new(&server, false)),
        Box::new(Reqwest::new(&server, true)),
    ];
    let mut times: Vec<Times> =
        clients.iter().map(|c| Times { name: c.name(), ..Times::default() }).collect();
    let mut sent = 0;
    // One order each to connect and to warm up, then the blocks.
    for client in &mut clients {
        (0..3).for_each(|at| client.round_trip(at));
        sent += 3;
    }
    for _ in 0..blocks {
        for (client, times) in clients.iter_mut().zip(&mut times) {
            let mut block = Vec::with_capacity(size);
            (0..WARM).for_each(|at| client.round_trip(at));
            for at in 0..size {
                let start = Instant::now();
                client.round_trip(at);
                block.push(start.elapsed().as_nanos() as u64);
            }
            sent += (WARM + size) as u64;
            times.blocks.push(block);
        }
    }
    assert_eq!(server.seen.load(Ordering::Acquire), sent, "every order arrived once");
    SEND_TIMES.with_borrow_mut(|own| send_times.append(own));
    report(&times, send_times);
}

fn percentile(values: &mut [u64], percent: f64) -> f64 {
    values.sort_unstable();
    let at = ((values.len() - 1) as f64 * percent / 100.0).round() as usize;
    values[at] as f64 / 1000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(times: &[Times], mut send_times: Vec<u64>) {
    println!(
        "order_line/round_trip            count   p50 µs   p99 µs  p99.9 µs    max µs   p50 ×   p99 ×"
    );
    for client in times {
        let mut all: Vec<u64> = client.blocks.concat();
        let ratio = |percent: f64| {
            let pairs = client.blocks.iter().zip(&times[0].blocks);
            let of = |block: &Vec<u64>| percentile(&mut block.clone(), percent);
            median(pairs.map(|(theirs, ours)| of(theirs) / of(ours)).collect())
        };
        println!(
            "  {:<26} {:>9} {:>8.1} {:>8.1} {:>9.1} {:>9.1} {:>7.2} {:>7.2}",
            client.name,
            all.len(),
            percentile(&mut all, 50.0),
            percentile(&mut all, 99.0),
            percentile(&mut all, 99.9),
            percentile(&mut all, 100.0),
            ratio(50.0),
            ratio(99.0),
        );
    }
    println!(
        "order_line/send (to last byte written): min {:.2}, p50 {:.2}, p99 {:.2} µs",
        percentile(&mut send_times, 0.0),
        percentile(&mut send_times, 50.0),
        percentile(&mut send_times, 99.0),
    );
}

thread_local! {
    static SEND_TIMES: std::cell::RefCell<Vec<u64>> = const { std::cell::RefCell::new(Vec::new()) };
}

struct OwnLine {
    pool: LinePool,
    clock: Clock,
    poll: bool,
}

impl OwnLine {
    fn new(server: &Server, poll: bool, orders: usize) -> Self {
        let mut options = LineOptions::new(server.url.as_str());
        options.roots = TrustedRoots::only(server.pem.as_str());
        options.lines = 1;
        options.idle_max = Duration::from_secs(600);
        let mut clock = Clock::new();
        let mut pool = LinePool::new(options, &SecretString::from(TOKEN)).unwrap();
        assert_eq!(pool.wait_ready(1, &mut clock, Duration::from_secs(10)), 1);
        SEND_TIMES.with_borrow_mut(|times| times.reserve(orders));
        Self { pool, clock, poll }
    }
}

impl Sender for OwnLine {
    fn name(&self) -> &'static str {
        if self.poll { "line_poll" } else { "line_wait" }
    }

    fn round_trip(&mut self, at: usize) {
        self.pool.send(at as u64, &order(at), &mut self.clock).unwrap();
        let done = loop {
            let done = match self.poll {
                true => self.pool.poll(&mut self.clock),
                false => self.pool.wait(&mut self.clock, Duration::from_secs(5)),
            };
            match done {
                Some(done) => break done,
                None => spin_loop(),
            }
        };
        if self.poll {
            let send = done.stamps.written.raw() - done.stamps.begun.raw();
            SEND_TIMES.with_borrow_mut(|times| times.push(send));
        }
        let Outcome::Answer(reply) = done.outcome else { panic!("{:?}", done.outcome) };
        assert!(done.tag == at as u64 && reply.status == 200 && reply.body == BODY.as_bytes());
    }
}

struct Reqwest {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    url: String,
    multi: bool,
}

impl Reqwest {
    fn new(server: &Server, multi: bool) -> Self {
        let runtime = match multi {
            true => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
            false => tokio::runtime::Builder::new_current_thread().enable_all().build(),
        };
        let authority = reqwest::Certificate::from_pem(server.pem.as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([authority])
            .tcp_nodelay(true)
            .http1_only()
            .build()
            .unwrap();
        let url = format!("{}{ORDER_PATH}", server.url);
        Self { runtime: runtime.unwrap(), client, url, multi }
    }
}

impl Sender for Reqwest {
    fn name(&self) -> &'static str {
        if self.multi { "reqwest_multi_thread" } else { "reqwest_current_thread" }
    }

    fn round_trip(&mut self, at: usize) {
        let price = 60_000 + at % 100 * 100;
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json;charset=UTF-8")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("api-id", "kt10000")
            .header("cont-yn", "N")
            .body(format!(
                r#"{{"dmst_stex_tp":"KRX","stk_cd":"005930","ord_qty":"10","ord_uv":"{price}","trde_tp":"0","cond_uv":""}}"#
            ));
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.bytes().await.unwrap(), BODY.as_bytes());
        });
    }
}

/// A server on a thread of its own that spins.
struct Server {
    url: String,
    pem: String,
    seen: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Client {
    socket: TcpStream,
    tls: ServerConnection,
    bytes: Vec<u8>,
    open: bool,
}

impl Server {
    fn start(core: Option<core_affinity::CoreId>) -> Self {
        let (config, certificate) = server_config();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (seen, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen_there, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            if let Some(core) = core {
                core_affinity::set_for_current(core);
            }
            serve(&listener, &config, &seen_there, &stopped);
        });
        Self { url, pem: certificate, seen, stop, thread: Some(thread) }
    }
}

fn server_config() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>, seen: &AtomicU64, stop: &AtomicBool) {
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\napi-id: kt10000\r\n\
         cont-yn: N\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let (mut clients, mut active) = (Vec::<Client>::new(), 0);
    for turn in 0_u64.. {
        // The client whose turn it is gets nearly every look; the others one now and then.
        if turn.is_multiple_of(256) {
            if stop.load(Ordering::Acquire) {
                return;
            }
            if let Ok((socket, _)) = listener.accept() {
                socket.set_nonblocking(true).unwrap();
                socket.set_nodelay(true).unwrap();
                let tls = ServerConnection::new(Arc::clone(config)).unwrap();
                clients.push(Client { socket, tls, bytes: Vec::new(), open: true });
            }
            std::thread::yield_now();
        }
        if turn.is_multiple_of(16) && !clients.is_empty() {
            let next = (turn / 16) as usize % clients.len();
            if look(&mut clients[next], &reply, seen) {
                active = next;
            }
        }
        if let Some(client) = clients.get_mut(active) {
            look(client, &reply, seen);
        }
        spin_loop();
    }
}

/// One look at a client; whether there was anything.
fn look(client: &mut Client, reply: &str, seen: &AtomicU64) -> bool {
    if !client.open {
        return false;
    }
    match client.tls.read_tls(&mut client.socket) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
        Ok(0) | Err(_) => {
            client.open = false;
            return false;
        }
        Ok(_) => {}
    }
    if client.tls.process_new_packets().is_err() {
        client.open = false;
        return false;
    }
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = client.tls.reader().read(&mut piece) {
        client.bytes.extend_from_slice(&piece[..count]);
    }
    if let Some(end) = request_end(&client.bytes) {
        client.bytes.drain(..end);
        client.tls.writer().write_all(reply.as_bytes()).unwrap();
        seen.fetch_add(1, Ordering::AcqRel);
    }
    while client.tls.wants_write() {
        if client.tls.write_tls(&mut client.socket).is_err() {
            break;
        }
    }
    true
}

/// Where the first request ends, once it is whole.
fn request_end(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_ascii_lowercase();
    let (_, length) = text.split_once("content-length:")?;
    let length: usize = length.split("\r\n").next()?.trim().parse().unwrap();
    (bytes.len() >= head + length).then_some(head + length)
}

/// Builds and encrypts orders into nothing.
fn count(orders: usize) {
    let (config, pem) = server_config();
    let mut server = ServerConnection::new(config).unwrap();
    let mut roots = RootCertStore::empty();
    use rustls::pki_types::pem::PemObject;
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut &wire[..]).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut &wire[..]).unwrap();
        client.process_new_packets().unwrap();
        wire.clear();
    }
    let token = SecretString::from(TOKEN);
    let mut request =
        PreparedRequest::new("api.kiwoom.com", ORDER_PATH, "engine/0.1.0", &token).unwrap();
    let mut bytes = 0;
    for at in 0..orders {
        let filled = request.fill(black_box(&order(at))).unwrap();
        client.writer().write_all(filled).unwrap();
        wire.clear();
        bytes += client.write_tls(&mut wire).unwrap();
        assert!(!client.wants_write(), "one record, one write");
    }
    println!("{orders} orders, {} bytes each", bytes / orders.max(1));
}

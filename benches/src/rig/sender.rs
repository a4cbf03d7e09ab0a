//! The sender: a broker that speaks just enough (upgrade, LOGIN, REG), then writes frames on a schedule.
//!
//! It spins, on a core of its own, and never looks whether anybody keeps up; only a full socket makes
//! it late, and that counts against the client. Each frame is one `write` and one TLS record, which lies
//! encrypted when its time comes: a broker's encryption is no client's latency. Between two frames, where
//! there is time, it looks after its [order desk](super::rest).

use super::frames::{Frames, INSTRUMENTS};
use super::rest::{Rest, Serving};
use super::{files, now_nanos};
use crate::rig::scenario::Segment;
use anyhow::{Context, bail};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::{Message, WebSocket};

/// Path of the broker's WebSocket.
pub const PATH: &str = "/api/dostk/websocket";
/// Longest wait for what the client has to say or to take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for the client to come: under a profiler it takes its time.
const PATIENCE_FOR_CLIENT: Duration = Duration::from_secs(120);
/// Behind the last frame: longest wait for orders that are on their way.
const LAST_ORDERS: Duration = Duration::from_secs(5);
/// The order desk is looked after when there is this much time to the next frame, nanoseconds.
const DESK_NANOS: u64 = 8_000;
/// From the last registration to the first frame: the client comes to rest.
const SETTLE: Duration = Duration::from_millis(100);
/// The same where orders leave: an engine asks for the broker's books first, so the desk must have been
/// quiet for so long ...
const QUIET: Duration = Duration::from_secs(1);
/// ... for which nobody waits longer than this.
const QUIET_WITHIN: Duration = Duration::from_secs(20);

/// Words of its file for each frame: when it was meant to go, when its write began, when that was done.
pub const STAMPS: usize = 3;

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// What the sender says at the end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// How far the wall clock moved against the monotonic one meanwhile, nanoseconds.
    pub clock_moved_nanos: i64,
    /// Orders that came twice, or that no frame had caused.
    pub stray_orders: u64,
}

/// The files that a sender leaves.
#[derive(Clone, Debug, clap::Args)]
pub struct Files {
    /// Its certificate.
    #[arg(long)]
    pub certificate: PathBuf,
    /// When each frame was meant to go, and from when to when it was written.
    #[arg(long)]
    pub stamps: PathBuf,
    /// When each order was complete.
    #[arg(long)]
    pub arrivals: PathBuf,
}

/// Serves one client: prints the ports of market and orders, waits for it, sends the segments, writes
/// down for each frame when it was meant to go and when it went ([`STAMPS`] words), and for each order when it
/// was complete.
///
/// # Errors
/// Whatever goes wrong with the client or the files.
pub fn serve(segments: &[Segment], orders: usize, paths: &Files) -> anyhow::Result<Sent> {
    let (config, pem) = identity()?;
    std::fs::write(&paths.certificate, pem)?;
    let listener = TcpListener::bind("127.0.0.1:0").context("no port on 127.0.0.1")?;
    let desk = Rest::new(Arc::clone(&config), orders).context("no port for orders")?;
    println!("{} {}", listener.local_addr()?.port(), desk.port()?);
    let desk = Serving::start(desk)?;
    let stream = accept(listener)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let tls = StreamOwned::new(ServerConnection::new(config)?, stream);
    let mut socket = tungstenite::accept_hdr(tls, right_path)
        .map_err(|error| anyhow::anyhow!("the client's handshake failed: {error}"))?;
    greet(&mut socket)?;
    linger(&mut socket, if orders > 0 { QUIET } else { SETTLE })?;
    let begin = Instant::now();
    while orders > 0 && desk.hold().quiet() < QUIET {
        if begin.elapsed() > QUIET_WITHIN {
            bail!("the client still asks for books {QUIET_WITHIN:?} after its registration");
        }
        linger(&mut socket, SETTLE)?;
    }
    let count = segments.iter().map(|segment| segment.frames).sum::<u64>() as usize;
    // Filled once, so that no page is new while frames go.
    let mut log = vec![u64::MAX; STAMPS * count];
    let mut frames = Frames::new();
    let clocks = Clocks::now();
    // A client that waits for the answer to an order takes no frames meanwhile: a full socket must not
    // keep the answer from it.
    socket.get_mut().sock.set_nonblocking(orders > 0)?;
    let sent = {
        let mut held = (orders > 0).then(|| desk.hold());
        send(socket.get_mut(), segments, &mut frames, &mut log, held.as_deref_mut())
    };
    socket.get_mut().sock.set_nonblocking(false)?;
    let clock_moved_nanos = clocks.moved();
    sent.context("the client does not take the frames")?;
    let begin = Instant::now();
    while !desk.hold().is_complete() && begin.elapsed() < LAST_ORDERS {
        std::thread::sleep(Duration::from_millis(1));
    }
    socket.close(None)?;
    socket.flush()?;
    // The client's answer, or its end of the line: both say that it has read everything.
    while socket.read().is_ok() {}
    let (arrivals, stray_orders) = desk.finish();
    files::write_words(&paths.stamps, &log)?;
    files::write_words(&paths.arrivals, &arrivals)?;
    Ok(Sent { clock_moved_nanos, stray_orders })
}

/// The client; whoever was to start it may be gone, so the wait has an end.
fn accept(listener: TcpListener) -> anyhow::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE_FOR_CLIENT {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no client came within {PATIENCE_FOR_CLIENT:?}")
}

fn identity() -> anyhow::Result<(Arc<ServerConfig>, String)> {
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok((Arc::new(config), certificate.pem()))
}

#[allow(clippy::result_large_err, reason = "the handshake's callback has this form")]
fn right_path(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == PATH {
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some(format!("only {PATH} is served")));
    *refusal.status_mut() = tungstenite::http::StatusCode::NOT_FOUND;
    Err(refusal)
}

/// LOGIN, and REG until every instrument has its trades.
fn greet(socket: &mut WebSocket<Tls>) -> anyhow::Result<()> {
    let mut registered = 0;
    while registered < INSTRUMENTS {
        let message = socket.read().context("the client left before it had registered")?;
        registered += reply(socket, message)?;
    }
    Ok(())
}

/// Answers what the client has to say for so long: it may register more.
fn linger(socket: &mut WebSocket<Tls>, time: Duration) -> anyhow::Result<()> {
    let begin = Instant::now();
    while let Some(left) = time.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
        socket.get_mut().sock.set_read_timeout(Some(left))?;
        match socket.read() {
            Ok(message) => drop(reply(socket, message)?),
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("the client left before the first frame"),
        }
    }
    socket.get_mut().sock.set_read_timeout(Some(PATIENCE))?;
    Ok(())
}

/// Answers a message; how many instruments it has registered for trades.
fn reply(socket: &mut WebSocket<Tls>, message: Message) -> anyhow::Result<usize> {
    let Message::Text(text) = message else { return Ok(0) };
    let message: Value = serde_json::from_str(&text).context("the client sent no JSON")?;
    let (answer, registered) = match message["trnm"].as_str().unwrap_or_default() {
        "LOGIN" => (r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#, 0),
        "REG" => (r#"{"trnm":"REG","return_code":0,"return_msg":""}"#, trades_in(&message)),
        other => bail!("the client sent a {other:?}; LOGIN and REG are served"),
    };
    socket.send(Message::text(answer))?;
    Ok(registered)
}

/// Instruments whose trades a REG asks for.
fn trades_in(message: &Value) -> usize {
    let entries = message["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_trades = |entry: &&Value| {
        entry["type"].as_array().is_some_and(|types| types.iter().any(|code| code == "0B"))
    };
    entries
        .iter()
        .filter(has_trades)
        .map(|entry| entry["item"].as_array().map_or(0, Vec::len))
        .sum()
}

fn send(
    tls: &mut Tls,
    segments: &[Segment],
    frames: &mut Frames,
    log: &mut [u64],
    mut desk: Option<&mut Rest>,
) -> std::io::Result<()> {
    let StreamOwned { conn, sock } = tls;
    let mut number = 0;
    let mut due = now_nanos();
    for segment in segments {
        for _ in 0..segment.frames {
            conn.writer().write_all(frames.stamped(number, due))?;
            let mut now = now_nanos();
            if segment.gap_nanos == 0 {
                due = now;
            }
            while now < due {
                match &mut desk {
                    Some(desk) if due - now > DESK_NANOS => desk.turn(),
                    _ => std::hint::spin_loop(),
                }
                now = now_nanos();
            }
            while conn.wants_write() {
                match conn.write_tls(sock) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        wait_for_room(now, &mut desk)?;
                    }
                    Err(error) => return Err(error),
                }
            }
            let at = STAMPS * number as usize;
            log[at..at + STAMPS].copy_from_slice(&[due, now, now_nanos()]);
            number += 1;
            due += segment.gap_nanos;
        }
    }
    Ok(())
}

/// The client lags: looks after its orders meanwhile. A socket that blocks comes here at its time-out.
#[cold]
fn wait_for_room(since: u64, desk: &mut Option<&mut Rest>) -> std::io::Result<()> {
    if u128::from(now_nanos().saturating_sub(since)) > PATIENCE.as_nanos() {
        return Err(ErrorKind::TimedOut.into());
    }
    match desk {
        Some(desk) => desk.turn(),
        None => std::thread::sleep(Duration::from_micros(20)),
    }
    Ok(())
}

struct Clocks {
    wall: u64,
    monotonic: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { wall: now_nanos(), monotonic: Instant::now() }
    }

    fn moved(&self) -> i64 {
        let wall = now_nanos() as i64 - self.wall as i64;
        wall - self.monotonic.elapsed().as_nanos() as i64
    }
}

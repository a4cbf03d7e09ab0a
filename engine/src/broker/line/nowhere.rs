//! A line that leads nowhere: its other end is this process, which throws away what comes.
//!
//! What is sent on it goes through the same code as an order on a real line (request, encryption, write)
//! and keeps that warm. Its TLS session is one of this process with itself, of no use to anybody.

use super::exchange::Deadlines;
use super::socket::Socket;
use super::wire::{Line, Wire};
use crate::broker::api::{ORDER_PATH, OrderCall};
use crate::broker::http::PreparedRequest;
use anyhow::{Context, ensure};
use feed::clock::Clock;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, RootCertStore, ServerConfig,
    ServerConnection, SideData,
};
use secrecy::SecretString;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Name of both ends.
const HOST: &str = "localhost";
/// As long as a token is.
const TOKEN_BYTES: usize = 86;
/// Flights of a handshake, both ways together, are fewer.
const FLIGHTS_MAX: usize = 8;
/// Nothing waits on this line.
const NEVER: Duration = Duration::from_secs(3600);

/// A line whose other end is this process: what is sent on it goes through the code of a real one and is
/// thrown away.
#[derive(Debug)]
pub struct NowhereLine {
    near: Line,
    far: TcpStream,
    thrown_away: u64,
}

impl NowhereLine {
    /// Opens both ends. `tls`: as real lines are.
    ///
    /// # Errors
    /// When there is no socket to be had, or the two ends do not agree.
    pub fn open(tls: bool, clock: &mut Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("a socket for rehearsals")?;
        let near = TcpStream::connect(listener.local_addr()?).context("connecting to ourselves")?;
        let (far, from) = listener.accept().context("hearing ourselves")?;
        ensure!(from == near.local_addr()?, "another process came between the two ends");
        far.set_nonblocking(true)?;
        let tls = tls.then(shake_hands).transpose()?.map(Box::new);
        let wire = Wire { socket: Socket::new(near)?, tls };
        let token = SecretString::from("0".repeat(TOKEN_BYTES));
        let request = PreparedRequest::new(HOST, ORDER_PATH, crate::token::USER_AGENT, &token)?;
        let deadlines = Deadlines { write: NEVER, reply: NEVER };
        let near = Line::new(wire, request, deadlines, 1024, clock.mono());
        Ok(Self { near, far, thrown_away: 0 })
    }

    /// Sends an order to nowhere; whether that went well.
    pub fn send(&mut self, call: &OrderCall, clock: &mut Clock) -> bool {
        let sent = self.near.send(0, call, clock).is_ok();
        let mut bytes = [0; 2048];
        while let Ok(count @ 1..) = self.far.read(&mut bytes) {
            self.thrown_away += count as u64;
        }
        self.near.forget(clock.mono());
        sent
    }

    /// Bytes that came at the other end.
    pub fn thrown_away(&self) -> u64 {
        self.thrown_away
    }
}

/// A client of ours that has shaken hands with a server of ours, in memory. The server is dropped.
pub(super) fn shake_hands() -> anyhow::Result<ClientConnection> {
    let made = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = || Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone())?;
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from(HOST)?)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    for _ in 0..FLIGHTS_MAX {
        carry(&mut *client, &mut *server)?;
        carry(&mut *server, &mut *client)?;
    }
    ensure!(!client.is_handshaking(), "no handshake with ourselves");
    Ok(client)
}

/// What one side has to say goes to the other.
fn carry<A: SideData, B: SideData>(
    from: &mut ConnectionCommon<A>,
    to: &mut ConnectionCommon<B>,
) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes)?;
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        ensure!(to.read_tls(&mut rest)? > 0, "a handshake that does not go on");
        to.process_new_packets()?;
    }
    Ok(())
}

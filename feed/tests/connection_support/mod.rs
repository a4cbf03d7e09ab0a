//! A small WebSocket server and a client loop, for the tests of the connection.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use feed::clock::Clock;
use feed::connection::{
    ConnectError, Connection, ConnectionError, ConnectionOptions, Connector, Frame, NextFrame,
    Poller, TrustedRoots,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long a test waits for what must come. Only a failing test takes that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Anything the server's side can talk over.
pub(crate) trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// What a server does with one WebSocket.
pub(crate) type Script = Box<dyn FnOnce(tungstenite::WebSocket<TcpStream>) + Send>;

/// A server on a free port of this machine that serves one connection.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Server {
    /// Serves one TCP connection.
    pub(crate) fn tcp(serve: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            serve(stream);
        });
        Self { address, thread }
    }

    /// Serves several WebSockets over plain TCP, one after the other, each by its own script.
    pub(crate) fn scripts(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                script(tungstenite::accept(stream).unwrap());
            }
        });
        Self { address, thread }
    }

    /// Serves one WebSocket over plain TCP.
    pub(crate) fn plain(
        serve: impl FnOnce(tungstenite::WebSocket<TcpStream>) + Send + 'static,
    ) -> Self {
        Self::tcp(move |stream| serve(tungstenite::accept(stream).unwrap()))
    }

    /// Serves one WebSocket over TLS.
    pub(crate) fn tls(
        identity: &Identity,
        serve: impl FnOnce(tungstenite::WebSocket<Box<dyn ReadWrite>>) + Send + 'static,
    ) -> Self {
        let config = identity.server_config();
        Self::tcp(move |stream| {
            let connection = ServerConnection::new(config).unwrap();
            let stream: Box<dyn ReadWrite> = Box::new(StreamOwned::new(connection, stream));
            // A client that does not trust us hangs up in here.
            if let Ok(socket) = tungstenite::accept(stream) {
                serve(socket);
            }
        })
    }

    /// The server's end: fails the test if it failed.
    pub(crate) fn finish(self) {
        if let Err(panic) = self.thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// A self-signed certificate with its key.
pub(crate) struct Identity {
    pub(crate) pem: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::from(
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
                .unwrap(),
        )
    }

    pub(crate) fn expired(names: &[&str]) -> Self {
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
                .unwrap();
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        Self::from(params)
    }

    fn from(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Self { pem: certificate.pem(), config: Arc::new(config) }
    }

    fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

/// A client with its poller and its clock.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) poller: Poller,
    pub(crate) clock: Clock,
}

/// An owned copy of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Text(String),
    Binary(usize),
    Control,
    Closed(Option<u16>, String),
}

impl Client {
    pub(crate) fn plain(address: SocketAddr) -> Result<Self, ConnectError> {
        Self::dial(
            &format!("ws://{address}/api/dostk/websocket"),
            TrustedRoots::default(),
            PATIENCE,
        )
    }

    pub(crate) fn tls(url: &str, identity: &Identity) -> Result<Self, ConnectError> {
        Self::dial(url, TrustedRoots::only(&identity.pem), PATIENCE)
    }

    pub(crate) fn dial(
        url: &str,
        roots: TrustedRoots,
        time: Duration,
    ) -> Result<Self, ConnectError> {
        let options = ConnectionOptions { roots, ..ConnectionOptions::new(url.parse().unwrap()) };
        let connector = Connector::new(&options).unwrap();
        let mut poller = Poller::new().unwrap();
        let mut clock = Clock::system();
        let mut dialing = connector.dial(clock.mono(), time, &poller);
        loop {
            if let Some(connection) = dialing.progress(&poller, &mut clock)? {
                return Ok(Self { connection, poller, clock });
            }
            let left = dialing.deadline().since(clock.mono());
            poller.wait(Some(left + Duration::from_millis(1))).unwrap();
        }
    }

    /// The next frame, waited for in the kernel.
    pub(crate) fn next(&mut self) -> Result<Got, ConnectionError> {
        let start = self.clock.mono();
        loop {
            match self.connection.next_frame()? {
                Some(Frame::Text(text)) => {
                    return Ok(Got::Text(String::from_utf8(text.to_vec()).unwrap()));
                }
                Some(Frame::Binary(bytes)) => return Ok(Got::Binary(bytes.len())),
                Some(Frame::Control) => return Ok(Got::Control),
                Some(Frame::Closed { code, reason }) => {
                    return Ok(Got::Closed(code, reason.to_owned()));
                }
                None => {
                    assert!(self.clock.mono().since(start) < PATIENCE, "nothing came");
                    self.connection.flush()?;
                    self.poller.wait(Some(Duration::from_millis(500))).unwrap();
                }
            }
        }
    }

    pub(crate) fn next_text(&mut self) -> String {
        match self.next() {
            Ok(Got::Text(text)) => text,
            other => panic!("no text: {other:?}"),
        }
    }
}

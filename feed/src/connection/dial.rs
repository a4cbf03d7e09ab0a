//! Opening a connection, step by step, without waiting.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};
use tungstenite::handshake::client::{Request, generate_key};

use super::error::{CertificateProblem, ConnectError, DialStage, OptionsError};
use super::frames::Utf8;
use super::handshake::{Agreed, Handshake, Short};
use super::options::{ConnectionOptions, Endpoint, Limits, TrustedRoots};
use super::poll::{Poller, WakeHandle};
use super::socket::StampedSocket;
use super::stream::Stream;
use super::websocket::Connection;
use crate::clock::{Clock, Monotonic};

/// What every attempt shares: where to, whom to trust. Made once, since reading the system's
/// certificates takes milliseconds.
#[derive(Clone, Debug)]
pub struct Connector {
    endpoint: Endpoint,
    user_agent: String,
    limits: Limits,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Connector {
    /// Reads the certificates and checks the options.
    ///
    /// # Errors
    /// When the options cannot work; see [`OptionsError`].
    pub fn new(options: &ConnectionOptions) -> Result<Self, OptionsError> {
        let endpoint = options.endpoint.clone();
        let tls = if endpoint.tls() {
            let name = ServerName::try_from(endpoint.host().to_owned())
                .map_err(|error| OptionsError::Tls { text: error.to_string() })?;
            Some((Arc::new(tls_config(&options.roots)?), name))
        } else {
            None
        };
        let connector =
            Self { endpoint, user_agent: options.user_agent.clone(), limits: options.limits, tls };
        connector.request()?;
        Ok(connector)
    }

    /// The same, with the check of UTF-8 done by this side.
    #[must_use]
    pub fn with_utf8(mut self, utf8: Utf8) -> Self {
        self.limits.utf8 = utf8;
        self
    }

    /// Where to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Begins an attempt. Names are looked up on a thread of their own.
    pub fn dial(&self, now: Monotonic, time: Duration, poller: &Poller) -> Dialing {
        let step = match self.endpoint.host().parse::<IpAddr>() {
            Ok(ip) => Step::Resolved(VecDeque::from([SocketAddr::new(ip, self.endpoint.port())])),
            Err(_) => Step::Resolving(resolve(&self.endpoint, poller.wake_handle())),
        };
        Dialing { connector: self.clone(), deadline: now + time, step }
    }

    fn request(&self) -> Result<Request, OptionsError> {
        Request::builder()
            .uri(self.endpoint.to_string())
            .header("Host", self.endpoint.authority())
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key())
            .header("User-Agent", &self.user_agent)
            .body(())
            .map_err(|_| OptionsError::UserAgent { text: self.user_agent.clone() })
    }
}

/// An attempt to connect. Dropping it gives it up.
#[derive(Debug)]
pub struct Dialing {
    connector: Connector,
    deadline: Monotonic,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Resolving(mpsc::Receiver<io::Result<Vec<SocketAddr>>>),
    Resolved(VecDeque<SocketAddr>),
    Tcp {
        socket: StampedSocket,
        address: SocketAddr,
        others: VecDeque<SocketAddr>,
    },
    Tls {
        stream: Stream,
        address: SocketAddr,
    },
    WebSocket {
        handshake: Box<Handshake>,
        address: SocketAddr,
    },
    /// Between two steps, and after the end.
    Over,
}

impl Dialing {
    /// Goes as far as possible. `Ok(None)`: not there yet, call again after the poller woke.
    ///
    /// # Errors
    /// When the attempt has failed; there is no use in going on with it.
    pub fn progress(
        &mut self,
        poller: &Poller,
        clock: &mut Clock,
    ) -> Result<Option<Connection>, ConnectError> {
        loop {
            let stage = self.stage();
            match self.advance(poller, clock)? {
                Progress::Done(connection) => return Ok(Some(*connection)),
                Progress::Further => {}
                Progress::Waiting if clock.mono() >= self.deadline => {
                    let endpoint = self.connector.endpoint.to_string();
                    return Err(ConnectError::TimedOut { stage, endpoint });
                }
                Progress::Waiting => return Ok(None),
            }
        }
    }

    /// How far it has come.
    pub fn stage(&self) -> DialStage {
        match &self.step {
            Step::Resolving(_) => DialStage::Resolving,
            Step::Resolved(_) | Step::Tcp { .. } => DialStage::Tcp,
            Step::Tls { .. } => DialStage::Tls,
            Step::WebSocket { .. } | Step::Over => DialStage::WebSocket,
        }
    }

    /// When [`Dialing::progress`] gives up.
    pub fn deadline(&self) -> Monotonic {
        self.deadline
    }

    fn advance(&mut self, poller: &Poller, clock: &mut Clock) -> Result<Progress, ConnectError> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Resolving(answer) => self.resolving(answer),
            Step::Resolved(others) => self.open(others, None, poller, clock),
            Step::Tcp { socket, address, others } => match socket.is_connected() {
                Ok(true) => self.start_tls(socket, address),
                Ok(false) => Ok(self.wait(Step::Tcp { socket, address, others })),
                Err(error) => {
                    drop(socket);
                    self.open(others, Some((address, error)), poller, clock)
                }
            },
            Step::Tls { mut stream, address } => match stream.shake_hands() {
                Ok(true) => self.start_websocket(stream, address),
                Ok(false) => Ok(self.wait(Step::Tls { stream, address })),
                Err(error) => Err(self.tls_error(error, address)),
            },
            Step::WebSocket { handshake, address } => {
                let result = handshake.advance();
                self.websocket_progress(result, address)
            }
            Step::Over => {
                // Only reached when a caller goes on after an error.
                let endpoint = self.connector.endpoint.to_string();
                Err(ConnectError::ClosedEarly { stage: DialStage::WebSocket, endpoint })
            }
        }
    }

    fn wait(&mut self, step: Step) -> Progress {
        self.step = step;
        Progress::Waiting
    }

    fn resolving(
        &mut self,
        answer: mpsc::Receiver<io::Result<Vec<SocketAddr>>>,
    ) -> Result<Progress, ConnectError> {
        let not_found = |text: String| ConnectError::HostNotFound {
            host: self.connector.endpoint.host().to_owned(),
            text,
        };
        match answer.try_recv() {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(not_found("it has no address".to_owned()))
            }
            Ok(Ok(addresses)) => {
                self.step = Step::Resolved(addresses.into());
                Ok(Progress::Further)
            }
            Ok(Err(error)) => Err(not_found(error.to_string())),
            Err(mpsc::TryRecvError::Empty) => Ok(self.wait(Step::Resolving(answer))),
            Err(mpsc::TryRecvError::Disconnected) => {
                Err(not_found("the look-up could not be started".to_owned()))
            }
        }
    }

    /// Tries the next address; with none left, the last failure is the answer.
    fn open(
        &mut self,
        mut others: VecDeque<SocketAddr>,
        mut failure: Option<(SocketAddr, io::Error)>,
        poller: &Poller,
        clock: &Clock,
    ) -> Result<Progress, ConnectError> {
        while let Some(address) = others.pop_front() {
            match StampedSocket::connect(address, poller.registry(), clock.clone()) {
                Ok(socket) => {
                    self.step = Step::Tcp { socket, address, others };
                    return Ok(Progress::Further);
                }
                Err(error) => failure = Some((address, error)),
            }
        }
        match failure {
            Some((address, error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Err(ConnectError::Refused { address })
            }
            Some((address, source)) => {
                Err(ConnectError::Io { stage: DialStage::Tcp, address, source })
            }
            None => Err(ConnectError::HostNotFound {
                host: self.connector.endpoint.host().to_owned(),
                text: "it has no address".to_owned(),
            }),
        }
    }

    fn start_tls(
        &mut self,
        socket: StampedSocket,
        address: SocketAddr,
    ) -> Result<Progress, ConnectError> {
        let stream = match &self.connector.tls {
            None => Stream::Plain(socket),
            Some((config, name)) => match ClientConnection::new(Arc::clone(config), name.clone()) {
                Ok(connection) => Stream::tls(connection, socket),
                Err(error) => {
                    let endpoint = self.connector.endpoint.to_string();
                    return Err(ConnectError::Tls { endpoint, text: error.to_string() });
                }
            },
        };
        self.step = Step::Tls { stream, address };
        Ok(Progress::Further)
    }

    fn start_websocket(
        &mut self,
        stream: Stream,
        address: SocketAddr,
    ) -> Result<Progress, ConnectError> {
        let not_websocket = |text: String| ConnectError::NotWebSocket {
            endpoint: self.connector.endpoint.to_string(),
            text,
        };
        let request = self.connector.request().map_err(|error| not_websocket(error.to_string()))?;
        let handshake =
            Handshake::start(stream, request).map_err(|error| not_websocket(error.to_string()))?;
        self.step = Step::WebSocket { handshake: Box::new(handshake), address };
        Ok(Progress::Further)
    }

    fn websocket_progress(
        &mut self,
        result: Result<Agreed, Short>,
        address: SocketAddr,
    ) -> Result<Progress, ConnectError> {
        let endpoint = self.connector.endpoint.to_string();
        match result {
            Ok(agreed) => {
                let connection = Connection::new(agreed, self.connector.limits);
                Ok(Progress::Done(Box::new(connection)))
            }
            Err(Short::Refused(why)) => {
                Err(ConnectError::NotWebSocket { endpoint, text: why.to_owned() })
            }
            Err(Short::Waiting(handshake)) => Ok(self.wait(Step::WebSocket { handshake, address })),
            Err(Short::Failed(error)) => Err(match error {
                tungstenite::Error::Http(response) => {
                    let body = response.body().as_deref().unwrap_or_default();
                    ConnectError::HttpStatus {
                        endpoint,
                        status: response.status().as_u16(),
                        body: beginning(body),
                    }
                }
                tungstenite::Error::Protocol(
                    tungstenite::error::ProtocolError::HandshakeIncomplete,
                ) => ConnectError::ClosedEarly { stage: DialStage::WebSocket, endpoint },
                tungstenite::Error::Io(error) => {
                    self.io_error(DialStage::WebSocket, error, address)
                }
                error => ConnectError::NotWebSocket { endpoint, text: error.to_string() },
            }),
        }
    }

    fn tls_error(&self, error: io::Error, address: SocketAddr) -> ConnectError {
        let endpoint = self.connector.endpoint.to_string();
        let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
        else {
            return self.io_error(DialStage::Tls, error, address);
        };
        match tls {
            rustls::Error::InvalidCertificate(problem) => {
                ConnectError::Certificate { endpoint, problem: certificate_problem(problem) }
            }
            rustls::Error::InvalidMessage(_) => ConnectError::NotTls { endpoint },
            other => ConnectError::Tls { endpoint, text: other.to_string() },
        }
    }

    fn io_error(&self, stage: DialStage, source: io::Error, address: SocketAddr) -> ConnectError {
        match source.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => {
                ConnectError::ClosedEarly { stage, endpoint: self.connector.endpoint.to_string() }
            }
            _ => ConnectError::Io { stage, address, source },
        }
    }
}

enum Progress {
    Further,
    Waiting,
    Done(Box<Connection>),
}

fn certificate_problem(error: &CertificateError) -> CertificateProblem {
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::WrongName
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateProblem::UnknownIssuer
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => CertificateProblem::Expired,
        other => CertificateProblem::Other(other.to_string()),
    }
}

/// The beginning of a body, fit for one line of a log.
fn beginning(body: &[u8]) -> String {
    const SHOWN_MAX: usize = 120;
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c == ' ').filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(SHOWN_MAX).collect()
}

/// Looks a name up on a thread of its own: the system's resolver blocks.
fn resolve(endpoint: &Endpoint, wake: WakeHandle) -> mpsc::Receiver<io::Result<Vec<SocketAddr>>> {
    let (send, receive) = mpsc::sync_channel(1);
    let target = (endpoint.host().to_owned(), endpoint.port());
    // If the thread cannot be started, `send` is dropped with the closure and the receiver sees it.
    let _ = std::thread::Builder::new().name("feed-resolve".to_owned()).spawn(move || {
        let result = target.to_socket_addrs().map(Iterator::collect);
        let _ = send.send(result);
        wake.wake();
    });
    receive
}

fn tls_config(roots: &TrustedRoots) -> Result<ClientConfig, OptionsError> {
    let mut store = RootCertStore::empty();
    let mut problems = String::new();
    if roots.system {
        let found = rustls_native_certs::load_native_certs();
        // Systems carry certificates that no library can read; what counts is that some remain.
        store.add_parsable_certificates(found.certs);
        for error in found.errors.iter().take(3) {
            problems.push_str(&format!(" ({error})"));
        }
    }
    if let Some(pem) = &roots.pem {
        let malformed = |text: String| OptionsError::RootsMalformed { text };
        let before = store.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| malformed(error.to_string()))?;
            store.add(certificate).map_err(|error| malformed(error.to_string()))?;
        }
        if store.len() == before {
            return Err(malformed("there is no certificate in it".to_owned()));
        }
    }
    if store.is_empty() {
        return Err(OptionsError::NoRoots { text: problems });
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OptionsError::Tls { text: error.to_string() })?
        .with_root_certificates(store)
        .with_no_client_auth())
}

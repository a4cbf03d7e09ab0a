//! Making a line: name, connection, handshake. Blocking, with one deadline over all; it runs on the
//! pool's helper thread, never on the gateway's.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use feed::connection::TrustedRoots;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::error::{DialError, LineError};
use super::socket::Socket;
use super::wire::Wire;

/// How lines are made and how long things may take.
#[derive(Clone, Debug)]
pub struct LineOptions {
    /// `https://host` or `https://host:port`; `http://…` for a simulator without TLS.
    pub rest_url: String,
    /// Whose certificates to accept.
    pub roots: TrustedRoots,
    /// The broker's firewall refuses some well-known ones.
    pub user_agent: String,
    /// How many lines stand ready: how many orders may be under way at once. `1..=16`.
    pub lines: usize,
    /// Until the kernel has taken all bytes of an order.
    pub write_timeout: Duration,
    /// Until the reply is complete, from the beginning of the order.
    pub reply_timeout: Duration,
    /// Until a new line stands.
    pub dial_timeout: Duration,
    /// A line that was idle this long is replaced by a fresh one. Learned downwards.
    pub idle_max: Duration,
    /// Largest body of a reply, in bytes.
    pub reply_bytes_max: usize,
}

impl LineOptions {
    /// The usual limits: 2 lines, 1 s to write, 5 s to be answered, renewal after 30 s of silence.
    pub fn new(rest_url: impl Into<String>) -> Self {
        Self {
            rest_url: rest_url.into(),
            roots: TrustedRoots::default(),
            user_agent: crate::token::USER_AGENT.to_owned(),
            lines: 2,
            write_timeout: Duration::from_secs(1),
            reply_timeout: Duration::from_secs(5),
            dial_timeout: Duration::from_secs(5),
            idle_max: Duration::from_secs(30),
            reply_bytes_max: 64 << 10,
        }
    }

    pub(super) fn checked(self) -> Result<Self, LineError> {
        if !(1..=16).contains(&self.lines) {
            return Err(LineError::Limit("lines must be from 1 to 16"));
        }
        let times = [self.write_timeout, self.reply_timeout, self.dial_timeout, self.idle_max];
        if times.iter().any(Duration::is_zero) {
            return Err(LineError::Limit("no timeout of a line may be zero"));
        }
        if self.reply_bytes_max < 1024 {
            return Err(LineError::Limit("reply_bytes_max must be 1024 or more"));
        }
        Ok(self)
    }
}

/// Where to and whom to trust, read once. Makes one connection after the other.
#[derive(Clone)]
pub struct Dialer {
    host: String,
    port: u16,
    /// For the `host` header.
    authority: String,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    timeout: Duration,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Dialer {
    /// Reads address and certificates.
    ///
    /// # Errors
    /// When they cannot work.
    pub fn new(options: &LineOptions) -> Result<Self, LineError> {
        let bad = |why: &str| LineError::Url { url: shown(&options.rest_url), why: why.to_owned() };
        let url = reqwest::Url::parse(&options.rest_url).map_err(|e| bad(&e.to_string()))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("it must begin with https:// or http://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it must not hold a user or a password"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("it must end after host and port"));
        }
        let authority = url.host_str().ok_or_else(|| bad("the host is missing"))?;
        let host = authority.trim_matches(['[', ']']).to_owned();
        let authority = match url.port() {
            Some(port) => format!("{authority}:{port}"),
            None => authority.to_owned(),
        };
        let tls = match secure {
            false => None,
            true => {
                let name = ServerName::try_from(host.clone()).map_err(|e| bad(&e.to_string()))?;
                Some((Arc::new(tls_config(&options.roots)?), name))
            }
        };
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Self { host, port, authority, tls, timeout: options.dial_timeout })
    }

    /// `host` or `host:port`, for the header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Makes a connection. Blocks until it stands or the time is up (looking a name up may take
    /// longer: the system's resolver knows no deadline).
    pub(super) fn dial(&self) -> Result<Wire, DialError> {
        let deadline = Instant::now() + self.timeout;
        let name_error = |why: String| DialError::Name { host: self.host.clone(), why };
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| name_error(error.to_string()))?
            .collect();
        let mut last = name_error("it has no address".to_owned());
        for address in addresses {
            let left = self.left(deadline)?;
            let connected = TcpStream::connect_timeout(&address, left);
            let stream = match connected {
                Ok(stream) => stream,
                Err(error) => {
                    last = DialError::Tcp { address, why: error.to_string() };
                    continue;
                }
            };
            return self.secure(stream, address, deadline);
        }
        Err(last)
    }

    fn left(&self, deadline: Instant) -> Result<Duration, DialError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DialError::TimedOut { host: self.host.clone() });
        }
        Ok(left)
    }

    fn secure(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        deadline: Instant,
    ) -> Result<Wire, DialError> {
        let tcp_error = |error: io::Error| DialError::Tcp { address, why: error.to_string() };
        let tls_error = |why: String| DialError::Tls { address, why };
        let mut tls = None;
        if let Some((config, name)) = &self.tls {
            let mut connection = ClientConnection::new(Arc::clone(config), name.clone())
                .map_err(|error| tls_error(error.to_string()))?;
            let mut timed = Timed { stream: &stream, deadline };
            while connection.is_handshaking() || connection.wants_write() {
                match connection.complete_io(&mut timed) {
                    Ok((0, 0)) => return Err(tls_error("it hung up".to_owned())),
                    Ok(_) => {}
                    Err(error) if is_timeout(error.kind()) => {
                        return Err(DialError::TimedOut { host: self.host.clone() });
                    }
                    Err(error) => return Err(tls_error(error.to_string())),
                }
            }
            tls = Some(Box::new(connection));
        }
        Ok(Wire { socket: Socket::new(stream).map_err(tcp_error)?, tls })
    }
}

fn is_timeout(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// A blocking stream whose every call ends at one deadline.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An address without what might be a password in it.
fn shown(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => url.to_owned(),
    }
}

fn tls_config(roots: &TrustedRoots) -> Result<ClientConfig, LineError> {
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
        let before = store.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|e| LineError::RootsMalformed(e.to_string()))?;
            store.add(certificate).map_err(|e| LineError::RootsMalformed(e.to_string()))?;
        }
        if store.len() == before {
            return Err(LineError::RootsMalformed("there is no certificate in it".to_owned()));
        }
    }
    if store.is_empty() {
        return Err(LineError::NoRoots(problems));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LineError::Tls(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    // What we speak. A server that would rather speak HTTP/2 must know.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // An order must not be replayed.
    config.enable_early_data = false;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialer(url: &str) -> Result<Dialer, LineError> {
        Dialer::new(&LineOptions::new(url))
    }

    #[test]
    fn an_address_gives_host_port_and_header() {
        for (url, host, port, authority) in [
            ("http://api.kiwoom.com", "api.kiwoom.com", 80, "api.kiwoom.com"),
            ("http://127.0.0.1:8080/", "127.0.0.1", 8080, "127.0.0.1:8080"),
            ("http://[::1]:9", "::1", 9, "[::1]:9"),
        ] {
            let dialer = dialer(url).unwrap();
            assert_eq!((dialer.host.as_str(), dialer.port), (host, port));
            assert_eq!(dialer.authority(), authority);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_a_password() {
        for url in [
            "",
            "api.kiwoom.com",
            "ftp://h",
            "https://me:canary@h",
            "https://h/path",
            "https://h?x",
        ] {
            let error = dialer(url).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        type Change = fn(&mut LineOptions);
        let changes: [Change; 4] = [
            |o| o.lines = 0,
            |o| o.lines = 17,
            |o| o.reply_timeout = Duration::ZERO,
            |o| o.reply_bytes_max = 1,
        ];
        for change in changes {
            let mut options = LineOptions::new("http://h");
            change(&mut options);
            assert!(matches!(options.checked(), Err(LineError::Limit(_))));
        }
    }
}

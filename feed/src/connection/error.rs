//! What can go wrong with a connection, by who must act.

use std::fmt;
use std::net::SocketAddr;

use super::frames::Violation;

/// A configuration that cannot work. Whoever wrote it must change it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The address cannot be read.
    #[error("{text:?} is no WebSocket address: {why}; expected wss://host:port/path")]
    Endpoint {
        /// The text given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address holds a user name or a password.
    #[error("the WebSocket address holds a user name or a password; the broker wants none there")]
    EndpointHasUser,
    /// The extra certificate authorities cannot be read.
    #[error("the trusted certificates cannot be read as PEM: {text}")]
    RootsMalformed {
        /// What the reader said.
        text: String,
    },
    /// Nobody is trusted.
    #[error(
        "no trusted certificate authority was found; install the system's ca-certificates, or name \
         a PEM file{text}"
    )]
    NoRoots {
        /// What went wrong while looking, if anything.
        text: String,
    },
    /// The user agent cannot stand in a header.
    #[error("the user agent {text:?} holds characters that a header cannot have")]
    UserAgent {
        /// The text given.
        text: String,
    },
    /// The TLS library refuses the set-up.
    #[error("TLS cannot be set up: {text}")]
    Tls {
        /// What it said.
        text: String,
    },
}

/// How far an attempt to connect had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStage {
    /// Looking up the host's name.
    Resolving,
    /// Opening the TCP connection.
    Tcp,
    /// Shaking hands for TLS.
    Tls,
    /// Shaking hands for the WebSocket.
    WebSocket,
}

impl fmt::Display for DialStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolving => "looking up the host name",
            Self::Tcp => "opening the TCP connection",
            Self::Tls => "the TLS handshake",
            Self::WebSocket => "the WebSocket handshake",
        })
    }
}

/// What is wrong with the peer's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is for another name.
    WrongName,
    /// Nobody trusted vouches for it.
    UnknownIssuer,
    /// Its time is over or has not come.
    Expired,
    /// Anything else, in the TLS library's words.
    Other(String),
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongName => f.write_str(
                "it is for another host name: check the address, or whether something stands in \
                 between",
            ),
            Self::UnknownIssuer => f.write_str(
                "no trusted authority issued it: update the system's certificates, or name the \
                 authority's PEM file if the broker is a simulator",
            ),
            Self::Expired => {
                f.write_str("it has expired or is not valid yet: check this machine's clock first")
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Why an attempt to connect failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host's name leads nowhere.
    #[error("host {host:?} was not found: {text}; check the name and the line")]
    HostNotFound {
        /// The name.
        host: String,
        /// What the resolver said.
        text: String,
    },
    /// Nobody listens there.
    #[error("{address} refused the connection: nothing listens there; check host and port")]
    Refused {
        /// The address tried last.
        address: SocketAddr,
    },
    /// The line broke, or never was.
    #[error("{stage} with {address} failed: {source}")]
    Io {
        /// How far it had come.
        stage: DialStage,
        /// The address tried last.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// It took too long.
    #[error("{stage} with {endpoint} took too long; check host, port and firewall")]
    TimedOut {
        /// How far it had come.
        stage: DialStage,
        /// Where to.
        endpoint: String,
    },
    /// The peer hung up in the middle.
    #[error("{endpoint} closed the connection during {stage}")]
    ClosedEarly {
        /// How far it had come.
        stage: DialStage,
        /// Where to.
        endpoint: String,
    },
    /// The peer's certificate is not to be trusted.
    #[error("the certificate of {endpoint} is not accepted: {problem}")]
    Certificate {
        /// Where to.
        endpoint: String,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// What answers there speaks no TLS.
    #[error("{endpoint} does not speak TLS: check the port, or use ws:// for a plain simulator")]
    NotTls {
        /// Where to.
        endpoint: String,
    },
    /// The TLS handshake failed in another way.
    #[error("the TLS handshake with {endpoint} failed: {text}")]
    Tls {
        /// Where to.
        endpoint: String,
        /// What the library said.
        text: String,
    },
    /// The server answered the upgrade with another status than 101.
    #[error("{endpoint} refused the WebSocket with HTTP status {status}{}{body}",
            if .body.is_empty() { "" } else { ": " })]
    HttpStatus {
        /// Where to.
        endpoint: String,
        /// The status.
        status: u16,
        /// The beginning of the body, as far as it had arrived; control characters left out.
        body: String,
    },
    /// What answers there is no WebSocket server.
    #[error("{endpoint} does not answer like a WebSocket server: {text}; check port and path")]
    NotWebSocket {
        /// Where to.
        endpoint: String,
        /// What was wrong with the answer.
        text: String,
    },
}

impl ConnectError {
    /// Whether a person must act before another attempt can work.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Certificate { .. } | Self::NotTls { .. } | Self::NotWebSocket { .. } => true,
            // 408 and 429 ask to come again; the rest of the 4xx says that we ask wrongly.
            Self::HttpStatus { status, .. } => {
                (300..500).contains(status) && !matches!(status, 408 | 429)
            }
            Self::HostNotFound { .. }
            | Self::Refused { .. }
            | Self::Io { .. }
            | Self::TimedOut { .. }
            | Self::ClosedEarly { .. }
            | Self::Tls { .. } => false,
        }
    }
}

/// Why an open connection is of no use any more. It must be dropped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The line broke.
    #[error("the line broke: {0}")]
    Io(std::io::Error),
    /// The peer hung up without a Close frame.
    #[error("the peer hung up without a Close frame")]
    HungUp,
    /// TLS failed on the way.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// A message is larger than we accept.
    #[error("a message of {bytes} bytes came; at most {max} are accepted")]
    MessageTooLong {
        /// Its size in bytes, as far as it was announced.
        bytes: u64,
        /// The limit in bytes.
        max: usize,
    },
    /// A text message is no UTF-8.
    #[error("a text message is no UTF-8")]
    NotUtf8,
    /// The peer broke the WebSocket protocol.
    #[error("the peer broke the WebSocket protocol: {0}")]
    Protocol(Violation),
    /// The system has no random bytes for the mask of a frame.
    #[error("the system gave no random bytes, and no frame may be sent without")]
    NoRandomness,
    /// More is waiting to be sent than the peer takes.
    #[error("the peer does not take what we send: the send buffer is full")]
    SendBufferFull,
    /// Something was sent after the end.
    #[error("the connection is closed")]
    AlreadyClosed,
}

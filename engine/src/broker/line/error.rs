//! What can go wrong on a line, sorted by what is known about the order.

use std::io;
use std::net::SocketAddr;

use crate::broker::api::FormError;
use crate::broker::http::{RequestError, ResponseError};

/// Surely no byte of the order left this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// The broker's form cannot express it.
    #[error("not sent: {0}")]
    Form(#[from] FormError),
    /// Every line has an order under way.
    #[error("not sent: all {lines} lines have an order under way; configure more lines")]
    Busy {
        /// How many there are.
        lines: usize,
    },
    /// There is no line.
    #[error("not sent: no line to the broker stands ({reason})")]
    NoLine {
        /// Why, as far as it is known.
        reason: String,
    },
    /// The line was closed before the order came.
    #[error("not sent: the line had ended before ({0})")]
    Closed(String),
    /// The kernel took no byte of it.
    #[error("not sent: the kernel took no byte of it ({0})")]
    Write(io::ErrorKind),
    /// The kernel took no byte of it in time.
    #[error("not sent: the kernel took no byte of it within the deadline")]
    WriteTimedOut,
}

impl NotSent {
    /// Whether another line may still take the order.
    pub fn is_of_the_line(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::Write(_))
    }
}

/// Bytes of the order may have left, and there is no reply that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// The connection broke in the middle of the write.
    #[error("outcome unknown: the line broke after {taken} bytes of the order ({kind})")]
    Write {
        /// Bytes that the kernel had taken.
        taken: usize,
        /// How it broke.
        kind: io::ErrorKind,
    },
    /// The kernel took a part only.
    #[error("outcome unknown: only {taken} bytes of the order left within the deadline")]
    WriteTimedOut {
        /// Bytes that the kernel had taken.
        taken: usize,
    },
    /// No complete reply in time.
    #[error("outcome unknown: no complete reply within the deadline (begun: {begun})")]
    TimedOut {
        /// Whether a part of a reply had come.
        begun: bool,
    },
    /// The connection ended before the reply, or within it.
    #[error(
        "outcome unknown: the line ended before the reply was complete (begun: {begun}, with a goodbye: {clean})"
    )]
    Closed {
        /// Whether a part of a reply had come.
        begun: bool,
        /// Whether the end was announced.
        clean: bool,
    },
    /// The connection broke while we waited.
    #[error("outcome unknown: the line broke while waiting for the reply ({0})")]
    Read(io::ErrorKind),
    /// TLS failed.
    #[error("outcome unknown: TLS failed while waiting for the reply ({0})")]
    Tls(String),
    /// What came is no reply.
    #[error("outcome unknown: {0}")]
    Garbage(#[from] ResponseError),
    /// The reply names another call.
    #[error("outcome unknown: the reply is to {found:?}, the order was {sent}")]
    Foreign {
        /// The `api-id` of the order.
        sent: &'static str,
        /// The `api-id` of the reply.
        found: String,
    },
    /// More than one reply.
    #[error("outcome unknown: {bytes} bytes more than one reply came, so none can be believed")]
    Surplus {
        /// How many.
        bytes: usize,
    },
    /// The line was dropped with the order under way.
    #[error("outcome unknown: the line was given up while the order was under way")]
    GivenUp,
}

/// Options that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// Not an address.
    #[error("{url:?} is no address for orders: {why}; write https://host or https://host:port")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// No certificate authority to trust.
    #[error("no certificate authority to trust{0}; check the system's certificates and ca_file")]
    NoRoots(String),
    /// The given authority cannot be read.
    #[error("the certificate authority is not PEM: {0}")]
    RootsMalformed(String),
    /// TLS refuses the options.
    #[error("TLS refuses the options: {0}")]
    Tls(String),
    /// The token, or a part of the head.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The helper thread cannot be started.
    #[error("cannot start the thread that makes lines: {0}")]
    Thread(String),
    /// A limit that makes no sense.
    #[error("{0}")]
    Limit(&'static str),
}

/// Why a line could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The name has no address.
    #[error("cannot find {host}: {why}")]
    Name {
        /// The name.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// No connection.
    #[error("cannot connect to {address}: {why}")]
    Tcp {
        /// The last address that was tried.
        address: SocketAddr,
        /// Why.
        why: String,
    },
    /// No TLS.
    #[error("no TLS with {address}: {why}; check rest_url, ca_file and this machine's clock")]
    Tls {
        /// Which address.
        address: SocketAddr,
        /// Why.
        why: String,
    },
    /// Too slow.
    #[error("{host} did not answer in time")]
    TimedOut {
        /// Which host.
        host: String,
    },
}

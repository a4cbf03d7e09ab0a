//! The byte stream below the WebSocket: plain, or under TLS.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::socket::StampedSocket;
use super::tls::TlsStream;

/// A byte stream to the broker.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP alone.
    Plain(StampedSocket),
    /// TLS over TCP. Boxed: the state of TLS is large, and streams are moved during the handshake.
    Tls(Box<TlsStream<StampedSocket>>),
}

impl Stream {
    pub(super) fn tls(tls: ClientConnection, socket: StampedSocket) -> Self {
        Self::Tls(Box::new(TlsStream::new(tls, socket)))
    }

    #[inline]
    pub(super) fn socket(&self) -> &StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref(),
        }
    }

    pub(super) fn socket_mut(&mut self) -> &mut StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_mut(),
        }
    }

    /// Goes on with the TLS handshake; `Ok(true)` when it is done or there is none.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(stream) => stream.shake_hands(),
        }
    }

    /// Says goodbye on the TLS layer, as far as that goes without waiting.
    pub(super) fn say_goodbye(&mut self) {
        if let Self::Tls(stream) = self {
            stream.say_goodbye();
        }
    }

    /// Whether the TLS layer has something to send.
    #[inline]
    pub(super) fn wants_write(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.wants_write(),
        }
    }
}

impl Read for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

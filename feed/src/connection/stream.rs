//! The byte stream below the WebSocket: plain, or under TLS.

use std::io::{self, Read, Write};

use rustls::{ClientConnection, StreamOwned};

use super::socket::StampedSocket;

/// A byte stream to the broker.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP alone.
    Plain(StampedSocket),
    /// TLS over TCP. Boxed: the state of TLS is large, and streams are moved during the handshake.
    Tls(Box<StreamOwned<ClientConnection, StampedSocket>>),
}

impl Stream {
    pub(super) fn tls(connection: ClientConnection, socket: StampedSocket) -> Self {
        Self::Tls(Box::new(StreamOwned::new(connection, socket)))
    }

    #[inline]
    pub(super) fn socket(&self) -> &StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    pub(super) fn socket_mut(&mut self) -> &mut StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    /// Goes on with the TLS handshake; `Ok(true)` when it is done or there is none.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        let Self::Tls(stream) = self else { return Ok(true) };
        while stream.conn.is_handshaking() {
            match stream.conn.complete_io(&mut stream.sock) {
                Ok((0, 0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Says goodbye on the TLS layer, as far as that goes without waiting.
    pub(super) fn say_goodbye(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.conn.write_tls(&mut stream.sock);
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

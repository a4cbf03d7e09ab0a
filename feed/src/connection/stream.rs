//! The byte stream below the WebSocket: plain, or under TLS.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::socket::StampedSocket;

/// A byte stream to the broker.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP alone.
    Plain(StampedSocket),
    /// TLS over TCP. Boxed: the state of TLS is large, and streams are moved during the handshake.
    Tls(Box<TlsStream>),
}

/// TLS over TCP.
#[derive(Debug)]
pub(super) struct TlsStream {
    tls: ClientConnection,
    socket: StampedSocket,
    /// Whether decrypted bytes may be waiting in `tls`.
    has_plaintext: bool,
}

impl Stream {
    pub(super) fn tls(tls: ClientConnection, socket: StampedSocket) -> Self {
        Self::Tls(Box::new(TlsStream { tls, socket, has_plaintext: false }))
    }

    #[inline]
    pub(super) fn socket(&self) -> &StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.socket,
        }
    }

    pub(super) fn socket_mut(&mut self) -> &mut StampedSocket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &mut stream.socket,
        }
    }

    /// Goes on with the TLS handshake; `Ok(true)` when it is done or there is none.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        let Self::Tls(stream) = self else { return Ok(true) };
        while stream.tls.is_handshaking() {
            match stream.tls.complete_io(&mut stream.socket) {
                Ok((0, 0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // What came with the server's last handshake message is decrypted already.
        stream.has_plaintext = true;
        Ok(true)
    }

    /// Says goodbye on the TLS layer, as far as that goes without waiting.
    pub(super) fn say_goodbye(&mut self) {
        if let Self::Tls(stream) = self {
            stream.tls.send_close_notify();
            let _ = stream.write_tls();
        }
    }

    /// Whether the TLS layer has something to send.
    #[inline]
    pub(super) fn wants_write(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.tls.wants_write(),
        }
    }
}

impl TlsStream {
    /// Writes what the TLS layer has to send; fails with "would block" when the socket does not take
    /// all of it.
    fn write_tls(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            if self.tls.write_tls(&mut self.socket)? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    #[cold]
    fn tls_error(&mut self, error: rustls::Error) -> io::Error {
        // The alert that tells the peer what was wrong, if it still listens.
        let _ = self.write_tls();
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

impl Read for TlsStream {
    /// One `recvmsg` at most brings the bytes that are returned.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.has_plaintext {
                match self.tls.reader().read(buffer) {
                    Ok(bytes) => {
                        // A full buffer says that there may be more.
                        self.has_plaintext = bytes == buffer.len();
                        return Ok(bytes);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.has_plaintext = false;
                    }
                    Err(error) => return Err(error),
                }
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                // The end, with a goodbye or without: the reader tells which.
                return self.tls.reader().read(buffer);
            }
            let state = match self.tls.process_new_packets() {
                Ok(state) => state,
                Err(error) => return Err(self.tls_error(error)),
            };
            self.has_plaintext = state.plaintext_bytes_to_read() > 0 || state.peer_has_closed();
            if self.tls.wants_write() {
                // New keys of the peer want an answer. What does not go now goes with the next flush.
                match self.write_tls() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What was encrypted before goes first, so that little is kept here.
        self.write_tls()?;
        let taken = self.tls.writer().write(bytes)?;
        match self.write_tls() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_tls()
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

//! TLS as a client over any byte stream that does not wait.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

/// TLS over a stream of bytes. Nothing of it waits: "would block" of the stream below comes through.
///
/// rustls decrypts in a buffer of its own, puts the plaintext of each record into a box, and copies it
/// out here. Its "unbuffered" interface does the first two as well and was measured to bring nothing
/// (`cargo bench -p benches --bench framing`).
#[derive(Debug)]
pub struct TlsStream<S> {
    tls: ClientConnection,
    socket: S,
    /// Whether decrypted bytes may be waiting in `tls`.
    has_plaintext: bool,
}

impl<S: Read + Write> TlsStream<S> {
    /// A stream at the beginning of its handshake.
    pub fn new(tls: ClientConnection, socket: S) -> Self {
        Self { tls, socket, has_plaintext: false }
    }

    /// Goes on with the handshake; `Ok(true)` when it is done, `Ok(false)` when the stream has no more
    /// for now.
    ///
    /// # Errors
    /// When it has failed.
    pub fn shake_hands(&mut self) -> io::Result<bool> {
        while self.tls.is_handshaking() {
            match self.tls.complete_io(&mut self.socket) {
                Ok((0, 0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // What came with the server's last handshake message is decrypted already.
        self.has_plaintext = true;
        Ok(true)
    }

    /// The stream below.
    #[inline]
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The stream below. Reading from it or writing to it breaks what is above.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Whether there is something to send.
    #[inline]
    pub fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// Says goodbye, as far as that goes without waiting.
    pub fn say_goodbye(&mut self) {
        self.tls.send_close_notify();
        let _ = self.write_tls();
    }

    /// Writes what there is to send; fails with "would block" when the stream does not take all of it.
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

impl<S: Read + Write> Read for TlsStream<S> {
    /// Returns what one read of the stream below brought, as far as it fits.
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

impl<S: Read + Write> Write for TlsStream<S> {
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

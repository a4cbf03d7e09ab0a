//! The WebSocket layer on a socket: frames in, frames out, and the end of it.

use std::io::{self, Read, Write};

use super::error::ConnectionError;
use super::frames::{Close, FrameReader, Opcode, Received, Violation};
use super::handshake::Agreed;
use super::options::Limits;
use super::outbox::Outbox;
use super::socket::ReadStamp;
use super::stream::Stream;
use crate::clock::Clock;

/// What the peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole text message. Valid UTF-8 unless the check was left to the taker
    /// ([`Limits::utf8`](super::Limits::utf8)).
    Text(&'a [u8]),
    /// A whole binary message. The broker sends none.
    Binary(&'a [u8]),
    /// A ping or pong of the WebSocket layer. Pings are answered by themselves.
    Control,
    /// The peer's Close frame: the last thing it says. Our answer to it is on its way.
    Closed {
        /// The code, if there was one.
        code: Option<u16>,
        /// The reason; often empty.
        reason: &'a str,
    },
}

/// Where frames come from: the seam behind which another reader can stand.
pub trait NextFrame {
    /// The next frame, if one is complete, with the stamp of the read that completed it; `Ok(None)`
    /// when the socket has no more bytes for now.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    fn next_stamped(&mut self) -> Result<Option<(Frame<'_>, ReadStamp)>, ConnectionError>;

    /// The next frame alone.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ConnectionError> {
        Ok(self.next_stamped()?.map(|(frame, _)| frame))
    }

    /// When the bytes that were read last arrived.
    fn last_read(&self) -> ReadStamp;
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    reader: FrameReader,
    outbox: Outbox,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// We said Close; what the peer sent before it saw that still comes.
    CloseSent,
    /// The peer said Close, or something went wrong: nothing follows.
    Over,
}

impl Connection {
    pub(super) fn new(agreed: Agreed, limits: Limits) -> Self {
        let mut reader = FrameReader::new(limits.reader());
        let taken = reader.fill(&agreed.tail);
        // The handshake reads less at once than the buffer holds.
        debug_assert_eq!(taken, agreed.tail.len(), "what came with the handshake fits");
        Self {
            stream: agreed.stream,
            reader,
            outbox: Outbox::new(limits.send_bytes_max),
            phase: Phase::Open,
        }
    }

    /// Sends a text message, or keeps what the kernel does not take for [`Connection::flush`].
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn send_text(&mut self, text: &str) -> Result<(), ConnectionError> {
        self.send(Opcode::Text, text.as_bytes())
    }

    /// Sends a binary message, like [`Connection::send_text`].
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        self.send(Opcode::Binary, bytes)
    }

    /// Sends a Close frame (1000). Read on until [`Frame::Closed`]: what the peer had sent before it
    /// saw our Close still comes.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn send_close(&mut self) -> Result<(), ConnectionError> {
        if self.phase != Phase::Open {
            return Ok(());
        }
        self.outbox.push_close(Some(1000), "")?;
        self.phase = Phase::CloseSent;
        self.flush()
    }

    /// Goes on sending what is waiting. Cheap when nothing is.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    #[inline]
    pub fn flush(&mut self) -> Result<(), ConnectionError> {
        if self.outbox.is_empty() && !self.stream.wants_write() {
            return Ok(());
        }
        self.write_waiting().map_err(translate)
    }

    /// Whether the peer has hung up, after the exchange of Close frames. The server is to hang up first
    /// (RFC 6455, section 7.1.1); whoever has the time may wait for it. Whatever still comes is thrown
    /// away.
    pub fn peer_hung_up(&mut self) -> bool {
        if self.phase != Phase::Over {
            return false;
        }
        loop {
            match self.stream.read(self.reader.space_for_nothing()) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => return true,
            }
        }
    }

    /// All bytes read from the socket so far, TLS and framing included.
    pub fn bytes_read(&self) -> u64 {
        self.stream.socket().bytes_read()
    }

    /// Acknowledges what was read, and holds the next acknowledgements back until the next call: to be
    /// called when the frames of a read are dealt with. See [`acknowledge`](super::kernel::acknowledge).
    #[inline]
    pub fn acknowledge(&self) {
        self.stream.socket().acknowledge();
    }

    /// Takes over a clock that was anchored again.
    pub fn adopt_clock(&mut self, clock: &Clock) {
        self.stream.socket_mut().adopt_clock(clock);
    }

    fn send(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), ConnectionError> {
        if self.phase != Phase::Open {
            return Err(ConnectionError::AlreadyClosed);
        }
        self.outbox.push(opcode, payload)?;
        self.flush()
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        self.outbox.write_to(&mut self.stream)?;
        match self.stream.flush() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    /// Tells the peer what it did, as far as it still listens, and gives up on it.
    #[cold]
    fn fail(&mut self, violation: Violation) -> ConnectionError {
        if self.phase == Phase::Open
            && self.outbox.push_close(Some(violation.close_code()), "").is_ok()
        {
            let _ = self.write_waiting();
        }
        self.phase = Phase::Over;
        match violation {
            Violation::NotUtf8 => ConnectionError::NotUtf8,
            Violation::MessageTooLong { bytes, max } => {
                ConnectionError::MessageTooLong { bytes, max }
            }
            violation => ConnectionError::Protocol(violation),
        }
    }

    #[cold]
    fn broke(&mut self, error: io::Error) -> ConnectionError {
        self.phase = Phase::Over;
        translate(error)
    }
}

impl NextFrame for Connection {
    #[inline]
    fn next_stamped(&mut self) -> Result<Option<(Frame<'_>, ReadStamp)>, ConnectionError> {
        if self.phase == Phase::Over {
            return Err(ConnectionError::AlreadyClosed);
        }
        let piece = loop {
            match self.reader.advance() {
                Ok(Some(piece)) => break piece,
                Ok(None) => {}
                Err(violation) => return Err(self.fail(violation)),
            }
            match self.stream.read(self.reader.space()) {
                Ok(0) => return Err(self.broke(io::ErrorKind::UnexpectedEof.into())),
                Ok(bytes) => self.reader.commit(bytes),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(self.broke(error)),
            }
        };
        let stamp = self.stream.socket().last_read();
        let frame = match self.reader.view(&piece).map_err(ConnectionError::Protocol)? {
            Received::Text(text) => Frame::Text(text),
            Received::Binary(bytes) => Frame::Binary(bytes),
            Received::Pong(_) => Frame::Control,
            Received::Ping(payload) => {
                // After our Close nothing of ours may follow.
                if self.phase == Phase::Open {
                    self.outbox.push(Opcode::Pong, payload)?;
                    self.outbox.write_to(&mut self.stream).map_err(translate)?;
                }
                Frame::Control
            }
            Received::Close(Close { code, reason }) => {
                if self.phase == Phase::Open {
                    // If our answer does not go out, the peer has stopped listening, which is its
                    // right after Close.
                    let _ = self.outbox.push_close(code, "");
                    let _ = self.outbox.write_to(&mut self.stream);
                    let _ = self.stream.flush();
                }
                self.phase = Phase::Over;
                Frame::Closed { code, reason }
            }
        };
        Ok(Some((frame, stamp)))
    }

    #[inline]
    fn last_read(&self) -> ReadStamp {
        self.stream.socket().last_read()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stream.say_goodbye();
    }
}

fn translate(error: io::Error) -> ConnectionError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ConnectionError::HungUp,
        io::ErrorKind::InvalidData => ConnectionError::Tls(error.to_string()),
        _ => ConnectionError::Io(error),
    }
}

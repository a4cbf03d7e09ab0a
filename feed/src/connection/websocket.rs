//! The WebSocket layer: text frames out of a byte stream.

use std::io;

use tungstenite::error::{CapacityError, ProtocolError};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, Utf8Bytes, WebSocket};

use super::error::ConnectionError;
use super::socket::ReadStamp;
use super::stream::Stream;
use crate::clock::Clock;

/// The largest message that is accepted, in bytes, after reassembly of its fragments.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// What the peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole text message, valid UTF-8.
    Text(&'a [u8]),
    /// A whole binary message of so many bytes. The broker sends none.
    Binary(usize),
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
    socket: WebSocket<Stream>,
    /// The message handed out last, kept alive for its borrower.
    message: Message,
    /// Whether the peer's Close was handed out: nothing follows.
    is_closed: bool,
}

/// What the library is told. The read buffer is small because the library clears all of it before
/// every read.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
        .max_write_buffer_size(4 << 20)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
}

impl Connection {
    pub(super) fn new(socket: WebSocket<Stream>) -> Self {
        Self { socket, message: Message::Text(Utf8Bytes::default()), is_closed: false }
    }

    /// Sends a text message, or keeps what the kernel does not take for [`Connection::flush`].
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn send_text(&mut self, text: &str) -> Result<(), ConnectionError> {
        let message = Message::Text(Utf8Bytes::from(text));
        pending(self.socket.send(message))
    }

    /// Sends a Close frame (1000). Read on until [`Frame::Closed`]: what the peer had sent before it
    /// saw our Close still comes.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn send_close(&mut self) -> Result<(), ConnectionError> {
        let close = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        pending(self.socket.close(Some(close)))?;
        self.flush()
    }

    /// Goes on sending what is waiting. Cheap when nothing is.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub fn flush(&mut self) -> Result<(), ConnectionError> {
        pending(self.socket.flush())
    }

    /// All bytes read from the socket so far, TLS and framing included.
    pub fn bytes_read(&self) -> u64 {
        self.socket.get_ref().socket().bytes_read()
    }

    /// Takes over a clock that was anchored again.
    pub fn adopt_clock(&mut self, clock: &Clock) {
        self.socket.get_mut().socket_mut().adopt_clock(clock);
    }
}

impl NextFrame for Connection {
    #[inline]
    fn next_stamped(&mut self) -> Result<Option<(Frame<'_>, ReadStamp)>, ConnectionError> {
        if self.is_closed {
            return Err(ConnectionError::AlreadyClosed);
        }
        self.message = match self.socket.read() {
            Ok(message) => message,
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(translate(error)),
        };
        let stamp = self.last_read();
        let frame = match &self.message {
            Message::Text(text) => Frame::Text(text.as_bytes()),
            Message::Binary(bytes) => Frame::Binary(bytes.len()),
            Message::Close(frame) => {
                self.is_closed = true;
                // Our answer goes out here. If it does not, the peer has stopped listening, which is
                // its right after Close.
                let _ = self.socket.flush();
                let (code, reason) = match frame {
                    Some(frame) => (Some(frame.code.into()), frame.reason.as_str()),
                    None => (None, ""),
                };
                Frame::Closed { code, reason }
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Frame::Control,
        };
        Ok(Some((frame, stamp)))
    }

    #[inline]
    fn last_read(&self) -> ReadStamp {
        self.socket.get_ref().socket().last_read()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.socket.get_mut().say_goodbye();
    }
}

/// "Would block" while sending is no failure: the rest waits for the next flush.
fn pending(result: Result<(), Error>) -> Result<(), ConnectionError> {
    match result {
        Ok(()) => Ok(()),
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(translate(error)),
    }
}

fn translate(error: Error) -> ConnectionError {
    match error {
        Error::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => ConnectionError::HungUp,
            io::ErrorKind::InvalidData => ConnectionError::Tls(error.to_string()),
            _ => ConnectionError::Io(error),
        },
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            ConnectionError::MessageTooLong { bytes: size, max: max_size }
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => ConnectionError::HungUp,
        Error::Utf8(_) => ConnectionError::NotUtf8,
        Error::ConnectionClosed | Error::AlreadyClosed => ConnectionError::AlreadyClosed,
        Error::WriteBufferFull(_) => ConnectionError::SendBufferFull,
        error => ConnectionError::Protocol(error.to_string()),
    }
}

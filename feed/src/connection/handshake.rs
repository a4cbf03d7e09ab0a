//! The WebSocket handshake, which is tungstenite's, and the bytes right behind it, which are ours.

use std::io::{self, Read, Write};

use tungstenite::handshake::client::{ClientHandshake, Request, Response};
use tungstenite::handshake::{HandshakeError, MidHandshake};

use super::stream::Stream;

/// A handshake on its way.
#[derive(Debug)]
pub(super) struct Handshake(MidHandshake<ClientHandshake<Tap>>);

/// What an end of the handshake leaves: the stream, and what was read behind the answer's head.
pub(super) struct Agreed {
    pub(super) stream: Stream,
    pub(super) tail: Vec<u8>,
}

/// How a step ended short of that.
pub(super) enum Short {
    /// The socket has no more for now.
    Waiting(Box<Handshake>),
    /// It failed.
    Failed(tungstenite::Error),
    /// The server did what tungstenite does not look at.
    Refused(&'static str),
}

impl Handshake {
    pub(super) fn start(stream: Stream, request: Request) -> Result<Self, tungstenite::Error> {
        ClientHandshake::start(Tap::new(stream), request, None).map(Self)
    }

    /// Goes as far as the socket lets it.
    pub(super) fn advance(self) -> Result<Agreed, Short> {
        match self.0.handshake() {
            Ok((socket, response)) => finish(socket.into_inner(), &response),
            Err(HandshakeError::Interrupted(handshake)) => {
                Err(Short::Waiting(Box::new(Self(handshake))))
            }
            Err(HandshakeError::Failure(error)) => Err(Short::Failed(error)),
        }
    }
}

fn finish(tap: Tap, response: &Response) -> Result<Agreed, Short> {
    // RFC 6455, section 4.1: an extension that was not asked for fails the connection.
    if response.headers().contains_key("Sec-WebSocket-Extensions") {
        return Err(Short::Refused("it uses an extension that was not asked for"));
    }
    match tap.head {
        Head::Over => Ok(Agreed { stream: tap.stream, tail: tap.tail }),
        // Lines that end with a bare line feed: where the head ends is anybody's guess then.
        Head::Matched(_) => Err(Short::Refused("the lines of its answer do not end with CR LF")),
    }
}

/// A stream that holds back what follows the head of the answer, so that tungstenite, which keeps what
/// it has read to itself, never reads a byte of a frame.
#[derive(Debug)]
struct Tap {
    stream: Stream,
    head: Head,
    status: Status,
    tail: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// So many bytes of [`END_OF_HEAD`] stand at the end of what has come.
    Matched(usize),
    /// The head is complete.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// So many bytes of [`SWITCHING`] have come.
    Matched(usize),
    /// It is 101: frames follow.
    Switching,
    /// Anything else: what follows is the body of an answer, which belongs into the error.
    Other,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101";

impl Tap {
    fn new(stream: Stream) -> Self {
        Self { stream, head: Head::Matched(0), status: Status::Matched(0), tail: Vec::new() }
    }

    /// How many of these bytes tungstenite may see.
    fn look(&mut self, bytes: &[u8]) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            if let Status::Matched(matched) = self.status {
                self.status = match SWITCHING.get(matched) {
                    Some(wanted) if *wanted == byte => Status::Matched(matched + 1),
                    Some(_) => Status::Other,
                    None => Status::Switching,
                };
            }
            if let Head::Matched(matched) = self.head {
                let matched = match byte {
                    byte if byte == END_OF_HEAD[matched] => matched + 1,
                    b'\r' => 1,
                    _ => 0,
                };
                if matched == END_OF_HEAD.len() {
                    self.head = Head::Over;
                    return if self.status == Status::Other { bytes.len() } else { at + 1 };
                }
                self.head = Head::Matched(matched);
            }
        }
        bytes.len()
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.stream.read(buffer)?;
        let shown = self.look(&buffer[..bytes]);
        self.tail.extend_from_slice(&buffer[shown..bytes]);
        Ok(shown)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

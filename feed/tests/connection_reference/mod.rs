//! What a stream of frames means: by our reader, in any pieces, and by tungstenite's, whole.
//! Shared by the property tests and the fuzz target.

use std::io::{self, Read, Write};

use feed::connection::frames::{FrameReader, ReaderOptions, Received, Violation};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// What came out, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End<V> {
    /// The bytes are used up; more could follow.
    Open,
    /// The peer said Close.
    Closed,
    /// The peer broke a rule.
    Broken(V),
}

/// What our reader makes of these pieces.
pub(crate) fn ours<'a>(
    options: ReaderOptions,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, End<Violation>) {
    let mut reader = FrameReader::new(options);
    let mut events = Vec::new();
    for mut rest in pieces {
        loop {
            match reader.next() {
                Ok(Some(Received::Text(bytes))) => events.push(Event::Text(bytes.to_vec())),
                Ok(Some(Received::Binary(bytes))) => events.push(Event::Binary(bytes.to_vec())),
                Ok(Some(Received::Ping(bytes))) => events.push(Event::Ping(bytes.to_vec())),
                Ok(Some(Received::Pong(bytes))) => events.push(Event::Pong(bytes.to_vec())),
                Ok(Some(Received::Close(close))) => {
                    events.push(Event::Close(close.code, close.reason.to_owned()));
                    return (events, End::Closed);
                }
                Err(violation) => return (events, End::Broken(violation)),
                Ok(None) if rest.is_empty() => break,
                Ok(None) => {
                    let taken = reader.fill(rest);
                    assert!(taken > 0, "there is room when a frame is incomplete");
                    rest = &rest[taken..];
                }
            }
        }
    }
    (events, End::Open)
}

/// What tungstenite makes of the whole.
pub(crate) fn reference(message_bytes_max: usize, bytes: &[u8]) -> (Vec<Event>, End<String>) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(message_bytes_max))
        .max_frame_size(Some(message_bytes_max));
    let mut socket = WebSocket::from_raw_socket(Tape(bytes), Role::Client, Some(config));
    let mut events = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => events.push(Event::Text(text.as_bytes().to_vec())),
            Ok(Message::Binary(bytes)) => events.push(Event::Binary(bytes.to_vec())),
            Ok(Message::Ping(bytes)) => events.push(Event::Ping(bytes.to_vec())),
            Ok(Message::Pong(bytes)) => events.push(Event::Pong(bytes.to_vec())),
            Ok(Message::Close(frame)) => {
                events.push(match frame {
                    Some(frame) => Event::Close(Some(frame.code.into()), frame.reason.to_string()),
                    None => Event::Close(None, String::new()),
                });
                return (events, End::Closed);
            }
            Ok(Message::Frame(_)) => unreachable!("frames are never read"),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return (events, End::Open);
            }
            Err(error) => return (events, End::Broken(error.to_string())),
        }
    }
}

/// Whether the two say the same, as far as tungstenite is as strict as the RFC.
pub(crate) fn check_agreement(
    (ours, our_end): &(Vec<Event>, End<Violation>),
    (theirs, their_end): &(Vec<Event>, End<String>),
) {
    match our_end {
        End::Open => {
            assert_eq!(ours, theirs);
            assert_eq!(their_end, &End::Open);
        }
        // A code that the registry has and tungstenite refuses.
        End::Closed if matches!(ours.last(), Some(Event::Close(Some(1014), _))) => {
            assert_eq!(ours[..ours.len() - 1], theirs[..theirs.len() - 1]);
            assert_eq!(their_end, &End::Closed);
        }
        End::Closed => {
            assert_eq!(ours, theirs);
            assert_eq!(their_end, &End::Closed);
        }
        // tungstenite takes lengths in any form (so that a control frame may have a long form of a short
        // length), and answers bad codes by itself.
        End::Broken(
            Violation::LengthNotMinimal { .. }
            | Violation::ControlTooLong
            | Violation::CloseCode { .. },
        ) => {
            assert!(theirs.starts_with(ours), "{ours:?} {theirs:?}");
        }
        // It may not have seen the fault yet, but it has nothing more to say than we have.
        End::Broken(violation) => {
            assert_eq!(ours, theirs, "{violation}");
            assert_ne!(their_end, &End::Closed, "{violation}");
        }
    }
}

/// Bytes from a slice; "would block" behind its end. What is written is thrown away.
struct Tape<'a>(&'a [u8]);

impl Read for Tape<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(buffer)
    }
}

impl Write for Tape<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

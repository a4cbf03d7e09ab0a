//! Ways from bytes in memory to the payloads of WebSocket messages, plain and under TLS.
#![allow(dead_code, reason = "the suite and the example use a part each")]

pub(crate) mod tls;
mod unbuffered;

use std::io::{self, Read, Write};

use feed::connection::frames::{FrameReader, ReaderOptions, Received, Utf8};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

pub(crate) use unbuffered::UnbufferedOurs;

/// A socket in memory: gives what was released of its bytes, then "would block".
#[derive(Debug, Default)]
pub(crate) struct Tape {
    bytes: Vec<u8>,
    at: usize,
    released: usize,
    /// What was written.
    pub(crate) out: Vec<u8>,
}

impl Tape {
    /// Puts other bytes in. None of them is released yet.
    pub(crate) fn load(&mut self, bytes: Vec<u8>) {
        assert_eq!(self.at, self.bytes.len(), "everything was read before");
        (self.bytes, self.at, self.released) = (bytes, 0, 0);
    }

    /// Lets the reader have everything before this offset.
    #[inline]
    pub(crate) fn release(&mut self, until: usize) {
        self.released = until;
    }
}

impl Read for Tape {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = buffer.len().min(self.released - self.at);
        if bytes == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buffer[..bytes].copy_from_slice(&self.bytes[self.at..self.at + bytes]);
        self.at += bytes;
        Ok(bytes)
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One way.
pub(crate) trait Link {
    fn tape(&mut self) -> &mut Tape;
    /// Gives every message that is complete to `sink`; returns how many.
    fn drain(&mut self, sink: impl FnMut(&[u8])) -> usize;
}

/// Reads the bytes and looks at none: the cost of measuring.
pub(crate) struct Empty<S> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
    message_bytes: usize,
}

impl<S: Read> Empty<S> {
    /// `message_bytes` on the stream make a message.
    pub(crate) fn new(stream: S, message_bytes: usize) -> Self {
        Self { stream, buffer: vec![0; 64 << 10], message_bytes }
    }

    #[inline]
    pub(crate) fn pour(&mut self, mut sink: impl FnMut(&[u8])) -> usize {
        let mut bytes = 0;
        while let Ok(read) = self.stream.read(&mut self.buffer) {
            bytes += read;
            sink(&self.buffer[..read]);
        }
        bytes / self.message_bytes
    }
}

/// Our reader, as the connection uses it.
pub(crate) struct Ours<S> {
    pub(crate) stream: S,
    reader: FrameReader,
}

impl<S: Read> Ours<S> {
    pub(crate) fn new(stream: S, utf8: Utf8) -> Self {
        Self { stream, reader: FrameReader::new(ReaderOptions { utf8, ..Default::default() }) }
    }

    #[inline]
    pub(crate) fn pour(&mut self, mut sink: impl FnMut(&[u8])) -> usize {
        let mut messages = 0;
        loop {
            match self.reader.next().expect("valid frames") {
                Some(Received::Text(text)) => {
                    sink(text);
                    messages += 1;
                    continue;
                }
                Some(other) => panic!("text only: {other:?}"),
                None => {}
            }
            match self.stream.read(self.reader.space()) {
                Ok(bytes) => self.reader.commit(bytes),
                Err(_) => return messages,
            }
        }
    }
}

/// tungstenite, configured as it was for the feed.
pub(crate) struct Tungstenite<S> {
    pub(crate) socket: WebSocket<S>,
}

impl<S: Read + Write> Tungstenite<S> {
    pub(crate) fn new(stream: S) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(1 << 20))
            .max_frame_size(Some(1 << 20));
        Self { socket: WebSocket::from_raw_socket(stream, Role::Client, Some(config)) }
    }

    #[inline]
    pub(crate) fn pour(&mut self, mut sink: impl FnMut(&[u8])) -> usize {
        let mut messages = 0;
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    sink(text.as_bytes());
                    messages += 1;
                }
                Ok(other) => panic!("text only: {other}"),
                Err(tungstenite::Error::Io(_)) => return messages,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// What one writes first: a growing buffer, a copy of each payload, the rest moved to the front.
pub(crate) struct Naive<S> {
    pub(crate) stream: S,
    waiting: Vec<u8>,
}

impl<S: Read> Naive<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, waiting: Vec::new() }
    }

    #[inline]
    pub(crate) fn pour(&mut self, mut sink: impl FnMut(&[u8])) -> usize {
        let mut chunk = vec![0; 16 << 10];
        let mut messages = 0;
        while let Ok(read) = self.stream.read(&mut chunk) {
            self.waiting.extend_from_slice(&chunk[..read]);
            while let Some((message, used)) = first_message(&self.waiting) {
                sink(message.as_bytes());
                messages += 1;
                self.waiting.drain(..used);
            }
        }
        messages
    }
}

fn first_message(bytes: &[u8]) -> Option<(String, usize)> {
    let (length, header) = match *bytes.get(1)? {
        126 => (usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])), 4),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(header..header + length)?;
    Some((String::from_utf8(payload.to_vec()).expect("text"), header + length))
}

macro_rules! plain_links {
    ($($name:ident: $($tape:ident).+;)*) => {$(
        impl Link for $name<Tape> {
            fn tape(&mut self) -> &mut Tape {
                &mut self.$($tape).+
            }

            #[inline]
            fn drain(&mut self, sink: impl FnMut(&[u8])) -> usize {
                self.pour(sink)
            }
        }
    )*};
}

plain_links! {
    Empty: stream;
    Ours: stream;
    Naive: stream;
}

impl Link for Tungstenite<Tape> {
    fn tape(&mut self) -> &mut Tape {
        self.socket.get_mut()
    }

    #[inline]
    fn drain(&mut self, sink: impl FnMut(&[u8])) -> usize {
        self.pour(sink)
    }
}

/// A text frame of a server.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short message");
    assert!(length >= 126, "a form of length is enough here");
    [&[0x81, 126][..], &length.to_be_bytes(), payload].concat()
}

/// A recorded trade, made as long as wanted with fields that nobody asked for.
pub(crate) fn message(bytes: usize) -> String {
    const RECORDED: &str = include_str!("../../../feed/tests/data/recorded.jsonl");
    let single = |line: &&str| {
        line.matches(r#""type":"#).count() == 1
            && line.contains(r#""type":"0B""#)
            && line.contains(r#""values":{"#)
    };
    let mut text = RECORDED.lines().find(single).expect("a recorded trade").to_owned();
    let at = text.find(r#""values":{"#).expect("values") + r#""values":{"#.len();
    let mut fid = 7_000;
    while text.len() + 12 + 12 <= bytes {
        text.insert_str(at, &format!(r#""{fid}":"000","#));
        fid += 1;
    }
    let missing = bytes.checked_sub(text.len() + 9).expect("no longer than wanted");
    text.insert_str(at, &format!(r#""{fid}":"{}","#, "0".repeat(missing.saturating_sub(1))));
    assert_eq!(text.len(), bytes, "as long as wanted");
    text
}

//! The state between reads.

use std::fmt;
use std::ops::Range;

use super::close::Close;
use super::header::{CONTROL_BYTES_MAX, HEADER_BYTES_MAX, Header, Opcode};
use super::utf8::{self, Utf8};
use super::violation::Violation;

/// The largest message that is accepted unless told otherwise, in bytes, after reassembly of its
/// fragments.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// The size of the buffer unless told otherwise, in bytes: four of the largest TLS records.
pub const BUFFER_BYTES: usize = 64 << 10;

/// How a [`FrameReader`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// The largest message that is accepted, in bytes, after reassembly of its fragments.
    pub message_bytes_max: usize,
    /// The size of the buffer, in bytes. Larger frames are copied once. At least 256 are taken, so that
    /// a control frame always fits.
    pub buffer_bytes: usize,
    /// Who checks that text is UTF-8.
    pub utf8: Utf8,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { message_bytes_max: MESSAGE_BYTES_MAX, buffer_bytes: BUFFER_BYTES, utf8: Utf8::Check }
    }
}

/// What the peer sent: a whole message, or a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A whole text message. Valid UTF-8 under [`Utf8::Check`].
    Text(&'a [u8]),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// A ping: wants a pong with the same bytes at once.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// The peer's Close frame. Nothing comes after it.
    Close(Close<'a>),
}

/// Takes bytes and hands out messages. See the [module](super).
///
/// ```
/// use feed::connection::frames::{FrameReader, ReaderOptions, Received};
///
/// let mut reader = FrameReader::new(ReaderOptions::default());
/// let bytes = [0x81, 0x02, b'h', b'i'];
/// reader.space()[..4].copy_from_slice(&bytes);
/// reader.commit(4);
/// assert_eq!(reader.next(), Ok(Some(Received::Text(b"hi"))));
/// assert_eq!(reader.next(), Ok(None));
/// ```
pub struct FrameReader {
    /// What was read and not handed out is at `start..end`.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// A message in fragments, or larger than the buffer, as far as it has come.
    message: Vec<u8>,
    /// How many bytes of the unfinished text are known to be UTF-8.
    checked: usize,
    state: State,
    /// Of which kind the message in fragments is, from its first frame to its last.
    fragments: Option<DataKind>,
    options: ReaderOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A header comes next.
    Header,
    /// `left` bytes of a payload on its way into `message` come next.
    Payload { left: usize, fin: bool },
    /// The message in `message` was handed out: it goes before anything else is done.
    Delivered,
    /// The peer said Close.
    Closed,
    /// The peer broke a rule: nothing it says counts any more.
    Broken(Violation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DataKind {
    Text,
    Binary,
}

/// Something to hand out, by its place: what borrows is made from it at the very end.
#[derive(Clone, Debug)]
pub(in super::super) enum Piece {
    /// In the buffer.
    InPlace(Opcode, Range<usize>),
    /// In `message`.
    Assembled(Opcode),
}

/// With less room than this behind the bytes, they are moved to the front before a read.
const ROOM_BYTES_MIN: usize = 16 << 10;

/// The smallest buffer: a control frame must fit.
const BUFFER_BYTES_MIN: usize = 256;
const _: () = assert!(BUFFER_BYTES_MIN >= CONTROL_BYTES_MAX + HEADER_BYTES_MAX);

impl FrameReader {
    /// A reader at the beginning of a connection.
    pub fn new(options: ReaderOptions) -> Self {
        Self {
            buffer: vec![0; options.buffer_bytes.max(BUFFER_BYTES_MIN)].into_boxed_slice(),
            start: 0,
            end: 0,
            message: Vec::new(),
            checked: 0,
            state: State::Header,
            fragments: None,
            options,
        }
    }

    /// Room for what comes from the socket: read into it, then [`commit`](Self::commit). Never empty
    /// when [`next`](Self::next) has said `Ok(None)`.
    #[inline]
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 && self.buffer.len() - self.end < ROOM_BYTES_MIN {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.buffer[self.end..]
    }

    /// The whole buffer, for bytes that nobody will look at. What was in it is gone.
    pub(in super::super) fn space_for_nothing(&mut self) -> &mut [u8] {
        (self.start, self.end) = (0, 0);
        &mut self.buffer
    }

    /// Says how many bytes were put at the beginning of [`space`](Self::space).
    ///
    /// # Panics
    /// When that is more than there was room for.
    #[inline]
    pub fn commit(&mut self, bytes: usize) {
        assert!(bytes <= self.buffer.len() - self.end, "no more than there is room for");
        self.end += bytes;
    }

    /// Puts in bytes that were read by somebody else, as far as there is room; returns how many.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        let space = self.space();
        let taken = bytes.len().min(space.len());
        space[..taken].copy_from_slice(&bytes[..taken]);
        self.commit(taken);
        taken
    }

    /// The next message or control frame; `Ok(None)` when more bytes are needed, and after a Close.
    ///
    /// # Errors
    /// When the peer broke a rule; the same again from then on.
    #[expect(clippy::should_implement_trait, reason = "what it returns borrows the reader")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Received<'_>>, Violation> {
        match self.advance()? {
            Some(piece) => Ok(Some(self.view(&piece)?)),
            None => Ok(None),
        }
    }

    /// Like [`next`](Self::next), by place.
    #[inline]
    pub(in super::super) fn advance(&mut self) -> Result<Option<Piece>, Violation> {
        if let Some(payload) = self.plain_text() {
            return Ok(Some(Piece::InPlace(Opcode::Text, payload)));
        }
        self.advance_by_rule()
    }

    /// What nearly every frame of the broker is: a whole text message of 126 to 65,535 bytes in one frame.
    /// Anything else, and whatever is wrong with it, is left to [`step`](Self::step), which would give
    /// the same for these.
    #[inline]
    fn plain_text(&mut self) -> Option<Range<usize>> {
        const FINAL_TEXT: u8 = 0x81;
        const TWO_BYTES_OF_LENGTH: u8 = 126;
        let [FINAL_TEXT, TWO_BYTES_OF_LENGTH, high, low, rest @ ..] =
            &self.buffer[self.start..self.end]
        else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let is_plain = self.state == State::Header
            && self.fragments.is_none()
            && length >= 126
            && length <= rest.len()
            && length <= self.options.message_bytes_max;
        if !is_plain {
            return None;
        }
        if self.options.utf8 == Utf8::Check {
            utf8::check(&rest[..length], &mut self.checked, true).ok()?;
            self.checked = 0;
        }
        let begin = self.start + 4;
        self.start = begin + length;
        Some(begin..self.start)
    }

    fn advance_by_rule(&mut self) -> Result<Option<Piece>, Violation> {
        match self.step() {
            Err(violation) => {
                self.state = State::Broken(violation);
                Err(violation)
            }
            piece => piece,
        }
    }

    /// What lies at that place. Only to be asked for the piece handed out last.
    #[inline]
    pub(in super::super) fn view(&self, piece: &Piece) -> Result<Received<'_>, Violation> {
        let (opcode, bytes) = match piece {
            Piece::InPlace(opcode, range) => (*opcode, &self.buffer[range.clone()]),
            Piece::Assembled(opcode) => (*opcode, &self.message[..]),
        };
        Ok(match opcode {
            Opcode::Text => Received::Text(bytes),
            Opcode::Binary | Opcode::Continuation => Received::Binary(bytes),
            Opcode::Ping => Received::Ping(bytes),
            Opcode::Pong => Received::Pong(bytes),
            Opcode::Close => Received::Close(Close::parse(bytes)?),
        })
    }

    fn step(&mut self) -> Result<Option<Piece>, Violation> {
        loop {
            match self.state {
                State::Header => {}
                State::Payload { left, fin } => match self.assemble(left, fin)? {
                    Some(piece) => return Ok(Some(piece)),
                    None if self.state == State::Header => {}
                    None => return Ok(None),
                },
                State::Delivered => {
                    self.message.clear();
                    self.state = State::Header;
                }
                State::Closed => {
                    self.start = self.end;
                    return Ok(None);
                }
                State::Broken(violation) => return Err(violation),
            }
            let Some(header) = Header::parse(&self.buffer[self.start..self.end])? else {
                return Ok(None);
            };
            if header.opcode.is_control() {
                return self.control(header);
            }
            let kind = self.kind_of(header)?;
            let total = header.payload_bytes.saturating_add(self.message.len() as u64);
            let max = self.options.message_bytes_max;
            if total > max as u64 {
                return Err(Violation::MessageTooLong { bytes: total, max });
            }
            // At most `max`, so it fits.
            let payload = header.payload_bytes as usize;
            let is_alone = header.fin && self.fragments.is_none();
            if is_alone && header.header_bytes + payload <= self.buffer.len() {
                return self.in_place(kind, header.header_bytes, payload);
            }
            self.start += header.header_bytes;
            self.fragments = Some(kind);
            self.state = State::Payload { left: payload, fin: header.fin };
        }
    }

    /// Which kind of message a data frame belongs to.
    #[inline]
    fn kind_of(&self, header: Header) -> Result<DataKind, Violation> {
        match (header.opcode, self.fragments) {
            (Opcode::Text, None) => Ok(DataKind::Text),
            (Opcode::Binary, None) => Ok(DataKind::Binary),
            (Opcode::Continuation, Some(kind)) => Ok(kind),
            (Opcode::Continuation, None) => Err(Violation::NothingToContinue),
            _ => Err(Violation::MessageInsideMessage),
        }
    }

    /// A message of one frame that fits the buffer.
    #[inline]
    fn in_place(
        &mut self,
        kind: DataKind,
        header: usize,
        payload: usize,
    ) -> Result<Option<Piece>, Violation> {
        let begin = self.start + header;
        let end = begin + payload;
        let is_whole = end <= self.end;
        if kind == DataKind::Text && self.options.utf8 == Utf8::Check {
            let arrived = begin.min(self.end)..end.min(self.end);
            utf8::check(&self.buffer[arrived], &mut self.checked, is_whole)?;
        }
        if !is_whole {
            return Ok(None);
        }
        self.checked = 0;
        self.start = end;
        Ok(Some(Piece::InPlace(kind.opcode(), begin..end)))
    }

    fn control(&mut self, header: Header) -> Result<Option<Piece>, Violation> {
        let begin = self.start + header.header_bytes;
        // At most 125.
        let end = begin + header.payload_bytes as usize;
        if end > self.end {
            return Ok(None);
        }
        if header.opcode == Opcode::Close {
            Close::parse(&self.buffer[begin..end])?;
            self.state = State::Closed;
        }
        self.start = end;
        Ok(Some(Piece::InPlace(header.opcode, begin..end)))
    }

    /// Takes what has come of a payload into `message`; the message, if that was the last of it.
    fn assemble(&mut self, left: usize, fin: bool) -> Result<Option<Piece>, Violation> {
        let taken = left.min(self.end - self.start);
        self.message.extend_from_slice(&self.buffer[self.start..self.start + taken]);
        self.start += taken;
        let left = left - taken;
        let is_whole = fin && left == 0;
        let kind = self.fragments.unwrap_or(DataKind::Binary);
        if kind == DataKind::Text && self.options.utf8 == Utf8::Check {
            utf8::check(&self.message, &mut self.checked, is_whole)?;
        }
        if left > 0 {
            self.state = State::Payload { left, fin };
            return Ok(None);
        }
        if !fin {
            self.state = State::Header;
            return Ok(None);
        }
        self.state = State::Delivered;
        self.fragments = None;
        self.checked = 0;
        Ok(Some(Piece::Assembled(kind.opcode())))
    }
}

impl DataKind {
    #[inline]
    fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

impl fmt::Debug for FrameReader {
    /// Sizes only: what is in the buffers belongs to nobody's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("waiting_bytes", &(self.end - self.start))
            .field("assembled_bytes", &self.message.len())
            .field("state", &self.state)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

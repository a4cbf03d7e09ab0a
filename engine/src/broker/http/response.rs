//! One reply, from whatever pieces it arrives in.
//!
//! Bodies come with a `content-length`, in chunks, or to the end of the connection. Everything is
//! bounded: 16 KiB of head, 64 headers, and as much body as the caller allows. What HTTP leaves open to
//! two readings (both framings at once, two lengths that differ) is an error: whoever reads it
//! differently from us would find another reply behind it.

use std::time::Duration;

/// Largest head, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 64;
/// Interim replies (1xx) before the real one.
const INTERIM_MAX: u32 = 8;
/// A line with a chunk's size, or a trailer.
const LINE_BYTES_MAX: usize = 8 << 10;

/// Bytes that are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The head is no HTTP/1 head.
    #[error("no HTTP/1 reply: {0}")]
    Head(httparse::Error),
    /// More head than allowed.
    #[error("the head of the reply is longer than {HEAD_BYTES_MAX} bytes")]
    HeadTooLong,
    /// More body than allowed.
    #[error("the body of the reply is longer than {max} bytes")]
    BodyTooLong {
        /// What was allowed.
        max: usize,
    },
    /// A length that is no number, or several.
    #[error("the reply's content-length is no single number")]
    Length,
    /// Both framings, or one that nobody asked for.
    #[error("the reply's transfer-encoding is not plain chunked")]
    Encoding,
    /// The chunks make no sense.
    #[error("the chunks of the reply make no sense")]
    Chunk,
    /// An upgrade, or interim replies without end.
    #[error("the reply changes the protocol, or never begins")]
    Interim,
}

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// The body, decoded from its chunks.
    pub body: Vec<u8>,
    /// The `api-id` header, when there is one.
    pub api_id: Option<String>,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
    /// `Keep-Alive: timeout=…`: how long the server keeps an idle connection.
    pub idle_timeout: Option<Duration>,
    /// Bytes behind the reply that are not white space: they belong to no request of ours.
    pub surplus: usize,
}

/// Collects one reply.
#[derive(Debug)]
pub struct ResponseReader {
    raw: Vec<u8>,
    /// Everything in `raw` before this is dealt with.
    at: usize,
    body: Vec<u8>,
    body_max: usize,
    head: Option<Head>,
    step: Step,
    interim: u32,
    started: bool,
}

#[derive(Clone, Debug)]
struct Head {
    status: u16,
    api_id: Option<String>,
    keep_alive: bool,
    idle_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Head,
    Sized { left: usize },
    ChunkSize,
    ChunkData { left: usize },
    ChunkEnd,
    Trailer,
    UntilClose,
    Done,
}

impl ResponseReader {
    /// A reader for replies with bodies of at most `body_max` bytes.
    pub fn new(body_max: usize) -> Self {
        Self {
            raw: Vec::with_capacity(4096),
            at: 0,
            body: Vec::with_capacity(1024),
            body_max,
            head: None,
            step: Step::Head,
            interim: 0,
            started: false,
        }
    }

    /// Forgets everything, keeps its memory.
    pub fn reset(&mut self) {
        self.raw.clear();
        self.body.clear();
        (self.at, self.head, self.step) = (0, None, Step::Head);
        (self.interim, self.started) = (0, false);
    }

    /// Whether any byte of a reply has come.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Takes bytes; `Ok(Some)` when the reply is complete.
    ///
    /// # Errors
    /// When the bytes cannot be a reply. The reader is of no use until [`Self::reset`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Response>, ResponseError> {
        self.started |= !bytes.is_empty();
        self.raw.extend_from_slice(bytes);
        while self.advance()? {}
        self.compact();
        Ok(if self.step == Step::Done { self.take() } else { None })
    }

    /// The connection has ended. A reply without a length ends with it, if the end is a `clean` one;
    /// anything else is cut short: `None`.
    pub fn end(&mut self, clean: bool) -> Option<Response> {
        if self.step != Step::UntilClose || !clean {
            return None;
        }
        self.step = Step::Done;
        self.take()
    }

    fn take(&mut self) -> Option<Response> {
        let head = self.head.take()?;
        let rest = &self.raw[self.at..];
        Some(Response {
            status: head.status,
            body: std::mem::take(&mut self.body),
            api_id: head.api_id,
            keep_alive: head.keep_alive,
            idle_timeout: head.idle_timeout,
            surplus: rest.iter().filter(|b| !matches!(b, b'\r' | b'\n')).count(),
        })
    }

    /// One step; `Ok(false)` when more bytes are needed or it is done.
    fn advance(&mut self) -> Result<bool, ResponseError> {
        let rest = self.raw.len() - self.at;
        match self.step {
            Step::Done => return Ok(false),
            Step::Head => return self.read_head(),
            Step::Sized { left } | Step::ChunkData { left } => {
                let now = rest.min(left);
                self.keep(now)?;
                self.step = match (self.step, left - now) {
                    (Step::Sized { .. }, 0) => Step::Done,
                    (Step::Sized { .. }, left) => Step::Sized { left },
                    (_, 0) => Step::ChunkEnd,
                    (_, left) => Step::ChunkData { left },
                };
                return Ok(now == left);
            }
            Step::UntilClose => self.keep(rest)?,
            Step::ChunkEnd if rest >= 2 => {
                if self.raw[self.at..self.at + 2] != *b"\r\n" {
                    return Err(ResponseError::Chunk);
                }
                self.at += 2;
                self.step = Step::ChunkSize;
                return Ok(true);
            }
            Step::ChunkEnd => {}
            Step::ChunkSize => match httparse::parse_chunk_size(&self.raw[self.at..]) {
                Ok(httparse::Status::Complete((used, size))) => {
                    let size = usize::try_from(size).map_err(|_| ResponseError::Chunk)?;
                    if size > self.body_max {
                        return Err(ResponseError::BodyTooLong { max: self.body_max });
                    }
                    self.at += used;
                    self.step =
                        if size == 0 { Step::Trailer } else { Step::ChunkData { left: size } };
                    return Ok(true);
                }
                Ok(httparse::Status::Partial) if rest <= LINE_BYTES_MAX => {}
                _ => return Err(ResponseError::Chunk),
            },
            Step::Trailer => {
                let line = self.raw[self.at..].windows(2).position(|two| two == b"\r\n");
                match line {
                    Some(line) => {
                        self.at += line + 2;
                        self.step = if line == 0 { Step::Done } else { Step::Trailer };
                        return Ok(true);
                    }
                    None if rest <= LINE_BYTES_MAX => {}
                    None => return Err(ResponseError::Chunk),
                }
            }
        }
        Ok(false)
    }

    /// Moves `count` bytes to the body.
    fn keep(&mut self, count: usize) -> Result<(), ResponseError> {
        if self.body.len() + count > self.body_max {
            return Err(ResponseError::BodyTooLong { max: self.body_max });
        }
        self.body.extend_from_slice(&self.raw[self.at..self.at + count]);
        self.at += count;
        Ok(())
    }

    /// Drops what is dealt with, so that a body in many pieces takes its room once.
    fn compact(&mut self) {
        if self.at > HEAD_BYTES_MAX {
            self.raw.drain(..self.at);
            self.at = 0;
        }
    }

    fn read_head(&mut self) -> Result<bool, ResponseError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut headers);
        let bytes = &self.raw[self.at..];
        let used = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(used)) if used <= HEAD_BYTES_MAX => used,
            Ok(httparse::Status::Partial) if bytes.len() <= HEAD_BYTES_MAX => return Ok(false),
            Ok(_) => return Err(ResponseError::HeadTooLong),
            Err(error) => return Err(ResponseError::Head(error)),
        };
        let status = parsed.code.unwrap_or(0);
        if status < 200 {
            self.interim += 1;
            if status == 101 || status < 100 || self.interim > INTERIM_MAX {
                return Err(ResponseError::Interim);
            }
            self.at += used;
            return Ok(true);
        }
        let framing = Framing::of(parsed.headers)?;
        let one_zero = parsed.version == Some(0);
        self.head = Some(Head {
            status,
            api_id: framing.api_id,
            keep_alive: !framing.close && (!one_zero || framing.keep),
            idle_timeout: framing.idle_timeout,
        });
        self.at += used;
        self.step = match (framing.chunked, framing.length) {
            _ if status == 204 || status == 304 => Step::Done,
            (true, Some(_)) => return Err(ResponseError::Encoding),
            (true, None) => Step::ChunkSize,
            (false, Some(length)) if length > self.body_max => {
                return Err(ResponseError::BodyTooLong { max: self.body_max });
            }
            (false, Some(0)) => Step::Done,
            (false, Some(left)) => Step::Sized { left },
            (false, None) => {
                if let Some(head) = &mut self.head {
                    head.keep_alive = false;
                }
                Step::UntilClose
            }
        };
        Ok(true)
    }
}

/// What the headers say about the body and the connection.
#[derive(Debug, Default)]
struct Framing {
    length: Option<usize>,
    chunked: bool,
    close: bool,
    keep: bool,
    idle_timeout: Option<Duration>,
    api_id: Option<String>,
}

impl Framing {
    fn of(headers: &[httparse::Header<'_>]) -> Result<Self, ResponseError> {
        let mut framing = Self::default();
        for header in headers {
            let value = || str::from_utf8(header.value).unwrap_or_default().trim();
            let has =
                |token: &str| value().split(',').any(|v| v.trim().eq_ignore_ascii_case(token));
            if header.name.eq_ignore_ascii_case("content-length") {
                let text = value();
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let length = text.parse().ok().filter(|_| digits).ok_or(ResponseError::Length)?;
                if framing.length.is_some_and(|before| before != length) {
                    return Err(ResponseError::Length);
                }
                framing.length = Some(length);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                if framing.chunked || !value().eq_ignore_ascii_case("chunked") {
                    return Err(ResponseError::Encoding);
                }
                framing.chunked = true;
            } else if header.name.eq_ignore_ascii_case("connection") {
                framing.close |= has("close");
                framing.keep |= has("keep-alive");
            } else if header.name.eq_ignore_ascii_case("keep-alive") {
                let timeout =
                    value().split(',').find_map(|part| part.trim().strip_prefix("timeout="));
                let seconds = timeout.and_then(|text| text.trim().parse::<u32>().ok());
                framing.idle_timeout = seconds.map(|s| Duration::from_secs(u64::from(s)));
            } else if header.name.eq_ignore_ascii_case("api-id") {
                framing.api_id = Some(value().to_owned());
            }
        }
        Ok(framing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY_MAX: usize = 64 << 10;

    fn read(pieces: &[&[u8]]) -> Result<Option<Response>, ResponseError> {
        let mut reader = ResponseReader::new(BODY_MAX);
        for piece in pieces {
            if let Some(response) = reader.push(piece)? {
                return Ok(Some(response));
            }
        }
        Ok(None)
    }

    fn whole(text: &str) -> Response {
        read(&[text.as_bytes()]).unwrap().expect("complete")
    }

    const SIZED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\napi-id: kt10000\r\nContent-Length: 4\r\n\r\n{\"\"}";
    const CHUNKED: &str = "HTTP/1.1 429 Too Many\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n";

    #[test]
    fn a_reply_with_a_length_and_one_in_chunks_are_read() {
        let sized = whole(SIZED);
        assert_eq!((sized.status, sized.body.as_slice()), (200, &b"{\"\"}"[..]));
        assert_eq!((sized.api_id.as_deref(), sized.keep_alive), (Some("kt10000"), true));
        let chunked = whole(CHUNKED);
        assert_eq!((chunked.status, chunked.body.as_slice()), (429, &b"abcde"[..]));
    }

    #[test]
    fn a_reply_cut_anywhere_is_incomplete_not_an_error() {
        for text in [SIZED, CHUNKED] {
            for at in 0..text.len() {
                assert_eq!(read(&[&text.as_bytes()[..at]]), Ok(None), "{at}");
            }
        }
    }

    #[test]
    fn the_connections_fate_is_read() {
        let head = |version: &str, headers: &str| {
            whole(&format!("HTTP/1.{version} 200 OK\r\n{headers}content-length: 0\r\n\r\n"))
        };
        assert!(head("1", "").keep_alive);
        assert!(!head("1", "Connection: foo, Close\r\n").keep_alive);
        assert!(!head("0", "").keep_alive);
        assert!(head("0", "connection: keep-alive\r\n").keep_alive);
        let timed = head("1", "Keep-Alive: max=9, timeout=15\r\n");
        assert_eq!(timed.idle_timeout, Some(Duration::from_secs(15)));
    }

    #[test]
    fn without_a_length_the_clean_end_is_the_end() {
        let mut reader = ResponseReader::new(BODY_MAX);
        assert_eq!(reader.push(b"HTTP/1.1 200 OK\r\n\r\nabc"), Ok(None));
        assert_eq!(reader.end(false), None);
        let response = reader.end(true).unwrap();
        assert_eq!((response.body.as_slice(), response.keep_alive), (&b"abc"[..], false));
        reader.reset();
        reader.push(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc").unwrap();
        assert_eq!(reader.end(true), None);
    }

    #[test]
    fn interim_replies_are_passed_over_but_not_without_end() {
        let text = format!("HTTP/1.1 100 Continue\r\n\r\n{SIZED}");
        assert_eq!(whole(&text).status, 200);
        let many = "HTTP/1.1 103 Hints\r\n\r\n".repeat(9);
        assert_eq!(read(&[many.as_bytes()]), Err(ResponseError::Interim));
        let upgrade = b"HTTP/1.1 101 Switching\r\n\r\n";
        assert_eq!(read(&[upgrade]), Err(ResponseError::Interim));
    }

    #[test]
    fn bytes_behind_the_reply_are_counted_and_line_ends_forgiven() {
        assert_eq!(whole(&format!("{SIZED}\r\n")).surplus, 0);
        let printed = SIZED.bytes().filter(|b| !b.is_ascii_control()).count();
        assert_eq!(whole(&format!("{SIZED}{SIZED}")).surplus, printed);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_an_error() {
        for (headers, error) in [
            ("content-length: 1\r\ncontent-length: 2\r\n", ResponseError::Length),
            ("content-length: +1\r\n", ResponseError::Length),
            ("content-length: 1, 1\r\n", ResponseError::Length),
            ("content-length: -1\r\n", ResponseError::Length),
            ("content-length:\r\n", ResponseError::Length),
            ("content-length: 1\r\ntransfer-encoding: chunked\r\n", ResponseError::Encoding),
            ("transfer-encoding: gzip, chunked\r\n", ResponseError::Encoding),
            (
                "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
                ResponseError::Encoding,
            ),
        ] {
            let text = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
            assert_eq!(read(&[text.as_bytes()]), Err(error), "{headers}");
        }
    }

    #[test]
    fn everything_is_bounded() {
        let sized = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", BODY_MAX + 1);
        let chunk =
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", BODY_MAX + 1);
        let open = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(BODY_MAX + 1));
        for text in [sized, chunk, open] {
            let too_long = Err(ResponseError::BodyTooLong { max: BODY_MAX });
            assert_eq!(read(&[text.as_bytes()]), too_long);
        }
        let head = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(read(&[head.as_bytes()]), Err(ResponseError::HeadTooLong));
        let line = format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{}",
            "x".repeat(9000)
        );
        assert_eq!(read(&[line.as_bytes()]), Err(ResponseError::Chunk));
    }

    #[test]
    fn garbage_is_no_reply() {
        for text in ["hello\r\n\r\n", "HTTP/2 200\r\n\r\n", "\0\0\0\0", "HTTP/1.1 20\r\n\r\n"] {
            assert!(matches!(read(&[text.as_bytes()]), Err(ResponseError::Head(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(cuts in proptest::collection::vec(0_usize..120, 0..6), chunked: bool) {
            let text = if chunked { CHUNKED } else { SIZED }.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[text]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, head in "HTTP/1.1 [0-9]{3} x\r\n(content-length: [0-9]{1,3}\r\n|transfer-encoding: chunked\r\n)?\r\n") {
            let mut reader = ResponseReader::new(100);
            let _ = reader.push(&bytes);
            reader.reset();
            if reader.push(head.as_bytes()).is_ok() {
                let _ = reader.push(&bytes);
            }
        }
    }
}

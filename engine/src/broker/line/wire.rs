//! The thin edge: one line's socket and TLS around its [`Exchange`].

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::time::Duration;

use feed::clock::{Clock, Monotonic};
use rustls::ClientConnection;
use zeroize::Zeroize;

use super::error::{Lost, NotSent};
use super::exchange::{Deadlines, Exchange, Outcome, Stamps};
use super::socket::Socket;
use crate::broker::api::OrderCall;
use crate::broker::http::PreparedRequest;

/// Decrypted bytes are taken in pieces of this size.
const PIECE_BYTES: usize = 4096;
/// An order does not look at a line that was found standing so short a time ago. A broker that closes it
/// just then makes the order one in doubt, as it would if it closed it while the order is on its way.
const LOOK_FRESH: Duration = Duration::from_millis(2);

/// A connection that stands, from the helper thread.
pub(super) struct Wire {
    pub(super) socket: Socket,
    /// `None` without TLS (a simulator only).
    pub(super) tls: Option<Box<ClientConnection>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("tls", &self.tls.is_some()).finish_non_exhaustive()
    }
}

/// One line to the broker: a connection that stands and a request that lies ready.
#[derive(Debug)]
pub struct Line {
    wire: Wire,
    exchange: Exchange,
    request: PreparedRequest,
    deadlines: Deadlines,
    stamps: Stamps,
    /// Without TLS: what the kernel has not taken yet.
    unsent: Vec<u8>,
    unsent_from: usize,
    /// A write that broke within `send`: told by the next `poll`.
    late: Option<Lost>,
    /// TLS failed; what it had decrypted before is read first.
    broken: Option<Lost>,
    tag: u64,
    /// Where decrypted bytes go; what it holds is of no meaning between two reads.
    piece: Piece,
    /// When a look by [`Self::keep_warm`] found that it stands.
    looked_at: Monotonic,
}

/// Decrypted bytes; prints nothing of them.
struct Piece(Box<[u8; PIECE_BYTES]>);

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").finish_non_exhaustive()
    }
}

/// What a look at the socket found.
enum Seen {
    Nothing,
    Bytes(usize),
    End { clean: bool },
    Broken(Lost),
}

impl Line {
    pub(super) fn new(
        wire: Wire,
        request: PreparedRequest,
        deadlines: Deadlines,
        reply_bytes_max: usize,
        now: Monotonic,
    ) -> Self {
        Self {
            wire,
            exchange: Exchange::new(reply_bytes_max, now),
            request,
            deadlines,
            stamps: Stamps::default(),
            unsent: Vec::with_capacity(2048),
            unsent_from: 0,
            late: None,
            broken: None,
            tag: 0,
            piece: Piece(Box::new([0; PIECE_BYTES])),
            looked_at: Monotonic::ZERO,
        }
    }

    /// Whether it can take an order now, as far as is known without looking at the socket.
    pub fn is_idle(&self) -> bool {
        self.exchange.is_idle()
    }

    /// Whether it is of no use any more.
    pub fn is_over(&self) -> bool {
        self.exchange.is_over()
    }

    /// Whether an order is under way.
    pub fn is_under_way(&self) -> bool {
        self.exchange.is_under_way() || self.late.is_some()
    }

    /// The caller's number of the order that was sent last.
    pub fn tag(&self) -> u64 {
        self.tag
    }

    /// The steps of the order that was sent last.
    pub fn stamps(&self) -> Stamps {
        self.stamps
    }

    /// Until when something must happen.
    pub fn deadline(&self) -> Option<Monotonic> {
        self.exchange.deadline()
    }

    pub(super) fn idle_since(&self) -> Monotonic {
        self.exchange.idle_since()
    }

    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.exchange.idle_timeout()
    }

    /// For [`super::socket::wait`].
    pub(super) fn interest(&self) -> (RawFd, bool) {
        (self.wire.socket.fd(), self.exchange.is_sending())
    }

    /// Another token from the next order on. The old one is wiped.
    pub fn set_request(&mut self, request: PreparedRequest) {
        self.request = request;
    }

    /// Looks whether an idle line still stands; one that does not is over.
    ///
    /// # Errors
    /// What was found.
    pub fn look(&mut self, clock: &mut Clock) -> Result<(), NotSent> {
        let closed = |what: &str| Err(NotSent::Closed(what.to_owned()));
        loop {
            let seen = self.read();
            let mono = clock.mono();
            match seen {
                Seen::Nothing => {
                    self.flush_tls();
                    return Ok(());
                }
                // TLS may bring what is no data (tickets, key updates): it is read and forgotten.
                Seen::Bytes(0) => {}
                Seen::Bytes(_) => {
                    self.exchange.received(b"?", mono);
                    return closed("a reply to nothing came");
                }
                Seen::End { clean } => {
                    self.exchange.ended(clean, mono);
                    return closed("the broker closed it");
                }
                Seen::Broken(why) => {
                    self.exchange.broke(why.clone());
                    return closed(&match why {
                        Lost::Read(kind) => kind.to_string(),
                        Lost::Tls(text) => text,
                        other => other.to_string(),
                    });
                }
            }
        }
    }

    /// The same, often, by a thread that spins: within two milliseconds of it an order does not look
    /// again, and what it needs of the line is in the caches.
    ///
    /// # Errors
    /// What was found.
    pub fn keep_warm(&mut self, clock: &mut Clock) -> Result<(), NotSent> {
        self.look(clock)?;
        self.looked_at = clock.mono();
        Ok(())
    }

    /// Gives up what is under way, on a line that leads nowhere.
    pub(super) fn forget(&mut self, now: Monotonic) {
        self.exchange.forget(now);
    }

    /// Sends an order: looks whether the line stands, then encrypts and writes it in one call.
    ///
    /// After `Ok` the outcome comes from [`Self::poll`], exactly once.
    ///
    /// # Errors
    /// When surely nothing of it was sent.
    pub fn send(&mut self, tag: u64, call: &OrderCall, clock: &mut Clock) -> Result<(), NotSent> {
        let begun = clock.read();
        if self.exchange.is_over() {
            return Err(NotSent::Closed("it was given up".to_owned()));
        }
        if !self.exchange.is_idle() {
            return Err(NotSent::Busy { lines: 1 });
        }
        if begun.mono.since(self.looked_at) > LOOK_FRESH {
            self.look(clock)?;
        }
        // A look serves one order: the answer to this one may be the last of the line.
        self.looked_at = Monotonic::ZERO;
        let bytes = self.request.fill(call)?;
        match &mut self.wire.tls {
            Some(tls) => {
                // One record: a request is shorter than 16 KiB. The writer's buffer is empty.
                if let Err(error) = tls.writer().write_all(bytes) {
                    self.exchange.broke(Lost::GivenUp);
                    return Err(NotSent::Write(error.kind()));
                }
            }
            None => {
                self.unsent.clear();
                self.unsent.extend_from_slice(bytes);
                self.unsent_from = 0;
            }
        }
        self.tag = tag;
        self.stamps = Stamps { begun: begun.unix, ..Stamps::default() };
        self.exchange.begin(call.api(), begun.mono, self.deadlines);
        match self.write(clock) {
            None => Ok(()),
            Some(Outcome::NotSent(why)) => Err(why),
            // Only a write that failed comes back from `write`; one that had taken bytes is lost, and
            // whoever polls must hear of it, not whoever sends.
            Some(Outcome::Unknown(why)) => {
                self.late = Some(why);
                Ok(())
            }
            Some(Outcome::Answer(_)) => unreachable!("a write brings no answer"),
        }
    }

    /// Goes on without waiting. `Some` once for each order that was sent.
    pub fn poll(&mut self, clock: &mut Clock) -> Option<Outcome> {
        if let Some(why) = self.late.take() {
            return Some(Outcome::Unknown(why));
        }
        if !self.exchange.is_under_way() {
            return None;
        }
        if self.exchange.is_sending()
            && let Some(outcome) = self.write(clock)
        {
            return Some(outcome);
        }
        loop {
            let outcome = match self.read() {
                Seen::Nothing => return self.exchange.tick(clock.mono()),
                Seen::Bytes(0) => continue,
                Seen::Bytes(count) => self.take(count, clock),
                Seen::End { clean } => self.exchange.ended(clean, clock.mono()),
                Seen::Broken(why) => self.exchange.broke(why),
            };
            if outcome.is_some() {
                return outcome;
            }
        }
    }

    /// Says goodbye, as far as that goes without waiting. An order under way is lost.
    pub fn close(mut self) -> Option<Outcome> {
        // Behind bytes of an order that wait in TLS, a goodbye would push them out.
        let quiet = self.exchange.is_idle() || self.exchange.is_waiting();
        let outcome = self.late.take().map(Outcome::Unknown).or_else(|| self.exchange.give_up());
        if let Some(tls) = self.wire.tls.as_mut().filter(|_| quiet) {
            tls.send_close_notify();
            let _ = tls.write_tls(&mut self.wire.socket);
        }
        outcome
    }

    /// So many bytes of a reply, and when they came.
    fn take(&mut self, count: usize, clock: &mut Clock) -> Option<Outcome> {
        let now = clock.read();
        if self.exchange.is_waiting() && !self.stamps.first_byte.is_set() {
            self.stamps.first_byte_kernel = self.wire.socket.stamp();
            self.stamps.first_byte = now.unix;
        }
        let outcome = self.exchange.received(&self.piece.0[..count], now.mono);
        if outcome.is_some() {
            self.stamps.parsed = clock.now();
        }
        outcome
    }

    /// Hands the rest of the order to the kernel. `Some` when that failed.
    #[inline]
    fn write(&mut self, clock: &mut Clock) -> Option<Outcome> {
        loop {
            let result = match &mut self.wire.tls {
                Some(tls) => tls.write_tls(&mut self.wire.socket),
                None => self.wire.socket.write(&self.unsent[self.unsent_from..]),
            };
            let taken = match result {
                Ok(0) => return self.exchange.write_failed(io::ErrorKind::WriteZero),
                Ok(taken) => taken,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) => return self.exchange.write_failed(error.kind()),
            };
            let all = match &self.wire.tls {
                Some(tls) => !tls.wants_write(),
                None => {
                    self.unsent_from += taken;
                    self.unsent_from == self.unsent.len()
                }
            };
            self.exchange.taken(taken, all);
            if all {
                self.stamps.written = clock.now();
                self.unsent.zeroize();
                return None;
            }
        }
    }

    /// One look at what lies there: what is decrypted first, then one read of the socket.
    /// `Bytes(0)` means that there may be more.
    fn read(&mut self) -> Seen {
        let piece = &mut *self.piece.0;
        let Some(tls) = &mut self.wire.tls else {
            return match self.wire.socket.read(piece) {
                Ok(0) => Seen::End { clean: true },
                Ok(count) => Seen::Bytes(count),
                Err(error) => Seen::failed(&error),
            };
        };
        match tls.reader().read(piece) {
            Ok(0) => return Seen::End { clean: true },
            Ok(count) => return Seen::Bytes(count),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Seen::End { clean: false };
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Seen::failed(&error),
        }
        if let Some(why) = self.broken.take() {
            return Seen::Broken(why);
        }
        match tls.read_tls(&mut self.wire.socket) {
            // Zero is the end of the stream: the next look tells whether it was announced.
            Ok(_) => {
                if let Err(error) = tls.process_new_packets() {
                    self.broken = Some(Lost::Tls(error.to_string()));
                    // The alert that tells the other side why; not when the rest of an order would
                    // go out before it, since that order may be reported as not sent.
                    if !self.exchange.is_sending() {
                        let _ = tls.write_tls(&mut self.wire.socket);
                    }
                }
                Seen::Bytes(0)
            }
            Err(error) => Seen::failed(&error),
        }
    }

    /// What TLS itself has to say (answers to key updates) goes out before an order does.
    fn flush_tls(&mut self) {
        if let Some(tls) = &mut self.wire.tls
            && tls.wants_write()
        {
            // What does not go out now goes out with the order, and counts as a part of it.
            let _ = tls.write_tls(&mut self.wire.socket);
        }
    }
}

impl Seen {
    fn failed(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock => Self::Nothing,
            kind => Self::Broken(Lost::Read(kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::api::ORDER_PATH;
    use crate::broker::line::nowhere::shake_hands;
    use secrecy::SecretString;
    use std::net::{TcpListener, TcpStream};
    use strategy_api::{OrderNumber, Quantity, Symbol, Venue};

    /// A line over a connection whose other end the test holds.
    fn line(tls: bool, write_timeout: Duration) -> (Line, TcpStream, Clock) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        for end in [&ours, &theirs] {
            super::super::socket::fix_buffers(end, 16 << 10);
        }
        let tls = tls.then(|| Box::new(shake_hands().unwrap()));
        let wire = Wire { socket: Socket::new(ours).unwrap(), tls };
        let token = SecretString::from("CANARY");
        let request = PreparedRequest::new("h", ORDER_PATH, "u", &token).unwrap();
        let deadlines = Deadlines { write: write_timeout, reply: Duration::from_secs(60) };
        let mut clock = Clock::new();
        let now = clock.mono();
        (Line::new(wire, request, deadlines, 4096, now), theirs, clock)
    }

    /// Fills the way to the other side until the kernel takes no byte more; how many it took.
    fn stuff(line: &mut Line) -> usize {
        let junk = [0; 64 << 10];
        let (mut stuffed, mut refused) = (0, 0);
        // What the other side's buffer takes up makes room a moment later, so once is not enough.
        while refused < 10 {
            match line.wire.socket.write(&junk) {
                Ok(count) => {
                    stuffed += count;
                    refused = 0;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(20));
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        stuffed
    }

    fn cancel() -> OrderCall {
        OrderCall::Cancel {
            venue: Venue::KRX,
            original: OrderNumber::new("0000139").unwrap(),
            symbol: Symbol::new("005930").unwrap(),
            quantity: Quantity::ZERO,
        }
    }

    fn rest(mut theirs: TcpStream) -> usize {
        theirs.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut bytes = Vec::new();
        theirs.read_to_end(&mut bytes).unwrap();
        bytes.len()
    }

    #[test]
    fn an_order_that_the_kernel_never_took_is_not_sent_and_never_leaves_later() {
        for tls in [false, true] {
            let (mut line, theirs, mut clock) = line(tls, Duration::from_nanos(1));
            let stuffed = stuff(&mut line);
            line.send(1, &cancel(), &mut clock).unwrap();
            let outcome = line.poll(&mut clock);
            assert_eq!(outcome, Some(Outcome::NotSent(NotSent::WriteTimedOut)));
            assert_eq!(line.close(), None, "one outcome");
            assert_eq!(rest(theirs), stuffed, "tls: {tls}");
        }
    }

    #[test]
    fn a_line_given_up_before_a_byte_of_the_order_was_taken_pushes_nothing_out() {
        for tls in [false, true] {
            let (mut line, theirs, mut clock) = line(tls, Duration::from_secs(60));
            let stuffed = stuff(&mut line);
            line.send(1, &cancel(), &mut clock).unwrap();
            assert_eq!(line.poll(&mut clock), None);
            let reader = std::thread::spawn(move || rest(theirs));
            let outcome = line.close();
            assert!(matches!(outcome, Some(Outcome::NotSent(_))), "{outcome:?}");
            assert_eq!(reader.join().unwrap(), stuffed, "tls: {tls}");
        }
    }

    #[test]
    fn an_order_that_waits_for_room_leaves_whole_when_there_is_some() {
        for tls in [false, true] {
            let (mut line, mut theirs, mut clock) = line(tls, Duration::from_secs(60));
            let stuffed = stuff(&mut line);
            line.send(1, &cancel(), &mut clock).unwrap();
            let mut junk = vec![0; stuffed];
            theirs.read_exact(&mut junk).unwrap();
            while line.exchange.is_sending() {
                assert_eq!(line.poll(&mut clock), None);
            }
            assert!(line.stamps().written.is_set());
            assert_eq!(line.close(), Some(Outcome::Unknown(Lost::GivenUp)));
            assert!(rest(theirs) > 200, "the order, and a goodbye where there is TLS");
        }
    }
}

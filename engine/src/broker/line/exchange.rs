//! One order on one line, without I/O: what happened goes in, the outcome comes out once.
//!
//! ```text
//!            begin              all bytes taken             complete reply
//!  Idle ───────────▶ Sending ───────────────────▶ Waiting ────────────────▶ Idle | Over
//!                       │ error, deadline            │ error, end, deadline, garbage
//!                       ▼                            ▼
//!         no byte taken: NotSent                  Unknown                   (the line is Over)
//!         else:          Unknown
//! ```

use std::io;
use std::time::Duration;

use feed::clock::Monotonic;
use strategy_api::UnixNanos;

use super::error::{Lost, NotSent};
use crate::broker::api::ApiId;
use crate::broker::http::{Response, ResponseReader};

/// How an order on a line ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// A whole reply to this request.
    Answer(Reply),
    /// Surely no byte of it left this machine.
    NotSent(NotSent),
    /// Bytes may have left; nobody knows what became of them.
    Unknown(Lost),
}

/// The broker's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// When each step happened; unset where it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Before the line was looked at and the order encrypted.
    pub begun: UnixNanos,
    /// After the write that took the last byte.
    pub written: UnixNanos,
    /// When the kernel received the segment that brought the first bytes of the reply.
    pub first_byte_kernel: UnixNanos,
    /// Our clock after the read that brought them.
    pub first_byte: UnixNanos,
    /// When the reply was complete and read.
    pub parsed: UnixNanos,
}

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Sending { api: ApiId, taken: usize, deadline: Monotonic, reply_deadline: Monotonic },
    Waiting { api: ApiId, deadline: Monotonic },
    Over,
}

/// The state of one line.
#[derive(Debug)]
pub(super) struct Exchange {
    state: State,
    reader: ResponseReader,
    idle_since: Monotonic,
    idle_timeout: Option<Duration>,
}

/// How long an order may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// Until the kernel has taken all bytes.
    pub(super) write: Duration,
    /// Until the reply is complete, from the beginning.
    pub(super) reply: Duration,
}

impl Exchange {
    pub(super) fn new(body_max: usize, now: Monotonic) -> Self {
        let reader = ResponseReader::new(body_max);
        Self { state: State::Idle, reader, idle_since: now, idle_timeout: None }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.state, State::Sending { .. } | State::Waiting { .. })
    }

    /// Whether a reply may come.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    pub(super) fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending { .. })
    }

    /// When the line was last used.
    pub(super) fn idle_since(&self) -> Monotonic {
        self.idle_since
    }

    /// How long the broker says that it keeps an idle line.
    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    /// Until when something must happen.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        match self.state {
            State::Sending { deadline, .. } | State::Waiting { deadline, .. } => Some(deadline),
            State::Idle | State::Over => None,
        }
    }

    /// An order begins; the line must be idle.
    pub(super) fn begin(&mut self, api: ApiId, now: Monotonic, deadlines: Deadlines) {
        debug_assert!(self.is_idle(), "one order at a time on a line");
        self.reader.reset();
        let (deadline, reply_deadline) = (now + deadlines.write, now + deadlines.reply);
        self.state = State::Sending { api, taken: 0, deadline, reply_deadline };
    }

    /// Nobody will answer: the line leads nowhere.
    pub(super) fn forget(&mut self, now: Monotonic) {
        (self.state, self.idle_since) = (State::Idle, now);
    }

    /// The kernel took bytes; `all` when it was the rest.
    pub(super) fn taken(&mut self, bytes: usize, all: bool) {
        if let State::Sending { api, taken, deadline, reply_deadline } = self.state {
            let taken = taken + bytes;
            self.state = match all {
                true => State::Waiting { api, deadline: reply_deadline },
                false => State::Sending { api, taken, deadline, reply_deadline },
            };
        }
    }

    /// The write failed.
    pub(super) fn write_failed(&mut self, kind: io::ErrorKind) -> Option<Outcome> {
        let State::Sending { taken, .. } = self.state else { return None };
        self.state = State::Over;
        Some(match taken {
            0 => Outcome::NotSent(NotSent::Write(kind)),
            taken => Outcome::Unknown(Lost::Write { taken, kind }),
        })
    }

    /// Bytes came.
    pub(super) fn received(&mut self, bytes: &[u8], now: Monotonic) -> Option<Outcome> {
        let api = match self.state {
            State::Waiting { api, .. } => api,
            // A reply to a request that has not left completely: whose ever it is, it is not ours.
            State::Sending { taken, .. } => {
                self.state = State::Over;
                return Some(match taken {
                    0 => Outcome::NotSent(NotSent::Closed("a reply to nothing came".to_owned())),
                    _ => Outcome::Unknown(Lost::Surplus { bytes: bytes.len() }),
                });
            }
            State::Idle | State::Over => {
                self.state = State::Over;
                return None;
            }
        };
        match self.reader.push(bytes) {
            Ok(None) => None,
            Ok(Some(response)) => Some(self.finish(api, response, now)),
            Err(error) => Some(self.lost(Lost::Garbage(error))),
        }
    }

    /// The connection ended; `clean` when that was announced.
    pub(super) fn ended(&mut self, clean: bool, now: Monotonic) -> Option<Outcome> {
        match self.state {
            State::Idle | State::Over => {
                self.state = State::Over;
                None
            }
            State::Sending { .. } => self.write_failed(io::ErrorKind::UnexpectedEof),
            State::Waiting { api, .. } => Some(match self.reader.end(clean) {
                Some(response) => self.finish(api, response, now),
                None => {
                    let begun = self.reader.has_started();
                    self.lost(Lost::Closed { begun, clean })
                }
            }),
        }
    }

    /// The connection broke.
    pub(super) fn broke(&mut self, why: Lost) -> Option<Outcome> {
        match self.state {
            State::Sending { taken: 0, .. } => self.write_failed(io::ErrorKind::ConnectionReset),
            State::Sending { .. } | State::Waiting { .. } => Some(self.lost(why)),
            State::Idle | State::Over => {
                self.state = State::Over;
                None
            }
        }
    }

    /// Time went on.
    pub(super) fn tick(&mut self, now: Monotonic) -> Option<Outcome> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match self.state {
            State::Sending { taken, .. } => {
                self.state = State::Over;
                Some(match taken {
                    0 => Outcome::NotSent(NotSent::WriteTimedOut),
                    taken => Outcome::Unknown(Lost::WriteTimedOut { taken }),
                })
            }
            State::Waiting { .. } => {
                let begun = self.reader.has_started();
                Some(self.lost(Lost::TimedOut { begun }))
            }
            State::Idle | State::Over => None,
        }
    }

    /// The line is not to be used again.
    pub(super) fn give_up(&mut self) -> Option<Outcome> {
        self.broke(Lost::GivenUp)
    }

    fn lost(&mut self, why: Lost) -> Outcome {
        self.state = State::Over;
        Outcome::Unknown(why)
    }

    fn finish(&mut self, api: ApiId, response: Response, now: Monotonic) -> Outcome {
        if response.surplus > 0 {
            return self.lost(Lost::Surplus { bytes: response.surplus });
        }
        if let Some(found) = response
            .api_id
            .filter(|found| !found.is_empty() && !found.eq_ignore_ascii_case(api.as_str()))
        {
            let found = found.chars().take(16).collect();
            return self.lost(Lost::Foreign { sent: api.as_str(), found });
        }
        self.state = if response.keep_alive { State::Idle } else { State::Over };
        self.idle_since = now;
        self.idle_timeout = response.idle_timeout.or(self.idle_timeout);
        Outcome::Answer(Reply { status: response.status, body: response.body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\napi-id: kt10000\r\ncontent-length: 2\r\n\r\n{}";
    const DEADLINES: Deadlines =
        Deadlines { write: Duration::from_nanos(10), reply: Duration::from_nanos(100) };

    fn at(nanos: u64) -> Monotonic {
        Monotonic::from_nanos(nanos)
    }

    fn begun() -> Exchange {
        let mut exchange = Exchange::new(1000, at(0));
        exchange.begin(ApiId::Buy, at(0), DEADLINES);
        exchange
    }

    fn waiting() -> Exchange {
        let mut exchange = begun();
        exchange.taken(300, true);
        exchange
    }

    #[test]
    fn an_answered_order_leaves_the_line_idle() {
        let mut exchange = waiting();
        let outcome = exchange.received(OK, at(50)).unwrap();
        assert_eq!(outcome, Outcome::Answer(Reply { status: 200, body: b"{}".to_vec() }));
        assert!(exchange.is_idle());
        assert_eq!(exchange.idle_since(), at(50));
        assert_eq!(exchange.tick(at(1_000_000)), None);
    }

    #[test]
    fn before_the_first_byte_everything_that_fails_is_not_sent() {
        type Event = fn(&mut Exchange) -> Option<Outcome>;
        let events: [Event; 4] = [
            |e| e.write_failed(io::ErrorKind::BrokenPipe),
            |e| e.tick(at(10)),
            |e| e.ended(false, at(1)),
            |e| e.broke(Lost::Read(io::ErrorKind::ConnectionReset)),
        ];
        for event in events {
            let mut exchange = begun();
            assert!(matches!(event(&mut exchange), Some(Outcome::NotSent(_))));
            assert!(exchange.is_over());
        }
    }

    #[test]
    fn after_the_first_byte_it_is_unknown() {
        let mut exchange = begun();
        exchange.taken(1, false);
        let failed = exchange.write_failed(io::ErrorKind::BrokenPipe);
        let kind = io::ErrorKind::BrokenPipe;
        assert_eq!(failed, Some(Outcome::Unknown(Lost::Write { taken: 1, kind })));
        let mut exchange = begun();
        exchange.taken(1, false);
        let late = exchange.tick(at(10));
        assert_eq!(late, Some(Outcome::Unknown(Lost::WriteTimedOut { taken: 1 })));
    }

    #[test]
    fn the_reply_deadline_runs_from_the_beginning() {
        let mut exchange = waiting();
        assert_eq!(exchange.tick(at(99)), None);
        assert_eq!(exchange.received(&OK[..20], at(99)), None);
        let late = Some(Outcome::Unknown(Lost::TimedOut { begun: true }));
        assert_eq!(exchange.tick(at(100)), late);
        assert_eq!(exchange.tick(at(101)), None, "an outcome comes once");
    }

    #[test]
    fn a_reply_that_is_not_ours_is_not_believed() {
        let foreign = b"HTTP/1.1 200 OK\r\napi-id: kt10003\r\ncontent-length: 2\r\n\r\n{}";
        let mut exchange = waiting();
        let outcome = exchange.received(foreign, at(1));
        assert!(matches!(outcome, Some(Outcome::Unknown(Lost::Foreign { sent: "kt10000", .. }))));
        assert!(exchange.is_over());

        let mut exchange = waiting();
        let outcome = exchange.received(&[OK, OK].concat(), at(1));
        assert!(matches!(outcome, Some(Outcome::Unknown(Lost::Surplus { .. }))));

        let mut exchange = begun();
        exchange.taken(1, false);
        let outcome = exchange.received(OK, at(1));
        assert!(matches!(outcome, Some(Outcome::Unknown(Lost::Surplus { .. }))));
    }

    #[test]
    fn bytes_without_an_order_end_the_line() {
        let mut exchange = Exchange::new(1000, at(0));
        assert_eq!(exchange.received(OK, at(1)), None);
        assert!(exchange.is_over());
    }

    #[test]
    fn an_announced_close_lets_the_answer_stand_and_ends_the_line() {
        let reply = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        let mut exchange = waiting();
        assert!(matches!(exchange.received(reply, at(1)), Some(Outcome::Answer(_))));
        assert!(exchange.is_over());
    }

    #[test]
    fn a_reply_cut_at_any_byte_is_unknown() {
        for cut in 0..OK.len() {
            for clean in [false, true] {
                let mut exchange = waiting();
                assert_eq!(exchange.received(&OK[..cut], at(1)), None);
                let lost = Lost::Closed { begun: cut > 0, clean };
                assert_eq!(exchange.ended(clean, at(2)), Some(Outcome::Unknown(lost)));
            }
        }
    }

    #[derive(Clone, Debug)]
    enum Event {
        Taken(usize, bool),
        WriteFailed,
        Received(Vec<u8>),
        Ended(bool),
        Broke,
        Tick(u64),
        GiveUp,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0_usize..400, any::<bool>())
                .prop_map(|(n, all)| Event::Taken(n.max(usize::from(all)), all)),
            Just(Event::WriteFailed),
            (0..=OK.len(), 0..=OK.len())
                .prop_map(|(a, b)| Event::Received(OK[a.min(b)..a.max(b)].to_vec())),
            Just(Event::Received(OK.to_vec())),
            any::<bool>().prop_map(Event::Ended),
            Just(Event::Broke),
            (0_u64..150).prop_map(Event::Tick),
            Just(Event::GiveUp),
        ]
    }

    proptest! {
        /// Whatever happens, in whatever order: one outcome at most; never "not sent" once the
        /// kernel has taken a byte; never an answer before it has taken all of them; and once time
        /// is up there has been one.
        #[test]
        fn an_order_ends_exactly_once_and_never_lies(events in proptest::collection::vec(event(), 0..20)) {
            let mut exchange = begun();
            let (mut outcomes, mut taken, mut all) = (Vec::new(), 0, false);
            for event in events {
                if exchange.is_idle() {
                    break;
                }
                let sending = exchange.is_sending();
                let outcome = match event {
                    Event::Taken(bytes, rest) => {
                        if sending {
                            taken += bytes;
                            all |= rest;
                        }
                        exchange.taken(bytes, rest);
                        None
                    }
                    Event::WriteFailed => exchange.write_failed(io::ErrorKind::BrokenPipe),
                    Event::Received(bytes) => exchange.received(&bytes, at(1)),
                    Event::Ended(clean) => exchange.ended(clean, at(1)),
                    Event::Broke => exchange.broke(Lost::Read(io::ErrorKind::ConnectionReset)),
                    Event::Tick(nanos) => exchange.tick(at(nanos)),
                    Event::GiveUp => exchange.give_up(),
                };
                outcomes.extend(outcome.map(|outcome| (outcome, taken, all)));
            }
            outcomes.extend(exchange.tick(at(1_000)).map(|outcome| (outcome, taken, all)));
            prop_assert_eq!(outcomes.len(), 1, "{:?}", outcomes);
            match &outcomes[0] {
                (Outcome::NotSent(_), taken, _) => prop_assert_eq!(*taken, 0),
                (Outcome::Answer(reply), _, all) => {
                    prop_assert!(*all);
                    prop_assert_eq!(reply.body.as_slice(), b"{}");
                }
                (Outcome::Unknown(_), ..) => {}
            }
        }
    }
}

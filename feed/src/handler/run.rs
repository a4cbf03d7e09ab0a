//! The loop of the feed thread.
//!
//! # Hot path
//!
//! [`Feed::read_frames`] is the record turn: `recvmsg`, and per frame [`Intake::take`]. It never
//! allocates anything of ours, locks or logs, and makes no system call but the read. Everything that
//! does is in [`Feed::keep_house`] and what that calls.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TryRecvError};

use super::counters::SharedCounts;
use super::hops::HopExchange;
use super::token::TokenDesk;
use super::{
    Command, FeedNotice, FeedOutcome, HandlerOptions, HopHistograms, InlineReader, Intake, Taken,
    TokenSource,
};
use crate::clock::{Clock, Monotonic};
use crate::connection::{Connection, Connector, Dialing, Frame, NextFrame, PollMode, Poller, Utf8};
use crate::scan::ScanError;
use crate::session::{
    Action, ConnectFailure, EndReason, Event, FeedEvent, LogLevel, Session, TokenFailure,
};

/// The thread's ends of what other threads hold.
pub(super) struct Parts {
    pub(super) poller: Poller,
    pub(super) commands: Receiver<Command>,
    pub(super) notices: Sender<FeedNotice>,
    pub(super) shared: Arc<SharedCounts>,
    pub(super) exchange: HopExchange,
}

/// How often housekeeping runs while frames keep coming.
const HOUSEKEEPING: Duration = Duration::from_millis(1);
/// How long a line has to be quiet before what it brought is acknowledged: not in the way of frames that
/// follow close behind. While they do, the kernel does it with every second one.
const QUIET: Duration = Duration::from_micros(10);
/// How often its slow half runs: counters, the clock's anchor.
const SLOW_HOUSEKEEPING: Duration = Duration::from_millis(100);
/// How often latencies are put up for collection.
const HOPS_INTERVAL: Duration = Duration::from_secs(1);
/// Frames in a row before housekeeping gets its chance. More may be waiting in the buffers.
const FRAMES_PER_TURN: u32 = 64;
/// The longest sleep: the counters of a quiet feed are this old at most.
const SLEEP_MAX: Duration = Duration::from_millis(100);

/// The thread's main function.
pub(super) fn run(options: HandlerOptions, parts: Parts) -> FeedOutcome {
    let pinned =
        options.core.map(|id| (id, core_affinity::set_for_current(core_affinity::CoreId { id })));
    let wakers = [options.outlets.market_waker.clone(), options.outlets.account_waker.clone()];
    let mut feed = Feed::new(options, parts);
    if let Some((core, false)) = pinned {
        let text = format!("the feed thread could not be pinned to core {core}; it runs anywhere");
        feed.log(LogLevel::Warn, text);
    }
    let (outcome, inline) = feed.run();
    if let Some(mut inline) = inline {
        inline.end();
    }
    // The rings are closed now: readers that sleep are to learn of it at once.
    wakers.into_iter().flatten().for_each(|waker| waker.wake());
    outcome
}

struct Feed {
    connector: Connector,
    connect_timeout: Duration,
    poll: PollMode,
    poller: Poller,
    line: Line,
    session: Session,
    /// A copy of the session's deadline, so that a turn can look at it for free.
    deadline: Monotonic,
    intake: Intake,
    clock: Clock,
    source: Option<Box<dyn TokenSource>>,
    tokens: Option<TokenDesk>,
    commands: Receiver<Command>,
    notices: Sender<FeedNotice>,
    shared: Arc<SharedCounts>,
    exchange: HopExchange,
    /// Bytes of connections that are gone.
    bytes_before: u64,
    /// Bytes of this connection as of the last turn.
    bytes_seen: u64,
    /// Whether bytes were read that nothing was said about to the peer.
    unacknowledged: bool,
    /// The newest frame that was refused, until the log has been told.
    last_refused: Option<ScanError>,
    refused_told: u64,
    next_housekeeping: Monotonic,
    next_slow: Monotonic,
    next_hops: Monotonic,
    last_bytes: Monotonic,
    actions: Vec<Action>,
    ended: Option<EndReason>,
    inline: Option<Box<dyn InlineReader>>,
}

/// What there is of a connection.
enum Line {
    None,
    Dialing(Box<Dialing>),
    Open(Box<Connection>),
}

/// How a record turn went.
enum Turn {
    /// The buffers and the socket are empty.
    Idle,
    /// More may be waiting.
    Busy,
    /// The connection is over.
    Over { code: Option<u16>, reason: String },
}

impl Feed {
    fn new(options: HandlerOptions, parts: Parts) -> Self {
        let shared = Arc::clone(&parts.shared);
        let intake =
            Intake::with_shared(options.scanner, options.outlets, options.connection, shared);
        let mut clock = options.clock;
        let now = clock.mono();
        Self {
            // The scanner checks every message: one that is no UTF-8 is refused and kept like any other
            // bad frame, and the connection with all that is behind it stays.
            connector: options.connector.with_utf8(Utf8::Trust),
            connect_timeout: options.session.connect_timeout,
            poll: options.poll,
            poller: parts.poller,
            line: Line::None,
            session: Session::new(options.session, options.subscriptions),
            deadline: now,
            intake,
            clock,
            source: Some(options.token_source),
            tokens: None,
            commands: parts.commands,
            notices: parts.notices,
            shared: parts.shared,
            exchange: parts.exchange,
            bytes_before: 0,
            bytes_seen: 0,
            unacknowledged: false,
            last_refused: None,
            refused_told: 0,
            next_housekeeping: now,
            next_slow: now,
            next_hops: now + HOPS_INTERVAL,
            last_bytes: now,
            actions: Vec::with_capacity(32),
            ended: None,
            inline: options.inline,
        }
    }

    fn run(mut self) -> (FeedOutcome, Option<Box<dyn InlineReader>>) {
        let now = self.clock.mono();
        self.tell_session(now, Event::Start);
        loop {
            let (turn, now) = self.turn();
            let idle = match turn {
                Turn::Busy => false,
                Turn::Idle => true,
                Turn::Over { code, reason } => {
                    self.drop_line();
                    self.tell_session(now, Event::Closed { code, reason: &reason });
                    false
                }
            };
            if now >= self.next_housekeeping {
                self.keep_house(now);
            }
            if let Some(why) = self.ended.take() {
                return self.finish(why);
            }
            if idle {
                self.idle(now);
            }
        }
    }

    /// One record turn, or one step of dialing.
    #[inline]
    fn turn(&mut self) -> (Turn, Monotonic) {
        match &mut self.line {
            Line::Open(_) => self.read_frames(),
            Line::Dialing(_) => {
                self.dial_on();
                (Turn::Idle, self.clock.mono())
            }
            Line::None => (Turn::Idle, self.clock.mono()),
        }
    }

    #[inline]
    fn read_frames(&mut self) -> (Turn, Monotonic) {
        let Line::Open(connection) = &mut self.line else {
            return (Turn::Idle, self.clock.mono());
        };
        let mut frames = 0;
        let turn = loop {
            if frames == FRAMES_PER_TURN {
                break Turn::Busy;
            }
            let (frame, stamp) = match connection.next_stamped() {
                Ok(Some(next)) => next,
                Ok(None) => break Turn::Idle,
                Err(error) => break Turn::Over { code: None, reason: error.to_string() },
            };
            frames += 1;
            match frame {
                Frame::Text(text) => {
                    match self.intake.take_then(text, stamp, &mut self.clock, || {
                        self.inline.iter_mut().for_each(|inline| inline.turn())
                    }) {
                        Taken::Real => {}
                        Taken::Message => {
                            let now = stamp.reading.mono.max(self.last_bytes);
                            self.last_bytes = now;
                            self.session.handle(now, Event::Message(text), &mut self.actions);
                            // Carried out before the next frame: it may be the last one.
                            break Turn::Busy;
                        }
                        Taken::Refused(error) => self.last_refused = Some(error),
                    }
                }
                Frame::Binary(_) => self.intake.counts_mut().binary_frames += 1,
                Frame::Control => {}
                Frame::Closed { code, reason } => {
                    break Turn::Over { code, reason: reason.to_owned() };
                }
            }
        };
        self.intake.wake_readers();
        // A frame may dribble in over many reads: any byte shows that the line is alive.
        let bytes = connection.bytes_read();
        let now = if bytes != self.bytes_seen {
            self.bytes_seen = bytes;
            self.unacknowledged = true;
            self.last_bytes = self.last_bytes.max(connection.last_read().reading.mono);
            self.session.note_activity(self.last_bytes);
            self.last_bytes
        } else if frames > 0 {
            self.last_bytes
        } else {
            self.clock.mono()
        };
        if !self.actions.is_empty() {
            self.act(now);
        }
        (turn, now)
    }

    fn dial_on(&mut self) {
        let Line::Dialing(dialing) = &mut self.line else { return };
        match dialing.progress(&self.poller, &mut self.clock) {
            Ok(None) => {}
            Ok(Some(connection)) => {
                self.line = Line::Open(Box::new(connection));
                let now = self.clock.mono();
                self.tell_session(now, Event::Connected);
            }
            Err(error) => {
                self.line = Line::None;
                let failure =
                    ConnectFailure { permanent: error.is_permanent(), text: error.to_string() };
                let now = self.clock.mono();
                self.tell_session(now, Event::ConnectFailed(failure));
            }
        }
    }

    /// Nothing to read: spins or sleeps, as the mode says.
    fn idle(&mut self, now: Monotonic) {
        let spins = match (&self.line, self.poll) {
            // Nothing can come before the handshake has; a spinning core would gain nothing.
            (Line::None | Line::Dialing(_), _) | (_, PollMode::Block) => false,
            (Line::Open(_), PollMode::Spin) => true,
            (Line::Open(_), PollMode::Auto { spin }) => now.since(self.last_bytes) < spin,
        };
        if self.unacknowledged
            && (!spins || now.since(self.last_bytes) >= QUIET)
            && let Line::Open(connection) = &self.line
        {
            self.unacknowledged = false;
            connection.acknowledge();
        }
        if spins {
            std::hint::spin_loop();
            return;
        }
        if let Line::Open(connection) = &mut self.line {
            // What the kernel did not take before may go now; failures show at the next read.
            let _ = connection.flush();
        }
        let mut until = self.deadline.min(now + SLEEP_MAX);
        if let Line::Dialing(dialing) = &self.line {
            until = until.min(dialing.deadline());
        }
        if let Some(inline) = &mut self.inline {
            until = until.min(now + inline.patience());
        }
        // One more microsecond: waking just before a deadline would mean waking twice.
        let time = until.since(now) + Duration::from_micros(1);
        if let Err(error) = self.poller.wait(Some(time)) {
            self.log(LogLevel::Error, format!("waiting for the socket failed: {error}"));
            std::thread::sleep(HOUSEKEEPING);
        }
        // Commands and answers come with a wake-up.
        self.next_housekeeping = Monotonic::ZERO;
    }

    fn keep_house(&mut self, now: Monotonic) {
        self.next_housekeeping = now + HOUSEKEEPING;
        if let Some(inline) = &mut self.inline {
            inline.turn();
        }
        while let Some(answer) = self.tokens.as_mut().and_then(TokenDesk::answer) {
            self.tell_session(
                now,
                match answer {
                    Ok(token) => Event::TokenReady(token),
                    Err(failure) => Event::TokenFailed(failure),
                },
            );
        }
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.obey(now, command),
                // Nobody can give commands any more, and nobody will join: end.
                Err(TryRecvError::Disconnected) => {
                    self.tell_session(now, Event::Shutdown);
                    break;
                }
                Err(TryRecvError::Empty) => break,
            }
        }
        let slow = now >= self.next_slow;
        if now >= self.deadline || slow {
            self.tell_session(now, Event::Tick);
        }
        if self.intake.take_overflow() {
            self.tell(FeedNotice::AccountOverflow);
        }
        if let Line::Open(connection) = &mut self.line {
            let _ = connection.flush();
        }
        if slow {
            self.keep_house_slowly(now);
        }
    }

    fn keep_house_slowly(&mut self, now: Monotonic) {
        self.next_slow = now + SLOW_HOUSEKEEPING;
        self.clock.maintain();
        self.clock.read();
        if let Line::Open(connection) = &mut self.line {
            connection.adopt_clock(&self.clock);
        }
        self.publish_counts();
        if now >= self.next_hops {
            self.next_hops = now + HOPS_INTERVAL;
            self.exchange.swap(self.intake.hops_mut());
            self.log_refused();
        }
    }

    fn publish_counts(&mut self) {
        let open = match &self.line {
            Line::Open(connection) => connection.bytes_read(),
            Line::None | Line::Dialing(_) => 0,
        };
        let counts = self.intake.counts_mut();
        counts.bytes = self.bytes_before + open;
        counts.session = self.session.counts();
        counts.clock_deviation_nanos_max = self.clock.deviation_nanos_max();
        self.shared.publish(self.intake.counts(), self.session.is_live());
    }

    fn obey(&mut self, now: Monotonic, command: Command) {
        match command {
            Command::Subscribe(wishes, reply) => {
                let _ = reply.send(self.session.subscribe(now, &wishes, &mut self.actions));
            }
            Command::Unsubscribe(wishes) => {
                self.session.unsubscribe(now, &wishes, &mut self.actions);
            }
            Command::Condition(request, reply) => {
                let _ = reply.send(self.session.condition(now, request, &mut self.actions));
            }
            Command::SetExtras(extras, reply) => {
                let _ = reply.send(self.intake.scanner_mut().set_extras(&extras));
            }
            Command::Shutdown => self.session.handle(now, Event::Shutdown, &mut self.actions),
        }
        self.act(now);
    }

    fn tell_session(&mut self, now: Monotonic, event: Event<'_>) {
        self.session.handle(now, event, &mut self.actions);
        self.act(now);
    }

    /// Does what the session wants. A line that breaks on the way is told to the session, which may
    /// want more.
    fn act(&mut self, now: Monotonic) {
        while !self.actions.is_empty() {
            let mut broken = None;
            for action in std::mem::take(&mut self.actions) {
                if let Err(reason) = self.carry_out(now, action) {
                    broken.get_or_insert(reason);
                }
            }
            if let Some(reason) = broken
                && let Line::Open(_) = self.line
            {
                self.drop_line();
                let event = Event::Closed { code: None, reason: &reason };
                self.session.handle(now, event, &mut self.actions);
            }
        }
        self.deadline = self.session.next_deadline().unwrap_or(Monotonic::MAX);
    }

    fn carry_out(&mut self, now: Monotonic, action: Action) -> Result<(), String> {
        match action {
            Action::RequestToken { refresh } => self.ask_for_token(now, refresh),
            Action::Connect => {
                let dialing = self.connector.dial(now, self.connect_timeout, &self.poller);
                self.line = Line::Dialing(Box::new(dialing));
            }
            Action::Send(outgoing) => {
                if let Line::Open(connection) = &mut self.line {
                    connection.send_text(outgoing.expose_text()).map_err(|e| e.to_string())?;
                }
            }
            Action::SendClose => {
                if let Line::Open(connection) = &mut self.line {
                    connection.send_close().map_err(|error| error.to_string())?;
                }
            }
            Action::Disconnect => self.drop_line(),
            Action::Notify(event) => self.notify(event),
            Action::Log(level, text) => self.log(level, text),
            Action::GiveUp(reason) => self.ended = Some(EndReason::Fatal(reason)),
            Action::Finished => self.ended = Some(EndReason::Shutdown),
        }
        Ok(())
    }

    fn ask_for_token(&mut self, now: Monotonic, refresh: bool) {
        if let Some(source) = self.source.take() {
            match TokenDesk::open(source, self.poller.wake_handle()) {
                Ok(desk) => self.tokens = Some(desk),
                Err(error) => {
                    let text = format!("the thread that fetches tokens cannot start: {error}");
                    let failure = TokenFailure::Temporary { text };
                    self.session.handle(now, Event::TokenFailed(failure), &mut self.actions);
                }
            }
        }
        if let Some(desk) = &mut self.tokens {
            desk.ask(refresh);
        }
    }

    fn notify(&mut self, event: FeedEvent) {
        let at = self.clock.now();
        self.intake.publish_event(&event, at);
        self.tell(FeedNotice::Event { at, event });
    }

    fn log(&mut self, level: LogLevel, text: String) {
        self.tell(FeedNotice::Log { level, text });
    }

    fn tell(&mut self, notice: FeedNotice) {
        // Nobody listens, or nobody keeps up: the feed goes on, and the count says so.
        if self.notices.try_send(notice).is_err() {
            self.intake.counts_mut().notices_dropped += 1;
        }
    }

    /// One line for all frames refused since the last one: a broken peer must not fill the log.
    fn log_refused(&mut self) {
        if let Some(error) = self.last_refused.take() {
            let total = self.intake.counts().refused_frames;
            let count = total - self.refused_told;
            self.refused_told = total;
            self.log(LogLevel::Warn, format!("{count} frames were refused; the last one: {error}"));
        }
    }

    fn drop_line(&mut self) {
        if let Line::Open(connection) = &self.line {
            self.bytes_before += connection.bytes_read();
        }
        self.bytes_seen = 0;
        self.line = Line::None;
    }

    fn finish(mut self, why: EndReason) -> (FeedOutcome, Option<Box<dyn InlineReader>>) {
        self.drop_line();
        if self.intake.take_overflow() {
            self.tell(FeedNotice::AccountOverflow);
        }
        self.log_refused();
        self.publish_counts();
        let counts = *self.intake.counts();
        self.exchange.put_last(std::mem::take(self.intake.hops_mut()));
        (FeedOutcome { why, counts, hops: HopHistograms::default() }, self.inline.take())
    }
}

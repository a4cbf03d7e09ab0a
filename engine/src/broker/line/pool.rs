//! Several lines, and the helper thread that makes new ones.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded};
use feed::clock::{Clock, Monotonic};
use secrecy::SecretString;
use strategy_api::UnixNanos;

use super::dial::{Dialer, LineOptions};
use super::error::{DialError, LineError, NotSent};
use super::exchange::{Deadlines, Outcome, Stamps};
use super::socket;
use super::wire::{Line, Wire};
use crate::broker::api::{ORDER_PATH, OrderCall};
use crate::broker::http::PreparedRequest;

/// First pause after a line could not be made, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Idle lines are looked at this often, so that a closed one is replaced before an order comes.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The learned limit of idleness does not fall below this.
const IDLE_MIN: Duration = Duration::from_secs(1);

/// An order that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Finished {
    /// The number that came with [`LinePool::send`].
    pub tag: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// When each step happened.
    pub stamps: Stamps,
}

/// How the lines are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolHealth {
    /// Lines that could take an order now.
    pub idle: usize,
    /// Orders under way.
    pub under_way: usize,
    /// Lines being made.
    pub dialing: usize,
    /// Lines that were made in all.
    pub made: u64,
    /// Lines that the broker had closed, or broken, while idle.
    pub closed_idle: u64,
    /// Lines given up because of how an order on them ended.
    pub closed_in_use: u64,
    /// Lines replaced because they had been idle for long.
    pub renewed: u64,
    /// Lines that could not be made.
    pub dial_failures: u64,
    /// The last failure to make one, and when; `None` once a line was made again.
    pub last_failure: Option<(UnixNanos, DialError)>,
    /// Since when a line has been in the making without an end: a look-up may hang.
    pub dialing_since: Option<Monotonic>,
    /// The helper thread is gone: no line will ever be made again.
    pub helper_gone: bool,
    /// A line that was idle this long is renewed.
    pub idle_max: Duration,
}

/// Lines that stand ready, for as many orders at once. Belongs to one thread.
#[derive(Debug)]
pub struct LinePool {
    options: LineOptions,
    authority: String,
    token: SecretString,
    lines: Vec<Line>,
    jobs: Sender<()>,
    made: Receiver<Result<Wire, DialError>>,
    pause: Duration,
    dial_after: Monotonic,
    look_after: Monotonic,
    random: u64,
    health: PoolHealth,
}

impl LinePool {
    /// Checks the options and starts the helper thread; lines are on their way then.
    ///
    /// The helper runs on the cores of the thread that calls this: make the pool before that thread is
    /// pinned, or handshakes run on the gateway's core.
    ///
    /// # Errors
    /// When the options cannot work.
    pub fn new(options: LineOptions, token: &SecretString) -> Result<Self, LineError> {
        let options = options.checked()?;
        let dialer = Dialer::new(&options)?;
        let authority = dialer.authority().to_owned();
        PreparedRequest::new(&authority, ORDER_PATH, &options.user_agent, token)?;
        let (jobs, inbox) = bounded::<()>(options.lines);
        let (outbox, made) = bounded(options.lines);
        // It ends when the pool drops its end of the channel, at the latest after the dial at hand.
        std::thread::Builder::new()
            .name("order-lines".to_owned())
            .spawn(move || {
                while inbox.recv().is_ok() {
                    if outbox.send(dialer.dial()).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| LineError::Thread(error.to_string()))?;
        let health = PoolHealth { idle_max: options.idle_max, ..PoolHealth::default() };
        let mut pool = Self {
            authority,
            token: token.clone(),
            lines: Vec::with_capacity(options.lines + 1),
            jobs,
            made,
            pause: PAUSE_MIN,
            dial_after: Monotonic::ZERO,
            look_after: Monotonic::ZERO,
            // Never zero, which the generator could not leave.
            random: RandomState::new().build_hasher().finish() | 1,
            options,
            health,
        };
        pool.order_lines(Monotonic::ZERO);
        Ok(pool)
    }

    /// Another token from the next order on; orders under way keep theirs.
    ///
    /// # Errors
    /// When it cannot stand in a header; the old one stays.
    pub fn set_token(&mut self, token: &SecretString) -> Result<(), LineError> {
        // All or nothing: lines with different tokens would be worse than an old one.
        let requests: Result<Vec<_>, _> = self
            .lines
            .iter()
            .map(|_| {
                PreparedRequest::new(&self.authority, ORDER_PATH, &self.options.user_agent, token)
            })
            .collect();
        let requests = requests?;
        PreparedRequest::new(&self.authority, ORDER_PATH, &self.options.user_agent, token)?;
        for (line, request) in self.lines.iter_mut().zip(requests) {
            line.set_request(request);
        }
        self.token = token.clone();
        Ok(())
    }

    /// How many orders could be sent now.
    pub fn idle(&self) -> usize {
        self.lines.iter().filter(|line| line.is_idle()).count()
    }

    /// How many orders are under way.
    pub fn under_way(&self) -> usize {
        self.lines.iter().filter(|line| line.is_under_way()).count()
    }

    /// How the lines are doing.
    pub fn health(&self) -> PoolHealth {
        let mut health = self.health.clone();
        (health.idle, health.under_way) = (self.idle(), self.under_way());
        health
    }

    /// Sends an order on the line that was used last, which is the warmest. A line that turns out to
    /// be closed passes it on to the next one: nothing of it had left.
    ///
    /// After `Ok` its outcome comes from [`Self::poll`], exactly once.
    ///
    /// # Errors
    /// When surely nothing of it was sent.
    pub fn send(&mut self, tag: u64, call: &OrderCall, clock: &mut Clock) -> Result<(), NotSent> {
        let mut last = None;
        while let Some(line) = self.warmest() {
            match line.send(tag, call, clock) {
                Err(why) if why.is_of_the_line() => {
                    last = Some(why);
                    self.drop_over(clock.mono());
                }
                other => return other,
            }
        }
        let lines = self.under_way();
        Err(match last {
            Some(why) => why,
            None if lines > 0 => NotSent::Busy { lines },
            None => NotSent::NoLine { reason: self.reason() },
        })
    }

    /// Goes on with the orders under way, without waiting. `Some` once for each order sent; call again
    /// until `None`.
    #[inline]
    pub fn poll(&mut self, clock: &mut Clock) -> Option<Finished> {
        for line in self.lines.iter_mut().filter(|line| line.is_under_way()) {
            if let Some(outcome) = line.poll(clock) {
                let finished = Finished { tag: line.tag(), outcome, stamps: line.stamps() };
                self.learn(clock.mono());
                return Some(finished);
            }
        }
        None
    }

    /// Like [`Self::poll`], but sleeps until an order has ended or `time` is over.
    pub fn wait(&mut self, clock: &mut Clock, time: Duration) -> Option<Finished> {
        let end = clock.mono() + time;
        loop {
            if let Some(finished) = self.poll(clock) {
                return Some(finished);
            }
            let now = clock.mono();
            let under_way = || self.lines.iter().filter(|line| line.is_under_way());
            let next = under_way().filter_map(Line::deadline).fold(end, Monotonic::min);
            if now >= end || under_way().next().is_none() {
                return None;
            }
            let interests: Vec<_> = under_way().map(Line::interest).collect();
            if socket::wait(&interests, next.since(now)).is_err() {
                // Without `poll` the deadlines still hold.
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Waits until `count` lines are idle; how many are after at most `time`.
    pub fn wait_ready(&mut self, count: usize, clock: &mut Clock, time: Duration) -> usize {
        let end = clock.mono() + time;
        loop {
            self.tend(clock);
            let (idle, now) = (self.idle(), clock.mono());
            if idle >= count || now >= end {
                return idle;
            }
            let pause = end.since(now).min(Duration::from_millis(20));
            if let Ok(made) = self.made.recv_timeout(pause) {
                self.adopt(made, clock);
            }
        }
    }

    /// Housekeeping: takes new lines over, looks at the idle ones, renews what was idle for long.
    /// Cheap when there is nothing to do; to be called some times a second.
    pub fn tend(&mut self, clock: &mut Clock) {
        loop {
            match self.made.try_recv() {
                Ok(made) => self.adopt(made, clock),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.health.helper_gone = true;
                    break;
                }
            }
        }
        let now = clock.mono();
        if now >= self.look_after {
            self.look_after = now + LOOK_EVERY;
            for line in self.lines.iter_mut().filter(|line| line.is_idle()) {
                // What it finds, the line remembers.
                let _ = line.look(clock);
            }
            self.drop_over(now);
        }
        self.order_lines(now);
    }

    /// Looks at the line that the next order will take, so that this order need not; for a thread that
    /// spins, every millisecond or so.
    pub fn keep_warm(&mut self, clock: &mut Clock) {
        if let Some(line) = self.warmest()
            && line.keep_warm(clock).is_err()
        {
            self.drop_over(clock.mono());
        }
    }

    /// Gives everything up. Orders under way come back, their outcome unknown.
    pub fn close(mut self) -> Vec<Finished> {
        self.give_up()
    }

    /// Gives every line up, for whoever keeps the pool a little longer; see [`close`](Self::close).
    pub fn give_up(&mut self) -> Vec<Finished> {
        let finished = |line: Line| {
            let (tag, stamps) = (line.tag(), line.stamps());
            line.close().map(|outcome| Finished { tag, outcome, stamps })
        };
        self.lines.drain(..).filter_map(finished).collect()
    }

    fn warmest(&mut self) -> Option<&mut Line> {
        self.lines.iter_mut().filter(|line| line.is_idle()).max_by_key(|line| line.idle_since())
    }

    fn reason(&self) -> String {
        match &self.health.last_failure {
            Some((_, error)) => error.to_string(),
            None if self.health.helper_gone => "the thread that makes lines is gone".to_owned(),
            None => "one is being made".to_owned(),
        }
    }

    /// After an order: what the broker said about idle lines, and whether the line lives on.
    fn learn(&mut self, now: Monotonic) {
        if let Some(told) = self.lines.iter().filter_map(Line::idle_timeout).min() {
            self.lower_idle_max(told);
        }
        let before = self.lines.len();
        self.lines.retain(|line| !line.is_over() || line.is_under_way());
        self.health.closed_in_use += (before - self.lines.len()) as u64;
        self.order_lines(now);
    }

    /// Drops lines that ended while idle, and learns how long the broker keeps them.
    fn drop_over(&mut self, now: Monotonic) {
        let mut shortest: Option<Duration> = None;
        let mut closed = 0;
        self.lines.retain(|line| {
            let keep = !line.is_over() || line.is_under_way();
            if !keep {
                closed += 1;
                let idle = now.since(line.idle_since());
                shortest = Some(shortest.map_or(idle, |s| s.min(idle)));
            }
            keep
        });
        self.health.closed_idle += closed;
        // A line that died young was not closed for being idle.
        if let Some(idle) = shortest.filter(|idle| *idle >= IDLE_MIN) {
            self.lower_idle_max(idle);
        }
        self.order_lines(now);
    }

    fn lower_idle_max(&mut self, broker_keeps: Duration) {
        let limit = (broker_keeps * 3 / 4).max(IDLE_MIN);
        self.health.idle_max = self.health.idle_max.min(limit);
    }

    fn is_stale(&self, line: &Line, now: Monotonic) -> bool {
        line.is_idle() && now.since(line.idle_since()) >= self.health.idle_max
    }

    /// Asks the helper for as many lines as are missing or stale.
    fn order_lines(&mut self, now: Monotonic) {
        let fresh = self.lines.iter().filter(|line| !self.is_stale(line, now)).count();
        let missing = self.options.lines.saturating_sub(fresh + self.health.dialing);
        if missing == 0 || now < self.dial_after {
            return;
        }
        for _ in 0..missing {
            match self.jobs.try_send(()) {
                Ok(()) => self.health.dialing += 1,
                Err(crossbeam::channel::TrySendError::Full(())) => break,
                Err(crossbeam::channel::TrySendError::Disconnected(())) => {
                    self.health.helper_gone = true;
                    break;
                }
            }
        }
        self.health.dialing_since = self.health.dialing_since.or(Some(now));
    }

    fn adopt(&mut self, made: Result<Wire, DialError>, clock: &mut Clock) {
        let now = clock.read();
        self.health.dialing = self.health.dialing.saturating_sub(1);
        self.health.dialing_since = (self.health.dialing > 0).then_some(now.mono);
        let wire = match made {
            Ok(wire) => wire,
            Err(error) => {
                self.health.dial_failures += 1;
                self.health.last_failure = Some((now.unix, error));
                self.dial_after = now.mono + self.jittered(self.pause);
                self.pause = (self.pause * 2).min(PAUSE_MAX);
                return;
            }
        };
        // The token was checked when it came.
        let Ok(request) = PreparedRequest::new(
            &self.authority,
            ORDER_PATH,
            &self.options.user_agent,
            &self.token,
        ) else {
            return;
        };
        (self.pause, self.dial_after) = (PAUSE_MIN, now.mono);
        self.health.last_failure = None;
        self.health.made += 1;
        let deadlines =
            Deadlines { write: self.options.write_timeout, reply: self.options.reply_timeout };
        let line = Line::new(wire, request, deadlines, self.options.reply_bytes_max, now.mono);
        // The oldest stale line makes room; one with an order under way is never touched.
        let stale = self.lines.iter().enumerate().filter(|(_, line)| self.is_stale(line, now.mono));
        if let Some((at, _)) = stale.min_by_key(|(_, line)| line.idle_since()) {
            let gone = self.lines.swap_remove(at);
            debug_assert!(!gone.is_under_way(), "a stale line is idle");
            gone.close();
            self.health.renewed += 1;
        }
        self.lines.push(line);
    }

    /// Half to all of `pause`, so that many engines do not knock together.
    fn jittered(&mut self, pause: Duration) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        pause / 2 + pause.mul_f64((self.random % 1000) as f64 / 2000.0)
    }
}

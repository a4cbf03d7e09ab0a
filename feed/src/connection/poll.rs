//! How the feed thread waits for bytes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Registry, Token, Waker};

/// How the feed thread waits for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollMode {
    /// Never sleeps: reads again and again. Fastest, and takes a whole core.
    Spin,
    /// Sleeps in the kernel until bytes, a command or a deadline come.
    Block,
    /// Reads again for a while after the last bytes, then sleeps.
    Auto {
        /// For how long.
        spin: Duration,
    },
}

impl Default for PollMode {
    fn default() -> Self {
        Self::Auto { spin: Duration::from_micros(50) }
    }
}

/// The one place where the feed thread may sleep: for bytes, for a wake-up, for a time.
#[derive(Debug)]
pub struct Poller {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
}

/// Wakes a [`Poller`] from another thread.
#[derive(Clone, Debug)]
pub struct WakeHandle(Arc<Waker>);

impl WakeHandle {
    /// Wakes the thread that sleeps in the poller, or keeps it from falling asleep once.
    pub fn wake(&self) {
        // Fails only when the poller's event counter is gone or full; then nobody sleeps.
        let _ = self.0.wake();
    }
}

const WAKE: Token = Token(0);
/// The token under which a connection's socket is registered.
pub(super) const SOCKET: Token = Token(1);

impl Poller {
    /// A poller with nothing to wait for but wake-ups.
    ///
    /// # Errors
    /// When the system has no more file descriptors.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        Ok(Self { poll, events: Events::with_capacity(8), waker })
    }

    /// A handle for other threads.
    pub fn wake_handle(&self) -> WakeHandle {
        WakeHandle(Arc::clone(&self.waker))
    }

    /// Sleeps until something happens, at most for `time`; `None` is for ever. Readiness is
    /// edge-triggered: sleep only after a read or write has said "would block".
    ///
    /// # Errors
    /// When the system call fails; an interruption by a signal is no error.
    pub fn wait(&mut self, time: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, time) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    pub(super) fn registry(&self) -> &Registry {
        self.poll.registry()
    }
}

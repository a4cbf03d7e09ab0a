//! The feed thread: reads, scans, publishes, and keeps the session going.
//!
//! [`FeedHandler::spawn`] starts it. Everything else of the engine meets it through rings (data),
//! channels (what happened) and atomics (counts); nothing ever waits for it, and it waits for nobody.
//!
//! The loop has two speeds. Every turn reads and handles frames ([`Intake`]). Now and then, at most
//! every millisecond, comes housekeeping: the session's deadlines, commands, tokens, counters, the
//! clock, histograms.
#![forbid(unsafe_code)]

mod counters;
mod histogram;
mod hops;
mod intake;
mod quarantine;
mod run;
mod token;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use strategy_api::UnixNanos;

pub use counters::FeedCounts;
pub use histogram::{HOP_DIGITS, HOP_NANOS_MAX, HopHistogram, hop_histogram};
pub use hops::HopHistograms;
pub use intake::{Intake, Outlets, Taken};
pub use quarantine::{QuarantineReason, QuarantineSink, Quarantined, quarantine};
pub use token::TokenSource;

use crate::clock::Clock;
use crate::connection::{Connector, PollMode, Poller, WakeHandle};
use crate::scan::{ExtrasError, Scanner};
use crate::schema::WireType;
use crate::session::{
    ConditionError, ConditionRequest, EndReason, FeedEvent, LogLevel, SessionOptions,
    SubscriptionError, Subscriptions, Wish,
};
use counters::SharedCounts;
use hops::HopExchange;

/// What a feed thread is made of.
pub struct HandlerOptions {
    /// Number of this connection, in feed events and in the thread's name.
    pub connection: u8,
    /// The core to pin the thread to; `None` leaves it to the system.
    pub core: Option<usize>,
    /// How it waits for bytes.
    pub poll: PollMode,
    /// Where to connect to.
    pub connector: Connector,
    /// How the session behaves.
    pub session: SessionOptions,
    /// What to register.
    pub subscriptions: Subscriptions,
    /// Turns frames into records.
    pub scanner: Scanner,
    /// Where records go.
    pub outlets: Outlets,
    /// Where tokens come from.
    pub token_source: Box<dyn TokenSource>,
    /// The clock. Making one takes 20 ms; threads may share a calibration by cloning it.
    pub clock: Clock,
    /// Who reads the rings on the feed thread itself, if anybody does.
    pub inline: Option<Box<dyn InlineReader>>,
}

/// A reader of the rings that takes turns on the feed thread, for machines without a core to spare for
/// it: no hand-over to another thread, and no frame is read while it works.
pub trait InlineReader: Send {
    /// Handles what was published, and whatever else is due. Called after each frame with data, and
    /// once a millisecond at least while the feed is awake.
    fn turn(&mut self);

    /// The longest time until it wants its next turn.
    fn patience(&mut self) -> Duration;

    /// The rings are closed: reads them to their end. It is not called again.
    fn end(&mut self);
}

/// Starts feed threads.
#[derive(Debug)]
pub struct FeedHandler;

impl FeedHandler {
    /// Starts the thread; it begins to connect at once.
    ///
    /// # Errors
    /// When the system gives no thread or no file descriptor.
    pub fn spawn(options: HandlerOptions) -> io::Result<FeedHandle> {
        let poller = Poller::new()?;
        let wake = poller.wake_handle();
        let (commands, command_queue) = bounded(COMMANDS_MAX);
        let (notices, notice_queue) = bounded(NOTICES_MAX);
        let shared = Arc::new(SharedCounts::new());
        let exchange = HopExchange::new();
        let parts = run::Parts {
            poller,
            commands: command_queue,
            notices,
            shared: Arc::clone(&shared),
            exchange: exchange.clone(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("feed-{}", options.connection))
            .spawn(move || run::run(options, parts))?;
        Ok(FeedHandle {
            control: FeedControl { commands, wake },
            notices: notice_queue,
            shared,
            exchange,
            thread,
        })
    }
}

/// Commands that can wait; whoever sends more waits for the feed thread.
const COMMANDS_MAX: usize = 64;

/// Notices that can wait to be read; further ones are dropped and counted.
const NOTICES_MAX: usize = 4096;

/// The other threads' end of a feed thread.
#[derive(Debug)]
pub struct FeedHandle {
    control: FeedControl,
    notices: Receiver<FeedNotice>,
    shared: Arc<SharedCounts>,
    exchange: HopExchange,
    thread: JoinHandle<FeedOutcome>,
}

impl FeedHandle {
    /// A handle for commands alone, for any number of threads.
    pub fn control(&self) -> FeedControl {
        self.control.clone()
    }

    /// What happened, in order. It ends with the thread.
    pub fn notices(&self) -> &Receiver<FeedNotice> {
        &self.notices
    }

    /// The counts as of the last housekeeping: at most about 100 ms old while the thread runs.
    pub fn counts(&self) -> FeedCounts {
        self.shared.read()
    }

    /// Whether a login held at the last housekeeping.
    pub fn is_live(&self) -> bool {
        self.shared.is_live()
    }

    /// Latched: an account record found the account ring full and was lost. Trading has to halt and
    /// the books have to be reconciled with the broker.
    pub fn account_overflow(&self) -> bool {
        self.shared.account_overflow()
    }

    /// Hands over the latencies recorded since the last call, about one piece per second. One
    /// collector only, or each gets a part.
    pub fn collect_hops(&self, each: impl FnMut(&HopHistograms)) {
        self.exchange.collect(each);
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end of the thread. Collect the last latencies with the handle's own
    /// [`FeedHandle::collect_hops`] before, or from [`FeedOutcome::hops`].
    ///
    /// # Errors
    /// When the thread has panicked: a bug of ours. The rings are closed all the same.
    pub fn join(self) -> Result<FeedOutcome, FeedPanicked> {
        let mut outcome = self.thread.join().map_err(|panic| {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            FeedPanicked { text }
        })?;
        self.exchange.collect(|rest| rest.add_to(&mut outcome.hops));
        Ok(outcome)
    }
}

/// Gives commands to a feed thread. They are carried out within a millisecond or so.
#[derive(Clone, Debug)]
pub struct FeedControl {
    commands: Sender<Command>,
    wake: WakeHandle,
}

impl FeedControl {
    /// Adds wishes; waits until the session has taken them in (not for the broker's answer).
    ///
    /// # Errors
    /// When the connection would have too many items, or the feed has ended.
    pub fn subscribe(&self, wishes: Vec<Wish>) -> Result<(), CommandError> {
        self.ask(|reply| Command::Subscribe(wishes, reply))?.map_err(CommandError::Subscription)
    }

    /// Takes wishes back.
    ///
    /// # Errors
    /// When the feed has ended.
    pub fn unsubscribe(&self, wishes: Vec<Wish>) -> Result<(), CommandError> {
        self.tell(Command::Unsubscribe(wishes))
    }

    /// Carries out a request about condition searches; answers come as [`FeedNotice::Event`].
    ///
    /// # Errors
    /// When the request cannot be carried out now, or the feed has ended.
    pub fn condition(&self, request: ConditionRequest) -> Result<(), CommandError> {
        self.ask(|reply| Command::Condition(request, reply))?.map_err(CommandError::Condition)
    }

    /// Sets which FIDs are read beyond the records' own, for all types at once.
    ///
    /// # Errors
    /// When the lists cannot be had, or the feed has ended.
    pub fn set_extras(&self, extras: Vec<(WireType, Vec<u16>)>) -> Result<(), CommandError> {
        self.ask(|reply| Command::SetExtras(extras, reply))?.map_err(CommandError::Extras)
    }

    /// Ends the feed in order: Close is sent and everything that still comes is published. Returns
    /// at once; see [`FeedHandle::join`]. A feed that has ended already is no error.
    pub fn shut_down(&self) {
        let _ = self.tell(Command::Shutdown);
    }

    fn tell(&self, command: Command) -> Result<(), CommandError> {
        self.commands.send(command).map_err(|_| CommandError::Ended)?;
        self.wake.wake();
        Ok(())
    }

    fn ask<T>(&self, make: impl FnOnce(Sender<T>) -> Command) -> Result<T, CommandError> {
        let (reply, answer) = bounded(1);
        self.tell(make(reply))?;
        answer.recv().map_err(|_| CommandError::Ended)
    }
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The feed has ended.
    #[error("the feed has ended")]
    Ended,
    /// The wishes cannot be had.
    #[error(transparent)]
    Subscription(SubscriptionError),
    /// The condition search cannot be had.
    #[error(transparent)]
    Condition(ConditionError),
    /// The extra fields cannot be had.
    #[error(transparent)]
    Extras(ExtrasError),
}

pub(crate) enum Command {
    Subscribe(Vec<Wish>, Sender<Result<(), SubscriptionError>>),
    Unsubscribe(Vec<Wish>),
    Condition(ConditionRequest, Sender<Result<(), ConditionError>>),
    SetExtras(Vec<(WireType, Vec<u16>)>, Sender<Result<(), ExtrasError>>),
    Shutdown,
}

/// Something to tell a person, a log or the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedNotice {
    /// The feed changed. Strategies see the same in the market ring.
    Event {
        /// When.
        at: UnixNanos,
        /// What.
        event: FeedEvent,
    },
    /// A line for the log.
    Log {
        /// How loud.
        level: LogLevel,
        /// What.
        text: String,
    },
    /// Account records were lost because the account ring was full; told once. See
    /// [`FeedHandle::account_overflow`].
    AccountOverflow,
}

/// How a feed thread ended.
#[derive(Clone, Debug)]
pub struct FeedOutcome {
    /// Why it ended.
    pub why: EndReason,
    /// Everything counted, exact.
    pub counts: FeedCounts,
    /// Latencies that nobody had collected.
    pub hops: HopHistograms,
}

/// The feed thread panicked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the feed thread panicked: {text}; this is a bug, please report it")]
pub struct FeedPanicked {
    /// The panic's text.
    pub text: String,
}

//! Refused frames, on their way to whoever keeps them.

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use strategy_api::UnixNanos;

use crate::scan::{RefusedEntry, ScanError};

/// A frame, or an entry of one, that the scanner refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The whole frame as it came.
    pub frame: Vec<u8>,
    /// Why, and where.
    pub why: QuarantineReason,
    /// When it came.
    pub recv: UnixNanos,
    /// Number of the connection.
    pub connection: u8,
}

/// Why a frame is in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineReason {
    /// The whole frame was refused.
    Frame(ScanError),
    /// Entries of it were refused; the others were delivered. The scanner describes some of them.
    Entries(Vec<RefusedEntry>),
}

/// The feed thread's end. When the keeper is slow or gone, frames are dropped and counted.
#[derive(Clone, Debug)]
pub struct QuarantineSink(Sender<Quarantined>);

/// A quarantine for at most `frames_max` frames that wait to be kept.
pub fn quarantine(frames_max: usize) -> (QuarantineSink, Receiver<Quarantined>) {
    let (send, receive) = bounded(frames_max);
    (QuarantineSink(send), receive)
}

impl QuarantineSink {
    /// Hands a frame over; `false` if it was dropped. Allocates: refused frames are no part of a
    /// normal day.
    pub(super) fn put(&self, make: impl FnOnce() -> Quarantined) -> bool {
        if self.0.is_full() {
            return false;
        }
        match self.0.try_send(make()) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

//! What the broker says it did.

use super::types::{RealType, TYPE_COUNT};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Counts of a broker's life so far, over all its connections.
///
/// REAL frames are counted when they are handed to the socket, and what was handed over is flushed
/// before a connection ends in order. For a client that reads until the close the counts are exact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// REAL frames sent.
    pub frames_sent: u64,
    /// REAL frames sent, by the type of their first entry.
    pub frames_by_type: BTreeMap<String, u64>,
    /// Entries in those frames, by type.
    pub entries_sent: BTreeMap<String, u64>,
    /// Bytes of message text sent, REAL and other.
    pub bytes_sent: u64,
    /// PING messages sent.
    pub pings_sent: u64,
    /// PING messages that came back.
    pub echoes_received: u64,
    /// WebSocket connections that finished their handshake.
    pub connections: u64,
    /// LOGINs that were accepted.
    pub logins: u64,
    /// Tokens issued over REST, repeats of the same token included.
    pub tokens_issued: u64,
    /// Order numbers given: orders, modifications and cancels that were taken.
    pub orders_taken: u64,
    /// Fills of clients' orders.
    pub fills: u64,
    /// Faults that struck.
    pub faults_struck: u64,
    /// Sessions closed because their client took its frames too slowly.
    pub slow_clients: u64,
}

/// What a REAL frame adds to the report once it is handed to the socket.
#[derive(Clone, Debug)]
pub(super) enum Tally {
    /// No REAL frame.
    Other,
    /// A frame of the market: every entry has one type.
    Real(RealType, u32),
    /// A frame from outside: the type of each of its entries, in order.
    Injected(Rc<[String]>),
}

/// The running counts; types of the market in arrays, so that counting a frame costs nothing.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) plain: Report,
    frames: [u64; TYPE_COUNT],
    entries: [u64; TYPE_COUNT],
}

impl Counts {
    /// Counts a message of `bytes` that was handed to the socket.
    pub(super) fn sent(&mut self, tally: &Tally, bytes: usize) {
        self.plain.bytes_sent += bytes as u64;
        match tally {
            Tally::Other => {}
            Tally::Real(ty, entries) => {
                self.plain.frames_sent += 1;
                self.frames[*ty as usize] += 1;
                self.entries[*ty as usize] += u64::from(*entries);
            }
            Tally::Injected(types) => {
                self.plain.frames_sent += 1;
                if let Some(first) = types.first() {
                    *self.plain.frames_by_type.entry(first.clone()).or_default() += 1;
                }
                for ty in types.iter() {
                    *self.plain.entries_sent.entry(ty.clone()).or_default() += 1;
                }
            }
        }
    }

    /// The counts as the report shows them: types that were never sent are left out.
    pub(super) fn report(&self) -> Report {
        let mut report = self.plain.clone();
        for ty in RealType::ALL {
            let (frames, entries) = (self.frames[ty as usize], self.entries[ty as usize]);
            if frames > 0 {
                *report.frames_by_type.entry(ty.code().to_owned()).or_default() += frames;
                *report.entries_sent.entry(ty.code().to_owned()).or_default() += entries;
            }
        }
        report
    }
}

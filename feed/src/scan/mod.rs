//! From the bytes of a text frame to records.
//!
//! # Hot path
//!
//! [`Scanner::scan`] on a canonical frame never allocates (after its buffers have grown to the
//! largest frame seen), locks, logs, formats, panics or calls the kernel. Budget: 1 ns a byte, which
//! is 0.7 µs for a trade and 2 µs for ten levels of depth.
//!
//! # Contract
//!
//! For every sequence of bytes the result is the one of a plain JSON parser plus the schema:
//!
//! - Bytes that are not UTF-8, not JSON (RFC 8259) or beyond the limits are a [`ScanError`], and
//!   nothing of the frame is delivered: records are built in a buffer and handed out when the whole
//!   frame has been checked, to its last byte.
//! - Valid JSON that is not a `REAL` frame is [`Scanned::Message`].
//! - A `REAL` frame is a [`Batch`]. An entry with a bad value is refused alone.
//!
//! Two paths give the same result. `fast` is one pass over the grammar that live frames have: no
//! white space, no escapes, all values strings, keys in any order. Whatever is outside of it goes
//! to `grammar`, which decides whether it is JSON, and then to `slow`, whose documentation is the
//! table of what each odd shape means.
//!
//! The forms of values are those of `value` and [`ValueKind`](crate::schema::ValueKind).

mod batch;
mod entry;
mod error;
mod fast;
mod grammar;
mod plan;
mod slow;
pub(crate) mod store;
pub(crate) mod value;

use strategy_api::record::Record;
use strategy_api::{Extras, UnixNanos};

pub use batch::{Batch, REFUSED_KEPT, RecordWords, RefusedEntry, RefusedReason, is_account};
pub use error::{ScanError, ScanErrorKind};
pub use grammar::MAX_DEPTH;
pub use plan::{ExtrasError, MAX_EXTRAS};
pub(crate) use slow::fid as fid_of;

use crate::instruments::Instruments;
use crate::schema::WireType;
use batch::Output;
use entry::Builder;
use plan::Plan;

/// The longest frame accepted, bytes; the limit of the WebSocket layer too.
pub const FRAME_LIMIT: usize = 1 << 20;

/// The most entries accepted in one frame. Live frames have a handful; this bounds the buffers.
pub const MAX_ENTRIES: u32 = 8192;

/// When a frame arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// When the kernel received the bytes that completed the frame; unset where it does not tell.
    pub kernel: UnixNanos,
    /// Our clock right after the `read` that completed the frame. Dates the times in the frame.
    pub recv: UnixNanos,
}

/// How a [`Scanner`] works.
#[derive(Clone, Debug)]
pub struct ScannerOptions {
    /// Which items are which instruments.
    pub instruments: Instruments,
    /// FIDs wanted beyond the records' own, by type.
    pub extras: Vec<(WireType, Vec<u16>)>,
    /// The longest frame accepted, bytes; at most [`FRAME_LIMIT`], the default.
    pub frame_limit: usize,
    /// Which path reads the frames; anything but `Auto` is for tests and measurements.
    pub path: ScanPath,
}

impl ScannerOptions {
    /// The defaults: no extra fields, frames up to [`FRAME_LIMIT`].
    pub fn new(instruments: Instruments) -> Self {
        Self { instruments, extras: Vec::new(), frame_limit: FRAME_LIMIT, path: ScanPath::Auto }
    }
}

/// Which path reads the frames. All give the same records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanPath {
    /// The fastest that this machine has, and the general one where it does not apply.
    #[default]
    Auto,
    /// The general one only.
    General,
}

impl ScanPath {
    /// Every path, for tests that run one table of cases over all of them.
    pub const ALL: &'static [Self] = &[Self::Auto, Self::General];
}

/// What a frame is.
#[derive(Clone, Copy, Debug)]
pub enum Scanned<'a> {
    /// Realtime data.
    Real(Batch<'a>),
    /// Valid JSON, but not a `REAL` frame: for the session to read.
    Message,
}

/// Turns frames into records. One per feed thread.
#[derive(Debug)]
pub struct Scanner {
    /// By [`WireType::index`].
    plans: Vec<Plan>,
    instruments: Instruments,
    frame_limit: usize,
    path: ScanPath,
    pairs: Vec<fast::Pair>,
    output: Output,
    extras: Box<Extras>,
    general_frames: u64,
}

impl Scanner {
    /// A scanner with its buffers.
    pub fn new(options: ScannerOptions) -> Result<Self, ExtrasError> {
        let mut scanner = Self {
            plans: Vec::new(),
            instruments: options.instruments,
            frame_limit: options.frame_limit.min(FRAME_LIMIT),
            path: options.path,
            pairs: Vec::with_capacity(1024),
            output: Output::with_capacity(16 * 1024, 128),
            extras: Box::new(Extras::unset()),
            general_frames: 0,
        };
        scanner.set_extras(&options.extras)?;
        Ok(scanner)
    }

    /// Sets which FIDs are wanted beyond the records' own, for all types at once: types that are not
    /// named get none. Refused lists leave everything as it was. Allocates; not for the hot path.
    pub fn set_extras(&mut self, extras: &[(WireType, Vec<u16>)]) -> Result<(), ExtrasError> {
        if let Some((wire_type, _)) = extras.iter().find(|(t, _)| !t.has_record()) {
            return Err(ExtrasError::NoRecord { wire_type: *wire_type });
        }
        let plan = |wire_type: &WireType| {
            let fids: Vec<u16> = extras
                .iter()
                .filter(|(of, _)| of == wire_type)
                .flat_map(|(_, fids)| fids.iter().copied())
                .collect();
            Plan::new(*wire_type, &fids)
        };
        self.plans =
            WireType::ALL.iter().filter(|t| t.has_record()).map(plan).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Reads one text frame. The result borrows the scanner's buffers until the next call.
    pub fn scan(&mut self, frame: &[u8], stamps: Stamps) -> Result<Scanned<'_>, ScanError> {
        if frame.len() > self.frame_limit {
            return Err(ScanError::at(ScanErrorKind::TooLong, self.frame_limit));
        }
        let text = match core::str::from_utf8(frame) {
            Ok(text) => text,
            Err(error) => return Err(ScanError::at(ScanErrorKind::Utf8, error.valid_up_to())),
        };
        self.output.clear();
        let mut builder = Builder {
            plans: &self.plans,
            instruments: &self.instruments,
            output: &mut self.output,
            extras: &mut self.extras,
            stamps,
        };
        let canonical = self.path == ScanPath::Auto
            && fast::read(text, &mut self.pairs, &mut builder).is_some();
        if !canonical {
            self.general_frames += 1;
            builder.output.clear();
            grammar::check(text)?;
            if !slow::read(text, &mut builder)? {
                return Ok(Scanned::Message);
            }
        }
        builder.close();
        Ok(Scanned::Real(Batch { output: &self.output }))
    }

    /// How many frames did not take the fast path: messages, and data in an unusual form.
    pub fn general_frames(&self) -> u64 {
        self.general_frames
    }
}

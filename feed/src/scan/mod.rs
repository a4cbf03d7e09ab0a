//! From the bytes of a text frame to records.
//!
//! # Hot path
//!
//! [`Scanner::scan`] on a canonical frame never allocates (after its buffers have grown to the
//! largest frame seen), locks, logs, formats, panics or calls the kernel. Budget with a learned shape:
//! 0.25 ns a byte, which is 0.2 µs for a trade and 0.5 µs for ten levels of depth; three times that
//! with one never seen before.
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
//! Four ways give the same result; each hands on what it does not take:
//!
//! 1. `learned`: the entry has the same bytes between its values as one seen before. All is compared
//!    and converted in wide registers (`wide`).
//! 2. `walk`: the grammar that live frames have (no white space, no escapes, all values strings), keys
//!    in any order; from value to value. Twice the same order of keys, and it is learned (`shape`).
//! 3. `fast`: the same grammar, byte by byte: very short and very long frames, odd values.
//! 4. `grammar` decides whether it is JSON at all, and `slow` reads it; its documentation is the table
//!    of what each odd shape means.
//!
//! The forms of values are those of `value` and [`ValueKind`](crate::schema::ValueKind).

mod batch;
mod entry;
mod error;
mod fast;
mod fields;
mod grammar;
mod learned;
mod plan;
mod shape;
mod slow;
mod steps;
pub(crate) mod store;
pub(crate) mod value;
mod walk;
mod wide;

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
use shape::Learner;
use wide::{Index, Isa, Kernels};

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
    /// Registers of 64 bytes: AVX-512 with F, BW, VL and VBMI2.
    Avx512,
    /// Registers of 32 bytes: AVX2 with BMI1, BMI2, LZCNT and POPCNT.
    Avx2,
    /// Registers of 16 bytes: every x86-64.
    Sse2,
    /// Words of 8 bytes: every machine.
    Portable,
    /// As `Auto`, but nothing is learned: every frame is read as if its order of keys were new.
    Unlearned,
    /// The general one only.
    General,
}

impl ScanPath {
    /// Every path, for tests that run one table of cases over all of them; some may not be
    /// [available](Self::is_available) on this machine.
    pub const ALL: &'static [Self] = &[
        Self::Auto,
        Self::Avx512,
        Self::Avx2,
        Self::Sse2,
        Self::Portable,
        Self::Unlearned,
        Self::General,
    ];

    /// Whether this machine has what the path needs.
    pub fn is_available(self) -> bool {
        self.isa().is_none_or(Isa::is_available) && (self.isa().is_some() || self == Self::General)
    }

    /// The path that [`ScanPath::Auto`] takes on this machine; for the others themselves.
    pub fn resolved(self) -> Self {
        if self != Self::Auto {
            return self;
        }
        let best = [Self::Avx512, Self::Avx2, Self::Sse2];
        best.into_iter().find(|path| path.is_available()).unwrap_or(Self::Portable)
    }

    /// A short name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Sse2 => "sse2",
            Self::Portable => "portable",
            Self::Unlearned => "unlearned",
            Self::General => "general",
        }
    }

    fn isa(self) -> Option<Isa> {
        match self {
            Self::Auto | Self::Unlearned => Some(Isa::best()),
            Self::Portable => Some(Isa::Portable),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Some(Isa::Avx512),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Some(Isa::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => Some(Isa::Sse2),
            _ => None,
        }
    }
}

/// Why there is no scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScannerError {
    /// The extra fields were not accepted.
    #[error(transparent)]
    Extras(#[from] ExtrasError),
    /// This machine does not have what the path needs. `auto` takes the best that there is.
    #[error("this machine cannot run the scanner's path {:?}; take \"auto\"", .0.name())]
    Path(ScanPath),
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
    /// `None`: the general path only.
    kernels: Option<Kernels>,
    /// For the machine of the kernels.
    learned: learned::Read,
    /// The same.
    walk: learned::Read,
    index: Index,
    learner: Learner,
    learns: bool,
    room: fields::Room,
    pairs: Vec<fast::Pair>,
    output: Output,
    extras: Box<Extras>,
    general_frames: u64,
    learned_frames: u64,
}

impl Scanner {
    /// A scanner with its buffers.
    pub fn new(options: ScannerOptions) -> Result<Self, ScannerError> {
        let kernels = options.path.isa().and_then(Kernels::new);
        if kernels.is_none() && options.path != ScanPath::General {
            return Err(ScannerError::Path(options.path));
        }
        let mut scanner = Self {
            plans: Vec::new(),
            instruments: options.instruments,
            frame_limit: options.frame_limit.min(FRAME_LIMIT),
            kernels,
            learned: learned::of(options.path.isa().unwrap_or(Isa::Portable)),
            walk: walk::of(options.path.isa().unwrap_or(Isa::Portable)),
            index: Index::new(),
            learner: Learner::new(),
            learns: options.path != ScanPath::Unlearned,
            room: fields::Room::new(),
            pairs: Vec::with_capacity(1024),
            output: Output::with_capacity(16 * 1024, 128),
            extras: Box::new(Extras::unset()),
            general_frames: 0,
            learned_frames: 0,
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
        // Shapes were made for the plans before.
        self.learner.forget();
        Ok(())
    }

    /// Reads one text frame. The result borrows the scanner's buffers until the next call.
    pub fn scan(&mut self, frame: &[u8], stamps: Stamps) -> Result<Scanned<'_>, ScanError> {
        if frame.len() > self.frame_limit {
            return Err(ScanError::at(ScanErrorKind::TooLong, self.frame_limit));
        }
        self.output.clear();
        let mut builder = Builder {
            plans: &self.plans,
            instruments: &self.instruments,
            output: &mut self.output,
            extras: &mut self.extras,
            stamps,
        };
        if let Some(kernels) = &self.kernels {
            if self.index.read(kernels, frame) {
                let (index, learner, room) = (&self.index, &mut self.learner, &mut self.room);
                // SAFETY: there are kernels, so the machine is of their kind.
                let read = unsafe { (self.learned)(frame, index, learner, room, &mut builder) };
                if read.is_some() {
                    self.learned_frames += 1;
                    builder.close();
                    return Ok(Scanned::Real(Batch { output: &self.output }));
                }
                builder.output.clear();
                learner.begin(self.learns);
                // SAFETY: the same.
                let read = unsafe { (self.walk)(frame, index, learner, room, &mut builder) };
                if read.is_some() {
                    learner.commit();
                    builder.close();
                    return Ok(Scanned::Real(Batch { output: &self.output }));
                }
                builder.output.clear();
            }
            // A frame that is not UTF-8 is told where by the general path.
            if let Ok(text) = simdutf8::basic::from_utf8(frame)
                && fast::read(text, &mut self.pairs, &mut builder).is_some()
            {
                builder.close();
                return Ok(Scanned::Real(Batch { output: &self.output }));
            }
        }
        self.scan_general(frame, stamps)
    }

    #[cold]
    fn scan_general(&mut self, frame: &[u8], stamps: Stamps) -> Result<Scanned<'_>, ScanError> {
        let text = match core::str::from_utf8(frame) {
            Ok(text) => text,
            Err(error) => return Err(ScanError::at(ScanErrorKind::Utf8, error.valid_up_to())),
        };
        self.general_frames += 1;
        self.output.clear();
        let mut builder = Builder {
            plans: &self.plans,
            instruments: &self.instruments,
            output: &mut self.output,
            extras: &mut self.extras,
            stamps,
        };
        grammar::check(text)?;
        if !slow::read(text, &mut builder)? {
            return Ok(Scanned::Message);
        }
        builder.close();
        Ok(Scanned::Real(Batch { output: &self.output }))
    }

    /// How many frames took the shortest path: all their entries had learned shapes.
    pub fn learned_frames(&self) -> u64 {
        self.learned_frames
    }

    /// How many frames did not take the fast path: messages, and data in an unusual form.
    pub fn general_frames(&self) -> u64 {
        self.general_frames
    }
}

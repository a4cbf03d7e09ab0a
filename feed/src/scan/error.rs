//! Why a frame as a whole is refused.

/// A frame that is not JSON, or not within the limits. Nothing of it was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ScanError {
    /// What is wrong.
    pub kind: ScanErrorKind,
    /// Where: bytes from the start of the frame.
    pub offset: u32,
}

/// What is wrong with a refused frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScanErrorKind {
    /// The frame is longer than the limit; the offset is the limit. Raise it only if the broker
    /// really sends such frames.
    #[error("frame too long")]
    TooLong,
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// The text is not JSON (RFC 8259).
    #[error("not JSON")]
    Json,
    /// The text ends in the middle of a JSON value.
    #[error("cut off")]
    CutOff,
    /// Arrays and objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("nested too deeply")]
    Depth,
    /// A `\u` escape names half of a surrogate pair, which is no character.
    #[error("half a surrogate pair")]
    Surrogate,
    /// More entries than [`MAX_ENTRIES`](super::MAX_ENTRIES) in one frame.
    #[error("too many entries")]
    TooManyEntries,
}

impl ScanErrorKind {
    /// A short, stable name for reports and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Utf8 => "utf8",
            Self::Json => "json",
            Self::CutOff => "cut_off",
            Self::Depth => "depth",
            Self::Surrogate => "surrogate",
            Self::TooManyEntries => "too_many_entries",
        }
    }
}

impl ScanErrorKind {
    /// Which kind of problem it is for someone who reads reports: `json`, `utf8` or `limit`.
    pub const fn group(self) -> &'static str {
        match self {
            Self::Json | Self::CutOff | Self::Depth | Self::Surrogate => "json",
            Self::Utf8 => "utf8",
            Self::TooLong | Self::TooManyEntries => "limit",
        }
    }
}

impl ScanError {
    pub(crate) fn at(kind: ScanErrorKind, offset: usize) -> Self {
        Self { kind, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }
}

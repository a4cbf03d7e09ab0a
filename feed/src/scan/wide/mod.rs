//! Work on many bytes at once, in one form for each kind of machine.
//!
//! # Hot path
//!
//! Nothing here allocates, locks, panics or calls the kernel. Budget: 0.1 ns a byte with the widest
//! registers.
//!
//! # What is done wide
//!
//! - [`Index::read`] reads every byte of a frame once. It finds where values start (a quote behind a
//!   colon), counts quotes and bytes that are not ASCII, and refuses control bytes and backslashes.
//! - [`verify`] compares what stands between the values of an entry with what a learned
//!   shape says, and finds where the values end.
//! - [`gaps`] steps from value to value where the order of keys is new.
//! - [`Pairs`] turn the texts of many values into numbers, two at a time.
//!
//! # Forms
//!
//! | [`Isa`] | registers | needs |
//! |---|---|---|
//! | `Avx512` | 64 bytes | F, BW, VL, VBMI2 (Ice Lake, Zen 4 and later) |
//! | `Avx2` | 32 bytes | AVX2, BMI1, BMI2, LZCNT, POPCNT (Haswell, Zen and later) |
//! | `Sse2` | 16 bytes | nothing: every x86-64 |
//! | `Portable` | 8 bytes | nothing |
//!
//! All give the same; `tests` run one table over all of them.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod blocks;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::ThirtyTwoBytes;
pub(super) use portable::{EightBytes, eight_digits};
#[cfg(target_arch = "x86_64")]
pub(super) use sse2::SixteenBytes;

/// The longest frame with an index, bytes: positions have 16 bits. Longer frames, which the live
/// market does not send, are read byte by byte.
pub(super) const INDEX_LIMIT: usize = u16::MAX as usize;

/// The shortest frame with an index, bytes: one wide block and the byte before it.
const INDEX_FLOOR: usize = 65;

/// Entries behind the last position that say "no further value": kernels read and write whole
/// registers.
const SLACK: usize = 40;

/// The most integers of one entry that are read wide; a record has 66 fields at most.
pub(super) const INTEGERS_MAX: usize = 72;

/// The longest value in a learned shape, bytes: lengths and counts fit a byte.
pub(super) const LENGTH_MAX: usize = 255;

/// The bytes of a separator that are compared at once.
pub(super) const CHUNK: usize = 16;

/// How many of them one round compares.
const BLOCK: usize = 8;

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The widest that this machine has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if Self::Avx512.is_available() {
                return Self::Avx512;
            }
            if Self::Avx2.is_available() {
                return Self::Avx2;
            }
            Self::Sse2
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::Portable
    }

    /// Whether this machine has it.
    pub(super) fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vbmi2")
            }
        }
    }
}

/// What one pass over a frame counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    /// Values found.
    pub(super) values: usize,
    /// Quotes in all.
    pub(super) quotes: u32,
    /// Bytes that are not ASCII.
    pub(super) high: u32,
}

/// Where the values of a frame start: the positions of their opening quotes.
pub(super) struct Index {
    /// Positions in ascending order, then [`SLACK`] times the last byte of the frame.
    starts: Box<[u16]>,
    census: Census,
    /// Length of the frame that was read, bytes.
    len: usize,
}

impl Index {
    /// An index of no frame.
    pub(super) fn new() -> Self {
        // A value can start at every second byte at most.
        let starts = vec![0; INDEX_LIMIT / 2 + 2 * 64].into_boxed_slice();
        Self { starts, census: Census::default(), len: 0 }
    }

    /// Reads a frame. `false` if it is too short or too long, if it has control bytes or
    /// backslashes, or if it begins with anything but a brace: nobody may look at the index then.
    #[inline]
    pub(super) fn read(&mut self, kernels: &Kernels, frame: &[u8]) -> bool {
        self.len = 0;
        self.census = Census::default();
        if !(INDEX_FLOOR..=INDEX_LIMIT).contains(&frame.len()) || frame[0] != b'{' {
            return false;
        }
        // SAFETY: the machine has what the kernel needs (`Kernels::new` checked it), the frame is
        // within its limits, and `starts` has room for a value at every second byte and for slack.
        let census = unsafe { (kernels.census)(frame, &mut self.starts) };
        let Some(census) = census else { return false };
        let last = (frame.len() - 1) as u16;
        self.starts[census.values..census.values + SLACK].fill(last);
        self.census = census;
        self.len = frame.len();
        true
    }

    /// What was counted.
    #[inline]
    pub(super) fn census(&self) -> Census {
        self.census
    }

    /// Where values start.
    #[inline]
    pub(super) fn starts(&self) -> &[u16] {
        &self.starts[..self.census.values]
    }

    /// The start of value `number`, or the last byte of the frame where there is none.
    #[inline]
    pub(super) fn start(&self, number: usize) -> usize {
        usize::from(self.starts[number])
    }
}

impl core::fmt::Debug for Index {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Index").field("census", &self.census).field("len", &self.len).finish()
    }
}

/// What stands between the values of an entry.
#[derive(Debug, Default)]
pub(super) struct Skeleton {
    /// Values.
    values: usize,
    /// For each value the [`CHUNK`] bytes that end at its opening quote, as far as `masks` has them;
    /// whole blocks of [`BLOCK`].
    chunks: Vec<[u8; CHUNK]>,
    masks: Vec<[u8; CHUNK]>,
    /// From the closing quote of each value to the opening quote of the next one, bytes; `u16::MAX`
    /// (one step back) for the last value and for what fills the blocks.
    gaps: Vec<u16>,
}

/// The most values of one entry in a [`Skeleton`]. The largest type has 163 fields.
pub(super) const VALUES_MAX: usize = 256;

impl Skeleton {
    /// A skeleton with room for [`VALUES_MAX`] values.
    pub(super) fn with_room() -> Self {
        Self {
            values: 0,
            chunks: Vec::with_capacity(VALUES_MAX),
            masks: Vec::with_capacity(VALUES_MAX),
            gaps: Vec::with_capacity(VALUES_MAX + 32),
        }
    }

    /// Forgets everything but its room.
    pub(super) fn clear(&mut self) {
        self.values = 0;
        self.chunks.clear();
        self.masks.clear();
        self.gaps.clear();
    }

    /// Adds the value behind `literal`: everything from the closing quote of the value before it, or
    /// from the brace of the entry, to its own opening quote. Only the last [`CHUNK`] bytes of it
    /// are compared here.
    pub(super) fn push(&mut self, literal: &[u8]) {
        let kept = literal.len().min(CHUNK);
        let mut chunk = [0; CHUNK];
        let mut mask = [0; CHUNK];
        chunk[CHUNK - kept..].copy_from_slice(&literal[literal.len() - kept..]);
        mask[CHUNK - kept..].fill(u8::MAX);
        self.chunks.push(chunk);
        self.masks.push(mask);
        if self.values > 0 {
            self.gaps.push((literal.len() - 1) as u16);
        }
        self.values += 1;
    }

    /// Ends it: fills the last blocks.
    pub(super) fn finish(&mut self) {
        while !self.chunks.len().is_multiple_of(BLOCK) {
            self.chunks.push([0; CHUNK]);
            self.masks.push([0; CHUNK]);
        }
        self.gaps.push(u16::MAX);
        while !self.gaps.len().is_multiple_of(32) {
            self.gaps.push(u16::MAX);
        }
    }

    /// How many values it has.
    #[inline]
    pub(super) fn values(&self) -> usize {
        self.values
    }
}

/// Where the values of one entry end, and how long they are.
#[derive(Debug)]
pub(super) struct Ends {
    /// Positions of the closing quotes.
    at: [u16; VALUES_MAX + 64],
    /// Bytes between the quotes.
    lengths: [u16; VALUES_MAX + 64],
}

impl Ends {
    pub(super) fn new() -> Self {
        Self { at: [0; VALUES_MAX + 64], lengths: [0; VALUES_MAX + 64] }
    }

    /// Sets the end of a value that has `length` bytes.
    #[inline]
    pub(super) fn set(&mut self, value: usize, end: usize, length: usize) {
        self.at[value] = end as u16;
        self.lengths[value] = length as u16;
    }

    /// Where a value ends, and how long it is.
    ///
    /// # Safety
    /// `value` is below [`VALUES_MAX`].
    #[inline(always)]
    pub(super) unsafe fn of(&self, value: usize) -> (usize, usize) {
        debug_assert!(value < VALUES_MAX);
        // SAFETY: the caller's promise.
        unsafe {
            let (end, length) = (self.at.get_unchecked(value), self.lengths.get_unchecked(value));
            (usize::from(*end), usize::from(*length))
        }
    }

    /// The length of a value.
    #[inline(always)]
    pub(super) fn length(&self, value: usize) -> usize {
        usize::from(self.lengths[value])
    }

    /// From where to where a value goes, without its quotes.
    #[inline]
    pub(super) fn range(&self, value: usize) -> core::ops::Range<usize> {
        let end = usize::from(self.at[value]);
        end - usize::from(self.lengths[value])..end
    }
}

/// What stands in front of the digits of a value, as a number.
pub(super) mod mark {
    /// A digit.
    pub(crate) const NONE: u8 = 0;
    /// `+`.
    pub(crate) const PLUS: u8 = 1;
    /// One space.
    pub(crate) const SPACE: u8 = 2;
    /// `-`.
    pub(crate) const MINUS: u8 = 3;
    /// Nothing stands there at all: the value is empty.
    pub(crate) const EMPTY: u8 = 4;
    /// Something that no number begins with.
    pub(crate) const BAD: u8 = 8;
}

/// By the first byte of a value, or its closing quote: the mark.
pub(super) static MARKS: [u8; 256] = {
    let mut marks = [mark::BAD; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        marks[digit as usize] = mark::NONE;
        digit += 1;
    }
    marks[b'+' as usize] = mark::PLUS;
    marks[b' ' as usize] = mark::SPACE;
    marks[b'-' as usize] = mark::MINUS;
    marks[b'"' as usize] = mark::EMPTY;
    marks
};

/// From byte `n` on: sixteen bytes, the last `n` of them set (all, if `n` is more).
#[cfg(target_arch = "x86_64")]
static LAST: [u8; 16 + LENGTH_MAX + 1] = {
    let mut bytes = [0; 16 + LENGTH_MAX + 1];
    let mut at = 16;
    while at < bytes.len() {
        bytes[at] = u8::MAX;
        at += 1;
    }
    bytes
};

/// The keys of one entry's values.
#[derive(Debug)]
pub(super) struct Keys {
    /// See [`key_word`].
    words: Box<[u64; VALUES_MAX + 8]>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self { words: Box::new([0; VALUES_MAX + 8]) }
    }

    /// The key of a value.
    #[inline]
    pub(super) fn word(&self, value: usize) -> u64 {
        self.words[value]
    }

    /// The keys of the first values.
    #[inline(always)]
    pub(super) fn first(&self, values: usize) -> &[u64] {
        &self.words[..values]
    }

    /// Sets the key of a value.
    #[inline]
    pub(super) fn set(&mut self, value: usize, word: u64) {
        self.words[value] = word;
    }
}

/// The longest key that has a word, bytes: FIDs have up to five digits.
pub(super) const KEY_MAX: usize = 5;

/// A key of up to [`KEY_MAX`] bytes as a word, zeros behind it; `None` for a longer one, and for one
/// with a NUL, which would be taken for another.
pub(super) fn key_word(key: &[u8]) -> Option<u64> {
    if key.len() > KEY_MAX || key.contains(&0) {
        return None;
    }
    let mut bytes = [0; 8];
    bytes[..key.len()].copy_from_slice(key);
    Some(u64::from_le_bytes(bytes))
}

/// Walks from value `first` on as long as `","KEY":` with a key of up to [`KEY_MAX`] bytes stands before
/// the next one. Fills in the ends of these values, and the key of each next one. Returns how many values
/// it walked over, [`VALUES_MAX`] - 1 at most; `None` if one of them has more than [`LENGTH_MAX`] bytes,
/// or would end before it starts.
///
/// # Safety
/// The machine has what `M` needs.
#[inline(always)]
pub(super) unsafe fn gaps<M: Machine>(
    frame: &[u8],
    index: &Index,
    first: usize,
    ends: &mut Ends,
    keys: &mut Keys,
) -> Option<usize> {
    const BETWEEN: u16 = u16::from_le_bytes(*b"\",");
    let values = index.census.values;
    if index.len != frame.len() || first >= values || index.start(first) < CHUNK - 1 {
        return None;
    }
    let limit = (values - first - 1).min(VALUES_MAX - 1);
    let mut value = 0;
    let mut longest = 0;
    // Read once: what is written in the loop might be these pointers, for all the compiler knows.
    let (at, lengths) = (ends.at.as_mut_ptr(), ends.lengths.as_mut_ptr());
    let words = keys.words.as_mut_ptr();
    // SAFETY: the positions belong to this frame and ascend, each behind a colon, and there are
    // `limit + 1` of them; `limit` is below `VALUES_MAX`. A gap has at most ten bytes, and a start is
    // at least 15.
    unsafe {
        let starts = index.starts.as_ptr().add(first);
        let base = frame.as_ptr();
        let mut start = usize::from(*starts);
        while value < limit {
            let next = usize::from(*starts.add(value + 1));
            // At the top of the word: the key, its quote, the colon.
            let word = base.add(next - 8).cast::<u64>().read_unaligned().to_le();
            let Some(other) = M::other_quote(word) else { break };
            let end = next + other as usize - 10;
            if base.add(end).cast::<u16>().read_unaligned().to_le() != BETWEEN {
                break;
            }
            let length = (end as u16).wrapping_sub(start as u16).wrapping_sub(1);
            *at.add(value) = end as u16;
            *lengths.add(value) = length;
            longest |= length;
            value += 1;
            *words.add(value) = (word & (u64::MAX >> 16)) >> (8 * other + 8);
            start = next;
        }
    }
    (usize::from(longest) <= LENGTH_MAX).then_some(value)
}

/// What a kind of machine has for entries; compiled into the one function that reads them.
pub(super) trait Machine {
    /// How it reads integers.
    type Pairs: Pairs;

    /// See [`verify`].
    ///
    /// # Safety
    /// - This is such a machine.
    /// - Sixteen bytes of `frame` end at each of the first `skeleton.values()` starts and at 64 more.
    unsafe fn verify(frame: &[u8], starts: &[u16], skeleton: &Skeleton, ends: &mut Ends) -> bool;

    /// In which of the first six bytes of a word the last quote is; `None` if there is none, or if the
    /// seventh is no quote.
    fn other_quote(word: u64) -> Option<u32>;
}

/// Reads integers two at a time, and remembers whether all of them were some.
pub(super) trait Pairs {
    /// None read yet.
    ///
    /// # Safety
    /// This is such a machine.
    unsafe fn none() -> Self;

    /// Reads the values that end at `ends` and have so many bytes, 255 at most: without their signs.
    /// An empty one is 0.
    ///
    /// # Safety
    /// - This is such a machine.
    /// - Sixteen bytes can be read in front of each end.
    unsafe fn read(&mut self, frame: *const u8, ends: [usize; 2], lengths: [usize; 2]) -> [u64; 2];

    /// The same for numbers that have 31 bits at most.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    unsafe fn read_narrow(
        &mut self,
        frame: *const u8,
        ends: [usize; 2],
        lengths: [usize; 2],
    ) -> [u64; 2];

    /// Whether all were digits behind at most one byte that is none, 15 bytes at most in all, or empty,
    /// and the narrow ones had 31 bits. The caller looks at first bytes that are no digits.
    ///
    /// # Safety
    /// This is such a machine.
    unsafe fn fine(&self) -> bool;
}

type CensusFn = unsafe fn(&[u8], &mut [u16]) -> Option<Census>;

/// The function that makes an index, for one kind of machine.
#[derive(Clone, Copy)]
pub(super) struct Kernels {
    census: CensusFn,
}

impl Kernels {
    /// Those of `isa`, or `None` where the machine does not have it.
    pub(super) fn new(isa: Isa) -> Option<Self> {
        if !isa.is_available() {
            return None;
        }
        let census: CensusFn = match isa {
            Isa::Portable => portable::census,
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => sse2::census,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::census,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512::census,
        };
        Some(Self { census })
    }
}

/// Whether the values from `first` on stand in this skeleton, and are [`LENGTH_MAX`] bytes long at most.
/// Then `ends` has where each of them ends, but for the last one.
///
/// # Safety
/// The machine has what `M` needs.
#[inline(always)]
pub(super) unsafe fn verify<M: Machine>(
    frame: &[u8],
    index: &Index,
    first: usize,
    skeleton: &Skeleton,
    ends: &mut Ends,
) -> bool {
    let room = index.len == frame.len()
        && first + skeleton.values <= index.census.values
        && index.start(first) >= CHUNK - 1;
    // SAFETY: the caller's promise; the positions belong to this frame and ascend, so sixteen bytes end
    // at each of them; behind the last one are `SLACK` more that point at the last byte.
    room && unsafe { M::verify(frame, &index.starts[first..], skeleton, ends) }
}

impl core::fmt::Debug for Kernels {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Kernels")
    }
}

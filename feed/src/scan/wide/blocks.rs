//! The census over 64-byte blocks, for registers of any width.

use super::Census;

/// 64 bytes of a frame in registers.
pub(super) trait Block: Copy {
    /// Loads the block at `at`.
    ///
    /// # Safety
    /// The machine has the registers, and 64 bytes can be read at `at`.
    unsafe fn load(at: *const u8) -> Self;

    /// One bit for each byte that is `byte`.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn equal(self, byte: u8) -> u64;

    /// One bit for each byte that is a quote behind a colon, where `before` is one byte earlier.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn values(self, before: Self) -> u64;

    /// One bit for each byte that is not ASCII.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn high(self) -> u64;
}

/// What is gathered over blocks.
pub(super) trait Tally<B: Block>: Copy {
    /// Nothing seen yet.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn none() -> Self;

    /// Looks for what may not stand in an indexed frame: control bytes and backslashes.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn forbid(&mut self, block: B);

    /// Counts quotes and bytes that are not ASCII; of [`COUNTED_MAX`] blocks at most.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn count(&mut self, block: B);

    /// Quotes and bytes that are not ASCII since the last call.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn take(&mut self) -> (u32, u32);

    /// Whether there was a control byte or a backslash.
    ///
    /// # Safety
    /// The machine has the registers.
    unsafe fn forbidden(self) -> bool;
}

/// How many blocks are counted before the counts are taken: they are bytes, and four parts of a block
/// may count in one.
pub(super) const COUNTED_MAX: usize = 60;

/// See [`Index::read`](super::Index::read).
///
/// # Safety
/// - The machine has the registers of `B`.
/// - `frame` has 65 bytes at least, `starts` has room for half as many positions as `frame` has
///   bytes, and 16 more.
#[inline(always)]
pub(super) unsafe fn census<B: Block, T: Tally<B>>(
    frame: &[u8],
    starts: &mut [u16],
) -> Option<Census> {
    debug_assert!(frame.len() > 64 && starts.len() >= frame.len() / 2 + 16);
    let mut census = Census::default();
    let first = starts.as_mut_ptr();
    let mut next = first;
    let base = frame.as_ptr();
    let last = frame.len() - 64;
    // SAFETY: of the whole block: every load is of 64 bytes at `at - 1` or at `at`, with
    // `1 <= at <= last`. A value starts at every second byte at most, so all positions before the
    // current block are at most `at / 2`, and eight more are written without counting.
    unsafe {
        let mut tally = T::none();
        let mut at = 1;
        while at < last {
            let stop = last.min(at + 64 * COUNTED_MAX);
            while at < stop {
                let block = B::load(base.add(at));
                tally.forbid(block);
                tally.count(block);
                next = positions(next, at, block.values(B::load(base.add(at - 1))));
                at += 64;
            }
            let (quotes, high) = tally.take();
            census.quotes += quotes;
            census.high += high;
        }
        // The last block overlaps the one before it; what that one has seen is masked out.
        let fresh = u64::MAX << (at - last);
        let block = B::load(base.add(last));
        tally.forbid(block);
        census.quotes += (block.equal(b'"') & fresh).count_ones();
        census.high += (block.high() & fresh).count_ones();
        next = positions(next, last, block.values(B::load(base.add(last - 1))) & fresh);
        census.values = next.offset_from_unsigned(first);
        (!tally.forbidden()).then_some(census)
    }
}

/// Writes where the bits of `values` are, from `at` on. Returns where to go on.
///
/// # Safety
/// There is room for as many positions, and for eight in any case.
#[inline(always)]
unsafe fn positions(next: *mut u16, at: usize, mut values: u64) -> *mut u16 {
    let count = values.count_ones() as usize;
    // SAFETY: the caller's promise.
    unsafe {
        // Live frames have up to seven in a block: so many are written without asking.
        for place in 0..7 {
            *next.add(place) = (at as u32).wrapping_add(values.trailing_zeros()) as u16;
            values &= values.wrapping_sub(1);
        }
        let mut place = 7;
        while values != 0 {
            *next.add(place) = (at as u32).wrapping_add(values.trailing_zeros()) as u16;
            values &= values - 1;
            place += 1;
        }
        next.add(count)
    }
}

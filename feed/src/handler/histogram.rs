//! The histogram of a hop: the buckets of an HdrHistogram, filled at the cost of an index.
//!
//! # Hot path
//! [`HopHistogram::record`] is a count of leading zeros, two shifts and two additions: no allocation, no
//! lock, no system call; budget 2 ns. Everything that is asked of a histogram (quantiles, sums, files) is
//! asked of the [`Histogram`] that it is added to, which has the same buckets.
//!
//! Two rows' worth of buckets hold times up to 2,047 ns one by one; each further row holds twice the
//! span of the one before in 1,024 buckets:
//!
//! ```text
//! row    0           1                2                3            ...  24
//! ns     0 .. 1023 │ 1024 .. 2047 │ 2048 .. 4095 │ 4096 .. 8191 │ ...  8.6 s .. 17.2 s
//! width  1         │ 1            │ 2            │ 4            │ ...  2^23
//! ```

use hdrhistogram::Histogram;

/// The longest time that is told apart, in nanoseconds: 10 s. Longer ones count as this.
pub const HOP_NANOS_MAX: u64 = 10_000_000_000;

/// Significant decimal digits of a recorded time.
pub const HOP_DIGITS: u8 = 3;

/// Buckets of a row, as a power of two: 2 · 10³ distinct values need eleven bits, and all rows but the
/// first have the upper half of them.
const ROW_BITS: u32 = 10;
/// Values below this have buckets of their own.
const EXACT: u64 = 2 << ROW_BITS;
/// By how many bits the longest time is coarser than a nanosecond.
const SHIFT_MAX: u32 = shift_of(HOP_NANOS_MAX);
/// The rows of all times up to the longest.
const BUCKETS: usize = (SHIFT_MAX as usize + 2) << ROW_BITS;

/// A histogram of the range and precision that all hops share, so that they can be added up.
pub fn hop_histogram() -> Histogram<u64> {
    // The bounds are constants that the constructor accepts; the tests are the proof.
    Histogram::new_with_bounds(1, HOP_NANOS_MAX, HOP_DIGITS)
        .expect("the bounds of a hop are valid: 1 to 10 s in nanoseconds, 3 digits")
}

/// How often each time occurred: nanoseconds up to [`HOP_NANOS_MAX`], with [`HOP_DIGITS`] significant
/// digits.
#[derive(Clone, Debug)]
pub struct HopHistogram {
    counts: Box<[u64]>,
    /// Bit `s`: there is something among the buckets that are 2^s nanoseconds wide. Most hops use few
    /// of them, so that adding up and emptying passes over 200 KB seldom.
    used: u32,
}

impl HopHistogram {
    /// An empty one.
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into(), used: 0 }
    }

    /// Counts a time in nanoseconds. One that is too long counts as the longest.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        let nanos = nanos.min(HOP_NANOS_MAX);
        let shift = shift_of(nanos);
        self.used |= 1 << shift;
        // A row begins where its shift says; the value's eleventh bit adds the row that comes on top.
        let bucket = ((shift as usize) << ROW_BITS) + (nanos >> shift) as usize;
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// How many times were counted.
    pub fn len(&self) -> u64 {
        let mut sum = 0;
        self.each(|_, count| sum += count);
        sum
    }

    /// The library's histogram of the same times.
    pub fn to_hdr(&self) -> Histogram<u64> {
        let mut sum = hop_histogram();
        self.add_to(&mut sum);
        sum
    }

    /// Adds everything to a histogram made by [`hop_histogram`].
    pub fn add_to(&self, sum: &mut Histogram<u64>) {
        self.each(|nanos, count| sum.saturating_record_n(nanos, count));
    }

    /// Adds everything to another one.
    pub fn add_to_hop(&self, sum: &mut Self) {
        for shift in self.shifts() {
            for bucket in buckets_of(shift) {
                sum.counts[bucket] += self.counts[bucket];
            }
        }
        sum.used |= self.used;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for shift in self.shifts() {
            self.counts[buckets_of(shift)].fill(0);
        }
        self.used = 0;
    }

    /// The smallest time of each bucket that is not empty, and its count, in ascending order.
    fn each(&self, mut visit: impl FnMut(u64, u64)) {
        for shift in self.shifts() {
            let buckets = buckets_of(shift);
            let first = buckets.start - ((shift as usize) << ROW_BITS);
            for (place, &count) in (first as u64..).zip(&self.counts[buckets]) {
                if count > 0 {
                    visit(place << shift, count);
                }
            }
        }
    }

    fn shifts(&self) -> impl Iterator<Item = u32> + use<> {
        let used = self.used;
        (0..=SHIFT_MAX).filter(move |shift| used >> shift & 1 == 1)
    }
}

impl Default for HopHistogram {
    fn default() -> Self {
        Self::new()
    }
}

/// By how many bits the bucket of a time is coarser than a nanosecond.
#[inline]
const fn shift_of(nanos: u64) -> u32 {
    (EXACT - 1).leading_zeros() - (nanos | (EXACT - 1)).leading_zeros()
}

/// The buckets that are 2^`shift` nanoseconds wide: one row, or two of single nanoseconds.
fn buckets_of(shift: u32) -> std::ops::Range<usize> {
    let first = if shift == 0 { 0 } else { shift as usize + 1 };
    first << ROW_BITS..(shift as usize + 2) << ROW_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the library makes of the same times. Those just above the longest, up to the end of their
    /// row, it counts as they are; we do not.
    fn expected(times: &[u64]) -> Histogram<u64> {
        let mut histogram = hop_histogram();
        for &nanos in times {
            histogram.saturating_record(nanos.min(HOP_NANOS_MAX));
        }
        histogram
    }

    fn recorded(times: &[u64]) -> HopHistogram {
        let mut histogram = HopHistogram::new();
        for &nanos in times {
            histogram.record(nanos);
        }
        histogram
    }

    #[test]
    fn the_ends_of_every_row_fall_where_the_library_puts_them() {
        let ends = (0..64).flat_map(|bit| {
            let power = 1_u64 << bit;
            [power - 1, power, power + 1, power + power / 2]
        });
        let longest = [HOP_NANOS_MAX - 1, HOP_NANOS_MAX, HOP_NANOS_MAX + 1, u64::MAX];
        for nanos in ends.chain(longest) {
            assert_eq!(recorded(&[nanos]).to_hdr(), expected(&[nanos]), "{nanos}");
        }
    }

    #[test]
    fn it_has_as_many_buckets_as_the_library() {
        assert_eq!(BUCKETS, hop_histogram().distinct_values());
    }

    /// A time of any order of magnitude.
    fn time() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..64_u32).prop_map(|(bits, shift)| bits >> shift)
    }

    proptest! {
        #[test]
        fn any_times_are_counted_as_the_library_counts_them(
            first in prop::collection::vec(time(), 0..50),
            second in prop::collection::vec(time(), 0..50),
        ) {
            let both = [first.clone(), second.clone()].concat();
            let mut sum = recorded(&first);
            recorded(&second).add_to_hop(&mut sum);
            prop_assert_eq!(sum.to_hdr(), expected(&both));
            prop_assert_eq!(sum.len(), both.len() as u64);
            prop_assert_eq!(sum.is_empty(), both.is_empty());
            sum.clear();
            prop_assert!(sum.is_empty() && sum.counts.iter().all(|&count| count == 0));
        }
    }
}

//! The simulator's own randomness: small, seeded, the same on every machine.

/// A stream of pseudo-random numbers (the SplitMix64 sequence).
///
/// Every instrument owns one, seeded from the run's seed and its place in the list, so that what
/// happens to one instrument never depends on which others a client registered.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A stream for `seed`, told apart from its siblings by `lane`.
    pub(crate) fn new(seed: u64, lane: u64) -> Self {
        let mut rng = Self(seed ^ lane.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        rng.next();
        rng.next();
        rng
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// True `permille` times out of 1,000.
    pub(crate) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// Roughly normal, mean 0 and deviation 1: the sum of twelve uniform draws, which needs no
    /// function whose last digit differs between platforms.
    pub(crate) fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..4 {
            let bits = self.next();
            for lane in 0..3 {
                sum += ((bits >> (lane * 21)) & 0x1F_FFFF) as f64 / 2_097_152.0;
            }
        }
        sum - 6.0
    }

    /// How often a fair coin shows heads in a row, at most `most`: small numbers mostly, large
    /// ones now and then.
    pub(crate) fn streak(&mut self, most: u32) -> u32 {
        self.next().trailing_ones().min(most)
    }
}

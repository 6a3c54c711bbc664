//! The generator under both legacy streams: MT19937 (Matsumoto and Nishimura, 1998), from the `rand_mt` crate.

use rand_mt::Mt;

/// MT19937 with the one conversion that NumPy and CPython share.
#[derive(Clone, Debug)]
pub(crate) struct Mersenne(Mt);

impl Mersenne {
    /// Seeded by `init_genrand`, as NumPy does.
    pub(crate) fn from_number(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// Seeded by `init_by_array`, as CPython does.
    pub(crate) fn from_key(key: &[u32]) -> Self {
        Self(Mt::new_with_key(key.iter().copied()))
    }

    #[inline]
    pub(crate) fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// `genrand_res53`: a double in `[0, 1)` with 53 random bits, the high 27 of them drawn first.
    #[inline]
    pub(crate) fn next_double(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        // Both steps are exact: the sum is below 2^53 and the division is by a power of two.
        (high * 67_108_864.0 + low) * (1.0 / 9_007_199_254_740_992.0)
    }
}

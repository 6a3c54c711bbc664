//! CPython's stream, `random.Random`.
//!
//! `random()` of a given seed is guaranteed since Python 3.2; `shuffle` has used `getrandbits` with rejection since
//! then, too. The algorithms are those of `_randommodule.c` and `random.py`.

use crate::mersenne::Mersenne;

/// `random.Random(seed)` for a seed that is not negative: the same calls in the same order give the same numbers.
///
/// ```
/// let mut random = egnn_random::PythonRandom::new(0);
/// assert_eq!(random.random(), 0.8444218515250481);
/// ```
#[derive(Clone, Debug)]
pub struct PythonRandom {
    bits: Mersenne,
}

impl PythonRandom {
    /// `random.Random(seed)`. The key of `init_by_array` is the seed's 32-bit digits, least significant first.
    pub fn new(seed: u64) -> Self {
        let digits = [seed as u32, (seed >> 32) as u32];
        let used = if digits[1] == 0 { 1 } else { 2 };
        Self { bits: Mersenne::from_key(&digits[..used]) }
    }

    /// `random()`: uniform in `[0, 1)`.
    #[inline]
    pub fn random(&mut self) -> f64 {
        self.bits.next_double()
    }

    /// `getrandbits(k)`: `k` random bits. For `k = 0` nothing is drawn.
    ///
    /// # Panics
    /// If `k` is above 64.
    #[inline]
    pub fn getrandbits(&mut self, k: u32) -> u64 {
        assert!(k <= 64, "at most 64 bits fit, {k} asked for");
        match k {
            0 => 0,
            1..=32 => u64::from(self.bits.next_u32() >> (32 - k)),
            _ => {
                // The low word is drawn first; a partial word keeps its high bits.
                let low = u64::from(self.bits.next_u32());
                low | u64::from(self.bits.next_u32() >> (64 - k)) << 32
            }
        }
    }

    /// `shuffle(items)`: Fisher and Yates from the end.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// `_randbelow(n)`: as many bits as `n` has, redrawn while not below `n`.
    fn below(&mut self, n: u64) -> u64 {
        let bits = u64::BITS - n.leading_zeros();
        loop {
            let candidate = self.getrandbits(bits);
            if candidate < n {
                return candidate;
            }
        }
    }
}

//! NumPy's legacy stream, `numpy.random.RandomState`.
//!
//! NumPy froze this stream in version 1.17 (NEP 19): the same seed gives the same numbers for ever. The algorithms are
//! those of its `legacy-distributions.c` and of `_masked=True` in `_bounded_integers.pyx`.

use crate::mersenne::Mersenne;

/// `numpy.random.RandomState(seed)`: the same calls in the same order give the same numbers.
///
/// Uniform numbers, integers, choices and permutations agree bit for bit everywhere. Normal numbers need a logarithm,
/// for which NumPy asks the platform's C library; so does this type, and both agree bit for bit with NumPy on the
/// same machine. Another C library may round a few of them in the last place differently.
///
/// ```
/// let mut state = egnn_random::NumpyRandomState::new(43);
/// assert_eq!(state.randn(), 0.25739992534469336);
/// assert_eq!(state.randn(), -0.9084814327806611);
/// ```
#[derive(Clone, Debug)]
pub struct NumpyRandomState {
    bits: Mersenne,
    /// The second number of a pair of normals, kept for the next `randn`, whatever is drawn in between.
    cached_normal: Option<f64>,
}

impl NumpyRandomState {
    /// `RandomState(seed)`.
    pub fn new(seed: u32) -> Self {
        Self { bits: Mersenne::from_number(seed), cached_normal: None }
    }

    /// `random_sample()`: uniform in `[0, 1)`.
    #[inline]
    pub fn random_sample(&mut self) -> f64 {
        self.bits.next_double()
    }

    /// `randn()`: standard normal, by Marsaglia's polar method. An array `randn(a, b, c)` is filled in row-major order.
    #[inline]
    pub fn randn(&mut self) -> f64 {
        if let Some(normal) = self.cached_normal.take() {
            return normal;
        }
        let (x1, x2, square) = self.point_in_disc();
        let scale = (-2.0 * square.ln() / square).sqrt();
        self.cached_normal = Some(scale * x1);
        scale * x2
    }

    /// Moves the stream exactly as `count` calls of [`randn`](Self::randn) do, without their logarithms and roots.
    pub fn skip_randn(&mut self, count: usize) {
        let Some(mut left) = count.checked_sub(usize::from(self.cached_normal.is_some())) else { return };
        self.cached_normal = None;
        while left >= 2 {
            self.point_in_disc();
            left -= 2;
        }
        if left == 1 {
            // Its partner may be read later, so this one has to be computed.
            self.randn();
        }
    }

    /// `choice(population, size)`: `size` indices below `population`, with replacement.
    ///
    /// # Panics
    /// If `population` is 0.
    pub fn choice(&mut self, population: u32, size: usize) -> Vec<u32> {
        assert!(population > 0, "a choice needs at least one candidate");
        (0..size).map(|_| self.interval(u64::from(population) - 1) as u32).collect()
    }

    /// `choice(len(p), size, p=p)`: `size` indices, each `i` with probability `p[i]`, with replacement.
    ///
    /// # Panics
    /// If `p` is empty or its sum is not positive.
    pub fn choice_weighted(&mut self, p: &[f64], size: usize) -> Vec<usize> {
        // NumPy's `p.cumsum()` adds in order, then divides by the last sum, whatever its rounding.
        let mut cumulative: Vec<f64> = p
            .iter()
            .scan(0.0, |sum, probability| {
                *sum += probability;
                Some(*sum)
            })
            .collect();
        let total = cumulative.last().copied().unwrap_or(0.0);
        assert!(total > 0.0, "probabilities must have a positive sum, got {total}");
        for sum in &mut cumulative {
            *sum /= total;
        }
        (0..size)
            .map(|_| {
                let uniform = self.random_sample();
                cumulative.partition_point(|&sum| sum <= uniform)
            })
            .collect()
    }

    /// `randint(low, high)`: a whole number in `[low, high)`.
    ///
    /// # Panics
    /// If `low >= high`.
    pub fn randint(&mut self, low: i64, high: i64) -> i64 {
        assert!(low < high, "low ({low}) must be below high ({high})");
        let largest = high.wrapping_sub(low) as u64 - 1;
        low.wrapping_add(self.interval(largest) as i64)
    }

    /// `permutation(n)`: the numbers `0..n`, shuffled.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// `shuffle(items)`: Fisher and Yates from the end.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.interval(last as u64) as usize);
        }
    }

    /// A point of the unit disc without its centre, as both coordinates and their square sum.
    #[inline]
    fn point_in_disc(&mut self) -> (f64, f64, f64) {
        loop {
            let x1 = 2.0 * self.random_sample() - 1.0;
            let x2 = 2.0 * self.random_sample() - 1.0;
            let square = x1 * x1 + x2 * x2;
            if square < 1.0 && square != 0.0 {
                return (x1, x2, square);
            }
        }
    }

    /// Uniform in `0..=largest`: as many low bits as `largest` has, redrawn while too large. Draws nothing for 0.
    #[inline]
    fn interval(&mut self, largest: u64) -> u64 {
        if largest == 0 {
            return 0;
        }
        let mask = u64::MAX >> largest.leading_zeros();
        loop {
            let bits = if u32::try_from(largest).is_ok() {
                u64::from(self.bits.next_u32())
            } else {
                let high = u64::from(self.bits.next_u32());
                high << 32 | u64::from(self.bits.next_u32())
            };
            if bits & mask <= largest {
                return bits & mask;
            }
        }
    }
}

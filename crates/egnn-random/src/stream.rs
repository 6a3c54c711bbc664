//! The project's own streams.
//!
//! A stream is a 256-bit key and a position. Its numbers are the ChaCha8 keystream (Bernstein, 2008) of that key; keys
//! of children are the BLAKE3 keyed hash of the child's name under the parent's key. So a stream is found by its path
//! of names from the seed alone, no matter what else was drawn before or on which thread: iteration order cannot leak
//! into results. The bits are fixed for life; the golden test of this crate guards them on every platform (the one
//! logarithm comes from the `libm` crate, which is plain IEEE arithmetic).

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rand_core::Rng;
use serde::{Deserialize, Serialize};

const SEED_CONTEXT: &str = "egnn-lab 2026 random stream from a seed, version 1";
/// A name and an index that happen to have the same bytes must not give the same child.
const NAME: u8 = 0;
const INDEX: u8 = 1;

/// A seeded, named, splittable random stream.
///
/// ```
/// use egnn_random::Stream;
/// let seed = Stream::new(1);
/// let mut weights = seed.child("init").child("gcl_0.edge_mlp.0.weight");
/// let mut again = Stream::new(1).child("init").child("gcl_0.edge_mlp.0.weight");
/// assert_eq!(weights.uniform_in(-0.1, 0.1), again.uniform_in(-0.1, 0.1));
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    key: blake3::Hash,
    bits: ChaCha8Rng,
}

/// Where a stream stands: what a checkpoint keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamState {
    /// The stream's key, 64 hexadecimal digits.
    pub key: String,
    /// Numbers of 64 bits drawn so far.
    pub position: u64,
}

/// A [`StreamState`] that no stream can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamStateError {
    /// The key is not a key.
    #[error("stream key '{0}' is not 64 hexadecimal digits; the state is damaged or from another program")]
    Key(String),
    /// ChaCha counts 2^68 words of 32 bits, so this cannot have been reached by drawing.
    #[error("stream position {0} is beyond what a stream can reach; the state is damaged")]
    Position(u64),
}

/// Largest position that a checkpoint may carry: drawing that far takes a thousand years.
const LARGEST_POSITION: u64 = 1 << 62;

impl Stream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self::from_key(blake3::derive_key(SEED_CONTEXT, &seed.to_le_bytes()).into())
    }

    /// An independent stream, known by its name under this one. This stream does not move, and where it stands does
    /// not matter.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        self.derive(NAME, name.as_bytes())
    }

    /// An independent stream, known by its number under this one.
    #[must_use]
    pub fn index(&self, i: u64) -> Self {
        self.derive(INDEX, &i.to_le_bytes())
    }

    /// 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.bits.next_u64()
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-53.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `low + (high - low) u` with `u` uniform in `[0, 1)`; rounding may give `high` itself.
    #[inline]
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, by Marsaglia's polar method.
    ///
    /// The pair's second number is thrown away: a stream that remembers nothing but its position is worth the draw.
    pub fn normal(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Uniform in `0..n`, without bias (Lemire, 2019: the high word of a product, redrawn in the uneven part).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below 0");
        let uneven = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= uneven {
                return (product >> 64) as u64;
            }
        }
    }

    /// The numbers `0..n`, shuffled.
    ///
    /// # Panics
    /// If `n` is above 2^32.
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        assert!(n as u64 <= 1 << 32, "a permutation of {n} numbers does not fit into 32 bits");
        let mut order: Vec<u32> = (0..n).map(|i| i as u32).collect();
        self.shuffle(&mut order);
        order
    }

    /// Shuffles in place (Fisher and Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// Where the stream stands.
    pub fn state(&self) -> StreamState {
        // Every number takes two words of 32 bits.
        StreamState { key: self.key.to_hex().to_string(), position: (self.bits.get_word_pos() / 2) as u64 }
    }

    /// The stream that stands there: it goes on as the one whose state was taken.
    pub fn from_state(state: &StreamState) -> Result<Self, StreamStateError> {
        let key = blake3::Hash::from_hex(&state.key).map_err(|_| StreamStateError::Key(state.key.clone()))?;
        if state.position > LARGEST_POSITION {
            return Err(StreamStateError::Position(state.position));
        }
        let mut stream = Self::from_key(key);
        stream.bits.set_word_pos(u128::from(state.position) * 2);
        Ok(stream)
    }

    fn from_key(key: blake3::Hash) -> Self {
        Self { key, bits: ChaCha8Rng::from_seed(*key.as_bytes()) }
    }

    fn derive(&self, kind: u8, bytes: &[u8]) -> Self {
        Self::from_key(blake3::Hasher::new_keyed(self.key.as_bytes()).update(&[kind]).update(bytes).finalize())
    }
}

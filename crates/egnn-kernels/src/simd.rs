//! The vector instructions in use, and how a kernel gets compiled for each of them.

use std::cell::Cell;
use std::sync::OnceLock;

use pulp::{Scalar256b, Simd, WithSimd};

/// The environment variable that forces a [`Path`].
pub const VARIABLE: &str = "EGNN_SIMD";

/// Which vector instructions the kernels use. Each path gives its own bits: they differ in rounding only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// What the compiler makes of plain Rust: any CPU.
    Portable,
    /// AVX2 with fused multiply-add, 8 numbers at a time.
    Avx2,
    /// AVX-512, 16 numbers at a time.
    Avx512,
}

impl Path {
    /// All paths, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The name that [`VARIABLE`] takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this CPU has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::try_new().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The path that [`VARIABLE`] names, or else the widest that this CPU has.
    ///
    /// # Errors
    /// A text that says what is wrong with the variable: an unknown name, or instructions that this CPU has not.
    pub fn from_environment() -> Result<Self, String> {
        static CHOICE: OnceLock<Result<Path, String>> = OnceLock::new();
        let name = || std::env::var_os(VARIABLE).map(|name| name.to_string_lossy().into_owned());
        CHOICE.get_or_init(|| Self::choose(name().as_deref())).clone()
    }

    fn choose(name: Option<&str>) -> Result<Self, String> {
        let available = || Self::ALL.into_iter().filter(|path| path.is_available());
        let names = || available().map(Self::name).collect::<Vec<_>>().join(", ");
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(available().next_back().unwrap_or(Self::Portable));
        };
        match Self::ALL.into_iter().find(|path| path.name() == name) {
            None => Err(format!("{VARIABLE}={name} is no set of instructions; this CPU has: {}", names())),
            Some(path) if !path.is_available() => Err(format!("{VARIABLE}={name}: this CPU only has: {}", names())),
            Some(path) => Ok(path),
        }
    }

    /// The path that operations on this thread take now.
    pub(crate) fn current() -> candle_core::Result<Self> {
        match FORCED.get() {
            Some(path) => Ok(path),
            None => Self::from_environment().map_err(candle_core::Error::msg),
        }
    }
}

thread_local! {
    static FORCED: Cell<Option<Path>> = const { Cell::new(None) };
}

/// Run `work` with the operations that it makes on this thread, and their gradients, on one path: for tests and
/// comparisons.
///
/// # Panics
/// If this CPU has not the instructions.
pub fn with_path<R>(path: Path, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<Path>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FORCED.set(self.0);
        }
    }
    assert!(path.is_available(), "this CPU has no {}", path.name());
    let _restore = Restore(FORCED.replace(Some(path)));
    work()
}

/// Vector instructions with a multiply-add: fused where the CPU does that in one instruction.
pub(crate) trait Lanes: Simd {
    /// Vectors side by side in a tile of a matrix product, as many as the registers hold.
    const PANEL: usize;

    /// `a b + c`.
    fn multiply_add(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s;

    /// The nearest whole number, for sizes up to `2^22`.
    #[inline(always)]
    fn round(self, a: Self::f32s) -> Self::f32s {
        let rounder = self.splat_f32s(ROUNDER);
        self.sub_f32s(self.add_f32s(a, rounder), rounder)
    }

    /// `a 2^n`, `n` whole, where `a` and the result are normal numbers.
    #[inline(always)]
    fn times_power_of_two(self, a: Self::f32s, n: Self::f32s) -> Self::f32s {
        // The sum carries n in its low bits, and nothing else reaches the exponent.
        let shifted = self.transmute_u32s_f32s(self.add_f32s(n, self.splat_f32s(ROUNDER)));
        let exponent = self.wrapping_dyn_shl_u32s(shifted, self.splat_u32s(23));
        self.transmute_f32s_u32s(self.add_u32s(self.transmute_u32s_f32s(a), exponent))
    }
}

/// `1.5 * 2^23`: adding it rounds to an integer, which then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

impl Lanes for Scalar256b {
    const PANEL: usize = 2;

    #[inline(always)]
    fn multiply_add(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s {
        self.add_f32s(self.mul_f32s(a, b), c)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    const PANEL: usize = 2;

    #[inline(always)]
    fn multiply_add(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s {
        self.mul_add_f32s(a, b, c)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V4 {
    const PANEL: usize = 4;

    #[inline(always)]
    fn multiply_add(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s {
        self.mul_add_f32s(a, b, c)
    }

    #[inline(always)]
    fn round(self, a: Self::f32s) -> Self::f32s {
        /// To nearest, without raising an exception.
        const NEAREST: i32 = 8;
        pulp::cast(self.avx512f._mm512_roundscale_ps::<NEAREST>(pulp::cast(a)))
    }

    #[inline(always)]
    fn times_power_of_two(self, a: Self::f32s, n: Self::f32s) -> Self::f32s {
        pulp::cast(self.avx512f._mm512_scalef_ps(pulp::cast(a), pulp::cast(n)))
    }
}

/// Work that is compiled once a path. `run` and what it calls must be `#[inline(always)]`: only then do they get the
/// path's instructions.
pub(crate) trait Kernel {
    /// The work on vectors of `L`.
    fn run<L: Lanes>(self, lanes: L);
}

/// Run a kernel on a path.
pub(crate) fn dispatch(path: Path, kernel: impl Kernel) {
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => {
            if let Some(lanes) = pulp::x86::V4::try_new() {
                return Simd::vectorize(lanes, Bound(lanes, kernel));
            }
        }
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => {
            if let Some(lanes) = pulp::x86::V3::try_new() {
                return Simd::vectorize(lanes, Bound(lanes, kernel));
            }
        }
        _ => {}
    }
    Scalar256b.vectorize(Bound(Scalar256b, kernel));
}

/// A kernel with its instructions: what pulp passes on has forgotten that it is [`Lanes`].
struct Bound<L, K>(L, K);

impl<L: Lanes, K: Kernel> WithSimd for Bound<L, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.1.run(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_chooses_and_mistakes_are_explained() {
        assert_eq!(Path::choose(Some("portable")), Ok(Path::Portable));
        assert!(Path::choose(None).is_ok_and(Path::is_available));
        assert_eq!(Path::choose(Some("")), Path::choose(None));
        let error = Path::choose(Some("sse9")).unwrap_err();
        assert!(error.starts_with("EGNN_SIMD=sse9 is no set of instructions; this CPU has: portable"), "{error}");
    }

    #[test]
    fn a_forced_path_ends_with_its_work() {
        let before = Path::current().unwrap();
        with_path(Path::Portable, || assert_eq!(Path::current().unwrap(), Path::Portable));
        assert_eq!(Path::current().unwrap(), before);
    }
}

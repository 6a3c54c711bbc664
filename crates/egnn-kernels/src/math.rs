//! Exponential, sigmoid, SiLU, softplus and tanh of vectors.

use crate::simd::Lanes;

/// The lowest argument whose exponential is a normal f32.
const LOWEST: f32 = -87.33;
/// The highest argument for which `2^n` below is finite.
const HIGHEST: f32 = 88.3;
/// ln 2 in two parts; the first has so few bits that its products with small integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Minimax polynomial of `e^r` for `|r| <= ln 2 / 2`, the highest power first; in float32 its relative error is 2e-8.
const SERIES: [f32; 7] = [1.384_360_7e-3, 8.374_196e-3, 4.166_800_5e-2, 0.166_664_3, 0.499_999_94, 1.0, 1.0];

/// `e^x`, off by less than 2 units in the last place; arguments beyond the range of normal numbers count as its ends.
///
/// `x = n ln 2 + r`, `|r| <= ln 2 / 2`, and a polynomial for `e^r`.
#[inline(always)]
pub(crate) fn exp<L: Lanes>(lanes: L, x: L::f32s) -> L::f32s {
    let splat = |value| lanes.splat_f32s(value);
    let x = lanes.min_f32s(lanes.max_f32s(x, splat(LOWEST)), splat(HIGHEST));
    let n = lanes.round(lanes.mul_f32s(x, splat(std::f32::consts::LOG2_E)));
    let r = lanes.multiply_add(n, splat(-LN_2_HIGH), x);
    let r = lanes.multiply_add(n, splat(-LN_2_LOW), r);
    let mut series = splat(SERIES[0]);
    for coefficient in &SERIES[1..] {
        series = lanes.multiply_add(series, r, splat(*coefficient));
    }
    lanes.times_power_of_two(series, n)
}

/// `z sigmoid(z)`, for sizes up to 1e30 (beyond them the clamp of the exponential shows).
#[inline(always)]
pub(crate) fn silu<L: Lanes>(lanes: L, z: L::f32s) -> L::f32s {
    let power = exp(lanes, lanes.neg_f32s(z));
    lanes.div_f32s(z, lanes.add_f32s(lanes.splat_f32s(1.0), power))
}

/// `z sigmoid(z)` and its slope, `s + z s (1 - s)`, `s` the sigmoid.
#[inline(always)]
pub(crate) fn silu_and_slope<L: Lanes>(lanes: L, z: L::f32s) -> (L::f32s, L::f32s) {
    let power = exp(lanes, lanes.neg_f32s(z));
    let one = lanes.splat_f32s(1.0);
    let gate = lanes.div_f32s(one, lanes.add_f32s(one, power));
    let value = lanes.mul_f32s(z, gate);
    // `power * gate` is `1 - gate` without cancellation.
    (value, lanes.multiply_add(value, lanes.mul_f32s(power, gate), gate))
}

/// Coefficients of `artanh(s) / s` in powers of `s^2`, the highest first; for `s <= 1/3` what is left out is below 1e-8.
const ARTANH: [f32; 8] = [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0];

/// `ln(e^z / 2 + 1 / 2)` and its slope, the sigmoid.
///
/// With `t = e^-|z|`: `max(z, 0) + ln(1 + t) - ln 2`, and `ln(1 + t) = 2 artanh(t / (2 + t))`.
#[inline(always)]
pub(crate) fn shifted_softplus_and_slope<L: Lanes>(lanes: L, z: L::f32s) -> (L::f32s, L::f32s) {
    let splat = |value| lanes.splat_f32s(value);
    let size = lanes.abs_f32s(z);
    let t = exp(lanes, lanes.neg_f32s(size));
    let s = lanes.div_f32s(t, lanes.add_f32s(splat(2.0), t));
    let square = lanes.mul_f32s(s, s);
    let mut series = splat(ARTANH[0]);
    for coefficient in &ARTANH[1..] {
        series = lanes.multiply_add(series, square, splat(*coefficient));
    }
    let logarithm = lanes.mul_f32s(lanes.add_f32s(s, s), series);
    // Half of `z + |z|` is `max(z, 0)` and keeps what is not a number.
    let positive = lanes.mul_f32s(lanes.add_f32s(z, size), splat(0.5));
    let value = lanes.sub_f32s(lanes.add_f32s(positive, logarithm), splat(std::f32::consts::LN_2));
    let over = lanes.select_f32s(lanes.less_than_f32s(z, splat(0.0)), t, splat(1.0));
    (value, lanes.div_f32s(over, lanes.add_f32s(splat(1.0), t)))
}

/// `1 / (1 + e^-z)`.
#[inline(always)]
pub(crate) fn sigmoid<L: Lanes>(lanes: L, z: L::f32s) -> L::f32s {
    let one = lanes.splat_f32s(1.0);
    lanes.div_f32s(one, lanes.add_f32s(one, exp(lanes, lanes.neg_f32s(z))))
}

/// Replace each number by a function of it.
#[inline(always)]
pub(crate) fn map<L: Lanes>(lanes: L, numbers: &mut [f32], of: impl Fn(L, L::f32s) -> L::f32s) {
    let (vectors, rest) = L::as_mut_simd_f32s(numbers);
    for vector in vectors {
        *vector = of(lanes, *vector);
    }
    let last = of(lanes, lanes.partial_load_f32s(rest));
    lanes.partial_store_f32s(rest, last);
}

/// The hyperbolic tangent, off by a few units in the last place; Cephes' polynomial for small arguments.
#[inline(always)]
pub(crate) fn tanh<L: Lanes>(lanes: L, x: L::f32s) -> L::f32s {
    const SMALL: f32 = 0.625;
    const ODD: [f32; 5] = [-5.704_988_7e-3, 2.063_909e-2, -5.373_971_5e-2, 1.333_144_2e-1, -0.333_332_8];
    let splat = |value| lanes.splat_f32s(value);
    let size = lanes.abs_f32s(x);
    let square = lanes.mul_f32s(x, x);
    let mut series = splat(ODD[0]);
    for coefficient in &ODD[1..] {
        series = lanes.multiply_add(series, square, splat(*coefficient));
    }
    let near = lanes.multiply_add(lanes.mul_f32s(series, square), x, x);
    // `1 - 2 / (e^2|x| + 1)`, with the sign of x.
    let power = exp(lanes, lanes.add_f32s(size, size));
    let far = lanes.sub_f32s(splat(1.0), lanes.div_f32s(splat(2.0), lanes.add_f32s(power, splat(1.0))));
    let negative = lanes.less_than_f32s(x, splat(0.0));
    let far = lanes.select_f32s(negative, lanes.neg_f32s(far), far);
    // Not a number is not greater: it takes the polynomial, which keeps it.
    lanes.select_f32s(lanes.greater_than_f32s(size, splat(SMALL)), far, near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Path, dispatch};

    /// Results of the functions, an argument each.
    #[derive(Default)]
    struct Results {
        exp: Vec<f32>,
        silu: Vec<f32>,
        slope: Vec<f32>,
        softplus: Vec<f32>,
        softplus_slope: Vec<f32>,
        tanh: Vec<f32>,
    }

    struct Evaluate<'a> {
        arguments: &'a [f32],
        results: &'a mut Results,
    }

    impl Kernel for Evaluate<'_> {
        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) {
            for part in self.arguments.chunks(L::F32_LANES) {
                let x = lanes.partial_load_f32s(part);
                let put = |to: &mut Vec<f32>, values: L::f32s| {
                    let mut all = [0.0; 16];
                    lanes.partial_store_f32s(&mut all[..part.len()], values);
                    to.extend_from_slice(&all[..part.len()]);
                };
                let (value, slope) = silu_and_slope(lanes, x);
                put(&mut self.results.exp, exp(lanes, x));
                put(&mut self.results.silu, value);
                put(&mut self.results.slope, slope);
                put(&mut self.results.tanh, tanh(lanes, x));
                let (value, slope) = shifted_softplus_and_slope(lanes, x);
                put(&mut self.results.softplus, value);
                put(&mut self.results.softplus_slope, slope);
            }
        }
    }

    fn on_each_path(arguments: &[f32], check: impl Fn(Path, &Results)) {
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            let mut results = Results::default();
            dispatch(path, Evaluate { arguments, results: &mut results });
            check(path, &results);
        }
    }

    /// Distance from the true value in units of the last place of the nearest f32.
    fn error_in_ulp(found: f32, exact: f64) -> f64 {
        let nearest = exact as f32;
        let unit = f64::from(f32::from_bits(nearest.abs().to_bits() + 1)) - f64::from(nearest.abs());
        ((f64::from(found) - exact) / unit).abs()
    }

    fn arguments(low: f32, high: f32) -> Vec<f32> {
        (0..200_003).map(|i| low + (high - low) * (i as f32 / 200_003.0)).collect()
    }

    fn worst(arguments: &[f32], found: &[f32], error: impl Fn(f32, f64) -> f64) -> f64 {
        arguments.iter().zip(found).map(|(&x, &y)| error(y, f64::from(x))).fold(0.0, f64::max)
    }

    #[test]
    fn exponential_is_within_two_units_in_the_last_place() {
        let x = arguments(-87.0, 88.0);
        on_each_path(&x, |path, results| {
            let worst = worst(&x, &results.exp, |y, x| error_in_ulp(y, x.exp()));
            assert!(worst < 2.0, "{path:?}: {worst} ulp");
        });
    }

    #[test]
    fn silu_slope_and_tanh_are_accurate() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let x = arguments(-30.0, 30.0);
        on_each_path(&x, |path, results| {
            let silu = worst(&x, &results.silu, |y, x| error_in_ulp(y, x * sigmoid(x)));
            assert!(silu < 4.0, "{path:?}: {silu} ulp");
            // The slope passes through zero: measured absolutely.
            let slope =
                worst(&x, &results.slope, |y, x| (f64::from(y) - sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x)))).abs());
            assert!(slope < 3e-7, "{path:?}: {slope}");
        });
        on_each_path(&x, |path, results| {
            // The value passes through zero, and far below is -ln 2: measured absolutely, and far above relatively.
            let exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p() - std::f64::consts::LN_2;
            let softplus = worst(&x, &results.softplus, |y, x| (f64::from(y) - exact(x)).abs() / x.max(1.0));
            assert!(softplus < 2e-7, "{path:?}: {softplus}");
            let slope = worst(&x, &results.softplus_slope, |y, x| error_in_ulp(y, sigmoid(x)));
            assert!(slope < 4.0, "{path:?}: {slope} ulp");
        });
        let x = arguments(-3.0, 3.0);
        on_each_path(&x, |path, results| {
            let tanh = worst(&x, &results.tanh, |y, x| error_in_ulp(y, x.tanh()));
            assert!(tanh < 4.0, "{path:?}: {tanh} ulp");
        });
    }

    #[test]
    fn extremes_are_harmless_and_not_a_number_stays() {
        on_each_path(&[1e4, f32::INFINITY, -1e4, 0.0, -0.0, 1e-30, f32::NAN], |path, results| {
            assert_eq!(results.silu[..2], [1e4, f32::INFINITY], "{path:?}");
            assert_eq!(results.slope[0], 1.0, "{path:?}");
            assert!(results.silu[2].abs() < 1e-33 && results.slope[2].abs() < 1e-33, "{path:?}");
            assert_eq!((results.silu[3], results.slope[3], results.tanh[3]), (0.0, 0.5, 0.0), "{path:?}");
            assert_eq!(results.tanh[..3], [1.0, 1.0, -1.0], "{path:?}");
            assert_eq!(results.tanh[5], 1e-30, "{path:?}");
            let ln_2 = std::f32::consts::LN_2;
            assert_eq!(results.softplus[..3], [1e4 - ln_2, f32::INFINITY, -ln_2], "{path:?}");
            assert!(results.softplus[3].abs() < 1e-7, "{path:?}");
            assert_eq!((results.softplus_slope[0], results.softplus_slope[3]), (1.0, 0.5), "{path:?}");
            assert!(results.softplus[6].is_nan(), "{path:?}");
            assert!(results.silu[6].is_nan() && results.slope[6].is_nan() && results.tanh[6].is_nan(), "{path:?}");
        });
    }
}

//! The two number types, and SiLU in both.

use std::ops::Neg;

use candle_core::WithDType;

/// f32 or f64: what the kernels compute in.
pub(crate) trait Real: WithDType + Neg<Output = Self> + Default {
    /// The square root.
    fn root(self) -> Self;

    /// `x sigmoid(x)` and its derivative `s + x s (1 - s)`, with `s = sigmoid(x)`.
    fn silu(self) -> (Self, Self);
}

impl Real for f32 {
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn silu(self) -> (Self, Self) {
        let power = exp(-self);
        let gate = 1.0 / (1.0 + power);
        let value = self * gate;
        // `power * gate` is `1 - gate` without cancellation.
        (value, gate + value * (power * gate))
    }
}

impl Real for f64 {
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn silu(self) -> (Self, Self) {
        let gate = 1.0 / (1.0 + (-self).exp());
        let value = self * gate;
        (value, gate + value * (1.0 - gate))
    }
}

/// The lowest argument whose exponential is a normal f32.
const LOWEST: f32 = -87.33;
/// The highest argument for which `2^n` below is finite.
const HIGHEST: f32 = 88.3;
/// `1.5 * 2^23`: adding it rounds to an integer, which then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 in two parts; the first has so few bits that its products with small integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x` in f32, off by less than 2 units in the last place; arguments beyond the range of normal numbers count as its
/// ends. Straight-line code, so that loops around it vectorise.
///
/// `x = n ln 2 + r`, `|r| <= ln 2 / 2`, and Cephes' polynomial for `e^r`.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "Cephes' coefficients as published")]
pub(crate) fn exp(x: f32) -> f32 {
    // Not `clamp`: these selections are one vector instruction each.
    let x = if x > LOWEST { x } else { LOWEST };
    let x = if x < HIGHEST { x } else { HIGHEST };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let mut series = 1.987_569_15e-4;
    series = series * r + 1.398_199_950_7e-3;
    series = series * r + 8.333_451_907_3e-3;
    series = series * r + 4.166_579_589_4e-2;
    series = series * r + 1.666_666_545_9e-1;
    series = series * r + 5.000_000_120_1e-1;
    let power = shifted.to_bits().wrapping_sub(ROUNDER.to_bits());
    let scale = f32::from_bits(power.wrapping_add(127) << 23);
    (series * (r * r) + r + 1.0) * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance from the true value in units of the last place of the nearest f32.
    fn error_in_ulp(found: f32, exact: f64) -> f64 {
        let nearest = exact as f32;
        let unit = f64::from(f32::from_bits(nearest.abs().to_bits() + 1)) - f64::from(nearest.abs());
        ((f64::from(found) - exact) / unit).abs()
    }

    fn arguments(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (0..400_000).map(move |i| low + (high - low) * (i as f32 / 400_000.0))
    }

    #[test]
    fn exponential_is_within_two_units_in_the_last_place() {
        let worst = arguments(-87.0, 88.0).map(|x| error_in_ulp(exp(x), f64::from(x).exp())).fold(0.0, f64::max);
        assert!(worst < 2.0, "{worst} ulp");
    }

    #[test]
    fn silu_and_its_slope_are_accurate() {
        let mut worst = (0.0_f64, 0.0_f64);
        for x in arguments(-30.0, 30.0) {
            let (value, slope) = x.silu();
            let (exact_value, exact_slope) = f64::from(x).silu();
            worst.0 = worst.0.max(error_in_ulp(value, exact_value));
            // The slope passes through zero: measured absolutely.
            worst.1 = worst.1.max((f64::from(slope) - exact_slope).abs());
        }
        assert!(worst.0 < 4.0, "{} ulp", worst.0);
        assert!(worst.1 < 3e-7, "{}", worst.1);
    }

    #[test]
    fn extremes_are_harmless_and_not_a_number_stays() {
        assert_eq!(1e4_f32.silu(), (1e4, 1.0));
        assert_eq!(f32::INFINITY.silu().0, f32::INFINITY);
        let (value, slope) = (-1e4_f32).silu();
        assert!(value.abs() < 1e-33 && slope.abs() < 1e-33, "{value} {slope}");
        assert!(f32::NAN.silu().0.is_nan() && f32::NAN.silu().1.is_nan());
        assert_eq!(0.0_f32.silu(), (0.0, 0.5));
    }
}

//! Doubles of several trajectories side by side, with the operators that formulas are written in.
//!
//! Only `+ - * / sqrt` and a clip by comparison: each is correctly rounded on every machine, and pulp never fuses a
//! product with a sum unless told to. So a lane's bits are those of scalar code, whatever the vector's width.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined into pulp's dispatch is compiled for the baseline CPU"
)]

use pulp::Simd;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

/// A vector register of doubles, one lane a trajectory.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<S: Simd> {
    simd: S,
    lanes: S::f64s,
}

/// x, y and z.
pub(crate) type Axes<S> = [Lanes<S>; 3];

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(crate) fn splat(simd: S, value: f64) -> Self {
        Self { simd, lanes: simd.splat_f64s(value) }
    }

    /// Lane `i` becomes `values[i]`; missing values become 0.
    #[inline(always)]
    pub(crate) fn load(simd: S, values: &[f64]) -> Self {
        Self { simd, lanes: simd.partial_load_f64s(values) }
    }

    /// `values[i]` becomes lane `i`.
    #[inline(always)]
    pub(crate) fn store(self, values: &mut [f64]) {
        self.simd.partial_store_f64s(values, self.lanes);
    }

    #[inline(always)]
    pub(crate) fn sqrt(self) -> Self {
        Self { lanes: self.simd.sqrt_f64s(self.lanes), ..self }
    }

    /// Numbers outside `-limit..=limit` become the nearer end; a NaN stays one, as in NumPy's `F[F > m] = m`.
    #[inline(always)]
    pub(crate) fn clip(self, limit: Self) -> Self {
        let simd = self.simd;
        let low = simd.neg_f64s(limit.lanes);
        let above = simd.greater_than_f64s(self.lanes, limit.lanes);
        let lanes = simd.select_f64s(above, limit.lanes, self.lanes);
        let below = simd.less_than_f64s(lanes, low);
        Self { lanes: simd.select_f64s(below, low, lanes), ..self }
    }
}

impl<S: Simd> Add for Lanes<S> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { lanes: self.simd.add_f64s(self.lanes, other.lanes), ..self }
    }
}

impl<S: Simd> Sub for Lanes<S> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { lanes: self.simd.sub_f64s(self.lanes, other.lanes), ..self }
    }
}

impl<S: Simd> Mul for Lanes<S> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self { lanes: self.simd.mul_f64s(self.lanes, other.lanes), ..self }
    }
}

impl<S: Simd> Div for Lanes<S> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self { lanes: self.simd.div_f64s(self.lanes, other.lanes), ..self }
    }
}

impl<S: Simd> AddAssign for Lanes<S> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<S: Simd> SubAssign for Lanes<S> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

//! The bound of coordinate terms. Unlike `min` and `max`, these comparisons let NaN through: a diverging run must not
//! look healthy.

/// The bound, or none as infinity.
pub(crate) fn of(clamp: Option<f64>) -> f32 {
    clamp.map_or(f32::INFINITY, |clamp| clamp as f32)
}

/// A component of a term, cut at the bound.
#[inline(always)]
pub(crate) fn clamp(value: f32, bound: f32) -> f32 {
    if value > bound {
        bound
    } else if value < -bound {
        -bound
    } else {
        value
    }
}

/// Whether a component is beyond the bound: it passes no gradient then.
#[inline(always)]
pub(crate) fn is_beyond(value: f32, bound: f32) -> bool {
    value > bound || value < -bound
}

//! Gradients by central differences.

/// An entry of a gradient that differences contradict.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientMismatch {
    /// Which entry.
    pub index: usize,
    /// The gradient's entry.
    pub analytic: f64,
    /// What differences give.
    pub numeric: f64,
    /// The largest entry of both gradients.
    pub scale: f64,
    /// What the difference may be, relative to the scale.
    pub tolerance: f64,
}

impl std::error::Error for GradientMismatch {}

impl std::fmt::Display for GradientMismatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { index, analytic, numeric, scale, tolerance } = self;
        write!(
            formatter,
            "entry {index} of the gradient is {analytic:e}, differences give {numeric:e} \
             (largest entry {scale:e}, tolerance {tolerance:e})"
        )
    }
}

/// `(f(x + s) - f(x - s)) / 2s` for each entry of x, with s about 1e-5 of it (at least 1e-5).
pub fn numeric_gradient(mut f: impl FnMut(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    let mut x = at.to_vec();
    (0..at.len())
        .map(|index| {
            let step = 1e-5 * at[index].abs().max(1.0);
            let (above, below) = (at[index] + step, at[index] - step);
            x[index] = above;
            let high = f(&x);
            x[index] = below;
            let low = f(&x);
            x[index] = at[index];
            (high - low) / (above - below)
        })
        .collect()
}

/// Compare a gradient with differences of `f`, relative to the largest entry.
pub fn check_gradient(
    f: impl FnMut(&[f64]) -> f64,
    at: &[f64],
    gradient: &[f64],
    tolerance: f64,
) -> Result<(), GradientMismatch> {
    assert_eq!(at.len(), gradient.len(), "a gradient has as many entries as its argument");
    let numeric = numeric_gradient(f, at);
    let scale = numeric.iter().chain(gradient).fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let wrong = |(_, (analytic, numeric)): &(usize, (&f64, &f64))| {
        let difference: f64 = (*analytic - *numeric).abs();
        difference.is_nan() || difference > tolerance * scale
    };
    match gradient.iter().zip(&numeric).enumerate().find(wrong) {
        None => Ok(()),
        Some((index, (&analytic, &numeric))) => Err(GradientMismatch { index, analytic, numeric, scale, tolerance }),
    }
}

/// Panic unless a gradient agrees with differences of `f`.
///
/// # Panics
/// With the [`GradientMismatch`].
///
/// ```
/// egnn_testkit::assert_gradient(|x| x[0] * x[0] * x[1], &[3.0, -2.0], &[-12.0, 9.0], 1e-8);
/// ```
pub fn assert_gradient(f: impl FnMut(&[f64]) -> f64, at: &[f64], gradient: &[f64], tolerance: f64) {
    if let Err(mismatch) = check_gradient(f, at, gradient, tolerance) {
        panic!("{mismatch}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(x: &[f64]) -> f64 {
        x[0].sin() + x[0] * x[1].exp()
    }

    #[test]
    fn a_right_gradient_passes_and_a_wrong_one_is_named() {
        let at = [0.3, -1.2];
        let gradient = [0.3_f64.cos() + (-1.2_f64).exp(), 0.3 * (-1.2_f64).exp()];
        assert_gradient(value, &at, &gradient, 1e-9);
        let mismatch = check_gradient(value, &at, &[gradient[0], gradient[1] * 1.001], 1e-6).unwrap_err();
        assert_eq!(mismatch.index, 1);
        assert!(check_gradient(value, &at, &[gradient[0], f64::NAN], 1e-6).is_err());
    }
}

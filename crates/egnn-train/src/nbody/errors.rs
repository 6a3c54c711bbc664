//! Errors of single trajectories. Their mean is the test error; a few close encounters of bodies make most of it, so
//! that median and 95th percentile are recorded beside it.

use super::{Samples, data::DIM};

/// The mean of squares of `prediction` `(len, bodies, 3)` over the bodies and coordinates of each trajectory.
fn of_trajectories(prediction: &[f32], samples: &Samples) -> Vec<f64> {
    let size = samples.bodies * DIM;
    let mean = |(prediction, target): (&[f32], &[f32])| {
        let squares = prediction.iter().zip(target).map(|(p, t)| f64::from(p - t).powi(2));
        squares.sum::<f64>() / size as f64
    };
    prediction.chunks_exact(size).zip(samples.target().chunks_exact(size)).map(mean).collect()
}

/// Median and 95th percentile of the trajectories' errors, both by nearest rank.
pub(crate) fn median_and_p95(prediction: &[f32], samples: &Samples) -> [f64; 2] {
    let mut errors = of_trajectories(prediction, samples);
    [50, 95].map(|percent| percentile(&mut errors, percent))
}

/// The percentile by nearest rank: the smallest value that at least `percent` % of the values do not exceed. It is one
/// of the values, which get sorted; NaN if there are none.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_at_their_nearest_rank() {
        let mut values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        let ranks = [0, 1, 5, 6, 50, 51, 95, 96, 100].map(|percent| percentile(&mut values, percent));
        assert_eq!(ranks, [1.0, 1.0, 1.0, 2.0, 10.0, 11.0, 19.0, 20.0, 20.0]);
        assert_eq!([50, 95].map(|percent| percentile(&mut [3.0, 1.0, 2.0], percent)), [2.0, 3.0]);
        assert_eq!([50, 95].map(|percent| percentile(&mut [7.0], percent)), [7.0, 7.0]);
        assert!(percentile(&mut [], 50).is_nan());
    }

    #[test]
    fn a_trajectory_has_one_error_whatever_its_bodies() {
        // Three trajectories of two bodies; only some coordinates are wrong.
        let samples = Samples::from_arrays(2, vec![0.0; 18], vec![0.0; 18], vec![1.0; 6], vec![0.0; 18]);
        let mut prediction = vec![0.0; 18];
        (prediction[0], prediction[5]) = (3.0, -3.0);
        prediction[6..12].fill(2.0);
        assert_eq!(of_trajectories(&prediction, &samples), [3.0, 4.0, 0.0]);
        assert_eq!(median_and_p95(&prediction, &samples), [3.0, 4.0]);
    }
}

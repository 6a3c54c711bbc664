//! Which runs of a plan are still to be done, and in which order.

use crate::{end::End, trainer::Estimate};

/// Indices of the runs without a valid `done.json`, ascending. `ends` are in the order of the plan.
///
/// ```
/// use egnn_sweep::{End, outstanding};
/// assert_eq!(outstanding(2, &[End::None, End::None]), [0, 1]);
/// ```
pub fn outstanding(runs: usize, ends: &[End]) -> Vec<usize> {
    (0..runs).filter(|&index| !ends.get(index).is_some_and(End::is_finished)).collect()
}

/// The same runs, longest first: the last to end is then a short one, and cores stay busy. Ties keep their order.
pub fn schedule(mut outstanding: Vec<usize>, estimates: &[Estimate]) -> Vec<usize> {
    let cost = |index: usize| estimates.get(index).map_or(0.0, |estimate| estimate.core_seconds);
    outstanding.sort_by(|&a, &b| cost(b).total_cmp(&cost(a)));
    outstanding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_runs_start_first() {
        let estimate = |core_seconds| Estimate { core_seconds, ..Estimate::default() };
        let estimates = [estimate(1.0), estimate(9.0), estimate(1.0), estimate(3.0)];
        assert_eq!(schedule(vec![0, 1, 2, 3], &estimates), [1, 3, 0, 2]);
        assert_eq!(schedule(vec![2, 0], &[]), [2, 0]);
    }
}

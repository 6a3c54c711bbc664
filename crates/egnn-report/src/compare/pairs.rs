//! Statistics of a quantity over the seeds of two groups of runs.

use super::quantity::{Better, Quantity};
use std::collections::BTreeMap;

/// Mean and spread of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Sample standard deviation (n - 1), of two values or more.
    pub sd: Option<f64>,
}

impl Mean {
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (n > 0).then(|| Self { n, mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()) })
    }
}

/// B - A over the seeds that are once in A and once in B.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// The seeds.
    pub seeds: Vec<i64>,
    /// Of the differences.
    pub difference: Mean,
    /// Seeds with the better value in B, where one is better than another.
    pub b_better: Option<usize>,
    /// Whether A and B have the same bits for every seed.
    pub is_equal: bool,
}

/// A quantity of two groups of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What was measured.
    pub quantity: Quantity,
    /// Over all finished runs of A, and of B.
    pub means: [Mean; 2],
    /// Over seeds of both, if there are any.
    pub paired: Option<Paired>,
}

impl Measured {
    /// Of seeds and values in A and in B; none if a side has no value.
    pub(super) fn of(quantity: Quantity, values: &[Vec<(Option<i64>, f64)>; 2]) -> Option<Self> {
        let mean = |side: &[(Option<i64>, f64)]| Mean::of(&side.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        let means = [mean(&values[0])?, mean(&values[1])?];
        Some(Self { quantity, means, paired: Paired::of(quantity, values) })
    }

    /// B's mean less A's.
    pub fn difference(&self) -> f64 {
        self.means[1].mean - self.means[0].mean
    }

    /// B's mean over A's, unless A's is zero.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.means[1].mean / self.means[0].mean).filter(|ratio| ratio.is_finite())
    }
}

impl Paired {
    fn of(quantity: Quantity, [a, b]: &[Vec<(Option<i64>, f64)>; 2]) -> Option<Self> {
        let (a, b) = (once(a), once(b));
        let pairs: Vec<(i64, f64, f64)> =
            a.into_iter().filter_map(|(seed, a)| Some((seed, a, *b.get(&seed)?))).collect();
        let differences: Vec<f64> = pairs.iter().map(|(_, a, b)| b - a).collect();
        let better = |better: Better| {
            let is_better = |&&difference: &&f64| match better {
                Better::Less => difference < 0.0,
                Better::More => difference > 0.0,
            };
            differences.iter().filter(is_better).count()
        };
        Some(Self {
            difference: Mean::of(&differences)?,
            b_better: quantity.better.map(better),
            is_equal: pairs.iter().all(|(_, a, b)| a.to_bits() == b.to_bits()),
            seeds: pairs.into_iter().map(|(seed, ..)| seed).collect(),
        })
    }
}

/// The values of seeds that stand once.
pub(super) fn once<T: Copy>(values: &[(Option<i64>, T)]) -> BTreeMap<i64, T> {
    let mut of_seed: BTreeMap<i64, Vec<T>> = BTreeMap::new();
    for (seed, value) in values {
        if let Some(seed) = seed {
            of_seed.entry(*seed).or_default().push(*value);
        }
    }
    of_seed.into_iter().filter_map(|(seed, values)| (values.len() == 1).then(|| (seed, values[0]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(column: &str, a: &[(i64, f64)], b: &[(i64, f64)]) -> Option<Measured> {
        let quantity = *Quantity::ALL.iter().find(|quantity| quantity.column == column).unwrap();
        let side = |values: &[(i64, f64)]| values.iter().map(|&(seed, value)| (Some(seed), value)).collect();
        Measured::of(quantity, &[side(a), side(b)])
    }

    #[test]
    fn differences_are_paired_by_seed() {
        let a = [(1, 1.0), (2, 5.0), (3, 2.0)];
        let b = [(3, 3.0), (1, 0.5), (4, 100.0)];
        let measured = measured("test_mse", &a, &b).unwrap();
        assert_eq!((measured.means[0].n, measured.means[1].n), (3, 3));
        let paired = measured.paired.unwrap();
        assert_eq!(paired.seeds, [1, 3]);
        // Seed 1 gives -0.5, seed 3 gives 1: their mean, and the distance of both over the square root of 2.
        assert_eq!(paired.difference.mean, 0.25);
        assert!((paired.difference.sd.unwrap() - 1.5 / 2.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!((paired.b_better, paired.is_equal), (Some(1), false));
    }

    #[test]
    fn better_depends_on_what_is_measured() {
        let (a, b) = ([(1, 0.5), (2, 0.5)], [(1, 0.75), (2, 0.5)]);
        let better = |column| measured(column, &a, &b).unwrap().paired.unwrap().b_better;
        assert_eq!((better("test_f1"), better("test_bce"), better("parameters")), (Some(1), Some(0), None));
    }

    #[test]
    fn one_pair_has_no_deviation_and_none_has_no_difference() {
        let paired = measured("test_mse", &[(1, 1.0)], &[(1, 1.0), (2, 2.0)]).unwrap().paired.unwrap();
        assert_eq!((paired.difference.n, paired.difference.sd, paired.is_equal), (1, None, true));
        assert_eq!(measured("test_mse", &[(1, 1.0)], &[(2, 2.0)]).unwrap().paired, None);
        assert_eq!(measured("test_mse", &[(1, 1.0)], &[]), None);
        assert_eq!(measured("test_mse", &[(1, 0.0)], &[(1, 0.0)]).unwrap().ratio(), None);
    }

    #[test]
    fn a_seed_that_stands_twice_has_no_partner() {
        let measured = measured("test_mse", &[(1, 1.0), (1, 3.0), (2, 1.0)], &[(1, 1.0), (2, 2.0)]).unwrap();
        assert_eq!(measured.paired.unwrap().seeds, [2]);
        assert_eq!(measured.means[0].n, 3);
    }

    #[test]
    fn zero_and_its_negative_have_other_bits() {
        let paired = |a, b| measured("test_mse", &[(1, a)], &[(1, b)]).unwrap().paired.unwrap().is_equal;
        assert!(paired(0.1, 0.1) && !paired(0.0, -0.0));
    }
}

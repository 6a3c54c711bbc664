//! How well graphs are given back.

use egnn_kernels::cross_entropy;

/// Above this probability a pair counts as an edge.
const THRESHOLD: f32 = 0.5;

/// A graph given back: truth and probability of every ordered pair.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reconstruction {
    pub(crate) nodes: usize,
    /// Receiving and sending node of each pair.
    pub(crate) ends: Vec<[u32; 2]>,
    pub(crate) truth: Vec<f32>,
    pub(crate) probability: Vec<f32>,
}

/// Counts over all ordered pairs of all graphs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Score {
    graphs: u64,
    cross_entropy: f64,
    true_positives: u64,
    false_positives: u64,
    false_negatives: u64,
    pairs: u64,
}

impl Score {
    pub(crate) fn of<'a>(graphs: impl IntoIterator<Item = &'a Reconstruction>) -> Self {
        let mut score = Self::default();
        for graph in graphs {
            score.graphs += 1;
            for (&truth, &probability) in graph.truth.iter().zip(&graph.probability) {
                score.pairs += 1;
                score.cross_entropy += f64::from(cross_entropy(probability, truth));
                let place = match (truth > THRESHOLD, probability > THRESHOLD) {
                    (true, true) => &mut score.true_positives,
                    (false, true) => &mut score.false_positives,
                    (true, false) => &mut score.false_negatives,
                    (false, false) => continue,
                };
                *place += 1;
            }
        }
        score
    }

    /// Binary cross-entropy, summed over a graph's ordered pairs (its diagonal costs nothing), mean over graphs.
    pub(crate) fn bce(&self) -> f64 {
        self.cross_entropy / self.graphs as f64
    }

    /// Wrong pairs, in per cent of all.
    pub(crate) fn error_percent(&self) -> f64 {
        100.0 * (self.false_positives + self.false_negatives) as f64 / self.pairs.max(1) as f64
    }

    /// `2 TP / (2 TP + FP + FN)`; none where there is no edge, neither true nor predicted.
    pub(crate) fn f1(&self) -> Option<f64> {
        let Self { true_positives, false_positives, false_negatives, .. } = *self;
        let all = 2 * true_positives + false_positives + false_negatives;
        (all > 0).then(|| 2.0 * true_positives as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(truth: &[f32], probability: &[f32]) -> Reconstruction {
        let ends = vec![[0, 1]; truth.len()];
        Reconstruction { nodes: 3, ends, truth: truth.into(), probability: probability.into() }
    }

    #[test]
    fn by_hand() {
        let graphs = [graph(&[1.0, 1.0, 0.0, 0.0], &[0.9, 0.4, 0.6, 0.5]), graph(&[0.0, 0.0], &[0.1, 0.1])];
        let score = Score::of(&graphs);
        let expected = -(0.9_f64.ln() + 0.4_f64.ln() + 0.4_f64.ln() + 0.5_f64.ln() + 2.0 * 0.9_f64.ln()) / 2.0;
        assert!((score.bce() - expected).abs() < 1e-6, "a probability of one half is no edge");
        assert!((score.error_percent() - 100.0 * 2.0 / 6.0).abs() < 1e-12);
        assert!((score.f1().unwrap() - 2.0 / 4.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_number_stays_none() {
        assert!(Score::of(&[graph(&[1.0, 0.0], &[0.5, f32::NAN])]).bce().is_nan());
    }

    #[test]
    fn pooled_and_not_averaged() {
        // One graph all right, one all wrong: the larger weighs more.
        let graphs = [graph(&[1.0; 9], &[1.0; 9]), graph(&[1.0], &[0.0])];
        assert!((Score::of(&graphs).error_percent() - 10.0).abs() < 1e-12);
        assert!((Score::of(&graphs).f1().unwrap() - 18.0 / 19.0).abs() < 1e-12);
        assert!((Score::of(&graphs[1..]).bce() - 100.0).abs() < 1e-12, "certainly wrong costs 100");
    }

    #[test]
    fn nothing_said_and_nothing_there() {
        assert_eq!(Score::of(&[graph(&[1.0, 0.0], &[0.0, 0.0])]).f1(), Some(0.0));
        assert_eq!(Score::of(&[graph(&[0.0, 0.0], &[0.0, 0.0])]).f1(), None, "there is no edge to find");
        let none = Score::of(&[graph(&[], &[])]);
        assert_eq!((none.bce(), none.error_percent(), none.f1()), (0.0, 0.0, None));
        let broken = Score::of(&[graph(&[1.0, 0.0], &[f32::NAN, 0.5])]);
        assert!(broken.bce().is_nan(), "a model that says nothing must not look healthy");
    }
}

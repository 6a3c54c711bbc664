//! Runs of one model and training size taken together: what a row of a table and a point of a figure show.

use crate::{
    paper,
    results::{Results, Run, Status},
};

/// A finished run's part in a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedValue {
    /// Seed.
    pub seed: i64,
    /// Test mean squared error.
    pub mse: f64,
}

/// The runs that differ in nothing but their seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The model's name in configurations.
    pub model: String,
    /// Settings that set the runs apart from others of the model, or empty.
    pub variant: String,
    /// Training samples.
    pub samples: i64,
    /// Every finished run with a usable test error, by seed.
    pub seeds: Vec<SeedValue>,
    /// Mean over [`Self::seeds`].
    pub mean: Option<f64>,
    /// Sample standard deviation (n - 1) over [`Self::seeds`], if there are two or more.
    pub spread: Option<f64>,
    /// Fewest and most epochs of its finished runs.
    pub epochs: Option<(i64, i64)>,
    /// Fewest and most steps of its finished runs.
    pub steps: Option<(i64, i64)>,
    /// Seconds of its finished runs together.
    pub seconds: f64,
    /// Trainable parameters.
    pub parameters: Option<i64>,
    /// Finished runs whose test error is missing, not finite or negative: they are in no mean.
    pub unusable: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that are not complete.
    pub pending: usize,
}

impl Group {
    /// The model's name in print, with what sets its runs apart.
    pub fn title(&self) -> String {
        let title = paper::title(&self.model);
        if self.variant.is_empty() { title.into() } else { format!("{title}, {}", self.variant) }
    }

    fn add(&mut self, run: &Run) {
        match run.status {
            Status::Failed => self.failed += 1,
            Status::Pending => self.pending += 1,
            Status::Finished => {
                match run.error() {
                    Some(mse) => self.seeds.push(SeedValue { seed: run.seed, mse }),
                    None => self.unusable += 1,
                }
                self.epochs = widened(self.epochs, run.epochs);
                self.steps = widened(self.steps, run.steps);
                self.seconds += run.seconds.filter(|seconds| seconds.is_finite()).unwrap_or(0.0);
            }
        }
        self.parameters = self.parameters.or(run.parameters);
    }

    fn summarise(mut self) -> Self {
        let n = self.seeds.len() as f64;
        if n > 0.0 {
            let mean = self.seeds.iter().map(|seed| seed.mse).sum::<f64>() / n;
            self.mean = Some(mean);
            if n > 1.0 {
                let squares: f64 = self.seeds.iter().map(|seed| (seed.mse - mean).powi(2)).sum();
                self.spread = Some((squares / (n - 1.0)).sqrt());
            }
        }
        self
    }
}

/// The smallest range that holds `range` and `value`.
pub(crate) fn widened(range: Option<(i64, i64)>, value: Option<i64>) -> Option<(i64, i64)> {
    match (range, value) {
        (Some((low, high)), Some(value)) => Some((low.min(value), high.max(value))),
        (None, Some(value)) => Some((value, value)),
        (range, None) => range,
    }
}

/// The groups of a sweep, by model (the paper's best first), variant and size.
pub fn groups(results: &Results) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for run in &results.runs {
        let known = groups.iter_mut().find(|group| {
            group.model == run.model && group.variant == run.variant && group.samples == run.train_samples
        });
        if let Some(group) = known {
            group.add(run);
        } else {
            let (model, variant) = (run.model.clone(), run.variant.clone());
            let mut group = Group { model, variant, samples: run.train_samples, ..Group::default() };
            group.add(run);
            groups.push(group);
        }
    }
    groups.sort_by(|a, b| key(a).cmp(&key(b)));
    groups.into_iter().map(Group::summarise).collect()
}

fn key(group: &Group) -> (usize, &str, &str, i64) {
    (paper::rank(&group.model), &group.model, &group.variant, group.samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabricate::{finished, run};

    fn of(runs: Vec<Run>) -> Vec<Group> {
        groups(&Results { runs, provenance: Vec::new() })
    }

    #[test]
    fn mean_and_sample_deviation() {
        let group =
            &of(vec![finished("egnn", 100, 1, 0.02), finished("egnn", 100, 2, 0.04), finished("egnn", 100, 3, 0.06)])
                [0];
        assert!((group.mean.unwrap() - 0.04).abs() < 1e-15);
        assert!((group.spread.unwrap() - 0.02).abs() < 1e-15, "the sample deviation divides by n - 1");
        assert_eq!(group.seeds.iter().map(|seed| seed.seed).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn one_seed_has_no_deviation() {
        let group = &of(vec![finished("egnn", 100, 1, 0.02)])[0];
        assert_eq!((group.mean, group.spread), (Some(0.02), None));
    }

    #[test]
    fn unusable_failed_and_pending_runs_are_counted_not_averaged() {
        let mut failed = run("egnn", 100, 4, Status::Failed);
        failed.test_mse = Some(9.0);
        let runs = vec![
            finished("egnn", 100, 1, 0.02),
            finished("egnn", 100, 2, f64::NAN),
            finished("egnn", 100, 3, -1.0),
            failed,
            run("egnn", 100, 5, Status::Pending),
        ];
        let group = &of(runs)[0];
        assert_eq!(group.mean, Some(0.02));
        assert_eq!((group.unusable, group.failed, group.pending), (2, 1, 1));
    }

    #[test]
    fn variants_are_kept_apart() {
        let mut fast = finished("egnn", 100, 1, 0.02);
        fast.variant = "learning_rate=0.01".into();
        let groups = of(vec![finished("egnn", 100, 1, 0.04), fast]);
        assert_eq!(groups.iter().map(Group::title).collect::<Vec<_>>(), ["EGNN", "EGNN, learning_rate=0.01"]);
    }
}

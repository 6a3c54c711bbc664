//! Runs that differ in nothing but their seed taken together: what a row of a table and a point of a figure show.

use crate::{
    kind::Kind,
    metric::Metric,
    paper,
    results::{Results, Run, Settings, Status, place},
};

/// A finished run's part in a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedValue {
    /// Seed.
    pub seed: i64,
    /// What was measured.
    pub value: f64,
}

/// One metric over a group's finished runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What was measured.
    pub metric: Metric,
    /// Every finished run with a usable value, by seed.
    pub seeds: Vec<SeedValue>,
    /// Mean over [`Self::seeds`].
    pub mean: Option<f64>,
    /// Sample standard deviation (n - 1) over [`Self::seeds`], if there are two or more.
    pub spread: Option<f64>,
}

impl Measure {
    fn summarise(&mut self) {
        let n = self.seeds.len() as f64;
        if n > 0.0 {
            let mean = self.seeds.iter().map(|seed| seed.value).sum::<f64>() / n;
            self.mean = Some(mean);
            if n > 1.0 {
                let squares: f64 = self.seeds.iter().map(|seed| (seed.value - mean).powi(2)).sum();
                self.spread = Some((squares / (n - 1.0)).sqrt());
            }
        }
    }

    /// Mean and spread in print, if there is a mean.
    pub(crate) fn text(&self) -> Option<String> {
        self.mean.map(|mean| self.metric.mean_and_spread(mean, self.spread))
    }
}

/// The runs that differ in nothing but their seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The model's name in configurations.
    pub model: String,
    /// Settings that set the runs apart from others of the model, or empty.
    pub variant: String,
    /// Set of graphs or property, where groups are told apart by it; else empty.
    pub set: String,
    /// Place on the report's axis.
    pub at: Option<f64>,
    /// Set of graphs or molecules that the runs used, told apart or not; empty in n-body.
    pub graphs: String,
    /// What the runs were configured with.
    pub settings: Settings,
    /// A measure for each metric of the report, in its order.
    pub measures: Vec<Measure>,
    /// Fewest and most epochs of its finished runs.
    pub epochs: Option<(i64, i64)>,
    /// Earliest and latest epoch of the best validation of its finished runs, from 0; `None` in n-body.
    pub best_epochs: Option<(i64, i64)>,
    /// Fewest and most steps of its finished runs.
    pub steps: Option<(i64, i64)>,
    /// Seconds of its finished runs together.
    pub seconds: f64,
    /// Trainable parameters.
    pub parameters: Option<i64>,
    /// Finished runs.
    pub finished: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that are not complete.
    pub pending: usize,
}

impl Group {
    fn new(kind: Kind, run: &Run) -> Self {
        let empty = |&metric: &Metric| Measure { metric, seeds: Vec::new(), mean: None, spread: None };
        Self {
            model: run.model.clone(),
            variant: run.variant.clone(),
            set: run.set.clone(),
            at: run.at,
            graphs: run.data.set.clone(),
            settings: run.settings.clone(),
            measures: kind.metrics().iter().map(empty).collect(),
            epochs: None,
            best_epochs: None,
            steps: None,
            seconds: 0.0,
            parameters: None,
            finished: 0,
            failed: 0,
            pending: 0,
        }
    }

    /// The model's name in print, with what sets its runs apart.
    pub fn title(&self) -> String {
        title(&self.model, &self.variant)
    }

    /// One of the report's metrics.
    pub fn measure(&self, metric: Metric) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.metric == metric)
    }

    /// The mean of one of the report's metrics.
    pub fn mean(&self, metric: Metric) -> Option<f64> {
        self.measure(metric)?.mean
    }

    /// Runs with a usable value of some metric.
    pub(crate) fn usable(&self) -> usize {
        self.measures
            .iter()
            .filter(|measure| measure.metric.is_result())
            .map(|measure| measure.seeds.len())
            .max()
            .unwrap_or(0)
    }

    /// Seconds of a finished run, their mean.
    pub(crate) fn seconds_each(&self) -> Option<f64> {
        (self.finished > 0).then(|| self.seconds / self.finished as f64)
    }

    /// Runs of the plan.
    pub(crate) fn planned(&self) -> usize {
        self.finished + self.failed + self.pending
    }

    fn holds(&self, run: &Run) -> bool {
        self.model == run.model && self.variant == run.variant && self.set == run.set && self.at == run.at
    }

    fn add(&mut self, run: &Run) {
        match run.status {
            Status::Failed => self.failed += 1,
            Status::Pending => self.pending += 1,
            Status::Finished => {
                self.finished += 1;
                for measure in &mut self.measures {
                    let value = run.value(measure.metric);
                    measure.seeds.extend(value.map(|value| SeedValue { seed: run.seed, value }));
                }
                self.epochs = widened(self.epochs, run.epochs);
                self.best_epochs = widened(self.best_epochs, run.best_epoch);
                self.steps = widened(self.steps, run.steps);
                self.seconds += run.seconds.filter(|seconds| seconds.is_finite()).unwrap_or(0.0);
            }
        }
        self.parameters = self.parameters.or(run.parameters);
    }
}

/// A model's name in print, with what sets its runs apart from others of it.
pub(crate) fn title(model: &str, variant: &str) -> String {
    let title = paper::title(model);
    if variant.is_empty() { title.into() } else { format!("{title}, {variant}") }
}

/// The smallest range that holds `range` and `value`.
pub(crate) fn widened(range: Option<(i64, i64)>, value: Option<i64>) -> Option<(i64, i64)> {
    match (range, value) {
        (Some((low, high)), Some(value)) => Some((low.min(value), high.max(value))),
        (None, Some(value)) => Some((value, value)),
        (range, None) => range,
    }
}

/// What groups are ordered by before their places. Sets that the paper does not have are all of one rank, so their names come next.
fn key(kind: Kind, group: &Group) -> (usize, &str, usize, &str, &str) {
    let (set, model) = (paper::set_rank(kind, &group.set), paper::rank(kind, &group.model));
    (set, &group.set, model, &group.model, &group.variant)
}

/// The groups of a sweep, by set, model (the paper's best first), variant and place.
pub fn groups(kind: Kind, results: &Results) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for run in &results.runs {
        let index = groups.iter().position(|group| group.holds(run)).unwrap_or_else(|| {
            groups.push(Group::new(kind, run));
            groups.len() - 1
        });
        groups[index].add(run);
    }
    groups.iter_mut().flat_map(|group| &mut group.measures).for_each(Measure::summarise);
    groups.sort_by(|a, b| key(kind, a).cmp(&key(kind, b)).then_with(|| place(a.at).total_cmp(&place(b.at))));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabricate::{finished, reconstructed, run};

    fn of(runs: Vec<Run>) -> Vec<Group> {
        groups(Kind::SizeCurve, &Results { runs, provenance: Vec::new() })
    }

    #[test]
    fn mean_and_sample_deviation() {
        let group =
            &of(vec![finished("egnn", 100, 1, 0.02), finished("egnn", 100, 2, 0.04), finished("egnn", 100, 3, 0.06)])
                [0];
        assert!((group.mean(Metric::Mse).unwrap() - 0.04).abs() < 1e-15);
        assert!((group.measures[0].spread.unwrap() - 0.02).abs() < 1e-15, "the sample deviation divides by n - 1");
        assert_eq!(group.measures[0].seeds.iter().map(|seed| seed.seed).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn one_seed_has_no_deviation() {
        let group = &of(vec![finished("egnn", 100, 1, 0.02)])[0];
        assert_eq!((group.mean(Metric::Mse), group.measures[0].spread), (Some(0.02), None));
    }

    #[test]
    fn unusable_failed_and_pending_runs_are_counted_not_averaged() {
        let mut failed = run("egnn", 100, 4, Status::Failed);
        failed.values.insert(Metric::Mse, 9.0);
        let runs = vec![
            finished("egnn", 100, 1, 0.02),
            finished("egnn", 100, 2, f64::NAN),
            finished("egnn", 100, 3, -1.0),
            failed,
            run("egnn", 100, 5, Status::Pending),
        ];
        let group = &of(runs)[0];
        assert_eq!(group.mean(Metric::Mse), Some(0.02));
        assert_eq!((group.usable(), group.finished, group.failed, group.pending), (1, 3, 1, 1));
    }

    #[test]
    fn sets_come_one_after_another_and_the_papers_first() {
        let mut runs = Vec::new();
        for set in ["ring_b", "erdos_renyi", "ring_a"] {
            runs.extend(["gnn", "egnn"].map(|model| reconstructed(set, model, 1, [2.0, 1.0, 0.9])));
        }
        let groups = groups(Kind::Autoencoder, &Results { runs, provenance: Vec::new() });
        assert_eq!(
            groups.iter().map(|group| format!("{} {}", group.set, group.model)).collect::<Vec<_>>(),
            ["erdos_renyi egnn", "erdos_renyi gnn", "ring_a egnn", "ring_a gnn", "ring_b egnn", "ring_b gnn"]
        );
    }

    #[test]
    fn the_baseline_has_no_cross_entropy() {
        let run = reconstructed("erdos_renyi", "no_edges", 1, [2511.0, 25.11, 0.0]);
        assert_eq!((run.value(Metric::Bce), run.value(Metric::ErrorPercent)), (None, Some(25.11)));
        let groups = groups(Kind::Autoencoder, &Results { runs: vec![run], provenance: Vec::new() });
        assert_eq!(groups[0].mean(Metric::Bce), None);
    }

    #[test]
    fn variants_are_kept_apart() {
        let mut fast = finished("egnn", 100, 1, 0.02);
        fast.variant = "learning_rate=0.01".into();
        let groups = of(vec![finished("egnn", 100, 1, 0.04), fast]);
        assert_eq!(groups.iter().map(Group::title).collect::<Vec<_>>(), ["EGNN", "EGNN, learning_rate=0.01"]);
    }
}

//! Everything a report says, before it becomes text, pages or pictures.

use crate::{
    budget,
    group::{Group, groups},
    kind::Kind,
    live::Live,
    metric::Metric,
    number,
    ordering::Ordering,
    paper::{autoencoder, nbody, qm9, source},
    results::{Results, Run, Status},
    run_data::{self, DataFacts},
    write::Options,
};

/// A report's content.
pub(crate) struct Report<'a> {
    pub(crate) options: &'a Options,
    /// What is said of a sweep that is under way.
    pub(crate) live: Option<&'a Live>,
    pub(crate) groups: Vec<Group>,
    /// How far the budget is the paper's.
    pub(crate) budget: String,
    /// What the errors are of: how many molecules, or which trajectories make most of them.
    pub(crate) notes: Vec<String>,
    pub(crate) ordering: Ordering,
    /// Failed runs: id and reason.
    pub(crate) failures: Vec<(String, String)>,
    /// What a reader must know about values that are missing.
    pub(crate) warnings: Vec<String>,
    /// What runs say about their data, for tasks in which that is not always the same.
    pub(crate) data: Vec<DataFacts>,
    pub(crate) provenance: Vec<(&'static str, Vec<String>)>,
    pub(crate) finished: usize,
    pub(crate) pending: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(results: &Results, options: &'a Options) -> Self {
        let kind = options.kind;
        let groups = groups(kind, results);
        let reason = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "no reason recorded".into());
        let failures = results.with(Status::Failed).map(|run| (run.run.clone(), reason(&run.reason))).collect();
        let pending = results.with(Status::Pending).count();
        Self {
            options,
            live: None,
            budget: budget::statement(kind, &groups),
            notes: budget::evaluated(kind, &groups).into_iter().chain(encounters(&groups)).collect(),
            ordering: Ordering::of(kind, &groups),
            groups,
            failures,
            warnings: warnings(kind, results, pending),
            data: run_data::of(kind, results),
            provenance: results.provenance.clone(),
            finished: results.with(Status::Finished).count(),
            pending,
        }
    }

    /// How many runs have ended in which way.
    pub(crate) fn counts(&self) -> String {
        let count = |n: usize| number::count(n as i64);
        let mut words = vec![format!("{} finished", count(self.finished))];
        words.extend((!self.failures.is_empty()).then(|| format!("{} failed", count(self.failures.len()))));
        words.extend((self.pending > 0).then(|| format!("{} not finished", count(self.pending))));
        let runs = self.finished + self.failures.len() + self.pending;
        format!("{} {}: {}", count(runs), if runs == 1 { "run" } else { "runs" }, words.join(", "))
    }

    /// The paper's values in one line, for reports that do not have them as rows.
    pub(crate) fn paper_line(&self) -> Option<String> {
        if self.options.kind != Kind::SizeCurve {
            return None;
        }
        let mut rows = nbody::TABLE_2.to_vec();
        rows.sort_by(|a, b| a.mse.total_cmp(&b.mse));
        let values: Vec<String> = rows.iter().map(|row| format!("{} {}", row.title, row.mse)).collect();
        Some(format!(
            "The paper's values ({} training samples, {} epochs): {}. Source: {}.",
            number::count(nbody::TABLE_2_SAMPLES),
            number::count(nbody::TABLE_2_EPOCHS),
            values.join(", "),
            nbody::TABLE_2_SOURCE
        ))
    }

    /// Where the paper's values in the table come from, for those who read more than a terminal shows.
    pub(crate) fn source_line(&self) -> Option<String> {
        match self.options.kind {
            Kind::SizeCurve => self.paper_line(),
            Kind::Table => source(Kind::Table).map(|source| {
                format!(
                    "Column `paper` and the paper's forward pass: {source}. Ours is of one thread of the CPU below."
                )
            }),
            Kind::Autoencoder | Kind::EmbeddingSizes => {
                source(self.options.kind).map(|source| format!("Columns `paper`: {source}."))
            }
            Kind::Qm9 => {
                source(self.options.kind).map(|source| format!("Column `paper`: {source}, its row EGNN. {}", qm9::NOTE))
            }
            kind => source(kind).map(|source| format!("Column `{}`: {source}.", kind.others())),
        }
    }

    /// How the order of the models compares with the paper's. What was published after it has none, and molecules have none;
    /// where rivals were run, that is said.
    pub(crate) fn order(&self) -> Option<String> {
        let is_rival = |group: &Group| ![qm9::EGNN, qm9::MEAN].contains(&group.model.as_str());
        let is_said = match self.options.kind {
            Kind::Qm9 => self.groups.iter().any(is_rival),
            kind => kind != Kind::Beyond,
        };
        is_said.then(|| self.ordering.statement())
    }

    /// What the authors' own program gave, where it was run on what the report shows.
    pub(crate) fn authors_line(&self) -> Option<&'static str> {
        let is_shown = self.options.kind.is_graphs()
            && self.options.kind.has_sets()
            && self.groups.iter().any(|group| group.set == "erdos_renyi");
        is_shown.then_some(autoencoder::AUTHORS_PROGRAM)
    }

    /// What the warnings are about.
    pub(crate) fn warnings_title(&self) -> &'static str {
        if self.options.kind.is_nbody() { "Missing values" } else { "Warnings" }
    }

    /// Time spent by finished runs.
    pub(crate) fn spent(&self) -> String {
        let seconds: f64 = self.groups.iter().map(|group| group.seconds).sum();
        let runs = if self.finished == 1 { "run" } else { "runs" };
        format!("{} finished {runs} took {} of computing in all.", self.finished, number::duration(seconds))
    }
}

/// A sentence on what makes a mean over trajectories, where their medians are known.
fn encounters(groups: &[Group]) -> Option<String> {
    // Runs of earlier versions know no median: then the two means are not of the same runs.
    let ratio = |group: &Group| {
        let [mean, median] = [group.measure(Metric::Mse)?, group.measure(Metric::MseMedian)?];
        let of_the_same = mean.seeds.len() == median.seeds.len();
        Some(mean.mean? / median.mean.filter(|&median| of_the_same && median > 0.0)?)
    };
    let ratios: Vec<f64> = groups.iter().filter_map(ratio).collect();
    let (least, most) = ratios.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &r| (low.min(r), high.max(r)));
    let text = |ratio: f64| if ratio < 10.0 { format!("{ratio:.1}") } else { number::count(ratio.round() as i64) };
    let [low, high] = [least, most].map(text);
    let times = if low == high { low } else { format!("{low} to {high}") };
    (!ratios.is_empty()).then(|| {
        format!(
            "A few per cent of the trajectories, those with close encounters of bodies, make much of a good model's test MSE. Here \
             it is {times} times the median trajectory's error, which stands beside it with the 95th percentile."
        )
    })
}

fn warnings(kind: Kind, results: &Results, pending: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if pending > 0 {
        let verb = if pending == 1 { "run is" } else { "runs are" };
        warnings.push(format!("{pending} {verb} not finished: the table will change."));
    }
    for run in results.with(Status::Finished) {
        let results = kind.metrics().iter().filter(|metric| metric.is_result());
        warnings.extend(results.filter_map(|&metric| warning(run, metric)));
        warnings.extend(collapse(kind, run));
        warnings.extend((kind == Kind::GraphSparsity).then(|| unseen(run)).flatten());
    }
    warnings
}

/// Whether a run was best in the first half of its epochs: what came after made it worse.
fn collapse(kind: Kind, run: &Run) -> Option<String> {
    let (best, epochs) = (run.best_epoch?, run.epochs?);
    // Epochs are counted from 0.
    (2 * (best + 1) <= epochs).then(|| {
        let (best, epochs) = (number::count(best), number::count(epochs));
        let run = &run.run;
        let why = match kind {
            Kind::Qm9 => "what it learnt after that did not help, or it had too few molecules",
            _ => "its training probably collapsed after that",
        };
        format!("{run} had its best validation in epoch {best} of {epochs}: {why}.")
    })
}

/// The paper's right half of Figure 5 is about graphs learnt by heart: whether a run's test graphs are others than it was trained on.
fn unseen(run: &Run) -> Option<String> {
    let data = &run.data;
    if data.test.name.is_none() || data.is_tested_on_training() {
        None
    } else if let (true, Some(train), Some(test)) = (data.is_of_one_split(), data.train.graphs, data.test.graphs) {
        let (train, test) = (number::count(train), number::count(test));
        Some(format!("{} was trained on {train} graphs and tested on {test}; in the paper they are the same.", run.run))
    } else {
        Some(format!("{} was not tested on the graphs that it was trained on, as the paper does.", run.run))
    }
}

/// What is wrong with a finished run's value, if anything is.
fn warning(run: &Run, metric: Metric) -> Option<String> {
    let noun = if metric.is_positive() { "test error" } else { metric.noun() };
    let article = if metric == Metric::F1 { "an" } else { "a" };
    let value = match run.values.get(&metric) {
        // Without probabilities there is no cross-entropy.
        _ if run.model == autoencoder::BASELINE && metric == Metric::Bce => return None,
        None => format!("no {noun}"),
        Some(0.0) if metric.is_positive() => {
            return Some(format!("{} has a test error of 0: a logarithmic axis cannot show it.", run.run));
        }
        Some(&value) if run.value(metric).is_none() => format!("{article} {noun} of {value}"),
        Some(_) => return None,
    };
    Some(format!("{} is finished but has {value}: it is left out of mean and figure.", run.run))
}

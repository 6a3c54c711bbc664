//! Runs as `results.parquet` has them.

use crate::{
    error::ReportError,
    frame::{Frame, read},
    kind::{Kind, PlacedBy},
    metric::Metric,
    paper::{self, autoencoder::BASELINE},
    run_data::{self, DataFacts},
};
use egnn_schema::columns::{Column, results as column};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

/// Columns of `results.parquet` that no report can do without; others are null where they are missing.
const REQUIRED: [&str; 6] =
    ["model", "train_samples", "seed", column::STATUS.name, column::EPOCHS.name, column::STEPS.name];

/// Semantic columns that are no configuration. `epochs` is not among them: it is as configured once a run is finished.
const OUTCOME: [Column; 21] = [
    column::RUN,
    column::TASK,
    column::STATUS,
    column::PARAMETERS,
    column::STEPS,
    column::BEST_EPOCH,
    column::TEST_MSE,
    column::TEST_MSE_MEDIAN,
    column::TEST_MSE_P95,
    column::VALID_MSE,
    column::TRAIN_MSE,
    column::TEST_MAE,
    column::VALID_MAE,
    column::TRAIN_MAE,
    column::TEST_MAE_OF_MEAN,
    column::LABEL_MEAN,
    column::LABEL_MAD,
    column::DATASET_HASH,
    column::CONFIG_HASH,
    column::NUMERICS,
    column::BACKEND,
];
/// The configuration's field that tells rows of molecules apart.
const PROPERTY: &str = "property";
/// Measured columns of graph autoencoders besides [`Metric::AUTOENCODER`] and what [`run_data`] reads.
const LOSSES: [&str; 2] = ["valid_bce", "train_bce"];
/// Rows of which all columns are taken apart at once.
const ROWS: usize = 1000;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Complete.
    Finished,
    /// Ended early.
    Failed,
    /// Not complete yet, or of a status that this version does not know.
    Pending,
}

impl Status {
    /// The status of a word in the file.
    pub(crate) fn of(word: Option<&str>) -> Self {
        match word {
            Some("finished") => Self::Finished,
            Some("failed") => Self::Failed,
            _ => Self::Pending,
        }
    }
}

/// A row of `results.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub run: String,
    /// What became of it.
    pub status: Status,
    /// Why it failed.
    pub reason: Option<String>,
    /// The model's name in configurations.
    pub model: String,
    /// Set of graphs or property of molecules, in reports that tell rows apart by it; else empty.
    pub set: String,
    /// Place on the report's axis: training samples, edge probability or dimensions.
    pub at: Option<f64>,
    /// Seed.
    pub seed: i64,
    /// What sets the run apart from others of its model, set and place besides the seed, for example `learning_rate=0.001`; else
    /// empty.
    pub variant: String,
    /// What it was configured with, as far as the paper says what it should be.
    pub settings: Settings,
    /// What was measured at the best validation, usable or not.
    pub values: BTreeMap<Metric, f64>,
    /// Epochs trained.
    pub epochs: Option<i64>,
    /// Epoch of the best validation, from 0; not in reports on n-body, and not of what is not trained.
    pub best_epoch: Option<i64>,
    /// Optimiser steps taken.
    pub steps: Option<i64>,
    /// Seconds over all attempts.
    pub seconds: Option<f64>,
    /// Trainable parameters.
    pub parameters: Option<i64>,
    /// What the run says about its data.
    pub data: DataFacts,
}

/// Settings that the paper has a value for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Training samples.
    pub train_samples: i64,
    /// Features of a node.
    pub hidden: Option<i64>,
    /// Layers.
    pub layers: Option<i64>,
    /// Dimensions of the embedding.
    pub dim: Option<i64>,
    /// Samples in a batch.
    pub batch_size: Option<i64>,
    /// Epochs from one validation to the next; this and what follows not in reports on n-body.
    pub evaluate_every_epochs: Option<i64>,
    /// Samples for validation.
    pub valid_samples: Option<i64>,
    /// Samples for the test.
    pub test_samples: Option<i64>,
    /// Splits for training, validation and test.
    pub splits: [Option<String>; 3],
    /// Learning rate at the start.
    pub learning_rate: Option<f64>,
    /// What the learning rate follows.
    pub schedule: Option<String>,
    /// Adam's L2 term.
    pub weight_decay: Option<f64>,
    /// Bound of coordinate updates; 0 is none.
    pub clamp: Option<f64>,
    /// Part of the coordinates that a layer takes away.
    pub shrink: Option<f64>,
    /// What the cross-entropy is taken on.
    pub cross_entropy: Option<String>,
    /// Whether messages are gated; this and what follows only in reports on molecules.
    pub attention: Option<String>,
    /// Whether coordinates are updated.
    pub update_coordinates: Option<String>,
    /// Distance beyond which atoms are not joined; 0 is none.
    pub cutoff: Option<f64>,
}

impl Run {
    /// A measured value if the run is finished and the value is one.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        // Whatever stands for the baseline's cross-entropy is none: it has no probabilities.
        if self.model == BASELINE && metric == Metric::Bce {
            return None;
        }
        let value = self.values.get(&metric).copied();
        value.filter(|&value| self.status == Status::Finished && metric.admits(value))
    }

    /// The report's order: sets as in the paper, the paper's best model first, then by place, variant and seed.
    fn order(&self, other: &Self, kind: Kind) -> Ordering {
        let key = |run: &Self| {
            (paper::set_rank(kind, &run.set), run.set.clone(), paper::rank(kind, &run.model), run.model.clone())
        };
        key(self)
            .cmp(&key(other))
            .then_with(|| place(self.at).total_cmp(&place(other.at)))
            .then_with(|| (&self.variant, self.seed, &self.run).cmp(&(&other.variant, other.seed, &other.run)))
    }
}

/// The folder of a run below a report's, if its id is one: it comes from a file and must not lead anywhere else.
pub(crate) fn run_folder(report: &Path, id: &str) -> Option<PathBuf> {
    let mut parts = Path::new(id).components();
    let (Some(Component::Normal(id)), None) = (parts.next(), parts.next()) else { return None };
    Some(report.join("runs").join(id))
}

/// A place as a number that sorts: unknown ones last.
pub(crate) fn place(at: Option<f64>) -> f64 {
    at.unwrap_or(f64::INFINITY)
}

/// A sweep's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Sorted by set, model, place, variant, seed and id, whatever the file's order.
    pub runs: Vec<Run>,
    /// Where the numbers come from: what was recorded, and the distinct values of it, sorted.
    pub provenance: Vec<(&'static str, Vec<String>)>,
}

impl Results {
    /// Reads a results file for a kind of report.
    pub fn read(path: &Path, kind: Kind) -> Result<Self, ReportError> {
        let frame = read(path)?;
        let mut runs = Vec::with_capacity(frame.rows());
        let missing = |column| ReportError::MissingColumn { path: path.into(), column, found: frame.names() };
        let needed = REQUIRED.into_iter().chain(if kind.is_nbody() { None } else { Some("set") });
        let needed = needed.chain((kind == Kind::Qm9).then_some(PROPERTY));
        for required in needed.chain((kind.placed_by() == PlacedBy::Dimensions).then_some("dim")) {
            if !frame.has(required) {
                return Err(missing(required));
            }
        }
        for part in frame.parts(ROWS) {
            let first = runs.len();
            runs.extend(rows(&part, first, kind)?);
        }
        if kind.placed_by() == PlacedBy::Probability {
            place_by_probability(&mut runs);
        }
        name_variants(&frame, kind, &mut runs)?;
        // Metrics of graphs have columns once a run has them; those of n-body always have.
        let measured = kind.is_nbody() || runs.iter().any(|run| run.status == Status::Finished);
        for metric in kind.metrics().iter().filter(|metric| measured && !metric.is_new()) {
            if !frame.has(metric.column()) {
                return Err(missing(metric.column()));
            }
        }
        runs.sort_unstable_by(|a, b| a.order(b, kind));
        Ok(Self { runs, provenance: provenance(&frame, kind)? })
    }

    /// Runs of a status.
    pub fn with(&self, status: Status) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.status == status)
    }
}

/// The runs of a part of a file that begins with row `first`.
fn rows(frame: &Frame, first: usize, kind: Kind) -> Result<Vec<Run>, ReportError> {
    let mut run = frame.text(column::RUN.name)?;
    let status = frame.text(column::STATUS.name)?;
    let mut reason = frame.text(column::REASON.name)?;
    let model = frame.text("model")?;
    let seed = frame.whole("seed")?;
    let property = frame.text(PROPERTY)?;
    let settings = settings(frame, kind)?;
    let epochs = frame.whole(column::EPOCHS.name)?;
    let best_epoch = if kind.is_nbody() { vec![None; frame.rows()] } else { frame.whole(column::BEST_EPOCH.name)? };
    let steps = frame.whole(column::STEPS.name)?;
    let seconds = frame.real(column::SECONDS.name)?;
    let parameters = frame.whole(column::PARAMETERS.name)?;
    let data = if kind.is_nbody() { vec![DataFacts::default(); frame.rows()] } else { run_data::read(frame)? };
    let mut values = vec![BTreeMap::new(); frame.rows()];
    for &metric in kind.metrics() {
        for (of_run, value) in values.iter_mut().zip(frame.real(metric.column())?) {
            of_run.extend(value.map(|value| (metric, value)));
        }
    }
    let runs = values
        .into_iter()
        .zip(data)
        .zip(settings)
        .enumerate()
        .map(|(i, ((values, data), settings))| Run {
            run: run[i].take().unwrap_or_else(|| format!("row {}", first + i)),
            status: Status::of(status[i].as_deref()),
            reason: reason[i].take(),
            model: model[i].clone().unwrap_or_else(|| "unknown".into()),
            set: match kind {
                Kind::Qm9 => property[i].clone().unwrap_or_else(|| "unknown".into()),
                kind if kind.has_sets() => data.set.clone(),
                _ => String::new(),
            },
            at: match kind.placed_by() {
                PlacedBy::Samples => Some(settings.train_samples as f64),
                PlacedBy::Dimensions => settings.dim.map(|dim| dim as f64),
                PlacedBy::Probability | PlacedBy::Nothing => None,
            },
            seed: seed[i].unwrap_or(0),
            variant: String::new(),
            settings,
            values,
            epochs: epochs[i],
            best_epoch: best_epoch[i]
                .filter(|_| !model[i].as_deref().is_some_and(|model| paper::is_untrained(kind, model))),
            steps: steps[i],
            seconds: seconds[i],
            parameters: parameters[i],
            data,
        })
        .collect();
    Ok(runs)
}

fn settings(frame: &Frame, kind: Kind) -> Result<Vec<Settings>, ReportError> {
    let [train_samples, hidden, layers, dim, batch_size] =
        ["train_samples", "hidden", "layers", "dim", "batch_size"].map(|name| frame.whole(name));
    let (train_samples, hidden, layers, dim, batch_size) = (train_samples?, hidden?, layers?, dim?, batch_size?);
    let of = |i: usize| Settings {
        train_samples: train_samples[i].unwrap_or(0),
        hidden: hidden[i],
        layers: layers[i],
        dim: dim[i],
        batch_size: batch_size[i],
        ..Settings::default()
    };
    let mut settings: Vec<Settings> = (0..frame.rows()).map(of).collect();
    if !kind.is_nbody() {
        complete(frame, &mut settings)?;
    }
    Ok(settings)
}

/// Adds what reports on n-body do not compare with the paper.
fn complete(frame: &Frame, settings: &mut [Settings]) -> Result<(), ReportError> {
    let [valid_samples, test_samples, every] =
        ["valid_samples", "test_samples", "evaluate_every_epochs"].map(|name| frame.whole(name));
    let [learning_rate, weight_decay, clamp, shrink, cutoff] =
        ["learning_rate", "weight_decay", "clamp", "shrink", "cutoff_angstrom"].map(|name| frame.real(name));
    let [attention, update_coordinates] = ["attention", "update_coordinates"].map(|name| frame.text(name));
    let (attention, update_coordinates, cutoff) = (attention?, update_coordinates?, cutoff?);
    let [train, valid, test, schedule, cross_entropy] =
        ["train_split", "valid_split", "test_split", "schedule", "cross_entropy"].map(|name| frame.text(name));
    let (valid_samples, test_samples, every) = (valid_samples?, test_samples?, every?);
    let (learning_rate, weight_decay, clamp, shrink) = (learning_rate?, weight_decay?, clamp?, shrink?);
    let (train, valid, test, schedule, cross_entropy) = (train?, valid?, test?, schedule?, cross_entropy?);
    for (i, settings) in settings.iter_mut().enumerate() {
        settings.evaluate_every_epochs = every[i];
        settings.valid_samples = valid_samples[i];
        settings.test_samples = test_samples[i];
        settings.splits = [&train, &valid, &test].map(|split| split[i].clone());
        settings.learning_rate = learning_rate[i];
        settings.schedule.clone_from(&schedule[i]);
        settings.weight_decay = weight_decay[i];
        settings.clamp = clamp[i];
        settings.shrink = shrink[i];
        settings.cross_entropy.clone_from(&cross_entropy[i]);
        settings.attention.clone_from(&attention[i]);
        settings.update_coordinates.clone_from(&update_coordinates[i]);
        settings.cutoff = cutoff[i];
    }
    Ok(())
}

/// Only finished runs know the edge probability of their set; the others are placed by them, or stay with their set's name.
fn place_by_probability(runs: &mut [Run]) {
    let known: BTreeMap<String, f64> =
        runs.iter().filter_map(|run| Some((run.data.set.clone(), run.data.probability()?))).collect();
    for run in runs {
        run.at = run.data.probability().or_else(|| known.get(&run.data.set).copied());
        if run.at.is_none() {
            run.set.clone_from(&run.data.set);
        }
    }
}

/// Names the configuration fields in which runs of one model, set and place differ, so that runs that differ in more than their seed
/// are never averaged.
///
/// A value is named where runs differ in it, and with the same model's runs of that value at other places, so that a curve stays one.
/// Values that a place has for itself, as a curve against edge probability has its sets, are not named where nothing else is.
fn name_variants(frame: &Frame, kind: Kind, runs: &mut [Run]) -> Result<(), ReportError> {
    for name in frame.names().into_iter().filter(|name| is_configuration(name, kind)) {
        let values = frame.text(&name)?;
        let comparable = |run: &Run| name != column::EPOCHS.name || run.status == Status::Finished;
        // How many graphs a set has follows from the set, which is named already.
        let within = |run: &Run| if name.ends_with("_samples") { run.data.set.clone() } else { String::new() };
        let mut values_of = BTreeMap::<_, BTreeSet<_>>::new();
        for (run, value) in runs.iter().zip(&values).filter(|(run, _)| comparable(run)) {
            let place = (run.model.clone(), &run.set, run.at.map(f64::to_bits), within(run));
            values_of.entry(place).or_default().insert(value);
        }
        let several = values_of.into_iter().filter(|(_, values)| values.len() > 1);
        let varied: BTreeSet<(String, &Option<String>)> = several
            .flat_map(|((model, ..), values)| values.into_iter().map(move |value| (model.clone(), value)))
            .collect();
        for (run, value) in runs.iter_mut().zip(&values) {
            // At a place of several sets the paper's needs no name.
            let is_known = name == "set" && paper::has_set(kind, &run.data.set);
            if !is_known && varied.contains(&(run.model.clone(), value)) {
                let separator = if run.variant.is_empty() { "" } else { ", " };
                run.variant += &format!("{separator}{name}={}", value.as_deref().unwrap_or("none"));
            }
        }
    }
    Ok(())
}

fn is_configuration(name: &str, kind: Kind) -> bool {
    let named = |columns: &[Column]| columns.iter().any(|column| column.name == name);
    let placed = match kind.placed_by() {
        PlacedBy::Samples => name == "train_samples",
        PlacedBy::Dimensions => name == "dim",
        PlacedBy::Probability | PlacedBy::Nothing => false,
    };
    let measured = Metric::AUTOENCODER.iter().any(|metric| metric.column() == name)
        || LOSSES.contains(&name)
        || run_data::MEASURED.contains(&name);
    !(["model", "seed", column::THREADS.name].contains(&name)
        || (kind == Kind::Qm9 && name == PROPERTY)
        || placed
        || named(&OUTCOME)
        || named(&column::CIRCUMSTANTIAL)
        || measured)
}

fn provenance(frame: &Frame, kind: Kind) -> Result<Vec<(&'static str, Vec<String>)>, ReportError> {
    let columns = [
        ("task", column::TASK.name),
        ("training set", "train_set"),
        ("evaluation set", "eval_set"),
        (if kind == Kind::Qm9 { "molecules" } else { "graphs" }, "set"),
        ("dataset hash", column::DATASET_HASH.name),
        ("egnn-lab", column::VERSION.name),
        ("git revision", column::REVISION.name),
        ("numerics version", column::NUMERICS.name),
        ("backend", column::BACKEND.name),
        ("threads a run", column::THREADS.name),
        ("host", column::HOST.name),
        ("CPU", column::CPU.name),
    ];
    let mut provenance = Vec::new();
    for (label, name) in columns {
        let values = frame.distinct(name)?;
        if !values.is_empty() {
            provenance.push((label, values.into_iter().collect()));
        }
    }
    Ok(provenance)
}

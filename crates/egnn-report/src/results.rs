//! Runs as `results.parquet` has them.

use crate::{
    error::ReportError,
    frame::{Frame, read},
};
use egnn_schema::columns::{Column, results as column};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Columns of `results.parquet` that a report cannot do without; the others are null where they are missing.
const REQUIRED: [&str; 7] = [
    "model",
    "train_samples",
    "seed",
    column::STATUS.name,
    column::TEST_MSE.name,
    column::EPOCHS.name,
    column::STEPS.name,
];

/// Semantic columns that are no configuration. `epochs` is not among them: it is as configured once a run is finished.
const OUTCOME: [Column; 13] = [
    column::RUN,
    column::TASK,
    column::STATUS,
    column::PARAMETERS,
    column::STEPS,
    column::BEST_EPOCH,
    column::TEST_MSE,
    column::VALID_MSE,
    column::TRAIN_MSE,
    column::DATASET_HASH,
    column::CONFIG_HASH,
    column::NUMERICS,
    column::BACKEND,
];

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
    /// Training samples.
    pub train_samples: i64,
    /// Seed.
    pub seed: i64,
    /// What sets the run apart from others of its model and size besides the seed, for example `learning_rate=0.001`; else empty.
    pub variant: String,
    /// Test error at the best validation error.
    pub test_mse: Option<f64>,
    /// Epochs trained.
    pub epochs: Option<i64>,
    /// Optimiser steps taken.
    pub steps: Option<i64>,
    /// Seconds over all attempts.
    pub seconds: Option<f64>,
    /// Trainable parameters.
    pub parameters: Option<i64>,
}

impl Run {
    /// The test error if the run is finished and the error is one: a finite number that is not negative.
    pub fn error(&self) -> Option<f64> {
        self.test_mse.filter(|mse| self.status == Status::Finished && mse.is_finite() && *mse >= 0.0)
    }
}

/// A sweep's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Sorted by model, size, variant, seed and id, whatever the file's order.
    pub runs: Vec<Run>,
    /// Where the numbers come from: what was recorded, and the distinct values of it, sorted.
    pub provenance: Vec<(&'static str, Vec<String>)>,
}

impl Results {
    /// Reads a results file.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let frame = read(path)?;
        for required in REQUIRED {
            if !frame.has(required) {
                let found = frame.names();
                return Err(ReportError::MissingColumn { path: path.into(), column: required, found });
            }
        }
        let mut runs = rows(&frame)?;
        runs.sort_by(|a, b| {
            let key = |run: &Run| {
                (crate::paper::rank(&run.model), run.model.clone(), run.train_samples, run.variant.clone(), run.seed)
            };
            key(a).cmp(&key(b)).then_with(|| a.run.cmp(&b.run))
        });
        Ok(Self { runs, provenance: provenance(&frame)? })
    }

    /// Runs of a status.
    pub fn with(&self, status: Status) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.status == status)
    }
}

fn rows(frame: &Frame) -> Result<Vec<Run>, ReportError> {
    let run = frame.text(column::RUN.name)?;
    let status = frame.text(column::STATUS.name)?;
    let reason = frame.text(column::REASON.name)?;
    let model = frame.text("model")?;
    let train_samples = frame.whole("train_samples")?;
    let seed = frame.whole("seed")?;
    let test_mse = frame.real(column::TEST_MSE.name)?;
    let epochs = frame.whole(column::EPOCHS.name)?;
    let steps = frame.whole(column::STEPS.name)?;
    let seconds = frame.real(column::SECONDS.name)?;
    let parameters = frame.whole(column::PARAMETERS.name)?;
    let mut runs: Vec<Run> = (0..frame.rows())
        .map(|i| Run {
            run: run[i].clone().unwrap_or_else(|| format!("row {i}")),
            status: match status[i].as_deref() {
                Some("finished") => Status::Finished,
                Some("failed") => Status::Failed,
                _ => Status::Pending,
            },
            reason: reason[i].clone(),
            model: model[i].clone().unwrap_or_else(|| "unknown".into()),
            train_samples: train_samples[i].unwrap_or(0),
            seed: seed[i].unwrap_or(0),
            variant: String::new(),
            test_mse: test_mse[i],
            epochs: epochs[i],
            steps: steps[i],
            seconds: seconds[i],
            parameters: parameters[i],
        })
        .collect();
    name_variants(frame, &mut runs)?;
    Ok(runs)
}

/// Names the configuration fields in which runs of one model and size differ, so that runs that differ in more than their seed are
/// never averaged.
fn name_variants(frame: &Frame, runs: &mut [Run]) -> Result<(), ReportError> {
    for name in frame.names().into_iter().filter(|name| is_configuration(name)) {
        let values = frame.text(&name)?;
        let comparable = |run: &Run| name != column::EPOCHS.name || run.status == Status::Finished;
        let mut values_of = BTreeMap::<_, BTreeSet<_>>::new();
        for (run, value) in runs.iter().zip(&values).filter(|(run, _)| comparable(run)) {
            values_of.entry((&run.model, run.train_samples)).or_default().insert(value);
        }
        if values_of.values().all(|values| values.len() == 1) {
            continue;
        }
        for (run, value) in runs.iter_mut().zip(&values) {
            let separator = if run.variant.is_empty() { "" } else { ", " };
            run.variant += &format!("{separator}{name}={}", value.as_deref().unwrap_or("none"));
        }
    }
    Ok(())
}

fn is_configuration(name: &str) -> bool {
    let named = |columns: &[Column]| columns.iter().any(|column| column.name == name);
    !(["model", "train_samples", "seed", column::THREADS.name].contains(&name)
        || named(&OUTCOME)
        || named(&column::CIRCUMSTANTIAL))
}

fn provenance(frame: &Frame) -> Result<Vec<(&'static str, Vec<String>)>, ReportError> {
    let columns = [
        ("task", column::TASK.name),
        ("training set", "train_set"),
        ("evaluation set", "eval_set"),
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
        let values: BTreeSet<String> =
            frame.text(name)?.into_iter().flatten().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            provenance.push((label, values.into_iter().collect()));
        }
    }
    Ok(provenance)
}

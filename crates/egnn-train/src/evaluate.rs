//! Evaluation of a stored model, ours or PyTorch's, on a split of a set.

use crate::{
    autoencoder::{self, Graphs, Score, reconstruct, test_noise},
    error::TrainError,
    model_file::{ModelFile, ModelSpec},
    nbody::{self, EdgeCache, Samples, predict},
    qm9::{self, Labels, Molecules},
};
use egnn_nn::{Backend, autoencoder::AutoencoderModelConfig, molecule::MoleculeModelConfig, nbody::NbodyModelConfig};
use egnn_random::Stream;
use egnn_schema::{FieldValue, Fields, columns::results as column};
use egnn_store::table::Table;
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// Samples a batch for models that do not say theirs. Rounding depends on it.
const BATCH: usize = 100;

/// What a model was evaluated on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvaluationData {
    /// The set.
    pub set: String,
    /// Its split.
    pub split: String,
    /// Frames of inputs and targets, of n-body sets.
    #[serde(flatten)]
    pub frames: Option<Frames>,
    /// What is predicted of molecules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<&'static str>,
    /// Content hash of the set.
    pub dataset_hash: String,
}

/// What an n-body model predicts from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// Frame of the inputs.
    pub start_frame: u64,
    /// Frame of the targets.
    pub target_frame: u64,
}

/// A split in memory.
#[derive(Clone, Debug)]
pub enum EvaluationSamples {
    /// Trajectories.
    Nbody(Samples),
    /// Graphs.
    Autoencoder(Graphs),
    /// Molecules, and those whose labels say what a file without constants was normalised with.
    Qm9 {
        /// Evaluated on.
        molecules: Molecules,
        /// The training molecules, if they are needed.
        train: Option<Molecules>,
    },
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// On what.
    #[serde(flatten)]
    pub data: EvaluationData,
    /// The model's name.
    pub model: String,
    /// Its trainable parameters.
    pub parameters: usize,
    /// Samples evaluated.
    pub samples: usize,
    /// N-body: `mse` over all coordinates, length^2, with `mse_median` and `mse_p95`, median and 95th percentile of the
    /// trajectories' errors by nearest rank, and `largest_error`, the root of the largest squared error of a body,
    /// length. Autoencoder: `bce`, `error_percent` and, if there is any edge, `f1`. QM9: `mae`, in the paper's unit of the
    /// property.
    #[serde(flatten)]
    pub values: BTreeMap<&'static str, f64>,
}

/// Evaluates the stored model on a backend. An autoencoder gets the noise of its run's test, so that the graphs that the
/// run was tested on give the run's numbers.
///
/// # Errors
/// Parameters that do not fit the model, or that predict numbers that are not finite; samples of another task.
pub fn evaluate(
    file: &ModelFile,
    data: EvaluationData,
    samples: &EvaluationSamples,
    backend: Backend,
) -> Result<(Evaluation, Table), TrainError> {
    let found = match (&file.spec, samples) {
        (ModelSpec::Nbody(spec), EvaluationSamples::Nbody(samples)) => of_nbody(file, spec, samples, backend)?,
        (ModelSpec::Autoencoder(spec), EvaluationSamples::Autoencoder(graphs)) => {
            of_autoencoder(file, spec, graphs, backend)?
        }
        (ModelSpec::Qm9(spec), EvaluationSamples::Qm9 { molecules, train }) => {
            of_qm9(file, spec, molecules, train.as_ref(), backend)?
        }
        _ => return Err(file.error(&format!("is of task {}, which cannot read this set", file.spec.task()))),
    };
    let Found { parameters, samples, values, predictions } = found;
    if values.values().any(|value| !value.is_finite()) {
        return Err(file.error("predicts numbers that are not finite: its parameters are damaged or diverged"));
    }
    Ok((Evaluation { data, model: file.spec.model().to_owned(), parameters, samples, values }, predictions))
}

struct Found {
    parameters: usize,
    samples: usize,
    values: BTreeMap<&'static str, f64>,
    predictions: Table,
}

/// A whole number of the run's configuration, if there is one.
fn recorded(file: &ModelFile, field: &str) -> Option<u64> {
    match file.config.as_ref()?.get(field)? {
        &FieldValue::Int(value) => u64::try_from(value).ok(),
        _ => None,
    }
}

fn of_nbody(
    file: &ModelFile,
    spec: &NbodyModelConfig,
    samples: &Samples,
    backend: Backend,
) -> Result<Found, TrainError> {
    let model = file.nbody(spec, backend)?;
    let mut edges = EdgeCache::default();
    let batch_size = recorded(file, "batch_size").filter(|&size| size > 0).map_or(BATCH, |size| size as usize);
    let (mse, prediction) = predict(&*model, samples, batch_size, &mut edges)?;
    let largest = prediction
        .chunks_exact(3)
        .zip(samples.target().chunks_exact(3))
        .map(|(p, t)| p.iter().zip(t).map(|(p, t)| f64::from(p - t).powi(2)).sum::<f64>())
        .fold(0.0, f64::max);
    let [median, p95] = nbody::median_and_p95(&prediction, samples);
    Ok(Found {
        parameters: model.parameters().count(),
        samples: samples.len,
        values: [("mse", mse), ("mse_median", median), ("mse_p95", p95), ("largest_error", largest.sqrt())].into(),
        predictions: nbody::table(&*model, samples, &prediction, &mut edges)?,
    })
}

fn of_autoencoder(
    file: &ModelFile,
    spec: &AutoencoderModelConfig,
    graphs: &Graphs,
    backend: Backend,
) -> Result<Found, TrainError> {
    let model = file.autoencoder(spec, backend)?;
    let seed = recorded(file, "seed").unwrap_or(1);
    let found = reconstruct(&model, graphs, &mut test_noise(&Stream::new(seed)))?;
    let score = Score::of(&found);
    Ok(Found {
        parameters: model.parameters().count(),
        samples: graphs.len(),
        values: [("bce", Some(score.bce())), ("error_percent", Some(score.error_percent())), ("f1", score.f1())]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
        predictions: autoencoder::table(&found),
    })
}

fn of_qm9(
    file: &ModelFile,
    spec: &MoleculeModelConfig,
    molecules: &Molecules,
    train: Option<&Molecules>,
    backend: Backend,
) -> Result<Found, TrainError> {
    let model = file.molecules(spec, backend)?;
    let number = |fields: &Fields, name: &str| match fields.get(name) {
        Some(&FieldValue::Float(value)) => Some(value),
        _ => None,
    };
    let stored = [column::LABEL_MEAN, column::LABEL_MAD].map(|column| number(&file.constants, column.name));
    let labels = match (stored, train) {
        ([Some(mean), Some(mad)], _) => Labels { mean, mad },
        (_, Some(train)) => Labels::of(train.labels()),
        (_, None) => return Err(file.error("does not say what its labels were normalised with")),
    };
    let cutoff =
        file.config.as_ref().and_then(|config| number(config, "cutoff_angstrom")).filter(|&cutoff| cutoff > 0.0);
    let batch_size = recorded(file, "batch_size").filter(|&size| size > 0).unwrap_or(qm9::BATCH) as usize;
    let prediction = qm9::predict(&model, molecules, labels, cutoff, batch_size)?;
    Ok(Found {
        parameters: model.parameters().count(),
        samples: molecules.len(),
        values: BTreeMap::from([("mae", qm9::score(molecules, &prediction))]),
        predictions: qm9::table(molecules, &prediction),
    })
}

/// Writes `metrics.json` and `predictions.parquet` into `folder`.
///
/// # Errors
/// Disk and permissions.
pub fn write_evaluation(folder: &Path, evaluation: &Evaluation, predictions: &Table) -> Result<(), TrainError> {
    egnn_store::table::write(&folder.join("predictions.parquet"), predictions)?;
    egnn_store::atomic::write_json(&folder.join("metrics.json"), evaluation)?;
    Ok(())
}

//! Evaluation of a stored model, ours or PyTorch's, on a split of a set.

use crate::{
    data::{EdgeCache, Samples},
    error::TrainError,
    model_file::ModelFile,
    nbody::predict,
    predictions,
};
use egnn_nn::Backend;
use egnn_schema::FieldValue;
use serde::Serialize;
use std::path::Path;

/// Samples a batch for models that do not say theirs. Rounding depends on it.
const BATCH: usize = 100;

/// What a model was evaluated on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvaluationData {
    /// The set.
    pub set: String,
    /// Its split.
    pub split: String,
    /// Frame of the inputs.
    pub start_frame: u64,
    /// Frame of the targets.
    pub target_frame: u64,
    /// Content hash of the set.
    pub dataset_hash: String,
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
    /// Trajectories evaluated.
    pub samples: usize,
    /// Mean squared error over all coordinates, length^2.
    pub mse: f64,
    /// Root of the largest squared error of a body, length.
    pub largest_error: f64,
}

/// Predicts `samples` with the stored model on a backend.
///
/// # Errors
/// Parameters that do not fit the model, or that predict numbers that are not finite.
pub fn evaluate(
    file: &ModelFile,
    data: EvaluationData,
    samples: &Samples,
    backend: Backend,
) -> Result<(Evaluation, egnn_store::table::Table), TrainError> {
    let model = file.build(backend)?;
    let mut edges = EdgeCache::default();
    let batch_size = match file.config.as_ref().and_then(|config| config.get("batch_size")) {
        Some(&FieldValue::Int(size)) if size > 0 => size as usize,
        _ => BATCH,
    };
    let (mse, prediction) = predict(&*model, samples, batch_size, &mut edges)?;
    if !mse.is_finite() {
        return Err(file.error("predicts numbers that are not finite: its parameters are damaged or diverged"));
    }
    let largest = prediction
        .chunks_exact(3)
        .zip(samples.target().chunks_exact(3))
        .map(|(p, t)| p.iter().zip(t).map(|(p, t)| f64::from(p - t).powi(2)).sum::<f64>())
        .fold(0.0, f64::max);
    let table = predictions::table(&*model, samples, &prediction, &mut edges)?;
    let evaluation = Evaluation {
        data,
        model: file.spec.model.name().to_owned(),
        parameters: model.parameters().count(),
        samples: samples.len,
        mse,
        largest_error: largest.sqrt(),
    };
    Ok((evaluation, table))
}

/// Writes `metrics.json` and `predictions.parquet` into `folder`.
///
/// # Errors
/// Disk and permissions.
pub fn write_evaluation(
    folder: &Path,
    evaluation: &Evaluation,
    predictions: &egnn_store::table::Table,
) -> Result<(), TrainError> {
    egnn_store::table::write(&folder.join("predictions.parquet"), predictions)?;
    egnn_store::atomic::write_json(&folder.join("metrics.json"), evaluation)?;
    Ok(())
}

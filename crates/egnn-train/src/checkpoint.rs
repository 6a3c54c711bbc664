//! `checkpoint.safetensors`: everything that decides how training goes on. The order of an epoch's samples follows
//! from the seed and the epoch's number, so a cursor at the start of an epoch is all the stream state there is.

use crate::{
    adam::{Adam, Moments},
    error::TrainError,
    model_file::{read_safetensors, write_safetensors},
};
use candle_core::{Device, Tensor};
use egnn_nn::params::Parameters;
use egnn_schema::{Fields, hash, version::RECORD_VERSION};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// The best evaluation so far, with the parameters that reached it.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    pub(crate) score: Score,
    pub(crate) parameters: BTreeMap<String, Tensor>,
}

/// Losses of the best evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    pub(crate) epoch: u64,
    pub(crate) valid_loss: f64,
    pub(crate) train_loss: f64,
}

/// Where training stands.
pub(crate) struct State {
    /// Next epoch to train.
    pub(crate) epoch: u64,
    /// Seconds of training and evaluation so far.
    pub(crate) seconds: f64,
    pub(crate) adam: Adam,
    pub(crate) best: Option<Best>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    record_version: u32,
    /// Hash of the configuration and data, so that a checkpoint never continues another run.
    run: String,
    epoch: u64,
    step: u64,
    seconds: f64,
    best: Option<Score>,
}

/// What a checkpoint belongs to.
pub(crate) fn run_key(config: &Fields, datasets: &BTreeMap<String, String>) -> String {
    hash::of(&(config, datasets, egnn_schema::version::NUMERICS_VERSION))
}

pub(crate) fn write(path: &Path, run: &str, state: &State, parameters: &Parameters) -> Result<(), TrainError> {
    let mut tensors = BTreeMap::new();
    let flat = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
    for (index, moments) in state.adam.moments.iter().enumerate() {
        tensors.insert(format!("adam.m.{index}"), flat(&moments.m)?);
        tensors.insert(format!("adam.v.{index}"), flat(&moments.v)?);
    }
    tensors.extend(parameters.named()?.into_iter().map(|(name, tensor)| (format!("param.{name}"), tensor)));
    if let Some(best) = &state.best {
        tensors.extend(best.parameters.iter().map(|(name, tensor)| (format!("best.{name}"), tensor.clone())));
    }
    let header = Header {
        record_version: RECORD_VERSION,
        run: run.into(),
        epoch: state.epoch,
        step: state.adam.step,
        seconds: state.seconds,
        best: state.best.as_ref().map(|best| best.score),
    };
    write_safetensors(path, &header, &tensors)
}

/// Restores `state` and `parameters`. `Ok(false)` if there is no checkpoint of this run: none at all, one of another
/// configuration or version, or a damaged one; the run then starts afresh, which is always right.
pub(crate) fn read(path: &Path, run: &str, state: &mut State, parameters: &Parameters) -> Result<bool, TrainError> {
    if !path.exists() {
        return Ok(false);
    }
    let (header, mut tensors) = match read_safetensors::<Header>(path) {
        Ok((Some(header), tensors)) if header.record_version == RECORD_VERSION && header.run == run => {
            (header, tensors)
        }
        Ok(_) => {
            tracing::warn!("{}: belongs to another run or version; starting afresh", path.display());
            return Ok(false);
        }
        Err(error) => {
            tracing::warn!("{error}; starting afresh");
            return Ok(false);
        }
    };
    let mut take = |prefix: &str| -> BTreeMap<String, Tensor> {
        let names: Vec<_> = tensors.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        names.into_iter().filter_map(|name| Some((name[prefix.len()..].to_owned(), tensors.remove(&name)?))).collect()
    };
    let (first, second) = (take("adam.m."), take("adam.v."));
    for (index, moments) in state.adam.moments.iter_mut().enumerate() {
        let (Some(m), Some(v)) = (first.get(&index.to_string()), second.get(&index.to_string())) else {
            return Err(TrainError::file(
                path,
                format!("lacks the moments of group {index}; delete it to start afresh"),
            ));
        };
        let restored = Moments { m: m.to_vec1()?, v: v.to_vec1()? };
        if restored.m.len() != moments.m.len() || restored.v.len() != moments.v.len() {
            return Err(TrainError::file(
                path,
                format!("has moments of another size in group {index}; delete it to start afresh"),
            ));
        }
        *moments = restored;
    }
    parameters.load(&take("param."))?;
    state.best = header.best.map(|score| Best { score, parameters: take("best.") });
    state.epoch = header.epoch;
    state.seconds = header.seconds;
    state.adam.step = header.step;
    Ok(true)
}

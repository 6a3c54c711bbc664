//! `checkpoint.safetensors`: everything that decides how training goes on. The order of an epoch's samples follows
//! from the seed and the epoch's number, so an epoch and a number of batches are all the stream state there is.
//!
//! A checkpoint is used only if it is certainly right: of this run, made by this backend on this type of CPU (unless the
//! user allows another), unchanged to the last bit, and not ahead of what is on record. Anything else starts the run afresh, which always gives the same result.

use crate::{
    adam::{Adam, Moments},
    error::TrainError,
    model_file::{read_safetensors, write_safetensors},
    run::Attempt,
};
use candle_core::{Device, Tensor};
use egnn_nn::{Backend, Parameters};
use egnn_schema::{Fields, hash, run::LastGood, version};
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
    pub(crate) cursor: Cursor,
    pub(crate) adam: Adam,
    pub(crate) best: Option<Best>,
}

/// The scalars of the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Epoch to train.
    pub(crate) epoch: u64,
    /// Batches of it that are done.
    pub(crate) batch: u64,
    /// Sum of their losses, each with its weight.
    pub(crate) loss_sum: f64,
    /// Sum of their weights.
    pub(crate) weight_sum: f64,
    /// Evaluations done.
    pub(crate) evaluations: u64,
    /// Seconds of training and evaluation so far.
    pub(crate) seconds: f64,
    /// Loss of the very first batch, against which an explosion is measured.
    pub(crate) first_loss: Option<f64>,
    /// The latest evaluation.
    pub(crate) last: Option<LastGood>,
}

/// What a checkpoint belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owner {
    record_version: u32,
    /// Hash of configuration, data, backend and numerics.
    run: String,
    /// Other CPUs round otherwise.
    cpu: String,
}

impl Owner {
    pub(crate) fn new(config: &Fields, datasets: &BTreeMap<String, String>, backend: Backend, cpu: &str) -> Self {
        let run = hash::of(&(config, datasets, backend.name(), version::NUMERICS_VERSION));
        Self { record_version: version::RECORD_VERSION, run, cpu: cpu.into() }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    owner: Owner,
    cursor: Cursor,
    step: u64,
    best: Option<Score>,
    /// Hash over the fields above and all tensors.
    digest: String,
}

impl Header {
    fn digest(&self, tensors: &BTreeMap<String, Tensor>) -> Result<String, TrainError> {
        let mut bytes = hash::of(&(&self.owner, &self.cursor, self.step, &self.best)).into_bytes();
        for (name, tensor) in tensors {
            bytes.extend_from_slice(format!("{name}{:?}", tensor.dims()).as_bytes());
            bytes.extend(tensor.flatten_all()?.to_vec1::<f32>()?.iter().flat_map(|value| value.to_le_bytes()));
        }
        Ok(hash::bytes(&bytes))
    }
}

pub(crate) fn write(path: &Path, owner: &Owner, state: &State, parameters: &Parameters) -> Result<(), TrainError> {
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
    let mut header = Header {
        owner: owner.clone(),
        cursor: state.cursor.clone(),
        step: state.adam.step,
        best: state.best.as_ref().map(|best| best.score),
        digest: String::new(),
    };
    header.digest = header.digest(&tensors)?;
    write_safetensors(path, &header, &tensors)
}

/// Restores `state` and `parameters` from a checkpoint that is certainly right; otherwise leaves both as they are.
pub(crate) fn read(path: &Path, owner: &Owner, attempt: &Attempt, state: &mut State, parameters: &Parameters) {
    if !path.exists() {
        return;
    }
    match restore(path, owner, attempt, &state.adam, parameters) {
        Ok(restored) => *state = restored,
        Err(reason) => tracing::warn!("{}: {reason}; starting afresh", path.display()),
    }
}

fn restore(
    path: &Path,
    owner: &Owner,
    attempt: &Attempt,
    fresh: &Adam,
    parameters: &Parameters,
) -> Result<State, String> {
    let (header, mut tensors) = read_safetensors::<Header>(path).map_err(|error| error.to_string())?;
    let header = header.ok_or("the checkpoint has no header")?;
    let other_cpu = header.owner.cpu != owner.cpu;
    if other_cpu && !attempt.any_cpu {
        return Err(format!(
            "the checkpoint was made on another type of CPU ({}); --allow-other-cpu would go on from it",
            header.owner.cpu
        ));
    }
    if (Owner { cpu: owner.cpu.clone(), ..header.owner.clone() }) != *owner {
        return Err("the checkpoint belongs to another run or version".into());
    }
    if header.digest(&tensors).map_err(|error| error.to_string())? != header.digest {
        return Err("the checkpoint is damaged: its content does not match its digest".into());
    }
    let recorded = attempt.recorded_evaluations;
    if header.cursor.evaluations > recorded {
        let known = header.cursor.evaluations;
        return Err(format!("the record has {recorded} evaluations, the checkpoint {known}: events were lost"));
    }
    let mut take = |prefix: &str| -> BTreeMap<String, Tensor> {
        let names: Vec<_> = tensors.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        names.into_iter().filter_map(|name| Some((name[prefix.len()..].to_owned(), tensors.remove(&name)?))).collect()
    };
    let (first, second) = (take("adam.m."), take("adam.v."));
    let mut adam = fresh.clone();
    adam.step = header.step;
    for (index, moments) in adam.moments.iter_mut().enumerate() {
        let moment = |from: &BTreeMap<String, Tensor>, len: usize| {
            let values = from.get(&index.to_string()).and_then(|tensor| tensor.to_vec1::<f32>().ok());
            values.filter(|values| values.len() == len).ok_or(format!("the moments of group {index} are not there"))
        };
        *moments = Moments { m: moment(&first, moments.m.len())?, v: moment(&second, moments.v.len())? };
    }
    // The last step that can fail, and it changes nothing if it does.
    parameters.load(&take("param.")).map_err(|error| error.to_string())?;
    let best = header.best.map(|score| Best { score, parameters: take("best.") });
    Ok(State { cursor: header.cursor, adam, best })
}

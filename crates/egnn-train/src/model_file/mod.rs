//! `model.safetensors`: parameters under the authors' names, with the run's configuration in the metadata. Files that
//! came from PyTorch carry no configuration; kind and sizes are then read off names and shapes, and options that only some
//! models have are taken for their defaults.

mod infer;
mod tensors;

use crate::{
    autoencoder::DIM, config::TaskConfig, error::TrainError, nbody, protocol::LAYERS, reader::Reader, task::DTYPE,
};
use candle_core::Tensor;
use egnn_nn::{
    Backend, NnError, Parameters,
    autoencoder::{Autoencoder, AutoencoderModelConfig, EncoderKind},
    molecule::{MoleculeModel, MoleculeModelConfig},
    nbody::{NbodyModel, NbodyModelConfig, Velocity},
};
use egnn_random::Stream;
use egnn_schema::{
    FieldError, FieldValue, Fields, Property,
    version::{PROGRAM, RECORD_VERSION},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub(crate) use tensors::{read_safetensors, write_safetensors};

/// What a model file says of itself.
#[derive(Serialize, Deserialize)]
struct Header {
    program: String,
    record_version: u32,
    /// Files of before there was a second task have none.
    #[serde(default = "first_task")]
    task: String,
    config: Fields,
    /// What the task needs besides: QM9's mean and deviation of the labels.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    constants: Fields,
}

fn first_task() -> String {
    nbody::TASK.into()
}

/// What a stored model is.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelSpec {
    /// A model of the n-body task.
    Nbody(NbodyModelConfig),
    /// An autoencoder.
    Autoencoder(AutoencoderModelConfig),
    /// A model of molecules.
    Qm9(MoleculeModelConfig),
}

impl ModelSpec {
    /// The task's name.
    pub fn task(&self) -> &'static str {
        match self {
            Self::Nbody(_) => nbody::TASK,
            Self::Autoencoder(_) => crate::autoencoder::TASK,
            Self::Qm9(_) => crate::qm9::TASK,
        }
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        match self {
            Self::Nbody(config) => config.model.name,
            Self::Autoencoder(config) => config.encoder.name(),
            Self::Qm9(config) => config.model.name(),
        }
    }

    fn layers(&self) -> usize {
        match self {
            Self::Nbody(config) => config.layers,
            Self::Autoencoder(config) => config.layers,
            Self::Qm9(config) => config.layers,
        }
    }
}

/// A stored model: what it is and its parameters.
#[derive(Debug)]
pub struct ModelFile {
    path: PathBuf,
    /// Kind and sizes.
    pub spec: ModelSpec,
    /// The run's resolved configuration, if the file is ours.
    pub config: Option<Fields>,
    /// What the run stored besides: QM9's mean and deviation of the labels.
    pub(crate) constants: Fields,
    /// Parameters by the authors' names.
    pub parameters: BTreeMap<String, Tensor>,
}

impl ModelFile {
    /// Reads a file of ours or one written by PyTorch's safetensors.
    ///
    /// # Errors
    /// Not a safetensors file, a tensor that is not float32, or names that belong to none of the models.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let (header, parameters) = read_safetensors::<Header>(path)?;
        let task = header.as_ref().map(|header| header.task.as_str());
        let mut spec = infer::infer(task, &parameters).map_err(|reason| TrainError::file(path, reason))?;
        let (config, constants) = match header {
            None => (None, Fields::new()),
            Some(header) if header.program != PROGRAM || header.record_version != RECORD_VERSION => {
                return Err(TrainError::file(
                    path,
                    format!(
                        "was written by {} with record version {}; this program reads {PROGRAM} {RECORD_VERSION}",
                        header.program, header.record_version
                    ),
                ));
            }
            Some(header) => {
                if header.task != spec.task() {
                    let reason =
                        format!("says that it is of task {}, but has parameters of {}", header.task, spec.task());
                    return Err(TrainError::file(path, reason));
                }
                take_options(&mut spec, &header.config).map_err(|error| TrainError::file(path, error.to_string()))?;
                (Some(header.config), header.constants)
            }
        };
        Ok(Self { path: path.into(), spec, config, constants, parameters })
    }

    /// Says what the parameters of a file without configuration leave open: an autoencoder's model, if it is a Noise-GNN,
    /// and its dimension, if it is an EGNN or a Radial Field. What is not said is taken for the paper's, and the returned
    /// sentence says so.
    ///
    /// # Errors
    /// A statement that contradicts the file.
    pub fn assume(&mut self, model: Option<&str>, dim: Option<u64>) -> Result<Option<String>, TrainError> {
        let (found, open) = match &mut self.spec {
            ModelSpec::Autoencoder(spec) if self.config.is_none() => {
                let mut open = Vec::new();
                match model {
                    Some("noise_gnn") if spec.encoder == EncoderKind::Gnn => spec.encoder = EncoderKind::NoiseGnn,
                    None if spec.encoder == EncoderKind::Gnn => open.push("--model"),
                    _ => {}
                }
                if matches!(spec.encoder, EncoderKind::Egnn | EncoderKind::RadialField) {
                    match dim {
                        Some(dim) if DIM.contains(&dim) => spec.dim = dim as usize,
                        Some(dim) => {
                            let reason = format!("--dim {dim}: give a number from {} to {}", DIM.start(), DIM.end());
                            return Err(TrainError::file(&self.path, reason));
                        }
                        None => open.push("--dim"),
                    }
                }
                (spec.dim as u64, open)
            }
            ModelSpec::Autoencoder(spec) => (spec.dim as u64, Vec::new()),
            ModelSpec::Nbody(spec) => (spec.dim as u64, Vec::new()),
            ModelSpec::Qm9(_) => (3, Vec::new()),
        };
        let name = self.spec.model();
        if let Some(model) = model.filter(|&model| model != name) {
            return Err(self.error(&format!("is of model {name}, not {model}; leave --model out")));
        }
        if let Some(dim) = dim.filter(|&dim| dim != found) {
            return Err(self.error(&format!("is of dimension {found}, not {dim}; leave --dim out")));
        }
        Ok((!open.is_empty()).then(|| {
            let (path, open) = (self.path.display(), open.join(" and "));
            format!("{path} says of itself no more than its parameters: taken for {name}, n = {found}; {open} can say otherwise")
        }))
    }

    /// What a model of molecules says, if the file tells.
    pub fn property(&self) -> Option<Property> {
        match self.config.as_ref()?.get("property")? {
            FieldValue::Text(name) => Property::from_name(name),
            _ => None,
        }
    }

    pub(crate) fn error(&self, reason: &str) -> TrainError {
        TrainError::file(&self.path, reason)
    }

    /// The n-body model itself, on a backend.
    ///
    /// # Errors
    /// Missing, unexpected or mis-shaped parameters, by name.
    pub(crate) fn nbody(&self, spec: &NbodyModelConfig, backend: Backend) -> Result<Box<dyn NbodyModel>, TrainError> {
        let model = spec.init_on(&Stream::new(0), DTYPE, backend)?;
        self.load(model.parameters())?;
        Ok(model)
    }

    /// The autoencoder itself, on a backend.
    ///
    /// # Errors
    /// Missing, unexpected or mis-shaped parameters, by name.
    pub(crate) fn autoencoder(
        &self,
        spec: &AutoencoderModelConfig,
        backend: Backend,
    ) -> Result<Autoencoder, TrainError> {
        let model = spec.init_on(&Stream::new(0), DTYPE, backend)?;
        self.load(model.parameters())?;
        Ok(model)
    }

    /// The model of molecules itself, on a backend.
    ///
    /// # Errors
    /// Missing, unexpected or mis-shaped parameters, by name.
    pub(crate) fn molecules(&self, spec: &MoleculeModelConfig, backend: Backend) -> Result<MoleculeModel, TrainError> {
        let model = spec.init_on(&Stream::new(0), DTYPE, backend)?;
        self.load(model.parameters())?;
        Ok(model)
    }

    fn load(&self, parameters: &Parameters) -> Result<(), TrainError> {
        parameters.load(&self.parameters).map_err(|error: NnError| {
            let (kind, layers) = (self.spec.model(), self.spec.layers());
            TrainError::file(&self.path, format!("looks like {kind} of {layers} layers, but: {error}"))
        })
    }

    /// Writes the parameters with their configuration.
    ///
    /// # Errors
    /// Disk and permissions.
    pub(crate) fn write(
        path: &Path,
        config: &TaskConfig,
        constants: Fields,
        parameters: &BTreeMap<String, Tensor>,
    ) -> Result<(), TrainError> {
        let header = Header {
            program: PROGRAM.into(),
            record_version: RECORD_VERSION,
            task: config.task().into(),
            config: config.fields(),
            constants,
        };
        write_safetensors(path, &header, parameters)
    }
}

/// Take from a configuration what parameters do not show.
fn take_options(spec: &mut ModelSpec, config: &Fields) -> Result<(), FieldError> {
    let known: Vec<_> = config.keys().map(String::as_str).collect();
    let mut reader = Reader::new(config, &known)?;
    let clamp = reader.number("clamp", 100.0)?;
    let clamp = (clamp > 0.0).then_some(clamp);
    match spec {
        ModelSpec::Nbody(spec) => {
            let current = reader.text("velocity", "initial")? == "current";
            if spec.model.layer_prefix.is_none() {
                spec.layers = reader.count("layers", spec.layers as u64, LAYERS)? as usize;
            }
            spec.options = nbody::read_options(&mut reader, spec.model)?;
            (spec.clamp, spec.velocity) = (clamp, if current { Velocity::Current } else { Velocity::Initial });
        }
        ModelSpec::Autoencoder(spec) => {
            let name = reader.choice("model", spec.encoder.name(), &EncoderKind::ALL.map(EncoderKind::name))?;
            spec.encoder = EncoderKind::from_name(&name).unwrap_or(spec.encoder);
            spec.clamp = clamp;
            spec.dim = reader.count("dim", spec.dim as u64, DIM)? as usize;
            spec.shrink = reader.number("shrink", spec.shrink)?;
        }
        ModelSpec::Qm9(spec) => spec.gaussian_range = reader.number("gaussian_range_angstrom", spec.gaussian_range)?,
    }
    Ok(())
}

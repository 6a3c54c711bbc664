//! `model.safetensors`: parameters under the authors' names, with the run's configuration in the metadata. Files that
//! came from PyTorch carry no configuration; kind and sizes are then read off names and shapes.

use crate::{
    config::{HIDDEN, LAYERS},
    error::TrainError,
    reader::Reader,
};
use candle_core::{Device, Tensor};
use egnn_nn::{
    Backend,
    nbody::{ModelKind, NbodyModel, NbodyModelConfig, Velocity},
};
use egnn_random::Stream;
use egnn_schema::{
    FieldError, Fields,
    version::{PROGRAM, RECORD_VERSION},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

/// The one metadata key of our files: a single entry, since the library writes several in random order.
const METADATA: &str = "egnn_lab";

/// What a model file says of itself.
#[derive(Serialize, Deserialize)]
struct Header {
    program: String,
    record_version: u32,
    config: Fields,
}

/// A stored model: what it is and its parameters.
#[derive(Debug)]
pub struct ModelFile {
    path: PathBuf,
    /// Kind and sizes.
    pub spec: NbodyModelConfig,
    /// The run's resolved configuration, if the file is ours.
    pub config: Option<Fields>,
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
        let mut spec = infer(&parameters).map_err(|reason| TrainError::file(path, reason))?;
        let config = match header {
            None => None,
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
                (spec.clamp, spec.velocity) =
                    options(&header.config).map_err(|error| TrainError::file(path, error.to_string()))?;
                Some(header.config)
            }
        };
        Ok(Self { path: path.into(), spec, config, parameters })
    }

    pub(crate) fn error(&self, reason: &str) -> TrainError {
        TrainError::file(&self.path, reason)
    }

    /// The model itself, on a backend.
    ///
    /// # Errors
    /// Missing, unexpected or mis-shaped parameters, by name.
    pub fn build(&self, backend: Backend) -> Result<Box<dyn NbodyModel>, TrainError> {
        let model = self.spec.init_on(&Stream::new(0), crate::data::DTYPE, backend)?;
        model.parameters().load(&self.parameters).map_err(|error| {
            let (kind, layers) = (self.spec.model.name(), self.spec.layers);
            TrainError::file(&self.path, format!("looks like {kind} of {layers} layers, but: {error}"))
        })?;
        Ok(model)
    }

    /// Writes the parameters with their configuration.
    ///
    /// # Errors
    /// Disk and permissions.
    pub(crate) fn write(path: &Path, config: &Fields, parameters: &BTreeMap<String, Tensor>) -> Result<(), TrainError> {
        let header = Header { program: PROGRAM.into(), record_version: RECORD_VERSION, config: config.clone() };
        write_safetensors(path, &header, parameters)
    }
}

/// The quirk options in a configuration: `(clamp, velocity)`.
fn options(config: &Fields) -> Result<(Option<f64>, Velocity), FieldError> {
    let known: Vec<_> = config.keys().map(String::as_str).collect();
    let mut reader = Reader::new(config, &known)?;
    let clamp = reader.number("clamp", 100.0)?;
    let current = reader.text("velocity", "initial")? == "current";
    Ok(((clamp > 0.0).then_some(clamp), if current { Velocity::Current } else { Velocity::Initial }))
}

/// Writes float32 tensors atomically, with a header as JSON in the metadata.
pub(crate) fn write_safetensors(
    path: &Path,
    header: &impl Serialize,
    tensors: &BTreeMap<String, Tensor>,
) -> Result<(), TrainError> {
    let mut data = Vec::new();
    for (name, tensor) in tensors {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        data.push((name.as_str(), tensor.dims().to_vec(), bytes));
    }
    let damaged = |error: &dyn std::fmt::Display| TrainError::file(path, error.to_string());
    let views = data
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| damaged(&error))?;
    let header = serde_json::to_string(header).map_err(|error| damaged(&error))?;
    let bytes = safetensors::serialize(views, Some(HashMap::from([(METADATA.to_owned(), header)])))
        .map_err(|error| damaged(&error))?;
    egnn_store::atomic::write(path, |out| out.write_all(&bytes))?;
    Ok(())
}

/// Reads a file of float32 tensors and the header in its metadata, if there is one.
pub(crate) fn read_safetensors<H: DeserializeOwned>(
    path: &Path,
) -> Result<(Option<H>, BTreeMap<String, Tensor>), TrainError> {
    let bytes = std::fs::read(path).map_err(|error| egnn_store::StoreError::io("read", path, error))?;
    let invalid = |error| TrainError::file(path, format!("is not a whole safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(invalid)?;
    let file = SafeTensors::deserialize(&bytes).map_err(invalid)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let tensor = to_tensor(&view).map_err(|reason| TrainError::file(path, format!("tensor {name} {reason}")))?;
        tensors.insert(name.to_owned(), tensor);
    }
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(METADATA))
        .map(|json| serde_json::from_str(json))
        .transpose()
        .map_err(|error| TrainError::file(path, format!("has a damaged '{METADATA}' entry: {error}")))?;
    Ok((header, tensors))
}

/// A float32 tensor of a safetensors file.
fn to_tensor(view: &TensorView<'_>) -> Result<Tensor, String> {
    if view.dtype() != Dtype::F32 {
        return Err(format!("is {:?}, expected F32; convert it before saving", view.dtype()));
    }
    let values: Vec<f32> =
        view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
    Tensor::from_vec(values, view.shape(), &Device::Cpu).map_err(|error| error.to_string())
}

/// Reads kind and sizes off names and shapes.
fn infer(parameters: &BTreeMap<String, Tensor>) -> Result<NbodyModelConfig, String> {
    let numbers: BTreeSet<u64> =
        parameters.keys().filter_map(|name| name.strip_prefix("gcl_")?.split('.').next()?.parse().ok()).collect();
    let layers = numbers.len() as u64;
    if numbers.iter().copied().ne(0..layers) || layers > *LAYERS.end() {
        return Err(format!("has layers gcl_* that are not numbered from 0 to at most {}", LAYERS.end() - 1));
    }
    let (kind, sized_by) = [
        (ModelKind::RadialField, "gcl_0.phi.0.weight"),
        (ModelKind::Gnn, "embedding.0.weight"),
        (ModelKind::Egnn, "embedding.weight"),
        (ModelKind::Linear, "time"),
    ]
    .into_iter()
    .find(|(_, name)| parameters.contains_key(*name))
    .ok_or("has the parameters of none of the n-body models (egnn, gnn, radial_field, linear)")?;
    let hidden = parameters[sized_by].dims().first().copied().unwrap_or(1);
    if !HIDDEN.contains(&(hidden as u64)) {
        return Err(format!("has {hidden} rows in {sized_by}; a model has 1 to {}", HIDDEN.end()));
    }
    Ok(NbodyModelConfig { hidden, layers: layers.max(1) as usize, ..NbodyModelConfig::new(kind) })
}

//! Files of float32 tensors.

use crate::error::TrainError;
use candle_core::{Device, Tensor};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

/// The one metadata key of our files: a single entry, since the library writes several in random order.
const METADATA: &str = "egnn_lab";

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

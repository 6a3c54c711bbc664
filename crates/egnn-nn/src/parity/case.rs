//! A case file in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, Edges};
use egnn_random::Stream;
use safetensors::SafeTensors;
use serde::Deserialize;

use super::error::{ParityError, Problem};
use crate::error::NnError;
use crate::nbody::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};

/// What a case says about itself.
#[derive(Debug, Clone, Deserialize)]
pub struct CaseConfig {
    /// `nbody`, `layer stack`, ...
    pub task: String,
    /// `egnn`, `gnn`, ...
    pub model: String,
    /// Width of the hidden layers (0 where there are none).
    #[serde(default)]
    pub hidden: usize,
    /// Number of layers (0 where there are none).
    #[serde(default)]
    pub layers: usize,
    /// The optimiser of an Adam trace, in words.
    pub optimizer: Option<String>,
    /// The number of steps of an Adam trace.
    pub steps: Option<usize>,
    /// Everything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// A case: what goes in, what came out elsewhere.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// What it says about itself.
    pub config: CaseConfig,
    /// `in.*`.
    pub inputs: BTreeMap<String, Tensor>,
    /// `param.*`, under the authors' names.
    pub params: BTreeMap<String, Tensor>,
    /// `out.*`.
    pub outputs: BTreeMap<String, Tensor>,
    /// `grad.*`, under the authors' names.
    pub grads: BTreeMap<String, Tensor>,
    /// `after.*`, under the authors' names; empty unless the case is an Adam trace.
    pub after: BTreeMap<String, Tensor>,
}

impl Case {
    pub(super) fn load(path: &Path) -> Result<Self, ParityError> {
        Self::parse(path).map_err(|problem| ParityError { path: path.into(), problem })
    }

    fn parse(path: &Path) -> Result<Self, Problem> {
        let bytes = std::fs::read(path).map_err(Problem::Read)?;
        let config = config(&bytes)?;
        let mut case = Self {
            path: path.into(),
            config,
            inputs: BTreeMap::new(),
            params: BTreeMap::new(),
            outputs: BTreeMap::new(),
            grads: BTreeMap::new(),
            after: BTreeMap::new(),
        };
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
            .map_err(|error| Problem::Format(error.to_string()))?;
        for (name, tensor) in tensors {
            let Some((kind, rest)) = name.split_once('.') else { continue };
            let part = match kind {
                "in" => &mut case.inputs,
                "param" => &mut case.params,
                "out" => &mut case.outputs,
                "grad" => &mut case.grads,
                "after" => &mut case.after,
                _ => continue,
            };
            part.insert(rest.into(), tensor);
        }
        Ok(case)
    }

    /// The file's name without folder and ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether the case is a series of optimiser steps, for `egnn-train` to run.
    pub fn is_adam_trace(&self) -> bool {
        self.config.optimizer.is_some()
    }

    /// An error about this case.
    pub fn error(&self, problem: impl Into<Problem>) -> ParityError {
        ParityError { path: self.path.clone(), problem: problem.into() }
    }

    /// `in.<name>`, as floating-point numbers of the given type.
    pub fn input(&self, name: &str, dtype: DType) -> Result<Tensor, ParityError> {
        self.float(&self.inputs, "in", name, dtype)
    }

    /// `out.<name>`, as floating-point numbers of the given type.
    pub fn output(&self, name: &str, dtype: DType) -> Result<Tensor, ParityError> {
        self.float(&self.outputs, "out", name, dtype)
    }

    /// The model of an n-body case, with the case's parameters, on a backend.
    pub fn nbody_model(&self, dtype: DType, backend: Backend) -> Result<Box<dyn NbodyModel>, ParityError> {
        let CaseConfig { task, model, hidden, layers, .. } = &self.config;
        if task != "nbody" {
            return Err(self.error(Problem::Task(task.clone())));
        }
        let Some(kind) = ModelKind::from_name(model) else {
            let known = ModelKind::names().join(", ");
            return Err(self.error(Problem::Model { task: task.clone(), model: model.clone(), known }));
        };
        self.refuse_options(&["batch", "nodes"])?;
        let squares = [ModelKind::EGNN, ModelKind::GNN].contains(&kind);
        self.refuse_sizes(squares)?;
        let dim = self.columns("loc")?;
        let config = NbodyModelConfig { dim, hidden: *hidden, layers: *layers, ..NbodyModelConfig::new(kind) };
        let model = config.init_on(&Stream::new(0), dtype, backend).map_err(|error| self.error(error))?;
        model.parameters().load(&self.params).map_err(|error| self.error(error))?;
        Ok(model)
    }

    /// The input of an n-body case.
    pub fn nbody_input(&self, dtype: DType) -> Result<NbodyInput, ParityError> {
        let x = self.input("loc", dtype)?;
        let (edges, _) = self.edges(x.dims().first().copied().unwrap_or(0))?;
        Ok(NbodyInput { v: self.input("vel", dtype)?, charge: self.input("charge", dtype)?, x, edges })
    }

    /// The edges, sorted by row, and where each stood in the file.
    pub(super) fn edges(&self, nodes: usize) -> Result<(Edges, Vec<u32>), ParityError> {
        let (row, col) = (self.nodes_of("row")?, self.nodes_of("col")?);
        let mut order: Vec<u32> = (0..row.len() as u32).collect();
        order.sort_by_key(|&edge| row[edge as usize]);
        if row.len() != col.len() {
            let reason = format!("has {} entries, 'in.row' {}", col.len(), row.len());
            return Err(self.error(Problem::Tensor { name: "in.col".into(), reason }));
        }
        let pick = |list: &[u32]| order.iter().map(|&edge| list[edge as usize]).collect();
        let edges = Edges::new(pick(&row), pick(&col), nodes).map_err(|error| self.error(NnError::from(error)))?;
        Ok((edges, order))
    }

    /// The second dimension of `in.<name>`.
    pub(super) fn columns(&self, name: &str) -> Result<usize, ParityError> {
        let tensor = self.inputs.get(name).ok_or_else(|| self.error(Problem::Missing(format!("in.{name}"))))?;
        match tensor.dims() {
            [_, columns] => Ok(*columns),
            dims => Err(self.error(Problem::Tensor {
                name: format!("in.{name}"),
                reason: format!("has shape {dims:?}, expected two dimensions"),
            })),
        }
    }

    /// Texts in a config describe; anything else that we do not know would change the numbers.
    pub(super) fn refuse_options(&self, known: &[&str]) -> Result<(), ParityError> {
        let unknown = self.config.other.iter().find(|(field, value)| {
            !known.contains(&field.as_str()) && !value.is_string() && **value != serde_json::Value::Bool(false)
        });
        match unknown {
            None => Ok(()),
            Some((field, value)) => Err(self.error(Problem::Option { field: field.clone(), value: value.to_string() })),
        }
    }

    /// Refuse sizes that the case's parameters cannot have, before memory is asked for.
    pub(super) fn refuse_sizes(&self, squares: bool) -> Result<(), ParityError> {
        let CaseConfig { hidden, layers, .. } = self.config;
        let held: usize = self.params.values().map(Tensor::elem_count).sum();
        let least = hidden.checked_mul(if squares { hidden } else { 1 }).and_then(|least| least.checked_mul(layers));
        match least {
            Some(least) if least <= held => Ok(()),
            _ => Err(self.error(Problem::NotACase(format!(
                "'config' says hidden = {hidden} and layers = {layers}, but the parameters hold {held} numbers"
            )))),
        }
    }

    fn nodes_of(&self, name: &str) -> Result<Vec<u32>, ParityError> {
        let missing = || self.error(Problem::Missing(format!("in.{name}")));
        let tensor = self.inputs.get(name).ok_or_else(missing)?;
        let wrong = |reason: String| self.error(Problem::Tensor { name: format!("in.{name}"), reason });
        let list = tensor
            .to_vec1::<i64>()
            .map_err(|_| wrong(format!("is {:?} {:?}, expected a list of int64", tensor.dtype(), tensor.dims())))?;
        list.into_iter().map(|node| u32::try_from(node).map_err(|_| wrong(format!("names node {node}")))).collect()
    }

    fn float(
        &self,
        part: &BTreeMap<String, Tensor>,
        kind: &str,
        name: &str,
        dtype: DType,
    ) -> Result<Tensor, ParityError> {
        let name = format!("{kind}.{name}");
        let key = &name[kind.len() + 1..];
        let Some(tensor) = part.get(key) else { return Err(self.error(Problem::Missing(name))) };
        if !tensor.dtype().is_float() {
            let reason = format!("is {:?}, expected floating-point numbers", tensor.dtype());
            return Err(self.error(Problem::Tensor { name, reason }));
        }
        tensor.to_dtype(dtype).map_err(|error| self.error(NnError::from(error)))
    }
}

fn config(bytes: &[u8]) -> Result<CaseConfig, Problem> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| Problem::Format(error.to_string()))?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get("config"));
    let text = text.ok_or_else(|| Problem::NotACase("its metadata have no 'config'".into()))?;
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| Problem::NotACase(format!("'config' in its metadata is not JSON: {error}")))?;
    for field in ["task", "model"] {
        if value.get(field).is_none() {
            return Err(Problem::NotACase(format!("'config' in its metadata has no '{field}'; is it a data file?")));
        }
    }
    serde_json::from_value(value).map_err(|error| Problem::NotACase(format!("'config' in its metadata: {error}")))
}

//! Which model, and its sizes.

use std::collections::BTreeMap;

use candle_core::{DType, Device};
use egnn_kernels::{Backend, Velocity};
use egnn_random::Stream;

use super::{ModelKind, NbodyModel};
use crate::error::{NnError, Result};

/// A model and its sizes; fields that a model has no use for are ignored by it.
#[derive(Debug, Clone, PartialEq)]
pub struct NbodyModelConfig {
    /// Which model.
    pub model: ModelKind,
    /// Dimension of space.
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Bound of each component of a coordinate term, see [`EgnnConfig::clamp`](super::EgnnConfig::clamp).
    pub clamp: Option<f64>,
    /// EGNN only: see [`EgnnConfig::velocity`](super::EgnnConfig::velocity).
    pub velocity: Velocity,
    /// The model's own options, where they are not the default.
    pub options: BTreeMap<&'static str, f64>,
}

impl NbodyModelConfig {
    /// A model with the paper's sizes.
    pub fn new(model: ModelKind) -> Self {
        Self {
            model,
            dim: 3,
            hidden: 64,
            layers: model.layers,
            clamp: Some(100.0),
            velocity: Velocity::Initial,
            options: BTreeMap::new(),
        }
    }

    /// One of the model's options.
    ///
    /// # Panics
    /// If the model declares none of that name.
    pub fn option(&self, name: &str) -> f64 {
        let declared = self.model.options.iter().find(|option| option.name == name);
        let default = declared.expect("a model asks for options that it declares").default;
        self.options.get(name).copied().unwrap_or(default)
    }

    /// Draw the initial parameters: f32 for training, f64 for gradient checks.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Box<dyn NbodyModel>> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Box<dyn NbodyModel>> {
        let is_declared = |name: &str| self.model.options.iter().any(|option| option.name == name);
        if let Some((field, value)) = self.options.iter().find(|(name, _)| !is_declared(name)) {
            let requirement = "the model has no such option";
            return Err(NnError::Config { field, value: value.to_string(), requirement });
        }
        for option in self.model.options {
            let value = self.option(option.name);
            if !(option.limits[0]..=option.limits[1]).contains(&value) || (option.whole && value.fract() != 0.0) {
                let requirement = "it is not within the option's limits";
                return Err(NnError::Config { field: option.name, value: value.to_string(), requirement });
            }
        }
        (self.model.init)(self, stream, dtype, backend)
    }
}

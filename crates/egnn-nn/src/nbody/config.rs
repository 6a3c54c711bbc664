//! Which model, and its sizes.

use candle_core::{DType, Device};
use egnn_kernels::{Backend, Velocity};
use egnn_random::Stream;
use serde::{Deserialize, Serialize};

use super::{EgnnConfig, GnnConfig, LinearConfig, NbodyModel, RadialFieldConfig};
use crate::error::Result;

/// The models of the n-body task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The equivariant network with velocity.
    Egnn,
    /// A graph network on absolute positions.
    Gnn,
    /// Distances only, no features.
    RadialField,
    /// Motion with constant velocity for a learned time.
    Linear,
}

impl ModelKind {
    /// All models, in the order of the paper's figures.
    pub const ALL: [Self; 4] = [Self::Egnn, Self::Gnn, Self::RadialField, Self::Linear];

    /// The name in configurations and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Egnn => "egnn",
            Self::Gnn => "gnn",
            Self::RadialField => "radial_field",
            Self::Linear => "linear",
        }
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A model and its sizes; fields that a model has no use for are ignored by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NbodyModelConfig {
    /// Which model.
    pub model: ModelKind,
    /// Dimension of space.
    #[serde(default = "default_dim")]
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    #[serde(default = "default_hidden")]
    pub hidden: usize,
    /// Number of message-passing layers.
    #[serde(default = "default_layers")]
    pub layers: usize,
    /// EGNN only: see [`EgnnConfig::clamp`].
    #[serde(default = "default_clamp")]
    pub clamp: Option<f64>,
    /// EGNN only: see [`EgnnConfig::velocity`].
    #[serde(default)]
    pub velocity: Velocity,
}

fn default_dim() -> usize {
    EgnnConfig::default().dim
}

fn default_hidden() -> usize {
    EgnnConfig::default().hidden
}

fn default_layers() -> usize {
    EgnnConfig::default().layers
}

fn default_clamp() -> Option<f64> {
    EgnnConfig::default().clamp
}

impl NbodyModelConfig {
    /// A model with the paper's sizes.
    pub fn new(model: ModelKind) -> Self {
        let EgnnConfig { dim, hidden, layers, clamp, velocity } = EgnnConfig::default();
        Self { model, dim, hidden, layers, clamp, velocity }
    }

    /// Draw the initial parameters: f32 for training, f64 for gradient checks.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Box<dyn NbodyModel>> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Box<dyn NbodyModel>> {
        let Self { model, dim, hidden, layers, clamp, velocity } = *self;
        Ok(match model {
            ModelKind::Egnn => {
                Box::new(EgnnConfig { dim, hidden, layers, clamp, velocity }.init_on(stream, dtype, backend)?)
            }
            ModelKind::Gnn => Box::new(GnnConfig { dim, hidden, layers }.init_on(stream, dtype, backend)?),
            ModelKind::RadialField => {
                Box::new(RadialFieldConfig { dim, hidden, layers }.init_on(stream, dtype, backend)?)
            }
            ModelKind::Linear => Box::new(LinearConfig::default().init_on(stream, dtype, backend)?),
        })
    }
}

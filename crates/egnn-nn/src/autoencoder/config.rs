//! Which encoder, and its sizes.

use candle_core::{DType, Device};
use egnn_kernels::{Backend, CrossEntropy};
use egnn_random::Stream;
use serde::{Deserialize, Serialize};

use super::Autoencoder;
use crate::error::{NnError, Result, positive, valid_clamp};

/// The encoders of Figure 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncoderKind {
    /// Places noise so that edges can be read off; equivariant.
    Egnn,
    /// A graph network whose nodes all begin with 1: nodes that the graph does not tell apart get one place.
    Gnn,
    /// The same with a random number for each node instead of 1.
    NoiseGnn,
    /// Moves noise by distances only.
    RadialField,
    /// Says of every pair that it is no edge: the paper's baseline, without parameters.
    NoEdges,
}

impl EncoderKind {
    /// All, in the order of the paper's figures.
    pub const ALL: [Self; 5] = [Self::Egnn, Self::Gnn, Self::NoiseGnn, Self::RadialField, Self::NoEdges];

    /// The name in configurations and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Egnn => "egnn",
            Self::Gnn => "gnn",
            Self::NoiseGnn => "noise_gnn",
            Self::RadialField => "radial_field",
            Self::NoEdges => "no_edges",
        }
    }

    /// The encoder of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Random numbers that a node begins with, for an embedding in `dim` dimensions.
    pub fn noise_width(self, dim: usize) -> usize {
        match self {
            Self::Egnn | Self::RadialField => dim,
            Self::NoiseGnn => 1,
            Self::Gnn | Self::NoEdges => 0,
        }
    }
}

impl std::fmt::Display for EncoderKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An autoencoder's sizes and choices; fields that an encoder has no use for are ignored by it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoencoderModelConfig {
    /// Which encoder.
    pub encoder: EncoderKind,
    /// `n`, the dimension of the embedding.
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// EGNN and Radial Field: bound of each component of a coordinate term. \[quirk of the authors' program: 100\]
    pub clamp: Option<f64>,
    /// EGNN and Radial Field: part by which a layer shrinks the coordinates. \[quirk of the authors' program: 1e-3\]
    pub shrink: f64,
    /// How the loss is taken. \[quirk of the authors' program: on the probability\]
    pub cross_entropy: CrossEntropy,
}

impl AutoencoderModelConfig {
    /// The paper's sizes.
    pub fn new(encoder: EncoderKind) -> Self {
        Self {
            encoder,
            dim: 8,
            hidden: 64,
            layers: 4,
            clamp: Some(100.0),
            shrink: 1e-3,
            cross_entropy: CrossEntropy::Probability,
        }
    }

    /// Draw the initial parameters: f32 for training, f64 for gradient checks.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Autoencoder> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Autoencoder> {
        positive(&[("dim", self.dim), ("hidden", self.hidden), ("layers", self.layers)])?;
        valid_clamp(self.clamp)?;
        if !(0.0..1.0).contains(&self.shrink) {
            let requirement = "it must be at least 0 and below 1";
            return Err(NnError::Config { field: "shrink", value: self.shrink.to_string(), requirement });
        }
        Autoencoder::new(self, stream, dtype, backend)
    }
}

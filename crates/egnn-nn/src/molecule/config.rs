//! Which model, and its sizes.

use candle_core::{DType, Device};
use egnn_kernels::Backend;
use egnn_random::Stream;
use serde::{Deserialize, Serialize};

use super::MoleculeModel;
use crate::error::{NnError, Result, positive};

/// The models of the QM9 task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoleculeModelKind {
    /// The paper's: messages from features and squared distance, gated by equation (8).
    Egnn,
    /// Continuous-filter convolutions (Schütt et al. 2017).
    SchNet,
    /// Message passing in the manner of Gilmer et al. (2017): messages from features and the distance in Gaussians, without
    /// a gate.
    Nmp,
    /// Says the mean of the training molecules of each: a baseline without parameters.
    Mean,
}

impl MoleculeModelKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Egnn, Self::SchNet, Self::Nmp, Self::Mean];

    /// The name in configurations and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Egnn => "egnn",
            Self::SchNet => "schnet",
            Self::Nmp => "nmp",
            Self::Mean => "mean",
        }
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it sees distances as [`MoleculeModelConfig::gaussians`].
    pub fn has_gaussians(self) -> bool {
        matches!(self, Self::SchNet | Self::Nmp)
    }
}

impl std::fmt::Display for MoleculeModelKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Everything that makes a model but its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoleculeModelConfig {
    /// Which model.
    pub model: MoleculeModelKind,
    /// Features of an atom and width of every hidden layer.
    pub hidden: usize,
    /// Number of layers (SchNet: interaction blocks).
    pub layers: usize,
    /// EGNN: the gate of equation (8).
    pub attention: bool,
    /// EGNN: whether layers move the coordinates by equation (4), all but the last, whose coordinates nothing reads. The
    /// paper's QM9 model does not.
    pub update_coordinates: bool,
    /// SchNet and NMP: a distance `d` is seen as `exp(-(d - c)^2 / (2 w^2))` at this many centres `c`, which stand `w`
    /// apart.
    pub gaussians: usize,
    /// SchNet and NMP: the last centre, in angstrom; the first stands at 0.
    pub gaussian_range: f64,
}

impl MoleculeModelConfig {
    /// The paper's sizes for EGNN and NMP; for SchNet sizes that are common, but not its paper's: six blocks, and 50
    /// centres up to 10 angstrom.
    pub fn new(model: MoleculeModelKind) -> Self {
        Self {
            model,
            hidden: 128,
            layers: if model == MoleculeModelKind::SchNet { 6 } else { 7 },
            attention: true,
            update_coordinates: false,
            gaussians: 50,
            gaussian_range: 10.0,
        }
    }

    /// Draw the initial parameters: f32 for training, f64 for gradient checks.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<MoleculeModel> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<MoleculeModel> {
        positive(&[("hidden", self.hidden), ("layers", self.layers)])?;
        if self.gaussians < 2 {
            let (value, requirement) = (self.gaussians.to_string(), "it must be at least 2");
            return Err(NnError::Config { field: "gaussians", value, requirement });
        }
        if !(self.gaussian_range.is_finite() && self.gaussian_range > 0.0) {
            let (value, requirement) = (self.gaussian_range.to_string(), "it must be above 0");
            return Err(NnError::Config { field: "gaussian_range", value, requirement });
        }
        MoleculeModel::new(self, stream, dtype, backend)
    }
}

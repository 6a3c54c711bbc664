//! Layers of features that turn with space, with the groups that hold their parameters: what TFN and SE(3)-Transformer
//! have in common.

mod convolution;
mod mix;
mod norm;

pub(super) use convolution::Convolution;
pub(super) use mix::Mix;
pub(super) use norm::NormNonlinearity;

use candle_core::{DType, Tensor};
use egnn_kernels::{Edges, Fiber, HIGHEST_TYPE};

use super::registry::ModelOption;
use super::{NbodyInput, NbodyModelConfig};
use crate::error::{NnError, Result, positive};
use crate::irreps::Basis;
use crate::params::{Builder, Parameters, Tracking};

/// Sizes of a network of features that turn with space, which is three-dimensional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) channels: usize,
    pub(super) degrees: usize,
    pub(super) layers: usize,
    pub(super) radial_hidden: usize,
}

impl Sizes {
    /// Those of a configuration with the options below.
    pub(super) fn of(config: &NbodyModelConfig) -> Result<Self> {
        if config.dim != 3 {
            let requirement = "harmonics are those of three dimensions: it must be 3";
            return Err(NnError::Config { field: "dim", value: config.dim.to_string(), requirement });
        }
        let option = |name| config.option(name) as usize;
        let [channels, degrees, radial_hidden] = [option(CHANNELS), option(DEGREES), option(RADIAL_HIDDEN.name)];
        Ok(Self { channels, degrees, layers: config.layers, radial_hidden })
    }

    /// Refuse sizes that describe no network.
    pub(super) fn check(self) -> Result<()> {
        let Self { channels, degrees, layers, radial_hidden } = self;
        positive(&[
            ("channels", channels),
            ("degrees", degrees),
            ("layers", layers),
            ("radial_hidden", radial_hidden),
        ])?;
        if degrees > HIGHEST_TYPE + 1 {
            let requirement = "types beyond 3 are not supported: it must be at most 4";
            return Err(NnError::Config { field: "degrees", value: degrees.to_string(), requirement });
        }
        Ok(())
    }
}

const CHANNELS: &str = "channels";
const DEGREES: &str = "degrees";

/// How many features of each type there are.
pub(super) const fn channels(default: f64) -> ModelOption {
    let about = "features of each type (TFN, SE(3)-Transformer)";
    ModelOption { name: CHANNELS, about, default, limits: [1.0, 256.0], whole: true, growth: 2.0 }
}

/// How many types there are.
pub(super) const fn degrees(default: f64) -> ModelOption {
    let about = "how many types of features there are: numbers, vectors, ... (TFN, SE(3)-Transformer)";
    ModelOption { name: DEGREES, about, default, limits: [1.0, 4.0], whole: true, growth: 3.0 }
}

/// How long the hidden rows of radial networks are.
pub(super) const RADIAL_HIDDEN: ModelOption = ModelOption {
    name: "radial_hidden",
    about: "width of the hidden layers of radial networks (TFN, SE(3)-Transformer)",
    default: 32.0,
    limits: [1.0, 256.0],
    whole: true,
    growth: 1.0,
};

/// What the models read: a charge, type 0, and a velocity, type 1.
pub(super) fn input_fiber() -> Fiber {
    Fiber::new(&[1, 1])
}

/// What they make: a displacement.
pub(super) fn output_fiber() -> Fiber {
    Fiber::new(&[0, 1])
}

/// The kernels that a network of types `0..degrees` needs: of its own types, and of those of input and output.
pub(super) fn basis(degrees: usize) -> Basis {
    Basis::new(degrees.max(2))
}

/// Features and geometry of a batch.
pub(super) fn features(input: &NbodyInput, basis: &Basis, dtype: DType) -> Result<[Tensor; 2]> {
    input.check(3, dtype)?;
    Ok([Tensor::cat(&[&input.charge, &input.v], 1)?, basis.geometry(&input.x, &input.edges)?])
}

/// A layer of a Tensor Field Network: `f_i' = mean_j m_ij + A f_i`, `A` a map of channels for each type.
#[derive(Debug, Clone)]
pub(super) struct TensorField {
    messages: Convolution,
    own: Mix,
}

impl TensorField {
    /// Draw its parameters.
    pub(super) fn init(
        builder: &mut Builder,
        name: &str,
        [input, output]: [&Fiber; 2],
        radial_hidden: usize,
        basis: &Basis,
    ) -> Result<Self> {
        let messages = Convolution::init(builder, &format!("{name}.conv"), [input, output], radial_hidden, basis)?;
        Ok(Self { messages, own: Mix::init(builder, &format!("{name}.self"), [input, output])? })
    }

    /// `f'`, `(nodes, output)`.
    pub(super) fn run(
        &self,
        parameters: &Parameters,
        features: &Tensor,
        geometry: &Tensor,
        edges: &Edges,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let messages = self.messages.run(parameters, features, geometry, edges, tracking)?;
        let heard = parameters.backend().segment_mean(&messages, edges)?;
        Ok((heard + self.own.run(parameters, features, tracking)?)?)
    }
}

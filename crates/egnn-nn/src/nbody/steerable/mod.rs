//! Layers of features that turn with space, with the groups that hold their parameters: what TFN and SE(3)-Transformer
//! have in common.

mod convolution;
mod mix;
mod norm;

pub(super) use convolution::Convolution;
pub(super) use mix::Mix;
pub(super) use norm::NormNonlinearity;

use candle_core::{DType, Tensor};
use egnn_kernels::{Edges, Fiber};

use super::NbodyInput;
use crate::error::{NnError, Result, positive};
use crate::irreps::Basis;
use crate::params::{Builder, Parameters, Tracking};

/// Length of the hidden rows of radial networks if nothing else is said.
pub(super) const RADIAL_HIDDEN: usize = 32;

/// Refuse sizes that describe no network of features of types `0..degrees`.
pub(super) fn check_sizes(channels: usize, degrees: usize, layers: usize, radial_hidden: usize) -> Result<()> {
    positive(&[
        ("channels", channels),
        ("degrees", degrees),
        ("layers", layers),
        ("radial_hidden", radial_hidden),
    ])?;
    if degrees > egnn_kernels::HIGHEST_TYPE + 1 {
        let requirement = "types beyond 3 are not supported: it must be at most 4";
        return Err(NnError::Config { field: "degrees", value: degrees.to_string(), requirement });
    }
    Ok(())
}

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

//! Radial Field: coordinates only.

use candle_core::{DType, Tensor};
use egnn_random::Stream;

use super::{ModelKind, NbodyInput, NbodyModel, positive};
use crate::error::Result;
use crate::ops::{Coordinates, coordinate_update, edge_dense, squared_distance};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

/// Sizes of [`RadialField`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadialFieldConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
}

impl Default for RadialFieldConfig {
    fn default() -> Self {
        Self { dim: 3, hidden: 64, layers: 4 }
    }
}

impl RadialFieldConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<RadialField> {
        let Self { dim, hidden, layers: depth } = *self;
        positive(&[("dim", dim), ("hidden", hidden), ("layers", depth)])?;
        let mut builder = Builder::new(stream, dtype)?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let name = format!("gcl_{layer}");
            let phi = [
                builder.linear(&format!("{name}.phi.0"), LinearSpec::new(3, hidden)),
                builder.linear(&format!("{name}.phi.2"), LinearSpec::small(hidden, 1)),
            ];
            let coord_mlp_vel = [
                builder.linear(&format!("{name}.coord_mlp_vel.0"), LinearSpec::new(1, hidden)),
                builder.linear(&format!("{name}.coord_mlp_vel.2"), LinearSpec::new(hidden, 1)),
            ];
            builder.finish_group(&name)?;
            layers.push(Layer { phi, coord_mlp_vel });
        }
        Ok(RadialField { dim, layers, parameters: builder.finish() })
    }
}

/// A network of distances (Köhler et al. 2019; the paper's Table 1, "Radial Field"), with a velocity term.
///
/// ```text
/// a_ij = [c_i c_j, |x_i - x_j|^2 of the input]
/// x_i' = x_i + mean_j (x_i - x_j) tanh(phi(|x_i - x_j|, a_ij)) + phi_v(|v_i|) v_i
/// ```
#[derive(Debug, Clone)]
pub struct RadialField {
    dim: usize,
    layers: Vec<Layer>,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
struct Layer {
    phi: [Linear; 2],
    coord_mlp_vel: [Linear; 2],
}

impl NbodyModel for RadialField {
    fn kind(&self) -> ModelKind {
        ModelKind::RadialField
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let parameters = &self.parameters;
        let edges = &input.edges;
        let attributes = input.charge_and_distance()?;
        let speed = input.speed()?;
        // The edge layer for nodes without features.
        let h = Tensor::zeros((edges.nodes(), 0), parameters.dtype(), input.x.device())?;
        let mut x = input.x.clone();
        for layer in &self.layers {
            let distance = squared_distance(&x, edges)?.sqrt()?;
            let first = parameters.weights(&layer.phi[0], tracking)?;
            let hidden = edge_dense(&h, Some(&distance), Some(&attributes), edges, &first)?;
            let scale = parameters.linear(&hidden, &layer.phi[1], tracking)?.tanh()?;
            let step = coordinate_update(&x, &scale, edges, Coordinates::default())?;
            let drift = input.v.broadcast_mul(&parameters.mlp(&speed, &layer.coord_mlp_vel, tracking)?)?;
            x = ((x + step)? + drift)?;
        }
        Ok(x)
    }
}

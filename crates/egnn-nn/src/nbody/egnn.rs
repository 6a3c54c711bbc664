//! EGNN with velocity.

use candle_core::{DType, Tensor};
use egnn_random::Stream;
use serde::{Deserialize, Serialize};

use super::{ModelKind, NbodyInput, NbodyModel, positive};
use crate::egcl::{Egcl, EgclOptions, EgclSpec};
use crate::error::{NnError, Result};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

/// Which velocity enters a layer of the velocity variant, equation (7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Velocity {
    /// The input's in every layer: what the authors' program does.
    #[default]
    Initial,
    /// The one that the previous layer made.
    Current,
}

/// Sizes and choices of [`Egnn`].
#[derive(Debug, Clone, PartialEq)]
pub struct EgnnConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Bound of each component of each term `(x_i - x_j) phi_x(m_ij)` before they are averaged. The paper does not
    /// mention it; the authors' program uses 100. `None` switches it off.
    pub clamp: Option<f64>,
    /// Which velocity enters a layer.
    pub velocity: Velocity,
}

impl Default for EgnnConfig {
    fn default() -> Self {
        Self { dim: 3, hidden: 64, layers: 4, clamp: Some(100.0), velocity: Velocity::Initial }
    }
}

impl EgnnConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Egnn> {
        positive(&[("dim", self.dim), ("hidden", self.hidden), ("layers", self.layers)])?;
        if let Some(clamp) = self.clamp.filter(|clamp| clamp.is_nan() || *clamp <= 0.0) {
            let requirement = "it must be above 0; leave it out for no clamp";
            return Err(NnError::Config { field: "clamp", value: clamp.to_string(), requirement });
        }
        let mut builder = Builder::new(stream, dtype)?;
        let embedding = builder.linear("embedding", LinearSpec::new(1, self.hidden));
        builder.finish_group("embedding")?;
        let mut layers = Vec::with_capacity(self.layers);
        for layer in 0..self.layers {
            let spec = EgclSpec {
                hidden: self.hidden,
                attributes: 2,
                velocity: true,
                features_are_read: layer + 1 < self.layers,
                options: EgclOptions { clamp: self.clamp, ..EgclOptions::default() },
            };
            layers.push(Egcl::init(&mut builder, &format!("gcl_{layer}"), spec)?);
        }
        Ok(Egnn { config: self.clone(), embedding, layers, parameters: builder.finish() })
    }
}

/// The equivariant network with velocity, equations (3), (5), (6) and (7).
///
/// ```text
/// h_i = Linear(|v_i|),  a_ij = [c_i c_j, |x_i - x_j|^2 of the input]
/// m_ij = phi_e(h_i, h_j, |x_i - x_j|^2, a_ij)
/// x_i' = x_i + phi_v(h_i) v_i + C sum_j clamp((x_i - x_j) phi_x(m_ij))
/// h_i' = h_i + phi_h(h_i, sum_j m_ij)
/// ```
///
/// The prediction is the last layer's x; its node network `phi_h` is a parameter that nothing reads, as in the
/// authors' program.
#[derive(Debug, Clone)]
pub struct Egnn {
    config: EgnnConfig,
    embedding: Linear,
    layers: Vec<Egcl>,
    parameters: Parameters,
}

impl NbodyModel for Egnn {
    fn kind(&self) -> ModelKind {
        ModelKind::Egnn
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.config.dim, self.parameters.dtype())?;
        let edges = &input.edges;
        let attributes = input.charge_and_distance()?;
        let mut h = self.parameters.linear(&input.speed()?, &self.embedding, tracking)?;
        let mut x = input.x.clone();
        let mut v = input.v.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let layer = layer.bind(&self.parameters, tracking);
            let messages = layer.messages(&h, &x, Some(&attributes), edges)?;
            let mut step = layer.coordinate_update(&x, &messages, edges)?;
            if let Some(scale) = layer.velocity_scale(&h)? {
                step = (step + v.broadcast_mul(&scale)?)?;
            }
            x = (x + &step)?;
            if self.config.velocity == Velocity::Current {
                v = step;
            }
            if index + 1 < self.layers.len() {
                h = layer.node_update(&h, &messages, edges)?;
            }
        }
        Ok(x)
    }
}

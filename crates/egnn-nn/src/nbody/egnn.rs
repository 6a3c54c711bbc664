//! EGNN with velocity.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, Velocity};
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use crate::egcl::{Egcl, EgclOptions, EgclSpec, VelocitySpec};
use crate::error::{Result, positive, valid_clamp};
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// [`Egnn`].
    pub const EGNN: Self = Self::new(&Definition {
        name: "egnn",
        about: "E(n)-equivariant graph network with velocity: the paper's own",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 5e-4,
        layers: 4,
        ignores: &[],
        options: &[],
        mark: "gcl_0.coord_mlp.0.weight",
        layer_prefix: Some("gcl_"),
        cost: Cost { train_ms: 7.9, forward_ms: 2.7, bytes: 1.3e5, parameters: 134_020.0 },
        init: |config, stream, dtype, backend| {
            let NbodyModelConfig { dim, hidden, layers, clamp, velocity, .. } = *config;
            let config = EgnnConfig { dim, hidden, layers, clamp, velocity };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
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
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Egnn> {
        positive(&[("dim", self.dim), ("hidden", self.hidden), ("layers", self.layers)])?;
        valid_clamp(self.clamp)?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let embedding = builder.linear("embedding", LinearSpec::new(1, self.hidden));
        builder.finish_group("embedding")?;
        let mut layers = Vec::with_capacity(self.layers);
        for layer in 0..self.layers {
            let spec = EgclSpec {
                embedding: (layer == 0).then_some(embedding),
                attributes: 2,
                dim: self.dim,
                velocity: Some(VelocitySpec::Scaled(self.velocity)),
                features_are_read: layer + 1 < self.layers,
                options: EgclOptions { clamp: self.clamp, ..EgclOptions::default() },
                ..EgclSpec::new(self.hidden)
            };
            layers.push(Egcl::init(&mut builder, &format!("gcl_{layer}"), spec)?);
        }
        Ok(Egnn { dim: self.dim, layers, parameters: builder.finish() })
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
    dim: usize,
    layers: Vec<Egcl>,
    parameters: Parameters,
}

impl NbodyModel for Egnn {
    fn kind(&self) -> ModelKind {
        ModelKind::EGNN
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let attributes = input.charge_and_distance(self.parameters.backend())?;
        let mut state = Tensor::cat(&[&input.speed()?, &input.x, &input.v], 1)?;
        for layer in &self.layers {
            state = layer.run(&self.parameters, &state, Some(&attributes), &input.edges, tracking)?;
        }
        Ok(state.narrow(1, 0, self.dim)?)
    }
}

//! SEGNO: second-order motion by one EGCL that all steps share.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::Backend;
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use crate::egcl::{Egcl, EgclOptions, EgclSpec, VelocitySpec};
use crate::error::{Result, positive, valid_clamp};
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// [`Segno`].
    pub const SEGNO: Self = Self::new(&Definition {
        name: "segno",
        about: "Second-order graph ODE: one EGNN layer in 8 steps of time (Liu et al. 2024)",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 3e-3,
        layers: 8,
        ignores: &["clamp", "velocity"],
        options: &[],
        mark: "gcl.coord_mlp.0.weight",
        layer_prefix: None,
        cost: Cost { train_ms: 15.4, forward_ms: 5.2, bytes: 1.3e5, parameters: 29_377.0 },
        // Its equations have no bound: the task's `clamp` is not its.
        init: |config, stream, dtype, backend| {
            let NbodyModelConfig { dim, hidden, layers: steps, .. } = *config;
            let config = SegnoConfig { dim, hidden, steps, clamp: None };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

/// Sizes and choices of [`Segno`].
#[derive(Debug, Clone, PartialEq)]
pub struct SegnoConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    pub hidden: usize,
    /// Number of steps that the time to the prediction is cut into.
    pub steps: usize,
    /// Bound of each component of each term `(x_i - x_j) phi_x(m_ij)` before they are averaged; `None` for no bound.
    pub clamp: Option<f64>,
}

impl Default for SegnoConfig {
    fn default() -> Self {
        Self { dim: 3, hidden: 64, steps: 8, clamp: None }
    }
}

impl SegnoConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Segno> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Segno> {
        let Self { dim, hidden, steps, clamp } = *self;
        positive(&[("dim", dim), ("hidden", hidden), ("steps", steps)])?;
        valid_clamp(clamp)?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let embedding = builder.linear("embedding", LinearSpec::new(1, hidden));
        builder.finish_group("embedding")?;
        let spec = EgclSpec {
            embedding: Some(embedding),
            attributes: 2,
            dim,
            velocity: Some(VelocitySpec::Integrated { step: 1.0 / steps as f64 }),
            scale: LinearSpec::small(hidden, 1).with_bias(),
            features_are_read: steps > 1,
            options: EgclOptions { clamp, ..EgclOptions::default() },
            ..EgclSpec::new(hidden)
        };
        let layer = Egcl::init(&mut builder, "gcl", spec)?;
        Ok(Segno { dim, steps, layer, parameters: builder.finish() })
    }
}

/// A second-order equivariant network: Liu et al., *SEGNO: Generalizing Equivariant Graph Neural Networks with Physical
/// Inductive Biases*, ICLR 2024 (arXiv 2308.13212).
///
/// ```text
/// h_i = Linear(|v_i|),  a_ij = [c_i c_j, |x_i - x_j|^2 of the input]
/// in each of L steps:
///   m_ij = phi_e(h_i, h_j, |x_i - x_j|^2, a_ij)
///   v_i <- v_i + 1/L mean_j clamp((x_i - x_j) phi_x(m_ij))
///   x_i <- x_i + 1/L v_i
///   h_i <- h_i + phi_h(h_i, sum_j m_ij)
/// ```
///
/// The networks are an EGCL's and the same in all steps; `phi_x` ends with a bias. The prediction is the last step's x, whose
/// features nothing reads.
#[derive(Debug, Clone)]
pub struct Segno {
    dim: usize,
    steps: usize,
    /// Behind the embedding.
    layer: Egcl,
    parameters: Parameters,
}

impl Segno {
    /// What a step does, counted from 0.
    fn step(&self, step: usize) -> Egcl {
        let layer = if step == 0 { self.layer.clone() } else { self.layer.without_embedding() };
        if step + 1 == self.steps { layer.without_features() } else { layer }
    }
}

impl NbodyModel for Segno {
    fn kind(&self) -> ModelKind {
        ModelKind::SEGNO
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let attributes = input.charge_and_distance(self.parameters.backend())?;
        let mut state = Tensor::cat(&[&input.speed()?, &input.x, &input.v], 1)?;
        for step in 0..self.steps {
            state = self.step(step).run(&self.parameters, &state, Some(&attributes), &input.edges, tracking)?;
        }
        Ok(state.narrow(1, 0, self.dim)?)
    }
}

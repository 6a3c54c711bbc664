//! A graph network that is not equivariant.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Activation, Backend};
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use crate::egcl::{Egcl, EgclSpec};
use crate::error::{Result, positive};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// [`Gnn`].
    pub const GNN: Self = Self::new(&Definition {
        name: "gnn",
        about: "Graph network on absolute positions: not equivariant",
        symmetry: SymmetryGroup::Permutations,
        learning_rate: 1e-3,
        layers: 4,
        ignores: &[],
        options: &[],
        mark: "embedding.0.weight",
        layer_prefix: Some("gcl_"),
        cost: Cost { train_ms: 5.4, forward_ms: 1.8, bytes: 1.1e5, parameters: 104_387.0 },
        init: |config, stream, dtype, backend| {
            let NbodyModelConfig { dim, hidden, layers, .. } = *config;
            let config = GnnConfig { dim, hidden, layers };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

/// Sizes of [`Gnn`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GnnConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Features of a node and width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
}

impl Default for GnnConfig {
    fn default() -> Self {
        Self { dim: 3, hidden: 64, layers: 4 }
    }
}

impl GnnConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Gnn> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Gnn> {
        let Self { dim, hidden, layers: depth } = *self;
        positive(&[("dim", dim), ("hidden", hidden), ("layers", depth)])?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let embedding = builder.linear("embedding.0", LinearSpec::new(2 * dim, hidden));
        builder.finish_group("embedding")?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let spec =
                EgclSpec { embedding: (layer == 0).then_some(embedding), attributes: 1, ..EgclSpec::new(hidden) };
            layers.push(Egcl::init(&mut builder, &format!("gcl_{layer}"), spec)?);
        }
        let decoder = [
            builder.linear("decoder.0", LinearSpec::new(hidden, hidden)),
            builder.linear("decoder.2", LinearSpec::new(hidden, dim)),
        ];
        builder.finish_group("decoder")?;
        Ok(Gnn { dim, layers, decoder, parameters: builder.finish() })
    }
}

/// A message-passing network on absolute positions (the paper's Table 1, "GNN").
///
/// ```text
/// h_i = Linear([x_i, v_i])
/// m_ij = phi_e(h_i, h_j, c_i c_j)
/// h_i' = h_i + phi_h(h_i, sum_j m_ij)
/// x_i' = Linear(silu(Linear(h_i)))
/// ```
///
/// It predicts absolute positions, not a displacement, as the authors' does.
#[derive(Debug, Clone)]
pub struct Gnn {
    dim: usize,
    layers: Vec<Egcl>,
    decoder: [Linear; 2],
    parameters: Parameters,
}

impl NbodyModel for Gnn {
    fn kind(&self) -> ModelKind {
        ModelKind::GNN
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let parameters = &self.parameters;
        let attributes = input.charge_product(self.parameters.backend())?;
        let mut h = Tensor::cat(&[&input.x, &input.v], 1)?;
        for layer in &self.layers {
            h = layer.run(parameters, &h, Some(&attributes), &input.edges, tracking)?;
        }
        let hidden = parameters.dense(&h, self.decoder[0], Activation::Silu, tracking)?;
        parameters.dense(&hidden, self.decoder[1], Activation::Identity, tracking)
    }
}

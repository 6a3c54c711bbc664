//! A graph network that is not equivariant.

use candle_core::{DType, Tensor};
use egnn_random::Stream;

use super::{ModelKind, NbodyInput, NbodyModel, positive};
use crate::error::Result;
use crate::ops::{Activation, dense, edge_dense, segment_sum};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

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
        let Self { dim, hidden, layers: depth } = *self;
        positive(&[("dim", dim), ("hidden", hidden), ("layers", depth)])?;
        let mut builder = Builder::new(stream, dtype)?;
        let embedding = builder.linear("embedding.0", LinearSpec::new(2 * dim, hidden));
        builder.finish_group("embedding")?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let name = format!("gcl_{layer}");
            let square = LinearSpec::new(hidden, hidden);
            let edge_mlp = [
                builder.linear(&format!("{name}.edge_mlp.0"), LinearSpec::new(2 * hidden + 1, hidden)),
                builder.linear(&format!("{name}.edge_mlp.2"), square),
            ];
            let node_mlp = [
                builder.linear(&format!("{name}.node_mlp.0"), LinearSpec::new(2 * hidden, hidden)),
                builder.linear(&format!("{name}.node_mlp.2"), square),
            ];
            builder.finish_group(&name)?;
            layers.push(Gcl { edge_mlp, node_mlp });
        }
        let decoder = [
            builder.linear("decoder.0", LinearSpec::new(hidden, hidden)),
            builder.linear("decoder.2", LinearSpec::new(hidden, dim)),
        ];
        builder.finish_group("decoder")?;
        Ok(Gnn { dim, embedding, layers, decoder, parameters: builder.finish() })
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
    embedding: Linear,
    layers: Vec<Gcl>,
    decoder: [Linear; 2],
    parameters: Parameters,
}

#[derive(Debug, Clone)]
struct Gcl {
    edge_mlp: [Linear; 2],
    node_mlp: [Linear; 2],
}

impl NbodyModel for Gnn {
    fn kind(&self) -> ModelKind {
        ModelKind::Gnn
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let parameters = &self.parameters;
        let attributes = input.charge_product()?;
        let mut h = parameters.linear(&Tensor::cat(&[&input.x, &input.v], 1)?, &self.embedding, tracking)?;
        for layer in &self.layers {
            let first = parameters.weights(&layer.edge_mlp[0], tracking)?;
            let messages = edge_dense(&h, None, Some(&attributes), &input.edges, &first)?;
            let messages = dense(&messages, &parameters.weights(&layer.edge_mlp[1], tracking)?, Activation::Silu)?;
            let received = segment_sum(&messages, &input.edges)?;
            h = (&h + parameters.mlp(&Tensor::cat(&[&h, &received], 1)?, &layer.node_mlp, tracking)?)?;
        }
        parameters.mlp(&h, &self.decoder, tracking)
    }
}

//! EGNN and the message passing that it improves on.
//!
//! ```text
//! h_i = Linear(features_i)
//! EGNN  m_ij = e_ij phi_e(h_i, h_j, |x_i - x_j|^2),  e_ij = sigmoid(Linear(phi_e(..)))
//! NMP   m_ij = phi_e(h_i, h_j, Gaussians of |x_i - x_j|)
//!       h_i <- h_i + phi_h(h_i, sum_j m_ij)                          in every layer
//!       prediction = MLP(sum_i MLP(h_i))
//! ```

use candle_core::Tensor;
use egnn_kernels::Activation;

use super::model::gaussians;
use super::{ATOM_FEATURES, MoleculeInput, MoleculeModelConfig, MoleculeModelKind};
use crate::egcl::{Egcl, EgclOptions, EgclSpec};
use crate::error::Result;
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

#[derive(Debug, Clone)]
pub(super) struct MessagePassing {
    layers: Vec<Egcl>,
    /// MLPs of an atom and of the sum over atoms.
    node: [Linear; 2],
    graph: [Linear; 2],
}

impl MessagePassing {
    pub(super) fn init(builder: &mut Builder, config: &MoleculeModelConfig) -> Result<Self> {
        let &MoleculeModelConfig { model, hidden, layers, attention, update_coordinates, gaussians, .. } = config;
        let is_egnn = model == MoleculeModelKind::Egnn;
        let embedding = builder.linear("embedding", LinearSpec::new(ATOM_FEATURES, hidden));
        builder.finish_group("embedding")?;
        let moves = is_egnn && update_coordinates;
        let layer = |number: usize| {
            let spec = EgclSpec {
                embedding: (number == 0).then_some(embedding),
                // Distances that do not change are attributes of the edges: nothing flows back to positions.
                attributes: match (moves, is_egnn) {
                    (true, _) => 0,
                    (false, true) => 1,
                    (false, false) => gaussians,
                },
                dim: if moves { 3 } else { 0 },
                coordinates_are_read: number + 1 < layers,
                options: EgclOptions { attention: is_egnn && attention, ..EgclOptions::default() },
                ..EgclSpec::new(hidden)
            };
            Egcl::init(builder, &format!("gcl_{number}"), spec)
        };
        let layers = (0..layers).map(layer).collect::<Result<_>>()?;
        let mut mlp = |name: &str, outputs: usize| {
            let first = builder.linear(&format!("{name}.0"), LinearSpec::new(hidden, hidden));
            let last = builder.linear(&format!("{name}.2"), LinearSpec::new(hidden, outputs));
            builder.finish_group(name).map(|_| [first, last])
        };
        Ok(Self { layers, node: mlp("node_dec", hidden)?, graph: mlp("graph_dec", 1)? })
    }

    /// `(molecules, 1)`.
    pub(super) fn run(
        &self,
        config: &MoleculeModelConfig,
        parameters: &Parameters,
        input: &MoleculeInput,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let &MoleculeModelConfig { model, hidden, update_coordinates, .. } = config;
        let backend = parameters.backend();
        let moves = model == MoleculeModelKind::Egnn && update_coordinates;
        let (mut state, attributes) = if moves {
            (Tensor::cat(&[&input.features, &input.positions], 1)?, None)
        } else {
            let squared = backend.squared_distances(&input.positions, &input.edges)?;
            let attributes = if model == MoleculeModelKind::Egnn { squared } else { gaussians(config, &squared)? };
            (input.features.clone(), Some(attributes))
        };
        for layer in &self.layers {
            state = layer.run(parameters, &state, attributes.as_ref(), &input.edges, tracking)?;
        }
        let h = if moves { state.narrow(1, 0, hidden)? } else { state };
        let mlp = |x: &Tensor, maps: [Linear; 2]| {
            let hidden = parameters.dense(x, maps[0], Activation::Silu, tracking)?;
            parameters.dense(&hidden, maps[1], Activation::Identity, tracking)
        };
        let molecules = backend.segment_sum(&mlp(&h, self.node)?, &input.members)?;
        mlp(&molecules, self.graph)
    }
}

//! What an autoencoder is given.

use candle_core::{DType, Tensor};
use egnn_kernels::Edges;

use crate::error::{NnError, Result, shaped};

/// One graph, or several side by side.
///
/// # Shapes
/// `adjacency: (edges, 1)`, `noise: (nodes, width)` with the width that
/// [`EncoderKind::noise_width`](super::EncoderKind::noise_width) says; both of the model's number type.
#[derive(Debug, Clone)]
pub struct AutoencoderInput {
    /// `A_ij` of every ordered pair of nodes: 1 if it is an edge, 0 if not.
    pub adjacency: Tensor,
    /// What the nodes begin with, drawn from `N(0, 1)` afresh for every pass. `None` for encoders without.
    pub noise: Option<Tensor>,
    /// The ordered pairs of nodes: [`Edges::complete`] in the paper.
    pub edges: Edges,
}

impl AutoencoderInput {
    /// Refuse tensors that do not fit together, the noise that is needed or the number type.
    pub(super) fn check(&self, noise_width: usize, dtype: DType) -> Result<()> {
        shaped("adjacency", &self.adjacency, [self.edges.len(), 1], dtype)?;
        match &self.noise {
            _ if noise_width == 0 => Ok(()),
            Some(noise) => shaped("noise", noise, [self.edges.nodes(), noise_width], dtype),
            None => {
                let expected = format!("({}, {noise_width}), but none is given", self.edges.nodes());
                Err(NnError::InputShape { name: "noise", found: Vec::new(), expected })
            }
        }
    }

    /// 1 for every node, `(nodes, 1)`.
    pub(super) fn ones(&self) -> Result<Tensor> {
        Ok(Tensor::ones((self.edges.nodes(), 1), self.adjacency.dtype(), self.adjacency.device())?)
    }
}

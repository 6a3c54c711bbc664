//! What an n-body model is given, and what it derives from it.

use candle_core::{DType, Tensor};
use egnn_kernels::{Backend, Edges};

use crate::error::{NnError, Result};

/// A batch of systems: the bodies of all of them, one after the other.
///
/// # Shapes
/// `x` and `v`: `(nodes, dim)`; `charge`: `(nodes, 1)`; all of the model's number type.
#[derive(Debug, Clone)]
pub struct NbodyInput {
    /// Positions.
    pub x: Tensor,
    /// Velocities.
    pub v: Tensor,
    /// Charges.
    pub charge: Tensor,
    /// Which body feels which: [`Edges::complete`] in the paper.
    pub edges: Edges,
}

impl NbodyInput {
    /// Refuse tensors that do not fit together, the dimension or the number type.
    pub(super) fn check(&self, dim: usize, dtype: DType) -> Result<()> {
        let nodes = self.edges.nodes();
        for (name, tensor, width) in [("x", &self.x, dim), ("v", &self.v, dim), ("charge", &self.charge, 1)] {
            if tensor.dims() != [nodes, width] || tensor.dtype() != dtype {
                return Err(NnError::InputShape {
                    name,
                    found: tensor.dims().to_vec(),
                    expected: format!("({nodes}, {width}) of type {dtype:?} (it has type {:?})", tensor.dtype()),
                });
            }
        }
        Ok(())
    }

    /// `|v|`, `(nodes, 1)`.
    pub(super) fn speed(&self) -> Result<Tensor> {
        Ok(self.v.detach().sqr()?.sum_keepdim(1)?.sqrt()?)
    }

    /// `c_i c_j`, `(edges, 1)`.
    pub(super) fn charge_product(&self, backend: Backend) -> Result<Tensor> {
        Ok(backend.products(&self.charge, &self.edges)?)
    }

    /// `[c_i c_j, |x_i - x_j|^2]` of the given positions, `(edges, 2)`.
    pub(super) fn charge_and_distance(&self, backend: Backend) -> Result<Tensor> {
        let distance = backend.squared_distances(&self.x, &self.edges)?;
        Ok(Tensor::cat(&[&self.charge_product(backend)?, &distance], 1)?)
    }
}

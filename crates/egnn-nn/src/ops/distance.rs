//! Squared distances along edges.

use std::marker::PhantomData;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use super::real::Real;
use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;

/// `|x_i - x_j|^2` of each edge, i its row and j its col.
///
/// # Shapes
/// `x: (nodes, dim)`, result `(edges, 1)`.
pub fn squared_distance(x: &Tensor, edges: &Edges) -> Result<Tensor> {
    if x.dims2()?.0 != edges.nodes() {
        candle_core::bail!("squared-distance: {} positions for {} nodes", x.dims()[0], edges.nodes());
    }
    match x.dtype() {
        DType::F32 => x.contiguous()?.apply_op1(SquaredDistance::<f32>::along(edges)),
        DType::F64 => x.contiguous()?.apply_op1(SquaredDistance::<f64>::along(edges)),
        dtype => candle_core::bail!("squared-distance: number type {dtype:?} is not supported"),
    }
}

struct SquaredDistance<T> {
    edges: Edges,
    number: PhantomData<T>,
}

impl<T> SquaredDistance<T> {
    fn along(edges: &Edges) -> Self {
        Self { edges: edges.clone(), number: PhantomData }
    }
}

/// The rows of `x` at both ends of each edge.
pub(crate) fn ends<'a, T>(edges: &'a Edges, x: &'a [T], dim: usize) -> impl Iterator<Item = (&'a [T], &'a [T])> {
    let at = move |node: &u32| &x[*node as usize * dim..][..dim];
    edges.row().iter().map(at).zip(edges.col().iter().map(at))
}

impl<T: Real> CustomOp1 for SquaredDistance<T> {
    fn name(&self) -> &'static str {
        "squared-distance"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = elements::<T>(x, layout)?;
        let distances = ends(&self.edges, x, layout.dims()[1])
            .map(|(receiver, sender)| {
                receiver.iter().zip(sender).fold(T::default(), |sum, (&a, &b)| sum + (a - b) * (a - b))
            })
            .collect();
        Ok((T::to_cpu_storage_owned(distances), (self.edges.len(), 1).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let dim = x.dims()[1];
        let (row, col) = (self.edges.row(), self.edges.col());
        let result = with_elements(gradient, |gradient: &[T]| {
            with_elements(x, |x: &[T]| {
                let mut result = vec![T::default(); x.len()];
                for ((&i, &j), &g) in row.iter().zip(col).zip(gradient) {
                    let (i, j) = (i as usize * dim, j as usize * dim);
                    for axis in 0..dim {
                        let part = (g + g) * (x[i + axis] - x[j + axis]);
                        result[i + axis] += part;
                        result[j + axis] -= part;
                    }
                }
                result
            })
        })??;
        Ok(Some(tensor(result, x.shape())?))
    }
}

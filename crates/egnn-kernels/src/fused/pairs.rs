//! Constants of edges, from what their ends have.

use candle_core::{Result, Tensor};

use super::storage::{tensor, with_elements};
use crate::edges::Edges;

/// See [`crate::Backend::squared_distances`].
pub(crate) fn squared_distances(x: &Tensor, edges: &Edges) -> Result<Tensor> {
    of_ends(x, edges, squared_distance, x.dims2()?.1)
}

/// `|a - b|^2`, summed axis by axis.
#[inline(always)]
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
}

/// See [`crate::Backend::products`].
pub(crate) fn products(values: &Tensor, edges: &Edges) -> Result<Tensor> {
    of_ends(values, edges, |receiver, sender| receiver[0] * sender[0], 1)
}

fn of_ends(nodes: &Tensor, edges: &Edges, of: impl Fn(&[f32], &[f32]) -> f32, width: usize) -> Result<Tensor> {
    let numbers = with_elements(nodes, |nodes| {
        let at = |node: u32| &nodes[node as usize * width..][..width];
        edges.row().iter().zip(edges.col()).map(|(&row, &col)| of(at(row), at(col))).collect()
    })?;
    tensor(numbers, (edges.len(), 1))
}

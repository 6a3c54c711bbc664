//! What the messages do to the coordinates.

use std::marker::PhantomData;

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

use super::real::Real;
use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;

/// How a node's incoming terms are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Divided by their number (by 1 if there is none): C = 1/(M-1) on a complete graph of M nodes.
    #[default]
    Mean,
    /// Added.
    Sum,
}

/// How coordinates are updated.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Coordinates {
    /// How the terms of a node are combined.
    pub aggregation: Aggregation,
    /// Bound of each component of a term, in both directions, before the aggregation. A component beyond it passes no
    /// gradient; one on it does.
    pub clamp: Option<f64>,
    /// Divide each difference by its norm + 1e-8. The norm counts as a constant in the gradient.
    pub normalize: bool,
}

/// `C sum_j (x_i - x_j) s_ij`, the sum of equation (4).
///
/// # Shapes
/// `x: (nodes, dim)`, `scale: (edges, 1)`, result `(nodes, dim)`.
pub fn coordinate_update(x: &Tensor, scale: &Tensor, edges: &Edges, options: Coordinates) -> Result<Tensor> {
    if x.dims2()?.0 != edges.nodes() {
        candle_core::bail!("coordinate-update: {} positions for {} nodes", x.dims()[0], edges.nodes());
    }
    if scale.dims2()? != (edges.len(), 1) {
        candle_core::bail!("coordinate-update: scales of shape {:?} for {} edges", scale.dims(), edges.len());
    }
    let (x, scale) = (x.contiguous()?, scale.contiguous()?);
    match x.dtype() {
        DType::F32 => x.apply_op2(&scale, CoordinateUpdate::<f32>::new(edges, options)),
        DType::F64 => x.apply_op2(&scale, CoordinateUpdate::<f64>::new(edges, options)),
        dtype => candle_core::bail!("coordinate-update: number type {dtype:?} is not supported"),
    }
}

struct CoordinateUpdate<T> {
    edges: Edges,
    options: Coordinates,
    number: PhantomData<T>,
}

impl<T: Real> CoordinateUpdate<T> {
    fn new(edges: &Edges, options: Coordinates) -> Self {
        Self { edges: edges.clone(), options, number: PhantomData }
    }

    /// C of a node.
    fn share(&self, node: usize) -> T {
        match self.options.aggregation {
            Aggregation::Mean => T::from_f64(1.0 / self.edges.of_row(node).len().max(1) as f64),
            Aggregation::Sum => T::one(),
        }
    }

    fn bound(&self) -> T {
        T::from_f64(self.options.clamp.unwrap_or(f64::INFINITY))
    }

    /// What the difference between two positions is multiplied with before the scale.
    fn inverse_norm(&self, receiver: &[T], sender: &[T]) -> T {
        if !self.options.normalize {
            return T::one();
        }
        let squared = receiver.iter().zip(sender).fold(T::default(), |sum, (&a, &b)| sum + (a - b) * (a - b));
        T::one() / (squared.root() + T::from_f64(1e-8))
    }

    fn forward(&self, x: &[T], scale: &[T], dim: usize) -> Vec<T> {
        let bound = self.bound();
        let mut update = vec![T::default(); x.len()];
        for node in 0..self.edges.nodes() {
            let receiver = &x[node * dim..][..dim];
            let update = &mut update[node * dim..][..dim];
            for edge in self.edges.of_row(node) {
                let sender = &x[self.edges.col()[edge] as usize * dim..][..dim];
                let inverse = self.inverse_norm(receiver, sender);
                for ((update, &a), &b) in update.iter_mut().zip(receiver).zip(sender) {
                    *update += clamp((a - b) * inverse * scale[edge], bound);
                }
            }
            let share = self.share(node);
            for update in update {
                *update *= share;
            }
        }
        update
    }

    fn backward(&self, x: &[T], scale: &[T], gradient: &[T], dim: usize) -> (Vec<T>, Vec<T>) {
        let bound = self.bound();
        let mut x_gradient = vec![T::default(); x.len()];
        let mut scale_gradient = vec![T::default(); scale.len()];
        for node in 0..self.edges.nodes() {
            let share = self.share(node);
            for edge in self.edges.of_row(node) {
                let (i, j) = (node * dim, self.edges.col()[edge] as usize * dim);
                let inverse = self.inverse_norm(&x[i..i + dim], &x[j..j + dim]);
                for axis in 0..dim {
                    let difference = (x[i + axis] - x[j + axis]) * inverse;
                    let term = difference * scale[edge];
                    if term > bound || term < -bound {
                        continue;
                    }
                    let part = gradient[i + axis] * share;
                    scale_gradient[edge] += part * difference;
                    let part = part * scale[edge] * inverse;
                    x_gradient[i + axis] += part;
                    x_gradient[j + axis] -= part;
                }
            }
        }
        (x_gradient, scale_gradient)
    }
}

/// Unlike `min` and `max`, these comparisons let NaN through: a diverging run must not look healthy.
fn clamp<T: Real>(value: T, bound: T) -> T {
    if value > bound {
        bound
    } else if value < -bound {
        -bound
    } else {
        value
    }
}

impl<T: Real> CustomOp2 for CoordinateUpdate<T> {
    fn name(&self) -> &'static str {
        "coordinate-update"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        scale: &CpuStorage,
        scale_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let update = self.forward(elements(x, x_layout)?, elements(scale, scale_layout)?, x_layout.dims()[1]);
        Ok((T::to_cpu_storage_owned(update), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dim = x.dims()[1];
        let (x_gradient, scale_gradient) = with_elements(x, |x_values: &[T]| {
            with_elements(scale, |scale_values: &[T]| {
                with_elements(gradient, |gradient: &[T]| self.backward(x_values, scale_values, gradient, dim))
            })
        })???;
        let x_gradient = if x.track_op() { Some(tensor(x_gradient, x.shape())?) } else { None };
        Ok((x_gradient, Some(tensor(scale_gradient, scale.shape())?)))
    }
}

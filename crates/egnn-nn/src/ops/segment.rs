//! The sum of the messages that each node receives.

use std::marker::PhantomData;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use super::real::Real;
use super::storage::{elements, tensor, with_elements};
use super::vectorised;
use crate::edges::Edges;

/// `m_i = sum_j m_ij`, equation (5): each node's incoming messages, added in the order of the edges.
///
/// # Shapes
/// `messages: (edges, features)`, result `(nodes, features)`.
pub fn segment_sum(messages: &Tensor, edges: &Edges) -> Result<Tensor> {
    if messages.dims2()?.0 != edges.len() {
        candle_core::bail!("segment-sum: {} messages for {} edges", messages.dims()[0], edges.len());
    }
    match messages.dtype() {
        DType::F32 => messages.contiguous()?.apply_op1(SegmentSum::<f32>::over(edges)),
        DType::F64 => messages.contiguous()?.apply_op1(SegmentSum::<f64>::over(edges)),
        dtype => candle_core::bail!("segment-sum: number type {dtype:?} is not supported"),
    }
}

struct SegmentSum<T> {
    edges: Edges,
    number: PhantomData<T>,
}

impl<T> SegmentSum<T> {
    fn over(edges: &Edges) -> Self {
        Self { edges: edges.clone(), number: PhantomData }
    }
}

impl<T: Real> CustomOp1 for SegmentSum<T> {
    fn name(&self) -> &'static str {
        "segment-sum"
    }

    fn cpu_fwd(&self, messages: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let edges = &self.edges;
        let features = layout.dims()[1];
        let messages = elements::<T>(messages, layout)?;
        let mut sums = vec![T::default(); edges.nodes() * features];
        vectorised(
            #[inline(always)]
            || {
                if features == 0 {
                    return;
                }
                for (node, sum) in sums.chunks_exact_mut(features).enumerate() {
                    let incoming = edges.of_row(node);
                    for message in messages[incoming.start * features..incoming.end * features].chunks_exact(features) {
                        for (sum, &value) in sum.iter_mut().zip(message) {
                            *sum += value;
                        }
                    }
                }
            },
        );
        Ok((T::to_cpu_storage_owned(sums), (edges.nodes(), features).into()))
    }

    fn bwd(&self, messages: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let features = messages.dims()[1];
        let spread = with_elements(gradient, |gradient: &[T]| {
            let mut spread = Vec::with_capacity(messages.elem_count());
            for &row in self.edges.row() {
                spread.extend_from_slice(&gradient[row as usize * features..][..features]);
            }
            spread
        })?;
        Ok(Some(tensor(spread, messages.shape())?))
    }
}

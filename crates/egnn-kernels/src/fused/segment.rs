//! Sums and means of what each node receives.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;

/// See [`crate::Backend::segment_sum`].
pub(crate) fn segment_sum(messages: &Tensor, edges: &Edges) -> Result<Tensor> {
    messages.contiguous()?.apply_op1(Segment { edges: edges.clone(), mean: false })
}

/// See [`crate::Backend::segment_mean`].
pub(crate) fn segment_mean(messages: &Tensor, edges: &Edges) -> Result<Tensor> {
    messages.contiguous()?.apply_op1(Segment { edges: edges.clone(), mean: true })
}

struct Segment {
    edges: Edges,
    mean: bool,
}

impl Segment {
    fn share(&self, node: usize) -> f32 {
        if self.mean { self.edges.share(node) } else { 1.0 }
    }
}

impl CustomOp1 for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn cpu_fwd(&self, messages: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let features = layout.dims()[1];
        let messages = elements(messages, layout)?;
        let mut sums = vec![0.0; self.edges.nodes() * features];
        for (node, sum) in sums.chunks_exact_mut(features.max(1)).enumerate() {
            for edge in self.edges.of_row(node) {
                for (sum, &value) in sum.iter_mut().zip(&messages[edge * features..][..features]) {
                    *sum += value;
                }
            }
            let share = self.share(node);
            for sum in sum {
                *sum *= share;
            }
        }
        Ok((CpuStorage::F32(sums), (self.edges.nodes(), features).into()))
    }

    fn bwd(&self, messages: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let features = messages.dims()[1];
        let spread = with_elements(gradient, |gradient| {
            let mut spread = Vec::with_capacity(self.edges.len() * features);
            for &row in self.edges.row() {
                let share = self.share(row as usize);
                spread.extend(gradient[row as usize * features..][..features].iter().map(|&value| value * share));
            }
            spread
        })?;
        Ok(Some(tensor(spread, messages.shape())?))
    }
}

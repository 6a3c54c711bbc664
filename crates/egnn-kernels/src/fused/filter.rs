//! Sums of what each node receives through filters: SchNet's continuous-filter convolution.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;

/// See [`crate::Backend::filtered_sum`].
pub(crate) fn filtered_sum(nodes: &Tensor, filters: &Tensor, edges: &Edges) -> Result<Tensor> {
    nodes.contiguous()?.apply_op2(&filters.contiguous()?, Filtered { edges: edges.clone() })
}

struct Filtered {
    edges: Edges,
}

impl Filtered {
    /// Receiver and sender of each edge, as places of their rows.
    fn ends(&self, features: usize) -> impl Iterator<Item = [std::ops::Range<usize>; 2]> {
        let place = move |&node: &u32| node as usize * features..(node as usize + 1) * features;
        self.edges.row().iter().zip(self.edges.col()).map(move |(row, col)| [place(row), place(col)])
    }
}

impl CustomOp2 for Filtered {
    fn name(&self) -> &'static str {
        "filtered-sum"
    }

    fn cpu_fwd(
        &self,
        nodes: &CpuStorage,
        nodes_layout: &Layout,
        filters: &CpuStorage,
        filters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let features = nodes_layout.dims()[1];
        let (nodes, filters) = (elements(nodes, nodes_layout)?, elements(filters, filters_layout)?);
        let mut sums = vec![0.0_f32; self.edges.nodes() * features];
        for ([receiver, sender], filter) in self.ends(features).zip(filters.chunks_exact(features.max(1))) {
            for ((sum, &value), &factor) in sums[receiver].iter_mut().zip(&nodes[sender]).zip(filter) {
                *sum += value * factor;
            }
        }
        Ok((CpuStorage::F32(sums), (self.edges.nodes(), features).into()))
    }

    fn bwd(
        &self,
        nodes: &Tensor,
        filters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let features = nodes.dims()[1];
        let mut of_nodes = vec![0.0_f32; if nodes.track_op() { nodes.elem_count() } else { 0 }];
        let mut of_filters = vec![0.0_f32; if filters.track_op() { filters.elem_count() } else { 0 }];
        if nodes.track_op() {
            with_elements(filters, |filters| {
                with_elements(gradient, |gradient| {
                    for ([receiver, sender], filter) in self.ends(features).zip(filters.chunks_exact(features.max(1))) {
                        for ((of, &part), &factor) in of_nodes[sender].iter_mut().zip(&gradient[receiver]).zip(filter) {
                            *of += part * factor;
                        }
                    }
                })
            })??;
        }
        if filters.track_op() {
            with_elements(nodes, |nodes| {
                with_elements(gradient, |gradient| {
                    let rows = of_filters.chunks_exact_mut(features.max(1));
                    for ([receiver, sender], of) in self.ends(features).zip(rows) {
                        for ((of, &part), &value) in of.iter_mut().zip(&gradient[receiver]).zip(&nodes[sender]) {
                            *of = part * value;
                        }
                    }
                })
            })??;
        }
        let found =
            |tracked: &Tensor, numbers| tracked.track_op().then(|| tensor(numbers, tracked.shape())).transpose();
        Ok((found(nodes, of_nodes)?, found(filters, of_filters)?))
    }
}

//! Attention over what each node receives.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::arena::Buffer;
use super::rows::{add_scaled, dot};
use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;

/// See [`crate::Backend::attention`].
pub(crate) fn attention(query: &Tensor, key: &Tensor, value: &Tensor, edges: &Edges) -> Result<Tensor> {
    let operation = Attention { edges: edges.clone(), weights: OnceLock::new() };
    query.contiguous()?.apply_op3(&key.contiguous()?, &value.contiguous()?, operation)
}

struct Attention {
    edges: Edges,
    /// The softmax, a number an edge.
    weights: OnceLock<Buffer>,
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        key: &CpuStorage,
        key_layout: &Layout,
        value: &CpuStorage,
        value_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (width, columns) = (query_layout.dims()[1], value_layout.dims()[1]);
        let (query, key) = (elements(query, query_layout)?, elements(key, key_layout)?);
        let value = elements(value, value_layout)?;
        let mut weights = Buffer::take(self.edges.len());
        let mut sums = vec![0.0; self.edges.nodes() * columns];
        for node in 0..self.edges.nodes() {
            let (edges, query) = (self.edges.of_row(node), &query[node * width..][..width]);
            let weights = &mut weights[edges.clone()];
            for (weight, key) in weights.iter_mut().zip(key[edges.start * width..].chunks_exact(width)) {
                *weight = dot(query, key) / (width as f32).sqrt();
            }
            let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for weight in weights.iter_mut() {
                *weight = (*weight - largest).exp();
                sum += *weight;
            }
            let target = &mut sums[node * columns..][..columns];
            for (weight, edge) in weights.iter_mut().zip(edges) {
                *weight /= sum;
                add_scaled(target, *weight, &value[edge * columns..][..columns]);
            }
        }
        let _ = self.weights.set(weights);
        Ok((CpuStorage::F32(sums), (self.edges.nodes(), columns).into()))
    }

    fn bwd(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some(weights) = self.weights.get() else { return Ok((None, None, None)) };
        let (width, columns) = (query.dims()[1], value.dims()[1]);
        let mut of_query = vec![0.0; query.elem_count()];
        let mut of_key = vec![0.0; key.elem_count()];
        let mut of_value = vec![0.0; value.elem_count()];
        let mut work = |query: &[f32], key: &[f32], value: &[f32], gradient: &[f32]| {
            let mut slopes = Vec::new();
            for node in 0..self.edges.nodes() {
                let edges = self.edges.of_row(node);
                let (weights, gradient) = (&weights[edges.clone()], &gradient[node * columns..][..columns]);
                slopes.clear();
                for (&weight, edge) in weights.iter().zip(edges.clone()) {
                    slopes.push(dot(gradient, &value[edge * columns..][..columns]));
                    add_scaled(&mut of_value[edge * columns..][..columns], weight, gradient);
                }
                let mean = dot(weights, &slopes);
                for ((&weight, slope), edge) in weights.iter().zip(&slopes).zip(edges) {
                    let logit = weight * (slope - mean) / (width as f32).sqrt();
                    let (row, place) = (node * width..(node + 1) * width, edge * width..(edge + 1) * width);
                    add_scaled(&mut of_query[row.clone()], logit, &key[place.clone()]);
                    add_scaled(&mut of_key[place], logit, &query[row]);
                }
            }
        };
        with_elements(query, |query| {
            with_elements(key, |key| {
                with_elements(value, |value| with_elements(gradient, |gradient| work(query, key, value, gradient)))
            })
        })????;
        let found = |of: Vec<f32>, tracked: &Tensor| tensor(of, tracked.shape());
        Ok((Some(found(of_query, query)?), Some(found(of_key, key)?), Some(found(of_value, value)?)))
    }
}

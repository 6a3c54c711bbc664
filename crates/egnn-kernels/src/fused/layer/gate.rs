//! A layer's backward pass through the gate of equation (8).

use super::super::arena::Buffer;
use super::backward::Backward;
use super::shared::{Activated, dot};
use crate::math;
use crate::simd::Lanes;

impl Backward<'_> {
    /// Messages after the gate.
    #[inline(always)]
    pub(super) fn gate_again<L: Lanes>(
        &self,
        lanes: L,
        range: std::ops::Range<usize>,
        message: &Activated,
        gated: &mut Buffer,
    ) {
        let vectors = self.shape.width / L::F32_LANES;
        let messages = L::as_simd_f32s(&message.value).0.chunks_exact(vectors);
        let gated = L::as_mut_simd_f32s(gated).0.chunks_exact_mut(vectors);
        for ((&gate, row), gated) in self.saved.gate[range].iter().zip(messages).zip(gated) {
            for (gated, &value) in gated.iter_mut().zip(row) {
                *gated = lanes.mul_f32s(value, lanes.splat_f32s(gate));
            }
        }
    }

    /// Through the sum, the gate and the activation before it, edge by edge; `again` has room for a row.
    #[inline(always)]
    pub(super) fn gated_sums<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        again: &mut Activated,
        message: &mut Buffer,
    ) {
        let vectors = self.shape.width / L::F32_LANES;
        let z =
            L::as_simd_f32s(&self.saved.message).0[range.start * vectors..range.end * vectors].chunks_exact(vectors);
        let received = L::as_simd_f32s(&self.found.received).0;
        let weights = L::as_simd_f32s(&self.weights.gate).0;
        let sums = L::as_mut_simd_f32s(&mut self.found.gate).0;
        let value = &mut L::as_mut_simd_f32s(&mut again.value).0[..vectors];
        let slope = &mut L::as_mut_simd_f32s(&mut again.slope).0[..vectors];
        let rows = L::as_mut_simd_f32s(message).0.chunks_exact_mut(vectors);
        let edges = self.shape.edges.row()[range.clone()].iter().zip(&self.saved.gate[range]);
        for (((&node, &gate), z), row) in edges.zip(z).zip(rows) {
            let gradient = &received[node as usize * vectors..][..vectors];
            let mut sum = lanes.splat_f32s(0.0);
            for c in 0..vectors {
                (value[c], slope[c]) = math::silu_and_slope(lanes, z[c]);
                sum = lanes.multiply_add(gradient[c], value[c], sum);
            }
            let inner = lanes.reduce_sum_f32s(sum) * gate * (1.0 - gate);
            self.found.gate_bias += inner;
            let (inner, gate) = (lanes.splat_f32s(inner), lanes.splat_f32s(gate));
            for c in 0..vectors {
                sums[c] = lanes.multiply_add(inner, value[c], sums[c]);
                let sum = lanes.multiply_add(inner, weights[c], lanes.mul_f32s(gate, gradient[c]));
                row[c] = lanes.mul_f32s(sum, slope[c]);
            }
        }
    }

    /// Through the gate and the activation before it.
    #[inline(always)]
    pub(super) fn gates<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        again: &Activated,
        message: &mut Buffer,
    ) {
        let vectors = self.shape.width / L::F32_LANES;
        let value = L::as_simd_f32s(&again.value).0.chunks_exact(vectors);
        let slope = L::as_simd_f32s(&again.slope).0.chunks_exact(vectors);
        let weights = L::as_simd_f32s(&self.weights.gate).0;
        let sums = L::as_mut_simd_f32s(&mut self.found.gate).0;
        let rows = L::as_mut_simd_f32s(message).0.chunks_exact_mut(vectors);
        for (((&gate, row), value), slope) in self.saved.gate[range].iter().zip(rows).zip(value).zip(slope) {
            let inner = dot(lanes, row, value) * gate * (1.0 - gate);
            self.found.gate_bias += inner;
            let (inner, gate) = (lanes.splat_f32s(inner), lanes.splat_f32s(gate));
            for c in 0..vectors {
                sums[c] = lanes.multiply_add(inner, value[c], sums[c]);
                let sum = lanes.multiply_add(inner, weights[c], lanes.mul_f32s(gate, row[c]));
                row[c] = lanes.mul_f32s(sum, slope[c]);
            }
        }
    }
}

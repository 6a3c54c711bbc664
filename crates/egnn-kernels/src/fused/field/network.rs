//! Linear, SiLU, Linear from a few numbers to one, many times: the hidden row never leaves the registers. The backward
//! pass computes it again, which costs less than keeping it.

use super::super::arena::{Buffer, padded};
use super::super::pack::{bias, put_bias, row, transposed};
use crate::definition::Map;
use crate::math;
use crate::simd::Lanes;

/// The two maps as the kernels read them.
pub(super) struct Network {
    maps: [Map; 2],
    /// A row for each input, then the first bias, then the last weight.
    weights: Buffer,
    last_bias: f32,
}

/// Gradient of a [`Network`]'s parameters.
pub(super) struct Gradient {
    /// As the network's weights.
    weights: Buffer,
    last_bias: f32,
}

/// A vector of what one hidden number needs: its weights and bias.
#[inline(always)]
fn activation<L: Lanes>(
    lanes: L,
    inputs: &[f32],
    weights: &[L::f32s],
    at: usize,
    vectors: usize,
) -> (L::f32s, L::f32s) {
    let mut z = weights[inputs.len() * vectors + at];
    for (k, &input) in inputs.iter().enumerate() {
        z = lanes.multiply_add(lanes.splat_f32s(input), weights[k * vectors + at], z);
    }
    math::silu_and_slope(lanes, z)
}

impl Network {
    pub(super) fn new(values: &[f32], maps: [Map; 2]) -> Self {
        let width = padded(maps[0].outputs);
        let inputs = maps[0].inputs;
        let mut weights = Buffer::zeroed((inputs + 2) * width);
        weights[..inputs * width].copy_from_slice(&transposed(values, maps[0], 0, inputs, width));
        weights[inputs * width..][..width].copy_from_slice(&row(bias(values, maps[0]), width));
        let last = &values[maps[1].offset..][..maps[1].inputs];
        weights[(inputs + 1) * width..].copy_from_slice(&row(last, width));
        Self { maps, weights, last_bias: bias(values, maps[1]).first().copied().unwrap_or(0.0) }
    }

    fn width(&self) -> usize {
        padded(self.maps[0].outputs)
    }

    /// Zero.
    pub(super) fn gradient(&self) -> Gradient {
        Gradient { weights: Buffer::zeroed(self.weights.len()), last_bias: 0.0 }
    }

    /// The result for each row of `inputs`.
    #[inline(always)]
    pub(super) fn forward<L: Lanes>(&self, lanes: L, inputs: &[f32], results: &mut [f32]) {
        let vectors = self.width() / L::F32_LANES;
        let weights = L::as_simd_f32s(&self.weights).0;
        let last = &weights[(self.maps[0].inputs + 1) * vectors..][..vectors];
        for (inputs, result) in inputs.chunks_exact(self.maps[0].inputs).zip(results) {
            let mut sum = lanes.splat_f32s(0.0);
            for (at, &last) in last.iter().enumerate() {
                sum = lanes.multiply_add(activation(lanes, inputs, weights, at, vectors).0, last, sum);
            }
            *result = lanes.reduce_sum_f32s(sum) + self.last_bias;
        }
    }

    /// Add to the parameters' gradient, and put that of each row's first input into `first`.
    #[inline(always)]
    pub(super) fn backward<L: Lanes>(
        &self,
        lanes: L,
        inputs: &[f32],
        gradients: &[f32],
        found: &mut Gradient,
        first: &mut [f32],
    ) {
        let vectors = self.width() / L::F32_LANES;
        let count = self.maps[0].inputs;
        let weights = L::as_simd_f32s(&self.weights).0;
        let last = &weights[(count + 1) * vectors..][..vectors];
        let (of_inputs, rest) = L::as_mut_simd_f32s(&mut found.weights).0.split_at_mut(count * vectors);
        let (of_bias, of_last) = rest.split_at_mut(vectors);
        for ((inputs, &gradient), first) in inputs.chunks_exact(count).zip(gradients).zip(first) {
            found.last_bias += gradient;
            let gradient = lanes.splat_f32s(gradient);
            let mut sum = lanes.splat_f32s(0.0);
            for at in 0..vectors {
                let (value, slope) = activation(lanes, inputs, weights, at, vectors);
                of_last[at] = lanes.multiply_add(gradient, value, of_last[at]);
                let inner = lanes.mul_f32s(lanes.mul_f32s(gradient, last[at]), slope);
                of_bias[at] = lanes.add_f32s(of_bias[at], inner);
                for (k, &input) in inputs.iter().enumerate() {
                    let place = &mut of_inputs[k * vectors + at];
                    *place = lanes.multiply_add(lanes.splat_f32s(input), inner, *place);
                }
                sum = lanes.multiply_add(inner, weights[at], sum);
            }
            *first = lanes.reduce_sum_f32s(sum);
        }
    }

    /// Write a gradient to where the maps lie.
    pub(super) fn put(&self, found: &Gradient, target: &mut [f32]) {
        let width = self.width();
        let [first, last] = self.maps;
        for (k, row) in found.weights.chunks_exact(width).take(first.inputs).enumerate() {
            for (o, &value) in row[..first.outputs].iter().enumerate() {
                target[first.offset + o * first.inputs + k] = value;
            }
        }
        put_bias(target, first, &found.weights[first.inputs * width..]);
        let weight = &found.weights[(first.inputs + 1) * width..][..last.inputs];
        target[last.offset..][..last.inputs].copy_from_slice(weight);
        put_bias(target, last, &[found.last_bias]);
    }
}

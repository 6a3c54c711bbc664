//! The hidden rows of a radial network: two times a linear map, LayerNorm and ReLU.

use super::super::arena::{Buffer, padded};
use super::BLOCK;
use crate::definition::Map;
use crate::irreps::{LAYER_NORM_EPSILON, Norm, RadialNet};
use crate::matrix::{Left, product};
use crate::simd::Lanes;

/// The hidden rows of one block, `[hidden, BLOCK]`, and what their gradient needs.
pub(super) struct Hidden {
    /// The distances.
    pub(super) distance: Buffer,
    /// After LayerNorm without weight and bias.
    normal: [Buffer; 2],
    /// What LayerNorm multiplied by.
    scale: [Buffer; 2],
    /// After ReLU.
    pub(super) active: [Buffer; 2],
}

/// Gradients of a radial network's hidden part, weights in rows padded to whole vectors.
pub(super) struct Gradient {
    first: Buffer,
    second: Buffer,
    biases: [Buffer; 2],
    norms: [[Buffer; 2]; 2],
    /// Of the hidden rows that are active, one block's: scratch.
    pub(super) active: Buffer,
}

impl Hidden {
    pub(super) fn new(hidden: usize) -> Self {
        let rows = || Buffer::take(hidden * BLOCK);
        let row = || Buffer::take(BLOCK);
        Self { distance: row(), normal: [rows(), rows()], scale: [row(), row()], active: [rows(), rows()] }
    }

    /// Compute the hidden rows from the distances.
    #[inline(always)]
    pub(super) fn forward<L: Lanes>(&mut self, lanes: L, net: &RadialNet, parameters: &[f32]) {
        let vectors = BLOCK / L::F32_LANES;
        let [first, second] = &mut self.normal;
        let bias = |map: Map, row: usize| map.bias_offset().map_or(0.0, |offset| parameters[offset + row]);
        let distance = L::as_simd_f32s(&self.distance).0;
        for (row, z) in L::as_mut_simd_f32s(first).0.chunks_exact_mut(vectors).enumerate() {
            let weight = lanes.splat_f32s(parameters[net.first.offset + row]);
            let bias = lanes.splat_f32s(bias(net.first, row));
            for (z, &distance) in z.iter_mut().zip(distance) {
                *z = lanes.multiply_add(weight, distance, bias);
            }
        }
        let [active, last] = &mut self.active;
        normalise(lanes, first, &mut self.scale[0]);
        activate(lanes, first, parameters, net.norms[0], active);
        let target = L::as_mut_simd_f32s(second).0;
        let hidden = net.hidden();
        product(
            lanes,
            [hidden, hidden, vectors],
            Left::rows(&parameters[net.second.offset..], hidden),
            L::as_simd_f32s(active).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                target[row * vectors + column] = lanes.add_f32s(sum, lanes.splat_f32s(bias(net.second, row)));
            },
        );
        normalise(lanes, second, &mut self.scale[1]);
        activate(lanes, second, parameters, net.norms[1], last);
    }

    /// Add to the gradient of the parameters, from that of the last hidden rows in `found.active`, which is overwritten.
    #[inline(always)]
    pub(super) fn backward<L: Lanes>(&self, lanes: L, net: &RadialNet, parameters: &[f32], found: &mut Gradient) {
        let vectors = BLOCK / L::F32_LANES;
        let hidden = net.hidden();
        self.through_norm(lanes, 1, net, parameters, found);
        add_sums(lanes, &found.active, &mut found.biases[1]);
        let width = padded(hidden);
        let rows = transposed(&self.active[0], width);
        add_products(lanes, [hidden, width], &found.active, &rows, &mut found.second);
        let mut inner = Buffer::take(hidden * BLOCK);
        let target = L::as_mut_simd_f32s(&mut inner).0;
        product(
            lanes,
            [hidden, hidden, vectors],
            Left::columns(&parameters[net.second.offset..], hidden),
            L::as_simd_f32s(&found.active).0,
            vectors,
            #[inline(always)]
            |_, row: usize, column: usize, sum| target[row * vectors + column] = sum,
        );
        found.active = inner;
        self.through_norm(lanes, 0, net, parameters, found);
        add_sums(lanes, &found.active, &mut found.biases[0]);
        let distance = L::as_simd_f32s(&self.distance).0;
        for (sum, row) in found.first.iter_mut().zip(L::as_simd_f32s(&found.active).0.chunks_exact(vectors)) {
            let mut product = lanes.splat_f32s(0.0);
            for (&value, &distance) in row.iter().zip(distance) {
                product = lanes.multiply_add(value, distance, product);
            }
            *sum += lanes.reduce_sum_f32s(product);
        }
    }

    /// From the gradient of active rows to that of the rows before LayerNorm.
    #[inline(always)]
    fn through_norm<L: Lanes>(
        &self,
        lanes: L,
        layer: usize,
        net: &RadialNet,
        parameters: &[f32],
        found: &mut Gradient,
    ) {
        let vectors = BLOCK / L::F32_LANES;
        let norm = net.norms[layer];
        let [weights, biases] = &mut found.norms[layer];
        let zero = lanes.splat_f32s(0.0);
        let share = lanes.splat_f32s(1.0 / norm.channels as f32);
        let gradient = L::as_mut_simd_f32s(&mut found.active).0;
        let active = L::as_simd_f32s(&self.active[layer]).0;
        let normal = L::as_simd_f32s(&self.normal[layer]).0;
        let mut means = Buffer::zeroed(2 * BLOCK);
        let (mean, along) = L::as_mut_simd_f32s(&mut means).0.split_at_mut(vectors);
        for row in 0..norm.channels {
            let weight = lanes.splat_f32s(parameters[norm.offset + row]);
            let (mut of_weight, mut of_bias) = (zero, zero);
            for vector in 0..vectors {
                let place = row * vectors + vector;
                let passed = lanes.select_f32s(lanes.greater_than_f32s(active[place], zero), gradient[place], zero);
                of_weight = lanes.multiply_add(passed, normal[place], of_weight);
                of_bias = lanes.add_f32s(of_bias, passed);
                let inner = lanes.mul_f32s(passed, weight);
                mean[vector] = lanes.multiply_add(inner, share, mean[vector]);
                along[vector] = lanes.multiply_add(lanes.mul_f32s(inner, share), normal[place], along[vector]);
                gradient[place] = inner;
            }
            weights[row] += lanes.reduce_sum_f32s(of_weight);
            biases[row] += lanes.reduce_sum_f32s(of_bias);
        }
        let scale = L::as_simd_f32s(&self.scale[layer]).0;
        for row in 0..norm.channels {
            for vector in 0..vectors {
                let place = row * vectors + vector;
                let rest = lanes.sub_f32s(gradient[place], mean[vector]);
                let rest = lanes.sub_f32s(rest, lanes.mul_f32s(normal[place], along[vector]));
                gradient[place] = lanes.mul_f32s(rest, scale[vector]);
            }
        }
    }
}

impl Gradient {
    /// Zero.
    pub(super) fn new(hidden: usize) -> Self {
        let row = || Buffer::zeroed(hidden);
        Self {
            first: row(),
            second: Buffer::zeroed(hidden * padded(hidden)),
            biases: [row(), row()],
            norms: [[row(), row()], [row(), row()]],
            active: Buffer::take(hidden * BLOCK),
        }
    }

    /// Write it to where the parameters lie.
    pub(super) fn put(&self, net: &RadialNet, target: &mut [f32]) {
        let hidden = net.hidden();
        target[net.first.offset..][..hidden].copy_from_slice(&self.first);
        super::super::pack::put(target, net.second, 0, hidden, &self.second, padded(hidden));
        for (map, bias) in [net.first, net.second].into_iter().zip(&self.biases) {
            super::super::pack::put_bias(target, map, bias);
        }
        for (norm, [weights, biases]) in net.norms.iter().zip(&self.norms) {
            target[norm.offset..][..hidden].copy_from_slice(weights);
            target[norm.offset + hidden..][..hidden].copy_from_slice(biases);
        }
    }
}

/// Take the mean of each edge's row away and divide by its deviation; `scale` becomes one over the deviation.
#[inline(always)]
fn normalise<L: Lanes>(lanes: L, rows: &mut [f32], scale: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    let count = rows.len() / BLOCK;
    let rows = L::as_mut_simd_f32s(rows).0;
    let share = lanes.splat_f32s(1.0 / count as f32);
    for (vector, scale) in L::as_mut_simd_f32s(scale).0.iter_mut().enumerate() {
        let mut sum = lanes.splat_f32s(0.0);
        for row in 0..count {
            sum = lanes.add_f32s(sum, rows[row * vectors + vector]);
        }
        let mean = lanes.mul_f32s(sum, share);
        let mut squares = lanes.splat_f32s(0.0);
        for row in 0..count {
            let place = &mut rows[row * vectors + vector];
            *place = lanes.sub_f32s(*place, mean);
            squares = lanes.multiply_add(*place, *place, squares);
        }
        let variance = lanes.multiply_add(squares, share, lanes.splat_f32s(LAYER_NORM_EPSILON as f32));
        *scale = lanes.div_f32s(lanes.splat_f32s(1.0), lanes.sqrt_f32s(variance));
        for row in 0..count {
            let place = &mut rows[row * vectors + vector];
            *place = lanes.mul_f32s(*place, *scale);
        }
    }
}

/// LayerNorm's weight and bias, then ReLU; what is not a number stays.
#[inline(always)]
fn activate<L: Lanes>(lanes: L, normal: &[f32], parameters: &[f32], norm: Norm, active: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    let zero = lanes.splat_f32s(0.0);
    let normal = L::as_simd_f32s(normal).0.chunks_exact(vectors);
    let active = L::as_mut_simd_f32s(active).0.chunks_exact_mut(vectors);
    for (row, (normal, active)) in normal.zip(active).enumerate() {
        let weight = lanes.splat_f32s(parameters[norm.offset + row]);
        let bias = lanes.splat_f32s(parameters[norm.offset + norm.channels + row]);
        for (&normal, active) in normal.iter().zip(active) {
            let z = lanes.multiply_add(weight, normal, bias);
            *active = lanes.select_f32s(lanes.less_than_f32s(z, zero), zero, z);
        }
    }
}

/// Rows of edges, `[BLOCK, width]`, padded with zeros.
pub(super) fn transposed(rows: &[f32], width: usize) -> Buffer {
    let count = rows.len() / BLOCK;
    let mut target = Buffer::for_rows(BLOCK, count, width);
    for (row, values) in rows.chunks_exact(BLOCK).enumerate() {
        for (edge, &value) in values.iter().enumerate() {
            target[edge * width + row] = value;
        }
    }
    target
}

/// `target += left right` for `left: [rows, BLOCK]` and `right: [BLOCK, width]`.
#[inline(always)]
pub(super) fn add_products<L: Lanes>(
    lanes: L,
    [rows, width]: [usize; 2],
    left: &[f32],
    right: &[f32],
    target: &mut [f32],
) {
    let vectors = width / L::F32_LANES;
    let target = L::as_mut_simd_f32s(target).0;
    product(
        lanes,
        [rows, BLOCK, vectors],
        Left::rows(left, BLOCK),
        L::as_simd_f32s(right).0,
        vectors,
        #[inline(always)]
        |lanes: L, row: usize, column: usize, sum| {
            let place = &mut target[row * vectors + column];
            *place = lanes.add_f32s(*place, sum);
        },
    );
}

/// Add the sum of each row's lanes.
#[inline(always)]
pub(super) fn add_sums<L: Lanes>(lanes: L, rows: &[f32], sums: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    for (sum, row) in sums.iter_mut().zip(L::as_simd_f32s(rows).0.chunks_exact(vectors)) {
        let total = row.iter().fold(lanes.splat_f32s(0.0), |total, &value| lanes.add_f32s(total, value));
        *sum += lanes.reduce_sum_f32s(total);
    }
}

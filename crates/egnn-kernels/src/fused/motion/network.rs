//! `phi` of a few rows at a time, and its gradient.

use super::super::arena::{Buffer, padded};
use super::super::pack::{bias, put, put_bias, row, rows, transposed};
use crate::definition::Map;
use crate::math;
use crate::matrix::{Left, add_outer, add_rows, product};
use crate::simd::Lanes;

/// The three maps as the kernels read them.
pub(super) struct Network {
    maps: [Map; 3],
    first: Buffer,
    first_bias: Buffer,
    second: Buffer,
    second_bias: Buffer,
    /// The second weight, rows as they are, for the backward pass.
    second_rows: Buffer,
    last: Buffer,
    last_bias: f32,
}

/// Gradient of a [`Network`]'s parameters, in padded rows.
pub(super) struct Gradient {
    first: Buffer,
    first_bias: Buffer,
    second: Buffer,
    second_bias: Buffer,
    last: Buffer,
    last_bias: f32,
}

impl Gradient {
    fn buffers(&mut self) -> [&mut Buffer; 5] {
        [&mut self.first, &mut self.first_bias, &mut self.second, &mut self.second_bias, &mut self.last]
    }
}

/// What an evaluation leaves: rows of inputs, hidden values and slopes.
pub(super) struct Rows {
    /// Inputs, padded.
    pub(super) inputs: Buffer,
    values: [Buffer; 2],
    slopes: [Buffer; 2],
    /// Results.
    pub(super) u: Buffer,
    /// Gradients of the results, in; of the first input, out.
    pub(super) gradient: Buffer,
    hidden: Buffer,
    inner: Buffer,
}

impl Network {
    pub(super) fn new(values: &[f32], maps: [Map; 3]) -> Self {
        let [first, second, last] = maps;
        let (inner, outer) = (padded(first.outputs), padded(second.outputs));
        Self {
            maps,
            first: transposed(values, first, 0, first.inputs, inner),
            first_bias: row(bias(values, first), inner),
            second: transposed(values, second, 0, second.inputs, outer),
            second_bias: row(bias(values, second), outer),
            second_rows: rows(values, second, 0, second.inputs, inner),
            last: row(&values[last.offset..][..last.inputs], outer),
            last_bias: bias(values, last).first().copied().unwrap_or(0.0),
        }
    }

    /// Width of a row of inputs.
    pub(super) fn input_width(&self) -> usize {
        padded(self.maps[0].inputs)
    }

    /// Room for so many rows.
    pub(super) fn rows(&self, count: usize) -> Rows {
        let (inner, outer) = (self.first_bias.len(), self.second_bias.len());
        let pair = || [Buffer::take(count * inner), Buffer::take(count * outer)];
        Rows {
            inputs: Buffer::zeroed(count * self.input_width()),
            values: pair(),
            slopes: pair(),
            u: Buffer::take(count),
            gradient: Buffer::take(count),
            hidden: Buffer::take(count * outer),
            inner: Buffer::take(count * inner),
        }
    }

    /// Zero.
    pub(super) fn gradient(&self) -> Gradient {
        let [first, second, _] = self.maps;
        let (inner, outer) = (self.first_bias.len(), self.second_bias.len());
        Gradient {
            first: Buffer::zeroed(first.outputs * self.input_width()),
            first_bias: Buffer::zeroed(inner),
            second: Buffer::zeroed(second.outputs * inner),
            second_bias: Buffer::zeroed(outer),
            last: Buffer::zeroed(outer),
            last_bias: 0.0,
        }
    }

    /// `rows.u` from the first `count` rows of `rows.inputs`; slopes only if they are needed.
    #[inline(always)]
    pub(super) fn forward<L: Lanes, const SLOPES: bool>(&self, lanes: L, rows: &mut Rows, count: usize) {
        let [first, second, _] = self.maps;
        let Rows { inputs, values: [inner, outer], slopes: [inner_slope, outer_slope], u, .. } = rows;
        let left = Left::rows(inputs, self.input_width());
        hidden::<L, SLOPES>(lanes, [count, first.inputs], left, (&self.first, &self.first_bias), (inner, inner_slope));
        let left = Left::rows(inner, self.first_bias.len());
        hidden::<L, SLOPES>(
            lanes,
            [count, second.inputs],
            left,
            (&self.second, &self.second_bias),
            (outer, outer_slope),
        );
        let last = L::as_simd_f32s(&self.last).0;
        for (u, outer) in u.iter_mut().zip(L::as_simd_f32s(outer).0.chunks_exact(last.len())).take(count) {
            let mut sum = lanes.splat_f32s(0.0);
            for (&value, &weight) in outer.iter().zip(last) {
                sum = lanes.multiply_add(value, weight, sum);
            }
            *u = lanes.reduce_sum_f32s(sum) + self.last_bias;
        }
    }

    /// Add to the parameters' gradient from `rows.gradient`, which then becomes that of the first inputs.
    #[inline(always)]
    pub(super) fn backward<L: Lanes>(&self, lanes: L, rows: &mut Rows, count: usize, found: &mut Gradient) {
        let [first, second, _] = self.maps;
        let (inner_width, outer_width) = (self.first_bias.len(), self.second_bias.len());
        let Rows {
            inputs,
            values: [inner, outer],
            slopes: [inner_slope, outer_slope],
            gradient,
            hidden,
            inner: of_inner,
            ..
        } = rows;
        let last = L::as_simd_f32s(&self.last).0;
        let of_last = L::as_mut_simd_f32s(&mut found.last).0;
        let vectors = last.len();
        let results = L::as_mut_simd_f32s(hidden).0.chunks_exact_mut(vectors);
        let kept =
            L::as_simd_f32s(outer).0.chunks_exact(vectors).zip(L::as_simd_f32s(outer_slope).0.chunks_exact(vectors));
        for ((result, (value, slope)), &gradient) in results.zip(kept).zip(gradient.iter()).take(count) {
            found.last_bias += gradient;
            let gradient = lanes.splat_f32s(gradient);
            for at in 0..vectors {
                of_last[at] = lanes.multiply_add(gradient, value[at], of_last[at]);
                result[at] = lanes.mul_f32s(lanes.mul_f32s(gradient, last[at]), slope[at]);
            }
        }
        let hidden = &hidden[..count * outer_width];
        add_rows(lanes, L::as_simd_f32s(hidden).0, L::as_mut_simd_f32s(&mut found.second_bias).0);
        add_outer(lanes, [second.outputs, count], (hidden, outer_width), (inner, inner_width), &mut found.second);
        let vectors = inner_width / L::F32_LANES;
        let target = L::as_mut_simd_f32s(of_inner).0;
        let slope = L::as_simd_f32s(inner_slope).0;
        product(
            lanes,
            [count, second.outputs, vectors],
            Left::rows(hidden, outer_width),
            L::as_simd_f32s(&self.second_rows).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let place = row * vectors + column;
                target[place] = lanes.mul_f32s(sum, slope[place]);
            },
        );
        let of_inner = &of_inner[..count * inner_width];
        add_rows(lanes, L::as_simd_f32s(of_inner).0, L::as_mut_simd_f32s(&mut found.first_bias).0);
        add_outer(
            lanes,
            [first.outputs, count],
            (of_inner, inner_width),
            (inputs, self.input_width()),
            &mut found.first,
        );
        let weight = &L::as_simd_f32s(&self.first).0[..vectors];
        for (gradient, row) in gradient.iter_mut().zip(L::as_simd_f32s(of_inner).0.chunks_exact(vectors)) {
            let mut sum = lanes.splat_f32s(0.0);
            for (&value, &weight) in row.iter().zip(weight) {
                sum = lanes.multiply_add(value, weight, sum);
            }
            *gradient = lanes.reduce_sum_f32s(sum);
        }
    }

    /// Add `part` to `sum`, but no more than `limit` of it, and make it zero.
    pub(super) fn add_limited(sum: &mut Gradient, part: &mut Gradient, limit: f64) {
        let squares = |values: &Buffer| values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        let norm = (part.buffers().iter().map(|values| squares(values)).sum::<f64>()
            + f64::from(part.last_bias).powi(2))
        .sqrt();
        let factor = if norm > limit { limit / norm } else { 1.0 } as f32;
        let last_bias = std::mem::take(&mut part.last_bias);
        sum.last_bias += if norm.is_finite() { factor * last_bias } else { 0.0 };
        for (sum, part) in sum.buffers().into_iter().zip(part.buffers()) {
            if norm.is_finite() {
                for (sum, part) in sum.iter_mut().zip(part.iter()) {
                    *sum += factor * part;
                }
            }
            part.fill(0.0);
        }
    }

    /// A gradient as a flat tensor of `length` numbers.
    pub(super) fn flat(&self, found: &Gradient, length: usize) -> Vec<f32> {
        let [first, second, last] = self.maps;
        let mut target = vec![0.0; length];
        put(&mut target, first, 0, first.inputs, &found.first, self.input_width());
        put_bias(&mut target, first, &found.first_bias);
        put(&mut target, second, 0, second.inputs, &found.second, self.first_bias.len());
        put_bias(&mut target, second, &found.second_bias);
        target[last.offset..][..last.inputs].copy_from_slice(&found.last[..last.inputs]);
        put_bias(&mut target, last, &[found.last_bias]);
        target
    }
}

/// `silu(left weight + bias)`, and its slope if it is needed.
#[inline(always)]
fn hidden<L: Lanes, const SLOPES: bool>(
    lanes: L,
    [count, depth]: [usize; 2],
    left: Left,
    (weight, bias): (&[f32], &[f32]),
    (value, slope): (&mut [f32], &mut [f32]),
) {
    let bias = L::as_simd_f32s(bias).0;
    let (value, slope) = (L::as_mut_simd_f32s(value).0, L::as_mut_simd_f32s(slope).0);
    let vectors = bias.len();
    product(
        lanes,
        [count, depth, vectors],
        left,
        L::as_simd_f32s(weight).0,
        vectors,
        #[inline(always)]
        |lanes: L, row: usize, column: usize, sum| {
            let z = lanes.add_f32s(sum, bias[column]);
            let place = row * vectors + column;
            if SLOPES {
                (value[place], slope[place]) = math::silu_and_slope(lanes, z);
            } else {
                value[place] = math::silu(lanes, z);
            }
        },
    );
}

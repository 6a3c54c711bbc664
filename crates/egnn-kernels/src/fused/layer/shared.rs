//! What both passes of a layer do.

use super::super::arena::Buffer;
use super::shape::{RECEIVE, SEND, Shape};
use crate::math;
use crate::simd::Lanes;

/// An activation and its slope, row by row.
pub(super) struct Activated {
    pub(super) value: Buffer,
    pub(super) slope: Buffer,
}

impl Activated {
    pub(super) fn take(rows: usize, width: usize) -> Self {
        Self { value: Buffer::take(rows * width), slope: Buffer::take(rows * width) }
    }
}

/// SiLU and its slope of every number of `z`, which `result` has room for.
#[inline(always)]
pub(super) fn activate<L: Lanes>(lanes: L, z: &[f32], result: &mut Activated) {
    let value = L::as_mut_simd_f32s(&mut result.value).0;
    let slope = L::as_mut_simd_f32s(&mut result.slope).0;
    for ((&z, value), slope) in L::as_simd_f32s(z).0.iter().zip(value).zip(slope) {
        (*value, *slope) = math::silu_and_slope(lanes, z);
    }
}

/// Do the work with as many vectors of a row at a time as divide it: 4, 2 or 1, as a constant.
macro_rules! in_columns {
    ($vectors:expr, $columns:ident => $work:expr) => {
        match $vectors {
            vectors if vectors % 4 == 0 => {
                const $columns: usize = 4;
                $work
            }
            vectors if vectors % 2 == 0 => {
                const $columns: usize = 2;
                $work
            }
            _ => {
                const $columns: usize = 1;
                $work
            }
        }
    };
}
pub(super) use in_columns;

/// The first map of `phi_e` for edges `range`, split into what receiver and sender contribute, and what distance and
/// attributes do; with the slope of the activation if it is wanted.
#[inline(always)]
pub(super) fn first_edge_layer<L: Lanes, const SLOPE: bool>(
    lanes: L,
    shape: &Shape,
    inputs: [&[f32]; 4],
    range: std::ops::Range<usize>,
    result: &mut Activated,
) {
    let vectors = shape.width / L::F32_LANES;
    in_columns!(vectors, C => first_edge_columns::<L, C, SLOPE>(lanes, shape, inputs, range, result));
}

/// The same, `C` vectors of all edges after the other.
#[inline(always)]
fn first_edge_columns<L: Lanes, const C: usize, const SLOPE: bool>(
    lanes: L,
    shape: &Shape,
    [front, scalars, distance, attributes]: [&[f32]; 4],
    range: std::ops::Range<usize>,
    result: &mut Activated,
) {
    let panels = shape.width / L::F32_LANES / C;
    let block = shape.nodes() * panels;
    let front = columns::<L, C>(front);
    let (receive, send) = (&front[RECEIVE * block..][..block], &front[SEND * block..][..block]);
    let scalars = columns::<L, C>(scalars);
    let count = shape.layer.attributes;
    let has_distance = usize::from(shape.layer.dim > 0);
    let (rows, cols) = (&shape.edges.row()[range.clone()], &shape.edges.col()[range.clone()]);
    let values = columns_mut::<L, C>(&mut result.value);
    let slopes = columns_mut::<L, C>(&mut result.slope);
    for panel in 0..panels {
        let value = values[panel..].iter_mut().step_by(panels);
        let slope = slopes[panel..].iter_mut().step_by(panels);
        for (((edge, (&row, &col)), value), slope) in range.clone().zip(rows.iter().zip(cols)).zip(value).zip(slope) {
            let receive = &receive[row as usize * panels + panel];
            let send = &send[col as usize * panels + panel];
            let mut z: [L::f32s; C] = std::array::from_fn(|c| lanes.add_f32s(receive[c], send[c]));
            let numbers = distance[edge..][..has_distance].iter().chain(&attributes[edge * count..][..count]);
            for (&number, weights) in numbers.zip(scalars.iter().skip(panel).step_by(panels)) {
                let number = lanes.splat_f32s(number);
                for (z, &weight) in z.iter_mut().zip(weights) {
                    *z = lanes.multiply_add(number, weight, *z);
                }
            }
            for ((z, value), slope) in z.into_iter().zip(value).zip(slope) {
                if SLOPE {
                    (*value, *slope) = math::silu_and_slope(lanes, z);
                } else {
                    *value = math::silu(lanes, z);
                }
            }
        }
    }
}

/// Rows of a buffer, `C` vectors at a time.
#[inline(always)]
pub(super) fn columns<L: Lanes, const C: usize>(buffer: &[f32]) -> &[[L::f32s; C]] {
    L::as_simd_f32s(buffer).0.as_chunks().0
}

/// Rows of a buffer to write, `C` vectors at a time.
#[inline(always)]
pub(super) fn columns_mut<L: Lanes, const C: usize>(buffer: &mut [f32]) -> &mut [[L::f32s; C]] {
    L::as_mut_simd_f32s(buffer).0.as_chunks_mut().0
}

/// The product of a row with a vector of weights.
#[inline(always)]
pub(super) fn dot<L: Lanes>(lanes: L, row: &[L::f32s], weights: &[L::f32s]) -> f32 {
    let mut sum = lanes.splat_f32s(0.0);
    for (&value, &weight) in row.iter().zip(weights) {
        sum = lanes.multiply_add(value, weight, sum);
    }
    lanes.reduce_sum_f32s(sum)
}

/// What a difference is multiplied with before its scale.
#[inline(always)]
pub(super) fn inverse_norm(normalize: bool, squared: f32) -> f32 {
    if normalize { 1.0 / (squared.sqrt() + 1e-8) } else { 1.0 }
}

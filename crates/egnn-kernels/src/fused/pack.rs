//! Between tensors as candle has them and rows padded for the kernels.

use super::arena::Buffer;
use crate::definition::Map;

/// Rows that are transposed at a time.
const SIDE: usize = 4;

/// Copy columns `first..first + count` of a map's weight into rows: `target[k, o] = weight[o, first + k]`.
pub(crate) fn transpose(values: &[f32], map: Map, first: usize, count: usize, target: &mut [f32], stride: usize) {
    let weight = &values[map.offset..][..map.outputs * map.inputs];
    let row = |o: usize| &weight[o * map.inputs + first..][..count];
    let whole = map.outputs - map.outputs % SIDE;
    for o in (0..whole).step_by(SIDE) {
        // Squares of numbers turn in registers.
        let [a, b, c, d] = [row(o), row(o + 1), row(o + 2), row(o + 3)].map(<[f32]>::as_chunks::<SIDE>);
        let squares = a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0));
        for (target, ((a, b), (c, d))) in target.chunks_mut(SIDE * stride).zip(squares) {
            for (k, row) in turned([*a, *b, *c, *d]).iter().enumerate() {
                target[k * stride + o..][..SIDE].copy_from_slice(row);
            }
        }
        let rest = a.1.iter().zip(b.1).zip(c.1.iter().zip(d.1));
        for (k, ((&a, &b), (&c, &d))) in (count - count % SIDE..).zip(rest) {
            target[k * stride + o..][..SIDE].copy_from_slice(&[a, b, c, d]);
        }
    }
    for o in whole..map.outputs {
        for (k, &value) in row(o).iter().enumerate() {
            target[k * stride + o] = value;
        }
    }
}

/// A square, transposed in registers: the compiler would move it number by number.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn turned(square: [[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    use core::arch::x86_64::{__m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps};
    #[inline]
    #[target_feature(enable = "sse")]
    fn with_sse([a, b, c, d]: [__m128; SIDE]) -> [__m128; SIDE] {
        let (low_ab, low_cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (high_ab, high_cd) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(low_ab, low_cd),
            _mm_movehl_ps(low_cd, low_ab),
            _mm_movelh_ps(high_ab, high_cd),
            _mm_movehl_ps(high_cd, high_ab),
        ]
    }
    // SAFETY: SSE is part of every x86-64.
    unsafe { with_sse(square.map(pulp::cast)) }.map(pulp::cast)
}

#[cfg(not(target_arch = "x86_64"))]
fn turned(square: [[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|k| square.map(|row| row[k]))
}

/// Copy columns `first..first + count` of a map's weight: `target[o, k] = weight[o, first + k]`.
pub(crate) fn copy(values: &[f32], map: Map, first: usize, count: usize, target: &mut [f32], stride: usize) {
    let weight = &values[map.offset..][..map.outputs * map.inputs];
    for (target, row) in target.chunks_exact_mut(stride.max(1)).zip(weight.chunks_exact(map.inputs.max(1))) {
        target[..count].copy_from_slice(&row[first..first + count]);
    }
}

/// A map's bias; nothing if it has none.
pub(crate) fn bias(values: &[f32], map: Map) -> &[f32] {
    map.bias_offset().map_or(&[], |offset| &values[offset..][..map.outputs])
}

/// `inputs` columns of a map from `first` on, transposed, padded with zeros.
pub(crate) fn transposed(values: &[f32], map: Map, first: usize, inputs: usize, width: usize) -> Buffer {
    let mut target = Buffer::for_rows(inputs, map.outputs, width);
    transpose(values, map, first, inputs, &mut target, width);
    target
}

/// `inputs` columns of a map from `first` on, padded with zeros.
pub(crate) fn rows(values: &[f32], map: Map, first: usize, inputs: usize, width: usize) -> Buffer {
    let mut target = Buffer::for_rows(map.outputs, inputs, width);
    copy(values, map, first, inputs, &mut target, width);
    target
}

/// One row, padded with zeros.
pub(crate) fn row(values: &[f32], width: usize) -> Buffer {
    let mut target = Buffer::zeroed(width);
    target[..values.len()].copy_from_slice(values);
    target
}

/// Rows of `length`, padded with zeros to `width`.
pub(crate) fn padded_rows(values: &[f32], length: usize, width: usize) -> Buffer {
    let count = values.len().checked_div(length).unwrap_or(0);
    let mut target = Buffer::for_rows(count, length, width);
    for (target, row) in target.chunks_exact_mut(width.max(1)).zip(values.chunks_exact(length.max(1))) {
        target[..length].copy_from_slice(row);
    }
    target
}

/// The first `length` numbers of each row of `width`.
pub(crate) fn unpadded(values: &[f32], width: usize, length: usize) -> Vec<f32> {
    let mut target = Vec::with_capacity(values.len().checked_div(width).unwrap_or(0) * length);
    for row in values.chunks_exact(width.max(1)) {
        target.extend_from_slice(&row[..length]);
    }
    target
}

/// Write padded rows into columns `first..first + count` of a map's weight.
pub(crate) fn put(target: &mut [f32], map: Map, first: usize, count: usize, rows: &[f32], stride: usize) {
    let weight = &mut target[map.offset..][..map.outputs * map.inputs];
    for (weight, row) in weight.chunks_exact_mut(map.inputs.max(1)).zip(rows.chunks_exact(stride.max(1))) {
        weight[first..first + count].copy_from_slice(&row[..count]);
    }
}

/// Write a map's bias, if it has one.
pub(crate) fn put_bias(target: &mut [f32], map: Map, bias: &[f32]) {
    if let Some(offset) = map.bias_offset() {
        target[offset..][..map.outputs].copy_from_slice(&bias[..map.outputs]);
    }
}

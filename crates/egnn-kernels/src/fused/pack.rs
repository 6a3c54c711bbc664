//! Between tensors as candle has them and rows padded for the kernels.

use super::arena::Buffer;
use crate::definition::Map;

/// Rows that are transposed at a time.
const SIDE: usize = 4;

/// Copy columns `first..first + count` of a map's weight into rows: `target[k, o] = weight[o, first + k]`.
pub(crate) fn transpose(values: &[f32], map: Map, first: usize, count: usize, target: &mut [f32], stride: usize) {
    let weight = &values[map.offset..][..map.outputs * map.inputs];
    let mut rows = weight.chunks_exact(map.inputs.max(1)).map(|row| &row[first..][..count]).enumerate();
    while let Some((o, a)) = rows.next() {
        if o % SIDE == 0 && o + SIDE <= map.outputs {
            let [b, c, d]: [&[f32]; SIDE - 1] = std::array::from_fn(|_| rows.next().map_or(a, |(_, row)| row));
            let columns = a.iter().zip(b).zip(c.iter().zip(d));
            for (target, ((&a, &b), (&c, &d))) in target.chunks_mut(stride).zip(columns) {
                target[o..o + SIDE].copy_from_slice(&[a, b, c, d]);
            }
        } else {
            for (target, &value) in target.chunks_mut(stride).zip(a) {
                target[o] = value;
            }
        }
    }
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

//! Products of small matrices: one tile of the result at a time stays in registers, and is finished there.
//!
//! All matrices have rows padded to a multiple of 16 numbers, with zeros where a weight has none, so that no vector is
//! ever cut. The second factor is read in whole vectors, the first one number at a time, so that it may as well be
//! transposed; neither is copied.

use crate::simd::Lanes;

/// Rows of a tile.
pub(crate) const TILE: usize = 4;

/// The first factor, `a[i, k] = values[i * row + k * column]`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// The `(rows, depth)` by `(depth, columns)` product, `columns` counted in vectors, `stride` vectors from one row of
/// `right` to the next. `finish` takes the lanes, the row, the column in vectors, and the vector that belongs there; it
/// must be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn product<L: Lanes>(
    lanes: L,
    [rows, depth, columns]: [usize; 3],
    left: Left,
    right: &[L::f32s],
    stride: usize,
    mut finish: impl FnMut(L, usize, usize, L::f32s),
) {
    let mut column = 0;
    while column < columns {
        let right = right.get(column..).unwrap_or(&[]);
        if L::PANEL == 4 && column + 4 <= columns {
            panel::<L, 4>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 4;
        } else if column + 2 <= columns {
            panel::<L, 2>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 2;
        } else {
            panel::<L, 1>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 1;
        }
    }
}

/// `C` vectors of each row of the product.
#[inline(always)]
fn panel<L: Lanes, const C: usize>(
    lanes: L,
    [rows, depth, column]: [usize; 3],
    left: Left,
    right: &[L::f32s],
    stride: usize,
    finish: &mut impl FnMut(L, usize, usize, L::f32s),
) {
    let mut row = 0;
    while row + TILE <= rows {
        tile::<L, TILE, C>(lanes, [row, depth, column], left, right, stride, finish);
        row += TILE;
    }
    while row < rows {
        tile::<L, 1, C>(lanes, [row, depth, column], left, right, stride, finish);
        row += 1;
    }
}

#[inline(always)]
fn tile<L: Lanes, const R: usize, const C: usize>(
    lanes: L,
    [row, depth, column]: [usize; 3],
    left: Left,
    right: &[L::f32s],
    stride: usize,
    finish: &mut impl FnMut(L, usize, usize, L::f32s),
) {
    let values = left.values.get(row * left.row..).unwrap_or(&[]);
    let mut sums = [[lanes.splat_f32s(0.0); C]; R];
    if depth > 0 {
        // These two make every index of the loop valid.
        assert!((R - 1) * left.row + (depth - 1) * left.column < values.len(), "left factor of a product too short");
        assert!((depth - 1) * stride + C <= right.len(), "right factor of a product too short");
        for k in 0..depth {
            let vectors: [L::f32s; C] = std::array::from_fn(|c| {
                let index = k * stride + c;
                debug_assert!(index < right.len());
                // SAFETY: k < depth and c < C, so that the index is below the length asserted above.
                unsafe { *right.get_unchecked(index) }
            });
            for (r, sums) in sums.iter_mut().enumerate() {
                let index = r * left.row + k * left.column;
                debug_assert!(index < values.len());
                // SAFETY: r < R and k < depth, so that the index is below the length asserted above.
                let value = lanes.splat_f32s(unsafe { *values.get_unchecked(index) });
                for (sum, &vector) in sums.iter_mut().zip(&vectors) {
                    *sum = lanes.multiply_add(value, vector, *sum);
                }
            }
        }
    }
    for (r, sums) in sums.into_iter().enumerate() {
        for (c, sum) in sums.into_iter().enumerate() {
            finish(lanes, row + r, column + c, sum);
        }
    }
}

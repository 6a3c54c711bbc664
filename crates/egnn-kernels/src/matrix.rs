//! Products of small matrices: one tile of the result at a time stays in registers, and is finished there.
//!
//! The second factor and the result have rows padded to a multiple of 16 numbers, with zeros where a weight has none, so
//! that no vector is ever cut. The first factor is read one number at a time, so that it may as well be transposed.
//! Neither is copied.

use crate::simd::Lanes;

/// Rows of a tile.
pub(crate) const TILE: usize = 4;

/// Up to this depth four vectors of each row of the second factor fit the fastest cache well.
const SHALLOW: usize = 64;

/// The first factor, `a[i, k] = values[i * row + k * column]`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl<'a> Left<'a> {
    /// The matrix whose rows are `width` long.
    pub(crate) fn rows(values: &'a [f32], width: usize) -> Self {
        Self { values, row: width, column: 1 }
    }

    /// The transpose of that matrix.
    pub(crate) fn columns(values: &'a [f32], width: usize) -> Self {
        Self { values, row: 1, column: width }
    }
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
    // Wide and deep second factors: tiles as narrow as can be, so that what a tile reads of them stays in the fastest cache.
    let tall = L::PANEL == 4 && columns > 4 && depth > SHALLOW;
    let mut column = 0;
    while column < columns {
        let right = right.get(column..).unwrap_or(&[]);
        if tall {
            panel::<L, { 4 * TILE }, 1>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 1;
        } else if L::PANEL == 4 && column + 4 <= columns {
            panel::<L, TILE, 4>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 4;
        } else if column + 2 <= columns {
            panel::<L, TILE, 2>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 2;
        } else {
            panel::<L, TILE, 1>(lanes, [rows, depth, column], left, right, stride, &mut finish);
            column += 1;
        }
    }
}

/// `C` vectors of each row of the product, `R` rows at a time.
#[inline(always)]
fn panel<L: Lanes, const R: usize, const C: usize>(
    lanes: L,
    [rows, depth, column]: [usize; 3],
    left: Left,
    right: &[L::f32s],
    stride: usize,
    finish: &mut impl FnMut(L, usize, usize, L::f32s),
) {
    let mut row = 0;
    while row + R <= rows {
        tile::<L, R, C>(lanes, [row, depth, column], left, right, stride, finish);
        row += R;
    }
    while R > TILE && row + TILE <= rows {
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
    let values = left.values.get(row.saturating_mul(left.row)..).unwrap_or(&[]);
    let mut sums = [[lanes.splat_f32s(0.0); C]; R];
    if depth > 0 {
        // These two make every index of the loop valid; what would overflow saturates and is refused.
        let last = (R - 1).saturating_mul(left.row).saturating_add((depth - 1).saturating_mul(left.column));
        assert!(last < values.len(), "left factor of a product too short");
        let end = (depth - 1).saturating_mul(stride).saturating_add(C);
        assert!(end <= right.len(), "right factor of a product too short");
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

/// Add the rows of a matrix to `sums`.
#[inline(always)]
pub(crate) fn add_rows<L: Lanes>(lanes: L, rows: &[L::f32s], sums: &mut [L::f32s]) {
    for row in rows.chunks_exact(sums.len().max(1)) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = lanes.add_f32s(*sum, value);
        }
    }
}

/// `target += left^T right`: the gradient of a weight, `outputs` rows, from `count` rows of either factor.
#[inline(always)]
pub(crate) fn add_outer<L: Lanes>(
    lanes: L,
    [outputs, count]: [usize; 2],
    (left, left_width): (&[f32], usize),
    (right, right_width): (&[f32], usize),
    target: &mut [f32],
) {
    let vectors = right_width / L::F32_LANES;
    let target = L::as_mut_simd_f32s(target).0;
    let left = Left::columns(left, left_width);
    product(
        lanes,
        [outputs, count, vectors],
        left,
        L::as_simd_f32s(right).0,
        vectors,
        #[inline(always)]
        |lanes: L, row: usize, column: usize, sum| {
            let place = &mut target[row * vectors + column];
            *place = lanes.add_f32s(*place, sum);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Path, dispatch};

    struct Product<'a> {
        /// Rows, depth and vectors of a row.
        size: [usize; 3],
        left: Left<'a>,
        right: &'a [f32],
        /// Numbers from one row of `right` and of the result to the next.
        stride: usize,
        result: &'a mut [f32],
    }

    impl Kernel for Product<'_> {
        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) {
            let [rows, depth, columns] = self.size;
            let stride = self.stride / L::F32_LANES;
            let result = L::as_mut_simd_f32s(self.result).0;
            product(
                lanes,
                [rows, depth, columns * 16 / L::F32_LANES],
                self.left,
                L::as_simd_f32s(self.right).0,
                stride,
                #[inline(always)]
                |_, row: usize, column: usize, sum| result[row * stride + column] = sum,
            );
        }
    }

    fn numbers(count: usize, factor: usize) -> Vec<f32> {
        (0..count).map(|i| (i * factor % 31) as f32 - 15.0).collect()
    }

    fn paths() -> impl Iterator<Item = Path> {
        Path::ALL.into_iter().filter(|path| path.is_available())
    }

    #[test]
    fn every_tile_and_both_directions_of_the_left_factor() {
        for path in paths() {
            for (rows, depth, columns) in (0..10)
                .flat_map(|rows| [0, 1, 5].map(|depth| (rows, depth)))
                .flat_map(|(rows, depth)| (0..10).map(move |columns| (rows, depth, columns)))
            {
                let stride = (columns + 1) * 16;
                let (a, b) = (numbers(rows * depth, 7), numbers(depth * stride, 11));
                for (row, column) in [(depth, 1), (1, rows)] {
                    let mut result = vec![f32::NAN; rows * stride];
                    let left = Left { values: &a, row, column };
                    dispatch(
                        path,
                        Product { size: [rows, depth, columns], left, right: &b, stride, result: &mut result },
                    );
                    for (index, &found) in result.iter().enumerate() {
                        let (r, c) = (index / stride, index % stride);
                        if c >= columns * 16 {
                            assert!(found.is_nan(), "{path:?}: wrote beside the result");
                            continue;
                        }
                        // Small whole numbers: exact in any order.
                        let expected: f32 = (0..depth).map(|k| a[r * row + k * column] * b[k * stride + c]).sum();
                        assert_eq!(found, expected, "{path:?} {rows} {depth} {columns}: {r} {c}");
                    }
                }
            }
        }
    }

    fn refused(a: &[f32], column: usize, b: &[f32], stride: usize) -> bool {
        paths().all(|path| {
            let refused = std::panic::catch_unwind(|| {
                let left = Left { values: a, row: 3, column };
                let mut result = [0.0; 64];
                dispatch(path, Product { size: [4, 3, 1], left, right: b, stride, result: &mut result });
            });
            refused.is_err()
        })
    }

    #[test]
    fn factors_that_are_too_short_are_refused_even_where_indices_overflow() {
        let (a, b) = (numbers(12, 7), numbers(48, 11));
        assert!(!refused(&a, 1, &b, 16));
        assert!(refused(&a[..11], 1, &b, 16));
        assert!(refused(&a, 1, &b[..32], 16));
        assert!(refused(&a, 1 << 63, &b, 16));
        assert!(refused(&a, 1, &b, 1 << 63));
    }
}

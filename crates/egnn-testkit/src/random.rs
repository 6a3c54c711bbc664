//! A small seeded generator, and random orthogonal matrices.

/// SplitMix64 (Steele, Lea, Flood 2014): a test's own source of numbers, the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal with mean 0 and variance 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// `count` normal numbers.
    pub fn normals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// The numbers `0..count` in random order.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, (self.uniform() * (last + 1) as f64) as usize);
        }
        order
    }
}

/// A random orthogonal matrix, row by row, uniform among those with determinant +1 (a rotation) or -1 (with a
/// reflection): Gram and Schmidt's method on a normal matrix, then one row negated if need be.
///
/// ```
/// use egnn_testkit::{Random, determinant, orthogonal};
/// let matrix = orthogonal(5, false, &mut Random::new(1));
/// assert!((determinant(&matrix, 5) - 1.0).abs() < 1e-12);
/// ```
pub fn orthogonal(dim: usize, reflected: bool, random: &mut Random) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(dim);
    while rows.len() < dim {
        let mut row = random.normals(dim);
        // Twice: the second pass removes what rounding left of the first.
        for _ in 0..2 {
            for earlier in &rows {
                let along: f64 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(earlier).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = row.iter().map(|a| a * a).sum::<f64>().sqrt();
        // A row that nearly depends on the others has lost its digits: draw again.
        if norm > 1e-3 {
            rows.push(row.into_iter().map(|a| a / norm).collect());
        }
    }
    let mut matrix = rows.concat();
    if (determinant(&matrix, dim) < 0.0) != reflected {
        matrix[..dim].iter_mut().for_each(|a| *a = -*a);
    }
    matrix
}

/// The determinant of a square matrix given row by row (elimination with pivoting).
pub fn determinant(matrix: &[f64], dim: usize) -> f64 {
    let mut rows: Vec<Vec<f64>> = matrix.chunks(dim.max(1)).map(<[f64]>::to_vec).collect();
    let mut result = 1.0;
    for column in 0..dim {
        let candidates = column..dim;
        let Some(pivot) = candidates.max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs())) else {
            return 0.0;
        };
        if rows[pivot][column] == 0.0 {
            return 0.0;
        }
        if pivot != column {
            rows.swap(pivot, column);
            result = -result;
        }
        result *= rows[column][column];
        let top = rows[column].clone();
        for row in &mut rows[column + 1..] {
            let factor = row[column] / top[column];
            row.iter_mut().zip(&top).for_each(|(a, b)| *a -= factor * b);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_matrices_are_orthogonal_and_of_the_wanted_kind() {
        for dim in 1..=8 {
            for (reflected, sign) in [(false, 1.0), (true, -1.0)] {
                let matrix = orthogonal(dim, reflected, &mut Random::new(dim as u64));
                assert!((determinant(&matrix, dim) - sign).abs() < 1e-12);
                for (i, a) in matrix.chunks(dim).enumerate() {
                    for (j, b) in matrix.chunks(dim).enumerate() {
                        let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                        assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn determinant_of_a_known_matrix() {
        assert!((determinant(&[0.0, 2.0, 1.0, 1.0, 0.0, 3.0, 2.0, 1.0, 1.0], 3) - 11.0).abs() < 1e-12);
        assert_eq!(determinant(&[1.0, 2.0, 2.0, 4.0], 2), 0.0);
    }

    #[test]
    fn numbers_are_fixed_and_have_the_right_moments() {
        assert_eq!(Random::new(0).bits(), 0xE220_A839_7B1D_CDAF);
        let values = Random::new(3).normals(100_000);
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|a| a * a).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn a_permutation_has_every_number_once() {
        let mut order = Random::new(9).permutation(50);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}

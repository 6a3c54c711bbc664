//! Real spherical harmonics.

use std::f64::consts::{PI, SQRT_2};

/// Real orthonormal spherical harmonics `Y_Jm` for all J up to a degree, as homogeneous polynomials of `(x, y, z)`.
///
/// The polar axis is y, and m runs from -J to J, so that the components of degree 1 are x, y, z in this order. With
/// `(z + ix)^m = A_m + iB_m`:
///
/// ```text
/// Y_J,m  = N_Jm P_J^(m)(y) A_m,  Y_J,-m = N_Jm P_J^(m)(y) B_m
/// N_Jm   = sqrt((2J + 1) / 4 pi * (J - m)! / (J + m)!), times sqrt(2) if m > 0
/// ```
///
/// `P_J^(m)` is the m-th derivative of the Legendre polynomial, made homogeneous by powers of `x^2 + y^2 + z^2`.
#[derive(Debug, Clone)]
pub struct Harmonics {
    degree: usize,
    /// `N_Jm`, in the order J, m >= 0.
    norms: Vec<f64>,
}

impl Harmonics {
    /// The harmonics up to this degree.
    pub fn new(degree: usize) -> Self {
        let norm = |j: usize, m: usize| {
            let ratio: f64 = (j - m + 1..=j + m).map(|factor| factor as f64).product();
            let norm = ((2 * j + 1) as f64 / (4.0 * PI * ratio)).sqrt();
            if m > 0 { norm * SQRT_2 } else { norm }
        };
        Self { degree, norms: (0..=degree).flat_map(|j| (0..=j).map(move |m| norm(j, m))).collect() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        (self.degree + 1).pow(2)
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The value of each, `Y_Jm` at place `J^2 + J + m`. On the sphere these are the spherical harmonics; at 0 all but the
    /// constant vanish.
    pub fn at(&self, [x, y, z]: [f64; 3]) -> Vec<f64> {
        let squared = x * x + y * y + z * z;
        let mut values = vec![0.0; self.len()];
        let (mut a, mut b, mut diagonal) = (1.0, 0.0, 1.0);
        for m in 0..=self.degree {
            let (mut last, mut legendre) = (0.0, diagonal);
            for j in m..=self.degree {
                let value = self.norms[j * (j + 1) / 2 + m] * legendre;
                values[j * j + j + m] = value * a;
                if m > 0 {
                    values[j * j + j - m] = value * b;
                }
                // (J + 1 - m) P_(J+1) = (2J + 1) y P_J - (J + m) r^2 P_(J-1), each derived m times.
                let next = (2 * j + 1) as f64 * y * legendre - (j + m) as f64 * squared * last;
                (last, legendre) = (legendre, next / (j + 1 - m) as f64);
            }
            (a, b) = (z * a - x * b, x * a + z * b);
            diagonal *= (2 * m + 1) as f64;
        }
        values
    }
}

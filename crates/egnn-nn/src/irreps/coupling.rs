//! Couplings of three types: Clebsch-Gordan coefficients of real harmonics.

use std::f64::consts::FRAC_1_SQRT_2;

/// The coupling `Q` of types l, k and J, `[2l + 1, 2k + 1, 2J + 1]` row by row: up to a factor the only tensor that every
/// rotation leaves as it is, `(D_l x D_k x D_J) Q = Q`. Its Frobenius norm is 1, its sign a convention; it is 0 unless
/// `|l - k| <= J <= l + k`.
///
/// It is Wigner's 3j symbol (Racah's formula), which is invariant for complex harmonics, brought to real ones.
/// That makes it real if l + k + J is even and imaginary if it is odd; then it is divided by i.
pub fn coupling(l: usize, k: usize, j: usize) -> Vec<f64> {
    let mut coupling = vec![0.0; (2 * l + 1) * (2 * k + 1) * (2 * j + 1)];
    let [l_, k_, j_] = [l, k, j].map(|degree| degree as i64);
    for a in -l_..=l_ {
        for b in (-k_..=k_).filter(|b| (a + b).abs() <= j_) {
            let symbol = wigner_3j([l_, k_, j_], [a, b, -a - b]);
            for (p, first) in real_parts(a) {
                for (q, second) in real_parts(b) {
                    for (r, third) in real_parts(-a - b) {
                        let (re, im) = times(times(first, second), third);
                        let place = ((p + l_) * (2 * k_ + 1) + q + k_) * (2 * j_ + 1) + r + j_;
                        // One of the two sums to 0.
                        coupling[place as usize] += symbol * (re + im);
                    }
                }
            }
        }
    }
    coupling
}

type Complex = (f64, f64);

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The complex harmonic `Y_m` (with Condon and Shortley's sign) in real ones: their m and coefficients.
fn real_parts(m: i64) -> Vec<(i64, Complex)> {
    let sign = if m % 2 == 0 { FRAC_1_SQRT_2 } else { -FRAC_1_SQRT_2 };
    match m {
        0 => vec![(0, (1.0, 0.0))],
        1.. => vec![(m, (sign, 0.0)), (-m, (0.0, sign))],
        _ => vec![(-m, (FRAC_1_SQRT_2, 0.0)), (m, (0.0, -FRAC_1_SQRT_2))],
    }
}

/// Wigner's 3j symbol by Racah's formula. The factorials are exact for the degrees of this crate.
fn wigner_3j([l, k, j]: [i64; 3], [a, b, c]: [i64; 3]) -> f64 {
    if j < (l - k).abs() || j > l + k || a + b + c != 0 {
        return 0.0;
    }
    let factorial = |n: i64| (1..=n).map(|factor| factor as f64).product::<f64>();
    let root = (factorial(l + k - j) * factorial(l - k + j) * factorial(k + j - l) / factorial(l + k + j + 1)
        * [(l, a), (k, b), (j, c)].iter().map(|&(l, m)| factorial(l + m) * factorial(l - m)).product::<f64>())
    .sqrt();
    let first = 0.max(k - j - a).max(l - j + b);
    let last = (l + k - j).min(l - a).min(k + b);
    let term = |t: i64| {
        let sign = if (t + l - k - c) % 2 == 0 { 1.0 } else { -1.0 };
        let below = [t, j - k + t + a, j - l + t - b, l + k - j - t, l - t - a, k - t + b];
        sign / below.map(factorial).iter().product::<f64>()
    };
    root * (first..=last).map(term).sum::<f64>()
}

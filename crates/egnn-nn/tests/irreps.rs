//! Harmonics and couplings against the identities that define them.

use candle_core::{DType, Device, Tensor};
use egnn_nn::Edges;
use egnn_nn::irreps::{Basis, Harmonics, coupling};
use egnn_testkit::{Random, orthogonal};

/// Types of features go up to 3, so that harmonics go up to 6.
const HIGHEST: usize = 6;
const TYPES: usize = 4;

fn unit(random: &mut Random) -> [f64; 3] {
    let d: [f64; 3] = std::array::from_fn(|_| random.normal());
    let norm = d.iter().map(|d| d * d).sum::<f64>().sqrt();
    d.map(|d| d / norm)
}

fn turned(matrix: &[f64], d: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| (0..3).map(|other| matrix[axis * 3 + other] * d[other]).sum())
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The harmonics of one degree.
fn of_degree(j: usize, d: [f64; 3]) -> Vec<f64> {
    Harmonics::new(j).at(d)[j * j..].to_vec()
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

#[test]
fn harmonics_up_to_degree_4_are_the_tabulated_polynomials() {
    // Abramowitz and Stegun's table in Cartesian form (for instance Görller-Walrand and Binnemans 1996), with its z, x, y
    // named y, z, x here.
    let pi = std::f64::consts::PI;
    let mut random = Random::new(1);
    for _ in 0..20 {
        let [x, y, z] = unit(&mut random);
        let (xx, yy, zz) = (x * x, y * y, z * z);
        let expected = [
            vec![0.5 * (1.0 / pi).sqrt()],
            [x, y, z].map(|a| (0.75 / pi).sqrt() * a).to_vec(),
            vec![
                0.5 * (15.0 / pi).sqrt() * x * z,
                0.5 * (15.0 / pi).sqrt() * x * y,
                0.25 * (5.0 / pi).sqrt() * (3.0 * yy - 1.0),
                0.5 * (15.0 / pi).sqrt() * y * z,
                0.25 * (15.0 / pi).sqrt() * (zz - xx),
            ],
            vec![
                0.25 * (35.0 / 2.0 / pi).sqrt() * x * (3.0 * zz - xx),
                0.5 * (105.0 / pi).sqrt() * x * y * z,
                0.25 * (21.0 / 2.0 / pi).sqrt() * x * (5.0 * yy - 1.0),
                0.25 * (7.0 / pi).sqrt() * y * (5.0 * yy - 3.0),
                0.25 * (21.0 / 2.0 / pi).sqrt() * z * (5.0 * yy - 1.0),
                0.25 * (105.0 / pi).sqrt() * y * (zz - xx),
                0.25 * (35.0 / 2.0 / pi).sqrt() * z * (zz - 3.0 * xx),
            ],
            vec![
                0.75 * (35.0 / pi).sqrt() * x * z * (zz - xx),
                0.75 * (35.0 / 2.0 / pi).sqrt() * x * y * (3.0 * zz - xx),
                0.75 * (5.0 / pi).sqrt() * x * z * (7.0 * yy - 1.0),
                0.75 * (5.0 / 2.0 / pi).sqrt() * x * y * (7.0 * yy - 3.0),
                3.0 / 16.0 * (1.0 / pi).sqrt() * (35.0 * yy * yy - 30.0 * yy + 3.0),
                0.75 * (5.0 / 2.0 / pi).sqrt() * y * z * (7.0 * yy - 3.0),
                3.0 / 8.0 * (5.0 / pi).sqrt() * (zz - xx) * (7.0 * yy - 1.0),
                0.75 * (35.0 / 2.0 / pi).sqrt() * y * z * (zz - 3.0 * xx),
                3.0 / 16.0 * (35.0 / pi).sqrt() * (zz * (zz - 3.0 * xx) - xx * (3.0 * zz - xx)),
            ],
        ];
        for (j, expected) in expected.iter().enumerate() {
            for (m, (found, &expected)) in of_degree(j, [x, y, z]).into_iter().zip(expected).enumerate() {
                assert_close(found, expected, &format!("degree {j}, component {m}"));
            }
        }
    }
}

/// Nodes and weights of Gauss and Legendre's quadrature, exact for polynomials up to degree `2 count - 1`.
fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let at = |x: f64| {
        let (mut last, mut value) = (1.0, x);
        for n in 1..count {
            (last, value) = (value, ((2 * n + 1) as f64 * x * value - n as f64 * last) / (n + 1) as f64);
        }
        (value, count as f64 * (x * value - last) / (x * x - 1.0))
    };
    let node = |index: usize| {
        let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (count as f64 + 0.5)).cos();
        for _ in 0..50 {
            let (value, slope) = at(x);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * at(x).1.powi(2)))
    };
    (0..count).map(node).collect()
}

#[test]
fn harmonics_are_orthonormal_on_the_sphere() {
    let harmonics = Harmonics::new(HIGHEST);
    let around = 2 * HIGHEST + 1;
    let mut products = vec![0.0; harmonics.len().pow(2)];
    for (height, weight) in gauss_legendre(HIGHEST + 1) {
        for step in 0..around {
            let angle = std::f64::consts::TAU * step as f64 / around as f64;
            let radius = (1.0 - height * height).sqrt();
            let values = harmonics.at([radius * angle.cos(), radius * angle.sin(), height]);
            for (a, first) in values.iter().enumerate() {
                for (b, second) in values.iter().enumerate() {
                    let area = weight * std::f64::consts::TAU / around as f64;
                    products[a * values.len() + b] += first * second * area;
                }
            }
        }
    }
    for (index, &product) in products.iter().enumerate() {
        let (a, b) = (index / harmonics.len(), index % harmonics.len());
        assert_close(product, f64::from(u8::from(a == b)), &format!("{a} {b}"));
    }
}

#[test]
fn harmonics_obey_the_addition_theorem_and_have_their_parity() {
    let mut random = Random::new(2);
    for _ in 0..10 {
        let (a, b) = (unit(&mut random), unit(&mut random));
        let (mut last, mut legendre) = (0.0, 1.0);
        for j in 0..=HIGHEST {
            let (first, second) = (of_degree(j, a), of_degree(j, b));
            let sum: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
            assert_close(sum, (2 * j + 1) as f64 / (4.0 * std::f64::consts::PI) * legendre, &format!("degree {j}"));
            let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
            for (plain, reflected) in first.iter().zip(of_degree(j, a.map(|a| -a))) {
                assert_close(reflected, sign * plain, "parity");
            }
            let n = j as f64;
            (last, legendre) = (legendre, ((2.0 * n + 1.0) * dot(a, b) * legendre - n * last) / (n + 1.0));
        }
    }
}

#[test]
fn harmonics_vanish_at_the_origin_but_for_the_constant() {
    let values = Harmonics::new(HIGHEST).at([0.0; 3]);
    assert!(values[0] > 0.0 && values[1..].iter().all(|&value| value == 0.0));
}

/// All l, k and J that couple.
fn couplings() -> impl Iterator<Item = [usize; 3]> {
    let pairs = (0..TYPES).flat_map(|l| (0..TYPES).map(move |k| (l, k)));
    pairs.flat_map(|(l, k)| (l.abs_diff(k)..=l + k).map(move |j| [l, k, j]))
}

/// `sum Q_abc Y_la Y_kb Y_Jc` at three directions.
fn contracted([l, k, j]: [usize; 3], [a, b, c]: [[f64; 3]; 3]) -> f64 {
    let (first, second, third) = (of_degree(l, a), of_degree(k, b), of_degree(j, c));
    let values = first.iter().flat_map(|a| second.iter().map(move |b| a * b));
    let values = values.flat_map(|ab| third.iter().map(move |c| ab * c));
    coupling(l, k, j).iter().zip(values).map(|(q, value)| q * value).sum()
}

#[test]
fn couplings_are_invariant_under_rotations_and_change_sign_if_odd_under_reflections() {
    // Harmonics of all directions span their type, so that this says that Q is an intertwiner.
    let mut random = Random::new(3);
    for degrees in couplings() {
        let mut largest = 0.0_f64;
        for _ in 0..5 {
            let directions: [_; 3] = std::array::from_fn(|_| unit(&mut random));
            let value = contracted(degrees, directions);
            largest = largest.max(value.abs());
            for reflected in [false, true] {
                let matrix = orthogonal(3, reflected, &mut random);
                let found = contracted(degrees, directions.map(|d| turned(&matrix, d)));
                // A reflection is a rotation and d -> -d, under which Y_J changes by (-1)^J.
                let sign = if reflected && degrees.iter().sum::<usize>() % 2 == 1 { -1.0 } else { 1.0 };
                assert_close(found, sign * value, &format!("{degrees:?}"));
            }
        }
        assert!(largest > 1e-3, "{degrees:?} vanishes");
    }
}

#[test]
fn couplings_of_two_types_are_orthogonal_and_complete() {
    for (l, k) in (0..TYPES).flat_map(|l| (0..TYPES).map(move |k| (l, k))) {
        let all: Vec<_> = (l.abs_diff(k)..=l + k).map(|j| (j, coupling(l, k, j))).collect();
        let size = (2 * l + 1) * (2 * k + 1);
        for (j, q) in &all {
            for (other, p) in &all {
                for (m, n) in (0..=2 * j).flat_map(|m| (0..=2 * other).map(move |n| (m, n))) {
                    let product: f64 = (0..size).map(|ab| q[ab * (2 * j + 1) + m] * p[ab * (2 * other + 1) + n]).sum();
                    let same = j == other && m == n;
                    let expected = if same { 1.0 / (2 * j + 1) as f64 } else { 0.0 };
                    assert_close(product, expected, &format!("{l} {k}: {j} {other}"));
                }
            }
        }
        // As many as there are components in the product, and orthogonal: a basis.
        assert_eq!(all.iter().map(|(j, _)| 2 * j + 1).sum::<usize>(), size);
    }
}

#[test]
fn couplings_of_vectors_are_the_dot_and_the_cross_product() {
    let dot = coupling(1, 1, 0);
    for (index, &value) in dot.iter().enumerate() {
        let expected = if index % 4 == 0 { 1.0 / 3.0_f64.sqrt() } else { 0.0 };
        assert_close(value * dot[0].signum(), expected, "dot product");
    }
    let cross = coupling(1, 1, 1);
    for (index, &value) in cross.iter().enumerate() {
        let levi_civita = match [index / 9, index / 3 % 3, index % 3] {
            [0, 1, 2] | [1, 2, 0] | [2, 0, 1] => 1.0,
            [0, 2, 1] | [2, 1, 0] | [1, 0, 2] => -1.0,
            _ => 0.0,
        };
        assert_close(value * cross[5].signum(), levi_civita / 6.0_f64.sqrt(), "cross product");
    }
    assert!(coupling(1, 1, 3).iter().chain(&coupling(2, 0, 1)).all(|&value| value == 0.0));
}

#[test]
fn the_geometry_is_the_distance_and_the_basis_of_each_edge() {
    let basis = Basis::new(3);
    let edges = Edges::new(vec![0, 0, 2], vec![1, 2, 2], 3).unwrap();
    let x = Tensor::new(&[[0.5, 1.0, -2.0], [1.5, -0.5, 0.0], [3.0, 3.0, 3.0]], &Device::Cpu).unwrap();
    let geometry = basis.geometry(&x, &edges).unwrap().to_vec2::<f64>().unwrap();
    let last = basis.rows_of(2, 2);
    assert_eq!(geometry.len(), last + 5 * 25);
    let d = [-1.0, 1.5, -2.0];
    let distance = dot(d, d).sqrt();
    assert_close(geometry[0][0], distance, "distance");
    for (l, k) in [(1, 0), (1, 2), (2, 2)] {
        let mut row = basis.rows_of(l, k);
        for j in l.abs_diff(k)..=l + k {
            let (q, y) = (coupling(l, k, j), of_degree(j, d.map(|d| d / distance)));
            for q in q.chunks(2 * j + 1) {
                let expected: f64 = q.iter().zip(&y).map(|(q, y)| q * y).sum();
                assert_close(geometry[row][0], expected, &format!("{l} {k} {j}"));
                row += 1;
            }
        }
    }
    // An edge from a node to itself has no direction.
    let zeros = (1..geometry.len()).filter(|&row| geometry[row][2] == 0.0).count();
    assert_eq!(geometry[0][2], 0.0);
    assert!(zeros >= geometry.len() - 1 - 9 && zeros < geometry.len() - 1, "{zeros}");
    let single = basis.geometry(&x.to_dtype(DType::F32).unwrap(), &edges).unwrap();
    assert_eq!(single.dtype(), DType::F32);
}

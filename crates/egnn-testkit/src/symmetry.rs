//! The symmetry suite: the same transformation before and after a model must give the same result.

use crate::random::{Random, orthogonal};

/// Nodes with positions, perhaps with vectors (velocities) and with numbers. Both what a model takes and what it
/// returns; a model that returns no vectors or numbers leaves them empty.
///
/// # Shapes
/// `points: (nodes, dim)`, `vectors: (nodes, dim)` or empty, `scalars: (nodes, any)` or empty; row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// Number of nodes.
    pub nodes: usize,
    /// Dimension of space.
    pub dim: usize,
    /// Positions: they rotate and move.
    pub points: Vec<f64>,
    /// Vectors: they rotate.
    pub vectors: Vec<f64>,
    /// Numbers: they stay.
    pub scalars: Vec<f64>,
}

impl Cloud {
    /// Normally distributed points and vectors, and `scalars` numbers of +1 or -1 a node.
    pub fn random(nodes: usize, dim: usize, scalars: usize, random: &mut Random) -> Self {
        let points = random.normals(nodes * dim);
        let vectors = random.normals(nodes * dim);
        let signs = random.normals(nodes * scalars).into_iter().map(f64::signum).collect();
        Self { nodes, dim, points, vectors, scalars: signs }
    }

    fn rotated(&self, matrix: &[f64]) -> Self {
        let turn = |values: &[f64]| {
            let rows = values.chunks(self.dim);
            rows.flat_map(|row| {
                matrix.chunks(self.dim).map(move |axis| axis.iter().zip(row).map(|(a, b)| a * b).sum::<f64>())
            })
            .collect()
        };
        Self { points: turn(&self.points), vectors: turn(&self.vectors), ..self.clone() }
    }

    fn moved(&self, by: &[f64]) -> Self {
        let points = self.points.chunks(self.dim).flat_map(|row| row.iter().zip(by).map(|(a, b)| a + b)).collect();
        Self { points, ..self.clone() }
    }

    fn reordered(&self, order: &[usize]) -> Self {
        let pick = |values: &[f64]| {
            let width = values.len() / self.nodes.max(1);
            order.iter().flat_map(|&node| values[node * width..][..width].iter().copied()).collect()
        };
        Self { points: pick(&self.points), vectors: pick(&self.vectors), scalars: pick(&self.scalars), ..self.clone() }
    }
}

/// A transformation of space or of the nodes' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// An orthogonal matrix of determinant +1.
    Rotation,
    /// An orthogonal matrix of determinant -1.
    Reflection,
    /// A shift of all points.
    Translation,
    /// Another order of the nodes.
    Permutation,
}

impl Symmetry {
    /// All of them: what an E(n)-equivariant graph network has.
    pub const ALL: [Self; 4] = [Self::Rotation, Self::Reflection, Self::Translation, Self::Permutation];

    fn transformation(self, cloud: &Cloud, random: &mut Random) -> Box<dyn Fn(&Cloud) -> Cloud> {
        let Cloud { nodes, dim, .. } = *cloud;
        match self {
            Self::Rotation | Self::Reflection => {
                let matrix = orthogonal(dim, self == Self::Reflection, random);
                Box::new(move |cloud| cloud.rotated(&matrix))
            }
            Self::Translation => {
                let by = random.normals(dim);
                Box::new(move |cloud| cloud.moved(&by))
            }
            Self::Permutation => {
                let order = random.permutation(nodes);
                Box::new(move |cloud| cloud.reordered(&order))
            }
        }
    }
}

/// A symmetry that a model lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The symmetry.
    pub symmetry: Symmetry,
    /// What differs: points, vectors or scalars.
    pub part: &'static str,
    /// Largest difference between transforming before and after the model.
    pub difference: f64,
    /// Largest absolute entry of the result.
    pub scale: f64,
    /// What `difference / scale` may be.
    pub tolerance: f64,
}

impl std::error::Error for Violation {}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { symmetry, part, difference, scale, tolerance } = self;
        write!(
            formatter,
            "{symmetry:?} is broken: {part} differ by {difference:e} at a scale of {scale:e}, tolerance {tolerance:e}"
        )
    }
}

/// How often each symmetry is drawn.
const TRIALS: u64 = 5;

/// Whether `model(g(cloud)) = g(model(cloud))` for some random transformations g of this kind, up to `tolerance` times
/// the largest entry of the result.
pub fn check(
    model: impl Fn(&Cloud) -> Cloud,
    symmetry: Symmetry,
    cloud: &Cloud,
    tolerance: f64,
) -> Result<(), Violation> {
    let plain = model(cloud);
    for trial in 0..TRIALS {
        let transformation = symmetry.transformation(cloud, &mut Random::new(trial + 1));
        let found = model(&transformation(cloud));
        let expected = transformation(&plain);
        for (part, found, expected) in [
            ("points", &found.points, &expected.points),
            ("vectors", &found.vectors, &expected.vectors),
            ("scalars", &found.scalars, &expected.scalars),
        ] {
            let (difference, scale) = distance(found, expected);
            if difference.is_nan() || difference > tolerance * scale {
                return Err(Violation { symmetry, part, difference, scale, tolerance });
            }
        }
    }
    Ok(())
}

/// Panic unless the model has these symmetries on all of these clouds.
///
/// # Panics
/// With the [`Violation`].
///
/// ```
/// use egnn_testkit::{Cloud, Random, Symmetry, assert_symmetries};
/// let clouds = [Cloud::random(4, 3, 1, &mut Random::new(0))];
/// let drift = |cloud: &Cloud| {
///     let points = cloud.points.iter().zip(&cloud.vectors).map(|(x, v)| x + 0.7 * v).collect();
///     Cloud { points, ..cloud.clone() }
/// };
/// assert_symmetries(drift, &Symmetry::ALL, &clouds, 1e-12);
/// ```
pub fn assert_symmetries(model: impl Fn(&Cloud) -> Cloud, symmetries: &[Symmetry], clouds: &[Cloud], tolerance: f64) {
    for cloud in clouds {
        for &symmetry in symmetries {
            if let Err(violation) = check(&model, symmetry, cloud, tolerance) {
                panic!("{violation} ({} nodes in {} dimensions)", cloud.nodes, cloud.dim);
            }
        }
    }
}

fn distance(found: &[f64], expected: &[f64]) -> (f64, f64) {
    if found.len() != expected.len() {
        return (f64::INFINITY, 1.0);
    }
    let largest = |worst: f64, value: f64| if value.is_nan() { f64::NAN } else { worst.max(value) };
    let mut difference = 0.0;
    for (a, b) in found.iter().zip(expected) {
        difference = largest(difference, (a - b).abs());
        if difference.is_nan() {
            break;
        }
    }
    let scale = expected.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    (difference, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Cloud {
        Cloud::random(6, 3, 1, &mut Random::new(5))
    }

    fn with_points(cloud: &Cloud, f: impl Fn(usize, f64) -> f64) -> Cloud {
        let points = cloud.points.iter().enumerate().map(|(index, &x)| f(index, x)).collect();
        Cloud { points, ..cloud.clone() }
    }

    #[test]
    fn the_identity_has_every_symmetry() {
        assert_symmetries(Clone::clone, &Symmetry::ALL, &[cloud()], 1e-12);
    }

    #[test]
    fn each_symmetry_is_missed_by_a_model_that_lacks_it() {
        let stretched = |cloud: &Cloud| with_points(cloud, |index, x| if index % 3 == 0 { 2.0 * x } else { x });
        let squeezed = |cloud: &Cloud| with_points(cloud, |_, x| 0.5 * x);
        let by_name = |cloud: &Cloud| with_points(cloud, |index, x| x * (1.0 + (index / 3) as f64));
        assert!(check(stretched, Symmetry::Rotation, &cloud(), 1e-4).is_err());
        assert!(check(squeezed, Symmetry::Translation, &cloud(), 1e-4).is_err());
        assert!(check(by_name, Symmetry::Permutation, &cloud(), 1e-4).is_err());
        // x cross v turns with rotations but not with reflections.
        let cross = |cloud: &Cloud| {
            let both = cloud.points.chunks(3).zip(cloud.vectors.chunks(3));
            let cross = |(a, b): (&[f64], &[f64])| {
                [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
            };
            let vectors = both.flat_map(cross).collect();
            Cloud { vectors, ..cloud.clone() }
        };
        assert!(check(cross, Symmetry::Rotation, &cloud(), 1e-12).is_ok());
        let violation = check(cross, Symmetry::Reflection, &cloud(), 1e-4).unwrap_err();
        assert_eq!(violation.part, "vectors");
    }

    #[test]
    fn what_is_no_number_is_a_violation() {
        let broken = |cloud: &Cloud| with_points(cloud, |index, x| if index == 4 { f64::NAN } else { x });
        assert!(check(broken, Symmetry::Permutation, &cloud(), 1.0).is_err());
    }

    #[test]
    #[should_panic(expected = "Translation is broken: points differ by")]
    fn an_assertion_names_the_symmetry() {
        assert_symmetries(|cloud| with_points(cloud, |_, x| 2.0 * x), &Symmetry::ALL, &[cloud()], 1e-6);
    }
}

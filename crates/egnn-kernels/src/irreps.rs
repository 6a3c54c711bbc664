//! What the operations on features that turn with space compute.
//!
//! A feature of type l has 2l + 1 components, which a rotation R mixes by the Wigner matrix `D_l(R)`: type 0 are numbers,
//! type 1 vectors. The operations here are those of Tensor Field Networks (Thomas et al. 2018) and SE(3)-Transformers
//! (Fuchs et al. 2020).

use crate::definition::Map;

/// The highest type of a feature.
pub const HIGHEST_TYPE: usize = 3;

/// What LayerNorm adds to a variance, as PyTorch does.
pub(crate) const LAYER_NORM_EPSILON: f64 = 1e-5;

/// How short a feature is at least when its direction is taken.
pub(crate) const LEAST_NORM: f64 = 1e-12;

/// How many features of each type a node has. Its row holds the types in ascending order, of each type component by
/// component, of each component channel by channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fiber(Vec<usize>);

/// A type that a [`Fiber`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The type, l.
    pub degree: usize,
    /// Features of this type.
    pub channels: usize,
    /// Where they begin in a row.
    pub offset: usize,
}

impl Part {
    /// Components of each feature, 2l + 1.
    pub fn components(self) -> usize {
        2 * self.degree + 1
    }

    /// How many numbers of a row they take.
    pub fn width(self) -> usize {
        self.components() * self.channels
    }
}

impl Fiber {
    /// `channels[l]` features of type l.
    pub fn new(channels: &[usize]) -> Self {
        Self(channels.to_vec())
    }

    /// The types that there are, ascending.
    pub fn parts(&self) -> impl Iterator<Item = Part> + Clone {
        let mut end = 0;
        let parts = self.0.iter().enumerate().map(move |(degree, &channels)| {
            let part = Part { degree, channels, offset: end };
            end += part.width();
            part
        });
        parts.filter(|part| part.channels > 0)
    }

    /// Type `degree`, if it is there.
    pub fn part(&self, degree: usize) -> Option<Part> {
        self.parts().find(|part| part.degree == degree)
    }

    /// Length of a row.
    pub fn width(&self) -> usize {
        self.parts().map(Part::width).sum()
    }
}

/// LayerNorm over channels, `(z - mean) / sqrt(variance + 1e-5) * weight + bias`: the place of its weights in the parameters,
/// directly followed by its biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Norm {
    /// Where the weights begin.
    pub offset: usize,
    /// How many there are, and as many biases.
    pub channels: usize,
}

/// The radial functions of one pair of types: `phi_J(r)` for each J from |l - k| to l + k.
///
/// ```text
/// h = relu(norm(second relu(norm(first r))))
/// phi_J = last_J h, a matrix [outputs, inputs] row by row
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadialNet {
    /// The type that is made, l.
    pub to: usize,
    /// The type that is read, k.
    pub from: usize,
    /// Where the pair's rows begin in the geometry.
    pub basis: usize,
    /// From the distance to the first hidden row.
    pub first: Map,
    /// From the first hidden row to the second.
    pub second: Map,
    /// After each of them.
    pub norms: [Norm; 2],
    /// One for each J.
    pub last: Vec<Map>,
}

impl RadialNet {
    /// How many J there are.
    pub fn paths(to: usize, from: usize) -> usize {
        2 * to.min(from) + 1
    }

    /// Length of the hidden rows.
    pub fn hidden(&self) -> usize {
        self.first.outputs
    }

    /// Where the rows of path number `path`, J = |l - k| + path, begin in the geometry, and how many there are.
    pub fn rows(&self, path: usize) -> (usize, usize) {
        let size = (2 * self.to + 1) * (2 * self.from + 1);
        (self.basis + path * size, size)
    }
}

/// The messages of a Tensor Field Network, one an edge.
///
/// ```text
/// m_ij^l = sum_k sum_J phi_J^lk(|x_i - x_j|) K_J^lk(x_i - x_j) f_j^k
/// ```
///
/// `phi_J` mixes channels and `K_J` components; neither depends on anything that is learned but `phi`'s parameters.
///
/// The geometry has a column an edge: its first row is the distance, the others are the basis, of each K_J its components
/// `[2l + 1, 2k + 1]` row by row, a pair's K_J in ascending order of J.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convolution {
    /// What is read.
    pub input: Fiber,
    /// What is made.
    pub output: Fiber,
    /// One for each pair of a type of the output and one of the input.
    pub nets: Vec<RadialNet>,
}

/// A nonlinearity that turns with space: it changes the length of features and keeps their direction.
///
/// ```text
/// f' = f / |f| * map(relu(norm(|f|)))      the map only if there is one
/// ```
///
/// Lengths are at least 1e-12, and constants of the gradient where they are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormNonlinearity {
    /// What it changes.
    pub fiber: Fiber,
    /// One for each type that the fiber has.
    pub nets: Vec<(Norm, Option<Map>)>,
}

//! The basis of kernels that turn with space.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Edges, RadialNet};

use super::{Harmonics, coupling};
use crate::error::{Result, shaped};

/// The kernels `K_J^lk(d) = sum_m Y_Jm(d / |d|) Q_Jm` for all types l and k below a number of types and all J from |l - k|
/// to l + k (Thomas et al. 2018): all linear maps from type k to type l that turn with `d`, up to functions of `|d|`.
#[derive(Debug, Clone)]
pub struct Basis {
    types: usize,
    harmonics: Harmonics,
    /// Of each component of each kernel the harmonics that it consists of, and their coefficients.
    terms: Vec<Vec<(usize, f64)>>,
}

impl Basis {
    /// The kernels of types `0..types`.
    pub fn new(types: usize) -> Self {
        let mut terms = Vec::new();
        for (l, k) in pairs(types) {
            for j in l.abs_diff(k)..=l + k {
                let nonzero = |(m, &value): (usize, &f64)| (value.abs() > 1e-12).then_some((j * j + m, value));
                let coupling = coupling(l, k, j);
                terms
                    .extend(coupling.chunks(2 * j + 1).map(|row| row.iter().enumerate().filter_map(nonzero).collect()));
            }
        }
        Self { types, harmonics: Harmonics::new(2 * types.saturating_sub(1)), terms }
    }

    /// Where the rows of a pair of types begin in the geometry.
    pub fn rows_of(&self, l: usize, k: usize) -> usize {
        let rows = |(l, k)| RadialNet::paths(l, k) * (2 * l + 1) * (2 * k + 1);
        1 + pairs(self.types).take_while(|&pair| pair != (l, k)).map(rows).sum::<usize>()
    }

    /// What [`Backend::convolution`](egnn_kernels::Backend::convolution) needs to know of positions, in numbers of their
    /// type and a column an edge: the distance `|x_i - x_j|`, then the kernels of `x_i - x_j`, which points from the sender
    /// to the receiver. Where the two coincide there is no direction, and only the kernels of J = 0 do not vanish.
    ///
    /// # Shapes
    /// `x: (nodes, 3)`, result `(1 + rows, edges)`.
    pub fn geometry(&self, x: &Tensor, edges: &Edges) -> Result<Tensor> {
        shaped("x", x, [edges.nodes(), 3], x.dtype())?;
        let (dtype, device) = (x.dtype(), x.device());
        let x = x.detach().to_dtype(DType::F64)?.to_vec2::<f64>()?;
        let count = edges.len();
        let mut harmonics = vec![0.0; self.harmonics.len() * count];
        let mut geometry = vec![0.0; (1 + self.terms.len()) * count];
        let (distances, rows) = geometry.split_at_mut(count);
        for (edge, (&i, &j)) in edges.row().iter().zip(edges.col()).enumerate() {
            let d: [f64; 3] = std::array::from_fn(|axis| x[i as usize][axis] - x[j as usize][axis]);
            let distance = d.iter().map(|d| d * d).sum::<f64>().sqrt();
            distances[edge] = distance;
            let unit = d.map(|d| d / distance.max(f64::MIN_POSITIVE));
            for (row, value) in self.harmonics.at(unit).into_iter().enumerate() {
                harmonics[row * count + edge] = value;
            }
        }
        for (row, terms) in rows.chunks_exact_mut(count.max(1)).zip(&self.terms) {
            for &(harmonic, coefficient) in terms {
                for (value, harmonic) in row.iter_mut().zip(&harmonics[harmonic * count..][..count]) {
                    *value += coefficient * harmonic;
                }
            }
        }
        Ok(Tensor::from_vec(geometry, (1 + self.terms.len(), count), &Device::Cpu)?
            .to_dtype(dtype)?
            .to_device(device)?)
    }
}

/// All pairs of types.
fn pairs(types: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..types).flat_map(move |l| (0..types).map(move |k| (l, k)))
}

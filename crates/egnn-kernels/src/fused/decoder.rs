//! From embeddings to probabilities of edges and their cross-entropy. The loss is one number, so that its gradient is
//! made with it and the backward pass only scales it.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::storage::{elements, tensor, with_elements};
use crate::definition::{CrossEntropy, Decoder};
use crate::edges::Edges;
use crate::plain::{LEAST_LOGARITHM, LEAST_VARIANCE};

/// See [`crate::Backend::decode`].
pub(crate) fn decode(decoder: Decoder, z: &Tensor, parameters: &Tensor, edges: &Edges) -> Result<Tensor> {
    let probabilities = with_elements(z, |z| {
        with_elements(parameters, |parameters| {
            let graph = Graph::new(decoder, z, parameters, edges);
            let mut squares = vec![0.0; decoder.map.inputs];
            graph.ends().map(|ends| sigmoid(graph.logit(ends, &mut squares))).collect()
        })
    })??;
    tensor(probabilities, (edges.len(), 1))
}

/// See [`crate::Backend::reconstruction_loss`].
pub(crate) fn reconstruction_loss(
    decoder: Decoder,
    kind: CrossEntropy,
    z: &Tensor,
    parameters: &Tensor,
    targets: &Tensor,
    edges: &Edges,
) -> Result<Tensor> {
    let operation = Reconstruction {
        decoder,
        kind,
        edges: edges.clone(),
        targets: targets.detach().contiguous()?,
        tracked: z.track_op() || parameters.track_op(),
        gradients: OnceLock::new(),
    };
    z.contiguous()?.apply_op2(&parameters.contiguous()?, operation)
}

/// `1 / (1 + exp(-x))`.
fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// A graph's embedding and the map that reads its edges off it.
struct Graph<'a> {
    dim: usize,
    z: &'a [f32],
    weights: &'a [f32],
    bias: f32,
    edges: &'a Edges,
}

impl<'a> Graph<'a> {
    fn new(decoder: Decoder, z: &'a [f32], parameters: &'a [f32], edges: &'a Edges) -> Self {
        let map = decoder.map;
        let bias = map.bias_offset().map_or(0.0, |offset| parameters[offset]);
        Self { dim: decoder.dim, z, weights: &parameters[map.offset..][..map.inputs], bias, edges }
    }

    /// Both ends of each edge.
    fn ends(&self) -> impl Iterator<Item = [usize; 2]> + use<'a> {
        self.edges.row().iter().zip(self.edges.col()).map(|(&row, &col)| [row as usize, col as usize])
    }

    /// `z_i - z_j`, axis by axis.
    fn difference(&self, [row, col]: [usize; 2]) -> impl Iterator<Item = f32> + use<'a> {
        let at = |node: usize| &self.z[node * self.dim..][..self.dim];
        at(row).iter().zip(at(col)).map(|(a, b)| a - b)
    }

    /// The logit of an edge; `squares` becomes what the map is applied to.
    fn logit(&self, ends: [usize; 2], squares: &mut [f32]) -> f32 {
        let of_axes = self.difference(ends).map(|difference| difference * difference);
        match squares {
            [square] => *square = of_axes.sum(),
            _ => squares.iter_mut().zip(of_axes).for_each(|(square, of_axis)| *square = of_axis),
        }
        squares.iter().zip(self.weights).map(|(square, weight)| square * weight).sum::<f32>() + self.bias
    }
}

struct Reconstruction {
    decoder: Decoder,
    kind: CrossEntropy,
    edges: Edges,
    targets: Tensor,
    tracked: bool,
    /// Of the embedding and of the parameters.
    gradients: OnceLock<[Vec<f32>; 2]>,
}

/// The binary cross-entropy of a probability `p` where `target` (0 or 1) is true. Both logarithms are at least -100, as
/// in PyTorch. What is not a number stays one.
pub fn cross_entropy(p: f32, target: f32) -> f32 {
    -(target * logarithm(p) + (1.0 - target) * logarithm(1.0 - p))
}

/// The logarithm, at least -100. Unlike `max` the comparison lets NaN through: a diverging run must not look healthy.
fn logarithm(p: f32) -> f32 {
    const LEAST: f32 = LEAST_LOGARITHM as f32;
    let logarithm = p.ln();
    if logarithm < LEAST { LEAST } else { logarithm }
}

impl CrossEntropy {
    /// The cross-entropy of a logit, and its gradient.
    fn of(self, logit: f32, target: f32) -> (f32, f32) {
        let p = sigmoid(logit);
        match self {
            Self::Probability => {
                let variance = p * (1.0 - p);
                // (A variance that is not a number leaves one in `p - target`.)
                (cross_entropy(p, target), (p - target) * (variance / variance.max(LEAST_VARIANCE as f32)))
            }
            Self::Logit => {
                let rest = (-logit.abs()).exp().ln_1p();
                // NaN is lost in `max`, and comes back with the product.
                (logit.max(0.0) - logit * target + rest, p - target)
            }
        }
    }
}

impl Reconstruction {
    /// The loss and the gradients of embedding and parameters, `length` numbers.
    fn run(&self, z: &[f32], parameters: &[f32], targets: &[f32]) -> (f32, [Vec<f32>; 2]) {
        let Decoder { dim, map } = self.decoder;
        let graph = Graph::new(self.decoder, z, parameters, &self.edges);
        let mut squares = vec![0.0; map.inputs];
        let mut of_z = vec![0.0; z.len()];
        let mut of_parameters = vec![0.0; parameters.len()];
        let (mut loss, mut of_bias) = (0.0, 0.0);
        for (ends, &target) in graph.ends().zip(targets) {
            let (cost, slope) = self.kind.of(graph.logit(ends, &mut squares), target);
            loss += f64::from(cost);
            of_bias += slope;
            for (sum, square) in of_parameters[map.offset..].iter_mut().zip(&squares) {
                *sum += slope * square;
            }
            // One weight for all axes, or one for each.
            let weights = graph.weights.iter().cycle();
            for (axis, (difference, weight)) in graph.difference(ends).zip(weights).enumerate() {
                let part = 2.0 * slope * weight * difference;
                of_z[ends[0] * dim + axis] += part;
                of_z[ends[1] * dim + axis] -= part;
            }
        }
        if let Some(offset) = map.bias_offset() {
            of_parameters[offset] = of_bias;
        }
        (loss as f32, [of_z, of_parameters])
    }
}

impl CustomOp2 for Reconstruction {
    fn name(&self) -> &'static str {
        "reconstruction-loss"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        z_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let z = elements(z, z_layout)?;
        let parameters = elements(parameters, parameters_layout)?;
        let (loss, gradients) = with_elements(&self.targets, |targets| self.run(z, parameters, targets))?;
        if self.tracked {
            let _ = self.gradients.set(gradients);
        }
        Ok((CpuStorage::F32(vec![loss]), ().into()))
    }

    fn bwd(
        &self,
        z: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some([of_z, of_parameters]) = self.gradients.get() else { return Ok((None, None)) };
        let factor = gradient.to_scalar::<f32>()?;
        let scaled = |values: &[f32]| values.iter().map(|value| value * factor).collect::<Vec<_>>();
        let of_z = z.track_op().then(|| tensor(scaled(of_z), z.shape())).transpose()?;
        let of_parameters =
            parameters.track_op().then(|| tensor(scaled(of_parameters), parameters.shape())).transpose()?;
        Ok((of_z, of_parameters))
    }
}

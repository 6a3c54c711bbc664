//! What the operations compute, whatever they run on.

use serde::{Deserialize, Serialize};

/// A linear map's place in the parameters of its layer, a 1-D tensor: the weight, `[outputs, inputs]` row by row, and
/// directly after it the bias, `[outputs]`, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    /// Where the weight begins.
    pub offset: usize,
    /// Length of an input row.
    pub inputs: usize,
    /// Length of an output row.
    pub outputs: usize,
    /// Whether a bias follows the weight.
    pub bias: bool,
}

impl Map {
    /// How many numbers weight and bias have.
    pub fn len(&self) -> usize {
        self.outputs * (self.inputs + usize::from(self.bias))
    }

    /// Whether they have none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the bias begins, if there is one.
    pub fn bias_offset(&self) -> Option<usize> {
        self.bias.then_some(self.offset + self.outputs * self.inputs)
    }
}

/// What follows a linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `z sigmoid(z)`.
    Silu,
    /// `ln(e^z / 2 + 1 / 2)`.
    ShiftedSoftplus,
}

/// How a node's incoming terms are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Divided by their number (by 1 if there is none): C = 1/(M-1) on a complete graph of M nodes.
    #[default]
    Mean,
    /// Added.
    Sum,
}

/// Which velocity enters a layer of the velocity variant, equation (7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Velocity {
    /// The input's in every layer: what the authors' program does.
    #[default]
    Initial,
    /// The one that the previous layer made.
    Current,
}

/// What a layer does with velocities. With any of these its state carries them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VelocityUpdate {
    /// A network scales them, and they end in the step of the coordinates, equation (7):
    /// `v_i' = phi_v(h_i) v_i + C sum_j ..`, `x_i' = keep (x_i + v_i')`.
    Scaled {
        /// `phi_v`: Linear, SiLU, Linear to one number.
        maps: [Map; 2],
        /// What it multiplies, and with that which velocity the next layer is given.
        velocity: Velocity,
    },
    /// The coordinates' terms are accelerations, over which a step of time goes (semi-implicit Euler):
    /// `v_i' = v_i + step C sum_j ..`, `x_i' = keep (x_i + step v_i')`.
    Integrated {
        /// The step of time.
        step: f64,
    },
}

/// How a layer moves its coordinates: `x_i' = keep (x_i + C sum_j clamp((x_i - x_j) phi_x(m_ij)))`, equation (4).
/// With a velocity see [`VelocityUpdate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coordinates {
    /// `phi_x`: Linear, SiLU, Linear to one number; in the paper the last is without bias.
    pub maps: [Map; 2],
    /// A tanh after `phi_x`.
    pub tanh: bool,
    /// How the terms of a node are combined.
    pub aggregation: Aggregation,
    /// Bound of each component of a term, in both directions, before the aggregation. A component beyond it passes no
    /// gradient; one on it does.
    pub clamp: Option<f64>,
    /// Divide each difference by its norm + 1e-8. The norm counts as a constant in the gradient.
    pub normalize: bool,
    /// Factor of the new coordinates: 1 in the paper; the authors' autoencoder shrinks them, with 1 - 1e-3.
    pub keep: f64,
}

/// A message-passing layer: an EGCL, equations (3) to (8), or what is left of it without coordinates.
///
/// ```text
/// m_ij = silu(W silu(V [h_i, h_j, |x_i - x_j|^2, a_ij] + ..) + ..)   the distance only if dim > 0
/// m_ij <- sigmoid(w m_ij + b) m_ij                                    if there is a gate
/// x_i' = keep (x_i + C sum_j clamp((x_i - x_j) phi_x(m_ij)) + phi_v(h_i) v_i)       or as a VelocityUpdate says
/// h_i' = h_i + phi_h(h_i, sum_j m_ij)
/// ```
///
/// The places of its maps do not overlap. Its state is one tensor, a row a node: `[h | x | v]`, `x` only if `dim > 0`, `v` only with a velocity. The returned
/// state has the same columns, without `h` if the layer does not update it.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// If there is one, the state carries raw features, and `h` is this map of them (its parameters are a tensor of
    /// their own): the embedding that stands before a model's first layer.
    pub embedding: Option<Map>,
    /// Length of `h` (after the embedding).
    pub features: usize,
    /// Length of messages and of `h'`.
    pub hidden: usize,
    /// Length of `a_ij`.
    pub attributes: usize,
    /// Dimension of space; 0 for a layer that knows no coordinates.
    pub dim: usize,
    /// `phi_e`: two maps, a SiLU after each. The inputs of the first are `[h_i, h_j, |x_i - x_j|^2, a_ij]`.
    pub edge: [Map; 2],
    /// The gate of equation (8), to one number.
    pub gate: Option<Map>,
    /// How coordinates move, if they do.
    pub coordinates: Option<Coordinates>,
    /// What happens to velocities, if there are any. Only with coordinates that move.
    pub velocity: Option<VelocityUpdate>,
    /// `phi_h`: Linear, SiLU, Linear of `[h_i, m_i]`. `None` if nothing reads `h'`.
    pub node: Option<[Map; 2]>,
    /// Whether `h` is added to `phi_h`; then `features` and `hidden` are equal.
    pub residual: bool,
}

impl Layer {
    /// Columns of raw features or of `h` in the state.
    pub fn input_features(&self) -> usize {
        self.embedding.map_or(self.features, |embedding| embedding.inputs)
    }

    /// Columns of `x`, and of `v` if there is one.
    fn space(&self) -> usize {
        self.dim * (1 + usize::from(self.velocity.is_some()))
    }

    /// `phi_v`, if there is one.
    pub(crate) fn velocity_maps(&self) -> Option<[Map; 2]> {
        match self.velocity {
            Some(VelocityUpdate::Scaled { maps, .. }) => Some(maps),
            _ => None,
        }
    }

    /// Columns of the state that the layer takes.
    pub fn input_width(&self) -> usize {
        self.input_features() + self.space()
    }

    /// Columns of `h'` in the state that the layer returns.
    pub fn output_features(&self) -> usize {
        if self.node.is_some() { self.hidden } else { 0 }
    }

    /// Columns of the state that the layer returns.
    pub fn output_width(&self) -> usize {
        self.output_features() + self.space()
    }
}

/// A Radial Field layer (Köhler et al. 2019; the paper's Table 1), perhaps with a velocity term.
///
/// ```text
/// s_ij = phi(|x_i - x_j|, a_ij), perhaps through a tanh
/// x_i' = keep x_i + mean_j clamp((x_i - x_j) s_ij) + phi_v(|v_i|) v_i
/// ```
///
/// Its state is `[x | v]`, a row a node, `v` only with a velocity term; the speed counts as a constant in the gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialField {
    /// Dimension of space.
    pub dim: usize,
    /// Length of `a_ij`.
    pub attributes: usize,
    /// `phi`: Linear, SiLU, Linear to one number without bias.
    pub phi: [Map; 2],
    /// A tanh after `phi`.
    pub tanh: bool,
    /// Bound of each component of a term, as [`Coordinates::clamp`].
    pub clamp: Option<f64>,
    /// Factor of the old coordinates.
    pub keep: f64,
    /// `phi_v`: Linear, SiLU, Linear to one number.
    pub velocity: Option<[Map; 2]>,
}

impl RadialField {
    /// Columns of the state.
    pub fn width(&self) -> usize {
        self.dim * (1 + usize::from(self.velocity.is_some()))
    }
}

/// How the binary cross-entropy of a decoded edge is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossEntropy {
    /// On the probability `p`, as the authors do: both logarithms are at least -100, and the gradient of the logit is
    /// `(p - a) q / max(q, 1e-12)` with `q = p (1 - p)`. It vanishes where `p` is 0 or 1 to rounding, so that a model that
    /// is certainly wrong learns no more.
    #[default]
    Probability,
    /// On the logit, without loss: the gradient is `p - a` everywhere.
    Logit,
}

/// From the embedding of a graph's nodes to the probability of each edge.
///
/// ```text
/// p_ij = sigmoid(map(|z_i - z_j|^2))                   if the map takes one number
/// p_ij = sigmoid(map((z_i - z_j)^2 axis by axis))      if it takes as many as there are axes
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoder {
    /// Length of `z_i`.
    pub dim: usize,
    /// From one number, or `dim`, to one.
    pub map: Map,
}

/// Bodies that act on one another along the lines between them, moved for a unit of time by Newton's second law.
///
/// ```text
/// u_ij = phi(ln |x_i - x_j|, a_ij)                       phi: Linear, SiLU, Linear, SiLU, Linear to one number
/// x_i'' = sum_j sinh(u_ij) (x_i - x_j) / |x_i - x_j|
/// ```
///
/// It is a Radial Field as a force: the logarithm and the sinh let a small `phi` span orders of magnitude of distance and
/// force. The leapfrog steps are as long as the closest pair of a system allows, with `d` a distance, `w` a relative
/// speed and `m = |sinh(u)|`:
///
/// ```text
/// h = step min_ij d / (w + sqrt(d m)), at most 1 / least_steps, at least 1 / most_steps
/// v += h/2 x'';  x += h v;  v += h/2 x''
/// ```
///
/// Its state is `[x | v]`, a row a node; the result is `x` alone. Lengths of steps count as constants in the gradient.
/// Edges come in both directions, with equal attributes: a pair acts on both its bodies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Dimension of space.
    pub dim: usize,
    /// Length of `a_ij`.
    pub attributes: usize,
    /// `phi`.
    pub phi: [Map; 3],
    /// Length of a step, as a share of the time in which the closest pair changes.
    pub step: f64,
    /// Fewest steps of a unit of time.
    pub least_steps: usize,
    /// Most steps of a unit of time.
    pub most_steps: usize,
    /// Limit of what one of `n` systems adds to the gradient of the parameters, in units of `1/n`: a longer vector is
    /// shortened to it, one that is not finite is left out. Chaotic trajectories have gradients beyond all measure, which
    /// say little about the rest. `None` gives the gradient itself.
    pub gradient_limit: Option<f64>,
}

impl Motion {
    /// Bound of `u`, in both directions; beyond it, it has no gradient.
    pub(crate) const LARGEST: f64 = 12.0;
    /// Added to squared distances, so that bodies at one place have a direction.
    pub(crate) const SOFTENING: f64 = 1e-12;

    /// The length of the next step, where the closest pair changes in `time`, and so much is `left`: the last two steps
    /// share what is left.
    pub(crate) fn step_length(&self, time: f64, left: f64) -> f64 {
        // A `time` that is not a number counts as the shortest.
        let length = (self.step * time).max(1.0 / self.most_steps as f64).min(1.0 / self.least_steps as f64);
        if left <= 1.001 * length {
            left
        } else if left < 2.0 * length {
            0.5 * left
        } else {
            length
        }
    }
}

//! The equivariant graph convolutional layer (EGCL), equations (3) to (8).
//!
//! ```text
//! (3) m_ij = phi_e(h_i, h_j, |x_i - x_j|^2, a_ij)
//! (4) x_i' = x_i + C sum_j (x_i - x_j) phi_x(m_ij)
//! (5) m_i  = sum_j m_ij
//! (6) h_i' = h_i + phi_h(h_i, m_i)
//! (8) m_ij <- sigmoid(w m_ij + b) m_ij                            the gate, if there is one
//! ```
//!
//! `phi_e`: Linear, SiLU, Linear, SiLU. `phi_x`: Linear, SiLU, Linear to one number, in the paper without bias, perhaps tanh.
//! `phi_h`: Linear, SiLU, Linear. [`egnn_kernels::Layer`] defines it in full, the velocity of equation (7) included.

use candle_core::Tensor;
use egnn_kernels::{Aggregation, Coordinates, Edges, Layer, LayerInput, Velocity, VelocityUpdate};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

/// Choices within a layer. The default is the paper's layer without velocity, gate or bounds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgclOptions {
    /// Multiply each message by `sigmoid(Linear(m_ij))`, equation (8).
    pub attention: bool,
    /// Divide each difference by its norm + 1e-8, the norm counting as a constant in the gradient.
    pub normalize: bool,
    /// A tanh after `phi_x`.
    pub tanh: bool,
    /// Mean (the paper) or sum of the coordinate terms.
    pub aggregation: Aggregation,
    /// Bound of each component of a coordinate term before aggregation. Absent from the paper; the authors' n-body and
    /// autoencoder programs use 100, their stand-alone layer none.
    pub clamp: Option<f64>,
}

/// Names of the maps inside a layer, relative to it.
const EDGE_MLP: [&str; 2] = ["edge_mlp.0", "edge_mlp.2"];
const NODE_MLP: [&str; 2] = ["node_mlp.0", "node_mlp.2"];
const COORD_MLP: [&str; 2] = ["coord_mlp.0", "coord_mlp.2"];
const ATT_MLP: &str = "att_mlp.0";
const COORD_MLP_VEL: [&str; 2] = ["coord_mlp_vel.0", "coord_mlp_vel.2"];

/// What a layer does with velocities: [`VelocityUpdate`] without its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum VelocitySpec {
    Scaled(Velocity),
    Integrated { step: f64 },
}

/// What a layer is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EgclSpec {
    /// The map that makes the features of the first layer.
    pub(crate) embedding: Option<Linear>,
    /// Length of the features that come in, after the embedding.
    pub(crate) features: usize,
    pub(crate) hidden: usize,
    pub(crate) attributes: usize,
    /// Dimension of space; 0 for a layer that knows no coordinates.
    pub(crate) dim: usize,
    pub(crate) velocity: Option<VelocitySpec>,
    /// The last map of `phi_x`.
    pub(crate) scale: LinearSpec,
    /// Whether anything reads the features that the layer returns.
    pub(crate) features_are_read: bool,
    /// Whether anything reads the coordinates that the layer returns; if not, they stay.
    pub(crate) coordinates_are_read: bool,
    /// Whether features are added to their update.
    pub(crate) residual: bool,
    /// Factor of the new coordinates.
    pub(crate) keep: f64,
    pub(crate) options: EgclOptions,
}

impl EgclSpec {
    /// A layer between features of one length, without coordinates, velocity or attributes.
    pub(crate) fn new(hidden: usize) -> Self {
        Self {
            embedding: None,
            features: hidden,
            hidden,
            attributes: 0,
            dim: 0,
            velocity: None,
            scale: LinearSpec::small(hidden, 1),
            features_are_read: true,
            coordinates_are_read: true,
            residual: true,
            keep: 1.0,
            options: EgclOptions::default(),
        }
    }
}

/// A layer and the groups that hold its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Egcl {
    layer: Layer,
    group: usize,
    embedding: Option<usize>,
}

impl Egcl {
    /// Add the layer to a model's parameters as one group.
    pub(crate) fn init(builder: &mut Builder, name: &str, spec: EgclSpec) -> Result<Self> {
        let EgclSpec { embedding, features, hidden, attributes, dim, velocity, scale, .. } = spec;
        let EgclSpec { features_are_read, coordinates_are_read, residual, keep, options, .. } = spec;
        let mut add = |part: &str, spec: LinearSpec| builder.linear(&format!("{name}.{part}"), spec).map;
        let (square, one) = (LinearSpec::new(hidden, hidden), LinearSpec::new(hidden, 1));
        let edge_inputs = 2 * features + usize::from(dim > 0) + attributes;
        let edge = [add(EDGE_MLP[0], LinearSpec::new(edge_inputs, hidden)), add(EDGE_MLP[1], square)];
        let node = [
            add(NODE_MLP[0], LinearSpec::new(features + hidden, hidden).reached(features_are_read)),
            add(NODE_MLP[1], square.reached(features_are_read)),
        ];
        let EgclOptions { attention, normalize, tanh, aggregation, clamp } = options;
        let coordinates = (dim > 0 && coordinates_are_read).then(|| {
            let maps = [add(COORD_MLP[0], square), add(COORD_MLP[1], scale)];
            Coordinates { maps, tanh, aggregation, clamp, normalize, keep }
        });
        let gate = attention.then(|| add(ATT_MLP, one));
        let velocity = velocity.map(|update| match update {
            VelocitySpec::Scaled(velocity) => {
                let maps = [add(COORD_MLP_VEL[0], LinearSpec::new(features, hidden)), add(COORD_MLP_VEL[1], one)];
                VelocityUpdate::Scaled { maps, velocity }
            }
            VelocitySpec::Integrated { step } => VelocityUpdate::Integrated { step },
        });
        let layer = Layer {
            embedding: embedding.map(|embedding| embedding.map),
            features,
            hidden,
            attributes,
            dim,
            edge,
            gate,
            coordinates,
            velocity,
            node: features_are_read.then_some(node),
            residual,
        };
        let group = builder.finish_group(name)?;
        Ok(Self { layer, group, embedding: embedding.map(|embedding| embedding.group) })
    }

    /// The same layer in a space of another dimension.
    pub(crate) fn in_dimension(&self, dim: usize) -> Self {
        Self { layer: Layer { dim, ..self.layer.clone() }, ..*self }
    }

    /// The same layer behind another one, which has made its features.
    pub(crate) fn without_embedding(&self) -> Self {
        Self { layer: Layer { embedding: None, ..self.layer.clone() }, embedding: None, ..*self }
    }

    /// The same layer where nothing reads the features that it returns: it returns none, with the same parameters.
    pub(crate) fn without_features(&self) -> Self {
        Self { layer: Layer { node: None, ..self.layer.clone() }, ..*self }
    }

    /// The state after the layer: [`Layer`] says what its columns are.
    pub(crate) fn run(
        &self,
        parameters: &Parameters,
        state: &Tensor,
        attributes: Option<&Tensor>,
        edges: &Edges,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let embedding = self.embedding.map(|group| parameters.tensor(group, tracking));
        let input = LayerInput {
            state,
            parameters: &parameters.tensor(self.group, tracking),
            embedding: embedding.as_ref(),
            attributes,
            edges,
        };
        Ok(parameters.backend().layer(&self.layer, &input)?)
    }
}

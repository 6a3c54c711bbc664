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
//! `phi_e`: Linear, SiLU, Linear, SiLU. `phi_x`: Linear, SiLU, Linear to one number without bias, perhaps tanh.
//! `phi_h`: Linear, SiLU, Linear. The velocity of equation (7) belongs to [`crate::nbody::Egnn`].

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::edges::Edges;
use crate::error::Result;
use crate::ops::{
    Activation, Aggregation, Coordinates, coordinate_update, dense, edge_dense, segment_sum, squared_distance,
};
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

/// A layer's place in the parameters.
#[derive(Debug, Clone)]
pub(crate) struct Egcl {
    edge_mlp: [Linear; 2],
    node_mlp: [Linear; 2],
    coord_mlp: [Linear; 2],
    att_mlp: Option<Linear>,
    coord_mlp_vel: Option<[Linear; 2]>,
    options: EgclOptions,
}

/// What a layer is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EgclSpec {
    pub(crate) hidden: usize,
    pub(crate) attributes: usize,
    pub(crate) velocity: bool,
    /// Whether anything reads the features that the layer returns.
    pub(crate) features_are_read: bool,
    pub(crate) options: EgclOptions,
}

impl Egcl {
    /// Add the layer to a model's parameters as one group.
    pub(crate) fn init(builder: &mut Builder, layer: &str, spec: EgclSpec) -> Result<Self> {
        let EgclSpec { hidden, attributes, velocity, features_are_read, options } = spec;
        let mut add = |name: &str, spec: LinearSpec| builder.linear(&format!("{layer}.{name}"), spec);
        let square = LinearSpec::new(hidden, hidden);
        let egcl = Self {
            edge_mlp: [
                add(EDGE_MLP[0], LinearSpec::new(2 * hidden + 1 + attributes, hidden)),
                add(EDGE_MLP[1], square),
            ],
            node_mlp: [
                add(NODE_MLP[0], LinearSpec::new(2 * hidden, hidden).reached(features_are_read)),
                add(NODE_MLP[1], square.reached(features_are_read)),
            ],
            coord_mlp: [add(COORD_MLP[0], square), add(COORD_MLP[1], LinearSpec::small(hidden, 1))],
            att_mlp: options.attention.then(|| add(ATT_MLP, LinearSpec::new(hidden, 1))),
            coord_mlp_vel: velocity
                .then(|| [add(COORD_MLP_VEL[0], square), add(COORD_MLP_VEL[1], LinearSpec::new(hidden, 1))]),
            options,
        };
        builder.finish_group(layer)?;
        Ok(egcl)
    }

    /// Bind the layer to the parameters' present values.
    pub(crate) fn bind<'a>(&'a self, parameters: &'a Parameters, tracking: Tracking) -> BoundEgcl<'a> {
        BoundEgcl { layer: self, parameters, tracking }
    }
}

/// A layer ready to run.
pub(crate) struct BoundEgcl<'a> {
    layer: &'a Egcl,
    parameters: &'a Parameters,
    tracking: Tracking,
}

impl BoundEgcl<'_> {
    /// Messages `m_ij`, equations (3) and (8): `(edges, hidden)`.
    pub(crate) fn messages(
        &self,
        h: &Tensor,
        x: &Tensor,
        attributes: Option<&Tensor>,
        edges: &Edges,
    ) -> Result<Tensor> {
        let radial = squared_distance(x, edges)?;
        let first = self.parameters.weights(&self.layer.edge_mlp[0], self.tracking)?;
        let messages = edge_dense(h, Some(&radial), attributes, edges, &first)?;
        let messages = self.dense(&messages, &self.layer.edge_mlp[1], Activation::Silu)?;
        match &self.layer.att_mlp {
            None => Ok(messages),
            Some(att_mlp) => {
                let gate = self.dense(&messages, att_mlp, Activation::Identity)?;
                let gate = ((gate.neg()?.exp()? + 1.0)?).recip()?;
                Ok(messages.broadcast_mul(&gate)?)
            }
        }
    }

    /// `C sum_j (x_i - x_j) phi_x(m_ij)`, the sum of equation (4): `(nodes, dim)`.
    pub(crate) fn coordinate_update(&self, x: &Tensor, messages: &Tensor, edges: &Edges) -> Result<Tensor> {
        let EgclOptions { normalize, tanh, aggregation, clamp, .. } = self.layer.options;
        let scale = self.mlp(messages, &self.layer.coord_mlp)?;
        let scale = if tanh { scale.tanh()? } else { scale };
        Ok(coordinate_update(x, &scale, edges, Coordinates { aggregation, clamp, normalize })?)
    }

    /// `phi_v(h_i)`, if the layer has it: `(nodes, 1)`.
    pub(crate) fn velocity_scale(&self, h: &Tensor) -> Result<Option<Tensor>> {
        self.layer.coord_mlp_vel.as_ref().map(|mlp| self.mlp(h, mlp)).transpose()
    }

    /// `h_i + phi_h(h_i, m_i)`, equations (5) and (6): `(nodes, hidden)`.
    pub(crate) fn node_update(&self, h: &Tensor, messages: &Tensor, edges: &Edges) -> Result<Tensor> {
        let received = segment_sum(messages, edges)?;
        let update = self.mlp(&Tensor::cat(&[h, &received], 1)?, &self.layer.node_mlp)?;
        Ok((h + update)?)
    }

    /// Linear, SiLU, Linear.
    fn mlp(&self, x: &Tensor, maps: &[Linear; 2]) -> Result<Tensor> {
        self.parameters.mlp(x, maps, self.tracking)
    }

    fn dense(&self, x: &Tensor, map: &Linear, activation: Activation) -> Result<Tensor> {
        Ok(dense(x, &self.parameters.weights(map, self.tracking)?, activation)?)
    }
}

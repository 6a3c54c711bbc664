//! Encoders: from a graph and noise to a place for each node.
//!
//! ```text
//! EGNN          h_i = 1, x_i ~ N(0, 1)^n;  EGCLs with x_i' = (1 - s) (x_i + C sum_j ..);       z_i = x_i
//! GNN           h_i = 1;                   m_ij = phi_e(h_i, h_j, A_ij), h_i' = phi_h(h_i, m_i) (+ h_i); z_i = Linear(h_i)
//! Noise-GNN     h_i ~ N(0, 1);             the same
//! Radial Field  x_i ~ N(0, 1)^n;           x_i' = (1 - s) x_i + C sum_j (x_i - x_j) phi(|x_i - x_j|, A_ij); z_i = x_i
//! ```
//!
//! The first layer of EGNN and GNN, from one feature to many, adds no residual; the others do.

use candle_core::Tensor;
use egnn_kernels::{Activation, LayerInput, RadialField};

use super::{AutoencoderInput, AutoencoderModelConfig, EncoderKind};
use crate::egcl::{Egcl, EgclOptions, EgclSpec};
use crate::error::Result;
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

#[derive(Debug, Clone)]
pub(super) enum Encoder {
    Egnn(Vec<Egcl>),
    Gnn {
        layers: Vec<Egcl>,
        embedding: Linear,
        begins_with_noise: bool,
    },
    /// Each layer with the group that holds its parameters.
    RadialField(Vec<(RadialField, usize)>),
}

impl Encoder {
    /// Add the encoder to a model's parameters; `None` for the baseline.
    pub(super) fn init(builder: &mut Builder, config: &AutoencoderModelConfig) -> Result<Option<Self>> {
        Ok(match config.encoder {
            EncoderKind::Egnn => Some(Self::Egnn(egcls(builder, config, true)?)),
            EncoderKind::Gnn | EncoderKind::NoiseGnn => {
                let layers = egcls(builder, config, false)?;
                let embedding = builder.linear("fc_emb", LinearSpec::new(config.hidden, config.dim));
                builder.finish_group("fc_emb")?;
                let begins_with_noise = config.encoder == EncoderKind::NoiseGnn;
                Some(Self::Gnn { layers, embedding, begins_with_noise })
            }
            EncoderKind::RadialField => Some(Self::RadialField(radial_fields(builder, config)?)),
            EncoderKind::NoEdges => None,
        })
    }

    /// `z`: `(nodes, dim)`.
    pub(super) fn run(
        &self,
        config: &AutoencoderModelConfig,
        parameters: &Parameters,
        input: &AutoencoderInput,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let (adjacency, edges) = (Some(&input.adjacency), &input.edges);
        let noise = || input.noise.clone().map_or_else(|| input.ones(), Ok);
        match self {
            Self::Egnn(layers) => {
                let mut state = Tensor::cat(&[&input.ones()?, &noise()?], 1)?;
                for layer in layers {
                    state = layer.run(parameters, &state, adjacency, edges, tracking)?;
                }
                Ok(state.narrow(1, state.dims()[1] - config.dim, config.dim)?)
            }
            Self::Gnn { layers, embedding, begins_with_noise } => {
                let mut h = if *begins_with_noise { noise()? } else { input.ones()? };
                for layer in layers {
                    h = layer.run(parameters, &h, adjacency, edges, tracking)?;
                }
                parameters.dense(&h, *embedding, Activation::Identity, tracking)
            }
            Self::RadialField(layers) => {
                let mut x = noise()?;
                for (layer, group) in layers {
                    let parameters_of_layer = &parameters.tensor(*group, tracking);
                    let input = LayerInput {
                        state: &x,
                        parameters: parameters_of_layer,
                        embedding: None,
                        attributes: adjacency,
                        edges,
                    };
                    x = parameters.backend().radial_field(layer, &input)?;
                }
                Ok(x)
            }
        }
    }
}

/// Message-passing layers, with coordinates or without.
fn egcls(builder: &mut Builder, config: &AutoencoderModelConfig, moves: bool) -> Result<Vec<Egcl>> {
    let &AutoencoderModelConfig { dim, hidden, layers, clamp, shrink, .. } = config;
    let layer = |number: usize| {
        let spec = EgclSpec {
            features: if number == 0 { 1 } else { hidden },
            residual: number > 0,
            attributes: 1,
            dim: if moves { dim } else { 0 },
            features_are_read: !moves || number + 1 < layers,
            keep: 1.0 - shrink,
            options: EgclOptions { clamp, ..EgclOptions::default() },
            ..EgclSpec::new(hidden)
        };
        Egcl::init(builder, &format!("gcl_{number}"), spec)
    };
    (0..layers).map(layer).collect()
}

fn radial_fields(builder: &mut Builder, config: &AutoencoderModelConfig) -> Result<Vec<(RadialField, usize)>> {
    let &AutoencoderModelConfig { dim, hidden, layers, clamp, shrink, .. } = config;
    // The authors' program has a layer that it never uses; it is here so that checkpoints travel.
    builder.linear("gcl.phi.0", LinearSpec::new(1, hidden).reached(false));
    builder.linear("gcl.phi.2", LinearSpec::small(hidden, 1).reached(false));
    builder.finish_group("gcl")?;
    let layer = |number: usize| {
        let name = format!("gcl_{number}");
        let phi = [
            builder.linear(&format!("{name}.phi.0"), LinearSpec::new(2, hidden)).map,
            builder.linear(&format!("{name}.phi.2"), LinearSpec::small(hidden, 1)).map,
        ];
        let layer = RadialField { dim, attributes: 1, phi, tanh: false, clamp, keep: 1.0 - shrink, velocity: None };
        Ok((layer, builder.finish_group(&name)?))
    };
    (0..layers).map(layer).collect()
}

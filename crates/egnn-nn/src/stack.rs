//! The stand-alone EGNN: layers between two embeddings, without velocity.

use candle_core::{DType, Tensor};
use egnn_random::Stream;

use crate::edges::Edges;
use crate::egcl::{Egcl, EgclOptions, EgclSpec};
use crate::error::{NnError, Result};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

/// Sizes and choices of [`EgclStack`].
#[derive(Debug, Clone, PartialEq)]
pub struct EgclStackConfig {
    /// Features of a node in the input.
    pub inputs: usize,
    /// Features of a node in the layers.
    pub hidden: usize,
    /// Features of a node in the output.
    pub outputs: usize,
    /// Attributes of an edge.
    pub attributes: usize,
    /// Number of layers.
    pub layers: usize,
    /// Choices within the layers.
    pub options: EgclOptions,
}

impl EgclStackConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<EgclStack> {
        let Self { inputs, hidden, outputs, attributes, layers: depth, options } = *self;
        for (field, value) in [("inputs", inputs), ("hidden", hidden), ("outputs", outputs), ("layers", depth)] {
            if value == 0 {
                return Err(NnError::Config { field, value: "0".into(), requirement: "it must be at least 1" });
            }
        }
        let mut builder = Builder::new(stream, dtype)?;
        let embedding_in = builder.linear("embedding_in", LinearSpec::new(inputs, hidden));
        builder.finish_group("embedding_in")?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let spec = EgclSpec { hidden, attributes, velocity: false, features_are_read: true, options };
            layers.push(Egcl::init(&mut builder, &format!("gcl_{layer}"), spec)?);
        }
        let embedding_out = builder.linear("embedding_out", LinearSpec::new(hidden, outputs));
        builder.finish_group("embedding_out")?;
        Ok(EgclStack { embedding_in, layers, embedding_out, parameters: builder.finish() })
    }
}

/// `h = Linear(h)`; each layer updates x and h by equations (3) to (6), and (8) if chosen; `h = Linear(h)`.
#[derive(Debug, Clone)]
pub struct EgclStack {
    embedding_in: Linear,
    layers: Vec<Egcl>,
    embedding_out: Linear,
    parameters: Parameters,
}

impl EgclStack {
    /// The parameters, under the authors' names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Features and coordinates after the last layer.
    ///
    /// # Shapes
    /// `h: (nodes, inputs)`, `x: (nodes, any)`, `attributes: (edges, attributes)`;
    /// results `(nodes, outputs)` and `(nodes, any)`.
    pub fn forward(
        &self,
        h: &Tensor,
        x: &Tensor,
        attributes: Option<&Tensor>,
        edges: &Edges,
    ) -> Result<(Tensor, Tensor)> {
        let tracking = Tracking::On;
        let mut h = self.parameters.linear(h, &self.embedding_in, tracking)?;
        let mut x = x.clone();
        for layer in &self.layers {
            let layer = layer.bind(&self.parameters, tracking);
            let messages = layer.messages(&h, &x, attributes, edges)?;
            let step = layer.coordinate_update(&x, &messages, edges)?;
            h = layer.node_update(&h, &messages, edges)?;
            x = (x + step)?;
        }
        Ok((self.parameters.linear(&h, &self.embedding_out, tracking)?, x))
    }
}

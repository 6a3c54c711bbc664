//! The stand-alone EGNN: layers between two embeddings, without velocity.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Activation, Backend, Edges};
use egnn_random::Stream;

use crate::egcl::{Egcl, EgclOptions, EgclSpec};
use crate::error::{Result, positive};
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
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<EgclStack> {
        let Self { inputs, hidden, outputs, attributes, layers: depth, options } = *self;
        positive(&[("inputs", inputs), ("hidden", hidden), ("outputs", outputs), ("layers", depth)])?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let embedding = builder.linear("embedding_in", LinearSpec::new(inputs, hidden));
        builder.finish_group("embedding_in")?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let spec = EgclSpec {
                embedding: (layer == 0).then_some(embedding),
                attributes,
                dim: ANY_DIMENSION,
                options,
                ..EgclSpec::new(hidden)
            };
            layers.push(Egcl::init(&mut builder, &format!("gcl_{layer}"), spec)?);
        }
        let embedding_out = builder.linear("embedding_out", LinearSpec::new(hidden, outputs));
        builder.finish_group("embedding_out")?;
        Ok(EgclStack { hidden, layers, embedding_out, parameters: builder.finish() })
    }
}

/// The parameters do not depend on the dimension, which the input brings.
const ANY_DIMENSION: usize = 1;

/// `h = Linear(h)`; each layer updates x and h by equations (3) to (6), and (8) if chosen; `h = Linear(h)`.
#[derive(Debug, Clone)]
pub struct EgclStack {
    hidden: usize,
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
        let dim = x.dims2()?.1;
        let mut state = Tensor::cat(&[h, x], 1)?;
        for layer in &self.layers {
            state = layer.in_dimension(dim).run(&self.parameters, &state, attributes, edges, tracking)?;
        }
        let h = state.narrow(1, 0, self.hidden)?;
        let h = self.parameters.dense(&h, self.embedding_out, Activation::Identity, tracking)?;
        Ok((h, state.narrow(1, self.hidden, dim)?))
    }
}

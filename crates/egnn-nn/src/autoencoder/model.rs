//! Encoder and decoder together.

use candle_core::{DType, Tensor};
use egnn_kernels::{Backend, Decoder, Map};
use egnn_random::Stream;

use super::encoder::Encoder;
use super::{AutoencoderInput, AutoencoderModelConfig, EncoderKind};
use crate::error::Result;
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

/// What a probability of 0 costs where there is an edge.
const CERTAINLY_WRONG: f64 = 100.0;

/// An encoder `z = q(A)` and a decoder `p_ij`, trained to give `A` back.
///
/// ```text
/// EGNN, Radial Field   p_ij = sigmoid(w |z_i - z_j|^2 + b),             w = -0.1 and b = 1 at first
/// GNN, Noise-GNN       p_ij = sigmoid(Linear((z_i - z_j)^2 axis by axis))   [quirk of the authors' program]
/// ```
#[derive(Debug, Clone)]
pub struct Autoencoder {
    config: AutoencoderModelConfig,
    /// Encoder, decoder and the group of the decoder's parameters; nothing for the baseline.
    parts: Option<(Encoder, Decoder, usize)>,
    parameters: Parameters,
}

impl Autoencoder {
    pub(super) fn new(
        config: &AutoencoderModelConfig,
        stream: &Stream,
        dtype: DType,
        backend: Backend,
    ) -> Result<Self> {
        let mut builder = Builder::new(stream, dtype, backend)?;
        let mut parts = None;
        if let Some(encoder) = Encoder::init(&mut builder, config)? {
            let map = if matches!(encoder, Encoder::Gnn { .. }) {
                builder.linear("fc_dec", LinearSpec::new(config.dim, 1)).map
            } else {
                builder.constant("w", &[-0.1]);
                builder.constant("b", &[1.0]);
                Map { offset: 0, inputs: 1, outputs: 1, bias: true }
            };
            let group = builder.finish_group("decoder")?;
            parts = Some((encoder, Decoder { dim: config.dim, map }, group));
        }
        Ok(Self { config: *config, parts, parameters: builder.finish() })
    }

    /// Sizes and choices.
    pub fn config(&self) -> &AutoencoderModelConfig {
        &self.config
    }

    /// Which encoder.
    pub fn kind(&self) -> EncoderKind {
        self.config.encoder
    }

    /// Its parameters, under the authors' names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Columns of the noise that a pass needs; 0 for none.
    pub fn noise_width(&self) -> usize {
        self.config.encoder.noise_width(self.config.dim)
    }

    /// The embedding, `(nodes, dim)`, ready for a backward pass; zeros for the baseline.
    pub fn embed(&self, input: &AutoencoderInput) -> Result<Tensor> {
        self.encode(input, Tracking::On)
    }

    /// The binary cross-entropy summed over all ordered pairs, ready for a backward pass. A scalar.
    pub fn loss(&self, input: &AutoencoderInput) -> Result<Tensor> {
        let z = self.encode(input, Tracking::On)?;
        let Some((_, decoder, group)) = &self.parts else {
            return Ok((input.adjacency.sum_all()? * CERTAINLY_WRONG)?);
        };
        let parameters = self.parameters.tensor(*group, Tracking::On);
        let backend = self.parameters.backend();
        let kind = self.config.cross_entropy;
        Ok(backend.reconstruction_loss(*decoder, kind, &z, &parameters, &input.adjacency, &input.edges)?)
    }

    /// The probability of each ordered pair to be an edge, `(edges, 1)`.
    pub fn probabilities(&self, input: &AutoencoderInput) -> Result<Tensor> {
        let z = self.encode(input, Tracking::Off)?;
        self.decode(&z, input)
    }

    /// The probabilities that an embedding `z: (nodes, dim)` gives, `(edges, 1)`.
    pub fn decode(&self, z: &Tensor, input: &AutoencoderInput) -> Result<Tensor> {
        let Some((_, decoder, group)) = &self.parts else { return Ok(input.adjacency.zeros_like()?) };
        let parameters = self.parameters.tensor(*group, Tracking::Off);
        Ok(self.parameters.backend().decode(*decoder, z, &parameters, &input.edges)?)
    }

    fn encode(&self, input: &AutoencoderInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.noise_width(), self.parameters.dtype())?;
        if let Some((encoder, ..)) = &self.parts {
            return encoder.run(&self.config, &self.parameters, input, tracking);
        }
        let shape = (input.edges.nodes(), self.config.dim);
        Ok(Tensor::zeros(shape, self.parameters.dtype(), input.adjacency.device())?)
    }
}

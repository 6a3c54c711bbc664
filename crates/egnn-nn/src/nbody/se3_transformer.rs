//! SE(3)-Transformer.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, Fiber};
use egnn_random::Stream;

use super::registry::{Cost, Definition, ModelOption, SymmetryGroup};
use super::steerable::{self, Convolution, Mix, NormNonlinearity, RADIAL_HIDDEN, Sizes, TensorField};
use super::{ModelKind, NbodyInput, NbodyModel};
use crate::error::Result;
use crate::irreps::Basis;
use crate::params::{Builder, Parameters, Tracking};

impl ModelKind {
    /// [`Se3Transformer`].
    pub const SE3_TRANSFORMER: Self = Self::new(&Definition {
        name: "se3_transformer",
        about: "SE(3)-Transformer: attention between features of several types",
        symmetry: SymmetryGroup::SpecialEuclidean,
        learning_rate: 5e-3,
        layers: 4,
        ignores: &["hidden", "clamp", "velocity"],
        options: &[CHANNELS, DEGREES, RADIAL_HIDDEN],
        mark: "layer_0.query.0.weight",
        layer_prefix: Some("layer_"),
        cost: Cost { train_ms: 350.0, forward_ms: 92.0, bytes: 2e5, parameters: 1_763_134.0 },
        init: |config, stream, dtype, backend| {
            let Sizes { channels, degrees, layers, radial_hidden } = Sizes::of(config)?;
            let config = Se3TransformerConfig { channels, degrees, layers, radial_hidden };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

const CHANNELS: ModelOption = steerable::channels(21.0);
const DEGREES: ModelOption = steerable::degrees(3.0);

/// Sizes of [`Se3Transformer`]; space has three dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Se3TransformerConfig {
    /// Features of each type.
    pub channels: usize,
    /// How many types there are: `0..degrees`, at most 4.
    pub degrees: usize,
    /// Number of attention layers; a layer of a Tensor Field Network makes the displacement.
    pub layers: usize,
    /// Length of the hidden rows of radial networks.
    pub radial_hidden: usize,
}

impl Default for Se3TransformerConfig {
    fn default() -> Self {
        let [channels, degrees, radial_hidden] =
            [CHANNELS, DEGREES, RADIAL_HIDDEN].map(|option| option.default as usize);
        Self { channels, degrees, layers: ModelKind::SE3_TRANSFORMER.layers, radial_hidden }
    }
}

impl Se3TransformerConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Se3Transformer> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Se3Transformer> {
        let Self { channels, degrees, layers: depth, radial_hidden } = *self;
        Sizes { channels, degrees, layers: depth, radial_hidden }.check()?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let basis = steerable::basis(degrees);
        let hidden = Fiber::new(&vec![channels; degrees]);
        let mut input = steerable::input_fiber();
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            // Keys and queries have the types that both sides know.
            let known = |degree| hidden.part(degree).filter(|_| input.part(degree).is_some());
            let compared: Vec<_> = (0..degrees).map(|degree| known(degree).map_or(0, |part| part.channels)).collect();
            let compared = Fiber::new(&compared);
            let name = |part: &str| format!("layer_{layer}.{part}");
            let mut messages = |part: &str, output: &Fiber| {
                Convolution::init(&mut builder, &name(part), [&input, output], radial_hidden, &basis)
            };
            layers.push(Attention {
                value: messages("value", &hidden)?,
                key: messages("key", &compared)?,
                query: Mix::init(&mut builder, &name("query"), [&input, &compared])?,
                norm: NormNonlinearity::init(&mut builder, &name("norm"), &hidden, false)?,
            });
            input = hidden.clone();
        }
        let ends = [&input, &steerable::output_fiber()];
        let last = TensorField::init(&mut builder, "last", ends, radial_hidden, &basis)?;
        builder.constant("scale", &[INITIAL_SCALE]);
        let scale = builder.finish_group("scale")?;
        Ok(Se3Transformer { basis, layers, last, scale, parameters: builder.finish() })
    }
}

/// What the displacement is multiplied by before anything is learned.
const INITIAL_SCALE: f64 = 0.01;

#[derive(Debug, Clone)]
struct Attention {
    value: Convolution,
    key: Convolution,
    query: Mix,
    norm: NormNonlinearity,
}

/// SE(3)-Transformer (Fuchs et al. 2020, arXiv 2006.10503) with one head, as the EGNN paper's authors ran it.
///
/// ```text
/// f_i = [c_i; v_i]                                        a number and a vector
/// v_ij = sum_k W_v^lk(x_i - x_j) f_j^k,  k_ij = sum_k W_k^lk(x_i - x_j) f_j^k,  q_i = B f_i
/// f_i <- sum_j softmax_j(<q_i, k_ij> / sqrt(D)) v_ij      D components of q_i
/// f^l <- f^l / |f^l| relu(LayerNorm(|f^l|))
/// ```
///
/// Last comes a layer of a Tensor Field Network, see [`Tfn`](super::Tfn), which makes one vector a body; that times a
/// learned number is the displacement. The symmetries are those of [`Tfn`](super::Tfn), too.
#[derive(Debug, Clone)]
pub struct Se3Transformer {
    basis: Basis,
    layers: Vec<Attention>,
    last: TensorField,
    scale: usize,
    parameters: Parameters,
}

impl NbodyModel for Se3Transformer {
    fn kind(&self) -> ModelKind {
        ModelKind::SE3_TRANSFORMER
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        let (parameters, edges) = (&self.parameters, &input.edges);
        let [mut f, geometry] = steerable::features(input, &self.basis, parameters.dtype())?;
        for layer in &self.layers {
            let value = layer.value.run(parameters, &f, &geometry, edges, tracking)?;
            let key = layer.key.run(parameters, &f, &geometry, edges, tracking)?;
            let query = layer.query.run(parameters, &f, tracking)?;
            let heard = parameters.backend().attention(&query, &key, &value, edges)?;
            f = layer.norm.run(parameters, &heard, tracking)?;
        }
        let step = self.last.run(parameters, &f, &geometry, edges, tracking)?;
        Ok((&input.x + step.broadcast_mul(&parameters.tensor(self.scale, tracking))?)?)
    }
}

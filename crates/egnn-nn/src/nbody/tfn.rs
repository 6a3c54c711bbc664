//! Tensor Field Network.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, Fiber};
use egnn_random::Stream;

use super::registry::{Cost, Definition, ModelOption, SymmetryGroup};
use super::steerable::{self, NormNonlinearity, RADIAL_HIDDEN, Sizes, TensorField};
use super::{ModelKind, NbodyInput, NbodyModel};
use crate::error::Result;
use crate::irreps::Basis;
use crate::params::{Builder, Parameters, Tracking};

impl ModelKind {
    /// [`Tfn`].
    pub const TFN: Self = Self::new(&Definition {
        name: "tfn",
        about: "Tensor Field Network: features of several types, kernels of spherical harmonics",
        symmetry: SymmetryGroup::SpecialEuclidean,
        learning_rate: 1e-3,
        layers: 3,
        ignores: &["hidden", "clamp", "velocity"],
        options: &[CHANNELS, DEGREES, RADIAL_HIDDEN],
        mark: "layer_0.self.0.weight",
        layer_prefix: Some("layer_"),
        cost: Cost { train_ms: 28.0, forward_ms: 7.5, bytes: 4e4, parameters: 127_024.0 },
        init: |config, stream, dtype, backend| {
            let Sizes { channels, degrees, layers, radial_hidden } = Sizes::of(config)?;
            let config = TfnConfig { channels, degrees, layers, radial_hidden };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

const CHANNELS: ModelOption = steerable::channels(16.0);
const DEGREES: ModelOption = steerable::degrees(2.0);

/// Sizes of [`Tfn`]; space has three dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TfnConfig {
    /// Features of each type.
    pub channels: usize,
    /// How many types there are: `0..degrees`, at most 4.
    pub degrees: usize,
    /// Number of hidden layers; one more makes the displacement.
    pub layers: usize,
    /// Length of the hidden rows of radial networks.
    pub radial_hidden: usize,
}

impl Default for TfnConfig {
    fn default() -> Self {
        let [channels, degrees, radial_hidden] =
            [CHANNELS, DEGREES, RADIAL_HIDDEN].map(|option| option.default as usize);
        Self { channels, degrees, layers: ModelKind::TFN.layers, radial_hidden }
    }
}

impl TfnConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Tfn> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Tfn> {
        let Self { channels, degrees, layers: depth, radial_hidden } = *self;
        Sizes { channels, degrees, layers: depth, radial_hidden }.check()?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let basis = steerable::basis(degrees);
        let hidden = Fiber::new(&vec![channels; degrees]);
        let mut input = steerable::input_fiber();
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let name = format!("layer_{layer}");
            let field = TensorField::init(&mut builder, &name, [&input, &hidden], radial_hidden, &basis)?;
            let norm = NormNonlinearity::init(&mut builder, &format!("{name}.norm"), &hidden, true)?;
            layers.push((field, norm));
            input = hidden.clone();
        }
        let ends = [&input, &steerable::output_fiber()];
        let last = TensorField::init(&mut builder, "last", ends, radial_hidden, &basis)?;
        Ok(Tfn { basis, layers, last, parameters: builder.finish() })
    }
}

/// Tensor Field Network (Thomas et al. 2018, arXiv 1802.08219), as the EGNN paper's authors ran it.
///
/// ```text
/// f_i = [c_i; v_i]                                        a number and a vector
/// f_i^l <- mean_j sum_k W^lk(x_i - x_j) f_j^k + A^l f_i^l
/// f^l <- f^l / |f^l| Linear(relu(LayerNorm(|f^l|)))
/// W^lk(d) = sum_J phi_J^lk(|d|) K_J^lk(d)
/// ```
///
/// After the last layer, without nonlinearity, one vector a body is left: the displacement. The model turns and moves with
/// space, but is not equivariant to reflections: it does not tell polar from axial vectors, so that a K_J with odd
/// `l + k + J`, for instance the cross product (1, 1, 1), mixes both.
#[derive(Debug, Clone)]
pub struct Tfn {
    basis: Basis,
    layers: Vec<(TensorField, NormNonlinearity)>,
    last: TensorField,
    parameters: Parameters,
}

impl NbodyModel for Tfn {
    fn kind(&self) -> ModelKind {
        ModelKind::TFN
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        let [mut f, geometry] = steerable::features(input, &self.basis, self.parameters.dtype())?;
        for (field, norm) in &self.layers {
            f = field.run(&self.parameters, &f, &geometry, &input.edges, tracking)?;
            f = norm.run(&self.parameters, &f, tracking)?;
        }
        let step = self.last.run(&self.parameters, &f, &geometry, &input.edges, tracking)?;
        Ok((&input.x + step)?)
    }
}

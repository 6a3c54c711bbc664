//! Radial Field: coordinates only.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, LayerInput, RadialField as Layer};
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use crate::error::{Result, positive};
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// [`RadialField`].
    pub const RADIAL_FIELD: Self = Self::new(&Definition {
        name: "radial_field",
        about: "Equivariant network of distances only, without features",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 2e-4,
        layers: 4,
        ignores: &[],
        options: &[],
        mark: "gcl_0.phi.0.weight",
        layer_prefix: Some("gcl_"),
        cost: Cost { train_ms: 1.0, forward_ms: 0.45, bytes: 2e4, parameters: 2_052.0 },
        init: |config, stream, dtype, backend| {
            let NbodyModelConfig { dim, hidden, layers, .. } = *config;
            let config = RadialFieldConfig { dim, hidden, layers };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

/// Sizes of [`RadialField`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadialFieldConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
}

impl Default for RadialFieldConfig {
    fn default() -> Self {
        Self { dim: 3, hidden: 64, layers: 4 }
    }
}

impl RadialFieldConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<RadialField> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<RadialField> {
        let Self { dim, hidden, layers: depth } = *self;
        positive(&[("dim", dim), ("hidden", hidden), ("layers", depth)])?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        let mut layers = Vec::with_capacity(depth);
        for layer in 0..depth {
            let name = format!("gcl_{layer}");
            let mut add = |part: &str, spec| builder.linear(&format!("{name}.{part}"), spec).map;
            let phi = [add("phi.0", LinearSpec::new(3, hidden)), add("phi.2", LinearSpec::small(hidden, 1))];
            let velocity = [
                add("coord_mlp_vel.0", LinearSpec::new(1, hidden)),
                add("coord_mlp_vel.2", LinearSpec::new(hidden, 1)),
            ];
            let velocity = Some(velocity);
            let layer = Layer { dim, attributes: 2, phi, tanh: true, clamp: None, keep: 1.0, velocity };
            layers.push((layer, builder.finish_group(&name)?));
        }
        Ok(RadialField { dim, layers, parameters: builder.finish() })
    }
}

/// A network of distances (Köhler et al. 2019; the paper's Table 1, "Radial Field"), with a velocity term.
///
/// ```text
/// a_ij = [c_i c_j, |x_i - x_j|^2 of the input]
/// x_i' = x_i + mean_j (x_i - x_j) tanh(phi(|x_i - x_j|, a_ij)) + phi_v(|v_i|) v_i
/// ```
#[derive(Debug, Clone)]
pub struct RadialField {
    dim: usize,
    /// Each with the group that holds its parameters.
    layers: Vec<(Layer, usize)>,
    parameters: Parameters,
}

impl NbodyModel for RadialField {
    fn kind(&self) -> ModelKind {
        ModelKind::RADIAL_FIELD
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.dim, self.parameters.dtype())?;
        let attributes = input.charge_and_distance(self.parameters.backend())?;
        let mut state = Tensor::cat(&[&input.x, &input.v], 1)?;
        for (layer, group) in &self.layers {
            let input = LayerInput {
                state: &state,
                parameters: &self.parameters.tensor(*group, tracking),
                embedding: None,
                attributes: Some(&attributes),
                edges: &input.edges,
            };
            state = self.parameters.backend().radial_field(layer, &input)?;
        }
        Ok(state.narrow(1, 0, self.dim)?)
    }
}

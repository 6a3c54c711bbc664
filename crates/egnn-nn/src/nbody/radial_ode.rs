//! Radial Field as a force, integrated in time.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, LayerInput, Motion};
use egnn_random::Stream;

use super::registry::{Cost, Definition, ModelOption, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use crate::error::{NnError, Result, positive};
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// [`RadialOde`].
    pub const RADIAL_ODE: Self = Self::new(&Definition {
        name: "radial_ode",
        about: "Radial Field as a force, integrated in adaptive leapfrog steps",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 1e-2,
        layers: 1,
        ignores: &["layers", "clamp", "velocity"],
        options: &[STEP, LEAST_STEPS, MOST_STEPS, GRADIENT_LIMIT],
        mark: "phi.0.weight",
        layer_prefix: None,
        cost: Cost { train_ms: 23.0, forward_ms: 9.3, bytes: 1e4, parameters: 4_417.0 },
        init: |config, stream, dtype, backend| {
            let NbodyModelConfig { dim, hidden, .. } = *config;
            let config = RadialOdeConfig {
                dim,
                hidden,
                step: config.option(STEP.name),
                least_steps: config.option(LEAST_STEPS.name) as usize,
                most_steps: config.option(MOST_STEPS.name) as usize,
                gradient_limit: Some(config.option(GRADIENT_LIMIT.name)).filter(|&limit| limit > 0.0),
            };
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

const STEP: ModelOption = ModelOption {
    name: "step_size",
    about: "a step, as a share of the closest pair's time",
    default: 0.2,
    limits: [1e-3, 10.0],
    whole: false,
    growth: -1.0,
};

const LEAST_STEPS: ModelOption = ModelOption {
    name: "least_steps",
    about: "fewest integration steps",
    default: 16.0,
    limits: [1.0, 10_000.0],
    whole: true,
    growth: 0.5,
};

const MOST_STEPS: ModelOption = ModelOption {
    name: "most_steps",
    about: "most integration steps; least_steps makes all equal",
    default: 2_000.0,
    limits: [1.0, 100_000.0],
    whole: true,
    growth: 0.0,
};

const GRADIENT_LIMIT: ModelOption = ModelOption {
    name: "gradient_limit",
    about: "largest norm of one trajectory's gradient; 0 is off",
    default: 1.0,
    limits: [0.0, 1e9],
    whole: false,
    growth: 0.0,
};

/// Sizes and choices of [`RadialOde`].
#[derive(Debug, Clone, PartialEq)]
pub struct RadialOdeConfig {
    /// Dimension of space.
    pub dim: usize,
    /// Width of the hidden layers of `phi`.
    pub hidden: usize,
    /// See [`Motion::step`].
    pub step: f64,
    /// See [`Motion::least_steps`].
    pub least_steps: usize,
    /// See [`Motion::most_steps`].
    pub most_steps: usize,
    /// See [`Motion::gradient_limit`].
    pub gradient_limit: Option<f64>,
}

impl Default for RadialOdeConfig {
    fn default() -> Self {
        let [step, least, most, limit] = [STEP, LEAST_STEPS, MOST_STEPS, GRADIENT_LIMIT].map(|option| option.default);
        Self {
            dim: 3,
            hidden: 64,
            step,
            least_steps: least as usize,
            most_steps: most as usize,
            gradient_limit: Some(limit),
        }
    }
}

impl RadialOdeConfig {
    /// Draw the initial parameters.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<RadialOde> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// Draw the initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<RadialOde> {
        let Self { dim, hidden, step, least_steps, most_steps, gradient_limit } = *self;
        let most_steps = most_steps.max(least_steps);
        positive(&[("dim", dim), ("hidden", hidden), ("least_steps", least_steps)])?;
        if step.is_nan() || step <= 0.0 {
            let requirement = "it must be above 0";
            return Err(NnError::Config { field: STEP.name, value: step.to_string(), requirement });
        }
        let mut builder = Builder::new(stream, dtype, backend)?;
        let phi = [
            builder.linear("phi.0", LinearSpec::new(2, hidden)).map,
            builder.linear("phi.2", LinearSpec::new(hidden, hidden)).map,
            builder.linear("phi.4", LinearSpec::new(hidden, 1)).map,
        ];
        let group = builder.finish_group("phi")?;
        let motion = Motion { dim, attributes: 1, phi, step, least_steps, most_steps, gradient_limit };
        Ok(RadialOde { motion, group, parameters: builder.finish() })
    }
}

/// A second-order neural ODE whose force is a Radial Field (Köhler et al. 2019): every pair of bodies pulls or pushes along
/// the line between them, by a learned function of distance and charges.
///
/// ```text
/// u_ij = phi(ln |x_i - x_j|, c_i c_j)
/// x_i'' = sum_j sinh(u_ij) (x_i - x_j) / |x_i - x_j|,   x_i' = v_i at first,   for a unit of time
/// ```
///
/// Nothing in it knows a law of force: `phi` is Linear-SiLU-Linear-SiLU-Linear. Close encounters, which make most of the
/// error of models with fixed steps, get the steps that they need: see [`Motion`].
#[derive(Debug, Clone)]
pub struct RadialOde {
    motion: Motion,
    group: usize,
    parameters: Parameters,
}

impl NbodyModel for RadialOde {
    fn kind(&self) -> ModelKind {
        ModelKind::RADIAL_ODE
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(self.motion.dim, self.parameters.dtype())?;
        let backend = self.parameters.backend();
        let input = LayerInput {
            state: &Tensor::cat(&[&input.x, &input.v], 1)?,
            parameters: &self.parameters.tensor(self.group, tracking),
            embedding: None,
            attributes: Some(&input.charge_product(backend)?),
            edges: &input.edges,
        };
        Ok(backend.motion(&self.motion, &input)?)
    }
}

//! Motion with constant velocity.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::Backend;
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel};
use crate::error::Result;
use crate::params::{Builder, Parameters, Tracking};

impl ModelKind {
    /// [`Linear`].
    pub const LINEAR: Self = Self::new(&Definition {
        name: "linear",
        about: "Motion with constant velocity for one learned time",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 1e-3,
        layers: 4,
        ignores: &[],
        options: &[],
        mark: "time",
        layer_prefix: Some("gcl_"),
        cost: Cost { train_ms: 0.02, forward_ms: 0.005, bytes: 1e3, parameters: 1.0 },
        init: |_, stream, dtype, backend| {
            let config = LinearConfig::default();
            Ok(Box::new(config.init_on(stream, dtype, backend)?))
        },
    });
}

/// Configuration of [`Linear`].
#[derive(Debug, Clone, PartialEq)]
pub struct LinearConfig {
    /// The time before training.
    pub initial_time: f64,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { initial_time: 0.7 }
    }
}

impl LinearConfig {
    /// The initial parameters; nothing is drawn.
    pub fn init(&self, stream: &Stream, dtype: DType) -> Result<Linear> {
        self.init_on(stream, dtype, Backend::best(dtype, &Device::Cpu))
    }

    /// The initial parameters of a model that a given backend computes.
    pub fn init_on(&self, stream: &Stream, dtype: DType, backend: Backend) -> Result<Linear> {
        let mut builder = Builder::new(stream, dtype, backend)?;
        builder.constant("time", &[self.initial_time]);
        let group = builder.finish_group("time")?;
        Ok(Linear { group, parameters: builder.finish() })
    }
}

/// `x' = x + t v` with one learned time `t`; any dimension.
#[derive(Debug, Clone)]
pub struct Linear {
    group: usize,
    parameters: Parameters,
}

impl NbodyModel for Linear {
    fn kind(&self) -> ModelKind {
        ModelKind::LINEAR
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(input.x.dims2()?.1, self.parameters.dtype())?;
        let time = self.parameters.tensor(self.group, tracking);
        Ok((&input.x + input.v.broadcast_mul(&time)?)?)
    }
}

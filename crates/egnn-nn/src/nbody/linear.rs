//! Motion with constant velocity.

use candle_core::{DType, Tensor};
use egnn_random::Stream;

use super::{ModelKind, NbodyInput, NbodyModel};
use crate::error::Result;
use crate::params::{Builder, Parameters, Tracking};

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
        let mut builder = Builder::new(stream, dtype)?;
        builder.constant("time", &[self.initial_time]);
        builder.finish_group("time")?;
        Ok(Linear { parameters: builder.finish() })
    }
}

/// `x' = x + t v` with one learned time `t`; any dimension.
#[derive(Debug, Clone)]
pub struct Linear {
    parameters: Parameters,
}

impl NbodyModel for Linear {
    fn kind(&self) -> ModelKind {
        ModelKind::Linear
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        input.check(input.x.dims2()?.1, self.parameters.dtype())?;
        let time = self.parameters.groups()[0].var();
        let time = match tracking {
            Tracking::On => time.as_tensor().clone(),
            Tracking::Off => time.as_detached_tensor(),
        };
        Ok((&input.x + input.v.broadcast_mul(&time)?)?)
    }
}

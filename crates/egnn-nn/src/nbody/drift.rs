//! Drift: straight motion, and a push from every other body.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Activation, Backend};
use egnn_random::Stream;

use super::registry::{Cost, Definition, SymmetryGroup};
use super::{ModelKind, NbodyInput, NbodyModel};
use crate::error::{Result, positive};
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

impl ModelKind {
    /// Straight motion, and a push from every other body.
    pub const DRIFT: Self = Self::new(&Definition {
        name: "drift",
        about: "Straight motion and a learned push from every other body",
        symmetry: SymmetryGroup::Euclidean,
        learning_rate: 1e-3,
        layers: 1,
        ignores: &["layers", "clamp", "velocity"],
        options: &[],
        mark: "push.0.weight",
        layer_prefix: None,
        cost: Cost { train_ms: 2.0, forward_ms: 0.5, bytes: 2e4, parameters: 258.0 },
        init: |config, stream, dtype, backend| Ok(Box::new(Drift::init(config.hidden, stream, dtype, backend)?)),
    });
}

/// ```text
/// x_i' = x_i + t v_i + mean_j (x_i - x_j) phi(c_i c_j, |x_i - x_j|^2)
/// ```
#[derive(Debug, Clone)]
struct Drift {
    time: usize,
    phi: [Linear; 2],
    parameters: Parameters,
}

impl Drift {
    fn init(hidden: usize, stream: &Stream, dtype: DType, backend: Backend) -> Result<Self> {
        positive(&[("hidden", hidden)])?;
        let mut builder = Builder::new(stream, dtype, backend)?;
        builder.constant("drift.time", &[1.0]);
        let time = builder.finish_group("drift")?;
        let phi = [
            builder.linear("push.0", LinearSpec::new(2, hidden)),
            builder.linear("push.2", LinearSpec::new(hidden, 1)),
        ];
        builder.finish_group("push")?;
        Ok(Self { time, phi, parameters: builder.finish() })
    }
}

impl NbodyModel for Drift {
    fn kind(&self) -> ModelKind {
        ModelKind::DRIFT
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor> {
        let NbodyInput { x, v, edges, .. } = input;
        input.check(x.dims2()?.1, self.parameters.dtype())?;
        let backend = self.parameters.backend();
        let ends = |nodes: &[u32]| x.index_select(&Tensor::new(nodes, &Device::Cpu)?, 0);
        let difference = (ends(edges.row())? - ends(edges.col())?)?;
        let hidden = input.charge_and_distance(backend)?;
        let hidden = self.parameters.dense(&hidden, self.phi[0], Activation::Silu, tracking)?;
        let push = self.parameters.dense(&hidden, self.phi[1], Activation::Identity, tracking)?;
        let push = backend.segment_mean(&difference.broadcast_mul(&push)?, edges)?;
        let time = self.parameters.tensor(self.time, tracking);
        Ok(((x + v.broadcast_mul(&time)?)? + push)?)
    }
}

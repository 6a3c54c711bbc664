//! The nonlinearity.

use candle_core::Tensor;
use egnn_kernels::{Fiber, NormNonlinearity as Layer};

use crate::error::Result;
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

/// [`egnn_kernels::NormNonlinearity`].
#[derive(Debug, Clone)]
pub(in crate::nbody) struct NormNonlinearity {
    layer: Layer,
    group: usize,
}

impl NormNonlinearity {
    /// Draw the parameters, with a map of lengths or without.
    pub(in crate::nbody) fn init(builder: &mut Builder, name: &str, fiber: &Fiber, with_map: bool) -> Result<Self> {
        let mut nets = Vec::new();
        for part in fiber.parts() {
            let (name, channels) = (format!("{name}.{}", part.degree), part.channels);
            let norm = builder.norm(&format!("{name}.0"), channels);
            let spec = LinearSpec::kaiming(channels, channels);
            nets.push((norm, with_map.then(|| builder.linear(&format!("{name}.2"), spec).map)));
        }
        let layer = Layer { fiber: fiber.clone(), nets };
        Ok(Self { layer, group: builder.finish_group(name)? })
    }

    /// `(nodes, fiber)`, as the features.
    pub(in crate::nbody) fn run(
        &self,
        parameters: &Parameters,
        features: &Tensor,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let own = parameters.tensor(self.group, tracking);
        Ok(parameters.backend().norm_nonlinearity(&self.layer, features, &own)?)
    }
}

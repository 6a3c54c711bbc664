//! Maps of channels.

use candle_core::Tensor;
use egnn_kernels::{Activation, Fiber, Part};

use crate::error::Result;
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

/// For each type a linear map of its channels, the same for each component, without bias: what turns with space still
/// does. Types that the input has not are 0.
#[derive(Debug, Clone)]
pub(in crate::nbody) struct Mix {
    /// Parts of the output, and where they come from.
    parts: Vec<(Part, Option<(Part, Linear)>)>,
}

impl Mix {
    /// Draw the parameters.
    pub(in crate::nbody) fn init(builder: &mut Builder, name: &str, [input, output]: [&Fiber; 2]) -> Result<Self> {
        let mut map = |to: Part| {
            let from = input.part(to.degree)?;
            let spec = LinearSpec::normal(from.channels, to.channels);
            Some((from, builder.linear(&format!("{name}.{}", to.degree), spec)))
        };
        let parts: Vec<_> = output.parts().map(|to| (to, map(to))).collect();
        if parts.iter().any(|(_, from)| from.is_some()) {
            builder.finish_group(name)?;
        }
        Ok(Self { parts })
    }

    /// `(nodes, output)`.
    pub(in crate::nbody) fn run(
        &self,
        parameters: &Parameters,
        features: &Tensor,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let nodes = features.dims2()?.0;
        let of_part = |&(to, from): &(Part, Option<(Part, Linear)>)| {
            let Some((from, map)) = from else {
                return Ok(Tensor::zeros((nodes, to.width()), features.dtype(), features.device())?);
            };
            let rows = (nodes * from.components(), from.channels);
            let x = features.narrow(1, from.offset, from.width())?.contiguous()?.reshape(rows)?;
            let y = parameters.dense(&x, map, Activation::Identity, tracking)?;
            Ok(y.reshape((nodes, to.width()))?)
        };
        Ok(Tensor::cat(&self.parts.iter().map(of_part).collect::<Result<Vec<_>>>()?, 1)?)
    }
}

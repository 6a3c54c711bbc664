//! Messages.

use candle_core::Tensor;
use egnn_kernels::{Convolution as Layer, Edges, Fiber, RadialNet};

use crate::error::Result;
use crate::irreps::Basis;
use crate::params::{Builder, LinearSpec, Parameters, Tracking};

/// The messages `m_ij` of [`egnn_kernels::Convolution`].
#[derive(Debug, Clone)]
pub(in crate::nbody) struct Convolution {
    layer: Layer,
    group: usize,
}

impl Convolution {
    /// Draw the parameters of a radial network for each pair of types.
    pub(in crate::nbody) fn init(
        builder: &mut Builder,
        name: &str,
        [input, output]: [&Fiber; 2],
        hidden: usize,
        basis: &Basis,
    ) -> Result<Self> {
        let mut nets = Vec::new();
        for to in output.parts() {
            for from in input.parts() {
                let (l, k) = (to.degree, from.degree);
                let name = format!("{name}.{k}_{l}.net");
                let first = builder.linear(&format!("{name}.0"), LinearSpec::kaiming(1, hidden)).map;
                let first_norm = builder.norm(&format!("{name}.1"), hidden);
                let second = builder.linear(&format!("{name}.3"), LinearSpec::kaiming(hidden, hidden)).map;
                let second_norm = builder.norm(&format!("{name}.4"), hidden);
                let mut last = |j: usize| {
                    let spec = LinearSpec::kaiming(hidden, to.channels * from.channels);
                    builder.linear(&format!("{name}.6.{j}"), spec).map
                };
                let last = (l.abs_diff(k)..=l + k).map(&mut last).collect();
                let (norms, basis) = ([first_norm, second_norm], basis.rows_of(l, k));
                nets.push(RadialNet { to: l, from: k, basis, first, second, norms, last });
            }
        }
        let layer = Layer { input: input.clone(), output: output.clone(), nets };
        Ok(Self { layer, group: builder.finish_group(name)? })
    }

    /// `(edges, output)`.
    pub(in crate::nbody) fn run(
        &self,
        parameters: &Parameters,
        features: &Tensor,
        geometry: &Tensor,
        edges: &Edges,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let own = parameters.tensor(self.group, tracking);
        Ok(parameters.backend().convolution(&self.layer, features, &own, geometry, edges)?)
    }
}

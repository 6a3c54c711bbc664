//! SchNet (Schütt et al., *SchNet: A continuous-filter convolutional neural network for modeling quantum interactions*,
//! NeurIPS 2017).
//!
//! ```text
//! h_i  = Linear(features_i)
//! W_ij = ssp(Linear(ssp(Linear(Gaussians of |x_i - x_j|))))          the filter
//! v_i  = Linear(ssp(Linear(sum_j (Linear h_j) * W_ij)))             axis by axis; the first Linear has no bias
//! h_i <- h_i + v_i                                                  in every block
//! prediction = sum_i Linear(ssp(Linear(h_i)))                       hidden / 2 features in between
//! ```
//! `ssp(z) = ln(e^z / 2 + 1 / 2)`.

use candle_core::Tensor;
use egnn_kernels::Activation;

use super::model::gaussians;
use super::{ATOM_FEATURES, MoleculeInput, MoleculeModelConfig};
use crate::error::Result;
use crate::params::{Builder, Linear, LinearSpec, Parameters, Tracking};

#[derive(Debug, Clone)]
pub(super) struct SchNet {
    embedding: Linear,
    blocks: Vec<Block>,
    output: [Linear; 2],
}

#[derive(Debug, Clone, Copy)]
struct Block {
    filter: [Linear; 2],
    /// Before the convolution.
    before: Linear,
    after: [Linear; 2],
}

impl SchNet {
    pub(super) fn init(builder: &mut Builder, config: &MoleculeModelConfig) -> Result<Self> {
        let &MoleculeModelConfig { hidden, layers, gaussians, .. } = config;
        let square = LinearSpec::new(hidden, hidden);
        let embedding = builder.linear("embedding", LinearSpec::new(ATOM_FEATURES, hidden));
        builder.finish_group("embedding")?;
        let block = |number: usize| {
            let name = format!("interaction_{number}");
            let mut add = |part: &str, spec| builder.linear(&format!("{name}.{part}"), spec);
            let block = Block {
                filter: [add("filter.0", LinearSpec::new(gaussians, hidden)), add("filter.2", square)],
                before: add("before", square.without_bias()),
                after: [add("after.0", square), add("after.2", square)],
            };
            builder.finish_group(&name).map(|_| block)
        };
        let blocks = (0..layers).map(block).collect::<Result<_>>()?;
        let half = hidden.div_ceil(2);
        let output = [
            builder.linear("output.0", LinearSpec::new(hidden, half)),
            builder.linear("output.2", LinearSpec::new(half, 1)),
        ];
        builder.finish_group("output")?;
        Ok(Self { embedding, blocks, output })
    }

    /// `(molecules, 1)`.
    pub(super) fn run(
        &self,
        config: &MoleculeModelConfig,
        parameters: &Parameters,
        input: &MoleculeInput,
        tracking: Tracking,
    ) -> Result<Tensor> {
        let backend = parameters.backend();
        let dense = |x: &Tensor, map: Linear, activation| parameters.dense(x, map, activation, tracking);
        let (softplus, none) = (Activation::ShiftedSoftplus, Activation::Identity);
        let distances = gaussians(config, &backend.squared_distances(&input.positions, &input.edges)?)?;
        let mut h = dense(&input.features, self.embedding, none)?;
        for &Block { filter, before, after } in &self.blocks {
            let filters = dense(&dense(&distances, filter[0], softplus)?, filter[1], softplus)?;
            let sums = backend.filtered_sum(&dense(&h, before, none)?, &filters, &input.edges)?;
            h = (h + dense(&dense(&sums, after[0], softplus)?, after[1], none)?)?;
        }
        let atoms = dense(&dense(&h, self.output[0], softplus)?, self.output[1], none)?;
        Ok(backend.segment_sum(&atoms, &input.members)?)
    }
}

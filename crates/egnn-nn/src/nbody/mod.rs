//! Models of the n-body task: from positions, velocities and charges at one time to positions at a later one.
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use egnn_nn::Edges;
//! use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModelConfig};
//! use egnn_random::Stream;
//!
//! let model = NbodyModelConfig::new(ModelKind::EGNN).init(&Stream::new(1), DType::F32)?;
//! assert_eq!(model.parameters().count(), 134_020);
//! let x = Tensor::new(&[[0.0_f32, 0.0, 0.0], [1.0, 0.0, 0.0]], &Device::Cpu)?;
//! let charge = Tensor::new(&[[1.0_f32], [-1.0]], &Device::Cpu)?;
//! let input = NbodyInput { v: x.zeros_like()?, x, charge, edges: Edges::complete(1, 2) };
//! assert_eq!(model.forward(&input)?.dims(), [2, 3]);
//! # Ok::<(), egnn_nn::NnError>(())
//! ```

mod config;
#[cfg(test)]
mod drift;
mod egnn;
mod gnn;
mod input;
mod linear;
mod radial_field;
mod radial_ode;
mod registry;
mod se3_transformer;
mod segno;
mod steerable;
mod tfn;

pub use crate::Velocity;
pub use config::NbodyModelConfig;
pub use egnn::{Egnn, EgnnConfig};
pub use gnn::{Gnn, GnnConfig};
pub use input::NbodyInput;
pub use linear::{Linear, LinearConfig};
pub use radial_field::{RadialField, RadialFieldConfig};
pub use radial_ode::{RadialOde, RadialOdeConfig};
pub use registry::{Cost, Definition, Init, ModelKind, ModelOption, SymmetryGroup};
pub use se3_transformer::{Se3Transformer, Se3TransformerConfig};
pub use segno::{Segno, SegnoConfig};
pub use tfn::{Tfn, TfnConfig};

use candle_core::Tensor;

use crate::error::Result;
use crate::params::{Parameters, Tracking};

/// A model that predicts later positions.
pub trait NbodyModel: std::fmt::Debug + Send + Sync {
    /// Which model this is.
    fn kind(&self) -> ModelKind;

    /// Its parameters, under the authors' names.
    fn parameters(&self) -> &Parameters;

    /// The predicted positions, `(nodes, dim)`.
    fn run(&self, input: &NbodyInput, tracking: Tracking) -> Result<Tensor>;

    /// The predicted positions, ready for a backward pass.
    fn forward(&self, input: &NbodyInput) -> Result<Tensor> {
        self.run(input, Tracking::On)
    }

    /// The predicted positions only: the same numbers as [`Self::forward`], without what a backward pass needs.
    fn predict(&self, input: &NbodyInput) -> Result<Tensor> {
        self.run(input, Tracking::Off)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};
    use egnn_random::Stream;
    use egnn_testkit::{Cloud, Random, Symmetry, assert_symmetries};

    use super::{ModelKind, NbodyInput, NbodyModelConfig};

    #[test]
    fn every_model_that_is_defined_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nbody");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let defined =
            files.map(|path| std::fs::read_to_string(path).unwrap().matches("Self::new(&Definition {").count());
        // The guide's example is not listed; this line counts, too.
        assert_eq!(defined.sum::<usize>(), ModelKind::ALL.len() + 2);
    }

    /// The model of `docs/adding-a-model.md`, which is compiled in tests only.
    #[test]
    fn the_guides_model_is_as_printed_there_and_works() {
        let guide = include_str!("../../../../docs/adding-a-model.md");
        assert!(
            guide.contains(&format!("```rust\n{}```", include_str!("drift.rs"))),
            "the guide shows another drift.rs"
        );
        let config = NbodyModelConfig::new(ModelKind::DRIFT);
        let model = config.init(&Stream::new(1), DType::F64).unwrap();
        assert_eq!(model.parameters().count() as f64, ModelKind::DRIFT.cost.parameters);
        let names: Vec<String> = model.parameters().named().unwrap().into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().any(|name| name == ModelKind::DRIFT.mark));
        assert!(ModelKind::ALL.iter().all(|kind| names.iter().all(|name| name != kind.mark)), "another model's mark");
        let run = |cloud: &Cloud| {
            let tensor = |values: &[f64]| {
                let shape = (cloud.nodes, values.len() / cloud.nodes);
                candle_core::Tensor::from_slice(values, shape, &Device::Cpu).unwrap()
            };
            let input = NbodyInput {
                x: tensor(&cloud.points),
                v: tensor(&cloud.vectors),
                charge: tensor(&cloud.scalars),
                edges: crate::Edges::complete(1, cloud.nodes),
            };
            let points = model.predict(&input).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            Cloud { points, vectors: Vec::new(), scalars: Vec::new(), ..cloud.clone() }
        };
        assert_symmetries(run, &Symmetry::ALL, &[Cloud::random(5, 3, 1, &mut Random::new(1))], 1e-9);
    }
}

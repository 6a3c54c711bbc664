//! N-body samples as the models read them: two frames of a set, cast to float32 before anything is computed.

use super::NbodyConfig;
use crate::error::TrainError;
use candle_core::{Device, Tensor};
use egnn_nn::{Edges, nbody::NbodyInput};
use egnn_store::nbody::{NbodyFrame, read_frames};
use std::{collections::BTreeMap, path::Path};

/// Coordinates of space in the n-body sets.
pub(crate) const DIM: usize = 3;

/// Samples of one split: inputs at the start frame, targets at the target frame.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Trajectories.
    pub len: usize,
    /// Bodies of each.
    pub bodies: usize,
    /// `(len, bodies, 3)`.
    position: Vec<f32>,
    /// `(len, bodies, 3)`.
    velocity: Vec<f32>,
    /// `(len, bodies)`.
    charge: Vec<f32>,
    /// `(len, bodies, 3)`: positions at the target frame.
    target: Vec<f32>,
}

impl Samples {
    /// Reads the two frames of the first `samples` trajectories of a split.
    ///
    /// # Errors
    /// What [`read_frames`] finds wrong with the file.
    pub fn read(path: &Path, start: u64, target: u64, samples: u64) -> Result<Self, TrainError> {
        let mut frames = read_frames(path, &[start as u16, target as u16], Some(samples as usize))?.into_iter();
        let (Some(first), Some(last)) = (frames.next(), frames.next()) else {
            return Err(TrainError::file(path, format!("frames {start} and {target} are not there")));
        };
        Self::from_frames(first, &last).map_err(|reason| TrainError::file(path, reason))
    }

    fn from_frames(start: NbodyFrame, target: &NbodyFrame) -> Result<Self, String> {
        let bodies = start.bodies;
        let len = start.charge.len() / bodies;
        if target.position.len() != start.position.len() {
            return Err(format!("frames {} and {} differ in size", start.frame, target.frame));
        }
        Ok(Self {
            len,
            bodies,
            position: start.position.into_flattened(),
            velocity: start.velocity.into_flattened(),
            charge: start.charge,
            target: target.position.iter().flatten().copied().collect(),
        })
    }

    /// Samples from plain arrays, each `(len, bodies, 3)` but `charge`, which is `(len, bodies)`.
    ///
    /// # Panics
    /// If the lengths do not fit together.
    pub fn from_arrays(
        bodies: usize,
        position: Vec<f32>,
        velocity: Vec<f32>,
        charge: Vec<f32>,
        target: Vec<f32>,
    ) -> Self {
        let len = charge.len() / bodies;
        for array in [&position, &velocity, &target] {
            assert_eq!(array.len(), len * bodies * DIM, "positions, velocities, charges and targets must fit together");
        }
        Self { len, bodies, position, velocity, charge, target }
    }

    /// Positions at the start frame, `(len, bodies, 3)`.
    pub(crate) fn position(&self) -> &[f32] {
        &self.position
    }

    /// Charges, `(len, bodies)`.
    pub(crate) fn charge(&self) -> &[f32] {
        &self.charge
    }

    /// Target positions, `(len, bodies, 3)`.
    pub fn target(&self) -> &[f32] {
        &self.target
    }

    /// The batch of the samples with these indices, in this order.
    ///
    /// # Errors
    /// Only if candle cannot make a tensor.
    pub(crate) fn batch(&self, indices: &[u32], edges: &mut EdgeCache) -> Result<Batch, TrainError> {
        let nodes = indices.len() * self.bodies;
        let gather = |from: &[f32], width: usize| -> candle_core::Result<Tensor> {
            let stride = self.bodies * width;
            let values: Vec<f32> =
                indices.iter().flat_map(|&i| &from[i as usize * stride..][..stride]).copied().collect();
            Tensor::from_vec(values, (nodes, width), &Device::Cpu)
        };
        Ok(Batch {
            input: NbodyInput {
                x: gather(&self.position, DIM)?,
                v: gather(&self.velocity, DIM)?,
                charge: gather(&self.charge, 1)?,
                edges: edges.complete(indices.len(), self.bodies),
            },
            target: gather(&self.target, DIM)?,
        })
    }

    /// A copy whose positions, velocities and targets are multiplied by `rotation` (row-major 3 x 3), restricted to
    /// the first `len` samples.
    pub(crate) fn rotated(&self, rotation: &[[f32; 3]; 3], len: usize) -> Self {
        let rotate = |from: &[f32]| -> Vec<f32> {
            from[..len * self.bodies * DIM]
                .chunks_exact(DIM)
                .flat_map(|p| rotation.map(|row| row[0] * p[0] + row[1] * p[1] + row[2] * p[2]))
                .collect()
        };
        Self {
            len,
            bodies: self.bodies,
            position: rotate(&self.position),
            velocity: rotate(&self.velocity),
            charge: self.charge[..len * self.bodies].to_vec(),
            target: rotate(&self.target),
        }
    }
}

/// One batch, nodes in sample order.
pub(crate) struct Batch {
    pub(crate) input: NbodyInput,
    pub(crate) target: Tensor,
}

impl Batch {
    /// Mean squared error over all coordinates.
    pub(crate) fn loss(&self, prediction: &Tensor) -> candle_core::Result<Tensor> {
        (prediction - &self.target)?.sqr()?.mean_all()
    }
}

/// The three splits that a run reads.
#[derive(Clone, Debug)]
pub struct NbodyData {
    /// Trained on.
    pub train: Samples,
    /// Chooses the epoch.
    pub valid: Samples,
    /// Read once, at the end.
    pub test: Samples,
}

impl NbodyData {
    /// Reads what `config` names below `datasets`.
    ///
    /// # Errors
    /// A missing or damaged file.
    pub fn read(config: &NbodyConfig, datasets: &Path) -> Result<Self, TrainError> {
        let root = datasets.join("nbody");
        let eval = |split: &str, samples| {
            let path = root.join(&config.eval_set).join(format!("{split}.parquet"));
            Samples::read(&path, config.eval_start_frame, config.eval_target_frame, samples)
        };
        let train = root.join(&config.train_set).join("train.parquet");
        Ok(Self {
            train: Samples::read(
                &train,
                config.train_start_frame,
                config.train_target_frame,
                config.protocol.train_samples,
            )?,
            valid: eval("valid", config.valid_samples)?,
            test: eval("test", config.test_samples)?,
        })
    }
}

/// Complete graphs for batches of any size: at most two sizes occur in a pass, so all are kept.
#[derive(Default)]
pub(crate) struct EdgeCache {
    by_batch: BTreeMap<usize, Edges>,
}

impl EdgeCache {
    fn complete(&mut self, batch: usize, bodies: usize) -> Edges {
        self.by_batch.entry(batch).or_insert_with(|| Edges::complete(batch, bodies)).clone()
    }
}

//! How the sweep reaches the tasks: configurations are resolved by `egnn-train`, workers are this program again.

use crate::{THREADS_PER_RUN, catalogue::Catalogue};
use egnn_nn::nbody::ModelKind;
use egnn_schema::{FieldError, Fields, names};
use egnn_sweep::{Estimate, ResolvedRun, Trainer};
use egnn_train::{EXCLUSIVE, NbodyConfig, TASK};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The tasks of this program.
pub(crate) const TASKS: [&str; 1] = [TASK];

pub(crate) struct LocalTrainer<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) program: PathBuf,
    pub(crate) root: &'a Path,
    pub(crate) checkpoint_every: f64,
}

impl LocalTrainer<'_> {
    pub(crate) fn config(&self, task: &str, fields: &Fields) -> Result<NbodyConfig, FieldError> {
        if task != TASK {
            return Err(FieldError::new("task", names::unknown("task", task, &TASKS)));
        }
        NbodyConfig::resolve(fields, &|set| self.catalogue.shape(set))
    }
}

impl Trainer for LocalTrainer<'_> {
    fn resolve(&self, task: &str, fields: &Fields) -> Result<ResolvedRun, FieldError> {
        let config = self.config(task, fields)?;
        let mut datasets = vec![config.train_set.clone(), config.eval_set.clone()];
        datasets.dedup();
        Ok(ResolvedRun { name: config.name(), config: config.fields(), datasets, estimate: estimate(&config) })
    }

    fn worker(&self, manifest: &Path, index: usize) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--root")
            .arg(if self.root.as_os_str().is_empty() { Path::new(".") } else { self.root })
            .arg("worker")
            .arg("--manifest")
            .arg(manifest)
            .args(["--index", &index.to_string()])
            .args(["--checkpoint-every", &self.checkpoint_every.to_string()])
            .env("RAYON_NUM_THREADS", THREADS_PER_RUN.to_string());
        command
    }

    fn exclusive(&self) -> &[&[&str]] {
        &EXCLUSIVE
    }
}

/// A run's cost before anything was measured: milliseconds a step at the paper's sizes (measured by `egnn bench` with
/// the kernels on one core of an AMD EPYC, Zen 4), scaled by samples, width and layers; bytes a sample and layer
/// likewise.
fn estimate(config: &NbodyConfig) -> Estimate {
    let (train_ms, forward_ms, activations, parameters) = match config.model {
        ModelKind::Egnn => (7.9, 2.7, 1.3e5, 134_020.0),
        ModelKind::Gnn => (5.4, 1.8, 1.1e5, 104_387.0),
        ModelKind::RadialField => (1.0, 0.45, 2e4, 2_052.0),
        ModelKind::Linear => (0.02, 0.005, 1e3, 1.0),
    };
    let width = config.hidden as f64 / 64.0;
    let layers = config.layers as f64 / 4.0;
    // Small layers are bound by elementwise work, wide ones by products.
    let size = layers * width * width.max(1.0);
    let train = config.steps() as f64 * config.batch_size as f64 / 100.0 * train_ms;
    let samples = (config.evaluations() * config.valid_samples + config.test_samples) as f64;
    let evaluate = samples / 100.0 * forward_ms;
    let model_bytes = parameters * width * width * layers * 4.0;
    let data = (config.train_samples + config.valid_samples + config.test_samples) as f64 * 5.0 * 10.0 * 4.0;
    Estimate {
        core_seconds: 0.3 + (train + evaluate) * size / 1e3,
        memory_bytes: (40e6 + data * 3.0 + config.batch_size as f64 * width * config.layers as f64 * activations)
            as u64,
        // Checkpoint (parameters, two moments, the best), model, predictions, log.
        disk_bytes: (model_bytes * 5.0 + config.test_samples as f64 * 5.0 * 40.0 + 20e3) as u64,
    }
}

//! How the sweep reaches the tasks: configurations are resolved by `egnn-train`, workers are this program again.

use crate::{ENVIRONMENT, catalogue::Catalogue, estimate::estimate, provenance};
use egnn_schema::{FieldError, Fields};
use egnn_sweep::{ResolvedRun, Trainer};
use egnn_train::{EXCLUSIVE, SetShape, Shapes, TaskConfig};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) struct LocalTrainer<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) program: PathBuf,
    pub(crate) root: &'a Path,
    pub(crate) checkpoint_every: f64,
    /// Whether workers end when their standard input does: a cluster's have none.
    pub(crate) lifeline: bool,
    /// Whether runs may go on on another type of CPU.
    pub(crate) any_cpu: bool,
}

impl<'a> LocalTrainer<'a> {
    /// A trainer that is only asked about configurations and starts no worker.
    pub(crate) fn resolver(catalogue: &'a Catalogue, root: &'a Path) -> Self {
        Self { catalogue, program: PathBuf::new(), root, checkpoint_every: 0.0, lifeline: false, any_cpu: false }
    }
}

impl Shapes for Catalogue {
    fn nbody(&self, set: &str) -> Result<SetShape, String> {
        self.shape(set)
    }

    fn graphs(&self, set: &str) -> Result<BTreeMap<String, u64>, String> {
        self.graph_splits(set)
    }

    fn molecules(&self, set: &str) -> Result<BTreeMap<String, u64>, String> {
        self.qm9_splits(set)
    }
}

impl Trainer for LocalTrainer<'_> {
    fn resolve(&self, task: &str, fields: &Fields) -> Result<ResolvedRun, FieldError> {
        let config = TaskConfig::resolve(task, fields, self.catalogue)?;
        let (name, datasets) = (config.name(), config.datasets());
        let estimate = estimate(&config, self.catalogue);
        Ok(ResolvedRun { name, config: config.fields(), datasets, estimate })
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
            .args(self.lifeline.then_some("--lifeline"))
            .args(self.any_cpu.then_some("--allow-other-cpu"))
            .envs(ENVIRONMENT)
            .env(provenance::COMMAND, provenance::command());
        command
    }

    fn exclusive(&self) -> &[&[&str]] {
        &EXCLUSIVE
    }
}

//! What is kept of a run.

use crate::{columns, fields::Fields};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `done.json` (or `failed.json`): a run's complete record. `run.json` is the same without an outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// [`crate::version::RECORD_VERSION`].
    pub record_version: u32,
    /// Readable name plus hash: the folder under `runs/`.
    pub id: String,
    /// What makes the run what it is.
    pub identity: RunIdentity,
    /// Absent while the run is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What may differ between two equal runs.
    pub circumstances: Circumstances,
    /// The files that a finished run consists of, by name, so that a truncated one is noticed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, StoredFile>,
}

/// A file as it was when its run finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its content.
    pub checksum: String,
}

/// The semantic part of a run: two runs with equal identities give equal results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunIdentity {
    /// `nbody`, `autoencoder`, `qm9`.
    pub task: String,
    /// The complete configuration, defaults filled in.
    pub config: Fields,
    /// Content hash of each dataset that the run reads, by set name.
    pub datasets: BTreeMap<String, String>,
    /// [`crate::version::RECORD_VERSION`].
    pub record_version: u32,
    /// [`crate::version::NUMERICS_VERSION`].
    pub numerics_version: u32,
    /// What computes: `kernels` or `plain`.
    pub backend: String,
    /// Threads of the run.
    pub threads: u32,
}

impl RunIdentity {
    /// `<name>-<hash>`: the run's id.
    pub fn id(&self, name: &str) -> String {
        format!("{name}-{}", crate::hash::short(&crate::hash::of(self)))
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Outcome {
    /// All epochs done.
    Finished {
        /// The results.
        metrics: RunMetrics,
    },
    /// Ended early.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// Results of a finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunMetrics {
    /// Trainable parameters that the loss reaches or not, as the paper counts them.
    pub parameters: u64,
    /// Epochs trained.
    pub epochs: u64,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Epoch (from 0) of the best validation loss.
    pub best_epoch: u64,
    /// The task's numbers by column name, for example `test_mse`, `valid_mse`, `train_mse`.
    pub values: BTreeMap<String, f64>,
}

impl RunMetrics {
    /// The numbers that are results, without those that describe the data.
    pub fn results(&self) -> impl Iterator<Item = (&str, f64)> {
        let describes_data = |name: &str| columns::results::DATA.iter().any(|column| column.name == name);
        self.values.iter().map(|(name, &value)| (name.as_str(), value)).filter(move |(name, _)| !describes_data(name))
    }
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// A sentence for people.
    pub reason: String,
    /// Epoch in which it happened, if training had begun.
    pub epoch: Option<u64>,
    /// Batch of that epoch.
    pub batch: Option<u64>,
    /// The last evaluation before.
    pub last_good: Option<LastGood>,
}

/// The last evaluation before a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastGood {
    /// Epoch after which it happened.
    pub epoch: u64,
    /// Its validation loss.
    pub valid_loss: f64,
}

/// What may differ between two equal runs: never part of an id, never compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Version of egnn-lab.
    pub version: String,
    /// Git revision the binary was built from, with `-dirty` if the tree was; `unknown` outside a checkout.
    pub revision: String,
    /// What a person types to get this run.
    #[serde(default)]
    pub command: String,
    /// Host name.
    pub host: String,
    /// CPU model, and the vector instructions in use.
    pub cpu: String,
    /// What else the CPU can do that numeric code may care for, like `avx2 fma`.
    #[serde(default)]
    pub cpu_features: String,
    /// Other types of CPU that computed earlier parts of the run, where the user allowed that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_cpus: Vec<String>,
    /// The seeded streams that all randomness of the run comes from.
    #[serde(default)]
    pub streams: Vec<String>,
    /// The attempt's own folder below `attempts/` while it is under way.
    #[serde(default)]
    pub attempt: String,
    /// Start of the first attempt, seconds since 1970.
    pub started_unix: u64,
    /// End, seconds since 1970; 0 while under way.
    pub ended_unix: u64,
    /// Seconds of training and evaluation over all attempts.
    pub seconds: f64,
    /// Seconds of a forward pass of 100 test samples, where the task times one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_seconds: Option<f64>,
    /// Largest resident memory in bytes; 0 where the system does not say.
    pub peak_memory_bytes: u64,
    /// Times the run was started.
    pub attempts: u32,
}

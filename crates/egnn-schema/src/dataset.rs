//! What a generated dataset is, as its `manifest.json` says it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `datasets/<generator>/<set>/manifest.json`. Written last, so that a set with a valid manifest is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`crate::version::PROGRAM`].
    pub program: String,
    /// [`crate::version::DATASET_VERSION`] of the files.
    pub dataset_version: u32,
    /// The set's name, for example `nbody_small`.
    pub set: String,
    /// What made it: `nbody` or `graphs`, or `import` for files that came from elsewhere.
    pub generator: String,
    /// [`crate::version::GENERATOR_VERSION`] that made the files.
    pub generator_version: u32,
    /// The generator's complete parameters, the seed among them.
    pub parameters: serde_json::Value,
    /// Hash of generator, its version and parameters: what `generate` compares to know whether it is up to date.
    pub parameters_hash: String,
    /// The splits in the order in which they were generated.
    pub splits: BTreeMap<String, SplitEntry>,
    /// Hash over the splits' checksums: what a run record names as its data.
    pub content_hash: String,
}

/// One split's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitEntry {
    /// File name beside the manifest.
    pub file: String,
    /// Samples: trajectories, graphs or molecules.
    pub samples: u64,
    /// Rows of the Parquet file.
    pub rows: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// BLAKE3 of the whole file.
    pub checksum: String,
}

//! What a sweep needs of the program around it: something that knows tasks, and something that knows data. This
//! crate never names a model, a task or a generator.

use egnn_schema::{FieldError, Fields};
use std::{path::Path, process::Command};

/// Knows tasks: checks configurations and starts workers.
pub trait Trainer {
    /// Completes and checks the configuration of one run.
    ///
    /// # Errors
    /// The field that is wrong: `task` if the task is unknown. A message that begins with `unknown field` is taken to
    /// be about the field's name, any other about its value; the user is shown the place of one or the other.
    fn resolve(&self, task: &str, fields: &Fields) -> Result<ResolvedRun, FieldError>;

    /// The process that does run `index` of the manifest: it opens a [`crate::Recorder`], ends when its standard input
    /// does (see [`crate::lifeline`]), and leaves `done.json` or `failed.json`. Standard streams are set by the sweep.
    fn worker(&self, manifest: &Path, index: usize) -> Command;

    /// Groups of fields of which a run has exactly one. Setting one in a later layer (a profile, the command line)
    /// removes the others of the group that earlier layers set.
    fn exclusive(&self) -> &[&[&str]] {
        &[]
    }
}

/// A complete configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedRun {
    /// Readable beginning of the run's id, like `egnn-100-seed1`.
    pub name: String,
    /// Every field, defaults filled in.
    pub config: Fields,
    /// Sets that the run reads.
    pub datasets: Vec<String>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// What a run costs, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Seconds on one core.
    pub core_seconds: f64,
    /// Largest resident memory.
    pub memory_bytes: u64,
    /// What it leaves on the disk.
    pub disk_bytes: u64,
}

/// Knows datasets: whether they are there, and how to get them.
pub trait DataProvider {
    /// Whether a set is complete. Quick: called for every set of a plan, also by `--dry-run`.
    ///
    /// # Errors
    /// An unknown set, or one that can neither be used nor made.
    fn state(&self, set: &str) -> Result<DataState, DataError>;

    /// Makes the set if it is missing and gives its content hash.
    ///
    /// # Errors
    /// Why there is none.
    fn provide(&self, set: &str) -> Result<String, DataError>;
}

/// State of a set.
#[derive(Clone, Debug, PartialEq)]
pub enum DataState {
    /// Complete.
    Ready {
        /// Hash over its content.
        content_hash: String,
    },
    /// To be made.
    Missing {
        /// For people: absent, or made with other parameters.
        reason: String,
        /// Seconds that making it takes on this machine.
        estimate_seconds: f64,
        /// Bytes it will need.
        disk_bytes: u64,
    },
}

/// Why a set is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DataError {
    /// A sentence that names the set and the remedy.
    pub message: String,
    /// What kind of trouble it is.
    pub kind: DataErrorKind,
}

/// Kinds of trouble with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataErrorKind {
    /// No such set: the field that names it is wrong.
    UnknownSet,
    /// Its files or parameters are wrong.
    BadData,
    /// Disk, permission, network.
    Environment,
    /// The user stopped it.
    Interrupted,
}

//! Executor: SLURM. A submission is a folder `slurm/<NNN>/` of the sweep's folder with its own copy of the plan, so that
//! an index means the same run for ever; its runs are tasks of array jobs, each an idempotent worker. What SLURM says of a
//! job is news; what a run's folder says is the truth.
//!
//! Jobs are found again by names that no other submission has: a submission that was cut off between `sbatch` and the
//! note of its answer loses nothing, and nothing is submitted twice.

mod array;
mod cluster;
mod options;
mod queue;
mod reserved;
mod script;
mod submission;
mod submit;

pub use cluster::{Cluster, ClusterError};
pub use options::SlurmOptions;
pub use queue::{cancel, is_busy, queued, queued_on};
pub use script::{Stages, quote};
pub use submission::{Job, Role, Submission};
pub use submit::{Call, Order, Preview, Submitted, preview, submit};

/// Task ids that an array may have if the cluster cannot be asked: SLURM's own default.
pub const DEFAULT_MAX_ARRAY_SIZE: usize = 1001;

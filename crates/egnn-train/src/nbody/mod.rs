//! The n-body task: positions of charged bodies some time later (section 5.1 of the paper).

mod config;
mod data;
mod errors;
mod predictions;
mod task;

pub(crate) use config::read_options;
pub use config::{NbodyConfig, SetShape};
pub(crate) use data::{Batch, EdgeCache};
pub use data::{NbodyData, Samples};
pub(crate) use errors::median_and_p95;
pub(crate) use predictions::table;
pub(crate) use task::{NbodyTask, loss, predict};

/// The task's name in pipelines and records.
pub(crate) const TASK: &str = "nbody";

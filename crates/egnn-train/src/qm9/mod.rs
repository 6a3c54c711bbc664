//! QM9: properties of molecules from their atoms and positions (section 5.3 of the paper).

mod config;
mod data;
mod predictions;
mod task;

pub use config::Qm9Config;
pub use data::{Molecules, Qm9Data};
pub(crate) use predictions::table;
pub(crate) use task::{Labels, Qm9Task, predict, score};

/// The task's name in pipelines and records.
pub(crate) const TASK: &str = "qm9";

/// Molecules a batch: the paper's.
pub(crate) const BATCH: u64 = 96;

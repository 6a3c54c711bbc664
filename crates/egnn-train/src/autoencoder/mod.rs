//! The graph autoencoder: nodes are placed so that the edges can be read off their distances (section 5.2 of the
//! paper).

mod config;
mod data;
mod predictions;
mod score;
mod task;

pub use config::AutoencoderConfig;
pub(crate) use config::DIM;
pub use data::{GraphData, Graphs};
pub(crate) use predictions::table;
pub(crate) use score::{Reconstruction, Score};
pub(crate) use task::{AutoencoderTask, reconstruct, test_noise};

/// The task's name in pipelines and records.
pub(crate) const TASK: &str = "autoencoder";

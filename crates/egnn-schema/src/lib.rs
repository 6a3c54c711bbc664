//! The words that every part of egnn-lab shares: column names with units, dataset manifests, run records, run
//! events, format versions, exit codes. A leaf: it depends on no other crate of the workspace and does no IO.

pub mod columns;
pub mod dataset;
pub mod event;
pub mod examples;
pub mod exit;
pub mod fields;
pub mod hash;
pub mod names;
pub mod property;
pub mod run;
pub mod version;

pub use dataset::{Manifest, SplitEntry};
pub use event::RunEvent;
pub use fields::{FieldError, FieldValue, Fields};
pub use property::Property;
pub use run::{Circumstances, Failure, Outcome, RunIdentity, RunMetrics, RunRecord};

//! Training: the n-body task with the paper's protocol, Adam, checkpoints that resume bit for bit, evaluation of
//! stored models, and the comparison with reference traces.
//!
//! A run is a pure function of its configuration and data: `fields -> NbodyConfig -> train() -> RunMetrics`. What
//! happens on the way is said through [`egnn_schema::RunEvent`]s; nothing here prints.

mod adam;
mod checkpoint;
mod config;
mod data;
mod error;
mod evaluate;
mod model_file;
mod nbody;
mod predictions;
mod reader;
mod trace;

pub use adam::{Adam, AdamConfig};
pub use config::{EXCLUSIVE, FIELDS, NbodyConfig, SetShape, TASK};
pub use data::{NbodyData, Samples};
pub use error::{ListenerError, TrainError};
pub use evaluate::{Evaluation, EvaluationData, evaluate, write_evaluation};
pub use model_file::ModelFile;
pub use nbody::{Attempt, Emit, Files, StepTimes, bench_step, train};
pub use trace::run_trace;

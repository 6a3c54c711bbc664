//! Training: the tasks (n-body, graph autoencoder, QM9) with the paper's protocols, Adam, checkpoints that resume bit for bit,
//! evaluation of stored models, and the comparison with reference traces.
//!
//! A run is a pure function of its configuration and data: `fields -> TaskConfig -> train() -> RunMetrics`. What happens
//! on the way is said through [`egnn_schema::RunEvent`]s; nothing here prints.

mod adam;
mod autoencoder;
mod bench;
mod checkpoint;
mod config;
mod error;
mod evaluate;
mod model_file;
mod nbody;
mod protocol;
mod qm9;
mod reader;
mod run;
mod task;
mod trace;

pub use adam::{Adam, AdamConfig};
pub use autoencoder::{AutoencoderConfig, GraphData, Graphs};
pub use bench::{StepTimes, bench_autoencoder, bench_nbody, bench_qm9};
pub use config::{Shapes, TASKS, TaskConfig, TaskData};
pub use error::{ListenerError, TrainError};
pub use evaluate::{Evaluation, EvaluationData, EvaluationSamples, Frames, evaluate, write_evaluation};
pub use model_file::{ModelFile, ModelSpec};
pub use nbody::{NbodyConfig, NbodyData, Samples, SetShape};
pub use protocol::{EXCLUSIVE, Protocol, Schedule};
pub use qm9::{Molecules, Qm9Config, Qm9Data};
pub use run::{Attempt, Emit, Files, train};
pub use trace::run_trace;

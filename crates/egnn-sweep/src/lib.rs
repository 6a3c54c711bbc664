//! Sweeps: specification, plan, schedule, record and resume.
//!
//! Data flows one way: a pipeline's YAML is parsed ([`SweepSpec`]), validated against a task ([`ResolvedPlan`]), bound
//! to its data ([`SweepPlan`]); what of it is [`outstanding()`] is executed by worker processes ([`run()`]), each of
//! which keeps a record of one run ([`Recorder`]), or by a cluster ([`slurm`]); records become `results.parquet` ([`results`]). Whoever wants to
//! show something listens to [`SweepEvent`]s.
//!
//! This crate knows no task, model or generator: it asks a [`Trainer`] and a [`DataProvider`].

mod attempt;
pub mod change;
mod data;
mod end;
pub mod error;
pub mod eta;
mod event;
pub mod event_log;
mod expand;
pub mod gc;
pub mod lifeline;
mod listing;
mod local;
pub mod manifest;
pub mod origin;
mod outstanding;
mod overrides;
mod own;
pub mod plan;
mod publish;
mod queue;
pub mod reason;
mod record;
mod recorder;
pub mod results;
mod run_folder;
pub mod slurm;
pub mod spec;
pub mod stage;
pub mod standing;
mod summary;
mod survey;
mod trainer;
mod worker;
pub mod yaml;

pub use change::Change;
pub use end::{End, settle};
pub use error::SweepError;
pub use eta::Eta;
pub use event::SweepEvent;
pub use local::{LocalOptions, is_held, owner, run};
pub use manifest::{PlannedRun, SweepManifest};
pub use outstanding::{outstanding, schedule};
pub use overrides::Overrides;
pub use own::Own;
pub use plan::{DEFAULT_PROFILE, Platform, ResolvedPlan, ResolvedPoint, Selection, SweepPlan};
pub use publish::Published;
pub use queue::{QueueState, Queued};
pub use reason::Reason;
pub use record::{Ended, Recorded};
pub use recorder::{Opening, Recorder};
pub use run_folder::RunFolder;
pub use spec::{ReportKind, SweepSpec};
pub use stage::Stage;
pub use standing::{RunStanding, RunState, Standing, Watch};
pub use summary::{Ending, Summary};
pub use survey::{Outstanding, Survey};
pub use trainer::{DataError, DataErrorKind, DataProvider, DataState, Estimate, ResolvedRun, Trainer};

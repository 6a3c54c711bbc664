//! How a sweep ended.

use egnn_schema::exit;
use std::path::PathBuf;

/// The end of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub ending: Ending,
    /// Runs of the plan.
    pub total: usize,
    /// Of these, finished, now or earlier.
    pub finished: usize,
    /// Finished by this call.
    pub finished_now: usize,
    /// Runs that failed now: index and reason.
    pub failed: Vec<(usize, String)>,
    /// `results.parquet`.
    pub results: PathBuf,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every run of the plan is finished; nothing had to be done.
    UpToDate,
    /// Every run of the plan is finished.
    Complete,
    /// A run failed.
    Failed,
    /// The user stopped it; the same command resumes.
    Interrupted,
}

impl Ending {
    /// The binary's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::UpToDate | Self::Complete => exit::DONE,
            Self::Failed => exit::RUN_FAILED,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }
}

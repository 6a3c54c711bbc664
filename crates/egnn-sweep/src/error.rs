//! What can go wrong in a sweep, besides runs that fail: those are results.

use crate::{
    origin::Located,
    slurm::ClusterError,
    trainer::{DataError, DataErrorKind},
};
use egnn_schema::exit;
use egnn_store::StoreError;
use std::{
    io,
    path::{Path, PathBuf},
};

/// A sweep that cannot be planned or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The pipeline's file or the command line is wrong.
    #[error("{0}")]
    Input(#[from] Located),
    /// No such pipeline.
    #[error("{message}")]
    UnknownPipeline {
        /// With the nearest known name.
        message: String,
    },
    /// A set cannot be had.
    #[error("{0}")]
    Data(DataError),
    /// A file of ours that is not as we write it.
    #[error("'{}' cannot be used: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// A run says something that cannot be recorded.
    #[error("run '{run}' reports {what} that is not a finite number")]
    NotFinite {
        /// The run's id.
        run: String,
        /// Which number.
        what: String,
    },
    /// A worker cannot be started.
    #[error("cannot start the worker '{program}': {source}")]
    Spawn {
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Disk, permissions or the like stopped a worker, and would stop the others.
    #[error("the sweep stopped at run '{run}': {reason} (what is finished is kept; the same command resumes)")]
    Blocked {
        /// The run's id.
        run: String,
        /// What the worker said.
        reason: String,
    },
    /// A cluster that does not do what it is asked to.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Reading or writing a stored file, or its lock.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SweepError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Store(StoreError::io(action, path, source))
    }

    /// Whether the environment is in the way, not the input.
    pub fn is_environment(&self) -> bool {
        match self {
            Self::Input(_) | Self::UnknownPipeline { .. } | Self::Damaged { .. } | Self::NotFinite { .. } => false,
            Self::Data(error) => error.kind == DataErrorKind::Environment,
            Self::Spawn { .. } | Self::Blocked { .. } => true,
            Self::Cluster(error) => error.is_environment(),
            Self::Store(error) => error.is_environment(),
        }
    }

    /// The binary's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Data(error) if error.kind == DataErrorKind::Interrupted => exit::INTERRUPTED,
            _ if self.is_environment() => exit::ENVIRONMENT,
            _ => exit::BAD_INPUT,
        }
    }
}

//! What can go wrong in training.

use egnn_schema::Failure;
use std::path::PathBuf;

/// What a listener of events may fail with.
pub type ListenerError = Box<dyn std::error::Error + Send + Sync>;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The loss became NaN or exploded: the run ends as failed and its record says where.
    #[error("{}", .0.reason)]
    Diverged(Box<Failure>),
    /// Someone asked for it: a checkpoint was saved, and the same call goes on from there.
    #[error("stopped at step {step}; saved, the same command goes on from here")]
    Stopped {
        /// Optimiser steps done.
        step: u64,
    },
    /// A configuration field is unusable.
    #[error(transparent)]
    Field(#[from] egnn_schema::FieldError),
    /// A file of the store.
    #[error(transparent)]
    Store(#[from] egnn_store::StoreError),
    /// A model or parameter problem.
    #[error(transparent)]
    Model(Box<egnn_nn::NnError>),
    /// A reference case.
    #[error(transparent)]
    Parity(Box<egnn_nn::parity::ParityError>),
    /// A tensor operation.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The listener of a run's events could not go on, for example because the disk is full.
    #[error("{0}")]
    Listener(ListenerError),
    /// A graph with more pairs of nodes than memory should be asked for.
    #[error(
        "graph {graph} has {nodes} nodes; the autoencoder looks at every pair of nodes and takes graphs of at most {most}"
    )]
    LargeGraph {
        /// Its index in the split.
        graph: usize,
        /// Its nodes.
        nodes: u16,
        /// The most that there may be.
        most: usize,
    },
    /// The data are another task's.
    #[error("the data are not of task '{task}'")]
    OtherData {
        /// The configuration's task.
        task: &'static str,
    },
    /// A safetensors file that cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        reason: String,
    },
}

impl From<egnn_nn::parity::ParityError> for TrainError {
    fn from(error: egnn_nn::parity::ParityError) -> Self {
        Self::Parity(Box::new(error))
    }
}

impl From<egnn_nn::NnError> for TrainError {
    fn from(error: egnn_nn::NnError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl TrainError {
    pub(crate) fn file(path: &std::path::Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.into(), reason: reason.into() }
    }

    /// Whether disk or permissions are in the way, rather than the input.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_environment())
    }
}

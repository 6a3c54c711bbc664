//! Why a file cannot be compared.

use std::path::PathBuf;

use crate::error::NnError;

/// A file that is no usable case. Numbers that differ are not errors; they are in the report.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ParityError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

impl ParityError {
    /// Whether the machine and not the file is at fault.
    pub fn is_environment(&self) -> bool {
        match &self.problem {
            Problem::Read(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
            _ => false,
        }
    }
}

/// What is wrong with a case file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[source] std::io::Error),
    /// It is damaged or of another format.
    #[error("not a safetensors file, or a truncated one: {0}")]
    Format(String),
    /// It is a safetensors file, but holds no case.
    #[error("not a reference case: {0}")]
    NotACase(String),
    /// A task that is not there.
    #[error("task '{0}' is not supported by this version")]
    Task(String),
    /// A model that the task does not have.
    #[error("model '{model}' of task '{task}' is not supported; known: {known}")]
    Model {
        /// The task.
        task: String,
        /// The model.
        model: String,
        /// The models that are there.
        known: String,
    },
    /// A setting of the model that is not there.
    #[error("field '{field}' = {value} of the case's config is not supported by this version")]
    Option {
        /// Name in the config.
        field: String,
        /// Value in the config.
        value: String,
    },
    /// A tensor that the case must have.
    #[error("tensor '{0}' is missing")]
    Missing(String),
    /// A tensor of the wrong shape or type.
    #[error("tensor '{name}' {reason}")]
    Tensor {
        /// Name in the file.
        name: String,
        /// What does not fit.
        reason: String,
    },
    /// An optimiser's trace, which this crate cannot run.
    #[error("an Adam trace: it has no single pass to compare, run it through the trainer")]
    AdamTrace,
    /// Parameters or inputs that do not fit the model.
    #[error(transparent)]
    Computation(#[from] NnError),
}

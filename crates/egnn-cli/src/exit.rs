//! Errors of the binary: every one knows its exit code.

use egnn_schema::{FieldError, exit};
use std::fmt;

/// What ends a command early.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    error: anyhow::Error,
}

pub(crate) type Result<T, E = Stop> = std::result::Result<T, E>;

impl Stop {
    pub(crate) fn new(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self { code, error: error.into() }
    }

    /// The user's input is wrong.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(exit::BAD_INPUT, anyhow::Error::msg(message.into()))
    }

    /// Whether it is an error of that type.
    pub(crate) fn is<E: std::error::Error + Send + Sync + 'static>(&self) -> bool {
        self.error.is::<E>()
    }

    /// Something outside the program is in the way.
    pub(crate) fn environment(what: &'static str, error: std::io::Error) -> Self {
        Self::new(exit::ENVIRONMENT, anyhow::Error::new(error).context(what))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some messages of libraries contain their cause, others do not: each is said once.
        let mut said = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            if !said.contains(&cause) {
                said = if said.is_empty() { cause } else { format!("{said}: {cause}") };
            }
        }
        f.write_str(&said)
    }
}

/// Environment or input, as the library's error tells.
macro_rules! environment_or_input {
    ($($error:ty),*) => {$(
        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                let code = if error.is_environment() { exit::ENVIRONMENT } else { exit::BAD_INPUT };
                Self::new(code, error)
            }
        }
    )*};
}

environment_or_input!(
    egnn_store::StoreError,
    egnn_report::ReportError,
    egnn_sweep::SweepError,
    egnn_nn::parity::ParityError
);

impl From<egnn_train::TrainError> for Stop {
    fn from(error: egnn_train::TrainError) -> Self {
        let code = match &error {
            error if error.is_environment() => exit::ENVIRONMENT,
            egnn_train::TrainError::Diverged(_) => exit::RUN_FAILED,
            egnn_train::TrainError::Stopped { .. } => exit::INTERRUPTED,
            egnn_train::TrainError::Listener(error) => match error.downcast_ref::<egnn_sweep::SweepError>() {
                Some(error) if !error.is_environment() => exit::BAD_INPUT,
                _ => exit::ENVIRONMENT,
            },
            _ => exit::BAD_INPUT,
        };
        Self::new(code, error)
    }
}

impl From<egnn_sweep::DataError> for Stop {
    fn from(error: egnn_sweep::DataError) -> Self {
        let code = match error.kind {
            egnn_sweep::DataErrorKind::Environment => exit::ENVIRONMENT,
            egnn_sweep::DataErrorKind::Interrupted => exit::INTERRUPTED,
            _ => exit::BAD_INPUT,
        };
        Self::new(code, error)
    }
}

impl From<FieldError> for Stop {
    fn from(error: FieldError) -> Self {
        Self::new(exit::BAD_INPUT, error)
    }
}

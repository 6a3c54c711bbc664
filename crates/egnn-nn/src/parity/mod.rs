//! Comparison with cases computed elsewhere, usually by the authors' PyTorch program.
//!
//! A case is a safetensors file. Its metadata key `config` is a JSON object that names the task, the model and the
//! sizes. Its tensors: `in.*` inputs, `param.*` parameters under the authors' names, `out.*` outputs and `out.loss`,
//! `grad.*` the loss's gradients. An Adam trace has `out.losses` and `after.*`, the parameters after the last step; it
//! is loaded here and run by `egnn-train`, which owns the optimiser.

mod autoencoder;
mod case;
mod compare;
mod error;
mod molecule;
mod report;

use std::path::Path;

use egnn_kernels::Backend;

pub use case::{Case, CaseConfig};
pub use error::{ParityError, Problem};
pub use report::{ParityReport, Quantity, Row, Tolerances};

/// Read a case file.
pub fn load(path: &Path) -> Result<Case, ParityError> {
    Case::load(path)
}

/// Read a case file, run its model on a backend and compare outputs, loss and every gradient.
pub fn run(path: &Path, tolerances: Tolerances, backend: Backend) -> Result<ParityReport, ParityError> {
    compare::check(&load(path)?, tolerances, backend)
}

/// Run a case's model on a backend and compare outputs, loss and every gradient.
///
/// # Errors
/// If the case is of a task, a model or an option that this version does not have, if tensors are missing or do not
/// fit, or if it is an Adam trace. That numbers differ is not an error but a row of the report.
pub fn check(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<ParityReport, ParityError> {
    compare::check(case, tolerances, backend)
}

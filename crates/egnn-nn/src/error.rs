//! What can go wrong in this crate.

use candle_core::{DType, Tensor};
use egnn_kernels::EdgesError;

/// Shorthand for this crate's results.
pub type Result<T, E = NnError> = std::result::Result<T, E>;

/// An error of the models, their parameters or their inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// candle refused an operation.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// A configuration that describes no model.
    #[error("field '{field}' is {value}: {requirement}")]
    Config {
        /// The field of the configuration.
        field: &'static str,
        /// Its value.
        value: String,
        /// What the field must be.
        requirement: &'static str,
    },
    /// An input tensor of another shape than the model takes.
    #[error("input '{name}' has shape {found:?}, expected {expected}")]
    InputShape {
        /// Which input.
        name: &'static str,
        /// The shape that was given.
        found: Vec<usize>,
        /// The shape that fits, in words.
        expected: String,
    },
    /// A number type that no backend computes in.
    #[error("number type {0:?} is not supported; use f32 or f64")]
    DType(DType),
    /// Parameters that do not fit the model.
    #[error("parameters do not fit the model: {0}")]
    Parameters(#[from] ParameterMismatch),
    /// Edge lists that describe no graph.
    #[error("edges are not valid: {0}")]
    Edges(#[from] EdgesError),
}

/// Every way in which a set of tensors differs from what a model needs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ParameterMismatch {
    /// Names that the model has and the set has not.
    pub missing: Vec<String>,
    /// Names that the set has and the model has not.
    pub unexpected: Vec<String>,
    /// Name, shape in the set, shape in the model.
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl ParameterMismatch {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }
}

impl std::error::Error for ParameterMismatch {}

impl std::fmt::Display for ParameterMismatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing {}", self.missing.join(", ")));
        }
        if !self.unexpected.is_empty() {
            parts.push(format!("unexpected {}", self.unexpected.join(", ")));
        }
        for (name, found, expected) in &self.misshapen {
            parts.push(format!("{name} has shape {found:?}, expected {expected:?}"));
        }
        formatter.write_str(&parts.join("; "))
    }
}

/// Refuse sizes of 0.
pub(crate) fn positive(fields: &[(&'static str, usize)]) -> Result<()> {
    match fields.iter().find(|(_, value)| *value == 0) {
        None => Ok(()),
        Some((field, value)) => {
            Err(NnError::Config { field, value: value.to_string(), requirement: "it must be at least 1" })
        }
    }
}

/// Refuse bounds that are none.
pub(crate) fn valid_clamp(clamp: Option<f64>) -> Result<()> {
    match clamp {
        Some(clamp) if clamp.is_nan() || clamp <= 0.0 => {
            let requirement = "it must be above 0; leave it out for no clamp";
            Err(NnError::Config { field: "clamp", value: clamp.to_string(), requirement })
        }
        _ => Ok(()),
    }
}

/// Refuse a matrix of another shape or number type.
pub(crate) fn shaped(name: &'static str, tensor: &Tensor, [rows, columns]: [usize; 2], dtype: DType) -> Result<()> {
    if tensor.dims() == [rows, columns] && tensor.dtype() == dtype {
        return Ok(());
    }
    let expected = format!("({rows}, {columns}) of type {dtype:?} (it has type {:?})", tensor.dtype());
    Err(NnError::InputShape { name, found: tensor.dims().to_vec(), expected })
}

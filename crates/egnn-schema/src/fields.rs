//! A run's configuration as flat named scalars: what YAML and the command line set, what a record stores, what
//! becomes the columns of `results.parquet`.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Configuration fields by name, in alphabetical order.
pub type Fields = BTreeMap<String, FieldValue>;

/// A scalar configuration value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// A name.
    Text(String),
}

impl FieldValue {
    /// Reads a command-line value: bool, then integer, then float, else text.
    ///
    /// ```
    /// use egnn_schema::FieldValue;
    /// assert_eq!(FieldValue::parse("5e-4"), FieldValue::Float(5e-4));
    /// assert_eq!(FieldValue::parse("100"), FieldValue::Int(100));
    /// assert_eq!(FieldValue::parse("egnn"), FieldValue::Text("egnn".into()));
    /// ```
    pub fn parse(text: &str) -> Self {
        match text {
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ => text
                .parse()
                .map(Self::Int)
                .or_else(|_| text.parse().map(Self::Float))
                .unwrap_or_else(|_| Self::Text(text.into())),
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<i64> for FieldValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for FieldValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// A field that cannot be used: which one, and what is wrong with it and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// The field's name as the user wrote it.
    pub field: String,
    /// A sentence without a final stop that names the value, the limit and the remedy.
    pub message: String,
}

impl FieldError {
    /// An error at `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

//! A run's configuration as flat named scalars: what YAML and the command line set, what a record stores, what
//! becomes the columns of `results.parquet`.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{collections::BTreeMap, fmt};

/// Configuration fields by name, in alphabetical order.
pub type Fields = BTreeMap<String, FieldValue>;

/// A scalar configuration value.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// By hand, since records are read by the thousand, and what is derived makes an error message for every type that a value
/// has not.
impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar)
    }
}

struct Scalar;

impl de::Visitor<'_> for Scalar {
    type Value = FieldValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a number or a text")
    }

    fn visit_bool<E>(self, value: bool) -> Result<FieldValue, E> {
        Ok(FieldValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<FieldValue, E> {
        Ok(FieldValue::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<FieldValue, E> {
        Ok(i64::try_from(value).map_or(FieldValue::Float(value as f64), FieldValue::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<FieldValue, E> {
        Ok(FieldValue::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(value))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_types_through_json_and_nothing_else_is_one() {
        let values = [
            ("true", FieldValue::Bool(true)),
            ("-7", FieldValue::Int(-7)),
            ("9223372036854775807", FieldValue::Int(i64::MAX)),
            ("9223372036854775808", FieldValue::Float(9223372036854775808.0)),
            ("1.0", FieldValue::Float(1.0)),
            ("5e-4", FieldValue::Float(5e-4)),
            ("\"1\"", FieldValue::Text("1".into())),
            (r#""\u00fc\n""#, FieldValue::Text("ü\n".into())),
        ];
        for (text, value) in values {
            assert_eq!(serde_json::from_str::<FieldValue>(text).unwrap(), value);
            let again = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<FieldValue>(&again).unwrap(), value);
        }
        for wrong in ["null", "[1]", "{}"] {
            assert!(serde_json::from_str::<FieldValue>(wrong).is_err(), "{wrong}");
        }
    }
}

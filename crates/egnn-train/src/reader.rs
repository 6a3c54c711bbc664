//! Takes typed values out of [`Fields`], with errors that name the field, its limits and the remedy.

use egnn_schema::{FieldError, FieldValue, Fields, names};

/// Fields not yet taken. What is left at the end is unknown.
pub(crate) struct Reader {
    left: Fields,
}

impl Reader {
    pub(crate) fn new(fields: &Fields, known: &[&str]) -> Result<Self, FieldError> {
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(FieldError::new(name, names::unknown("field", name, known))),
            None => Ok(Self { left: fields.clone() }),
        }
    }

    pub(crate) fn text(&mut self, name: &str, default: &str) -> Result<String, FieldError> {
        match self.left.remove(name) {
            None => Ok(default.into()),
            Some(FieldValue::Text(text)) => Ok(text),
            Some(other) => Err(FieldError::new(name, format!("{name} must be a name, not {other}"))),
        }
    }

    /// One of a fixed list of names.
    pub(crate) fn choice(&mut self, name: &str, default: &str, known: &[&str]) -> Result<String, FieldError> {
        let text = self.text(name, default)?;
        if known.contains(&text.as_str()) {
            Ok(text)
        } else {
            Err(FieldError::new(name, names::unknown(name, &text, known)))
        }
    }

    pub(crate) fn count(&mut self, name: &str, default: u64, least: u64) -> Result<u64, FieldError> {
        Ok(self.optional_count(name, least)?.unwrap_or(default))
    }

    pub(crate) fn optional_count(&mut self, name: &str, least: u64) -> Result<Option<u64>, FieldError> {
        let value = match self.left.remove(name) {
            None => return Ok(None),
            Some(FieldValue::Int(value)) => value,
            Some(other) => return Err(FieldError::new(name, format!("{name} must be a whole number, not {other}"))),
        };
        match u64::try_from(value) {
            Ok(value) if value >= least => Ok(Some(value)),
            _ => Err(FieldError::new(name, format!("{name} must be at least {least}, not {value}"))),
        }
    }

    /// A finite number of at least zero.
    pub(crate) fn number(&mut self, name: &str, default: f64) -> Result<f64, FieldError> {
        let value = match self.left.remove(name) {
            None => default,
            Some(FieldValue::Float(value)) => value,
            Some(FieldValue::Int(value)) => value as f64,
            Some(other) => return Err(FieldError::new(name, format!("{name} must be a number, not {other}"))),
        };
        if value.is_finite() && value >= 0.0 {
            Ok(value)
        } else {
            Err(FieldError::new(name, format!("{name} must be finite and not negative, not {value}")))
        }
    }

    pub(crate) fn flag(&mut self, name: &str, default: bool) -> Result<bool, FieldError> {
        match self.left.remove(name) {
            None => Ok(default),
            Some(FieldValue::Bool(value)) => Ok(value),
            Some(other) => Err(FieldError::new(name, format!("{name} must be true or false, not {other}"))),
        }
    }
}

//! Takes typed values out of [`Fields`], with errors that name the field, its limits and the remedy.

use egnn_schema::{FieldError, FieldValue, Fields, names};

/// What a count may be.
pub(crate) type Range = std::ops::RangeInclusive<u64>;

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

    pub(crate) fn count(&mut self, name: &str, default: u64, range: Range) -> Result<u64, FieldError> {
        Ok(self.optional_count(name, range)?.unwrap_or(default))
    }

    pub(crate) fn optional_count(&mut self, name: &str, range: Range) -> Result<Option<u64>, FieldError> {
        let (least, most) = (range.start(), range.end());
        let refuse = |value| {
            Err(FieldError::new(name, format!("{name} must be a whole number from {least} to {most}, not {value}")))
        };
        match self.left.remove(name) {
            None => Ok(None),
            Some(FieldValue::Int(value)) => match u64::try_from(value) {
                Ok(count) if range.contains(&count) => Ok(Some(count)),
                _ => refuse(FieldValue::Int(value)),
            },
            Some(other) => refuse(other),
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

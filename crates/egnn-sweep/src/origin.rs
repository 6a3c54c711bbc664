//! Where a configuration value came from, so that an error can point at it.

use egnn_schema::{FieldValue, Fields};
use std::{collections::BTreeMap, fmt};

/// A place in a text file, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Line.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

/// Where a field got its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The pipeline's file.
    File {
        /// The field's name.
        key: Spot,
        /// Its value.
        value: Spot,
    },
    /// A `key=value` on the command line.
    CommandLine,
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value.
    pub value: FieldValue,
    /// Where it stands.
    pub origin: Origin,
}

/// Fields with their origins, in alphabetical order.
pub type Settings = BTreeMap<String, Setting>;

/// The values alone, as a trainer wants them.
pub fn fields(settings: &Settings) -> Fields {
    settings.iter().map(|(name, setting)| (name.clone(), setting.value.clone())).collect()
}

/// A message with the place in the user's input that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file as the user may open it, or `None` for the command line.
    pub file: Option<String>,
    /// The place in the file, if it is narrower than the whole file.
    pub spot: Option<Spot>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Located {
    /// About `spot` of `file`.
    pub fn at(file: &str, spot: Spot, message: impl Into<String>) -> Self {
        Self { file: Some(file.into()), spot: Some(spot), message: message.into() }
    }

    /// About the command line.
    pub fn command_line(message: impl Into<String>) -> Self {
        Self { file: None, spot: None, message: message.into() }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.spot) {
            (Some(file), Some(spot)) => write!(f, "{file}:{}:{}: {}", spot.line, spot.column, self.message),
            (Some(file), None) => write!(f, "{file}: {}", self.message),
            (None, _) => write!(f, "on the command line: {}", self.message),
        }
    }
}

impl std::error::Error for Located {}

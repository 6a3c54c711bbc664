//! Flat tables: results, metrics and predictions, as Parquet that Polars and others read directly.
//!
//! Columns of text, numbers with a sign or a fraction, and truth values may hold nulls; the unsigned columns, which
//! are indices, may not.

mod read;
mod write;

use crate::footer::Version;
use egnn_schema::version::RECORD_VERSION;
use std::collections::BTreeMap;

pub use read::{metadata, read};
pub use write::{write, write_parts};

pub(crate) const VERSION: Version = Version { key: "record_version", number: RECORD_VERSION };

/// A table in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Columns with their names, in the order of the file. All have the same length.
    pub columns: Vec<(String, ColumnData)>,
    /// What the footer says besides program and version (whose keys `program` and `record_version` are reserved).
    pub metadata: BTreeMap<String, String>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, data)| data.len())
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnData> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, data)| data)
    }
}

/// The values of one column. A column keeps its type for life.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Whole numbers.
    I64(Vec<Option<i64>>),
    /// Numbers in double precision.
    F64(Vec<Option<f64>>),
    /// Numbers in single precision.
    F32(Vec<Option<f32>>),
    /// Small indices, no nulls.
    U8(Vec<u8>),
    /// Indices, no nulls.
    U16(Vec<u16>),
    /// Indices, no nulls.
    U32(Vec<u32>),
    /// Text.
    Text(Vec<Option<String>>),
}

impl ColumnData {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

//! A Parquet file's columns as plain vectors, read through Polars.

use crate::{error::ReportError, number};
use polars::prelude::{Column, DataFrame, DataType, LazyFrame, PlRefPath, ScanArgsParquet};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A file in memory.
pub(crate) struct Frame {
    path: PathBuf,
    data: DataFrame,
}

/// Reads a Parquet file whole: results are small.
pub(crate) fn read(path: &Path) -> Result<Frame, ReportError> {
    let data = scan(path)?.collect().map_err(|error| unreadable(path, &error))?;
    Ok(Frame { path: path.into(), data })
}

/// Reads the first rows of a Parquet file.
pub(crate) fn head(path: &Path, rows: usize) -> Result<Frame, ReportError> {
    let data = scan(path)?.limit(rows as u32).collect().map_err(|error| unreadable(path, &error))?;
    Ok(Frame { path: path.into(), data })
}

/// Opens a Parquet file that must exist.
pub(crate) fn scan(path: &Path) -> Result<LazyFrame, ReportError> {
    if !path.is_file() {
        return Err(ReportError::NoResults { path: path.into() });
    }
    // A path given as text would be searched for wildcards.
    let arguments = ScanArgsParquet { glob: false, ..Default::default() };
    let source = PlRefPath::try_from_path(path).map_err(|error| unreadable(path, &error))?;
    let mut frame = LazyFrame::scan_parquet(source, arguments).map_err(|error| unreadable(path, &error))?;
    frame.collect_schema().map_err(|error| unreadable(path, &error))?;
    Ok(frame)
}

pub(crate) fn unreadable(path: &Path, error: &polars::prelude::PolarsError) -> ReportError {
    let message = error.to_string();
    let message = message.trim_start_matches("parquet: ").trim_start_matches("File out of specification: ").into();
    ReportError::Unreadable { path: path.into(), message }
}

impl Frame {
    pub(crate) fn data(&self) -> &DataFrame {
        &self.data
    }

    pub(crate) fn rows(&self) -> usize {
        self.data.height()
    }

    /// Its rows in order, at most `rows` at a time. Nothing is copied.
    pub(crate) fn parts(&self, rows: usize) -> impl Iterator<Item = Self> {
        let part = move |start| Self { path: self.path.clone(), data: self.data.slice(start as i64, rows) };
        (0..self.rows()).step_by(rows).map(part)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.data.get_column_names().into_iter().map(ToString::to_string).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.data.get_column_index(name).is_some()
    }

    /// A column of text, or of anything else in its usual notation; nulls if there is none of the name.
    pub(crate) fn text(&self, name: &str) -> Result<Vec<Option<String>>, ReportError> {
        let column = self.cast(name, &DataType::String, "text", |_| true)?;
        let values = column.str().map_err(|error| unreadable(&self.path, &error))?;
        Ok(values.iter().map(|value| value.map(Into::into)).collect())
    }

    /// A column of whatever type as configurations have its values: `100`, `1e-4`, `true`; nulls if there is none of the name.
    pub(crate) fn settings(&self, name: &str) -> Result<Vec<Option<String>>, ReportError> {
        if self.data.column(name).is_ok_and(|column| column.dtype().is_primitive_numeric()) {
            Ok(self.real(name)?.into_iter().map(|value| value.map(number::setting)).collect())
        } else {
            self.text(name)
        }
    }

    /// The different texts of a column, but for empty ones.
    pub(crate) fn distinct(&self, name: &str) -> Result<BTreeSet<String>, ReportError> {
        let column = self.cast(name, &DataType::String, "text", |_| true)?;
        let mut distinct = BTreeSet::new();
        for value in column.str().map_err(|error| unreadable(&self.path, &error))?.iter().flatten() {
            if !value.is_empty() && !distinct.contains(value) {
                distinct.insert(value.to_owned());
            }
        }
        Ok(distinct)
    }

    /// A column of whole numbers; nulls if there is none of the name.
    pub(crate) fn whole(&self, name: &str) -> Result<Vec<Option<i64>>, ReportError> {
        let column = self.cast(name, &DataType::Int64, "whole numbers", DataType::is_integer)?;
        let values = column.i64().map_err(|error| unreadable(&self.path, &error))?;
        Ok(values.iter().collect())
    }

    /// A column of numbers; nulls if there is none of the name.
    pub(crate) fn real(&self, name: &str) -> Result<Vec<Option<f64>>, ReportError> {
        let column = self.cast(name, &DataType::Float64, "numbers", DataType::is_numeric)?;
        let values = column.f64().map_err(|error| unreadable(&self.path, &error))?;
        Ok(values.iter().collect())
    }

    fn cast(
        &self,
        name: &str,
        to: &DataType,
        expected: &'static str,
        accepts: fn(&DataType) -> bool,
    ) -> Result<Column, ReportError> {
        match self.data.column(name) {
            // A column in which every value is missing may have lost its type.
            Ok(column) if accepts(column.dtype()) || *column.dtype() == DataType::Null => {
                column.strict_cast(to).map_err(|error| unreadable(&self.path, &error))
            }
            Ok(column) => {
                let found = column.dtype().to_string();
                Err(ReportError::ColumnType { path: self.path.clone(), column: name.into(), expected, found })
            }
            Err(_) => Ok(Column::full_null(name.into(), self.rows(), to)),
        }
    }
}

//! A Parquet file's columns as plain vectors, read through Polars.

use crate::error::ReportError;
use polars::prelude::{DataFrame, DataType, IntoLazy as _, LazyFrame, NULL, PlRefPath, ScanArgsParquet, col, lit};
use std::path::{Path, PathBuf};

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
    pub(crate) fn rows(&self) -> usize {
        self.data.height()
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
    ) -> Result<polars::prelude::Column, ReportError> {
        let source = match self.data.column(name) {
            // A column in which every value is missing may have lost its type.
            Ok(column) if accepts(column.dtype()) || *column.dtype() == DataType::Null => col(name),
            Ok(column) => {
                let found = column.dtype().to_string();
                return Err(ReportError::ColumnType { path: self.path.clone(), column: name.into(), expected, found });
            }
            Err(_) => lit(NULL).alias(name),
        };
        let selected = self.data.clone().lazy().with_column(source.strict_cast(to.clone())).collect();
        selected.and_then(|data| data.column(name).cloned()).map_err(|error| unreadable(&self.path, &error))
    }
}

//! What can go wrong between run records and a report.

use egnn_store::StoreError;
use std::path::PathBuf;

/// A report or a query that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// No results file where one is expected.
    #[error("no results at '{}': run the sweep first, or check the path", path.display())]
    NoResults {
        /// Where it was expected.
        path: PathBuf,
    },
    /// A file, or a pattern of files, that Polars cannot read.
    #[error("'{}' is not a readable Parquet file: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Polars' words.
        message: String,
    },
    /// A results file without a column that every report needs.
    #[error("'{}' has no column '{column}', so it is not a sweep's results; it has: {}", path.display(), found.join(", "))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The missing column.
        column: &'static str,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A column of another type than results have.
    #[error("column '{column}' of '{}' holds {found}, not {expected}", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it should hold.
        expected: &'static str,
        /// Its type.
        found: String,
    },
    /// A figure that its own library refuses: a defect of this crate.
    #[error("cannot draw '{figure}': {message}")]
    Figure {
        /// The figure's file.
        figure: String,
        /// The library's words.
        message: String,
    },
    /// SQL that does something else than read, or more than one thing.
    #[error("egnn query only reads: give one statement that begins with SELECT, WITH or SHOW, not {found}")]
    NotReading {
        /// What was given.
        found: String,
    },
    /// SQL that cannot be parsed or that Polars does not support.
    #[error("cannot run this SQL: {message}")]
    Sql {
        /// What is wrong with it.
        message: String,
    },
    /// A named query that does not exist.
    #[error("{message}")]
    UnknownQuery {
        /// The name, and what it may have meant.
        message: String,
    },
    /// Results without a run.
    #[error("'{}' has no runs: there is nothing to compare; run the sweep first, or check the path", path.display())]
    NoRuns {
        /// The file.
        path: PathBuf,
    },
    /// Results of which no run of one can be compared with a run of the other.
    #[error("{a} and {b} have no {what} in common: {why}")]
    NothingInCommon {
        /// Name of the first results.
        a: String,
        /// Name of the second.
        b: String,
        /// `task` or `model`.
        what: &'static str,
        /// What each has.
        why: String,
    },
    /// SQL that names a column that no table of the query has.
    #[error("unknown column '{column}'{}; known: {}", suggestion.as_ref().map_or(String::new(), |name| format!(" (did you mean '{name}'?)")), known.join(", "))]
    UnknownColumn {
        /// The name in the query.
        column: String,
        /// The nearest known name.
        suggestion: Option<String>,
        /// The columns of the query's tables.
        known: Vec<String>,
    },
    /// SQL that reads from a table that is not registered.
    #[error("unknown table '{table}': read a file with read_parquet('...'){}", if *registered { ", or the pipeline's 'results'" } else { ", or name a pipeline to have its 'results'" })]
    UnknownTable {
        /// The name in the query.
        table: String,
        /// Whether `results` was registered.
        registered: bool,
    },
    /// A file that a query reads and that is not there.
    #[error("the query reads '{}', which does not exist (paths are relative to '{}')", path.display(), folder.display())]
    MissingFile {
        /// The path as the query has it.
        path: PathBuf,
        /// The current folder.
        folder: PathBuf,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReportError {
    /// Whether the environment is in the way (disk, permission), as opposed to the input.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_environment())
    }
}

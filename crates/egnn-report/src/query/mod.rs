//! SQL over any of our Parquet files, through Polars.

mod failure;
mod guard;
mod output;

pub use output::{Format, Output};

use crate::{error::ReportError, frame::scan};
use polars::{prelude::LazyFrame, sql::SQLContext};
use std::path::{Path, PathBuf};

/// Runs a query. `read_parquet('path')` reads a file, relative to the current folder; `results` is a table if its file is given.
///
/// # Errors
/// If the SQL does anything but read, is wrong, or names a table, column or file that is not there.
pub fn query(sql: &str, results: Option<&Path>) -> Result<Output, ReportError> {
    guard::reads_only(sql)?;
    let files = files_of(sql);
    if let Some(path) = files.iter().find(|path| !is_pattern(path) && !path.exists()) {
        let folder = std::env::current_dir().unwrap_or_else(|_| ".".into());
        return Err(ReportError::MissingFile { path: path.clone(), folder });
    }
    let mut context = SQLContext::new();
    let mut tables: Vec<(PathBuf, LazyFrame)> = Vec::new();
    if let Some(path) = results {
        let results = scan(path)?;
        context.register("results", results.clone());
        tables.push((path.into(), results));
    }
    for path in files.iter().filter(|path| !is_pattern(path)) {
        tables.push((path.clone(), scan(path)?));
    }
    context.execute(sql).and_then(LazyFrame::collect).map(Output::new).map_err(|error| {
        failure::damaged(&error, &tables, files.iter().find(|path| is_pattern(path)))
            .unwrap_or_else(|| failure::explain(&error, &tables, results.is_some()))
    })
}

/// The paths in a query's `read_parquet('...')`: they are checked before Polars sees them, whose words for a missing file are long.
fn files_of(sql: &str) -> Vec<PathBuf> {
    const CALL: &str = "read_parquet";
    let lower = sql.to_ascii_lowercase();
    let mut files = Vec::new();
    for (start, _) in lower.match_indices(CALL) {
        let rest = sql[start + CALL.len()..].trim_start();
        let argument = rest.strip_prefix('(').map(str::trim_start).and_then(|rest| rest.strip_prefix('\''));
        if let Some(path) = argument.and_then(|rest| rest.split_once('\'')).map(|(path, _)| path) {
            files.push(PathBuf::from(path));
        }
    }
    files
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_any_spelling() {
        let sql = "SELECT * FROM read_parquet('a b.parquet') x JOIN Read_Parquet ( '/c/d.parquet' ) USING (run)";
        assert_eq!(files_of(sql), [PathBuf::from("a b.parquet"), PathBuf::from("/c/d.parquet")]);
        assert!(files_of("SELECT 'read_parquet' FROM results").is_empty());
    }
}

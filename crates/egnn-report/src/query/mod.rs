//! SQL over any of our Parquet files, through Polars.

mod failure;
mod guard;
mod named;
mod output;
mod union;

pub use named::Named;
pub use output::{Format, Output};
pub use union::Source;

use crate::{error::ReportError, frame::scan};
use polars::{
    prelude::{IntoLazy, LazyFrame},
    sql::SQLContext,
};
use std::path::{Path, PathBuf};

/// Runs a query. `read_parquet('path')` reads a file, relative to the current folder. The table `results` is there if there are
/// sources: the rows of all of them, by column name, with columns `pipeline` and `profile` that say where each is from, and
/// `variant`, the settings in which it differs from other runs of its model in the same file, for example `train_samples=100`.
/// It has every documented column, null where the files lack it.
///
/// # Errors
/// If the SQL does anything but read, is wrong, or names a table, column or file that is not there.
pub fn query(sql: &str, results: &[Source]) -> Result<Output, ReportError> {
    guard::reads_only(sql)?;
    let files = files_of(sql);
    if let Some(path) = files.iter().find(|path| !is_pattern(path) && !path.exists()) {
        let folder = std::env::current_dir().unwrap_or_else(|_| ".".into());
        return Err(ReportError::MissingFile { path: path.clone(), folder });
    }
    let mut context = SQLContext::new();
    let mut tables: Vec<(PathBuf, LazyFrame)> = Vec::new();
    let mut notices = Vec::new();
    if let [first, ..] = results {
        let (union, said) = union::union(results)?;
        context.register("results", union.clone().lazy());
        tables.push((first.path.clone(), union.lazy()));
        notices = said;
    }
    for path in files.iter().filter(|path| !is_pattern(path)) {
        tables.push((path.clone(), scan(path)?));
    }
    let frame = context.execute(sql).and_then(LazyFrame::collect).map_err(|error| {
        failure::damaged(&error, &tables, files.iter().find(|path| is_pattern(path)))
            .unwrap_or_else(|| failure::explain(&error, &tables, !results.is_empty()))
    })?;
    Ok(Output::new(frame, notices))
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

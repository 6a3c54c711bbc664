//! Polars' errors in words that help.

use crate::{error::ReportError, frame::unreadable};
use egnn_schema::names::nearest;
use polars::prelude::{LazyFrame, PolarsError};
use std::path::PathBuf;

/// The file that is no Parquet, if that is what went wrong: Polars does not name it. A `pattern` is opened by Polars alone.
pub(super) fn damaged(
    error: &PolarsError,
    tables: &[(PathBuf, LazyFrame)],
    pattern: Option<&PathBuf>,
) -> Option<ReportError> {
    let root = root(error);
    if !root.to_string().starts_with("parquet: ") {
        return None;
    }
    let broken = tables.iter().find(|(_, table)| table.clone().collect().is_err()).map(|(path, _)| path);
    broken.or(pattern).map(|path| unreadable(path, root))
}

/// What went wrong with a query over `tables`.
pub(super) fn explain(error: &PolarsError, tables: &[(PathBuf, LazyFrame)], registered: bool) -> ReportError {
    let root = root(error);
    let message = words(root);
    match root {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => {
            if let Some(column) = quoted(&message) {
                let mut known: Vec<String> = Vec::new();
                for schema in tables.iter().filter_map(|(_, table)| table.clone().collect_schema().ok()) {
                    known.extend(schema.iter_names().map(ToString::to_string));
                }
                let mut seen = std::collections::BTreeSet::new();
                known.retain(|name| seen.insert(name.clone()));
                let suggestion = nearest(&column, known.iter().map(String::as_str)).map(Into::into);
                return ReportError::UnknownColumn { column, suggestion, known };
            }
        }
        PolarsError::SQLInterface(_) if message.starts_with("relation") && message.contains("not found") => {
            if let Some(table) = quoted(&message) {
                return ReportError::UnknownTable { table, registered };
            }
        }
        _ => {}
    }
    ReportError::Sql { message }
}

/// The error beneath its contexts, which repeat the whole query plan.
fn root(error: &PolarsError) -> &PolarsError {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => root(error),
        other => other,
    }
}

/// The first lines of an error, without the plan that may follow.
fn words(error: &PolarsError) -> String {
    let text = match error {
        PolarsError::ColumnNotFound(message)
        | PolarsError::SchemaFieldNotFound(message)
        | PolarsError::SQLInterface(message)
        | PolarsError::SQLSyntax(message)
        | PolarsError::ComputeError(message)
        | PolarsError::InvalidOperation(message) => message.to_string(),
        other => other.to_string(),
    };
    let text = text.split("\n\nResolved plan until failure").next().unwrap_or_default();
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").trim_start_matches("sql parser error: ").to_owned()
}

/// The first name in quotes, whatever the quotes.
fn quoted(message: &str) -> Option<String> {
    let start = message.find(['\'', '"', '`'])?;
    let quote = message[start..].chars().next()?;
    let rest = &message[start + 1..];
    rest.find(quote).map(|end| rest[..end].to_owned())
}

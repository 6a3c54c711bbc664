//! Splits to Parquet.

use super::{
    GraphRow, check,
    layout::{FIELDS, Field, GROUP_EDGES, groups, layout},
};
use crate::{
    SplitFooter,
    error::Result,
    rows::{self, ColumnWriter},
};
use egnn_schema::SplitEntry;
use parquet::errors::ParquetError;
use std::path::Path;

/// Writes a split, whole or not at all, and returns its entry for the manifest.
///
/// # Errors
/// If there is no graph, a row is not a graph in the form that [`check()`] asks for, or the file cannot be written.
pub fn write_split(path: &Path, rows: &[GraphRow], footer: &SplitFooter) -> Result<SplitEntry> {
    write_grouped(path, rows, footer, GROUP_EDGES)
}

pub(super) fn write_grouped(
    path: &Path,
    rows: &[GraphRow],
    footer: &SplitFooter,
    group_edges: usize,
) -> Result<SplitEntry> {
    let groups = || groups(rows, group_edges);
    rows::write(path, &layout(), rows, footer, groups, check, |writer, column, part| {
        encode(writer, FIELDS[column], part.start, &rows[part])
    })
}

fn encode(writer: ColumnWriter<'_, '_>, field: Field, first: usize, rows: &[GraphRow]) -> Result<(), ParquetError> {
    match field {
        Field::Graph => writer.unsigned((first..first + rows.len()).map(|graph| graph as u32)),
        Field::Nodes => writer.unsigned(rows.iter().map(|row| row.nodes.into())),
        Field::Source => writer.unsigned_lists(rows.iter().map(|row| row.source.iter().copied())),
        Field::Target => writer.unsigned_lists(rows.iter().map(|row| row.target.iter().copied())),
        Field::Community => writer.unsigned_lists(rows.iter().map(|row| row.community.iter().copied())),
        Field::P => writer.numbers_or_nulls(rows.iter().map(|row| row.p)),
    }
}

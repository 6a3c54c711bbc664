//! Splits to Parquet.

use super::{
    GraphRow, VERSION, check,
    layout::{FIELDS, Field, GROUP_EDGES, encodings, groups, schema},
};
use crate::{
    SplitFooter, atomic,
    error::{Result, StoreError},
    footer,
};
use egnn_schema::SplitEntry;
use parquet::{
    data_type::{DoubleType, Int32Type},
    errors::ParquetError,
    file::writer::{SerializedColumnWriter, SerializedFileWriter},
};
use std::{io, path::Path, sync::Arc};

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
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| StoreError::unwritable(path, "its name is not plain text"))?;
    check_rows(rows).map_err(|reason| StoreError::unwritable(path, reason))?;
    let properties = encodings(footer::properties(VERSION, &footer.entries([("graphs", rows.len())]))).build();
    let written = atomic::write_hashed(path, |out| {
        let schema = schema().map_err(footer::writing)?;
        let mut file =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(footer::writing)?;
        encode(&mut file, rows, group_edges).and_then(|()| file.finish().map(drop)).map_err(footer::writing)
    })?;
    Ok(SplitEntry {
        file: name.to_owned(),
        samples: rows.len() as u64,
        rows: rows.len() as u64,
        bytes: written.bytes,
        checksum: written.checksum,
    })
}

fn check_rows(rows: &[GraphRow]) -> Result<(), String> {
    if rows.is_empty() || u32::try_from(rows.len()).is_err() {
        return Err(format!("it would have {} graphs, not 1 to {}", rows.len(), u32::MAX));
    }
    rows.iter().enumerate().try_for_each(|(index, row)| check(row).map_err(|reason| format!("graph {index}: {reason}")))
}

fn encode<W: io::Write + Send>(
    file: &mut SerializedFileWriter<W>,
    rows: &[GraphRow],
    group_edges: usize,
) -> Result<(), ParquetError> {
    for part in groups(rows, group_edges) {
        let mut group = file.next_row_group()?;
        for field in FIELDS {
            let Some(mut column) = group.next_column()? else { break };
            encode_column(&mut column, field, part.start, &rows[part.clone()])?;
            column.close()?;
        }
        group.close()?;
    }
    Ok(())
}

fn encode_column(
    column: &mut SerializedColumnWriter<'_>,
    field: Field,
    first: usize,
    rows: &[GraphRow],
) -> Result<(), ParquetError> {
    match field {
        Field::Graph => indices(column, (first..first + rows.len()).map(|graph| (graph as u32).cast_signed())),
        Field::Nodes => indices(column, rows.iter().map(|row| i32::from(row.nodes))),
        Field::Source => lists(column, rows.iter().map(|row| row.source.as_slice())),
        Field::Target => lists(column, rows.iter().map(|row| row.target.as_slice())),
        Field::Community => lists(column, rows.iter().map(|row| row.community.as_slice())),
        Field::P => {
            let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.p.is_some())).collect();
            let present: Vec<f64> = rows.iter().filter_map(|row| row.p).collect();
            column.typed::<DoubleType>().write_batch(&present, Some(&levels), None).map(drop)
        }
    }
}

fn indices(column: &mut SerializedColumnWriter<'_>, values: impl Iterator<Item = i32>) -> Result<(), ParquetError> {
    column.typed::<Int32Type>().write_batch(&values.collect::<Vec<_>>(), None, None).map(drop)
}

/// An element's definition level is 1, an empty list is a single level 0; repetition is 1 within a list.
fn lists<'a, T: Copy + Into<i32> + 'a>(
    column: &mut SerializedColumnWriter<'_>,
    lists: impl Iterator<Item = &'a [T]>,
) -> Result<(), ParquetError> {
    let (mut values, mut defined, mut repeated) = (Vec::<i32>::new(), Vec::<i16>::new(), Vec::<i16>::new());
    for list in lists {
        values.extend(list.iter().map(|&value| value.into()));
        defined.extend(std::iter::repeat_n(i16::from(!list.is_empty()), list.len().max(1)));
        repeated.push(0);
        repeated.extend(std::iter::repeat_n(1, list.len().saturating_sub(1)));
    }
    column.typed::<Int32Type>().write_batch(&values, Some(&defined), Some(&repeated)).map(drop)
}

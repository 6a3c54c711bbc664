//! Splits to Parquet.

use super::{
    MoleculeRow, check,
    layout::{Field, GROUP_ATOMS, fields, groups, layout},
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
/// If there is no molecule, [`check()`] refuses a row, or the file cannot be written.
pub fn write_split(path: &Path, rows: &[MoleculeRow], footer: &SplitFooter) -> Result<SplitEntry> {
    write_grouped(path, rows, footer, GROUP_ATOMS)
}

pub(super) fn write_grouped(
    path: &Path,
    rows: &[MoleculeRow],
    footer: &SplitFooter,
    group_atoms: usize,
) -> Result<SplitEntry> {
    let fields = fields();
    let groups = || groups(rows, group_atoms);
    rows::write(path, &layout(), rows, footer, groups, check, |writer, column, part| {
        encode(writer, fields[column], &rows[part])
    })
}

fn encode(writer: ColumnWriter<'_, '_>, field: Field, rows: &[MoleculeRow]) -> Result<(), ParquetError> {
    match field {
        Field::Index => writer.unsigned(rows.iter().map(|row| row.index)),
        Field::Smiles => writer.texts(rows.iter().map(|row| row.smiles.as_str())),
        Field::AtomicNumber => writer.unsigned_lists(rows.iter().map(|row| row.atomic_number.iter().copied())),
        Field::Position(axis) => {
            writer.number_lists(rows.iter().map(|row| row.position.iter().map(move |position| position[axis])))
        }
        Field::Value(property) => writer.numbers(rows.iter().map(|row| row.properties[property.index()])),
        Field::References(property) => writer.numbers(rows.iter().map(|row| row.references[property.index()])),
    }
}

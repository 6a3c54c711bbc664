//! Molecules from Parquet.

use super::{MoleculeInfo, MoleculeRow, check, layout::layout};
use crate::{
    SplitFooter,
    error::Result,
    rows::{Group, Split},
};
use egnn_schema::{
    Property,
    columns::qm9::{ATOMIC_NUMBER, INDEX, POSITION, SMILES},
};
use std::{iter, path::Path};

/// Reads the first `molecules` molecules of a split, all of them if `None`.
///
/// # Errors
/// If the file is missing, damaged, of another program or version, has other columns, holds a row that [`check()`]
/// refuses, or holds less than is asked for.
pub fn read_split(path: &Path, molecules: Option<usize>) -> Result<Vec<MoleculeRow>> {
    Split::open(path, layout())?.read(molecules, read_group, check)
}

/// What a split holds, from its footer alone.
///
/// # Errors
/// If the file is missing, its footer damaged, of another program or version, or its columns are not a split's.
pub fn info(path: &Path) -> Result<MoleculeInfo> {
    let split = Split::open(path, layout())?;
    Ok(MoleculeInfo { molecules: split.rows, footer: SplitFooter::read(&split.file)? })
}

fn read_group(group: &Group<'_>) -> Result<Vec<MoleculeRow>> {
    let index = group.unsigned::<u32>(INDEX.name)?;
    let smiles = group.texts(SMILES.name)?;
    let mut rows: Vec<_> = iter::zip(index, smiles)
        .map(|(index, smiles)| MoleculeRow { index, smiles, ..MoleculeRow::default() })
        .collect();
    let atomic_number = group.unsigned_lists::<u8>(ATOMIC_NUMBER.name)?;
    rows.iter_mut().zip(atomic_number.iter()).for_each(|(row, numbers)| row.atomic_number = numbers.to_vec());
    for (axis, column) in POSITION.iter().enumerate() {
        let lists = group.number_lists(column.name)?;
        for (at, (row, list)) in rows.iter_mut().zip(lists.iter()).enumerate() {
            if list.len() != row.atomic_number.len() {
                let (atoms, name, molecule) = (row.atomic_number.len(), column.name, group.first + at);
                return Err(
                    group.damaged(format!("molecule {molecule}: it has {atoms} atoms, but {} in {name}", list.len()))
                );
            }
            row.position.resize(list.len(), [0.0; 3]);
            row.position.iter_mut().zip(list).for_each(|(position, &value)| position[axis] = value);
        }
    }
    for property in Property::ALL {
        let values = group.numbers(property.column())?;
        rows.iter_mut().zip(values).for_each(|(row, value)| row.properties[property.index()] = value);
        let Some(column) = property.reference_column() else { continue };
        let values = group.numbers(column)?;
        rows.iter_mut().zip(values).for_each(|(row, value)| row.references[property.index()] = value);
    }
    Ok(rows)
}

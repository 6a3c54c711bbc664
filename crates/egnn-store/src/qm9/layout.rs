//! Columns of the file and how rows are cut into row groups: what writer and reader share.

use super::MoleculeRow;
use crate::rows::{Column, Layout, Values, cut};
use egnn_schema::{
    Property,
    columns::qm9::{ATOMIC_NUMBER, INDEX, POSITION, SMILES},
};
use std::ops::Range;

/// Molecules of a row group at most.
const GROUP_MOLECULES: usize = 1 << 17;
/// Atoms of a row group at most.
pub(super) const GROUP_ATOMS: usize = 1 << 20;

/// Columns of the file, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Index,
    Smiles,
    AtomicNumber,
    Position(usize),
    Value(Property),
    References(Property),
}

pub(super) fn fields() -> Vec<Field> {
    let own = [Field::Index, Field::Smiles, Field::AtomicNumber];
    let positions = (0..3).map(Field::Position);
    let values = Property::ALL.into_iter().map(Field::Value);
    let references = Property::REFERENCED.into_iter().map(Field::References);
    own.into_iter().chain(positions).chain(values).chain(references).collect()
}

impl Field {
    fn column(self) -> Column {
        match self {
            Self::Index => Column::distinct(INDEX.name, Values::Unsigned(32)),
            Self::Smiles => Column::distinct(SMILES.name, Values::Text),
            Self::AtomicNumber => Column::repeating(ATOMIC_NUMBER.name, Values::UnsignedList(8)),
            Self::Position(axis) => Column::distinct(POSITION[axis].name, Values::NumberList),
            Self::Value(property) => Column::repeating(property.column(), Values::Number),
            Self::References(property) => {
                Column::repeating(property.reference_column().unwrap_or_default(), Values::Number)
            }
        }
    }
}

pub(super) fn layout() -> Layout {
    Layout {
        row: "molecule",
        rows: "molecules",
        columns: fields().into_iter().map(Field::column).collect(),
        group_rows: GROUP_MOLECULES,
        group_values: GROUP_ATOMS + GROUP_MOLECULES,
    }
}

/// Rows of each row group.
pub(super) fn groups(rows: &[MoleculeRow], largest_atoms: usize) -> Vec<Range<usize>> {
    cut(rows, GROUP_MOLECULES, [largest_atoms], |row| [row.atomic_number.len()])
}

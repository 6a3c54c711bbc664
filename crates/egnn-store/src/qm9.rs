//! QM9 as Parquet: `datasets/qm9/<split>.parquet` and `datasets/qm9/<set>/<split>.parquet`, a row for each
//! molecule, in the split's own order.
//!
//! Properties stand as in the source, each beside the sum over the atoms of its atomic references where it has some, so
//! that a label is value minus references. Every row is checked when it is written and when it is read.

mod check;
mod layout;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use check::{ATOMIC_NUMBERS, LARGEST_MOLECULE, check};
pub use read::{info, read_split};
pub use write::write_split;

/// The set of all molecules, which lies in its kind's folder itself; other sets lie below it.
pub const SET: &str = "qm9";

/// One molecule, as it stands in a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MoleculeRow {
    /// Number of the molecule in the source, from 1.
    pub index: u32,
    /// SMILES of the source.
    pub smiles: String,
    /// Atomic number of each atom.
    pub atomic_number: Vec<u8>,
    /// Position of each atom in angstrom.
    pub position: Vec<[f64; 3]>,
    /// Values of [`Property::ALL`](egnn_schema::Property::ALL), in the source's units.
    pub properties: [f64; 12],
    /// Their sums of atomic references in the same units; 0 where a property has none.
    pub references: [f64; 12],
}

/// What a split holds, read from its footer alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoleculeInfo {
    /// Molecules.
    pub molecules: usize,
    /// Where it comes from.
    pub footer: crate::SplitFooter,
}

/// The folder of a set: [`SET`] lies in the folder of its kind, `datasets/qm9`, itself, others below it.
pub fn folder(of_kind: &Path, set: &str) -> PathBuf {
    if set == SET { of_kind.to_owned() } else { of_kind.join(set) }
}

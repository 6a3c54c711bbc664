//! `predictions.parquet`: test molecules with label and prediction, and the geometry of a few.

use super::Molecules;
use egnn_schema::examples::worst_and_median;
use egnn_store::table::{ColumnData, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Columns: `index`, `smiles`, `atoms`, `target`, `prediction`, `error` (prediction - target) and `xyz`; target, prediction
/// and error in the paper's unit. A row is a test molecule.
///
/// `xyz` is the body of an XYZ file, a line of element and position in angstrom for each atom, of the molecules with the
/// largest absolute error and of those nearest to the median one; null for all others.
pub(crate) fn table(molecules: &Molecules, prediction: &[f64]) -> Table {
    let target = molecules.labels();
    let error: Vec<f64> = target.iter().zip(prediction).map(|(target, prediction)| prediction - target).collect();
    let kept = with_geometry(&error);
    let xyz = (0..error.len()).map(|molecule| kept.contains(&molecule).then(|| xyz(molecules, molecule))).collect();
    let columns = [
        ("index", ColumnData::U32(molecules.indices().to_vec())),
        ("smiles", ColumnData::Text(molecules.smiles().iter().cloned().map(Some).collect())),
        ("atoms", ColumnData::U16(molecules.sizes().map(|atoms| atoms as u16).collect())),
        ("target", ColumnData::F64(target.iter().copied().map(Some).collect())),
        ("prediction", ColumnData::F64(prediction.iter().copied().map(Some).collect())),
        ("error", ColumnData::F64(error.into_iter().map(Some).collect())),
        ("xyz", ColumnData::Text(xyz)),
    ];
    let columns = columns.into_iter().map(|(name, data)| (name.to_owned(), data)).collect();
    Table { columns, metadata: BTreeMap::new() }
}

/// Rows whose geometry is kept.
fn with_geometry(error: &[f64]) -> BTreeSet<usize> {
    let errors: Vec<f64> = error.iter().map(|error| error.abs()).collect();
    worst_and_median(&errors).concat().into_iter().collect()
}

fn xyz(molecules: &Molecules, molecule: usize) -> String {
    let line = |(number, [x, y, z]): (u8, [f64; 3])| format!("{} {x:.6} {y:.6} {z:.6}", symbol(number));
    molecules.geometry(molecule).map(line).collect::<Vec<_>>().join("\n")
}

/// The element's symbol; `X`, as in XYZ files, for those that QM9 does not have.
fn symbol(atomic_number: u8) -> &'static str {
    match atomic_number {
        1 => "H",
        6 => "C",
        7 => "N",
        8 => "O",
        9 => "F",
        _ => "X",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_errors_and_those_about_the_median_have_their_geometry() {
        // Errors 0, -1, 2, -3 .. 28: the worst are 23 to 28, the median is 14.
        let error: Vec<f64> = (0..29).map(|row| f64::from(if row % 2 == 0 { row } else { -row })).collect();
        let kept: Vec<usize> = with_geometry(&error).into_iter().collect();
        assert_eq!(kept, [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]);
    }

    #[test]
    fn of_equal_errors_the_first_rows_are_taken_and_few_molecules_are_all_kept() {
        assert_eq!(with_geometry(&[1.0; 20]), (0..12).collect());
        assert_eq!(with_geometry(&[3.0, f64::NAN]), (0..2).collect());
        assert!(with_geometry(&[]).is_empty());
    }
}

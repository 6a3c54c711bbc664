//! What a row must be to be a molecule: the same for what is written and for what is read.

use super::MoleculeRow;
use egnn_schema::{
    Property,
    columns::qm9::{ATOMIC_NUMBER, POSITION},
};

/// Atoms of a molecule at most.
pub const LARGEST_MOLECULE: usize = 1000;

/// Hydrogen, carbon, nitrogen, oxygen and fluorine: the elements of QM9.
pub const ATOMIC_NUMBERS: [u8; 5] = [1, 6, 7, 8, 9];

/// Whether a row is a molecule: atoms of known elements, each with a position, and nothing but finite numbers.
///
/// ```
/// use egnn_store::qm9::{MoleculeRow, check};
/// let mut row = MoleculeRow { index: 3, atomic_number: vec![8, 1, 1], position: vec![[0.0; 3]; 3], ..Default::default() };
/// assert!(check(&row).is_ok());
/// row.atomic_number[2] = 17;
/// assert_eq!(check(&row).unwrap_err(), "atom 3 has the atomic number 17, but QM9 has 1, 6, 7, 8 and 9 only");
/// ```
///
/// # Errors
/// Saying what is wrong with it, as a clause.
pub fn check(row: &MoleculeRow) -> Result<(), String> {
    let MoleculeRow { index, smiles: _, atomic_number, position, properties, references } = row;
    if *index == 0 {
        return Err("its index is 0, but molecules are numbered from 1".into());
    }
    let atoms = atomic_number.len();
    if !(1..=LARGEST_MOLECULE).contains(&atoms) {
        return Err(format!("it has {atoms} atoms, not 1 to {LARGEST_MOLECULE}"));
    }
    if position.len() != atoms {
        return Err(format!("it has {atoms} atoms in {}, but {} positions", ATOMIC_NUMBER.name, position.len()));
    }
    for (atom, (number, position)) in (1..).zip(atomic_number.iter().zip(position)) {
        if !ATOMIC_NUMBERS.contains(number) {
            return Err(format!("atom {atom} has the atomic number {number}, but QM9 has 1, 6, 7, 8 and 9 only"));
        }
        if let Some(axis) = position.iter().position(|value| !value.is_finite()) {
            return Err(format!("{} of atom {atom} is {}", POSITION[axis].name, position[axis]));
        }
    }
    for property in Property::ALL {
        let (value, references) = (properties[property.index()], references[property.index()]);
        if !value.is_finite() {
            return Err(format!("{} is {value}", property.column()));
        }
        match property.reference_column() {
            Some(column) if !references.is_finite() => return Err(format!("{column} is {references}")),
            None if references != 0.0 => {
                return Err(format!("its references for {} are {references}, but it has none", property.name()));
            }
            _ => {}
        }
    }
    Ok(())
}

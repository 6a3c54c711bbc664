//! Molecules as they come in: each index once, the excluded ones left out.

use crate::{
    Molecule, Qm9Error,
    error::{Fault, Place},
    excluded::is_excluded,
};

/// Number of molecules of QM9, the highest index.
pub(crate) const INDICES: u32 = 133_885;

pub(crate) struct MoleculeSet {
    molecules: Vec<Molecule>,
    /// Whether each index was there, excluded or not.
    seen: Vec<bool>,
}

impl MoleculeSet {
    pub(crate) fn new() -> Self {
        Self { molecules: Vec::new(), seen: vec![false; INDICES as usize + 1] }
    }

    pub(crate) fn add(&mut self, molecule: Molecule, place: Place) -> Result<(), Qm9Error> {
        let seen = &mut self.seen[molecule.index as usize];
        if *seen {
            return Err(Place { molecule: Some(molecule.index), ..place }.error(Fault::Duplicate));
        }
        *seen = true;
        if !is_excluded(molecule.index) {
            self.molecules.push(molecule);
        }
        Ok(())
    }

    /// Sorted by index.
    pub(crate) fn into_sorted(mut self, complete: bool) -> Result<Vec<Molecule>, Qm9Error> {
        if complete {
            let mut missing = (1..=INDICES).filter(|&index| !self.seen[index as usize] && !is_excluded(index));
            if let Some(first) = missing.next() {
                return Err(Qm9Error::Missing { first, count: 1 + missing.count() });
            }
        }
        self.molecules.sort_unstable_by_key(|molecule| molecule.index);
        Ok(self.molecules)
    }
}

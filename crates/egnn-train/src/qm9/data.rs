//! Molecules as a training step wants them.

use super::Qm9Config;
use crate::{error::TrainError, task::DTYPE};
use egnn_nn::molecule::{Atoms, MoleculeInput};
use egnn_schema::Property;
use egnn_store::qm9::{MoleculeRow, folder, read_split};
use std::{ops::Range, path::Path};

/// Molecules one after the other, with the label of one property.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Molecules {
    /// Where the atoms of each molecule begin, and where the last ends.
    starts: Vec<usize>,
    atomic_numbers: Vec<u8>,
    positions: Vec<[f64; 3]>,
    /// In the paper's unit.
    labels: Vec<f64>,
    indices: Vec<u32>,
    smiles: Vec<String>,
}

impl Molecules {
    /// The molecules of some rows.
    pub fn new(rows: Vec<MoleculeRow>, property: Property) -> Self {
        let mut molecules = Self { starts: vec![0], ..Self::default() };
        let place = property.index();
        for row in rows {
            molecules.labels.push(property.label(row.properties[place], row.references[place]));
            molecules.atomic_numbers.extend(row.atomic_number);
            molecules.positions.extend(row.position);
            molecules.starts.push(molecules.positions.len());
            molecules.indices.push(row.index);
            molecules.smiles.push(row.smiles);
        }
        molecules
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels, in the paper's unit.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// Numbers of the molecules in the source.
    pub(crate) fn indices(&self) -> &[u32] {
        &self.indices
    }

    pub(crate) fn smiles(&self) -> &[String] {
        &self.smiles
    }

    /// Atoms of each.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.starts.windows(2).map(|ends| ends[1] - ends[0])
    }

    fn atoms(&self, molecule: u32) -> Range<usize> {
        self.starts[molecule as usize]..self.starts[molecule as usize + 1]
    }

    /// Atomic number and position, in angstrom, of each atom of a molecule.
    pub(crate) fn geometry(&self, molecule: usize) -> impl Iterator<Item = (u8, [f64; 3])> {
        let atoms = self.atoms(molecule as u32);
        self.atomic_numbers[atoms.clone()].iter().copied().zip(self.positions[atoms].iter().copied())
    }

    /// Some molecules side by side.
    pub(crate) fn batch(&self, molecules: &[u32], cutoff: Option<f64>) -> Result<MoleculeInput, TrainError> {
        let atoms = molecules.iter().map(|&molecule| self.atoms(molecule)).map(|atoms| Atoms {
            atomic_numbers: &self.atomic_numbers[atoms.clone()],
            positions: &self.positions[atoms],
        });
        Ok(MoleculeInput::new(&atoms.collect::<Vec<_>>(), cutoff, DTYPE)?)
    }
}

/// The splits that a run reads.
#[derive(Clone, Debug)]
pub struct Qm9Data {
    /// Trained on.
    pub train: Molecules,
    /// Validated on.
    pub valid: Molecules,
    /// Tested on, at the end.
    pub test: Molecules,
}

impl Qm9Data {
    /// Reads what `config` names below `datasets`.
    ///
    /// # Errors
    /// A missing or damaged file.
    pub fn read(config: &Qm9Config, datasets: &Path) -> Result<Self, TrainError> {
        let folder = folder(&datasets.join("qm9"), &config.set);
        let read = |split: &str, samples: u64| -> Result<Molecules, TrainError> {
            let rows = read_split(&folder.join(format!("{split}.parquet")), Some(samples as usize))?;
            Ok(Molecules::new(rows, config.property))
        };
        Ok(Self {
            train: read("train", config.protocol.train_samples)?,
            valid: read("valid", config.valid_samples)?,
            test: read("test", config.test_samples)?,
        })
    }
}

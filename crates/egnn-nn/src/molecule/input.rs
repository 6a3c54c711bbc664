//! What a model of molecules is given.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::Edges;

use crate::error::{NnError, Result};

/// Atomic numbers in the order of the features: H, C, N, O, F.
pub const SPECIES: [u8; 5] = [1, 6, 7, 8, 9];

/// Features of an atom.
pub const ATOM_FEATURES: usize = 3 * SPECIES.len();

/// `one_hot(species) x (Z / 9)^k` for k = 0, 1, 2; feature `3 * species + k`. `None` for an element that QM9 has not.
pub fn atom_features(atomic_number: u8) -> Option<[f64; ATOM_FEATURES]> {
    let species = SPECIES.iter().position(|&z| z == atomic_number)?;
    let mut features = [0.0; ATOM_FEATURES];
    let charge = f64::from(atomic_number) / 9.0;
    features[3 * species..][..3].copy_from_slice(&[1.0, charge, charge * charge]);
    Some(features)
}

/// A molecule: as many atomic numbers as positions, in angstrom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Atoms<'a> {
    /// Z of each atom.
    pub atomic_numbers: &'a [u8],
    /// Where it is.
    pub positions: &'a [[f64; 3]],
}

/// Molecules side by side: real atoms and edges only, whatever their sizes.
///
/// # Shapes
/// `features: (atoms, ATOM_FEATURES)`, `positions: (atoms, 3)`, both of the model's number type.
#[derive(Debug, Clone)]
pub struct MoleculeInput {
    /// [`atom_features`] of each atom.
    pub features: Tensor,
    /// Positions in angstrom.
    pub positions: Tensor,
    /// Who hears whom: all ordered pairs of a molecule's atoms, or those within the cutoff.
    pub edges: Edges,
    /// Which atoms are whose: a row a molecule, for sums over its atoms.
    pub members: Edges,
}

impl MoleculeInput {
    /// A batch. Pairs of atoms that are further apart than `cutoff` (angstrom) do not hear each other.
    ///
    /// # Errors
    /// An element that QM9 has not, or numbers and positions that differ in length.
    pub fn new(molecules: &[Atoms], cutoff: Option<f64>, dtype: DType) -> Result<Self> {
        let atoms: usize = molecules.iter().map(|molecule| molecule.positions.len()).sum();
        let (mut features, mut positions) = (Vec::with_capacity(atoms * ATOM_FEATURES), Vec::with_capacity(atoms * 3));
        let (mut row, mut col, mut member) = (Vec::new(), Vec::new(), Vec::with_capacity(atoms));
        for (number, molecule) in molecules.iter().enumerate() {
            let first = member.len() as u32;
            let count = molecule.positions.len();
            if molecule.atomic_numbers.len() != count {
                let found = vec![molecule.atomic_numbers.len()];
                return Err(NnError::InputShape { name: "atomic_numbers", found, expected: format!("[{count}]") });
            }
            for &z in molecule.atomic_numbers {
                let requirement = "it must be 1, 6, 7, 8 or 9: H, C, N, O or F";
                let unknown = || NnError::Config { field: "atomic_number", value: z.to_string(), requirement };
                features.extend(atom_features(z).ok_or_else(unknown)?);
            }
            positions.extend(molecule.positions.iter().flatten());
            for (i, a) in (first..).zip(molecule.positions) {
                for (j, b) in (first..).zip(molecule.positions) {
                    if i != j && cutoff.is_none_or(|cutoff| squared_distance(a, b) <= cutoff * cutoff) {
                        row.push(i);
                        col.push(j);
                    }
                }
            }
            member.resize(member.len() + count, number as u32);
        }
        let matrix = |numbers: Vec<f64>, columns: usize| {
            let tensor = if dtype == DType::F32 {
                let numbers: Vec<f32> = numbers.into_iter().map(|number| number as f32).collect();
                Tensor::from_vec(numbers, (atoms, columns), &Device::Cpu)?
            } else {
                Tensor::from_vec(numbers, (atoms, columns), &Device::Cpu)?
            };
            tensor.to_dtype(dtype)
        };
        Ok(Self {
            features: matrix(features, ATOM_FEATURES)?,
            positions: matrix(positions, 3)?,
            edges: Edges::new(row, col, atoms)?,
            // Only receivers matter to a sum.
            members: Edges::new(member.clone(), member, molecules.len())?,
        })
    }
}

fn squared_distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

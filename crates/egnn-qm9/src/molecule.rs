//! A molecule, and what its atoms would have alone.

use crate::Fault;
use egnn_schema::Property;

/// A molecule as the source has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Molecule {
    /// Its number in QM9, from 1.
    pub index: u32,
    /// Its SMILES string, that of GDB-17.
    pub smiles: String,
    /// Protons of each atom: 1, 6, 7, 8 or 9.
    pub atomic_numbers: Vec<u8>,
    /// Where each atom is, in angstrom.
    pub positions: Vec<[f64; 3]>,
    /// The properties in the order of [`Property::ALL`] and in the source's units (those of [`Property::column`]).
    pub properties: [f64; 12],
}

impl Molecule {
    /// Sums over the atoms of the atomic references, in the order and units of `properties`; 0 where a property has none.
    pub fn references(&self) -> [f64; 12] {
        Property::ALL.map(|property| {
            let of_element = atomic_references(property);
            self.atomic_numbers
                .iter()
                .filter_map(|number| ELEMENTS.iter().position(|(_, z)| z == number))
                .map(|element| of_element[element])
                .sum()
        })
    }
}

/// The elements of QM9 and their atomic numbers.
pub(crate) const ELEMENTS: [(&str, u8); 5] = [("H", 1), ("C", 6), ("N", 7), ("O", 8), ("F", 9)];

/// The order in which both sources list the properties.
const SOURCE_ORDER: [Property; 12] = [
    Property::Mu,
    Property::Alpha,
    Property::Homo,
    Property::Lumo,
    Property::Gap,
    Property::R2,
    Property::Zpve,
    Property::U0,
    Property::U,
    Property::H,
    Property::G,
    Property::Cv,
];

/// The properties in [`Property::ALL`]'s order, given those in the sources' order.
pub(crate) fn in_order_of_properties(
    mut at_place: impl FnMut(usize) -> Result<f64, Fault>,
) -> Result<[f64; 12], Fault> {
    let mut properties = [0.0; 12];
    for (place, property) in SOURCE_ORDER.into_iter().enumerate() {
        properties[property.index()] = at_place(place)?;
    }
    Ok(properties)
}

/// What a lone atom of each of [`ELEMENTS`] has, as published with QM9 (`atomref.txt`).
fn atomic_references(property: Property) -> [f64; 5] {
    match property {
        Property::U0 => [-0.500273, -37.846772, -54.583861, -75.064579, -99.71873],
        Property::U => [-0.498857, -37.845355, -54.582445, -75.063163, -99.717314],
        Property::H => [-0.497912, -37.844411, -54.581501, -75.062219, -99.71637],
        Property::G => [-0.510927, -37.861317, -54.598897, -75.079532, -99.733544],
        Property::Cv => [2.981; 5],
        _ => [0.0; 5],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_water_by_hand() {
        let water = Molecule {
            index: 3,
            smiles: "O".to_owned(),
            atomic_numbers: vec![8, 1, 1],
            positions: vec![[0.0; 3]; 3],
            properties: [0.0; 12],
        };
        let references = water.references();
        assert!((references[Property::U0.index()] - (-75.064579 - 2.0 * 0.500273)).abs() < 1e-12);
        assert!((references[Property::Cv.index()] - 3.0 * 2.981).abs() < 1e-12);
        for property in Property::ALL {
            let referenced = Property::REFERENCED.contains(&property);
            assert_eq!(references[property.index()] != 0.0, referenced, "{}", property.name());
        }
    }
}

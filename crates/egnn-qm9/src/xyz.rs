//! A molecule in the original archive's format.
//!
//! Line 1 has the number of atoms, line 2 `gdb`, the index, three rotational constants and the twelve properties. Then
//! come the atoms (element, x, y, z, Mulliken charge), the vibrational frequencies, two SMILES strings (of GDB-17 and of
//! the relaxed geometry) and two InChI strings.

use crate::{
    EntryFault, Fault, Molecule, Qm9Error,
    error::{Place, shorten},
    molecule::in_order_of_properties,
    value,
};

/// Values of line 2 before the properties.
const BEFORE_PROPERTIES: usize = 5;
/// Frequencies, SMILES, InChI.
const LINES_AFTER_ATOMS: usize = 3;

/// Reads the file `dsgdb9nsd_NNNNNN.xyz` of that path.
pub fn read_xyz(path: &str, bytes: &[u8]) -> Result<Molecule, Qm9Error> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = value::index_of_file(name).ok_or_else(|| Qm9Error::entry(path, EntryFault::NotAMolecule))?;
    let at = |line: usize| Place { entry: path, line: line as u64, molecule: Some(named) };

    let text = str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
        at(line).error(Fault::NotUtf8)
    })?;
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let line = |number: usize| lines.get(number - 1).copied().unwrap_or_default();

    let stated = value::atom_count(line(1)).map_err(|fault| at(1).error(fault))?;
    let found = lines.len().saturating_sub(2 + LINES_AFTER_ATOMS);
    if found != stated {
        return Err(at(1).error(Fault::AtomCount { stated, found }));
    }
    let (index, properties) = second_line(line(2)).map_err(|fault| at(2).error(fault))?;
    if index != named {
        return Err(at(2).error(Fault::OtherIndex { named, found: index }));
    }
    let mut atomic_numbers = Vec::with_capacity(stated);
    let mut positions = Vec::with_capacity(stated);
    for number in 3..3 + stated {
        let (atomic_number, position) = atom(line(number)).map_err(|fault| at(number).error(fault))?;
        atomic_numbers.push(atomic_number);
        positions.push(position);
    }
    let smiles_line = 4 + stated;
    let smiles = line(smiles_line).split_whitespace().next();
    let smiles =
        smiles.ok_or_else(|| at(smiles_line).error(Fault::Values { expected: "two SMILES strings", found: 0 }))?;
    Ok(Molecule { index, smiles: smiles.to_owned(), atomic_numbers, positions, properties })
}

fn second_line(line: &str) -> Result<(u32, [f64; 12]), Fault> {
    let mut values = [""; BEFORE_PROPERTIES + 12];
    fill(line, &mut values, "'gdb', index, 3 rotational constants and 12 properties")?;
    if values[0] != "gdb" {
        return Err(Fault::Expected { expected: "gdb", found: shorten(values[0]) });
    }
    let index = value::index(values[1])?;
    Ok((index, in_order_of_properties(|place| value::number(values[BEFORE_PROPERTIES + place]))?))
}

fn atom(line: &str) -> Result<(u8, [f64; 3]), Fault> {
    let mut values = [""; 5];
    fill(line, &mut values, "an atom: element, x, y, z and charge")?;
    let [element, x, y, z, _] = values;
    Ok((value::atomic_number(element)?, [value::number(x)?, value::number(y)?, value::number(z)?]))
}

/// Splits a line into as many values as there is room for, not one more or less.
fn fill<'a>(line: &'a str, values: &mut [&'a str], expected: &'static str) -> Result<(), Fault> {
    let found = line.split_whitespace().count();
    if found != values.len() {
        return Err(Fault::Values { expected, found });
    }
    values.iter_mut().zip(line.split_whitespace()).for_each(|(value, text)| *value = text);
    Ok(())
}

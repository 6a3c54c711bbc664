//! Molecules as rows of csv, as the wheel has them.

use crate::{
    Fault, Molecule, Qm9Error,
    error::{Place, shorten},
    molecule::in_order_of_properties,
    molecule_set::MoleculeSet,
    value,
};
use csv_core::ReadRecordResult;
use std::io::{self, BufRead};

const COLUMNS: [&str; 25] = [
    "XYZ_file",
    "Index",
    "SMILES",
    "InChi",
    "N_atoms",
    "Stoichiometry",
    "Elements",
    "XYZ_Ang",
    "Mulliken_pop",
    "Harmonic_Freq_cmi",
    "RotA_GHz",
    "RotB_GHz",
    "RotC_GHz",
    "Dipole_debye",
    "Polarizability_bohr3",
    "HOMO_au",
    "LUMO_au",
    "HOMO_LUMO_gap_au",
    "R2_bohr2",
    "ZPVE_au",
    "InternalEnergy_0K_au",
    "InternalEnergy_298K_au",
    "Enthalphy_298K_au",
    "GibbsFreeEnergy_298K_au",
    "Heatcapacity_Cv_cal_mol_K",
];
// Places in `COLUMNS`.
const FILE: usize = 0;
const INDEX: usize = 1;
const SMILES: usize = 2;
const ATOM_COUNT: usize = 4;
const ELEMENTS: usize = 6;
const POSITIONS: usize = 7;
const PROPERTIES: usize = 13;

/// The longest row of the wheel has 3,178 bytes.
const LONGEST_ROW: usize = 64 << 10;

pub(crate) fn read_rows(part: &str, source: &mut impl BufRead, molecules: &mut MoleculeSet) -> Result<(), Qm9Error> {
    let mut rows = Rows::new(part, source);
    let header = rows.next()?.ok_or_else(|| Place { entry: part, line: 1, molecule: None }.error(no_header()))?;
    let columns = order(part, &header)?;
    while let Some(row) = rows.next()? {
        let mut place = Place { entry: part, line: row.line, molecule: None };
        let molecule = molecule(&row, &columns, &mut place.molecule).map_err(|fault| place.error(fault))?;
        molecules.add(molecule, place)?;
    }
    Ok(())
}

fn no_header() -> Fault {
    Fault::Values { expected: "a header", found: 0 }
}

/// Where in a row each of [`COLUMNS`] is.
fn order(part: &str, header: &Row) -> Result<[usize; 25], Qm9Error> {
    let names: Vec<String> =
        (0..header.ends.len()).map(|i| String::from_utf8_lossy(header.bytes(i)).into_owned()).collect();
    let known = |name: &&String| COLUMNS.contains(&name.as_str());
    let (mut unknown, mut missing) = (Vec::new(), Vec::new());
    for (place, name) in names.iter().enumerate() {
        if !known(&name) || names[..place].contains(name) {
            unknown.push(shorten(name));
        }
    }
    let order = COLUMNS.map(|column| {
        names.iter().position(|name| name == column).unwrap_or_else(|| {
            missing.push(column.to_owned());
            0
        })
    });
    if missing.is_empty() && unknown.is_empty() {
        Ok(order)
    } else {
        Err(Qm9Error::Columns { entry: part.to_owned(), missing, unknown })
    }
}

fn molecule(row: &Row, columns: &[usize; 25], molecule: &mut Option<u32>) -> Result<Molecule, Fault> {
    if row.ends.len() != COLUMNS.len() {
        return Err(Fault::Values { expected: "25 columns", found: row.ends.len() });
    }
    let field = |column: usize| str::from_utf8(row.bytes(columns[column])).map_err(|_| Fault::NotUtf8);
    let index = value::index(field(INDEX)?)?;
    *molecule = Some(index);
    let file = field(FILE)?;
    let named = value::index_of_file(file)
        .ok_or_else(|| Fault::Expected { expected: "dsgdb9nsd_NNNNNN.xyz", found: shorten(file) })?;
    if named != index {
        return Err(Fault::OtherIndex { named, found: index });
    }
    let smiles = field(SMILES)?;
    if smiles.is_empty() {
        return Err(Fault::Values { expected: "a SMILES string", found: 0 });
    }
    let stated = value::atom_count(field(ATOM_COUNT)?)?;
    let atomic_numbers = elements(field(ELEMENTS)?)?;
    let positions = positions(field(POSITIONS)?)?;
    for found in [atomic_numbers.len(), positions.len()] {
        if found != stated {
            return Err(Fault::AtomCount { stated, found });
        }
    }
    let properties = in_order_of_properties(|place| value::number(field(PROPERTIES + place)?))?;
    Ok(Molecule { index, smiles: smiles.to_owned(), atomic_numbers, positions, properties })
}

/// `['C','H']`
fn elements(text: &str) -> Result<Vec<u8>, Fault> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let inner = inner.ok_or_else(|| Fault::Expected { expected: "elements like ['C','H']", found: shorten(text) })?;
    inner.split(',').map(|element| value::atomic_number(element.trim().trim_matches('\''))).collect()
}

/// `[[0.1,-0.2,3.],[4.,5.,6.]]`
fn positions(text: &str) -> Result<Vec<[f64; 3]>, Fault> {
    let inner = text.strip_prefix("[[").and_then(|text| text.strip_suffix("]]"));
    let inner = inner.ok_or_else(|| Fault::Expected { expected: "positions like [[x,y,z]]", found: shorten(text) })?;
    let position = |text: &str| {
        let mut position = [0.0; 3];
        let mut coordinates = text.split(',');
        for (coordinate, text) in position.iter_mut().zip(&mut coordinates) {
            *coordinate = value::number(text)?;
        }
        match text.split(',').count() {
            3 => Ok(position),
            found => Err(Fault::Values { expected: "x, y and z", found }),
        }
    };
    inner.split("],[").map(position).collect()
}

/// A row's fields, one after the other, and where each ends.
struct Row<'a> {
    line: u64,
    fields: &'a [u8],
    ends: &'a [usize],
}

impl Row<'_> {
    fn bytes(&self, field: usize) -> &[u8] {
        let start = if field == 0 { 0 } else { self.ends[field - 1] };
        &self.fields[start..self.ends[field]]
    }
}

/// Reads row by row into memory of fixed size, however long the rows are.
struct Rows<'a, R> {
    part: &'a str,
    source: R,
    reader: csv_core::Reader,
    fields: Vec<u8>,
    ends: [usize; 2 * COLUMNS.len()],
}

impl<'a, R: BufRead> Rows<'a, R> {
    fn new(part: &'a str, source: R) -> Self {
        let fields = vec![0; LONGEST_ROW];
        Self { part, source, reader: csv_core::Reader::new(), fields, ends: [0; 2 * COLUMNS.len()] }
    }

    fn next(&mut self) -> Result<Option<Row<'_>>, Qm9Error> {
        let line = self.reader.line();
        let place = Place { entry: self.part, line, molecule: None };
        let (mut length, mut count) = (0, 0);
        loop {
            let input = match self.source.fill_buf() {
                Ok(input) => input,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Qm9Error::damaged(self.part, error)),
            };
            let (result, taken, written, ended) =
                self.reader.read_record(input, &mut self.fields[length..], &mut self.ends[count..]);
            self.source.consume(taken);
            length += written;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull => return Err(place.error(Fault::TooLong { limit: LONGEST_ROW })),
                ReadRecordResult::OutputEndsFull => {
                    return Err(place.error(Fault::Values { expected: "25 columns", found: count }));
                }
            }
        }
        Ok(Some(Row { line, fields: &self.fields[..length], ends: &self.ends[..count] }))
    }
}

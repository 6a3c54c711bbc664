//! QM9's splits come back as they were, and only whole splits of ours do.

mod common;

use common::{Raw, snapshot};
use egnn_schema::Property;
use egnn_store::{
    SplitFooter, StoreError, checksum,
    fault::{self, Fault},
    qm9::{LARGEST_MOLECULE, MoleculeInfo, MoleculeRow, info, read_split, write_split},
};
use proptest::{collection::vec, prelude::*};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn footer() -> SplitFooter {
    SplitFooter {
        set: "tiny".into(),
        split: "train".into(),
        generator: "qm9".into(),
        generator_version: 1,
        seed: Some(0),
        parameters_hash: "abc".into(),
    }
}

fn molecule(index: u32, smiles: &str, atomic_number: &[u8]) -> MoleculeRow {
    let number = |at: usize| f64::from(index) + at as f64 / 7.0;
    let position = (0..atomic_number.len()).map(|atom| std::array::from_fn(|axis| -number(3 * atom + axis))).collect();
    let references =
        Property::ALL.map(|property| property.reference_column().map_or(0.0, |_| number(property.index()) + 100.0));
    let (smiles, atomic_number) = (smiles.into(), atomic_number.into());
    MoleculeRow { index, smiles, atomic_number, position, properties: std::array::from_fn(number), references }
}

/// Methane, water, an atom without SMILES, hydrogen cyanide: not in the source's order.
fn rows() -> Vec<MoleculeRow> {
    vec![
        molecule(5, "C#N", &[6, 7, 1]),
        molecule(3, "O", &[8, 1, 1]),
        molecule(133_885, "", &[9]),
        molecule(1, "C", &[6, 1, 1, 1, 1]),
    ]
}

fn folder_of_set() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("qm9/tiny");
    fs::create_dir_all(&folder).unwrap();
    (root, folder.join("train.parquet"))
}

#[test]
fn molecules_come_back_in_order() {
    let (_root, path) = folder_of_set();
    let entry = write_split(&path, &rows(), &footer()).unwrap();
    assert_eq!(read_split(&path, None).unwrap(), rows());
    assert_eq!(read_split(&path, Some(2)).unwrap(), rows()[..2]);
    assert_eq!(read_split(&path, Some(0)).unwrap(), []);

    assert_eq!((entry.file.as_str(), entry.samples, entry.rows), ("train.parquet", 4, 4));
    assert_eq!(entry.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(entry.checksum, checksum::file(&path).unwrap());
    assert_eq!(info(&path).unwrap(), MoleculeInfo { molecules: 4, footer: footer() });
    assert_eq!(write_split(&path, &rows(), &footer()).unwrap(), entry, "the same rows give the same bytes");
    let error = read_split(&path, Some(5)).unwrap_err();
    assert!(error.to_string().contains("train.parquet' has 4 molecules, but 5 are asked for"), "{error}");
}

fn any_molecule() -> impl Strategy<Value = MoleculeRow> {
    let finite = any::<f64>().prop_filter("finite", |value| value.is_finite()).boxed();
    let position = [finite.clone(), finite.clone(), finite.clone()];
    let atoms = vec((prop::sample::select(vec![1_u8, 6, 7, 8, 9]), position), 1..30);
    (1..=u32::MAX, ".{0,12}", atoms, vec(finite, 24)).prop_map(|(index, smiles, atoms, values)| {
        let (atomic_number, position) = atoms.into_iter().unzip();
        let references =
            |property: Property| property.reference_column().map_or(0.0, |_| values[12 + property.index()]);
        let references = Property::ALL.map(references);
        let properties = std::array::from_fn(|at| values[at]);
        MoleculeRow { index, smiles, atomic_number, position, properties, references }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_molecule_comes_back(rows in vec(any_molecule(), 1..16), count in any::<prop::sample::Index>()) {
        let (_root, path) = folder_of_set();
        write_split(&path, &rows, &footer()).unwrap();
        let count = count.index(rows.len() + 1);
        prop_assert_eq!(read_split(&path, Some(count)).unwrap(), &rows[..count]);
        prop_assert_eq!(read_split(&path, None).unwrap(), rows);
    }
}

/// Rows that are no molecules, and what is said about them.
fn bad_rows() -> Vec<(MoleculeRow, &'static str)> {
    let with = |change: &dyn Fn(&mut MoleculeRow)| {
        let mut row = molecule(3, "O", &[8, 1, 1]);
        change(&mut row);
        row
    };
    vec![
        (with(&|row| row.index = 0), "its index is 0"),
        (molecule(1, "", &[]), "it has 0 atoms, not 1 to 1000"),
        (molecule(1, "", &[1; LARGEST_MOLECULE + 1]), "it has 1001 atoms, not 1 to 1000"),
        (with(&|row| row.position.truncate(2)), "it has 3 atoms in atomic_number, but 2 positions"),
        (with(&|row| row.atomic_number[1] = 0), "atom 2 has the atomic number 0, but QM9 has"),
        (with(&|row| row.atomic_number[2] = 16), "atom 3 has the atomic number 16, but QM9 has"),
        (with(&|row| row.position[1][2] = f64::NAN), "position_z of atom 2 is NaN"),
        (with(&|row| row.properties[Property::Gap.index()] = f64::INFINITY), "gap_hartree is inf"),
        (with(&|row| row.references[Property::U0.index()] = f64::NAN), "u0_reference_hartree is NaN"),
        (with(&|row| row.references[Property::Mu.index()] = 1.0), "its references for mu are 1, but it has none"),
    ]
}

#[test]
fn rows_that_are_no_molecules_are_not_written() {
    let (_root, path) = folder_of_set();
    for (row, reason) in bad_rows() {
        let error = write_split(&path, &[molecule(1, "C", &[6]), row], &footer()).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains(&format!("molecule 1: {reason}")), "{error}");
    }
    let error = write_split(&path, &[], &footer()).unwrap_err();
    assert!(error.to_string().contains("it would have 0 molecules"), "{error}");
    assert!(snapshot(path.parent().unwrap()).is_empty());
}

#[test]
fn a_fault_leaves_the_old_split() {
    let (_root, path) = folder_of_set();
    let size = write_split(&path, &rows(), &footer()).unwrap().bytes;
    let before = snapshot(path.parent().unwrap());
    for fault in [Fault::DiskFull { after_bytes: 0 }, Fault::DiskFull { after_bytes: size }, Fault::PermissionDenied] {
        let _guard = fault::inject(fault);
        let error = write_split(&path, &[rows(), rows()].concat(), &footer()).unwrap_err();
        assert!(error.is_environment(), "{error}");
        assert_eq!(snapshot(path.parent().unwrap()), before, "{fault:?}");
    }
}

const ENTRIES: [(&str, &str); 3] = [("program", "egnn-lab"), ("dataset_version", "1"), ("molecules", "2")];

/// Columns as somebody else might write them: H2 and an atom of fluorine.
fn columns() -> Vec<(&'static str, Raw)> {
    let positions = |axis| Raw::NumberLists(vec![0.0, axis, 0.5], vec![1, 1, 1], vec![0, 1, 0]);
    let mut columns = vec![
        ("index", Raw::Unsigned(32, vec![2, 1])),
        ("smiles", Raw::Text(vec![b"[H][H]".to_vec(), b"F".to_vec()])),
        ("atomic_number", Raw::Lists(8, vec![1, 1, 9], vec![1, 1, 1], vec![0, 1, 0])),
        ("position_x", positions(1.0)),
        ("position_y", positions(2.0)),
        ("position_z", positions(3.0)),
    ];
    let references = Property::REFERENCED.into_iter().filter_map(Property::reference_column);
    let numbers = Property::ALL.into_iter().map(Property::column).chain(references);
    columns.extend(numbers.map(|name| (name, Raw::Double(vec![1.5, -2.5]))));
    columns
}

fn refused(path: &Path) -> String {
    let error = read_split(path, None).unwrap_err();
    assert!(!error.is_environment(), "{error}");
    let text = error.to_string();
    assert!(text.contains("tiny/train.parquet"), "{text}");
    text
}

/// What is said about a file in which one column is another.
fn refused_with(path: &Path, name: &str, raw: Raw) -> String {
    let mut columns = columns();
    columns.iter_mut().find(|column| column.0 == name).unwrap().1 = raw;
    common::parquet(path, &ENTRIES, &columns);
    refused(path)
}

#[test]
fn a_file_of_other_hands_that_says_the_same_is_read() {
    let (_root, path) = folder_of_set();
    common::parquet(&path, &ENTRIES, &columns());
    let found = read_split(&path, None).unwrap();
    assert_eq!(
        (found[0].index, found[0].smiles.as_str(), found[0].atomic_number.as_slice()),
        (2, "[H][H]", &[1, 1][..])
    );
    assert_eq!(found[0].position, [[0.0; 3], [1.0, 2.0, 3.0]]);
    assert_eq!((found[1].index, found[1].position.as_slice()), (1, &[[0.5; 3]][..]));
    assert_eq!(found[1].properties, [-2.5; 12]);
    let references = Property::ALL.map(|property| if property.reference_column().is_some() { 1.5 } else { 0.0 });
    assert_eq!(found[0].references, references);
}

#[test]
fn wrong_files_and_columns_are_named() {
    let (_root, path) = folder_of_set();
    fs::write(&path, "").unwrap();
    let text = refused(&path);
    assert!(text.contains("it is empty; delete it or run egnn generate qm9 tiny again"), "{text}");
    let top = path.parent().unwrap().parent().unwrap().join("train.parquet");
    fs::write(&top, "").unwrap();
    let text = read_split(&top, None).unwrap_err().to_string();
    assert!(text.ends_with("delete it or run egnn generate qm9 qm9 again"), "{text}");

    common::parquet(&path, &ENTRIES, &columns()[..22]);
    assert!(refused(&path).contains("wrong columns: they are index, smiles, atomic_number, position_x"));
    common::parquet(&path, &ENTRIES[..2], &columns());
    assert!(refused(&path).contains("its footer has no molecules"));
    let more = [ENTRIES[0], ENTRIES[1], ("molecules", "3")];
    common::parquet(&path, &more, &columns());
    assert!(refused(&path).contains("it has 2 rows, its footer tells of 3 molecules"));
    let text = refused_with(&path, "smiles", Raw::Unsigned(32, vec![2, 1]));
    assert!(text.contains("column 'smiles' should be text without nulls"), "{text}");
    let text = refused_with(&path, "position_y", Raw::Double(vec![2.0, 1.0]));
    assert!(text.contains("column 'position_y' should be a list of float64 without nulls"), "{text}");
    let text = refused_with(&path, "mu_debye", Raw::Nullable(vec![None, Some(1.0)]));
    assert!(text.contains("column 'mu_debye' should be float64 without nulls"), "{text}");
}

#[test]
fn values_that_make_no_molecule_are_refused() {
    let (_root, path) = folder_of_set();
    let refused_with = |column, raw| refused_with(&path, column, raw);
    let numbers = |values: &[i32]| Raw::Lists(8, values.to_vec(), vec![1, 1, 1], vec![0, 1, 0]);
    let text = refused_with("index", Raw::Unsigned(32, vec![2, 0]));
    assert!(text.contains("molecule 1: its index is 0"), "{text}");
    let text = refused_with("smiles", Raw::Text(vec![b"C".to_vec(), vec![0xff, 0xfe]]));
    assert!(text.contains("column 'smiles' holds bytes that are no text"), "{text}");
    let text = refused_with("atomic_number", numbers(&[1, 1, 17]));
    assert!(text.contains("molecule 1: atom 1 has the atomic number 17"), "{text}");
    let text = refused_with("atomic_number", numbers(&[1, 256, 9]));
    assert!(text.contains("column 'atomic_number' holds 256"), "{text}");
    let text = refused_with("position_y", Raw::NumberLists(vec![0.0, 1.0, 2.0], vec![1, 1, 1], vec![0, 0, 1]));
    assert!(text.contains("molecule 0: it has 2 atoms, but 1 in position_y"), "{text}");
    let text = refused_with("position_z", Raw::NumberLists(vec![0.0, f64::NAN, 2.0], vec![1, 1, 1], vec![0, 1, 0]));
    assert!(text.contains("molecule 0: position_z of atom 2 is NaN"), "{text}");
    let text = refused_with("zpve_hartree", Raw::Double(vec![0.1, f64::NEG_INFINITY]));
    assert!(text.contains("molecule 1: zpve_hartree is -inf"), "{text}");
    let empty = |raw: &dyn Fn() -> Raw| {
        let mut columns = columns();
        columns[2].1 = Raw::Lists(8, vec![9], vec![0, 1], vec![0, 0]);
        columns[3..6].iter_mut().for_each(|column| column.1 = raw());
        common::parquet(&path, &ENTRIES, &columns);
        self::refused(&path)
    };
    let text = empty(&|| Raw::NumberLists(vec![0.5], vec![0, 1], vec![0, 0]));
    assert!(text.contains("molecule 0: it has 0 atoms"), "{text}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (_root, path) = folder_of_set();
    write_split(&path, &rows(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(info(&path).is_err(), "{length} bytes of {}", whole.len());
        assert!(read_split(&path, None).is_err(), "{length} bytes of {}", whole.len());
    }
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let (_root, path) = folder_of_set();
    write_split(&path, &rows(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= [0x01, 0x80, 0xff][at % 3];
        fs::write(&path, &damaged).unwrap();
        let _ = (read_split(&path, None), info(&path));
    }
}

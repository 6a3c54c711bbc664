//! What shows only inside: how rows are cut into row groups, and that this changes nothing for the reader.

use super::{MoleculeRow, layout, read_split, write::write_grouped};
use crate::SplitFooter;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;

/// Chains of 1, 2, ... 8 atoms, over and over.
fn chains(count: u32) -> Vec<MoleculeRow> {
    let chain = |index: u32| {
        let atoms = index as usize % 8 + 1;
        MoleculeRow {
            index: index + 1,
            smiles: "C".repeat(atoms),
            atomic_number: vec![6; atoms],
            position: (0..atoms).map(|atom| [atom as f64, f64::from(index), -0.0]).collect(),
            properties: std::array::from_fn(|at| f64::from(index) / (at as f64 + 1.0)),
            ..MoleculeRow::default()
        }
    };
    (0..count).map(chain).collect()
}

#[test]
fn a_split_of_several_row_groups_reads_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let rows = chains(50);
    for (atoms, groups) in [(1, 50), (9, 31), (36, 7), (layout::GROUP_ATOMS, 1)] {
        let path = folder.path().join(format!("{atoms}.parquet"));
        write_grouped(&path, &rows, &SplitFooter::default(), atoms).unwrap();
        let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(file.num_row_groups(), groups, "{atoms} atoms a group");
        for count in [0, 1, 7, 8, 49, 50] {
            assert_eq!(read_split(&path, Some(count)).unwrap(), rows[..count], "{atoms} atoms a group");
        }
        assert_eq!(read_split(&path, None).unwrap(), rows);
    }
}

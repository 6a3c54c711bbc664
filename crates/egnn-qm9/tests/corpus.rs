//! What fuzzing starts from and what it has found, replayed: every reader on every file, and what a file's own reader
//! says of it.

use egnn_qm9::{Expected, Molecule, Qm9Error, parse_uncharacterized, read, read_csv, read_tar, read_xyz};
use std::{collections::BTreeMap, fs, io::Cursor, path::Path};

/// The indices that a file gives, or words of its error. Files without a line here only must not make a reader panic.
const KNOWN: [(&str, Result<&[u32], &str>); 37] = [
    ("qm9_archive/duplicate.tar", Err("'a/dsgdb9nsd_000003.xyz', line 2, molecule 3: occurs twice")),
    ("qm9_archive/folder.tar", Ok(&[3])),
    ("qm9_archive/huge-size.tar", Err("is larger than 65536 bytes")),
    ("qm9_archive/link.tar", Err("is not a molecule")),
    ("qm9_archive/long-name.tar", Err("'././@LongLink' is not a molecule")),
    ("qm9_archive/traversal.tar", Err("entry '../dsgdb9nsd_000003.xyz' has an unsafe path")),
    ("qm9_archive/two-checksum.tar.bz2", Err("invalid data")),
    ("qm9_archive/two-cut.tar", Err("dsgdb9nsd_000002.xyz: truncated or damaged (it ends within the file)")),
    ("qm9_archive/two-cut.tar.bz2", Err("the archive: truncated or damaged")),
    ("qm9_archive/two-no-end.tar", Err("it has no end marker")),
    ("qm9_archive/two.tar", Ok(&[2, 3])),
    ("qm9_archive/two.tar.bz2", Ok(&[2, 3])),
    ("qm9_archive/water-count.xyz", Err("line 1, molecule 3: says it has 4 atoms, has 3")),
    ("qm9_archive/water-cut.xyz", Err("line 1, molecule 3: says it has 3 atoms, has 0")),
    ("qm9_archive/water-index.xyz", Err("line 2, molecule 3: belongs to molecule 3 by its file's name and to 58")),
    ("qm9_archive/water-nan.xyz", Err("line 3, molecule 3: 'NaN' is not a finite number")),
    ("qm9_archive/water-stars.xyz", Ok(&[3])),
    ("qm9_archive/water.xyz", Ok(&[3])),
    ("qm9_uncharacterized/huge.txt", Err("line 1: '99999999999999999999' is not an index")),
    ("qm9_uncharacterized/table.txt", Ok(&[58, 61])),
    ("qm9_uncharacterized/twice.txt", Err("line 2: occurs twice")),
    ("qm9_uncharacterized/zero.txt", Err("line 1: '0' is not an index")),
    ("qm9_wheel/rows-columns.csv", Err("columns 'HOMO_au' are missing, 'homo' are unknown")),
    ("qm9_wheel/rows-cut.csv", Err("line 2: expected 25 columns, found 19 values")),
    ("qm9_wheel/rows-element.csv", Err("line 2, molecule 3: unknown element 'S'")),
    ("qm9_wheel/rows-excluded.csv", Ok(&[])),
    ("qm9_wheel/rows-infinity.csv", Err("line 2, molecule 3: '-inf' is not a finite number")),
    ("qm9_wheel/rows-quote.csv", Err("line 2: expected 25 columns, found 23 values")),
    ("qm9_wheel/rows-stars.csv", Ok(&[3])),
    ("qm9_wheel/rows.csv", Ok(&[1, 3])),
    (
        "qm9_wheel/wheel-bzip2.zip",
        Err("qm9pack/data/qm9_part1.csv: truncated or damaged (compression method not supported"),
    ),
    ("qm9_wheel/wheel-checksum.zip", Err("qm9pack/data/qm9_part1.csv: truncated or damaged (Invalid checksum)")),
    ("qm9_wheel/wheel-cut.zip", Err("the wheel: truncated or damaged")),
    ("qm9_wheel/wheel-part.zip", Err("'qm9pack/data/qm9_part2.csv' is not in the wheel")),
    ("qm9_wheel/wheel.zip", Ok(&[1, 2, 3])),
    ("qm9_wheel/wheel-stored.zip", Ok(&[1, 2, 3])),
    ("qm9_wheel/wheel-traversal.zip", Err("entry '../qm9pack/data/qm9_part1.csv' has an unsafe path")),
];

fn indices(molecules: Vec<Molecule>) -> Vec<u32> {
    molecules.into_iter().map(|molecule| molecule.index).collect()
}

/// All readers on the same bytes, each with the ending of the files that it is for.
fn read_all(bytes: &[u8]) -> [(&'static str, Result<Vec<u32>, Qm9Error>); 5] {
    let source = read(Cursor::new(bytes), &Expected::default(), &mut |_, _| ());
    [
        ("xyz", read_xyz("dsgdb9nsd_000003.xyz", bytes).map(|molecule| vec![molecule.index])),
        ("tar", read_tar(bytes).map(indices)),
        ("csv", read_csv("rows.csv", bytes).map(indices)),
        ("txt", parse_uncharacterized(&String::from_utf8_lossy(bytes))),
        ("bz2 zip", source.map(indices)),
    ]
}

#[test]
fn the_corpus_holds_no_surprise() {
    let known = BTreeMap::from(KNOWN);
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus"));
    let mut compared = 0;
    for target in ["qm9_archive", "qm9_wheel", "qm9_uncharacterized"] {
        for file in fs::read_dir(corpus.join(target)).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{target}/{}", path.file_name().unwrap().to_str().unwrap());
            let results = read_all(&fs::read(&path).unwrap());
            let Some(expected) = known.get(name.as_str()) else { continue };
            let ending = name.rsplit('.').next().unwrap();
            let (_, result) = results.into_iter().find(|(endings, _)| endings.contains(ending)).unwrap();
            match (expected, result) {
                (Ok(expected), Ok(found)) => assert_eq!(*expected, found, "{name}"),
                (Err(words), Err(error)) => assert!(error.to_string().contains(words), "{name}: {error}"),
                (expected, result) => panic!("{name}: {result:?}, expected {expected:?}"),
            }
            compared += 1;
        }
    }
    assert_eq!(compared, KNOWN.len(), "files of KNOWN are missing");
}

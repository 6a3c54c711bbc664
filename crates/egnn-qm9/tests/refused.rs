//! Bad sources: each is refused with its entry, molecule and line, and with no panic.

mod common;

use common::{ARCHIVE, CSV, METHANE, bzip2, header, methane, read_bytes, tar, wheel, zip};
use egnn_qm9::{EntryFault, Fault, Qm9Error, read_csv, read_tar, read_xyz};
use proptest::prelude::*;

fn message<T: std::fmt::Debug>(result: Result<T, Qm9Error>) -> String {
    let error = result.unwrap_err();
    assert!(!error.is_environment(), "{error}");
    error.to_string()
}

fn line_of(text: &str, number: usize) -> &str {
    text.lines().nth(number - 1).unwrap()
}

#[test]
fn molecules_of_the_archive() {
    let good = methane();
    let place = |line: usize| format!("entry '{METHANE}', line {line}, molecule 1: ");
    let hydrogen = line_of(&good, 5).to_owned();
    let cases: &[(&str, &str, usize, &str)] = &[
        ("C\t-0.01", "Xe\t-0.01", 3, "unknown element 'Xe', expected H, C, N, O or F"),
        ("C\t-0.01", "c\t-0.01", 3, "unknown element 'c'"),
        ("1.0858041578", "1.08*-6", 3, "'1.08*-6' is not a number"),
        ("1.0858041578", "NaN", 3, "'NaN' is not a finite number"),
        ("1.0858041578", "1*^999", 3, "'1*^999' is not a finite number"),
        ("13.21", "-inf", 2, "'-inf' is not a finite number"),
        ("13.21", "", 2, "12 properties, found 16 values"),
        ("13.21", "13.21 1", 2, "12 properties, found 18 values"),
        ("gdb", "gbd", 2, "expected gdb, found 'gbd'"),
        ("gdb 1", "gdb 2", 2, "belongs to molecule 1 by its file's name and to 2 by its index"),
        ("gdb 1", "gdb 133886", 2, "'133886' is not an index from 1 to 133885"),
        ("gdb 1", "gdb -1", 2, "'-1' is not an index"),
        (&hydrogen, "H 1 2 3", 5, "an atom: element, x, y, z and charge, found 4 values"),
        (&hydrogen, "", 5, "found 0 values"),
        ("5\n", "6\n", 1, "says it has 6 atoms, has 5"),
        ("5\n", "4\n", 1, "says it has 4 atoms, has 5"),
        ("5\n", "0\n", 1, "0 atoms, expected 1 to 100"),
        ("5\n", "101\n", 1, "101 atoms, expected 1 to 100"),
        ("5\n", "five\n", 1, "expected the number of atoms, found 'five'"),
        ("5\n", "99999999999999999999\n", 1, "expected the number of atoms"),
        ("C\tC", " ", 9, "two SMILES strings, found 0 values"),
    ];
    for (from, to, line, words) in cases {
        assert!(good.contains(from), "{from}");
        let message = message(read_xyz(METHANE, good.replacen(from, to, 1).as_bytes()));
        assert!(message.starts_with(&place(*line)) && message.contains(words), "{from} -> {to}: {message}");
    }
    let mut bytes = good.clone().into_bytes();
    bytes[good.find("InChI").unwrap()] = 0xff;
    assert_eq!(message(read_xyz(METHANE, &bytes)), place(10) + "not UTF-8");
    assert_eq!(message(read_xyz(METHANE, b"")), place(1) + "expected the number of atoms, found ''");
    assert!(message(read_xyz("methane.xyz", good.as_bytes())).contains("is not a molecule"));
}

#[test]
fn entries_of_the_archive() {
    let good = methane();
    let cases = [
        ("../dsgdb9nsd_000001.xyz", EntryFault::UnsafePath),
        ("a/../../dsgdb9nsd_000001.xyz", EntryFault::UnsafePath),
        ("/etc/dsgdb9nsd_000001.xyz", EntryFault::UnsafePath),
        ("C:\\dsgdb9nsd_000001.xyz", EntryFault::UnsafePath),
        ("readme.txt", EntryFault::NotAMolecule),
        ("dsgdb9nsd_000000.xyz", EntryFault::NotAMolecule),
        ("dsgdb9nsd_1.xyz", EntryFault::NotAMolecule),
    ];
    for (name, expected) in cases {
        let archive = bzip2(&tar(&[(METHANE, good.as_bytes()), (name, good.as_bytes())]));
        let error = read_bytes(&archive).unwrap_err();
        assert!(matches!(&error, Qm9Error::Entry { fault, .. } if *fault == expected), "{name}: {error}");
    }
    let error = read_tar(tar(&[(METHANE, good.as_bytes()), (METHANE, good.as_bytes())]).as_slice());
    assert!(message(error).ends_with("line 2, molecule 1: occurs twice"));
}

#[test]
fn entries_that_claim_to_be_huge_are_not_read() {
    for size in [(64 << 10) + 1, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let error = read_tar([header(METHANE, size).as_bytes().as_slice(), &[b' '; 1024]].concat().as_slice());
        let error = error.unwrap_err();
        let refused = matches!(error, Qm9Error::Entry { fault: EntryFault::TooLarge { limit: 65536 }, .. });
        // tar itself knows that no archive has so many bytes.
        assert!(refused || (size > 1 << 62 && matches!(error, Qm9Error::Damaged { .. })), "{size}: {error}");
    }
}

#[test]
fn links_and_long_names_are_not_followed() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::GNULongName, tar::EntryType::GNUSparse]
    {
        let mut header = header(METHANE, 0);
        header.set_entry_type(kind);
        header.set_cksum();
        let error = read_tar([header.as_bytes().as_slice(), &[0; 1024]].concat().as_slice()).unwrap_err();
        assert!(matches!(error, Qm9Error::Entry { fault: EntryFault::NotAMolecule, .. }), "{kind:?}: {error}");
    }
}

#[test]
fn archives_that_end_too_early_or_too_late() {
    for length in (4..ARCHIVE.len()).step_by(997) {
        assert!(matches!(read_bytes(&ARCHIVE[..length]), Err(Qm9Error::Damaged { .. })), "{length}");
    }
    let good = methane();
    let tar = tar(&[(METHANE, good.as_bytes())]);
    assert_eq!(tar.len(), 512 + 1024 + 1024, "header, file, end marker");
    for length in [1, 511, 512, 513, 1000, 1535, 1536] {
        let message = message(read_tar(&tar[..length]));
        assert!(message.contains("truncated or damaged"), "{length}: {message}");
    }
    let endless = [tar, vec![0; 2 << 20]].concat();
    assert!(message(read_bytes(&bzip2(&endless))).contains("goes on behind its end marker"));
    for other in [b"".as_slice(), b"B", b"BZ", b"PK", b"5\ngdb 1", b"PAR1"] {
        assert!(matches!(read_bytes(other), Err(Qm9Error::UnknownFormat)), "{other:?}");
    }
}

#[test]
fn rows_of_the_wheel() {
    let place = "entry 'part', line 2, molecule 1: ";
    let carbon = "['C','H','H','H','H']";
    let cases: &[(&str, &str, &str)] = &[
        (carbon, "['Si','H','H','H','H']", "unknown element 'Si'"),
        (carbon, "['C','H','H','H']", "says it has 5 atoms, has 4"),
        (carbon, "'C','H'", "expected elements like ['C','H']"),
        (",5,\"[4", ",6,\"[4", "says it has 6 atoms, has 5"),
        (",5,\"[4", ",0,\"[4", "0 atoms, expected 1 to 100"),
        (",5,\"[4", ",1000,\"[4", "1000 atoms"),
        ("[-0.0126981359,1.0858041578,0.0080009958],", "", "says it has 5 atoms, has 4"),
        ("-0.0126981359,1.0858041578", "-0.0126981359", "expected x, y and z, found 2 values"),
        ("-0.0126981359,", "-0.0126981359,1,", "expected x, y and z, found 4 values"),
        ("1.0858041578", "1.08#", "'1.08#' is not a number"),
        ("1.0858041578", "nan", "'nan' is not a finite number"),
        ("[[-0.01", "[-0.01", "expected positions like [[x,y,z]]"),
        (",13.21,", ",Infinity,", "'Infinity' is not a finite number"),
        (",13.21,", ",,", "'' is not a number"),
        ("dsgdb9nsd_000001.xyz", "dsgdb9nsd_000002.xyz", "belongs to molecule 2 by its file's name and to 1"),
        ("dsgdb9nsd_000001.xyz", "methane", "expected dsgdb9nsd_NNNNNN.xyz, found 'methane'"),
        ("\"C\"", "\"\"", "expected a SMILES string"),
    ];
    for (from, to, words) in cases {
        assert!(CSV.contains(from), "{from}");
        let message = message(read_csv("part", CSV.replacen(from, to, 1).as_bytes()));
        assert!(message.starts_with(place) && message.contains(words), "{from} -> {to}: {message}");
    }
    let without_index: &[(&str, &str, &str)] = &[
        (",13.21,", ",", "expected 25 columns, found 24 values"),
        (",13.21,", ",13.21,1,", "expected 25 columns, found 26 values"),
        ("xyz\",1,", "xyz\",0,", "'0' is not an index from 1 to 133885"),
        ("xyz\",1,", "xyz\",1.,", "'1.' is not an index"),
    ];
    for (from, to, words) in without_index {
        let message = message(read_csv("part", CSV.replacen(from, to, 1).as_bytes()));
        assert!(message.starts_with("entry 'part', line 2: ") && message.contains(words), "{from} -> {to}: {message}");
    }
    let twice = format!("{CSV}{}\n", line_of(CSV, 3));
    assert_eq!(message(read_csv("part", twice.as_bytes())), "entry 'part', line 13, molecule 2: occurs twice");
    let mut bytes = CSV.as_bytes().to_vec();
    bytes[CSV.find("\"N\"").unwrap() + 1] = 0xff;
    assert_eq!(message(read_csv("part", bytes.as_slice())), "entry 'part', line 3, molecule 2: not UTF-8");
}

#[test]
fn columns_of_the_wheel() {
    let cases = [
        (
            "HOMO_au",
            "Homo",
            "entry 'part', line 1: columns 'HOMO_au' are missing, 'Homo' are unknown: give qm9pack 1.0.3",
        ),
        ("HOMO_au,", "", "entry 'part', line 1: columns 'HOMO_au' are missing: give qm9pack 1.0.3"),
        ("HOMO_au,", "HOMO_au,HOMO_au,", "entry 'part', line 1: columns 'HOMO_au' are unknown: give qm9pack 1.0.3"),
    ];
    for (from, to, expected) in cases {
        assert_eq!(message(read_csv("part", CSV.replacen(from, to, 1).as_bytes())), expected);
    }
    assert_eq!(message(read_csv("part", b"".as_slice())), "entry 'part', line 1: expected a header, found 0 values");
}

#[test]
fn rows_of_any_length_need_little_memory() {
    let header = line_of(CSV, 1);
    let cases = [
        (format!("{header}\n{}", "1".repeat(70_000)), Fault::TooLong { limit: 65536 }),
        (format!("{header}\n\"{}", "1\n".repeat(70_000)), Fault::TooLong { limit: 65536 }),
        (format!("{header}\n{}", ",".repeat(70_000)), Fault::Values { expected: "25 columns", found: 50 }),
    ];
    for (text, expected) in cases {
        let error = read_csv("part", text.as_bytes()).unwrap_err();
        assert!(matches!(&error, Qm9Error::Molecule { line: 2, fault, .. } if *fault == expected), "{error}");
    }
}

#[test]
fn wheels() {
    let good = wheel();
    for length in (3..good.len()).step_by(211) {
        assert!(matches!(read_bytes(&good[..length]), Err(Qm9Error::Damaged { .. })), "{length}");
    }
    // A byte of the first part's compressed rows.
    let mut flipped = good.clone();
    flipped[1000] ^= 4;
    message(read_bytes(&flipped));

    let part = "qm9pack/data/qm9_part1.csv";
    let bytes = CSV.as_bytes();
    let error = read_bytes(&zip(&[(part, bytes)])).unwrap_err();
    assert!(
        matches!(&error, Qm9Error::Entry { entry, fault: EntryFault::Absent } if entry.contains("part2")),
        "{error}"
    );
    for name in ["../part.csv", "/part.csv", "a/../../part.csv"] {
        let error = read_bytes(&zip(&[(part, bytes), (name, bytes)])).unwrap_err();
        assert!(matches!(error, Qm9Error::Entry { fault: EntryFault::UnsafePath, .. }), "{name}: {error}");
    }
    let names: Vec<String> = (0..1001).map(|number| format!("file{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    let error = read_bytes(&zip(&many)).unwrap_err();
    assert!(matches!(error, Qm9Error::Entry { fault: EntryFault::TooMany { limit: 1000 }, .. }), "{error}");
}

/// 32 MB of zeros in some ten kB.
#[test]
fn a_zip_bomb_bursts_at_its_first_row() {
    let part = "qm9pack/data/qm9_part1.csv";
    let bomb = zip(&[(part, &vec![b'0'; 32 << 20])]);
    assert!(bomb.len() < 100_000);
    assert!(message(read_bytes(&bomb)).ends_with("line 1: longer than 65536 bytes"));
}

proptest! {
    /// What comes from a changed byte is an error or molecules, never a panic.
    #[test]
    fn a_changed_byte_does_no_harm(at in 0_usize..10_000, to: u8) {
        let mut rows = CSV.as_bytes().to_vec();
        let mut archive = ARCHIVE.to_vec();
        for bytes in [&mut rows, &mut archive] {
            let at = at % bytes.len();
            bytes[at] = to;
        }
        let _ = read_csv("rows", rows.as_slice());
        let _ = read_bytes(&archive);
    }
}

//! Both sources on real molecules.

mod common;

use common::{ARCHIVE, CSV, METHANE, bzip2, methane, read_bytes, reference, tar, wheel};
use egnn_qm9::{
    CHARACTERISED, EXCLUDED, Expected, Qm9Error, Splits, parse_uncharacterized, read, read_csv, read_tar, split,
};
use egnn_schema::Property;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    io::{self, Cursor, Read, Seek, SeekFrom},
};

#[test]
fn the_fixture_has_real_molecules_of_all_sizes_and_elements() {
    let molecules = read_bytes(ARCHIVE).unwrap();
    assert_eq!(molecules.len(), 64);
    assert!(molecules.is_sorted_by(|a, b| a.index < b.index));
    let sizes: BTreeSet<usize> = molecules.iter().map(|molecule| molecule.positions.len()).collect();
    assert!(sizes.into_iter().eq((3..=27).chain([29])));
    let elements: BTreeSet<u8> = molecules.iter().flat_map(|molecule| molecule.atomic_numbers.clone()).collect();
    assert!(elements.into_iter().eq([1, 6, 7, 8, 9]));

    let methane = &molecules[0];
    assert_eq!((methane.index, methane.smiles.as_str()), (1, "C"));
    assert_eq!(methane.atomic_numbers, [6, 1, 1, 1, 1]);
    assert_eq!(methane.positions[0], [-0.0126981359, 1.0858041578, 0.0080009958]);
    let by_hand = [
        (Property::Mu, 0.0),
        (Property::Alpha, 13.21),
        (Property::Homo, -0.3877),
        (Property::Lumo, 0.1171),
        (Property::Gap, 0.5048),
        (Property::R2, 35.3641),
        (Property::Zpve, 0.044749),
        (Property::U0, -40.47893),
        (Property::U, -40.476062),
        (Property::H, -40.475117),
        (Property::G, -40.498597),
        (Property::Cv, 6.469),
    ];
    for (property, value) in by_hand {
        assert_eq!(methane.properties[property.index()], value, "{}", property.name());
    }
    // Where a coordinate is written 2.1997*^-6.
    let methylpyrrole = molecules.iter().find(|molecule| molecule.index == 212).unwrap();
    assert_eq!(methylpyrrole.positions[0][0], 2.1997e-6);
}

#[test]
fn both_sources_give_the_same_molecules() {
    let of_archive = read_bytes(ARCHIVE).unwrap();
    let of_rows = read_csv("rows.csv", CSV.as_bytes()).unwrap();
    assert_eq!(of_rows.len(), 11);
    for molecule in &of_rows {
        assert!(of_archive.contains(molecule), "{molecule:?}");
    }
    assert_eq!(read_bytes(&wheel()).unwrap(), of_rows);
}

#[test]
fn a_csv_may_have_its_columns_in_another_order() {
    let reversed: Vec<String> = CSV
        .lines()
        .map(|line| {
            let mut fields = fields(line);
            fields.reverse();
            fields.join(",")
        })
        .collect();
    assert_eq!(read_csv("", reversed.join("\r\n").as_bytes()).unwrap(), read_csv("", CSV.as_bytes()).unwrap());
}

/// Splits at commas outside of quotation marks.
fn fields(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .collect()
}

#[test]
fn molecules_in_folders_and_excluded_ones() {
    let text = methane();
    let excluded = text.replace("gdb 1", "gdb 58");
    let files = [("./xyz/dsgdb9nsd_000058.xyz", excluded.as_bytes()), ("xyz/dsgdb9nsd_000001.xyz", text.as_bytes())];
    let molecules = read_tar(tar(&files).as_slice()).unwrap();
    assert_eq!(molecules.iter().map(|molecule| molecule.index).collect::<Vec<_>>(), [1]);
}

#[test]
fn what_the_caller_knows_is_checked() {
    let wheel = wheel();
    let read = |expected: &Expected| read(Cursor::new(&wheel), expected, &mut |_, _| ());
    let sum = sha256(&wheel).to_uppercase();
    let known = Expected { wheel_sha256: Some(sum), uncharacterized: Some(EXCLUDED.to_vec()), complete: false };
    assert_eq!(read(&known).unwrap().len(), 11);

    let other = Expected { wheel_sha256: Some("00ff".to_owned()), ..known.clone() };
    let error = read(&other).unwrap_err();
    assert!(matches!(&error, Qm9Error::Checksum { found, .. } if *found == sha256(&wheel)), "{error}");
    let shorter = Expected { uncharacterized: Some(EXCLUDED[1..].to_vec()), ..known.clone() };
    assert!(matches!(read(&shorter), Err(Qm9Error::OtherExclusions { index: 58, .. })));
    let complete = Expected { complete: true, ..known };
    let missing = read(&complete).unwrap_err();
    // The rows have molecules 1 to 5.
    assert!(matches!(missing, Qm9Error::Missing { first: 6, count } if count == CHARACTERISED - 11), "{missing}");
}

#[test]
fn progress_ends_with_all_bytes() {
    for source in [ARCHIVE.to_vec(), wheel()] {
        let mut last = None;
        read(Cursor::new(&source), &Expected::default(), &mut |done, all| last = Some((done, all))).unwrap();
        assert_eq!(last, Some((source.len() as u64, source.len() as u64)));
    }
}

/// Fails after some bytes, as a network drive may.
struct Failing<'a>(Cursor<&'a [u8]>);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() > 5000 { Err(io::Error::other("the cable is out")) } else { self.0.read(buffer) }
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_failing_system_is_not_taken_for_a_damaged_source() {
    let wheel = wheel();
    let checksum = Expected { wheel_sha256: Some(sha256(&wheel)), ..Expected::default() };
    for (source, expected) in [(ARCHIVE, Expected::default()), (&wheel, Expected::default()), (&wheel, checksum)] {
        let error = read(Failing(Cursor::new(source)), &expected, &mut |_, _| ()).unwrap_err();
        assert!(error.is_environment() && error.to_string().contains("the cable is out"), "{error}");
    }
    let damaged = read_bytes(&ARCHIVE[..5000]).unwrap_err();
    assert!(!damaged.is_environment(), "{damaged}");
}

#[test]
fn the_split_is_cormorants() {
    let splits = split(CHARACTERISED, 0, [100_000, 17_748, 13_083]).unwrap();
    let theirs = &reference()["split"];
    for (name, positions) in [("train", &splits.train), ("valid", &splits.valid), ("test", &splits.test)] {
        assert_eq!(positions.len() as u64, theirs[name]["count"].as_u64().unwrap(), "{name}");
        assert_eq!(serde_json::json!(positions[..8]), theirs[name]["first"], "{name}");
        let text: String = positions.iter().map(|position| format!("{position}\n")).collect();
        assert_eq!(sha256(text.as_bytes()), theirs[name]["sha256"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn a_split_needs_sizes_that_add_up() {
    let Splits { train, valid, test } = split(64, 0, [40, 12, 12]).unwrap();
    let all: BTreeSet<u32> = [train, valid, test].concat().into_iter().collect();
    assert!(all.into_iter().eq(0..64));
    for sizes in [[40, 12, 11], [40, 12, 13], [usize::MAX, 65, 0]] {
        assert!(matches!(split(64, 0, sizes), Err(Qm9Error::Split { molecules: 64, .. })), "{sizes:?}");
    }
}

#[test]
fn uncharacterized_txt_has_words_around_its_table() {
    let mut text = "=====\n\nThe following are uncharacterized: 3 of them\n Index SMILES\n-----\n".to_owned();
    for index in EXCLUDED {
        text += &format!("{index:>7}   C1CC1  N#N\n");
    }
    text += "-----\n";
    assert_eq!(parse_uncharacterized(&text).unwrap(), EXCLUDED);
    assert!(parse_uncharacterized("\nnothing here").unwrap().is_empty());
    for (text, line, words) in [
        ("Index\n  0 C", 2, "'0' is not an index from 1 to 133885"),
        ("133886 C", 1, "'133886' is not an index"),
        ("99999999999999 C", 1, "'99999999999999' is not an index"),
        ("61 C\n58 C\n61 N", 3, "occurs twice"),
    ] {
        let error = parse_uncharacterized(text).unwrap_err();
        assert!(matches!(error, Qm9Error::Uncharacterized { line: at, .. } if at == line), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn archives_of_several_streams_are_read() {
    let text = methane();
    let tar = tar(&[(METHANE, text.as_bytes())]);
    let (first, second) = tar.split_at(700);
    assert_eq!(read_bytes(&[bzip2(first), bzip2(second)].concat()).unwrap().len(), 1);
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

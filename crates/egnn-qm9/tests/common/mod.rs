//! Sources for tests, good ones to be made bad.
#![allow(dead_code, reason = "no test needs all")]

use egnn_qm9::{Expected, Molecule, Qm9Error, read};
use serde_json::Value;
use std::io::{Cursor, Write};

pub(crate) const ARCHIVE: &[u8] = include_bytes!("../../../../datasets/fixtures/qm9_fixture.tar.bz2");
/// Eleven of the archive's molecules, as in the wheel.
pub(crate) const CSV: &str = include_str!("../../../../datasets/fixtures/qm9_fixture.csv");
pub(crate) const METHANE: &str = "dsgdb9nsd_000001.xyz";

/// Numbers of the authors' program; see `fixtures/README.md`.
pub(crate) fn reference() -> Value {
    serde_json::from_str(include_str!("../fixtures/qm9.json")).unwrap()
}

pub(crate) fn read_bytes(bytes: &[u8]) -> Result<Vec<Molecule>, Qm9Error> {
    read(Cursor::new(bytes), &Expected::default(), &mut |_, _| ())
}

/// The archive's methane.
pub(crate) fn methane() -> String {
    let mut archive = tar::Archive::new(bzip2::read::BzDecoder::new(ARCHIVE));
    let mut first = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(first.path().unwrap().to_str(), Some(METHANE));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut first, &mut text).unwrap();
    text
}

/// A tar of files, whose names may be as bad as they like.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        builder.append(&header(name, bytes.len() as u64), *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    header
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip of files.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A wheel with the rows of [`CSV`] in three parts.
pub(crate) fn wheel() -> Vec<u8> {
    let lines: Vec<&str> = CSV.lines().collect();
    let (header, rows) = lines.split_first().unwrap();
    let part = |rows: &[&str]| [&[*header], rows].concat().join("\n");
    let [first, second, third] = [part(&rows[..4]), part(&rows[4..8]), part(&rows[8..])];
    zip(&[
        ("qm9pack/__init__.py", b"import pandas"),
        ("qm9pack/data/qm9_part1.csv", first.as_bytes()),
        ("qm9pack/data/qm9_part2.csv", second.as_bytes()),
        ("qm9pack/data/qm9_part3.csv", third.as_bytes()),
    ])
}

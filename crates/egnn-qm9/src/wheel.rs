//! The wheel of `qm9pack`: a zip with all molecules in three csv parts.

use crate::{EntryFault, Qm9Error, archive::is_safe, molecule_set::MoleculeSet, rows::read_rows};
use std::io::{BufReader, Read, Seek};
use zip::{ZipArchive, result::ZipError};

const PARTS: [&str; 3] = ["qm9pack/data/qm9_part1.csv", "qm9pack/data/qm9_part2.csv", "qm9pack/data/qm9_part3.csv"];
/// The largest part of version 1.0.3 has 79 MB.
const LARGEST_PART: u64 = 512 << 20;
/// Version 1.0.3 has 23.
const MOST_ENTRIES: usize = 1000;
const BUFFER: usize = 64 << 10;

pub(crate) fn read_zip(source: impl Read + Seek, molecules: &mut MoleculeSet) -> Result<(), Qm9Error> {
    let mut wheel = ZipArchive::new(source).map_err(|error| Qm9Error::damaged("the wheel", error))?;
    for (count, name) in wheel.file_names_raw().enumerate() {
        let name = String::from_utf8_lossy(name);
        if count == MOST_ENTRIES {
            return Err(Qm9Error::entry(&name, EntryFault::TooMany { limit: MOST_ENTRIES }));
        }
        if !is_safe(&name) {
            return Err(Qm9Error::entry(&name, EntryFault::UnsafePath));
        }
    }
    for part in PARTS {
        let too_large = || Qm9Error::entry(part, EntryFault::TooLarge { limit: LARGEST_PART });
        let entry = wheel.by_name(part).map_err(|error| match error {
            ZipError::FileNotFound => Qm9Error::entry(part, EntryFault::Absent),
            error => Qm9Error::damaged(part, error),
        })?;
        if entry.size() > LARGEST_PART {
            return Err(too_large());
        }
        // The stated size need not be the size.
        let mut rows = BufReader::with_capacity(BUFFER, entry.take(LARGEST_PART + 1));
        let result = read_rows(part, &mut rows, molecules);
        if rows.get_ref().limit() == 0 {
            return Err(too_large());
        }
        result?;
    }
    Ok(())
}

//! The original archive: bzip2, in it tar, in it a file a molecule.

use crate::{EntryFault, Qm9Error, error::Place, molecule_set::MoleculeSet, xyz::read_xyz};
use bzip2::read::MultiBzDecoder;
use std::io::{self, Read};
use tar::EntryType;

/// More than any file of QM9 has (4 kB), and little enough to be read at once.
const LARGEST_FILE: u64 = 64 << 10;
/// All molecules, and room for folders.
const MOST_ENTRIES: usize = 140_000;
/// Padding behind the end marker; programs fill up records of 10 kB.
const MOST_PADDING: u64 = 1 << 20;

const ARCHIVE: &str = "the archive";

pub(crate) fn read_bzip2(source: impl Read, molecules: &mut MoleculeSet) -> Result<(), Qm9Error> {
    read_tar(MultiBzDecoder::new(source), molecules)
}

pub(crate) fn read_tar(source: impl Read, molecules: &mut MoleculeSet) -> Result<(), Qm9Error> {
    let mut archive = tar::Archive::new(Ending { source, ended: false });
    let damaged = |error| Qm9Error::damaged(ARCHIVE, error);
    let mut bytes = Vec::new();
    // Raw entries: a long name, which the library would take into memory whole, is an entry of its own here.
    for (count, entry) in archive.entries().map_err(damaged)?.raw(true).enumerate() {
        let entry = entry.map_err(damaged)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let refuse = |fault| Err(Qm9Error::entry(&path, fault));
        if count == MOST_ENTRIES {
            return refuse(EntryFault::TooMany { limit: MOST_ENTRIES });
        }
        if !is_safe(&path) {
            return refuse(EntryFault::UnsafePath);
        }
        if entry.size() > LARGEST_FILE {
            return refuse(EntryFault::TooLarge { limit: LARGEST_FILE });
        }
        match entry.header().entry_type() {
            EntryType::Regular => {}
            EntryType::Directory | EntryType::XHeader | EntryType::XGlobalHeader => continue,
            _ => return refuse(EntryFault::NotAMolecule),
        }
        let size = entry.size();
        bytes.clear();
        entry.take(size).read_to_end(&mut bytes).map_err(|error| Qm9Error::damaged(&path, error))?;
        if bytes.len() as u64 != size {
            return Err(Qm9Error::damaged(&path, "it ends within the file"));
        }
        let molecule = read_xyz(&path, &bytes)?;
        molecules.add(molecule, Place { entry: &path, line: 2, molecule: None })?;
    }
    finish(archive.into_inner())
}

/// Whether a name stays below the folder where the archive would be unpacked.
pub(crate) fn is_safe(path: &str) -> bool {
    !path.starts_with('/') && !path.contains(['\\', ':', '\0']) && path.split('/').all(|part| part != "..")
}

/// Sees to it that the archive has its end marker, and lets the decoder come to its own end, where the checksum is.
fn finish(mut rest: Ending<impl Read>) -> Result<(), Qm9Error> {
    if rest.ended {
        return Err(Qm9Error::damaged(ARCHIVE, "it has no end marker"));
    }
    let padding = io::copy(&mut rest.by_ref().take(MOST_PADDING), &mut io::sink());
    if padding.map_err(|error| Qm9Error::damaged(ARCHIVE, error))? == MOST_PADDING {
        return Err(Qm9Error::damaged(ARCHIVE, "it goes on behind its end marker"));
    }
    Ok(())
}

/// Knows whether its source has ended: the library takes that for the end of the archive.
struct Ending<R> {
    source: R,
    ended: bool,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

//! Whole sources.

use crate::{
    Molecule, Qm9Error, archive, excluded,
    molecule_set::MoleculeSet,
    rows::read_rows,
    watch::{Watched, watch},
    wheel,
};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

/// What the caller knows of the source; nothing is checked that is `None`.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// A wheel with another checksum is refused before it is read.
    pub wheel_sha256: Option<String>,
    /// Indices of [`parse_uncharacterized`](crate::parse_uncharacterized), which must be [`EXCLUDED`](crate::EXCLUDED).
    pub uncharacterized: Option<Vec<u32>>,
    /// Whether all [`CHARACTERISED`](crate::CHARACTERISED) molecules must be there.
    pub complete: bool,
}

/// Reads either source, told apart by its first bytes: a zip is the wheel, bzip2 the original archive.
///
/// Molecules come sorted by index, without the [`EXCLUDED`](crate::EXCLUDED). `progress` is told of bytes read and bytes
/// to read, now and then and at the end; a wheel whose checksum is known is read twice.
pub fn read<R: Read + Seek>(
    mut source: R,
    expected: &Expected,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Molecule>, Qm9Error> {
    if let Some(indices) = &expected.uncharacterized {
        excluded::check_uncharacterized(indices)?;
    }
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let mut start = Vec::new();
    source.by_ref().take(3).read_to_end(&mut start)?;
    source.rewind()?;

    let mut molecules = MoleculeSet::new();
    match start.as_slice() {
        [b'P', b'K', _] => {
            let checksum = expected.wheel_sha256.as_deref();
            let all = if checksum.is_some() { 2 * size } else { size };
            watch(source, all, progress, |mut source| {
                checksum.map_or(Ok(()), |checksum| verify(&mut source, checksum))?;
                wheel::read_zip(source, &mut molecules)
            })?;
        }
        b"BZh" => watch(source, size, progress, |source| archive::read_bzip2(source, &mut molecules))?,
        _ => return Err(Qm9Error::UnknownFormat),
    }
    molecules.into_sorted(expected.complete)
}

/// Reads a tar of `.xyz` files that is not compressed. Molecules come as from [`read`].
pub fn read_tar(source: impl Read) -> Result<Vec<Molecule>, Qm9Error> {
    let mut molecules = MoleculeSet::new();
    watch(source, 0, &mut |_, _| (), |source| archive::read_tar(source, &mut molecules))?;
    molecules.into_sorted(false)
}

/// Reads one csv part of the wheel, which errors call `part`. Molecules come as from [`read`].
pub fn read_csv(part: &str, source: impl Read) -> Result<Vec<Molecule>, Qm9Error> {
    let mut molecules = MoleculeSet::new();
    watch(source, 0, &mut |_, _| (), |source| read_rows(part, &mut BufReader::new(source), &mut molecules))?;
    molecules.into_sorted(false)
}

fn verify<R: Read + Seek>(source: &mut Watched<R>, expected: &str) -> Result<(), Qm9Error> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    source.rewind()?;
    let found = hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    if found.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(Qm9Error::Checksum { expected: expected.to_owned(), found })
    }
}

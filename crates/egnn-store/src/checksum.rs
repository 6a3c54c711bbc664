//! Checksums of files: BLAKE3 in lower-case hexadecimal.

use crate::error::{Result, StoreError};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Large enough for BLAKE3's widest vector code.
const BLOCK: usize = 1 << 17;

/// Checksum of a whole file.
///
/// # Errors
/// If the file cannot be read.
pub fn file(path: &Path) -> Result<String> {
    hash(path).map_err(|error| StoreError::io("read", path, error))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
            Ok(read) => {
                hasher.update(&block[..read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

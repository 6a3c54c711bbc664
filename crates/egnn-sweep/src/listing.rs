//! What is in a folder.

use crate::error::SweepError;
use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
};

/// What is in a folder, in no order. A folder that is not there has nothing.
pub(crate) fn entries(folder: &Path) -> Result<Vec<DirEntry>, SweepError> {
    match fs::read_dir(folder).and_then(Iterator::collect) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries.map_err(|error| SweepError::io("read", folder, error)),
    }
}

//! Locks of folders: one process at a time. The system releases them when their owner ends, however it ends.

use crate::{
    error::{Result, StoreError},
    fault, host,
};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A lock on a folder, held until dropped. The lock file stays behind, since removing it could take it from under
/// another process that is about to lock it.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    file: File,
}

impl FolderLock {
    /// Locks `folder` for the purpose `name`, or fails at once if another process (or another lock of this process)
    /// has it. The lock file is `.<name>.lock` in the folder; it tells the owner's process id and host.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if it is taken; else what the file system says.
    pub fn acquire(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!(".{name}.lock"));
        let failed = |error| StoreError::io("lock", &path, error);
        fault::check_create().map_err(failed)?;
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let mut words = text.split_whitespace();
                let owner = words.next().and_then(|word| word.parse().ok());
                let elsewhere = words.next().filter(|host| *host != host::name()).map(str::to_owned);
                return Err(StoreError::Locked { folder: folder.to_owned(), owner, elsewhere });
            }
            // A file system without locks: nothing relies on them across hosts, and there they cannot protect anything.
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        record_owner(&mut file).map_err(failed)?;
        Ok(Self { path, file })
    }

    /// Whether somebody has the lock of `folder` for the purpose `name` now, as far as this host can tell. Nothing is
    /// written, and nobody is kept from locking for longer than the look takes.
    pub fn is_held(folder: &Path, name: &str) -> bool {
        let Ok(file) = File::open(folder.join(format!(".{name}.lock"))) else { return false };
        let held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        if !held {
            // Closing would do, see `drop`.
            let _ = file.unlock();
        }
        held
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing would release it too, but not while a process that is just being started holds a copy of the file.
        // If unlocking fails, closing is what is left.
        let _ = self.file.unlock();
    }
}

fn has_no_locks(error: &io::Error) -> bool {
    /// `ENOLCK` of Linux.
    const NO_LOCKS: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

fn record_owner(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{} {}", std::process::id(), host::name())
}

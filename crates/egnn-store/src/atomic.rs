//! Files that appear whole or not at all.
//!
//! A file is written under another name in the same folder, flushed to the disk, then renamed over the old one, and
//! the folder is flushed too. Whenever the program dies, a reader finds the old file or the new one. The temporary
//! file is locked while its owner lives, so that [`sweep_temporaries`] can tell the leftovers of killed processes
//! from work in progress.

use crate::{
    error::{Result, StoreError},
    fault,
};
use serde::Serialize;
use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Names of temporary files start with this.
pub const TEMPORARY_PREFIX: &str = ".egnn-tmp-";

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its content, as [`crate::checksum::file`] gives it.
    pub checksum: String,
}

/// Writes a file through `fill` and returns its size. On an error the old file is untouched and nothing is left over.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("note.txt");
/// let bytes = egnn_store::atomic::write(&path, |out| out.write_all(b"whole or not at all")).unwrap();
/// assert_eq!(bytes, 19);
/// ```
///
/// # Errors
/// If the disk is full, the folder is missing or not writable, or `fill` fails.
pub fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u64> {
    commit(path, None, Lasting::Power, |sink| fill(sink)).map(|(bytes, _)| bytes)
}

/// Like [`write()`], without waiting for the disk: every process finds the old file or the new one, but a loss of power
/// may take both. For what can be done again, and is looked at before it is believed.
///
/// # Errors
/// Those of [`write()`].
pub fn write_briefly(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u64> {
    commit(path, None, Lasting::Processes, |sink| fill(sink)).map(|(bytes, _)| bytes)
}

/// What a file outlasts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Processes,
    Power,
}

/// Like [`write()`], with the checksum of the content, computed on the way.
///
/// # Errors
/// Those of [`write()`].
pub fn write_hashed(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<Written> {
    let (bytes, hasher) = commit(path, Some(blake3::Hasher::new()), Lasting::Power, |sink| fill(sink))?;
    let checksum = hasher.unwrap_or_default().finalize().to_hex().to_string();
    Ok(Written { bytes, checksum })
}

/// Writes a value as indented JSON with a final line break.
///
/// # Errors
/// Those of [`write()`], and if the value cannot be written as JSON.
pub fn write_json(path: &Path, value: &(impl Serialize + ?Sized)) -> Result<u64> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| StoreError::unwritable(path, format!("it cannot be written as JSON: {error}")))?;
    text.push(b'\n');
    write(path, |out| out.write_all(&text))
}

/// Gives the finished file `from` the name `to`, which must be new: whether this call did. Of several that try at once,
/// on whatever hosts, one succeeds. `from` stays as it is, where the file system has hard links.
///
/// # Errors
/// If the folder of `to` is missing or not writable.
pub fn publish(from: &Path, to: &Path) -> Result<bool> {
    let failed = |error| StoreError::io("publish", to, error);
    fault::check_create().map_err(failed)?;
    let published = match fs::hard_link(from, to) {
        Ok(()) => true,
        // A network file system may have done it, lost the answer and tried again.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_same_file(from, to),
        // No hard links here: a rename is as whole, but two hosts at the same moment would not notice each other.
        Err(error) if has_no_links(&error) && !to.exists() => fs::rename(from, to).map(|()| true).map_err(failed)?,
        Err(error) if has_no_links(&error) => false,
        Err(error) => return Err(failed(error)),
    };
    sync_folder(&folder_of(to)).map_err(failed)?;
    Ok(published)
}

fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied | io::ErrorKind::TooManyLinks)
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(not(unix))]
fn is_same_file(_: &Path, _: &Path) -> bool {
    false
}

/// Creates a folder and those above it, if they are not there.
///
/// # Errors
/// If that is not permitted, or a file is in the way.
pub fn create_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fault::check_create().and_then(|()| fs::create_dir_all(path)).map_err(|error| StoreError::io("create", path, error))
}

/// Removes what killed processes left half-written in `folder` and returns how many files that were. Files that a
/// living process writes stay. A folder that is not there has no leftovers.
///
/// # Errors
/// If the folder cannot be read or a leftover cannot be removed.
pub fn sweep_temporaries(folder: &Path) -> Result<usize> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(StoreError::io("read", folder, error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(|error| StoreError::io("read", folder, error))?;
        if is_temporary(&entry.file_name()) {
            let path = entry.path();
            removed += usize::from(remove_if_orphaned(&path).map_err(|error| StoreError::io("remove", &path, error))?);
        }
    }
    Ok(removed)
}

fn is_temporary(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(TEMPORARY_PREFIX))
}

fn remove_if_orphaned(path: &Path) -> io::Result<bool> {
    let gone_is_fine = |result: io::Result<bool>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other,
    };
    gone_is_fine(File::open(path).and_then(|file| match file.try_lock() {
        // The lock is held while the file is removed, see `temporary_in`.
        Ok(()) => fs::remove_file(path).map(|()| true),
        // In work; or a file system without locks, where nobody can tell.
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => Ok(false),
    }))
}

/// Creates a locked temporary file. A sweeper may come between creation and lock: then the file is its prey, and
/// another one is made.
fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    // What umask leaves of this, as for any other file: results are there to be read by others.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let temporary = builder.tempfile_in(folder)?;
        match temporary.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !temporary.path().exists() => {}
            // A file system without locks has no sweepers either.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(temporary),
        }
    }
}

/// The way of every byte to the disk: counts, hashes, and stops where an injected fault says so.
pub(crate) struct Sink<'a> {
    file: &'a File,
    bytes: u64,
    capacity: u64,
    hasher: Option<blake3::Hasher>,
    /// Kept because layers above may wrap or reword an error.
    failed: Option<io::ErrorKind>,
}

impl Write for Sink<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = if self.bytes.saturating_add(buffer.len() as u64) > self.capacity {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            self.file.write(buffer)
        };
        match &written {
            Ok(count) => {
                self.bytes += *count as u64;
                if let Some(hasher) = &mut self.hasher {
                    hasher.update(&buffer[..*count]);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.failed = Some(error.kind()),
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

type Committed = (u64, Option<blake3::Hasher>);

/// Buffered writer that `fill` gets.
type Out<'a> = BufWriter<Sink<'a>>;

fn commit(
    path: &Path,
    hasher: Option<blake3::Hasher>,
    lasting: Lasting,
    fill: impl FnOnce(&mut Out<'_>) -> io::Result<()>,
) -> Result<Committed> {
    let failed = |error| StoreError::io("write", path, error);
    let folder = folder_of(path);
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let temporary = fault::check_create().and_then(|()| temporary_in(&folder)).map_err(|error| {
        // The folder is what is missing or closed, whatever the file's name is.
        StoreError::io("write to folder", &folder, error)
    })?;
    let capacity = fault::capacity().map_err(failed)?;
    let mut out =
        BufWriter::with_capacity(1 << 16, Sink { file: temporary.as_file(), bytes: 0, capacity, hasher, failed: None });
    let filled = fill(&mut out).and_then(|()| out.flush()).map_err(|error| {
        let disk = out.get_ref().failed.filter(|&kind| kind != error.kind());
        disk.map_or(error, io::Error::from)
    });
    // Without another attempt to write what is still buffered.
    let (sink, _) = out.into_parts();
    let Sink { bytes, hasher, .. } = sink;
    let lasts = lasting == Lasting::Power;
    filled.and_then(|()| if lasts { temporary.as_file().sync_all() } else { Ok(()) }).map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    if lasts {
        sync_folder(&folder).map_err(failed)?;
    }
    Ok((bytes, hasher))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the rename last through a loss of power, where a folder can be flushed at all.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

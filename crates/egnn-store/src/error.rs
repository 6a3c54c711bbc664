//! What can go wrong with a file, each with its path and its remedy.

use std::{
    io,
    path::{Path, PathBuf},
};

/// An error of the store. [`StoreError::is_environment`] tells whether the disk or the input is to blame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk, or the user's share of it, is full.
    #[error("failed to write '{path}': no space left on device: free some space and run the same command again")]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
    },
    /// The user may not read or write here.
    #[error("failed to {action} '{path}': permission denied: make it accessible to you and run the same command again")]
    Permission {
        /// `read`, `write`, `create` and the like.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The file system takes no writes.
    #[error(
        "failed to {action} '{path}': read-only file system: choose a folder that can be written to and run the same \
         command again"
    )]
    ReadOnly {
        /// `write`, `create` and the like.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Another process works in the folder.
    #[error(
        "'{folder}' is in use by another egnn process{}{}: wait for it to end, or stop it, and run the same command again",
        owner.map(|pid| format!(" (pid {pid})")).unwrap_or_default(),
        elsewhere.as_ref().map(|host| format!(" on {host}")).unwrap_or_default()
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The owner's process id, if the lock file tells it.
        owner: Option<u32>,
        /// Its host, if it is another one: the file system shares locks.
        elsewhere: Option<String>,
    },
    /// A file or folder that must be there is not.
    #[error("failed to {action} '{path}': no such file or folder")]
    Missing {
        /// `read`, `write` and the like.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("failed to {action} '{path}': {source}")]
    Io {
        /// `read`, `write` and the like.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A value that cannot be stored: a mistake of the caller or of the data that it was given.
    #[error("'{path}' was not written: {reason}")]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// What is wrong with the data.
        reason: String,
    },
    /// The file is not what its name says: empty, truncated, not Parquet, not JSON.
    #[error("'{path}' is damaged: {reason}; {remedy}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// A sound file, but not one of ours.
    #[error("'{path}' was not written by {}: {reason}; {remedy}", egnn_schema::version::PROGRAM)]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that shows.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// Written by another version of the program.
    #[error("'{path}' has {key} {found}, but this program reads {expected}; {remedy}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Which version number: `dataset_version` or `record_version`.
        key: &'static str,
        /// What the file says.
        found: String,
        /// What this program reads.
        expected: u32,
        /// What to do about it.
        remedy: String,
    },
    /// A column is missing or has another type.
    #[error("'{path}' has the wrong columns: {reason}; {remedy}")]
    Columns {
        /// The file.
        path: PathBuf,
        /// Which column, and what was expected.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// More is asked for than the file holds.
    #[error("'{path}' has {available} {what}, but {asked}: choose another set or ask for less")]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// `trajectories` or `frames`.
        what: &'static str,
        /// What is asked, as a clause: `4000 are asked for`.
        asked: String,
        /// How many there are.
        available: usize,
    },
    /// An `.npy` file that cannot be imported.
    #[error("failed to import '{path}': {reason}")]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// An edge list that is no graph.
    #[error("failed to import '{path}{}': {reason}", line.map(|line| format!(":{line}")).unwrap_or_default())]
    EdgeList {
        /// The file.
        path: PathBuf,
        /// The line, from 1, if one line is to blame.
        line: Option<usize>,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// A folder whose files are not one complete set.
    #[error("failed to import from '{folder}': {reason}")]
    ImportFolder {
        /// The folder.
        folder: PathBuf,
        /// What is missing, what there is to choose from, or what does not belong there.
        reason: String,
    },
}

/// Result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    /// Whether disk, permissions or a lock are in the way (exit code 3), rather than the input being wrong (2).
    pub fn is_environment(&self) -> bool {
        match self {
            Self::DiskFull { .. } | Self::Permission { .. } | Self::ReadOnly { .. } | Self::Locked { .. } => true,
            // A path that leads through a file, or to a folder, is the user's; a failing disk is not.
            Self::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::NotADirectory
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::InvalidFilename
            ),
            _ => false,
        }
    }

    /// Turns what the system says about `path` into the error that names the remedy.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied => Self::Permission { action, path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { action, path },
            io::ErrorKind::NotFound => Self::Missing { action, path },
            _ => Self::Io { action, path, source },
        }
    }

    pub(crate) fn unwritable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unwritable { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>, remedy: &str) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into(), remedy: remedy.to_owned() }
    }

    pub(crate) fn foreign(path: &Path, reason: impl Into<String>, remedy: &str) -> Self {
        Self::Foreign { path: path.to_owned(), reason: reason.into(), remedy: remedy.to_owned() }
    }

    pub(crate) fn columns(path: &Path, reason: impl Into<String>, remedy: &str) -> Self {
        Self::Columns { path: path.to_owned(), reason: reason.into(), remedy: remedy.to_owned() }
    }
}

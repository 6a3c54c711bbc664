//! What earlier executions left of a run.

use crate::{
    error::SweepError,
    manifest::{PlannedRun, SweepManifest},
    run_folder::RunFolder,
};
use egnn_schema::{Outcome, RunRecord, run::RunIdentity, version};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The end that a run's folder shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// No end: never started, interrupted, or under way.
    None,
    /// `done.json`.
    Finished(Box<RunRecord>),
    /// `failed.json`.
    Failed(Box<RunRecord>),
    /// A `done.json` that does not count.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why it does not count.
        message: String,
    },
}

impl Recorded {
    /// Reads the end of `run`, which is planned in `sweep`'s folder.
    ///
    /// # Errors
    /// Only if the system refuses to read: files that are wrong are [`Recorded::Damaged`].
    pub fn read(folder: &RunFolder, id: &str, identity: &RunIdentity) -> Result<Self, SweepError> {
        if let Some(text) = text(&folder.done())? {
            return Ok(match parse(&text, id, identity, true) {
                Ok(record) => Self::Finished(Box::new(record)),
                Err(message) => Self::Damaged { path: folder.done(), message },
            });
        }
        // A failed run is tried again in any case, so that a damaged record of it is as good as none.
        let failed = text(&folder.failed())?.and_then(|text| parse(&text, id, identity, false).ok());
        Ok(failed.map_or(Self::None, |record| Self::Failed(Box::new(record))))
    }

    /// Reads the ends of all runs of a plan, in its order.
    ///
    /// # Errors
    /// If the system refuses to read.
    pub fn read_all(manifest: &SweepManifest, folder: &Path) -> Result<Vec<Self>, SweepError> {
        let read = |run: &PlannedRun| Self::read(&RunFolder::new(folder, &run.id), &run.id, &manifest.identity_of(run));
        manifest.runs.iter().map(read).collect()
    }

    /// Whether the run need not be run again.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished(_))
    }
}

/// A file's text, if it exists. Bytes that are not UTF-8 become text that does not parse.
fn text(path: &Path) -> Result<Option<String>, SweepError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SweepError::io("read", path, error)),
    }
}

fn parse(text: &str, id: &str, identity: &RunIdentity, finished: bool) -> Result<RunRecord, String> {
    let record: RunRecord = serde_json::from_str(text).map_err(|error| format!("not a run's record: {error}"))?;
    if record.record_version != version::RECORD_VERSION {
        return Err(format!("record version {}, not {}", record.record_version, version::RECORD_VERSION));
    }
    if record.id != id || record.identity != *identity {
        return Err("the record of another configuration, data or version".into());
    }
    match (&record.outcome, finished) {
        (Some(Outcome::Finished { .. }), true) | (Some(Outcome::Failed { .. }), false) => Ok(record),
        _ => Err("a record without the outcome that its name says".into()),
    }
}

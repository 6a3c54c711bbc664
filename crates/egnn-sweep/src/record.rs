//! What earlier executions left of a run.

use crate::{
    error::SweepError,
    manifest::{PlannedRun, SweepManifest},
    run_folder::RunFolder,
};
use egnn_schema::{Circumstances, Failure, Outcome, RunMetrics, RunRecord, run::RunIdentity, version};
use egnn_store::atomic;
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
    Finished(Box<Ended<RunMetrics>>),
    /// `failed.json`.
    Failed(Box<Ended<Failure>>),
    /// A `done.json` that does not count, or one whose files are not as it says.
    Damaged {
        /// The file that is wrong.
        path: PathBuf,
        /// Why it does not count.
        message: String,
    },
}

/// How a run ended. What the run is, its configuration and data, is as planned, and is not kept twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended<T> {
    /// Its results, or why it failed.
    pub outcome: T,
    /// What may differ between two equal runs.
    pub circumstances: Circumstances,
}

impl Recorded {
    /// Reads the end of `run`, which is planned in `sweep`'s folder.
    ///
    /// # Errors
    /// Only if the system refuses to read: files that are wrong are [`Recorded::Damaged`].
    pub fn read(folder: &RunFolder, id: &str, identity: &RunIdentity) -> Result<Self, SweepError> {
        let damaged = |path, message| Ok(Self::Damaged { path, message });
        match text(&folder.done())? {
            Text::Is(text) => match parse(&text, id, identity) {
                Err(message) => damaged(folder.done(), message),
                Ok(record) => match (wrong_file(folder, &record), record.outcome) {
                    (Some((path, message)), _) => damaged(path, message),
                    (None, Some(Outcome::Finished { metrics: outcome })) => {
                        Ok(Self::Finished(Box::new(Ended { outcome, circumstances: record.circumstances })))
                    }
                    _ => damaged(folder.done(), "it does not say how the run finished".into()),
                },
            },
            Text::NoFile if folder.path().exists() && !folder.path().is_dir() => {
                damaged(folder.path().into(), "it is not the folder of a run".into())
            }
            Text::NoFile => damaged(folder.done(), "it is not a file".into()),
            // A failed run is tried again in any case, so that a damaged record of it is as good as none.
            Text::Absent => Ok(match text(&folder.failed())? {
                Text::Is(text) => match parse(&text, id, identity) {
                    Ok(RunRecord { outcome: Some(Outcome::Failed { failure: outcome }), circumstances, .. }) => {
                        Self::Failed(Box::new(Ended { outcome, circumstances }))
                    }
                    _ => Self::None,
                },
                Text::NoFile | Text::Absent => Self::None,
            }),
        }
    }

    /// Reads the end of a run of a plan, in the sweep's folder.
    ///
    /// # Errors
    /// If the system refuses to read.
    pub(crate) fn planned(manifest: &SweepManifest, sweep: &Path, run: &PlannedRun) -> Result<Self, SweepError> {
        Self::read(&RunFolder::new(sweep, &run.id), &run.id, &manifest.identity_of(run))
    }

    /// Why the run failed, if it did.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(record) => Some(&record.outcome.reason),
            _ => None,
        }
    }

    /// Whether the run need not be run again.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished(_))
    }
}

/// A damaged run that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aside {
    /// The file that is wrong.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    wrong: String,
    /// Where everything of the run is now.
    place: PathBuf,
}

impl Aside {
    /// A sentence about it.
    pub(crate) fn message(&self, id: &str) -> String {
        let (file, wrong, place) = (self.path.display(), &self.wrong, self.place.display());
        format!("'{file}' of run {id} is damaged: {wrong}; it is set aside in '{place}', the run is done again")
    }
}

/// Looks at a run again, and moves it out of the way if it is damaged. The caller has its lock, so that nobody works on it.
pub(crate) fn set_aside_if_damaged(
    run: &RunFolder,
    id: &str,
    identity: &RunIdentity,
) -> Result<Option<Aside>, SweepError> {
    match Recorded::read(run, id, identity)? {
        Recorded::Damaged { path, message } => Ok(Some(Aside { path, wrong: message, place: set_aside(run)? })),
        _ => Ok(None),
    }
}

/// Moves a run's folder, as it is, out of the way: to `set-aside/` in the sweep's folder (or, for a run without a
/// sweep, beside it). Gives its new place.
fn set_aside(run: &RunFolder) -> Result<PathBuf, SweepError> {
    let path = run.path();
    let parent = path.parent().unwrap_or(Path::new(""));
    let home = if parent.ends_with("runs") { parent.parent().unwrap_or(parent) } else { parent };
    let aside = home.join("set-aside");
    atomic::create_folder(&aside)?;
    let id = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1..=u32::MAX).map(|number| aside.join(format!("{id}.{number}"))).find(|place| !place.exists());
    let place = free.unwrap_or_else(|| aside.join(&*id));
    match fs::rename(path, &place) {
        // Someone else was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(place),
        moved => moved.map(|()| place).map_err(|error| SweepError::io("set aside", path, error)),
    }
}

/// A file's text.
enum Text {
    /// Bytes that are not UTF-8 become text that does not parse.
    Is(String),
    Absent,
    /// Something else has the file's name, or its folder's.
    NoFile,
}

fn text(path: &Path) -> Result<Text, SweepError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Text::Is(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Ok(Text::Absent),
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => Ok(Text::NoFile),
            _ => Err(SweepError::io("read", path, error)),
        },
    }
}

/// The first file of a finished run that is not as long as it was.
fn wrong_file(folder: &RunFolder, record: &RunRecord) -> Option<(PathBuf, String)> {
    let attempt = &record.circumstances.attempt;
    record.files.iter().find_map(|(name, file)| {
        let path = folder.path().join(name);
        // A run that is not settled yet has its files in the attempt's folder, from where they may just move up.
        let unsettled = folder.attempts().join(attempt).join(name);
        let size = [&path, &unsettled, &path].into_iter().find_map(|path| Some(path.metadata().ok()?.len()));
        match size {
            Some(size) if size == file.bytes => None,
            Some(size) => Some((path, format!("it has {size} bytes, {} were written", file.bytes))),
            None => Some((path, "it is not there".into())),
        }
    })
}

fn parse(text: &str, id: &str, identity: &RunIdentity) -> Result<RunRecord, String> {
    let record: RunRecord = serde_json::from_str(text).map_err(|error| format!("not a run's record: {error}"))?;
    if record.record_version != version::RECORD_VERSION {
        return Err(format!("record version {}, not {}", record.record_version, version::RECORD_VERSION));
    }
    if record.id != id || record.identity != *identity {
        return Err("the record of another configuration, data or version".into());
    }
    Ok(record)
}

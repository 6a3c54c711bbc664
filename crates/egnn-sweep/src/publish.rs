//! How an attempt becomes a run's result: the first to give its `done.json` the run's own name wins, wherever it works,
//! and its files move up beside it. Whoever dies on the way leaves a run that is finished and need only be settled.

use crate::{attempt::remove, error::SweepError, listing::entries, run_folder::RunFolder};
use egnn_schema::{Outcome, RunMetrics, RunRecord};
use egnn_store::atomic;
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

/// What became of a finished attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is the run's result.
    First,
    /// Another attempt was faster. This one's files stay where they are.
    Superseded {
        /// Host of the other.
        host: String,
        /// Whether both have the same result.
        is_equal: bool,
    },
}

/// Publishes the finished `attempt` at `run`, whose own `done.json` holds `record`.
pub(crate) fn publish(run: &RunFolder, attempt: &RunFolder, record: &RunRecord) -> Result<Published, SweepError> {
    if atomic::publish(&attempt.done(), &run.done())? {
        settle(run, &record.circumstances.attempt)?;
        return Ok(Published::First);
    }
    let path = run.done();
    let text = fs::read(&path).map_err(|error| SweepError::io("read", &path, error))?;
    let winner: Option<RunRecord> = serde_json::from_slice(&text).ok();
    let is_equal = winner.as_ref().is_some_and(|winner| winner.outcome == record.outcome);
    let host = winner.map_or("unknown".into(), |winner| winner.circumstances.host);
    Ok(Published::Superseded { host, is_equal })
}

/// Moves the files of the attempt that won up beside its `done.json`, and removes what others that did not end left to
/// go on from. Doing it twice, or two at once, does no harm.
pub(crate) fn settle(run: &RunFolder, winner: &str) -> Result<(), SweepError> {
    for attempt in run.each_attempt() {
        atomic::sweep_temporaries(attempt.path())?;
        if attempt.path().file_name() == Some(OsStr::new(winner)) {
            move_up(run, &attempt)?;
        } else if !attempt.done().exists() {
            remove(&attempt.checkpoint())?;
        }
    }
    // It stays if there are other attempts in it.
    let _ = fs::remove_dir(run.attempts());
    Ok(())
}

fn move_up(run: &RunFolder, attempt: &RunFolder) -> Result<(), SweepError> {
    for path in files(attempt.path())? {
        if path == attempt.done() || path == attempt.checkpoint() {
            remove(&path)?;
        } else if let Some(name) = path.file_name() {
            let to = run.path().join(name);
            gone_is_fine(fs::rename(&path, &to)).map_err(|error| SweepError::io("write", &to, error))?;
        }
    }
    // It stays if there is something in it that is not ours.
    let _ = fs::remove_dir(attempt.path());
    Ok(())
}

/// Folders of attempts that finished after the one with these results at the settled `run`, and whether theirs are the
/// same.
pub(crate) fn superseded(run: &RunFolder, results: &RunMetrics) -> Vec<(PathBuf, bool)> {
    let finished = |attempt: RunFolder| {
        let other: RunRecord = serde_json::from_slice(&fs::read(attempt.done()).ok()?).ok()?;
        let is_equal = matches!(&other.outcome, Some(Outcome::Finished { metrics }) if metrics == results);
        Some((attempt.path().to_owned(), is_equal))
    };
    run.each_attempt().into_iter().filter_map(finished).collect()
}

/// Files that an attempt's result consists of, sorted: all but what says how it came about.
pub(crate) fn of_result(attempt: &RunFolder) -> Result<Vec<PathBuf>, SweepError> {
    let aside = [attempt.run(), attempt.events(), attempt.checkpoint(), attempt.done()];
    let mut files = files(attempt.path())?;
    files.retain(|path| !aside.contains(path));
    Ok(files)
}

/// Files of ours in an attempt's folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, SweepError> {
    let mut files: Vec<PathBuf> = entries(folder)?.into_iter().map(|entry| entry.path()).collect();
    let is_hidden = |path: &Path| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    files.retain(|path| path.is_file() && !is_hidden(path));
    files.sort();
    Ok(files)
}

fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

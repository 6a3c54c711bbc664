//! Runs that no pipeline refers to: finding them, and removing them. Nothing is found that does not look like a run of ours in a
//! sweep's folder that can be understood.

use crate::{
    error::SweepError, listing::entries, local, manifest::SweepManifest, reason::readable, recorder,
    run_folder::RunFolder,
};
use egnn_store::{StoreError, lock::FolderLock};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, FileType},
    io,
    path::{Path, PathBuf},
};

/// Folders of `reports/` that are no pipeline's.
const OTHERS: [&str; 2] = ["train", "published"];
/// Where damaged runs are set aside in a sweep's folder.
const SET_ASIDE: &str = "set-aside";
/// Names begin with this while a folder is being removed: a killed removal leaves no half run.
const PREFIX: &str = ".egnn-gc-";

/// What the pipelines say about a sweep's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// There is no such pipeline.
    Gone,
    /// Ids of runs that the folder's profile plans now; none if the folder is no profile's or its data are not there.
    Runs(BTreeSet<String>),
    /// It cannot be told: why.
    Unknown(String),
}

/// Something that may be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// The sweep's folder.
    pub sweep: PathBuf,
    /// What would be removed.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Why nobody needs it.
    pub why: Why,
}

/// Why something may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The sweep's plan and profile do not have it.
    NotPlanned,
    /// The pipeline is gone.
    PipelineGone,
    /// It was damaged, and its run was done again.
    SetAside,
    /// A removal was interrupted.
    HalfRemoved,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPlanned => "no longer planned",
            Self::PipelineGone => "its pipeline is gone",
            Self::SetAside => "damaged, set aside",
            Self::HalfRemoved => "left by a removal that was interrupted",
        })
    }
}

/// A folder that is left alone, and why.
pub type Skipped = (PathBuf, String);

/// What was found below `reports/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What may be removed, in order of path.
    pub garbage: Vec<Garbage>,
    /// Folders that cannot be judged.
    pub skipped: Vec<Skipped>,
}

/// Looks through the sweeps in `reports/`, of one pipeline or of all. `planned` is asked with the names of a pipeline and of a
/// sweep's folder. Nothing is written.
///
/// # Errors
/// If the system refuses to read.
pub fn find(
    reports: &Path,
    pipeline: Option<&str>,
    planned: &dyn Fn(&str, &str) -> Planned,
) -> Result<Found, SweepError> {
    let mut found = Found::default();
    for (name, folder) in folders(reports)? {
        if OTHERS.contains(&name.as_str()) || pipeline.is_some_and(|pipeline| pipeline != name) {
            continue;
        }
        for (sweep, folder) in folders(&folder)? {
            let (runs, aside) = (folders(&folder.join("runs"))?, named(&folder.join(SET_ASIDE), |_| true)?);
            let runs: Vec<_> = runs.into_iter().filter(|(name, path)| is_run(name, path)).collect();
            if runs.is_empty() && aside.is_empty() {
                continue;
            }
            match referred(&folder, || planned(&name, &sweep)) {
                Ok((why, ids)) => found.take(&folder, why, &ids, runs, aside)?,
                Err(reason) => found.skipped.push((folder, reason)),
            }
        }
    }
    Ok(found)
}

impl Found {
    fn take(
        &mut self,
        sweep: &Path,
        why: Why,
        ids: &BTreeSet<String>,
        runs: Vec<(String, PathBuf)>,
        aside: BTreeMap<String, PathBuf>,
    ) -> Result<(), SweepError> {
        let runs = runs.into_iter().filter(|(name, _)| !ids.contains(name)).map(|(name, path)| (name, path, why));
        let aside = aside.into_iter().map(|(name, path)| (name, path, Why::SetAside));
        for (name, path, why) in runs.chain(aside) {
            if FolderLock::is_held(&path, recorder::LOCK) {
                self.skipped.push((path, "a worker is at work in it".into()));
                continue;
            }
            let why = if name.starts_with(PREFIX) { Why::HalfRemoved } else { why };
            let bytes = size(&path)?;
            self.garbage.push(Garbage { sweep: sweep.into(), path, bytes, why });
        }
        Ok(())
    }
}

/// The ids that a sweep's folder needs, and why it does not need others.
fn referred(sweep: &Path, planned: impl FnOnce() -> Planned) -> Result<(Why, BTreeSet<String>), String> {
    if local::is_held(sweep) {
        return Err("a sweep is at work in it".into());
    }
    let plan = SweepManifest::read(&sweep.join(SweepManifest::FILE)).map_err(|error| error.to_string())?;
    match planned() {
        Planned::Gone => Ok((Why::PipelineGone, BTreeSet::new())),
        Planned::Unknown(reason) => Err(reason),
        Planned::Runs(mut ids) => {
            ids.extend(plan.runs.into_iter().map(|run| run.id));
            Ok((Why::NotPlanned, ids))
        }
    }
}

/// Whether a folder in `runs/` is a run of ours, or what an interrupted removal left of one.
fn is_run(name: &str, path: &Path) -> bool {
    let folder = RunFolder::at(path);
    let files = [folder.run(), folder.done(), folder.failed(), folder.events(), folder.log(), folder.attempts()];
    name.starts_with(PREFIX) || readable(name).is_some() && files.iter().any(|file| file.exists())
}

/// Removes `garbage`, each folder first under another name. What a sweep needs again meanwhile stays, and so does what is in a
/// folder in which a sweep is at work; these are given back with the reason.
///
/// # Errors
/// If something cannot be removed.
pub fn remove(garbage: &[Garbage]) -> Result<Vec<Skipped>, SweepError> {
    let mut by_sweep: BTreeMap<&Path, Vec<&Garbage>> = BTreeMap::new();
    for garbage in garbage {
        by_sweep.entry(&garbage.sweep).or_default().push(garbage);
    }
    let mut skipped = Vec::new();
    for (sweep, garbage) in by_sweep {
        let _lock = match FolderLock::acquire(sweep, local::LOCK) {
            Err(StoreError::Locked { .. }) => {
                skipped.push((sweep.to_owned(), "a sweep is at work in it".into()));
                continue;
            }
            lock => lock?,
        };
        let plan = SweepManifest::read(&sweep.join(SweepManifest::FILE))?;
        let ids: BTreeSet<&str> = plan.runs.iter().map(|run| run.id.as_str()).collect();
        for Garbage { path, why, .. } in garbage {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if *why == Why::NotPlanned && ids.contains(name) {
                skipped.push((path.clone(), "it is planned again".into()));
            } else if FolderLock::is_held(path, recorder::LOCK) {
                skipped.push((path.clone(), "a worker is at work in it".into()));
            } else {
                remove_folder(path, name).map_err(|error| SweepError::io("remove", path, error))?;
            }
        }
    }
    Ok(skipped)
}

fn remove_folder(path: &Path, name: &str) -> io::Result<()> {
    if !path.is_dir() {
        return fs::remove_file(path);
    }
    if name.starts_with(PREFIX) {
        return fs::remove_dir_all(path);
    }
    let doomed = path.with_file_name(format!("{PREFIX}{name}"));
    if doomed.exists() {
        fs::remove_dir_all(&doomed)?;
    }
    fs::rename(path, &doomed)?;
    fs::remove_dir_all(&doomed)
}

/// Folders in a folder, by name; links are none.
fn folders(folder: &Path) -> Result<BTreeMap<String, PathBuf>, SweepError> {
    named(folder, |kind| kind.is_dir())
}

/// What is wanted of a folder, by name.
fn named(folder: &Path, is_wanted: fn(FileType) -> bool) -> Result<BTreeMap<String, PathBuf>, SweepError> {
    let mut wanted = BTreeMap::new();
    for entry in entries(folder)? {
        let kind = entry.file_type().map_err(|error| SweepError::io("read", folder, error))?;
        if let (true, Ok(name)) = (is_wanted(kind), entry.file_name().into_string()) {
            wanted.insert(name, entry.path());
        }
    }
    Ok(wanted)
}

/// Bytes of a file, or of all files below a folder.
fn size(path: &Path) -> Result<u64, SweepError> {
    let failed = |error| SweepError::io("read", path, error);
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    let entries = fs::read_dir(path).map_err(failed)?;
    entries.map(|entry| size(&entry.map_err(failed)?.path())).sum()
}

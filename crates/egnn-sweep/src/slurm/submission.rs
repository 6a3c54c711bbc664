//! What was submitted: `slurm/<NNN>/` of a sweep's folder.

use crate::{error::SweepError, listing::entries, manifest::SweepManifest};
use egnn_store::atomic;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

const FILE: &str = "submission.json";

/// One submission, as `submission.json` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Its number, which is its folder's name.
    pub number: String,
    /// When, in seconds since 1970.
    pub created: u64,
    /// Who.
    pub user: Option<String>,
    /// The words that were typed.
    pub command: String,
    /// Time limit of a run.
    pub time_limit: Option<String>,
    /// Its jobs, in the order of their submission.
    pub jobs: Vec<Job>,
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// A job of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What it does.
    pub role: Role,
    /// Its name, which no other job has.
    pub name: String,
    /// What the cluster calls it; absent while it has not said.
    pub id: Option<String>,
    /// The run of task 0.
    pub offset: usize,
    /// Task ids, like `0-3,7`; empty for a single job.
    pub tasks: String,
    /// How many runs these are.
    pub runs: usize,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Makes data and plan.
    Data,
    /// Does runs.
    Runs,
    /// Draws the report.
    Report,
}

impl Submission {
    /// `slurm/` of a sweep's folder.
    pub(super) fn all(sweep: &Path) -> PathBuf {
        sweep.join("slurm")
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its jobs write what they print.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Its own copy of the plan.
    pub(super) fn plan(&self) -> PathBuf {
        self.folder.join(SweepManifest::FILE)
    }

    /// The next free number and its folder.
    pub(super) fn next(sweep: &Path) -> Result<(String, PathBuf), SweepError> {
        let last = names(sweep)?.iter().filter_map(|name| name.parse::<u32>().ok()).max().unwrap_or(0);
        let number = format!("{:03}", last + 1);
        let folder = Self::all(sweep).join(&number);
        Ok((number, folder))
    }

    /// Submissions of a sweep, the oldest first. A folder that was left before anything was submitted is passed over.
    ///
    /// # Errors
    /// A submission that cannot be read.
    pub fn read_all(sweep: &Path) -> Result<Vec<Self>, SweepError> {
        let mut submissions = Vec::new();
        for name in names(sweep)? {
            let folder = Self::all(sweep).join(&name);
            let path = folder.join(FILE);
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => return Err(SweepError::io("read", &path, error)),
            };
            let read: Result<Self, _> = serde_json::from_str(&text);
            let submission = read.map_err(|error| SweepError::Damaged {
                path,
                message: format!("not a submission: {error}; end its jobs with scancel and remove its folder"),
            })?;
            submissions.push(Self { folder, ..submission });
        }
        Ok(submissions)
    }

    pub(super) fn write(&self) -> Result<(), SweepError> {
        atomic::write_json(&self.folder.join(FILE), self)?;
        Ok(())
    }

    /// How many runs it does.
    pub fn runs(&self) -> usize {
        self.jobs.iter().map(|job| job.runs).sum()
    }
}

/// Names in `slurm/`, sorted by number.
fn names(sweep: &Path) -> Result<Vec<String>, SweepError> {
    let there = entries(&Submission::all(sweep))?.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = there.filter(|name| name.parse::<u32>().is_ok()).collect();
    names.sort_by_key(|name| name.parse::<u32>().unwrap_or(0));
    Ok(names)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

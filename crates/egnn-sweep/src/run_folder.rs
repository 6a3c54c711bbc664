//! The files of one run.

use crate::listing::entries;
use std::path::{Path, PathBuf};

/// `runs/<id>/` of a sweep's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The folder of run `id` in a sweep's folder.
    pub fn new(sweep: &Path, id: &str) -> Self {
        Self(sweep.join("runs").join(id))
    }

    /// The folder of a run, given as itself.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `run.json`: the record without an outcome, written when an attempt starts.
    pub fn run(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// `checkpoint.safetensors`: what an attempt goes on from.
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint.safetensors")
    }

    /// `events.jsonl`: a [`egnn_schema::RunEvent`] a line.
    pub fn events(&self) -> PathBuf {
        self.0.join("events.jsonl")
    }

    /// `done.json`: the record of a finished run, the last file to appear.
    pub fn done(&self) -> PathBuf {
        self.0.join("done.json")
    }

    /// `failed.json`: the record of a failed run.
    pub fn failed(&self) -> PathBuf {
        self.0.join("failed.json")
    }

    /// `metrics.parquet`: a row an evaluation.
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.parquet")
    }

    /// `attempts/`: a folder for each attempt that has not become the run's result, in order of their names. What the
    /// winner left in its own is moved up beside `done.json`.
    pub fn attempts(&self) -> PathBuf {
        self.0.join("attempts")
    }

    /// The folders of the attempts, in order.
    pub fn each_attempt(&self) -> Vec<Self> {
        let there = entries(&self.attempts()).unwrap_or_default().into_iter();
        let mut attempts: Vec<_> = there.map(|entry| Self(entry.path())).filter(|folder| folder.0.is_dir()).collect();
        attempts.sort_by(|a, b| a.0.cmp(&b.0));
        attempts
    }

    /// The log of events that grows, or that grew last: the latest attempt's, or that of the finished run.
    pub fn live_events(&self) -> PathBuf {
        match self.each_attempt().last() {
            Some(latest) if !self.done().exists() => latest.events(),
            _ => self.events(),
        }
    }

    /// `log.txt`: what the worker prints, over all attempts.
    pub fn log(&self) -> PathBuf {
        self.0.join("log.txt")
    }
}

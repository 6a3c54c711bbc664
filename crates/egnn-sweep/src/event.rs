//! What a sweep says while it works. A display only listens; it has no access to the scheduler.

use crate::summary::Summary;
use egnn_schema::RunMetrics;
use std::{path::PathBuf, time::Duration};

/// An event of a sweep. `index` is a run's place in the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepEvent {
    /// A set is being made; it was missing.
    DataMissing {
        /// The set.
        set: String,
        /// Why: absent, or made with other parameters.
        reason: String,
        /// How long it takes, roughly.
        estimate: Duration,
    },
    /// The set is there now.
    DataReady {
        /// The set.
        set: String,
        /// How long it took.
        took: Duration,
    },
    /// A file of an earlier execution does not count; its run is done again.
    Damaged {
        /// The run.
        index: usize,
        /// The file.
        path: PathBuf,
        /// A whole sentence: the file, the run, what is wrong, and what follows.
        message: String,
    },
    /// The plan is complete and the lock taken.
    PlanReady {
        /// Runs of the plan.
        total: usize,
        /// Of these, finished earlier.
        done: usize,
        /// To be done now, in the order in which they will start.
        outstanding: Vec<usize>,
    },
    /// Nothing was outstanding, and nothing was done.
    UpToDate {
        /// Runs of the plan.
        total: usize,
    },
    /// A worker was started.
    RunStarted {
        /// The run.
        index: usize,
        /// Its id.
        id: String,
        /// Its process.
        pid: u32,
    },
    /// A run got further.
    RunProgress {
        /// The run.
        index: usize,
        /// Optimiser steps done.
        step: u64,
        /// Optimiser steps of the whole run.
        steps: u64,
        /// Loss of the last batch.
        loss: Option<f64>,
        /// The latest validation loss.
        valid: Option<f64>,
    },
    /// A run is complete.
    RunFinished {
        /// The run.
        index: usize,
        /// Its id.
        id: String,
        /// Its results.
        metrics: RunMetrics,
        /// How long this attempt took.
        took: Duration,
    },
    /// The worker of a run was killed; the run is tried again.
    RunRetried {
        /// The run.
        index: usize,
        /// Its id.
        id: String,
        /// How the worker ended.
        reason: String,
        /// Which retry comes.
        retry: u32,
    },
    /// Two attempts at a run finished, on different hosts. The first is the result; the other stays where it is.
    Superseded {
        /// The run.
        index: usize,
        /// Its id.
        id: String,
        /// The folder of the second.
        path: PathBuf,
        /// Whether both have the same results.
        is_equal: bool,
    },
    /// A run failed. Others go on, unless the user wants otherwise.
    RunFailed {
        /// The run.
        index: usize,
        /// Its id.
        id: String,
        /// Why.
        reason: String,
        /// Where to read more.
        log: PathBuf,
    },
    /// How long it will still take, about once a second.
    Eta {
        /// Until the last run ends.
        remaining: Duration,
        /// Runs under way.
        running: usize,
        /// Runs that wait.
        waiting: usize,
    },
    /// The sweep is stopping early: running workers are asked to save and end.
    Stopping {
        /// Whether the user wants it; else a run failed under `--fail-fast`, or the environment is in the way.
        cancelled: bool,
    },
    /// It is over, and `results.parquet` is written.
    SweepFinished {
        /// How it ended.
        summary: Summary,
    },
}

//! What a run says while it works: one JSON object a line in `events.jsonl`. Recorder, progress display and status
//! only listen to these.

use crate::run::{Failure, RunMetrics};
use serde::{Deserialize, Serialize};

/// An event of one run. Losses are in the task's unit (n-body: mean squared error over coordinates).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run (re)started. What earlier attempts recorded at or after `from_epoch` is void.
    Started {
        /// First epoch that this attempt trains, 0 for a fresh start.
        from_epoch: u64,
        /// Steps done before it.
        from_step: u64,
        /// Epochs of the whole run.
        epochs: u64,
        /// Optimiser steps of the whole run.
        steps: u64,
    },
    /// Training goes on; the only event that may be dropped or thinned.
    Progress {
        /// Epoch in progress.
        epoch: u64,
        /// Optimiser steps done.
        step: u64,
        /// Loss of the last batch.
        loss: f64,
    },
    /// The validation set was evaluated after `epoch`.
    Evaluated {
        /// Epoch after which it happened (from 0).
        epoch: u64,
        /// Optimiser steps done.
        step: u64,
        /// Mean training loss over the epoch.
        train_loss: f64,
        /// Validation loss.
        valid_loss: f64,
        /// Best validation loss so far, this one included.
        best_valid_loss: f64,
        /// Epoch of the best.
        best_epoch: u64,
        /// Seconds of training and evaluation over all attempts.
        seconds: f64,
    },
    /// The trained model was timed, just before the end.
    Timed {
        /// Seconds of a forward pass of 100 test samples.
        forward_seconds: f64,
    },
    /// The run is complete.
    Finished {
        /// Its results.
        metrics: RunMetrics,
    },
    /// The run cannot go on.
    Failed {
        /// Why, and what was good until then.
        failure: Failure,
    },
}

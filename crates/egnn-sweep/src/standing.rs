//! Where the runs of a sweep stand: told from their folders, their logs and a cluster's queue alone, so that any host that sees
//! the folder can tell. No process is asked and no two clocks are compared.

use crate::{
    error::SweepError, eta::Eta, event_log::Tail, outstanding::schedule, plan::SweepPlan, queue::QueueState,
    queue::Queued, reason::run_folders, record::Recorded, recorder, run_folder::RunFolder, worker::Progress,
};
use egnn_schema::RunEvent;
use egnn_store::lock::FolderLock;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// A run whose log grew counts as running for so many looks that see nothing new: an evaluation may be long.
const PATIENCE: u32 = 30;

/// What a run measured, by name. Copies share their memory.
pub type RunResults = Arc<[(String, f64)]>;

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// Nothing was done yet.
    Pending,
    /// It waits in a cluster's queue.
    Queued {
        /// The cluster's reason.
        reason: String,
    },
    /// Somebody works on it.
    Running {
        /// The cluster's node, if a queue knows it.
        node: Option<String>,
    },
    /// It was begun, and nobody is known to work on it.
    Started {
        /// The cluster's word for how it ended, if a queue knows it.
        ended: Option<String>,
    },
    /// Its last attempt failed.
    Failed {
        /// Why.
        reason: String,
    },
    /// Its `done.json` does not count.
    Damaged {
        /// Why not.
        message: String,
    },
    /// Complete.
    Finished {
        /// Its results.
        results: RunResults,
    },
}

impl RunState {
    /// The state's name, in the order in which a run goes through them.
    pub const NAMES: [&str; 7] = ["pending", "queued", "running", "started", "failed", "damaged", "finished"];

    /// One of [`Self::NAMES`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued { .. } => "queued",
            Self::Running { .. } => "running",
            Self::Started { .. } => "started",
            Self::Failed { .. } => "failed",
            Self::Damaged { .. } => "damaged",
            Self::Finished { .. } => "finished",
        }
    }

    /// Whether nothing more is to come unless somebody starts the run again.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Finished { .. })
    }
}

/// A run and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStanding {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: RunState,
    /// Optimiser steps done; 0 for a run that is over.
    pub step: u64,
    /// Optimiser steps of the whole run; 0 if its log does not say.
    pub steps: u64,
    /// Loss of the last batch.
    pub loss: Option<f64>,
    /// The latest validation loss.
    pub valid: Option<f64>,
}

/// Where the runs of a sweep stand at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The runs in the order of the plan.
    pub runs: Vec<RunStanding>,
    /// Until the last run ends, if as many run all the time as do now (or one, if none does).
    pub remaining: Duration,
}

impl Standing {
    /// Runs in the state of that name.
    pub fn count(&self, name: &str) -> usize {
        self.runs.iter().filter(|run| run.state.name() == name).count()
    }

    /// Whether every run is over.
    pub fn is_over(&self) -> bool {
        self.runs.iter().all(|run| run.state.is_over())
    }
}

/// Looks at the runs of a plan again and again, and reads only what is new. Reading never writes.
#[derive(Debug)]
pub struct Watch<'a> {
    plan: &'a SweepPlan,
    runs: Vec<Watched>,
    is_first: bool,
}

/// What is remembered of a run.
#[derive(Debug, Default)]
struct Watched {
    /// Its results and the seconds that they took: a finished run stays so.
    finished: Option<(RunResults, f64)>,
    log: Option<(PathBuf, Tail)>,
    progress: Progress,
    /// Steps and seconds of the last evaluation.
    evaluated: (u64, f64),
    /// Looks at which the log may still stay as it is.
    patience: u32,
}

impl<'a> Watch<'a> {
    /// Watches the runs of `plan`.
    pub fn new(plan: &'a SweepPlan) -> Self {
        let runs = plan.manifest.runs.iter().map(|_| Watched::default()).collect();
        Self { plan, runs, is_first: true }
    }

    /// Where the runs stand now. `queue` is what a cluster's queue knows of runs, by id.
    ///
    /// # Errors
    /// If the system refuses to read.
    pub fn look(&mut self, queue: &BTreeMap<String, Queued>) -> Result<Standing, SweepError> {
        let there = run_folders(&self.plan.folder)?;
        let mut runs = Vec::with_capacity(self.runs.len());
        for (run, watched) in self.plan.manifest.runs.iter().zip(&mut self.runs) {
            let folder = RunFolder::new(&self.plan.folder, &run.id);
            let mut record = Recorded::None;
            if watched.finished.is_none() && there.contains(&run.id) {
                record = Recorded::planned(&self.plan.manifest, &self.plan.folder, run)?;
            }
            if let Recorded::Finished(record) = &record {
                let results = record.outcome.results().map(|(name, value)| (name.to_owned(), value)).collect();
                *watched = Watched { finished: Some((results, record.circumstances.seconds)), ..Watched::default() };
            }
            let state = if let Some((results, _)) = &watched.finished {
                RunState::Finished { results: results.clone() }
            } else {
                let mut is_alive = false;
                if there.contains(&run.id) {
                    watched.follow(&folder, self.is_first);
                    is_alive = watched.patience > 0 || FolderLock::is_held(folder.path(), recorder::LOCK);
                }
                state(&record, queue.get(&run.id).map(|queued| &queued.state), is_alive, watched.progress.steps > 0)
            };
            let Progress { step, steps, loss, valid, .. } = watched.progress;
            runs.push(RunStanding { id: run.id.clone(), state, step, steps, loss, valid });
        }
        self.is_first = false;
        let remaining = self.eta(&runs).remaining();
        Ok(Standing { runs, remaining })
    }

    fn eta(&self, runs: &[RunStanding]) -> Eta {
        // A plan without estimates counts runs.
        let cost = |index: usize| match self.plan.estimates.get(index) {
            Some(estimate) if estimate.core_seconds > 0.0 => estimate.core_seconds,
            _ => 1.0,
        };
        let mut eta = Eta::default();
        let mut waiting = Vec::new();
        for (index, (run, watched)) in runs.iter().zip(&self.runs).enumerate() {
            if let Some((_, seconds)) = &watched.finished {
                eta.work_done += cost(index);
                eta.busy_seconds += seconds;
                continue;
            }
            let (step, seconds) = watched.evaluated;
            eta.work_done += cost(index) * step as f64 / run.steps.max(1) as f64;
            eta.busy_seconds += seconds;
            match run.state {
                RunState::Running { .. } => eta.running.push(cost(index) * watched.progress.parts().1),
                _ => waiting.push(index),
            }
        }
        eta.jobs = eta.running.len();
        let order = schedule(waiting, &self.plan.estimates).into_iter();
        eta.waiting = order.map(|index| cost(index) * self.runs[index].progress.parts().1).collect();
        eta
    }
}

impl Watched {
    /// Reads what the log says since the last look.
    fn follow(&mut self, folder: &RunFolder, is_first: bool) {
        let path = folder.live_events();
        let is_other = self.log.as_ref().is_none_or(|(known, _)| *known != path);
        let (_, tail) = match self.log.take() {
            Some(log) if !is_other => self.log.insert(log),
            _ => self.log.insert((path.clone(), Tail::new(path))),
        };
        let events = tail.poll();
        self.patience = if events.is_empty() || is_first { self.patience.saturating_sub(1) } else { PATIENCE };
        for event in &events {
            self.progress.hear(event);
            if let RunEvent::Evaluated { step, seconds, .. } = event {
                self.evaluated = (*step, *seconds);
            }
        }
    }
}

/// Where a run stands. `is_alive` tells whether somebody is seen at work, `is_begun` whether its log has a beginning.
fn state(record: &Recorded, queue: Option<&QueueState>, is_alive: bool, is_begun: bool) -> RunState {
    let node = match queue {
        Some(QueueState::Running { node }) => Some(node.clone()),
        _ => None,
    };
    // A new attempt removes the record of a failure first.
    let has_failed = matches!(record, Recorded::Failed(_));
    if node.is_some() || (is_alive && !has_failed) {
        return RunState::Running { node };
    }
    if let Some(QueueState::Pending { reason }) = queue {
        return RunState::Queued { reason: reason.clone() };
    }
    match (record, queue) {
        (Recorded::Damaged { message, .. }, _) => RunState::Damaged { message: message.clone() },
        (Recorded::Failed(record), _) => RunState::Failed { reason: record.outcome.reason.clone() },
        (_, Some(QueueState::Ended { word })) => RunState::Started { ended: Some(word.clone()) },
        _ if is_begun => RunState::Started { ended: None },
        _ => RunState::Pending,
    }
}

//! Executor: worker processes on this machine, a run each.

mod ending;

use crate::{
    end::{self, End},
    error::SweepError,
    eta::Eta,
    event::SweepEvent,
    outstanding::{outstanding, schedule},
    plan::SweepPlan,
    record::{self, Recorded},
    recorder, results,
    run_folder::RunFolder,
    summary::{Ending, Summary},
    trainer::Trainer,
    worker::Worker,
};
use egnn_store::{StoreError, atomic, lock::FolderLock};
use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How often it is looked whether a worker has ended.
const POLL: Duration = Duration::from_millis(5);
/// How often their logs are read.
const FOLLOW: Duration = Duration::from_millis(100);
/// How often the remaining time is told.
const ETA_INTERVAL: Duration = Duration::from_secs(1);
/// How long workers may take to save and end when asked to; then they are killed.
const GRACE: Duration = Duration::from_secs(15);
/// The lock's name in messages.
pub(crate) const LOCK: &str = "sweep";

/// Whether a sweep is at work in `folder`, as far as this host can tell.
pub fn is_held(folder: &Path) -> bool {
    FolderLock::is_held(folder, LOCK)
}

/// The process of the sweep that holds `folder`, if one does. It need not be one of this host's.
///
/// # Errors
/// A folder that cannot be locked for other reasons.
pub fn owner(folder: &Path) -> Result<Option<u32>, SweepError> {
    match FolderLock::acquire(folder, LOCK) {
        Ok(_) => Ok(None),
        Err(StoreError::Locked { owner, .. }) => Ok(owner),
        Err(error) => Err(error.into()),
    }
}

/// How to execute a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalOptions {
    /// Runs side by side; 0 counts as 1.
    pub jobs: usize,
    /// Whether the first failure stops the sweep.
    pub fail_fast: bool,
    /// How often a run is started again whose worker was killed, by whomever: out of memory, by a signal. A run that
    /// fails by itself would fail again, and is not.
    pub retries: u32,
    /// How long a worker may take. Then it saves and ends, and its run has failed; the next call goes on from there.
    pub time_limit: Option<Duration>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { jobs: 1, fail_fast: false, retries: 2, time_limit: None }
    }
}

/// Executes what is outstanding of a plan and writes `results.parquet`. Runs that fail are results, not errors; the
/// summary tells. A worker that ends with [`egnn_schema::exit::ENVIRONMENT`] is no such failure: the others would fare
/// no better, and the sweep stops with [`SweepError::Blocked`]. Setting `cancel` stops the workers and returns [`Ending::Interrupted`].
///
/// # Errors
/// Another sweep in the same folder, a folder that cannot be written, a worker that cannot be started or that the
/// environment stopped. Workers that run then are stopped; what they recorded stays.
pub fn run(
    plan: &SweepPlan,
    trainer: &dyn Trainer,
    options: LocalOptions,
    cancel: &AtomicBool,
    listener: &mut dyn FnMut(&SweepEvent),
) -> Result<Summary, SweepError> {
    atomic::create_folder(&plan.folder)?;
    let _lock = FolderLock::acquire(&plan.folder, LOCK)?;
    atomic::sweep_temporaries(&plan.folder)?;
    let manifest = plan.manifest.write(&plan.folder)?;
    let ends = End::read_all(&plan.manifest, &plan.folder)?;
    end::settle(&plan.manifest, &plan.folder, &ends)?;
    for (index, end) in ends.iter().enumerate() {
        if matches!(end, End::Damaged { .. }) {
            set_aside(plan, index, listener)?;
        }
    }
    let total = plan.manifest.runs.len();
    let waiting = schedule(outstanding(total, &ends), &plan.estimates);
    let mut sweep = Sweep {
        plan,
        trainer,
        manifest,
        options,
        ends,
        waiting: waiting.into(),
        running: Vec::new(),
        crashes: BTreeMap::new(),
        finished_now: 0,
        failed: Vec::new(),
        blocked: None,
        written: None,
        work_done: 0.0,
        busy: Duration::ZERO,
    };
    let up_to_date = sweep.waiting.is_empty();
    let interrupted = if up_to_date {
        listener(&SweepEvent::UpToDate { total });
        false
    } else {
        let outstanding: Vec<usize> = sweep.waiting.iter().copied().collect();
        listener(&SweepEvent::PlanReady { total, done: total - outstanding.len(), outstanding });
        sweep.work(cancel, listener)?
    };
    let summary = sweep.summary(up_to_date, interrupted)?;
    listener(&SweepEvent::SweepFinished { summary: summary.clone() });
    Ok(summary)
}

/// Sets a damaged run aside, unless somebody works on it: whoever that is has seen to it.
fn set_aside(plan: &SweepPlan, index: usize, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
    let run = &plan.manifest.runs[index];
    let folder = RunFolder::new(&plan.folder, &run.id);
    let _lock = match FolderLock::acquire(folder.path(), recorder::LOCK) {
        Err(StoreError::Locked { .. }) => return Ok(()),
        lock if folder.path().is_dir() => Some(lock?),
        // Something else in its place.
        _ => None,
    };
    if let Some(aside) = record::set_aside_if_damaged(&folder, &run.id, &plan.manifest.identity_of(run))? {
        let message = aside.message(&run.id);
        listener(&SweepEvent::Damaged { index, path: aside.path, message });
    }
    Ok(())
}

struct Sweep<'a> {
    plan: &'a SweepPlan,
    trainer: &'a dyn Trainer,
    manifest: PathBuf,
    options: LocalOptions,
    ends: Vec<End>,
    waiting: VecDeque<usize>,
    running: Vec<Worker>,
    /// How often the workers of a run were killed.
    crashes: BTreeMap<usize, u32>,
    finished_now: usize,
    failed: Vec<(usize, String)>,
    /// What the first worker said that the environment stopped.
    blocked: Option<SweepError>,
    /// When results were written last, and how long that took.
    written: Option<(Instant, Duration)>,
    /// Estimated core-seconds of ended workers' work, and the time they took.
    work_done: f64,
    busy: Duration,
}

impl Sweep<'_> {
    /// Works until nothing is left or something stops it; whether the user did.
    fn work(&mut self, cancel: &AtomicBool, listener: &mut dyn FnMut(&SweepEvent)) -> Result<bool, SweepError> {
        let (mut last_eta, mut followed) = (None::<Instant>, Instant::now());
        while !(self.waiting.is_empty() && self.running.is_empty()) {
            let cancelled = cancel.load(Ordering::SeqCst);
            if cancelled || (self.options.fail_fast && !self.failed.is_empty()) {
                listener(&SweepEvent::Stopping { cancelled });
                self.stop(listener)?;
                // A worker that could not save must not be passed over.
                return self.blocked.take().map_or(Ok(cancelled), Err);
            }
            self.start(listener)?;
            thread::sleep(POLL);
            let follow = followed.elapsed() >= FOLLOW;
            if follow {
                followed = Instant::now();
            }
            self.look(follow, listener)?;
            if let Some(error) = self.blocked.take() {
                listener(&SweepEvent::Stopping { cancelled: false });
                // These may fail for the same reason as the worker, whose words say more.
                let _ = self.stop(listener);
                let _ = results::write(self.plan, &self.ends);
                return Err(error);
            }
            if last_eta.is_none_or(|last| last.elapsed() >= ETA_INTERVAL) && !self.running.is_empty() {
                last_eta = Some(Instant::now());
                let (running, waiting) = (self.running.len(), self.waiting.len());
                listener(&SweepEvent::Eta { remaining: self.eta().remaining(), running, waiting });
            }
        }
        Ok(false)
    }

    /// Fills free jobs.
    fn start(&mut self, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
        while self.running.len() < self.options.jobs.max(1) {
            let Some(index) = self.waiting.pop_front() else { break };
            let run = &self.plan.manifest.runs[index];
            // A sweep on another host, which no lock stops, may have finished it meanwhile.
            let record = Recorded::planned(&self.plan.manifest, &self.plan.folder, run)?;
            if record.is_finished() {
                self.take(index, &record, Duration::ZERO, listener)?;
                continue;
            }
            let worker = Worker::start(self.plan, self.trainer, &self.manifest, index)?;
            listener(&SweepEvent::RunStarted { index, id: run.id.clone(), pid: worker.pid() });
            self.running.push(worker);
        }
        Ok(())
    }

    /// Takes in the workers that have ended, and hears what the others say if it is time to `follow` them.
    fn look(&mut self, follow: bool, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
        let mut place = 0;
        while place < self.running.len() {
            let worker = &mut self.running[place];
            if let Some(limit) = self.options.time_limit {
                worker.hold_to(limit, GRACE);
            }
            // The status first: what is read after it is complete.
            let status = worker.ended()?;
            if (follow || status.is_some()) && worker.follow() {
                let (index, progress) = (worker.index, worker.progress);
                let (step, steps, loss, valid) = (progress.step, progress.steps, progress.loss, progress.valid);
                listener(&SweepEvent::RunProgress { index, step, steps, loss, valid });
            }
            let Some(status) = status else {
                place += 1;
                continue;
            };
            let worker = self.running.remove(place);
            self.busy += worker.started.elapsed();
            self.work_done += self.cost(worker.index) * worker.progress.parts().0;
            self.end(&worker, status, listener)?;
        }
        Ok(())
    }

    /// Asks all workers to end and waits for them; those that do not are killed.
    fn stop(&mut self, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
        self.running.iter_mut().for_each(Worker::ask_to_end);
        let deadline = Instant::now() + GRACE;
        while !self.running.is_empty() && Instant::now() < deadline {
            self.look(true, listener)?;
            thread::sleep(POLL);
        }
        self.running.clear();
        Ok(())
    }

    fn cost(&self, index: usize) -> f64 {
        // A plan without estimates counts runs.
        self.plan.estimates.get(index).map_or(1.0, |estimate| estimate.core_seconds.max(1e-3))
    }

    fn eta(&self) -> Eta {
        let mut eta = Eta {
            jobs: self.options.jobs.max(1),
            work_done: self.work_done,
            busy_seconds: self.busy.as_secs_f64(),
            running: Vec::new(),
            waiting: self.waiting.iter().map(|&index| self.cost(index)).collect(),
        };
        for worker in &self.running {
            let (done, left) = worker.progress.parts();
            eta.work_done += self.cost(worker.index) * done;
            eta.busy_seconds += worker.started.elapsed().as_secs_f64();
            eta.running.push(self.cost(worker.index) * left);
        }
        eta
    }

    fn summary(self, up_to_date: bool, interrupted: bool) -> Result<Summary, SweepError> {
        let results = results::write(self.plan, &self.ends)?;
        let is_complete = self.ends.iter().all(End::is_finished);
        let ending = match (up_to_date, interrupted, is_complete) {
            (true, ..) => Ending::UpToDate,
            (_, true, _) => Ending::Interrupted,
            (_, _, false) => Ending::Failed,
            (_, _, true) => Ending::Complete,
        };
        Ok(Summary {
            ending,
            total: self.ends.len(),
            finished: self.ends.iter().filter(|end| end.is_finished()).count(),
            finished_now: self.finished_now,
            failed: self.failed,
            results,
        })
    }
}

//! Executor: worker processes on this machine, a run each.

use crate::{
    error::SweepError,
    eta::Eta,
    event::SweepEvent,
    outstanding::{outstanding, schedule},
    plan::SweepPlan,
    record::Recorded,
    results,
    run_folder::RunFolder,
    summary::{Ending, Summary},
    trainer::Trainer,
    worker::{self, Worker},
};
use egnn_schema::{Outcome, RunMetrics};
use egnn_store::{atomic, lock::FolderLock};
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How often workers are looked at.
const POLL: Duration = Duration::from_millis(50);
/// How often the remaining time is told.
const ETA_INTERVAL: Duration = Duration::from_secs(1);
/// How long workers may take to end when asked to; then they are killed.
const GRACE: Duration = Duration::from_secs(5);
/// The lock's name in messages.
pub(crate) const LOCK: &str = "sweep";

/// How to execute a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalOptions {
    /// Runs side by side; 0 counts as 1.
    pub jobs: usize,
    /// Whether the first failure stops the sweep.
    pub fail_fast: bool,
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
    let records = Recorded::read_all(&plan.manifest, &plan.folder)?;
    for (index, record) in records.iter().enumerate() {
        if let Recorded::Damaged { path, message } = record {
            let (file, id) = (path.display(), &plan.manifest.runs[index].id);
            let message = format!("'{file}' of run {id} is damaged: {message}; the run is done again");
            listener(&SweepEvent::Damaged { index, path: path.clone(), message });
        }
    }
    let total = plan.manifest.runs.len();
    let waiting = schedule(outstanding(total, &records), &plan.estimates);
    let mut sweep = Sweep {
        plan,
        trainer,
        manifest,
        jobs: options.jobs.max(1),
        records,
        results: results::Occasional::default(),
        waiting: waiting.into(),
        running: Vec::new(),
        finished_now: 0,
        failed: Vec::new(),
        blocked: None,
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
        sweep.work(options.fail_fast, cancel, listener)?
    };
    let summary = sweep.summary(up_to_date, interrupted)?;
    listener(&SweepEvent::SweepFinished { summary: summary.clone() });
    Ok(summary)
}

struct Sweep<'a> {
    plan: &'a SweepPlan,
    trainer: &'a dyn Trainer,
    manifest: PathBuf,
    jobs: usize,
    records: Vec<Recorded>,
    results: results::Occasional,
    waiting: VecDeque<usize>,
    running: Vec<Worker>,
    finished_now: usize,
    failed: Vec<(usize, String)>,
    /// What the first worker said that the environment stopped.
    blocked: Option<SweepError>,
    /// Estimated core-seconds of ended workers' work, and the time they took.
    work_done: f64,
    busy: Duration,
}

impl Sweep<'_> {
    /// Works until nothing is left or something stops it; whether the user did.
    fn work(
        &mut self,
        fail_fast: bool,
        cancel: &AtomicBool,
        listener: &mut dyn FnMut(&SweepEvent),
    ) -> Result<bool, SweepError> {
        let mut last_eta = None::<Instant>;
        while !(self.waiting.is_empty() && self.running.is_empty()) {
            let cancelled = cancel.load(Ordering::SeqCst);
            if cancelled || (fail_fast && !self.failed.is_empty()) {
                listener(&SweepEvent::Stopping { cancelled });
                self.stop(listener)?;
                return Ok(cancelled);
            }
            self.start(listener)?;
            thread::sleep(POLL);
            self.look(true, listener)?;
            if let Some(error) = self.blocked.take() {
                listener(&SweepEvent::Stopping { cancelled: false });
                // These may fail for the same reason as the worker, whose words say more.
                let _ = self.stop(listener);
                let _ = results::write(self.plan, &self.records);
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
        while self.running.len() < self.jobs {
            let Some(index) = self.waiting.pop_front() else { break };
            let worker = Worker::start(self.plan, self.trainer, &self.manifest, index)?;
            let id = self.plan.manifest.runs[index].id.clone();
            listener(&SweepEvent::RunStarted { index, id, pid: worker.pid() });
            self.running.push(worker);
        }
        Ok(())
    }

    /// Hears what running workers say and takes in those that have ended. `blame` tells whether an end without a
    /// result is the run's failure.
    fn look(&mut self, blame: bool, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
        let mut place = 0;
        while place < self.running.len() {
            let worker = &mut self.running[place];
            // The status first: what is read after it is complete.
            let status = worker.ended()?;
            if worker.follow() {
                let (index, progress) = (worker.index, worker.progress);
                let (step, steps, loss, valid) = (progress.step, progress.steps, progress.loss, progress.valid);
                listener(&SweepEvent::RunProgress { index, step, steps, loss, valid });
            }
            let Some(status) = status else {
                place += 1;
                continue;
            };
            let worker = self.running.remove(place);
            if let Some(error) = worker.blocked(self.plan, status)? {
                self.blocked.get_or_insert(error);
                self.records[worker.index] = Recorded::None;
                continue;
            }
            let record = worker.record(self.plan, status, blame)?;
            self.take(&worker, record, listener)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        worker: &Worker,
        record: Recorded,
        listener: &mut dyn FnMut(&SweepEvent),
    ) -> Result<(), SweepError> {
        let (index, took) = (worker.index, worker.started.elapsed());
        let id = self.plan.manifest.runs[index].id.clone();
        self.busy += took;
        self.work_done += self.cost(index) * worker.progress.parts().0;
        if let Some(metrics) = metrics(&record) {
            self.finished_now += 1;
            listener(&SweepEvent::RunFinished { index, id, metrics: metrics.clone(), took });
        } else if let Some(reason) = worker::reason(&record) {
            let log = RunFolder::new(&self.plan.folder, &id).log();
            self.failed.push((index, reason.to_owned()));
            listener(&SweepEvent::RunFailed { index, id, reason: reason.to_owned(), log });
        }
        self.records[index] = record;
        // Whoever looks meanwhile, or after a SIGKILL, finds what there is.
        self.results.write(self.plan, &self.records)
    }

    /// Asks all workers to end and waits for them; those that do not are killed.
    fn stop(&mut self, listener: &mut dyn FnMut(&SweepEvent)) -> Result<(), SweepError> {
        self.running.iter_mut().for_each(Worker::ask_to_end);
        let deadline = Instant::now() + GRACE;
        while !self.running.is_empty() && Instant::now() < deadline {
            self.look(false, listener)?;
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
            jobs: self.jobs,
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
        let results = results::write(self.plan, &self.records)?;
        let ending = match (up_to_date, interrupted, self.failed.is_empty()) {
            (true, ..) => Ending::UpToDate,
            (_, true, _) => Ending::Interrupted,
            (_, _, false) => Ending::Failed,
            (_, _, true) => Ending::Complete,
        };
        Ok(Summary {
            ending,
            total: self.records.len(),
            finished: self.records.iter().filter(|record| record.is_finished()).count(),
            finished_now: self.finished_now,
            failed: self.failed,
            results,
        })
    }
}

fn metrics(record: &Recorded) -> Option<&RunMetrics> {
    match record {
        Recorded::Finished(record) => match &record.outcome {
            Some(Outcome::Finished { metrics }) => Some(metrics),
            _ => None,
        },
        _ => None,
    }
}

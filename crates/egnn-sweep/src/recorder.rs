//! The worker's half of a run's record: events in, files out.

mod metrics;

use crate::{
    attempt::{self, Attempt, remove},
    error::SweepError,
    event_log::{self, Writer},
    publish::{self, Published},
    record::{self, Ended, Recorded},
    run_folder::RunFolder,
};
use egnn_schema::{
    Circumstances, Failure, Outcome, RunEvent, RunMetrics, RunRecord,
    run::{RunIdentity, StoredFile},
    version,
};
use egnn_store::{StoreError, atomic, checksum, lock::FolderLock, table};
use metrics::not_finite;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// At most one progress event is kept in this time.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// How long a new attempt waits for a worker whose sweep was killed to notice it, save and end.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
/// The lock's name in messages.
pub(crate) const LOCK: &str = "run";

/// What [`Recorder::open`] finds.
#[derive(Debug)]
pub enum Opening {
    /// Nothing is left to do: the run is finished.
    Finished(Box<Ended<RunMetrics>>),
    /// An attempt begins.
    Begun(Box<Recorder>),
}

/// Keeps the record of one attempt at a run in the attempt's own folder: `run.json` at the start, `events.jsonl` live,
/// `metrics.parquet` and `done.json` at the end, which then become the run's. A failure is the run's `failed.json`.
#[derive(Debug)]
pub struct Recorder {
    run: RunFolder,
    folder: RunFolder,
    published: Option<Published>,
    record: RunRecord,
    /// What the log holds.
    events: Vec<RunEvent>,
    writer: Writer,
    last_progress: Option<Instant>,
    _lock: Option<FolderLock>,
}

impl Recorder {
    /// Begins an attempt at the run `id` in `run_dir`, unless it is finished. `circumstances` tells version, host and
    /// the like; times and attempts are counted here. What an earlier attempt saved is there for this one; if it was on
    /// another type of CPU, only with `any_cpu`. A damaged record is set aside with everything that belongs to it.
    ///
    /// # Errors
    /// If the folder cannot be written, or another worker has it and does not end within some seconds.
    pub fn open(
        run_dir: &Path,
        id: &str,
        identity: RunIdentity,
        circumstances: Circumstances,
        any_cpu: bool,
    ) -> Result<Opening, SweepError> {
        let run = RunFolder::at(run_dir);
        if run_dir.exists() && !run_dir.is_dir() {
            set_aside(&run, id, &identity)?;
        }
        let mut lock = own(run_dir)?;
        // Whoever had the lock may have finished it.
        if let Recorded::Finished(record) = Recorded::read(&run, id, &identity)? {
            publish::settle(&run, &record.circumstances.attempt)?;
            return Ok(Opening::Finished(record));
        }
        if set_aside(&run, id, &identity)? {
            // The lock went with the folder.
            lock = own(run_dir)?;
        }
        atomic::sweep_temporaries(run_dir)?;
        remove(&run.failed())?;
        let circumstances = Circumstances { started_unix: now(), ended_unix: 0, ..circumstances };
        let attempt = Attempt::begin(&run, &identity, circumstances, any_cpu)?;
        let Attempt { folder, events, circumstances, spent } = attempt;
        let record = RunRecord {
            record_version: version::RECORD_VERSION,
            id: id.into(),
            identity,
            outcome: None,
            circumstances,
            files: BTreeMap::new(),
        };
        begin(&folder, &record)?;
        let writer = Writer::start(&folder.events(), &events)?;
        Attempt::clear(&spent)?;
        Ok(Opening::Begun(Box::new(Self {
            run,
            folder,
            published: None,
            record,
            events,
            writer,
            last_progress: None,
            _lock: lock,
        })))
    }

    /// The attempt's own folder, until it is [`published`](Self::published).
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// What became of the attempt, once it has finished.
    pub fn published(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// Evaluations in the log now. A worker asks before `Started`: a checkpoint that has seen more of them cannot be
    /// resumed without gaps in `metrics.parquet`.
    pub fn evaluations(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, RunEvent::Evaluated { .. })).count()
    }

    /// Records an event. `Started` cuts the log back to what is still true, `Finished` and `Failed` write the end.
    ///
    /// # Errors
    /// If a file cannot be written, or an evaluation or result is not a finite number.
    pub fn record(&mut self, event: &RunEvent) -> Result<(), SweepError> {
        if let Some(what) = not_finite(event) {
            return Err(SweepError::NotFinite { run: self.record.id.clone(), what });
        }
        match event {
            RunEvent::Started { from_epoch, from_step, .. } => {
                if *from_step == 0 && !self.record.circumstances.earlier_cpus.is_empty() {
                    // Nothing of what other CPUs computed is left.
                    self.record.circumstances.earlier_cpus.clear();
                    begin(&self.folder, &self.record)?;
                }
                self.events = event_log::cut_back(std::mem::take(&mut self.events), *from_epoch);
                self.writer = Writer::start(&self.folder.events(), &self.events)?;
                self.append(event)
            }
            RunEvent::Progress { loss, .. } => {
                let due = self.last_progress.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL);
                // JSON has no NaN; the trainer reports one as a failure.
                if !due || !loss.is_finite() {
                    return Ok(());
                }
                self.last_progress = Some(Instant::now());
                self.append(event)
            }
            RunEvent::Evaluated { .. } => {
                self.append(event)?;
                // The log is never behind a checkpoint that is written after this.
                self.writer.sync()
            }
            RunEvent::Timed { forward_seconds } => {
                self.record.circumstances.forward_seconds = Some(*forward_seconds);
                self.append(event)
            }
            RunEvent::Finished { metrics } => {
                self.append(event)?;
                self.writer.sync()?;
                table::write(&self.folder.metrics(), &metrics::table(&self.events, &self.record.id))?;
                self.end(Outcome::Finished { metrics: metrics.clone() })
            }
            RunEvent::Failed { failure } => {
                self.append(event)?;
                self.writer.sync()?;
                self.end(Outcome::Failed { failure: failure.clone() })
            }
        }
    }

    fn append(&mut self, event: &RunEvent) -> Result<(), SweepError> {
        self.writer.append(event)?;
        self.events.push(event.clone());
        Ok(())
    }

    fn end(&mut self, outcome: Outcome) -> Result<(), SweepError> {
        let circumstances = &mut self.record.circumstances;
        circumstances.ended_unix = now();
        circumstances.peak_memory_bytes = circumstances.peak_memory_bytes.max(peak_memory());
        circumstances.seconds = self.events.iter().filter_map(seconds).fold(circumstances.seconds, f64::max);
        let is_finished = matches!(outcome, Outcome::Finished { .. });
        self.record.outcome = Some(outcome);
        if is_finished {
            for path in publish::of_result(&self.folder)? {
                let bytes = path.metadata().map_err(|error| SweepError::io("read", &path, error))?.len();
                let file = StoredFile { bytes, checksum: checksum::file(&path)? };
                self.record.files.extend(path.file_name().map(|name| (name.to_string_lossy().into_owned(), file)));
            }
            atomic::write_json(&self.folder.done(), &self.record)?;
            let published = publish::publish(&self.run, &self.folder, &self.record)?;
            if published != Published::First {
                // Nothing goes on from it.
                remove(&self.folder.checkpoint())?;
            }
            self.published = Some(published);
        } else if !self.run.done().exists() {
            atomic::write_json(&self.run.failed(), &self.record)?;
        }
        Ok(())
    }
}

/// Writes the `failed.json` of a run whose worker could not: it was killed, or it never got so far.
pub(crate) fn record_failure(
    folder: &RunFolder,
    id: &str,
    identity: RunIdentity,
    reason: &str,
) -> Result<(), SweepError> {
    atomic::create_folder(folder.path())?;
    let started = folder.each_attempt().last().and_then(attempt::started);
    let circumstances = started.filter(|record| record.identity == identity).map(|record| record.circumstances);
    let circumstances = Circumstances { ended_unix: now(), ..circumstances.unwrap_or_default() };
    let failure = Failure { reason: reason.into(), epoch: None, batch: None, last_good: None };
    let record = RunRecord {
        record_version: version::RECORD_VERSION,
        id: id.into(),
        identity,
        outcome: Some(Outcome::Failed { failure }),
        circumstances,
        files: BTreeMap::new(),
    };
    atomic::write_json(&folder.failed(), &record)?;
    Ok(())
}

/// Writes the `run.json` of an attempt.
fn begin(attempt: &RunFolder, record: &RunRecord) -> Result<(), SweepError> {
    let path = attempt.run();
    let text = serde_json::to_vec_pretty(record).map_err(|error| SweepError::io("write", &path, error.into()))?;
    atomic::write_briefly(&path, |out| out.write_all(&text))?;
    Ok(())
}

/// Sets a damaged run aside and says so; whether it was.
fn set_aside(run: &RunFolder, id: &str, identity: &RunIdentity) -> Result<bool, SweepError> {
    let aside = record::set_aside_if_damaged(run, id, identity)?;
    if let Some(aside) = &aside {
        tracing::warn!("{}", aside.message(id));
    }
    Ok(aside.is_some())
}

/// The run's folder, made if it is not there, and its lock.
fn own(folder: &Path) -> Result<Option<FolderLock>, SweepError> {
    atomic::create_folder(folder)?;
    patient_lock(folder)
}

fn patient_lock(folder: &Path) -> Result<Option<FolderLock>, SweepError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match FolderLock::acquire(folder, LOCK) {
            Err(StoreError::Locked { .. }) if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            // A host that was given up may keep its locks on a shared file system for long. Attempts do not need them.
            Err(StoreError::Locked { elsewhere: Some(_), .. }) => return Ok(None),
            result => return Ok(Some(result?)),
        }
    }
}

fn seconds(event: &RunEvent) -> Option<f64> {
    match event {
        RunEvent::Evaluated { seconds, .. } => Some(*seconds),
        _ => None,
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Largest resident memory of this process, 0 where the system does not say.
fn peak_memory() -> u64 {
    let kib = fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
    });
    kib.unwrap_or(0) * 1024
}

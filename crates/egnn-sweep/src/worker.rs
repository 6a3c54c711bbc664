//! One worker process: started, followed, stopped, and its end understood.

use crate::{
    error::SweepError, event_log::Tail, plan::SweepPlan, record::Recorded, recorder, run_folder::RunFolder,
    trainer::Trainer,
};
use egnn_schema::{Outcome, RunEvent, exit};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

/// How much of a log's end is searched for its last line.
const LOG_TAIL: u64 = 4096;
/// Longest quotation of a log, in characters.
const QUOTE: usize = 300;

/// A running worker. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) index: usize,
    pub(crate) started: Instant,
    pub(crate) progress: Progress,
    child: Child,
    folder: RunFolder,
    tail: Tail,
    log_begin: u64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Progress {
    /// Steps done when this attempt started.
    pub(crate) first_step: u64,
    pub(crate) step: u64,
    pub(crate) steps: u64,
    pub(crate) loss: Option<f64>,
    pub(crate) valid: Option<f64>,
}

impl Progress {
    pub(crate) fn hear(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started { from_step, steps, .. } => {
                (self.first_step, self.step, self.steps) = (*from_step, *from_step, *steps);
            }
            RunEvent::Progress { step, loss, .. } => (self.step, self.loss) = (*step, Some(*loss)),
            RunEvent::Evaluated { step, valid_loss, .. } => (self.step, self.valid) = (*step, Some(*valid_loss)),
            RunEvent::Finished { .. } | RunEvent::Failed { .. } => {}
        }
    }

    /// Parts of the whole run: done by this attempt, and left.
    pub(crate) fn parts(&self) -> (f64, f64) {
        let part = |steps: u64| steps as f64 / self.steps.max(1) as f64;
        let done = part(self.step.saturating_sub(self.first_step)).min(1.0);
        let left = if self.steps == 0 { 1.0 } else { part(self.steps.saturating_sub(self.step)) };
        (done, left)
    }
}

impl Worker {
    /// Starts the worker of run `index`.
    pub(crate) fn start(
        plan: &SweepPlan,
        trainer: &dyn Trainer,
        manifest: &Path,
        index: usize,
    ) -> Result<Self, SweepError> {
        let folder = RunFolder::new(&plan.folder, &plan.manifest.runs[index].id);
        egnn_store::atomic::create_folder(folder.path())?;
        // An old failure must not be taken for this attempt's.
        recorder::remove(&folder.failed())?;
        let path = folder.log();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| SweepError::io("open", &path, error))?;
        let log_begin = log.metadata().map_err(|error| SweepError::io("read", &path, error))?.len();
        let errors = log.try_clone().map_err(|error| SweepError::io("open", &path, error))?;
        let mut command = trainer.worker(manifest, index);
        command.stdin(Stdio::piped()).stdout(log).stderr(errors);
        own_group(&mut command);
        let child = command.spawn().map_err(|source| {
            let program = command.get_program().to_string_lossy().into_owned();
            SweepError::Spawn { program, source }
        })?;
        let tail = Tail::new(folder.events());
        Ok(Self { index, started: Instant::now(), progress: Progress::default(), child, folder, tail, log_begin })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads new events; whether there was progress.
    pub(crate) fn follow(&mut self) -> bool {
        let before = self.progress;
        for event in self.tail.poll() {
            self.progress.hear(&event);
        }
        self.progress != before
    }

    /// Closes the lifeline: the worker should end soon.
    pub(crate) fn ask_to_end(&mut self) {
        self.child.stdin = None;
    }

    /// The exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, SweepError> {
        self.child.try_wait().map_err(|error| SweepError::io("wait for the worker of", self.folder.path(), error))
    }

    /// The error of a worker that ended unfinished because the environment was in the way. Its run has not failed: a
    /// `failed.json` that it managed to write is removed.
    pub(crate) fn blocked(&self, plan: &SweepPlan, status: ExitStatus) -> Result<Option<SweepError>, SweepError> {
        let run = &plan.manifest.runs[self.index];
        if status.code() != Some(i32::from(exit::ENVIRONMENT))
            || Recorded::read(&self.folder, &run.id, &plan.manifest.identity_of(run))?.is_finished()
        {
            return Ok(None);
        }
        // Left there it does no harm: failed runs are tried again too.
        let _ = recorder::remove(&self.folder.failed());
        let reason = self.last_words().unwrap_or_else(|| format!("its worker ended without a word ({status})"));
        Ok(Some(SweepError::Blocked { run: run.id.clone(), reason }))
    }

    /// The record that an ended worker left. One that left none has failed: that is recorded for it, if `blame`.
    pub(crate) fn record(&self, plan: &SweepPlan, status: ExitStatus, blame: bool) -> Result<Recorded, SweepError> {
        let run = &plan.manifest.runs[self.index];
        let identity = plan.manifest.identity_of(run);
        let recorded = Recorded::read(&self.folder, &run.id, &identity)?;
        let reason = match &recorded {
            Recorded::Finished(_) | Recorded::Failed(_) => return Ok(recorded),
            Recorded::None => {
                let words = self.last_words().map_or_else(String::new, |words| format!(": {words}"));
                format!("the worker ended without a result ({status}){words}")
            }
            Recorded::Damaged { path, message } => {
                let reason = format!("'{}' cannot be used: {message}", path.display());
                recorder::remove(path)?;
                reason
            }
        };
        if !blame {
            return Ok(Recorded::None);
        }
        recorder::record_failure(&self.folder, &run.id, identity.clone(), &reason)?;
        Recorded::read(&self.folder, &run.id, &identity)
    }

    /// The last line that this attempt logged.
    fn last_words(&self) -> Option<String> {
        let text = log_end(&self.folder.log(), self.log_begin).unwrap_or_default();
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.strip_prefix("error: ").unwrap_or(line).chars().take(QUOTE).collect())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // An ended child is only reaped; errors mean that there is none.
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Why a run failed, in its record's words.
pub(crate) fn reason(record: &Recorded) -> Option<&str> {
    match record {
        Recorded::Failed(record) => match &record.outcome {
            Some(Outcome::Failed { failure }) => Some(&failure.reason),
            _ => None,
        },
        _ => None,
    }
}

fn log_end(path: &Path, begin: u64) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(begin.max(end.saturating_sub(LOG_TAIL))))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ctrl-C goes to the whole foreground group; workers are to hear of it from the sweep alone.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

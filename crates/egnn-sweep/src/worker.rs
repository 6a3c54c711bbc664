//! One worker process: started, followed, stopped, and its end understood.

use crate::{
    attempt::remove,
    error::SweepError,
    event_log::Tail,
    plan::SweepPlan,
    record::{self, Recorded},
    recorder,
    run_folder::RunFolder,
    trainer::Trainer,
};
use egnn_schema::{RunEvent, exit};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
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
    /// Since when it has been asked to end.
    asked: Option<Instant>,
    child: Child,
    folder: RunFolder,
    log_begin: u64,
    /// The log of its attempt, once there is one.
    tail: Option<Tail>,
}

/// What the end of a worker means for its run.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It left a result or a failure.
    Recorded(Recorded),
    /// Disk, permissions or the like stopped it, and would stop others.
    Blocked(SweepError),
    /// It was asked to, and has saved what it could.
    Stopped,
    /// It was killed, by whomever: another attempt may fare better.
    Crashed(String),
}

/// Whether a worker that left no record ended by a signal. Shells and launchers say it with a number above 128, and a
/// worker that was told to save and stop with a code of its own.
fn is_crash(status: ExitStatus) -> bool {
    status.code().is_none_or(|code| code > 128 || code == i32::from(exit::INTERRUPTED))
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
            RunEvent::Timed { .. } | RunEvent::Finished { .. } | RunEvent::Failed { .. } => {}
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
        remove(&folder.failed())?;
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
        let (started, progress) = (Instant::now(), Progress::default());
        Ok(Self { index, started, progress, asked: None, child, folder, log_begin, tail: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads new events; whether there was progress.
    pub(crate) fn follow(&mut self) -> bool {
        let before = self.progress;
        if self.tail.is_none() {
            let own = |attempt: &RunFolder| attempt.path().to_string_lossy().ends_with(&format!("-{}", self.pid()));
            self.tail =
                self.folder.each_attempt().iter().rfind(|attempt| own(attempt)).map(|own| Tail::new(own.events()));
        }
        // A finished attempt has become the run.
        let settled = self.folder.events();
        if settled.exists() {
            self.tail.get_or_insert_with(|| Tail::new(settled.clone())).moved_to(settled);
        }
        for event in self.tail.as_mut().map(Tail::poll).unwrap_or_default() {
            self.progress.hear(&event);
        }
        self.progress != before
    }

    /// Closes the lifeline: the worker should save and end soon.
    pub(crate) fn ask_to_end(&mut self) {
        self.child.stdin = None;
        self.asked.get_or_insert_with(Instant::now);
    }

    /// Asks a worker to end that has taken longer than `limit`, and kills it if it does not within `grace`.
    pub(crate) fn hold_to(&mut self, limit: Duration, grace: Duration) {
        match self.asked {
            None if self.started.elapsed() > limit => self.ask_to_end(),
            Some(asked) if asked.elapsed() > grace => drop(self.child.kill()),
            _ => {}
        }
    }

    /// The exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, SweepError> {
        self.child.try_wait().map_err(|error| SweepError::io("wait for the worker of", self.folder.path(), error))
    }

    /// What the end of a worker means for its run. A run that ended without a record, and not by accident, has failed:
    /// that is recorded for it.
    pub(crate) fn verdict(&self, plan: &SweepPlan, status: ExitStatus) -> Result<Verdict, SweepError> {
        let run = &plan.manifest.runs[self.index];
        let identity = plan.manifest.identity_of(run);
        let recorded = Recorded::read(&self.folder, &run.id, &identity)?;
        if recorded.is_finished() {
            return Ok(Verdict::Recorded(recorded));
        }
        let words = self.last_words();
        if status.code() == Some(i32::from(exit::ENVIRONMENT)) {
            // Its run has not failed. Left there a record does no harm: failed runs are tried again too.
            let _ = remove(&self.folder.failed());
            let reason = words.unwrap_or_else(|| format!("its worker ended without a word ({status})"));
            return Ok(Verdict::Blocked(SweepError::Blocked { run: run.id.clone(), reason }));
        }
        let reason = match &recorded {
            Recorded::Failed(_) => return Ok(Verdict::Recorded(recorded)),
            _ if self.asked.is_some() => return Ok(Verdict::Stopped),
            Recorded::Damaged { path, message } => {
                let reason = format!("'{}' cannot be used: {message}", path.display());
                record::set_aside_if_damaged(&self.folder, &run.id, &identity)?;
                reason
            }
            _ if is_crash(status) => format!("the worker was killed ({status})"),
            _ => {
                let words = words.map_or_else(String::new, |words| format!(": {words}"));
                let reason = format!("the worker ended without a result ({status}){words}");
                return self.fail(plan, &reason).map(Verdict::Recorded);
            }
        };
        Ok(Verdict::Crashed(reason))
    }

    /// Records that the run has failed, and gives the record.
    pub(crate) fn fail(&self, plan: &SweepPlan, reason: &str) -> Result<Recorded, SweepError> {
        let run = &plan.manifest.runs[self.index];
        let identity = plan.manifest.identity_of(run);
        recorder::record_failure(&self.folder, &run.id, identity.clone(), reason)?;
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

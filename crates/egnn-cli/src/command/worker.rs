//! `egnn worker`: one run of a plan, in a process of its own.

use crate::{
    args::Worker,
    catalogue::Catalogue,
    exit::{Result, Stop},
    interrupt, printer, provenance,
    workspace::Workspace,
};
use egnn_nn::Backend;
use egnn_schema::{Failure, RunEvent, RunIdentity, RunMetrics, exit, names};
use egnn_store::manifest;
use egnn_sweep::{Opening, Published, Recorder, RunFolder, SweepManifest, lifeline};
use egnn_train::{Attempt, Files, TaskConfig, TrainError, train};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Least time between two progress events.
const PROGRESS: Duration = Duration::from_millis(500);
/// How long a worker that lost its sweep may take to save; a long evaluation is not waited for.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) fn run(args: &Worker, workspace: &Workspace) -> Result<()> {
    let manifest = SweepManifest::read(&args.manifest)?;
    let identity = manifest.identity(args.index)?;
    let backend = backend(&identity.backend)?;
    let stop = interrupt::graceful();
    if args.lifeline {
        // No worker outlives its sweep.
        lifeline::watch(std::io::stdin(), || {
            stop.store(true, Ordering::SeqCst);
            std::thread::sleep(GRACE);
            std::process::exit(i32::from(exit::INTERRUPTED))
        });
    }
    let planned = &manifest.runs[args.index];
    let folder = RunFolder::new(&workspace.root().join(&manifest.folder), &planned.id).path().to_owned();
    let how = Execution { backend, checkpoint_every: seconds(args.checkpoint_every)?, any_cpu: args.allow_other_cpu };
    let metrics = execute(&folder, &planned.id, identity, how, workspace, &mut |_| ())?;
    printer::say(format!("{}: finished, {:?}", planned.id, metrics.values));
    Ok(())
}

/// How a run is executed. None of it is part of what the run is, but the backend.
#[derive(Clone, Copy)]
pub(crate) struct Execution {
    pub(crate) backend: Backend,
    pub(crate) checkpoint_every: Duration,
    /// Whether to go on from what another type of CPU saved.
    pub(crate) any_cpu: bool,
}

/// Does one run in `folder`, going on from where it was interrupted, and records it. One that is finished is only read.
pub(crate) fn execute(
    folder: &Path,
    id: &str,
    identity: RunIdentity,
    how: Execution,
    workspace: &Workspace,
    listen: &mut dyn FnMut(&RunEvent),
) -> Result<RunMetrics> {
    let catalogue = Catalogue::read(workspace)?;
    let config = TaskConfig::resolve(&identity.task, &identity.config, &catalogue)?;
    let datasets = identity.datasets.clone();
    let circumstances = provenance::circumstances(config.streams());
    let cpu = circumstances.cpu.clone();
    let mut recorder = match Recorder::open(folder, id, identity, circumstances, how.any_cpu)? {
        Opening::Begun(recorder) => recorder,
        Opening::Finished(record) => {
            printer::say(format!("{id}: finished before"));
            return Ok(record.outcome);
        }
    };
    let files = Files::of_run(recorder.folder().path());
    let attempt = Attempt {
        backend: how.backend,
        checkpoint_every: how.checkpoint_every,
        progress_every: PROGRESS,
        cpu,
        any_cpu: how.any_cpu,
        recorded_evaluations: recorder.evaluations() as u64,
        stop: Arc::clone(interrupt::graceful()),
    };
    let mut record = |event: &RunEvent| {
        listen(event);
        recorder.record(event).map_err(Into::into)
    };
    let outcome = same_data(&catalogue, &datasets).and_then(|()| {
        let data = config.read_data(&workspace.datasets())?;
        match train(&config, &datasets, &data, &files, &attempt, &mut record) {
            // Already recorded by the trainer.
            Err(error @ TrainError::Diverged(_)) => Ok(Err(error)),
            other => Ok(Ok(other?)),
        }
    });
    if let Some(Published::Superseded { host, is_equal }) = recorder.published() {
        let place = recorder.folder().path().display();
        let verdict = if *is_equal { "with the same results" } else { "with OTHER results" };
        printer::say(format!("{id}: an attempt on {host} finished first, {verdict}; this one stays in {place}"));
    }
    match outcome {
        Ok(trained) => Ok(trained?),
        // The run is as good as before; a failure on record would be about the machine and not about the run.
        Err(stop) if [exit::ENVIRONMENT, exit::INTERRUPTED].contains(&stop.code) => Err(stop),
        Err(stop) => {
            let failure = Failure { reason: stop.to_string(), epoch: None, batch: None, last_good: None };
            // If this cannot be recorded either, the message on stderr, which is the run's log, still says why.
            let _ = recorder.record(&RunEvent::Failed { failure });
            Err(stop)
        }
    }
}

/// The backend that a run's identity names.
fn backend(name: &str) -> Result<Backend> {
    let known = Backend::ALL.map(Backend::name);
    Backend::from_name(name).ok_or_else(|| Stop::input(names::unknown("backend", name, &known)))
}

/// The data must still be what the plan was made with.
fn same_data(catalogue: &Catalogue, datasets: &BTreeMap<String, String>) -> Result<()> {
    for (set, planned) in datasets {
        let found = catalogue.manifest(set)?;
        match found {
            Some(found) if found.content_hash == *planned => manifest::verify_sizes(&catalogue.folder(set), &found)?,
            _ => {
                return Err(Stop::input(format!(
                    "set '{set}' changed since the sweep was planned; run the sweep again"
                )));
            }
        }
    }
    Ok(())
}

pub(crate) fn seconds(value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| Stop::input(format!("--checkpoint-every {value}: give a number of seconds that is not negative")))
}

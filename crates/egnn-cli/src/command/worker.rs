//! `egnn worker`: one run of a plan, in a process of its own.

use crate::{
    args::Worker,
    catalogue::Catalogue,
    exit::{Result, Stop},
    printer, provenance,
    workspace::Workspace,
};
use egnn_nn::Backend;
use egnn_schema::{Failure, RunEvent, RunIdentity, RunMetrics, exit, names};
use egnn_store::manifest;
use egnn_sweep::{Recorder, RunFolder, SweepManifest, lifeline};
use egnn_train::{Attempt, Files, TaskConfig, TrainError, train};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// Least time between two progress events.
const PROGRESS: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &Worker, workspace: &Workspace) -> Result<()> {
    let manifest = SweepManifest::read(&args.manifest)?;
    let identity = manifest.identity(args.index)?;
    let backend = backend(&identity.backend)?;
    if args.lifeline {
        // No worker outlives its sweep: it resumes from its checkpoint.
        lifeline::watch(std::io::stdin(), || std::process::exit(i32::from(exit::INTERRUPTED)));
    }
    let planned = &manifest.runs[args.index];
    let folder = RunFolder::new(&workspace.root().join(&manifest.folder), &planned.id).path().to_owned();
    let metrics = execute(&folder, &planned.id, identity, backend, workspace, args.checkpoint_every, &mut |_| ())?;
    printer::say(format!("{}: finished, {:?}", planned.id, metrics.values));
    Ok(())
}

/// Does one run in `folder`, resuming it if it was interrupted, and records it.
pub(crate) fn execute(
    folder: &Path,
    id: &str,
    identity: RunIdentity,
    backend: Backend,
    workspace: &Workspace,
    checkpoint_every: f64,
    listen: &mut dyn FnMut(&RunEvent),
) -> Result<RunMetrics> {
    let catalogue = Catalogue::read(workspace)?;
    let config = TaskConfig::resolve(&identity.task, &identity.config, &catalogue)?;
    let datasets = identity.datasets.clone();
    let checkpoint_every = seconds(checkpoint_every)?;
    let circumstances = provenance::circumstances();
    let cpu = circumstances.cpu.clone();
    let mut recorder = Recorder::open(folder, id, identity, circumstances)?;
    let attempt = Attempt {
        backend,
        checkpoint_every,
        progress_every: PROGRESS,
        cpu,
        recorded_evaluations: recorder.evaluations() as u64,
    };
    let mut record = |event: &RunEvent| {
        listen(event);
        recorder.record(event).map_err(Into::into)
    };
    let outcome = same_data(&catalogue, &datasets).and_then(|()| {
        let data = config.read_data(&workspace.datasets())?;
        match train(&config, &datasets, &data, &Files::of_run(folder), &attempt, &mut record) {
            // Already recorded by the trainer.
            Err(error @ TrainError::Diverged(_)) => Ok(Err(error)),
            other => Ok(Ok(other?)),
        }
    });
    match outcome {
        Ok(trained) => Ok(trained?),
        // The run is as good as before; a failure on record would be about the machine and not about the run.
        Err(stop) if stop.code == exit::ENVIRONMENT => Err(stop),
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

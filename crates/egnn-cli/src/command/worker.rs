//! `egnn worker`: one run of a plan, in a process of its own.

use crate::{
    THREADS_PER_RUN,
    args::Worker,
    catalogue::Catalogue,
    exit::{Result, Stop},
    printer, provenance,
    workspace::Workspace,
};
use egnn_schema::{Failure, RunEvent, RunIdentity, RunMetrics, exit};
use egnn_sweep::{Recorder, SweepManifest, lifeline};
use egnn_train::{Files, NbodyConfig, NbodyData, Pace, TrainError, train};
use std::{path::Path, time::Duration};

pub(crate) fn run(args: &Worker, workspace: &Workspace) -> Result<()> {
    // No worker outlives its sweep: it resumes from its checkpoint.
    lifeline::watch(std::io::stdin(), || std::process::exit(i32::from(exit::INTERRUPTED)));
    let manifest = SweepManifest::read(&args.manifest)?;
    let identity = manifest.identity(args.index)?;
    let planned = &manifest.runs[args.index];
    let folder = args.manifest.with_file_name("runs").join(&planned.id);
    let metrics = execute(&folder, &planned.id, identity, workspace, args.checkpoint_every, &mut |_| ())?;
    printer::say(format!("{}: finished, {:?}", planned.id, metrics.values));
    Ok(())
}

/// Does one run in `folder`, resuming it if it was interrupted, and records it.
pub(crate) fn execute(
    folder: &Path,
    id: &str,
    identity: RunIdentity,
    workspace: &Workspace,
    checkpoint_every: f64,
    listen: &mut dyn FnMut(&RunEvent),
) -> Result<RunMetrics> {
    let catalogue = Catalogue::read(workspace)?;
    let config = NbodyConfig::resolve(&identity.config, &|set| catalogue.shape(set))?;
    let datasets = identity.datasets.clone();
    let pace = Pace { checkpoint: seconds(checkpoint_every)?, ..Pace::default() };
    debug_assert_eq!(identity.threads, THREADS_PER_RUN);
    let mut recorder = Recorder::open(folder, id, identity, provenance::circumstances())?;
    let mut record = |event: &RunEvent| {
        listen(event);
        recorder.record(event).map_err(Into::into)
    };
    let outcome = NbodyData::read(&config, &workspace.nbody())
        .and_then(|data| train(&config, &datasets, &data, &Files::of_run(folder), pace, &mut record));
    match outcome {
        Ok(metrics) => Ok(metrics),
        // Already recorded by the trainer.
        Err(error @ TrainError::Diverged(_)) => Err(error.into()),
        Err(error) => {
            let stop = Stop::from(error);
            let failure = Failure { reason: stop.to_string(), epoch: None, batch: None, last_good: None };
            // If this cannot be recorded either, the message on stderr, which is the run's log, still says why.
            let _ = recorder.record(&RunEvent::Failed { failure });
            Err(stop)
        }
    }
}

pub(crate) fn seconds(value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| Stop::input(format!("--checkpoint-every {value}: give a number of seconds that is not negative")))
}

//! `egnn train`: one run from the command line.

use crate::{
    THREADS_PER_RUN,
    args::Train,
    catalogue::Catalogue,
    command::{
        generate::Check,
        worker::{Execution, execute, seconds},
    },
    exit::{Result, Stop},
    printer, progress,
    provider::LocalData,
    trainer::LocalTrainer,
    workspace::Workspace,
};
use egnn_schema::{
    FieldValue, Fields, RunEvent, RunIdentity, RunMetrics, RunRecord,
    version::{NUMERICS_VERSION, RECORD_VERSION},
};
use egnn_sweep::{DataProvider, Recorded, RunFolder, Trainer};
use std::{collections::BTreeMap, path::Path};

pub(crate) fn run(args: &Train, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    let trainer = LocalTrainer::resolver(&catalogue, workspace.root());
    let resolved = trainer.resolve(&args.task, &fields(&args.fields)?)?;
    let data = LocalData { catalogue: &catalogue, check: Check::Checksums };
    let mut datasets = BTreeMap::new();
    for set in &resolved.datasets {
        let content_hash = data.provide(set)?;
        datasets.insert(set.clone(), content_hash);
    }
    let identity = RunIdentity {
        task: args.task.clone(),
        config: resolved.config,
        datasets,
        record_version: RECORD_VERSION,
        numerics_version: NUMERICS_VERSION,
        backend: args.compute.backend().name().into(),
        threads: THREADS_PER_RUN,
    };
    let id = identity.id(&resolved.name);
    let folder = args.out.clone().unwrap_or_else(|| workspace.reports("train").join(&id));
    refuse_another_run(&folder, &id)?;
    let metrics = match Recorded::read(&RunFolder::at(&folder), &id, &identity)? {
        Recorded::Finished(record) => {
            printer::say("finished before; delete the run folder to train again");
            record.outcome
        }
        _ => train(args, &folder, &id, identity, workspace)?,
    };
    if args.json {
        printer::json(&metrics);
    } else {
        let values: Vec<_> = metrics.results().map(|(name, value)| format!("{name} {value:.6}")).collect();
        let (parameters, steps, epoch) = (metrics.parameters, metrics.steps, metrics.best_epoch);
        printer::data(format!(
            "{id}: {} (best epoch {epoch}, {steps} steps, {parameters} parameters)",
            values.join(", ")
        ));
    }
    printer::say(format!("run folder: {}", folder.display()));
    Ok(())
}

/// A folder that holds another run is left alone.
fn refuse_another_run(folder: &Path, id: &str) -> Result<()> {
    let run = RunFolder::at(folder);
    let latest = run.each_attempt().last().map(RunFolder::run);
    let known = [run.done(), run.failed(), run.run()].into_iter().chain(latest).find(|path| path.is_file());
    let Some(path) = known else { return Ok(()) };
    let text = std::fs::read(&path).map_err(|error| Stop::environment("cannot read the run's record", error))?;
    match serde_json::from_slice::<RunRecord>(&text) {
        Ok(record) if record.id == id => Ok(()),
        Ok(record) => Err(Stop::input(format!(
            "{}: holds run {}, and this is {id}; choose another --out or delete the folder",
            folder.display(),
            record.id
        ))),
        Err(error) => Err(Stop::input(format!("{}: is damaged: {error}; delete the folder", path.display()))),
    }
}

fn train(args: &Train, folder: &Path, id: &str, identity: RunIdentity, workspace: &Workspace) -> Result<RunMetrics> {
    let bar = progress::bar(id, 0);
    let how = Execution {
        backend: args.compute.backend(),
        checkpoint_every: seconds(args.checkpoint_every)?,
        any_cpu: args.allow_other_cpu,
    };
    execute(folder, id, identity, how, workspace, &mut |event| match event {
        RunEvent::Started { from_step, steps, .. } => {
            bar.set_length(*steps);
            bar.set_position(*from_step);
        }
        RunEvent::Progress { step, .. } => bar.set_position(*step),
        RunEvent::Evaluated { epoch, valid_loss, .. } => {
            bar.set_message(format!("epoch {epoch} valid {valid_loss:.5}"));
        }
        RunEvent::Timed { .. } => {}
        RunEvent::Finished { .. } | RunEvent::Failed { .. } => bar.finish_and_clear(),
    })
}

/// Reads `field=value` words.
fn fields(words: &[String]) -> Result<Fields> {
    let mut fields = Fields::new();
    for word in words {
        let (name, value) =
            word.split_once('=').ok_or_else(|| Stop::input(format!("'{word}' is not of the form FIELD=VALUE")))?;
        if fields.insert(name.into(), FieldValue::parse(value)).is_some() {
            return Err(Stop::input(format!("field '{name}' is given twice")));
        }
    }
    Ok(fields)
}

//! `egnn gc`: runs that no pipeline refers to, listed and removed.

use crate::{
    THREADS_PER_RUN,
    args::Gc,
    catalogue::Catalogue,
    command::generate::Check,
    exit::{Result, Stop},
    printer,
    provider::LocalData,
    trainer::LocalTrainer,
    workspace::Workspace,
};
use egnn_nn::Backend;
use egnn_sweep::{
    DataProvider, DataState, Platform, ResolvedPlan, Selection, SweepError, SweepSpec,
    gc::{self, Found, Garbage, Planned},
    slurm::{self, Cluster},
};
use indicatif::HumanBytes;
use serde_json::json;
use std::{collections::BTreeSet, io::IsTerminal, path::Path};

pub(crate) fn run(args: &Gc, workspace: &Workspace) -> Result<()> {
    let reports = workspace.reports("");
    if let Some(pipeline) = &args.pipeline {
        // A pipeline that is gone may still have runs.
        if !workspace.reports(pipeline).is_dir() {
            workspace.pipeline(pipeline)?;
        }
    }
    let catalogue = Catalogue::read(workspace)?;
    let planned = |pipeline: &str, sweep: &str| planned(workspace, &catalogue, pipeline, sweep);
    let found = gc::find(&reports, args.pipeline.as_deref(), &planned)?;
    if !args.json {
        list(&found);
    }
    let is_wanted = !found.garbage.is_empty() && (args.yes || !args.json && asked(&found)?);
    let kept = if is_wanted { gc::remove(&found.garbage)? } else { Vec::new() };
    if args.json {
        print_json(&found, is_wanted, &kept);
        return Ok(());
    }
    for (path, reason) in &kept {
        printer::say(format!("kept {}: {reason}", path.display()));
    }
    if is_wanted {
        printer::say("removed");
    }
    Ok(())
}

/// What the pipelines say about the folder `sweep` of `pipeline`.
fn planned(workspace: &Workspace, catalogue: &Catalogue, pipeline: &str, sweep: &str) -> Planned {
    // A task on the cluster has a plan of its own, which may be an older one.
    match slurm::is_busy(&workspace.reports(pipeline).join(sweep), &Cluster::once()) {
        Ok(false) => {}
        Ok(true) => return Planned::Unknown("a cluster has runs of it in its queue".into()),
        Err(error) => return Planned::Unknown(format!("its cluster cannot be asked for its queue: {error}")),
    }
    let file = match workspace.pipeline(pipeline) {
        Ok(file) => file,
        Err(_) if workspace.has_no_pipeline(pipeline) => return Planned::Gone,
        Err(stop) => return Planned::Unknown(stop.to_string()),
    };
    let folder = file.parent().unwrap_or(&file);
    match ids(workspace, catalogue, folder, pipeline, sweep) {
        Ok(ids) => Planned::Runs(ids),
        Err(error) => Planned::Unknown(format!("its pipeline cannot be planned: {error}")),
    }
}

/// What the profile `sweep` plans now, if there is such a profile and its data are there.
fn ids(
    workspace: &Workspace,
    catalogue: &Catalogue,
    folder: &Path,
    pipeline: &str,
    sweep: &str,
) -> Result<BTreeSet<String>, SweepError> {
    let spec = SweepSpec::load(folder, pipeline)?;
    if !spec.profiles.contains_key(sweep) {
        return Ok(BTreeSet::new());
    }
    // Nothing is started.
    let trainer = LocalTrainer::resolver(catalogue, workspace.root());
    let selection = Selection { profile: Some(sweep.into()), ..Selection::default() };
    let plan = ResolvedPlan::new(&spec, &selection, &trainer)?;
    let data = LocalData { catalogue, check: Check::Sizes };
    let states = plan.datasets().into_iter().map(|set| Ok((set.to_owned(), data.state(set)?)));
    let states = states.collect::<Result<Vec<_>, _>>().map_err(SweepError::Data)?;
    let hash = |(set, state)| match state {
        DataState::Ready { content_hash } => Some((set, content_hash)),
        DataState::Missing { .. } => None,
    };
    let Some(hashes) = states.into_iter().map(hash).collect() else { return Ok(BTreeSet::new()) };
    let platform = Platform { backend: Backend::Kernels.name().into(), threads: THREADS_PER_RUN };
    let plan = plan.with_data(workspace.root(), &hashes, &platform, "")?;
    Ok(plan.manifest.runs.into_iter().map(|run| run.id).collect())
}

fn list(found: &Found) {
    let width = found.garbage.iter().map(|garbage| garbage.path.display().to_string().chars().count()).max();
    for Garbage { path, bytes, why, .. } in &found.garbage {
        let (path, width) = (path.display().to_string(), width.unwrap_or(0));
        printer::data(format!("{path:<width$}  {:>10}  {why}", HumanBytes(*bytes).to_string()));
    }
    for (folder, reason) in &found.skipped {
        printer::say(format!("left alone {}: {reason}", folder.display()));
    }
    if found.garbage.is_empty() {
        printer::say("nothing to remove: every run is referred to by a pipeline");
    }
}

/// Whether a person at a terminal wants it; others are told how.
fn asked(found: &Found) -> Result<bool> {
    let bytes = HumanBytes(found.garbage.iter().map(|garbage| garbage.bytes).sum());
    let runs = if found.garbage.len() == 1 { "run" } else { "runs" };
    let what = format!("{} {runs}, {bytes}", found.garbage.len());
    if !std::io::stdin().is_terminal() {
        printer::say(format!("{what}; nothing was removed, `egnn gc --yes` removes them"));
        return Ok(false);
    }
    printer::say(format!("remove {what}? [y/N]"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| Stop::environment("cannot read the answer", error))?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn print_json(found: &Found, is_removed: bool, kept: &[gc::Skipped]) {
    let reasons = |paths: &[gc::Skipped]| {
        paths.iter().map(|(path, reason)| json!({"path": path, "reason": reason})).collect::<Vec<_>>()
    };
    let runs = found.garbage.iter().map(|Garbage { path, bytes, why, .. }| {
        let is_removed = is_removed && !kept.iter().any(|(kept, _)| path.starts_with(kept));
        json!({"path": path, "bytes": bytes, "why": why.to_string(), "removed": is_removed})
    });
    printer::json(&json!({
        "runs": runs.collect::<Vec<_>>(),
        "bytes": found.garbage.iter().map(|garbage| garbage.bytes).sum::<u64>(),
        "left_alone": reasons(&[&found.skipped[..], kept].concat()),
    }));
}

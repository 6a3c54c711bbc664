//! `egnn report`: tables, figures and pages from sweeps' records.

use crate::{
    args::{Finished, Report},
    collection,
    command::follow,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_report::{Kind, Options, Summary, write_copy, write_index, write_report};
use egnn_sweep::{End, ReportKind, SweepManifest, SweepPlan, results, settle, slurm::Submission};
use std::{fs, path::Path};

pub(crate) fn run(args: &Report, workspace: &Workspace) -> Result<()> {
    if args.all {
        return all(args, workspace);
    }
    // A pipeline's name has no slash.
    let is_folder = |path: &&Path| path.components().count() > 1 || path.join(results::FILE).is_file();
    if let Some(folder) = args.pipeline.as_deref().map(Path::new).filter(is_folder) {
        return again(args, folder, workspace);
    }
    if let Some(seconds) = args.watch {
        return follow::run(args, workspace, seconds);
    }
    let plan = load(&args.sweep(), workspace)?;
    args.out.as_deref().map(|out| free(out, &plan.folder, workspace)).transpose()?;
    gather(&plan)?;
    let (folder, options) = (plan.folder.clone(), options_of(&plan));
    // With many runs it is large, and nothing asks it any more.
    drop(plan);
    let to = args.out.as_deref().unwrap_or(&folder);
    let summary = match &args.out {
        Some(out) => write_copy(&folder, out, &options)?,
        None => write_report(&folder, &options)?,
    };
    write_index(&workspace.reports(""), &workspace.pipelines())?;
    show(args, &summary, to);
    Ok(())
}

/// A copy must not go where a sweep is, nor where all reports are.
fn free(out: &Path, source: &Path, workspace: &Workspace) -> Result<()> {
    let place = |path: &Path| fs::canonicalize(path).ok();
    let is_same = |other: &Path| place(out).is_some() && place(out) == place(other);
    if out.join(SweepManifest::FILE).exists() || is_same(source) || is_same(&workspace.reports("")) {
        let message = "a sweep's own folder, or that of all reports; name another one with --out";
        return Err(Stop::input(format!("{}: {message}", out.display())));
    }
    Ok(())
}

/// Draws the report of a folder again from its results, with what it said about itself.
fn again(args: &Report, folder: &Path, workspace: &Workspace) -> Result<()> {
    if !folder.is_dir() {
        return Err(Stop::input(format!(
            "{}: no such folder; give a pipeline's name or a report's folder",
            folder.display()
        )));
    }
    let Some(options) = egnn_report::options_of(folder) else {
        let message = "no report.json in it that says what it shows; name the sweep instead: egnn report PIPELINE";
        return Err(Stop::input(format!("{}: {message}", folder.display())));
    };
    if egnn_report::is_of_lost_runs(folder) {
        let message =
            "its page shows predictions of runs that are not here; draw the sweep's own report, with --out for a copy";
        return Err(Stop::input(format!("{}: {message}", folder.display())));
    }
    if args.watch.is_some() {
        return Err(Stop::input(format!("{}: --watch needs a pipeline's name, not a folder", folder.display())));
    }
    args.out.as_deref().map(|out| free(out, folder, workspace)).transpose()?;
    let summary = match &args.out {
        Some(out) => write_copy(folder, out, &options)?,
        None => write_report(folder, &options)?,
    };
    write_index(&workspace.reports(""), &workspace.pipelines())?;
    show(args, &summary, args.out.as_deref().unwrap_or(folder));
    Ok(())
}

/// Every sweep that has a plan: reports of which something changed, then the page of all.
fn all(args: &Report, workspace: &Workspace) -> Result<()> {
    let (mut drawn, mut same, mut refused) = (Vec::new(), 0, Vec::new());
    for folder in collection::planned(workspace) {
        // It draws its own report at its end, and somebody may follow it until then.
        if egnn_sweep::is_held(&folder) {
            printer::say(format!("{}: left out, its sweep is at work", folder.display()));
            continue;
        }
        let drawing = SweepPlan::load(&folder).map_err(Into::into).and_then(|plan| {
            gather(&plan)?;
            let is_new = outdated(&plan).is_some();
            if is_new {
                write(&plan)?;
            }
            Ok::<bool, Stop>(is_new)
        });
        match drawing {
            Ok(true) => drawn.push(folder),
            Ok(false) => same += 1,
            // One that cannot be drawn does not keep the others from it.
            Err(stop) => refused.push((folder, stop)),
        }
    }
    let index = write_index(&workspace.reports(""), &workspace.pipelines())?;
    if args.json {
        let refused: Vec<_> = refused
            .iter()
            .map(|(folder, stop)| serde_json::json!({"folder": folder, "error": stop.to_string()}))
            .collect();
        printer::json(&serde_json::json!({"drawn": drawn, "up_to_date": same, "refused": refused, "page": index}));
    } else {
        for folder in &drawn {
            printer::data(format!("drawn: {}", page(folder)));
        }
        printer::say(format!("{} drawn, {same} up to date; page: {}", drawn.len(), index.display()));
    }
    let words: Vec<String> = refused.iter().map(|(folder, stop)| format!("\n  {}: {stop}", folder.display())).collect();
    match refused.first() {
        None => Ok(()),
        Some((_, first)) => {
            let message = format!("{} could not be drawn; the others were:{}", words.len(), words.concat());
            Err(Stop::new(first.code, anyhow::Error::msg(message)))
        }
    }
}

/// Brings a sweep's records together in its `results.parquet`.
fn gather(plan: &SweepPlan) -> Result<()> {
    let ends = End::read_all(&plan.manifest, &plan.folder)?;
    settle(&plan.manifest, &plan.folder, &ends)?;
    results::write(plan, &ends)?;
    Ok(())
}

fn show(args: &Report, summary: &Summary, folder: &Path) {
    if args.json {
        printer::json(&serde_json::json!({
            "finished": summary.finished,
            "failed": summary.failures.len(),
            "pending": summary.pending,
            "files": summary.files,
        }));
    } else {
        printer::data(&summary.terminal);
        printer::say(format!("page: {}", page(folder)));
    }
}

/// The plan of a sweep that was run before.
pub(crate) fn load(args: &Finished, workspace: &Workspace) -> Result<SweepPlan> {
    workspace.pipeline(&args.pipeline)?;
    let folder = workspace.reports(&args.pipeline).join(&args.profile);
    if !folder.join(SweepManifest::FILE).is_file() {
        if let Some(last) = Submission::read_all(&folder)?.last() {
            let message = "its data are still to be made, or could not be; the queue and the logs tell";
            return Err(Stop::input(format!("{}: no plan yet: {message}: {}", args.pipeline, last.logs().display())));
        }
        return Err(Stop::input(format!(
            "{}: no sweep was run there; run `egnn sweep {} --profile {}` first",
            folder.display(),
            args.pipeline,
            args.profile
        )));
    }
    Ok(SweepPlan::load(&folder)?)
}

/// Writes the report of `plan` beside its results.
pub(crate) fn write(plan: &SweepPlan) -> Result<Summary> {
    Ok(write_report(&plan.folder, &options_of(plan))?)
}

/// Why [`write()`] would draw another report than the one that is there, if it would.
pub(crate) fn outdated(plan: &SweepPlan) -> Option<String> {
    egnn_report::outdated(&plan.folder, &options_of(plan))
}

pub(crate) fn options_of(plan: &SweepPlan) -> Options {
    let manifest = &plan.manifest;
    options(&manifest.title, manifest.report, &manifest.profile, &manifest.command)
}

/// What a report says about itself.
pub(crate) fn options(title: &str, report: ReportKind, profile: &str, command: &str) -> Options {
    let kind = match report {
        ReportKind::SizeCurve => Kind::SizeCurve,
        ReportKind::Table => Kind::Table,
        ReportKind::Beyond => Kind::Beyond,
        ReportKind::Autoencoder => Kind::Autoencoder,
        ReportKind::GraphSparsity => Kind::GraphSparsity,
        ReportKind::EmbeddingSizes => Kind::EmbeddingSizes,
        ReportKind::Qm9 => Kind::Qm9,
    };
    Options { title: title.into(), kind, profile: profile.into(), command: command.into() }
}

fn page(folder: &Path) -> String {
    folder.join("index.html").display().to_string()
}

//! `egnn report`: tables, figure and page from a sweep's records.

use crate::{
    args::Finished,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_report::{Kind, Options, Summary, write_report};
use egnn_sweep::{End, ReportKind, SweepPlan, results, settle, slurm::Submission};
use std::path::Path;

pub(crate) fn run(args: &Finished, workspace: &Workspace) -> Result<()> {
    let plan = load(args, workspace)?;
    let ends = End::read_all(&plan.manifest, &plan.folder)?;
    settle(&plan.manifest, &plan.folder, &ends)?;
    results::write(&plan, &ends)?;
    let (folder, options) = (plan.folder.clone(), options_of(&plan));
    // With many runs it is large, and nothing asks it any more.
    drop((plan, ends));
    let summary = write_report(&folder, &options)?;
    if args.json {
        printer::json(&serde_json::json!({
            "finished": summary.finished,
            "failed": summary.failures.len(),
            "pending": summary.pending,
            "files": summary.files,
        }));
    } else {
        printer::data(&summary.terminal);
        printer::say(format!("page: {}", page(&folder)));
    }
    Ok(())
}

/// The plan of a sweep that was run before.
pub(crate) fn load(args: &Finished, workspace: &Workspace) -> Result<SweepPlan> {
    workspace.pipeline(&args.pipeline)?;
    let folder = workspace.reports(&args.pipeline).join(&args.profile);
    if !folder.join("plan.json").is_file() {
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

fn options_of(plan: &SweepPlan) -> Options {
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

//! `egnn sweep`: data, runs, results, report.

use crate::{
    THREADS_PER_RUN,
    args::{Executor, Sweep},
    catalogue::Catalogue,
    command::{generate::Check, report, submit, survey, worker::seconds},
    display::Display,
    exit::{Result, Stop},
    interrupt, printer,
    provider::LocalData,
    trainer::LocalTrainer,
    workspace::Workspace,
};
use egnn_nn::Backend;
use egnn_schema::exit;
use egnn_store::atomic;
use egnn_sweep::{
    Ending, LocalOptions, Overrides, Platform, ResolvedPlan, Selection, Summary, Survey, SweepError, SweepSpec,
};

pub(crate) fn run(args: &Sweep, workspace: &Workspace) -> Result<()> {
    seconds(args.checkpoint_every)?;
    let on_cluster = args.executor == Executor::Slurm || args.print_scripts;
    if on_cluster {
        submit::check(args)?;
    } else if !args.slurm.is_empty() {
        return Err(Stop::input("--slurm is for --executor slurm; add that"));
    }
    let file = workspace.pipeline(&args.pipeline)?;
    let spec = SweepSpec::load(file.parent().unwrap_or(&file), &args.pipeline)?;
    let catalogue = Catalogue::read(workspace)?;
    let program =
        std::env::current_exe().map_err(|error| Stop::environment("cannot find this program's own file", error))?;
    let root = if on_cluster { submit::absolute(workspace.root())? } else { workspace.root().to_owned() };
    let trainer = LocalTrainer {
        catalogue: &catalogue,
        program,
        root: &root,
        checkpoint_every: args.checkpoint_every,
        lifeline: !on_cluster,
        any_cpu: args.allow_other_cpu,
    };
    // What is run on is read whole once; a dry run only looks whether it is there.
    let check = if args.dry_run || args.print_scripts { Check::Sizes } else { Check::Checksums };
    let data = LocalData { catalogue: &catalogue, check };
    let backend = args.compute.backend();
    let selection = Selection {
        profile: Some(args.profile.clone()),
        overrides: Overrides::parse(&args.overrides).map_err(SweepError::from)?,
        name: args.name.clone(),
        variant: (backend != Backend::Kernels).then(|| backend.name().to_owned()),
    };
    let plan = ResolvedPlan::new(&spec, &selection, &trainer)?;
    let platform = Platform { backend: backend.name().into(), threads: THREADS_PER_RUN };
    let jobs = match args.jobs {
        Some(0) => return Err(Stop::input("--jobs 0: give at least 1")),
        Some(jobs) => jobs,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    if args.dry_run {
        let survey = Survey::new(&plan, workspace.root(), &data, &platform, jobs)?;
        let options = report::options(&plan.title, plan.report, &plan.profile, &command(args));
        survey::show(
            &plan,
            &survey,
            egnn_report::outdated(&workspace.root().join(&plan.folder), &options),
            jobs,
            args.json,
        );
        return Ok(());
    }
    if on_cluster {
        return submit::run(args, &plan, &data, &trainer, &platform);
    }
    let mut display = Display::new();
    let hashes = plan.provide(&data, &mut |event| display.event(event))?;
    let resolved = plan;
    let plan = resolved.with_data(workspace.root(), &hashes, &platform, &command(args))?;
    // With many runs it is large, and nothing asks it any more.
    drop(resolved);
    if let Some(file) = &args.plan_out {
        atomic::write_json(file, &plan.manifest)?;
    }
    if args.prepare {
        let file = plan.manifest.write(&plan.folder)?;
        printer::say(format!("prepared: {} runs, planned in {}", plan.manifest.runs.len(), file.display()));
        return Ok(());
    }
    let options = LocalOptions { jobs, fail_fast: args.fail_fast, retries: args.retries, time_limit: args.time_limit };
    let summary = egnn_sweep::run(&plan, &trainer, options, interrupt::graceful(), &mut |event| display.event(event))?;
    display.end();
    finish(args, workspace, &plan, &summary)
}

/// What a person types to get the same plan.
pub(crate) fn command(args: &Sweep) -> String {
    format!("egnn {}", words(args).join(" "))
}

/// The words that make the same plan again.
pub(crate) fn words(args: &Sweep) -> Vec<String> {
    let mut words = vec!["sweep".to_owned(), args.pipeline.clone()];
    words.extend(args.overrides.iter().cloned());
    words.extend(["--profile".into(), args.profile.clone()]);
    words.extend(args.name.iter().flat_map(|name| ["--name".into(), name.clone()]));
    let backend = args.compute.backend();
    if backend != Backend::Kernels {
        words.extend(["--backend".into(), backend.to_string()]);
    }
    words
}

fn finish(args: &Sweep, workspace: &Workspace, plan: &egnn_sweep::SweepPlan, summary: &Summary) -> Result<()> {
    let page = plan.folder.join("index.html");
    if summary.ending == Ending::UpToDate && report::outdated(plan).is_none() {
        if args.json {
            print_summary(plan, summary);
        } else {
            printer::data(format!("nothing to do: all {} runs are finished; page: {}", summary.total, page.display()));
        }
        return Ok(());
    }
    let report = report::write(plan)?;
    egnn_report::write_index(&workspace.reports(""), &workspace.pipelines())?;
    if args.json {
        print_summary(plan, summary);
    } else {
        printer::data(&report.terminal);
        printer::say(format!("page: {}", page.display()));
    }
    match summary.ending {
        Ending::UpToDate | Ending::Complete => Ok(()),
        Ending::Failed => {
            let reasons: Vec<_> = summary
                .failed
                .iter()
                .map(|(index, reason)| format!("\n  {}: {reason}", plan.manifest.runs[*index].id))
                .collect();
            let message = format!("{} of {} runs failed:{}", reasons.len(), summary.total, reasons.concat());
            Err(Stop::new(exit::RUN_FAILED, anyhow::Error::msg(message)))
        }
        Ending::Interrupted => {
            let message = format!(
                "interrupted with {} of {} runs finished; the same command resumes",
                summary.finished, summary.total
            );
            Err(Stop::new(exit::INTERRUPTED, anyhow::Error::msg(message)))
        }
    }
}

fn print_summary(plan: &egnn_sweep::SweepPlan, summary: &Summary) {
    printer::json(&serde_json::json!({
        "folder": plan.folder,
        "results": summary.results,
        "total": summary.total,
        "finished": summary.finished,
        "finished_now": summary.finished_now,
        "failed": summary.failed.iter().map(|(index, reason)| {
            serde_json::json!({"run": plan.manifest.runs[*index].id, "reason": reason})
        }).collect::<Vec<_>>(),
    }));
}

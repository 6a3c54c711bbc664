//! `egnn sweep --executor slurm`: jobs instead of processes.

use crate::{
    args::Sweep,
    command::sweep::{command, words},
    exit::{Result, Stop},
    printer, provenance,
    provider::LocalData,
    trainer::LocalTrainer,
};
use egnn_sweep::{
    DataState, Platform, ResolvedPlan, SweepError, SweepPlan,
    slurm::{self, Cluster, DEFAULT_MAX_ARRAY_SIZE, Order, Preview, Role, SlurmOptions, Stages, Submission, Submitted},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

/// Refuses what only processes of this machine have.
pub(crate) fn check(args: &Sweep) -> Result<()> {
    let wrong = [
        (args.jobs.is_some(), "--jobs is for this machine; --slurm throttle=N bounds the tasks at once"),
        (args.time_limit.is_some(), "--time-limit is for this machine; --slurm time=2:00:00 limits a task"),
        (args.fail_fast, "--fail-fast is for this machine; `egnn cancel` ends a submitted sweep"),
        (args.prepare, "--prepare makes data on this machine; leave out --executor slurm"),
    ];
    match wrong.iter().find(|(given, _)| *given) {
        Some((_, message)) => Err(Stop::input(*message)),
        None => Ok(()),
    }
}

/// The cluster, with its pauses told to the person.
pub(crate) fn cluster() -> Cluster {
    let waiting = |said: &str, pause: std::time::Duration| {
        printer::say(format!("the cluster does not answer ({said}); trying again in {} s", pause.as_secs()));
    };
    Cluster { waiting, ..Cluster::default() }
}

/// The path as jobs see it, which start anywhere. Links stay: they may lead elsewhere on other hosts.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| Stop::environment("cannot find the current folder", error))?;
    Ok(if path.as_os_str().is_empty() { here } else { here.join(path) })
}

pub(crate) fn run(
    args: &Sweep,
    plan: &ResolvedPlan,
    data: &LocalData<'_>,
    trainer: &LocalTrainer<'_>,
    platform: &Platform,
) -> Result<()> {
    let mut options = SlurmOptions::parse(&args.slurm).map_err(SweepError::from)?.over(&plan.slurm);
    options.retries.get_or_insert(args.retries);
    let states = plan.states(data)?;
    let data_missing = states.values().any(|state| matches!(state, DataState::Missing { .. }));
    let hash = |(set, state): (String, DataState)| match state {
        DataState::Ready { content_hash } => (set, content_hash),
        // The plan only counts its runs then.
        DataState::Missing { .. } => (set, "missing".to_owned()),
    };
    let hashes: BTreeMap<String, String> = states.into_iter().map(hash).collect();
    let plan = plan.with_data(trainer.root, &hashes, platform, &command(args))?;
    let stages = Around { args, trainer, profile: profile(&plan) };
    let typed = provenance::command();
    let order = Order { plan: &plan, data_missing, options: &options, trainer, stages: &stages, command: &typed };
    if args.print_scripts {
        print_preview(args, &slurm::preview(&order, &Cluster::once())?);
        return Ok(());
    }
    match slurm::submit(&order, &cluster())? {
        Submitted::Jobs(submission) => show(args, &plan, &submission),
        Submitted::Nothing { finished, queued, makes_data } => {
            if args.json {
                printer::json(&serde_json::json!({
                    "submission": null,
                    "finished": finished,
                    "queued": queued,
                    "makes_data": makes_data,
                }));
            } else {
                printer::data(nothing(args, &plan, finished, queued, makes_data));
            }
        }
    }
    Ok(())
}

/// The jobs before and after the runs.
struct Around<'a> {
    args: &'a Sweep,
    trainer: &'a LocalTrainer<'a>,
    profile: String,
}

impl Around<'_> {
    fn egnn(&self) -> Command {
        let mut command = Command::new(&self.trainer.program);
        command.arg("--root").arg(self.trainer.root);
        command
    }
}

impl Stages for Around<'_> {
    fn prepare(&self, plan: &Path) -> Command {
        let mut command = self.egnn();
        command.args(words(self.args)).args(["--prepare", "--plan-out"]).arg(plan);
        command
    }

    fn report(&self) -> Command {
        let mut command = self.egnn();
        command.args(["report", &self.args.pipeline, "--profile", &self.profile]);
        command
    }
}

/// What other commands call this sweep.
fn profile(plan: &SweepPlan) -> String {
    plan.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn nothing(args: &Sweep, plan: &SweepPlan, finished: usize, queued: usize, makes_data: bool) -> String {
    let profile = profile(plan);
    if makes_data {
        return format!(
            "nothing to submit: a job is making the data; `egnn cancel {} --profile {profile}` ends it",
            args.pipeline
        );
    }
    let page = plan.folder.join("index.html");
    let standing = match queued {
        0 => format!("all {finished} runs are finished"),
        _ => format!("{} queued, {finished} finished", runs(queued)),
    };
    // An earlier submission that was cut off may lack its report job.
    let again = if page.is_file() { format!("again (page: {})", page.display()) } else { "the page".into() };
    format!("nothing to submit: {standing}; `egnn report {} --profile {profile}` draws {again}", args.pipeline)
}

fn runs(count: usize) -> String {
    format!("{count} run{}", if count == 1 { "" } else { "s" })
}

fn show(args: &Sweep, plan: &SweepPlan, submission: &Submission) {
    if args.json {
        printer::json(&serde_json::json!({
            "folder": submission.folder(),
            "runs": submission.runs(),
            "submission": submission,
        }));
        return;
    }
    for job in &submission.jobs {
        let id = job.id.as_deref().unwrap_or_default();
        printer::data(match job.role {
            Role::Data => format!("job {id}: makes the data and the plan"),
            Role::Runs => format!("job {id}: tasks {}, {}", job.tasks, runs(job.runs)),
            Role::Report => format!("job {id}: the report, after the runs"),
        });
    }
    let (pipeline, profile) = (&args.pipeline, profile(plan));
    printer::say(format!("logs: {}", submission.logs().display()));
    printer::say(format!("watch it: egnn status {pipeline} --profile {profile} --watch"));
    printer::say(format!("end it:   egnn cancel {pipeline} --profile {profile}"));
}

fn print_preview(args: &Sweep, preview: &Preview) {
    if args.json {
        let scripts: Vec<_> =
            preview.scripts.iter().map(|(path, text)| serde_json::json!({ "path": path, "text": text })).collect();
        printer::json(&serde_json::json!({ "scripts": scripts, "sbatch": preview.calls, "assumed": preview.assumed }));
        return;
    }
    for (path, text) in &preview.scripts {
        printer::data(format!("# {}\n{text}", path.display()));
    }
    for call in &preview.calls {
        let words: Vec<String> = call.iter().map(|word| slurm::quote(word)).collect();
        printer::data(format!("sbatch {}", words.join(" ")));
    }
    if preview.calls.is_empty() {
        printer::say("nothing to submit: every run is finished or queued");
    }
    if let Some(reason) = &preview.assumed {
        printer::say(format!("arrays of {DEFAULT_MAX_ARRAY_SIZE} tasks are assumed ({reason})"));
    }
}

//! Submitting what is outstanding of a plan: data, arrays of runs, report.

use super::{
    DEFAULT_MAX_ARRAY_SIZE,
    array::{Chunk, chunks, expression},
    cluster::{Cluster, ClusterError},
    options::SlurmOptions,
    queue,
    reserved::variables,
    script::{self, Script, Stages},
    submission::{Job, Role, Submission, now},
};
use crate::{end::End, error::SweepError, outstanding::outstanding, plan::SweepPlan, trainer::Trainer};
use egnn_schema::hash;
use egnn_store::{atomic, lock::FolderLock};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// What is to be done.
pub struct Order<'a> {
    /// The plan. Its folder is an absolute path. If data are missing, only the number of its runs counts.
    pub plan: &'a SweepPlan,
    /// Whether data are to be made first.
    pub data_missing: bool,
    /// Where and with what.
    pub options: &'a SlurmOptions,
    /// Names the worker of a run, which waits on no lifeline.
    pub trainer: &'a dyn Trainer,
    /// Names what goes before and after the runs.
    pub stages: &'a dyn Stages,
    /// What was typed.
    pub command: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// There was nothing to submit.
    Nothing {
        /// Finished runs.
        finished: usize,
        /// Runs that the cluster has already.
        queued: usize,
        /// Whether an earlier submission is still making the data.
        makes_data: bool,
    },
    /// A submission.
    Jobs(Submission),
}

/// A call of `sbatch`: its arguments. Ids of jobs that do not exist yet are names in capitals.
pub type Call = Vec<String>;

/// What a submission would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Scripts with their paths.
    pub scripts: Vec<(PathBuf, String)>,
    /// Calls of `sbatch` in order; none if nothing would be submitted.
    pub calls: Vec<Call>,
    /// Why the cluster's own limit of an array is not known, so that [`DEFAULT_MAX_ARRAY_SIZE`] was assumed.
    pub assumed: Option<String>,
}

/// Submits what is outstanding and not in the queue already.
///
/// # Errors
/// A folder that cannot be written or is being submitted by another process, a cluster that does not answer or refuses.
/// What was submitted before an error is cancelled; the error says so if that fails.
pub fn submit(order: &Order<'_>, cluster: &Cluster) -> Result<Submitted, SweepError> {
    // Asked first: where there is no cluster, nothing is written.
    let size = cluster.max_array_size()?.unwrap_or(DEFAULT_MAX_ARRAY_SIZE);
    let sweep = &order.plan.folder;
    let all = Submission::all(sweep);
    atomic::create_folder(&all)?;
    let _lock = FolderLock::acquire(&all, "submit")?;
    let todo = todo(order, cluster)?;
    if todo.runs.is_empty() || todo.makes_data {
        let Todo { finished, queued, makes_data, .. } = todo;
        return Ok(Submitted::Nothing { finished, queued, makes_data });
    }
    let (number, folder) = Submission::next(sweep)?;
    let mut submission = draft(order, &chunks(&todo.runs, size), number, &folder, &token(&folder));
    let scripts = scripts(order, &folder)?;
    // Exclusively: a number means one submission for ever.
    fs::create_dir(&folder).map_err(|error| SweepError::io("create", &folder, error))?;
    atomic::create_folder(&submission.logs())?;
    for script in &scripts {
        atomic::write(&script.path, |out| out.write_all(script.text.as_bytes()))?;
    }
    if !order.data_missing {
        order.plan.manifest.write(sweep)?;
        order.plan.manifest.write(&folder)?;
    }
    submission.write()?;
    match submit_jobs(order, cluster, &mut submission) {
        Ok(()) => Ok(Submitted::Jobs(submission)),
        Err(error) => Err(take_back(order, cluster, &submission, error)),
    }
}

/// Ends what there is of a submission that failed: half of it helps nobody.
fn take_back(order: &Order<'_>, cluster: &Cluster, submission: &Submission, cause: SweepError) -> SweepError {
    let names: Vec<&str> = submission.jobs.iter().map(|job| job.name.as_str()).collect();
    let mut ids: BTreeSet<String> = submission.jobs.iter().filter_map(|job| job.id.clone()).collect();
    // A job that was accepted without an answer has no id here.
    let looked = cluster.found(&names).map(|found| ids.extend(found));
    match cluster.cancel(&Vec::from_iter(ids)).and(looked) {
        Ok(()) => cause,
        Err(reason) => {
            let remedy = format!("egnn cancel {} --profile {}", order.plan.manifest.pipeline, profile(order));
            ClusterError::Left { cause: cause.to_string(), reason: reason.to_string(), remedy }.into()
        }
    }
}

/// What other commands call this sweep.
fn profile(order: &Order<'_>) -> String {
    order.plan.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What [`submit()`] would do. Nothing is written, and it works without a cluster.
///
/// # Errors
/// A folder that cannot be read, an option or path that cannot stand in a script.
pub fn preview(order: &Order<'_>, cluster: &Cluster) -> Result<Preview, SweepError> {
    let todo = match todo(order, cluster) {
        Err(SweepError::Cluster(_)) => todo_without_queue(order)?,
        other => other?,
    };
    let (size, assumed) = match cluster.max_array_size() {
        Ok(Some(size)) => (size, None),
        Ok(None) => (DEFAULT_MAX_ARRAY_SIZE, Some("it does not say".into())),
        Err(ClusterError::Missing { program, .. }) => {
            (DEFAULT_MAX_ARRAY_SIZE, Some(format!("there is no '{program}' here")))
        }
        Err(error) => (DEFAULT_MAX_ARRAY_SIZE, Some(error.to_string())),
    };
    if todo.runs.is_empty() || todo.makes_data {
        return Ok(Preview { scripts: Vec::new(), calls: Vec::new(), assumed });
    }
    let (number, folder) = Submission::next(&order.plan.folder)?;
    let mut submission = draft(order, &chunks(&todo.runs, size), number, &folder, "TOKEN");
    for (place, job) in submission.jobs.iter_mut().enumerate() {
        job.id = Some(format!("JOB{}", place + 1));
    }
    let calls = submission.jobs.iter().map(|job| arguments(order, &submission, job)).collect();
    let scripts = scripts(order, &folder)?.into_iter().map(|Script { path, text }| (path, text)).collect();
    Ok(Preview { scripts, calls, assumed })
}

struct Todo {
    runs: Vec<usize>,
    finished: usize,
    queued: usize,
    makes_data: bool,
}

fn todo(order: &Order<'_>, cluster: &Cluster) -> Result<Todo, SweepError> {
    let submissions = Submission::read_all(&order.plan.folder)?;
    let tasks = queue::in_queue(&submissions, cluster)?;
    let living = queue::living_runs(&submissions, &tasks, order.plan)?;
    let mut todo = todo_without_queue(order)?;
    let outstanding = todo.runs.len();
    todo.runs.retain(|index| !living.contains_key(&order.plan.manifest.runs[*index].id));
    todo.queued = outstanding - todo.runs.len();
    todo.makes_data = queue::makes_data(&submissions, &tasks);
    Ok(todo)
}

fn todo_without_queue(order: &Order<'_>) -> Result<Todo, SweepError> {
    let total = order.plan.manifest.runs.len();
    let runs = if order.data_missing {
        // Which runs are finished is known when the data are.
        (0..total).collect()
    } else {
        outstanding(total, &End::read_all(&order.plan.manifest, &order.plan.folder)?)
    };
    Ok(Todo { finished: total - runs.len(), runs, queued: 0, makes_data: false })
}

fn draft(order: &Order<'_>, chunks: &[Chunk], number: String, folder: &Path, token: &str) -> Submission {
    let manifest = &order.plan.manifest;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let base: String =
        format!("egnn-{}-{}-{number}-{token}", manifest.pipeline, profile(order)).chars().map(plain).collect();
    let job = |role, what: &str, chunk: Option<&Chunk>| Job {
        role,
        name: format!("{base}-{what}"),
        id: None,
        offset: chunk.map_or(0, |chunk| chunk.offset),
        tasks: chunk.map_or_else(String::new, |chunk| expression(&chunk.tasks)),
        runs: chunk.map_or(0, |chunk| chunk.tasks.len()),
    };
    let mut jobs = Vec::new();
    if order.data_missing {
        jobs.push(job(Role::Data, "data", None));
    }
    for (place, chunk) in chunks.iter().enumerate() {
        jobs.push(job(Role::Runs, &format!("runs{}", place + 1), Some(chunk)));
    }
    jobs.push(job(Role::Report, "report", None));
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| env::var(name).ok());
    let (command, time_limit) = (order.command.to_owned(), order.options.time.clone());
    Submission { number, created: now(), user, command, time_limit, jobs, folder: folder.to_owned() }
}

fn scripts(order: &Order<'_>, folder: &Path) -> Result<Vec<Script>, SweepError> {
    let mut scripts = Vec::new();
    if order.data_missing {
        let prepare = order.stages.prepare(&folder.join("plan.json"));
        scripts.push(script::single(folder, "data", order.options, &prepare)?);
    }
    scripts.push(script::tasks(folder, order.options, order.trainer)?);
    scripts.push(script::single(folder, "report", order.options, &order.stages.report())?);
    Ok(scripts)
}

fn submit_jobs(order: &Order<'_>, cluster: &Cluster, submission: &mut Submission) -> Result<(), SweepError> {
    let unset = variables(order.options);
    for place in 0..submission.jobs.len() {
        let job = &submission.jobs[place];
        let id = cluster.submit(&job.name, &arguments(order, submission, job), &unset)?;
        submission.jobs[place].id = Some(id);
        submission.write()?;
    }
    Ok(())
}

/// Arguments of `sbatch` for a job, whose predecessors have their ids.
fn arguments(order: &Order<'_>, submission: &Submission, job: &Job) -> Call {
    let ids = |role: Role| {
        let ids = submission.jobs.iter().filter(|job| job.role == role).filter_map(|job| job.id.as_deref());
        ids.collect::<Vec<_>>().join(":")
    };
    let mut call = vec!["--parsable".to_owned(), format!("--job-name={}", job.name)];
    let script = match job.role {
        Role::Data => "data.sh",
        Role::Runs => {
            let arrays = submission.jobs.iter().filter(|job| job.role == Role::Runs).count();
            // SLURM bounds each array by itself.
            let share = |tasks: u32| format!("%{}", (tasks as usize / arrays.max(1)).max(1));
            let throttle = order.options.throttle.map(share).unwrap_or_default();
            call.push(format!("--array={}{throttle}", job.tasks));
            if order.data_missing {
                call.push(format!("--dependency=afterok:{}", ids(Role::Data)));
                call.push("--kill-on-invalid-dep=yes".to_owned());
            }
            "tasks.sh"
        }
        Role::Report => {
            call.push(format!("--dependency=afterany:{}", ids(Role::Runs)));
            "report.sh"
        }
    };
    call.push(submission.folder().join(script).display().to_string());
    if job.role == Role::Runs {
        call.push(job.offset.to_string());
    }
    call
}

/// What makes the names of a submission's jobs its own, even if its folder is removed and made again.
fn token(folder: &Path) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    hash::of(&(folder.display().to_string(), std::process::id(), time.to_string()))[..8].to_owned()
}

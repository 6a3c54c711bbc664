//! What the cluster knows of a sweep's runs, and ending them.

use super::{
    cluster::{Cluster, Task},
    submission::{Job, Role, Submission, now},
};
use crate::{
    error::SweepError,
    manifest::SweepManifest,
    plan::SweepPlan,
    queue::{QueueState, Queued},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What the cluster knows of the runs of `plan`, whose folder is `folder`, by run id: first its queue, then, for runs
/// that are not in it, accounting. Nothing of a cluster that does not answer: folders are the truth.
///
/// # Errors
/// A submission that cannot be read.
pub fn queued(folder: &Path, plan: &SweepPlan) -> Result<BTreeMap<String, Queued>, SweepError> {
    queued_on(&Cluster::once(), folder, plan)
}

/// [`queued()`] of a certain cluster.
///
/// # Errors
/// A submission that cannot be read.
pub fn queued_on(cluster: &Cluster, folder: &Path, plan: &SweepPlan) -> Result<BTreeMap<String, Queued>, SweepError> {
    let submissions = Submission::read_all(folder)?;
    if submissions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names = names(&submissions);
    let age = submissions.iter().map(|submission| now().saturating_sub(submission.created)).max().unwrap_or(0);
    let mut tasks = cluster.accounted(&names, age + 60).unwrap_or_default();
    tasks.retain(|task| !["PENDING", "RUNNING", "COMPLETED"].contains(&task.state.as_str()));
    let mut runs = by_run(&submissions, &tasks, plan, ended)?;
    runs.extend(by_run(&submissions, &cluster.queue(&names).unwrap_or_default(), plan, living)?);
    Ok(runs)
}

/// Ends everything that submissions of the sweep in `folder` have in the queue; which jobs that was.
///
/// # Errors
/// A submission that cannot be read, a cluster that does not answer or refuses.
pub fn cancel(folder: &Path, cluster: &Cluster) -> Result<Vec<String>, SweepError> {
    let submissions = Submission::read_all(folder)?;
    let jobs: BTreeSet<String> = in_queue(&submissions, cluster)?.into_iter().map(|task| task.job).collect();
    let jobs: Vec<String> = jobs.into_iter().collect();
    cluster.cancel(&jobs)?;
    Ok(jobs)
}

/// Whether anything of the sweep in `folder` waits or works on the cluster. Without a submission nobody is asked.
///
/// # Errors
/// A submission that cannot be read, a cluster that does not answer.
pub fn is_busy(folder: &Path, cluster: &Cluster) -> Result<bool, SweepError> {
    Ok(!in_queue(&Submission::read_all(folder)?, cluster)?.is_empty())
}

/// Everything of these submissions that waits or works.
pub(super) fn in_queue(submissions: &[Submission], cluster: &Cluster) -> Result<Vec<Task>, SweepError> {
    if submissions.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cluster.queue(&names(submissions))?)
}

/// Runs that wait or work, or may do so again.
pub(super) fn living_runs(
    submissions: &[Submission],
    tasks: &[Task],
    plan: &SweepPlan,
) -> Result<BTreeMap<String, Queued>, SweepError> {
    by_run(submissions, tasks, plan, not_over)
}

/// Whether a job that makes data waits or works, or may do so again.
pub(super) fn makes_data(submissions: &[Submission], tasks: &[Task]) -> bool {
    let is_data = |task: &Task| find(submissions, task).is_some_and(|(_, job)| job.role == Role::Data);
    tasks.iter().any(|task| is_data(task) && not_over(task).is_some())
}

fn names(submissions: &[Submission]) -> Vec<&str> {
    submissions.iter().flat_map(|submission| &submission.jobs).map(|job| job.name.as_str()).collect()
}

fn find<'a>(submissions: &'a [Submission], task: &Task) -> Option<(&'a Submission, &'a Job)> {
    submissions
        .iter()
        .find_map(|submission| submission.jobs.iter().find(|job| job.name == task.name).map(|job| (submission, job)))
}

/// States by run. An index means what the submission's own plan says; runs that `plan` does not have are left out.
fn by_run(
    submissions: &[Submission],
    tasks: &[Task],
    plan: &SweepPlan,
    state: fn(&Task) -> Option<QueueState>,
) -> Result<BTreeMap<String, Queued>, SweepError> {
    let known: BTreeSet<&str> = plan.manifest.runs.iter().map(|run| run.id.as_str()).collect();
    let mut plans: BTreeMap<&str, Option<SweepManifest>> = BTreeMap::new();
    let mut runs = BTreeMap::new();
    for task in tasks {
        let (Some((submission, job)), Some(id), Some(state)) = (find(submissions, task), task.id, state(task)) else {
            continue;
        };
        if !plans.contains_key(submission.number.as_str()) {
            // Before the data are made there is none, and no run has begun.
            let path = submission.plan();
            let plan = if path.exists() { Some(SweepManifest::read(&path)?) } else { None };
            plans.insert(&submission.number, plan);
        }
        let plan = plans.get(submission.number.as_str()).and_then(Option::as_ref);
        let run = plan.and_then(|plan| plan.runs.get(job.offset + id));
        if let Some(run) = run.filter(|run| known.contains(run.id.as_str())) {
            runs.insert(run.id.clone(), Queued { job: format!("{}_{id}", task.job), state });
        }
    }
    Ok(runs)
}

fn living(task: &Task) -> Option<QueueState> {
    match task.state.as_str() {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => {
            Some(QueueState::Pending { reason: task.reason.clone() })
        }
        "RUNNING" | "CONFIGURING" | "SUSPENDED" | "STOPPED" | "SIGNALING" | "RESIZING" | "STAGE_OUT" => {
            Some(QueueState::Running { node: task.node.clone() })
        }
        // COMPLETING is as good as over, and the rest is.
        _ => None,
    }
}

/// A task that is queued again is COMPLETING for some seconds before it waits.
fn not_over(task: &Task) -> Option<QueueState> {
    match task.state.as_str() {
        "COMPLETING" => Some(QueueState::Running { node: task.node.clone() }),
        _ => living(task),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the same form as `living`")]
fn ended(task: &Task) -> Option<QueueState> {
    Some(QueueState::Ended { word: task.state.clone() })
}

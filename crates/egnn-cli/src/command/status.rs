//! `egnn status`: where the runs of a sweep stand.

use crate::{
    args::{Finished, Status},
    command::{report::load, watch},
    display::brief,
    exit::{Result, Stop},
    printer::{self, List},
    workspace::Workspace,
};
use egnn_sweep::{
    Queued, RunStanding, RunState, Standing, SweepManifest, SweepPlan, Watch,
    slurm::{self, Cluster, Submission},
};
use indicatif::HumanDuration;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::json;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// How long what the queue said is shown.
const ANSWER_HOLDS: Duration = Duration::from_secs(10);

pub(crate) fn run(args: &Status, workspace: &Workspace) -> Result<()> {
    let interval = args.watch.map(interval).transpose()?;
    if let Some(interval) = interval {
        wait_for_plan(&args.sweep, workspace, interval)?;
    }
    let plan = load(&args.sweep, workspace)?;
    let queue = Queue::new(&plan);
    let mut watch = Watch::new(&plan);
    if let Some(interval) = interval {
        let is_held = || egnn_sweep::is_held(&plan.folder);
        return watch::run(&mut watch, || queue.ask(), is_held, interval, args.sweep.json);
    }
    let standing = watch.look(&queue.ask()?)?;
    if args.sweep.json {
        printer::json(&Shown(&standing));
    } else {
        table(&standing).for_each(printer::data);
        printer::say(summary(&standing));
    }
    Ok(())
}

/// A submitted sweep whose data are still to be made has no plan to look at: it will.
pub(crate) fn wait_for_plan(args: &Finished, workspace: &Workspace, interval: Duration) -> Result<()> {
    let folder = workspace.reports(&args.pipeline).join(&args.profile);
    let has_none = || !folder.join(SweepManifest::FILE).exists();
    // A host without a cluster's programs, or a cluster that does not answer now, cannot tell: the file will.
    let is_over = || slurm::is_busy(&folder, &Cluster::once()).is_ok_and(|is_busy| !is_busy);
    if has_none() && !Submission::read_all(&folder)?.is_empty() && !is_over() {
        printer::say("waiting for the job that makes the data and the plan");
        let mut asked = Instant::now();
        while has_none() {
            thread::sleep(interval);
            if asked.elapsed() >= ANSWER_HOLDS {
                if is_over() {
                    break;
                }
                asked = Instant::now();
            }
        }
    }
    Ok(())
}

pub(crate) fn interval(seconds: f64) -> Result<Duration> {
    let interval = Duration::try_from_secs_f64(seconds).ok().filter(|interval| !interval.is_zero());
    interval.ok_or_else(|| Stop::input(format!("--watch {seconds}: give a number of seconds above 0")))
}

/// What a cluster's queue knows of the runs, by id. Controllers are not to be asked often: an answer holds for a while.
pub(crate) struct Queue<'a> {
    plan: &'a SweepPlan,
    answer: RefCell<Option<(Instant, BTreeMap<String, Queued>)>>,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(plan: &'a SweepPlan) -> Self {
        Self { plan, answer: RefCell::new(None) }
    }

    pub(crate) fn ask(&self) -> Result<BTreeMap<String, Queued>> {
        let mut answer = self.answer.borrow_mut();
        if let Some((asked, queued)) = &*answer
            && asked.elapsed() < ANSWER_HOLDS
        {
            return Ok(queued.clone());
        }
        let queued = slurm::queued(&self.plan.folder, self.plan)?;
        *answer = Some((Instant::now(), queued.clone()));
        Ok(queued)
    }
}

/// A line a run.
pub(crate) fn table(standing: &Standing) -> impl Iterator<Item = String> {
    let width = standing.runs.iter().map(|run| run.id.chars().count()).max().unwrap_or(0);
    standing.runs.iter().map(move |run| line(run, width))
}

/// A run on one line, its id in `width` columns.
pub(crate) fn line(run: &RunStanding, width: usize) -> String {
    format!("{:<10} {:<width$} {}", run.state.name(), run.id, detail(run)).trim_end().to_owned()
}

/// `2 of 9 runs finished, 0 failed, 1 running, 6 pending; about 3 minutes left`.
pub(crate) fn summary(standing: &Standing) -> String {
    let count = |name: &str| standing.count(name);
    let mut counts =
        vec![format!("{} of {} runs finished, {} failed", count("finished"), standing.runs.len(), count("failed"))];
    let others = ["running", "queued", "started", "pending", "damaged"].into_iter();
    counts.extend(others.filter(|name| count(name) > 0).map(|name| format!("{} {name}", count(name))));
    let text = counts.join(", ");
    let left = HumanDuration(standing.remaining);
    match (standing.is_over(), count("running")) {
        (true, _) => text,
        (false, 0) => format!("{text}; nothing is running, about {left} of work left"),
        (false, _) => format!("{text}; about {left} left"),
    }
}

/// Progress, result or reason.
fn detail(run: &RunStanding) -> String {
    match &run.state {
        RunState::Finished { results } => {
            results.iter().map(|(name, value)| format!("{name} {}", brief(*value))).collect::<Vec<_>>().join(", ")
        }
        RunState::Failed { reason } | RunState::Queued { reason } => reason.clone(),
        RunState::Damaged { message } => message.clone(),
        RunState::Pending => String::new(),
        RunState::Running { node } => progress(run)
            .into_iter()
            .chain(node.as_ref().map(|node| format!("on {node}")))
            .collect::<Vec<_>>()
            .join(", "),
        RunState::Started { ended } => {
            let ended = ended.as_ref().map(|word| format!("the cluster ended it: {word}"));
            progress(run).into_iter().chain(ended).collect::<Vec<_>>().join(", ")
        }
    }
}

/// How far a run is.
pub(crate) fn progress(run: &RunStanding) -> Option<String> {
    let loss = |name: &str, value: Option<f64>| value.map_or_else(String::new, |value| format!(", {name} {value:.4}"));
    let (loss, valid) = (loss("loss", run.loss), loss("valid", run.valid));
    (run.steps > 0).then(|| format!("step {} of {}{loss}{valid}", run.step, run.steps))
}

/// The same for programs.
pub(crate) struct Shown<'a>(pub(crate) &'a Standing);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let standing = self.0;
        let run = |run: &RunStanding| {
            json!({
                "run": run.id,
                "status": run.state.name(),
                "detail": detail(run),
                "step": run.step,
                "steps": run.steps,
                "loss": run.loss,
                "valid": run.valid,
            })
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("total", &standing.runs.len())?;
        map.serialize_entry("remaining_seconds", &standing.remaining.as_secs_f64())?;
        for name in RunState::NAMES {
            map.serialize_entry(name, &standing.count(name))?;
        }
        map.serialize_entry("runs", &List(|| standing.runs.iter().map(run)))?;
        map.end()
    }
}

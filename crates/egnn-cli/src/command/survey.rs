//! What `egnn sweep --dry-run` prints: the stages with their states, what would run and why, and what it costs.

use crate::printer::{self, List};
use egnn_sweep::{DataState, Outstanding, ResolvedPlan, Stage, Survey};
use indicatif::{HumanBytes, HumanDuration};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// More runs with one reason than this are counted and not listed.
const LISTED: usize = 20;

/// Prints `survey`. `report` tells why the report would be drawn again even if its results stayed the same.
pub(crate) fn show(plan: &ResolvedPlan, survey: &Survey, report: Option<String>, jobs: usize, is_json: bool) {
    let [data, runs, results] = survey.stages();
    let report = match (&results.todo, report) {
        (Some(_), _) => Some("would be drawn: its results are to be written".to_owned()),
        (None, reason) => reason.map(|reason| format!("would be drawn: {reason}")),
    };
    let stages = [data, runs, results, Stage::new("report", report)];
    if is_json { json(plan, survey, &stages) } else { text(plan, survey, &stages, jobs) }
}

fn json(plan: &ResolvedPlan, survey: &Survey, stages: &[Stage]) {
    let stages: BTreeMap<_, _> = stages.iter().map(|stage| (stage.name, stage.state())).collect();
    let run = |run: &Outstanding| serde_json::json!({"run": run.name, "reason": run.reason.to_string()});
    printer::json(&Shown {
        folder: &plan.folder,
        stages,
        runs: survey.runs,
        finished: survey.finished,
        outstanding: List(|| survey.outstanding.iter().map(run)),
        missing_sets: survey.missing(),
        core_minutes: survey.core_seconds / 60.0,
        wall_seconds: survey.wall.as_secs_f64(),
        disk_bytes: survey.disk_bytes,
        memory_bytes: survey.memory_bytes,
    });
}

/// A survey for programs.
#[derive(Serialize)]
struct Shown<'a, Runs> {
    folder: &'a str,
    stages: BTreeMap<&'a str, &'a str>,
    runs: usize,
    finished: usize,
    outstanding: Runs,
    missing_sets: BTreeSet<&'a str>,
    core_minutes: f64,
    wall_seconds: f64,
    disk_bytes: u64,
    memory_bytes: u64,
}

fn text(plan: &ResolvedPlan, survey: &Survey, stages: &[Stage], jobs: usize) {
    printer::data(format!("{} ({})", plan.title, plan.folder));
    for stage in stages {
        printer::data(format!("{:<8} {}", stage.name, stage.state()));
        match stage.name {
            "data" => sets(survey),
            "runs" => runs(survey),
            _ => {}
        }
    }
    printer::data(format!(
        "{} runs: {} finished, {} to do; about {:.1} core-minutes, {} with {jobs} at a time; {} of disk, {} of memory",
        survey.runs,
        survey.finished,
        survey.outstanding.len(),
        survey.core_seconds / 60.0,
        HumanDuration(survey.wall),
        HumanBytes(survey.disk_bytes),
        HumanBytes(survey.memory_bytes)
    ));
}

fn sets(survey: &Survey) {
    for (set, state) in &survey.sets {
        printer::data(match state {
            DataState::Ready { .. } => format!("  set {set}: ready"),
            DataState::Missing { reason, estimate_seconds, disk_bytes } => {
                format!(
                    "  set {set}: {reason}; would be made (about {estimate_seconds:.0} s, {})",
                    HumanBytes(*disk_bytes)
                )
            }
        });
    }
}

/// The runs in the order of the plan; where many have one reason, their number in the place of the first.
fn runs(survey: &Survey) {
    let mut with_reason: BTreeMap<String, usize> = BTreeMap::new();
    for run in &survey.outstanding {
        *with_reason.entry(run.reason.to_string()).or_default() += 1;
    }
    for run in &survey.outstanding {
        let reason = run.reason.to_string();
        match with_reason.get_mut(&reason) {
            Some(count) if *count > LISTED => {
                printer::data(format!("  would run {count} runs: {reason}"));
                *count = 0;
            }
            Some(0) => {}
            _ => printer::data(format!("  would run {}: {reason}", run.name)),
        }
    }
}

//! `egnn status`: where the runs of a sweep stand.

use crate::{args::Finished, command::report::load, exit::Result, printer, workspace::Workspace};
use egnn_schema::{Outcome, RunEvent};
use egnn_sweep::{Recorded, RunFolder, event_log};
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    total: usize,
    finished: usize,
    failed: usize,
    runs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    run: String,
    status: &'static str,
    /// Progress, result or reason.
    detail: String,
}

pub(crate) fn run(args: &Finished, workspace: &Workspace) -> Result<()> {
    let plan = load(args, workspace)?;
    let records = Recorded::read_all(&plan.manifest, &plan.folder)?;
    let mut runs = Vec::with_capacity(records.len());
    for (planned, record) in plan.manifest.runs.iter().zip(&records) {
        let (status, detail) = match record {
            Recorded::Finished(record) | Recorded::Failed(record) => match &record.outcome {
                Some(Outcome::Finished { metrics }) => {
                    let values: Vec<_> = metrics.results().map(|(name, value)| format!("{name} {value:.5}")).collect();
                    ("finished", values.join(", "))
                }
                Some(Outcome::Failed { failure }) => ("failed", failure.reason.clone()),
                None => ("pending", String::new()),
            },
            Recorded::Damaged { message, .. } => ("damaged", message.clone()),
            Recorded::None => {
                let events = event_log::read(&RunFolder::new(&plan.folder, &planned.id).events())?;
                match progress(&events) {
                    Some(progress) => ("started", progress),
                    None => ("pending", String::new()),
                }
            }
        };
        runs.push(Row { run: planned.id.clone(), status, detail });
    }
    let count = |status: &str| runs.iter().filter(|row| row.status == status).count();
    let status = Status { total: runs.len(), finished: count("finished"), failed: count("failed"), runs };
    if args.json {
        printer::json(&status);
    } else {
        let width = status.runs.iter().map(|row| row.run.chars().count()).max().unwrap_or(0);
        for row in &status.runs {
            printer::data(format!("{:<10} {:<width$} {}", row.status, row.run, row.detail));
        }
        printer::say(format!("{} of {} runs finished, {} failed", status.finished, status.total, status.failed));
    }
    Ok(())
}

/// How far a run came in its last attempt.
fn progress(events: &[RunEvent]) -> Option<String> {
    let total = events.iter().rev().find_map(|event| match event {
        RunEvent::Started { steps, .. } => Some(*steps),
        _ => None,
    })?;
    let step = events.iter().rev().find_map(|event| match event {
        RunEvent::Progress { step, .. } | RunEvent::Evaluated { step, .. } => Some(*step),
        RunEvent::Started { from_step, .. } => Some(*from_step),
        _ => None,
    })?;
    Some(format!("step {step} of {total}"))
}

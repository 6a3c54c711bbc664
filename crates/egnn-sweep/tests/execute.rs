//! Sweeps of real processes from their start to their end.

mod common;
#[path = "common/processes.rs"]
mod processes;

use common::{Shelf, Toy, platform, resolve};
use egnn_store::table::{self, ColumnData, Table};
use egnn_sweep::{Ending, LocalOptions, Survey, SweepError, SweepEvent, SweepPlan, results, run};
use processes::{EPOCHS, PIPELINE, plan, sweep, sweep_with, texts, toy};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

#[test]
fn a_sweep_runs_everything_once_and_then_nothing() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &[]);
    let (summary, events) = sweep(&plan);
    assert_eq!((summary.ending, summary.finished, summary.finished_now), (Ending::Complete, 4, 4));
    assert!(matches!(&events[0], SweepEvent::PlanReady { total: 4, done: 0, outstanding } if outstanding.len() == 4));
    assert_eq!(events.iter().filter(|event| matches!(event, SweepEvent::RunFinished { .. })).count(), 4);
    assert!(events.iter().any(|event| matches!(event, SweepEvent::RunProgress { step: EPOCHS, steps: EPOCHS, .. })));
    let table = table::read(&summary.results).unwrap();
    assert_eq!(texts(&table, "status"), ["finished"; 4]);
    assert_eq!(
        table.column("test_mse"),
        Some(&ColumnData::F64([1.0, 2.0, 1.0, 2.0].map(|seed| Some(seed / 7.0)).to_vec()))
    );
    let written = fs::metadata(&summary.results).unwrap().modified().unwrap();

    let begin = Instant::now();
    let (again, events) = sweep(&plan);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!((again.ending, again.finished, again.finished_now), (Ending::UpToDate, 4, 0));
    assert!(matches!(events[..], [SweepEvent::UpToDate { total: 4 }, SweepEvent::SweepFinished { .. }]));
    assert_eq!(fs::metadata(&summary.results).unwrap().modified().unwrap(), written);
}

#[test]
fn a_failure_is_told_with_its_reason_and_does_not_stop_the_others() {
    let root = tempfile::tempdir().unwrap();
    let text = PIPELINE.replace(
        "profiles:",
        "rules:
  - {when: {model: alpha, seed: 1}, set: {mode: fails}}
  - {when: {model: alpha, seed: 2}, set: {mode: breaks}}
  - {when: {model: beta, seed: 1}, set: {mode: silent}}
profiles:",
    );
    let plan = common::plan(root.path(), &text, "quick", &[]);
    let (summary, events) = sweep(&plan);
    assert_eq!((summary.ending, summary.finished), (Ending::Failed, 1));
    let reasons: BTreeMap<usize, String> = summary.failed.into_iter().collect();
    assert_eq!(reasons[&0], "the toy broke");
    assert_eq!(reasons[&1], "the worker ended without a result (exit status: 2): the toy is in two");
    assert!(reasons[&2].starts_with("the worker ended without a result (exit status: 0)"), "{}", reasons[&2]);
    assert_eq!(events.iter().filter(|event| matches!(event, SweepEvent::RunFailed { .. })).count(), 3);
    let table = table::read(&summary.results).unwrap();
    assert_eq!(texts(&table, "status"), ["failed", "failed", "failed", "finished"]);
    assert_eq!(texts(&table, "reason")[0], "the toy broke");
    // They are tried again.
    let (again, _) = sweep(&plan);
    assert_eq!((again.ending, again.failed.len(), again.finished_now), (Ending::Failed, 3, 0));
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let root = tempfile::tempdir().unwrap();
    let text = PIPELINE.replace(
        "profiles:",
        "rules:\n  - {when: {seed: 1}, set: {mode: fails}}\n  - {when: {seed: 2}, set: {mode: forever}}\nprofiles:",
    );
    let plan = common::plan(root.path(), &text, "quick", &[]);
    let begin = Instant::now();
    let (summary, events) = sweep_with(&plan, LocalOptions { jobs: 2, fail_fast: true, ..LocalOptions::default() });
    assert_eq!((summary.ending, summary.failed.len(), summary.finished), (Ending::Failed, 1, 0));
    assert!(events.contains(&SweepEvent::Stopping { cancelled: false }));
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert_eq!(texts(&table::read(&summary.results).unwrap(), "status"), ["failed", "pending", "pending", "pending"]);
}

#[test]
fn cancelling_stops_the_workers_and_the_next_call_resumes() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &["mode=crawls"]);
    let cancel = AtomicBool::new(false);
    let mut pids = Vec::new();
    let listener = &mut |event: &SweepEvent| match event {
        SweepEvent::RunStarted { pid, .. } => pids.push(*pid),
        SweepEvent::RunProgress { step, .. } if *step > 4 => cancel.store(true, Ordering::SeqCst),
        _ => {}
    };
    let summary = run(&plan, &toy(), LocalOptions::default(), &cancel, listener).unwrap();
    assert_eq!((summary.ending, summary.finished), (Ending::Interrupted, 0));
    assert_eq!(summary.ending.exit_code(), 4);
    assert!(summary.failed.is_empty());
    assert!(pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
    assert_eq!(texts(&table::read(&summary.results).unwrap(), "status"), ["pending"; 4]);
    let (summary, _) = sweep(&plan);
    assert_eq!(summary.ending, Ending::Complete);
    let Some(ColumnData::I64(attempts)) = table::read(&summary.results).unwrap().column("attempts").cloned() else {
        panic!("no attempts")
    };
    assert!(attempts.contains(&Some(2)), "{attempts:?}");
}

#[test]
fn two_sweeps_do_not_share_a_folder() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &[]);
    fs::create_dir_all(&plan.folder).unwrap();
    let _lock = egnn_store::lock::FolderLock::acquire(&plan.folder, "sweep").unwrap();
    let options = LocalOptions::default();
    let error = run(&plan, &toy(), options, &AtomicBool::new(false), &mut |_| ()).unwrap_err();
    assert!(matches!(error, SweepError::Store(_)));
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn a_worker_that_cannot_be_started_is_an_error_of_the_environment() {
    let root = tempfile::tempdir().unwrap();
    let options = LocalOptions::default();
    let error =
        run(&plan(root.path(), &[]), &Toy::default(), options, &AtomicBool::new(false), &mut |_| ()).unwrap_err();
    assert!(error.to_string().starts_with("cannot start the worker '/nonexistent/worker'"), "{error}");
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn missing_data_are_surveyed_and_then_made_first() {
    let root = tempfile::tempdir().unwrap();
    let shelf = Shelf::default();
    let resolved = resolve(PIPELINE, "quick", &["set=fresh,toys", "model=alpha"]).unwrap();
    let survey = Survey::new(&resolved, root.path(), &shelf, &platform(), 2).unwrap();
    assert_eq!((survey.runs, survey.finished, survey.outstanding.len()), (4, 0, 4));
    assert_eq!(survey.missing().into_iter().collect::<Vec<_>>(), ["fresh"]);
    assert_eq!((survey.disk_bytes, survey.memory_bytes), (1040, 200));
    assert_eq!(survey.wall, Duration::from_secs(7 + 40));
    assert!(fs::read_dir(root.path()).unwrap().next().is_none(), "a survey writes nothing");

    let mut events = Vec::new();
    let hashes = resolved.provide(&shelf, &mut |event| events.push(event.clone())).unwrap();
    assert!(
        matches!(&events[..], [SweepEvent::DataMissing { set, .. }, SweepEvent::DataReady { .. }] if set == "fresh")
    );
    let plan = resolved.clone().with_data(root.path(), &hashes, &platform(), "egnn sweep toy").unwrap();
    let (summary, _) = sweep(&plan);
    assert_eq!(summary.ending, Ending::Complete);
    let survey = Survey::new(&resolved, root.path(), &shelf, &platform(), 2).unwrap();
    assert_eq!((survey.finished, survey.outstanding.len(), survey.disk_bytes), (4, 0, 0));
}

#[test]
fn results_have_one_order_and_one_type_a_column() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &["rate=1,0.5"]);
    fs::create_dir_all(&plan.folder).unwrap();
    let empty = table::read(&results::write(&plan, &[]).unwrap()).unwrap();
    let shape: Vec<String> = empty
        .columns
        .iter()
        .map(|(name, data)| format!("{name} {}", format!("{data:?}").split('(').next().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!(shape.join("\n"));
    assert_eq!(texts(&empty, "status"), ["pending"; 8]);
    // The configured number stands in until the run has its own.
    assert_eq!(empty.column("epochs"), Some(&ColumnData::I64(vec![Some(EPOCHS as i64); 8])));
    let (summary, _) = sweep(&plan);
    let full = table::read(&summary.results).unwrap();
    let kinds = |table: &Table| -> Vec<(String, std::mem::Discriminant<ColumnData>)> {
        table.columns.iter().map(|(name, data)| (name.clone(), std::mem::discriminant(data))).collect()
    };
    assert_eq!(kinds(&full), kinds(&empty));
    let loaded = SweepPlan::load(&plan.folder).unwrap();
    assert_eq!(loaded.manifest, plan.manifest);
}

//! Sweeps whose workers are killed, hindered, too slow or not alone, and sweeps that are killed themselves.

mod common;
#[path = "common/processes.rs"]
mod processes;

use egnn_schema::{Circumstances, RunEvent};
use egnn_store::table::{self, ColumnData};
use egnn_sweep::{Ending, LocalOptions, Opening, Recorder, RunFolder, SweepEvent, SweepPlan, event_log, results, run};
use processes::{EPOCHS, PIPELINE, myself, one, patiently, plan, semantic, sweep, sweep_with, texts, toy, train};
use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

#[test]
fn a_worker_that_the_environment_stops_stops_the_sweep_and_the_same_command_resumes() {
    let root = tempfile::tempdir().unwrap();
    let text = PIPELINE.replace(
        "profiles:",
        "rules:
  - {when: {model: alpha, seed: 2}, set: {mode: blocked}}
  - {when: {model: beta, seed: 1}, set: {mode: crawls}}
profiles:",
    );
    let plan = common::plan(root.path(), &text, "quick", &[]);
    let folder = |index: usize| RunFolder::new(&plan.folder, &plan.manifest.runs[index].id);
    // The first run is finished already.
    let first = common::plan(root.path(), &text, "quick", &["model=alpha", "seed=1"]);
    sweep(&SweepPlan { folder: plan.folder.clone(), ..first });
    let begin = Instant::now();
    let mut events = Vec::new();
    let listener = &mut |event: &SweepEvent| events.push(event.clone());
    let options = LocalOptions { jobs: 2, ..LocalOptions::default() };
    let error = patiently(|| run(&plan, &toy(), options, &AtomicBool::new(false), listener)).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert!(error.is_environment());
    assert_eq!(error.exit_code(), 3);
    let run = &plan.manifest.runs[1].id;
    let expected = format!(
        "the sweep stopped at run '{run}': the disk of the toy is full (what is finished is kept; the same command \
         resumes)"
    );
    assert_eq!(error.to_string(), expected);
    assert!(events.contains(&SweepEvent::Stopping { cancelled: false }));
    assert!(!events.iter().any(|event| matches!(event, SweepEvent::RunFailed { .. })));
    assert!((0..4).all(|index| !folder(index).failed().exists()));
    assert!(!events.iter().any(|event| matches!(event, SweepEvent::RunStarted { index: 3, .. })), "the last was begun");
    for event in &events {
        if let SweepEvent::RunStarted { pid, .. } = event {
            assert!(!Path::new(&format!("/proc/{pid}")).exists());
        }
    }
    let results = plan.folder.join(results::FILE);
    assert_eq!(texts(&table::read(&results).unwrap(), "status"), ["finished", "pending", "pending", "pending"]);

    let (summary, _) = sweep(&plan);
    assert_eq!((summary.ending, summary.finished, summary.finished_now), (Ending::Complete, 4, 3));
}

#[test]
fn a_disk_that_is_full_for_the_events_stops_the_sweep() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &["mode=log-full", "model=alpha", "seed=1"]);
    let options = LocalOptions::default();
    let error = run(&plan, &toy(), options, &AtomicBool::new(false), &mut |_| ()).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    let message = error.to_string();
    assert!(message.contains("events.jsonl': no space left on device"), "{message}");
}

#[test]
fn a_killed_worker_is_started_again_and_goes_on_from_what_it_saved() {
    let root = tempfile::tempdir().unwrap();
    let (plan, folder) = one(root.path(), "mode=killed");
    let (summary, events) = sweep(&plan);
    assert_eq!((summary.ending, summary.failed.len()), (Ending::Complete, 0));
    let retries: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            SweepEvent::RunRetried { index: 0, reason, retry, .. } => Some((reason.as_str(), *retry)),
            _ => None,
        })
        .collect();
    assert_eq!(retries, [("the worker was killed (signal: 9 (SIGKILL))", 1)]);
    let metrics = table::read(&folder.metrics()).unwrap();
    assert_eq!(metrics.column("epoch"), Some(&ColumnData::I64((0..EPOCHS as i64).map(Some).collect())));
    let log = event_log::read(&folder.events()).unwrap();
    assert!(log.contains(&RunEvent::Started { from_epoch: 3, from_step: 3, epochs: EPOCHS, steps: EPOCHS }), "{log:?}");
}

#[test]
fn a_worker_that_is_always_killed_fails_in_the_end() {
    let root = tempfile::tempdir().unwrap();
    let (plan, folder) = one(root.path(), "mode=doomed");
    let (summary, events) = sweep_with(&plan, LocalOptions { retries: 3, ..LocalOptions::default() });
    assert_eq!(summary.ending, Ending::Failed);
    assert_eq!(summary.failed[0].1, "the worker was killed (signal: 9 (SIGKILL)), 4 times");
    assert_eq!(events.iter().filter(|event| matches!(event, SweepEvent::RunRetried { .. })).count(), 3);
    assert!(folder.failed().exists());
    let (summary, events) = sweep_with(&plan, LocalOptions { retries: 0, ..LocalOptions::default() });
    assert_eq!(summary.failed.len(), 1);
    assert!(!events.iter().any(|event| matches!(event, SweepEvent::RunRetried { .. })));
}

#[test]
fn a_run_that_fails_by_itself_is_not_tried_again() {
    for mode in ["mode=fails", "mode=breaks", "mode=silent"] {
        let root = tempfile::tempdir().unwrap();
        let (plan, folder) = one(root.path(), mode);
        let (summary, events) = sweep(&plan);
        assert_eq!(summary.failed.len(), 1, "{mode}");
        assert!(!events.iter().any(|event| matches!(event, SweepEvent::RunRetried { .. })), "{mode}");
        assert_eq!(folder.each_attempt().len(), 1, "{mode}");
    }
}

#[test]
fn a_run_over_its_time_saves_and_fails_and_goes_on_in_the_next_call() {
    let root = tempfile::tempdir().unwrap();
    let (plan, folder) = one(root.path(), "mode=crawls");
    let limited = LocalOptions { time_limit: Some(Duration::from_millis(300)), ..LocalOptions::default() };
    let (summary, events) = sweep_with(&plan, limited);
    assert_eq!(summary.ending, Ending::Failed, "20 epochs of 50 ms do not fit into 300 ms");
    let reason = &summary.failed[0].1;
    assert!(reason.starts_with("the time limit of 0.3 s is over at step "), "{reason}");
    assert!(
        !events.iter().any(|event| matches!(event, SweepEvent::RunRetried { .. })),
        "more of the same is no remedy"
    );
    let saved: u64 = fs::read_to_string(folder.each_attempt()[0].checkpoint()).unwrap().parse().unwrap();
    let (summary, _) = sweep(&plan);
    assert_eq!(summary.ending, Ending::Complete);
    let log = event_log::read(&folder.events()).unwrap();
    assert!(log.iter().any(|event| matches!(event, RunEvent::Started { from_epoch, .. } if *from_epoch == saved)));
}

#[test]
fn a_run_whose_worker_died_while_publishing_is_settled_and_not_taken_for_two() {
    let root = tempfile::tempdir().unwrap();
    let (plan, folder) = one(root.path(), "mode=unsettled");
    let (summary, events) = sweep(&plan);
    assert_eq!(summary.ending, Ending::Complete);
    assert!(!events.iter().any(|event| matches!(event, SweepEvent::Superseded { .. })), "{events:?}");
    assert!(folder.metrics().exists() && !folder.attempts().exists());
}

#[test]
fn a_worker_that_cannot_save_when_asked_to_is_not_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let (plan, _) = one(root.path(), "mode=cannot-save");
    let cancel = AtomicBool::new(false);
    let listener = &mut |event: &SweepEvent| {
        if matches!(event, SweepEvent::RunProgress { .. }) {
            cancel.store(true, Ordering::SeqCst);
        }
    };
    let error = run(&plan, &toy(), LocalOptions::default(), &cancel, listener).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("no room for the toy"), "{error}");
}

#[test]
fn a_run_that_another_host_finishes_meanwhile_is_not_started_or_counts_once() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &["mode=slow", "model=alpha"]);
    let elsewhere = |index: usize| {
        let run = &plan.manifest.runs[index];
        let folder = RunFolder::new(&plan.folder, &run.id);
        // A host that does not see this one's locks.
        let _ = fs::remove_file(folder.path().join(".run.lock"));
        let circumstances = Circumstances { host: "elsewhere".into(), ..Circumstances::default() };
        let identity = plan.manifest.identity(index).unwrap();
        let seed = identity.config["seed"].clone();
        let opening = Recorder::open(folder.path(), &run.id, identity, circumstances, false).unwrap();
        let Opening::Begun(mut recorder) = opening else { panic!("finished already") };
        train(&mut recorder, "good", &seed);
    };
    let mut events = Vec::new();
    let listener = &mut |event: &SweepEvent| {
        // While the first run is under way, another host does both.
        if matches!(event, SweepEvent::RunStarted { index: 0, .. }) {
            elsewhere(1);
        }
        if matches!(event, SweepEvent::RunProgress { index: 0, .. })
            && !RunFolder::new(&plan.folder, &plan.manifest.runs[0].id).done().exists()
        {
            elsewhere(0);
        }
        events.push(event.clone());
    };
    let summary = patiently(|| run(&plan, &toy(), LocalOptions::default(), &AtomicBool::new(false), listener)).unwrap();
    assert_eq!((summary.ending, summary.finished), (Ending::Complete, 2));
    let started: Vec<_> = events.iter().filter(|event| matches!(event, SweepEvent::RunStarted { .. })).collect();
    assert_eq!(started.len(), 1, "{started:?}");
    let finished = events.iter().filter(|event| matches!(event, SweepEvent::RunFinished { .. })).count();
    assert_eq!(finished, 2);
    let Some(SweepEvent::Superseded { index: 0, path, is_equal: true, .. }) =
        events.iter().find(|event| matches!(event, SweepEvent::Superseded { .. }))
    else {
        panic!("nobody says that this host's attempt came second: {events:?}")
    };
    assert!(path.join("done.json").exists());
    let table = table::read(&summary.results).unwrap();
    assert_eq!(texts(&table, "host"), ["elsewhere", "elsewhere"]);
}

#[test]
fn a_sweep_killed_again_and_again_gives_the_results_of_an_uninterrupted_one() {
    let calm = tempfile::tempdir().unwrap();
    let (reference, _) = sweep(&plan(calm.path(), &["mode=slow"]));
    let root = tempfile::tempdir().unwrap();
    for milliseconds in [60, 230, 150, 310, 190] {
        let mut command = myself("processes::act_as_sweep");
        command.env("TOY_ROOT", root.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let plan = plan(root.path(), &["mode=slow"]);
    assert!(plan.folder.join("runs").is_dir(), "the killed sweeps did begin");
    let (resumed, _) = sweep(&plan);
    assert!(matches!(resumed.ending, Ending::Complete | Ending::UpToDate), "{resumed:?}");
    assert_eq!(semantic(&resumed.results), semantic(&reference.results));
}

#[test]
fn a_damaged_end_is_told_and_done_again() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path(), &[]);
    sweep(&plan);
    let done = RunFolder::new(&plan.folder, &plan.manifest.runs[2].id).done();
    fs::write(&done, "{\"record_version\": 1, ").unwrap();
    let (summary, events) = sweep(&plan);
    let SweepEvent::Damaged { index: 2, path, message } = &events[0] else { panic!("{:?}", events[0]) };
    assert_eq!(*path, done);
    let (file, run) = (done.display(), &plan.manifest.runs[2].id);
    let begin = format!("'{file}' of run {run} is damaged: not a run's record: ");
    let aside = plan.folder.join("set-aside").join(format!("{run}.1"));
    let end = format!("; it is set aside in '{}', the run is done again", aside.display());
    assert!(message.starts_with(&begin) && message.ends_with(&end), "{message}");
    assert!(aside.join("metrics.parquet").exists());
    assert_eq!((summary.ending, summary.finished_now), (Ending::Complete, 1));
}

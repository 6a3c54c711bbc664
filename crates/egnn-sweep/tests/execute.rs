//! Sweeps of real processes: this test program starts itself as the worker and as the sweep that is killed.

mod common;

use common::{Shelf, Toy, platform, resolve};
use egnn_schema::{Circumstances, Failure, FieldValue, RunEvent, RunMetrics, columns};
use egnn_store::{
    StoreError,
    fault::{self, Fault},
    table::{self, ColumnData, Table},
};
use egnn_sweep::{
    Ending, LocalOptions, Opening, Recorder, RunFolder, Summary, Survey, SweepError, SweepEvent, SweepManifest,
    SweepPlan, lifeline, results, run,
};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

const EPOCHS: u64 = 20;
/// Whether the worker is asked to save and end.
static STOP: AtomicBool = AtomicBool::new(false);
const PIPELINE: &str = "\
pipeline: toy
title: A toy
task: toy
report: table
grid: {model: [alpha, beta], seed: [1, 2]}
profiles:
  quick: {description: Quick., set: {epochs: 20}}
";

/// Not a test: a worker, when the environment says so. Its training counts epochs, with a checkpoint every third.
#[test]
fn act_as_worker() {
    let (Ok(manifest), Ok(index)) = (env::var("TOY_MANIFEST"), env::var("TOY_INDEX")) else { return };
    lifeline::watch(io::stdin(), || {
        STOP.store(true, Ordering::SeqCst);
    });
    let manifest_path = PathBuf::from(manifest);
    let manifest = SweepManifest::read(&manifest_path).unwrap();
    let index: usize = index.parse().unwrap();
    let planned = &manifest.runs[index];
    let folder = RunFolder::new(manifest_path.parent().unwrap(), &planned.id);
    let identity = manifest.identity(index).unwrap();
    let opening = Recorder::open(folder.path(), &planned.id, identity, Circumstances::default(), false).unwrap();
    let Opening::Begun(mut recorder) = opening else { process::exit(0) };
    train(&mut recorder, &planned.config["mode"].to_string(), &planned.config["seed"]);
    process::exit(0);
}

fn train(recorder: &mut Recorder, mode: &str, seed: &FieldValue) {
    let checkpoint = recorder.folder().checkpoint();
    let first: u64 = fs::read_to_string(&checkpoint).map_or(0, |text| text.parse().unwrap());
    let seed = seed.to_string().parse::<f64>().unwrap();
    recorder.record(&RunEvent::Started { from_epoch: first, from_step: first, epochs: EPOCHS, steps: EPOCHS }).unwrap();
    let save = |epoch: u64| egnn_store::atomic::write(&checkpoint, |out| write!(out, "{epoch}")).unwrap();
    for epoch in first..EPOCHS {
        if STOP.load(Ordering::SeqCst) {
            if mode == "cannot-save" {
                Command::new("sh").args(["-c", "echo error: no room for the toy >&2"]).status().unwrap();
                process::exit(3);
            }
            save(epoch);
            process::exit(4);
        }
        match mode {
            "crawls" | "cannot-save" => thread::sleep(Duration::from_millis(50)),
            "slow" => thread::sleep(Duration::from_millis(15)),
            "forever" if STOP.load(Ordering::SeqCst) => {}
            "forever" => thread::park_timeout(Duration::from_millis(20)),
            "deaf" => thread::sleep(Duration::from_mins(10)),
            "killed" if epoch == 5 && first == 0 => {
                Command::new("sh").args(["-c", "kill -9 $PPID"]).status().unwrap();
            }
            "doomed" if epoch == 5 => {
                Command::new("sh").args(["-c", "kill -9 $PPID"]).status().unwrap();
            }
            "silent" if epoch == 5 => process::exit(0),
            "breaks" if epoch == 5 => {
                // Past libtest's capture: into the log.
                Command::new("sh").args(["-c", "echo first; echo error: the toy is in two >&2"]).status().unwrap();
                process::exit(2);
            }
            "blocked" if epoch == 5 && first == 0 => {
                let failure = Failure { reason: "disk full".into(), epoch: None, batch: None, last_good: None };
                recorder.record(&RunEvent::Failed { failure }).unwrap();
                Command::new("sh").args(["-c", "echo error: the disk of the toy is full >&2"]).status().unwrap();
                process::exit(3);
            }
            "log-full" if epoch == 5 => {
                let _guard = fault::inject(Fault::DiskFull { after_bytes: 0 });
                let error = recorder.record(&RunEvent::Progress { epoch, step: epoch, loss: 1.0 }).unwrap_err();
                assert_eq!(error.exit_code(), 3);
                let line = format!("error: {error}");
                Command::new("sh").args(["-c", "echo \"$0\" >&2", &line]).status().unwrap();
                process::exit(i32::from(error.exit_code()));
            }
            "fails" if epoch == 5 => {
                let failure =
                    Failure { reason: "the toy broke".into(), epoch: Some(5), batch: Some(0), last_good: None };
                recorder.record(&RunEvent::Failed { failure }).unwrap();
                process::exit(1);
            }
            _ => {}
        }
        let valid_loss = seed / (epoch + 1) as f64;
        let event = RunEvent::Evaluated {
            epoch,
            step: epoch + 1,
            train_loss: valid_loss,
            valid_loss,
            best_valid_loss: valid_loss,
            best_epoch: epoch,
            seconds: 0.1,
        };
        recorder.record(&event).unwrap();
        if (epoch + 1) % 3 == 0 {
            save(epoch + 1);
        }
    }
    let values = BTreeMap::from([("test_mse".to_owned(), seed / 7.0), ("valid_mse".to_owned(), seed / EPOCHS as f64)]);
    let metrics = RunMetrics { parameters: 3, epochs: EPOCHS, steps: EPOCHS, best_epoch: EPOCHS - 1, values };
    let attempt = recorder.folder().clone();
    recorder.record(&RunEvent::Finished { metrics }).unwrap();
    if mode == "unsettled" {
        // Where it was just after its `done.json` was published.
        let run = RunFolder::at(attempt.path().ancestors().nth(2).unwrap());
        fs::create_dir_all(attempt.path()).unwrap();
        fs::hard_link(run.done(), attempt.done()).unwrap();
        for (from, to) in [(run.metrics(), attempt.metrics()), (run.events(), attempt.events())] {
            fs::rename(from, to).unwrap();
        }
    }
}

/// Not a test: a sweep, when the environment says so.
#[test]
fn act_as_sweep() {
    let Ok(root) = env::var("TOY_ROOT") else { return };
    sweep(&plan(Path::new(&root), &["mode=slow"]));
}

fn myself(entry: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", entry, "--nocapture", "--test-threads=2"]).env_remove("TOY_ROOT");
    command
}

fn toy() -> Toy {
    Toy {
        worker: |manifest, index| {
            let mut command = myself("act_as_worker");
            command.env("TOY_MANIFEST", manifest).env("TOY_INDEX", index.to_string());
            command
        },
    }
}

fn plan(root: &Path, overrides: &[&str]) -> SweepPlan {
    common::plan(root, PIPELINE, "quick", overrides)
}

fn sweep(plan: &SweepPlan) -> (Summary, Vec<SweepEvent>) {
    sweep_with(plan, LocalOptions { jobs: 2, ..LocalOptions::default() })
}

fn sweep_with(plan: &SweepPlan, options: LocalOptions) -> (Summary, Vec<SweepEvent>) {
    let mut events = Vec::new();
    let listener = &mut |event: &SweepEvent| events.push(event.clone());
    let summary = patiently(|| run(plan, &toy(), options, &AtomicBool::new(false), listener)).unwrap();
    (summary, events)
}

/// Tries again while the lock of this process's previous sweep lingers: a process that another test is just starting
/// holds a copy of it until it becomes its program.
fn patiently(mut run: impl FnMut() -> Result<Summary, SweepError>) -> Result<Summary, SweepError> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match run() {
            Err(SweepError::Store(StoreError::Locked { .. })) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// The table without the columns that may differ.
fn semantic(path: &Path) -> Table {
    let mut table = table::read(path).unwrap();
    let circumstantial = columns::results::CIRCUMSTANTIAL;
    table.columns.retain(|(name, _)| !circumstantial.iter().any(|column| column.name == name));
    // The hash of whole records.
    table.metadata.remove("inputs");
    table
}

fn texts(table: &Table, column: &str) -> Vec<String> {
    let Some(ColumnData::Text(values)) = table.column(column) else { panic!("no text column {column}: {table:?}") };
    values.iter().map(|value| value.clone().unwrap_or_default()).collect()
}

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

fn one(root: &Path, mode: &str) -> (SweepPlan, RunFolder) {
    let plan = plan(root, &[mode, "seed=1", "model=alpha"]);
    let folder = RunFolder::new(&plan.folder, &plan.manifest.runs[0].id);
    (plan, folder)
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
    let log = egnn_sweep::event_log::read(&folder.events()).unwrap();
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
    let log = egnn_sweep::event_log::read(&folder.events()).unwrap();
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
        let opening = Recorder::open(folder.path(), &run.id, identity, circumstances, false).unwrap();
        let Opening::Begun(mut recorder) = opening else { panic!("finished already") };
        train(&mut recorder, "good", &run.config["seed"]);
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
        let mut command = myself("act_as_sweep");
        command.env("TOY_ROOT", root.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (resumed, _) = sweep(&plan(root.path(), &["mode=slow"]));
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
    let empty = results::table(&plan.manifest, &[]);
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

//! Sweeps of real processes: the test program starts itself as the worker and as the sweep that is killed.
#![allow(dead_code, reason = "each test program uses a part")]

use super::common::Toy;
use egnn_schema::{Circumstances, Failure, FieldValue, RunEvent, RunMetrics, columns};
use egnn_store::{
    StoreError,
    fault::{self, Fault},
    table::{self, ColumnData, Table},
};
use egnn_sweep::{
    LocalOptions, Opening, Recorder, RunFolder, Summary, SweepError, SweepEvent, SweepManifest, SweepPlan, lifeline,
    run,
};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

pub(crate) const EPOCHS: u64 = 20;
/// Whether the worker is asked to save and end.
static STOP: AtomicBool = AtomicBool::new(false);
pub(crate) const PIPELINE: &str = "\
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
    let (mode, seed) = (identity.config["mode"].to_string(), identity.config["seed"].clone());
    let opening = Recorder::open(folder.path(), &planned.id, identity, Circumstances::default(), false).unwrap();
    let Opening::Begun(mut recorder) = opening else { process::exit(0) };
    train(&mut recorder, &mode, &seed);
    process::exit(0);
}

pub(crate) fn train(recorder: &mut Recorder, mode: &str, seed: &FieldValue) {
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

pub(crate) fn myself(entry: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", entry, "--nocapture", "--test-threads=2"]).env_remove("TOY_ROOT");
    command
}

pub(crate) fn toy() -> Toy {
    Toy {
        worker: |manifest, index| {
            let mut command = myself("processes::act_as_worker");
            command.env("TOY_MANIFEST", manifest).env("TOY_INDEX", index.to_string());
            command
        },
    }
}

pub(crate) fn plan(root: &Path, overrides: &[&str]) -> SweepPlan {
    super::common::plan(root, PIPELINE, "quick", overrides)
}

pub(crate) fn sweep(plan: &SweepPlan) -> (Summary, Vec<SweepEvent>) {
    sweep_with(plan, LocalOptions { jobs: 2, ..LocalOptions::default() })
}

pub(crate) fn sweep_with(plan: &SweepPlan, options: LocalOptions) -> (Summary, Vec<SweepEvent>) {
    let mut events = Vec::new();
    let listener = &mut |event: &SweepEvent| events.push(event.clone());
    let summary = patiently(|| run(plan, &toy(), options, &AtomicBool::new(false), listener)).unwrap();
    (summary, events)
}

/// Tries again while the lock of this process's previous sweep lingers: a process that another test is just starting
/// holds a copy of it until it becomes its program.
pub(crate) fn patiently(mut run: impl FnMut() -> Result<Summary, SweepError>) -> Result<Summary, SweepError> {
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
pub(crate) fn semantic(path: &Path) -> Table {
    let mut table = table::read(path).unwrap();
    let circumstantial = columns::results::CIRCUMSTANTIAL;
    table.columns.retain(|(name, _)| !circumstantial.iter().any(|column| column.name == name));
    // The hash of whole records.
    table.metadata.remove("inputs");
    table
}

pub(crate) fn texts(table: &Table, column: &str) -> Vec<String> {
    let Some(ColumnData::Text(values)) = table.column(column) else { panic!("no text column {column}: {table:?}") };
    values.iter().map(|value| value.clone().unwrap_or_default()).collect()
}

/// A plan of one run, and its folder.
pub(crate) fn one(root: &Path, mode: &str) -> (SweepPlan, RunFolder) {
    let plan = plan(root, &[mode, "seed=1", "model=alpha"]);
    let folder = RunFolder::new(&plan.folder, &plan.manifest.runs[0].id);
    (plan, folder)
}

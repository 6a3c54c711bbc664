//! Where runs stand, told from their folders and a queue.

mod common;

use common::{
    PIPELINE,
    history::{attempt, begin, evaluated, failed, finish_all, finished},
};
use egnn_schema::RunEvent;
use egnn_sweep::{Estimate, QueueState, Queued, RunFolder, RunState, Standing, SweepPlan, Watch};
use std::{collections::BTreeMap, fs, path::Path};

fn plan(root: &Path) -> SweepPlan {
    common::plan(root, PIPELINE, "quick", &[])
}

fn look(watch: &mut Watch<'_>) -> Standing {
    watch.look(&BTreeMap::new()).unwrap()
}

fn names(standing: &Standing) -> Vec<&'static str> {
    standing.runs.iter().map(|run| run.state.name()).collect()
}

#[test]
fn each_state_is_told_from_the_runs_folder() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path());
    assert_eq!(names(&look(&mut Watch::new(&plan))), ["pending"; 4]);
    attempt(&plan, 0, 100, Some(&finished()));
    attempt(&plan, 1, 40, Some(&failed("no luck")));
    attempt(&plan, 2, 30, None);
    let before = files(root.path());
    let mut watch = Watch::new(&plan);
    let standing = look(&mut watch);
    assert_eq!(names(&standing), ["finished", "failed", "started", "pending"]);
    assert_eq!(standing.runs[0].state, RunState::Finished { results: [("test_mse".into(), 0.5)].into() });
    assert_eq!(standing.runs[1].state, RunState::Failed { reason: "no luck".into() });
    assert_eq!((standing.runs[2].step, standing.runs[2].steps, standing.runs[2].valid), (30, 100, Some(0.25)));
    assert!(!standing.is_over());
    let worker = begin(&plan, 3, 20, None);
    assert_eq!(names(&look(&mut watch))[3], "running");
    drop(worker);
    assert_eq!(names(&look(&mut Watch::new(&plan)))[3], "started");
    let done = RunFolder::new(&plan.folder, &plan.manifest.runs[0].id).done();
    fs::write(done, "{").unwrap();
    assert!(
        matches!(&look(&mut Watch::new(&plan)).runs[0].state, RunState::Damaged { message } if !message.is_empty())
    );
    attempt(&plan, 3, 0, None);
    fs::remove_dir_all(plan.folder.join("runs").join(&plan.manifest.runs[3].id)).unwrap();
    assert!(files(root.path()).len() == before.len(), "looking writes nothing");
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Adds a line to the log of run `index` as a worker on another host would, whose lock nobody here can see.
fn log(plan: &SweepPlan, index: usize, event: &RunEvent) {
    use std::io::Write;
    let path = RunFolder::new(&plan.folder, &plan.manifest.runs[index].id).live_events();
    let mut file = fs::File::options().append(true).open(path).unwrap();
    writeln!(file, "{}", serde_json::to_string(event).unwrap()).unwrap();
}

#[test]
fn a_log_that_grows_shows_a_worker_on_another_host() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path());
    attempt(&plan, 0, 10, None);
    let mut watch = Watch::new(&plan);
    assert_eq!(names(&look(&mut watch))[0], "started");
    log(&plan, 0, &evaluated(20));
    let standing = look(&mut watch);
    assert_eq!((names(&standing)[0], standing.runs[0].step), ("running", 20));
    assert_eq!(names(&look(&mut watch))[0], "running", "an evaluation may be long");
    let quiet = (0..100).map(|_| names(&look(&mut watch))[0]).position(|name| name == "started");
    assert!(quiet.is_some(), "but not for ever");
    attempt(&plan, 0, 100, Some(&finished()));
    assert_eq!(names(&look(&mut watch))[0], "finished");
}

#[test]
fn a_queue_knows_who_waits_and_works_and_the_folder_how_it_ended() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path());
    attempt(&plan, 2, 100, Some(&finished()));
    let states = [
        QueueState::Pending { reason: "Priority".into() },
        QueueState::Running { node: "node7".into() },
        QueueState::Ended { word: "TIMEOUT".into() },
        QueueState::Ended { word: "OUT_OF_MEMORY".into() },
    ];
    let runs = plan.manifest.runs.iter().zip(states);
    let queue: BTreeMap<String, Queued> =
        runs.map(|(run, state)| (run.id.clone(), Queued { job: "7_1".into(), state })).collect();
    let standing = Watch::new(&plan).look(&queue).unwrap();
    let states: Vec<&RunState> = standing.runs.iter().map(|run| &run.state).collect();
    assert_eq!(*states[0], RunState::Queued { reason: "Priority".into() });
    assert_eq!(*states[1], RunState::Running { node: Some("node7".into()) });
    assert_eq!(states[2].name(), "finished");
    assert_eq!(*states[3], RunState::Started { ended: Some("OUT_OF_MEMORY".into()) });
}

#[test]
fn what_is_left_follows_from_estimates_and_what_was_seen() {
    let root = tempfile::tempdir().unwrap();
    let mut plan = plan(root.path());
    plan.estimates = vec![Estimate { core_seconds: 1000.0, ..Estimate::default() }; 4];
    let seconds = |plan: &SweepPlan| look(&mut Watch::new(plan)).remaining.as_secs_f64();
    assert!((seconds(&plan) - 4000.0).abs() < 1e-6, "one after the other, as estimated");
    // 1,000 estimated core-seconds took 10 seconds.
    attempt(&plan, 0, 100, Some(&finished()));
    let speed = 1005.0 / 15.0;
    assert!((seconds(&plan) - 3000.0 / speed).abs() < 1e-6, "{}", seconds(&plan));
    // Half of another took 5, and its worker is at it.
    let worker = begin(&plan, 1, 50, None);
    let speed = 1505.0 / 20.0;
    assert!((seconds(&plan) - 2500.0 / speed).abs() < 1e-6, "{}", seconds(&plan));
    drop(worker);
    finish_all(&plan);
    let standing = look(&mut Watch::new(&plan));
    assert!(standing.is_over() && standing.remaining.is_zero());
    assert_eq!(standing.count("finished"), 4);
}

#[test]
fn a_run_that_fails_while_it_is_watched_has_failed_at_once() {
    let root = tempfile::tempdir().unwrap();
    let plan = plan(root.path());
    let mut watch = Watch::new(&plan);
    let mut worker = begin(&plan, 0, 10, None);
    assert_eq!(look(&mut watch).runs[0].state.name(), "running");
    worker.record(&evaluated(20)).unwrap();
    assert_eq!(look(&mut watch).runs[0].state.name(), "running", "its log grows");
    worker.record(&failed("no luck")).unwrap();
    drop(worker);
    assert_eq!(look(&mut watch).runs[0].state, RunState::Failed { reason: "no luck".into() });
}

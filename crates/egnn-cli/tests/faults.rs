//! What a sweep does when it is asked to end, when its workers are killed, and when another one is at work.

mod common;

use common::{
    Lab, json,
    sweeps::{assert_equal_sweeps, evaluations, runs, signal, workers},
};
use egnn_sweep::RunFolder;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

const PIPELINE: [&str; 4] = ["sweep", "nbody-sizes", "--profile", "smoke"];
/// A run that takes a while, saved by nobody who does not ask for it.
const LONG: [&str; 6] = ["model=egnn", "train_samples=40", "seed=1", "steps=3000", "--checkpoint-every", "1000"];

fn sweep<'a>(words: &[&'a str], name: &'a str) -> Vec<&'a str> {
    PIPELINE.into_iter().chain(words.iter().copied()).chain(["--name", name]).collect()
}

fn folder(name: &str) -> String {
    format!("reports/nbody-sizes/{name}")
}

/// Waits until the sweep has so many evaluations on record.
fn wait_for(lab: &Lab, name: &str, process: &mut Child, count: usize) {
    while evaluations(lab, &folder(name)) < count {
        assert!(process.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// The only run of a sweep.
fn run(lab: &Lab, name: &str) -> PathBuf {
    let [run] = &runs(lab, &folder(name))[..] else { panic!("not one run") };
    run.clone()
}

/// First steps of the attempts that a run's log knows.
fn first_steps(run: &PathBuf) -> Vec<u64> {
    let events = std::fs::read_to_string(RunFolder::at(run).live_events()).unwrap();
    let started = events.lines().map(json).filter(|event| event["event"] == "started");
    started.map(|event| event["from_step"].as_u64().unwrap()).collect()
}

#[test]
fn whoever_asks_a_sweep_to_end_finds_everything_saved() {
    let lab = Lab::new();
    lab.ok(&sweep(&LONG, "calm"));
    let total = evaluations(&lab, &folder("calm"));
    for (place, name) in ["-TERM", "-INT", "-USR1", "-HUP"].into_iter().enumerate() {
        let mut process = lab.spawn(&sweep(&LONG, "asked"), Stdio::piped());
        wait_for(&lab, "asked", &mut process, total * (place + 1) / 6);
        assert!(signal(name, process.id()));
        let output = process.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{name}: {stderr}");
        assert!(stderr.contains("the same command resumes"), "{name}: {stderr}");
        assert!(workers(&lab).is_empty(), "{name}");
        let run = RunFolder::at(run(&lab, "asked"));
        let attempts = run.each_attempt();
        assert!(attempts.last().unwrap().checkpoint().exists(), "{name}: saved");
        assert!(!run.failed().exists(), "{name}: to be asked to end is no failure");
    }
    lab.ok(&sweep(&LONG, "asked"));
    let steps = first_steps(&run(&lab, "asked"));
    assert!(steps.len() == 5 && steps.is_sorted_by(|a, b| a < b), "every attempt went on: {steps:?}");
    assert_equal_sweeps(&lab, &folder("calm"), &folder("asked"));
}

#[test]
fn a_second_request_to_end_is_obeyed_at_once() {
    let lab = Lab::new();
    let mut process = lab.spawn(&sweep(&LONG, "impatient"), Stdio::piped());
    wait_for(&lab, "impatient", &mut process, 5);
    // A worker that cannot hear: the sweep would wait for it.
    let worker = workers(&lab)[0];
    assert!(signal("-STOP", worker));
    assert!(signal("-INT", process.id()));
    let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("stopping")), "the first request is heard");
    assert!(signal("-INT", process.id()));
    assert_eq!(process.wait().unwrap().code(), Some(4));
    assert!(said.any(|line| line.unwrap().starts_with("interrupted")), "at once");
    assert_eq!(workers(&lab), [worker], "nobody waited for it");
    assert!(signal("-KILL", worker));
    lab.ok(&sweep(&LONG, "impatient"));
}

#[test]
fn a_sweep_under_nohup_outlives_its_terminal() {
    let lab = Lab::new();
    let words = sweep(&LONG, "nohup").join(" ");
    let program = env!("CARGO_BIN_EXE_egnn");
    let line = format!("trap '' HUP; exec '{program}' {words}");
    let mut shell = std::process::Command::new("sh");
    let mut process = shell
        .current_dir(lab.path(""))
        .args(["-c", &line])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&lab, "nohup", &mut process, 5);
    assert!(signal("-HUP", process.id()));
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_worker_saves_and_stops_for_a_cluster_and_does_nothing_twice() {
    let lab = Lab::new();
    lab.ok(&sweep(&LONG, "calm"));
    let total = evaluations(&lab, &folder("calm"));
    lab.ok(&sweep(&[&LONG[..], &["--jobs", "1"]].concat(), "cluster"));
    std::fs::remove_dir_all(lab.path(&folder("cluster")).join("runs")).unwrap();
    let manifest = format!("{}/plan.json", folder("cluster"));
    let worker = ["worker", "--manifest", &manifest, "--index", "0", "--checkpoint-every", "1000"];
    for (place, name) in ["-USR1", "-TERM"].into_iter().enumerate() {
        let mut process = lab.spawn(&worker, Stdio::null());
        wait_for(&lab, "cluster", &mut process, total * (place + 1) / 4);
        assert!(signal(name, process.id()));
        // Clusters say it to the job's shell too, which hands it on.
        signal(name, process.id());
        assert_eq!(process.wait().unwrap().code(), Some(4), "{name}");
    }
    let last = lab.ok(&worker);
    assert!(last.stderr.contains("finished, "), "{}", last.stderr);
    let steps = first_steps(&run(&lab, "cluster"));
    assert!(steps.len() == 3 && steps.is_sorted_by(|a, b| a < b), "{steps:?}");
    let files = lab.files();
    let again = lab.ok(&worker);
    assert!(again.stderr.contains("finished before"), "{}", again.stderr);
    assert_eq!(lab.files(), files);
    lab.ok(&sweep(&LONG, "cluster"));
    assert_equal_sweeps(&lab, &folder("calm"), &folder("cluster"));
    let record = json(&std::fs::read_to_string(run(&lab, "cluster").join("done.json")).unwrap());
    let of = &record["circumstances"];
    assert_eq!(of["attempts"], 3);
    for text in ["version", "revision", "command", "host", "cpu", "cpu_features", "attempt"] {
        assert!(!of[text].as_str().unwrap().is_empty(), "{text}: {of}");
    }
    assert!(of["command"].as_str().unwrap().starts_with("egnn worker --manifest reports/nbody-sizes/cluster"), "{of}");
    let calm = json(&std::fs::read_to_string(run(&lab, "calm").join("done.json")).unwrap());
    let typed = format!("egnn {}", sweep(&LONG, "calm").join(" "));
    assert_eq!(calm["circumstances"]["command"], typed.as_str());
    assert_eq!(of["streams"], serde_json::json!(["seed 1/init", "seed 1/order/<epoch>"]));
    assert!(of["started_unix"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(record["identity"]["datasets"]["nbody_smoke"].as_str().unwrap().len(), 64);
    assert_eq!(record["identity"]["threads"], 1);
}

#[test]
fn a_killed_worker_is_started_again_by_its_sweep() {
    let lab = Lab::new();
    let words: Vec<_> = LONG[..4].iter().copied().chain(["--checkpoint-every", "0.1", "--retries", "1"]).collect();
    let mut process = lab.spawn(&sweep(&words, "killed"), Stdio::piped());
    wait_for(&lab, "killed", &mut process, 5);
    assert!(signal("-KILL", workers(&lab)[0]));
    let output = process.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("SIGKILL") && stderr.contains("started again later (retry 1)"), "{stderr}");
}

#[test]
fn a_time_limit_ends_a_run_and_the_next_sweep_goes_on() {
    let lab = Lab::new();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let words: Vec<_> = LONG.into_iter().chain(["--time-limit", "400ms"]).collect();
    let limited = lab.fails(1, &sweep(&words, "limited"), "the time limit of 0.4 s is over at step ");
    assert!(limited.stderr.contains("FAILED"), "{}", limited.stderr);
    lab.ok(&sweep(&LONG, "limited"));
    let steps = first_steps(&run(&lab, "limited"));
    assert!(steps.len() == 2 && steps[1] > 0, "{steps:?}");
    lab.fails(2, &sweep(&["--time-limit", "soon"], "limited"), "invalid value 'soon' for '--time-limit <TIME>'");
}

#[test]
fn two_sweeps_that_start_at_once_do_no_run_twice() {
    let lab = Lab::new();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let words = sweep(&["steps=300"], "both");
    let both = [0, 1].map(|_| lab.spawn(&words, Stdio::piped()));
    let mut outputs = both.map(|process| process.wait_with_output().unwrap());
    outputs.sort_by_key(|output| output.status.code());
    let [first, second] = &outputs;
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let stderr = String::from_utf8_lossy(&second.stderr);
    match second.status.code() {
        // It came when the other had ended.
        Some(0) => {}
        code => assert!(code == Some(3) && stderr.contains("another"), "{code:?}: {stderr}"),
    }
    let sql = format!(
        "SELECT status, attempts, COUNT(run) AS n FROM read_parquet('{}/results.parquet') GROUP BY status, attempts",
        folder("both")
    );
    let rows = json(&lab.ok(&["query", "--json", &sql]).stdout);
    assert_eq!(rows, serde_json::json!([{"status": "finished", "attempts": 1, "n": 9}]));
}

#[test]
fn another_cpu_starts_again_or_goes_on_if_it_may() {
    let lab = Lab::new();
    let long = ["model=radial_field", "train_samples=40", "seed=1", "steps=800", "--checkpoint-every", "1000"];
    let interrupted = |name: &'static str| {
        let mut process = lab.spawn(&sweep(&long, name), Stdio::null());
        wait_for(&lab, name, &mut process, 5);
        assert!(signal("-TERM", process.id()));
        assert_eq!(process.wait().unwrap().code(), Some(4));
    };
    // Other vector instructions round like another type of CPU.
    let resume = |words: &[&str]| {
        let output = lab.command(words).env("EGNN_SIMD", "portable").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let record = |name: &str| json(&std::fs::read_to_string(run(&lab, name).join("done.json")).unwrap());
    interrupted("again");
    resume(&sweep(&long, "again"));
    assert_eq!(first_steps(&run(&lab, "again")), [0]);
    let log = std::fs::read_to_string(run(&lab, "again").join("log.txt")).unwrap();
    assert!(log.contains("another type of CPU") && log.contains("--allow-other-cpu"), "{log}");
    assert_eq!(record("again")["circumstances"]["earlier_cpus"], serde_json::Value::Null);
    interrupted("mixed");
    resume(&sweep(&[&long[..], &["--allow-other-cpu"]].concat(), "mixed"));
    let steps = first_steps(&run(&lab, "mixed"));
    assert!(steps.len() == 2 && steps[1] > 0, "{steps:?}");
    let of = &record("mixed")["circumstances"];
    assert!(of["cpu"].as_str().unwrap().ends_with("portable"), "{of}");
    assert_eq!(of["earlier_cpus"].as_array().unwrap().len(), 1, "{of}");
}

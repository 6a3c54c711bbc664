//! `egnn status`, once and watching.

mod common;

use common::{Lab, json, sweeps::evaluations};
use std::process::{Command, Stdio};

const SWEEP: &str = "reports/nbody-sizes/seen";

#[test]
fn a_sweep_is_watched_from_its_folder_to_its_end() {
    let lab = Lab::new();
    let sweep =
        ["sweep", "nbody-sizes", "--profile", "smoke", "model=egnn", "steps=600", "--name", "seen", "--jobs", "2"];
    let status = ["status", "nbody-sizes", "--profile", "seen"];
    lab.fails(2, &status, "run `egnn sweep nbody-sizes --profile seen` first");
    let mut process = lab.spawn(&sweep, Stdio::null());
    while evaluations(&lab, SWEEP) < 3 {
        assert!(process.try_wait().unwrap().is_none(), "the sweep ended before it could be watched");
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    let running = json(&lab.ok(&[&status[..], &["--json"]].concat()).stdout);
    assert_eq!(running["total"], 3);
    assert!(running["running"].as_u64().unwrap() > 0, "{running}");
    assert!(running["remaining_seconds"].as_f64().unwrap() > 0.0, "{running}");
    let of_one = running["runs"].as_array().unwrap().iter().find(|run| run["status"] == "running").unwrap();
    assert_eq!(of_one["steps"], 600, "{of_one}");
    assert!(of_one["detail"].as_str().unwrap().starts_with("step "), "{of_one}");

    let watched = lab.ok(&[&status[..], &["--watch", "0.05"]].concat());
    assert_eq!(watched.stdout.lines().filter(|line| line.starts_with("finished")).count(), 3, "{}", watched.stdout);
    assert!(watched.stdout.lines().any(|line| line.starts_with("running")), "{}", watched.stdout);
    assert!(watched.stderr.ends_with("3 of 3 runs finished, 0 failed\n"), "{}", watched.stderr);
    assert!(process.wait().unwrap().success());

    let before = lab.files();
    let objects = lab.ok(&[&status[..], &["--watch", "--json"]].concat()).stdout;
    assert_eq!(objects.lines().count(), 1, "{objects}");
    let ended = json(&objects);
    assert_eq!((ended["finished"].as_u64(), ended["pending"].as_u64()), (Some(3), Some(0)));
    assert_eq!(lab.files(), before, "looking writes nothing");
    lab.fails(2, &[&status[..], &["--watch", "0"]].concat(), "--watch 0: give a number of seconds above 0");
}

#[test]
fn a_failed_run_ends_the_watch_with_its_exit_code_and_what_was_stopped_is_started() {
    let lab = Lab::new();
    let sweep = ["sweep", "nbody-sizes", "--profile", "smoke", "model=gnn", "train_samples=40"];
    lab.fails(1, &[&sweep[..], &["learning_rate=1e9", "--name", "seen"]].concat(), "learning_rate");
    let status = ["status", "nbody-sizes", "--profile", "seen", "--watch", "0.05"];
    let watched = lab.fails(1, &status, "0 of 1 runs finished, 1 failed");
    assert!(watched.stdout.starts_with("failed     gnn-n40-s1"), "{}", watched.stdout);

    let long = [&sweep[..], &["steps=100000", "--name", "long"]].concat();
    let mut process = lab.spawn(&long, Stdio::null());
    while evaluations(&lab, "reports/nbody-sizes/long") < 3 {
        assert!(process.try_wait().unwrap().is_none(), "the sweep ended before it could be stopped");
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(process.wait().unwrap().code(), Some(4));
    let stopped = lab.ok(&["status", "nbody-sizes", "--profile", "long"]);
    assert!(stopped.stdout.starts_with("started    gnn-n40-s1"), "{}", stopped.stdout);
    assert!(stopped.stderr.contains("1 started; nothing is running, about"), "{}", stopped.stderr);
}

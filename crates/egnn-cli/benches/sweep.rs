//! `just bench-sweep`: what a sweep of 10,000 finished runs costs to plan, to look at, to report and to find up to date, and what a
//! sweep adds to each of its runs. Whole processes are timed; the runs' records are made up.
//!
//! `EGNN` names the program that is timed, from the project's root, so that this one, which only starts it, need not be built as
//! slowly. The number of runs may be given.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Lab, fabricate, json};
use std::{path::Path, process::Command, time::Instant};

/// Times that each command is run.
const REPETITIONS: usize = 5;
/// Runs with which the overhead of a run is measured.
const TINY: usize = 40;

fn main() {
    let runs = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let lab = Lab::new();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    println!("{:<44} {:>9}", "overhead of a run", milliseconds(overhead(&lab)));
    fabricate::write_pipeline(&lab, runs / 20);
    let plan = fabricate::plan(&lab);
    fabricate::finish_all(&plan);
    println!("\n{} finished runs", plan.manifest.runs.len());
    println!("{:<44} {:>9}", "first `egnn sweep`: results and report", milliseconds(seconds(&lab, &["sweep"])));
    for (what, words) in [
        ("`egnn sweep --dry-run`", &["sweep", "--dry-run"][..]),
        ("`egnn status`", &["status"]),
        ("`egnn report`", &["report"]),
        ("`egnn sweep`, nothing to do", &["sweep"]),
    ] {
        let times: Vec<f64> = (0..REPETITIONS).map(|_| seconds(&lab, words)).collect();
        let (least, most) = times.iter().fold((f64::MAX, 0.0f64), |(a, b), &time| (a.min(time), b.max(time)));
        let spread = format!("({} to {})", milliseconds(least), milliseconds(most));
        println!("{what:<44} {:>9} {spread}", milliseconds(median(times)));
    }
}

/// Seconds that a command takes as a process.
fn seconds(lab: &Lab, words: &[&str]) -> f64 {
    let words = [&[words[0], fabricate::MANY][..], &words[1..]].concat();
    let begin = Instant::now();
    egnn(lab, &words);
    begin.elapsed().as_secs_f64()
}

/// Runs the program that is timed; what it prints.
fn egnn(lab: &Lab, words: &[&str]) -> String {
    let given = std::env::var_os("EGNN").map(|given| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(given));
    let program = given.unwrap_or_else(|| env!("CARGO_BIN_EXE_egnn").into());
    let output = Command::new(program).current_dir(lab.path("")).args(words).output().expect("the program starts");
    assert!(output.status.success(), "egnn {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Seconds that a sweep takes for a run besides the run's own process: one after the other by a sweep, against the same
/// workers started without one.
fn overhead(lab: &Lab) -> f64 {
    let seeds: Vec<String> = (1..=TINY).map(|seed| seed.to_string()).collect();
    let seeds = format!("seed={}", seeds.join(","));
    let sweep = ["sweep", "nbody-sizes", "--profile", "smoke", "model=linear", "train_samples=20", "steps=1", &seeds];
    let sweep = [&sweep[..], &["--name", "tiny", "--jobs", "1", "--json"]].concat();
    let folder = lab.path("reports/nbody-sizes/tiny");
    let manifest = folder.join("plan.json");
    let manifest = manifest.to_str().expect("a path in UTF-8");
    let of_one = || {
        let _ = std::fs::remove_dir_all(&folder);
        let begin = Instant::now();
        let swept = json(&egnn(lab, &sweep));
        let whole = begin.elapsed().as_secs_f64();
        assert_eq!(swept["finished_now"], TINY);
        std::fs::remove_dir_all(folder.join("runs")).expect("the sweep is over");
        let begin = Instant::now();
        (0..TINY).for_each(|index| {
            egnn(lab, &["worker", "--manifest", manifest, "--index", &index.to_string()]);
        });
        (whole - begin.elapsed().as_secs_f64()) / TINY as f64
    };
    median((0..REPETITIONS).map(|_| of_one()).collect())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.0} ms", seconds * 1e3)
}

//! `egnn report`: copies, all of them, and a page that follows its sweep. What pages do in a browser stands in `browser/`.

mod common;

use common::{Lab, json};
use std::{fs, process::Stdio};

const SWEEP: [&str; 6] = ["sweep", "nbody-sizes", "--profile", "smoke", "model=egnn", "train_samples=40"];

/// A sweep of a model at one size in `reports/nbody-sizes/tiny`.
fn swept() -> Lab {
    let lab = Lab::new();
    lab.ok(&[&SWEEP[..], &["--name", "tiny"]].concat());
    lab
}

#[test]
fn a_copy_has_the_results_and_leads_to_no_run() {
    let lab = swept();
    let own = lab.read("reports/nbody-sizes/tiny/index.html");
    lab.ok(&["report", "nbody-sizes", "--profile", "tiny", "--out", "copy/for you"]);
    let copy = lab.read("copy/for you/index.html");
    assert!(own.contains("\"links\":[true") && copy.contains("\"links\":null"));
    assert!(copy.contains("id=\"data-nbody\""), "trajectories travel with the page");
    let bytes = |folder: &str, file: &str| fs::read(lab.path(folder).join(file)).unwrap();
    for file in ["results.parquet", "figure.svg", "figure-1col.pdf", "figure.csv", "table.tex"] {
        assert!(bytes("reports/nbody-sizes/tiny", file) == bytes("copy/for you", file), "{file}");
    }
    assert!(!lab.path("copy/for you/runs").exists());
    let lost = "its page shows predictions of runs that are not here";
    lab.fails(2, &["report", "copy/for you"], lost);
    assert_eq!(lab.read("copy/for you/index.html"), copy, "what cannot be drawn again stays");
}

#[test]
fn a_copy_never_replaces_a_sweep_or_the_page_of_all() {
    let lab = swept();
    let before = lab.files();
    let absolute = lab.path("reports/nbody-sizes/tiny").display().to_string();
    for out in ["reports/nbody-sizes/tiny", absolute.as_str(), "reports/nbody-sizes/../nbody-sizes/tiny", "reports"] {
        lab.fails(2, &["report", "nbody-sizes", "--profile", "tiny", "--out", out], "name another one with --out");
    }
    assert_eq!(lab.files(), before);
}

#[test]
fn a_folder_that_is_no_report_is_named_with_the_remedy() {
    let lab = Lab::new();
    lab.fails(2, &["report", "no/such"], "no/such: no such folder");
    fs::create_dir_all(lab.path("some/where")).unwrap();
    lab.fails(2, &["report", "some/where"], "no report.json in it");
    lab.fails(2, &["report", "nbody-sizes", "--watch", "0"], "give a number of seconds above 0");
    lab.fails(2, &["report"], "<PIPELINE>");
}

#[test]
fn all_reports_are_drawn_and_every_one_that_cannot_be_is_named() {
    let lab = swept();
    assert!(lab.read("reports/index.html").contains("href=\"nbody-sizes/tiny/index.html\""), "a sweep lists itself");
    assert!(lab.read("reports/index.html").contains("<code>egnn sweep qm9</code>"), "and what was never run is named");
    let again = json(&lab.ok(&["report", "--all", "--json"]).stdout);
    assert_eq!((again["drawn"].as_array().unwrap().len(), &again["up_to_date"]), (0, &1.into()));
    fs::remove_file(lab.path("reports/nbody-sizes/tiny/figure.svg")).unwrap();
    for name in ["broken", "torn"] {
        fs::create_dir_all(lab.path(&format!("reports/nbody/{name}"))).unwrap();
        lab.write(&format!("reports/nbody/{name}/plan.json"), "{");
    }
    let run = lab.fails(2, &["report", "--all"], "2 could not be drawn; the others were:");
    assert!(run.stderr.contains("nbody/broken") && run.stderr.contains("nbody/torn"), "{}", run.stderr);
    assert!(run.stdout.contains("drawn: reports/nbody-sizes/tiny/index.html"), "{}", run.stdout);
    assert!(lab.path("reports/nbody-sizes/tiny/figure.svg").is_file());
}

#[test]
fn without_any_sweep_the_page_of_all_says_what_makes_one() {
    let lab = Lab::new();
    lab.ok(&["report", "--all"]);
    assert!(lab.read("reports/index.html").contains("No report yet: egnn sweep nbody-sizes makes the first."));
}

#[test]
fn a_watched_page_ends_as_an_ordinary_one_and_takes_nothing_from_the_sweep() {
    let lab = Lab::new();
    let watch = ["report", "nbody-sizes", "--profile", "tiny", "--watch", "0.05", "--json"];
    let watcher = lab.spawn(&watch, Stdio::piped());
    let sweep = lab.ok(&[&SWEEP[..], &["--name", "tiny"]].concat());
    assert!(!sweep.stdout.contains("not finished"), "{}", sweep.stdout);
    let ended = watcher.wait_with_output().unwrap();
    let words = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{words}");
    assert!(words.contains("runs finished, 0 failed"), "{words}");
    let page = lab.read("reports/nbody-sizes/tiny/index.html");
    assert!(!page.contains("id=\"live\"") && !lab.path("reports/nbody-sizes/tiny/.live.parquet").exists());
    let up_to_date = lab.ok(&[&SWEEP[..], &["--name", "tiny"]].concat());
    assert!(up_to_date.stdout.contains("nothing to do"), "{}", up_to_date.stdout);
}

#[test]
fn a_watched_sweep_with_a_failed_run_ends_with_its_exit_code() {
    let lab = Lab::new();
    let diverging = [&SWEEP[..], &["learning_rate=1e30", "--name", "tiny"]].concat();
    assert_eq!(lab.run(&diverging).code, 1);
    lab.fails(1, &["report", "nbody-sizes", "--profile", "tiny", "--watch", "0.05"], "failed");
}

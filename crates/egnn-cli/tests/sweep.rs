//! `egnn sweep` and what follows from it, end to end on the smoke profile.

mod common;

use common::Lab;
use std::{process::Stdio, time::Duration};

/// The semantic part of results.parquet as CSV.
fn semantic(lab: &Lab, results: &str) -> String {
    let circumstantial: Vec<_> =
        egnn_schema::columns::results::CIRCUMSTANTIAL.iter().map(|column| column.name).collect();
    let all = lab.ok(&["query", "--format", "csv", &format!("SELECT * FROM read_parquet('{results}') LIMIT 1")]).stdout;
    let columns: Vec<_> =
        all.lines().next().unwrap().split(',').filter(|name| !circumstantial.contains(name)).collect();
    assert!(columns.len() > 25, "{columns:?}");
    let sql = format!("SELECT {} FROM read_parquet('{results}') ORDER BY run", columns.join(", "));
    lab.ok(&["query", "--format", "csv", &sql]).stdout
}

#[test]
fn the_main_job_from_nothing_to_a_page() {
    let lab = Lab::new();
    let plan = lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "--dry-run"]);
    assert!(plan.stdout.contains("nbody_smoke"), "{}", plan.stdout);
    assert!(!lab.path("reports").exists(), "a dry run does nothing");
    let first = lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke"]);
    assert!(first.stdout.contains("EGNN") && first.stdout.contains("Radial Field"), "{}", first.stdout);
    for file in ["results.parquet", "plan.json", "table.md", "table.csv", "figure.svg", "figure.png", "index.html"] {
        assert!(lab.path("reports/nbody-sizes/smoke").join(file).is_file(), "{file}");
    }
    let figure = lab.read("reports/nbody-sizes/smoke/figure.svg");
    let before = lab.files();
    let second = lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke"]);
    assert!(
        format!("{}{}", second.stdout, second.stderr).contains("nothing to do"),
        "{}{}",
        second.stdout,
        second.stderr
    );
    assert_eq!(lab.files(), before, "a second call does nothing");
    // The report comes from the records alone.
    for file in ["figure.svg", "table.md", "index.html"] {
        std::fs::remove_file(lab.path("reports/nbody-sizes/smoke").join(file)).unwrap();
    }
    lab.ok(&["report", "nbody-sizes", "--profile", "smoke"]);
    assert_eq!(lab.read("reports/nbody-sizes/smoke/figure.svg"), figure);
    // SQL over it.
    let query = lab.ok(&[
        "query",
        "--pipeline",
        "nbody-sizes",
        "--profile",
        "smoke",
        "--json",
        "SELECT model, COUNT(test_mse) AS n FROM results GROUP BY model ORDER BY model",
    ]);
    let rows: serde_json::Value = serde_json::from_str(&query.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3, "{}", query.stdout);
    // A run of it evaluates again to its own test error.
    let run = std::fs::read_dir(lab.path("reports/nbody-sizes/smoke/runs")).unwrap().next().unwrap().unwrap().path();
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("done.json")).unwrap()).unwrap();
    let evaluated = lab.ok(&["evaluate", run.to_str().unwrap(), "--data", "nbody_smoke", "--json"]);
    let evaluation: serde_json::Value = serde_json::from_str(&evaluated.stdout).unwrap();
    assert_eq!(evaluation["mse"], record["outcome"]["metrics"]["values"]["test_mse"]);
    let status = lab.ok(&["status", "nbody-sizes", "--profile", "smoke", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["finished"], status["total"]);
}

#[test]
fn sweeps_killed_at_random_moments_end_as_undisturbed_ones() {
    let lab = Lab::new();
    // Long enough to be hit in the middle of training; checkpoints at every evaluation.
    let arguments = |name: &'static str| {
        [
            "sweep",
            "nbody-sizes",
            "--profile",
            "smoke",
            "steps=120",
            "--name",
            name,
            "--checkpoint-every",
            "0",
            "--jobs",
            "2",
        ]
    };
    lab.ok(&arguments("undisturbed"));
    for kill in 0..5_u64 {
        let mut sweep = std::process::Command::new(env!("CARGO_BIN_EXE_egnn"))
            .current_dir(lab.path(""))
            .args(arguments("killed"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Five moments spread by a fixed multiplicative sequence over the sweep's few seconds.
        std::thread::sleep(Duration::from_millis(150 + (kill * 7919 + 613) % 1500));
        sweep.kill().unwrap();
        sweep.wait().unwrap();
    }
    lab.ok(&arguments("killed"));
    let undisturbed = semantic(&lab, "reports/nbody-sizes/undisturbed/results.parquet");
    assert_eq!(undisturbed, semantic(&lab, "reports/nbody-sizes/killed/results.parquet"));
    assert!(undisturbed.lines().count() > 6, "{undisturbed}");
}

#[test]
fn a_failing_run_is_told_at_once_and_the_others_finish() {
    let lab = Lab::new();
    let run = lab.fails(
        1,
        &[
            "sweep",
            "nbody-sizes",
            "--profile",
            "smoke",
            "model=gnn,egnn",
            "train_samples=40",
            "learning_rate=1e9",
            "--name",
            "bad",
        ],
        "learning_rate",
    );
    assert!(run.stderr.contains("gnn-n40"), "{}", run.stderr);
    let rows = lab.ok(&[
        "query",
        "--json",
        "SELECT status, COUNT(run) AS n FROM read_parquet('reports/nbody-sizes/bad/results.parquet') GROUP BY status",
    ]);
    assert!(rows.stdout.contains("failed"), "{}", rows.stdout);
}

#[test]
fn mistakes_are_named_with_line_and_column_and_nothing_is_written() {
    let lab = Lab::new();
    lab.edit("pipelines/nbody-sizes.yaml", "radial_field", "radial_feld");
    let before = lab.files();
    lab.fails(2, &["sweep", "nbody-sizes"], "did you mean 'radial_field'?");
    let run = lab.run(&["sweep", "nbody-sizes"]);
    assert!(run.stderr.contains("pipelines/nbody-sizes.yaml:"), "{}", run.stderr);
    lab.fails(2, &["sweep", "nbody-size"], "did you mean 'nbody-sizes'?");
    lab.edit("pipelines/nbody-sizes.yaml", "radial_feld", "radial_field");
    let before_names: Vec<_> = before.iter().map(|(name, _)| name).collect();
    lab.fails(2, &["sweep", "nbody-sizes", "--profile", "papr"], "did you mean 'paper'?");
    lab.fails(2, &["sweep", "nbody-sizes", "modl=egnn"], "did you mean 'model'?");
    lab.fails(2, &["sweep", "nbody-sizes", "train_samples=60000"], "60000");
    lab.fails(2, &["sweep", "nbody-sizes", "learning_rate"], "key=value");
    lab.fails(2, &["report", "nbody-sizes"], "egnn sweep nbody-sizes");
    lab.fails(2, &["query", "SELECT nothing FROM read_parquet('nowhere.parquet')"], "nowhere.parquet");
    assert_eq!(lab.files().iter().map(|(name, _)| name).collect::<Vec<_>>(), before_names);
}

#[test]
fn a_second_sweep_on_the_same_folder_is_refused_while_the_first_runs() {
    let lab = Lab::new();
    let arguments = ["sweep", "nbody-sizes", "--profile", "smoke", "steps=3000", "--name", "long", "--jobs", "1"];
    let mut first = std::process::Command::new(env!("CARGO_BIN_EXE_egnn"))
        .current_dir(lab.path(""))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Wait for the first run's folder rather than for a time.
    while !lab.path("reports/nbody-sizes/long/runs").exists() {
        assert!(first.try_wait().unwrap().is_none(), "the first sweep ended early");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = lab.run(&arguments);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 3, "{}{}", second.stdout, second.stderr);
    assert!(second.stderr.contains("another"), "{}", second.stderr);
}

#[test]
fn a_full_disk_stops_a_sweep_and_loses_nothing() {
    let lab = Lab::new();
    let arguments = ["sweep", "nbody-sizes", "--profile", "smoke", "model=egnn,gnn", "--name", "faulty"];
    lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "model=egnn", "--name", "egnn-only"]);
    for (fault, message) in [("disk-full", "no space left"), ("permission", "permission denied")] {
        let output = lab.command(&arguments).env("EGNN_TEST_FAULT", fault).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(message) && !stderr.contains("panicked"), "{stderr}");
    }
    lab.ok(&arguments);
    let status = lab.ok(&["status", "nbody-sizes", "--profile", "egnn-only"]);
    assert!(status.stderr.contains("3 of 3 runs finished"), "{}", status.stderr);
}

#[test]
fn commands_work_from_any_folder_below_the_root() {
    let lab = Lab::new();
    lab.ok(&[
        "train",
        "nbody",
        "model=linear",
        "train_set=nbody_smoke",
        "eval_set=nbody_smoke",
        "train_samples=100",
        "epochs=3",
    ]);
    let root = lab.path("");
    let again = lab.ok(&[
        "--root",
        root.to_str().unwrap(),
        "train",
        "nbody",
        "epochs=3",
        "model=linear",
        "train_samples=100",
        "eval_set=nbody_smoke",
        "train_set=nbody_smoke",
    ]);
    assert!(
        again.stderr.contains("finished before"),
        "the same run, whatever the order of its fields: {}",
        again.stderr
    );
    let output =
        lab.command(&["generate", "nbody", "nbody_smoke"]).current_dir(lab.path("pipelines")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("up to date"));
    let elsewhere = tempfile::tempdir().unwrap();
    let output = lab.command(&["status", "nbody"]).current_dir(elsewhere.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--root"));
}

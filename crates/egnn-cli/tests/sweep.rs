//! `egnn sweep` and what follows from it, end to end on the smoke profile.

mod common;

use common::{
    Lab,
    sweeps::{assert_equal_sweeps, evaluations, kill_and_finish},
};
use std::{process::Stdio, time::Duration};

#[test]
fn models_beyond_the_paper_stand_beside_published_values_with_medians_and_forward_times() {
    let lab = Lab::new();
    let sweep = lab.ok(&["sweep", "nbody-beyond", "--profile", "smoke"]);
    for said in ["published", "Radial ODE", "0.00433 ± 0.00013", "close encounters"] {
        assert!(sweep.stdout.contains(said), "'{said}' is not in {}", sweep.stdout);
    }
    let sql = "SELECT model, test_mse, test_mse_median, test_mse_p95, forward_seconds FROM results";
    let query = lab.ok(&["query", "--pipeline", "nbody-beyond", "--profile", "smoke", "--json", sql]);
    let rows: serde_json::Value = serde_json::from_str(&query.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 3, "{rows:?}");
    for row in rows {
        let [median, p95, forward] =
            ["test_mse_median", "test_mse_p95", "forward_seconds"].map(|name| row[name].as_f64().unwrap());
        assert!(0.0 < median && median <= p95 && forward > 0.0, "{row}");
    }
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
    for error in ["mse", "mse_median", "mse_p95"] {
        assert_eq!(evaluation[error], record["outcome"]["metrics"]["values"][format!("test_{error}")], "{error}");
    }
    let status = lab.ok(&["status", "nbody-sizes", "--profile", "smoke", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["finished"], status["total"]);
}

#[test]
fn sweeps_killed_at_five_moments_end_as_undisturbed_ones() {
    let lab = Lab::new();
    let arguments = |name: &'static str| {
        [
            "sweep",
            "nbody-sizes",
            "--profile",
            "smoke",
            "steps=600",
            "--name",
            name,
            "--checkpoint-every",
            "0.02",
            "--jobs",
            "2",
        ]
    };
    lab.ok(&arguments("undisturbed"));
    let total = evaluations(&lab, "reports/nbody-sizes/undisturbed");
    assert!(total > 500, "{total}");
    kill_and_finish(&lab, &arguments("killed"), "reports/nbody-sizes/killed", total, &[7, 23, 37, 53, 71]);
    let results = assert_equal_sweeps(&lab, "reports/nbody-sizes/undisturbed", "reports/nbody-sizes/killed");
    assert_eq!(results.lines().count(), 1 + 9, "{results}");
}

#[test]
fn a_request_to_end_is_obeyed_and_the_same_command_goes_on() {
    let lab = Lab::new();
    let arguments = ["sweep", "nbody-sizes", "--profile", "smoke", "steps=3000", "model=egnn", "--name", "asked"];
    let sweep = lab.spawn(&arguments, Stdio::piped());
    while evaluations(&lab, "reports/nbody-sizes/asked") < 5 {
        std::thread::sleep(Duration::from_millis(3));
    }
    let asked = std::process::Command::new("kill").args(["-TERM", &sweep.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let output = sweep.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("the same command resumes"), "{stderr}");
    let status = lab.ok(&["status", "nbody-sizes", "--profile", "asked"]);
    assert!(status.stderr.contains("of 3 runs finished, 0 failed"), "{}", status.stderr);
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
fn every_pipeline_and_profile_of_the_project_can_be_planned() {
    let lab = Lab::new();
    let mut planned = 0;
    for entry in std::fs::read_dir(lab.path("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for profile in ["smoke", "quick", "paper"] {
            let plan = lab.ok(&["sweep", &name, "--profile", profile, "--dry-run", "--json"]);
            let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
            assert!(plan["runs"].as_u64().unwrap() > 0, "{name} {profile}: {plan}");
            planned += 1;
        }
    }
    assert!(planned >= 3 * 5, "{planned}");
    assert!(!lab.path("reports").exists());
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
    let mut first = lab.spawn(&arguments, Stdio::null());
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

#[test]
fn a_reader_that_leaves_early_changes_neither_work_nor_exit_code() {
    let lab = Lab::new();
    let shell = |line: &str| {
        let line = format!("{line}; exit ${{PIPESTATUS[0]}}");
        std::process::Command::new("bash")
            .current_dir(lab.path(""))
            .env("EGNN", env!("CARGO_BIN_EXE_egnn"))
            .args(["-c", &line])
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(shell("\"$EGNN\" generate nbody nbody_smoke | true"), Some(0));
    assert!(lab.path("datasets/nbody/nbody_smoke/manifest.json").exists());
    let failing = "\"$EGNN\" sweep nbody-sizes --profile smoke model=gnn learning_rate=1e9 --name bad 2>&- | true";
    assert_eq!(shell(failing), Some(1));
    assert_eq!(shell("\"$EGNN\" query 'SELECT 1 AS one' > /dev/full"), Some(3));
}

#[test]
fn a_run_folder_is_never_overwritten_by_another_run() {
    let lab = Lab::new();
    let train = |epochs: &'static str| {
        [
            "train",
            "nbody",
            "model=linear",
            "train_set=nbody_smoke",
            "eval_set=nbody_smoke",
            "train_samples=100",
            epochs,
            "--out",
            "mine",
        ]
    };
    lab.ok(&train("epochs=3"));
    let before = lab.files();
    lab.fails(2, &train("epochs=4"), "choose another --out");
    assert_eq!(lab.files(), before);
}

#[test]
fn backends_agree_up_to_rounding_and_their_runs_never_mix() {
    let lab = Lab::new();
    let sweep = |backend: &'static str| {
        let name = if backend == "plain" { "both-plain" } else { "both" };
        lab.ok(&[
            "sweep",
            "nbody-sizes",
            "--profile",
            "smoke",
            "model=egnn",
            "train_samples=40",
            "steps=3",
            "--name",
            "both",
            "--backend",
            backend,
        ]);
        let plan: serde_json::Value =
            serde_json::from_str(&lab.read(&format!("reports/nbody-sizes/{name}/plan.json"))).unwrap();
        assert_eq!(plan["backend"], backend);
        assert_eq!(plan["command"].as_str().unwrap().ends_with("--backend plain"), backend == "plain", "{plan}");
        let id = plan["runs"][0]["id"].as_str().unwrap().to_owned();
        let done = lab.read(&format!("reports/nbody-sizes/{name}/runs/{id}/done.json"));
        let done: serde_json::Value = serde_json::from_str(&done).unwrap();
        (id, done["outcome"]["metrics"]["values"]["test_mse"].as_f64().unwrap())
    };
    let ((first, kernels), (second, plain)) = (sweep("kernels"), sweep("plain"));
    assert_ne!(first, second);
    assert!((kernels - plain).abs() < 1e-3 * plain, "{kernels} and {plain}");
    // A plan of a program with other backends.
    let manifest = "reports/nbody-sizes/both-plain/plan.json";
    lab.edit(manifest, "\"plain\"", "\"candle-cpu\"");
    let run = lab.fails(2, &["worker", "--manifest", manifest, "--index", "0"], "unknown backend 'candle-cpu'");
    assert!(run.stderr.contains("kernels"), "{}", run.stderr);
}

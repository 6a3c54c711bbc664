//! `egnn query` over pipelines and `egnn compare`, end to end.

mod common;

use common::{Lab, json};
use egnn_store::table::{ColumnData, Table, write};
use std::{collections::BTreeMap, fs};

/// Results of a few runs of a sweep that was never run.
fn results(lab: &Lab, sweep: &str, task: &str, metric: &str, values: &[(i64, f64)]) {
    let text = |value: &str| ColumnData::Text(vec![Some(value.to_owned()); values.len()]);
    let numbers = |factor: f64| ColumnData::F64(values.iter().map(|(_, value)| Some(value * factor)).collect());
    let columns = vec![
        ("run", ColumnData::Text(values.iter().map(|(seed, _)| Some(format!("egnn-s{seed}"))).collect())),
        ("task", text(task)),
        ("status", text("finished")),
        ("model", text("egnn")),
        ("seed", ColumnData::I64(values.iter().map(|(seed, _)| Some(*seed)).collect())),
        (if task == "nbody" { "eval_set" } else { "set" }, text("small")),
    ];
    let mut columns: Vec<(String, ColumnData)> = columns.into_iter().map(|(name, data)| (name.into(), data)).collect();
    columns.extend([(format!("test_{metric}"), numbers(1.0)), (format!("valid_{metric}"), numbers(0.9))]);
    fs::create_dir_all(lab.path(&format!("reports/{sweep}"))).unwrap();
    let path = lab.path(&format!("reports/{sweep}/results.parquet"));
    write(&path, &Table { columns, metadata: BTreeMap::new() }).unwrap();
}

/// Sweeps of two tasks, one of them published, and one that was planned only.
fn lab() -> Lab {
    let lab = Lab::new();
    results(&lab, "nbody/quick", "nbody", "mse", &[(1, 0.5), (2, 0.25)]);
    results(&lab, "nbody/long", "nbody", "mse", &[(2, 0.125), (3, 0.5)]);
    results(&lab, "nbody-sizes/quick", "nbody", "mse", &[(1, 0.75)]);
    results(&lab, "autoencoder/paper", "autoencoder", "bce", &[(1, 2.0)]);
    results(&lab, "published/nbody/quick", "nbody", "mse", &[(1, 0.5), (2, 0.25)]);
    for folder in ["qm9/quick", "train/egnn-s1"] {
        fs::create_dir_all(lab.path(&format!("reports/{folder}"))).unwrap();
    }
    lab.write("reports/qm9/quick/plan.json", "{}");
    lab
}

const COUNT: &str =
    "SELECT pipeline, profile, COUNT(*) AS n FROM results GROUP BY pipeline, profile ORDER BY pipeline, profile";

#[test]
fn a_pattern_takes_the_results_of_several_pipelines() {
    let lab = lab();
    let csv = |arguments: &[&str]| lab.ok(&[&["query", "--format", "csv"], arguments, &[COUNT]].concat());
    let head = "pipeline,profile,n\n";
    assert_eq!(csv(&["--pipeline", "nbody"]).stdout, format!("{head}nbody,quick,2\n"));
    assert_eq!(csv(&["--pipeline", "nbody*"]).stdout, format!("{head}nbody,quick,2\nnbody-sizes,quick,1\n"));
    assert_eq!(csv(&["--pipeline", "nbody", "--profile", "*"]).stdout, format!("{head}nbody,long,2\nnbody,quick,2\n"));
    assert_eq!(csv(&["--pipeline", "*/nbody"]).stdout, format!("{head}published/nbody,quick,2\n"));
    let all = csv(&["--pipeline", "nbody-?izes, auto*", "--profile", "quick,paper"]);
    assert_eq!(all.stdout, format!("{head}autoencoder,paper,1\nnbody-sizes,quick,1\n"));
    assert_eq!(all.stderr, "");
    let all = csv(&["--pipeline", "*", "--profile", "*"]);
    assert_eq!(all.stdout.lines().count(), 5, "without the published: {}", all.stdout);
    assert_eq!(all.stderr, "left out, no results yet: qm9/quick\n", "folders of single runs are no sweeps");
}

#[test]
fn what_matches_nothing_says_what_there_is() {
    let lab = lab();
    let said = |arguments: &[&str], message: &str| {
        lab.fails(2, &[&["query"], arguments, &["SELECT 1"]].concat(), message);
    };
    said(
        &["--pipeline", "nbdy*"],
        "no results match --pipeline 'nbdy*' --profile 'quick'; there is autoencoder/paper, nbody/long, nbody/quick, nbody-sizes/quick\n",
    );
    said(&["--pipeline", "nbdy"], "unknown pipeline 'nbdy'; did you mean 'nbody'?");
    said(
        &["--pipeline", "nbody", "--profile", "smoke"],
        "run `egnn sweep nbody --profile smoke` first; there is nbody/long, nbody/quick\n",
    );
    said(&["--pipeline", "published/x"], "there is published/nbody/quick\n");
    said(&["--pipeline", "qm9*"], "(qm9/quick is there, without results yet)");
    said(&["--profile", "quick"], "--profile needs --pipeline");
    lab.fails(2, &["query"], "--named alone for a list");
    let listed = ["query", "--pipeline", "nbody-sizes,nosuch", "--profile", "*", "SELECT 1"];
    lab.fails(2, &listed, "no sweep of 'nosuch', which --pipeline 'nbody-sizes,nosuch' names");
    let error = "unknown column 'test_mes' (did you mean 'test_mse'?)";
    lab.fails(2, &["query", "--pipeline", "*", "SELECT test_mes FROM results"], error);
    lab.write("reports/nbody/long/results.parquet", "PAR1 and nothing more");
    lab.fails(
        2,
        &["query", "--pipeline", "nbody", "--profile", "*", "SELECT 1"],
        "long/results.parquet' is not a readable Parquet file",
    );
}

#[test]
fn named_queries_are_listed_and_run_over_everything() {
    let lab = lab();
    let list = lab.ok(&["query", "--named"]).stdout;
    insta::assert_snapshot!("named_queries", list);
    for line in list.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()) {
        let run = lab.ok(&["query", "--named", line]);
        assert!(run.stderr.contains("left out, no results yet: qm9/quick"), "{}", run.stderr);
    }
    let best = lab.ok(&["query", "--named", "best-by-model", "--json"]).stdout;
    let best: Vec<String> = json(&best)
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {} {}", row["pipeline"], row["profile"], row["seed"], row["test"]))
        .collect();
    assert_eq!(
        best,
        [
            r#""autoencoder" "paper" 1 2.0"#,
            r#""nbody" "long" 2 0.125"#,
            r#""nbody" "quick" 2 0.25"#,
            r#""nbody-sizes" "quick" 1 0.75"#
        ]
    );
    let published =
        lab.ok(&["query", "--named", "mean-by-model", "--pipeline", "published/*", "--format", "csv"]).stdout;
    assert!(published.contains("published/nbody,quick,small,,egnn,,mse,0.375,"), "{published}");
    lab.fails(2, &["query", "--named", "best-by-modle"], "did you mean 'best-by-model'?");
    lab.fails(2, &["query", "--named", "seeds", "SELECT 1"], "cannot be used with");
}

#[test]
fn a_result_goes_into_a_file_in_the_format_of_its_ending() {
    let lab = lab();
    let sql = "SELECT seed, model, test_mse, reason FROM results ORDER BY seed";
    let out = |file: &str| lab.ok(&["query", "--pipeline", "nbody", "--out", file, sql]);
    assert_eq!(out("out.parquet").stderr, "out.parquet: 2 rows\n");
    let again = ["query", "--json", "SELECT * FROM read_parquet('out.parquet')"];
    let rows = lab.ok(&again).stdout;
    assert_eq!(rows, lab.ok(&["query", "--json", "--pipeline", "nbody", sql]).stdout);
    assert!(rows.contains(r#"{"seed": 1, "model": "egnn", "test_mse": 0.5, "reason": null}"#), "{rows}");
    out("out.csv");
    assert_eq!(lab.read("out.csv"), "seed,model,test_mse,reason\n1,egnn,0.5,\n2,egnn,0.25,\n");
    out("out.json");
    assert_eq!(lab.read("out.json"), rows);
    out("out.txt");
    assert!(lab.read("out.txt").contains("(2 rows)"));
    // Into a pipe, what is no text goes as it is.
    let piped = lab.command(&["query", "--pipeline", "nbody", "--format", "parquet", sql]).output().unwrap();
    assert_eq!(piped.stdout, fs::read(lab.path("out.parquet")).unwrap());
    // A wrong query leaves the file as it was, and a folder that is not there is said.
    lab.fails(
        2,
        &["query", "--pipeline", "nbody", "--out", "out.csv", "SELECT nothing FROM results"],
        "unknown column",
    );
    assert!(lab.read("out.csv").starts_with("seed,"));
    let missing = lab.run(&["query", "--pipeline", "nbody", "--out", "none/out.csv", sql]);
    assert!(missing.code != 0 && missing.stderr.contains("'none'"), "{}", missing.stderr);
}

#[test]
fn two_sweeps_side_by_side() {
    let lab = Lab::new();
    lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke"]);
    lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "model=egnn,gnn", "steps=30", "--name", "short"]);
    let run = lab.ok(&["compare", "nbody-sizes/smoke", "nbody-sizes/short"]);
    for said in [
        "A  nbody-sizes/smoke: 9 runs finished\nB  nbody-sizes/short: 6 runs finished\n",
        "The results differ.",
        "\nsteps  ",
        "egnn, train_samples=20 (1 in A, 1 in B)",
        "test_mse ↓",
        "3 runs of A without a partner in B:\n  radial-field-",
    ] {
        assert!(run.stdout.contains(said), "{said:?} is not in {}", run.stdout);
    }
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
    let compared = json(&lab.ok(&["compare", "nbody-sizes/smoke", "nbody-sizes/short", "--json"]).stdout);
    assert_eq!(compared["groups"].as_array().unwrap().len(), 6, "{compared}");
    let sql = "SELECT test_mse FROM read_parquet('reports/nbody-sizes/short/results.parquet') WHERE model = 'egnn' AND train_samples = 20";
    let value = json(&lab.ok(&["query", "--json", sql]).stdout)[0]["test_mse"].clone();
    assert_eq!(compared["groups"][0]["metrics"][0]["b"]["mean"], value, "every digit");
    lab.fails(1, &["compare", "nbody-sizes/smoke", "nbody-sizes/short", "--exit-code"], "the results differ");
    // The same sweep again, in another place.
    let smoke = lab.path("reports/nbody-sizes/smoke");
    fs::rename(&smoke, lab.path("kept")).unwrap();
    lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke"]);
    let same = lab.ok(&["compare", "kept", "nbody-sizes/smoke", "--exit-code"]);
    assert!(same.stdout.contains("agree in every semantic column bit for bit"), "{}", same.stdout);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let lab = lab();
    let fails = |a: &str, b: &str, message: &str| lab.fails(2, &["compare", a, b], message);
    fails(
        "nbody",
        "autoencoder/paper",
        "nbody/quick and autoencoder/paper have no task in common: nbody in the first, autoencoder in the second",
    );
    fails("nbody", "nbody/quikc", "did you mean 'nbody/quick'?");
    fails("nbody", "autoencoder", "autoencoder: no results of the profile quick; there is autoencoder/paper");
    fails(
        "nbody",
        "nothing/of/the/kind",
        "give PIPELINE, PIPELINE/PROFILE, a folder with results.parquet or such a file; there is ",
    );
    lab.write("notes.txt", "no results");
    fails("nbody", "notes.txt", "'notes.txt' is not a readable Parquet file");
    let whole = fs::read(lab.path("reports/nbody/long/results.parquet")).unwrap();
    fs::write(lab.path("half.parquet"), &whole[..whole.len() / 2]).unwrap();
    fails("half.parquet", "nbody", "'half.parquet' is not a readable Parquet file");
    results(&lab, "nbody/empty", "nbody", "mse", &[]);
    fails("nbody/empty", "nbody", "has no runs");
    // Seeds without a partner are compared by their means.
    let alone = lab.ok(&["compare", "nbody-sizes", "nbody/long"]).stdout;
    assert!(alone.contains("2 runs of B without a partner in A:\n  egnn-s2, egnn-s3"), "{alone}");
    // Files need no workspace.
    let elsewhere = tempfile::tempdir().unwrap();
    let [a, b] = ["quick", "long"].map(|profile| lab.path(&format!("reports/nbody/{profile}")));
    let mut command = lab.command(&["compare", a.to_str().unwrap(), b.to_str().unwrap()]);
    let output = command.current_dir(elsewhere.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! `egnn gc`, end to end.

mod common;

use common::{Lab, json, sweeps::runs};
use std::{io::Write, process::Stdio};

const SMOKE: [&str; 4] = ["sweep", "nbody-sizes", "--profile", "smoke"];
const PIPELINE: &str = "pipelines/nbody-sizes.yaml";

/// Path and reason of what may be removed.
fn garbage(lab: &Lab, more: &[&str]) -> Vec<(String, String)> {
    let listed = json(&lab.ok(&[&["gc", "--json"], more].concat()).stdout);
    let text = |run: &serde_json::Value, key: &str| run[key].as_str().unwrap().to_owned();
    listed["runs"].as_array().unwrap().iter().map(|run| (text(run, "path"), text(run, "why"))).collect()
}

#[test]
fn runs_that_no_pipeline_refers_to_are_listed_and_removed() {
    let lab = Lab::new();
    assert!(garbage(&lab, &[]).is_empty(), "no reports yet");
    lab.ok(&SMOKE);
    lab.ok(&[&SMOKE[..], &["model=linear", "train_samples=20", "--name", "mine"]].concat());
    lab.ok(&[
        "train",
        "nbody",
        "model=linear",
        "train_set=nbody_smoke",
        "eval_set=nbody_smoke",
        "train_samples=100",
        "epochs=2",
    ]);
    assert!(garbage(&lab, &[]).is_empty());

    let before = runs(&lab, "reports/nbody-sizes/smoke");
    lab.edit(PIPELINE, "train_samples: [20, 40, 80]", "train_samples: [20, 40]");
    assert!(garbage(&lab, &[]).is_empty(), "its last plan still has them");
    lab.ok(&SMOKE);
    let listed = garbage(&lab, &["nbody-sizes"]);
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|(path, why)| path.contains("-n80-s1-") && why == "no longer planned"), "{listed:?}");
    // The profile plans them again.
    lab.edit(PIPELINE, "train_samples: [20, 40]", "train_samples: [20, 40, 80]");
    assert!(garbage(&lab, &[]).is_empty());
    lab.edit(PIPELINE, "train_samples: [20, 40, 80]", "train_samples: [20, 40]");

    let files = lab.files();
    let told = lab.ok(&["gc"]);
    assert_eq!(told.stdout.lines().count(), 3, "{}", told.stdout);
    assert!(told.stderr.contains("nothing was removed, `egnn gc --yes` removes them"), "{}", told.stderr);
    assert_eq!(lab.files(), files);
    lab.ok(&["gc", "--yes"]);
    let after = runs(&lab, "reports/nbody-sizes/smoke");
    assert_eq!((before.len(), after.len()), (9, 6));
    assert!(lab.ok(&["gc", "--yes"]).stderr.contains("nothing to remove"));
    let again = lab.ok(&SMOKE);
    assert!(again.stdout.starts_with("nothing to do"), "{}", again.stdout);
}

#[test]
fn pipelines_that_are_gone_or_wrong_are_told_apart() {
    let lab = Lab::new();
    lab.ok(&[&SMOKE[..], &["model=linear", "train_samples=20", "--name", "mine"]].concat());
    lab.fails(2, &["gc", "nbody-size"], "did you mean 'nbody-sizes'?");
    let text = lab.read(PIPELINE);
    lab.edit(PIPELINE, "pipeline: nbody-sizes", "pipelin: nbody-sizes");
    let listed = json(&lab.ok(&["gc", "--json", "--yes"]).stdout);
    assert_eq!(listed["runs"].as_array().unwrap().len(), 0);
    let reason = listed["left_alone"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("its pipeline cannot be planned: ") && reason.contains("nbody-sizes.yaml:"), "{reason}");
    std::fs::remove_file(lab.path(PIPELINE)).unwrap();
    let listed = garbage(&lab, &["nbody-sizes", "--yes"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1, "its pipeline is gone");
    assert!(runs(&lab, "reports/nbody-sizes/mine").is_empty());
    lab.write(PIPELINE, &text);
    assert!(garbage(&lab, &[]).is_empty());
}

/// Runs `egnn gc` at a terminal, which `script` provides, and answers.
fn answered(lab: &Lab, answer: &str) -> String {
    let program = env!("CARGO_BIN_EXE_egnn");
    let mut script = std::process::Command::new("script");
    script.current_dir(lab.path("")).args([
        "--quiet",
        "--return",
        "--command",
        &format!("'{program}' gc"),
        "/dev/null",
    ]);
    let mut process = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_person_is_asked_before_anything_is_removed() {
    let lab = Lab::new();
    lab.ok(&SMOKE);
    lab.edit(PIPELINE, "train_samples: [20, 40, 80]", "train_samples: [20, 40]");
    lab.ok(&SMOKE);
    for (answer, left) in [("\n", 9), ("n\n", 9), ("maybe\n", 9), ("y\n", 6)] {
        let said = answered(&lab, answer);
        assert!(said.contains("remove 3 runs, ") && said.contains("? [y/N]"), "{said}");
        assert_eq!(runs(&lab, "reports/nbody-sizes/smoke").len(), left, "{answer:?}: {said}");
    }
}

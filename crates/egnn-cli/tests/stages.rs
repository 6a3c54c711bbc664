//! What a sweep says that it would do again, and why, and what it then does.

mod common;

use common::{Lab, json};

const SMOKE: [&str; 4] = ["sweep", "nbody-sizes", "--profile", "smoke"];
const PIPELINE: &str = "pipelines/nbody-sizes.yaml";

fn dry_run(lab: &Lab) -> serde_json::Value {
    let words = [&SMOKE[..], &["--dry-run", "--json"]].concat();
    json(&lab.ok(&words).stdout)
}

/// Name and reason of each run that would run.
fn would_run(survey: &serde_json::Value) -> Vec<(String, String)> {
    let text = |run: &serde_json::Value, key: &str| run[key].as_str().unwrap().to_owned();
    survey["outstanding"].as_array().unwrap().iter().map(|run| (text(run, "run"), text(run, "reason"))).collect()
}

fn stages(survey: &serde_json::Value) -> [&str; 4] {
    ["data", "runs", "results", "report"].map(|stage| survey["stages"][stage].as_str().unwrap())
}

#[test]
fn stages_are_redone_when_what_they_read_changed_and_only_then() {
    let lab = Lab::new();
    assert_eq!(
        stages(&dry_run(&lab)),
        [
            "would make nbody_smoke",
            "would run 9 of 9: new",
            "would be written: its runs are to be done",
            "would be drawn: its results are to be written"
        ]
    );
    lab.ok(&SMOKE);
    // Neither comments nor jobs are read by a stage.
    lab.edit(PIPELINE, "profiles:", "# Another comment.\n\nprofiles:");
    assert_eq!(stages(&dry_run(&lab)), ["up to date"; 4]);
    let again = lab.ok(&[&SMOKE[..], &["--jobs", "7", "--checkpoint-every", "1"]].concat());
    assert!(again.stdout.starts_with("nothing to do"), "{}", again.stdout);

    // A title is the report's alone.
    lab.edit(PIPELINE, "title: \"Figure 2", "title: \"Our figure 2");
    let survey = dry_run(&lab);
    assert_eq!(stages(&survey)[1], "up to date");
    assert!(stages(&survey)[3].starts_with("would be drawn"), "{survey}");
    lab.ok(&SMOKE);
    assert!(lab.read("reports/nbody-sizes/smoke/index.html").contains("Our figure 2"));
    assert_eq!(stages(&dry_run(&lab)), ["up to date"; 4]);

    // A learning rate is three runs'.
    lab.edit(PIPELINE, "{model: gnn}, set: {learning_rate: 1e-3}", "{model: gnn}, set: {learning_rate: 9e-4}");
    let survey = dry_run(&lab);
    let runs = would_run(&survey);
    assert!(runs.iter().all(|(name, _)| name.starts_with("gnn-")), "{runs:?}");
    assert!(runs.iter().all(|(_, reason)| reason == "config changed: learning_rate"), "{runs:?}");
    assert_eq!(runs.len(), 3);
    assert_eq!(survey["finished"], 6);
    let swept = json(&lab.ok(&[&SMOKE[..], &["--json"]].concat()).stdout);
    assert_eq!((swept["finished"].as_u64(), swept["finished_now"].as_u64()), (Some(9), Some(3)));

    // Data are every run's.
    lab.edit("datasets/nbody.yaml", "  seed: 1\n", "  seed: 77\n");
    let survey = dry_run(&lab);
    assert_eq!(stages(&survey)[0], "would make nbody_smoke");
    assert_eq!(stages(&survey)[1], "would run 9 of 9: data to be made: nbody_smoke");
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let text = lab.ok(&[&SMOKE[..], &["--dry-run"]].concat()).stdout;
    assert!(text.contains("runs     would run 9 of 9: data changed: nbody_smoke\n"), "{text}");
    assert_eq!(text.matches(": data changed: nbody_smoke\n").count(), 10, "each run says so: {text}");
}

#[test]
fn a_run_that_failed_or_was_damaged_says_so() {
    let lab = Lab::new();
    let sweep = [&SMOKE[..], &["model=linear", "train_samples=20,40", "--name", "few"]].concat();
    lab.ok(&sweep);
    let runs = common::sweeps::runs(&lab, "reports/nbody-sizes/few");
    let (one, other) = (runs[0].join("done.json"), runs[1].join("done.json"));
    let text = std::fs::read_to_string(&one).unwrap();
    std::fs::write(&one, &text[..50]).unwrap();
    let record: serde_json::Value = json(&std::fs::read_to_string(&other).unwrap());
    std::fs::remove_file(&other).unwrap();
    let mut failed = record;
    let failure = serde_json::json!({"reason": "no luck", "epoch": null, "batch": null, "last_good": null});
    failed["outcome"] = serde_json::json!({"status": "failed", "failure": failure});
    std::fs::write(runs[1].join("failed.json"), failed.to_string()).unwrap();
    let survey = json(&lab.ok(&[&sweep[..], &["--dry-run", "--json"]].concat()).stdout);
    let reasons: Vec<String> = would_run(&survey).into_iter().map(|(_, reason)| reason).collect();
    assert!(reasons[0].starts_with("its done.json is damaged: not a run's record"), "{reasons:?}");
    assert_eq!(reasons[1], "previous attempt failed: no luck");
    assert_eq!(stages(&survey)[1], "would run 2 of 2");
}

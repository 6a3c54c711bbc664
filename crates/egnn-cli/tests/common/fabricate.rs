//! Sweeps of many runs that were never computed: the plan is the program's own, the records are made up.

use super::Lab;
use egnn_schema::{Circumstances, Outcome, RunEvent, RunMetrics, RunRecord, run::StoredFile, version};
use egnn_sweep::{RunFolder, SweepPlan};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// The pipeline's name.
pub(crate) const MANY: &str = "many";

/// Writes a pipeline with 20 runs a seed.
pub(crate) fn write_pipeline(lab: &Lab, seeds: usize) {
    let seeds: Vec<String> = (1..=seeds).map(|seed| seed.to_string()).collect();
    let text = format!(
        "\
pipeline: {MANY}
title: Many runs
task: nbody
report: size-curve
set:
  train_set: nbody_smoke
  train_start_frame: 30
  train_target_frame: 40
  eval_set: nbody_smoke
  hidden: 16
  batch_size: 10
  steps: 60
  evaluate_every_samples: 200
grid:
  model: [egnn, gnn]
  train_samples: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
  seed: [{}]
profiles:
  quick:
    description: Quick.
",
        seeds.join(", ")
    );
    lab.write(&format!("pipelines/{MANY}.yaml"), &text);
}

/// The sweep's folder.
pub(crate) fn folder(lab: &Lab) -> PathBuf {
    lab.path("reports").join(MANY).join("quick")
}

/// Lets the program plan the sweep anew and stops it at once.
pub(crate) fn plan(lab: &Lab) -> SweepPlan {
    let _ = fs::remove_dir_all(folder(lab));
    let mut sweep = lab.spawn(&["sweep", MANY, "--jobs", "1"], Stdio::null());
    let folder = folder(lab);
    while !folder.join("plan.json").exists() {
        assert!(sweep.try_wait().unwrap().is_none(), "the sweep ended before it had a plan");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-TERM", &sweep.id().to_string()]).status().unwrap().success());
    sweep.wait().unwrap();
    SweepPlan::load(&folder).unwrap()
}

/// What a run leaves beside its record.
const FILES: [&str; 3] = ["metrics.parquet", "model.safetensors", "predictions.parquet"];

fn file(folder: &RunFolder, name: &str) -> StoredFile {
    let path = folder.path().join(name);
    fs::write(&path, name).unwrap();
    StoredFile { bytes: name.len() as u64, checksum: egnn_store::checksum::file(&path).unwrap() }
}

/// Gives every run of `plan` a record and a log, as if it had finished.
pub(crate) fn finish_all(plan: &SweepPlan) {
    for (index, run) in plan.manifest.runs.iter().enumerate() {
        let folder = RunFolder::new(&plan.folder, &run.id);
        let _ = fs::remove_dir_all(folder.path());
        fs::create_dir_all(folder.path()).unwrap();
        let error = 0.01 + 0.001 * (index % 97) as f64;
        let values = [("test_mse", error), ("train_mse", error / 2.0), ("valid_mse", error / 1.1)];
        let values: BTreeMap<String, f64> = values.map(|(name, value)| (name.to_owned(), value)).into();
        let metrics = RunMetrics { parameters: 9001, epochs: 6, steps: 60, best_epoch: 5, values };
        let events = [
            RunEvent::Started { from_epoch: 0, from_step: 0, epochs: 6, steps: 60 },
            RunEvent::Progress { epoch: 5, step: 59, loss: error },
            RunEvent::Finished { metrics: metrics.clone() },
        ];
        let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
        fs::write(folder.events(), lines.concat()).unwrap();
        let record = RunRecord {
            record_version: version::RECORD_VERSION,
            id: run.id.clone(),
            identity: plan.manifest.identity(index).unwrap(),
            outcome: Some(Outcome::Finished { metrics }),
            circumstances: Circumstances {
                version: "0.1.0".into(),
                revision: "0123456789abcdef0123456789abcdef01234567".into(),
                host: "fabricated".into(),
                cpu: "none".into(),
                started_unix: 1_700_000_000,
                ended_unix: 1_700_000_010,
                seconds: 9.5,
                attempts: 1,
                ..Circumstances::default()
            },
            files: FILES.map(|name| (name.to_owned(), file(&folder, name))).into(),
        };
        fs::write(folder.done(), serde_json::to_vec_pretty(&record).unwrap()).unwrap();
    }
}

//! A toy task for the tests of sweeps.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod history;

use egnn_schema::{FieldError, FieldValue, Fields, names};
use egnn_sweep::{
    DataError, DataErrorKind, DataProvider, DataState, Estimate, Overrides, Platform, ResolvedPlan, ResolvedRun,
    Selection, SweepError, SweepPlan, SweepSpec, Trainer,
};
use std::{cell::RefCell, collections::BTreeMap, path::Path, process::Command};

/// Fields of the toy task with their defaults.
const DEFAULTS: [(&str, &str); 5] =
    [("model", "alpha"), ("size", "10"), ("seed", "1"), ("rate", "0.1"), ("mode", "good")];

/// A trainer with the models alpha, beta and gamma. It starts what `worker` says.
pub(crate) struct Toy {
    pub(crate) worker: fn(&Path, usize) -> Command,
}

impl Default for Toy {
    fn default() -> Self {
        Self { worker: |_, _| Command::new("/nonexistent/worker") }
    }
}

impl Trainer for Toy {
    fn resolve(&self, task: &str, fields: &Fields) -> Result<ResolvedRun, FieldError> {
        if task != "toy" {
            return Err(FieldError::new("task", names::unknown("task", task, &["toy"])));
        }
        let known: Vec<&str> = DEFAULTS.iter().map(|(name, _)| *name).chain(["epochs", "steps", "set"]).collect();
        let mut config: Fields =
            DEFAULTS.iter().map(|(name, value)| ((*name).to_owned(), FieldValue::parse(value))).collect();
        for (name, value) in fields {
            if !known.contains(&name.as_str()) {
                return Err(FieldError::new(name, names::unknown("field", name, &known)));
            }
            config.insert(name.clone(), value.clone());
        }
        let model = config["model"].to_string();
        if !["alpha", "beta", "gamma"].contains(&model.as_str()) {
            return Err(FieldError::new("model", names::unknown("model", &model, &["alpha", "beta", "gamma"])));
        }
        let length = match (fields.get("epochs"), fields.get("steps")) {
            (Some(FieldValue::Int(length)), None) | (None, Some(FieldValue::Int(length))) => *length,
            _ => return Err(FieldError::new("epochs", "give exactly one of epochs and steps")),
        };
        let name = format!("{model}-{}-seed{}", config["size"], config["seed"]);
        let set = config.get("set").map_or("toys".to_owned(), ToString::to_string);
        let estimate = Estimate { core_seconds: length as f64, memory_bytes: 100, disk_bytes: 10 };
        Ok(ResolvedRun { name, config, datasets: vec![set], estimate })
    }

    fn worker(&self, manifest: &Path, index: usize) -> Command {
        (self.worker)(manifest, index)
    }

    fn exclusive(&self) -> &[&[&str]] {
        &[&["epochs", "steps"]]
    }
}

/// Accepts every field of every task and claims that a run reads the sets that its fields name.
pub(crate) struct Accepting;

impl Trainer for Accepting {
    fn resolve(&self, _: &str, fields: &Fields) -> Result<ResolvedRun, FieldError> {
        let part = |name: &str| fields.get(name).map_or("default".to_owned(), ToString::to_string);
        let name = format!("{}-{}-seed{}", part("model"), part("train_samples"), part("seed"));
        let datasets = match fields.get("set") {
            Some(set) => vec![set.to_string()],
            None => vec![part("train_set"), part("eval_set")],
        };
        Ok(ResolvedRun { name, config: fields.clone(), datasets, estimate: Estimate::default() })
    }

    fn worker(&self, _: &Path, _: usize) -> Command {
        unreachable!("nothing is run")
    }

    fn exclusive(&self) -> &[&[&str]] {
        &[&["epochs", "steps"], &["evaluate_every_epochs", "evaluate_every_samples"]]
    }
}

/// Knows the set `toys`, and `fresh`, which is missing until it is provided.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) made: RefCell<Vec<String>>,
}

impl DataProvider for Shelf {
    fn state(&self, set: &str) -> Result<DataState, DataError> {
        let made = self.made.borrow().iter().any(|made| made == set);
        match set {
            "toys" => Ok(DataState::Ready { content_hash: "1234".into() }),
            "fresh" if made => Ok(DataState::Ready { content_hash: "5678".into() }),
            "fresh" => {
                Ok(DataState::Missing { reason: "it is not there".into(), estimate_seconds: 7.0, disk_bytes: 1000 })
            }
            _ => {
                let message = names::unknown("set", set, &["toys", "fresh"]);
                Err(DataError { message, kind: DataErrorKind::UnknownSet })
            }
        }
    }

    fn provide(&self, set: &str) -> Result<String, DataError> {
        self.made.borrow_mut().push(set.into());
        Ok("5678".into())
    }
}

pub(crate) fn platform() -> Platform {
    Platform { backend: "toy-cpu".into(), threads: 1 }
}

pub(crate) fn select(profile: &str, overrides: &[&str]) -> Selection {
    Selection { profile: Some(profile.into()), overrides: Overrides::parse(overrides).unwrap(), ..Selection::default() }
}

/// A plan of `text` with the toy task.
pub(crate) fn resolve(text: &str, profile: &str, overrides: &[&str]) -> Result<ResolvedPlan, SweepError> {
    let spec = SweepSpec::parse("pipelines/toy.yaml", text)?;
    ResolvedPlan::new(
        &spec,
        &Selection { profile: Some(profile.into()), overrides: Overrides::parse(overrides)?, ..Selection::default() },
        &Toy::default(),
    )
}

/// A plan that can be executed in `root`.
pub(crate) fn plan(root: &Path, text: &str, profile: &str, overrides: &[&str]) -> SweepPlan {
    let hashes = BTreeMap::from([("toys".to_owned(), "1234".to_owned())]);
    resolve(text, profile, overrides).unwrap().with_data(root, &hashes, &platform(), "egnn sweep toy").unwrap()
}

/// A small pipeline.
pub(crate) const PIPELINE: &str = "\
pipeline: toy
title: A toy
task: toy
report: table
set:
  rate: 1e-3
grid:
  model: [alpha, beta]
  seed: [1, 2]
rules:
  - {when: {model: beta}, set: {rate: 2e-3}}
profiles:
  quick:
    description: Quick.
    set: {epochs: 10}
  paper:
    description: Long.
    grid: {seed: [1, 2, 3]}
    rules:
      - {when: {model: [alpha, gamma]}, set: {epochs: 100}}
      - {when: {model: beta, seed: 3}, set: {steps: 7}}
      - {when: {model: beta, seed: [1, 2]}, set: {epochs: 200}}
";

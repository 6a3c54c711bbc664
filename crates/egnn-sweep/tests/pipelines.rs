//! The pipelines of the repository.

mod common;

use common::{Accepting, select};
use egnn_schema::FieldValue;
use egnn_sweep::{ResolvedPlan, SweepSpec, spec};
use std::{collections::BTreeMap, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../pipelines")
}

/// Runs with equal fields but for the seed, on one line.
fn summary(pipeline: &str, profile: &str, fields: &[&str]) -> String {
    let spec = SweepSpec::load(&folder(), pipeline).unwrap();
    let plan = ResolvedPlan::new(&spec, &select(profile, &[]), &Accepting).unwrap();
    let mut lines: Vec<(String, usize)> = Vec::new();
    for index in 0..plan.runs.len() {
        let config = plan.config(index);
        let shown =
            fields.iter().map(|field| config.get(*field).map_or("-".to_owned(), |value| format!("{field} {value}")));
        let line = shown.collect::<Vec<_>>().join(", ");
        match lines.iter_mut().find(|(other, _)| *other == line) {
            Some((_, seeds)) => *seeds += 1,
            None => lines.push((line, 1)),
        }
    }
    let sets = plan.datasets().into_iter().collect::<Vec<_>>().join(", ");
    let lines = lines.into_iter().map(|(line, seeds)| format!("{seeds} x {line}")).collect::<Vec<_>>();
    format!("{} runs on {sets}\n{}", plan.runs.len(), lines.join("\n"))
}

const FIELDS: [&str; 6] = ["model", "train_samples", "epochs", "steps", "learning_rate", "evaluate_every_samples"];

#[test]
fn every_pipeline_and_profile_can_be_planned() {
    let mut runs = BTreeMap::new();
    for name in spec::list(&folder()).unwrap() {
        let spec = SweepSpec::load(&folder(), &name).unwrap();
        for profile in spec.profiles.keys() {
            let plan = ResolvedPlan::new(&spec, &select(profile, &[]), &Accepting).unwrap();
            runs.insert(format!("{name}/{profile}"), plan.runs.len());
        }
        for profile in ["smoke", "quick", "paper"] {
            assert!(spec.profiles.contains_key(profile), "{name} has no profile {profile}");
        }
    }
    assert_eq!(runs["nbody-sizes/paper"], 3 * 10 * 3);
    assert_eq!(runs["nbody/paper"], 6 * 5);
    assert_eq!(runs["nbody-beyond/paper"], 3 * 3);
    assert_eq!(runs["autoencoder/paper"], 2 * 5);
    assert_eq!(runs["graph-sparsity/paper"], 9 * 3);
    assert_eq!(runs["embedding-sizes/paper"], 2 * 3 * 3);
}

#[test]
fn figure_2_has_the_papers_sizes_epochs_and_learning_rates() {
    insta::assert_snapshot!(summary("nbody-sizes", "paper", &FIELDS));
}

#[test]
fn table_2_has_the_papers_epochs_and_learning_rates() {
    let fields = ["model", "train_samples", "epochs", "steps", "learning_rate", "evaluate_every_epochs"];
    insta::assert_snapshot!(summary("nbody", "paper", &fields));
}

#[test]
fn pipelines_of_graphs_have_the_papers_epochs_sizes_and_learning_rate() {
    let fields = ["set", "model", "dim", "epochs", "learning_rate", "evaluate_every_epochs"];
    for pipeline in ["autoencoder", "graph-sparsity", "embedding-sizes"] {
        insta::assert_snapshot!(format!("paper_of_{pipeline}"), summary(pipeline, "paper", &fields));
    }
}

#[test]
fn published_epochs_are_those_of_the_models_beyond_the_paper() {
    insta::assert_snapshot!(summary("nbody-beyond", "paper", &["model", "epochs", "learning_rate", "schedule"]));
}

#[test]
fn quick_and_smoke_give_every_model_the_same_steps_at_a_size() {
    // Their steps take longest.
    let dear = ["tfn", "se3_transformer"].map(FieldValue::from);
    for pipeline in ["nbody-sizes", "nbody", "nbody-beyond"] {
        let spec = SweepSpec::load(&folder(), pipeline).unwrap();
        for profile in ["quick", "smoke"] {
            let plan = ResolvedPlan::new(&spec, &select(profile, &[]), &Accepting).unwrap();
            let mut steps = BTreeMap::new();
            let configs = (0..plan.runs.len()).map(|index| plan.config(index));
            for config in configs.filter(|config| !dear.contains(&config["model"])) {
                assert!(!config.contains_key("epochs"));
                let size = config["train_samples"].to_string();
                let first = steps.entry(size).or_insert_with(|| config["steps"].clone());
                assert_eq!(*first, config["steps"], "{pipeline} {profile} {config:?}");
            }
        }
    }
}

#[test]
fn an_unknown_pipeline_gets_the_nearest_name() {
    let error = SweepSpec::load(&folder(), "nbody-size").unwrap_err();
    assert_eq!(error.to_string(), "unknown pipeline 'nbody-size'; did you mean 'nbody-sizes'?");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_copied_pipeline_must_be_renamed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("copy.yaml"), common::PIPELINE).unwrap();
    let message = SweepSpec::load(folder.path(), "copy").unwrap_err().to_string();
    assert!(
        message.ends_with("copy.yaml: 'pipeline' is 'toy', but the file's name is 'copy'; make them equal"),
        "{message}"
    );
}

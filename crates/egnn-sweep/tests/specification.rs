//! From YAML and overrides to configurations, and what is said when they are wrong.

mod common;

use common::{PIPELINE, Shelf, resolve, select};
use egnn_schema::FieldValue;
use egnn_sweep::{
    ResolvedPlan, Selection, SweepManifest, SweepSpec,
    spec::{self, ReportKind},
};
use std::{collections::BTreeSet, fs};

/// Name and the given fields of each run.
fn runs(plan: &ResolvedPlan, fields: &[&str]) -> String {
    let line = |(index, point): (usize, &egnn_sweep::ResolvedPoint)| {
        let config = plan.config(index);
        let shown = fields.iter().filter_map(|field| config.get(*field).map(|value| format!(" {field}={value}")));
        format!("{}{}", point.name, shown.collect::<String>())
    };
    plan.runs.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn error(text: &str, profile: &str, overrides: &[&str]) -> String {
    resolve(text, profile, overrides).unwrap_err().to_string()
}

/// [`PIPELINE`] with a piece replaced.
fn with(piece: &str, by: &str) -> String {
    assert!(PIPELINE.contains(piece), "the pipeline has no {piece:?}");
    PIPELINE.replacen(piece, by, 1)
}

#[test]
fn a_run_is_made_for_every_combination_in_the_order_of_the_file() {
    let plan = resolve(PIPELINE, "quick", &[]).unwrap();
    insta::assert_snapshot!(runs(&plan, &["rate", "epochs"]), @r"
    alpha-10-seed1 rate=0.001 epochs=10
    alpha-10-seed2 rate=0.001 epochs=10
    beta-10-seed1 rate=0.002 epochs=10
    beta-10-seed2 rate=0.002 epochs=10
    ");
    assert_eq!(plan.folder, "reports/toy/quick");
}

#[test]
fn a_profile_replaces_lists_and_its_rules_choose_between_exclusive_fields() {
    let plan = resolve(PIPELINE, "paper", &[]).unwrap();
    insta::assert_snapshot!(runs(&plan, &["rate", "epochs", "steps"]), @r"
    alpha-10-seed1 rate=0.001 epochs=100
    alpha-10-seed2 rate=0.001 epochs=100
    alpha-10-seed3 rate=0.001 epochs=100
    beta-10-seed1 rate=0.002 epochs=200
    beta-10-seed2 rate=0.002 epochs=200
    beta-10-seed3 rate=0.002 steps=7
    ");
}

#[test]
fn the_command_line_wins_over_rules_and_clears_what_it_excludes() {
    let plan = resolve(PIPELINE, "paper", &["steps=50", "rate=0.5", "seed=3", "size=20,30"]).unwrap();
    insta::assert_snapshot!(runs(&plan, &["rate", "epochs", "steps"]), @r"
    alpha-20-seed3 rate=0.5 steps=50
    alpha-30-seed3 rate=0.5 steps=50
    beta-20-seed3 rate=0.5 steps=50
    beta-30-seed3 rate=0.5 steps=50
    ");
    assert!(plan.folder.starts_with("reports/toy/paper-"), "{}", plan.folder);
}

#[test]
fn a_profile_wins_over_the_rules_of_the_pipeline() {
    let plan = resolve(&with("set: {epochs: 10}", "set: {epochs: 10, rate: 9.0}"), "quick", &[]).unwrap();
    assert!((0..plan.runs.len()).all(|index| plan.config(index)["rate"] == FieldValue::Float(9.0)));
}

#[test]
fn rules_see_the_values_of_later_layers() {
    // `beta` comes from the command line only; the pipeline's rule for it holds.
    let plan = resolve(&with("[alpha, beta]", "[alpha, gamma]"), "quick", &["model=beta"]).unwrap();
    assert!((0..plan.runs.len()).all(|index| plan.config(index)["rate"] == FieldValue::Float(2e-3)));
}

#[test]
fn equal_runs_are_planned_once() {
    let text = with("set: {rate: 2e-3}", "set: {seed: 1}");
    let folder = tempfile::tempdir().unwrap();
    let plan = common::plan(folder.path(), &text, "quick", &[]);
    let ids: BTreeSet<&str> = plan.manifest.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!((plan.manifest.runs.len(), ids.len(), plan.estimates.len()), (3, 3, 3));
    assert!(plan.manifest.runs.iter().enumerate().all(|(index, run)| run.index == index));
}

#[test]
fn what_all_runs_have_alike_stands_in_the_plan_once_and_older_plans_can_be_read() {
    let root = tempfile::tempdir().unwrap();
    let plan = common::plan(root.path(), PIPELINE, "quick", &[]);
    let path = plan.manifest.write(&plan.folder).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(json["runs"][3]["config"], serde_json::json!({"model": "beta", "rate": 0.002, "seed": 2}));
    assert_eq!(json["datasets"], serde_json::json!({"toys": "1234"}));
    // Before, each run had everything.
    let (config, datasets) = (json["config"].take(), json["datasets"].take());
    json.as_object_mut().unwrap().retain(|key, _| !["config", "datasets"].contains(&key.as_str()));
    for run in json["runs"].as_array_mut().unwrap() {
        run["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        run["datasets"] = datasets.clone();
    }
    fs::write(&path, json.to_string()).unwrap();
    let older = SweepManifest::read(&path).unwrap();
    for (index, run) in plan.manifest.runs.iter().enumerate() {
        let identity = older.identity(index).unwrap();
        assert_eq!(identity, plan.manifest.identity(index).unwrap());
        assert_eq!((identity.id(&run.name), older.runs[index].id.clone()), (run.id.clone(), run.id.clone()));
    }
    // It is written anew, once.
    let text = || fs::read_to_string(&path).unwrap();
    let written = || fs::metadata(&path).unwrap().modified().unwrap();
    plan.manifest.write(&plan.folder).unwrap();
    assert_eq!(SweepManifest::read(&path).unwrap(), plan.manifest);
    let (first, whole) = (written(), text());
    plan.manifest.write(&plan.folder).unwrap();
    assert_eq!(written(), first);
    for other in [whole.clone() + " ", whole[..whole.len() - 1].to_owned()] {
        fs::write(&path, other).unwrap();
        plan.manifest.write(&plan.folder).unwrap();
        assert_eq!(text(), whole);
    }
}

#[test]
fn ids_depend_on_data_and_configuration_but_not_on_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let ids = |text: &str, overrides: &[&str]| -> Vec<String> {
        common::plan(folder.path(), text, "quick", overrides).manifest.runs.into_iter().map(|run| run.id).collect()
    };
    let reference = ids(PIPELINE, &[]);
    assert_eq!(reference, ids(&with("rate: 1e-3", "'rate':   0.0010 # the same"), &[]));
    assert_ne!(reference, ids(PIPELINE, &["epochs=11"]));
    let hashes = [("toys".to_owned(), "other".to_owned())].into();
    let other = resolve(PIPELINE, "quick", &[]).unwrap().with_data(folder.path(), &hashes, &common::platform(), "");
    assert!(other.unwrap().manifest.runs.iter().all(|run| !reference.contains(&run.id)));
}

#[test]
fn wrong_fields_and_values_are_found_in_the_file() {
    let cases = [
        with("[alpha, beta]", "[alpha, betta]"),
        with("  rate: 1e-3", "  raet: 1e-3"),
        with("task: toy", "task: toi"),
        with("{when: {model: beta}, set", "{when: {model: bet}, set"),
        with("{when: {model: beta}, set", "{when: {modell: beta}, set"),
        with("{epochs: 10}", "{epochs: 10, steps: 5}"),
        with("{epochs: 10}", "{}"),
        with("  rate: 1e-3", "  rate: 1e-3\n  seed: 3"),
    ];
    insta::assert_snapshot!(cases.map(|text| error(&text, "quick", &[])).join("\n"));
}

#[test]
fn a_wrong_format_is_found_in_the_file() {
    let cases = [
        with("grid:\n", "gird:\n"),
        with("title: A toy\n", ""),
        with("report: table", "report: tabel"),
        with("title: A toy", "title: [A toy]"),
        with("title: A toy", "title: A toy\ntitle: B"),
        with("  rate: 1e-3", "  rate: 1e-3\n  rate: 2e-3"),
        with("  rate: 1e-3", "  rate: [1, 2]"),
        with("  rate: 1e-3", "  rate:"),
        with("seed: [1, 2]", "seed: []"),
        with("seed: [1, 2]", "seed: 1"),
        with("seed: [1, 2]", "seed: [1, 2, 1.0]"),
        with("seed: [1, 2]", "seed: [1, [2]]"),
        with("rules:\n  -", "rules:\n   "),
        with("when: {model: beta}, set", "when: {model: beta}, sets"),
        with("{when: {model: beta}, set: {rate: 2e-3}}", "{set: {rate: 2e-3}}"),
        with("description: Quick.", "descriptoin: Quick."),
        with("pipeline: toy", "pipeline: [toy"),
        "profiles".to_owned(),
        String::new(),
    ];
    insta::assert_snapshot!(cases.map(|text| error(&text, "quick", &[])).join("\n"));
}

#[test]
fn a_report_must_fit_its_task() {
    let parsed = |task: &str, report: &str| {
        let text =
            with("task: toy", &format!("task: {task}")).replacen("report: table", &format!("report: {report}"), 1);
        SweepSpec::parse("pipelines/toy.yaml", &text).map(|spec| spec.report)
    };
    let errors = [("nbody", "autoencoder"), ("autoencoder", "table"), ("qm9", "table"), ("nbody", "qm9")]
        .map(|(task, report)| parsed(task, report).unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"), @r"
    pipelines/toy.yaml:4:9: the report 'autoencoder' cannot show the task 'nbody'; it can be: size-curve, table, beyond
    pipelines/toy.yaml:4:9: the report 'table' cannot show the task 'autoencoder'; it can be: autoencoder, graph-sparsity, embedding-sizes
    pipelines/toy.yaml:4:9: the report 'table' cannot show the task 'qm9'; it can be: qm9
    pipelines/toy.yaml:4:9: the report 'qm9' cannot show the task 'nbody'; it can be: size-curve, table, beyond
    ");
    // Every kind fits one of the tasks.
    for report in ReportKind::NAMES {
        let fits = ["nbody", "autoencoder", "qm9"].into_iter().filter(|task| parsed(task, report).is_ok());
        assert_eq!(fits.count(), 1, "{report}");
    }
}

#[test]
fn a_wrong_command_line_is_named() {
    let errors = [
        error(PIPELINE, "qiuck", &[]),
        error(PIPELINE, "quick", &["model=alpha,bety"]),
        error(PIPELINE, "quick", &["modle=alpha"]),
        error(PIPELINE, "quick", &["epochs=3", "steps=3"]),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_set_that_does_not_exist_is_found_where_it_is_named() {
    let plan = resolve(&with("{epochs: 10}", "{epochs: 10, set: toyz}"), "quick", &[]).unwrap();
    let error = plan.provide(&Shelf::default(), &mut |_| ()).unwrap_err();
    insta::assert_snapshot!(error, @"pipelines/toy.yaml:15:28: unknown set 'toyz'; did you mean 'toys'?");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn names_of_folders_are_checked() {
    let spec = SweepSpec::parse("pipelines/toy.yaml", PIPELINE).unwrap();
    let named = |name: &str| {
        let selection = Selection { name: Some(name.into()), ..select("quick", &[]) };
        ResolvedPlan::new(&spec, &selection, &common::Toy::default())
    };
    assert_eq!(named("mine.2").unwrap().folder, "reports/toy/mine.2");
    // Another backend has a folder of its own.
    let varied = |name: Option<&str>| {
        let (name, variant) = (name.map(str::to_owned), Some("plain".to_owned()));
        let selection = Selection { name, variant, ..select("quick", &[]) };
        ResolvedPlan::new(&spec, &selection, &common::Toy::default()).unwrap().folder
    };
    assert_eq!(varied(None), "reports/toy/quick-plain");
    assert_eq!(varied(Some("mine")), "reports/toy/mine-plain");
    insta::assert_snapshot!(named("../up").unwrap_err(), @"on the command line: the name '../up' is not usable as a folder; use letters, digits, '-', '_' and '.'");
    insta::assert_snapshot!(named("paper").unwrap_err(), @"on the command line: the name 'paper' belongs to a profile; choose another");
}

#[test]
fn pipelines_are_files_of_utf8_text() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("pipelines");
    fs::create_dir_all(folder.join("folder.yaml")).unwrap();
    fs::write(folder.join("toy.yaml"), PIPELINE).unwrap();
    fs::write(folder.join("latin.yaml"), b"pipeline: latin\ntitle: caf\xe9\n").unwrap();
    assert_eq!(spec::list(&folder).unwrap(), ["latin", "toy"]);
    assert_eq!(SweepSpec::load(&folder, "toy").unwrap().pipeline, "toy");
    let error = SweepSpec::load(&folder, "latin").unwrap_err();
    insta::assert_snapshot!(error, @"pipelines/latin.yaml:2:11: not UTF-8 text; save the file in that encoding");
    assert_eq!(error.exit_code(), 2);
    let error = SweepSpec::load(&folder, "folder").unwrap_err();
    assert!(error.to_string().starts_with("unknown pipeline 'folder'"), "{error}");
}

//! The QM9 task from the command line: the smoke sweep, single runs, evaluations and what is refused.

mod common;

use common::{
    Lab,
    cases::fixture,
    json,
    sweeps::{assert_equal_sweeps, evaluations, kill_and_finish, runs},
};

const SMOKE: [&str; 4] = ["sweep", "qm9", "--profile", "smoke"];
const FOLDER: &str = "reports/qm9/smoke";

#[test]
fn the_smoke_profile_needs_no_download_and_its_runs_evaluate_to_their_own_numbers() {
    let lab = Lab::new();
    let first = lab.ok(&SMOKE);
    for model in ["EGNN", "SchNet", "NMP"] {
        assert!(first.stdout.contains(model), "{model}: {}", first.stdout);
    }
    assert!(lab.path("datasets/qm9/qm9_fixture/manifest.json").is_file(), "the set was made");
    for file in [
        "results.parquet",
        "table.md",
        "table.csv",
        "table-3.csv",
        "figure.svg",
        "parity.png",
        "sizes.png",
        "index.html",
    ] {
        assert!(lab.path(FOLDER).join(file).metadata().is_ok_and(|metadata| metadata.len() > 0), "{file}");
    }
    let before = lab.files();
    assert!(lab.ok(&SMOKE).stdout.contains("nothing to do: all 4 runs are finished"));
    assert_eq!(lab.files(), before, "a second call does nothing");
    for run in runs(&lab, FOLDER) {
        let record = json(&std::fs::read_to_string(run.join("done.json")).unwrap());
        let record = &record["outcome"]["metrics"]["values"];
        let arguments = ["evaluate", run.to_str().unwrap(), "--data", "qm9_fixture", "--json"];
        let test = json(&lab.ok(&arguments).stdout);
        assert!(test["mae"].is_f64() && test["mae"] == record["test_mae"], "{}: {test}, {record}", run.display());
        assert_eq!((test["property"].as_str(), test["samples"].as_u64()), (Some("alpha"), Some(12)));
    }
    let said = lab.ok(&["evaluate", runs(&lab, FOLDER)[0].to_str().unwrap(), "--data", "qm9_fixture"]).stdout;
    assert!(said.contains("on qm9_fixture (12 molecules of test): alpha, MAE ") && said.contains(" bohr^3"), "{said}");
}

#[test]
fn a_sweep_killed_at_three_moments_ends_as_an_undisturbed_one() {
    let lab = Lab::new();
    let arguments = |name: &'static str| {
        let fields = ["model=egnn,schnet", "epochs=80", "--checkpoint-every", "0.02", "--jobs", "2", "--name", name];
        [&SMOKE[..], &fields].concat()
    };
    let (undisturbed, killed) = ("reports/qm9/undisturbed", "reports/qm9/killed");
    lab.ok(&arguments("undisturbed"));
    let total = evaluations(&lab, undisturbed);
    assert_eq!(total, 2 * 80);
    kill_and_finish(&lab, &arguments("killed"), killed, total, &[10, 35, 60]);
    assert_equal_sweeps(&lab, undisturbed, killed);
}

#[test]
fn a_file_of_pytorch_is_evaluated_for_the_property_that_is_named() {
    let lab = Lab::new();
    lab.ok(&["generate", "qm9", "qm9_fixture"]);
    let path = lab.path("from_pytorch.safetensors");
    let case = egnn_nn::parity::load(fixture("egnn-nn/tests/fixtures/qm9_egnn.safetensors").as_ref()).unwrap();
    candle_core::safetensors::save(&case.params.into_iter().collect(), &path).unwrap();
    let arguments = ["evaluate", "from_pytorch.safetensors", "--data", "qm9_fixture"];
    let with = |more: &[&'static str]| [&arguments[..], more].concat();
    lab.fails(2, &with(&[]), "does not say which property its model predicts; give --property");
    lab.fails(2, &with(&["--property", "u0"]), "did you mean 'U0'?");
    lab.fails(2, &with(&["--property", "mu", "--start-frame", "3"]), "holds molecules, which have no frames");
    lab.fails(2, &with(&["--property", "mu", "--split", "tests"]), "did you mean 'test'?");
    let found = json(&lab.ok(&with(&["--property", "mu", "--json"])).stdout);
    assert!(found["mae"].as_f64().is_some_and(f64::is_finite) && found["property"] == "mu", "{found}");
}

#[test]
fn what_a_pipeline_cannot_mean_is_refused_with_its_place() {
    let lab = Lab::new();
    lab.edit("pipelines/qm9.yaml", "property: alpha", "property: alfa");
    lab.fails(2, &SMOKE, "did you mean 'alpha'?");
    lab.edit("pipelines/qm9.yaml", "property: alfa", "property: alpha");
    lab.edit(
        "pipelines/qm9.yaml",
        "schedule: cosine\n      learning_rate: 3e-3",
        "schedule: cosin\n      learning_rate: 3e-3",
    );
    let failed = lab.fails(2, &SMOKE, "did you mean 'cosine'?");
    assert!(failed.stderr.contains("pipelines/qm9.yaml:"), "{}", failed.stderr);
    // Without its source the full set is missed before anything is trained.
    lab.edit("pipelines/qm9.yaml", "schedule: cosin\n", "schedule: cosine\n");
    lab.fails(2, &["sweep", "qm9", "epochs=1"], "run `just fetch-qm9`");
    assert!(!lab.path("reports").exists() || runs(&lab, "reports/qm9/quick").is_empty());
}

#[test]
fn one_run_says_what_it_learnt() {
    let lab = Lab::new();
    let fields = ["set=qm9_fixture", "property=mu", "hidden=8", "layers=2", "batch_size=10", "epochs=3"];
    let trained = lab.ok(&[&["train", "qm9"][..], &fields].concat());
    assert!(trained.stdout.contains("test_mae"), "{}", trained.stdout);
    lab.fails(2, &["train", "qm9", "set=graphs_smoke", "epochs=1"], "holds graphs, not molecules");
    lab.fails(2, &["train", "nbody", "train_set=qm9_fixture", "epochs=1"], "holds molecules, not n-body");
}

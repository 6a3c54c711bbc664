//! What a sweep would do again, and why: a stage is addressed by the content of what it reads.

mod common;

use common::{
    PIPELINE, Shelf,
    history::{attempt, failed, finish_all, finished},
    platform, resolve,
};
use egnn_sweep::{DataError, DataProvider, DataState, End, Platform, RunFolder, Survey, SweepPlan, results};
use std::{fs, path::Path};

/// `name: why` of each run that would run.
fn why(survey: &Survey) -> Vec<String> {
    survey.outstanding.iter().map(|run| format!("{}: {}", run.name, run.reason)).collect()
}

fn survey(root: &Path, text: &str) -> Survey {
    Survey::new(&resolve(text, "quick", &[]).unwrap(), root, &Shelf::default(), &platform(), 2).unwrap()
}

/// The plan of [`PIPELINE`] with every run finished and its results written.
fn done(root: &Path) -> SweepPlan {
    let plan = common::plan(root, PIPELINE, "quick", &[]);
    finish_all(&plan);
    write_results(&plan);
    plan
}

fn write_results(plan: &SweepPlan) {
    results::write(plan, &End::read_all(&plan.manifest, &plan.folder).unwrap()).unwrap();
}

fn states(survey: &Survey) -> Vec<String> {
    survey.stages().iter().map(|stage| format!("{}: {}", stage.name, stage.state())).collect()
}

const UP_TO_DATE: [&str; 3] = ["data: up to date", "runs: up to date", "results: up to date"];

#[test]
fn comments_and_another_notation_redo_nothing() {
    let root = tempfile::tempdir().unwrap();
    done(root.path());
    let other =
        format!("# Another word.\n{}", PIPELINE.replace("model: [alpha, beta]", "model:\n    - alpha\n    - beta"));
    let other = other
        .replace("  rate: 1e-3", "  rate: 0.001 # the same")
        .replace("set: {epochs: 10}", "set:\n      epochs: 10");
    for text in [PIPELINE, &other] {
        let survey = survey(root.path(), text);
        assert_eq!((survey.finished, why(&survey)), (4, Vec::new()));
        assert_eq!(states(&survey), UP_TO_DATE);
    }
}

#[test]
fn a_changed_field_redoes_its_runs_and_no_other() {
    let root = tempfile::tempdir().unwrap();
    done(root.path());
    let survey = survey(root.path(), &PIPELINE.replace("rate: 2e-3", "rate: 3e-3"));
    assert_eq!(why(&survey), ["beta-10-seed1: config changed: rate", "beta-10-seed2: config changed: rate"]);
    assert_eq!(
        states(&survey),
        [
            "data: up to date",
            "runs: would run 2 of 4: config changed: rate",
            "results: would be written: its runs are to be done"
        ]
    );
}

#[test]
fn a_value_that_joins_others_is_new_and_not_a_change_of_them() {
    let root = tempfile::tempdir().unwrap();
    done(root.path());
    let survey =
        survey(root.path(), &PIPELINE.replace("\n  seed: [1, 2]\n", "\n  seed: [1, 2, 3]\n  mode: [good, better]\n"));
    assert!(why(&survey).iter().all(|why| why.ends_with(": new")), "{:?}", why(&survey));
    assert_eq!((survey.finished, survey.outstanding.len()), (4, 8));
}

#[test]
fn of_several_runs_of_a_name_the_most_similar_one_explains() {
    let root = tempfile::tempdir().unwrap();
    done(root.path());
    finish_all(&common::plan(root.path(), &PIPELINE.replace("rate: 1e-3", "rate: 5e-3\n  mode: worse"), "quick", &[]));
    let survey = survey(root.path(), &PIPELINE.replace("rate: 1e-3", "rate: 5e-3\n  mode: better"));
    assert_eq!(why(&survey)[0], "alpha-10-seed1: config changed: mode");
}

/// Has `toys` with a content of its own.
struct Other(&'static str);

impl DataProvider for Other {
    fn state(&self, _: &str) -> Result<DataState, DataError> {
        Ok(match self.0 {
            "" => DataState::Missing { reason: "not there yet".into(), estimate_seconds: 1.0, disk_bytes: 1 },
            hash => DataState::Ready { content_hash: hash.into() },
        })
    }

    fn provide(&self, _: &str) -> Result<String, DataError> {
        unreachable!("a survey makes nothing")
    }
}

#[test]
fn changed_data_another_program_and_another_backend_are_named() {
    let root = tempfile::tempdir().unwrap();
    let plan = done(root.path());
    let resolved = resolve(PIPELINE, "quick", &[]).unwrap();
    let first = |data: &dyn DataProvider, platform: &Platform| {
        let survey = Survey::new(&resolved, root.path(), data, platform, 1).unwrap();
        assert_eq!(survey.finished, 0);
        why(&survey).remove(0)
    };
    assert_eq!(first(&Other("5678"), &platform()), "alpha-10-seed1: data changed: toys");
    assert_eq!(first(&Other(""), &platform()), "alpha-10-seed1: data to be made: toys");
    let plain = Platform { backend: "plain".into(), ..platform() };
    assert_eq!(first(&Shelf::default(), &plain), "alpha-10-seed1: backend changed: toy-cpu -> plain");
    let now = plan.manifest.numerics_version;
    for run in &plan.manifest.runs {
        let done = RunFolder::new(&plan.folder, &run.id).done();
        let text = fs::read_to_string(&done).unwrap();
        fs::write(&done, text.replace(&format!("\"numerics_version\": {now}"), "\"numerics_version\": 1")).unwrap();
        // Its id would be another, too.
        fs::rename(done.parent().unwrap(), plan.folder.join("runs").join(format!("{}-0123456789", run.name))).unwrap();
    }
    let program = format!("alpha-10-seed1: program changed: numerics 1 -> {now}");
    assert_eq!(first(&Shelf::default(), &platform()), program);
}

#[test]
fn what_a_run_itself_left_explains_before_others_do() {
    let root = tempfile::tempdir().unwrap();
    let plan = done(root.path());
    let changed = PIPELINE.replace("rate: 1e-3", "rate: 5e-3").replace("rate: 2e-3", "rate: 6e-3");
    let plan = SweepPlan { folder: plan.folder, ..common::plan(root.path(), &changed, "quick", &[]) };
    attempt(&plan, 0, 30, Some(&failed("no luck")));
    attempt(&plan, 1, 30, None);
    attempt(&plan, 2, 100, Some(&finished()));
    let done = RunFolder::new(&plan.folder, &plan.manifest.runs[2].id).done();
    fs::write(&done, "{").unwrap();
    let why = why(&survey(root.path(), &changed));
    assert_eq!(why[0], "alpha-10-seed1: previous attempt failed: no luck");
    assert_eq!(why[1], "alpha-10-seed2: interrupted at step 30 of 100");
    assert!(why[2].starts_with("beta-10-seed1: its done.json is damaged: not a run's record: "), "{}", why[2]);
    assert_eq!(why[3], "beta-10-seed2: config changed: rate");
}

#[test]
fn results_are_written_when_a_record_changed_and_only_then() {
    let root = tempfile::tempdir().unwrap();
    let plan = common::plan(root.path(), PIPELINE, "quick", &[]);
    finish_all(&plan);
    let results = |survey: &Survey| survey.stages()[2].state().to_owned();
    assert_eq!(results(&survey(root.path(), PIPELINE)), "would be written: it is not there yet");
    write_results(&plan);
    let path = plan.folder.join(results::FILE);
    let written = || fs::metadata(&path).unwrap().modified().unwrap();
    let first = written();
    write_results(&plan);
    assert_eq!(written(), first);
    assert_eq!(results(&survey(root.path(), PIPELINE)), "up to date");
    let done = RunFolder::new(&plan.folder, &plan.manifest.runs[3].id).done();
    let text = fs::read_to_string(&done).unwrap();
    assert!(text.contains("\"test_mse\": 0.5"), "{text}");
    fs::write(&done, text.replace("\"test_mse\": 0.5", "\"test_mse\": 0.75")).unwrap();
    assert_eq!(results(&survey(root.path(), PIPELINE)), "would be written: it was made from other records");
    write_results(&plan);
    assert_eq!(results(&survey(root.path(), PIPELINE)), "up to date");
    // Half a file is none.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    write_results(&plan);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

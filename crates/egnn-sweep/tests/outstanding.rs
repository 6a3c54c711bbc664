//! What is outstanding, against an oracle that knows every run's history.

mod common;

use common::PIPELINE;
use egnn_schema::{Circumstances, Failure, RunEvent, RunMetrics};
use egnn_sweep::{End, Opening, Recorder, RunFolder, SweepPlan, outstanding};
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::Path};

/// Something that happens to a run's folder.
#[derive(Clone, Debug)]
enum Happening {
    /// An attempt that is killed.
    Killed,
    Fails,
    Finishes,
    /// Its `done.json` is cut off after a part of its bytes (in percent).
    Truncated(usize),
    /// Its `done.json` is another run's.
    Swapped,
    Deleted,
    HalfParquet,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => Just(Happening::Killed),
        1 => Just(Happening::Fails),
        3 => Just(Happening::Finishes),
        1 => (0usize..100).prop_map(Happening::Truncated),
        1 => Just(Happening::Swapped),
        1 => Just(Happening::Deleted),
        1 => Just(Happening::HalfParquet),
    ]
}

fn attempt(plan: &SweepPlan, index: usize, end: Option<&RunEvent>) {
    let run = &plan.manifest.runs[index];
    let folder = RunFolder::new(&plan.folder, &run.id);
    let identity = plan.manifest.identity(index).unwrap();
    let opening = Recorder::open(folder.path(), &run.id, identity, Circumstances::default(), false).unwrap();
    let Opening::Begun(mut recorder) = opening else { return };
    recorder.record(&RunEvent::Started { from_epoch: 0, from_step: 0, epochs: 1, steps: 1 }).unwrap();
    if let Some(event) = end {
        recorder.record(event).unwrap();
    }
}

fn finished() -> RunEvent {
    let values = BTreeMap::from([("test_mse".to_owned(), 0.5)]);
    RunEvent::Finished { metrics: RunMetrics { parameters: 1, epochs: 1, steps: 1, best_epoch: 0, values } }
}

fn failed() -> RunEvent {
    RunEvent::Failed { failure: Failure { reason: "no luck".into(), epoch: None, batch: None, last_good: None } }
}

/// Lets it happen and tells whether the run, which was finished before or not, is so afterwards.
fn happen(plan: &SweepPlan, index: usize, was_finished: bool, happening: &Happening) -> bool {
    let folder = RunFolder::new(&plan.folder, &plan.manifest.runs[index].id);
    let done = folder.done();
    match happening {
        Happening::Killed => attempt(plan, index, None),
        Happening::Fails => attempt(plan, index, Some(&failed())),
        Happening::Finishes => attempt(plan, index, Some(&finished())),
        Happening::Truncated(percent) => {
            let Ok(bytes) = fs::read(&done) else { return false };
            fs::write(&done, &bytes[..bytes.len() * percent / 100]).unwrap();
        }
        Happening::Swapped => {
            let Ok(text) = fs::read_to_string(&done) else { return false };
            fs::write(&done, text.replace("\"toy\"", "\"other\"")).unwrap();
        }
        Happening::Deleted => {
            let _ = fs::remove_file(&done);
        }
        Happening::HalfParquet => {
            let Ok(bytes) = fs::read(folder.metrics()) else { return false };
            fs::write(folder.metrics(), &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    match happening {
        Happening::Finishes => true,
        Happening::Killed | Happening::Fails => was_finished,
        _ => false,
    }
}

fn read(plan: &SweepPlan) -> Vec<End> {
    End::read_all(&plan.manifest, Path::new(&plan.folder)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn exactly_the_runs_without_a_sound_end_are_outstanding(
        histories in prop::collection::vec(prop::collection::vec(happening(), 0..4), 4),
    ) {
        let root = tempfile::tempdir().unwrap();
        let plan = common::plan(root.path(), PIPELINE, "quick", &[]);
        let mut expected = Vec::new();
        for (index, history) in histories.iter().enumerate() {
            let is_finished = history.iter().fold(false, |was, what| happen(&plan, index, was, what));
            if !is_finished {
                expected.push(index);
            }
        }
        let ends = read(&plan);
        prop_assert_eq!(outstanding(plan.manifest.runs.len(), &ends), expected);
        // A damaged end is told, not passed over.
        for (end, history) in ends.iter().zip(&histories) {
            if let [.., Happening::Finishes, Happening::Truncated(_) | Happening::Swapped | Happening::HalfParquet] = history.as_slice() {
                prop_assert!(matches!(end, End::Damaged { .. }), "{:?}", end);
            }
        }
    }
}

#[test]
fn a_failed_run_is_outstanding_and_its_reason_known() {
    let root = tempfile::tempdir().unwrap();
    let plan = common::plan(root.path(), PIPELINE, "quick", &[]);
    attempt(&plan, 1, Some(&failed()));
    attempt(&plan, 2, Some(&finished()));
    let ends = read(&plan);
    assert!(matches!(&ends[1], End::Failed { reason, .. } if reason == "no luck"));
    assert_eq!(outstanding(4, &ends), [0, 1, 3]);
}

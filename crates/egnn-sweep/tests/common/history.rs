//! What earlier attempts at a run left behind.

use egnn_schema::{Circumstances, Failure, RunEvent, RunMetrics};
use egnn_sweep::{Opening, Recorder, RunFolder, SweepPlan};
use std::collections::BTreeMap;

/// An attempt at run `index` of `plan`, up to `step` of 100 and then with an end or none.
pub(crate) fn attempt(plan: &SweepPlan, index: usize, step: u64, end: Option<&RunEvent>) {
    drop(begin(plan, index, step, end));
}

/// The same, and still at work: whoever has the recorder has the run's lock.
pub(crate) fn begin(plan: &SweepPlan, index: usize, step: u64, end: Option<&RunEvent>) -> Recorder {
    let run = &plan.manifest.runs[index];
    let folder = RunFolder::new(&plan.folder, &run.id);
    let identity = plan.manifest.identity(index).unwrap();
    let opening = Recorder::open(folder.path(), &run.id, identity, Circumstances::default(), false).unwrap();
    let Opening::Begun(mut recorder) = opening else { panic!("run {index} is finished") };
    recorder.record(&RunEvent::Started { from_epoch: 0, from_step: 0, epochs: 10, steps: 100 }).unwrap();
    if step > 0 {
        recorder.record(&evaluated(step)).unwrap();
    }
    if let Some(event) = end {
        recorder.record(event).unwrap();
    }
    *recorder
}

pub(crate) fn evaluated(step: u64) -> RunEvent {
    RunEvent::Evaluated {
        epoch: step / 10,
        step,
        train_loss: 0.5,
        valid_loss: 0.25,
        best_valid_loss: 0.25,
        best_epoch: 0,
        seconds: step as f64 / 10.0,
    }
}

pub(crate) fn finished() -> RunEvent {
    let values = BTreeMap::from([("test_mse".to_owned(), 0.5)]);
    RunEvent::Finished { metrics: RunMetrics { parameters: 1, epochs: 10, steps: 100, best_epoch: 0, values } }
}

pub(crate) fn failed(reason: &str) -> RunEvent {
    RunEvent::Failed { failure: Failure { reason: reason.into(), epoch: None, batch: None, last_good: None } }
}

/// Finishes every run of `plan` that is not finished.
pub(crate) fn finish_all(plan: &SweepPlan) {
    let is_open = |index: &usize| !RunFolder::new(&plan.folder, &plan.manifest.runs[*index].id).done().exists();
    (0..plan.manifest.runs.len()).filter(is_open).for_each(|index| attempt(plan, index, 100, Some(&finished())));
}

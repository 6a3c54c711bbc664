//! What a run's folder holds after starts, kills and ends.

mod common;

use common::PIPELINE;
use egnn_schema::{Circumstances, Failure, RunEvent, RunMetrics, RunRecord};
use egnn_store::{
    fault::{self, Fault},
    table::{self, ColumnData},
};
use egnn_sweep::{Recorded, Recorder, RunFolder, SweepError, SweepPlan, event_log};
use std::{collections::BTreeMap, fs, io::Write};

struct Bench {
    _root: tempfile::TempDir,
    plan: SweepPlan,
    folder: RunFolder,
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let plan = common::plan(root.path(), PIPELINE, "quick", &[]);
        let folder = RunFolder::new(&plan.folder, &plan.manifest.runs[0].id);
        Self { _root: root, plan, folder }
    }

    fn open(&self) -> Recorder {
        let circumstances = Circumstances { version: "0.1.0".into(), ..Circumstances::default() };
        let id = &self.plan.manifest.runs[0].id;
        Recorder::open(self.folder.path(), id, self.plan.manifest.identity(0).unwrap(), circumstances).unwrap()
    }

    fn recorded(&self) -> Recorded {
        Recorded::read(&self.folder, &self.plan.manifest.runs[0].id, &self.plan.manifest.identity(0).unwrap()).unwrap()
    }
}

fn started(from_epoch: u64) -> RunEvent {
    RunEvent::Started { from_epoch, from_step: from_epoch * 10, epochs: 4, steps: 40 }
}

fn evaluated(epoch: u64, seconds: f64) -> RunEvent {
    let valid_loss = 1.0 / (epoch + 1) as f64;
    RunEvent::Evaluated {
        epoch,
        step: (epoch + 1) * 10,
        train_loss: 2.0 * valid_loss,
        valid_loss,
        best_valid_loss: valid_loss,
        best_epoch: epoch,
        seconds,
    }
}

fn finished() -> RunEvent {
    let values = BTreeMap::from([("test_mse".to_owned(), 0.25)]);
    RunEvent::Finished { metrics: RunMetrics { parameters: 5, epochs: 4, steps: 40, best_epoch: 3, values } }
}

fn record(recorder: &mut Recorder, events: &[RunEvent]) {
    for event in events {
        recorder.record(event).unwrap();
    }
}

#[test]
fn a_resumed_run_has_the_record_of_an_uninterrupted_one() {
    let bench = Bench::new();
    let mut first = bench.open();
    record(&mut first, &[started(0), evaluated(0, 1.0), evaluated(1, 2.0), evaluated(2, 3.0)]);
    drop(first);
    // Killed in the middle of a line; the checkpoint was after epoch 1.
    let mut log = fs::OpenOptions::new().append(true).open(bench.folder.events()).unwrap();
    log.write_all(b"{\"event\":\"evalua").unwrap();
    drop(log);
    let mut second = bench.open();
    assert_eq!(second.evaluations(), 3);
    record(&mut second, &[started(2), evaluated(2, 3.5), evaluated(3, 4.5), finished()]);
    drop(second);

    let expected = [
        started(0),
        evaluated(0, 1.0),
        evaluated(1, 2.0),
        started(2),
        evaluated(2, 3.5),
        evaluated(3, 4.5),
        finished(),
    ];
    assert_eq!(event_log::read(&bench.folder.events()).unwrap(), expected);
    let metrics = table::read(&bench.folder.metrics()).unwrap();
    assert_eq!(metrics.column("epoch"), Some(&ColumnData::I64((0..4).map(Some).collect())));
    assert_eq!(metrics.column("step"), Some(&ColumnData::I64([10, 20, 30, 40].map(Some).to_vec())));
    assert_eq!(metrics.column("seconds"), Some(&ColumnData::F64([1.0, 2.0, 3.5, 4.5].map(Some).to_vec())));
    let names: Vec<&str> = metrics.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["epoch", "step", "train_loss", "valid_loss", "best_valid_loss", "best_epoch", "seconds"]);
    let Recorded::Finished(record) = bench.recorded() else { panic!("not finished") };
    assert_eq!((record.circumstances.attempts, record.circumstances.seconds), (2, 4.5));
    assert_eq!(record.circumstances.version, "0.1.0");
    assert!(record.circumstances.ended_unix >= record.circumstances.started_unix);
}

#[test]
fn events_can_be_read_as_they_are_recorded() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    let run: RunRecord = serde_json::from_slice(&fs::read(bench.folder.run()).unwrap()).unwrap();
    assert_eq!((run.outcome, run.circumstances.attempts), (None, 1));
    let mut tail = event_log::Tail::new(bench.folder.events());
    record(&mut recorder, &[started(0)]);
    assert_eq!(tail.poll(), [started(0)]);
    record(&mut recorder, &[evaluated(0, 1.0)]);
    assert_eq!(tail.poll(), [evaluated(0, 1.0)]);
}

#[test]
fn a_lost_log_shows_in_the_number_of_evaluations() {
    let bench = Bench::new();
    let mut first = bench.open();
    assert_eq!(first.evaluations(), 0);
    record(&mut first, &[started(0), evaluated(0, 1.0), evaluated(1, 2.0)]);
    assert_eq!(first.evaluations(), 2);
    drop(first);
    fs::remove_file(bench.folder.events()).unwrap();
    assert_eq!(bench.open().evaluations(), 0);
}

#[test]
fn a_full_disk_names_the_log_and_leaves_whole_lines() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    record(&mut recorder, &[started(0), evaluated(0, 1.0)]);
    let size = fs::metadata(bench.folder.events()).unwrap().len();
    let guard = fault::inject(Fault::DiskFull { after_bytes: size + 5 });
    let error = recorder.record(&evaluated(1, 2.0)).unwrap_err();
    assert!(error.is_environment(), "{error}");
    let path = bench.folder.events();
    assert!(error.to_string().starts_with(&format!("failed to write '{}': no space left", path.display())), "{error}");
    drop(guard);
    assert_eq!(recorder.evaluations(), 1);
    record(&mut recorder, &[evaluated(1, 2.0)]);
    assert_eq!(event_log::read(&path).unwrap(), [started(0), evaluated(0, 1.0), evaluated(1, 2.0)]);
}

#[test]
fn progress_is_thinned() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    recorder.record(&started(0)).unwrap();
    for step in 0..1000 {
        recorder.record(&RunEvent::Progress { epoch: 0, step, loss: 1.0 }).unwrap();
    }
    let events = event_log::read(&bench.folder.events()).unwrap();
    assert!((2..10).contains(&events.len()), "{}", events.len());
    assert_eq!(events[1], RunEvent::Progress { epoch: 0, step: 0, loss: 1.0 });
}

#[test]
fn a_failure_is_kept_until_the_next_attempt() {
    let bench = Bench::new();
    let failure = Failure { reason: "loss is NaN".into(), epoch: Some(1), batch: Some(3), last_good: None };
    record(&mut bench.open(), &[started(0), evaluated(0, 1.0), RunEvent::Failed { failure }]);
    assert!(matches!(bench.recorded(), Recorded::Failed(_)));
    assert!(!bench.folder.metrics().exists());
    let mut again = bench.open();
    assert_eq!(bench.recorded(), Recorded::None);
    record(&mut again, &[started(0)]);
    assert_eq!(event_log::read(&bench.folder.events()).unwrap(), [started(0)]);
}

#[test]
fn numbers_that_json_has_not_are_refused() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    record(&mut recorder, &[started(0), RunEvent::Progress { epoch: 0, step: 1, loss: f64::NAN }]);
    let error = recorder.record(&evaluated(0, f64::INFINITY)).unwrap_err();
    assert!(matches!(&error, SweepError::NotFinite { what, .. } if what == "seconds"), "{error}");
    let values = BTreeMap::from([("test_mse".to_owned(), f64::NAN)]);
    let metrics = RunMetrics { parameters: 5, epochs: 4, steps: 40, best_epoch: 3, values };
    assert!(recorder.record(&RunEvent::Finished { metrics }).is_err());
    assert_eq!(event_log::read(&bench.folder.events()).unwrap(), [started(0)]);
}

#[test]
fn the_record_of_another_configuration_is_not_continued() {
    let bench = Bench::new();
    drop(bench.open());
    let text = fs::read_to_string(bench.folder.run()).unwrap().replace("\"toy\"", "\"other\"");
    fs::write(bench.folder.run(), text).unwrap();
    drop(bench.open());
    let run: RunRecord = serde_json::from_slice(&fs::read(bench.folder.run()).unwrap()).unwrap();
    assert_eq!(run.circumstances.attempts, 1);
}

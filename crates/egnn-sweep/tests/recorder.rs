//! What a run's folder holds after starts, kills and ends.

mod common;

use common::PIPELINE;
use egnn_schema::{Circumstances, Failure, RunEvent, RunMetrics, RunRecord};
use egnn_store::{
    fault::{self, Fault},
    table::{self, ColumnData},
};
use egnn_sweep::{End, Opening, Published, Recorded, Recorder, RunFolder, SweepError, SweepPlan, event_log, settle};
use std::{collections::BTreeMap, fs, io::Write, path::Path};

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
        self.open_on("here", "Z80", false)
    }

    fn open_on(&self, host: &str, cpu: &str, any_cpu: bool) -> Recorder {
        match self.opening(self.folder.path(), host, cpu, any_cpu) {
            Opening::Begun(recorder) => *recorder,
            Opening::Finished(record) => panic!("finished before: {record:?}"),
        }
    }

    fn opening(&self, folder: &Path, host: &str, cpu: &str, any_cpu: bool) -> Opening {
        let (version, host, cpu) = ("0.1.0".into(), host.into(), cpu.into());
        let circumstances = Circumstances { version, host, cpu, ..Circumstances::default() };
        let id = &self.plan.manifest.runs[0].id;
        Recorder::open(folder, id, self.plan.manifest.identity(0).unwrap(), circumstances, any_cpu).unwrap()
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

/// What a trainer saves.
fn save(recorder: &Recorder, text: &str) {
    fs::write(recorder.folder().checkpoint(), text).unwrap();
}

fn saved(recorder: &Recorder) -> Option<String> {
    fs::read_to_string(recorder.folder().checkpoint()).ok()
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
    record(&mut first, &[started(0), evaluated(0, 1.0), evaluated(1, 2.0)]);
    save(&first, "after epoch 1");
    record(&mut first, &[evaluated(2, 3.0)]);
    let log = first.folder().events();
    assert_eq!(bench.folder.live_events(), log);
    drop(first);
    // Killed in the middle of a line.
    let mut log = fs::OpenOptions::new().append(true).open(log).unwrap();
    log.write_all(b"{\"event\":\"evalua").unwrap();
    drop(log);
    let mut second = bench.open();
    assert_eq!((second.evaluations(), saved(&second).unwrap().as_str()), (3, "after epoch 1"));
    let timed = RunEvent::Timed { forward_seconds: 0.003 };
    record(&mut second, &[started(2), evaluated(2, 3.5), evaluated(3, 4.5), timed.clone(), finished()]);
    drop(second);

    let expected = [
        started(0),
        evaluated(0, 1.0),
        evaluated(1, 2.0),
        started(2),
        evaluated(2, 3.5),
        evaluated(3, 4.5),
        timed,
        finished(),
    ];
    assert_eq!(event_log::read(&bench.folder.events()).unwrap(), expected);
    assert_eq!(bench.folder.live_events(), bench.folder.events());
    let metrics = table::read(&bench.folder.metrics()).unwrap();
    assert_eq!(metrics.column("epoch"), Some(&ColumnData::I64((0..4).map(Some).collect())));
    assert_eq!(metrics.column("step"), Some(&ColumnData::I64([10, 20, 30, 40].map(Some).to_vec())));
    assert_eq!(metrics.column("seconds"), Some(&ColumnData::F64([1.0, 2.0, 3.5, 4.5].map(Some).to_vec())));
    let names: Vec<&str> = metrics.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["epoch", "step", "train_loss", "valid_loss", "best_valid_loss", "best_epoch", "seconds"]);
    let Recorded::Finished(record) = bench.recorded() else { panic!("not finished") };
    assert_eq!((record.circumstances.attempts, record.circumstances.seconds), (2, 4.5));
    assert_eq!(record.circumstances.forward_seconds, Some(0.003));
    assert_eq!(record.circumstances.version, "0.1.0");
    assert!(record.circumstances.ended_unix >= record.circumstances.started_unix);
}

#[test]
fn events_can_be_read_as_they_are_recorded() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    let run: RunRecord = serde_json::from_slice(&fs::read(recorder.folder().run()).unwrap()).unwrap();
    assert_eq!((run.outcome, run.circumstances.attempts), (None, 1));
    let mut tail = event_log::Tail::new(bench.folder.live_events());
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
    save(&first, "after epoch 1");
    fs::remove_file(first.folder().events()).unwrap();
    drop(first);
    assert_eq!(bench.open().evaluations(), 0);
}

#[test]
fn a_full_disk_names_the_log_and_leaves_whole_lines() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    record(&mut recorder, &[started(0), evaluated(0, 1.0)]);
    let path = recorder.folder().events();
    let size = fs::metadata(&path).unwrap().len();
    let guard = fault::inject(Fault::DiskFull { after_bytes: size + 5 });
    let error = recorder.record(&evaluated(1, 2.0)).unwrap_err();
    assert!(error.is_environment(), "{error}");
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
    let events = event_log::read(&bench.folder.live_events()).unwrap();
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
    assert_eq!(event_log::read(&bench.folder.live_events()).unwrap(), [started(0)]);
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
    assert_eq!(event_log::read(&recorder.folder().events()).unwrap(), [started(0)]);
}

#[test]
fn the_record_of_another_configuration_is_not_continued() {
    let bench = Bench::new();
    let first = bench.open();
    save(&first, "of another");
    let run = first.folder().run();
    drop(first);
    fs::write(&run, fs::read_to_string(&run).unwrap().replace("\"toy\"", "\"other\"")).unwrap();
    let second = bench.open();
    assert_eq!(saved(&second), None);
    let run: RunRecord = serde_json::from_slice(&fs::read(second.folder().run()).unwrap()).unwrap();
    assert_eq!(run.circumstances.attempts, 1);
}

#[test]
fn the_first_attempt_to_finish_wins_and_the_other_is_kept_apart() {
    let bench = Bench::new();
    // A host that does not see this one's locks.
    let elsewhere = RunFolder::at(bench.folder.path());
    let mut slow = bench.open_on("slow", "Z80", false);
    fs::remove_file(bench.folder.path().join(".run.lock")).unwrap();
    let mut fast = bench.open_on("fast", "Z80", false);
    assert_ne!(slow.folder(), fast.folder());
    for recorder in [&mut slow, &mut fast] {
        record(recorder, &[started(0), evaluated(0, 1.0)]);
        fs::write(
            recorder.folder().path().join("model.safetensors"),
            recorder.folder().path().to_string_lossy().as_bytes(),
        )
        .unwrap();
        save(recorder, "something");
    }
    let model = fs::read(fast.folder().path().join("model.safetensors")).unwrap();
    record(&mut fast, &[finished()]);
    assert_eq!(fast.published(), Some(&Published::First));
    let Recorded::Finished(winner) = bench.recorded() else { panic!("not finished") };
    assert_eq!(winner.circumstances.host, "fast");

    record(&mut slow, &[evaluated(1, 2.0), finished()]);
    assert_eq!(slow.published(), Some(&Published::Superseded { host: "fast".into(), is_equal: true }));
    assert_eq!(bench.recorded(), Recorded::Finished(winner.clone()));
    assert_eq!(fs::read(elsewhere.path().join("model.safetensors")).unwrap(), model);
    assert_eq!(bench.folder.each_attempt(), [slow.folder().clone()], "kept apart");
    assert!(slow.folder().done().exists() && !fast.folder().path().exists());
    assert!(!bench.folder.checkpoint().exists(), "nothing will go on from it");
    // Who comes later finds it finished.
    drop((fast, slow));
    assert!(
        matches!(bench.opening(elsewhere.path(), "late", "Z80", false), Opening::Finished(record) if record == winner)
    );
}

#[test]
fn a_run_whose_worker_died_between_publishing_and_moving_is_finished_and_settled_later() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    fs::write(recorder.folder().path().join("model.safetensors"), "weights").unwrap();
    record(&mut recorder, &[started(0), evaluated(0, 1.0), finished()]);
    drop(recorder);
    let Recorded::Finished(record) = bench.recorded() else { panic!("not finished") };
    // Back to where it was just after its `done.json` was published.
    let attempt = RunFolder::at(bench.folder.attempts().join(&record.circumstances.attempt));
    fs::create_dir_all(attempt.path()).unwrap();
    fs::hard_link(bench.folder.done(), attempt.done()).unwrap();
    for file in ["model.safetensors", "metrics.parquet", "events.jsonl", "run.json"] {
        fs::rename(bench.folder.path().join(file), attempt.path().join(file)).unwrap();
    }
    assert_eq!(bench.recorded(), Recorded::Finished(record.clone()));
    let ends = [End::from(&bench.recorded())];
    for _ in 0..2 {
        settle(&bench.plan.manifest, &bench.plan.folder, &ends).unwrap();
        assert!(!bench.folder.attempts().exists());
        assert_eq!(fs::read_to_string(bench.folder.path().join("model.safetensors")).unwrap(), "weights");
        assert_eq!(bench.recorded(), Recorded::Finished(record.clone()));
    }
}

#[test]
fn what_another_cpu_saved_counts_only_if_allowed_and_the_record_says_so() {
    let begin = || {
        let bench = Bench::new();
        let mut first = bench.open_on("here", "Z80", false);
        record(&mut first, &[started(0), evaluated(0, 1.0)]);
        save(&first, "of a Z80");
        bench
    };
    let bench = begin();
    let other = bench.open_on("here", "6502", false);
    assert_eq!((saved(&other), other.evaluations()), (None, 0));
    drop(other);
    let bench = begin();
    let mut other = bench.open_on("there", "6502", true);
    assert_eq!((saved(&other).as_deref(), other.evaluations()), (Some("of a Z80"), 1));
    record(&mut other, &[started(1), evaluated(1, 2.0), finished()]);
    let Recorded::Finished(done) = bench.recorded() else { panic!("not finished") };
    assert_eq!(
        (done.circumstances.cpu.as_str(), &done.circumstances.earlier_cpus[..]),
        ("6502", &["Z80".to_owned()][..])
    );
    // An attempt that began from nothing after all owes nothing to the other.
    let bench = begin();
    let mut other = bench.open_on("there", "6502", true);
    record(&mut other, &[started(0), evaluated(0, 2.0), finished()]);
    let Recorded::Finished(done) = bench.recorded() else { panic!("not finished") };
    assert!(done.circumstances.earlier_cpus.is_empty());
}

#[test]
fn the_best_of_several_attempts_is_continued_and_dead_ones_leave_no_checkpoints() {
    let bench = Bench::new();
    let mut far = bench.open_on("there", "Z80", false);
    record(&mut far, &[started(0), evaluated(0, 1.0), evaluated(1, 2.0)]);
    save(&far, "far");
    let far_checkpoint = far.folder().checkpoint();
    drop(far);
    // Another type of CPU began anew and did not come as far.
    let mut near = bench.open_on("here", "6502", false);
    record(&mut near, &[started(0), evaluated(0, 1.0)]);
    save(&near, "near");
    let near_checkpoint = near.folder().checkpoint();
    drop(near);
    let third = bench.open_on("here", "Z80", false);
    assert_eq!((saved(&third).as_deref(), third.evaluations()), (Some("far"), 2));
    assert!(far_checkpoint.exists(), "its host may still be at work");
    assert!(near_checkpoint.exists(), "its type of CPU may come back");
    let run: RunRecord = serde_json::from_slice(&fs::read(third.folder().run()).unwrap()).unwrap();
    assert_eq!(run.circumstances.attempts, 3);
    let names: Vec<_> =
        bench.folder.each_attempt().iter().map(|folder| folder.path().file_name().unwrap().to_owned()).collect();
    let number = |name: &std::ffi::OsString| name.to_str().unwrap()[..5].to_owned();
    assert_eq!(names.iter().map(number).collect::<Vec<_>>(), ["0001-", "0002-", "0003-"]);
}

#[test]
fn nothing_that_was_saved_is_lost_before_the_next_attempt_has_it() {
    let bench = Bench::new();
    let mut first = bench.open();
    record(&mut first, &[started(0), evaluated(0, 1.0)]);
    save(&first, "after epoch 0");
    let checkpoint = first.folder().checkpoint();
    let half = first.folder().path().join(".egnn-tmp-half");
    fs::write(&half, "half a checkpoint").unwrap();
    drop(first);
    let guard = fault::inject(Fault::DiskFull { after_bytes: 0 });
    let identity = bench.plan.manifest.identity(0).unwrap();
    let circumstances = Circumstances { host: "here".into(), cpu: "Z80".into(), ..Circumstances::default() };
    let id = &bench.plan.manifest.runs[0].id;
    let error = Recorder::open(bench.folder.path(), id, identity, circumstances, false).unwrap_err();
    assert!(error.is_environment(), "{error}");
    drop(guard);
    assert!(checkpoint.exists());
    let third = bench.open();
    assert_eq!((saved(&third).as_deref(), third.evaluations()), (Some("after epoch 0"), 1));
    assert!(!checkpoint.exists() && !half.exists(), "now it is spent");
    let left = bench.folder.each_attempt().iter().filter(|attempt| attempt.checkpoint().exists()).count();
    assert_eq!(left, 1, "and so is what was cut off");
}

#[test]
fn clocks_that_jump_change_nothing_but_times_on_record() {
    let bench = Bench::new();
    let mut first = bench.open();
    record(&mut first, &[started(0), evaluated(0, 1.0)]);
    save(&first, "after epoch 0");
    let (run, checkpoint) = (first.folder().run(), first.folder().checkpoint());
    drop(first);
    // The clock was a century ahead, then it was set back.
    let mut ahead: RunRecord = serde_json::from_slice(&fs::read(&run).unwrap()).unwrap();
    ahead.circumstances.started_unix += 100 * 365 * 86_400;
    fs::write(&run, serde_json::to_vec(&ahead).unwrap()).unwrap();
    let century = std::time::Duration::from_hours(100 * 365 * 24);
    fs::File::open(&checkpoint).unwrap().set_modified(std::time::SystemTime::now() + century).unwrap();
    let mut second = bench.open();
    assert_eq!((saved(&second).as_deref(), second.evaluations()), (Some("after epoch 0"), 1));
    record(&mut second, &[started(1), evaluated(1, 2.0), finished()]);
    let Recorded::Finished(done) = bench.recorded() else { panic!("not finished") };
    assert!(done.circumstances.ended_unix < done.circumstances.started_unix, "as the clock said");
    assert_eq!((done.circumstances.attempts, done.circumstances.seconds), (2, 2.0));
    let written = egnn_sweep::results::write(&bench.plan, &[End::from(&bench.recorded())]).unwrap();
    let table = egnn_store::table::read(&written).unwrap();
    assert!(table.column("ended_unix").is_some());
}

#[test]
fn what_is_not_ours_in_an_attempts_folder_is_in_nobodys_way() {
    let bench = Bench::new();
    let mut recorder = bench.open();
    let foreign = recorder.folder().path().join(".nfs0001");
    fs::write(&foreign, "mine").unwrap();
    record(&mut recorder, &[started(0), evaluated(0, 1.0), finished()]);
    drop(recorder);
    assert!(matches!(bench.recorded(), Recorded::Finished(_)));
    settle(&bench.plan.manifest, &bench.plan.folder, &[End::from(&bench.recorded())]).unwrap();
    assert_eq!(fs::read_to_string(foreign).unwrap(), "mine");
    assert!(bench.folder.metrics().exists());
}

#[test]
fn a_damaged_run_is_named_set_aside_and_done_again() {
    type Damage = fn(&RunFolder);
    fn damage_parquet(folder: &RunFolder) {
        let bytes = fs::read(folder.metrics()).unwrap();
        fs::write(folder.metrics(), &bytes[..bytes.len() / 2]).unwrap();
    }
    fn edit(folder: &RunFolder, from: &str, to: &str) {
        let text = fs::read_to_string(folder.done()).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(folder.done(), text.replace(from, to)).unwrap();
    }
    let damages: [(&str, Damage); 8] = [
        ("not a run's record", |folder| fs::write(folder.done(), "{\"record_version\": 1, ").unwrap()),
        ("not a run's record", |folder| fs::write(folder.done(), "").unwrap()),
        ("not a run's record", |folder| fs::write(folder.done(), b"\xff\xfe{}").unwrap()),
        ("bytes, ", damage_parquet),
        ("not there", |folder| fs::remove_file(folder.metrics()).unwrap()),
        ("another", |folder| edit(folder, "\"numerics_version\": ", "\"numerics_version\": 9")),
        ("record version 77", |folder| edit(folder, "\"record_version\": 1", "\"record_version\": 77")),
        ("not a file", |folder| {
            fs::remove_file(folder.done()).unwrap();
            fs::create_dir(folder.done()).unwrap();
        }),
    ];
    for (words, damage) in damages {
        let bench = Bench::new();
        record(&mut bench.open(), &[started(0), evaluated(0, 1.0), finished()]);
        damage(&bench.folder);
        let Recorded::Damaged { message, .. } = bench.recorded() else { panic!("{words}: {:?}", bench.recorded()) };
        assert!(message.contains(words), "{message}");
        let log = fs::read(bench.folder.events()).unwrap();
        let neighbour = bench.folder.path().with_file_name("notes.txt");
        fs::write(&neighbour, "mine").unwrap();
        record(&mut bench.open(), &[started(0), evaluated(0, 1.0), finished()]);
        assert!(matches!(bench.recorded(), Recorded::Finished(_)), "{words}");
        let aside = bench.plan.folder.join("set-aside").join(format!("{}.1", bench.plan.manifest.runs[0].id));
        assert_eq!(fs::read(aside.join("events.jsonl")).unwrap(), log, "{words}: all of it is kept");
        assert_eq!(fs::read_to_string(neighbour).unwrap(), "mine");
    }
    // Something else in the place of a run.
    let bench = Bench::new();
    fs::create_dir_all(bench.folder.path().parent().unwrap()).unwrap();
    fs::write(bench.folder.path(), "a note").unwrap();
    assert!(
        matches!(bench.recorded(), Recorded::Damaged { message, .. } if message.contains("not the folder of a run"))
    );
    record(&mut bench.open(), &[started(0), evaluated(0, 1.0), finished()]);
    let aside = bench.plan.folder.join("set-aside").join(format!("{}.1", bench.plan.manifest.runs[0].id));
    assert_eq!(fs::read_to_string(aside).unwrap(), "a note");
}

#[test]
fn what_a_killed_attempt_left_half_written_goes_when_the_run_is_finished() {
    let bench = Bench::new();
    let mut first = bench.open();
    record(&mut first, &[started(0), evaluated(0, 1.0)]);
    let half = |folder: &RunFolder| folder.path().join(".egnn-tmp-half");
    fs::write(half(first.folder()), "half a first checkpoint").unwrap();
    let of_first = half(first.folder());
    drop(first);
    let elsewhere = bench.open_on("elsewhere", "Z80", false);
    assert!(of_first.exists(), "its host may be writing it");
    fs::write(half(elsewhere.folder()), "half a first checkpoint").unwrap();
    let of_second = half(elsewhere.folder());
    drop(elsewhere);
    let mut third = bench.open();
    assert!(!of_first.exists() && of_second.exists());
    record(&mut third, &[started(0), evaluated(0, 1.0), finished()]);
    assert!(!of_second.exists());
}

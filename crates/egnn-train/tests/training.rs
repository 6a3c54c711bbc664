//! The training loop on a small law that can be learnt: bodies that drift with their velocity.

mod common;

use common::{eager, killed_after, resume, run, stopped_every};
use egnn_nn::Backend;
use egnn_random::Stream;
use egnn_schema::RunEvent;
use egnn_store::table::{self, ColumnData};
use egnn_train::{
    Attempt, EvaluationData, EvaluationSamples, Frames, ModelFile, NbodyData, Samples, TaskConfig, TaskData, TrainError,
};

const BODIES: usize = 5;

/// `len` samples whose targets are `x + v` plus a small central push, from a seeded stream.
fn samples(name: &str, len: usize) -> Samples {
    let mut stream = Stream::new(7).child(name);
    let nodes = len * BODIES;
    let position: Vec<f32> = (0..nodes * 3).map(|_| stream.normal() as f32).collect();
    let velocity: Vec<f32> = (0..nodes * 3).map(|_| stream.normal() as f32 * 0.5).collect();
    let charge = (0..nodes).map(|_| if stream.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
    let target = position.iter().zip(&velocity).map(|(x, v)| 0.9 * x + v).collect();
    Samples::from_arrays(BODIES, position, velocity, charge, target)
}

fn data() -> TaskData {
    TaskData::Nbody(NbodyData { train: samples("train", 45), valid: samples("valid", 15), test: samples("test", 15) })
}

fn config(pairs: &[(&str, &str)]) -> TaskConfig {
    let small = [
        ("train_samples", "45"),
        ("batch_size", "10"),
        ("hidden", "8"),
        ("layers", "2"),
        ("epochs", "12"),
        ("evaluate_every_epochs", "3"),
        ("learning_rate", "3e-3"),
    ];
    common::config("nbody", &[&small, pairs], [45, 15, 15])
}

fn here() -> EvaluationData {
    let (set, split) = ("made up".into(), "test".into());
    let frames = Some(Frames { start_frame: 30, target_frame: 40 });
    EvaluationData { set, split, frames, property: None, dataset_hash: String::new() }
}

#[test]
fn every_model_learns_and_its_record_is_complete() {
    let data = data();
    let test = EvaluationSamples::Nbody(samples("test", 15));
    for model in ["egnn", "segno", "gnn", "radial_field", "linear"] {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&[("model", model), ("epochs", "60"), ("evaluate_last", "true")]);
        let mut validations = Vec::new();
        let mut times = Vec::new();
        let metrics = run(&config, &data, folder.path(), &mut |event| {
            match event {
                RunEvent::Evaluated { valid_loss, .. } => validations.push(*valid_loss),
                RunEvent::Timed { forward_seconds } => times.push(*forward_seconds),
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(metrics.steps, 60 * 4, "{model}: 45 samples in batches of 10, the last partial one dropped");
        assert_eq!(validations.len() as u64, config.protocol().evaluations());
        let best = validations.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(metrics.values["valid_mse"], best, "{model}: the reported epoch is the best on validation");
        assert!(best < 0.7 * validations[0], "{model} must learn: {validations:?}");
        assert!(times.len() == 1 && times[0] > 0.0, "{model}: a forward pass is timed once: {times:?}");
        let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
        assert_eq!(stored.config, Some(config.fields()));
        let (again, _) = egnn_train::evaluate(&stored, here(), &test, Backend::Kernels).unwrap();
        for of_all in ["mse", "mse_median", "mse_p95"] {
            let tested = metrics.values[&format!("test_{of_all}")];
            assert_eq!(again.values[of_all], tested, "{model}: the stored model is the one that was tested");
        }
        let [median, p95] = ["test_mse_median", "test_mse_p95"].map(|name| metrics.values[name]);
        assert!(0.0 < median && median <= p95, "{model}: {median} {p95}");
        assert!(p95 >= metrics.values["test_mse"], "{model}: of 15 trajectories the 95th percentile is the largest");
    }
}

#[test]
fn predictions_hold_inputs_and_charges_in_the_rotated_frame() {
    let folder = tempfile::tempdir().unwrap();
    run(&config(&[("model", "linear")]), &data(), folder.path(), &mut |_| Ok(())).unwrap();
    let table = table::read(&folder.path().join("predictions.parquet")).unwrap();
    let column = |name: &str| match table.column(name) {
        Some(ColumnData::F32(values)) => values.clone(),
        other => panic!("column {name} is {other:?}"),
    };
    let vectors = |prefix: &str| ["x", "y", "z"].map(|axis| column(&format!("{prefix}_{axis}")));
    let Some(ColumnData::U8(rotations)) = table.column("rotation") else { panic!("rotations are u8") };
    let (input, target, charge) = (vectors("input"), vectors("target"), column("charge"));
    let matrix: Vec<_> =
        ["xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"].map(|entry| column(&format!("rotation_{entry}"))).into();
    let (bodies, all) = (15 * BODIES, table.rows());
    assert_eq!(all, 25 * bodies, "once as stored, and 24 rotations");
    for row in 0..all {
        let from = row % bodies;
        assert_eq!(charge[row], charge[from], "charges do not turn");
        for vector in [&input, &target] {
            for axis in 0..3 {
                let turned: f32 = match rotations[row] {
                    0 => vector[axis][from].unwrap(),
                    _ => (0..3).map(|k| matrix[3 * axis + k][row].unwrap() * vector[k][from].unwrap()).sum(),
                };
                assert!((turned - vector[axis][row].unwrap()).abs() < 1e-5, "row {row}");
            }
        }
    }
    // Targets are of 0.9 x + v: the inputs are those of the same bodies.
    let moved = (0..bodies).map(|row| f64::from(target[0][row].unwrap() - 0.9 * input[0][row].unwrap()).powi(2));
    let spread = (moved.sum::<f64>() / bodies as f64).sqrt();
    assert!((0.3..0.7).contains(&spread), "velocities have a deviation of 0.5: {spread}");
    assert!(charge.iter().all(|charge| charge.is_some_and(|charge| charge.abs() == 1.0)));
}

#[test]
fn killed_and_resumed_runs_equal_undisturbed_ones_bit_for_bit() {
    let data = data();
    for model in ["egnn", "segno", "gnn", "radial_field", "linear"] {
        let config = config(&[("model", model)]);
        let whole = tempfile::tempdir().unwrap();
        let expected = run(&config, &data, whole.path(), &mut |_| Ok(())).unwrap();
        let broken = tempfile::tempdir().unwrap();
        killed_after(&config, &data, broken.path(), 2);
        killed_after(&config, &data, broken.path(), 2);
        let mut from = 0;
        let resumed = run(&config, &data, broken.path(), &mut |event| {
            if let RunEvent::Started { from_epoch, .. } = event {
                from = *from_epoch;
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(from, 6, "{model}: two kills, each one evaluation further; saved before the last batch of an epoch");
        assert_eq!(resumed, expected);
        for file in ["model.safetensors", "predictions.parquet"] {
            let bytes = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
            assert!(bytes(&whole) == bytes(&broken), "{model}: {file} differs");
        }
    }
}

#[test]
fn a_run_that_is_stopped_in_the_middle_of_epochs_equals_an_undisturbed_one() {
    let data = data();
    for model in ["egnn", "linear"] {
        let config = config(&[("model", model)]);
        let whole = tempfile::tempdir().unwrap();
        let expected = run(&config, &data, whole.path(), &mut |_| Ok(())).unwrap();
        let broken = tempfile::tempdir().unwrap();
        let (times, stopped) = stopped_every(7, &config, &data, broken.path());
        assert_eq!((times, &stopped), (7, &expected), "{model}: 48 steps, 7 at a time");
        let bytes = |folder: &tempfile::TempDir| std::fs::read(folder.path().join("model.safetensors")).unwrap();
        assert!(bytes(&whole) == bytes(&broken), "{model}");
    }
}

#[test]
fn only_a_checkpoint_that_is_certainly_right_is_continued() {
    let config = config(&[]);
    let folder = tempfile::tempdir().unwrap();
    let expected = run(&config, &data(), folder.path(), &mut |_| Ok(())).unwrap();
    let start = || {
        let folder = tempfile::tempdir().unwrap();
        killed_after(&config, &data(), folder.path(), 3);
        folder
    };
    let folder = start();
    let sound = std::fs::read(folder.path().join("checkpoint.safetensors")).unwrap();
    assert_eq!(resume(&eager(), &config, &data(), folder.path()), (6, expected.clone()), "two evaluations were saved");
    // Every part of the file counts: header, cursor, tensors.
    for place in (0..sound.len()).step_by(sound.len() / 23) {
        let folder = start();
        let mut damaged = sound.clone();
        damaged[place] ^= 4;
        std::fs::write(folder.path().join("checkpoint.safetensors"), damaged).unwrap();
        assert_eq!(
            resume(&eager(), &config, &data(), folder.path()),
            (0, expected.clone()),
            "a bit flipped in byte {place}"
        );
    }
    let folder = start();
    std::fs::write(folder.path().join("checkpoint.safetensors"), &sound[..sound.len() / 2]).unwrap();
    assert_eq!(resume(&eager(), &config, &data(), folder.path()).0, 0, "truncated");
    let other = Attempt { cpu: "another".into(), ..eager() };
    assert_eq!(resume(&other, &config, &data(), start().path()), (0, expected.clone()), "made on another CPU");
    let other = Attempt { any_cpu: true, ..other };
    assert_eq!(resume(&other, &config, &data(), start().path()), (6, expected.clone()), "which the user allows");
    let plain = Attempt { backend: Backend::Plain, ..eager() };
    assert_eq!(resume(&plain, &config, &data(), start().path()).0, 0, "made by another backend");
    let forgetful = Attempt { recorded_evaluations: 1, ..eager() };
    assert_eq!(resume(&forgetful, &config, &data(), start().path()), (0, expected), "ahead of the record");
}

#[test]
fn a_checkpoint_of_another_seed_starts_afresh() {
    let folder = tempfile::tempdir().unwrap();
    killed_after(&config(&[]), &data(), folder.path(), 2);
    assert_eq!(resume(&eager(), &config(&[("seed", "2")]), &data(), folder.path()).0, 0);
}

#[test]
fn seeds_matter_and_nothing_else_does() {
    let data = data();
    let result = |seed: &str| {
        let folder = tempfile::tempdir().unwrap();
        run(&config(&[("seed", seed)]), &data, folder.path(), &mut |_| Ok(())).unwrap()
    };
    assert_eq!(result("1"), result("1"));
    assert_ne!(result("1"), result("2"));
}

#[test]
fn a_diverging_run_fails_with_epoch_batch_and_last_good_metrics() {
    let data = data();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&[("model", "gnn"), ("learning_rate", "1e6"), ("evaluate_every_epochs", "1")]);
    let mut failed = None;
    let error = run(&config, &data, folder.path(), &mut |event| {
        if let RunEvent::Failed { failure } = event {
            failed = Some(failure.clone());
        }
        Ok(())
    })
    .unwrap_err();
    let TrainError::Diverged(failure) = error else { panic!("unexpected: {error}") };
    assert_eq!(failed.as_ref(), Some(&*failure), "the event carries the same failure");
    let epoch = failure.epoch.expect("it happened while training");
    let last_good = failure.last_good.as_ref().map(|last| last.epoch);
    assert_eq!(last_good, epoch.checked_sub(1), "every epoch before was evaluated");
    assert!(failure.reason.contains("learning_rate"), "{}", failure.reason);
    assert!(!folder.path().join("model.safetensors").exists());
}

#[test]
fn not_a_number_in_the_data_is_caught_at_its_batch() {
    let nan = vec![f32::NAN; 45 * BODIES * 3];
    let train = Samples::from_arrays(BODIES, nan.clone(), nan.clone(), vec![1.0; 45 * BODIES], nan);
    let data = TaskData::Nbody(NbodyData { train, valid: samples("valid", 15), test: samples("test", 15) });
    let folder = tempfile::tempdir().unwrap();
    let error = run(&config(&[]), &data, folder.path(), &mut |_| Ok(())).unwrap_err();
    let TrainError::Diverged(failure) = error else { panic!("unexpected: {error}") };
    assert_eq!((failure.epoch, failure.batch, failure.last_good), (Some(0), Some(0), None));
}

#[test]
fn stored_models_that_do_not_fit_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (content, expected) in
        [(&b""[..], "not a whole safetensors file"), (b"PAR1 and more", "not a whole safetensors file")]
    {
        std::fs::write(&path, content).unwrap();
        let error = ModelFile::read(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("model.safetensors"), "{error}");
    }
}

//! The QM9 task on a few dozen real molecules.

mod common;

use candle_core::{DType, Device};
use common::{eager, killed_after, molecules, resume, run, stopped_every};
use egnn_nn::{
    Backend,
    molecule::{Atoms, MoleculeInput, MoleculeModelConfig, MoleculeModelKind},
};
use egnn_random::Stream;
use egnn_schema::{Property, RunEvent};
use egnn_store::{
    qm9::MoleculeRow,
    table::{self, ColumnData},
};
use egnn_train::{
    EvaluationData, EvaluationSamples, GraphData, ModelFile, ModelSpec, Molecules, Qm9Data, TaskConfig, TaskData,
    TrainError,
};

const TRAINED: [&str; 3] = ["egnn", "schnet", "nmp"];
const SIZES: [u64; 3] = [40, 12, 12];

/// Every fifth molecule, from two places on, is validated on or tested on.
fn rows() -> [Vec<MoleculeRow>; 3] {
    let mut splits = [Vec::new(), Vec::new(), Vec::new()];
    for (number, row) in molecules().into_iter().enumerate() {
        let split = match number % 5 {
            1 if splits[1].len() < 12 => 1,
            3 if splits[2].len() < 12 => 2,
            _ => 0,
        };
        splits[split].push(row);
    }
    assert_eq!(splits.each_ref().map(|split| split.len() as u64), SIZES);
    splits
}

fn data(property: Property) -> TaskData {
    let [train, valid, test] = rows().map(|rows| Molecules::new(rows, property));
    TaskData::Qm9(Qm9Data { train, valid, test })
}

fn config(pairs: &[(&str, &str)]) -> TaskConfig {
    let small = [
        ("property", "alpha"),
        ("hidden", "16"),
        ("layers", "2"),
        ("gaussians", "12"),
        ("batch_size", "12"),
        ("schedule", "constant"),
        ("learning_rate", "3e-3"),
        ("epochs", "6"),
    ];
    common::config("qm9", &[&small, pairs], SIZES)
}

fn here() -> EvaluationData {
    EvaluationData {
        set: "made up".into(),
        split: "test".into(),
        frames: None,
        property: None,
        dataset_hash: String::new(),
    }
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

#[test]
fn every_model_learns_and_its_record_is_complete() {
    let data = data(Property::Alpha);
    let [train, _, test] = rows().map(|rows| Molecules::new(rows, Property::Alpha));
    let label_mean = mean(train.labels().iter().copied());
    let label_mad = mean(train.labels().iter().map(|label| (label - label_mean).abs()));
    let of_mean = mean(test.labels().iter().map(|label| (label - label_mean).abs()));
    let samples = EvaluationSamples::Qm9 { molecules: test, train: None };
    for model in ["egnn", "schnet", "nmp", "mean"] {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&[("model", model), ("epochs", "60")]);
        let mut losses = Vec::new();
        let metrics = run(&config, &data, folder.path(), &mut |event| {
            if let RunEvent::Evaluated { train_loss, valid_loss, .. } = event {
                losses.push((*train_loss, *valid_loss));
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(metrics.steps, 60 * 4, "{model}: the last partial batch is kept");
        let best = losses.iter().map(|&(_, valid)| valid).fold(f64::INFINITY, f64::min);
        assert_eq!(metrics.values["valid_mae"], best, "{model}: the reported epoch is the best on validation");
        for (name, expected) in [("label_mean", label_mean), ("label_mad", label_mad), ("test_mae_of_mean", of_mean)] {
            let found = metrics.values[name];
            assert!((found - expected).abs() < 1e-12 * expected, "{model}: {name} is {found}, expected {expected}");
        }
        if model == "mean" {
            assert_eq!((metrics.parameters, metrics.values["test_mae"]), (0, of_mean));
            assert!(
                (metrics.values["train_mae"] - label_mad).abs() < 1e-6 * label_mad,
                "losses are in the label's unit"
            );
        } else {
            let test = metrics.values["test_mae"];
            assert!(test < 0.5 * of_mean, "{model} must learn: {test}, saying the mean {of_mean}");
        }
        let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
        assert_eq!(stored.config, Some(config.fields()));
        assert_eq!((stored.spec.task(), stored.spec.model()), ("qm9", model));
        assert_eq!(stored.property(), Some(Property::Alpha));
        let (again, _) = egnn_train::evaluate(&stored, here(), &samples, Backend::Kernels).unwrap();
        assert_eq!(again.values["mae"], metrics.values["test_mae"], "{model}: the stored model was the one tested");
    }
}

#[test]
fn labels_are_without_atomic_references_and_in_the_papers_units() {
    let methane = molecules().into_iter().find(|row| row.smiles == "C").expect("methane is in the fixture");
    for (property, expected) in [
        (Property::Alpha, 13.21),
        (Property::Mu, 0.0),
        (Property::Cv, 6.469 - 5.0 * 2.981),
        (Property::Gap, 504.8 * 27.2114),
        (Property::U0, (-40.47893 + 37.846_772 + 4.0 * 0.500_273) * 27_211.4),
        (Property::G, (-40.498_597 + 37.861_317 + 4.0 * 0.510_927) * 27_211.4),
        (Property::Zpve, 44.749 * 27.2114),
    ] {
        let label = Molecules::new(vec![methane.clone()], property).labels()[0];
        assert!(
            (label - expected).abs() < 1e-8 * expected.abs().max(1.0),
            "{property:?}: {label}, expected {expected}"
        );
    }
}

#[test]
fn predictions_hold_every_test_molecule_once() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = run(&config(&[]), &data(Property::Alpha), folder.path(), &mut |_| Ok(())).unwrap();
    let table = table::read(&folder.path().join("predictions.parquet")).unwrap();
    let [.., test] = rows();
    let column = |name: &str| table.column(name).unwrap_or_else(|| panic!("column {name}")).clone();
    assert_eq!(column("index"), ColumnData::U32(test.iter().map(|row| row.index).collect()));
    assert_eq!(column("smiles"), ColumnData::Text(test.iter().map(|row| Some(row.smiles.clone())).collect()));
    assert_eq!(column("atoms"), ColumnData::U16(test.iter().map(|row| row.position.len() as u16).collect()));
    let ColumnData::F64(errors) = column("error") else { panic!("errors are float64") };
    let mae = mean(errors.iter().map(|error| error.unwrap().abs()));
    assert!((mae - metrics.values["test_mae"]).abs() < 1e-9 * mae);
    assert_eq!(table.metadata["seed"], "1");
}

#[test]
fn the_worst_and_median_molecules_are_stored_with_their_geometry() {
    let folder = tempfile::tempdir().unwrap();
    run(&config(&[("model", "mean")]), &data(Property::Alpha), folder.path(), &mut |_| Ok(())).unwrap();
    let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
    let all = molecules();
    let samples = EvaluationSamples::Qm9 { molecules: Molecules::new(all.clone(), Property::Alpha), train: None };
    let (_, table) = egnn_train::evaluate(&stored, here(), &samples, Backend::Kernels).unwrap();
    let (Some(ColumnData::Text(xyz)), Some(ColumnData::F64(errors))) = (table.column("xyz"), table.column("error"))
    else {
        panic!("geometry is text, errors are float64")
    };
    let mut sizes: Vec<f64> = errors.iter().map(|error| error.unwrap().abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let with_geometry = || (0..all.len()).filter(|&row| xyz[row].is_some());
    assert_eq!(with_geometry().count(), 12, "of {} molecules", all.len());
    let worst = with_geometry().filter(|&row| errors[row].unwrap().abs() >= sizes[sizes.len() - 6]).count();
    assert_eq!(worst, 6);
    for row in with_geometry() {
        let lines: Vec<&str> = xyz[row].as_ref().unwrap().lines().collect();
        assert_eq!(lines.len(), all[row].position.len());
        for ((line, position), number) in lines.iter().zip(&all[row].position).zip(&all[row].atomic_number) {
            let mut parts = line.split(' ');
            let element = ["H", "C", "N", "O", "F"][[1, 6, 7, 8, 9].iter().position(|known| known == number).unwrap()];
            assert_eq!(parts.next(), Some(element));
            for (part, coordinate) in parts.zip(position) {
                assert!((part.parse::<f64>().unwrap() - coordinate).abs() < 1e-6, "{line}");
            }
        }
    }
}

#[test]
fn killed_and_resumed_runs_equal_undisturbed_ones_bit_for_bit() {
    let data = data(Property::Alpha);
    for model in TRAINED {
        let config = config(&[("model", model), ("epochs", "5"), ("schedule", "authors")]);
        let whole = tempfile::tempdir().unwrap();
        let expected = run(&config, &data, whole.path(), &mut |_| Ok(())).unwrap();
        let broken = tempfile::tempdir().unwrap();
        killed_after(&config, &data, broken.path(), 3);
        let (from, resumed) = resume(&eager(), &config, &data, broken.path());
        assert_eq!(from, 2, "{model}: two evaluations were saved");
        assert_eq!(resumed, expected, "{model}");
        let stopped = tempfile::tempdir().unwrap();
        let (times, stopped) = stopped_every(3, &config, &data, stopped.path());
        assert!(times > 2, "{model}: {times}");
        assert_eq!(stopped, expected, "{model}");
        for file in ["model.safetensors", "predictions.parquet"] {
            let bytes = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
            assert!(bytes(&whole) == bytes(&broken), "{model}: {file} differs");
        }
    }
}

#[test]
fn options_that_matter_change_the_result() {
    let data = data(Property::Alpha);
    let result = |pairs: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        run(&config(pairs), &data, folder.path(), &mut |_| Ok(())).unwrap().values["test_mae"]
    };
    let plain = result(&[]);
    assert_eq!(plain, result(&[]), "the same command twice gives the same bits");
    for option in [
        ("attention", "false"),
        ("update_coordinates", "true"),
        ("cutoff_angstrom", "2"),
        ("schedule", "cosine"),
        ("schedule", "authors"),
        ("seed", "2"),
    ] {
        assert_ne!(plain, result(&[option]), "{option:?}");
    }
    assert_eq!(plain, result(&[("cutoff_angstrom", "1000")]), "a cutoff beyond all pairs is none");
    assert_ne!(result(&[("model", "schnet")]), result(&[("model", "schnet"), ("gaussian_range_angstrom", "5")]));
}

#[test]
fn a_model_with_coordinates_that_move_and_one_with_a_cutoff_are_stored_with_these() {
    let data = data(Property::Alpha);
    let [.., test] = rows();
    let samples = EvaluationSamples::Qm9 { molecules: Molecules::new(test, Property::Alpha), train: None };
    for pairs in [
        &[("update_coordinates", "true"), ("attention", "false")][..],
        &[("cutoff_angstrom", "2.5")],
        &[("model", "schnet"), ("gaussian_range_angstrom", "6"), ("cutoff_angstrom", "6")],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let metrics = run(&config(pairs), &data, folder.path(), &mut |_| Ok(())).unwrap();
        let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
        let (again, _) = egnn_train::evaluate(&stored, here(), &samples, Backend::Kernels).unwrap();
        assert_eq!(again.values["mae"], metrics.values["test_mae"], "{pairs:?}");
    }
}

/// What the model of a file without configuration says of the test molecules, normalised.
fn file_prediction(path: &std::path::Path) -> Vec<f64> {
    let config = MoleculeModelConfig { hidden: 16, layers: 2, ..MoleculeModelConfig::new(MoleculeModelKind::Egnn) };
    let model = config.init(&Stream::new(1), DType::F32).unwrap();
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
    model.parameters().load(&tensors.into_iter().collect()).unwrap();
    let [.., test] = rows();
    let atoms = |row: &MoleculeRow| {
        let input = Atoms { atomic_numbers: &row.atomic_number, positions: &row.position };
        let input = MoleculeInput::new(&[input], None, DType::F32).unwrap();
        f64::from(model.predict(&input).unwrap().to_vec1::<f32>().unwrap()[0])
    };
    test.iter().map(atoms).collect()
}

#[test]
fn a_file_from_pytorch_is_recognised_and_its_labels_are_normalised_by_the_training_molecules() {
    let case = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../egnn-nn/tests/fixtures/qm9_egnn.safetensors");
    let case = egnn_nn::parity::load(&case).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("from_pytorch.safetensors");
    candle_core::safetensors::save(&case.params.into_iter().collect(), &path).unwrap();
    let file = ModelFile::read(&path).unwrap();
    let ModelSpec::Qm9(spec) = &file.spec else { panic!("{:?}", file.spec) };
    assert_eq!((spec.hidden, spec.layers, spec.attention, spec.update_coordinates), (16, 2, true, false));
    let [train, _, test] = rows().map(|rows| Molecules::new(rows, Property::Mu));
    let evaluate = |train| {
        let samples = EvaluationSamples::Qm9 { molecules: test.clone(), train };
        egnn_train::evaluate(&file, here(), &samples, Backend::Kernels)
    };
    assert!(evaluate(None).unwrap_err().to_string().contains("labels were normalised with"));
    let label_mean = mean(train.labels().iter().copied());
    let label_mad = mean(train.labels().iter().map(|label| (label - label_mean).abs()));
    let (evaluation, table) = evaluate(Some(train)).unwrap();
    let normalised = file_prediction(&path);
    let Some(ColumnData::F64(predicted)) = table.column("prediction") else { panic!("predictions are float64") };
    for (predicted, normalised) in predicted.iter().zip(normalised) {
        let expected = label_mean + label_mad * normalised;
        assert!((predicted.unwrap() - expected).abs() < 1e-5 * expected.abs(), "{predicted:?}, expected {expected}");
    }
    assert_eq!(evaluation.samples, 12);
}

#[test]
fn a_diverging_run_fails_and_data_of_another_task_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(Property::Alpha);
    let error = run(&config(&[("learning_rate", "1e30")]), &data, folder.path(), &mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, TrainError::Diverged(_)), "{error}");
    assert!(!folder.path().join("model.safetensors").exists());
    let graphs = TaskData::Autoencoder(GraphData::from_rows(&[], &[], &[]).unwrap());
    let error = run(&config(&[]), &graphs, folder.path(), &mut |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("not of task 'qm9'"), "{error}");
}

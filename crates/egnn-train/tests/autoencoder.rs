//! The autoencoder task on a handful of small graphs.

mod common;

use common::{eager, killed_after, resume, run, stopped_every};
use egnn_nn::Backend;
use egnn_random::Stream;
use egnn_schema::RunEvent;
use egnn_store::{
    graphs::GraphRow,
    table::{self, ColumnData},
};
use egnn_train::{
    EvaluationData, EvaluationSamples, GraphData, Graphs, ModelFile, ModelSpec, NbodyData, Samples, TaskConfig,
    TaskData, TrainError,
};

const MODELS: [&str; 5] = ["egnn", "gnn", "noise_gnn", "radial_field", "no_edges"];

/// Graphs of 3 to 6 nodes, about half of whose pairs are edges.
fn rows(name: &str, count: usize) -> Vec<GraphRow> {
    let mut stream = Stream::new(3).child(name);
    let mut graph = |number: usize| {
        let nodes = 3 + (number % 4) as u16;
        let pairs = (0..nodes).flat_map(|u| (u + 1..nodes).map(move |v| (u, v)));
        let (source, target) = pairs.filter(|_| stream.uniform() < 0.5).unzip();
        GraphRow { nodes, source, target, community: Vec::new(), p: Some(0.5) }
    };
    (0..count).map(&mut graph).collect()
}

fn data() -> TaskData {
    let [train, valid, test] = [("train", 20), ("valid", 8), ("test", 8)].map(|(name, count)| rows(name, count));
    TaskData::Autoencoder(GraphData::from_rows(&train, &valid, &test).unwrap())
}

fn config(pairs: &[(&str, &str)]) -> TaskConfig {
    let small = [("hidden", "8"), ("layers", "2"), ("dim", "4"), ("epochs", "6"), ("learning_rate", "3e-3")];
    common::config("autoencoder", &[&small, pairs], [20, 8, 8])
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

#[test]
fn every_model_learns_and_its_record_is_complete() {
    let data = data();
    let test = EvaluationSamples::Autoencoder(Graphs::new(&rows("test", 8)).unwrap());
    for model in MODELS {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&[("model", model), ("epochs", "40")]);
        let mut losses = Vec::new();
        let metrics = run(&config, &data, folder.path(), &mut |event| {
            if let RunEvent::Evaluated { train_loss, valid_loss, .. } = event {
                losses.push((*train_loss, *valid_loss));
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(metrics.steps, 40 * 20, "{model}: one graph a step");
        assert_eq!(losses.len() as u64, config.protocol().evaluations());
        let best = losses.iter().map(|&(_, valid)| valid).fold(f64::INFINITY, f64::min);
        assert_eq!(metrics.values["valid_bce"], best, "{model}: the reported epoch is the best on validation");
        let (first, last) = (losses[0].0, losses[losses.len() - 1].0);
        if model == "no_edges" {
            assert_eq!((metrics.parameters, metrics.values["test_f1"]), (0, 0.0));
            let wrong = metrics.values["test_error_percent"] - metrics.values["test_density_percent"];
            assert!(wrong.abs() < 1e-9, "whoever says that there are no edges is wrong about every edge");
        } else {
            assert!(last < 0.99 * first, "{model} must learn: {first} to {last}");
        }
        for fact in ["train_distinct", "train_density_percent", "test_distinct", "test_in_train", "p"] {
            assert!(metrics.values[fact] >= 0.0, "{fact} is on record");
        }
        let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
        assert_eq!(stored.config, Some(config.fields()));
        assert_eq!((stored.spec.task(), stored.spec.model()), ("autoencoder", model));
        let (again, _) = egnn_train::evaluate(&stored, here(), &test, Backend::Kernels).unwrap();
        for name in ["bce", "error_percent", "f1"] {
            let of_run = metrics.values[&format!("test_{name}")];
            assert_eq!(again.values[name], of_run, "{model}: the stored model is the one that was tested");
        }
    }
}

#[test]
fn predictions_hold_every_pair_once() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = run(&config(&[]), &data(), folder.path(), &mut |_| Ok(())).unwrap();
    let table = table::read(&folder.path().join("predictions.parquet")).unwrap();
    let graphs = rows("test", 8);
    let pairs: usize = graphs.iter().map(|graph| usize::from(graph.nodes * (graph.nodes - 1) / 2)).sum();
    assert_eq!(table.rows(), pairs);
    let (Some(ColumnData::U8(edge)), Some(ColumnData::F32(probability))) =
        (table.column("edge"), table.column("probability"))
    else {
        panic!("columns edge and probability")
    };
    let edges: usize = graphs.iter().map(|graph| graph.source.len()).sum();
    assert_eq!(edge.iter().map(|&edge| usize::from(edge)).sum::<usize>(), edges);
    // Both directions of a pair are the same, so that half the pairs give the same error.
    let wrong = edge.iter().zip(probability).filter(|(edge, p)| (**edge == 1) != (p.unwrap() > 0.5)).count();
    assert!((100.0 * wrong as f64 / pairs as f64 - metrics.values["test_error_percent"]).abs() < 1e-9);
    assert_eq!(table.metadata["seed"], "1");
}

#[test]
fn killed_and_resumed_runs_equal_undisturbed_ones_bit_for_bit() {
    let data = data();
    for model in MODELS {
        let config = config(&[("model", model), ("epochs", "8")]);
        let whole = tempfile::tempdir().unwrap();
        let expected = run(&config, &data, whole.path(), &mut |_| Ok(())).unwrap();
        let broken = tempfile::tempdir().unwrap();
        killed_after(&config, &data, broken.path(), 3);
        let (from, resumed) = resume(&eager(), &config, &data, broken.path());
        assert_eq!(from, 4, "{model}: two evaluations were saved, and all of epoch 4 but its last batch");
        assert_eq!(resumed, expected, "{model}");
        let stopped = tempfile::tempdir().unwrap();
        let (times, stopped) = stopped_every(31, &config, &data, stopped.path());
        assert!(times > 4, "{model}: {times}");
        assert_eq!(stopped, expected, "{model}");
        for file in ["model.safetensors", "predictions.parquet"] {
            let bytes = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
            assert!(bytes(&whole) == bytes(&broken), "{model}: {file} differs");
        }
    }
}

#[test]
fn noise_is_fresh_and_follows_from_the_seed() {
    let data = data();
    let losses = |pairs: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let mut losses = Vec::new();
        // Nothing is learnt: what changes from one evaluation to the next is the noise.
        let config = config(&[&[("learning_rate", "0"), ("weight_decay", "0")], pairs].concat());
        run(&config, &data, folder.path(), &mut |event| {
            if let RunEvent::Evaluated { valid_loss, .. } = event {
                losses.push(*valid_loss);
            }
            Ok(())
        })
        .unwrap();
        losses
    };
    for model in ["egnn", "noise_gnn", "radial_field"] {
        let first = losses(&[("model", model)]);
        assert!(first[0] != first[1] && first[1] != first[2], "{model}: fresh at every evaluation");
        assert_eq!(first, losses(&[("model", model)]), "{model}: the same for the same seed");
        assert_ne!(first, losses(&[("model", model), ("seed", "2")]));
    }
    let gnn = losses(&[("model", "gnn")]);
    assert!(gnn[0] == gnn[1] && gnn[1] == gnn[2], "GNN has no noise");
}

#[test]
fn batches_of_several_graphs_are_their_mean() {
    // Without noise and without learning, the mean over batches does not depend on the batch.
    let data = data();
    let loss = |batch_size: &str| {
        let folder = tempfile::tempdir().unwrap();
        let pairs = [("model", "gnn"), ("learning_rate", "0"), ("weight_decay", "0"), ("batch_size", batch_size)];
        run(&config(&pairs), &data, folder.path(), &mut |_| Ok(())).unwrap().values["train_bce"]
    };
    let (one, five) = (loss("1"), loss("5"));
    assert!((one - five).abs() < 1e-5 * one, "{one} {five}");
}

#[test]
fn the_schedule_is_a_cosine_that_begins_at_the_whole_rate() {
    let data = data();
    let result = |schedule: &str, epochs: &str| {
        let folder = tempfile::tempdir().unwrap();
        let pairs = [("schedule", schedule), ("epochs", epochs), ("evaluate_last", "true")];
        run(&config(&pairs), &data, folder.path(), &mut |_| Ok(())).unwrap().values["valid_bce"]
    };
    assert_eq!(result("cosine", "1"), result("constant", "1"), "the first epoch has the whole rate");
    assert_ne!(result("cosine", "3"), result("constant", "3"));
}

#[test]
fn training_noise_is_fresh_in_every_epoch() {
    let data = data();
    let losses = |model: &str| {
        let folder = tempfile::tempdir().unwrap();
        let still = [("learning_rate", "0"), ("weight_decay", "0"), ("evaluate_every_epochs", "1"), ("model", model)];
        let mut losses = Vec::new();
        run(&config(&still), &data, folder.path(), &mut |event| {
            if let RunEvent::Evaluated { train_loss, .. } = event {
                losses.push(*train_loss);
            }
            Ok(())
        })
        .unwrap();
        losses
    };
    for model in ["egnn", "noise_gnn", "radial_field"] {
        let losses = losses(model);
        // More than the order of the graphs can do by rounding.
        assert!(losses.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-6 * pair[0]), "{model}: {losses:?}");
    }
    assert!(losses("gnn").windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-6 * pair[0]));
}

#[test]
fn the_record_says_what_the_graphs_were() {
    let graph = |edges: &[(u16, u16)]| {
        let (source, target) = edges.iter().copied().unzip();
        GraphRow { nodes: 4, source, target, community: Vec::new(), p: Some(0.25) }
    };
    let (path, star, ring) =
        (graph(&[(0, 1), (1, 2), (2, 3)]), graph(&[(0, 1), (0, 2), (0, 3)]), graph(&[(0, 1), (0, 3), (1, 2), (2, 3)]));
    let train = [path.clone(), path.clone(), star.clone()];
    let test = [star.clone(), star, ring, path];
    let data = TaskData::Autoencoder(GraphData::from_rows(&train, &train, &test).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let pairs = [("model", "no_edges"), ("epochs", "1")];
    let config = common::config("autoencoder", &[&pairs], [3, 3, 4]);
    let values = run(&config, &data, folder.path(), &mut |_| Ok(())).unwrap().values;
    for (name, expected) in [
        ("train_distinct", 2.0),
        ("train_density_percent", 50.0),
        ("test_distinct", 3.0),
        ("test_density_percent", 100.0 * 13.0 / 24.0),
        ("test_in_train", 3.0),
        ("p", 0.25),
    ] {
        assert!((values[name] - expected).abs() < 1e-12, "{name} is {}, expected {expected}", values[name]);
    }
}

#[test]
fn a_partial_batch_counts_for_what_it_has() {
    let data = data();
    let loss = |batch_size: &str| {
        let folder = tempfile::tempdir().unwrap();
        let pairs = [("model", "no_edges"), ("batch_size", batch_size), ("epochs", "1")];
        run(&config(&pairs), &data, folder.path(), &mut |_| Ok(())).unwrap().values["train_bce"]
    };
    let one = loss("1");
    for batch_size in ["7", "19", "20", "100"] {
        assert!((loss(batch_size) - one).abs() < 1e-6 * one, "{batch_size}: {} {one}", loss(batch_size));
    }
}

#[test]
fn a_diverging_run_fails_and_leaves_no_model() {
    let data = data();
    for model in ["egnn", "gnn", "noise_gnn"] {
        let folder = tempfile::tempdir().unwrap();
        let pairs = [("model", model), ("learning_rate", "1e30"), ("epochs", "3")];
        let error = run(&config(&pairs), &data, folder.path(), &mut |_| Ok(())).unwrap_err();
        assert!(matches!(error, TrainError::Diverged(_)), "{model}: {error}");
        assert!(!folder.path().join("model.safetensors").exists(), "{model}");
    }
}

#[test]
fn graphs_that_would_take_all_memory_are_refused() {
    let large = GraphRow { nodes: 1001, source: vec![0], target: vec![1], community: Vec::new(), p: None };
    let error = Graphs::new(&[rows("train", 1).remove(0), large]).unwrap_err().to_string();
    assert!(error.contains("graph 1 has 1001 nodes") && error.contains("at most 1000"), "{error}");
}

#[test]
fn graphs_without_pairs_do_no_harm() {
    let lonely = |nodes| GraphRow { nodes, source: Vec::new(), target: Vec::new(), community: Vec::new(), p: None };
    let rows = [lonely(1), lonely(2), lonely(3)];
    let data = TaskData::Autoencoder(GraphData::from_rows(&rows, &rows, &rows).unwrap());
    for model in MODELS {
        for batch_size in ["1", "3"] {
            let folder = tempfile::tempdir().unwrap();
            let pairs =
                [("model", model), ("batch_size", batch_size), ("hidden", "8"), ("layers", "2"), ("epochs", "2")];
            let config = common::config("autoencoder", &[&pairs], [3, 3, 3]);
            let metrics = run(&config, &data, folder.path(), &mut |_| Ok(())).unwrap();
            assert!(metrics.values["test_bce"].is_finite() && !metrics.values.contains_key("p"), "{model}");
        }
    }
}

#[test]
fn data_and_models_of_another_task_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = || Samples::from_arrays(5, Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let nbody = TaskData::Nbody(NbodyData { train: empty(), valid: empty(), test: empty() });
    let error = run(&config(&[]), &nbody, folder.path(), &mut |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("not of task 'autoencoder'"), "{error}");
    run(&config(&[]), &data(), folder.path(), &mut |_| Ok(())).unwrap();
    let stored = ModelFile::read(&folder.path().join("model.safetensors")).unwrap();
    let error =
        egnn_train::evaluate(&stored, here(), &EvaluationSamples::Nbody(empty()), Backend::Kernels).unwrap_err();
    assert!(error.to_string().contains("is of task autoencoder, which cannot read this set"), "{error}");
}

/// A file as PyTorch saves one: parameters and nothing else.
fn from_pytorch(case: &str) -> (tempfile::TempDir, ModelFile) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../egnn-nn/tests/fixtures/autoencoder_{case}.safetensors"));
    let case = egnn_nn::parity::load(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("from_pytorch.safetensors");
    candle_core::safetensors::save(&case.params.into_iter().collect(), &path).unwrap();
    let file = ModelFile::read(&path).unwrap();
    (folder, file)
}

#[test]
fn files_from_pytorch_are_recognised_by_their_parameters_and_what_these_leave_open_is_said() {
    for (case, said, model, dim, open) in [
        ("egnn", (None, None), "egnn", 8, Some("--dim")),
        ("egnn", (Some("egnn"), Some(4)), "egnn", 4, None),
        ("gnn", (None, None), "gnn", 8, Some("--model")),
        ("gnn", (Some("gnn"), None), "gnn", 8, None),
        ("noise_gnn", (Some("noise_gnn"), Some(8)), "noise_gnn", 8, None),
        ("radial_field", (None, None), "radial_field", 8, Some("--dim")),
        ("radial_field", (None, Some(3)), "radial_field", 3, None),
    ] {
        let (_folder, mut file) = from_pytorch(case);
        let assumed = file.assume(said.0, said.1).unwrap();
        assert_eq!(assumed.is_some(), open.is_some(), "{case}: {assumed:?}");
        assert!(assumed.is_none_or(|assumed| assumed.contains(open.unwrap_or_default())));
        let ModelSpec::Autoencoder(spec) = &file.spec else { panic!("{:?}", file.spec) };
        assert_eq!((file.spec.model(), spec.dim, spec.hidden, spec.layers), (model, dim, 16, 2));
        let test = EvaluationSamples::Autoencoder(Graphs::new(&rows("test", 8)).unwrap());
        egnn_train::evaluate(&file, here(), &test, Backend::Kernels).unwrap();
    }
    for (case, said, part) in [
        ("egnn", (Some("gnn"), None), "is of model egnn, not gnn"),
        ("gnn", (None, Some(4)), "is of dimension 8, not 4"),
        ("egnn", (None, Some(0)), "from 1 to 1024"),
    ] {
        let error = from_pytorch(case).1.assume(said.0, said.1).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

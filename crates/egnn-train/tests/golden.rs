//! Results of tiny runs, to the last digit: whoever changes one raises `NUMERICS_VERSION` and says why in the CHANGELOG.
//!
//! On the portable path, so that they are the same on every CPU. The numbers are what this test printed when it was
//! written (numerics version 2; version 3 changed layers wider than 64 features only).

mod common;

use common::run;
use egnn_kernels::simd::{Path, with_path};
use egnn_random::Stream;
use egnn_schema::{Property, version::NUMERICS_VERSION};
use egnn_store::graphs::GraphRow;
use egnn_train::{GraphData, Molecules, NbodyData, Qm9Data, Samples, TaskData};

const BODIES: usize = 4;

/// Bodies that drift with their velocity, from a seeded stream.
fn samples(name: &str, len: usize) -> Samples {
    let mut stream = Stream::new(7).child(name);
    let mut draw = |scale: f64| (0..len * BODIES * 3).map(|_| (stream.normal() * scale) as f32).collect::<Vec<f32>>();
    let (position, velocity) = (draw(1.0), draw(0.5));
    let target = position.iter().zip(&velocity).map(|(x, v)| 0.9 * x + v).collect();
    let charge = (0..len * BODIES).map(|body| if body % 3 == 0 { -1.0 } else { 1.0 }).collect();
    Samples::from_arrays(BODIES, position, velocity, charge, target)
}

/// Rings with a chord.
fn graphs(count: u16) -> Vec<GraphRow> {
    let graph = |number: u16| {
        let nodes = 4 + number % 3;
        let mut edges: Vec<(u16, u16)> = (1..nodes).map(|v| (v - 1, v)).collect();
        edges.extend([(0, nodes - 1), (0, 2)]);
        edges.sort_unstable();
        let (source, target) = edges.into_iter().unzip();
        GraphRow { nodes, source, target, community: Vec::new(), p: None }
    };
    (0..count).map(graph).collect()
}

/// Validation and training loss of a run.
fn losses(task: &str, model: &str, fields: &[(&str, &str)], data: &TaskData) -> [f64; 2] {
    let small = [("model", model), ("hidden", "8"), ("layers", "2"), ("epochs", "3"), ("evaluate_every_epochs", "1")];
    let sizes = if task == "qm9" { [40, 12, 12] } else { [20, 8, 8] };
    let config = common::config(task, &[&small, fields], sizes);
    let folder = tempfile::tempdir().unwrap();
    let values = with_path(Path::Portable, || run(&config, data, folder.path(), &mut |_| Ok(()))).unwrap().values;
    let loss = match task {
        "nbody" => "mse",
        "autoencoder" => "bce",
        _ => "mae",
    };
    [values[&format!("valid_{loss}")], values[&format!("train_{loss}")]]
}

#[test]
fn nbody_runs_to_the_last_digit() {
    assert_eq!(NUMERICS_VERSION, 3, "new numerics: print these numbers again");
    let data = TaskData::Nbody(NbodyData {
        train: samples("train", 20),
        valid: samples("valid", 8),
        test: samples("test", 8),
    });
    for (model, expected) in [
        ("egnn", [0.179_976_405_838_430_14, 0.117_221_914_231_777_19]),
        ("gnn", [1.233_823_146_138_837_1, 1.002_160_529_295_603_5]),
        ("radial_field", [0.156_103_750_490_741_2, 0.092_809_172_968_069_72]),
        ("segno", [0.018_306_389_700_513_584, 0.024_299_278_234_442_074]),
        ("linear", [0.035_008_329_785_313_45, 0.027_851_796_398_560_207]),
    ] {
        let found = losses("nbody", model, &[("train_samples", "20"), ("batch_size", "6")], &data);
        assert_eq!(found, expected, "{model}");
    }
}

#[test]
fn autoencoder_runs_nearly_to_the_last_digit() {
    // Exponential and logarithm of the decoder are the system's: others may round otherwise.
    let data = TaskData::Autoencoder(GraphData::from_rows(&graphs(20), &graphs(8), &graphs(8)).unwrap());
    for (model, expected) in [
        ("egnn", [12.872_443_154_454_231, 14.049_425_435_066_222]),
        ("gnn", [15.005_497_224_628_925, 15.428_414_154_052_735]),
        ("noise_gnn", [14.892_007_522_284_985, 15.358_909_463_882_446]),
        ("radial_field", [12.779_691_904_783_249, 14.023_009_705_543_519]),
    ] {
        let found = losses("autoencoder", model, &[("dim", "3"), ("learning_rate", "1e-3")], &data);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-6 * expected, "{model}: {found:?}, expected {expected:?}");
        }
    }
}

#[test]
fn qm9_runs_to_the_last_digit_and_those_with_gaussians_nearly() {
    let mut rows = common::molecules();
    let test = rows.split_off(52);
    let valid = rows.split_off(40);
    let [train, valid, test] = [rows, valid, test].map(|rows| Molecules::new(rows, Property::Mu));
    let data = TaskData::Qm9(Qm9Data { train, valid, test });
    for (model, expected, tolerance) in [
        ("egnn", [0.987_293_716_507_585, 1.187_407_947_927_147], 0.0),
        // The system's exponential makes the Gaussians: others may round otherwise.
        ("schnet", [1.073_899_057_141_188_8, 1.309_203_574_835_658], 1e-6),
        ("nmp", [1.148_448_437_518_601_3, 1.144_191_094_829_067_7], 1e-6),
    ] {
        let found = losses("qm9", model, &[("batch_size", "12"), ("gaussians", "8")], &data);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance * expected, "{model}: {found:?}, expected {expected:?}");
        }
    }
}

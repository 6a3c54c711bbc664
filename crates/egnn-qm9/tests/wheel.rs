//! The whole wheel against what the authors' preparation of it has.
//!
//! `EGNN_QM9_WHEEL=FILE cargo test --release -p egnn-qm9 --test wheel -- --ignored`

mod common;

use common::reference;
use egnn_qm9::{CHARACTERISED, Expected, Molecule, Splits, read, split};
use egnn_schema::Property;
use std::{env, fs::File};

const SHA256: &str = "1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0";

fn wheel() -> (Vec<Molecule>, Splits) {
    let file = File::open(env::var_os("EGNN_QM9_WHEEL").expect("EGNN_QM9_WHEEL names the wheel")).unwrap();
    let expected = Expected { wheel_sha256: Some(SHA256.to_owned()), complete: true, ..Expected::default() };
    let mut last = (0, 0);
    let molecules = read(file, &expected, &mut |done, all| {
        assert!(last.0 <= done && done <= all, "progress goes back from {last:?} to {done} of {all}");
        last = (done, all);
    });
    assert!(last.0 == last.1 && last.1 > 0, "{last:?}");
    (molecules.unwrap(), split(CHARACTERISED, 0, [100_000, 17_748, 13_083]).unwrap())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean_distance(values: &[f64], from: f64) -> f64 {
    values.iter().map(|value| (value - from).abs()).sum::<f64>() / values.len() as f64
}

#[test]
#[ignore = "needs the wheel: set EGNN_QM9_WHEEL to qm9pack-1.0.3-py3-none-any.whl"]
fn the_wheel_is_the_authors_data() {
    let (molecules, splits) = wheel();
    let theirs = &reference()["qm9"];
    let sizes = molecules.iter().map(|molecule| molecule.atomic_numbers.len());
    assert_eq!(molecules.len() as u64, theirs["molecules"].as_u64().unwrap());
    assert_eq!(sizes.clone().sum::<usize>() as u64, theirs["atoms"].as_u64().unwrap());
    assert_eq!(sizes.max().unwrap() as u64, theirs["largest"].as_u64().unwrap());
    for (name, positions) in [("train_first_indices", &splits.train), ("test_first_indices", &splits.test)] {
        let first: Vec<u32> = positions[..8].iter().map(|&position| molecules[position as usize].index).collect();
        assert_eq!(serde_json::json!(first), theirs[name], "{name}");
    }
    for property in Property::ALL {
        let labels = |positions: &[u32]| -> Vec<f64> {
            let label = |molecule: &Molecule| {
                property.label(molecule.properties[property.index()], molecule.references()[property.index()])
            };
            positions.iter().map(|&position| label(&molecules[position as usize])).collect()
        };
        let (train, test) = (labels(&splits.train), labels(&splits.test));
        let mean_of_train = mean(&train);
        let ours = [
            ("mean", mean_of_train),
            ("mad", mean_distance(&train, mean_of_train)),
            ("test_mean", mean(&test)),
            ("mae_of_predicting_train_mean_on_test", mean_distance(&test, mean_of_train)),
        ];
        let (key, factor) = unit_of_reference(property);
        for (name, ours) in ours {
            let theirs = factor * theirs["properties"][key][name].as_f64().unwrap();
            let relative = (ours / theirs - 1.0).abs();
            assert!(relative < 1e-6, "{key} {name}: {ours}, theirs {theirs}");
        }
    }
}

/// The reference has energies in eV, but the zero-point energy in meV.
fn unit_of_reference(property: Property) -> (&'static str, f64) {
    match property {
        Property::R2 => ("r2", 1.0),
        Property::Zpve => ("zpve", 1.0),
        property => (property.name(), if property.unit() == "meV" { 1000.0 } else { 1.0 }),
    }
}

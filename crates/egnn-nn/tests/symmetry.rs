//! Every model of the registry has the symmetries that it declares, in float32, and no others.

use candle_core::{DType, Device, Tensor};
use egnn_nn::egcl::EgclOptions;
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig, SymmetryGroup};
use egnn_nn::stack::EgclStackConfig;
use egnn_nn::{Aggregation, Edges, Velocity};
use egnn_random::Stream;
use egnn_testkit::{Cloud, Random, Symmetry, assert_symmetries, check};

const TOLERANCE: f64 = 1e-4;

fn tensor(values: &[f64], rows: usize) -> Tensor {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let columns = values.len() / rows;
    Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// A model whose coordinate networks are as large as the others: at their small initial values every symmetry would
/// hold nearly for any model.
fn vivid(config: &NbodyModelConfig) -> Box<dyn NbodyModel> {
    let model = config.init(&Stream::new(7), DType::F32).unwrap();
    let louder = model.parameters().named().unwrap().into_iter().map(|(name, tensor)| {
        let largest = numbers(&tensor).into_iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let tensor = if largest < 0.02 { (tensor * 100.0).unwrap() } else { tensor };
        (name, tensor)
    });
    model.parameters().load(&louder.collect()).unwrap();
    model
}

fn run(model: &dyn NbodyModel, cloud: &Cloud) -> Cloud {
    let input = NbodyInput {
        x: tensor(&cloud.points, cloud.nodes),
        v: tensor(&cloud.vectors, cloud.nodes),
        charge: tensor(&cloud.scalars, cloud.nodes),
        edges: Edges::complete(1, cloud.nodes),
    };
    let points = numbers(&model.predict(&input).unwrap());
    Cloud { points, vectors: Vec::new(), scalars: Vec::new(), ..cloud.clone() }
}

fn clouds(dim: usize) -> [Cloud; 2] {
    let mut random = Random::new(dim as u64);
    [Cloud::random(5, dim, 1, &mut random), Cloud::random(8, dim, 1, &mut random)]
}

fn assert_equivariant(config: &NbodyModelConfig) {
    let model = vivid(config);
    assert_symmetries(|cloud| run(model.as_ref(), cloud), &Symmetry::ALL, &clouds(config.dim), TOLERANCE);
}

/// What a group has and what it has not.
fn split(group: SymmetryGroup) -> (Vec<Symmetry>, Vec<Symmetry>) {
    let has = |symmetry: &Symmetry| match group {
        SymmetryGroup::Euclidean => true,
        SymmetryGroup::SpecialEuclidean => *symmetry != Symmetry::Reflection,
        SymmetryGroup::Permutations => *symmetry == Symmetry::Permutation,
    };
    Symmetry::ALL.into_iter().partition(has)
}

#[test]
fn every_model_has_the_symmetries_that_it_declares_and_no_others() {
    for &kind in ModelKind::ALL {
        let (has, lacks) = split(kind.symmetry);
        for &dim in kind.symmetry.dimensions() {
            let model = vivid(&NbodyModelConfig { dim, hidden: 32, ..NbodyModelConfig::new(kind) });
            assert_symmetries(|cloud| run(model.as_ref(), cloud), &has, &clouds(dim), TOLERANCE);
            for &symmetry in &lacks {
                let violation = check(|cloud| run(model.as_ref(), cloud), symmetry, &clouds(dim)[0], TOLERANCE);
                let violation = violation.expect_err(kind.name);
                assert!(violation.difference > 0.02 * violation.scale, "{kind}: {violation}");
            }
        }
    }
}

#[test]
fn egnn_with_current_velocity_and_without_clamp() {
    let config = NbodyModelConfig::new(ModelKind::EGNN);
    assert_equivariant(&NbodyModelConfig { velocity: Velocity::Current, clamp: None, hidden: 32, ..config });
}

#[test]
fn predictions_depend_on_the_interaction() {
    // Guards the suite itself: a model that ignored the other bodies would be equivariant, too.
    let cloud = &clouds(3)[0];
    for &kind in ModelKind::ALL.iter().filter(|kind| **kind != ModelKind::LINEAR) {
        let model = vivid(&NbodyModelConfig::new(kind));
        let mut other = cloud.clone();
        other.points[3] += 1.0;
        let (before, after) = (run(model.as_ref(), cloud), run(model.as_ref(), &other));
        let changes = before.points.iter().zip(&after.points).take(3).map(|(before, after)| (before - after).abs());
        assert!(changes.fold(0.0, f64::max) > 1e-4, "{kind}: body 0 does not feel body 1");
    }
}

#[test]
fn a_clamp_that_bites_breaks_rotation() {
    // The clamp acts on Cartesian components: it is a quirk, not a symmetry.
    let config = NbodyModelConfig { clamp: Some(0.01), ..NbodyModelConfig::new(ModelKind::EGNN) };
    let model = vivid(&config);
    assert!(check(|cloud| run(model.as_ref(), cloud), Symmetry::Rotation, &clouds(3)[0], TOLERANCE).is_err());
}

#[test]
fn the_layer_stack_with_its_options() {
    for options in [
        EgclOptions { attention: true, ..EgclOptions::default() },
        EgclOptions { normalize: true, tanh: true, aggregation: Aggregation::Sum, ..EgclOptions::default() },
    ] {
        for dim in [2, 3, 5] {
            let config = EgclStackConfig { inputs: 1, hidden: 16, outputs: 2, attributes: 0, layers: 3, options };
            let stack = config.init(&Stream::new(3), DType::F32).unwrap();
            let model = |cloud: &Cloud| {
                let (h, x) = (tensor(&cloud.scalars, cloud.nodes), tensor(&cloud.points, cloud.nodes));
                let (h, x) = stack.forward(&h, &x, None, &Edges::complete(1, cloud.nodes)).unwrap();
                Cloud { points: numbers(&x), scalars: numbers(&h), vectors: Vec::new(), ..cloud.clone() }
            };
            assert_symmetries(model, &Symmetry::ALL, &clouds(dim), TOLERANCE);
        }
    }
}

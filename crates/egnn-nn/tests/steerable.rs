//! TFN and SE(3)-Transformer: sizes, symmetries, gradients.

use candle_core::{DType, Device, Tensor};
use egnn_nn::nbody::{NbodyInput, NbodyModel, Se3TransformerConfig, TfnConfig};
use egnn_nn::{Backend, Edges, NnError};
use egnn_random::Stream;
use egnn_testkit::{Cloud, Random, Symmetry, check, check_gradient};

const TOLERANCE: f64 = 1e-4;

fn tfn(config: &TfnConfig, dtype: DType) -> Box<dyn NbodyModel> {
    Box::new(config.init(&Stream::new(5), dtype).unwrap())
}

/// With a displacement as large as TFN's: at its small initial size every symmetry would hold nearly for any model.
fn transformer(config: &Se3TransformerConfig, dtype: DType) -> Box<dyn NbodyModel> {
    let model = config.init(&Stream::new(5), dtype).unwrap();
    let louder = |(name, tensor): (String, Tensor)| {
        let tensor = if name == "scale" { (tensor * 100.0).unwrap() } else { tensor };
        (name, tensor)
    };
    model.parameters().load(&model.parameters().named().unwrap().into_iter().map(louder).collect()).unwrap();
    Box::new(model)
}

/// Both models with few channels of all types below each number of types.
fn small(dtype: DType) -> Vec<(String, Box<dyn NbodyModel>)> {
    let mut models = Vec::new();
    for degrees in 1..=4 {
        let config = TfnConfig { channels: 3, degrees, layers: 2, radial_hidden: 5 };
        models.push((format!("tfn {degrees}"), tfn(&config, dtype)));
        let config = Se3TransformerConfig { channels: 3, degrees, layers: 2, radial_hidden: 5 };
        models.push((format!("transformer {degrees}"), transformer(&config, dtype)));
    }
    models
}

fn run(model: &dyn NbodyModel, cloud: &Cloud) -> Cloud {
    let tensor = |values: &[f64], columns: usize| {
        let tensor = Tensor::from_slice(values, (cloud.nodes, columns), &Device::Cpu).unwrap();
        tensor.to_dtype(model.parameters().dtype()).unwrap()
    };
    let input = NbodyInput {
        x: tensor(&cloud.points, 3),
        v: tensor(&cloud.vectors, 3),
        charge: tensor(&cloud.scalars, 1),
        edges: Edges::complete(1, cloud.nodes),
    };
    let points = model.predict(&input).unwrap().to_dtype(DType::F64).unwrap();
    let points = points.flatten_all().unwrap().to_vec1().unwrap();
    Cloud { points, vectors: Vec::new(), scalars: Vec::new(), ..cloud.clone() }
}

fn clouds() -> [Cloud; 2] {
    let mut random = Random::new(3);
    [Cloud::random(5, 3, 1, &mut random), Cloud::random(8, 3, 1, &mut random)]
}

const SPECIAL: [Symmetry; 3] = [Symmetry::Rotation, Symmetry::Translation, Symmetry::Permutation];

#[test]
fn counts_are_the_papers() {
    let count = |model: &dyn NbodyModel| model.parameters().count();
    assert_eq!(count(&TfnConfig::default().init(&Stream::new(0), DType::F32).unwrap()), 127_024);
    assert_eq!(count(&Se3TransformerConfig::default().init(&Stream::new(0), DType::F32).unwrap()), 1_763_134);
}

#[test]
fn initial_values_have_their_spread() {
    let named = |model: Box<dyn NbodyModel>| model.parameters().named().unwrap();
    let named: std::collections::BTreeMap<_, _> = named(tfn(&TfnConfig::default(), DType::F64))
        .into_iter()
        .chain(Se3TransformerConfig::default().init(&Stream::new(1), DType::F64).unwrap().parameters().named().unwrap())
        .collect();
    let root = |x: f64| x.sqrt();
    for (name, deviation) in [
        // Uniform in +-sqrt(6 / inputs) and +-1 / sqrt(inputs): the deviation is the bound over sqrt(3).
        ("layer_1.conv.1_1.net.3.weight", root(2.0 / 32.0)),
        ("layer_1.conv.1_1.net.6.2.weight", root(2.0 / 32.0)),
        ("layer_1.conv.1_1.net.6.2.bias", root(1.0 / 96.0)),
        ("layer_2.norm.1.2.weight", root(2.0 / 16.0)),
        // Normal.
        ("layer_1.self.1.weight", root(1.0 / 16.0)),
        ("layer_2.query.2.weight", root(1.0 / 21.0)),
    ] {
        let values: Vec<f64> = named[name].flatten_all().unwrap().to_vec1().unwrap();
        let found = root(values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64);
        assert!((found / deviation - 1.0).abs() < 0.15, "{name}: {found}, expected {deviation}");
    }
    for (name, expected) in [("layer_1.conv.0_1.net.4.weight", 1.0), ("layer_1.norm.1.0.bias", 0.0), ("scale", 0.01)] {
        assert!(named[name].to_vec1::<f64>().unwrap().iter().all(|&value| value == expected), "{name}");
    }
}

fn assert_special(models: impl IntoIterator<Item = (String, Box<dyn NbodyModel>)>, tolerance: f64) {
    for (name, model) in models {
        for (cloud, symmetry) in clouds().iter().flat_map(|cloud| SPECIAL.map(|symmetry| (cloud, symmetry))) {
            if let Err(violation) = check(|cloud| run(model.as_ref(), cloud), symmetry, cloud, tolerance) {
                panic!("{name}, {} bodies: {violation}", cloud.nodes);
            }
        }
    }
}

#[test]
fn both_models_turn_and_move_with_space() {
    assert_special(
        [
            ("tfn".to_string(), tfn(&TfnConfig::default(), DType::F32)),
            ("transformer".to_string(), transformer(&Se3TransformerConfig::default(), DType::F32)),
        ],
        TOLERANCE,
    );
    assert_special(small(DType::F32), TOLERANCE);
    // In float64 nearly to the last digit.
    assert_special(small(DType::F64), 1e-10);
}

#[test]
fn reflections_are_no_symmetry_where_vectors_are_compared() {
    for (name, model) in small(DType::F64) {
        let model = |cloud: &Cloud| run(model.as_ref(), cloud);
        let found = check(model, Symmetry::Reflection, &clouds()[0], TOLERANCE);
        if name.ends_with('1') {
            // Numbers in between: nothing has an odd l + k + J.
            found.unwrap();
        } else {
            let violation = found.unwrap_err();
            assert!(violation.difference > 0.01 * violation.scale, "{name}: {violation}");
        }
    }
}

#[test]
fn the_prediction_depends_on_the_interaction() {
    let cloud = &clouds()[0];
    for (name, model) in small(DType::F32) {
        for change in [|cloud: &mut Cloud| cloud.points[3] += 1.0, |cloud: &mut Cloud| cloud.vectors[3] += 1.0] {
            let mut other = cloud.clone();
            change(&mut other);
            let (before, after) = (run(model.as_ref(), cloud), run(model.as_ref(), &other));
            assert!((before.points[0] - after.points[0]).abs() > 1e-3, "{name}");
        }
    }
}

fn random(seed: u64, rows: usize, columns: usize) -> Tensor {
    Tensor::from_vec(Random::new(seed).normals(rows * columns), (rows, columns), &Device::Cpu).unwrap()
}

#[test]
fn gradients_of_all_parameters() {
    let input = NbodyInput {
        x: random(1, 4, 3),
        v: random(2, 4, 3),
        charge: random(3, 4, 1).sign().unwrap(),
        // One body hears nobody.
        edges: Edges::new(vec![0, 0, 0, 1, 2, 2], vec![1, 2, 3, 0, 0, 1], 4).unwrap(),
    };
    let target = random(4, 4, 3);
    for (name, model) in small(DType::F64) {
        let parameters = model.parameters();
        let loss = || (model.forward(&input).unwrap() - &target).unwrap().sqr().unwrap().mean_all().unwrap();
        let gradients = loss().backward().unwrap();
        // A sample of them: the networks are too large for all.
        for group in parameters.groups() {
            let all: Vec<f64> = group.var().to_vec1().unwrap();
            let gradient: Vec<f64> = group.gradient(&gradients).unwrap().to_vec1().unwrap();
            let sample: Vec<usize> = (0..all.len()).step_by(all.len() / 12 + 1).collect();
            let pick = |values: &[f64]| sample.iter().map(|&index| values[index]).collect::<Vec<_>>();
            let value = |x: &[f64]| {
                let mut changed = all.clone();
                sample.iter().zip(x).for_each(|(&index, &x)| changed[index] = x);
                group.var().set(&Tensor::new(changed, &Device::Cpu).unwrap()).unwrap();
                loss().to_scalar().unwrap()
            };
            // LayerNorm bends where lengths differ by less than 0.003: that limits the differences.
            if let Err(mismatch) = check_gradient(value, &pick(&all), &pick(&gradient), 1e-4) {
                panic!("{name}, {}: {mismatch}", group.name());
            }
            group.var().set(&Tensor::new(all, &Device::Cpu).unwrap()).unwrap();
        }
    }
}

#[test]
fn bodies_that_coincide_or_are_alone_are_harmless() {
    // Deep enough for a factor of 1e11 in each layer to overflow.
    let deep = ("six layers".to_owned(), tfn(&TfnConfig { layers: 6, ..TfnConfig::default() }, DType::F32));
    for (name, model) in small(DType::F32).into_iter().chain([deep]) {
        for edges in [Edges::complete(1, 3), Edges::new(Vec::new(), Vec::new(), 3).unwrap()] {
            let zeros = Tensor::zeros((3, 3), DType::F32, &Device::Cpu).unwrap();
            let charge = Tensor::ones((3, 1), DType::F32, &Device::Cpu).unwrap();
            let input = NbodyInput { x: zeros.clone(), v: zeros, charge, edges };
            let found = model.forward(&input).unwrap();
            let numbers: Vec<f32> = found.flatten_all().unwrap().to_vec1().unwrap();
            assert!(numbers.iter().all(|&x| x == 0.0), "{name}: nothing points anywhere");
            let gradients = (found - 1.0).unwrap().sqr().unwrap().sum_all().unwrap().backward().unwrap();
            for group in model.parameters().groups() {
                let numbers: Vec<f32> = group.gradient(&gradients).map_or(Vec::new(), |g| g.to_vec1().unwrap());
                assert!(numbers.iter().all(|number| number.is_finite()), "{name}: {}", group.name());
            }
        }
    }
}

#[test]
fn sizes_that_make_no_model_are_refused() {
    let refused = |config: TfnConfig| match config.init(&Stream::new(0), DType::F32) {
        Err(NnError::Config { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let config = TfnConfig::default();
    assert_eq!(refused(TfnConfig { degrees: 5, ..config.clone() }), "degrees");
    assert_eq!(refused(TfnConfig { degrees: 0, ..config.clone() }), "degrees");
    assert_eq!(refused(TfnConfig { channels: 0, ..config.clone() }), "channels");
    let model = config.init_on(&Stream::new(0), DType::F32, Backend::Plain).unwrap();
    let flat = Tensor::zeros((2, 2), DType::F32, &Device::Cpu).unwrap();
    let charge = Tensor::ones((2, 1), DType::F32, &Device::Cpu).unwrap();
    let input = NbodyInput { x: flat.clone(), v: flat, charge, edges: Edges::complete(1, 2) };
    assert!(matches!(model.predict(&input), Err(NnError::InputShape { name: "x", .. })));
}

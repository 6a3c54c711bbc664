//! Counts, names, layout, initialisation and loading.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use egnn_nn::nbody::{EgnnConfig, ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use egnn_nn::{Backend, Edges, NnError, Parameters};
use egnn_random::Stream;

fn model(kind: ModelKind, seed: u64) -> Box<dyn NbodyModel> {
    NbodyModelConfig::new(kind).init(&Stream::new(seed), DType::F32).unwrap()
}

fn named(parameters: &Parameters) -> BTreeMap<String, Tensor> {
    parameters.named().unwrap().into_iter().collect()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn input(seed: u64) -> NbodyInput {
    let mut random = egnn_testkit::Random::new(seed);
    let mut tensor = |columns: usize| {
        let values: Vec<f32> = random.normals(10 * columns).into_iter().map(|value| value as f32).collect();
        Tensor::from_vec(values, (10, columns), &Device::Cpu).unwrap()
    };
    NbodyInput { x: tensor(3), v: tensor(3), charge: tensor(1).sign().unwrap(), edges: Edges::complete(2, 5) }
}

#[test]
fn counts_are_the_papers() {
    for (kind, count) in [
        (ModelKind::EGNN, 134_020),
        (ModelKind::GNN, 104_387),
        (ModelKind::RADIAL_FIELD, 2_052),
        (ModelKind::LINEAR, 1),
        (ModelKind::TFN, 127_024),
        (ModelKind::SE3_TRANSFORMER, 1_763_134),
        (ModelKind::RADIAL_ODE, 4_417),
        // An embedding and one EGCL without phi_v, for any number of steps.
        (ModelKind::SEGNO, 128 + 29_249),
    ] {
        assert_eq!(model(kind, 0).parameters().count(), count, "{kind}");
    }
    for &kind in ModelKind::ALL {
        assert_eq!(model(kind, 0).parameters().count() as f64, kind.cost.parameters, "{kind}: its cost says otherwise");
    }
}

#[test]
fn a_group_is_a_layer_without_gaps() {
    let model = model(ModelKind::EGNN, 0);
    let groups = model.parameters().groups();
    let names: Vec<_> = groups.iter().map(egnn_nn::params::Group::name).collect();
    assert_eq!(names, ["embedding", "gcl_0", "gcl_1", "gcl_2", "gcl_3"]);
    for group in groups {
        let mut end = 0;
        for view in group.views() {
            assert_eq!(view.offset, end);
            end += view.len();
        }
        assert_eq!(group.var().dims(), [end]);
    }
    assert_eq!(groups[1].views()[0].name, "gcl_0.edge_mlp.0.weight");
    assert_eq!(groups[1].views()[0].shape, [64, 131]);
}

#[test]
fn names_of_models_go_there_and_back() {
    for &kind in ModelKind::ALL {
        assert_eq!(ModelKind::from_name(kind.name), Some(kind));
        assert_eq!(
            ModelKind::names().iter().filter(|name| **name == kind.name).count(),
            1,
            "{kind}: its name is taken"
        );
    }
    assert_eq!(ModelKind::from_name("transformer"), None);
}

#[test]
fn a_mark_tells_the_model() {
    for &kind in ModelKind::ALL {
        let parameters = named(model(kind, 0).parameters());
        let marked: Vec<_> = ModelKind::ALL.iter().filter(|other| parameters.contains_key(other.mark)).collect();
        assert_eq!(marked, [&kind]);
    }
}

#[test]
fn options_are_declared_within_their_limits() {
    for &kind in ModelKind::ALL {
        let config = NbodyModelConfig::new(kind);
        for option in kind.options {
            let [least, most] = option.limits;
            assert!((least..=most).contains(&option.default), "{kind}: {}", option.name);
            for value in [least - 1.0, most + 1.0] {
                let options = [(option.name, value)].into();
                let error =
                    NbodyModelConfig { options, ..config.clone() }.init(&Stream::new(0), DType::F32).unwrap_err();
                assert!(error.to_string().contains(option.name), "{error}");
            }
        }
    }
}

#[test]
fn sizes_that_make_no_model_are_refused() {
    for (config, field) in [
        (EgnnConfig { hidden: 0, ..EgnnConfig::default() }, "hidden"),
        (EgnnConfig { layers: 0, ..EgnnConfig::default() }, "layers"),
        (EgnnConfig { clamp: Some(-1.0), ..EgnnConfig::default() }, "clamp"),
    ] {
        let error = config.init(&Stream::new(0), DType::F32).unwrap_err();
        assert!(error.to_string().contains(&format!("'{field}'")), "{error}");
    }
    let error = EgnnConfig::default().init(&Stream::new(0), DType::U32).unwrap_err();
    assert!(matches!(error, NnError::DType(DType::U32)));
}

#[test]
fn both_backends_compute_the_same_model() {
    let input = input(3);
    for &kind in ModelKind::ALL {
        let config = NbodyModelConfig::new(kind);
        let [kernels, plain] =
            [Backend::Kernels, Backend::Plain].map(|on| config.init_on(&Stream::new(2), DType::F32, on).unwrap());
        assert_eq!(kernels.parameters().backend(), Backend::Kernels);
        assert_eq!(plain.parameters().backend(), Backend::Plain);
        let of_plain = named(plain.parameters());
        for (name, tensor) in named(kernels.parameters()) {
            assert_eq!(flat(&tensor), flat(&of_plain[&name]), "{kind}: {name}");
        }
        let run = |model: &dyn NbodyModel| {
            let prediction = model.forward(&input).unwrap();
            let gradients = prediction.sqr().unwrap().mean_all().unwrap().backward().unwrap();
            let mut all = model.parameters().named_gradients(&gradients).unwrap();
            all.push(("prediction".into(), prediction));
            all
        };
        let (found, expected) = (run(kernels.as_ref()), run(plain.as_ref()));
        let largest = |tensor: &Tensor| flat(tensor).iter().fold(0.0_f32, |scale, value| scale.max(value.abs()));
        // Gradients that nearly cancel are only as exact as the others.
        let least = 1e-3 * expected.iter().map(|(_, tensor)| largest(tensor)).fold(0.0, f32::max);
        for ((name, found), (_, expected)) in found.iter().zip(&expected) {
            let scale = largest(expected).max(least);
            for (found, expected) in flat(found).iter().zip(flat(expected)) {
                assert!((found - expected).abs() <= 1e-4 * scale, "{kind}: {name}: {found} {expected}");
            }
        }
    }
}

#[test]
fn the_backend_is_the_fastest_unless_one_is_chosen() {
    let config = NbodyModelConfig::new(ModelKind::EGNN);
    let backend = |dtype| config.init(&Stream::new(0), dtype).unwrap().parameters().backend();
    assert_eq!([backend(DType::F32), backend(DType::F64)], [Backend::Kernels, Backend::Plain]);
    for &kind in ModelKind::ALL {
        let error =
            NbodyModelConfig::new(kind).init_on(&Stream::new(0), DType::F64, Backend::Kernels).unwrap_err().to_string();
        assert_eq!(error, "field 'backend' is kernels: it computes in float32 only");
    }
}

#[test]
fn initial_values_fill_their_bounds_evenly() {
    let named = named(model(ModelKind::EGNN, 3).parameters());
    for (name, bound) in [
        ("gcl_0.edge_mlp.0.weight", 1.0 / 131.0_f32.sqrt()),
        ("gcl_0.edge_mlp.0.bias", 1.0 / 131.0_f32.sqrt()),
        ("gcl_2.node_mlp.0.weight", 1.0 / 128.0_f32.sqrt()),
        ("gcl_1.coord_mlp_vel.2.weight", 1.0 / 8.0),
        ("gcl_1.coord_mlp.2.weight", 0.001 * (6.0_f32 / 65.0).sqrt()),
        ("embedding.weight", 1.0),
    ] {
        let values = flat(&named[name]);
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest <= bound && largest > 0.9 * bound, "{name}: {largest} of {bound}");
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 4.0 * bound / (3.0 * values.len() as f32).sqrt(), "{name}: {mean}");
        if values.len() > 1000 {
            let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
            assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.1, "{name}: {variance}");
        }
    }
    assert!(!named.contains_key("gcl_1.coord_mlp.2.bias"), "phi_x ends without bias");
    let biases: Vec<f32> = (0..40)
        .flat_map(|seed| flat(&self::named(model(ModelKind::SEGNO, seed).parameters())["gcl.coord_mlp.2.bias"]))
        .collect();
    let largest = biases.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest <= 1.0 / 8.0 && largest > 0.1, "SEGNO's has one, within PyTorch's bounds: {largest}");
    assert_eq!(flat(&model(ModelKind::LINEAR, 0).parameters().named().unwrap()[0].1), [0.7]);
}

#[test]
fn initial_values_depend_on_seed_and_name_only() {
    let values = |model: Box<dyn NbodyModel>, name: &str| flat(&named(model.parameters())[name]);
    let name = "gcl_1.edge_mlp.2.weight";
    assert_eq!(values(model(ModelKind::EGNN, 5), name), values(model(ModelKind::EGNN, 5), name));
    assert_ne!(values(model(ModelKind::EGNN, 5), name), values(model(ModelKind::EGNN, 6), name));
    assert_ne!(values(model(ModelKind::EGNN, 5), name), values(model(ModelKind::EGNN, 5), "gcl_2.edge_mlp.2.weight"));
    // Another model with a parameter of that name and shape draws the same.
    assert_eq!(values(model(ModelKind::EGNN, 5), name), values(model(ModelKind::GNN, 5), name));
    let deeper = NbodyModelConfig { layers: 6, ..NbodyModelConfig::new(ModelKind::EGNN) };
    assert_eq!(
        values(model(ModelKind::EGNN, 5), name),
        values(deeper.init(&Stream::new(5), DType::F32).unwrap(), name)
    );
}

#[test]
fn parameters_travel_under_their_names() {
    for &kind in ModelKind::ALL {
        let (from, to) = (model(kind, 1), model(kind, 2));
        let input = input(4);
        to.parameters().load(&named(from.parameters())).unwrap();
        assert_eq!(flat(&from.forward(&input).unwrap()), flat(&to.forward(&input).unwrap()));
    }
}

#[test]
fn loading_is_strict_and_all_or_nothing() {
    let model = model(ModelKind::GNN, 1);
    let before = named(model.parameters());
    let mut tensors: BTreeMap<_, _> =
        before.iter().map(|(name, tensor)| (name.clone(), (tensor * 2.0).unwrap())).collect();
    tensors.remove("decoder.2.bias");
    tensors.insert("decoder.4.bias".into(), Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap());
    tensors.insert("embedding.0.bias".into(), Tensor::zeros((64, 1), DType::F32, &Device::Cpu).unwrap());
    let error = model.parameters().load(&tensors).unwrap_err();
    let NnError::Parameters(mismatch) = &error else { panic!("{error}") };
    assert_eq!(mismatch.missing, ["decoder.2.bias"]);
    assert_eq!(mismatch.unexpected, ["decoder.4.bias"]);
    assert_eq!(mismatch.misshapen, [("embedding.0.bias".to_owned(), vec![64, 1], vec![64])]);
    for (name, tensor) in named(model.parameters()) {
        assert_eq!(flat(&tensor), flat(&before[&name]), "{name} has changed");
    }
}

#[test]
fn a_prediction_is_the_forward_pass_bit_for_bit_and_repeatable() {
    for &kind in ModelKind::ALL {
        let model = model(kind, 8);
        let input = input(1);
        let forward = flat(&model.forward(&input).unwrap());
        assert_eq!(flat(&model.predict(&input).unwrap()), forward);
        assert_eq!(flat(&model.forward(&input).unwrap()), forward);
        assert!(!model.predict(&input).unwrap().track_op());
    }
}

#[test]
fn systems_of_a_batch_do_not_touch_each_other() {
    for &kind in ModelKind::ALL {
        let model = model(kind, 8);
        let batch = input(1);
        let single = NbodyInput {
            x: batch.x.narrow(0, 5, 5).unwrap(),
            v: batch.v.narrow(0, 5, 5).unwrap(),
            charge: batch.charge.narrow(0, 5, 5).unwrap(),
            edges: Edges::complete(1, 5),
        };
        let (both, one) = (flat(&model.predict(&batch).unwrap()), flat(&model.predict(&single).unwrap()));
        for (a, b) in both[15..].iter().zip(&one) {
            assert!((a - b).abs() < 1e-5, "{kind}: {a} {b}");
        }
    }
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    let model = model(ModelKind::EGNN, 0);
    let good = input(0);
    let error = |input: NbodyInput| model.predict(&input).unwrap_err().to_string();
    let flat_world = NbodyInput { v: good.v.narrow(1, 0, 2).unwrap(), ..good.clone() };
    assert!(error(flat_world).contains("'v' has shape [10, 2]"));
    let double = NbodyInput { x: good.x.to_dtype(DType::F64).unwrap(), ..good.clone() };
    assert!(error(double).contains("'x'"));
    assert!(error(NbodyInput { edges: Edges::complete(1, 5), ..good }).contains("expected (5, 3)"));
}

//! Gradients of every model against central differences in float64.

use candle_core::{DType, Device, Tensor};
use egnn_nn::egcl::EgclOptions;
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModelConfig};
use egnn_nn::params::Parameters;
use egnn_nn::stack::EgclStackConfig;
use egnn_nn::{Aggregation, Edges, Velocity};
use egnn_random::Stream;
use egnn_testkit::{Random, assert_gradient};

const TOLERANCE: f64 = 1e-6;

fn random(seed: u64, rows: usize, columns: usize) -> Tensor {
    Tensor::from_vec(Random::new(seed).normals(rows * columns), (rows, columns), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// A graph with nodes of different degree, one without edges and one that nobody hears.
fn uneven() -> Edges {
    Edges::new(vec![0, 0, 0, 1, 3, 3], vec![1, 2, 3, 0, 0, 1], 5).unwrap()
}

fn flat_parameters(parameters: &Parameters) -> Vec<f64> {
    parameters.groups().iter().flat_map(|group| flat(group.var().as_tensor())).collect()
}

/// Check the gradient of a loss with respect to all parameters.
fn assert_parameters(parameters: &Parameters, loss: impl Fn() -> Tensor) {
    let gradients = loss().backward().unwrap();
    let gradient: Vec<f64> =
        parameters.named_gradients(&gradients).unwrap().iter().flat_map(|(_, gradient)| flat(gradient)).collect();
    let at = flat_parameters(parameters);
    let value = |x: &[f64]| {
        let mut start = 0;
        for group in parameters.groups() {
            let part = Tensor::from_slice(&x[start..start + group.len()], group.len(), &Device::Cpu).unwrap();
            group.var().set(&part).unwrap();
            start += group.len();
        }
        loss().to_scalar().unwrap()
    };
    assert_gradient(value, &at, &gradient, TOLERANCE);
}

fn nbody_input(dim: usize) -> NbodyInput {
    let charge = random(3, 8, 1).sign().unwrap();
    NbodyInput { x: random(1, 8, dim), v: random(2, 8, dim), charge, edges: Edges::complete(2, 4) }
}

fn assert_model(config: &NbodyModelConfig) {
    // A limited gradient is none of the loss; steps that depend on the state count as constants. Few parameters take
    // less time.
    let exact = [
        ("gradient_limit", 0.0),
        ("least_steps", 8.0),
        ("most_steps", 8.0),
        ("channels", 2.0),
        ("degrees", 2.0),
        ("radial_hidden", 3.0),
    ];
    let has = |name: &str| config.model.options.iter().any(|option| option.name == name);
    let options = exact.into_iter().filter(|(name, _)| has(name)).collect();
    let config = &NbodyModelConfig { options, ..config.clone() };
    let model = config.init(&Stream::new(11), DType::F64).unwrap();
    let (input, target) = (nbody_input(config.dim), random(4, 8, config.dim));
    assert_parameters(model.parameters(), || {
        (model.forward(&input).unwrap() - &target).unwrap().sqr().unwrap().mean_all().unwrap()
    });
}

#[test]
fn every_model_in_several_dimensions() {
    for &kind in ModelKind::ALL {
        for &dim in kind.symmetry.dimensions() {
            assert_model(&NbodyModelConfig { dim, hidden: 4, layers: 2, ..NbodyModelConfig::new(kind) });
        }
    }
}

#[test]
fn egnn_with_its_quirks_switched() {
    let config = NbodyModelConfig { hidden: 4, layers: 2, ..NbodyModelConfig::new(ModelKind::EGNN) };
    assert_model(&NbodyModelConfig { velocity: Velocity::Current, clamp: None, ..config });
}

#[test]
fn segno_with_one_step_and_with_several() {
    for layers in [1, 3] {
        assert_model(&NbodyModelConfig { hidden: 4, layers, ..NbodyModelConfig::new(ModelKind::SEGNO) });
    }
}

#[test]
fn layer_stack_with_gate_tanh_and_sum() {
    let options = EgclOptions { attention: true, tanh: true, aggregation: Aggregation::Sum, ..EgclOptions::default() };
    let config = EgclStackConfig { inputs: 3, hidden: 4, outputs: 2, attributes: 1, layers: 2, options };
    let stack = config.init(&Stream::new(5), DType::F64).unwrap();
    let edges = uneven();
    let (h, x, attributes) = (random(1, 5, 3), random(2, 5, 4), random(3, edges.len(), 1));
    assert_parameters(stack.parameters(), || {
        let (h, x) = stack.forward(&h, &x, Some(&attributes), &edges).unwrap();
        (h.sqr().unwrap().mean_all().unwrap() + x.sqr().unwrap().mean_all().unwrap()).unwrap()
    });
}

#[test]
fn with_one_step_nothing_reads_the_features_of_segno() {
    let config = NbodyModelConfig { hidden: 4, layers: 1, ..NbodyModelConfig::new(ModelKind::SEGNO) };
    let model = config.init(&Stream::new(1), DType::F64).unwrap();
    for view in model.parameters().groups().iter().flat_map(egnn_nn::params::Group::views) {
        assert_eq!(view.reached, !view.name.starts_with("gcl.node_mlp"), "{}", view.name);
    }
}

#[test]
fn exactly_the_views_that_nothing_reads_have_no_gradient() {
    for &kind in ModelKind::ALL {
        let model = NbodyModelConfig::new(kind).init(&Stream::new(1), DType::F32).unwrap();
        let input = nbody_input(3);
        let input = NbodyInput {
            x: input.x.to_dtype(DType::F32).unwrap(),
            v: input.v.to_dtype(DType::F32).unwrap(),
            charge: input.charge.to_dtype(DType::F32).unwrap(),
            edges: input.edges,
        };
        let gradients = model.forward(&input).unwrap().sqr().unwrap().mean_all().unwrap().backward().unwrap();
        let views = model.parameters().groups().iter().flat_map(egnn_nn::params::Group::views);
        let named = model.parameters().named_gradients(&gradients).unwrap();
        assert_eq!(views.clone().count(), named.len());
        for (view, (name, gradient)) in views.zip(named) {
            assert_eq!(view.name, name);
            let size = gradient.abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
            assert_eq!(view.reached, size > 0.0, "{kind}: {name} {size}");
            let in_last = name.starts_with("gcl_3.node_mlp");
            assert_eq!(view.reached, !(kind == ModelKind::EGNN && in_last), "{kind}: {name}");
        }
    }
}

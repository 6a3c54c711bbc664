//! Gradients against central differences in float64, for every model and every custom operation.

use candle_core::{DType, Device, Tensor, Var};
use egnn_nn::Edges;
use egnn_nn::egcl::EgclOptions;
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModelConfig, Velocity};
use egnn_nn::ops::{
    Activation, Aggregation, Coordinates, Weights, coordinate_update, dense, edge_dense, segment_sum, silu,
    squared_distance,
};
use egnn_nn::params::Parameters;
use egnn_nn::stack::EgclStackConfig;
use egnn_random::Stream;
use egnn_testkit::{Random, assert_gradient};

const TOLERANCE: f64 = 1e-6;

fn random(seed: u64, rows: usize, columns: usize) -> Tensor {
    Tensor::from_vec(Random::new(seed).normals(rows * columns), (rows, columns), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Check the gradient of a weighted sum of an operation's outputs with respect to each of its arguments.
fn assert_operation(arguments: &[Tensor], operation: impl Fn(&[Tensor]) -> Tensor) {
    let weighted = |arguments: &[Tensor]| {
        let result = operation(arguments);
        let weights = random(99, 1, result.elem_count()).reshape(result.shape()).unwrap();
        (result * weights).unwrap().sum_all().unwrap()
    };
    let vars: Vec<Var> = arguments.iter().map(|argument| Var::from_tensor(argument).unwrap()).collect();
    let tracked: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let gradients = weighted(&tracked).backward().unwrap();
    for (index, argument) in arguments.iter().enumerate() {
        let gradient = gradients.get(&tracked[index]).expect("every argument is reached");
        let value = |x: &[f64]| {
            let mut changed = arguments.to_vec();
            changed[index] = Tensor::from_slice(x, argument.shape(), &Device::Cpu).unwrap();
            weighted(&changed).to_scalar().unwrap()
        };
        assert_gradient(value, &flat(argument), &flat(gradient), TOLERANCE);
    }
}

/// A graph with nodes of different degree, one without edges and one that nobody hears.
fn uneven() -> Edges {
    Edges::new(vec![0, 0, 0, 1, 3, 3], vec![1, 2, 3, 0, 0, 1], 5).unwrap()
}

fn weights(block: &Tensor, inputs: usize, outputs: usize, bias: bool) -> Weights {
    Weights { block: block.flatten_all().unwrap(), inputs, outputs, bias }
}

#[test]
fn activation() {
    assert_operation(&[random(1, 4, 7)], |arguments| silu(&arguments[0]).unwrap());
}

#[test]
fn dense_layers() {
    for (bias, activation) in [(true, Activation::Silu), (false, Activation::Silu), (true, Activation::Identity)] {
        for outputs in [1, 5] {
            let block = random(2, 1, outputs * (3 + usize::from(bias)));
            assert_operation(&[random(1, 6, 3), block], |arguments| {
                dense(&arguments[0], &weights(&arguments[1], 3, outputs, bias), activation).unwrap()
            });
        }
    }
}

#[test]
fn first_edge_layer() {
    let edges = uneven();
    // More outputs than the lanes of a scalar product, and not a multiple of them.
    let outputs = 19;
    let attributes = random(4, edges.len(), 2);
    assert_operation(&[random(1, 5, 3), random(2, edges.len(), 1), random(3, 1, outputs * 10)], |arguments| {
        let weights = weights(&arguments[2], 9, outputs, true);
        edge_dense(&arguments[0], Some(&arguments[1]), Some(&attributes), &edges, &weights).unwrap()
    });
    assert_operation(&[random(1, 5, 3), random(3, 1, outputs * 7)], |arguments| {
        edge_dense(&arguments[0], None, None, &edges, &weights(&arguments[1], 6, outputs, true)).unwrap()
    });
}

#[test]
fn sums_and_distances() {
    let edges = uneven();
    assert_operation(&[random(1, edges.len(), 4)], |arguments| segment_sum(&arguments[0], &edges).unwrap());
    assert_operation(&[random(1, 5, 4)], |arguments| squared_distance(&arguments[0], &edges).unwrap());
}

#[test]
fn coordinates() {
    let edges = uneven();
    for aggregation in [Aggregation::Mean, Aggregation::Sum] {
        for clamp in [None, Some(0.5)] {
            let options = Coordinates { aggregation, clamp, normalize: false };
            assert_operation(&[random(1, 5, 3), random(2, edges.len(), 1)], |arguments| {
                coordinate_update(&arguments[0], &arguments[1], &edges, options).unwrap()
            });
        }
    }
}

#[test]
fn normalised_coordinates_take_the_norm_as_constant() {
    let edges = uneven();
    let options = Coordinates { normalize: true, ..Coordinates::default() };
    let (x, scale) = (random(1, 5, 3), random(2, edges.len(), 1));
    // For the scale nothing is special.
    assert_operation(std::slice::from_ref(&scale), |arguments| {
        coordinate_update(&x, &arguments[0], &edges, options).unwrap()
    });
    // For x the gradient is that of the plain update with the scale divided by the fixed norm.
    let gradient = |scale: &Tensor, options| {
        let x = Var::from_tensor(&x).unwrap();
        let update = coordinate_update(x.as_tensor(), scale, &edges, options).unwrap();
        flat(update.sqr().unwrap().sum_all().unwrap().backward().unwrap().get(x.as_tensor()).unwrap())
    };
    let norm = (squared_distance(&x, &edges).unwrap().sqrt().unwrap() + 1e-8).unwrap();
    let divided = (&scale / norm).unwrap();
    for (a, b) in gradient(&scale, options).iter().zip(gradient(&divided, Coordinates::default())) {
        assert!((a - b).abs() < 1e-10, "{a} {b}");
    }
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
    let model = config.init(&Stream::new(11), DType::F64).unwrap();
    let (input, target) = (nbody_input(config.dim), random(4, 8, config.dim));
    assert_parameters(model.parameters(), || {
        (model.forward(&input).unwrap() - &target).unwrap().sqr().unwrap().mean_all().unwrap()
    });
}

#[test]
fn every_model_in_several_dimensions() {
    for kind in ModelKind::ALL {
        for dim in [2, 3] {
            assert_model(&NbodyModelConfig { dim, hidden: 4, layers: 2, ..NbodyModelConfig::new(kind) });
        }
    }
}

#[test]
fn egnn_with_its_quirks_switched() {
    let config = NbodyModelConfig { hidden: 4, layers: 2, ..NbodyModelConfig::new(ModelKind::Egnn) };
    assert_model(&NbodyModelConfig { velocity: Velocity::Current, clamp: None, ..config });
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
fn exactly_the_views_that_nothing_reads_have_no_gradient() {
    for kind in ModelKind::ALL {
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
            assert_eq!(view.reached, !(kind == ModelKind::Egnn && in_last), "{kind}: {name}");
        }
    }
}

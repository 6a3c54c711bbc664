//! Operations on features that turn with space: the kernels against candle's own operations, those against differences.

mod common;

use candle_core::{DType, Device, Tensor, Var};
use common::agreement::{assert_equal, everywhere};
use common::{differentiate, flat, random, uneven, weighted};
use egnn_kernels::{Backend, Convolution, Edges, Fiber, Map, Norm, NormNonlinearity, RadialNet};
use egnn_testkit::assert_gradient;

/// Lays parameters out one after the other.
#[derive(Default)]
struct Places {
    end: usize,
}

impl Places {
    fn take(&mut self, length: usize) -> usize {
        self.end += length;
        self.end - length
    }

    fn map(&mut self, inputs: usize, outputs: usize, bias: bool) -> Map {
        let map = Map { offset: 0, inputs, outputs, bias };
        Map { offset: self.take(map.len()), ..map }
    }

    fn norm(&mut self, channels: usize) -> Norm {
        Norm { offset: self.take(2 * channels), channels }
    }
}

/// A convolution between these channels of types 0, 1, ..., and how many parameters and rows of geometry it has.
fn convolution(input: &[usize], output: &[usize], hidden: usize) -> (Convolution, usize, usize) {
    let (input, output) = (Fiber::new(input), Fiber::new(output));
    let (mut places, mut rows) = (Places { end: 3 }, 1);
    let mut nets = Vec::new();
    for to in output.parts() {
        for from in input.parts() {
            let mut net = RadialNet {
                to: to.degree,
                from: from.degree,
                basis: rows,
                first: places.map(1, hidden, true),
                second: places.map(hidden, hidden, true),
                norms: [places.norm(hidden), places.norm(hidden)],
                last: Vec::new(),
            };
            for path in 0..RadialNet::paths(to.degree, from.degree) {
                // The biases of some may be missing.
                net.last.push(places.map(hidden, to.channels * from.channels, path != 1));
                rows += net.rows(path).1;
            }
            nets.push(net);
        }
    }
    (Convolution { input, output, nets }, places.end, rows)
}

fn vector(seed: u64, length: usize) -> Tensor {
    (random(seed, 1, length).flatten_all().unwrap() * 0.5).unwrap()
}

struct Case {
    convolution: Convolution,
    geometry: Tensor,
    edges: Edges,
    arguments: [Tensor; 2],
}

impl Case {
    fn new(input: &[usize], output: &[usize], hidden: usize, edges: &Edges) -> Self {
        let (convolution, parameters, rows) = convolution(input, output, hidden);
        let features = random(1, edges.nodes(), convolution.input.width());
        let geometry = random(3, rows, edges.len());
        Self { geometry, edges: edges.clone(), arguments: [features, vector(2, parameters)], convolution }
    }

    fn run(&self, backend: Backend, arguments: &[Tensor]) -> Tensor {
        let geometry = self.geometry.to_dtype(arguments[0].dtype()).unwrap();
        backend.convolution(&self.convolution, &arguments[0], &arguments[1], &geometry, &self.edges).unwrap()
    }

    fn assert_equal(&self) {
        let what = format!("{:?} to {:?}", self.convolution.input, self.convolution.output);
        assert_equal(&self.arguments, |backend, arguments| self.run(backend, arguments), &what);
    }
}

/// Channels of input and output.
const FIBERS: [[&[usize]; 2]; 8] = [
    [&[1], &[1]],
    [&[1, 1], &[16, 16]],
    [&[16, 16], &[16, 16]],
    [&[5, 3, 2], &[0, 1]],
    [&[3, 3, 3], &[3, 3, 3]],
    [&[0, 2, 0, 3], &[7, 0, 6, 1]],
    [&[4, 5, 6, 7], &[1, 2, 3, 9]],
    [&[2], &[0, 0, 0, 2]],
];

#[test]
fn convolutions_agree_for_every_type() {
    for [input, output] in FIBERS {
        for edges in [uneven(), Edges::complete(3, 5)] {
            Case::new(input, output, 8, &edges).assert_equal();
        }
    }
    for hidden in [1, 2, 16, 31, 32, 40] {
        Case::new(&[2, 3], &[3, 2], hidden, &uneven()).assert_equal();
    }
}

#[test]
fn convolutions_agree_on_batches_of_several_blocks() {
    for graphs in [4, 7, 16] {
        // 80, 140 and 320 edges: blocks that are full and that are not.
        Case::new(&[4, 5], &[6, 5], 32, &Edges::complete(graphs, 5)).assert_equal();
    }
    Case::new(&[21, 21, 21], &[21, 21, 21], 32, &Edges::complete(4, 5)).assert_equal();
}

#[test]
fn a_graph_without_edges_has_no_messages() {
    let edges = Edges::new(Vec::new(), Vec::new(), 3).unwrap();
    let case = Case::new(&[2, 1], &[1, 2], 4, &edges);
    everywhere(|backend| {
        let arguments = case.arguments.each_ref().map(|argument| argument.to_dtype(DType::F32).unwrap());
        assert_eq!(case.run(backend, &arguments).dims(), [0, 7]);
    });
}

/// Check the gradient of a weighted sum of an operation's results with respect to each of its arguments.
fn assert_differences(arguments: &[Tensor], operation: impl Fn(&[Tensor]) -> Tensor) {
    let (_, gradients) = differentiate(arguments, &operation);
    for (index, argument) in arguments.iter().enumerate() {
        let value = |x: &[f64]| {
            let mut changed = arguments.to_vec();
            changed[index] = Tensor::from_slice(x, argument.shape(), &Device::Cpu).unwrap();
            weighted(&operation(&changed)).to_scalar().unwrap()
        };
        assert_gradient(value, &flat(argument), &flat(&gradients[index]), 1e-6);
    }
}

#[test]
fn gradients_of_convolutions_are_those_of_differences() {
    for [input, output] in [[&[2, 1][..], &[1, 2][..]], [&[0, 1, 1], &[1, 0, 1]], [&[1], &[0, 0, 0, 1]]] {
        let case = Case::new(input, output, 4, &uneven());
        assert_differences(&case.arguments, |arguments| case.run(Backend::Plain, arguments));
    }
}

fn nonlinearity(channels: &[usize], with_map: bool) -> (NormNonlinearity, usize) {
    let mut places = Places { end: 2 };
    let fiber = Fiber::new(channels);
    let mut net = |channels| (places.norm(channels), with_map.then(|| places.map(channels, channels, true)));
    let nets = fiber.parts().map(|part| net(part.channels)).collect();
    (NormNonlinearity { fiber, nets }, places.end)
}

#[test]
fn norm_nonlinearities_agree_and_their_gradients_are_those_of_differences() {
    for with_map in [false, true] {
        for channels in [&[16, 16][..], &[21, 21, 21], &[0, 3, 0, 5], &[2]] {
            let (layer, parameters) = nonlinearity(channels, with_map);
            let arguments = [random(5, 7, layer.fiber.width()), vector(6, parameters)];
            let run = |backend: Backend, arguments: &[Tensor]| {
                backend.norm_nonlinearity(&layer, &arguments[0], &arguments[1]).unwrap()
            };
            assert_equal(&arguments, run, &format!("{layer:?}"));
            assert_differences(&arguments, |arguments| run(Backend::Plain, arguments));
        }
    }
}

#[test]
fn features_of_length_0_stay_0_and_have_finite_gradients() {
    let (layer, parameters) = nonlinearity(&[2, 2], true);
    let features = Tensor::zeros((3, 8), DType::F32, &Device::Cpu).unwrap();
    let arguments = [features, vector(1, parameters)];
    let run = |backend: Backend, arguments: &[Tensor]| {
        backend.norm_nonlinearity(&layer, &arguments[0], &arguments[1]).unwrap()
    };
    assert_equal(&arguments, run, "zeros");
    everywhere(|backend| {
        let features = Var::from_tensor(&arguments[0]).unwrap();
        let parameters = arguments[1].to_dtype(DType::F32).unwrap();
        let result = run(backend, &[features.as_tensor().clone(), parameters]);
        assert!(flat(&result).iter().all(|&number| number == 0.0));
        let gradients = result.sum_all().unwrap().backward().unwrap();
        assert!(flat(gradients.get(&features).unwrap()).iter().all(|number| number.is_finite()));
    });
}

#[test]
fn attention_agrees_and_its_gradients_are_those_of_differences() {
    for (width, columns) in [(1, 1), (7, 5), (84, 189), (33, 0)] {
        for edges in [uneven(), Edges::complete(3, 5)] {
            let (nodes, count) = (edges.nodes(), edges.len());
            let arguments = [random(1, nodes, width), random(2, count, width), random(3, count, columns)];
            let run = |backend: Backend, arguments: &[Tensor]| {
                backend.attention(&arguments[0], &arguments[1], &arguments[2], &edges).unwrap()
            };
            if columns > 0 {
                assert_equal(&arguments, run, &format!("{width} {columns}"));
            }
            if columns == 5 {
                assert_differences(&arguments, |arguments| run(Backend::Plain, arguments));
            }
        }
    }
}

#[test]
fn attention_weights_are_a_softmax() {
    let edges = Edges::new(vec![0, 0], vec![0, 1], 2).unwrap();
    let query = Tensor::new(&[[200.0_f32, 0.0], [0.0, 0.0]], &Device::Cpu).unwrap();
    let key = Tensor::new(&[[2.0_f32, 0.0], [2.0 + 2.0_f32.sqrt() / 200.0, 0.0]], &Device::Cpu).unwrap();
    let value = Tensor::new(&[[1.0_f32], [2.0]], &Device::Cpu).unwrap();
    everywhere(|backend| {
        // Logits differ by 1, far above the range of exponentials.
        let found = flat(&backend.attention(&query, &key, &value, &edges).unwrap());
        let expected = 1.0 + 1.0 / (1.0 + (-1.0_f64).exp());
        assert!((found[0] - expected).abs() < 1e-4 && found[1] == 0.0, "{found:?}");
    });
}

#[test]
fn what_does_not_fit_is_refused() {
    let case = Case::new(&[2, 1], &[1, 2], 4, &uneven());
    let refused = |convolution: &Convolution, geometry: &Tensor| {
        let [features, parameters] = &case.arguments;
        let error = Backend::Plain.convolution(convolution, features, parameters, geometry, &case.edges).unwrap_err();
        error.to_string()
    };
    let rows = case.geometry.dims()[0];
    let error = refused(&case.convolution, &case.geometry.narrow(0, 0, rows - 1).unwrap());
    assert!(error.contains("the geometry has"), "{error}");
    let mut fewer = case.convolution.clone();
    fewer.nets.pop();
    assert!(refused(&fewer, &case.geometry).contains("radial networks: 3, expected 4"));
    let mut other = case.convolution.clone();
    other.nets.swap(0, 3);
    assert!(refused(&other, &case.geometry).contains("type that a radial network makes"));
    let (high, ..) = convolution(&[1], &[0, 0, 0, 0, 1], 2);
    assert!(refused(&high, &case.geometry).contains("type 4 of the output, expected at most 3"));
}

//! Decoder and cross-entropy: the equations, the gradients, both backends, and the authors' way with lost logarithms.

mod common;

use candle_core::{DType, Device, Tensor};
use common::agreement::{assert_equal, everywhere};
use common::{differentiate, flat, random, uneven, weighted};
use egnn_kernels::{Backend, CrossEntropy, Decoder, Edges, Map};
use egnn_testkit::assert_gradient;

const KINDS: [CrossEntropy; 2] = [CrossEntropy::Probability, CrossEntropy::Logit];

/// A decoder on distances or on each axis, behind two parameters that nothing reads.
fn decoder(dim: usize, by_axis: bool) -> Decoder {
    let inputs = if by_axis { dim } else { 1 };
    Decoder { dim, map: Map { offset: 2, inputs, outputs: 1, bias: true } }
}

fn parameters(decoder: Decoder) -> Tensor {
    random(7, 1, 2 + decoder.map.len()).flatten_all().unwrap()
}

/// 0 or 1 for each edge.
fn targets(edges: &Edges) -> Tensor {
    let target = |edge: usize| f64::from(u8::from(edge.is_multiple_of(3)));
    Tensor::from_iter((0..edges.len()).map(target), &Device::Cpu).unwrap().reshape((edges.len(), 1)).unwrap()
}

fn loss(backend: Backend, decoder: Decoder, kind: CrossEntropy, arguments: &[Tensor], edges: &Edges) -> Tensor {
    let targets = targets(edges).to_dtype(arguments[0].dtype()).unwrap();
    backend.reconstruction_loss(decoder, kind, &arguments[0], &arguments[1], &targets, edges).unwrap()
}

#[test]
fn a_pair_by_hand() {
    let edges = Edges::complete(1, 2);
    let single = |values: Vec<f64>| Tensor::new(values, &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
    let z = single(vec![1.0, 2.0, 4.0, 0.0]).reshape((2, 2)).unwrap();
    for (by_axis, numbers, logit) in
        [(false, vec![0.0, 0.0, -0.1, 1.0], -0.1 * 13.0 + 1.0), (true, vec![0.0, 0.0, 0.2, -0.5, 0.3], 1.8 - 2.0 + 0.3)]
    {
        let (decoder, parameters) = (decoder(2, by_axis), single(numbers));
        let p = 1.0 / (1.0 + f64::exp(-logit));
        everywhere(|backend| {
            let found = flat(&backend.decode(decoder, &z, &parameters, &edges).unwrap());
            assert!(found.iter().all(|found| (found - p).abs() < 1e-6), "{found:?}, expected {p}");
            let targets = Tensor::new(&[[1.0_f32], [0.0]], &Device::Cpu).unwrap();
            for kind in KINDS {
                let loss = backend.reconstruction_loss(decoder, kind, &z, &parameters, &targets, &edges).unwrap();
                let expected = -(p.ln() + (1.0 - p).ln());
                assert!((flat(&loss)[0] - expected).abs() < 1e-5, "{loss}, expected {expected}");
            }
        });
    }
}

#[test]
fn gradients_of_the_plain_loss() {
    for edges in [uneven(), Edges::complete(2, 3)] {
        for (dim, by_axis) in [(1, false), (3, false), (3, true)] {
            let decoder = decoder(dim, by_axis);
            let arguments = [random(3, edges.nodes(), dim), parameters(decoder)];
            for kind in KINDS {
                let run = |arguments: &[Tensor]| loss(Backend::Plain, decoder, kind, arguments, &edges);
                let (_, gradients) = differentiate(&arguments, run);
                for (index, argument) in arguments.iter().enumerate() {
                    let value = |x: &[f64]| {
                        let mut changed = arguments.to_vec();
                        changed[index] = Tensor::from_slice(x, argument.shape(), &Device::Cpu).unwrap();
                        weighted(&run(&changed)).to_scalar().unwrap()
                    };
                    assert_gradient(value, &flat(argument), &flat(&gradients[index]), 1e-6);
                }
            }
        }
    }
}

#[test]
fn both_backends_agree() {
    let none = Edges::new(Vec::new(), Vec::new(), 3).unwrap();
    for edges in [uneven(), Edges::complete(3, 7), Edges::complete(1, 2), none] {
        for (dim, by_axis) in [(1, true), (3, false), (8, false), (8, true), (17, true)] {
            let decoder = decoder(dim, by_axis);
            let z = random(5, edges.nodes(), dim);
            let what = format!("{} edges, {decoder:?}", edges.len());
            for kind in KINDS {
                let run = |backend, arguments: &[Tensor]| loss(backend, decoder, kind, arguments, &edges);
                assert_equal(&[z.clone(), parameters(decoder)], run, &format!("{what}, {kind:?}"));
            }
            let single = [z, parameters(decoder)].map(|tensor| tensor.to_dtype(DType::F32).unwrap());
            let [kernels, plain] =
                Backend::ALL.map(|backend| flat(&backend.decode(decoder, &single[0], &single[1], &edges).unwrap()));
            assert!(kernels.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-6), "{what}");
        }
    }
}

#[test]
fn lost_logarithms_cost_a_hundred_and_have_no_gradient_and_the_logit_loses_nothing() {
    let edges = Edges::complete(1, 2);
    let decoder = decoder(1, false);
    let z = Tensor::new(&[[0.0_f64], [1.0]], &Device::Cpu).unwrap();
    for (logit, target, [cost, slope], [cost_on_logit, slope_on_logit]) in [
        // Far from the ends all is as in the book.
        (2.0, 0.0, [2.126_928, 0.880_797], [2.126_928, 0.880_797]),
        (-20.0, 1.0, [20.0, -1.0], [20.0, -1.0]),
        // p (1 - p) is below 1e-12, and the gradient fades with it.
        (-30.0, 1.0, [30.0, -0.093_576], [30.0, -1.0]),
        (-110.0, 1.0, [100.0, 0.0], [110.0, -1.0]),
        // p is 1 in float32.
        (20.0, 0.0, [100.0, 0.0], [20.0, 1.0]),
        (20.0, 1.0, [0.0, 0.0], [0.0, 0.0]),
    ] {
        let numbers = Tensor::new(&[0.0, 0.0, logit, 0.0], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[[target], [target]], &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
        let arguments = [z.clone(), numbers].map(|tensor: Tensor| tensor.to_dtype(DType::F32).unwrap());
        for (kind, cost, slope) in
            [(CrossEntropy::Probability, cost, slope), (CrossEntropy::Logit, cost_on_logit, slope_on_logit)]
        {
            everywhere(|backend| {
                let (loss, gradients) = differentiate(&arguments, |arguments| {
                    backend.reconstruction_loss(decoder, kind, &arguments[0], &arguments[1], &targets, &edges).unwrap()
                });
                let loss = flat(&loss)[0];
                assert!((loss - 2.0 * cost).abs() < 1e-4, "{backend}: logit {logit}, target {target}: {loss}");
                // The gradient of the bias is that of both logits, times the fixed weight of the sum.
                let weight = flat(&weighted(&Tensor::new(1.0_f32, &Device::Cpu).unwrap()))[0];
                let found = flat(&gradients[1])[3] / weight;
                assert!((found - 2.0 * slope).abs() < 1e-4, "{backend}: logit {logit}, target {target}: {found}");
            });
        }
    }
}

#[test]
fn not_a_number_stays_one() {
    let edges = Edges::complete(1, 3);
    let single = |tensor: Tensor| tensor.to_dtype(DType::F32).unwrap();
    for (dim, by_axis) in [(2, false), (2, true)] {
        let decoder = decoder(dim, by_axis);
        let mut z = flat(&random(1, 3, dim));
        z[0] = f64::NAN;
        let z = single(Tensor::from_vec(z, (3, dim), &Device::Cpu).unwrap());
        let arguments = [z, single(parameters(decoder))];
        everywhere(|backend| {
            let probabilities = flat(&backend.decode(decoder, &arguments[0], &arguments[1], &edges).unwrap());
            // Node 0 is an end of all but the edges between 1 and 2.
            assert_eq!(probabilities.iter().filter(|p| p.is_nan()).count(), 4, "{backend}");
            for kind in KINDS {
                let run = |arguments: &[Tensor]| loss(backend, decoder, kind, arguments, &edges);
                let (loss, gradients) = differentiate(&arguments, run);
                assert!(flat(&loss)[0].is_nan(), "{backend}: {kind:?}");
                assert!(
                    gradients.iter().any(|gradient| flat(gradient).iter().any(|value| value.is_nan())),
                    "{backend}"
                );
            }
        });
    }
    assert!(egnn_kernels::cross_entropy(f32::NAN, 0.0).is_nan() && egnn_kernels::cross_entropy(f32::NAN, 1.0).is_nan());
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let edges = uneven();
    let good = decoder(3, true);
    let single = |tensor: Tensor| tensor.to_dtype(DType::F32).unwrap();
    let (z, numbers, targets) = (single(random(1, 5, 3)), single(parameters(good)), single(targets(&edges)));
    everywhere(|backend| {
        let run = |decoder, z: &Tensor, numbers: &Tensor, targets: &Tensor| {
            backend.reconstruction_loss(decoder, CrossEntropy::Probability, z, numbers, targets, &edges)
        };
        assert!(run(good, &z, &numbers, &targets).is_ok());
        let bad = Decoder { map: Map { inputs: 2, ..good.map }, ..good };
        for (result, part) in [
            (run(bad, &z, &numbers, &targets), "map maps 2 to 1, expected 3 to 1"),
            (run(good, &z.narrow(0, 0, 4).unwrap(), &numbers, &targets), "rows of the embedding: 4, expected 5"),
            (run(good, &z.narrow(1, 0, 2).unwrap(), &numbers, &targets), "columns of the embedding: 2, expected 3"),
            (run(good, &z, &numbers.narrow(0, 0, 4).unwrap(), &targets), "but there are 4 parameters"),
            (run(good, &z, &numbers, &targets.narrow(0, 0, 5).unwrap()), "rows of the targets: 5, expected 6"),
            (run(good, &z, &numbers, &targets.to_dtype(DType::F64).unwrap()), "the targets are F64"),
            (backend.decode(bad, &z, &numbers, &edges), "map maps 2 to 1"),
        ] {
            let message = result.unwrap_err().to_string();
            assert!(message.contains(part), "{backend}: {message}");
        }
    });
}

//! candle's gradients of the plain operations against central differences in float64.

mod common;

use candle_core::{Device, Tensor, Var};
use common::{Case, FieldSpec, Spec, differentiate, flat, random, uneven, weighted};
use egnn_kernels::{Activation, Backend, Edges, Map};
use egnn_testkit::assert_gradient;

const TOLERANCE: f64 = 1e-6;
const PLAIN: Backend = Backend::Plain;

/// Check the gradient of a weighted sum of an operation's results with respect to each of its arguments.
fn assert_operation(arguments: &[Tensor], operation: impl Fn(&[Tensor]) -> Tensor) {
    let (_, gradients) = differentiate(arguments, &operation);
    for (index, argument) in arguments.iter().enumerate() {
        let value = |x: &[f64]| {
            let mut changed = arguments.to_vec();
            changed[index] = Tensor::from_slice(x, argument.shape(), &Device::Cpu).unwrap();
            weighted(&operation(&changed)).to_scalar().unwrap()
        };
        assert_gradient(value, &flat(argument), &flat(&gradients[index]), TOLERANCE);
    }
}

fn assert_case(case: &Case) {
    assert_operation(&case.arguments(), |arguments| case.with_arguments(arguments).run(PLAIN).unwrap());
}

#[test]
fn dense() {
    for activation in [Activation::Silu, Activation::ShiftedSoftplus, Activation::Identity] {
        for (bias, outputs) in [(true, 1), (true, 5), (false, 5)] {
            let map = Map { offset: 2, inputs: 3, outputs, bias };
            let parameters = random(2, 1, 2 + map.len()).flatten_all().unwrap();
            assert_operation(&[random(1, 6, 3), parameters], |arguments| {
                PLAIN.dense(&arguments[0], &arguments[1], map, activation).unwrap()
            });
        }
    }
}

#[test]
fn segments() {
    let edges = uneven();
    let messages = [random(1, edges.len(), 4)];
    assert_operation(&messages, |messages| PLAIN.segment_sum(&messages[0], &edges).unwrap());
    assert_operation(&messages, |messages| PLAIN.segment_mean(&messages[0], &edges).unwrap());
}

#[test]
fn layers_with_every_option() {
    for (seed, spec) in Spec::variants(4, 3).iter().enumerate() {
        assert_case(&Case::layer(spec, &uneven(), 10 + seed as u64));
    }
    for dim in [1, 2, 5] {
        assert_case(&Case::layer(&Spec::new(2, 3, dim), &Edges::complete(2, 3), 3));
    }
}

#[test]
fn normalised_layers_take_the_norm_as_a_constant() {
    for spec in Spec::normalized(4, 3) {
        let case = Case::layer(&spec, &uneven(), 3);
        // For the parameters nothing is special.
        assert_operation(&case.arguments()[1..], |arguments| {
            let arguments = [std::slice::from_ref(&case.state), arguments].concat();
            case.with_arguments(&arguments).run(PLAIN).unwrap()
        });
    }
    // Where all distances are equal, the layer is the plain one with phi_x divided by that distance.
    let mut normalised = Case::layer(&Spec { normalize: true, ..Spec::new(2, 4, 2) }, &Edges::complete(1, 3), 5);
    let corners = Tensor::new(&[[0.0, 0.0], [2.0, 0.0], [1.0, 3.0_f64.sqrt()]], &Device::Cpu).unwrap();
    normalised.state = Tensor::cat(&[&random(1, 3, 2), &corners], 1).unwrap();
    let mut plain = normalised.clone();
    let coordinates = plain.definition_of_layer().coordinates.as_mut().unwrap();
    coordinates.normalize = false;
    let last = coordinates.maps[1];
    let mut parameters = flat(&plain.parameters);
    for weight in &mut parameters[last.offset..last.offset + last.len()] {
        *weight /= 2.0 + 1e-8;
    }
    plain.parameters = Tensor::new(parameters, &Device::Cpu).unwrap();
    let gradient = |case: &Case| {
        let run = |arguments: &[Tensor]| case.with_arguments(arguments).run(PLAIN).unwrap();
        flat(&differentiate(&case.arguments(), run).1[0])
    };
    for (a, b) in gradient(&normalised).iter().zip(gradient(&plain)) {
        assert!((a - b).abs() < 1e-10, "{a} {b}");
    }
}

#[test]
fn filtered_sums() {
    for edges in [uneven(), Edges::complete(2, 3)] {
        assert_operation(&[random(1, edges.nodes(), 3), random(2, edges.len(), 3)], |arguments| {
            PLAIN.filtered_sum(&arguments[0], &arguments[1], &edges).unwrap()
        });
    }
}

#[test]
fn radial_fields() {
    for (dim, attributes) in [(1, 0), (2, 1), (3, 2)] {
        let case = Case::radial_field(&FieldSpec::new(dim, attributes, 4), &uneven(), 3);
        let split = |start| case.state.narrow(1, start, dim).unwrap().contiguous().unwrap();
        let (x, v) = (split(0), split(dim));
        assert_operation(&[x, case.parameters.clone()], |arguments| {
            let state = Tensor::cat(&[&arguments[0], &v], 1).unwrap();
            case.with_arguments(&[state, arguments[1].clone()]).run(PLAIN).unwrap()
        });
        // The speed is a constant: at another velocity of the same speed the result differs linearly.
        let run = |arguments: &[Tensor]| case.with_arguments(arguments).run(PLAIN).unwrap();
        let (result, gradients) = differentiate(&case.arguments(), run);
        let turned = Tensor::cat(&[case.state.narrow(1, 0, dim).unwrap(), v.neg().unwrap()], 1).unwrap();
        let other = run(&[turned, case.parameters.clone()]);
        let expected: f64 = (weighted(&result) - weighted(&other)).unwrap().to_scalar().unwrap();
        let along = (gradients[0].narrow(1, dim, dim).unwrap() * (&v * 2.0).unwrap()).unwrap();
        let along: f64 = along.sum_all().unwrap().to_scalar().unwrap();
        assert!((along - expected).abs() < 1e-10 * expected.abs().max(1.0), "{along} {expected}");
    }
}

#[test]
fn radial_fields_without_a_velocity() {
    for spec in FieldSpec::variants(3, 1, 4).into_iter().filter(|spec| !spec.velocity) {
        assert_case(&Case::radial_field(&spec, &uneven(), 4));
    }
}

#[test]
fn attributes_have_no_gradient() {
    let layer = Case::layer(&Spec::new(2, 3, 2), &uneven(), 1);
    for mut case in [layer, Case::radial_field(&FieldSpec::new(2, 2, 3), &uneven(), 1)] {
        let attributes = Var::from_tensor(case.attributes.as_ref().unwrap()).unwrap();
        let state = Var::from_tensor(&case.state).unwrap();
        (case.attributes, case.state) = (Some(attributes.as_tensor().clone()), state.as_tensor().clone());
        let gradients = weighted(&case.run(PLAIN).unwrap()).backward().unwrap();
        assert!(gradients.get(state.as_tensor()).is_some());
        assert!(gradients.get(attributes.as_tensor()).is_none());
    }
}
